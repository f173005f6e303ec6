"""Chat completions: one turn of the model, whole or in chunks, and the stored ones."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from weakref import WeakValueDictionary

from fakeopenai import limits, media_tokens, speech, tokens
from fakeopenai.api import chat_checks, chat_chunks, chat_prompt, moderations
from fakeopenai.ids import Names
from fakeopenai.marks import mark
from fakeopenai.models import Model, version
from fakeopenai.resource import Resource, Routes, page
from fakeopenai.speech import Spoken, logprobs, speak
from fakeopenai.turn import Prompt, Text, ToolCall
from fakeopenai.wire import Call, Json, Object, Reply

routes = Routes()


_prompts: WeakValueDictionary[bytes, Prompt] = WeakValueDictionary()


@routes.reads("POST /chat/completions")
def read(call: Call) -> Prompt:
    """What is asked. The same bytes are read once, as long as some journal remembers the request."""
    model = chat_prompt.model_for(call, call.body["model"])
    raw = call.request.raw
    prompt = _prompts.get(raw) if raw else None
    if prompt is None:
        prompt = chat_prompt.read(call.body, model)
        chat_prompt.check(call.body, prompt)
        _prompts[raw] = prompt
    chat_checks.check_files(call.world, prompt)
    return prompt


@routes.on("POST /chat/completions")
def create(call: Call) -> Reply:
    prompt = call.ask()
    completion = complete(call, prompt)
    if call.body.get("store"):
        keep(call, completion)
    reply = Reply(completion, headers=limits.prompt_headers(prompt))
    if call.body.get("stream"):
        options = call.body.get("stream_options") or {}
        reply.events = chat_chunks.events(
            completion,
            prompt.model.encoding,
            usage=bool(options.get("include_usage")),
            padded=options.get("include_obfuscation") is not False,
        )
    return reply


def complete(call: Call, prompt: Prompt) -> Object:
    """The whole completion object."""
    model = prompt.model
    said = [speak(call, prompt, index) for index in range(call.body.get("n") or 1)]
    completion: Object = {
        "id": call.names.new("chatcmpl-"),
        "object": "chat.completion",
        "created": int(call.world.clock.now),
        "model": model.snapshot,
        "choices": [_choice(call, prompt, index, spoken) for index, spoken in enumerate(said)],
        "usage": usage(call, prompt, said),
        "service_tier": _tier(call.body.get("service_tier")),
        "system_fingerprint": fingerprint(call.world.seed, model.snapshot) if model.fingerprint else None,
    }
    if "search" in model.id:
        del completion["service_tier"]
        completion["system_fingerprint"] = ""
    if call.body.get("moderation"):
        completion["moderation"] = _moderated(call, prompt, said[0].text)
    return completion


def _moderated(call: Call, prompt: Prompt, said: str) -> Object:
    """What was asked and what was said, each with its list of results (recorded in 2026-07)."""
    found = moderations.moderated(call, prompt, said) or {}
    return {
        side: {"model": result["model"], "results": [result], "type": "moderation_results"}
        for side, result in found.items()
    }


def _choice(call: Call, prompt: Prompt, index: int, spoken: Spoken) -> Object:
    choice: Object = {"index": index, "message": _message(call, spoken)}
    if prompt.model.logprobs or call.body.get("logprobs"):
        choice["logprobs"] = _logprobs(call.body, spoken)
    choice["finish_reason"] = _finish(call.body, prompt, spoken)
    return choice


def _message(call: Call, spoken: Spoken) -> Object:
    turn = spoken.turn
    message: Object = {"role": "assistant", "content": turn.text}
    if turn.refusal or (turn.calls and not turn.text):
        message["content"] = None
    if turn.calls and "functions" in call.body:
        message["function_call"] = {"name": turn.calls[0].name, "arguments": turn.calls[0].arguments}
    elif turn.calls:
        message["tool_calls"] = [_tool_call(call.names, asked) for asked in turn.calls]
    message["refusal"] = turn.refusal or None
    if "audio" in (call.body.get("modalities") or ()):
        message |= {"content": None, "audio": _audio(call, turn.text)}
    message["annotations"] = [
        {"type": "url_citation", "url_citation": {name: value for name, value in note.items() if name != "type"}}
        for step in turn.steps
        if isinstance(step, Text)
        for note in step.annotations
        if note["type"] == "url_citation"
    ]
    return message


def _tool_call(names: Names, asked: ToolCall) -> Object:
    field = "arguments" if asked.kind == "function" else "input"
    id = asked.id or names.new("call_")
    return {"id": id, "type": asked.kind, asked.kind: {"name": asked.name, field: asked.arguments}}


def _audio(call: Call, text: str) -> Object:
    from fakeopenai.media import sound

    asked = call.body.get("audio") or {}
    form = asked.get("format", "wav")
    data = sound.speech(text, {"pcm16": "pcm"}.get(form, form), voice=_voice(asked.get("voice")))
    return {
        "id": call.names.new("audio_"),
        "data": b64encode(data).decode(),
        "expires_at": int(call.world.clock.now) + 3600,
        "transcript": text,
    }


def _voice(voice: Json) -> str:
    return voice["id"] if isinstance(voice, dict) else voice or "alloy"


def _logprobs(body: Object, spoken: Spoken) -> Json:
    if not body.get("logprobs"):
        return None
    top = body.get("top_logprobs") or 0
    if spoken.turn.refusal:
        return {"content": None, "refusal": logprobs(spoken, spoken.turn.refusal, top)}
    return {"content": logprobs(spoken, spoken.text, top), "refusal": None}


def _finish(body: Object, prompt: Prompt, spoken: Spoken) -> str:
    """A call that was forced by name ends with `stop` (534 of 546 recorded), but not where the model reasons.

    Models that were made before tools could be required end those calls so too.
    """
    if spoken.finish != "tool_calls":
        return spoken.finish
    forced = prompt.choice not in {"auto", "none", "required"}
    if forced and not prompt.model.reasoning:
        return "stop"
    if prompt.choice == "required" and prompt.model.snapshot.startswith(BEFORE_REQUIRED):
        return "stop"
    return "function_call" if "functions" in body else "tool_calls"


BEFORE_REQUIRED = ("gpt-3.5-turbo", "gpt-4-0613")


def usage(call: Call, prompt: Prompt, said: list[Spoken]) -> Object:
    """What a completion cost. Everything adds up: the total, and the details within their sums."""
    asked, generated = said[0].asked(tokens.prompt_tokens(prompt)), speech.generated(said)
    accepted, rejected = _predicted(call.body.get("prediction"), said, prompt.model)
    cache = call.world.prefixes.use(prompt, asked, call.world.clock.now, call.body)
    written = {"cache_write_tokens": cache.written} if version(prompt.model) >= (5, 6) else {}
    counted: Object = {
        "prompt_tokens": asked,
        "completion_tokens": generated + rejected,
        "total_tokens": asked + generated + rejected,
        "prompt_tokens_details": {"cached_tokens": said[0].cached(cache.read), **written, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": speech.reasoned(said),
            "audio_tokens": 0,
            "accepted_prediction_tokens": accepted,
            "rejected_prediction_tokens": rejected,
        },
    }
    if "audio" in prompt.model.id:
        _count_by_kind(counted, prompt)
    return counted


def _count_by_kind(counted: Object, prompt: Prompt) -> None:
    """Models that hear and speak tell what was heard, seen and read apart."""
    heard = [media for message in prompt.messages for media in message.media if media.kind == "audio"]
    audio = sum(media_tokens.count(media, prompt.model) for media in heard)
    asked = {"audio_tokens": audio, "text_tokens": counted["prompt_tokens"] - audio, "image_tokens": 0}
    counted["prompt_tokens_details"] |= asked
    counted["completion_tokens_details"]["text_tokens"] = counted["completion_tokens"]


def _predicted(prediction: Json, said: list[Spoken], model: Model) -> tuple[int, int]:
    """How many tokens of a predicted output came true, from its start, and how many did not."""
    if not prediction:
        return 0, 0
    content = prediction["content"]
    text = content if isinstance(content, str) else "".join(part["text"] for part in content)
    predicted, spoken = tokens.encode(text, model.encoding), tokens.encode(said[0].text, model.encoding)
    same = next(
        (n for n, (a, b) in enumerate(zip(predicted, spoken, strict=False)) if a != b), min(len(predicted), len(spoken))
    )
    return same, len(predicted) - same


def _tier(asked: str | None) -> str:
    return "default" if asked in {None, "auto"} else str(asked)


@cache
def fingerprint(seed: bytes, snapshot: str) -> str:
    """A model's `system_fingerprint`: the same for all answers of a world."""
    return Names(seed, 0).child(snapshot).new("fp_")


