"""Costs: what the world's use comes to at list prices."""

from __future__ import annotations

from fakeopenai import access, prices
from fakeopenai.account import Use
from fakeopenai.api.organization.buckets import Width, paged, uses, wanted
from fakeopenai.prices import Cost
from fakeopenai.resource import Routes
from fakeopenai.wire import Call, Json, Object, Reply
from fakeopenai.world import World

routes = Routes()

DAYS = Width(86_400, 7, 180)
GROUPS = ("line_item", "project_id", "user_id", "api_key_id", "api_source")


@routes.on("GET /organization/costs")
def report(call: Call) -> Reply:
    by, items = call.query.get("group_by") or [], call.query.get("line_items")
    lines = [
        (use, cost)
        for use, used in uses(call.world)
        if wanted(call, use)
        for cost in prices.costs(use, used)
        if not items or cost.line_item in items
    ]

    def fill(low: int, high: int) -> list[Object]:
        sums: dict[tuple[Json, ...], list[Cost]] = {}
        for use, cost in lines:
            if low // 60 * 60 <= use.minute < high:
                sums.setdefault(_group(use, cost, by), []).append(cost)
        return [_result(call.world, group, found) for group, found in sorted(sums.items(), key=str)]

    return Reply(paged(call, fill, DAYS, clipped=False))


def _group(use: Use, cost: Cost, by: list[str]) -> tuple[Json, ...]:
    known: Object = {"line_item": cost.line_item} | use._asdict()
    return tuple(known.get(name) if name in by else None for name in GROUPS)


def _result(world: World, group: tuple[Json, ...], found: list[Cost]) -> Object:
    one_line = group[0] is not None
    return {
        "object": "organization.costs.result",
        "amount": {"value": sum(cost.amount for cost in found), "currency": "usd"},
        **dict(zip(GROUPS, group, strict=True)),
        "organization_id": access.organization_id(world),
        "quantity": sum(cost.quantity for cost in found) if one_line else None,
        "quantity_unit": found[0].unit if one_line else None,
    }
