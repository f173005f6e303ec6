"""What stands before a response: the responses it follows, the conversation it is part of, and its own input.

A stored response leaves a record of its input under the 18 digits that its id shares with its items, so that any of
them can be found by its id. A record stays when its response is deleted: what followed it still follows.
"""

from __future__ import annotations

from collections.abc import Iterator

from fakeopenai.api.responses import items, view
from fakeopenai.errors import ApiError, invalid
from fakeopenai.wire import Call, Object
from fakeopenai.world import World

RESPONSES = "/responses"
RECORDS = "/responses/records"
CONVERSATIONS = "/conversations"


def before(call: Call) -> list[Object]:
    """The items that were said before the request, oldest first."""
    if id := conversation_id(call.body):
        return said_in(call.world, id)
    if previous := call.body.get("previous_response_id"):
        remembered = call.request.memory.said(previous) if call.request.memory else None
        return chain(call.world, previous) if remembered is None else remembered
    return []


def own(call: Call) -> list[Object]:
    """The items of the request's input; references are replaced by what they refer to."""
    given = items.given(call.body.get("input"))
    return resolved(call, [item for item in given if item["type"] != items.TRIGGER])


def resolved(call: Call, given: list[Object]) -> list[Object]:
    """Items as they were sent, references replaced by what they refer to."""
    return [_referred(call, item["id"]) if item["type"] == "item_reference" else item for item in given]


def conversation_id(body: Object) -> str:
    """The conversation that a request names."""
    given = body.get("conversation")
    return given["id"] if isinstance(given, dict) else given or ""


def said_in(world: World, id: str) -> list[Object]:
    """The items of a conversation."""
    if id not in world.drawer(CONVERSATIONS):
        raise ApiError(404, f"Conversation with id '{id}' not found.")
    return list(world.drawer(f"{CONVERSATIONS}/{id}/items"))


def chain(world: World, previous: str) -> list[Object]:
    """The input and output of a response and of all before it."""
    if previous not in world.drawer(RESPONSES):
        message = f"Previous response with id '{previous}' not found."
        raise invalid(message, "previous_response_id", "previous_response_not_found")
    links = [[*record["before"], *record["input"], *output(world, record)] for record in _records(world, previous)]
    return [item for link in reversed(links) for item in link]


def output(world: World, record: Object) -> list[Object]:
    """What a response said; a deleted one has left it in its record."""
    response = world.drawer(RESPONSES).get(record["response"]) or record
    said: list[Object] = response["output"]
    return said


def inputs(world: World, id: str) -> list[Object]:
    """All items that a stored response answered, oldest first."""
    record = _record(world, id)
    if record is None:
        return []
    earlier = chain(world, record["previous"]) if record["previous"] in world.drawer(RESPONSES) else []
    return [*record["before"], *earlier, *record["input"]]


def keep(call: Call, response: Object, asked: list[Object], broken: Object | None) -> None:
    """Leave a record of what a response answered, and where it broke off."""
    record = {
        "id": _key(response["id"]),
        "response": response["id"],
        "previous": response["previous_response_id"],
        "before": before(call) if conversation_id(call.body) else [],
        "input": asked,
        "pictures": view.partial_images(call.body),
        **({"broken": broken} if broken else {}),
    }
    call.world.drawer(RECORDS).put(record)


def add(world: World, response: Object, said: list[Object]) -> None:
    """Add items to the conversation that a response is part of, if it is part of one."""
    if "conversation" in response:
        drawer = world.drawer(f"{CONVERSATIONS}/{response['conversation']['id']}/items")
        for item in said:
            drawer.put(item)


def partial_images(world: World, id: str) -> int:
    """How many partial images the stream of a stored response shows."""
    record = _record(world, id)
    return int(record["pictures"]) if record else 0


def broken_off(world: World, id: str) -> Object | None:
    """Where a stored response broke off, if it did."""
    return (_record(world, id) or {}).get("broken")


def forget(world: World, response: Object) -> None:
    """A response is deleted; its words stay for those that follow it."""
    record = _record(world, response["id"])
    if record is not None:
        world.drawer(RECORDS).put(record | {"output": response["output"]})


def _records(world: World, id: str | None) -> Iterator[Object]:
    while id:
        record = _record(world, id)
        if record is None:
            return
        yield record
        id = record["previous"]


def _record(world: World, id: str) -> Object | None:
    return world.drawer(RECORDS).get(_key(id))


def _key(id: str) -> str:
    """The digits that a response shares with its items."""
    return id.partition("_")[2][:18]


def _referred(call: Call, id: str) -> Object:
    record = _record(call.world, id)
    found = [*record["input"], *output(call.world, record)] if record else []
    if conversation := conversation_id(call.body):
        found += said_in(call.world, conversation)
    for item in found:
        if item["id"] == id:
            referred: Object = item
            return referred
    remembered = call.request.memory.item(id) if call.request.memory else None
    if remembered is None:
        raise _no_item(id)
    return remembered


def _no_item(id: str) -> ApiError:
    message = f"Item with id '{id}' not found."
    if not id.startswith("msg_"):
        message += (
            " Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this "
            "item from your input."
        )
    return ApiError(404, message, param="input")
