"""Edits: a text and what is to be done to it, as the API took it from 2022-03 to 2024-01."""

from __future__ import annotations

from fakeopenai import errors, limits, models, tokens
from fakeopenai.api.engine_names import version
from fakeopenai.models import Model
from fakeopenai.resource import Routes
from fakeopenai.speech import speak
from fakeopenai.turn import Message, Prompt
from fakeopenai.wire import Call, Reply

routes = Routes()

AROUND_PROMPT, AROUND_TEXT = 13, 20
"""Tokens that the model's own frame costs beside instruction and input, and beside each text (recorded usage)."""


@routes.reads("POST /edits")
def read(call: Call) -> Prompt:
    """Ask for the instruction to be carried out on the input."""
    asked = f"{call.body['instruction']}: {call.body.get('input') or ''}"
    return Prompt(model=_model(call), messages=(Message("user", asked.rstrip(": ")),))


@routes.on("POST /edits")
def create(call: Call) -> Reply:
    prompt = call.ask()
    model = prompt.model
    texts = [speak(call, prompt, index).text.rstrip("\n") + "\n" for index in range(call.body.get("n") or 1)]
    given = (call.body["instruction"], call.body.get("input") or "")
    read = AROUND_PROMPT + sum(tokens.count(text, model.encoding) for text in given)
    written = sum(AROUND_TEXT + tokens.count(text, model.encoding) for text in texts)
    answer = {
        "object": "edit",
        "created": int(call.world.clock.now),
        "choices": [{"text": text, "index": index} for index, text in enumerate(texts)],
        "usage": {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written},
    }
    return Reply(answer, headers={"openai-model": version(model.id), **limits.request_headers(model)})


def _model(call: Call) -> Model:
    """The model named. With one that can't edit, the API knew no such URL (seen in clients' documentation)."""
    name = call.body["model"]
    model = call.world.model(name)
    if model is None:
        raise errors.model_not_found(name)
    if model.kind == "edit":
        return model
    if models.find(name) is None:
        return models.assume(name, "edit")
    raise errors.unknown_url("POST", "/edits")
