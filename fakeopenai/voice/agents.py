"""Agents that describe their tools in the prompt: which tools there are, which to use next, what was observed."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from fakeopenai.pattern import Pattern
from fakeopenai.turn import Tool
from fakeopenai.voice.choosing import best_fit
from fakeopenai.voice.filling import filled
from fakeopenai.voice.objects import leading
from fakeopenai.voice.source import Source
from fakeopenai.voice.words import terms

if TYPE_CHECKING:
    from fakeopenai.voice.talk import Talk
    from fakeopenai.wire import Json, Object

_ENDS = frozenset(("finish", "final_answer", "final answer", "none"))
_CARD = Pattern(r"Tool Name:\s*([^\n]+)\n(.*?)(?=Tool Name:|\n\s*\n|$)", re.DOTALL)
_CARD_TEXT = Pattern(r"Tool Description:\s*(.*?)(?=\n\s*Tool Arg|$)", re.DOTALL)
_NUMBERED = Pattern(
    r"\(\d+\) ([\w.-]+), whose description is (?:<desc>)?(.*?)(?:</desc>)?\.? "
    r"It takes arguments (\{.*?\})\.?(?=\s*\n|\s*\(\d+\)|$)",
    re.DOTALL,
)
_SIGNED = Pattern(
    r"^\s*[-*>]?\s*`?([A-Za-z_]\w*)`?(\([^)\n]*\))?(?:\s*->\s*[\w\[\], .|]+)?\s*(?::|-|–)\s+([^\n]+)$", re.MULTILINE
)
_ANNOUNCED = Pattern(r"\b(?:tools?|functions?|actions)\b[^\n]{0,80}:?\s*\n", re.IGNORECASE)
_OBSERVED = Pattern(
    r"(?:^|\n)\s*(?:Observation|Action_Response|Tool Result):[ \t]*(\S[^\n]*(?:\n(?!Thought:|"
    r"Question:|Action:)[^\n]+)*)"
)


def acted(talk: Talk, text: str, asked: str, *, done: bool) -> tuple[str | None, Object]:
    """The tool to use now and its arguments; None when it is time to answer."""
    tools = tools_in(text)
    if done or not tools:
        return None, {}
    tool = best_fit(tuple(tools), asked)
    if tool is None:
        return None, {}
    made = filled(tool.parameters, Source(talk, asked), talk.digest)
    return tool.name, made if isinstance(made, dict) else {}


def tools_in(text: str) -> list[Tool]:
    """The tools that a prompt describes, those that only end the work left out."""
    tools = _cards(text) or _numbered(text) or _signatures(text)
    return [tool for tool in tools if tool.name.lower() not in _ENDS]


def observed(talk: Talk) -> str | None:
    """What the last tool gave, in the scratch pad or in a message after the question."""
    pads = [talk.last.rpartition("Begin!")[2] if "Begin!" in talk.last else ""]
    if talk.last.lstrip().startswith(("Observation:", "Action_Response:")):
        pads.append(talk.last)
    last = talk.prompt.messages[-1] if talk.prompt.messages else None
    if last is not None and last.role == "assistant":
        pads.append(last.text)
    found = [match for pad in pads for match in _OBSERVED.findall(pad)]
    return str(found[-1]).strip() if found else None


def _cards(text: str) -> list[Tool]:
    """`Tool Name: …`, `Tool Description: …`, `Tool Args: …`, as LlamaIndex and CrewAI write them."""
    return [
        Tool(name.strip(), (_CARD_TEXT.search(body) or ["", ""])[1].strip(), _schema(body))
        for name, body in _CARD.findall(text)
    ]


def _schema(body: str) -> Object:
    """The schema in a card: a JSON Schema, or arguments with their descriptions."""
    place = re.search(r"Tool Arg\w*:\s*", body)
    value = _literal(body[place.end() :]) if place else None
    return _as_schema(value)


def _as_schema(value: Json) -> Object:
    if not isinstance(value, dict) or not value:
        return {"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"]}
    if isinstance(value.get("properties"), dict):
        return value
    return {
        "type": "object",
        "properties": {name: _argument(part) for name, part in value.items()},
        "required": list(value),
    }


def _argument(part: Json) -> Object:
    """One argument's schema; some frameworks write Python's names of types."""
    kinds = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "list": "array", "dict": "object"}
    if not isinstance(part, dict):
        return {"type": kinds.get(str(part), "string")}
    kind = part.get("type", "string")
    return part | {"type": kinds.get(kind, kind) if isinstance(kind, str) else kind}


def _literal(text: str) -> Json:
    """The JSON or Python object that a text begins with."""
    try:
        return leading(text)[0]
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(text[: text.rfind("}") + 1])
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _numbered(text: str) -> list[Tool]:
    """`(1) name, whose description is …. It takes arguments {…}.`, as DSPy writes them."""
    return [Tool(name, about, _as_schema(_literal(arguments))) for name, about, arguments in _NUMBERED.findall(text)]


def _signatures(text: str) -> list[Tool]:
    """`name(arguments) - description` and `name: description`, below a line that announces tools."""
    start = _ANNOUNCED.search(text)
    block = re.split(
        r"\n\s*(?:#+ Output|Use the following|The way you use|Use a json|Question:)",
        text[start.end() :] if start else text,
        maxsplit=1,
    )[0]
    return [_signed(name, arguments, about) for name, arguments, about in _SIGNED.findall(block) if name not in _LABELS]


_LABELS = terms("Question Thought Action Observation Answer Final Input Note Begin Example")


def _signed(name: str, arguments: str, about: str) -> Tool:
    about, _, given = about.partition(", args: ")
    if given:
        return Tool(name, about, _as_schema(_literal(given)))
    pairs = re.findall(r"(\w+)\s*:\s*(\w+)", arguments or "")
    names = pairs or [(word, "str") for word in re.findall(r"\w+", arguments or "")]
    return Tool(name, about, _as_schema(dict(names) if names else None))
