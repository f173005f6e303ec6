"""How responses and items are shown: with what `include` asks for, in pages."""

from __future__ import annotations

from collections.abc import Container

from fakeopenai.api.responses import items
from fakeopenai.resource import cursor, page_limit
from fakeopenai.wire import Call, Object

RESULTS = {
    "file_search_call": ("results", "file_search_call.results"),
    "code_interpreter_call": ("outputs", "code_interpreter_call.outputs"),
}
"""What is null unless it is asked for, and how one asks."""

SOURCES = "web_search_call.action.sources"


def seen(response: Object, include: Container[str]) -> Object:
    """A response as it is shown."""
    return response | {"output": [item_seen(item, include) for item in response["output"]]}


def item_seen(item: Object, include: Container[str]) -> Object:
    """An item without the results that nobody asked for."""
    field, key = RESULTS.get(item["type"], ("", ""))
    if field and key not in include:
        return item | {field: None}
    if item["type"] == "web_search_call" and SOURCES not in include and "sources" in item.get("action", {}):
        return item | {"action": {name: value for name, value in item["action"].items() if name != "sources"}}
    return items.listed(item, include)


def paged(found: list[Object], call: Call) -> Object:
    """A page of items."""
    include = call.query.get("include") or ()
    ids = [item["id"] for item in found]
    limit, after = page_limit(call), cursor(call, "after", ids)
    start = ids.index(after) + 1 if after else 0
    shown = [item_seen(item, include) for item in found[start : start + limit]]
    return listing(shown, more=len(found) > start + limit)


def listing(shown: list[Object], *, more: bool) -> Object:
    """A page in this family's order of keys."""
    first, last = (shown[0]["id"], shown[-1]["id"]) if shown else (None, None)
    return {"object": "list", "data": shown, "first_id": first, "has_more": more, "last_id": last}


def partial_images(body: Object) -> int:
    """How many partial images a stream shows."""
    return max((tool.get("partial_images") or 0 for tool in body.get("tools") or ()), default=0)