stored = Resource(
    "/chat/completions/{completion_id}",
    object="chat.completion",
    missing="Completion {id} not found",
    missing_param="completion_id",
    missing_code="not_found",
    order="asc",
)
messages = Resource("/chat/completions/{completion_id}/messages/{message_id}", parent=stored, order="asc")


def keep(call: Call, completion: Object) -> None:
    """Store a completion in the form in which the API lists it, with the messages it answered."""
    body = call.body
    kept = {
        "object": "chat.completion",
        "id": completion["id"],
        "model": completion["model"],
        "created": completion["created"],
        "request_id": call.names.request_id,
        "tool_choice": body.get("tool_choice"),
        "usage": {name: completion["usage"][name] for name in ("total_tokens", "completion_tokens", "prompt_tokens")},
        "seed": body["seed"] if body.get("seed") is not None else call.names.number(2**63),
        **{name: body[name] if body.get(name) is not None else default for name, default in SAMPLING.items()},
        "system_fingerprint": completion["system_fingerprint"],
        "input_user": body.get("user"),
        "service_tier": completion.get("service_tier"),
        "tools": body.get("tools"),
        "metadata": body.get("metadata") or {},
        "choices": [_kept_choice(choice) for choice in completion["choices"]],
        "response_format": body.get("response_format"),
    }
    call.world.drawer(stored.collection).put(kept)
    drawer = call.world.drawer(f"{stored.collection}/{completion['id']}/messages")
    for index, message in enumerate(body["messages"]):
        drawer.put(_kept_message(f"{completion['id']}-{index}", message))


