"""Rules from exchanges: a rule for each request that is different, with its answers in their order.

They are written as recordings are, and found again as those are.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from fakeopenai.errors import ApiError
from fakeopenai.importers.found import Exchange, Found
from fakeopenai.operations import Operations
from fakeopenai.recording.passing import Taken
from fakeopenai.recording.recorder import Writer, told_by
from fakeopenai.recording.redaction import Redactor, mapped
from fakeopenai.recording.tape import key
from fakeopenai.rules.recorded import Chunk
from fakeopenai.server import decode, opened
from fakeopenai.wire import Call, Object, Request
from fakeopenai.world import Settings, World

ROOTS = re.compile(r"^.*?/v1(?=/)|^/openai/deployments/[^/]+(?=/)|^/openai(?=/)")
"""What comes before the path of an operation."""

BOUNDARY = re.compile(rb"\A\s*--([^\r\n]+)")
EVENT = re.compile(rb".*?(?:\r\n\r\n|\n\n|\r\r|\Z)", re.DOTALL)


class Asked(NamedTuple):
    """An exchange whose request is one of the API's."""

    exchange: Exchange
    call: Call


def rules(found: Found) -> Iterator[tuple[Object, list[Asked]]]:
    """The rules of what was found, each with the exchanges that it is for."""
    grouped: dict[str, tuple[Object, list[Object], list[Asked]]] = {}
    world = World("import", Settings())
    for exchange in found.exchanges:
        asked = _asked(found, exchange, world)
        then = asked and _then(found, exchange)
        if asked and then:
            when = mapped(told_by(asked.call), _redactor(exchange).text)
            _, thens, members = grouped.setdefault(key(when), (when, [], []))
            thens.append(then)
            members.append(asked)
    for when, thens, members in grouped.values():
        yield {"when": when} | (thens[0] if len(thens) == 1 else {"then": thens}), members


def _asked(found: Found, exchange: Exchange, world: World) -> Asked | None:
    """The exchange with its request as the emulator reads it; None if it is none of its own."""
    request = _request(exchange)
    try:
        operation, ids = Operations.load().match(request.method, request.path, request.query)
    except ApiError:
        found.note(exchange.where, f"{exchange.method} {exchange.url} is no operation of the API")
        return None
    if "api-version" in request.query:
        request.query = {name: value for name, value in request.query.items() if name != "api-version"}
        found.note(exchange.where, "it asks Azure; the rule answers only those who ask OpenAI the same")
    return Asked(exchange, Call(request, operation, ids, world, world.names_for(request)))


def _request(exchange: Exchange) -> Request:
    url, headers = urlsplit(exchange.url), exchange.request_headers
    body = _unpacked(exchange.request, headers)
    if boundary := BOUNDARY.match(body):
        headers = {"content-type": f"multipart/form-data; boundary={boundary[1].decode('latin-1')}"}
    told = {name: value for name, value in headers.items() if name in {"content-type", "openai-beta"}}
    path = ROOTS.sub("", url.path)
    request = opened(exchange.method, f"/v1{path}", url.query, told | {"authorization": "Bearer sk-import"})
    decode(request, body)
    return request


def _redactor(exchange: Exchange) -> Redactor:
    return Redactor().knowing(exchange.request_headers, exchange.headers)


# The answer


def _then(found: Found, exchange: Exchange) -> Object | None:
    if not exchange.body and exchange.status >= 400:
        found.note(exchange.where, f"the body of its {exchange.status} is not known; a text stands in for it")
        return {"error": {"status": exchange.status, "message": f"Error {exchange.status}."}}
    if not exchange.body and exchange.status != 204:
        found.note(exchange.where, "its answer is not known; the emulator answers as usual")
        return None
    body = _unpacked(exchange.body, exchange.headers)
    if "br" in exchange.headers.get("content-encoding", "") and not _is_text(body):
        found.note(exchange.where, "its answer is compressed with br, which is not read; its bytes are kept")
    taken = Taken(exchange.status, exchange.headers, chunks=_chunks(body, exchange.headers))
    return {"reply": _timeless(Writer(_redactor(exchange).spans).reply(taken))}


def _chunks(body: bytes, headers: dict[str, str]) -> list[Chunk]:
    """A stream event by event; when they came is not known."""
    if headers.get("content-type", "").startswith("text/event-stream"):
        return [Chunk(0, event) for event in EVENT.findall(body) if event]
    return [Chunk(0, body)]


def _timeless(reply: Object) -> Object:
    kept = {name: value for name, value in reply.items() if name != "after"}
    return kept | {"chunks": [chunk["content"] for chunk in reply["chunks"]]} if "chunks" in reply else kept


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _unpacked(body: bytes, headers: dict[str, str]) -> bytes:
    """A body as it was before it was compressed; some tools keep it so, some don't."""
    encoding = headers.get("content-encoding", "")
    try:
        if body.startswith(b"\x1f\x8b"):
            return gzip.decompress(body)
        return zlib.decompress(body) if encoding == "deflate" else body
    except (OSError, zlib.error, EOFError):
        return body
