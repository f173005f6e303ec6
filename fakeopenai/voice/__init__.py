"""What the model says when no rule speaks.

The voice reads like a helpful model and behaves like a function: the same conversation gets the same turn, whatever
family asks and whenever. It decides in this order: a tool to call, a JSON answer, a form that the prompt spells out,
plain words.
"""

from __future__ import annotations

from fakeopenai.turn import Prompt, Refusal, Step, Text, Thought, Turn
from fakeopenai.voice.choosing import calls
from fakeopenai.voice.forms import formed
from fakeopenai.voice.objects import free_object, schema_object
from fakeopenai.voice.prose import speak
from fakeopenai.voice.refusing import REFUSAL, demands_refusal, is_harmful
from fakeopenai.voice.talk import Talk, listen

__all__ = ["answer"]
_EFFORTS = {"none": 0, "minimal": 0, "low": 1, "medium": 2, "high": 6, "xhigh": 12, "max": 16}


def answer(prompt: Prompt, seed: bytes, index: int = 0) -> Turn:
    """The model's turn. `index` is the choice's number when several are asked for; stop and limit are the caller's."""
    talk = listen(prompt, seed, index)
    called = calls(talk) if talk.tools else ()
    steps: tuple[Step, ...] = called or (_words(talk),)
    if prompt.model.reasoning:
        steps = (_thought(talk), *steps)
    return Turn(steps, "tool_calls" if called else "stop")


def _words(talk: Talk) -> Step:
    if talk.prompt.format.kind != "text":
        return _structured(talk)
    return Text(formed(talk) or speak(talk))


def _structured(talk: Talk) -> Step:
    form = talk.prompt.format
    if form.kind == "json_object":
        return Text(free_object(talk))
    if demands_refusal(talk) or is_harmful(talk):
        return Refusal(REFUSAL)
    return Text(schema_object(talk, form.schema))


def _thought(talk: Talk) -> Thought:
    """Reasoning costs multiples of 64 tokens, as recorded usage shows, and nothing when little effort is asked for."""
    weight = _EFFORTS.get(talk.prompt.effort or talk.prompt.model.effort, 2)
    size = 1 + min(len(talk.last) // 400, 8) + talk.pick(range(2), 7)
    return Thought(f"Working out an answer about {talk.subject}.", 64 * weight * size)
