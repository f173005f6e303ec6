"""The API's types, and whether a request has the shape that its operation asks for.

The verdict is native and costs microseconds. Only a refused request is looked at again, by `explain`, which finds out
what the API would say about it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import jsonschema_rs
import msgspec

from fakeopenai import data, explain
from fakeopenai.violation import Shape

if TYPE_CHECKING:
    from pathlib import Path

    from fakeopenai.operations import Operation
    from fakeopenai.wire import Json, Object

_REF = "#/$defs/"
_INTEGER = re.compile(r"[+-]?[0-9]{1,30}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]*)?([eE][+-]?[0-9]{1,2})?")
TRUTH = {"true": True, "false": False, "True": True, "False": False}
"""The second pair is what the Python client of 2023 sent (recorded)."""
_DEEPEST = 16  # brackets of one key; no parameter of the API needs more than three
_STEP = re.compile(r"\[([^\]]*)\]")


class Types:
    """Every named type of the API. The file is indexed when opened; a type is decoded when first asked for."""

    def __init__(self, types: Path | None = None, accepted: Path | None = None) -> None:
        lines = (types or data.path("schemas", "types.jsonl")).read_bytes().splitlines()
        start = len('{"name":"')
        self._lines = {line[start : line.index(b'"', start)]: line for line in lines}
        self._accepted: Object = json.loads((accepted or data.path("schemas", "accepted.json")).read_bytes())
        self._decoded: dict[str, Object] = {}

    def __getitem__(self, name: str) -> Object:
        if name not in self._decoded:
            self._decoded[name] = self._decode(name)
        return self._decoded[name]

    def __iter__(self) -> Iterator[str]:
        return (name.decode() for name in self._lines)

    def resolve(self, schema: Object) -> Object:
        """The schema itself, or the one its reference leads to."""
        while "$ref" in schema:
            schema = self[schema["$ref"].removeprefix(_REF)]
        return schema

    def alternatives(self, schema: Object) -> list[Object]:
        """What a value may be, one schema for each kind of it, unions inside unions opened."""
        schema = self.resolve(schema)
        if "anyOf" in schema:
            return [found for part in schema["anyOf"] for found in self.alternatives(part)]
        if isinstance(schema.get("type"), list):
            return [schema | {"type": kind} for kind in schema["type"]]
        return [schema]

    def properties(self, schema: Object) -> Object:
        """The properties an object of this schema may have, those of all its parts and alternatives together."""
        schema = self.resolve(schema)
        merged: Object = {}
        own: Object = schema.get("properties", {})
        for part in (*schema.get("allOf", ()), *schema.get("anyOf", ())):
            for name, found in self.properties(part).items():
                merged[name] = either(merged[name], found) if name in merged else found
        return merged | own

    def closure(self, schema: Object) -> Object:
        """The schema with every type it leads to under its own `$defs`, and no other."""
        found: Object = {}
        waiting = list(references(schema))
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name] = self[name]
                waiting.extend(references(found[name]))
        return {**schema, "$defs": {name: found[name] for name in sorted(found)}}

    def _decode(self, name: str) -> Object:
        schema: Object = json.loads(self._lines[name.encode()])["schema"]
        if schema.get("additionalProperties") is False:
            schema = _bounded(schema, self._accepted["*"]["bounds"])
        return _corrected(schema, self._accepted[name]) if name in self._accepted else schema


def _bounded(schema: Object, everywhere: Object) -> Object:
    """A request's type with the bounds that a property of that name has in all of them, where it maps strings."""
    properties: Object = schema.get("properties", {})
    found = {
        name: properties[name] | bounds
        for name, bounds in everywhere.items()
        if properties.get(name, {}).get("additionalProperties") == {"type": "string"}
    }
    return schema | {"properties": properties | found} if found else schema


def _corrected(schema: Object, changes: Object) -> Object:
    """A request's type as the API takes it, where the official client's types say more or less."""
    properties: Object = schema["properties"] | changes.get("properties", {})
    properties |= {name: either(properties[name], {"type": "null"}) for name in changes.get("null", ())}
    properties |= {name: properties[name] | bounds for name, bounds in changes.get("bounds", {}).items()}
    optional = changes.get("optional", ())
    required = [name for name in schema.get("required", ()) if name not in optional]
    stray = schema.get("additionalProperties", True) or changes.get("open", False)
    return schema | {"properties": properties, "required": required, "additionalProperties": stray}


def either(one: Object, other: Object) -> Object:
    """A schema for what fits one or the other."""
    arms = [*one.get("anyOf", [one])]
    arms += [arm for arm in other.get("anyOf", [other]) if arm not in arms]
    return arms[0] if len(arms) == 1 else {"anyOf": arms}


def references(schema: Json) -> Iterator[str]:
    """The names of the types a schema leads to directly."""
    match schema:
        case {"$ref": str(target)}:
            yield target.removeprefix(_REF)
        case dict():
            for value in schema.values():
                yield from references(value)
        case list():
            for value in schema:
                yield from references(value)


@cache
def types() -> Types:
    """The types of schemas/, opened once."""
    return Types()


