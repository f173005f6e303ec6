"""What can be wrong with a stream: flaws that clients should bear, and errors that end it.

Comments and line ends are within the rules of server-sent events; the other flaws were seen at servers that call
themselves compatible.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from fakeopenai.wire import Event, Json, Object

if TYPE_CHECKING:
    from fakeopenai.errors import ApiError
    from fakeopenai.wire import Call

COMMENT = b": keep-alive\n\n"
DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True, slots=True)
class Flaws:
    """How a stream departs from what it should be.

    `keep_alive` puts a comment before each event, `crlf` ends lines with two characters, `no_done` leaves the last
    `[DONE]` out. The events of those numbers, the first being 1, come twice (`repeat`) or break off (`garble`). `media`
    is named as the content type.
    """

    keep_alive: bool = False
    crlf: bool = False
    no_done: bool = False
    repeat: int = 0
    garble: int = 0
    media: str = ""


FLAWLESS = Flaws()


def spoilt(frames: Iterable[bytes], flaws: Flaws) -> Iterator[bytes]:
    """The events of a stream with its flaws; an empty frame is a wait."""
    if flaws == FLAWLESS:
        yield from frames
        return
    number = 0
    for frame in frames:
        number += bool(frame)
        if frame == DONE and flaws.no_done:
            continue
        for each in [frame] * (2 if frame and number == flaws.repeat else 1):
            yield _dressed(_broken(each) if number == flaws.garble else each, flaws)


def _broken(frame: bytes) -> bytes:
    return frame[: len(frame) // 2] + b"\n\n" if frame else frame


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
