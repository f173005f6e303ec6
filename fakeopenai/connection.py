"""HTTP/1.1 on one connection, with nothing between the parser and the emulator.

A request that can be answered at once, as nearly every one can, is answered where its last byte is parsed: no task, no
messages, head and body in one write. That halves what a request costs beside its answer. What takes time, such as a
stream that a rule paces, is sent by a task, and requests that arrive meanwhile wait for it. A WebSocket is handed to
uvicorn with the bytes that asked for it.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from functools import lru_cache, partial
from http import HTTPStatus
from itertools import chain
from socket import SO_LINGER, SOL_SOCKET
from struct import pack
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from fakeopenai import errors
from fakeopenai.blob import Packed
from fakeopenai.pace import Reset
from fakeopenai.sending import WRITE, blocks, deliver
from fakeopenai.server import CONTROL, App, decode, failed, largest, log, opened
from fakeopenai.wire import Reply, Request

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send
    from uvicorn import Config
    from uvicorn.server import ServerState

    Work = Callable[[Receive, Send], Coroutine[Any, Any, None]]

STATUS = {status.value: f"HTTP/1.1 {status.value} {status.phrase}" for status in HTTPStatus}
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
UNREADABLE = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
END = b"0\r\n\r\n"

STREAMED = (("content-type", "text/event-stream; charset=utf-8"), ("transfer-encoding", "chunked"))

_OFFER = re.compile(rb"\r\nupgrade: *h2c(?=\r\n|$)", re.IGNORECASE)

Field = tuple[str, str]


def _without_offer(data: bytes) -> bytes:
    """A request without the offer of HTTP/2 that Java's own client makes: the parser would lose the body over it."""
    head, blank, body = data.partition(b"\r\n\r\n")
    return _OFFER.sub(b"", head) + blank + body


class Connection(asyncio.Protocol):
    """One client. uvicorn makes it, finds it in its server state, and asks it to shut down."""

    transport: asyncio.Transport

    def __init__(self, app: App, config: Config, server_state: ServerState, **_: Any) -> None:
        self._app = app
        self._successor = partial(HttpToolsProtocol, config, server_state, {})
        self._state: Any = server_state  # typed for uvicorn's own protocols only
        self._parser = httptools.HttpRequestParser(self)
        self._waiting: deque[tuple[Request, bool]] = deque()
        self._exchange: Exchange | None = None
        self._closing = self._reading = False
        self._opening: bytes | None = b""
        self._room = asyncio.Event()
        self._room.set()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # a socket has this kind
        self.transport = transport
        self._state.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  all ends are alike
        self._state.connections.discard(self)
        self._room.set()
        if self._exchange:
            self._exchange.gone.set()

    def pause_writing(self) -> None:
        """The client doesn't read as fast as it is answered."""
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()

    def shutdown(self) -> None:
        """Close once what has begun is sent."""
        self._closing = True
        if self._exchange is None:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        if self._opening is not None:
            self._opening += data
        if b"h2c" in data and not self._reading:
            data = _without_offer(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if self._opening and self._wants_socket():
                self._hand_over(self._opening)
        except httptools.HttpParserCallbackError as error:  # a stream that could not be spelled out
            log.error("a request failed", exc_info=error.__context__)
            self._send(failed(), alive=False)
            self.transport.close()
        except httptools.HttpParserError:
            self.transport.write(UNREADABLE)
            self.transport.close()

    def _wants_socket(self) -> bool:
        return self._headers.get("upgrade", "").lower() == "websocket"

    def _hand_over(self, opening: bytes) -> None:
        self._state.connections.discard(self)
        successor = self._successor()
        self.transport.set_protocol(successor)
        successor.connection_made(self.transport)
        successor.data_received(opening)

    def on_message_begin(self) -> None:
        self._reading = True
        self._url = b""
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._size = self._limit = 0

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[_folded(name)] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._limit = largest(self._headers)
        if not self._wants_socket():
            self._opening = None
        if "expect" in self._headers:
            self.transport.write(CONTINUE)

    def on_body(self, body: bytes) -> None:
        self._size += len(body)
        if self._size <= self._limit:
            self._body.append(body)

    def on_message_complete(self) -> None:
        self._reading = False
        if self._parser.should_upgrade() and self._wants_socket():
            return
        request, alive = self._request(), self._parser.should_keep_alive()
        if self._exchange:
            self._waiting.append((request, alive))
        else:
            self._answer(request, alive)

    def _request(self) -> Request:
        headers = self._headers
        target, _, query = self._url.decode("latin-1").partition("?")
        if not target.startswith("/"):
            target = (httptools.parse_url(self._url).path or b"/").decode("latin-1")
        scheme = headers.get("x-forwarded-proto", "http")
        request = opened(self._parser.get_method().decode(), target, query, headers, scheme)
        request.in_pieces = True
        if self._size > self._limit:
            request.fault = errors.too_large(self._limit, self._size)
        else:
            received, self._body = self._body, []
            raw = received[0] if len(received) == 1 else b"".join(received)
            decode(request, raw)
            if self._app.emulator.upstream:
                request.sent = raw
        return request

    def _answer(self, request: Request, alive: bool) -> None:
        if request.path.startswith(CONTROL):
            self._begin(partial(self._app, self._scope(request)), request, alive)
            return
        reply = self._app.reply(request)
        if reply.pace or reply.passing or isinstance(reply.body, Packed):
            self._begin(partial(deliver, reply), request, alive)
        else:
            self._write(request, reply, alive)

    def _write(self, request: Request, reply: Reply, alive: bool) -> None:
        """Send a whole reply."""
        if reply.events is None:
            self._send(reply, alive=alive, with_body=request.method != "HEAD")
        else:
            ready = _head(reply.status, chain(reply.headers.items(), STREAMED), alive)
            for block in map(_chunk, blocks(reply.events)):
                if len(ready) > WRITE:
                    self.transport.write(ready)
                    ready = b""
                ready += block
            self.transport.write(ready + END)
        if not alive or self._closing:
            self.transport.close()

    def _send(self, reply: Reply, *, alive: bool, with_body: bool = True) -> None:
        head = _head(reply.status, chain(reply.headers.items(), _measures(reply)), alive)
        body = reply.body if with_body else b""
        for part in (head + body,) if len(body) <= WRITE else (head, body):
            self.transport.write(part)

    def _begin(self, work: Work, request: Request, alive: bool) -> None:
        """Let a task do the rest."""
        self._exchange = Exchange(self.transport, request, alive, self._room)
        task = asyncio.get_running_loop().create_task(self._do(work, self._exchange))
        self._state.tasks.add(task)
        task.add_done_callback(self._state.tasks.discard)

    async def _do(self, work: Work, exchange: Exchange) -> None:
        try:
            await work(exchange.receive, exchange.send)
        except Reset:
            _reset(self.transport)
        finally:
            self._exchange = None
            if self._closing or not exchange.can_be_followed:
                self.transport.close()
        while self._waiting and not self._exchange:
            self._answer(*self._waiting.popleft())

    def _scope(self, request: Request) -> Scope:
        path, _, query = self._url.partition(b"?")
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": unquote(request.path),
            "raw_path": path,
            "root_path": "",
            "query_string": query,
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers.items()],
            "client": self.transport.get_extra_info("peername"),
            "server": self.transport.get_extra_info("sockname"),
        }


