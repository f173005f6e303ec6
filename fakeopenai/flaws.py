"""What can be wrong with an answer: flaws that clients should bear or report, and errors that end a stream.

Comments, line ends and the sizes of chunks are within the rules of server-sent events and HTTP; the other flaws were
seen at servers that call themselves compatible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from fakeopenai.wire import Event, Json, Object

if TYPE_CHECKING:
    from fakeopenai.errors import ApiError
    from fakeopenai.wire import Call

COMMENT = b": keep-alive\n\n"
DONE = b"data: [DONE]\n\n"
EMPTY = b"data:\n\n"


@dataclass(frozen=True, slots=True)
class Flaws:
    """How an answer departs from what it should be.

    `keep_alive` puts a comment before each event, `crlf` ends lines with two characters, `no_done` leaves the last
    `[DONE]` out. The events of those numbers, the first being 1, come twice (`repeat`), after the next one (`swap`),
    break off (`garble`), follow an event without data (`empty`), or one like them without content (`hollow`). `media`
    is named as the content type, and each write has `chunk` bytes. Of whole answers `garble`, `media` and `chunk` hold.
    """

    keep_alive: bool = False
    crlf: bool = False
    no_done: bool = False
    repeat: int = 0
    swap: int = 0
    garble: int = 0
    empty: int = 0
    hollow: int = 0
    chunk: int = 0
    media: str = ""


FLAWLESS = Flaws()


def spoilt(frames: Iterable[bytes], flaws: Flaws) -> Iterator[bytes]:
    """The events of a stream with its flaws; an empty frame is a wait."""
    if flaws == FLAWLESS:
        yield from frames
        return
    for number, frame in _numbered(_swapped(frames, flaws.swap)):
        if frame == DONE and flaws.no_done:
            continue
        for each in _varied(number, frame, flaws):
            yield _dressed(each, flaws)


def marred(body: bytes, flaws: Flaws) -> bytes:
    """A whole body, half of it if it is to be garbled."""
    return body[: len(body) // 2] if flaws.garble else body


def _numbered(frames: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Events with their numbers; waits have number 0."""
    number = 0
    for frame in frames:
        number += bool(frame)
        yield (number if frame else 0), frame


def _swapped(frames: Iterable[bytes], swap: int) -> Iterator[bytes]:
    held = b""
    for number, frame in _numbered(frames):
        if number and number == swap:
            held = frame
            continue
        yield frame
        if frame and held:
            yield held
            held = b""
    if held:
        yield held


def _varied(number: int, frame: bytes, flaws: Flaws) -> Iterator[bytes]:
    if not number:
        yield frame
        return
    if number == flaws.empty:
        yield EMPTY
    if number == flaws.hollow:
        yield hollow(frame)
    if number == flaws.garble:
        frame = frame[: len(frame) // 2] + b"\n\n"
    yield frame
    if number == flaws.repeat:
        yield frame


def hollow(frame: bytes) -> bytes:
    """An event like this one that says nothing: no choices, or an empty delta. What has neither says `{}`."""
    head, mark, data = frame.partition(b"data: ")
    try:
        value: Json = msgspec.json.decode(data)
    except msgspec.DecodeError:
        value = None
    fields = value if isinstance(value, dict) else {}
    blank: Object = {name: BLANK[name](fields[name]) for name in BLANK if name in fields}
    return head + mark + msgspec.json.encode(fields | blank if blank else {}) + b"\n\n"


BLANK: dict[str, Callable[[Json], Json]] = {
    "choices": lambda _: [],
    "delta": lambda delta: "" if isinstance(delta, str) else {},
}


def _dressed(frame: bytes, flaws: Flaws) -> bytes:
    if frame and flaws.keep_alive:
        frame = COMMENT + frame
    return frame.replace(b"\n", b"\r\n") if flaws.crlf else frame


def failing(call: Call, events: Iterable[Event], after: int, error: ApiError) -> Iterator[Event]:
    """The first events of a stream, then an error in the place of the others."""
    begun = list(islice(events, after))
    yield from begun
    match str(call.operation).partition("/")[2].partition("/")[0]:
        case "responses":
            yield from _failed_response(begun, error)
        case "threads":
            yield Event(error.error, "error")
        case "images" | "audio":
            yield Event({"type": "error", "error": error.error}, "error")
        case _:
            yield Event({"error": error.error})


def _failed_response(begun: list[Event], error: ApiError) -> Iterator[Event]:
    """The error by itself, and the response as failed (recorded of failures within a stream)."""
    code = error.code or error.type
    told: Object = {"type": error.type, "code": code, "message": error.message, "param": error.param}
    yield Event({"type": "error", "error": told, "sequence_number": len(begun)}, "error")
    response: Json = begun[0].data.get("response") if begun else None
    if response:
        failed = response | {"status": "failed", "error": {"code": code, "message": error.message}}
        last = {"type": "response.failed", "response": failed, "sequence_number": len(begun) + 1}
        yield Event(last, "response.failed")
