"""The headers that every answer carries, beside those its handler gives it.

Which layer sends which header, and with which values, is read off recorded traffic of 2025 and 2026.
"""

from __future__ import annotations

from email.utils import formatdate
from functools import lru_cache
from typing import TYPE_CHECKING

from fakeopenai.ids import Names

if TYPE_CHECKING:
    from fakeopenai.operations import Operation
    from fakeopenai.wire import Reply
    from fakeopenai.world import World

NETWORK = {
    "server": "cloudflare",
    "cf-cache-status": "DYNAMIC",
    "alt-svc": 'h3=":443"; ma=86400',
    "x-content-type-options": "nosniff",
    "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
}

GATEWAY = {"vary": "Origin", "x-openai-proxy-wasm": "v0.1"}
"""What the gateway adds to what it refuses."""

EXPOSING = frozenset({"chat", "embeddings", "audio", "completions", "responses", "moderations"})
"""Families that name their request id to browsers."""

OPEN = frozenset({"files", "uploads", "completions"})
"""Families that any origin may read."""

PROXIED = frozenset(
    {"chat", "embeddings", "files", "batches", "vector_stores", "moderations", "uploads", "assistants", "threads"}
    | {"completions", "audio", "models"}
)
"""Families behind the extra proxy since 2025-09; never `/responses`."""


def dress(reply: Reply, names: Names, operation: Operation | None, world: World | None) -> None:
    """Give a reply its headers; those it has already stay."""
    trace = names.trace
    own = {"cf-ray": f"{trace[-16:]}-FRA", "x-request-id": names.request_id}
    if reply.gateway:
        reply.headers = _network(int(names.now)) | own | GATEWAY | reply.headers
        return
    own["openai-processing-ms"] = str(40 + int(trace[32:36], 16) % 400)
    family = operation.path.split("/", 2)[1] if operation else ""
    reply.headers = {**_shared(int(names.now), world.seed if world else b"", family), **own, **reply.headers}


@lru_cache(maxsize=256)
def _shared(now: int, seed: bytes, family: str) -> dict[str, str]:
    """What all answers of a family have in common, in one second of the worlds of one seed."""
    owner = _owner(seed) if seed else {}
    return _network(now) | {"openai-version": "2020-10-01"} | owner | _family(family)


def _owner(seed: bytes) -> dict[str, str]:
    names = Names(seed, 0)
    return {"openai-organization": f"user-{names.b62(24, 'user-').lower()}", "openai-project": names.new("proj_")}


def _family(family: str) -> dict[str, str]:
    return {
        **({"access-control-expose-headers": "X-Request-ID"} if family in EXPOSING else {}),
        **({"access-control-allow-origin": "*"} if family in OPEN else {}),
        **({"x-openai-proxy-wasm": "v0.1"} if family in PROXIED else {}),
    }


@lru_cache(maxsize=16)
def _network(now: int) -> dict[str, str]:
    """What the network in front of the API adds; the date is the world's."""
    return NETWORK | {"date": formatdate(now, usegmt=True)}
