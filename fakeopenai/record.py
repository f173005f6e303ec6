"""What a world remembers beside its drawers: its time, how often each request was made, what was used.

It is written down as values in drawers of their own, so that a store or a dump can hold all of a world. In memory that
happens only for a dump; a world that is kept in a file writes what has changed after each request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

import msgspec

from fakeopenai.account import Counters, Use

if TYPE_CHECKING:
    from fakeopenai.store import Store
    from fakeopenai.world import World

K = TypeVar("K")
V = TypeVar("V")

Row = tuple[str, str, bytes]
"""A value with its drawer and id."""

TIME = "/_world"
SEEN = "/_world/seen"
USED = "/_world/used"
DRAWERS = frozenset({TIME, SEEN, USED})

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Noted(dict[K, V]):
    """A dictionary that notes which of its keys were written, and tells somebody."""

    def __init__(self, values: Mapping[K, V], tell: Callable[[], None]) -> None:
        super().__init__(values)
        self._written: dict[K, None] = {}
        self._tell = tell

    def __setitem__(self, key: K, value: V) -> None:
        super().__setitem__(key, value)
        self._written[key] = None
        self._tell()

    def __delitem__(self, key: K) -> None:
        super().__delitem__(key)
        self._written[key] = None
        self._tell()

    def written(self) -> list[K]:
        """What was written since it was last asked."""
        keys = list(self._written)
        self._written.clear()
        return keys


def rows(world: World) -> Iterator[Row]:
    """All that a world remembers."""
    yield TIME, "now", _time(world)
    for asked, times in world.seen.items():
        yield _seen_row(asked, times)
    for use, counters in world.account.items():
        yield _used_row(use, counters)


def kept(store: Store) -> Iterator[Row]:
    """What a store holds of that."""
    for drawer in sorted(DRAWERS):
        for id in store.ids(drawer):
            yield drawer, id, store.get(drawer, id) or b""


def recall(world: World, rows: Iterable[Row]) -> None:
    """Let a world remember what is written down, and nothing else."""
    seen: dict[bytes, int] = {}
    used: dict[Use, Counters] = {}
    for drawer, id, value in rows:
        match drawer:
            case "/_world":
                _set_time(world, value)
            case "/_world/seen":
                seen[bytes.fromhex(id)] = _decode(value)
            case "/_world/used":
                used[Use(*_decode(id))] = _decode(value)
    world.seen, world.account = seen, used


def watch(world: World, tell: Callable[[], None]) -> None:
    """From now on note what changes."""
    world.seen, world.account = Noted(world.seen, tell), Noted(world.account, tell)


def write(world: World) -> None:
    """Write into the world's store what has changed since the last time; all of it, if nobody has watched."""
    seen, account, store = world.seen, world.account, world.store
    if not isinstance(seen, Noted) or not isinstance(account, Noted):
        for row in rows(world):
            store.put(*row)
        return
    if store.get(TIME, "now") != (time := _time(world)):
        store.put(TIME, "now", time)
    for asked in seen.written():
        _move(store, _seen_row(asked, seen.get(asked, 0)))
    for use in account.written():
        store.put(*_used_row(use, account[use]))


def _move(store: Store, row: Row) -> None:
    """Put a count at the end, where the requests made last are; a request that is forgotten has none."""
    drawer, id, times = row
    store.delete(drawer, id)
    if times != b"0":
        store.put(drawer, id, times)


def _time(world: World) -> bytes:
    return _encode({"seed": world.settings.seed, **world.clock.state})


def _set_time(world: World, value: bytes) -> None:
    state = _decode(value)
    world.sow(state.pop("seed"))
    rate = world.settings.rate
    world.clock.restore(state if rate is None else state | {"mode": "rate", "rate": rate})


def _seen_row(asked: bytes, times: int) -> Row:
    return SEEN, asked.hex(), b"%d" % times


def _used_row(use: Use, counters: Counters) -> Row:
    return USED, _encode(use).decode(), _encode(counters)
