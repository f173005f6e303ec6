"""Moderation beside a response: its input and its output scored, where the request asks for it."""

from __future__ import annotations

from fakeopenai import errors
from fakeopenai.api.moderations import result
from fakeopenai.models import Model
from fakeopenai.turn import Prompt
from fakeopenai.wire import Call, Object


def moderated(call: Call, prompt: Prompt, said: str) -> Object | None:
    """What the response says under `moderation`."""
    asked = call.body.get("moderation")
    if not asked:
        return None
    name = asked["model"]
    model = call.world.model(name)
    if model is None or model.kind != "moderation":
        raise errors.requested_model_not_found(name)
    return {"input": _scored(model, prompt.last_user_text), "output": _scored(model, said)}


def _scored(model: Model, text: str) -> Object:
    scored = result(model, text, ["text"]) | {"model": model.id, "type": "moderation_result"}
    return {name: scored[name] for name in sorted(scored)}
