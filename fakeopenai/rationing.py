"""Who has asked too much, or spent too much: allowances held against what came so far, on the world's clock.

The requests are counted before one is read, its tokens once it is. What is refused for its tokens has been counted as a
request, as the real API does with whatever it refuses later. Without allowances nothing is counted.

In auto mode a client that was told to wait, and says that it tries again, has waited: the clock moves by what it was
told. So a retry is answered, while whoever merely asks more is refused as often as they ask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from fakeopenai import access, buckets, faults, limits
from fakeopenai.allowances import Allowance, Scope, allowed
from fakeopenai.buckets import Bucket, RateLimitError

if TYPE_CHECKING:
    from fakeopenai.access import Holder
    from fakeopenai.wire import Call, Object
    from fakeopenai.world import World

RETRIED = "x-stainless-retry-count"
"""The header in which the official clients say how often they have tried before."""


class Share(NamedTuple):
    """What one scope allows a request, and how a refusal calls the model there."""

    scope: Scope
    allowance: Allowance
    whom: str


def count_request(call: Call) -> None:
    """Count a request that asks a model. Refuses it where no more may come."""
    if call.holder is None or not call.world.limits:
        return
    if model := _model(call):
        _take(call, call.holder, model, lambda bucket: 1 if bucket.kind == "requests" else 0)


def charge(call: Call) -> None:
    """Count the tokens of a request, by the estimate that the API makes. Refuses it, too, where the money is spent."""
    if call.holder is None or not call.world.limits:
        return
    if model := _model(call):
        _check_spending(call, call.holder)
        tokens = limits.charged(call)
        _take(call, call.holder, model, lambda bucket: tokens if bucket.kind == "tokens" else 0)


def used(world: World) -> Iterator[Object]:
    """How far each bucket that somebody has asked for is filled."""
    for scope, levels in world.levels.items():
        names = {scope.model, *(other.model for other in world.limits if access.family(other.model) == scope.model)}
        for bucket in allowed(world.limits, scope.project, names).buckets():
            period = "day" if bucket.period > 60 else "minute"
            level = bucket.level(levels, world.clock.now)
            yield {
                "project": scope.project,
                "model": scope.model,
                "kind": bucket.kind,
                "period": period,
                "limit": bucket.limit,
                "used": ceil(level),
            }


def _model(call: Call) -> str:
    """The model that a request asks, if it asks any that is counted."""
    body = call.request.body
    name = body.get("model") if str(call.operation) in limits.RATED and isinstance(body, dict) else None
    return name if isinstance(name, str) else call.path.get("engine", "")


def _take(call: Call, holder: Holder, model: str, amount: Callable[[Bucket], int]) -> None:
    for share in _shares(call, holder, model):
        wanted = [(bucket, amount(bucket)) for bucket in share.allowance.buckets()]
        if not wanted:
            continue
        try:
            holder.rates |= _taken(call, share, wanted)
        except RateLimitError as refused:
            refused.headers = holder.rates | refused.headers
            raise


def _taken(call: Call, share: Share, wanted: list[tuple[Bucket, int]]) -> dict[str, str]:
    """Fill the buckets of a scope; a client that has waited finds the time passed."""
    world = call.world
    try:
        return _fill(call, share, wanted)
    except RateLimitError as refused:
        if not refused.wait or world.clock.mode != "auto" or call.request.headers.get(RETRIED, "0") == "0":
            raise
        world.clock.advance(refused.wait)
    return _fill(call, share, wanted)


def _fill(call: Call, share: Share, wanted: list[tuple[Bucket, int]]) -> dict[str, str]:
    world = call.world
    levels = dict(world.levels.get(share.scope, {}))
    headers = buckets.take(levels, wanted, world.clock.now, share.whom)
    world.levels[share.scope] = levels
    return headers


def _shares(call: Call, holder: Holder, model: str) -> Iterator[Share]:
    """The world's, then that of the project whose key is used."""
    world = call.world
    family = access.family(model)
    names = {model, family}
    organization = f"organization {access.organization_id(world)}"
    yield Share(Scope("", family), allowed(world.limits, "", names), f"{model} in {organization}")
    if project := holder.project:
        own = allowed(world.limits, project, names)
        yield Share(Scope(project, family), own, f"{model} in project {project} {organization}")


def _check_spending(call: Call, holder: Holder) -> None:
    for scope in dict.fromkeys(("", holder.project)):
        hard = allowed(call.world.limits, scope).hard_spend
        if isinstance(hard, int | float) and access.spent(call.world, scope) >= hard:
            image = call.operation.path.startswith("/images")
            raise faults.billing_hard_limit(call) if image else faults.insufficient_quota(call)
