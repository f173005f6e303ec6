"""The shape of JSON: which keys are where, and what kinds of values they hold.

A shape maps paths (`choices[].message.content`) to the kinds seen there. A kind is a JSON type; a word in quotes where
the word tells kinds of objects apart; `map` where the keys are the caller's own; `absent` where only some of several
objects have the key. Members of a list that name their `type` are told apart by it (`output[message].status`), and the
order in which types follow one another is a kind of the list. How many members there are does not matter, whether there
are any does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from fakeopenai.wire import Json

Shape = Mapping[str, frozenset[str]]

WORDS = frozenset({"object", "type", "role", "status", "finish_reason", "reason", "payer", "verbosity", "truncation"})
"""Keys whose values tell kinds of objects, or of outcomes, apart."""

MAPS = frozenset({"metadata", "attributes", "properties", "$defs", "definitions", "variables", "headers"})
"""Keys whose objects have keys of the caller's own."""

TOKENS = ".logprobs.top_logprobs[]"
"""Where the keys are the tokens of a legacy completion."""

ABSENT = "absent"


class Difference(NamedTuple):
    """A place where what was recorded and what we answer are of different kinds."""

    path: str
    recorded: str
    ours: str


def shape(value: Json) -> Shape:
    """The shape of a JSON value; its own kind is under the empty path."""
    return _merged([value], "")


def differences(recorded: Shape, ours: Shape) -> Iterator[Difference]:
    """Where two shapes differ. What lies below a key that one of them lacks is not told again."""
    lacking: list[str] = []
    for path in sorted(recorded.keys() | ours.keys()):
        if any(path.startswith((f"{above}.", f"{above}[")) for above in lacking):
            continue
        there, here = recorded.get(path), ours.get(path)
        if there is None or here is None or not (_containers(there) & _containers(here)):
            lacking.append(path)
        if there != here:
            yield Difference(path, told(there), told(here))


def told(kinds: frozenset[str] | None) -> str:
    """Kinds as a report names them."""
    return " | ".join(sorted(kinds)) if kinds else ABSENT


def _containers(kinds: frozenset[str]) -> set[str]:
    """The kinds that others may lie below, or all if there are none."""
    return {kind.partition(" ")[0] for kind in kinds if kind.startswith(("object", "list"))} or set(kinds)


def _merged(values: Sequence[Json], path: str) -> dict[str, frozenset[str]]:
    """The common shape of several values of one place."""
    kinds = frozenset(_kind(value, path) for value in values)
    found = {path: kinds}
    for key, members in _below([value for value in values if isinstance(value, dict)], kinds):
        below = _merged(members, f"{path}.{key}" if path else key)
        first = next(iter(below))
        if len(members) < sum(isinstance(value, dict) for value in values):
            below[first] |= {ABSENT}
        found |= below
    for name, members in _members([member for value in values if isinstance(value, list) for member in value]):
        found |= _merged(members, f"{path}[{name}]")
    return found


def _below(objects: list[dict[str, Json]], kinds: frozenset[str]) -> Iterator[tuple[str, list[Json]]]:
    """What several objects hold, key by key."""
    if "map" in kinds:
        return
    for key in dict.fromkeys(key for each in objects for key in each):
        yield key, [each[key] for each in objects if key in each]


def _members(members: list[Json]) -> Iterator[tuple[str, list[Json]]]:
    """The members of lists, those of each type together."""
    ordered = sorted(members, key=_type)
    for name, group in groupby(ordered, key=_type):
        yield name, list(group)


def _type(member: Json) -> str:
    named = member.get("type") if isinstance(member, dict) else None
    return named if isinstance(named, str) else ""


def _kind(value: Json, path: str) -> str:
    key = path.rpartition(".")[2]
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return f'"{value}"' if key in WORDS else "string"
        case list():
            return _list(value)
        case dict():
            return "map" if key in MAPS or path.endswith(TOKENS) else "object"
    raise TypeError(f"{type(value).__name__} is no JSON")


def _list(members: list[Json]) -> str:
    """Lists of typed members are told by their types, in order."""
    if not members:
        return "empty list"
    types = [name for name, _ in groupby(map(_type, members)) if name]
    return f"list of {', '.join(types)}" if types else "list"
