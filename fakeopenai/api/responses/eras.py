"""How a response looked in an earlier month, for those who test against recordings (`Settings.as_of`, `2025-10`).

The first month of each field is that of its first appearance in recorded traffic.
"""

from __future__ import annotations

from fakeopenai.wire import Json, Object

FIRST_SEEN = {
    "service_tier": "2025-04",
    "background": "2025-05",
    "max_tool_calls": "2025-06",
    "top_logprobs": "2025-06",
    "prompt_cache_key": "2025-07",
    "safety_identifier": "2025-07",
    "billing": "2025-09",
    "prompt_cache_retention": "2025-11",
    "completed_at": "2025-12",
    "frequency_penalty": "2026-01",
    "presence_penalty": "2026-01",
    "moderation": "2026-04",
    "tool_usage": "2026-06",
}
WITHIN = {
    "logprobs": "2025-06",
    "verbosity": "2025-08",
    "phase": "2026-03",
    "namespace": "2026-03",
    "reasoning.context": "2026-05",
    "return_token_budget": "2026-05",
    "reasoning.mode": "2026-06",
    "search_content_types": "2026-06",
    "cache_write_tokens": "2026-07",
    "output_schema": "2026-07",
}
"""Fields of parts of a response; those with a common name are told by where they stand."""

OPAQUE = frozenset({"parameters", "schema", "metadata", "input_schema", "variables"})
"""What the caller has written himself."""


def as_of(response: Object, month: str) -> Object:
    """The response as it would have been in that month; today's if there is none."""
    if not month:
        return response
    kept = {name: value for name, value in response.items() if FIRST_SEEN.get(name, "") <= month}
    if month < "2026-05" and kept.get("prompt_cache_retention") == "in_memory":
        kept["prompt_cache_retention"] = None
    if month < "2025-04" and "generate_summary" not in kept["reasoning"]:
        kept["reasoning"] = {"effort": kept["reasoning"]["effort"], "generate_summary": kept["reasoning"]["summary"]}
    return {name: _within(name, value, month) for name, value in kept.items()}


def _within(name: str, value: Json, month: str) -> Json:
    match value:
        case dict() if name not in OPAQUE:
            fields = _tool(value, month)
            return {field: _within(field, each, month) for field, each in fields.items() if _seen(name, field) <= month}
        case list():
            return [_within(name, each, month) for each in value]
        case _:
            return value


def _seen(within: str, field: str) -> str:
    return WITHIN.get(field) or WITHIN.get(f"{within}.{field}", "")


def _tool(fields: Object, month: str) -> Object:
    """Items and tools that looked otherwise: reasoning had no content, web search had filters."""
    match fields.get("type"):
        case "reasoning" if month < "2026-06":
            return {name: value for name, value in fields.items() if name != "content"}
        case "web_search" if "2025-09" <= month < "2026-03":
            return {"type": "web_search", "filters": None} | fields
        case _:
            return fields
