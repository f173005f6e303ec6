"""The emulator without a socket: a transport for clients of httpx2 and httpx, so for the official client too."""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self, TypeVar

import anyio

from fakeopenai.emulator import Emulator
from fakeopenai.pace import Cut, Reset
from fakeopenai.sending import blocks, described, paced
from fakeopenai.server import read
from fakeopenai.wire import Reply, Request

if TYPE_CHECKING:
    import httpx2
    from starlette.types import Message, Scope

    from fakeopenai.pace import Timed

    class Carrier(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
        """What type checkers take a transport for; neither library is needed at run time."""
else:
    Carrier = object

T = TypeVar("T")


class Transport(Carrier):
    """Carries the requests of an HTTP client, sync or async, to an emulator in this process.

    `OpenAI(base_url="http://fake/v1", http_client=httpx2.Client(transport=Transport()))`. Streams come in chunks, rules
    delay and cut them, and the client's read timeout counts. What goes wrong in the emulator is raised where the
    request was made.
    """

    def __init__(self, emulator: Emulator | None = None) -> None:
        self.emulator = emulator or Emulator()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        reply = self.emulator.respond(_finished(_decoded(request, keep=self.emulator.upstream is not None)))
        if reply.passing:
            reply = reply.passing.whole()
        for seconds in _patience(request, reply.pace.delay if reply.pace else 0):
            time.sleep(seconds)
        if not reply.pace:
            return _response(request, reply, _at_once(reply))
        _check_answered(request, reply)
        return _response(request, reply, _stream(request, paced(reply, reply.pace)))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        reply = self.emulator.respond(await _decoded(request, keep=self.emulator.upstream is not None))
        if reply.passing:
            reply = await reply.passing.collected()
        for seconds in _patience(request, reply.pace.delay if reply.pace else 0):
            await anyio.sleep(seconds)
        if not reply.pace:
            return _response(request, reply, _at_once_async(reply))
        _check_answered(request, reply)
        return _response(request, reply, _async_stream(request, paced(reply, reply.pace)))

    def close(self) -> None:
        """Nothing is open."""

    async def aclose(self) -> None:
        """Nothing is open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def _at_once(reply: Reply) -> bytes | Iterator[bytes]:
    return reply.body if reply.events is None else blocks(reply.events)


def _at_once_async(reply: Reply) -> bytes | AsyncIterator[bytes]:
    async def each(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
        for part in parts:
            yield part

    return reply.body if reply.events is None else each(blocks(reply.events))


def _stream(request: httpx2.Request, parts: Iterator[Timed]) -> Iterator[bytes]:
    with _lost(request):
        for wait, part in parts:
            for seconds in _patience(request, wait):
                time.sleep(seconds)
            if part:
                yield part


async def _async_stream(request: httpx2.Request, parts: Iterator[Timed]) -> AsyncIterator[bytes]:
    with _lost(request):
        for wait, part in parts:
            for seconds in _patience(request, wait):
                await anyio.sleep(seconds)
            if part:
                yield part


@contextmanager
def _lost(request: httpx2.Request, message: str = "") -> Iterator[None]:
    """Tell of a connection that breaks as the client's library does."""
    library = _library(request)
    try:
        yield
    except Reset:
        raise library.ReadError("[Errno 104] Connection reset by peer", request=request) from None
    except Cut:
        raise library.RemoteProtocolError(message or CLOSED, request=request) from None


def _check_answered(request: httpx2.Request, reply: Reply) -> None:
    if reply.pace and reply.pace.cut.at_once:
        with _lost(request, "Server disconnected without sending a response."):
            raise reply.pace.cut.cut()


CLOSED = "peer closed connection without sending complete message body (incomplete chunked read)"


def _patience(request: httpx2.Request, wait: float) -> Iterator[float]:
    """The seconds to wait; where the client bears only some of them, those, and then its timeout."""
    limit = request.extensions.get("timeout", {}).get("read")
    if limit is None or wait <= limit:
        yield wait
        return
    yield limit
    raise _library(request).ReadTimeout("timed out", request=request)


def _response(request: httpx2.Request, reply: Reply, content: Any) -> httpx2.Response:
    response: httpx2.Response = _library(request).Response(reply.status, headers=described(reply), content=content)
    return response


def _library(request: httpx2.Request) -> Any:
    """Whose request it is: httpx2's or httpx's. Each takes only responses and errors of its own."""
    return sys.modules[type(request).__module__.partition(".")[0]]


async def _decoded(request: httpx2.Request, *, keep: bool) -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": request.content}

    decoded = await read(_scope(request), receive, keep=keep)
    assert decoded is not None, "this client doesn't go away"
    return decoded


def _scope(request: httpx2.Request) -> Scope:
    return {
        "method": request.method,
        "scheme": request.url.scheme,
        "raw_path": request.url.raw_path,
        "query_string": request.url.query,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
    }


def _finished(reading: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never waits."""
    try:
        reading.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    reading.close()
    raise RuntimeError("a request in memory is read without waiting")
