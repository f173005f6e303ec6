"""Rate limits: what the `x-ratelimit-*` headers say.

The real API keeps a leaky bucket for each minute: `reset-requests = (limit - remaining) * 60 s / limit`, and the
tokens' reset in whole milliseconds likewise (12,450 of 12,917 recordings exact). A request is charged an estimate of
its tokens on arrival, a quarter of its characters, and not its usage. With no limits configured every request finds its
bucket full, so the headers do not depend on the order in which requests arrive.
"""

from __future__ import annotations

from functools import cache, lru_cache
from math import ceil
from typing import TYPE_CHECKING

from fakeopenai.turn import once

if TYPE_CHECKING:
    from fakeopenai.models import Model
    from fakeopenai.turn import Prompt
    from fakeopenai.wire import Call


def duration(milliseconds: int) -> str:
    """A reset time as the API prints it: `0s`, `6ms`, `1.2s`, `3m0s`, `9h12m3.5s`."""
    if milliseconds == 0:
        return "0s"
    if milliseconds < 1000:
        return f"{milliseconds}ms"
    seconds, rest = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{seconds}{f'.{rest:03d}'.rstrip('0') if rest else ''}s"
    if hours:
        return f"{hours}h{minutes}m{text}"
    return f"{minutes}m{text}" if minutes else text


def request_headers(model: Model) -> dict[str, str]:
    """The three headers that count requests."""
    return {**_request_headers(model.requests_per_minute)}


def token_headers(model: Model, tokens: int) -> dict[str, str]:
    """The six headers of a request that is charged this many tokens."""
    limit = model.tokens_per_minute
    return _request_headers(model.requests_per_minute) | _token_headers(limit, min(tokens, limit))


def prompt_headers(prompt: Prompt) -> dict[str, str]:
    """The headers of what a chat model is asked: three more where it is shown images."""
    return {**_prompt_headers(prompt)}


@once
def _prompt_headers(prompt: Prompt) -> dict[str, str]:
    headers = token_headers(prompt.model, estimate(prompt))
    images = sum(media.kind == "image" for message in prompt.messages for media in message.media)
    return headers | _image_headers(images) if images else headers


def refusal_headers(call: Call) -> dict[str, str]:
    """The six headers that a refusal carries, too, where requests are counted before they are read."""
    known = str(call.operation) in COUNTED and isinstance(call.body, dict)
    model = call.world.model(str(call.body.get("model"))) if known else None
    return token_headers(model, 0) if model else {}


COUNTED = frozenset({"POST /chat/completions", "POST /completions", "POST /embeddings"})

RATED = COUNTED | {
    "POST /responses",
    "POST /moderations",
    "POST /images/generations",
    "POST /images/edits",
    "POST /images/variations",
    "POST /audio/speech",
    "POST /audio/transcriptions",
    "POST /audio/translations",
    "POST /edits",
    "POST /engines/{engine}/completions",
    "POST /engines/{engine}/embeddings",
}
"""What asks a model by name, and is held to limits that somebody sets."""

IMAGES = 50_000
"""Images a minute (recorded of most keys)."""


@cache
def _image_headers(images: int) -> dict[str, str]:
    return {
        "x-ratelimit-limit-input-images": str(IMAGES),
        "x-ratelimit-remaining-input-images": str(IMAGES - images),
        "x-ratelimit-reset-input-images": duration(images * 60_000 // IMAGES),
    }


@once
def estimate(prompt: Prompt) -> int:
    """What the API charges a prompt on arrival, in tokens."""
    characters = sum(len(message.text) for message in prompt.messages)
    return ceil(characters / 4) + len(prompt.messages) + 1 + (prompt.limit or 0)


def charged(call: Call) -> int:
    """What a request is charged on arrival, in tokens; an embedding a quarter of its characters."""
    if call.prompt:
        return estimate(call.prompt)
    given = call.body.get("input", "")
    texts = [given] if isinstance(given, str) else given
    return ceil(sum(len(text) if isinstance(text, str | list) else 1 for text in texts) / 4)


@lru_cache(maxsize=1024)
def _token_headers(limit: int, charged: int) -> dict[str, str]:
    return {
        "x-ratelimit-limit-tokens": str(limit),
        "x-ratelimit-remaining-tokens": str(limit - charged),
        "x-ratelimit-reset-tokens": duration(charged * 60_000 // limit),
    }


@cache
def _request_headers(limit: int) -> dict[str, str]:
    return {
        "x-ratelimit-limit-requests": str(limit),
        "x-ratelimit-remaining-requests": str(limit - 1),
        "x-ratelimit-reset-requests": duration(60_000 // limit),
    }
