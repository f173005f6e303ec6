"""What replies are, and where they differ from their schemas, other than the API does itself."""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema_rs
import msgspec

from fakeopenai.operations import Operation
from fakeopenai.schema import types
from fakeopenai.wire import Json, Object
from tests.front import Answer
from tests.walk import Visit

STORED = {"refusal": "stored messages have none (recorded)"}
DELETED = {"$": "deletions say what they did (recorded); the client reads nothing"}
COMPLETIONS = {
    "finish_reason": "null until the last chunk (recorded)",
    "logprobs": "the first token of an echo has none (recorded)",
}
EMBEDDINGS = {"embedding": "a text where base64 was asked for"}
OLDER = "unknown to the models before omni (recorded)"
MODERATIONS = {"category_applied_input_types": OLDER, "illicit": OLDER, "illicit/violent": OLDER}

JOBS = {"error": "a job without an error has {} (recorded)", "status": "`paused`, since jobs can be paused"}
RUNS = {"error": "null where nothing went wrong (the reference's examples)"}
STORES = {
    "name": "null where none was given (recorded)",
    "object": "batches are `vector_store.file_batch` (recorded)",
}
THREADS = {
    "attachments": "messages of before 2024-04 have none",
    "completed_at": "messages of users have no progress (recorded)",
    "expired_at": "steps have none (recorded)",
    "incomplete_at": "as completed_at",
    "incomplete_details": "as completed_at",
    "instructions": "null where the assistant has none (recorded)",
    "metadata": "steps have none (recorded)",
    "status": "as completed_at",
}

DIFFERENT = {
    "GET /chat/completions": STORED,
    "GET /chat/completions/{completion_id}/messages": {"role": "all messages of the request are there (recorded)"},
    "POST /chat/completions/{completion_id}": STORED,
    "POST /completions": COMPLETIONS,
    "POST /engines/{engine}/completions": COMPLETIONS,
    "POST /engines/{engine}/generate": COMPLETIONS,
    "POST /embeddings": EMBEDDINGS,
    "POST /engines/{engine}/embeddings": EMBEDDINGS,
    "DELETE /containers": DELETED,
    "GET /evals": RUNS,
    "GET /fine_tuning/jobs": JOBS,
    "POST /evals": RUNS,
    "POST /fine_tuning/jobs": JOBS,
    "POST /moderations": MODERATIONS,
    "DELETE /responses": DELETED,
    "POST /responses/compact": {"output": "compaction keeps the messages of users (recorded)"},
    "GET /threads": THREADS,
    "POST /threads": THREADS,
    "GET /vector_stores": STORES,
    "POST /vector_stores": STORES,
}
"""Where recordings of the API differ from the client's types: the beginning of operations, and their fields."""


def kind(visit: Visit) -> str:
    """What a reply is by its headers and its body."""
    if visit.streamed:
        return "stream"
    if not visit.answer.content:
        return "empty"
    return "json" if visit.answer.headers["content-type"].startswith("application/json") else "binary"


def unlike(operation: Operation, schema: Object | None, value: Json) -> list[str]:
    """Where a value differs from the schema, or from what it is most like, other than the API does."""
    return min((_unlike(operation, each, value) for each in types().alternatives(schema or {})), key=len)


def _unlike(operation: Operation, schema: Object, value: Json) -> list[str]:
    found = []
    for error in validator(msgspec.json.encode(schema)).iter_errors(value):
        missing, is_missing, _ = error.message.partition('" is a required property')
        place = [str(step) for step in error.instance_path] + ([missing.strip('"')] if is_missing else [])
        found += [] if is_different(operation, place) else [f"{'.'.join(place)}: {error.message}"]
    return found


@cache
def validator(schema: bytes) -> Any:
    return jsonschema_rs.Draft202012Validator(types().closure(msgspec.json.decode(schema)))


def is_different(operation: Operation, place: list[str]) -> bool:
    """Whether the API is known to differ here. Places of alternatives name their types on the way."""
    path = f".{'.'.join(step for step in place if not step.isdigit()) or '$'}."
    known = [fields for beginning, fields in DIFFERENT.items() if str(operation).startswith(beginning)]
    return any(f".{field}." in path for fields in known for field in fields)


def is_refusal(answer: Answer) -> bool:
    """Whether an answer is an error of the API's, in its form."""
    error = answer.json.get("error", {}) if 400 <= answer.status < 500 else {}
    return set(error) == {"message", "type", "param", "code"} and isinstance(error["message"], str)


def faults(operation: Operation, answer: Answer) -> list[str]:
    """What is wrong with an answer, be it a reply or a refusal."""
    if answer.status >= 300:
        return [] if is_refusal(answer) else [answer.content.decode()]
    visit = Visit(operation, "", {}, {}, None, answer)
    match kind(visit):
        case "stream":
            return [fault for event in visit.events for fault in unlike(operation, operation.event, event)]
        case "json" if operation.reply_kind == "json":
            return unlike(operation, operation.reply, answer.json)
        case other:
            return [] if other == operation.reply_kind or operation.streams == "always" else [other]
