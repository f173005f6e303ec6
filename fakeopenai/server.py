"""The edge: bytes in, replies out, which `sending` makes bytes of.

A plain ASGI application, since a request passes nothing on its way that it doesn't need; Starlette serves the control
API and reads multipart bodies.
"""

from __future__ import annotations

import logging
from base64 import b64decode
from binascii import Error as BadBase64
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from fakeopenai import azure, errors
from fakeopenai.errors import ApiError
from fakeopenai.pace import Reset
from fakeopenai.schema import decode_query
from fakeopenai.sending import deliver
from fakeopenai.wire import Json, Object, Reply, Request, Upload

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.types import ASGIApp, Receive, Scope, Send

    from fakeopenai.emulator import Emulator

MAX_BODY = 513 * 1024 * 1024
"""Bytes of a request body: the API's 512 MB for a file, and a little for the form around it."""

MAX_JSON = 64 * 1024 * 1024
"""Bytes of a JSON body."""

FORM = "multipart/form-data"

CONTROL = "/_fakeopenai"
"""Where the control API begins."""

T = TypeVar("T")

log = logging.getLogger("fakeopenai")
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # what it finds wrong, the client is told

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class App:
    """The ASGI application of an emulator."""

    def __init__(self, emulator: Emulator, control_token: str = "") -> None:
        self.emulator = emulator
        self._control_token = control_token

    @cached_property
    def _control(self) -> ASGIApp:
        """The control API, made when it is first asked: most processes never ask it, and it takes a while to import."""
        from fakeopenai.control import control

        return control(self.emulator, self._control_token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http" if scope["path"].startswith(CONTROL):
                await self._control(scope, receive, send)
            case "http":
                await self._answer(scope, receive, send)
            case "websocket":
                await self._converse(scope, receive, send)
            case "lifespan":
                await _lifespan(receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = await read(scope, receive, keep=self.emulator.upstream is not None)
        if request is None:
            return
        with suppress(Reset):  # other servers can't reset; an answer that is not whole closes the connection
            await deliver(self.reply(request), receive, send)

    async def _converse(self, scope: Scope, receive: Receive, send: Send) -> None:
        from fakeopenai.sockets import converse  # few need it

        await converse(self, _opening(scope, "GET"), scope, receive, send)

    def reply(self, request: Request) -> Reply:
        """What is answered, to browsers of any origin."""
        if request.method == "OPTIONS":
            return PREFLIGHT
        reply = self._respond(request)
        if "origin" in request.headers:
            reply.headers.setdefault("access-control-allow-origin", "*")
        return reply

    def _respond(self, request: Request) -> Reply:
        try:
            return self.emulator.respond(request)
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            return failed()


def failed() -> Reply:
    """What is answered where the emulator itself has made a mistake."""
    reply = errors.server_error("req_" + "0" * 32).reply()
    reply.body = _encode(reply.body)
    return reply


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def read(scope: Scope, receive: Receive, *, keep: bool = False) -> Request | None:
    """The request of a scope, decoded; None when the client went away. Its bytes are kept if wanted."""
    request = _opening(scope, scope["method"])
    try:
        raw = await _body(receive, request.headers)
        if raw is None:
            return None
    except ApiError as error:
        request.fault = error
    else:
        decode(request, raw)
        if keep:
            request.sent = raw
    return request


def _opening(scope: Scope, method: str) -> Request:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    target = scope["raw_path"].partition(b"?")[0].decode("latin-1")
    scheme = scope.get("scheme", "http").replace("ws", "http")
    return opened(method, target, scope["query_string"].decode("latin-1"), headers, scheme)


def opened(method: str, target: str, query: str, headers: dict[str, str], scheme: str | None = None) -> Request:
    """A request without its body."""
    root, path, world = _split(target)
    request = Request(method, path, decode_query(query) if query else {}, headers)
    request.target = f"{target}?{query}" if query else target
    request.key = world or _key(headers)
    origin = f"{scheme or 'http'}://{headers.get('host', 'localhost')}"
    request.root = f"{origin}{root}" if root else azure.mount(request, origin)
    return request


def decode(request: Request, raw: bytes) -> None:
    """Give a request its body; what can't be read is its fault."""
    request.raw = raw
    try:
        _decode_body(request)
    except ApiError as error:
        request.fault = error


def _split(path: str) -> tuple[str, str, str]:
    """The root, the path below it, and the world that a URL names: `/w/NAME/v1/chat/completions`."""
    if path.startswith("/v1/"):
        return "/v1", path[3:], ""
    if path.startswith("/w/"):
        _, _, name, rest = path.split("/", 3) if path.count("/") > 2 else ("", "", "", "")
        if rest.startswith("v1/"):
            return f"/w/{name}/v1", rest[2:], name
    return "", path, ""


def _key(headers: dict[str, str]) -> str:
    scheme, _, value = headers.get("authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            return value.strip()
        case "basic":
            return _password(value)
    return headers.get("api-key", "")


def _password(value: str) -> str:
    try:
        return b64decode(value).decode().partition(":")[2]
    except (BadBase64, UnicodeDecodeError):
        return ""


def largest(headers: Mapping[str, str]) -> int:
    """How many bytes the body of a request with these headers may have."""
    return MAX_BODY if headers.get("content-type", "").lower().startswith(FORM) else MAX_JSON


async def _body(receive: Receive, headers: Mapping[str, str]) -> bytes | None:
    limit = largest(headers)
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        if chunk := message.get("body", b""):
            size += len(chunk)
            if size <= limit:
                chunks.append(chunk)
        if not message.get("more_body", False):
            break
    if size > limit:
        raise errors.too_large(limit, size)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _decode_body(request: Request) -> None:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not request.raw:
        return
    if media in {"application/json", ""} or media.endswith("+json"):
        request.body = _json(request.raw)
    elif media == FORM:
        _read_form(request)
    elif media == "application/sdp":
        request.body = {"sdp": request.raw.decode("utf-8", "replace")}
    else:
        raise errors.unsupported_content_type(media, "application/json")


def _json(raw: bytes) -> Json:
    try:
        return _decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise errors.unreadable_body() from None


class _InMemory(MultiPartParser):
    """Parts need no file on disk: the whole body is in memory already."""

    spool_max_size = max_file_size = MAX_BODY


def _read_form(request: Request) -> None:
    fields = finished(_fields(request))
    for name, value in fields:
        if isinstance(value, Upload):
            request.files.setdefault(name.removesuffix("[]"), []).append(value)
    pairs = [(name, value.filename if isinstance(value, Upload) else value) for name, value in fields]
    request.body, request.is_form, request.raw = decode_query(pairs), True, b""


async def _fields(request: Request) -> list[tuple[str, str | Upload]]:
    async def whole() -> AsyncGenerator[bytes, None]:
        yield request.raw

    try:
        form = await _InMemory(Headers(request.headers), whole(), max_files=2000, max_fields=2000).parse()
    except (MultiPartException, KeyError):
        raise errors.invalid("Could not parse multipart form") from None
    fields = [(name, await _uploaded(value)) for name, value in form.multi_items()]
    await form.close()
    return fields


async def _uploaded(value: str | UploadFile) -> str | Upload:
    if isinstance(value, str):
        return value
    content = await value.read()
    return Upload(value.filename or "", value.content_type or "", content)


def finished(reading: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never waits."""
    try:
        reading.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    reading.close()
    raise RuntimeError("what is in memory is read without waiting")


def _preflight() -> Object:
    return {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET, POST, DELETE, OPTIONS",
        "access-control-allow-headers": "*",
        "access-control-max-age": "86400",
    }


PREFLIGHT = Reply(b"", 200, _preflight(), media="text/plain")
