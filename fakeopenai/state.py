"""The worlds of a server, kept in a file: read when they are asked for, written at the end of each turn.

A turn is a request, or whatever else happens to worlds without anything coming between. It is kept whole or not at all:
before its answer goes out it is in the file, and when something fails in it the worlds are again as the file has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from threading import RLock
from typing import TYPE_CHECKING

from fakeopenai import record

if TYPE_CHECKING:
    from types import TracebackType

    from fakeopenai.sqlite_store import StateFile
    from fakeopenai.store import Store
    from fakeopenai.world import World


class State:
    """Enter it for a turn; threads take theirs one after the other, and a turn within a turn belongs to it."""

    def __init__(self, file: StateFile) -> None:
        self._file = file
        self._lock = RLock()
        self._depth = 0
        self._touched: dict[World, None] = {}

    def __enter__(self) -> None:
        self._lock.acquire()
        try:
            if self._depth == 0:
                self._file.begin()
        except BaseException:
            self._lock.release()
            raise
        self._depth += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._depth -= 1
        try:
            if self._depth == 0:
                self._end(failed=kind is not None)
        finally:
            self._lock.release()

    def __contains__(self, world: str) -> bool:
        return world in self._file

    def worlds(self) -> list[str]:
        """The names of all worlds in the file."""
        return self._file.worlds()

    def store(self, world: str) -> Store:
        return self._file.store(world)

    def take(self, world: World) -> None:
        """Give a world its memory back, and keep it from now on."""
        rows = record.kept(world.store)
        has_rules = any(shelf.rules for shelf in world.rules.own)
        record.recall(world, [row for row in rows if row[0] != record.RULES] if has_rules else rows)
        record.watch(world, partial(self.touch, world))
        world.turn = Turn(self, world)

    def touch(self, world: World) -> None:
        """Say that a world has changed in this turn."""
        self._touched[world] = None

    def forget(self, world: str) -> None:
        """Delete a world from the file."""
        self._file.forget(world)

    def close(self) -> None:
        self._file.close()

    def _end(self, *, failed: bool) -> None:
        touched = list(self._touched)
        self._touched.clear()
        try:
            if not failed:
                self._write(touched)
                self._file.commit()
                return
        except BaseException:
            self._undo(touched)
            raise
        self._undo(touched)

    def _write(self, worlds: list[World]) -> None:
        for world in worlds:
            record.write(world)
            if not record.is_watched(world):
                record.watch(world, partial(self.touch, world))

    def _undo(self, worlds: list[World]) -> None:
        self._file.rollback()
        for world in worlds:
            world.store = self.store(world.name)
            self.take(world)


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn in which something befalls a world."""

    state: State
    world: World

    def __enter__(self) -> None:
        self.state.__enter__()
        self.state.touch(self.world)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.state.__exit__(kind, error, trace)