class Checker:
    """Checks what is sent to an operation. A validator is built when its operation is first asked for.

    All but `reply_errors` raise ApiError in the API's own wording.
    """

    def __init__(self, types: Types) -> None:
        self.types = types
        self._bodies: dict[str, Shape] = {}
        self._queries: dict[str, Shape] = {}
        self._replies: dict[str, Any] = {}

    def body(self, operation: Operation, value: Json) -> None:
        """Refuse a JSON body that the operation can't have. No body at all counts as an empty object."""
        key = operation.id
        shape = self._bodies.get(key) or self._shape(self._bodies, key, operation.body)
        if value is None:
            value = {}
        if not shape.accepts(value):
            raise explain.refusal(shape, value, operation.path)

    def form(self, operation: Operation, fields: Mapping[str, Json]) -> Object:
        """The fields of a form in the types the operation wants; an uploaded file is its name."""
        key = operation.id
        shape = self._bodies.get(key) or self._shape(self._bodies, key, operation.body)
        value = self._coerced(shape, fields)
        if not shape.accepts(value):
            raise explain.refusal(shape, value, operation.path, form=True)
        return value

    def query(self, operation: Operation, parameters: Mapping[str, Json]) -> Object:
        """The query in the types the operation wants. Parameters it doesn't know pass unchecked, as with the API."""
        if not parameters and operation.query is None:
            return {}
        key = operation.id
        shape = self._queries.get(key) or self._shape(self._queries, key, operation.query)
        value = self._coerced(shape, parameters)
        known = {name: found for name, found in value.items() if name in shape.properties}
        if not shape.accepts(known):
            raise explain.refusal(shape, known, operation.path, form=True)
        return value

    def reply_errors(self, operation: Operation, value: Json) -> list[str]:
        """What is wrong with the emulator's own answer; empty if nothing is."""
        key = operation.id
        if key not in self._replies:
            self._replies[key] = jsonschema_rs.Draft202012Validator(self.types.closure(operation.reply or {}))
        found = self._replies[key].iter_errors(value)
        return [f"{'.'.join(map(str, error.instance_path)) or '$'}: {error.message}" for error in found]

    def _shape(self, shapes: dict[str, Shape], key: str, schema: Object | None) -> Shape:
        shapes[key] = Shape(self.types, self.types.resolve(schema or {}))
        return shapes[key]

    def _coerced(self, shape: Shape, fields: Mapping[str, Json]) -> Object:
        return {name: coerce(self.types, shape.properties.get(name, {}), value) for name, value in fields.items()}


def decode_query(raw: str | Iterable[tuple[str, Json]]) -> Object:
    """Parameters of a query or fields of a form as one object of strings.

    `a[]=1&a[]=2` and `a=1&a=2` make an array, `a[b]=1` an object; a single `a[]=1` is an array too.
    """
    pairs = parse_qsl(raw, keep_blank_values=True) if isinstance(raw, str) else raw
    decoded: Object = {}
    for key, value in pairs:
        name, bracket, _ = key.partition("[")
        steps = _STEP.findall(key, len(name)) if bracket and name else []
        _put(decoded, [name, *steps] if name and len(steps) < _DEEPEST else [key], value)
    return decoded


def _put(target: Object, steps: list[str], value: Json) -> None:
    name, *rest = steps
    match rest:
        case []:
            target[name] = value if name not in target else [*_listed(target[name]), value]
        case [""]:
            target[name] = [*_listed(target.get(name, [])), value]
        case _:
            inner = target.get(name)
            target[name] = inner if isinstance(inner, dict) else {}
            _put(target[name], rest, value)


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def coerce(types: Types, schema: Object, value: Json) -> Json:
    """A decoded string, or a structure of them, as the schema's type; what doesn't convert is left for the check."""
    alternatives = types.alternatives(schema)
    if isinstance(value, str):
        return _coerced_text(types, alternatives, value)
    made = (_coerced_structure(types, alternative, value) for alternative in alternatives)
    return next((other for other in made if other != value), value)


def _coerced_structure(types: Types, schema: Object, value: Json) -> Json:
    match value, schema:
        case list(), {"type": "array", "items": items}:
            return [coerce(types, items, item) for item in value]
        case dict(), {"type": "array", "items": items}:
            return [coerce(types, items, item) for item in value.values()]
        case dict(), {"properties": known}:
            return {name: coerce(types, known.get(name, {}), item) for name, item in value.items()}
    return value


def _coerced_text(types: Types, alternatives: list[Object], text: str) -> Json:
    """A number or a truth value if it can be one, else a string if it may be one, else null or an array of one."""
    for alternative in alternatives:
        if not isinstance(scalar := _scalar(alternative, text), str):
            return scalar
    if text.startswith("{") and any("properties" in alternative for alternative in alternatives):
        return _object(text)
    textual = any(alternative.get("type") == "string" or "enum" in alternative for alternative in alternatives)
    if text == "null" and not textual and any(alternative.get("type") == "null" for alternative in alternatives):
        return None
    arrays = [alternative for alternative in alternatives if alternative.get("type") == "array"]
    return text if textual or not arrays else _coerced_structure(types, arrays[0], [text])


def _object(text: str) -> Json:
    """A part of a form that is JSON itself, as the session of a realtime call is."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text


def _scalar(schema: Object, text: str) -> Json:
    match schema:
        case {"type": "integer"} if _INTEGER.fullmatch(text):
            return int(text)
        case {"type": "number"} if _NUMBER.fullmatch(text):
            return int(text) if _INTEGER.fullmatch(text) else float(text)
        case {"type": "boolean"} | {"enum": [bool(), *_]} | {"const": bool()} if text in TRUTH:
            return TRUTH[text]
    return text