SAMPLING = {"top_p": 1.0, "temperature": 1.0, "presence_penalty": 0.0, "frequency_penalty": 0.0}


def _kept_choice(choice: Object) -> Object:
    message = choice["message"]
    refusal = {"refusal": message["refusal"]} if message.get("refusal") else {}
    return {
        "index": choice["index"],
        "message": {
            "content": message["content"],
            "role": "assistant",
            "tool_calls": message.get("tool_calls"),
            "function_call": message.get("function_call"),
            **refusal,
        },
        "finish_reason": choice["finish_reason"],
        "logprobs": choice.get("logprobs"),
    }


def _kept_message(id: str, message: Object) -> Object:
    content = message.get("content")
    parts = [_kept_part(part) for part in content] if isinstance(content, list) else None
    text = "".join(part["text"] or "" for part in parts) if parts else content
    return {"id": id, "role": message["role"], "content": text, "content_parts": parts, "name": message.get("name")}


def _kept_part(part: Json) -> Object:
    if isinstance(part, str):
        return _kept_part({"type": "text", "text": part})
    image = part.get("image_url")
    return {
        "type": part["type"],
        "text": part.get("text"),
        "image_url": image and {"url": image["url"], "detail": image.get("detail")},
        "input_audio": part.get("input_audio"),
        "file": part.get("file"),
    }


@routes.on("GET /chat/completions")
def list_stored(call: Call) -> Reply:
    wanted = call.query.get("metadata") or {}
    models = _names(call, call.query.get("model"))
    drawer = call.world.drawer(stored.collection)

    def chosen(item: Object) -> bool:
        return wanted.items() <= item["metadata"].items() and (not models or item["model"] in models)

    bearing = [mark("model", name) for name in models] or [mark(f"metadata.{key}", wanted[key]) for key in wanted][:1]
    return Reply(page(call, drawer, stored, chosen, bearing))


def _names(call: Call, model: str | None) -> set[str]:
    """The name a model was asked by, and the one that answers carry."""
    known = call.world.model(model) if model else None
    return {model, known.snapshot if known else model} if model else set()


routes["GET /chat/completions/{completion_id}"] = stored.retrieve
routes["DELETE /chat/completions/{completion_id}"] = stored.delete
routes["GET /chat/completions/{completion_id}/messages"] = messages.list


@routes.on("POST /chat/completions/{completion_id}")
def update(call: Call) -> Reply:
    item = stored.find(call) | {"metadata": call.body["metadata"] or {}}
    call.world.drawer(stored.collection).put(item)
    return Reply(item)
