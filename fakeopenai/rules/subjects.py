"""Subjects: what of a call a rule can look at."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from fakeopenai.rules import paths
from fakeopenai.rules.operators import Values
from fakeopenai.turn import Message
from fakeopenai.wire import Json

if TYPE_CHECKING:
    from fakeopenai.wire import Call

_encode = msgspec.json.Encoder().encode


class Subject(NamedTuple):
    """A view of a call. A bare value is tested with `usual`, and must be a `takes`."""

    words: str
    see: Callable[[Call], Values]
    usual: str
    takes: Literal["text", "number", "flag", "json"] = "text"


def current_turn(call: Call) -> tuple[Message, ...]:
    """The messages after the last one of the user: what has happened in answer to it so far."""
    messages = call.prompt.messages if call.prompt else ()
    asked = max((place for place, message in enumerate(messages) if message.role == "user"), default=-1)
    return messages[asked + 1 :]


def conversation(call: Call) -> str:
    """What tells a conversation from others: how it begins, up to the first words of the user."""
    messages = call.prompt.messages if call.prompt else ()
    asked = next((place for place, message in enumerate(messages) if message.role == "user"), len(messages))
    return blake2b(_encode(messages[: asked + 1]), digest_size=8).hexdigest()


def _messages(call: Call, role: str | None = None) -> list[Message]:
    messages = call.prompt.messages if call.prompt else ()
    return [message for message in messages if role is None or message.role == role]


def _user(call: Call) -> Values:
    """The last user text; where no model is asked, what the body has as its input or prompt."""
    if call.prompt is not None:
        return [call.prompt.last_user_text]
    body = call.body if isinstance(call.body, dict) else {}
    given = body.get("input", body.get("prompt"))
    texts = given if isinstance(given, list) else [given]
    return ["\n".join(text for text in texts if isinstance(text, str))]


def _message(call: Call) -> Values:
    return [message.text for message in _messages(call)] or _user(call)


def _system(call: Call) -> Values:
    return ["\n".join(message.text for message in _messages(call, "system"))]


def _model(call: Call) -> Values:
    """The model that the request names, else the one that is asked: an assistant's, say."""
    model = call.body.get("model") if isinstance(call.body, dict) else None
    if model is None and call.prompt:
        model = call.prompt.model.id
    return [] if model is None else [model]


def _tool(call: Call) -> Values:
    return [tool.name or tool.kind for tool in call.prompt.tools] if call.prompt else []


def _called(call: Call) -> Values:
    return [made.name for message in current_turn(call) for made in message.calls]


def _tool_result(call: Call) -> Values:
    return [message.text for message in current_turn(call) if message.role == "tool"]


def _has_tool_result(call: Call) -> Values:
    return [any(message.role == "tool" for message in current_turn(call))]


def _turn(call: Call) -> Values:
    return [len(_messages(call, "user"))]


def _step(call: Call) -> Values:
    return [1 + sum(message.role == "assistant" for message in current_turn(call))]


def _media(call: Call) -> Values:
    return [media.kind for message in _messages(call) for media in message.media]


def _stream(call: Call) -> Values:
    return [isinstance(call.body, dict) and call.body.get("stream") is True]


def _key(call: Call) -> Values:
    return [call.request.key]


def _project(call: Call) -> Values:
    """The project that the key belongs to, or that the request names."""
    named = call.holder.project if call.holder else ""
    return present(named or call.request.headers.get("openai-project"))


def _organization(call: Call) -> Values:
    return present(call.request.headers.get("openai-organization"))


SUBJECTS: dict[str, Subject] = {
    "path": Subject("path", lambda call: [call.request.path, f"/v1{call.request.path}"], "glob"),
    "model": Subject("model", _model, "glob"),
    "key": Subject("key", _key, "glob"),
    "project": Subject("project", _project, "glob"),
    "organization": Subject("organization", _organization, "glob"),
    "user": Subject("user text", _user, "contains"),
    "message": Subject("a message", _message, "contains"),
    "system": Subject("system text", _system, "contains"),
    "tool": Subject("offered tools", _tool, "glob"),
    "called": Subject("tools called in this turn", _called, "glob"),
    "tool_result": Subject("tool results of this turn", _tool_result, "contains"),
    "has_tool_result": Subject("tool result in this turn", _has_tool_result, "equals", "flag"),
    "turn": Subject("turn", _turn, "equals", "number"),
    "step": Subject("step of this turn", _step, "equals", "number"),
    "media": Subject("media", _media, "glob"),
    "stream": Subject("stream", _stream, "equals", "flag"),
}


def header(name: str) -> Subject:
    lower = name.lower()
    return Subject(f"header {lower}", lambda call: present(call.request.headers.get(lower)), "glob")


def query(name: str) -> Subject:
    return Subject(f"query {name}", lambda call: present(call.query.get(name)), "glob")


def body(path: str) -> Subject:
    return Subject(f"body {path}", lambda call: paths.find(call.body, path), "equals", "json")


def state(name: str) -> Subject:
    return Subject(f"state {name}", lambda call: present(call.world.rules.states.get(name)), "equals")


def present(value: Json) -> Values:
    return [] if value is None else [value]


def inside(subject: Subject, path: str) -> Subject:
    """What stands at a path in the JSON that a subject shows as text."""
    return Subject(f"{subject.words} at {path}", lambda call: _found(subject.see(call), path), "equals", "json")


def _found(values: Values, path: str) -> Values:
    return [found for value in values for found in paths.find(_parsed(value), path)]


def _parsed(value: Json) -> Json:
    """JSON that came as text; None where it is none."""
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return None
