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
    model: str = ""
    project_id: str = ""
    user_id: str = ""
    api_key_id: str = ""
    batch: bool = False
    service_tier: str = ""
    detail: str = ""
    source: str = ""


BATCH = "x-fakeopenai-batch"
"""The header that marks a request as a row of a batch."""

Counters = dict[str, int]
Account = dict[Use, Counters]
Found = Iterator[tuple[str, Object, Counters]]
"""Kind of use, what marks it beside who and when, and what was used."""
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
    for kind, marks, counters in meter(asked, answered):
        use = Use(kind, minute, marks.pop("model", ""), *who, batch, **marks)
        total = world.account.setdefault(use, {})
        for name, number in counters.items():
            total[name] = total.get(name, 0) + number


_DETAILS = frozenset({"cached_tokens", "cache_write_tokens", "audio_tokens", "image_tokens"})


def _completion(_: Json, answered: Object) -> Found:
    """Chat, completions and responses, which count the same under different names."""
    usage = answered.get("usage")
    if not usage:
        return
    given, generated = ("input", "output") if "input_tokens" in usage else ("prompt", "completion")
    counters = {
        "num_model_requests": 1,
        "input_tokens": usage[f"{given}_tokens"],
        "output_tokens": usage[f"{generated}_tokens"],
    }
    for side, details in (("input", f"{given}_tokens_details"), ("output", f"{generated}_tokens_details")):
        for name, number in (usage.get(details) or {}).items():
            if number and name in _DETAILS:
                counters[f"{side}_{name}"] = number
    yield (
        "completions",
        {"model": answered.get("model") or "", "service_tier": answered.get("service_tier") or ""},
        counters,
    )


def _response(_: Json, answered: Object) -> Found:
    """A response, with the searches that the model made on the way."""
    yield from _completion(_, answered)
    model = answered.get("model") or ""
    kinds = [item.get("type") for item in answered.get("output") or ()]
    tools = {tool.get("type", ""): tool for tool in answered.get("tools") or ()}
    if searches := kinds.count("web_search_call"):
        tool: Object = next((tool for name, tool in tools.items() if name.startswith("web_search")), {})
        marks = {"model": model, "detail": tool.get("search_context_size") or "medium"}
        yield "web_search_calls", marks, {"num_model_requests": 1, "num_requests": searches}
    if searches := kinds.count("file_search_call"):
        stores = tools.get("file_search", {}).get("vector_store_ids") or [""]
        yield "file_search_calls", {"detail": stores[0]}, {"num_requests": searches}


def _file_search(_: Json, __: Object) -> Found:
    yield "file_search_calls", {}, {"num_requests": 1}


def _embedding(_: Json, answered: Object) -> Found:
    given = (answered.get("usage") or {}).get("prompt_tokens", 0)
    yield "embeddings", {"model": answered.get("model") or ""}, {"num_model_requests": 1, "input_tokens": given}


def _moderation(asked: Json, answered: Object) -> Found:
    given = asked.get("input")
    texts = [given] if isinstance(given, str) else [part for part in given or () if isinstance(part, str)]
    texts += [part["text"] for part in given or () if isinstance(part, dict) and "text" in part]
    used = sum(tokens.count(text, "o200k_base") for text in texts)
    yield "moderations", {"model": answered.get("model") or ""}, {"num_model_requests": 1, "input_tokens": used}


def _images(source: str) -> Meter:
    def meter(asked: Json, answered: Object) -> Found:
        marks = {
            "model": asked.get("model") or "dall-e-2",
            "detail": answered.get("size") or asked.get("size") or "1024x1024",
            "source": source,
        }
        yield "images", marks, {"num_model_requests": 1, "images": len(answered.get("data") or ())}

    return meter


def _transcription(asked: Json, answered: Object) -> Found:
    usage = answered.get("usage") or {}
    seconds = usage.get("seconds") or answered.get("duration") or 0
    counters = {"num_model_requests": 1, "seconds": int(-(-float(seconds) // 1))}
    yield "audio_transcriptions", {"model": asked.get("model") or ""}, counters


def _speech(asked: Json, _: Object) -> Found:
    counters = {"num_model_requests": 1, "characters": len(asked.get("input") or "")}
    yield "audio_speeches", {"model": asked.get("model") or ""}, counters


def _session(_: Json, __: Object) -> Found:
    yield "code_interpreter_sessions", {}, {"num_sessions": 1}


def _decision(asked: Json, answered: Object) -> Found:
    for _, marks, counters in _completion(asked, answered):
        yield "decisions", marks, counters


METERS: dict[str, Meter] = {
    "POST /chat/completions": _completion,
    "POST /completions": _completion,
    "POST /responses": _response,
    "POST /responses/compact": _completion,
    "POST /threads/runs": _completion,
    "POST /threads/{thread_id}/runs": _completion,
    "POST /embeddings": _embedding,
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
