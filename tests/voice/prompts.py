"""What the tests of the voice ask, in few words."""

from __future__ import annotations

import json
from typing import Any

from fakeopenai.models import Model, find
from fakeopenai.turn import Format, Message, Prompt, Tool, Turn
from fakeopenai.voice import answer

SEED = b"seed of the tests"


def model(name: str) -> Model:
    found = find(name)
    assert found is not None
    return found


def prompt(*texts: str, system: str = "", model_name: str = "gpt-4o", **asked: Any) -> Prompt:
    """A conversation in which user and assistant take turns; the user begins."""
    first = (Message("system", system),) if system else ()
    said = tuple(Message("assistant" if at % 2 else "user", text) for at, text in enumerate(texts))
    return Prompt(model=model(model_name), messages=first + said, **asked)


def ask(*texts: str, **asked: Any) -> Turn:
    return answer(prompt(*texts, **asked), SEED)


def said(*texts: str, **asked: Any) -> str:
    return ask(*texts, **asked).text


def function(name: str, description: str = "", required: tuple[str, ...] | None = None, /, **properties: Any) -> Tool:
    """A function tool; `city="string"` is short for a property's schema, `str` names may be schemas."""
    schemas = {key: {"type": part} if isinstance(part, str) else part for key, part in properties.items()}
    needed = list(schemas) if required is None else list(required)
    return Tool(name, description, {"type": "object", "properties": schemas, "required": needed})


def called(text: str, *tools: Tool, **asked: Any) -> list[tuple[str, Any]]:
    """The calls made for one user message: names and arguments."""
    turn = ask(text, tools=tools, **asked)
    return [(call.name, json.loads(call.arguments)) for call in turn.calls]


def arguments(text: str, /, **properties: Any) -> Any:
    """The arguments of a tool that must be called, with these properties, all required."""
    tool = function("the_tool", **properties)
    return called(text, tool, choice="the_tool")[0][1]


def made(text: str, schema: Any = None, **asked: Any) -> Any:
    """The value of a JSON answer."""
    form = Format("json_schema", "made", schema, strict=True) if schema else Format("json_object")
    return json.loads(said(text, format=form, **asked))
