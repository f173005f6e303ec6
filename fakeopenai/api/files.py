"""Files: uploaded, listed, read back, deleted; those with a time limit expire on the world's clock."""

from __future__ import annotations

import msgspec

from fakeopenai import errors
from fakeopenai.api import vector_stores
from fakeopenai.clock import Course, Stage
from fakeopenai.errors import ApiError
from fakeopenai.filing import EXPIRY, PROCESSING, attachment, blob, content_of, forget_file, keep_file
from fakeopenai.resource import Routes
from fakeopenai.wire import Call, Object, Reply, Upload
from fakeopenai.world import World

routes = Routes()

files = routes.resource(
    "/files/{file_id}",
    object="file",
    prefix="file-",
    missing="No such File object: {id}",
    missing_param="id",
    filters=("purpose",),
    limit=10_000,
    most=10_000,
)

LARGEST = 512 * 1024 * 1024
LONG = 1024 * 1024
"""Bytes of a file that is answered in pieces, if it can be."""
KEPT = frozenset({"assistants"})
"""The purposes whose files the API doesn't give back, as many people have seen."""
JSONL = {"batch": "Batch API", "fine-tune": "Fine-Tuning API", "evals": "Evals API"}
"""Purposes whose files are lines of JSON, by the API that reads them."""


@routes.on("POST /files")
def create(call: Call) -> Reply:
    upload = uploaded(call, "file")
    purpose: str = call.body["purpose"]
    check_file(upload.filename, upload.content, purpose)
    seconds = (call.body.get("expires_after") or {}).get("seconds")
    name = upload.filename
    return Reply(
        keep_file(call.world, call.names, upload.content, filename=name, purpose=purpose, expires_after=seconds)
    )


def uploaded(call: Call, field: str) -> Upload:
    """The file of a form's field; a field that holds text is no file."""
    uploads = call.request.files.get(field)
    if not uploads:
        raise errors.invalid(f"Invalid type for '{field}': expected a file, but got a string instead.", field)
    return uploads[0]


def check_file(filename: str, content: bytes, purpose: str) -> None:
    """Refuse a file that its purpose can't have."""
    if len(content) > LARGEST:
        raise errors.too_large(LARGEST, len(content))
    if purpose in JSONL:
        _check_lines(filename, content, purpose)
    elif not content:
        raise _file_error("File is empty.")


def _check_lines(filename: str, content: bytes, purpose: str) -> None:
    """Batches look at their lines later and tell all that is wrong; at first only the first line is looked at.

    Files whose names have no ending are taken (recorded of 2023 and of 2025).
    """
    if "." in filename and not filename.endswith(".jsonl"):
        raise _wrong_format(purpose)
    try:
        text = content.decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise _file_error(f"Invalid file for {JSONL[purpose]}. Must be utf-8 encoded") from None
    if purpose == "batch":
        if not _is_object(text.partition("\n")[0]):
            raise _wrong_format(purpose)
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and not _is_object(line):
            raise _not_a_dictionary(number, line)
    if not text.strip():
        raise _wrong_format(purpose)


def _is_object(line: str) -> bool:
    try:
        return isinstance(msgspec.json.decode(line), dict)
    except (msgspec.DecodeError, RecursionError):
        return False


def _wrong_format(purpose: str) -> ApiError:
    """Seen in a litellm pull request of 2026-08."""
    return _file_error(f"Invalid file format for {JSONL[purpose]}. Must be .jsonl")


def _not_a_dictionary(number: int, line: str) -> ApiError:
    return _file_error(
        "Expected file to have JSONL format, where every line is a valid JSON dictionary. "
        f'Line {number} is not a dictionary (HINT: line starts with: "{line.strip()[:10]}...").'
    )


def _file_error(message: str) -> ApiError:
    return ApiError(400, message, beside={"detail": {"message": message, "code": None}})


@routes.on("GET /files/{file_id}/content")
def content(call: Call) -> Reply:
    file = files.find(call)
    if file["purpose"] in KEPT:
        raise errors.invalid(f"Not allowed to download files of purpose: {file['purpose']}")
    long = call.request.in_pieces and file["bytes"] > LONG
    found = blob(call.world, file["id"]).packed() if long else content_of(call.world, file["id"])
    return attachment(found, file["filename"])


@routes.on("DELETE /files/{file_id}")
def delete(call: Call) -> Reply:
    file = files.find(call)
    remove_file(call.world, file)
    return Reply({"object": "file", "deleted": True, "id": file["id"]})


def remove_file(world: World, file: Object) -> None:
    """Delete a file, and take it out of all vector stores."""
    vector_stores.detach_everywhere(world, file["id"])
    forget_file(world, file["id"])


def _left(world: World, file: Object) -> float:
    """The seconds a file has left."""
    seconds: float = file["expires_at"] - world.clock.now
    return seconds


def _fail(_: World, file: Object, error: ApiError) -> None:
    file |= {"status": "error", "status_details": error.message}


EXPIRED = Stage("deleted", after=_left, enter=remove_file)
routes.courses += [
    Course(EXPIRY, [EXPIRED], awaited=False, expire=EXPIRED),
    Course(PROCESSING, [Stage("processed")], fail=_fail),
]
