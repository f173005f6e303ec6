"""Vector stores: files that are read, cut into chunks and searched."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, islice

from fakeopenai import documents, errors, filing, marks
from fakeopenai.clock import Course, Stage
from fakeopenai.errors import ApiError
from fakeopenai.ids import Names, block
from fakeopenai.resource import Relation, Routes, page, remove
from fakeopenai.search import EXPIRY, STORES, put_chunks, rewritten, search, usable, used
from fakeopenai.store import Drawer
from fakeopenai.wire import Call, Json, Object, Reply
from fakeopenai.world import World

routes = Routes()

INDEXING = "vector store file"
"""The course of a file that is read and cut into chunks."""
UNREAD = marks.mark("status", "in_progress")
STRATEGY = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}
"""What `auto` means."""


def _shown(call: Call, file: Object) -> Object:  # noqa: ARG001  a view gets the call
    """A file as the API shows it, without the batch it came in."""
    return {name: value for name, value in file.items() if name != "batch_id"}


stores = routes.resource(
    "/vector_stores/{vector_store_id}",
    object="vector_store",
    prefix="vs_",
    missing="No vector store found with id '{id}'.",
)
files = routes.resource(
    "/vector_stores/{vector_store_id}/files/{file_id}",
    object="vector_store.file",
    missing="No file found with id '{id}'.",
    parent=stores,
    view=_shown,
)
batches = routes.resource(
    "/vector_stores/{vector_store_id}/file_batches/{batch_id}",
    object="vector_store.file_batch",
    missing="No file batch found with id '{id}'.",
    parent=stores,
)
batch_files = Relation(
    "/vector_stores/{vector_store_id}/file_batches/{batch_id}/files/{file_id}",
    parent=batches,
    target=files,
    view=_shown,
)


# Stores


@routes.on("POST /vector_stores")
def create(call: Call) -> Reply:
    return Reply(new_store(call.world, call.names, call.body))


def new_store(world: World, names: Names, body: Object) -> Object:
    """Make a vector store of what a request says: name, files and their chunking, expiry, metadata."""
    now = int(world.clock.now)
    store: Object = {
        "id": names.new("vs_"),
        "object": "vector_store",
        "created_at": now,
        "name": body.get("name"),
        "description": body.get("description"),
        "usage_bytes": 0,
        "file_counts": _no_files(),
        "status": "completed",
        "expires_after": body.get("expires_after"),
        "expires_at": None,
        "last_active_at": now,
        "metadata": body.get("metadata") or {},
    }
    entries = _entries(world, body)
    used(world, store)
    for entry in entries:
        add_file(world, store["id"], entry)
    return usable(world, store["id"])


@routes.on("GET /vector_stores/{vector_store_id}")
def retrieve(call: Call) -> Reply:
    headers = _look(call, stores.find(call), files.drawer(call).ids(mark=UNREAD))
    return Reply(stores.find(call), headers=headers)


@routes.on("POST /vector_stores/{vector_store_id}")
def update(call: Call) -> Reply:
    store = stores.find(call) | call.body
    store["metadata"] = store["metadata"] or {}
    if store["expires_after"] is None:
        store["expires_at"] = None
        call.world.clock.leave(STORES, store["id"])
    used(call.world, store)
    return Reply(store)


@routes.on("DELETE /vector_stores/{vector_store_id}")
def delete(call: Call) -> Reply:
    id = stores.find(call)["id"]
    for file_id in list(files.drawer(call).ids()):
        call.world.clock.leave(f"{STORES}/{id}/files", file_id)
        _holders(call.world, file_id).delete(id)
    remove(call, stores.drawer(call), id)
    return Reply({"id": id, "object": "vector_store.deleted", "deleted": True})


@routes.on("POST /vector_stores/{vector_store_id}/search")
def find(call: Call) -> Reply:
    query: str | list[str] = call.body["query"]
    queries = [query] if isinstance(query, str) else query
    if call.body.get("rewrite_query"):
        queries = [rewritten(text) for text in queries]
    found = search(
        call.world,
        [call.path["vector_store_id"]],
        queries,
        call.body.get("max_num_results") or 10,
        call.body.get("filters"),
        options=call.body.get("ranking_options"),
    )
    return Reply(
        {
            "object": "vector_store.search_results.page",
            "search_query": queries,
            "data": found,
            "has_more": False,
            "next_page": None,
        }
    )


def _left(world: World, store: Object) -> float:
    """The seconds a store has left if nobody uses it."""
    seconds: float = store["expires_at"] - world.clock.now
    return seconds


EXPIRED = Stage("expired", after=_left)
routes.courses.append(Course(EXPIRY, [EXPIRED], awaited=False, spared=frozenset({"expired"}), expire=EXPIRED))


# Files


@routes.on("POST /vector_stores/{vector_store_id}/files")
def attach(call: Call) -> Reply:
    store = usable(call.world, stores.find(call)["id"])
    (entry,) = _entries(call.world, call.body | {"file_ids": [call.body["file_id"]]})
    used(call.world, store)
    return Reply(_shown(call, add_file(call.world, store["id"], entry)))


def add_file(world: World, store_id: str, entry: Object, batch_id: str | None = None) -> Object:
    """Put a file into a store, where it is read in a while. `entry` is as `_entries` gives it."""
    drawer = world.drawer(f"{STORES}/{store_id}/files")
    _take_out(world, store_id, entry["file_id"], left="completed")
    file: Object = {
        "id": entry["file_id"],
        "object": "vector_store.file",
        "usage_bytes": 0,
        "created_at": int(world.clock.now),
        "vector_store_id": store_id,
        "status": "in_progress",
        "last_error": None,
        "chunking_strategy": entry["chunking_strategy"],
        "attributes": entry["attributes"],
        "batch_id": batch_id,
    }
    drawer.put(file)
    _holders(world, file["id"]).put({"id": store_id})
    _count(world, file, None, "in_progress")
    world.clock.begin(INDEXING, drawer.path, file)
    return file


def detach(world: World, store_id: str, file_id: str) -> None:
    """Take a file out of a store, if it is in it, and off the list of the batch that it came with."""
    file = _take_out(world, store_id, file_id, left="failed")
    if file and file["batch_id"]:
        world.drawer(f"{STORES}/{store_id}/file_batches/{file['batch_id']}/files").delete(file_id)


def _take_out(world: World, store_id: str, file_id: str, left: str) -> Object | None:
    """Take a file out of a store. A batch whose file leaves unread counts it as `left` says."""
    drawer = world.drawer(f"{STORES}/{store_id}/files")
    file = drawer.get(file_id)
    if file is None:
        return None
    world.clock.leave(drawer.path, file_id)
    drawer.delete(file_id)
    world.store.delete(f"{STORES}/{store_id}/chunks", file_id)
    _holders(world, file_id).delete(store_id)
    _count(world, file, file["status"], None, left)
    return file


def detach_everywhere(world: World, file_id: str) -> None:
    """Take a file that is deleted out of all stores."""
    for store_id in list(_holders(world, file_id).ids()):
        detach(world, store_id, file_id)


def _holders(world: World, file_id: str) -> Drawer:
    """The stores that a file is in."""
    return world.drawer(f"{filing.FILES}/{file_id}/vector_stores")


def _entries(world: World, body: Object) -> list[Object]:
    """The files that a request names, each with its attributes and its chunking; all of them must exist."""
    common = {name: body.get(name) for name in ("attributes", "chunking_strategy")}
    named = body.get("files") or [{"file_id": id} | common for id in body.get("file_ids") or ()]
    for entry in named:
        if filing.find_file(world, entry["file_id"]) is None:
            raise filing.no_such_file(entry["file_id"])
    return [
        {
            "file_id": entry["file_id"],
            "attributes": entry.get("attributes") or {},
            "chunking_strategy": _strategy(entry.get("chunking_strategy")),
        }
        for entry in named
    ]


def _strategy(asked: Object | None) -> Object:
    if asked is None or asked["type"] == "auto":
        return STRATEGY
    sizes = asked["static"]
    param, overlap = "chunking_strategy.static.chunk_overlap_tokens", sizes["chunk_overlap_tokens"]
    if overlap < 0:
        raise errors.below_minimum(param, "integer", 0, overlap)
    if overlap > sizes["max_chunk_size_tokens"] // 2:
        raise errors.above_maximum(param, "integer", sizes["max_chunk_size_tokens"] // 2, overlap)
    return {
        "type": "static",
        "static": {name: sizes[name] for name in ("max_chunk_size_tokens", "chunk_overlap_tokens")},
    }


@routes.on("GET /vector_stores/{vector_store_id}/files")
def list_files(call: Call) -> Reply:
    drawer = files.drawer(call)
    headers = _look(call, stores.find(call), drawer.ids(mark=UNREAD))
    wanted = call.query.get("filter")
    bearing = [marks.mark("status", wanted)] if wanted else []
    return Reply(page(call, drawer, files, _with_status(call), bearing), headers=headers)


@routes.on("POST /vector_stores/{vector_store_id}/files/{file_id}")
def set_attributes(call: Call) -> Reply:
    file = files.find(call) | {"attributes": call.body["attributes"] or {}}
    files.drawer(call).put(file)
    return Reply(_shown(call, file))


@routes.on("DELETE /vector_stores/{vector_store_id}/files/{file_id}")
def remove_file(call: Call) -> Reply:
    file = files.find(call)
    detach(call.world, file["vector_store_id"], file["id"])
    return Reply({"id": file["id"], "object": "vector_store.file.deleted", "deleted": True})


@routes.on("GET /vector_stores/{vector_store_id}/files/{file_id}/content")
def content(call: Call) -> Reply:
    file = files.find(call)
    parts = [{"type": "text", "text": _text(call.world, file)}] if file["status"] == "completed" else []
    return Reply(
        {"object": "vector_store.file_content.page", "data": parts, "has_more": False, "next_page": None},
    )


def _text(world: World, file: Object) -> str:
    source = filing.find_file(world, file["id"])
    assert source is not None, "a file that is deleted leaves its stores"
    return documents.extract(source["filename"], filing.content_of(world, file["id"])).strip()


def _index(world: World, file: Object) -> None:
    """Read a file and keep its chunks. What can't be read has failed."""
    sizes = file["chunking_strategy"]["static"]
    try:
        chunks = documents.chunked(_text(world, file), sizes["max_chunk_size_tokens"], sizes["chunk_overlap_tokens"])
        file["usage_bytes"] = put_chunks(world, file["vector_store_id"], file["id"], chunks)
    except documents.Unreadable as fault:
        file |= {"status": "failed", "last_error": {"code": fault.code, "message": fault.message}}
    _count(world, file, "in_progress", file["status"])


