"""What a world remembers beside its drawers: its time, how often each request was made, what was used and read.

It is written down as values in drawers of their own, so that a store or a dump can hold all of a world. In memory that
happens only for a dump; a world that is kept in a file writes what has changed after each request. What a world comes
to remember some day belongs into `LEDGERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from fakeopenai.account import Use
from fakeopenai.allowances import Allowance, Scope
from fakeopenai.rules import Rule, Shelf
from fakeopenai.rules.tally import Count

if TYPE_CHECKING:
    from fakeopenai.store import Store
    from fakeopenai.wire import Json, Object
    from fakeopenai.world import World

K = TypeVar("K")
V = TypeVar("V")

Row = tuple[str, str, bytes]
"""A value with its drawer and id."""

TIME = "/_world"
RULES = "/_world/rules"
"""The rules that only this world has, one value for each shelf of them, numbered from the top."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Noted(dict[K, V]):
    """A dictionary that notes which of its keys were written, and tells somebody. A key that is popped first moves."""

    def __init__(self, values: Mapping[K, V], tell: Callable[[], None]) -> None:
        super().__init__(values)
        self._written: dict[K, bool] = {}
        self._tell = tell

    def __setitem__(self, key: K, value: V) -> None:
        super().__setitem__(key, value)
        self._written.setdefault(key, False)
        self._tell()

    def __delitem__(self, key: K) -> None:
        super().__delitem__(key)
        self._written[key] = True
        self._tell()

    def clear(self) -> None:
        for key in list(self):
            del self[key]

    def pop(self, key: K, *default: Any) -> Any:
        self._written[key] = True
        self._tell()
        return super().pop(key, *default)

    def written(self) -> list[tuple[K, bool]]:
        """What was written since it was last asked, and whether it moved to the end."""
        changes = list(self._written.items())
        self._written.clear()
        return changes


@dataclass(frozen=True, slots=True)
class Ledger:
    """A dictionary of a world and the drawer for it; keys become ids there."""

    drawer: str
    name: str
    spell: Callable[[Any], str]
    read: Callable[[str], Any]
    value: Callable[[Json], Any] = lambda value: value
    owner: Callable[[World], Any] = lambda world: world

    def of(self, world: World) -> dict[Any, Any]:
        entries: dict[Any, Any] = getattr(self.owner(world), self.name)
        return entries

    def give(self, world: World, entries: dict[Any, Any]) -> None:
        setattr(self.owner(world), self.name, entries)

    def rows(self, world: World) -> Iterator[Row]:
        for key, value in self.of(world).items():
            yield self.drawer, self.spell(key), _encode(value)

    def write(self, world: World) -> None:
        """Put what has changed into the world's store; all of it, if nobody has watched."""
        entries, store = self.of(world), world.store
        changes = entries.written() if isinstance(entries, Noted) else [(key, False) for key in entries]
        for key, moved in changes:
            id = self.spell(key)
            if moved:
                store.delete(self.drawer, id)
            if key in entries:
                store.put(self.drawer, id, _encode(entries[key]))


def _spelled(key: tuple[Any, ...]) -> str:
    return _encode(key).decode()


def _allowance(value: Json) -> Allowance:
    return msgspec.convert(value, Allowance)


def _spelled_prefix(key: tuple[str, bytes]) -> str:
    shelf, digest = key
    return f"{digest.hex()} {shelf}"


def _read_prefix(text: str) -> tuple[str, bytes]:
    digest, _, shelf = text.partition(" ")
    return shelf, bytes.fromhex(digest)


def _count(value: Json) -> Count:
    return Count(*value)


def _text(text: str) -> str:
    return text


