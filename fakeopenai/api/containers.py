"""Containers: where code runs, and the files in them, until nobody has used them for a while."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from mimetypes import MimeTypes
from urllib.parse import quote

from fakeopenai import errors, filing
from fakeopenai.api import skills
from fakeopenai.api.files import uploaded
from fakeopenai.clock import Course, Stage
from fakeopenai.ids import Names
from fakeopenai.resource import Routes, deletion, remove
from fakeopenai.wire import Call, Object, Reply
from fakeopenai.world import World

routes = Routes()

EXPIRY = "container expiry"
FOLDER = "/mnt/data/"
LONGEST = 20
"""Minutes that a container may live without use."""

containers = routes.resource(
    "/containers/{container_id}",
    object="container",
    missing="Container with id '{id}' not found.",
    filters=("name",),
)
files = routes.resource(
    "/containers/{container_id}/files/{file_id}",
    object="container.file",
    missing="Container file with id '{id}' not found.",
    parent=containers,
)


@routes.on("POST /containers")
def create(call: Call) -> Reply:
    world, body = call.world, call.body
    _check_expiry(body.get("expires_after"))
    sources = [_source(world, id) for id in body.get("file_ids") or ()]
    for skill in body.get("skills") or ():
        if skill["type"] == "skill_reference":
            skills.skills.find(call, skill["skill_id"])
    container = new_container(world, call.names, body)
    for file in sources:
        put_file(world, call.names, container["id"], file["filename"], filing.content_of(world, file["id"]))
    return Reply(container)


def _check_expiry(asked: Object | None) -> None:
    """Refuse a container that would be gone at once, or stay too long."""
    minutes = asked["minutes"] if asked else LONGEST
    if minutes < 1:
        raise errors.below_minimum("expires_after.minutes", "integer", 1, minutes)
    if minutes > LONGEST:
        raise errors.above_maximum("expires_after.minutes", "integer", LONGEST, minutes)


def new_container(world: World, names: Names, body: Object) -> Object:
    """Start a container as a request asks for it: name, expiry, memory, network."""
    now = int(world.clock.now)
    policy = body.get("network_policy") or {"type": "disabled"}
    container: Object = {
        "id": names.new("cntr_"),
        "object": "container",
        "created_at": now,
        "status": "running",
        "expires_after": body.get("expires_after") or {"anchor": "last_active_at", "minutes": LONGEST},
        "last_active_at": now,
        "memory_limit": body.get("memory_limit") or "1g",
        "name": body["name"],
        "network_policy": {name: value for name, value in policy.items() if name != "domain_secrets"},
    }
    touch(world, container)
    return container


def automatic(world: World, names: Names, file_ids: Iterable[str]) -> str:
    """Start a container that nobody asked for by itself, with some uploaded files in it. Gives its id."""
    sources = [_source(world, id) for id in file_ids]
    id = str(new_container(world, names, {"name": "auto"})["id"])
    for file in sources:
        put_file(world, names, id, file["filename"], filing.content_of(world, file["id"]))
    return id


def touch(world: World, container: Object) -> None:
    """Note that a container is used now, which puts its expiry off."""
    container["last_active_at"] = int(world.clock.now)
    world.drawer(containers.collection).put(container)
    world.clock.begin(EXPIRY, containers.collection, container)


@routes.on("GET /containers/{container_id}")
def retrieve(call: Call) -> Reply:
    container = containers.find(call)
    if container["status"] == "running":
        touch(call.world, container)
    return Reply(container)


@routes.on("POST /containers/{container_id}/files")
def add_file(call: Call) -> Reply:
    container = containers.find(call)
    if container["status"] != "running":
        raise errors.invalid("Container is expired.")
    touch(call.world, container)
    if call.body.get("file_id"):
        source = _source(call.world, call.body["file_id"])
        name, content = source["filename"], filing.content_of(call.world, source["id"])
    elif "file" in call.body:
        upload = uploaded(call, "file")
        name, content = upload.filename, upload.content
    else:
        raise errors.missing("file")
    return Reply(put_file(call.world, call.names, container["id"], name, content))


def put_file(
    world: World, names: Names, container_id: str, name: str, content: bytes, *, source: str = "user"
) -> Object:
    """Put a file into a container. What users bring gets a prefix; what code writes (`assistant`) keeps its name."""
    id = names.new("cfile_")
    prefix = f"{blake2b(id.encode(), digest_size=16).hexdigest()}-" if source == "user" else ""
    file: Object = {
        "id": id,
        "object": "container.file",
        "created_at": int(world.clock.now),
        "bytes": len(content),
        "container_id": container_id,
        "path": f"{FOLDER}{prefix}{name.rpartition('/')[2]}",
        "source": source,
    }
    world.store.put(_content(container_id), id, content)
    world.drawer(f"{containers.collection}/{container_id}/files").put(file)
    return file


@routes.on("GET /containers/{container_id}/files/{file_id}/content")
def content(call: Call) -> Reply:
    """The plain file name is no more than its type; the real one stands beside it (recorded)."""
    file = files.find(call)
    name: str = file["path"].removeprefix(FOLDER)
    extension = f".{name.rpartition('.')[2]}" if "." in name else ""
    disposition = f"attachment; filename=\"file{extension}\"; filename*=UTF-8''{quote(name)}"
    data = call.world.store.get(_content(file["container_id"]), file["id"]) or b""
    return Reply(data, media=_media(name), headers={"content-disposition": disposition})


@routes.on("DELETE /containers/{container_id}/files/{file_id}")
def delete_file(call: Call) -> Reply:
    file = files.find(call)
    call.world.store.delete(_content(file["container_id"]), file["id"])
    remove(call, files.drawer(call), file["id"])
    return Reply(deletion(call, file["id"], "container.file.deleted"))


def _content(container_id: str) -> str:
    """The drawer of the bytes of a container's files."""
    return f"{containers.collection}/{container_id}/content"


def _source(world: World, id: str) -> Object:
    file = filing.find_file(world, id)
    if file is None:
        raise filing.no_such_file(id)
    return file


def _media(name: str) -> str:
    media = _types().guess_type(name)[0] or "application/octet-stream"
    return f"{media}; charset=utf-8" if media.startswith("text/") else media


@cache
def _types() -> MimeTypes:
    """The types that Python itself knows, the same on every machine."""
    return MimeTypes()


def _left(world: World, container: Object) -> float:
    """The seconds a container has left if nobody uses it."""
    until: float = container["last_active_at"] + container["expires_after"]["minutes"] * 60
    return until - world.clock.now


def _discard(world: World, container: Object) -> None:
    """An expired container has lost its files."""
    for drawer in (_content(container["id"]), f"{containers.collection}/{container['id']}/files"):
        for id in list(world.store.ids(drawer)):
            world.store.delete(drawer, id)


EXPIRED = Stage("expired", after=_left, enter=_discard)
routes.courses.append(Course(EXPIRY, [EXPIRED], awaited=False, spared=frozenset({"expired"}), expire=EXPIRED))
