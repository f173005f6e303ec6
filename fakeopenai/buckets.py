"""The leaky buckets behind rate limits: what a minute or a day still has room for, and the refusal when it has none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fakeopenai.errors import ApiError
from fakeopenai.faults import retry_headers
from fakeopenai.limits import duration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fakeopenai.wire import Object

_HELP = "Visit https://platform.openai.com/account/rate-limits to learn more."
_SPANS = {60: "min", 86_400: "day"}


@dataclass(frozen=True, slots=True)
class Bucket:
    """Room for `limit` requests or tokens, all of it free again after `period` seconds."""

    kind: Literal["requests", "tokens"]
    limit: int
    period: int = 60

    @property
    def name(self) -> str:
        """As the API's messages have it: `requests per min (RPM)`."""
        span = _SPANS[self.period]
        return f"{self.kind} per {span} ({self.kind[0].upper()}P{span[0].upper()})"

    def headers(self, level: float) -> dict[str, str]:
        return {
            f"x-ratelimit-limit-{self.kind}": str(self.limit),
            f"x-ratelimit-remaining-{self.kind}": str(int(self.limit - level)),
            f"x-ratelimit-reset-{self.kind}": duration(self.milliseconds(level)),
        }

    def milliseconds(self, amount: float) -> int:
        """How long it takes until room for this much is free again."""
        return int(amount * self.period * 1000 // max(self.limit, 1))


def take(levels: Object, wanted: Iterable[tuple[Bucket, int]], now: float, whom: str) -> dict[str, str]:
    """Fill buckets with what a request wants, and say so in headers; refuse it whole where one has no room.

    `levels` is what earlier requests left, by name of bucket, and is changed. `whom` completes "Rate limit reached
    for".
    """
    passed = now - levels.get("at", now)
    filled: dict[str, float] = {}
    headers: dict[str, str] = {}
    for bucket, amount in wanted:
        level = max(0.0, levels.get(bucket.name, 0.0) - passed * bucket.limit / bucket.period)
        if level + amount > bucket.limit:
            raise _refusal(bucket, level, amount, whom)
        filled[bucket.name] = level + amount
        headers = bucket.headers(level + amount) | headers
    levels |= filled | {"at": now}
    return headers


def _refusal(bucket: Bucket, level: float, amount: int, whom: str) -> ApiError:
    facts = f"on {bucket.name}: Limit {bucket.limit},"
    if amount > bucket.limit:
        return _limited(
            bucket,
            f"Request too large for {whom} {facts} Requested {amount}. The input or output tokens must be reduced in "
            f"order to run successfully. {_HELP}",
        )
    wait = max(1, bucket.milliseconds(level + amount - bucket.limit))
    error = _limited(
        bucket,
        f"Rate limit reached for {whom} {facts} Used {int(level)}, Requested {amount}. Please try again in "
        f"{duration(wait)}. {_HELP}",
    )
    error.headers |= bucket.headers(level) | retry_headers(wait / 1000)
    return error


def _limited(bucket: Bucket, message: str) -> ApiError:
    return ApiError(429, message, type=bucket.kind, code="rate_limit_exceeded", gateway=True)
