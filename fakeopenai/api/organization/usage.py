"""Usage: what this world really sent, by kind."""

from __future__ import annotations

from dataclasses import dataclass

from fakeopenai import access
from fakeopenai.api.organization.buckets import WIDTHS, grouped, paged, uses, wanted
from fakeopenai.resource import Routes
from fakeopenai.wire import Call, Handler, Json, Object, Reply

routes = Routes()

WHO = ("project_id", "user_id", "api_key_id")
MODEL = (*WHO, "model")
TOKENS = (
    *("input_tokens", "output_tokens", "num_model_requests"),
    *("input_cached_tokens", "input_cache_write_tokens", "input_audio_tokens", "input_image_tokens"),
    *("output_audio_tokens", "output_image_tokens"),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of usage: what its results count and what they can be grouped by. `detail` is the API's name for ours."""

    counters: tuple[str, ...]
    groups: tuple[str, ...]
    object: str = ""
    detail: str = ""


KINDS = {
    "completions": Kind(TOKENS, (*MODEL, "batch", "service_tier", "api_source")),
    "decisions": Kind(TOKENS, (*MODEL, "batch", "service_tier", "api_source")),
    "embeddings": Kind(("input_tokens", "num_model_requests"), MODEL),
    "moderations": Kind(("input_tokens", "num_model_requests"), MODEL),
    "images": Kind(("images", "num_model_requests"), ("size", "source", *MODEL), detail="size"),
    "audio_speeches": Kind(("num_model_requests", "characters"), MODEL),
    "audio_transcriptions": Kind(("num_model_requests", "seconds"), MODEL),
    "code_interpreter_sessions": Kind(("num_sessions",), ("project_id",)),
    "file_search_calls": Kind(
        ("num_requests",), (*WHO, "vector_store_id"), object="file_searches", detail="vector_store_id"
    ),
    "web_search_calls": Kind(
        ("num_model_requests", "num_requests"),
        (*MODEL, "context_level", "api_source"),
        object="web_searches",
        detail="context_level",
    ),
}


def _reported(name: str, kind: Kind) -> Handler:
    def report(call: Call) -> Reply:
        by = call.query.get("group_by") or []
        rows = [
            (use, tuple(getattr(use, _mark(kind, group), None) if group in by else None for group in kind.groups), used)
            for use, used in uses(call.world)
            if use.kind == name and wanted(call, use)
        ]

        def fill(low: int, high: int) -> list[Object]:
            sums = grouped((group, used) for use, group, used in rows if low // 60 * 60 <= use.minute < high)
            return [_result(name, kind, group, used) for group, used in sums.items()]

        return Reply(paged(call, fill, WIDTHS[call.query.get("bucket_width") or "1d"]))

    return report


def _mark(kind: Kind, group: str) -> str:
    return "detail" if group == kind.detail else group


def _result(name: str, kind: Kind, group: tuple[Json, ...], used: Object) -> Object:
    counted = {counter: used.get(counter, 0) for counter in kind.counters}
    if "input_cached_tokens" in counted:
        counted["input_uncached_tokens"] = counted["input_tokens"] - counted["input_cached_tokens"]
    known = {name: None if value == "" else value for name, value in zip(kind.groups, group, strict=True)}
    return {"object": f"organization.usage.{kind.object or name}.result"} | counted | known


@routes.on("GET /organization/usage/vector_stores")
def vector_stores(call: Call) -> Reply:
    """What the vector stores hold, from the bucket on in which they were made."""
    by_project = "project_id" in (call.query.get("group_by") or ())
    projects = call.query.get("project_ids") or [access.default_project(call.world)]
    stores = list(call.world.drawer("/vector_stores")) if access.default_project(call.world) in projects else []

    def fill(_: int, high: int) -> list[Object]:
        held = [store["usage_bytes"] for store in stores if store["created_at"] <= high]
        project = access.default_project(call.world) if by_project else None
        result = {"object": "organization.usage.vector_stores.result", "usage_bytes": sum(held), "project_id": project}
        return [result] if held else []

    return Reply(paged(call, fill, WIDTHS[call.query.get("bucket_width") or "1d"]))


routes |= {f"GET /organization/usage/{name}": _reported(name, kind) for name, kind in KINDS.items()}
