"""Conversations: lists of items that responses read and write, with items of one's own."""

from __future__ import annotations

from functools import cache

from fakeopenai import errors
from fakeopenai.api.responses import context, items, view
from fakeopenai.ids import Names, block
from fakeopenai.operations import Operations
from fakeopenai.resource import Resource, Routes, fitted
from fakeopenai.schema import types
from fakeopenai.wire import Call, Json, Object, Reply

routes = Routes()

MOST_ITEMS = 20
"""How many items one request may add (API reference)."""

conversations = routes.resource(
    "/conversations/{conversation_id}",
    object="conversation",
    prefix="conv_",
    missing="Conversation with id '{id}' not found.",
)
kept = Resource(
    "/conversations/{conversation_id}/items/{item_id}",
    parent=conversations,
    missing="Item with id '{id}' not found.",
)


@routes.on("POST /conversations")
def create(call: Call) -> Reply:
    added = call.body.get("items") or []
    _check(added)
    conversation: Object = {
        "id": call.names.new("conv_"),
        "object": "conversation",
        "created_at": int(call.world.clock.now),
        "metadata": call.body.get("metadata") or {},
    }
    call.world.drawer("/conversations").put(conversation)
    _add(call, conversation["id"], added)
    return Reply(conversation)


@routes.on("POST /conversations/{conversation_id}")
def update(call: Call) -> Reply:
    conversation = conversations.find(call) | {"metadata": call.body.get("metadata") or {}}
    call.world.drawer("/conversations").put(conversation)
    return Reply(conversation)


@routes.on("POST /conversations/{conversation_id}/items")
def add_items(call: Call) -> Reply:
    conversation = conversations.find(call)
    _check(call.body["items"])
    added = _add(call, conversation["id"], call.body["items"])
    return Reply(view.listing([view.item_seen(item, _include(call)) for item in added], more=False))


@routes.on("GET /conversations/{conversation_id}/items")
def list_items(call: Call) -> Reply:
    """A page of items, the newest first unless asked otherwise."""
    found = list(kept.drawer(call).items(newest_first=call.query.get("order") != "asc"))
    return Reply(view.paged(found, call))


@routes.on("GET /conversations/{conversation_id}/items/{item_id}")
def retrieve_item(call: Call) -> Reply:
    return Reply(view.item_seen(kept.find(call), _include(call)))


@routes.on("DELETE /conversations/{conversation_id}/items/{item_id}")
def delete_item(call: Call) -> Reply:
    """The answer is the conversation that the item was part of."""
    kept.find(call)
    kept.drawer(call).delete(call.path["item_id"])
    return Reply(conversations.find(call))


def _include(call: Call) -> Json:
    return call.query.get("include") or ()


def _add(call: Call, conversation: str, added: list[Object]) -> list[Object]:
    drawer = call.world.drawer(f"/conversations/{conversation}/items")
    given = context.resolved(call, items.given(added))
    named = [_named(call.names, conversation, item) for item in given]
    whole = [_whole(item) for item in items.kept(call.names, named)]
    for item in whole:
        drawer.put(item)
    return whole


def _named(names: Names, conversation: str, item: Object) -> Object:
    """An item under an id that ends like its conversation's, as recorded."""
    prefix = items.PREFIXES.get(item["type"], "item_")
    return item | {"id": item.get("id") or f"{prefix}{block(names, prefix)}{conversation[-16:]}"}


def _whole(item: Object) -> Object:
    """An item with all that its type demands; the demands on messages differ by who speaks."""
    schema = {} if item["type"] == "message" else _schema(item["type"])
    parts = schema.get("properties", {})
    missing = {name: fitted(parts[name], None) for name in schema.get("required", ()) if name not in item}
    action = {"action": fitted(parts["action"], item["action"])} if "action" in {*item} & {*parts} else {}
    return items.ordered(item | missing | action) if missing or action else item


@cache
def _schema(type: str) -> Object:
    """What items of a type are like."""
    listed = types().alternatives(Operations.load().all["GET /conversations/{conversation_id}/items"].item or {})
    return next((schema for schema in listed if schema["properties"]["type"].get("const") == type), {})


def _check(added: list[Object]) -> None:
    if len(added) > MOST_ITEMS:
        raise errors.too_long("items", "array", MOST_ITEMS, len(added))
    for index, item in enumerate(added):
        if item.get("type") == "compaction_trigger":
            raise errors.invalid("Conversations hold no compaction triggers.", f"items[{index}].type", "invalid_value")
