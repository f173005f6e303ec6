"""The requests that a test has made, and how they are compared with those it should have made."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from difflib import unified_diff
from typing import TYPE_CHECKING

import msgspec

from fakeopenai.api import READERS
from fakeopenai.operations import Operations
from fakeopenai.wire import Call, Json

if TYPE_CHECKING:
    from fakeopenai.rules import Rule
    from fakeopenai.world import Exchange, World

LONG = 60
"""Characters of a text beyond which it is compared line by line, or sentence by sentence."""


class Recorded:
    """A request that came, and what was answered."""

    __slots__ = ("exchange",)

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    def __repr__(self) -> str:
        return f"<{self.method} {self.path} {self.status}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Recorded) and other.exchange is self.exchange

    def __hash__(self) -> int:
        return id(self.exchange)

    @property
    def method(self) -> str:
        return self.exchange.request.method

    @property
    def path(self) -> str:
        """The path below the base URL: `/chat/completions`."""
        return self.exchange.request.path

    @property
    def operation(self) -> str:
        """The operation as the reference writes it: `POST /chat/completions`."""
        return self.exchange.operation

    @property
    def query(self) -> Mapping[str, Json]:
        return self.exchange.request.query

    @property
    def headers(self) -> Mapping[str, str]:
        """The request's headers, their names in lower case."""
        return self.exchange.request.headers

    @property
    def body(self) -> Json:
        """The request's JSON, or the fields of its form."""
        return self.exchange.request.body

    @property
    def status(self) -> int:
        """The status answered; 0 while there is no answer yet."""
        return self.exchange.status

    @property
    def reply(self) -> Json:
        """The JSON answered; of a stream the object that it spells out; what isn't JSON as bytes."""
        reply = self.exchange.reply
        if reply is None or not isinstance(reply.body, bytes) or reply.media != "application/json":
            return None if reply is None else reply.body
        try:
            return msgspec.json.decode(reply.body)
        except (msgspec.DecodeError, RecursionError):
            return reply.body

    @property
    def rule(self) -> str:
        """The name of the rule that spoke, if one did."""
        return self.exchange.rule


class Calls(list[Recorded]):
    """Requests in their order. They equal a list of dictionaries that each has parts of the body of one of them.

    `calls == [{"model": "gpt-4o"}]` when there was one, for that model. A compiled regular expression stands for any
    text in which it is found, `unittest.mock.ANY` for anything.
    """

    __hash__ = None  # as lists have none

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, list | tuple):
            return NotImplemented
        return len(self) == len(other) and all(_is(made, wanted) for made, wanted in zip(self, other, strict=True))

    def __ne__(self, other: object) -> bool:
        return not self == other

    @property
    def bodies(self) -> list[Json]:
        return [made.body for made in self]

    def with_parts(self, parts: Mapping[str, Json]) -> Calls:
        """Those whose body has these parts."""
        return Calls(made for made in self if _is(made, parts))

    def fitting(self, rule: Rule, world: World) -> Calls:
        """Those that a rule holds for, of those that came so far that rules were asked."""
        reached = (made for made in self if made.rule or made.exchange.unmatched)
        return Calls(made for made in reached if rule.holds(_call(made, world)))

    def listed(self) -> list[str]:
        """Each in a line."""
        return [f"  {_told(made)}" for made in self]

    def differences(self, wanted: list[Json] | tuple[Json, ...]) -> list[str]:
        """Why they don't equal what is wanted, to be read by people."""
        told = [] if len(self) == len(wanted) else [f"{counted(len(self))}, expected {len(wanted)}"]
        for number, (made, parts) in enumerate(zip(self, wanted, strict=False), 1):
            if not _is(made, parts):
                told += [f"call {number}, {made.method} {made.path}:", *_indented(_unlike(made, parts))]
        told += [f"call {len(self) + more}, not made: {shown(parts)}" for more, parts in _beyond(self, wanted)]
        told += [f"call {len(wanted) + more}, not expected: {_told(made)}" for more, made in _beyond(wanted, self)]
        return told

    def nearest(self, parts: Mapping[str, Json]) -> list[str]:
        """Which call comes nearest to having these parts, and what differs."""
        if not self:
            return ["it was never called"]
        told = [_unlike(made, parts) for made in self]
        least = min(range(len(told)), key=lambda place: len(told[place]))
        which = f"the nearest is call {least + 1} of {len(self)}" if len(self) > 1 else "the only call differs"
        return [f"{which}:", *_indented(told[least])]


