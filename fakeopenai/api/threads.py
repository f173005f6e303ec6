"""Threads and their messages."""

from __future__ import annotations

from fakeopenai.api.assistants import check_files, resources_of
from fakeopenai.api.vector_stores import STRATEGY, add_file, new_store
from fakeopenai.errors import invalid, missing
from fakeopenai.filing import find_file, no_such_file
from fakeopenai.ids import Names
from fakeopenai.resource import Routes, page
from fakeopenai.wire import Call, Json, Object, Reply
from fakeopenai.world import World

routes = Routes()

WEEK = {"anchor": "last_active_at", "days": 7}
"""When a vector store expires that is made for a thread (documented)."""

ACTIVE = frozenset({"queued", "in_progress", "requires_action", "cancelling"})
"""The statuses of a run that keep its thread busy."""

PROGRESS = ("status", "incomplete_details", "incomplete_at", "completed_at")
"""The fields of a message that only streams show (recorded)."""

threads = routes.resource(
    "/threads/{thread_id}",
    object="thread",
    prefix="thread_",
    missing="No thread found with id '{id}'.",
)
messages = routes.resource(
    "/threads/{thread_id}/messages/{message_id}",
    object="thread.message",
    prefix="msg_",
    missing="No message found with id '{id}'.",
    parent=threads,
    filters=("run_id",),
    view=lambda _, message: {name: value for name, value in message.items() if name not in PROGRESS},
)


@routes.on("POST /threads")
def create(call: Call) -> Reply:
    return Reply(new_thread(call, call.body))


def new_thread(call: Call, body: Object) -> Object:
    """Make a thread of what a request says, with its first messages."""
    first = drafts(call.world, body.get("messages"))
    resources = resources_of(call.world, call.names, body.get("tool_resources"), WEEK)
    thread: Object = {
        "id": call.names.new(threads.prefix),
        "object": threads.object,
        "created_at": int(call.world.clock.now),
        "metadata": body.get("metadata") or {},
        "tool_resources": resources,
    }
    call.world.drawer(threads.collection).put(thread)
    for draft in first:
        add(call.world, call.names, thread["id"], draft)
    return call.world.drawer(threads.collection).get(thread["id"]) or thread


@routes.on("GET /threads/{thread_id}")
def retrieve(call: Call) -> Reply:
    return Reply(equipped(threads.find(call)))


def equipped(item: Object) -> Object:
    """A thread or a run as reading and streaming it shows: with an interpreter if it has no tools' files (recorded)."""
    return item | {"tool_resources": item["tool_resources"] or {"code_interpreter": {"file_ids": []}}}


@routes.on("POST /threads/{thread_id}")
def update(call: Call) -> Reply:
    thread = threads.find(call)
    if "metadata" in call.body:
        thread["metadata"] = call.body["metadata"] or {}
    thread["tool_resources"] |= resources_of(call.world, call.names, call.body.get("tool_resources"), WEEK)
    threads.drawer(call).put(thread)
    return Reply(thread)


# Messages


@routes.on("POST /threads/{thread_id}/messages")
def create_message(call: Call) -> Reply:
    thread_id = threads.find(call)["id"]
    run = active_run(call.world, thread_id)
    if run:
        raise invalid(f"Can't add messages to {thread_id} while a run {run['id']} is active.")
    message = add(call.world, call.names, thread_id, _draft(call.world, call.body))
    return Reply(messages.seen(call, message))


@routes.on("GET /threads/{thread_id}/messages")
def list_messages(call: Call) -> Reply:
    """What stands in a thread. Somebody who looks for an answer lets the run come on that is to give it."""
    threads.find(call)
    look(call.world, call.path["thread_id"])
    return Reply(page(call, messages.drawer(call), messages))


@routes.on("POST /threads/{thread_id}/messages/{message_id}")
def update_message(call: Call) -> Reply:
    """Change a message's metadata. The answer has the form of the API's first version (recorded)."""
    message = messages.find(call)
    if "metadata" in call.body:
        message["metadata"] = call.body["metadata"] or {}
    messages.drawer(call).put(message)
    names = {"attachments": "file_ids"}
    shown = {names.get(name, name): value for name, value in messages.seen(call, message).items()}
    return Reply(shown | {"file_ids": []})


