"""Oddities of answers that a client must bear: each is within the rules of HTTP, server-sent events, JSON or the API.

A client that reads by these rules reads the same answer whatever is odd about it. Which oddities an answer has follows
from its *case*, a number that follows from the world's seed and the request; `x-fakeopenai-fuzz` tells both.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from fakeopenai import odd_json
from fakeopenai.ids import Names

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER = "x-fakeopenai-fuzz"

CASES = 1_000_000
"""How many cases there are."""

SHARE = 3
"""One of so many oddities is chosen."""

ODDITIES: Mapping[str, str] = {
    "tiny_chunks": "the body comes in chunks of one to three bytes, within characters and line ends too",
    "huge_chunks": "the body comes in one chunk",
    "header_case": "names of headers are in capitals here and there",
    "more_headers": "there are headers that nobody knows",
    "key_order": "the keys of JSON objects come in another order",
    "escapes": "characters in JSON are escaped that need not be",
    "spaces": "there are spaces between the tokens of JSON",
    "lines": "there are line breaks as well, and so an event has several lines of data",
    "more_fields": "objects have fields that nobody knows",
    "comments": "comments stand between the lines of events",
    "blank_lines": "there are more blank lines between events, and comments that stand alone",
    "crlf": "lines end in carriage return and line feed",
    "cr": "lines end in carriage return alone",
    "no_space": "no space follows the colon of a field",
    "ids": "events have an id",
    "retry": "events say after how long to reconnect",
    "retry_alone": "so do blocks without any data",
    "event_fields": "events have fields that nobody knows",
    "empty_chunks": "chunks whose delta is empty stand between the others",
    "new_events": "there are events of a type that nobody knows, where events have types",
    "bom": "the stream begins with a byte order mark",
}

HARD = ("bom", "ids", "retry_alone", "new_events")
"""What the official clients stumble over.

Python's (3.52) loses the event after a byte order mark, and takes blocks without data for events, and blank lines once
there was an id. Node's (7) refuses events of unknown types in `responses.stream`.
"""


@dataclass(frozen=True)
class Fuzz:
    """Oddities to choose from, and the case that chooses, if it is known."""

    among: tuple[str, ...] = tuple(name for name in ODDITIES if name not in HARD)
    case: int | None = None

    def sown(self, seed: bytes) -> Fuzz:
        """The case that a seed leads to, unless one is given."""
        return self if self.case is not None else replace(self, case=Names(seed, 0).number(CASES, "fuzz"))

    @property
    def told(self) -> str:
        """The case and its oddities, for the header."""
        return f"case={self.case}; {', '.join(self.chosen)}"

    @cached_property
    def chosen(self) -> tuple[str, ...]:
        """The oddities of this case, at least one."""
        names = self._names
        found = [name for name in self.among if names.number(SHARE, name) == 0]
        if not found and self.among:
            found = [self.among[names.number(len(self.among))]]
        return tuple(name for name in found if OTHER.get(name) not in found)

    @cached_property
    def _names(self) -> Names:
        return Names(b"%d" % (self.case or 0), 0)

    @property
    def chunk(self) -> int:
        """The bytes of each write; 0 if that is not odd."""
        if "tiny_chunks" in self.chosen:
            return 1 + self._names.child("chunk").number(3)
        return 1 << 30 if "huge_chunks" in self.chosen else 0

    def headers(self, fields: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """The headers of the answer."""
        names = self._names.child("headers")
        more = [("x-unheard-of", "yes"), ("server-timing", "")] if "more_headers" in self.chosen else []
        if "header_case" not in self.chosen:
            return [*fields, *more]
        return [(_cased(name, names), value) for name, value in (*fields, *more)]

    def body(self, body: bytes) -> bytes:
        """A whole answer of JSON."""
        return self._written(body, self._names.child("body"))

    def events(self, frames: Iterable[bytes]) -> Iterator[bytes]:
        """The events of a stream; an empty frame is a wait."""
        names = self._names.child("events")
        mark = BOM if "bom" in self.chosen else b""
        first = True
        for frame in _blocks(frames):
            if not frame:
                yield frame
                continue
            others = [] if first else self._others(*_parted(frame), names)
            yield mark + b"".join(self._event(each, names) for each in (*others, frame))
            mark, first = b"", False

    def _others(self, name: str, data: bytes, names: Names) -> Iterator[bytes]:
        """Events of nobody's concern before this one, which is not the first."""
        if "empty_chunks" in self.chosen and not names.number(SHARE, "empty") and (empty := _without_content(data)):
            yield b"data: " + empty
        family = name.partition(".")[0]
        if "new_events" in self.chosen and family in TYPED and not names.number(SHARE, "new"):
            yield f'event: {family}.unheard_of\ndata: {{"type":"{family}.unheard_of"}}'.encode()

    def _event(self, frame: bytes, names: Names) -> bytes:
        name, data = _parted(frame)
        if not data:
            return frame
        data = self._written(data, names)
        lines = [f"event: {name}"] if name else []
        lines += [f"data: {line}" for line in data.decode().split("\n")]
        lines += [LINES[odd](names) for odd in LINES if odd in self.chosen and not names.number(2, odd)]
        if "no_space" in self.chosen:
            lines = [line.replace(": ", ":", 1) if not line.startswith(":") else line for line in lines]
        block = "\n".join([*self._before(names), *lines, "", ""])
        return block.replace("\n", self._end).encode()

    def _before(self, names: Names) -> Iterator[str]:
        if "blank_lines" in self.chosen and not names.number(2, "blank"):
            yield from (": still here", "", "")
        if "retry_alone" in self.chosen and not names.number(2, "retry alone"):
            yield from ("retry: 3000", "")

    @property
    def _end(self) -> str:
        return "\r\n" if "crlf" in self.chosen else "\r" if "cr" in self.chosen else "\n"

    def _written(self, data: bytes, names: Names) -> bytes:
        return odd_json.written(data, self.chosen, names)


