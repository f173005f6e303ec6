"""Compaction: a conversation boiled down to what the user said and a sealed account of the rest."""

from __future__ import annotations

from fakeopenai import tokens
from fakeopenai.api.responses import body, context, items, prompt, sealed
from fakeopenai.speech import Spoken
from fakeopenai.turn import Message, Prompt, Turn
from fakeopenai.wire import Call, Json, Object

INSTRUCTIONS = 109
"""Tokens that the model is told to compact with (recorded input of short conversations, less the conversation)."""


def compacted(call: Call) -> Object:
    """The conversation that a request names, compacted."""
    asked = prompt.read(call)
    said = [*context.before(call), *items.kept(call.names, context.own(call))]
    account = summary(asked.messages)
    generated = tokens.count(account, asked.model.encoding)
    return {
        "id": call.names.new("resp_"),
        "object": "response.compaction",
        "created_at": int(call.world.clock.now),
        "output": [*(item for item in said if item.get("role") == "user"), item(call, account)],
        "usage": body.counted(tokens.input_tokens(asked) + INSTRUCTIONS, generated),
    }


def is_triggered(input: Json) -> bool:
    """Whether the last item of an input asks for compaction and nothing else."""
    return isinstance(input, list) and bool(input) and input[-1].get("type") == items.TRIGGER


def told(asked: Prompt) -> Spoken:
    """What it costs to compact, though nothing is said."""
    encoding = asked.model.encoding
    return Spoken(Turn(), "stop", tokens.count(summary(asked.messages), encoding), 0, encoding)


def due(call: Call, asked: Prompt) -> list[Object]:
    """The item that a response ends with when it is asked for, or its input is longer than the request allows."""
    if is_triggered(call.body.get("input")):
        return [item(call, summary(asked.messages))]
    limits = [each.get("compact_threshold") for each in call.body.get("context_management") or ()]
    if not any(limit and tokens.input_tokens(asked) > limit for limit in limits):
        return []
    return [item(call, summary(asked.messages))]


def item(call: Call, account: str) -> Object:
    content = sealed.seal(account, int(call.world.clock.now))
    return {"id": items.new_id(call.names, "compaction"), "type": "compaction", "encrypted_content": content}


def summary(messages: tuple[Message, ...]) -> str:
    """The conversation in few words: the beginning of each message."""
    told = [f"{message.role}: {' '.join(message.text.split())[:200]}" for message in messages if message.text]
    return "Earlier in this conversation:\n" + "\n".join(told)
