"""The response object: what was asked, repeated with every default, and what came of it.

Its keys have a fixed order: alphabetical after `status`, `user` and `metadata` at the end (recorded since 2026-06).
"""

from __future__ import annotations

from fakeopenai import tokens
from fakeopenai.api.responses import context, templates, tools
from fakeopenai.models import Model, version
from fakeopenai.prefix_cache import UNCACHED, Use
from fakeopenai.speech import Spoken
from fakeopenai.turn import Prompt
from fakeopenai.wire import Call, Json, Object


def blank(call: Call, prompt: Prompt, id: str) -> Object:
    """A response to the request, before the model has said anything."""
    body, model = call.body, prompt.model
    return {
        "id": id,
        "object": "response",
        "created_at": int(call.world.clock.now),
        "status": "in_progress",
        "background": bool(body.get("background")),
        "billing": {"payer": "developer"},
        "completed_at": None,
        **_conversation(body),
        "error": None,
        "frequency_penalty": float(body.get("frequency_penalty") or 0),
        "incomplete_details": None,
        "instructions": templates.instructions(call) if body.get("prompt") else body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "max_tool_calls": body.get("max_tool_calls"),
        "model": model.snapshot,
        "moderation": None,
        "output": [],
        "parallel_tool_calls": prompt.parallel,
        "presence_penalty": float(body.get("presence_penalty") or 0),
        "previous_response_id": body.get("previous_response_id"),
        **({"prompt": templates.echoed(call)} if body.get("prompt") else {}),
        "prompt_cache_key": body.get("prompt_cache_key"),
        "prompt_cache_retention": body.get("prompt_cache_retention") or _retention(model),
        "reasoning": _reasoning(body.get("reasoning") or {}, model),
        "safety_identifier": body.get("safety_identifier"),
        "service_tier": body.get("service_tier") or "auto",
        "store": body.get("store") is not False,
        "temperature": float(_or(body.get("temperature"), 1.0)),
        "text": _text(body.get("text") or {}),
        "tool_choice": body.get("tool_choice") or "auto",
        "tool_usage": tool_usage([]),
        "tools": tools.repeated(body, model),
        "top_logprobs": body.get("top_logprobs") or 0,
        "top_p": float(_or(body.get("top_p"), model.top_p)),
        "truncation": body.get("truncation") or "disabled",
        "usage": None,
        "user": body.get("user"),
        "metadata": body.get("metadata") or {},
        **_cache_options(body.get("prompt_cache_options")),
    }


def _cache_options(asked: Object | None) -> Object:
    """How the prompt was cached, told to those who say something of it (API reference for the defaults)."""
    if not asked:
        return {}
    told = {name: asked[name] for name in ("mode", "ttl", "comparison_response_id") if asked.get(name)}
    return {"prompt_cache_options": {"mode": "implicit", "ttl": "30m"} | told}


def _or(value: Json, default: float) -> float:
    return default if value is None else value


def _conversation(body: Object) -> Object:
    id = context.conversation_id(body)
    return {"conversation": {"id": id}} if id else {}


def _retention(model: Model) -> str:
    return "24h" if version(model) >= (5, 2) else "in_memory"


def _reasoning(asked: Object, model: Model) -> Object:
    if not model.reasoning:
        return {"context": None, "effort": None, "summary": None}
    default = "all_turns" if version(model) >= (5, 6) else "current_turn"
    return {
        "context": asked.get("context") or default,
        "effort": asked.get("effort") or model.effort,
        "mode": asked.get("mode") or "standard",
        "summary": _summary(asked),
    }


def _summary(asked: Object) -> str | None:
    """`auto` is the most detailed summary that the model has."""
    wanted: str | None = asked.get("summary") or asked.get("generate_summary")
    return "detailed" if wanted == "auto" else wanted


def _text(asked: Object) -> Object:
    form = asked.get("format") or {"type": "text"}
    if form["type"] == "json_schema":
        form = {"description": None, "strict": True} | form | {"schema": tools.plain(form["schema"])}
    form = {"type": form["type"]} | {name: form[name] for name in sorted(form) if name != "type"}
    return {"format": form, "verbosity": asked.get("verbosity") or "medium"}


def usage(call: Call, prompt: Prompt, spoken: Spoken) -> Object:
    """What a response cost; the details are parts of their sums."""
    asked = spoken.asked(tokens.input_tokens(prompt))
    cache = call.world.prefixes.use(prompt, asked, call.world.clock.now, call.body)
    return counted(asked, spoken.tokens, spoken.reasoning, cache._replace(read=spoken.cached(cache.read)))


def counted(asked: int, generated: int, reasoning: int = 0, cache: Use = UNCACHED) -> Object:
    return {
        "input_tokens": asked,
        "input_tokens_details": {"cache_write_tokens": cache.written, "cached_tokens": cache.read},
        "output_tokens": generated,
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": asked + generated,
    }


def ending(spoken: Spoken, failure: Object | None, now: int, asked: Object) -> Object:
    """How a response ended: failed, cut short, or well."""
    if failure:
        error = {"code": failure.get("code", "server_error"), "message": failure["message"]}
        return {"status": "failed", "error": error, "usage": None}
    tier = {"service_tier": "default"} if asked.get("service_tier") in {None, "auto"} else {}
    reason = REASONS.get(spoken.finish)
    if reason:
        return tier | {"status": "incomplete", "incomplete_details": {"reason": reason}}
    return tier | {"status": "completed", "completed_at": now}


PICTURE = 1056
"""Tokens of a picture of 1024 x 1024 in medium quality (price list of gpt-image-1)."""

REASONS = {"length": "max_output_tokens", "content_filter": "content_filter"}


def tool_usage(output: list[Object]) -> Object:
    """What the tools cost that run at the provider."""
    searches = sum(item["type"] == "web_search_call" for item in output)
    pictures = PICTURE * sum(item["type"] == "image_generation_call" for item in output)
    return {
        "image_gen": {
            "input_tokens": 0,
            "input_tokens_details": {"image_tokens": 0, "text_tokens": 0},
            "output_tokens": pictures,
            "output_tokens_details": {"image_tokens": pictures, "text_tokens": 0},
            "total_tokens": pictures,
        },
        "web_search": {"num_requests": searches},
    }
