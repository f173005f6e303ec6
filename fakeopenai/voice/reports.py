"""What tools gave, in words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from fakeopenai.voice.talk import Talk
    from fakeopenai.wire import Json


def reported(talk: Talk) -> str | None:
    """Words that use the results of the tools that were called."""
    if talk.made and all(call.name.startswith("transfer_to_") for call in talk.made):
        return None
    results = [result for result in talk.results if result.strip()]
    if not results:
        return f"The tool returned nothing for {talk.subject}."
    if len(results) > 1:
        told = map(_told, results)
        return (
            f"{talk.pick(('Here are the results', 'Here is what I found', 'The tools returned'))}: "
            + "; ".join(told)
            + "."
        )
    return wording(talk, results[0])


def wording(talk: Talk, result: str) -> str:
    """A tool's result in a sentence."""
    told = _told(result)
    return (
        told
        if told.endswith((".", "!", "?", "。")) and " " in told
        else f"{talk.pick(('The result is', 'The answer is'))} {told}."
    )


def _told(result: str) -> str:
    """A tool's result in words; a JSON object becomes its names and values."""
    text = result.strip()
    if text[:1] in '{["':
        try:
            text = _worded(msgspec.json.decode(text))
        except (msgspec.DecodeError, RecursionError):
            return text[:600]
    return text if len(text) <= 600 else text[:600].rsplit(" ", 1)[0] + " …"


def _worded(value: Json) -> str:
    match value:
        case {"result": inner} | {"output": inner} | {"answer": inner} if len(value) == 1:
            return _worded(inner)
        case dict():
            return ", ".join(f"{str(name).replace('_', ' ')}: {_worded(inner)}" for name, inner in value.items())
        case list():
            return ", ".join(_worded(inner) for inner in value)
        case str():
            return value
    return json.dumps(value, ensure_ascii=False)