def add(world: World, names: Names, thread_id: str, draft: Object) -> Object:
    """Put a message into a thread, and what is attached to it into the thread's tools."""
    now = int(world.clock.now)
    message = {
        "id": names.new(messages.prefix),
        "object": messages.object,
        "created_at": now,
        "assistant_id": None,
        "thread_id": thread_id,
        "run_id": None,
        "status": "completed",
        "incomplete_details": None,
        "incomplete_at": None,
        "completed_at": now,
        **draft,
    }
    world.drawer(f"{threads.collection}/{thread_id}/messages").put(message)
    for attachment in message["attachments"]:
        _attach(world, names, thread_id, attachment)
    return message


def drafts(world: World, given: Json) -> list[Object]:
    """Messages that a request brings, before they are put into a thread."""
    return [_draft(world, message) for message in given or ()]


def _draft(world: World, given: Object) -> Object:
    attachments = [_attachment(index, attachment) for index, attachment in enumerate(given.get("attachments") or ())]
    check_files(world, [attachment["file_id"] for attachment in attachments])
    return {
        "role": given["role"],
        "content": _content(world, given["content"]),
        "attachments": attachments,
        "metadata": given.get("metadata") or {},
    }


def _attachment(index: int, given: Object) -> Object:
    if not given.get("file_id"):
        raise missing(f"attachments[{index}].file_id")
    return {"file_id": given["file_id"], "tools": given.get("tools") or []}


def _content(world: World, given: Json) -> list[Object]:
    parts = [{"type": "text", "text": given}] if isinstance(given, str) else given
    if not all(part.get("text", True) for part in parts):
        raise invalid("Message content must be non-empty.", "content")
    return [_part(world, part) for part in parts]


def _part(world: World, part: Object) -> Object:
    kind = part["type"]
    if kind == "text":
        return {"type": "text", "text": {"value": part["text"], "annotations": []}}
    given = part[kind]
    if kind == "image_file" and find_file(world, given["file_id"]) is None:
        raise no_such_file(given["file_id"])
    source = "file_id" if kind == "image_file" else "url"
    return {"type": kind, kind: {source: given[source], "detail": given.get("detail") or "auto"}}


def _attach(world: World, names: Names, thread_id: str, attachment: Object) -> None:
    """Give an attached file to the tools that it is for: into the thread's vector store, or to its interpreter."""
    thread = world.drawer(threads.collection).get(thread_id)
    assert thread is not None, "messages are put into threads that are there"
    resources = thread["tool_resources"]
    for tool in attachment["tools"]:
        if tool["type"] == "file_search":
            _make_searchable(world, names, resources, attachment["file_id"])
        else:
            known = resources.setdefault("code_interpreter", {"file_ids": []})["file_ids"]
            known += [attachment["file_id"]] if attachment["file_id"] not in known else []
    world.drawer(threads.collection).put(thread)


def _make_searchable(world: World, names: Names, resources: Object, file_id: str) -> None:
    stores = resources.setdefault("file_search", {"vector_store_ids": []})["vector_store_ids"]
    if not stores:
        stores.append(new_store(world, names, {"file_ids": [file_id], "expires_after": WEEK})["id"])
    elif file_id not in world.drawer(f"/vector_stores/{stores[0]}/files"):
        add_file(world, stores[0], {"file_id": file_id, "attributes": {}, "chunking_strategy": STRATEGY})


# Runs


def active_run(world: World, thread_id: str) -> Object | None:
    """The run that keeps a thread busy; no other can begin meanwhile, so it is the newest."""
    newest = next(world.drawer(f"{threads.collection}/{thread_id}/runs").items(newest_first=True), None)
    return newest if newest and newest["status"] in ACTIVE else None


def look(world: World, thread_id: str) -> None:
    """Somebody looks at what a thread's run has come to; in mode `auto` that lets it come on."""
    run = active_run(world, thread_id)
    if run:
        world.clock.poll(f"{threads.collection}/{thread_id}/runs", run["id"])