def _fail(world: World, file: Object, error: ApiError) -> None:
    file |= {"status": "failed", "last_error": {"code": error.code or "server_error", "message": error.message}}
    _count(world, file, "in_progress", "failed")


def _cancel(world: World, file: Object) -> None:
    _count(world, file, "in_progress", "cancelled")


routes.courses.append(
    Course(INDEXING, [Stage("completed", enter=_index)], fail=_fail, cancel=Stage("cancelled", enter=_cancel)),
)


# Batches of files


@routes.on("POST /vector_stores/{vector_store_id}/file_batches")
def create_batch(call: Call) -> Reply:
    store = usable(call.world, stores.find(call)["id"])
    if not call.body.get("file_ids") and not call.body.get("files"):
        raise errors.missing("file_ids")
    entries = _entries(call.world, call.body)
    used(call.world, store)
    batch: Object = {
        "id": call.names.new("vsfb_ibj_", block),
        "object": "vector_store.file_batch",
        "created_at": int(call.world.clock.now),
        "status": "in_progress",
        "vector_store_id": store["id"],
        "file_counts": _no_files(),
    }
    drawer = batches.drawer(call)
    drawer.put(batch)
    for entry in entries:
        add_file(call.world, store["id"], entry, batch["id"])
        call.world.drawer(f"{drawer.path}/{batch['id']}/files").put({"id": entry["file_id"]})
    return Reply(drawer.get(batch["id"]))