def counted(number: int) -> str:
    return "1 call" if number == 1 else f"{number} calls"


def differences(actual: Json, wanted: Json, at: str = "") -> Iterator[str]:
    """What keeps a value from having all the parts of another, in a line or some lines each."""
    match actual, wanted:
        case dict(), Mapping():
            for key, part in wanted.items():
                where = f"{at}.{key}" if at else str(key)
                yield from differences(actual[key], part, where) if key in actual else [_missing(where, part, actual)]
        case list(), list() | tuple() if len(actual) == len(wanted):
            for place, (member, part) in enumerate(zip(actual, wanted, strict=True)):
                yield from differences(member, part, f"{at}[{place}]")
        case list(), list() | tuple():
            yield f"{at}: {len(actual)} members, expected {len(wanted)}"
            yield from _uneven(actual, wanted, at)
        case str(), re.Pattern() if wanted.search(actual):
            return
        case str(), str() if actual != wanted and max(len(actual), len(wanted)) > LONG:
            yield f"{at}:\n{_compared(actual, wanted)}"
        case _ if not (isinstance(actual, bool) is isinstance(wanted, bool) and actual == wanted):
            if not _is_anything(wanted, actual):
                yield f"{at}: {shown(actual)}, expected {shown(wanted)}"


def _uneven(actual: list[Json], wanted: list[Json] | tuple[Json, ...], at: str) -> Iterator[str]:
    for place, (member, part) in enumerate(zip(actual, wanted, strict=False)):
        yield from differences(member, part, f"{at}[{place}]")
    for place in range(len(wanted), len(actual)):
        yield f"{at}[{place}]: {shown(actual[place])}, not expected"
    for place in range(len(actual), len(wanted)):
        yield f"{at}[{place}]: not there, expected {shown(wanted[place])}"


def _is_anything(wanted: Json, actual: Json) -> bool:
    """Whether something that isn't JSON, such as `mock.ANY` or `approx`, takes itself for equal."""
    return not isinstance(wanted, bool | int | float | str | type(None)) and bool(wanted == actual)


def _is(made: Recorded, wanted: Json) -> bool:
    if isinstance(wanted, Mapping):
        return next(differences(made.body, wanted), None) is None
    return bool(wanted == made)


def _unlike(made: Recorded, parts: Json) -> list[str]:
    if isinstance(parts, Mapping):
        return list(differences(made.body, parts))
    return [f"{made!r}, expected {parts!r}"]


def _beyond(
    shorter: list[Json] | tuple[Json, ...], longer: list[Json] | tuple[Json, ...]
) -> Iterator[tuple[int, Json]]:
    """The members of the longer list for which the other has none."""
    return enumerate(longer[len(shorter) :], 1)


def _missing(where: str, part: Json, actual: Mapping[str, Json]) -> str:
    there = ", ".join(actual) or "nothing"
    return f"{where}: not there, expected {shown(part)}; there is {there}"


def _compared(actual: str, wanted: str) -> str:
    """A diff of texts by their lines, of single lines by their sentences."""
    split: Callable[[str], list[str]] = str.splitlines if "\n" in actual + wanted else _sentences
    lines = list(unified_diff(split(wanted), split(actual), lineterm="", n=1))[2:]
    return "\n".join(f"  {line}" for line in lines if not line.startswith("@@"))


def _sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?,;:])\s+", text)


def shown(value: Json) -> str:
    """A value in a line."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=repr)
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= 200 else f"{text[:199]}…"


def _told(made: Recorded) -> str:
    return f"{made.method} {made.path} {shown(made.body)}" if made.body else f"{made.method} {made.path}"


def _call(made: Recorded, world: World) -> Call:
    """The request as rules see it."""
    if made.exchange.unmatched:
        return made.exchange.unmatched
    request, operations = made.exchange.request, Operations.load()
    operation, path = operations.match(request.method, request.path, request.query)
    return Call(request, operation, path, world, world.names("seen again"), read=READERS.get(str(operation)))


def _indented(lines: list[str]) -> list[str]:
    return [f"  {line}" for text in lines for line in text.splitlines()]


def compared(left: object, right: object) -> list[str] | None:
    """What pytest tells of a comparison that fails."""
    if isinstance(left, Calls) and isinstance(right, list | tuple):
        return ["the calls are not as expected", *left.differences(right)]
    if isinstance(right, Calls) and isinstance(left, list | tuple):
        return ["the calls are not as expected", *right.differences(left)]
    return None
