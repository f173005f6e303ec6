"""Compaction: a conversation boiled down to what the user said and a sealed account of the rest."""

from __future__ import annotations

from fakeopenai import tokens
from fakeopenai.api.responses import body, context, items, prompt, sealed
from fakeopenai.speech import Spoken
from fakeopenai.turn import Hosted, Message, Prompt
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


def due(call: Call, asked: Prompt, spoken: Spoken) -> str:
    """The account that a response ends with: when it is asked for, or what was said is longer than the request allows.

    The answer counts too (recorded: 872 tokens asked and some 400 answered, under a threshold of 1,000).
    """
    limits = [each.get("compact_threshold") for each in call.body.get("context_management") or ()]
    used = tokens.input_tokens(asked) + spoken.tokens if limits else 0
    if not is_triggered(call.body.get("input")) and not any(limit and used > limit for limit in limits):
        return ""
    if any(isinstance(step, Hosted) and step.item["type"] == "compaction" for step in spoken.turn.steps):
        return ""
    answer = (Message("assistant", spoken.text),) if spoken.text else ()
    return summary((*asked.messages, *answer))


def item(call: Call, account: str) -> Object:
    content = sealed.seal(account, int(call.world.clock.now))
    return {"id": items.new_id(call.names, "compaction"), "type": "compaction", "encrypted_content": content}


def summary(messages: tuple[Message, ...]) -> str:
    """The conversation in few words: the beginning of each message."""
    told = [f"{message.role}: {' '.join(message.text.split())[:200]}" for message in messages if message.text]
    return "Earlier in this conversation:\n" + "\n".join(told)