@routes.on("GET /vector_stores/{vector_store_id}/file_batches/{batch_id}")
def retrieve_batch(call: Call) -> Reply:
    headers = _look(call, batches.find(call), _members(call))
    return Reply(batches.find(call), headers=headers)


@routes.on("POST /vector_stores/{vector_store_id}/file_batches/{batch_id}/cancel")
def cancel_batch(call: Call) -> Reply:
    batches.find(call)
    drawer = files.drawer(call)
    for id in list(_members(call)):
        file = drawer.get(id)
        if file is not None and file["status"] == "in_progress":
            call.world.clock.leave(drawer.path, id)
            drawer.put(file | {"status": "cancelled"})
            _count(call.world, file, "in_progress", "cancelled")
    return Reply(batches.find(call))


@routes.on("GET /vector_stores/{vector_store_id}/file_batches/{batch_id}/files")
def list_batch(call: Call) -> Reply:
    drawer = batch_files.drawer(call)
    headers = _look(call, batches.find(call), _members(call))
    has_status = _with_status(call)
    return Reply(
        page(call, drawer, batch_files, lambda item: has_status(batch_files.seen(call, item))), headers=headers
    )


def _members(call: Call) -> Iterable[str]:
    return batch_files.drawer(call).ids()


# What stores, batches and their files have in common


