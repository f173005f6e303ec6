"""The worlds of a server in one SQLite file. It is written by one process at a time.

The file is in WAL mode with `synchronous=NORMAL`: what was committed survives the end of the process at any moment, and
after a power cut the file is whole, though the last moments before it may be missing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from fakeopenai.marks import fields, marks

FILE = "state.sqlite"
"""What the file is called in a directory."""

APPLICATION = 0x66616B65
"""Marks a file as ours, in the header of every SQLite file."""

PATIENCE = 2.0
"""Seconds to wait for another process that is just ending."""

PAGE = 32
"""How many ids are read at once, at first; four times as many each time that more are wanted."""

REMARK = """
    DELETE FROM marks;
    INSERT INTO marks
        SELECT world, drawer, found.value, place FROM items, json_each(marks_of(drawer, items.value)) AS found;
    """
"""What a version does that marks other fields than the one before."""

MIGRATIONS: Sequence[str] = (
    """
    CREATE TABLE worlds (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE items (
        place INTEGER PRIMARY KEY, world INTEGER NOT NULL, drawer TEXT NOT NULL, id TEXT NOT NULL, value BLOB NOT NULL
    );
    CREATE UNIQUE INDEX items_by_id ON items (world, drawer, id);
    CREATE INDEX items_in_order ON items (world, drawer, place);
    """,
    """
    CREATE TABLE marks (
        world INTEGER NOT NULL, drawer TEXT NOT NULL, mark TEXT NOT NULL, place INTEGER NOT NULL,
        PRIMARY KEY (world, drawer, mark, place)
    ) WITHOUT ROWID;
    """
    + REMARK,
    REMARK,
)
"""What makes a file of each version out of one of the version before; the first makes it out of an empty file."""


ALL = "SELECT place, id FROM items WHERE world = ? AND drawer = ?"
MARKED = """SELECT place, (SELECT id FROM items WHERE items.place = marks.place)
    FROM marks WHERE world = ? AND drawer = ? AND mark = ?"""


class StateError(Exception):
    """A file that can't be used, and why."""


class StateFile:
    """An open file of worlds. Raises StateError if it can't be opened, or was written by a newer version."""

    def __init__(self, path: Path, migrations: Sequence[str] = MIGRATIONS, *, patience: float = PATIENCE) -> None:
        self.path = path / FILE if path.is_dir() else path
        try:
            self._db = _opened(self.path, migrations, patience)
        except (sqlite3.Error, StateError) as error:
            raise StateError(f"cannot keep the state in {self.path}: {_reason(self.path, error)}") from None

    def store(self, world: str) -> SqliteStore:
        """The values of a world; an empty world if there is none of that name."""
        self._db.execute("INSERT OR IGNORE INTO worlds (name) VALUES (?)", (world,))
        (number,) = self._db.execute("SELECT number FROM worlds WHERE name = ?", (world,)).fetchone()
        return SqliteStore(self._db, number)

    def worlds(self) -> list[str]:
        """The names of all worlds, by age."""
        return [name for (name,) in self._db.execute("SELECT name FROM worlds ORDER BY number")]

    def __contains__(self, world: str) -> bool:
        return self._db.execute("SELECT 1 FROM worlds WHERE name = ?", (world,)).fetchone() is not None

    def forget(self, world: str) -> None:
        """Delete a world and all its values."""
        self.store(world).clear()
        self._db.execute("DELETE FROM worlds WHERE name = ?", (world,))

    def begin(self) -> None:
        """Begin a transaction. Without one, every change is kept at once."""
        self._db.execute("BEGIN")

    def commit(self) -> None:
        self._db.execute("COMMIT")

    def rollback(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def close(self) -> None:
        self._db.close()


class SqliteStore:
    """The values of one world of a file."""

    def __init__(self, db: sqlite3.Connection, world: int) -> None:
        self._run = db.execute
        self._world = world

    def get(self, drawer: str, id: str) -> bytes | None:
        sql = "SELECT value FROM items WHERE world = ? AND drawer = ? AND id = ?"
        row = self._run(sql, (self._world, drawer, id)).fetchone()
        return None if row is None else row[0]

    def put(self, drawer: str, id: str, value: bytes) -> None:
        before = marks(drawer, self.get(drawer, id)) if fields(drawer) else frozenset()
        sql = (
            "INSERT INTO items (world, drawer, id, value) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (world, drawer, id) DO UPDATE SET value = excluded.value"
        )
        self._run(sql, (self._world, drawer, id, value))
        self._mark(drawer, id, before, marks(drawer, value))

    def delete(self, drawer: str, id: str) -> bool:
        if fields(drawer):
            self._mark(drawer, id, marks(drawer, self.get(drawer, id)), frozenset())
        sql = "DELETE FROM items WHERE world = ? AND drawer = ? AND id = ?"
        return self._run(sql, (self._world, drawer, id)).rowcount > 0

    def ids(
        self, drawer: str, after: str | None = None, *, newest_first: bool = False, mark: str = ""
    ) -> Iterator[str]:
        start = (2**63 - 1 if newest_first else -1) if after is None else self._place(drawer, after)
        if start is None:
            return iter(())
        onwards = "place < ? ORDER BY place DESC" if newest_first else "place > ? ORDER BY place"
        return self._pages(MARKED if mark else ALL, [self._world, drawer, *([mark] if mark else [])], start, onwards)

    def count(self, drawer: str) -> int:
        sql = "SELECT count(*) FROM items WHERE world = ? AND drawer = ?"
        number: int = self._run(sql, (self._world, drawer)).fetchone()[0]
        return number

    def drawers(self, below: str = "") -> Iterator[str]:
        """Each is found by a look into the index behind the one before it, however much is in them."""
        sql = "SELECT min(drawer) FROM items WHERE world = ? AND drawer > ?"
        (found,) = self._run(sql, (self._world, below)).fetchone()
        while found is not None and found.startswith(below):
            yield found
            (found,) = self._run(sql, (self._world, found)).fetchone()

    def clear(self) -> None:
        self._run("DELETE FROM items WHERE world = ?", (self._world,))
        self._run("DELETE FROM marks WHERE world = ?", (self._world,))

    def _mark(self, drawer: str, id: str, before: frozenset[str], after: frozenset[str]) -> None:
        """Let a value bear other marks than before."""
        if before == after:
            return
        place = self._place(drawer, id)
        for mark in before - after:
            sql = "DELETE FROM marks WHERE world = ? AND drawer = ? AND mark = ? AND place = ?"
            self._run(sql, (self._world, drawer, mark, place))
        for mark in after - before:
            self._run("INSERT INTO marks VALUES (?, ?, ?, ?)", (self._world, drawer, mark, place))

    def _place(self, drawer: str, id: str) -> int | None:
        sql = "SELECT place FROM items WHERE world = ? AND drawer = ? AND id = ?"
        row = self._run(sql, (self._world, drawer, id)).fetchone()
        return None if row is None else row[0]

    def _pages(self, select: str, among: Sequence[int | str], place: int, onwards: str) -> Iterator[str]:
        size = PAGE
        while rows := self._run(f"{select} AND {onwards} LIMIT ?", (*among, place, size)).fetchall():
            yield from (id for _, id in rows)
            if len(rows) < size:
                return
            place = rows[-1][0]
            size = min(size * 4, 4096)


def _opened(path: Path, migrations: Sequence[str], patience: float) -> sqlite3.Connection:
    """A connection that keeps all others out until it is closed, or its process ends."""
    db = sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)
    try:
        _claim(db)
        _migrate(db, migrations)
    except BaseException:
        db.close()
        raise
    return db


def _claim(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA locking_mode = EXCLUSIVE")
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables and application != APPLICATION:
        raise StateError("it is the database of another program")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("BEGIN EXCLUSIVE")
    db.execute("COMMIT")


def _migrate(db: sqlite3.Connection, migrations: Sequence[str]) -> None:
    """Bring a file up to the newest version, in one step."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    newest = len(migrations)
    if version > newest:
        message = f"a newer fakeopenai wrote it, in version {version} of its form; this one knows {newest}. Upgrade it"
        raise StateError(message)
    if version < newest:
        db.create_function("marks_of", 2, _marks_of, deterministic=True)
        stamps = f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {newest}"
        db.executescript(f"BEGIN; {''.join(migrations[version:])} {stamps}; COMMIT")


def _marks_of(drawer: str, value: bytes) -> str:
    """The marks of what an older version has written, as SQLite reads them."""
    return msgspec.json.encode(sorted(marks(drawer, value))).decode()


def _reason(path: Path, error: Exception) -> str:
    """Why a file is refused, for people."""
    message = str(error)
    if "locked" in message:
        return "another process is using it"
    if "unable to open" in message and not path.parent.is_dir():
        return f"there is no directory {path.parent}"
    if "unable to open" in message or "readonly" in message:
        return "it can't be written there"
    return message
