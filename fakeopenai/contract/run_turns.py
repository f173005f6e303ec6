"""What the model said in recorded runs: in their streams, or in what was read of them later.

A run that was polled tells what it waits for; its steps and messages tell the rest. Of a run that went on after its
outputs were submitted, the first turn is what was seen before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from fakeopenai.contract.recordings import Recording
from fakeopenai.turn import Finish, Hosted, Refusal, Step, Text, ToolCall, Turn
from fakeopenai.wire import Json, Object

SUBMIT = "POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs"
BEGINNINGS = frozenset({"POST /threads/runs", "POST /threads/{thread_id}/runs"})
RUNS = BEGINNINGS | {SUBMIT}

PIXEL = "data:image/png;base64,AAAA"
"""Stands for any picture that code has drawn."""


def told(recording: Recording, later: Sequence[Recording]) -> Turn | None:
    """The turn of a run that begins or goes on here; None if nobody saw what came of it."""
    events = recording.events if recording.kind == "sse" else list(_seen(recording, later))
    steps = tuple(_steps(events))
    cut: Finish = "length" if any(name == "thread.run.incomplete" for name, _ in events) else "stop"
    return Turn(steps, cut) if steps or cut == "length" else None


def _steps(events: Iterable[tuple[str, Json]]) -> Iterator[Step]:
    for name, data in events:
        match name:
            case "thread.run.step.completed":
                yield from map(_hosted, _hosted_calls(data))
            case "thread.message.completed" | "thread.message.incomplete":
                yield from (_part(part) for part in data["content"] if part["type"] in {"text", "refusal"})
            case "thread.run.requires_action":
                for call in data["required_action"]["submit_tool_outputs"]["tool_calls"]:
                    yield ToolCall(call["function"]["name"], call["function"]["arguments"], call["id"])


def _hosted_calls(step: Object) -> list[Object]:
    return [call for call in step["step_details"].get("tool_calls") or () if call["type"] != "function"]


def _hosted(call: Object) -> Hosted:
    if call["type"] == "file_search":
        return Hosted({"type": "file_search_call", "results": list(map(_result, call["file_search"]["results"]))})
    code = call["code_interpreter"]
    return Hosted(
        {"type": "code_interpreter_call", "code": code["input"], "outputs": list(map(_output, code["outputs"]))}
    )


def _result(result: Object) -> Object:
    text = "".join(part["text"] for part in result.get("content") or ())
    return {"file_id": result["file_id"], "filename": result["file_name"], "score": result["score"], "text": text}


def _output(output: Object) -> Object:
    return {"type": "image", "url": PIXEL} if output["type"] == "image" else output


_NAMED = re.compile(r"†(.*)】")


def _part(part: Object) -> Step:
    """A text without the marks of its citations, which are noted in the form of responses."""
    if part["type"] == "refusal":
        return Refusal(part["refusal"])
    value, notes, place, text = part["text"]["value"], list[Object](), 0, ""
    for note in sorted(part["text"]["annotations"], key=lambda note: int(note["start_index"])):
        if note["type"] == "file_citation":
            text += value[place : note["start_index"]]
            name = _NAMED.search(note["text"])
            cited = {"file_id": note["file_citation"]["file_id"], "filename": name[1] if name else "file"}
            notes.append({"type": "file_citation", "index": len(text), **cited})
            place = note["end_index"]
    return Text(text + value[place:], tuple(notes))


def _seen(recording: Recording, later: Sequence[Recording]) -> Iterator[tuple[str, Json]]:
    """What was read of a run until it went on, as the events that it would have been told in."""
    run: Object = recording.body or {}
    about = [each for each in later if each.status == 200 and each.method in {"GET", "POST"} and _is_about(each, run)]
    read = list(takewhile(lambda each: each.endpoint != SUBMIT, about))
    last: Object = next((each.body for each in reversed(read) if each.endpoint.endswith("/{run_id}")), {})
    steps = _listed(read, "/steps")
    yield from (("thread.run.step.completed", step) for step in steps)
    messages = [message for message in _listed(read, "/messages") if message["run_id"] == run.get("id")]
    yield from (("thread.message.completed", message) for message in messages)
    if last.get("status") in {"requires_action", "incomplete"}:
        yield f"thread.run.{last['status']}", last


def _is_about(recording: Recording, run: Object) -> bool:
    return str(run.get("id")) in recording.path or recording.path == f"/threads/{run.get('thread_id')}/messages"


def _listed(read: list[Recording], end: str) -> list[Object]:
    """The objects of the last list, the oldest first."""
    lists = [each.body["data"] for each in read if each.endpoint.endswith(end) and isinstance(each.body, dict)]
    return sorted(lists[-1], key=lambda item: int(item["created_at"])) if lists else []