def _with_status(call: Call) -> Json:
    wanted = call.query.get("filter")
    return lambda file: wanted is None or file.get("status") == wanted


TOGETHER = 250
"""How many files of a store are done at one look; so many take less than a tenth of a second."""


def _look(call: Call, owner: Object, ids: Iterable[str]) -> dict[str, str]:
    """Somebody waits for these files of a store or of a batch: bring the first unfinished one on, and its fellows."""
    if not owner["file_counts"]["in_progress"]:
        return {}
    clock, drawer = call.world.clock, files.drawer(call)
    waiting = (id for id in ids if (drawer.get(id) or {}).get("status") == "in_progress")
    together = list(islice(waiting, TOGETHER))
    for nth, id in enumerate(together):
        if nth == 0 or clock.overdue(drawer.path, id):
            clock.poll(drawer.path, id)
    return next((hint for id in chain(together, waiting) if (hint := clock.hint(drawer.path, id))), {})


def _no_files() -> Object:
    return {"in_progress": 0, "completed": 0, "failed": 0, "cancelled": 0, "total": 0}


def _count(world: World, file: Object, before: str | None, after: str | None, left: str = "failed") -> None:
    """Keep the counts of a file's store and of its batch, which goes on counting what left the store unread."""
    stored = world.drawer(STORES)
    store = stored.get(file["vector_store_id"])
    if store is not None:
        _move(store["file_counts"], before, after)
        store["usage_bytes"] += file["usage_bytes"] * ((after == "completed") - (before == "completed"))
        if store["status"] != "expired":
            store["status"] = "in_progress" if store["file_counts"]["in_progress"] else "completed"
        stored.put(store)
    if after is not None or before == "in_progress":
        _count_in_batch(world, file, before, after or left)


def _count_in_batch(world: World, file: Object, before: str | None, after: str) -> None:
    batched = world.drawer(f"{STORES}/{file['vector_store_id']}/file_batches")
    batch = batched.get(file["batch_id"]) if file["batch_id"] else None
    if batch is not None:
        _move(batch["file_counts"], before, after)
        batched.put(batch | {"status": _outcome(batch["file_counts"])})


def _move(counts: Object, before: str | None, after: str | None) -> None:
    for status, step in ((before, -1), (after, 1)):
        if status is not None:
            counts[status] += step
            counts["total"] += step


def _outcome(counts: Object) -> str:
    if counts["in_progress"]:
        return "in_progress"
    if counts["cancelled"]:
        return "cancelled"
    return "failed" if counts["failed"] == counts["total"] else "completed"
