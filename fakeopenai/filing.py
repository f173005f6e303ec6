"""Files of a world: their bytes, what the API tells about them, and when they expire."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from fakeopenai import errors
from fakeopenai.blob import Blob, Packed
from fakeopenai.ids import Names
from fakeopenai.wire import Object, Reply

if TYPE_CHECKING:
    from fakeopenai.world import World

FILES = "/files"
CONTENT = "/files/content"
EXPIRY = "file expiry"
"""The course on which a file that has an `expires_at` is deleted."""

PROCESSING = "file"
"""The course of a file that isn't ready at once, which only rules want."""

MONTH = 2_592_000
"""Seconds after which files for batches, and what batches write, expire (recorded)."""


def keep_file(
    world: World, names: Names, content: bytes, *, filename: str, purpose: str, expires_after: int | None = None
) -> Object:
    """Keep the bytes of an upload, or of what a job wrote, and give the file object.

    `expires_after` is in seconds. Files for batches expire after thirty days if nothing else is said.
    """
    id = names.new("file-")
    blob(world, id).put(content)
    return _kept(world, id, filename, purpose, expires_after)


def keep_written(
    world: World, names: Names, written: Blob, *, filename: str, purpose: str, expires_after: int | None
) -> Object:
    """Make a file of what a job has written in pieces, however long it is."""
    id = names.new("file-")
    written.copy(blob(world, id))
    return _kept(world, id, filename, purpose, expires_after)


def _kept(world: World, id: str, filename: str, purpose: str, expires_after: int | None) -> Object:
    now = int(world.clock.now)
    if expires_after is None and purpose == "batch":
        expires_after = MONTH
    file: Object = {
        "object": "file",
        "id": id,
        "purpose": purpose,
        "filename": filename,
        "bytes": len(blob(world, id)),
        "created_at": now,
        "expires_at": None if expires_after is None else now + expires_after,
        "status": "uploaded" if world.clock.is_fated else "processed",
        "status_details": None,
    }
    world.drawer(FILES).put(file)
    if world.clock.is_fated:
        world.clock.begin(PROCESSING, FILES, file)
    if expires_after is not None:
        world.clock.begin(EXPIRY, FILES, file)
    return file


def find_file(world: World, id: str) -> Object | None:
    return world.drawer(FILES).get(id)


def blob(world: World, id: str) -> Blob:
    """The bytes of a file, to be read in pieces."""
    return Blob(world.store, CONTENT, id)


def content_of(world: World, id: str) -> bytes:
    """The bytes of a file; 404 if there is no such file."""
    found = blob(world, id)
    if not found:
        raise no_such_file(id)
    return found.content


def forget_file(world: World, id: str) -> None:
    world.drawer(FILES).delete(id)
    world.clock.leave(FILES, id)
    blob(world, id).delete()


def no_such_file(id: str) -> errors.ApiError:
    return errors.ApiError(404, f"No such File object: {id}", param="id")


def attachment(content: bytes | Packed, filename: str, media: str = "application/octet-stream") -> Reply:
    """A download, under the file's name."""
    return Reply(content, media=media, headers={"content-disposition": disposition(filename)})


def disposition(filename: str) -> str:
    """As `attachment; filename="a.txt"`; a name that no header can hold is spelled in percents beside it."""
    plain = "".join(letter if " " <= letter <= "~" and letter not in '"\\' else "_" for letter in filename)
    encoded = f"; filename*=UTF-8''{quote(filename)}" if plain != filename else ""
    return f'attachment; filename="{plain}"{encoded}'
