"""Cassettes of VCR, in YAML or JSON: those of vcrpy and pytest-recording, and those of Ruby's VCR.

The body of a message is a text, bytes, or a mapping with a `string`; older cassettes of httpx have `content` beside a
`status_code`, and some serializers write `parsed_body` instead (as pydantic-ai's) or `{type: json, content: …}`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fakeopenai.importers.found import Exchange, Found
from fakeopenai.wire import Json, Object


def fits(data: Json) -> bool:
    return isinstance(data, Mapping) and any(isinstance(data.get(name), list) for name in INTERACTIONS)


def read(data: Object) -> Found:
    found = Found()
    interactions = next(data[name] for name in INTERACTIONS if name in data)
    for number, interaction in enumerate(interactions, start=1):
        where = f"interaction {number}"
        try:
            found.exchanges.append(_exchange(where, interaction["request"], interaction["response"]))
        except (KeyError, TypeError, ValueError) as error:
            found.note(where, f"it is no interaction of VCR: {type(error).__name__}: {error}")
    return found


def _exchange(where: str, request: Object, response: Object) -> Exchange:
    return Exchange(
        where,
        str(request["method"]).upper(),
        request.get("uri") or request["url"],
        _headers(request),
        _body(request),
        _status(response),
        _headers(response),
        _body(response),
    )


def _status(response: Object) -> int:
    status = response["status"] if "status" in response else response["status_code"]
    return int(status["code"] if isinstance(status, Mapping) else status)


def _headers(message: Object) -> dict[str, str]:
    """Each name with its first value: VCR keeps lists."""
    given: Mapping[str, Any] = message.get("headers") or {}
    return {name.lower(): str(value[0] if isinstance(value, list) else value) for name, value in given.items() if value}


def _body(message: Object) -> bytes:
    if "parsed_body" in message:
        return json.dumps(message["parsed_body"], ensure_ascii=False).encode()
    return _bytes(message.get("body", message.get("content")))


def _bytes(value: Json) -> bytes:
    match value:
        case None:
            return b""
        case bytes():
            return value
        case str():
            return value.encode()
        case {"string": text} | {"content": str() as text}:
            return _bytes(text)
        case {"content": content}:
            return json.dumps(content, ensure_ascii=False).encode()
        case _ if not value:
            return b""
    raise ValueError(f"a body of {type(value).__name__}")


INTERACTIONS = ("interactions", "http_interactions")
