"""Responses of mockllm: a prompt and its answer each, an answer for all others, and a lag."""

from __future__ import annotations

from collections.abc import Mapping

from fakeopenai.importers.found import Found
from fakeopenai.recording.writing import verbatim
from fakeopenai.wire import Json, Object

CHARACTERS = 4
"""About as many make a token."""

UNKNOWN = "I don't know the answer to that."
"""What it says to other prompts, unless it is told."""


def fits(data: Json) -> bool:
    return isinstance(data, Mapping) and isinstance(data.get("responses"), Mapping)


def read(data: Object) -> Found:
    found = Found()
    pace = _pace(data.get("settings") or {})
    for prompt, answer in data["responses"].items():
        found.rules.append({"when": {"operation": "chat", "equals": str(prompt)}, "say": verbatim(str(answer)), **pace})
    unknown = (data.get("defaults") or {}).get("unknown_response", UNKNOWN)
    found.rules.append({"name": "all others", "when": {"operation": "chat"}, "say": verbatim(str(unknown)), **pace})
    if pace:
        found.note("settings", "the lag counts tokens instead of characters, and delays streams only")
    return found


def _pace(settings: Object) -> Object:
    """Mockllm sends ten characters a second for each point of its factor, some later and some earlier."""
    if not settings.get("lag_enabled"):
        return {}
    return {"pace": {"tokens_per_second": settings.get("lag_factor", 10) * 10 / CHARACTERS, "jitter": 0.5}}
