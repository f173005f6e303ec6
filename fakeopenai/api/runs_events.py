"""A run taken apart into the events of a stream, in the order that was recorded.

Joining the deltas of a message, of a function's call or of code gives it back. What a search has found comes only with
the end of its step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fakeopenai import tokens
from fakeopenai.wire import Event, Json, Object

DONE = Event(b"[DONE]", "done")


def events(begun: Iterable[Event], pieces: list[Object], ended: Event, encoding: str) -> Iterator[Event]:
    """All events of a run: how it began, what it said and did piece by piece, and how it ended."""
    yield from begun
    for piece in pieces:
        yield from _step(piece["step"], piece["message"], encoding)
    yield ended
    yield DONE


def _step(step: Object, message: Object | None, encoding: str) -> Iterator[Event]:
    details = step["step_details"]
    empty = details if message else {"type": "tool_calls", "tool_calls": []}
    begun = step | {"status": "in_progress", "completed_at": None, "step_details": empty, "usage": None}
    yield Event(begun, "thread.run.step.created")
    yield Event(begun, "thread.run.step.in_progress")
    if message:
        yield from _message(message, encoding)
    else:
        for index, call in enumerate(details["tool_calls"]):
            for part in _call(call, encoding):
                yield _delta(step["id"], {"index": index, **part})
    if step["status"] == "completed":
        yield Event(step, "thread.run.step.completed")


def _delta(id: str, call: Object) -> Event:
    delta = {"step_details": {"type": "tool_calls", "tool_calls": [call]}}
    return Event({"id": id, "object": "thread.run.step.delta", "delta": delta}, "thread.run.step.delta")


def _call(call: Object, encoding: str) -> Iterator[Object]:
    """A call as it grows."""
    head = {"id": call["id"], "type": call["type"]}
    match call["type"]:
        case "function":
            function = call["function"]
            yield head | {"function": {"name": function["name"], "arguments": "", "output": None}}
            for piece in tokens.pieces(function["arguments"], encoding):
                yield {"type": "function", "function": {"arguments": piece}}
        case "code_interpreter":
            yield head | {"code_interpreter": {"input": "", "outputs": []}}
            yield from _code(call["code_interpreter"], encoding)
        case _:
            yield head | {"file_search": call["file_search"] | {"results": []}}


def _code(code: Object, encoding: str) -> Iterator[Object]:
    for piece in tokens.pieces(code["input"], encoding):
        yield {"type": "code_interpreter", "code_interpreter": {"input": piece}}
    for index, output in enumerate(code["outputs"]):
        yield {"type": "code_interpreter", "code_interpreter": {"outputs": [{"index": index, **output}]}}


def _message(message: Object, encoding: str) -> Iterator[Event]:
    blank = {"status": "in_progress", "incomplete_details": None, "incomplete_at": None, "completed_at": None}
    begun = message | blank | {"content": []}
    yield Event(begun, "thread.message.created")
    yield Event(begun, "thread.message.in_progress")
    for index, part in enumerate(message["content"]):
        for piece in _part(part, encoding):
            delta = {"content": [{"index": index, "type": part["type"], part["type"]: piece}]}
            data = {"id": message["id"], "object": "thread.message.delta", "delta": delta}
            yield Event(data, "thread.message.delta")
    yield Event(message, f"thread.message.{message['status']}")


def _part(part: Object, encoding: str) -> Iterator[Json]:
    match part:
        case {"type": "text", "text": text}:
            yield from _text(text, encoding)
        case {"type": "refusal", "refusal": refusal}:
            yield from tokens.pieces(refusal, encoding)
        case {"type": kind}:
            yield part[kind]


def _text(text: Object, encoding: str) -> Iterator[Json]:
    """A text token by token; a mark of a citation comes whole. The first delta has a list of annotations."""
    first: Object = {"annotations": []}
    place = 0
    for index, note in enumerate([*text["annotations"], None]):
        end = note["start_index"] if note else len(text["value"])
        for piece in tokens.pieces(text["value"][place:end], encoding):
            yield {"value": piece} | first
            first = {}
        if note:
            yield {"value": note["text"], "annotations": [_annotation(index, note)]}
            first, place = {}, note["end_index"]


def _annotation(index: int, note: Object) -> Object:
    return {"index": index, **note, "file_citation": note["file_citation"] | {"quote": ""}}
