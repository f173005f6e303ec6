"""Schemas that the API refuses, in its words."""

from __future__ import annotations

import pytest

from fakeopenai import strict
from fakeopenai.errors import ApiError
from fakeopenai.wire import Json, Object

TEXT = {"type": "string"}
OPEN = "'additionalProperties' is required to be supplied and to be false."
REQUIRED = "'required' is required to be supplied and to be an array including every key in properties."
OUTSIDE = "reference can only point to definitions defined at the top level of the schema."
TOP = "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level."


def closed(**properties: Json) -> Object:
    """An object as structured outputs want it."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def fault(schema: Json, *, kind: strict.Kind = "response_format", is_strict: bool = True) -> str:
    try:
        strict.check(schema, name="n", kind=kind, param="p", strict=is_strict)
    except ApiError as error:
        return error.message.removeprefix(f"Invalid schema for {kind} 'n': ")
    return ""


def nested(levels: int) -> Object:
    return closed(x=nested(levels - 1)) if levels > 1 else closed(x=TEXT)


@pytest.mark.parametrize(
    "schema",
    [
        closed(),
        closed(a=TEXT, b={"type": ["integer", "null"], "minimum": 1}),
        closed(a={"anyOf": [TEXT, {"type": "null"}], "description": "x", "default": None}),
        closed(when={"type": "string", "format": "date-time"}, mail={"type": "string", "minLength": 2}),
        closed(list={"type": "array", "items": {"$ref": "#"}, "minItems": 1, "maxItems": 3}),
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "title": "T",
            **closed(a={"type": "string", "const": "x"}),
        },
        {"$defs": {"node": closed(next={"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]})}}
        | closed(node={"$ref": "#/$defs/node"}),
        nested(10),
    ],
)
def test_the_supported_subset_is_accepted(schema: Json) -> None:
    assert fault(schema) == ""
    assert fault(schema, kind="function") == ""


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({}, "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"None\"'."),
        (
            {"type": "array", "items": TEXT},
            "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"array\"'.",
        ),
        (
            {**closed(), "anyOf": [closed()]},
            TOP,
        ),
        (
            {"type": "object", "properties": {}},
            f"In context=(), {OPEN}",
        ),
        (
            closed(a=closed(b=TEXT) | {"required": []}),
            f"In context=('properties', 'a'), {REQUIRED} Missing 'b'.",
        ),
        (
            closed(a=TEXT) | {"required": ["a", "z"]},
            f"In context=(), {REQUIRED} Extra required key 'z' supplied.",
        ),
        (
            closed(a={"type": ["object", "null"], "properties": {}}),
            f"In context=('properties', 'a', 'type', '0'), {OPEN}",
        ),
        (closed(a={"oneOf": [TEXT]}), "In context=('properties', 'a'), 'oneOf' is not permitted."),
        (closed(a={"allOf": [TEXT]}), "In context=('properties', 'a'), 'allOf' is not permitted."),
        (
            closed(a={"anyOf": [TEXT, {}]}),
            "In context=('properties', 'a', 'anyOf', '1'), schema must have a 'type' key.",
        ),
        (closed(a={"description": "x"}), "In context=('properties', 'a'), schema must have a 'type' key."),
        (closed(a={"const": "x"}), "In context=('properties', 'a'), schema must have a 'type' key."),
        (closed(a={"type": "array"}), "In context=('properties', 'a'), array schema missing items."),
        (
            closed(a={"type": "array", "items": TEXT, "uniqueItems": True}),
            "In context=('properties', 'a'), 'uniqueItems' is not permitted.",
        ),
        (closed(a={"type": "string", "format": "uri"}), "In context=('properties', 'a'), 'uri' is not a valid format."),
        (
            {"$defs": {"c": TEXT}, **closed(a={"$ref": "#/$defs/c", "description": "x"})},
            "context=('properties', 'a'), $ref cannot have keywords {'description'}.",
        ),
        (
            closed(a=TEXT, b={"$ref": "#/properties/a"}),
            f"In context=('properties', 'b'), {OUTSIDE}",
        ),
        (
            closed(a={"$ref": "#/$defs/X"}),
            "In context=('properties', 'a'), reference to component '#/$defs/X' which was not found in the schema.",
        ),
        (closed(a={"type": "strin"}), "'strin' is not valid under any of the given schemas."),
        (closed(a="object"), "'object' is not of type 'object', 'boolean'."),
        (closed(a={"type": "string", "pattern": "("}), "'(' is not a 'regex'."),
        (nested(13), "13 levels of nesting exceeds limit of 10."),
        (closed(**{f"p{n}": TEXT for n in range(5001)}), "5001 parameters exceed the limit of 5000."),
        (
            closed(a={"type": "string", "enum": [f"v{n}" for n in range(1004)]}),
            "Expected at most 1000 enum values in total, but received 1004.",
        ),
    ],
)
def test_a_strict_schema_outside_the_subset_is_refused(schema: Json, message: str) -> None:
    assert fault(schema) == message


@pytest.mark.parametrize(
    "schema",
    [None, {}, {"type": "object", "properties": {"a": {}}}, {"type": "object", "properties": {"a": {"oneOf": [TEXT]}}}],
)
def test_a_function_that_is_not_strict_may_have_any_object_schema(schema: Json) -> None:
    assert fault(schema, kind="function", is_strict=False) == ""


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"properties": {}}, "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"None\"'."),
        ({"type": "object"}, "In context=(), object schema missing properties."),
        (
            {"type": "object", "properties": {}, "oneOf": [TEXT]},
            TOP,
        ),
        (
            {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "array"}}}},
            "In context=('properties', 'a', 'items'), array schema missing items.",
        ),
        ([], "[] is not of type 'object'."),
    ],
)
def test_a_function_that_is_not_strict_needs_a_sound_schema(schema: Json, message: str) -> None:
    assert fault(schema, kind="function", is_strict=False) == message


@pytest.mark.parametrize(
    ("kind", "param", "code"),
    [
        ("function", "tools[0].function.parameters", "invalid_function_parameters"),
        ("function", "tools[0].parameters", "invalid_function_parameters"),
        ("response_format", "text.format.schema", "invalid_json_schema"),
        ("response_format", "response_format", None),
    ],
)
def test_a_refusal_names_the_parameter_and_its_code(kind: strict.Kind, param: str, code: str | None) -> None:
    with pytest.raises(ApiError) as refusal:
        strict.check({"type": "object", "properties": {}}, name="weather", kind=kind, param=param)

    assert refusal.value.error == {
        "message": f"Invalid schema for {kind} 'weather': In context=(), {OPEN}",
        "type": "invalid_request_error",
        "param": param,
        "code": code,
    }


@pytest.mark.parametrize(
    ("name", "message", "code"),
    [
        (
            "get weather",
            "string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
            "invalid_value",
        ),
        (
            "x" * 65,
            "string too long. Expected a string with maximum length 64, but got a string with length 65 instead.",
            "string_above_max_length",
        ),
        (
            "",
            "empty string. Expected a string with minimum length 1, but got an empty string instead.",
            "empty_string",
        ),
    ],
)
def test_a_name_that_no_tool_may_have_is_refused(name: str, message: str, code: str) -> None:
    with pytest.raises(ApiError) as refusal:
        strict.check_name(name, "tools[0].function.name")

    assert refusal.value.error == {
        "message": f"Invalid 'tools[0].function.name': {message}",
        "type": "invalid_request_error",
        "param": "tools[0].function.name",
        "code": code,
    }


def test_any_other_name_is_accepted() -> None:
    strict.check_name("get_weather-2", "tools[0].function.name")
