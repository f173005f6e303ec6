"""Azure's content filters: what they say of prompts and answers, and the prompts that they stop.

What is harmful the lexicon of moderations says. Forms are those of recordings of 2025 and 2026.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakeopenai import lexicon
from fakeopenai.errors import ApiError

if TYPE_CHECKING:
    from fakeopenai.wire import Call, Object

HARMS = {"hate": "hate", "self_harm": "self-harm", "sexual": "sexual", "violence": "violence"}
"""Azure's categories, and what moderations call them."""

SEVERITIES = ((0.75, "high"), (lexicon.FLAGGED, "medium"), (0.25, "low"))
"""From which score on; the filter stops what is medium or more."""

FILTERED = frozenset({"/chat/completions", "/completions", "/responses", "/images/generations"})

SAFE = {"detected": False, "filtered": False}


def of_prompt(text: str) -> Object:
    """What is said of a prompt."""
    harms = _harms(text)
    return {"hate": harms.pop("hate"), "jailbreak": SAFE, **harms}


def of_answer(text: str, *, stopped: bool = False) -> Object:
    """What is said of an answer; one that was `stopped` has a reason, violence if there is no better one."""
    harms = _harms(text)
    if stopped and not any(harm["filtered"] for harm in harms.values()):
        harms["violence"] = {"filtered": True, "severity": "medium"}
    protected = {"protected_material_code": SAFE, "protected_material_text": SAFE}
    return {"hate": harms.pop("hate"), **protected, **harms}


def of_chunk(choice: Object) -> Object:
    """What is said of a piece of a stream: of words, that nobody else owns them."""
    if choice.get("finish_reason") == "content_filter":
        return of_answer("", stopped=True)
    said = (choice.get("delta") or {}).get("content") or choice.get("text")
    return {"protected_material_text": SAFE} if said else {}


def stopped(call: Call) -> ApiError | None:
    """The refusal of a request whose prompt is harmful."""
    if call.operation.path not in FILTERED or call.prompt is None:
        return None
    harms = _harms(call.prompt.last_user_text)
    return refusal() if any(harm["filtered"] for harm in harms.values()) else None


def refusal() -> ApiError:
    """The API's content_filter error, whose details `refusals` add."""
    return ApiError(400, REFUSED, type=None, param="prompt", code="content_filter")


REFUSED = (
    "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify "
    "your prompt and retry. To learn more about our content filtering policies please read our documentation: "
    "https://go.microsoft.com/fwlink/?linkid=2198766"
)


def _harms(text: str) -> dict[str, Object]:
    scores = lexicon.score(text)
    return {harm: _harm(scores[category]) for harm, category in HARMS.items()}


def _harm(score: float) -> Object:
    severity = next((name for least, name in SEVERITIES if score >= least), "safe")
    return {"filtered": score >= lexicon.FLAGGED, "severity": severity}
