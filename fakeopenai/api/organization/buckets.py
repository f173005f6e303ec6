"""Usage and costs are answered in buckets of time: which there are, what falls into them, and how it is grouped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from fakeopenai import access, errors
from fakeopenai.account import Counters, Use
from fakeopenai.wire import Call, Json, Object
from fakeopenai.world import World

Group = tuple[Json, ...]


class Width(NamedTuple):
    """How long a bucket is, and how many a page has: usually, and at most."""

    seconds: int
    usual: int
    most: int


WIDTHS = {"1m": Width(60, 60, 1440), "1h": Width(3600, 24, 168), "1d": Width(86_400, 7, 31)}

FILTERS = {
    "project_ids": "project_id",
    "user_ids": "user_id",
    "api_key_ids": "api_key_id",
    "models": "model",
    "sizes": "detail",
    "context_levels": "detail",
    "vector_store_ids": "detail",
    "sources": "source",
}
"""The query parameters that select by a mark of a use."""


def uses(world: World) -> Iterator[tuple[Use, Counters]]:
    """All that was used, with the names of the organization's own user, project and key where no other is known."""
    project, user = access.default_project(world), access.owner_id(world)
    key = world.names("owner key").new("key_")
    for use, used in world.account.items():
        yield (
            use._replace(
                project_id=use.project_id or project, user_id=use.user_id or user, api_key_id=use.api_key_id or key
            ),
            used,
        )


def wanted(call: Call, use: Use) -> bool:
    """Whether a use passes the filters of the query."""
    query = call.query
    if query.get("batch") is not None and query["batch"] != use.batch:
        return False
    return all(not query.get(name) or getattr(use, mark) in query[name] for name, mark in FILTERS.items())


def paged(call: Call, fill: Callable[[int, int], list[Object]], width: Width, *, clipped: bool = True) -> Object:
    """A page of buckets. `fill` gives the results between two times.

    With `clipped`, the first and last bucket end where the query does (recorded for usage; costs have whole days).
    """
    since, end = int(call.query["start_time"]), call.query.get("end_time")
    if end is not None and end <= since:
        raise errors.invalid("'end_time' must be after 'start_time'.", "end_time", "invalid_value")
    until = int(end or call.world.clock.now + 1)
    first = _resumed(call) or since // width.seconds * width.seconds
    starts = range(first, until, width.seconds)
    limit = _limit(call, width)
    data = []
    for start in starts[:limit]:
        low, high = max(start, since), min(start + width.seconds, until)
        results = fill(low, high)
        shown = (low, high) if clipped else (start, start + width.seconds)
        data.append({"object": "bucket", "start_time": shown[0], "end_time": shown[1], "results": results})
    more = len(starts) > limit
    return {"object": "page", "data": data, "has_more": more, "next_page": _token(starts[limit]) if more else None}


def grouped(rows: Iterable[tuple[Group, Counters]]) -> dict[Group, Counters]:
    """Counters summed by group, the groups in order."""
    sums: dict[Group, Counters] = {}
    for group, used in rows:
        total = sums.setdefault(group, {})
        for name, number in used.items():
            total[name] = total.get(name, 0) + number
    return dict(sorted(sums.items(), key=lambda entry: [str(part) for part in entry[0]]))


def _limit(call: Call, width: Width) -> int:
    limit = call.query.get("limit")
    if limit is None:
        return width.usual
    if limit < 1:
        raise errors.below_minimum("limit", "integer", 1, limit)
    if limit > width.most:
        raise errors.above_maximum("limit", "integer", width.most, limit)
    return int(limit)


def _token(start: int) -> str:
    return f"page_{start:016x}"


def _resumed(call: Call) -> int | None:
    """Where the page begins that a token names."""
    token = call.query.get("page")
    if not token:
        return None
    found = re.fullmatch("page_([0-9a-f]{16})", token)
    if found is None:
        raise errors.invalid("Invalid 'page': not a page of this query.", "page", "invalid_value")
    return int(found[1], 16)
