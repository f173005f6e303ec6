"""Values that fit a JSON Schema."""

from __future__ import annotations

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakeopenai.schema import Types
from fakeopenai.synthesis import Shape, Unsatisfiable, synthesise
from fakeopenai.wire import Json, Object
from tests import strategies

CHECKER = jsonschema.Draft202012Validator.FORMAT_CHECKER
SLOW = [HealthCheck.too_slow]
WEATHER: Object = {
    "type": "object",
    "properties": {
        "location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"},
        "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
        "days": {"type": ["integer", "null"], "minimum": 1, "maximum": 10},
    },
    "required": ["location"],
}


@pytest.fixture(scope="module")
def types() -> Types:
    return Types()


def fits(schema: Json, value: Json) -> bool:
    """Both engines' verdict, which has to be one."""
    fast = jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid(value)
    slow = jsonschema.Draft202012Validator(schema, format_checker=CHECKER).is_valid(value)
    assert fast == slow, (schema, value)
    return fast


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
@given(strategies.schemas(), strategies.seeds())
def test_a_value_fits_its_schema_and_comes_again(schema: Json, seed: bytes) -> None:
    value = synthesise(schema, seed)

    assert fits(schema, value)
    assert synthesise(schema, seed) == value


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(strategies.schemas())
def test_the_smallest_value_fits_its_schema(schema: Json) -> None:
    assert fits(schema, synthesise(schema, b"", smallest=True))


@settings(max_examples=50, deadline=None, suppress_health_check=SLOW)
@given(strategies.schemas(), st.lists(st.one_of(st.integers(), st.text(), st.none(), st.booleans()), max_size=5))
def test_no_hint_makes_a_value_that_does_not_fit(schema: Json, offers: list[Json]) -> None:
    assert fits(schema, synthesise(schema, b"seed", hints=lambda _name, _shape, _path: offers))


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(st.data())
def test_a_value_of_any_type_of_the_api_fits(types: Types, data: st.DataObject) -> None:
    schema = {"$ref": f"#/$defs/{data.draw(st.sampled_from(sorted(types)))}"}

    value = data.draw(strategies.values(schema, types.resolve))

    assert jsonschema_rs.Draft202012Validator(types.closure(schema)).is_valid(value)


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(st.data())
def test_a_broken_value_does_not_fit(data: st.DataObject) -> None:
    schema = WEATHER | {"properties": WEATHER["properties"] | {"tags": {"type": "array", "items": {"type": "string"}}}}

    spoilt = data.draw(strategies.broken(schema))

    assert not fits(schema, spoilt.value)


def test_the_same_seed_gives_the_same_value_on_every_machine() -> None:
    values = [synthesise(WEATHER, seed) for seed in (b"a", b"b", b"c")]

    assert values == [
        {"location": "San Francisco, CA"},
        {"location": "San Francisco, CA"},
        {"location": "San Francisco, CA", "days": 3},
    ]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (WEATHER, {"location": "string"}),
        ({"type": ["string", "null"]}, None),
        ({"anyOf": [{"$ref": "#/$defs/a"}, {"type": "null"}], "$defs": {"a": WEATHER}}, None),
        ({"type": "string", "default": "auto"}, "auto"),
        ({"enum": ["b", "a"]}, "b"),
        ({"type": "integer", "minimum": 3}, 3),
        ({"type": "array", "items": {"type": "boolean"}, "minItems": 2}, [False, False]),
        ({"type": "string", "minLength": 2, "maxLength": 3}, "str"),
    ],
)
def test_the_smallest_value_is_this(schema: Json, value: Json) -> None:
    assert synthesise(schema, b"", smallest=True) == value


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"$ref": "#"},
        {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]},
        {"type": "string", "minLength": 5, "maxLength": 2},
        {"type": "integer", "minimum": 2, "exclusiveMaximum": 2},
        {"allOf": [{"type": "string"}, {"type": "integer"}]},
        {"type": "array", "items": {"type": "boolean"}, "uniqueItems": True, "minItems": 3},
        {"type": "object", "properties": {"a": False}, "required": ["a"]},
        {"not": {}},
    ],
)
def test_a_schema_that_nothing_fits_is_told(schema: Json) -> None:
    with pytest.raises(Unsatisfiable):
        synthesise(schema, b"seed")


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "strin"},
        {"type": "object", "properties": {"a": "string"}},
        {"type": "object", "properties": {"a": {"$ref": "#/nowhere"}}, "required": ["a"]},
        {"type": "string", "pattern": "(?<"},
        {"type": "integer", "minimum": 5, "exclusiveMinimum": True},
        {"id": "x", "type": "object", "required": True},
        {"type": "array", "items": [{"type": "string"}], "additionalItems": False},
    ],
)
def test_a_schema_in_old_or_broken_words_gets_a_value(schema: Json) -> None:
    synthesise(schema, b"seed")


