"""Memory and SQLite keep values alike."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from fakeopenai.marks import mark
from fakeopenai.sqlite_store import MIGRATIONS, StateError, StateFile
from fakeopenai.store import MemoryStore, Store
from tests.stores import FILES, Comparison, Stores, filled


@pytest.fixture
def file(tmp_path: Path) -> Iterator[StateFile]:
    opened = StateFile(tmp_path)
    yield opened
    opened.close()


class TestMemory(Stores):
    @pytest.fixture
    def store(self) -> Store:
        return MemoryStore()


class TestSqlite(Stores):
    @pytest.fixture
    def store(self, file: StateFile) -> Store:
        filled(file.store("another"), "a", "other")
        return file.store("mine")


class _SqliteComparison(Comparison):
    file: StateFile

    def __init__(self) -> None:
        super().__init__()
        self.file = StateFile(Path(":memory:"))
        self.store = self.file.store("mine")

    def teardown(self) -> None:
        self.file.close()


def test_any_sequence_of_steps_has_the_same_results_in_memory_and_in_sqlite() -> None:
    run_state_machine_as_test(_SqliteComparison, settings=settings(max_examples=40, deadline=None))


def test_worlds_of_one_file_see_nothing_of_each_other(file: StateFile) -> None:
    mine, other = file.store("mine"), file.store("other")
    filled(mine, "a")
    filled(other, "b")

    mine.clear()

    assert list(other.ids(FILES)) == ["b"]
    assert file.worlds() == ["mine", "other"]


def test_a_forgotten_world_is_gone(file: StateFile) -> None:
    filled(file.store("mine"), "a")

    file.forget("mine")

    assert "mine" not in file
    assert list(file.store("mine").ids(FILES)) == []


def test_values_outlast_the_file_being_closed(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "worlds.db")
    filled(file.store("mine"), "a", "b")
    file.close()

    again = StateFile(tmp_path / "worlds.db")

    assert list(again.store("mine").ids(FILES)) == ["a", "b"]
    again.close()
    assert [path.name for path in tmp_path.iterdir()] == ["worlds.db"]


def test_a_transaction_is_kept_whole_or_not_at_all(file: StateFile) -> None:
    store = filled(file.store("mine"), "a")

    file.begin()
    filled(store, "b")
    file.rollback()
    file.begin()
    filled(store, "c")
    file.commit()

    assert list(store.ids(FILES)) == ["a", "c"]


def test_a_newer_version_opens_an_older_file(tmp_path: Path) -> None:
    older = StateFile(tmp_path / "worlds.db", MIGRATIONS[:1])
    filled(older.store("mine"), "a")
    older.close()
    more = (*MIGRATIONS, "CREATE TABLE labels (text TEXT); INSERT INTO labels VALUES ('new');")

    newer = StateFile(tmp_path / "worlds.db", more)

    assert newer.store("mine").get(FILES, "a") == b"a"
    newer.close()
    with pytest.raises(StateError, match=r"a newer fakeopenai wrote it, in version 4 of its form; this one knows 1"):
        StateFile(tmp_path / "worlds.db", MIGRATIONS[:1])


def test_what_an_older_version_has_written_bears_its_marks(tmp_path: Path) -> None:
    older = StateFile(tmp_path / "worlds.db", MIGRATIONS[:1])
    sql = "INSERT INTO items (world, drawer, id, value) VALUES (1, '/files', ?, ?)"
    older._db.executemany(sql, [("a", b'{"purpose":"batch"}'), ("b", b'{"purpose":"vision"}'), ("c", b"no object")])
    older.close()

    newer = StateFile(tmp_path / "worlds.db")

    assert list(newer.store("mine").ids(FILES, mark=mark("purpose", "batch"))) == ["a"]
    newer.close()


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    StateFile(tmp_path / "worlds.db").close()

    with pytest.raises(StateError, match="no such table: nowhere"):
        StateFile(tmp_path / "worlds.db", (*MIGRATIONS, "CREATE TABLE labels (text TEXT); DELETE FROM nowhere;"))

    again = StateFile(tmp_path / "worlds.db")
    assert again.worlds() == []
    again.close()


def test_only_one_may_use_a_file(file: StateFile) -> None:
    with pytest.raises(StateError, match="another process is using it"):
        StateFile(file.path, patience=0)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Sir or Madam, " * 100)

    with pytest.raises(StateError, match=r"letter\.txt: file is not a database"):
        StateFile(letter)

    assert letter.read_text().startswith("Dear")


def test_the_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "bookmarks.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE bookmarks (url TEXT)")
    other.close()
    before = path.read_bytes()

    with pytest.raises(StateError, match="it is the database of another program"):
        StateFile(path)

    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("path", "reason"),
    [("nowhere/worlds.db", "there is no directory .*nowhere"), ("letter.txt/worlds.db", "there is no directory")],
)
def test_a_path_that_cannot_be_written_is_refused(tmp_path: Path, path: str, reason: str) -> None:
    (tmp_path / "letter.txt").write_text("")

    with pytest.raises(StateError, match=reason):
        StateFile(tmp_path / path)
