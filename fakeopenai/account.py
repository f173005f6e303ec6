"""What a world has used: counters by minute, kind of use, model, and who used it.

`count` is the only place that writes them. It reads the answer of an operation and nothing else, so whatever answers
the operation, a rule or a handler, is counted alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from fakeopenai import tokens
from fakeopenai.wire import Json, Object

if TYPE_CHECKING:
    from fakeopenai.access import Holder
    from fakeopenai.world import World


class Use(NamedTuple):
    """One kind of use by one user in one minute. Empty names are the organization's own key, user and project.

    `detail` is a size of images, a context level of web searches, or the vector store of file searches.
    """

    kind: str
    minute: int
    project_id: str = ""
    user_id: str = ""
    api_key_id: str = ""
    batch: bool = False
    model: str = ""
    service_tier: str = ""
    detail: str = ""
    source: str = ""


BATCH = "x-fakeopenai-batch"
"""The header that marks a request as a row of a batch."""

Counters = dict[str, int]
Account = dict[Use, Counters]
Found = Iterator[tuple[str, tuple[str, ...], Counters]]
"""Kind of use; the marks it has from `model` on, as far as it has them; and what was used."""
Meter = Callable[[Json, Object], Found]
"""What finds the uses in a request and its answer."""


def count(
    world: World, operation: str, asked: Json, answered: Json, holder: Holder | None = None, *, batch: bool = False
) -> None:
    """Count what an operation used, by its request and its whole answer.

    What a job answers later, such as a run or a response in the background, is counted when it is done.
    """
    meter = METERS.get(operation)
    if meter is None:
        return
    answered = answered if isinstance(answered, dict) else {}
    minute = int(world.clock.now) // 60 * 60
    who = (holder.project, holder.user, holder.key) if holder else ("", "", "")
    try:
        found = list(meter(asked, answered))
    except (AttributeError, TypeError, ValueError):  # a rule may have answered anything
        return
    for kind, marks, counters in found:
        use = Use(kind, minute, *who, batch, *marks)
        for name, number in world.account.get(use, {}).items():
            counters[name] = counters.get(name, 0) + number
        world.account[use] = counters


_SIDES = {
    "prompt_tokens": ("input_tokens", "prompt_tokens_details", "input_"),
    "completion_tokens": ("output_tokens", "completion_tokens_details", "output_"),
    "input_tokens": ("input_tokens", "input_tokens_details", "input_"),
    "output_tokens": ("output_tokens", "output_tokens_details", "output_"),
}
"""What chat and responses call the tokens of each side: our name for it, its details, and what theirs begin with."""

_DETAILS = frozenset({"cached_tokens", "cache_write_tokens", "audio_tokens", "image_tokens"})


def _completion(_: Json, answered: Object) -> Found:
    """Chat, completions and responses, which count the same under different names."""
    usage = answered.get("usage")
    if not usage:
        return
    counters = {"num_model_requests": 1}
    for name, number in usage.items():
        if name in _SIDES and isinstance(number, int):
            total, details, side = _SIDES[name]
            counters[total] = number
            for detail, part in (usage.get(details) or {}).items():
                if part and detail in _DETAILS and isinstance(part, int):
                    counters[side + detail] = part
    yield "completions", (_name(answered, "model"), _name(answered, "service_tier")), counters


def _response(_: Json, answered: Object) -> Found:
    """A response, with the searches that the model made on the way."""
    yield from _completion(_, answered)
    model = _name(answered, "model")
    kinds = [item.get("type") for item in answered.get("output") or ()]
    tools = {tool.get("type", ""): tool for tool in answered.get("tools") or ()}
    if searches := kinds.count("web_search_call"):
        tool: Object = next((tool for name, tool in tools.items() if name.startswith("web_search")), {})
        marks = (model, "", _name(tool, "search_context_size") or "medium")
        yield "web_search_calls", marks, {"num_model_requests": 1, "num_requests": searches}
    if searches := kinds.count("file_search_call"):
        stores = tools.get("file_search", {}).get("vector_store_ids") or [""]
        yield "file_search_calls", ("", "", str(stores[0])), {"num_requests": searches}


def _file_search(_: Json, __: Object) -> Found:
    yield "file_search_calls", (), {"num_requests": 1}


def _embedding(_: Json, answered: Object) -> Found:
    given = int((answered.get("usage") or {}).get("prompt_tokens", 0))
    yield "embeddings", (_name(answered, "model"),), {"num_model_requests": 1, "input_tokens": given}


def _moderation(asked: Json, answered: Object) -> Found:
    given = asked.get("input")
    texts = [given] if isinstance(given, str) else [part for part in given or () if isinstance(part, str)]
    texts += [part["text"] for part in given or () if isinstance(part, dict) and "text" in part]
    used = sum(tokens.count(text, "o200k_base") for text in texts)
    yield "moderations", (_name(answered, "model"),), {"num_model_requests": 1, "input_tokens": used}


def _images(source: str) -> Meter:
    def meter(asked: Json, answered: Object) -> Found:
        size = _name(answered, "size") or _name(asked, "size") or "1024x1024"
        marks = (_name(asked, "model") or "dall-e-2", "", size, source)
        yield "images", marks, {"num_model_requests": 1, "images": len(answered.get("data") or ())}

    return meter


def _transcription(asked: Json, answered: Object) -> Found:
    usage = answered.get("usage") or {}
    seconds = usage.get("seconds") or answered.get("duration") or 0
    counters = {"num_model_requests": 1, "seconds": int(-(-float(seconds) // 1))}
    yield "audio_transcriptions", (_name(asked, "model"),), counters


def _speech(asked: Json, _: Object) -> Found:
    counters = {"num_model_requests": 1, "characters": len(asked.get("input") or "")}
    yield "audio_speeches", (_name(asked, "model"),), counters


def _session(_: Json, __: Object) -> Found:
    yield "code_interpreter_sessions", (), {"num_sessions": 1}


def _decision(asked: Json, answered: Object) -> Found:
    for _, marks, counters in _completion(asked, answered):
        yield "decisions", marks, counters


def _name(value: Object, field: str) -> str:
    name = value.get(field)
    return name if isinstance(name, str) else ""


METERS: dict[str, Meter] = {
    "POST /chat/completions": _completion,
    "POST /completions": _completion,
    "POST /engines/{engine}/completions": _completion,
    "POST /engines/{engine}/chat/completions": _completion,
    "POST /responses": _response,
    "POST /responses/compact": _completion,
    "POST /threads/runs": _completion,
    "POST /threads/{thread_id}/runs": _completion,
    "POST /embeddings": _embedding,
    "POST /engines/{engine}/embeddings": _embedding,
    "POST /moderations": _moderation,
    "POST /images/generations": _images("image.generation"),
    "POST /images/edits": _images("image.edit"),
    "POST /images/variations": _images("image.variation"),
    "POST /audio/transcriptions": _transcription,
    "POST /audio/translations": _transcription,
    "POST /audio/speech": _speech,
    "POST /containers": _session,
    "POST /vector_stores/{vector_store_id}/search": _file_search,
    "POST /decisions": _decision,
}