@pytest.mark.parametrize(
    "pattern",
    [
        *strategies.PATTERNS,
        r"^\p{Lu}\p{L}+$",
        r"^[一-龥]{2,4}$",
        r"^(?!foo)\w{3}$",
        r"\bword\b",
        r"^(?<year>\d{4})-\1$",
        r"^/([a-z]+/)*$",
        r"^(19|20)\d\d-(0[1-9]|1[0-2])$",
        r"^[\w.+-]+@\w+\.\w{2,}$",
        r"^\x41\u0042[^\d]$",
        r"^[^a-zA-Z0-9]{2}$",
        "",
    ],
)
def test_a_string_matches_its_pattern(pattern: str) -> None:
    schema = {"type": "string", "pattern": pattern}

    values = {synthesise(schema, bytes([nth])) for nth in range(20)}

    assert all(jsonschema_rs.Draft202012Validator(schema).is_valid(value) for value in values)


def test_a_pattern_and_a_length_are_met_together() -> None:
    schema = {"type": "string", "pattern": r"^[a-z]+-\d+$", "minLength": 30, "maxLength": 31}

    assert fits(schema, synthesise(schema, b"seed"))


def test_a_hint_is_used_where_it_fits_and_brings_an_optional_member() -> None:
    known: Object = {"location": "Oslo", "unit": "kelvin", "days": 3}

    values = [
        synthesise(WEATHER, bytes([nth]), hints=lambda name, _shape, _path: [known[name]] if name in known else [])
        for nth in range(10)
    ]

    assert {(value["location"], value["days"]) for value in values} == {("Oslo", 3)}
    assert all(value.get("unit") != "kelvin" for value in values)


def test_a_hint_sees_the_name_the_merged_schema_and_the_path() -> None:
    seen = {}
    schema = {
        "$defs": {"tag": {"type": "string", "maxLength": 5}},
        "type": "object",
        "properties": {
            "tags": {"type": "array", "items": {"anyOf": [{"$ref": "#/$defs/tag"}, {"type": "null"}]}, "minItems": 1}
        },
        "required": ["tags"],
    }

    def hints(name: str, shape: Shape, path: str) -> list[Json]:
        seen[path] = name, shape.get("type")
        return ["blue"] if shape.get("type") == ["string"] else []

    assert set(synthesise(schema, b"seed", hints=hints)["tags"]) == {"blue"}
    assert seen["/tags"] == ("tags", ["array"])
    assert seen["/tags/0"] == ("tags", ["string"])


def test_examples_in_a_schema_are_used() -> None:
    schema = {"type": "object", "properties": {"sku": {"type": "string", "examples": ["A-1"]}}, "required": ["sku"]}

    assert synthesise(schema, b"seed") == {"sku": "A-1"}


def test_recursion_ends() -> None:
    tree = {
        "type": "object",
        "properties": {"children": {"type": "array", "items": {"$ref": "#"}, "maxItems": 50}},
        "required": ["children"],
    }

    assert all(len(str(synthesise(tree, bytes([nth])))) < 2000 for nth in range(30))
