"""What a recording finds and nobody has recorded: objects made before, and contents of files, as plain as can be."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import PurePath

from fakeopenai.api import assistants, containers, threads
from fakeopenai.contract.recordings import Recording
from fakeopenai.filing import CONTENT, FILES
from fakeopenai.media import pictures, sound
from fakeopenai.schema import decode_query
from fakeopenai.search import STORES
from fakeopenai.wire import Json, Object, Request, Upload
from fakeopenai.world import World

STORE: Object = {
    "object": "vector_store",
    "created_at": 0,
    "name": "",
    "description": None,
    "usage_bytes": 0,
    "file_counts": {"in_progress": 0, "completed": 0, "failed": 0, "cancelled": 0, "total": 0},
    "status": "completed",
    "expires_after": None,
    "expires_at": None,
    "last_active_at": 0,
    "metadata": {},
}
"""A vector store that nobody has put anything into."""


ASSISTANT = assistants.DEFAULTS | {"model": "gpt-4o"}
SAID: Object = {
    "role": "user",
    "content": [{"type": "text", "text": {"value": "Hello", "annotations": []}}],
    "attachments": [],
    "metadata": {},
}
"""What somebody has said in a thread, as far as anybody knows."""


def prepare(world: World, body: Object) -> None:
    """Let the objects that a request names exist."""
    if previous := body.get("previous_response_id"):
        _put(world, "/responses", {"id": previous, "output": list(_asked_for(body.get("input")))})
    conversation = body.get("conversation")
    if id := conversation.get("id") if isinstance(conversation, dict) else conversation:
        _put(world, "/conversations", {"id": id, "object": "conversation", "created_at": 0, "metadata": {}})
    for key, id in named(body):
        if key in {"file_id", "file_ids"} and id not in world.drawer(FILES):
            world.store.put(CONTENT, id, b"%PDF-1.4\n")
            file = {"object": "file", "id": id, "purpose": "user_data", "filename": "file.pdf", "bytes": 9}
            world.drawer(FILES).put({**file, "created_at": 0, "expires_at": None, "status": "processed"})
        if key in {"container", "container_id"} and id.startswith(("cntr_", "cfile_")):
            _put(world, containers.containers.collection, {"id": id, "status": "running"})
        if key == "input_file_id" and id not in world.drawer(FILES):
            _batch_file(world, id, body["endpoint"])
        if key == "vector_store_ids":
            _put(world, STORES, {"id": id, **STORE})


def _batch_file(world: World, id: str, endpoint: str) -> None:
    content = rows(endpoint)
    world.store.put(CONTENT, id, content)
    file = {"object": "file", "id": id, "purpose": "batch", "filename": "rows.jsonl", "bytes": len(content)}
    world.drawer(FILES).put({**file, "created_at": 0, "expires_at": None, "status": "processed"})


def rows(endpoint: str) -> bytes:
    """The lines of a batch that asks for nothing in particular."""
    said = {"role": "user", "content": "Hello"}
    asked = (
        {"messages": [said]} if endpoint == CHATS else {"prompt" if endpoint == "/v1/completions" else "input": "Hello"}
    )
    body = {"model": MODELS.get(endpoint, "gpt-4o-mini"), **asked}
    row = {"custom_id": "1", "method": "POST", "url": endpoint, "body": body}
    return json.dumps(row).encode() + b"\n"


CHATS = "/v1/chat/completions"
MODELS = {"/v1/embeddings": "text-embedding-3-small", "/v1/completions": "gpt-3.5-turbo-instruct"}


def prepare_run(world: World, recording: Recording, body: Object, path: str) -> dict[str, str]:
    """Let a run's assistant and thread exist, and if it began, somebody have said something. Gives their ids by ids."""
    assistant, thread = body["assistant_id"], path.removesuffix("/runs").removeprefix("/threads").strip("/")
    run = recording.body if recording.status == 200 and isinstance(recording.body, dict) else {}
    told = {name: run[name] for name in ("model", "instructions", "tools") if name in run}
    _put(world, "/assistants", {"id": assistant, "object": "assistant", "created_at": 0, **ASSISTANT, **told})
    if thread:
        _put(
            world, "/threads", {"id": thread, "object": "thread", "created_at": 0, "metadata": {}, "tool_resources": {}}
        )
        if recording.status == 200 and not world.drawer(f"/threads/{thread}/messages"):
            threads.add(world, world.names(thread), thread, SAID)
    return {id: id for id in (assistant, thread) if id}


def _put(world: World, drawer: str, item: Object) -> None:
    if item["id"] not in world.drawer(drawer):
        world.drawer(drawer).put(item)


def named(value: Json, key: str = "") -> Iterator[tuple[str, str]]:
    """The texts in a value, each with the key it stands under."""
    match value:
        case str():
            yield key, value
        case list():
            for member in value:
                yield from named(member, key)
        case dict():
            for name, member in value.items():
                yield from named(member, name)


def _asked_for(given: Json) -> Iterator[Object]:
    """The calls that a request answers."""
    for item in given if isinstance(given, list) else ():
        if item.get("type") == "function_call_output":
            yield {"id": f"fc_{item['call_id']}", "type": "function_call", "status": "completed", "name": "called"} | {
                "arguments": "{}",
                "call_id": item["call_id"],
            }


SHORTENED = re.compile(r"data:image/\w+;base64,[^\"]*?\\u2026<dataurl:\d+>")
PICTURES = ("image", "image[]", "mask")
"""Fields whose files are pictures, whatever their names."""


def fill(request: Request, parts: list[Object], endpoint: str) -> None:
    """Give a request the fields of a form; files, whose bytes were not recorded, get others of their kind.

    One for a batch asks for what `endpoint` answers.
    """
    batched = {"name": "purpose", "value": "batch"}.items()
    fields: list[tuple[str, str]] = []
    files: dict[str, list[Upload]] = {}
    for part in parts:
        name = part["name"]
        if "filename" not in part:
            fields.append((name, _text(part.get("value", ""))))
            continue
        fields.append((name, part["filename"]))
        named = part["filename"] if name not in PICTURES or "." in part["filename"] else f"{name}.png"
        content = rows(endpoint) if any(batched <= each.items() for each in parts) else stand_in(named)
        media = part.get("ct") or ""
        upload = Upload(part["filename"], "" if ":" in media else media, content)
        files.setdefault(name.removesuffix("[]"), []).append(upload)
    request.body, request.files, request.is_form = decode_query(fields), files, True


def whole_pictures(body: str) -> str:
    """A body of JSON with pictures where it was recorded with their first bytes only."""
    picture = b64encode(pictures.picture("", "128x128", transparent=True)).decode()
    return SHORTENED.sub(f"data:image/png;base64,{picture}", body)


def _text(value: str) -> str:
    """A field as it was sent; those without a media type were recorded in base 64, and say so."""
    return b64decode(value[4:]).decode() if value.startswith("b64:") else value


def stand_in(filename: str) -> bytes:
    """Content for a file of that name."""
    match PurePath(filename).suffix.lower():
        case ".png" | ".jpg" | ".jpeg" | ".webp" | ".gif":
            return pictures.picture("", "256x256", transparent=True)
        case ".mp3" | ".wav" | ".m4a" | ".ogg" | ".flac" | ".mp4" | ".webm" | ".mpga":
            return sound.speech("Hello there.", "mp3")
        case ".pdf":
            return b"%PDF-1.4\n"
        case ".jsonl":
            return (
                b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}\n' * 10
            )
        case _:
            return b"Some words.\n"
