"""Calls made by hand, as the emulator would make them."""

from __future__ import annotations

from typing import Any

from fakeopenai import models
from fakeopenai.ids import Names
from fakeopenai.operations import Operation, Operations
from fakeopenai.turn import Media, Message, Prompt, Role, Tool, ToolCall
from fakeopenai.wire import Call, Object, Request
from fakeopenai.world import World

_TABLE = Operations.load().all

CHAT = _TABLE["POST /chat/completions"]
RESPONSES = _TABLE["POST /responses"]
EMBEDDINGS = _TABLE["POST /embeddings"]
THREAD = _TABLE["GET /threads/{thread_id}"]
FILES = _TABLE["GET /files"]
FILE = _TABLE["GET /files/{file_id}"]


def user(text: str, *kinds: Any) -> Message:
    return Message("user", text, tuple(Media(kind) for kind in kinds))


def said(text: str, role: Role = "assistant") -> Message:
    return Message(role, text)


def used(name: str) -> Message:
    return Message("assistant", calls=(ToolCall(name, "{}", "call_1"),))


def result(text: str) -> Message:
    return Message("tool", text, answers="call_1")


def prompt(*messages: Message | str, tools: tuple[Tool, ...] = (), model: str = "gpt-4o") -> Prompt:
    given = tuple(user(message) if isinstance(message, str) else message for message in messages)
    return Prompt(model=models.find(model) or models.assume(model), messages=given, tools=tools)


def call(operation: Operation = FILES, body: Object | None = None, asked: Prompt | None = None, **request: Any) -> Call:
    """A call of an operation; one that asks a model if there is a prompt."""
    path = request.pop("ids", {})
    made = Request(operation.method, operation.path.format(**path), body=body or {}, **request)
    read = None if asked is None else lambda _: asked
    return Call(made, operation, path, World("test"), Names(b"seed", 0), read=read)


def chat(*messages: Message | str, tools: tuple[Tool, ...] = (), model: str = "gpt-4o", **body: Any) -> Call:
    """A chat completion that is asked for."""
    headers, key = body.pop("headers", {}), body.pop("key", "")
    asked = prompt(*messages, tools=tools, model=model)
    return call(CHAT, {"model": model} | body, asked, headers=headers, key=key)
