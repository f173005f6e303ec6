"""Schemas that the API takes for structured outputs and tools, and its words for those it refuses.

The supported subset: https://platform.openai.com/docs/guides/structured-outputs#supported-schemas. Wordings are those
of recorded traffic and of issue threads that quote replies; the two on the size of strings are ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal

import jsonschema_rs
import msgspec

from fakeopenai import errors
from fakeopenai.errors import ApiError, invalid
from fakeopenai.wire import Json, Object

Kind = Literal["response_format", "function"]
Context = tuple[str, ...]

NAME = re.compile(r"[a-zA-Z0-9_-]+")
LONGEST_NAME = 64
DEEPEST = 10
MOST_PROPERTIES = 5000
MOST_VALUES = 1000
MANY_VALUES, LONGEST_VALUES = 250, 15_000
LONGEST_STRINGS = 120_000
FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
COMBINED = ("oneOf", "anyOf", "allOf", "enum", "not")
REFUSED = (
    "oneOf", "allOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "dependencies",
    "patternProperties", "propertyNames", "minProperties", "maxProperties", "unevaluatedProperties", "unevaluatedItems",
    "uniqueItems", "contains", "minContains", "maxContains", "prefixItems", "additionalItems",
)  # fmt: skip


def check_name(name: str, param: str) -> None:
    """Refuses a name that no tool or format may have."""
    if not name:
        raise errors.too_short(param, "string", 1, 0)
    if len(name) > LONGEST_NAME:
        raise errors.too_long(param, "string", LONGEST_NAME, len(name))
    if not NAME.fullmatch(name):
        raise errors.pattern_mismatch(param, "^[a-zA-Z0-9_-]+$")


def check(schema: Json, *, name: str, kind: Kind, param: str, strict: bool = True) -> None:
    """Refuses a schema that the API refuses: `strict` ones by the rules of structured outputs, others if they are none.

    A function without parameters (`None` or, if it isn't strict, `{}`) takes an empty object.
    """
    fault = fault_of(msgspec.json.encode(schema), kind, strict)
    if fault:
        raise refusal(f"Invalid schema for {kind} '{name}': {fault}", kind, param)


def refusal(message: str, kind: Kind, param: str) -> ApiError:
    """The chat endpoint, whose `param` is `response_format`, gives no code; Responses and tools do."""
    codes = {"function": "invalid_function_parameters", "response_format": "invalid_json_schema"}
    return invalid(message, param, None if param == "response_format" else codes[kind])


@lru_cache(1024)
def fault_of(schema: bytes, kind: Kind, strict: bool) -> str:
    """The first thing wrong with an encoded schema, or nothing."""
    decoded = msgspec.json.decode(schema)
    if decoded is None or (decoded == {} and kind == "function" and not strict):
        decoded = {"type": "object", "properties": {}}
    return next(faults(decoded, kind, strict=strict), "")


def faults(schema: Json, kind: Kind, *, strict: bool) -> Iterator[str]:
    """All that is wrong with a schema, in the order in which the API finds it."""
    if not jsonschema_rs.meta.is_valid(schema) or not isinstance(schema, dict):
        yield malformation(schema)
        return
    if schema.get("type") != "object":
        yield f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{schema.get('type')}\"'."
    if any(key in schema for key in COMBINED) and (kind == "function" or "anyOf" in schema):
        listed = "/".join(f"'{key}'" for key in COMBINED)
        yield f"schema must have type 'object' and not have {listed} at the top level."
    yield from Strict(schema).faults() if strict else lenient(schema, kind)


def malformation(schema: Json) -> str:
    """What the meta-schema says against it; the API words this as Python's jsonschema does."""
    if not isinstance(schema, dict):
        return f"{schema!r} is not of type 'object'."
    from jsonschema import Draft202012Validator  # 30 ms that only a refusal has to wait for
    from jsonschema.exceptions import best_match

    meta = Draft202012Validator(dict(Draft202012Validator.META_SCHEMA))
    error = best_match(meta.iter_errors(schema))
    return f"{error.message if error else 'schema is not valid under any of the given schemas'}."


def lenient(schema: Object, kind: Kind) -> Iterator[str]:
    """What is wrong with a schema that is not strict."""
    if kind == "function" and "properties" not in schema:
        yield f"{at(())}object schema missing properties."
    for context, part in parts(schema, ()):
        yield from missing_items(part, context)
        yield from bad_pattern(part)


def at(context: Context) -> str:
    return f"In context={context!r}, "


def missing_items(schema: Object, context: Context) -> Iterator[str]:
    if schema.get("type") == "array" and "items" not in schema and "prefixItems" not in schema:
        yield f"{at(context)}array schema missing items."


def bad_pattern(schema: Object) -> Iterator[str]:
    """Patterns are compiled by Python's `re`, so those of another dialect are refused."""
    pattern = schema.get("pattern")
    try:
        re.compile(pattern or "")
    except re.error:
        yield f"{pattern!r} is not a 'regex'."


def parts(schema: Json, context: Context) -> Iterator[tuple[Context, Object]]:
    """A schema and all the schemas inside, with the way to each."""
    if not isinstance(schema, dict):
        return
    yield context, schema
    for step, child in children(schema):
        yield from parts(child, (*context, *step))


def children(schema: Object) -> Iterator[tuple[Context, Json]]:
    for key in ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas"):
        yield from (((key, name), child) for name, child in schema.get(key, {}).items())
    for key in ("items", "additionalProperties", "contains", "not"):
        if isinstance(schema.get(key), dict):
            yield (key,), schema[key]
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        yield from (((key, str(nth)), child) for nth, child in enumerate(schema.get(key, ())))


class Strict:
    """One strict schema, read from its root down."""

    def __init__(self, root: Object) -> None:
        self.root = root

    def faults(self) -> Iterator[str]:
        yield from self.within(self.root, ())
        yield from self.oversizes()

    def within(self, schema: Json, context: Context) -> Iterator[str]:
        yield from self.own(schema, context)
        if isinstance(schema, dict):
            for step, child in children(schema):
                yield from self.within(child, (*context, *step))

    def own(self, schema: Json, context: Context) -> Iterator[str]:
        """What is wrong with a schema itself."""
        if not isinstance(schema, dict):
            yield f"{at(context)}schema must have a 'type' key."
            return
        if "$ref" in schema and context:
            yield from self.reference(schema, context)
            return
        yield from (f"{at(context)}'{key}' is not permitted." for key in REFUSED if key in schema)
        if "type" not in schema and "anyOf" not in schema:
            yield f"{at(context)}schema must have a 'type' key."
        yield from self.typed(schema, context)
        if schema.get("format", "date") not in FORMATS:
            yield f"{at(context)}'{schema['format']}' is not a valid format."
        yield from bad_pattern(schema)

    def reference(self, schema: Object, context: Context) -> Iterator[str]:
        beside = sorted(set(schema) - {"$ref"})
        if beside:
            yield f"context={context!r}, $ref cannot have keywords {{{', '.join(map(repr, beside))}}}."
        ref: str = schema["$ref"]
        _, _, name = ref.rpartition("/")
        if ref == "#":
            return
        if ref not in (f"#/$defs/{name}", f"#/definitions/{name}"):
            yield f"{at(context)}reference can only point to definitions defined at the top level of the schema."
        elif name not in self.root.get(ref.split("/")[1], ()):
            yield f"{at(context)}reference to component '{ref}' which was not found in the schema."

    def typed(self, schema: Object, context: Context) -> Iterator[str]:
        """Each type of a list is a place of its own: `('type', '0')`."""
        match schema.get("type"):
            case str(kind):
                yield from self.of_type(kind, schema, context)
            case list(kinds):
                for nth, kind in enumerate(kinds):
                    yield from self.of_type(kind, schema, (*context, "type", str(nth)))

    def of_type(self, kind: str, schema: Object, context: Context) -> Iterator[str]:
        if kind == "object":
            yield from closed(schema, context)
        if kind == "array" and "items" not in schema:
            yield f"{at(context)}array schema missing items."

    def oversizes(self) -> Iterator[str]:
        """What is too much of it."""
        every = [part for _, part in parts(self.root, ())]
        if (depth := nesting(self.root)) > DEEPEST:
            yield f"{depth} levels of nesting exceeds limit of {DEEPEST}."
        if (count := sum(len(part.get("properties", ())) for part in every)) > MOST_PROPERTIES:
            yield f"{count} parameters exceed the limit of {MOST_PROPERTIES}."
        yield from oversized_enums([part["enum"] for part in every if "enum" in part])
        if (length := sum(map(string_length, every))) > LONGEST_STRINGS:
            kinds = "property names, definition names, enum values and const values"
            yield f"Expected at most {LONGEST_STRINGS} characters in total of {kinds}, but received {length}."


def closed(schema: Object, context: Context) -> Iterator[str]:
    """An object has to name all its members and to allow and require exactly those."""
    if schema.get("additionalProperties") is not False:
        yield f"{at(context)}'additionalProperties' is required to be supplied and to be false."
    demand = f"{at(context)}'required' is required to be supplied and to be an array including every key in properties."
    properties, required = schema.get("properties", {}), schema.get("required", [])
    yield from (f"{demand} Missing '{name}'." for name in properties if name not in required)
    yield from (f"{demand} Extra required key '{name}' supplied." for name in required if name not in properties)


def nesting(schema: Json) -> int:
    """The levels of objects inside each other; what a reference leads to doesn't count."""
    if not isinstance(schema, dict):
        return 0
    deepest = max(
        (nesting(child) for step, child in children(schema) if step[0] not in ("$defs", "definitions")), default=0
    )
    return deepest + ("properties" in schema)


def oversized_enums(enums: list[list[Json]]) -> Iterator[str]:
    if (count := sum(map(len, enums))) > MOST_VALUES:
        yield f"Expected at most {MOST_VALUES} enum values in total, but received {count}."
    for values in enums:
        length = total_length(values)
        if len(values) > MANY_VALUES and length > LONGEST_VALUES:
            many = f"an enum of more than {MANY_VALUES} values"
            yield f"Expected at most {LONGEST_VALUES} characters in {many}, but received {length}."


def string_length(schema: Object) -> int:
    names = [name for key in ("properties", "$defs", "definitions") for name in schema.get(key, ())]
    return total_length([*names, *schema.get("enum", ()), schema.get("const")])


def total_length(values: Iterable[Json]) -> int:
    return sum(len(value) for value in values if isinstance(value, str))
