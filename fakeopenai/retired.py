"""What the API no longer does as of a date (`Settings.as_of`), and what it answers instead.

Without a date everything works, whenever it was retired.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from fakeopenai import access, errors, models
from fakeopenai.errors import ApiError
from fakeopenai.wire import Call

Refusal = Callable[[Call], ApiError]

DAY = re.compile(r"\d{4}-\d\d(-\d\d)?")
"""A day, `2024-01-04`, or a month."""


class Retirement(NamedTuple):
    """The first day, `2024-01-04`, on which an operation is refused, and how."""

    since: str
    refusal: Refusal


def _no_such_url(call: Call) -> ApiError:
    return errors.unknown_url(call.request.method, call.request.path)


def _no_access(call: Call) -> ApiError:
    """Worded as to those who had not used it before (betalgo/openai#17); the status is that of an unknown URL."""
    endpoint = call.operation.path.rpartition("/")[2]
    message = f"Org {access.organization_id(call.world)} does not have access to the {endpoint} endpoint, likely "
    message += f"because it is deprecated. Please see {_ANNOUNCED} for more information and reach out to "
    return ApiError(404, f"{message}deprecation@openai.com if you have any questions.")


_ANNOUNCED = "https://community.openai.com/t/answers-classification-search-endpoint-deprecation/18532"

_SEARCHES = Retirement("2022-12-03", _no_access)
"""Announced with this date in 2022-06 (betalgo/openai#17)."""
_FIRST_MODELS = "2024-01-04"
"""The shutdown of the first models, of edits and of `/fine-tunes` (platform.openai.com/docs/deprecations)."""
_OLD_ENDPOINTS = Retirement(_FIRST_MODELS, _no_such_url)
"""Wording for edits: jackMort/ChatGPT.nvim#368; the others are taken to be answered alike."""
_ENGINES = Retirement("2024-04-01", _no_such_url)
"""No date was announced; embeddings by engine were last recorded in 2024-03."""
_ASSISTANTS = Retirement("2026-08-26", _no_such_url)
"""Announced a year before (platform.openai.com/docs/assistants/migration); a 404 since (aallam/openai-kotlin#470)."""
_NEVER = Retirement("", _no_such_url)
"""Only Azure and other servers had it (openai/openai-python#531)."""

OPERATIONS = {
    "POST /answers": _SEARCHES,
    "POST /classifications": _SEARCHES,
    "POST /engines/{engine}/search": _SEARCHES,
    "POST /edits": _OLD_ENDPOINTS,
    "POST /engines/{engine}/edits": _OLD_ENDPOINTS,
    "GET /fine-tunes": _OLD_ENDPOINTS,
    "POST /fine-tunes": _OLD_ENDPOINTS,
    "GET /fine-tunes/{fine_tune_id}": _OLD_ENDPOINTS,
    "DELETE /fine-tunes/{fine_tune_id}": _OLD_ENDPOINTS,
    "POST /fine-tunes/{fine_tune_id}/cancel": _OLD_ENDPOINTS,
    "GET /fine-tunes/{fine_tune_id}/events": _OLD_ENDPOINTS,
    "GET /engines": _ENGINES,
    "GET /engines/{engine}": _ENGINES,
    "POST /engines/{engine}": _ENGINES,
    "POST /engines/{engine}/generate": _ENGINES,
    "POST /engines/{engine}/completions": _ENGINES,
    "POST /engines/{engine}/embeddings": _ENGINES,
    "POST /engines/{engine}/chat/completions": _NEVER,
}


def check(call: Call, today: str) -> None:
    """Refuse an operation that is retired by that day, or the use of a model that is."""
    retirement = _ASSISTANTS if call.operation.beta == "assistants=v2" else OPERATIONS.get(str(call.operation))
    if retirement and today >= retirement.since:
        raise retirement.refusal(call)
    name = call.path.get("engine") or (call.body.get("model") if isinstance(call.body, dict) else None)
    if today >= _FIRST_MODELS and call.request.method == "POST" and isinstance(name, str) and _is_first(name):
        raise _deprecated(name)


def _is_first(name: str) -> bool:
    """Whether a model is one of those before GPT-3.5 Turbo, or was fine-tuned from one."""
    model = models.find(name.partition(":")[0])
    return model is not None and model.legacy and model.kind != "moderation"


def _deprecated(name: str) -> ApiError:
    """Recorded for chat; for completions see openai/openai-quickstart-node#127."""
    message = f"The model `{name}` has been deprecated, learn more here: https://platform.openai.com/docs/deprecations"
    return ApiError(404, message, code="model_not_found", gateway=True)
