"""Prompt templates: what a world knows under `/prompts`, filled with a request's variables.

The API has no way to make one, so a test or a fixture puts it into the drawer: `{"id": "pmpt_…", "version": "1",
"model": …, "messages": [{"role": "developer", "content": "Speak like {{who}}."}]}`. A template that the world doesn't
know says what its variables say, so that a program with a real template's id gets an answer; in a world that knows
some there are no others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fakeopenai.api.responses import items
from fakeopenai.errors import ApiError

if TYPE_CHECKING:
    from fakeopenai.wire import Call, Json, Object

DRAWER = "/prompts"
MODEL = "gpt-4.1"
"""What an unknown template runs on."""

_GAP = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def check(call: Call) -> None:
    """Refuse a template that isn't there, in a world that knows some (wording from a public report)."""
    asked, drawer = call.body.get("prompt"), call.world.drawer(DRAWER)
    if not asked or not drawer:
        return
    known, version = drawer.get(asked["id"]), asked.get("version")
    if known is None:
        raise ApiError(404, f"Prompt with id '{asked['id']}' not found.")
    if version and version != known.get("version", version):
        raise ApiError(404, f"Prompt with id '{asked['id']}' and version '{version}' not found.")


def model(call: Call) -> str:
    """The model of the request's template, if it has one."""
    return (_known(call).get("model") or MODEL) if call.body.get("prompt") else ""


def messages(call: Call) -> list[Object]:
    """The messages of the template, filled in."""
    asked = call.body.get("prompt")
    if not asked:
        return []
    variables = asked.get("variables") or {}
    known = _known(call).get("messages")
    if known is not None:
        return [message | {"content": _filled(message["content"], variables)} for message in known]
    told = "\n".join(f"{name}: {{{{{name}}}}}" for name in variables)
    return [{"type": "message", "role": "user", "content": _filled(told, variables)}] if told else []


def echoed(call: Call) -> Object:
    """The template as the response names it."""
    asked = call.body["prompt"]
    variables = {name: _part(value) for name, value in (asked.get("variables") or {}).items()}
    version = asked.get("version") or _known(call).get("version") or "1"
    return {"id": asked["id"], "variables": variables, "version": version}


def instructions(call: Call) -> Json:
    """What the response says its instructions were."""
    said = messages(call)
    return [{**message, "content": items.parts(message)} for message in said] or None


def _known(call: Call) -> Object:
    return call.world.drawer(DRAWER).get(call.body["prompt"]["id"]) or {}


def _part(value: Json) -> Json:
    return {"type": "input_text", "text": value} if isinstance(value, str) else value


def _filled(text: str, variables: Object) -> str | list[Object]:
    """A text with its gaps filled; in parts if a picture or file fills one."""
    parts = [part for part in _pieces(text, variables) if part.get("text") != ""]
    if all(part["type"] == "input_text" for part in parts):
        return "".join(part["text"] for part in parts)
    return parts


def _pieces(text: str, variables: Object) -> Iterator[Object]:
    end = 0
    for gap in _GAP.finditer(text):
        yield _part(text[end : gap.start()])
        yield _part(variables.get(gap[1], gap[0]))
        end = gap.end()
    yield _part(text[end:])
