"""Legacy completions: a text and how it goes on."""

from __future__ import annotations

from math import ceil, fsum
from typing import NamedTuple

from fakeopenai import errors, limits, models, speech, tokens
from fakeopenai.api import completion_chunks
from fakeopenai.api.completion_logprobs import columns
from fakeopenai.inputs import Passage, context_exceeded, passages
from fakeopenai.models import Model
from fakeopenai.resource import Routes
from fakeopenai.speech import Spoken, logprobs, speak
from fakeopenai.turn import Message, Prompt
from fakeopenai.wire import Call, Json, Object, Reply

routes = Routes()

MOST_TOKENS = 16
"""The default of `max_tokens`."""


UNCACHED = {"cache-control": "no-cache, must-revalidate"}


class Asked(NamedTuple):
    """One of the prompts of a request."""

    prompt: Prompt
    passage: Passage


@routes.reads("POST /completions")
def read(call: Call) -> Prompt:
    """Read the first prompt; it stands for all in the conditions of rules."""
    return _asked(call)[0].prompt


@routes.on("POST /completions")
def create(call: Call) -> Reply:
    body = call.body
    asked = _asked(call)
    completion = complete(call, asked)
    model = asked[0].prompt.model
    charged = ceil(sum(len(each.passage.text) for each in asked) / 4)
    headers = {"openai-model": model.snapshot, **UNCACHED, **limits.token_headers(model, charged)}
    reply = Reply(completion, headers=headers)
    if body.get("stream"):
        counted = bool((body.get("stream_options") or {}).get("include_usage"))
        reply.events = completion_chunks.events(completion, model.encoding, usage=counted)
    return reply


def complete(call: Call, asked: list[Asked]) -> Object:
    """The whole completion object; its choices count on from prompt to prompt."""
    body = call.body
    wanted = body.get("n") or 1
    tried = body.get("best_of") or wanted
    choices: list[Object] = []
    all_said: list[Spoken] = []
    for each in asked:
        said = [speak(call, each.prompt, index) for index in range(tried)]
        all_said += said
        for spoken in _best(said, wanted):
            choices.append(_choice(body, each, spoken, len(choices)))
    counted = all_said[0].asked(sum(each.passage.tokens for each in asked))
    generated = speech.generated(all_said)
    return {
        "id": call.names.new("cmpl-"),
        "object": "text_completion",
        "created": int(call.world.clock.now),
        "model": asked[0].prompt.model.snapshot,
        "choices": choices,
        "usage": {
            "prompt_tokens": counted,
            "completion_tokens": generated,
            "total_tokens": counted + generated,
        },
    }


def _choice(body: Object, asked: Asked, spoken: Spoken, index: int) -> Object:
    echoed = asked.passage.text if body.get("echo") else ""
    finish = spoken.finish if spoken.finish in {"length", "content_filter"} else "stop"
    probs = _logprobs(body.get("logprobs"), asked, spoken, echoed)
    return {"text": echoed + spoken.text, "index": index, "logprobs": probs, "finish_reason": finish}


def _logprobs(top: int | None, asked: Asked, spoken: Spoken, echoed: str) -> Json:
    if top is None:
        return None
    start = 0 if echoed else len(asked.passage.text)
    entries = logprobs(spoken, echoed, top) + logprobs(spoken, spoken.text, top)
    return columns(entries, top, start, echoed=bool(echoed))


def _best(said: list[Spoken], wanted: int) -> list[Spoken]:
    """The likeliest of all that was said, if more was said than is wanted."""
    if len(said) == wanted:
        return said
    return sorted(said, key=_likelihood, reverse=True)[:wanted]


def _likelihood(spoken: Spoken) -> float:
    """The mean log probability of a token."""
    entries = logprobs(spoken, spoken.text, 0)
    return fsum(entry["logprob"] for entry in entries) / max(len(entries), 1)


def _asked(call: Call) -> list[Asked]:
    """The prompts of a request, checked."""
    body = call.body
    model = _model(call)
    _check_options(body)
    given = body.get("prompt")
    limit = MOST_TOKENS if body.get("max_tokens") is None else body["max_tokens"]
    suffix = body.get("suffix") or ""
    after = tokens.count(suffix, model.encoding)
    # Without a prompt the model begins a new document: one token, <|endoftext|>.
    read = [Passage("", 1)] if given in (None, []) else passages(given, model.encoding)
    read = [Passage(passage.text, passage.tokens + after) for passage in read]
    for passage in read:
        if passage.tokens + limit > model.context:
            raise context_exceeded(model.context, passage.tokens, limit)
    return [Asked(_prompt(body, model, passage.text, suffix, limit), passage) for passage in read]


def _prompt(body: Object, model: Model, text: str, suffix: str, limit: int) -> Prompt:
    before = (Message("system", f"What you write is followed by: {suffix}"),) if suffix else ()
    stop = body.get("stop") or ()
    return Prompt(
        model=model,
        messages=(*before, Message("user", text)),
        limit=limit,
        stop=(stop,) if isinstance(stop, str) else tuple(filter(None, stop)),
        seed=body.get("seed"),
    )


def _model(call: Call) -> Model:
    name = call.body["model"]
    found = call.world.model(name)
    if found is None:
        raise errors.model_not_found(name)
    if found.kind == "completion":
        return found
    if models.find(name) is None:
        return models.assume(name, "completion")
    if found.kind == "chat":
        raise errors.not_a_completion_model()
    raise errors.not_allowed("sample")


def _check_options(body: Object) -> None:
    wanted, tried = body.get("n") or 1, body.get("best_of")
    if tried is not None and tried < wanted:
        raise errors.invalid(
            "You requested that the server return more choices than it will generate (HINT: you must set 'n' "
            f"(currently {wanted}) to be at most 'best_of' (currently {tried}), or omit either parameter if you don't "
            "specifically want to use them.)"
        )
    if body.get("stream") and (tried or 0) > wanted:
        raise errors.invalid("Results can't be streamed when 'best_of' is greater than 'n'.", "best_of")
    if body.get("stream_options") and not body.get("stream"):
        raise errors.invalid(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options"
        )
