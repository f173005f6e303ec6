"""Azure's headers, in place of those of OpenAI and of the network in front of it (recordings of 2025 and 2026)."""

from __future__ import annotations

import re
from email.utils import formatdate
from typing import TYPE_CHECKING

from fakeopenai.azure.refusals import REGION

if TYPE_CHECKING:
    from fakeopenai.azure import Azure
    from fakeopenai.ids import Names
    from fakeopenai.wire import Reply, Request

KEPT = frozenset(
    {"location", "content-disposition", "openai-poll-after-ms", "retry-after", "retry-after-ms", "x-should-retry"}
)
"""Headers of the API that Azure's answers have too."""

SERVED = frozenset({"chat", "completions", "embeddings", "responses", "images", "audio"})
"""Families that deployments answer."""

LIMITS = "x-ratelimit-"

_SPAN = re.compile(r"([\d.]+)(ms|h|m|s)")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def dress(reply: Reply, names: Names, request: Request, azure: Azure) -> None:
    """Give a reply Azure's headers; of those it has, the ones that Azure knows stay."""
    trace = uuid(names, "apim")
    given = {name: value for name, value in reply.headers.items() if name in KEPT}
    if "operation-location" in reply.headers:
        given["operation-location"] = f"{reply.headers['operation-location']}?api-version={azure.version}"
    limits = {name: value for name, value in reply.headers.items() if name.startswith(LIMITS)}
    known = {"apim-request-id": trace, "date": formatdate(int(names.now), usegmt=True)}
    if reply.status in {401, 408, 413}:
        reply.headers = known | given
        return
    known |= {
        "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
        "x-content-type-options": "nosniff",
        "x-ms-region": REGION,
        "x-ms-client-request-id": request.headers.get("x-ms-client-request-id", trace),
        "x-request-id": uuid(names, "request"),
    }
    if azure.deployment and request.path.split("/")[1] in SERVED and reply.status < 400:
        known |= _served(names, azure, streaming=reply.events is not None)
    reply.headers = known | _counted(limits) | given


def uuid(names: Names, label: str) -> str:
    """A random UUID."""
    drawn = names.hex(32, label)
    return f"{drawn[:8]}-{drawn[8:12]}-4{drawn[13:16]}-a{drawn[17:20]}-{drawn[20:]}"


def seconds(duration: str) -> int:
    """Whole seconds of a duration that the API prints, `6ms` or `3m0s`."""
    return int(sum(float(number) * _UNITS[unit] for number, unit in _SPAN.findall(duration)))


def _served(names: Names, azure: Azure, *, streaming: bool) -> dict[str, str]:
    """What the deployment says of itself."""
    return {
        "azureai-fe-is-streaming": str(streaming),
        "azureml-model-session": f"d20260101000000-{names.child(azure.deployment).hex(8)}",
        "x-accel-buffering": "no",
        "x-ms-deployment-name": azure.deployment,
        "x-ms-is-spilled-over": "false",
        "x-ms-rai-invoked": "true",
    }


def _counted(limits: dict[str, str]) -> dict[str, str]:
    """Rate limits, whose resets are plain seconds, and how often they are renewed."""
    if not limits:
        return {}
    resets = f"{LIMITS}reset-"
    told = {name: str(seconds(value)) if name.startswith(resets) else value for name, value in limits.items()}
    kinds = [name.removeprefix(resets) for name in limits if name.startswith(resets)]
    return told | {f"{LIMITS}renewalperiod-{kind}": "60" for kind in kinds}