class Exchange:
    """A request whose answer takes time, as ASGI sees it."""

    def __init__(self, transport: asyncio.Transport, request: Request, alive: bool, room: asyncio.Event) -> None:
        self.gone = asyncio.Event()
        self._room = room
        self.can_be_followed = False
        self._transport = transport
        self._request = request
        self._alive = alive
        self._unread = True
        self._chunked = False

    async def receive(self) -> Message:
        if self._unread:
            self._unread = False
            return {"type": "http.request", "body": self._request.raw}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start(
                message["status"], [(name.decode(), value.decode("latin-1")) for name, value in message["headers"]]
            )
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        if self._chunked:
            body = (_chunk(body) if body else b"") + (b"" if more else END)
        if self._request.method != "HEAD" and not self.gone.is_set():
            self._transport.write(body)
        self.can_be_followed = self._alive and not more
        if more:
            await self._room.wait()

    def _start(self, status: int, fields: list[Field]) -> None:
        self._chunked = (
            status >= 200 and status not in {204, 304} and all(name.lower() != "content-length" for name, _ in fields)
        )
        if self._chunked:
            fields.append(STREAMED[1])
        self._transport.write(_head(status, fields, self._alive))


def _reset(transport: asyncio.Transport) -> None:
    """End a connection at once; the other side is told that it was reset."""
    at_once = pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, at_once)
    transport.abort()


@lru_cache(maxsize=512)
def _folded(name: bytes) -> str:
    return name.decode("latin-1").lower()


def _measures(reply: Reply) -> tuple[Field, ...]:
    if reply.status == 204 and not reply.body:
        return ()
    return (("content-length", str(len(reply.body))), ("content-type", reply.media))


def _head(status: int, fields: Iterable[Field], alive: bool) -> bytes:
    lines = [STATUS.get(status) or f"HTTP/1.1 {status} ", *map(": ".join, fields)]
    if not alive:
        lines.append("connection: close")
    head = "\r\n".join(lines)
    if head.count("\n") >= len(lines):
        raise ValueError(f"a header of more than one line: {head!r}")
    return head.encode("latin-1") + b"\r\n\r\n"


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)
