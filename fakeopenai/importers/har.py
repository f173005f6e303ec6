"""HTTP archives (HAR 1.2), as browsers and proxies export them."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from urllib.parse import urlencode

from fakeopenai.importers.found import Exchange, Found
from fakeopenai.wire import Json, Object


def fits(data: Json) -> bool:
    return isinstance(data, Mapping) and isinstance(data.get("log"), Mapping) and "entries" in data["log"]


def read(data: Object) -> Found:
    found = Found()
    for number, entry in enumerate(data["log"]["entries"], start=1):
        where = f"entry {number}"
        if "_webSocketMessages" in entry:
            found.note(where, "messages of a WebSocket are not carried over")
        elif not entry["response"].get("status"):
            found.note(where, "it has no answer; a rule with `cut: {unanswered: true}` says the same")
        else:
            found.exchanges.append(_exchange(where, entry["request"], entry["response"]))
    return found


def _exchange(where: str, request: Object, response: Object) -> Exchange:
    return Exchange(
        where,
        request["method"].upper(),
        request["url"],
        _headers(request),
        _posted(request.get("postData") or {}),
        response["status"],
        _headers(response),
        _content(response.get("content") or {}),
    )


def _headers(message: Object) -> dict[str, str]:
    return {header["name"].lower(): header["value"] for header in message.get("headers") or []}


def _posted(data: Object) -> bytes:
    """The body of a request; browsers give the fields of some forms only, in pairs."""
    if "text" in data:
        return _decoded(data)
    return urlencode([(pair["name"], pair.get("value", "")) for pair in data.get("params") or []]).encode()


def _content(content: Object) -> bytes:
    return _decoded(content) if "text" in content else b""


def _decoded(data: Object) -> bytes:
    text: str = data["text"]
    return b64decode(text) if data.get("encoding") == "base64" else text.encode()
