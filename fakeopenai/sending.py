"""How a reply goes out: as bytes, at once or in its time. All waiting happens here, and only here."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from fakeopenai.blob import Packed
from fakeopenai.pace import Cut, Reset, content, streamed, whole
from fakeopenai.wire import RAW, WAIT, Chunks, Event, Reply

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Send

    from fakeopenai.pace import Pace, Timed

WRITE = 16 * 1024
"""Bytes that an unpaced stream puts into one write."""

TOGETHER = 64
"""Chunks that make about as much."""

_encode = msgspec.json.Encoder().encode


def described(reply: Reply) -> list[tuple[str, str]]:
    """The headers of a reply, with those that describe its body."""
    pace, fields = reply.pace, [*reply.headers.items()]
    media = (pace and pace.flaws.media) or (reply.media if reply.events is None else STREAM)
    if reply.events is None and (reply.body or reply.status != 204) and (pace is None or pace.measured):
        fields.append(("content-length", str(len(reply.body))))
    if reply.events is not None or reply.body or reply.status != 204:
        fields.append(("content-type", media))
    return pace.fuzz.headers(fields) if pace and pace.fuzz else fields


def _start(reply: Reply) -> Message:
    fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in described(reply)]
    return {"type": "http.response.start", "status": reply.status, "headers": fields}


async def deliver(reply: Reply, receive: Receive, send: Send) -> None:
    """Send a reply in its time. Raises Reset."""
    if reply.passing:
        await reply.passing.deliver(reply, receive, send)
        return
    if reply.pace:
        reply.body = bytes(reply.body) if isinstance(reply.body, Packed) else reply.body
        await _send_paced(reply, reply.pace, receive, send)
        return
    await send(_start(reply))
    for block in _parts(reply):
        await send({"type": "http.response.body", "body": block, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _parts(reply: Reply) -> Iterable[bytes]:
    if reply.events is not None:
        return blocks(reply.events)
    return reply.body if isinstance(reply.body, Packed) else (reply.body,)


STREAM = "text/event-stream; charset=utf-8"


async def _send_paced(reply: Reply, pace: Pace, receive: Receive, send: Send) -> None:
    """Part by part, each after its wait; a cut leaves the response unfinished, which closes the connection."""
    if await _gone(receive, pace.delay):
        return
    try:
        if pace.cut.at_once:
            raise pace.cut.cut()
        parts = paced(reply, pace)
        await send(_start(reply))
        for seconds, part in parts:
            if await _gone(receive, seconds):
                return
            if part:
                await send({"type": "http.response.body", "body": part, "more_body": True})
    except Reset:
        raise
    except Cut:
        return
    await send({"type": "http.response.body", "body": b""})


async def _gone(receive: Receive, seconds: float) -> bool:
    """Wait, unless the client goes away meanwhile."""
    if seconds <= 0:
        return False
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True


def paced(reply: Reply, pace: Pace) -> Iterator[Timed]:
    """What goes out, each part with the seconds before it. Raises Cut where the connection breaks.

    A whole body is made what the pace makes of it at once, so that its length is known.
    """
    if reply.events is not None:
        return streamed(frames(reply.events), pace)
    reply.body = content(reply.body, reply.media, pace)
    return whole(reply.body, pace)


def frames(events: Iterable[Event]) -> Iterator[bytes]:
    """Events as server-sent events; a wait is empty."""
    for event in events:
        if event is WAIT:
            yield b""
            continue
        data = event.data if isinstance(event.data, bytes) else _encode(event.data)
        if event.name == RAW:
            yield event.data
        elif event.name:
            yield b"event: %b\ndata: %b\n\n" % (event.name.encode(), data)
        else:
            yield b"data: %b\n\n" % data


def blocks(events: Iterable[Event]) -> Iterator[bytes]:
    """Events that nobody waits for, in few large writes: the cost of a stream is its writes, not its events."""
    if isinstance(events, Chunks):
        yield from _joined(events)
        return
    waiting: list[bytes] = []
    size = 0
    for frame in frames(events):
        waiting.append(frame)
        size += len(frame)
        if size >= WRITE:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


def _joined(chunks: Chunks) -> Iterator[bytes]:
    head = b"data: %b" % chunks.head
    for at in range(0, len(chunks.rests), TOGETHER):
        rests = chunks.rests[at : at + TOGETHER]
        yield b"%b%b\n\n" % (head, (b"\n\n" + head).join(rests))
    yield b"data: [DONE]\n\n"
