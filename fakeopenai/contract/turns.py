"""What the model said in a recording, so that the emulator can be told to say the same.

Texts, refusals, calls with their names and arguments, the tokens of reasoning and its summary, and why the model
stopped are the model's own; the rest of an answer is the API's, and is not taken from the recording. Items of tools at
the provider are told without `id` and `status` and whatever in them is empty, which the emulator must know itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import get_args

from fakeopenai.contract import run_turns
from fakeopenai.contract.recordings import Recording
from fakeopenai.rules import Rule, on
from fakeopenai.rules.outcome import Outcome
from fakeopenai.turn import Finish, Hosted, Refusal, Step, Text, Thought, ToolCall, Turn
from fakeopenai.wire import Json, Object

API_OWN = frozenset({"id", "status", "created_by"})
"""What an item of a tool at the provider gets from the API."""


def rule(recording: Recording, later: Sequence[Recording] = ()) -> Rule | None:
    """A rule by which the model says what it said in the recording, or in a run that it began, if anything."""
    said = _said(recording, later) if recording.status < 400 else None
    if said is None:
        return None
    steps = said.steps or (Text(""),)
    outcome = Outcome(tuple(partial(_same, step) for step in steps), said.finish)
    return Rule(on(recording.endpoint).rule.when, (outcome,), name=recording.id)


def _said(recording: Recording, later: Sequence[Recording]) -> Turn | None:
    if recording.endpoint in run_turns.RUNS:
        return run_turns.told(recording, later)
    told = TURNS.get(recording.endpoint)
    return told(recording) if told else None


def _same(step: Step, _facts: object) -> Step:
    return step


def _of_chat(recording: Recording) -> Turn | None:
    whole = recording.body if recording.kind == "json" else joined([data for _, data in recording.events])
    if not isinstance(whole, dict) or not whole.get("choices"):
        return None
    choice = whole["choices"][0]
    details = (whole.get("usage") or {}).get("completion_tokens_details") or {}
    steps = tuple(_chat_steps(choice["message"], details.get("reasoning_tokens") or 0))
    return Turn(steps, _finish(choice.get("finish_reason"), steps))


def _chat_steps(message: Object, reasoning: int) -> Iterator[Step]:
    if reasoning:
        yield Thought(tokens=reasoning)
    text = message.get("content") or (message.get("audio") or {}).get("transcript")
    if text:
        yield Text(text, tuple(_chat_notes(message)))
    if message.get("refusal"):
        yield Refusal(message["refusal"])
    if called := message.get("function_call"):
        yield ToolCall(called["name"], called["arguments"])
    for called in message.get("tool_calls") or ():
        kind = called.get("type", "function")
        if kind == "custom":
            yield ToolCall(called["custom"]["name"], called["custom"]["input"], called["id"], "custom")
        else:
            yield ToolCall(called["function"]["name"], called["function"]["arguments"], called["id"])


def _chat_notes(message: Object) -> Iterator[Object]:
    """The citations of a chat message in the form of responses."""
    for note in message.get("annotations") or ():
        yield {"type": note["type"], **note.get(note["type"], {})}


def _finish(reason: Json, steps: tuple[Step, ...]) -> Finish:
    """Why a turn ended; whether calls end it in a word of their own is the API's business."""
    if any(isinstance(step, ToolCall) for step in steps) and reason != "length":
        return "tool_calls"
    return next((finish for finish in get_args(Finish) if finish == reason), "stop")


def joined(chunks: list[Json]) -> Object | None:
    """The completion that chunks spell out: its first choice, and its usage."""
    whole: Object = {"choices": []}
    message: Object = {}
    finish = None
    for chunk in chunks:
        if not isinstance(chunk, dict) or "choices" not in chunk:
            continue
        whole["usage"] = chunk.get("usage") or whole.get("usage")
        for choice in chunk["choices"]:
            if choice.get("index", 0) == 0:
                _join(message, choice.get("delta") or {})
                finish = choice.get("finish_reason") or finish
    if not message:
        return None
    return whole | {"choices": [{"message": message, "finish_reason": finish}]}


def _join(message: Object, delta: Object) -> None:
    """Add a delta to a message: texts grow, what is numbered is told by its number."""
    for key, value in delta.items():
        match value:
            case str() if key in {"content", "refusal", "arguments", "input", "transcript"}:
                message[key] = (message.get(key) or "") + value
            case dict():
                _join(message.setdefault(key, {}), value)
            case [{"index": _}, *_]:
                for part in value:
                    _join(_numbered(message.setdefault(key, []), part["index"]), part)
            case None:
                message.setdefault(key, None)
            case _:
                message[key] = value


def _numbered(parts: list[Object], number: int) -> Object:
    parts.extend({} for _ in range(number + 1 - len(parts)))
    return parts[number]


def _of_responses(recording: Recording) -> Turn | None:
    response = final(recording)
    if response is None or response.get("status") not in {"completed", "incomplete", "queued", "in_progress"}:
        return None
    if response["status"] in {"queued", "in_progress"}:
        return None
    details = (response.get("usage") or {}).get("output_tokens_details") or {}
    steps = tuple(_items(response.get("output") or [], details.get("reasoning_tokens") or 0))
    reason = (response.get("incomplete_details") or {}).get("reason")
    finish: Finish = "content_filter" if reason == "content_filter" else "length" if reason else "stop"
    return Turn(steps, finish)


def final(recording: Recording) -> Object | None:
    """The response that a recording ends with."""
    if recording.kind == "json":
        return recording.body if isinstance(recording.body, dict) else None
    responses = [data["response"] for _, data in recording.events if isinstance(data, dict) and "response" in data]
    return responses[-1] if responses else None


def _items(output: list[Object], reasoning: int) -> Iterator[Step]:
    """The steps that items come from. The first reasoning item is charged with all the reasoning."""
    for item in output:
        match item["type"]:
            case "message":
                yield from map(_part, item["content"])
            case "reasoning":
                yield _thought(item, reasoning)
                reasoning = 0
            case "function_call":
                yield ToolCall(item["name"], item["arguments"], item["call_id"])
            case "custom_tool_call":
                yield ToolCall(item["name"], item["input"], item["call_id"], "custom")
            case _:
                yield Hosted({name: value for name, value in item.items() if name not in API_OWN and _says(value)})


def _says(value: Json) -> bool:
    return value not in (None, [], {})


def _part(part: Object) -> Step:
    if part["type"] == "refusal":
        return Refusal(part["refusal"])
    return Text(part["text"], tuple(part.get("annotations") or ()))


def _thought(item: Object, tokens: int) -> Step:
    summary = "\n\n".join(part["text"] for part in item.get("summary") or ())
    return Thought(summary, tokens or 1)


def _of_completions(recording: Recording) -> Turn | None:
    bodies = [recording.body] if recording.kind == "json" else [data for _, data in recording.events]
    choices = [choice for body in bodies if isinstance(body, dict) for choice in body.get("choices") or ()]
    if not choices:
        return None
    text = "".join(choice["text"] or "" for choice in choices if choice.get("index", 0) == 0)
    cut = any(choice.get("finish_reason") == "length" for choice in choices)
    return Turn((Text(text),), "length" if cut else "stop")


TURNS: Mapping[str, Callable[[Recording], Turn | None]] = {
    "POST /chat/completions": _of_chat,
    "POST /responses": _of_responses,
    "POST /completions": _of_completions,
}
"""Where the model speaks, and how its words are read from an answer."""
