"""Stub mode: no state, any id exists, and every operation answers at once with the smallest reply that fits.

For those who build API clients. A request must have the shape of its schema, but its values may be anything: bounds are
not checked. What the reply has in common with the request, by name and type, it takes from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import jsonschema_rs

from fakeopenai.emulator import Emulator
from fakeopenai.operations import Operation, Operations
from fakeopenai.resource import blank
from fakeopenai.schema import Checker, Types, types
from fakeopenai.synthesis import synthesise
from fakeopenai.wire import DONE, Call, Event, Json, Object, Reply, Request
from fakeopenai.world import Settings

BOUNDS = frozenset(
    {
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *("minLength", "maxLength", "pattern", "minItems", "maxItems", "minProperties", "maxProperties"),
    }
)
"""Keywords about how much a value may be, beside what it may be."""

BEGINNING, ENDINGS = "response.created", ("response.completed", "completed", "done", "[DONE]")
"""Names of the events that open and end a stream, the most telling first."""

ENDS_WITH_DONE = frozenset({"chat", "completions", "threads", "audio", "fine-tunes"})
"""Families whose streams end in `[DONE]`."""


class Stub(Emulator):
    """An emulator that remembers nothing and believes everything."""

    def __init__(self, settings: Settings | None = None) -> None:
        super().__init__(settings, readers={})
        rows = Operations.load().all.values()
        self.operations = Operations(replace(row, query=unbounded(row.query)) for row in rows)
        self.checker = Checker(UnboundedTypes())

    def admitted(self, request: Request, operation: Operation) -> str:  # noqa: ARG002  everybody may come in
        return "stub"

    def handle(self, call: Call) -> Reply:
        return answer(call)


class UnboundedTypes(Types):
    """The types of the API without their bounds."""

    def _decode(self, name: str) -> Object:
        schema: Object = unbounded(super()._decode(name))
        return schema


def unbounded(schema: Json) -> Json:
    """A schema without the keywords that bound values; properties of those names stay."""
    match schema:
        case dict():
            kept = {name: part for name, part in schema.items() if name not in BOUNDS}
            named = kept.get("properties")
            bare = {name: unbounded(part) for name, part in kept.items() if name != "properties"}
            return bare | {"properties": {name: unbounded(part) for name, part in named.items()}} if named else bare
        case list():
            return [unbounded(part) for part in schema]
        case _:
            return schema


def answer(call: Call) -> Reply:
    """The smallest reply of an operation, or the smallest stream if one is asked for."""
    operation = call.operation
    if _streams(call):
        return Reply(events=_events(operation))
    if operation.reply_kind == "empty":
        return Reply(status=204)
    if operation.reply_kind == "json":
        smallest = blank(operation)
        return Reply(reflected(call, smallest) if isinstance(smallest, dict) else smallest)
    return Reply(b"stub", media=operation.media)


def reflected(call: Call, reply: Object) -> Object:
    """The reply with the request's own values where name and type agree; the last id of the path is its `id`."""
    said = {**call.query, **(call.body if isinstance(call.body, dict) else {}), **call.path}
    if call.path:
        said["id"] = list(call.path.values())[-1]
    known = types().properties(call.operation.reply or {})
    return reply | {
        name: value
        for name, value in said.items()
        if name in known and (name in reply or value is not None) and _fits(call.operation, name, value)
    }


def _fits(operation: Operation, name: str, value: Json) -> bool:
    return bool(_validator(operation, name).is_valid(value))


@cache
def _validator(operation: Operation, name: str) -> Any:
    schema = types().properties(operation.reply or {})[name]
    return jsonschema_rs.Draft202012Validator(types().closure(schema))


def _streams(call: Call) -> bool:
    body = call.body if isinstance(call.body, dict) else {}
    match call.operation.streams:
        case "always":
            return True
        case "optional":
            wanted = (body.get("stream"), call.query.get("stream"), body.get("stream_format") == "sse")
            return True in wanted
        case _:
            return False


def _events(operation: Operation) -> Iterator[Event]:
    """The first kind of event and the one that ends a stream, as small as they may be."""
    kinds = types().alternatives(operation.event or {})
    values = [synthesise(kind, b"", resolve=types().resolve, smallest=True) for kind in kinds]
    first = next((value for value in values if _name(value) == BEGINNING), values[0])
    others = [value for value in values if value is not first]
    last = next((value for ending in ENDINGS for value in others if _name(value).endswith(ending)), None)
    for value in [first, *([last] if last else [])]:
        yield Event(value["data"], value["event"]) if "event" in value else Event(value, value.get("type", ""))
    if operation.path.split("/", 2)[1] in ENDS_WITH_DONE:
        yield DONE


def _name(event: Object) -> str:
    return str(event.get("event") or event.get("type") or "")
