"""Uploads: files too large for one request, sent in parts."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import md5

from fakeopenai import errors
from fakeopenai.api.files import LARGEST, check_file, uploaded
from fakeopenai.clock import Course, Stage
from fakeopenai.errors import ApiError
from fakeopenai.filing import keep_file
from fakeopenai.resource import Routes
from fakeopenai.wire import Call, Object, Reply
from fakeopenai.world import World

routes = Routes()

HOUR = 3600
LARGEST_UPLOAD = 8 * 1024**3
LARGEST_PART = 64 * 1024**2
EXPIRY = "upload expiry"
FATES = "/uploads/expires_after"
"""After how many seconds the files of uploads will expire, by upload."""

uploads = routes.resource("/uploads/{upload_id}", object="upload", missing="No upload found with id '{id}'.")


@routes.on("POST /uploads")
def create(call: Call) -> Reply:
    size: int = call.body["bytes"]
    if size < 1:
        raise errors.below_minimum("bytes", "integer", 1, size)
    if size > LARGEST_UPLOAD:
        raise errors.above_maximum("bytes", "integer", LARGEST_UPLOAD, size)
    now = int(call.world.clock.now)
    upload: Object = {
        "id": call.names.new("upload_"),
        "object": "upload",
        "bytes": size,
        "created_at": now,
        "filename": call.body["filename"],
        "purpose": call.body["purpose"],
        "status": "pending",
        "expires_at": now + HOUR,
    }
    uploads.drawer(call).put(upload)
    if call.body.get("expires_after"):
        call.world.drawer(FATES).put({"seconds": call.body["expires_after"]["seconds"]}, upload["id"])
    call.world.clock.begin(EXPIRY, uploads.collection, upload)
    return Reply(upload)


@routes.on("POST /uploads/{upload_id}/parts")
def add_part(call: Call) -> Reply:
    upload = _pending(call, "add a part to")
    data = uploaded(call, "data").content
    if len(data) > LARGEST_PART:
        raise errors.too_large(LARGEST_PART, len(data))
    part: Object = {
        "id": call.names.new("part_"),
        "object": "upload.part",
        "created_at": int(call.world.clock.now),
        "upload_id": upload["id"],
    }
    call.world.store.put(_parts(upload), part["id"], data)
    return Reply(part)


@routes.on("POST /uploads/{upload_id}/complete")
def complete(call: Call) -> Reply:
    """Join the parts in the order in which they are named, whatever the order they came in."""
    upload = _pending(call, "complete")
    content = b"".join(_named(call, upload, call.body["part_ids"]))
    _check(upload, content, call.body.get("md5"))
    fate = call.world.drawer(FATES).get(upload["id"]) or {}
    file = keep_file(
        call.world,
        call.names,
        content,
        filename=upload["filename"],
        purpose=upload["purpose"],
        expires_after=fate.get("seconds"),
    )
    return Reply(_end(call.world, upload | {"status": "completed", "file": file}))


@routes.on("POST /uploads/{upload_id}/cancel")
def cancel(call: Call) -> Reply:
    return Reply(_end(call.world, _pending(call, "cancel") | {"status": "cancelled"}))


def _pending(call: Call, doing: str) -> Object:
    upload = uploads.find(call)
    if upload["status"] != "pending":
        raise errors.invalid(f"Cannot {doing} an upload with status '{upload['status']}'.")
    return upload


def _named(call: Call, upload: Object, part_ids: Sequence[str]) -> list[bytes]:
    if len(set(part_ids)) < len(part_ids):
        raise errors.invalid("A part can only be used once.", "part_ids", "invalid_value")
    parts = {id: call.world.store.get(_parts(upload), id) for id in part_ids}
    missing = next((id for id, data in parts.items() if data is None), None)
    if missing is not None:
        raise ApiError(404, f"No part found with id '{missing}'.", param="part_ids")
    return [data for data in parts.values() if data is not None]


def _check(upload: Object, content: bytes, checksum: str | None) -> None:
    """The API takes the lines of an upload as they come; it looks at length and checksum."""
    if len(content) != upload["bytes"]:
        raise errors.invalid(
            f"The size of the parts ({len(content)} bytes) does not match the size of the upload "
            f"({upload['bytes']} bytes).",
            "part_ids",
        )
    if checksum is not None and checksum.lower() != md5(content, usedforsecurity=False).hexdigest():
        raise errors.invalid("The md5 checksum of the parts does not match the one that was given.", "md5")
    if upload["purpose"] == "batch" or len(content) > LARGEST:
        check_file(upload["filename"], content, upload["purpose"])


def _end(world: World, upload: Object) -> Object:
    """Keep an upload that has come to its end, without its parts."""
    world.clock.leave(uploads.collection, upload["id"])
    _drop_parts(world, upload)
    world.drawer(uploads.collection).put(upload)
    return upload


def _drop_parts(world: World, upload: Object) -> None:
    for id in list(world.store.ids(_parts(upload))):
        world.store.delete(_parts(upload), id)
    world.drawer(FATES).delete(upload["id"])


def _parts(upload: Object) -> str:
    return f"{uploads.collection}/{upload['id']}/parts"


EXPIRED = Stage("expired", after=HOUR, enter=_drop_parts)
routes.courses.append(Course(EXPIRY, [EXPIRED], awaited=False, expire=EXPIRED))