LEDGERS = (
    Ledger("/_world/seen", "seen", bytes.hex, bytes.fromhex),
    Ledger("/_world/used", "account", _spelled, lambda text: Use(*_decode(text))),
    Ledger("/_world/limits", "allowances", _spelled, lambda text: Scope(*_decode(text)), _allowance),
    Ledger("/_world/levels", "levels", _spelled, lambda text: Scope(*_decode(text))),
    Ledger("/_world/read", "kept", _spelled_prefix, _read_prefix, tuple, attrgetter("prefixes")),
    Ledger("/_world/states", "states", _text, _text, owner=attrgetter("rules")),
    Ledger("/_world/spoken", "counts", _text, _text, _count, attrgetter("rules.tally")),
)

DRAWERS = frozenset({TIME, RULES, *(ledger.drawer for ledger in LEDGERS)})


def rows(world: World) -> Iterator[Row]:
    """All that a world remembers."""
    yield TIME, "now", _time(world)
    yield from _rules(world)
    for ledger in LEDGERS:
        yield from ledger.rows(world)


def kept(store: Store) -> Iterator[Row]:
    """What a store holds of that."""
    for drawer in sorted(DRAWERS):
        for id in store.ids(drawer):
            yield drawer, id, store.get(drawer, id) or b""


def recall(world: World, rows: Iterable[Row]) -> None:
    """Let a world remember what is written down, and nothing else; without any rules there, it keeps its own."""
    written: dict[str, dict[str, bytes]] = {drawer: {} for drawer in DRAWERS}
    for drawer, id, value in rows:
        written[drawer][id] = value
    if shelves := written[RULES]:
        world.rules.lay(*(_shelf(world, shelves[number]) for number in sorted(shelves, key=int)))
    for ledger in LEDGERS:
        entries = written[ledger.drawer].items()
        ledger.give(world, {ledger.read(id): ledger.value(_decode(value)) for id, value in entries})
    if time := written[TIME].get("now"):
        _set_time(world, time)


def watch(world: World, tell: Callable[[], None]) -> None:
    """From now on note what changes."""
    for ledger in LEDGERS:
        ledger.give(world, Noted(ledger.of(world), tell))


def is_watched(world: World) -> bool:
    return all(isinstance(ledger.of(world), Noted) for ledger in LEDGERS)


def write(world: World) -> None:
    """Write into the world's store what has changed since the last time; all of it, if nobody has watched."""
    time = _time(world)
    if world.store.get(TIME, "now") != time:
        world.store.put(TIME, "now", time)
    _write_rules(world)
    for ledger in LEDGERS:
        ledger.write(world)


def _write_rules(world: World) -> None:
    """Write the rules if they have changed: a shelf that has changed has another list of them."""
    shelved = [shelf.rules for shelf in world.rules.own]
    if list(map(id, shelved)) == list(map(id, world.shelved)):
        return
    for number in list(world.store.ids(RULES)):
        world.store.delete(RULES, number)
    for row in _rules(world):
        world.store.put(*row)
    world.shelved = shelved


def _rules(world: World) -> Iterator[Row]:
    shelves = world.rules.own
    if any(shelf.rules for shelf in shelves):
        for number, shelf in enumerate(shelves):
            yield RULES, str(number), _encode([_told(shelf, rule) for rule in shelf.rules if _is_data(rule)])


def _told(shelf: Shelf, rule: Rule) -> Object:
    return {"words": rule.words, "source": rule.source, "written": shelf.written(rule)}


def _is_data(rule: Rule) -> bool:
    """What holds a piece of a program stays with the program."""
    try:
        _encode(rule.words)
    except TypeError:
        return False
    return True


def _shelf(world: World, value: bytes) -> Shelf:
    shelf = world.rules.fresh()
    for told in _decode(value):
        rule = Rule.read(told["words"], told["source"], local=False)
        shelf.add(rule)
        if rule.life.expires:
            shelf.date(rule, told["written"])
    return shelf


def _time(world: World) -> bytes:
    return _encode({"seed": world.settings.seed, **world.clock.state})


def _set_time(world: World, value: bytes) -> None:
    state = _decode(value)
    world.sow(state.pop("seed"))
    rate = world.settings.rate
    world.clock.restore(state if rate is None else state | {"mode": "rate", "rate": rate})