OTHER = {"huge_chunks": "tiny_chunks", "cr": "crlf"}
"""What is left out where the other was chosen."""

LINES: Mapping[str, Callable[[Names], str]] = {
    "comments": lambda _: ": keep-alive",
    "ids": lambda names: f"id: {names.hex(8)}",
    "retry": lambda names: f"retry: {names.number(10_000)}",
    "event_fields": lambda _: "colour: green",
}
"""Lines that an event may have besides."""

BOM = b"\xef\xbb\xbf"

TYPED = ("response", "image_generation", "image_edit", "thread")
"""What the types of named events begin with."""


def _blocks(frames: Iterable[bytes]) -> Iterator[bytes]:
    """One event each, however they were cut; waits stay where they are."""
    held = b""
    for frame in frames:
        if not frame:
            yield frame
        *whole, held = (held + frame.replace(b"\r\n", b"\n")).split(b"\n\n")
        yield from (block + b"\n\n" for block in whole if block)
    if held:
        yield held


def _parted(frame: bytes) -> tuple[str, bytes]:
    """The name and the data of an event; no data if it has other fields than these, or is a comment."""
    fields = [line.partition(b":")[::2] for line in frame.strip(b"\n").split(b"\n")]
    if any(name not in {b"event", b"data"} for name, _ in fields):
        return "", b""
    given = {name: [value.removeprefix(b" ") for each, value in fields if each == name] for name, _ in fields}
    return b"".join(given.get(b"event", [])).decode(), b"\n".join(given.get(b"data", []))


def _without_content(data: bytes) -> bytes:
    """A chunk like this one that says nothing; empty where data is no chunk with a delta."""
    try:
        value = json.loads(data) if b'"delta"' in data else {}
    except ValueError:
        return b""
    choices = value.get("choices")
    if not choices:
        return b""
    silent = [choice | {"delta": {}, "finish_reason": None} for choice in choices]
    return json.dumps(value | {"choices": silent}, ensure_ascii=False).encode()


def _cased(name: str, names: Names) -> str:
    return name.upper() if names.number(2, "case") else name.title()
