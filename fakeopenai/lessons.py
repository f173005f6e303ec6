"""What fine-tuned models have learnt: the answers of the conversations they were trained on."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

from fakeopenai.turn import Message, Prompt, Refusal, Step, Text, ToolCall, Turn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakeopenai.wire import Object
    from fakeopenai.world import World

TAKEN = "/models/lessons"
"""The drawer that says, for each fine-tuned model, whose lessons it took: the last job's first."""

_canonical = msgspec.json.Encoder(order="sorted").encode


def is_fine_tuned(name: str) -> bool:
    """By its name: `ft:gpt-4o:…`, or `curie:ft-…` before 2023-08."""
    return name.startswith("ft:") or ":ft-" in name


def recall(world: World, prompt: Prompt) -> Turn | None:
    """What a fine-tuned model was trained to say here, if it may say that now."""
    if not is_fine_tuned(prompt.model.id):
        return None
    taken = world.drawer(TAKEN).get(prompt.model.id)
    for job in taken["jobs"] if taken else ():
        lesson = world.drawer(_drawer(job)).get(digest(prompt.messages))
        if lesson is not None:
            turn = _turn(lesson)
            return turn if _fits(turn, prompt) else None
    return None


def teach(world: World, job: str, messages: Sequence[Message], answer: Message, refusal: str = "") -> None:
    """Let those who take this job's lessons answer these messages so."""
    calls = [[call.name, call.arguments, call.kind] for call in answer.calls]
    lesson = {"text": "" if refusal else answer.text, "calls": calls, "refusal": refusal}
    world.drawer(_drawer(job)).put(lesson, digest(messages))


def enrol(world: World, model: str, job: str, base: str) -> None:
    """Let a new model know what a job teaches, and what the model it was made from knew."""
    known = world.drawer(TAKEN).get(base) or {"jobs": []}
    world.drawer(TAKEN).put({"id": model, "jobs": [job, *known["jobs"]]})


def digest(messages: Sequence[Message]) -> str:
    """What makes two conversations the same: who said what, and which tools were called how."""
    said = [
        (
            message.role,
            message.text,
            [media.source for media in message.media],
            [(call.name, call.arguments) for call in message.calls],
        )
        for message in messages
    ]
    return blake2b(_canonical(said), digest_size=16).hexdigest()


def _drawer(job: str) -> str:
    return f"/models/lessons/{job}"


def _turn(lesson: Object) -> Turn:
    steps: list[Step] = [ToolCall(name, arguments, kind=kind) for name, arguments, kind in lesson["calls"]]
    if lesson["refusal"]:
        steps.append(Refusal(lesson["refusal"]))
    if lesson["text"] or not steps:
        steps.insert(0, Text(lesson["text"]))
    return Turn(tuple(steps))


def _fits(turn: Turn, prompt: Prompt) -> bool:
    """Whether a turn calls only tools it is offered, and those it must."""
    called = {call.name for call in turn.calls}
    if not called:
        return prompt.choice in {"auto", "none"}
    offered = {tool.name for tool in prompt.tools}
    return called <= offered and (prompt.choice in {"auto", "required"} or called == {prompt.choice})
