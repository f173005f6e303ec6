"""The leaky buckets behind rate limits: what a minute or a day still has room for, and the refusal when it has none."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Literal

from fakeopenai.errors import ApiError
from fakeopenai.faults import retry_headers
from fakeopenai.limits import duration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fakeopenai.wire import Object

_HELP = "Visit https://platform.openai.com/account/rate-limits to learn more."
_SPANS = {60: "min", 86_400: "day"}


GRAIN = 1e-6
"""What is less than this is an error of rounding."""


class RateLimitError(ApiError):
    """A request too many. After `wait` seconds it would be none; never if that is 0."""

    wait: float = 0


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
            f"x-ratelimit-remaining-{self.kind}": str(int(self.limit - level + GRAIN)),
            f"x-ratelimit-reset-{self.kind}": duration(self.milliseconds(level)),
        }

    def level(self, levels: Object, now: float) -> float:
        """How much of it is still taken, of what was when `levels` were written."""
        passed: float = now - levels.get("at", now)
        then: float = levels.get(self.name, 0.0)
        return max(0.0, then - passed * self.limit / self.period)

    def milliseconds(self, amount: float) -> int:
        """How long it takes until room for this much is free again."""
        return int(max(amount, 0) * self.period * 1000 / max(self.limit, 1) + GRAIN)


def take(levels: Object, wanted: Iterable[tuple[Bucket, int]], now: float, whom: str) -> dict[str, str]:
    """Fill buckets with what a request wants, and say so in headers; refuse it whole where one has no room.

    `levels` is what earlier requests left, by name of bucket, and is changed. `whom` completes "Rate limit reached
    for". Of two buckets of a kind the headers tell of the latter.
    """
    found = [(bucket, bucket.level(levels, now), amount) for bucket, amount in wanted]
    for bucket, level, amount in found:
        if amount and level + amount > bucket.limit + GRAIN:
            error = _refusal(bucket, level, amount, whom)
            error.headers = _headers((each, held) for each, held, _ in found) | error.headers
            raise error
    levels |= {bucket.name: level + amount for bucket, level, amount in found} | {"at": now}
    return _headers((bucket, level + amount) for bucket, level, amount in found)


def _headers(levels: Iterable[tuple[Bucket, float]]) -> dict[str, str]:
    return {name: value for bucket, level in levels for name, value in bucket.headers(level).items()}


def _refusal(bucket: Bucket, level: float, amount: int, whom: str) -> RateLimitError:
    facts = f"on {bucket.name}: Limit {bucket.limit},"
    if amount > bucket.limit:
        return _limited(
            bucket,
            f"Request too large for {whom} {facts} Requested {amount}. The input or output tokens must be reduced in "
            f"order to run successfully. {_HELP}",
        )
    wait = ceil((level + amount - bucket.limit) * bucket.period * 1000 / bucket.limit - GRAIN)
    error = _limited(
        bucket,
        f"Rate limit reached for {whom} {facts} Used {int(level)}, Requested {amount}. Please try again in "
        f"{duration(wait)}. {_HELP}",
    )
    error.headers |= bucket.headers(level) | retry_headers(wait / 1000)
    error.wait = wait / 1000
    return error


def _limited(bucket: Bucket, message: str) -> RateLimitError:
    return RateLimitError(429, message, type=bucket.kind, code="rate_limit_exceeded", gateway=True)
