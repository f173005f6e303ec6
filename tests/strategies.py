"""What Hypothesis draws from: JSON Schemas of every kind people write, values for them, values broken at one place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fakeopenai.synthesis import Resolve, synthesise
from fakeopenai.wire import Json, Object

Drawn = SearchStrategy[Any]
NAMES = ("name", "email", "age", "city", "tags", "price", "created_at", "kind", "next", "x")
PATTERNS = (
    "^[a-z]+$",
    r"^\d{3}-\d{4}$",
    "^(foo|bar|quux)(-[0-9]+)?$",
    r"[A-Z]{2,4}\d*",
    r"^(?=.*\d)(?=.*[A-Z])[A-Za-z\d]{8,}$",
    r"^[^\s@]+@[^\s@]+\.[a-z]{2,3}$",
    r"^#(?:[0-9a-fA-F]{3}){1,2}$",
    r"^(\w)x\1$",
    "^.{3,5}$",
    r"^\+?[1-9]\d{1,14}$",
    r"^v?\d+\.\d+\.\d+(?:-[\w.]+)?$",
)
FORMATS = (
    "date-time", "date", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri", "uri-reference",
    "regex", "json-pointer", "made-up",
)  # fmt: skip


def strings() -> Drawn:
    lengths = st.tuples(st.integers(0, 12), st.integers(12, 60)).map(
        lambda pair: {"minLength": pair[0], "maxLength": pair[1]}
    )
    return st.one_of(
        st.just({"type": "string"}),
        lengths.map(lambda bounds: {"type": "string"} | bounds),
        st.sampled_from(PATTERNS).map(lambda pattern: {"type": "string", "pattern": pattern}),
        st.sampled_from(FORMATS).map(lambda name: {"type": "string", "format": name}),
        st.lists(st.sampled_from(["a", "b", "celsius", ""]), min_size=1, unique=True).map(
            lambda values: {"enum": values}
        ),
    )


@st.composite
def numbers(draw: st.DrawFn) -> Object:
    schema: Object = {"type": draw(st.sampled_from(["integer", "number"]))}
    low = draw(st.integers(-1000, 1000))
    if draw(st.booleans()):
        schema[draw(st.sampled_from(["minimum", "exclusiveMinimum"]))] = low
    if draw(st.booleans()):
        schema[draw(st.sampled_from(["maximum", "exclusiveMaximum"]))] = low + draw(st.integers(12, 500))
    if draw(st.booleans()):
        schema["multipleOf"] = draw(st.sampled_from([1, 2, 5, 0.5, 0.01, 2.5]))
    return schema


def scalars() -> Drawn:
    others: list[Json] = [{"type": "boolean"}, {"type": "null"}, {"const": 7}, {"type": ["string", "null"]}, True, {}]
    return st.one_of(strings(), numbers(), st.sampled_from(others))


@st.composite
def objects(draw: st.DrawFn, children: Drawn) -> Object:
    properties = draw(st.dictionaries(st.sampled_from(NAMES), children, max_size=4))
    names = st.sampled_from(sorted(properties) or ["x"])
    schema: Object = {"type": "object", "properties": properties}
    schema["required"] = draw(st.lists(names, unique=True)) if properties else []
    if draw(st.booleans()):
        schema["additionalProperties"] = draw(children) if draw(st.booleans()) else False
    elif draw(st.booleans()):
        schema["minProperties"] = draw(st.integers(0, 6))
    if draw(st.booleans()) and properties:
        schema["dependentRequired"] = {draw(names): [draw(names)]}
    return schema


@st.composite
def arrays(draw: st.DrawFn, children: Drawn) -> Object:
    schema: Object = {"type": "array", "items": draw(children), "minItems": draw(st.integers(0, 3))}
    if draw(st.booleans()):
        schema["maxItems"] = schema["minItems"] + draw(st.integers(0, 3))
    if draw(st.booleans()):
        schema["prefixItems"] = draw(st.lists(children, min_size=1, max_size=2))
    return schema


def compounds(children: Drawn) -> Drawn:
    several = st.lists(children, min_size=1, max_size=3)
    return st.one_of(
        objects(children),
        arrays(children),
        several.map(lambda options: {"anyOf": options}),
        several.map(lambda options: {"anyOf": [*options, {"type": "null"}]}),
        several.map(tagged),
        children.map(lambda child: {"allOf": [child, {"description": "e.g. some value"}]}),
        st.sampled_from(["#/$defs/Node", "#/$defs/Leaf"]).map(lambda ref: {"$ref": ref}),
        children.map(lambda child: {"if": {"type": "string"}, "then": {"minLength": 1}, "else": child}),
        st.just({"type": "string", "not": {"enum": ["a", ""]}}),
        st.just({"type": "array", "items": {"enum": [1, 2, 3, "a"]}, "uniqueItems": True, "minItems": 2}),
        st.just({"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 50}, "maxContains": 2}),
        st.just({"patternProperties": {"^x-": {"type": "integer"}}, "additionalProperties": False, "type": "object"}),
    )


def tagged(options: list[Json]) -> Object:
    """A union that a constant member tells apart."""
    return {
        "oneOf": [
            {
                "type": "object",
                "properties": {"type": {"const": f"t{nth}"}, "value": option},
                "required": ["type", "value"],
            }
            for nth, option in enumerate(options)
        ]
    }


NODE = {
    "type": "object",
    "properties": {
        "value": {"type": "integer"},
        "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
        "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
    },
    "required": ["value", "next"],
    "additionalProperties": False,
}


def schemas() -> Drawn:
    """Schemas that can be satisfied: nested, with unions, recursion, bounds, patterns and formats."""
    whole = st.recursive(scalars(), compounds, max_leaves=8)
    definitions = {"Node": NODE, "Leaf": {"type": "string", "maxLength": 20}}
    return whole.map(lambda schema: {"$defs": definitions, **(schema if isinstance(schema, dict) else {})})


def seeds() -> SearchStrategy[bytes]:
    return st.binary(min_size=1, max_size=16)


def values(schema: Json, resolve: Resolve | None = None) -> Drawn:
    """Values that fit the schema, such as valid bodies of an operation."""
    return seeds().map(lambda seed: synthesise(schema, seed, resolve=resolve))


class Broken(NamedTuple):
    """A value that does not fit, and the place where it was broken, as the API writes it (`messages[0].role`)."""

    value: Json
    where: str


@st.composite
def broken(draw: st.DrawFn, schema: Json, resolve: Resolve | None = None) -> Broken:
    """A value with one place broken: a value of a type that isn't allowed there, or a required member missing.

    Places inside alternatives are left alone, since what one alternative refuses another may allow.
    """
    value = draw(values(schema, resolve))
    place = draw(st.sampled_from(list(places(schema, value, resolve, ())) or [Place((), ["x"])]))
    return Broken(spoilt(value, place.path, place.wrong), written(place.path))


class Place(NamedTuple):
    """Somewhere in a value that can be broken. `wrong` is what to put there; `MISSING` takes the member away."""

    path: tuple[str | int, ...]
    wrong: Json


MISSING = object()
WRONG: dict[str, Json] = {"object": {"x": {}}, "array": [["x"]], "string": "x", "number": 0.5, "boolean": True}


def places(schema: Json, value: Json, resolve: Resolve | None, path: tuple[str | int, ...]) -> Iterator[Place]:
    plain = resolve(schema) if resolve is not None and isinstance(schema, dict) else schema
    if not isinstance(plain, dict) or not isinstance(plain.get("type"), str):
        return
    kind = "number" if plain["type"] == "integer" else plain["type"]
    yield from (Place(path, wrong) for other, wrong in WRONG.items() if other != kind)
    match value:
        case dict():
            properties = plain.get("properties", {})
            yield from (Place((*path, name), MISSING) for name in plain.get("required", ()) if name in properties)
            for name in (name for name in properties if name in value):
                yield from places(properties[name], value[name], resolve, (*path, name))
        case list():
            for nth, item in enumerate(value):
                yield from places(plain.get("items", True), item, resolve, (*path, nth))


def spoilt(value: Json, path: tuple[str | int, ...], wrong: Json) -> Json:
    """The value with something wrong at a path."""
    if not path:
        return wrong
    first, *rest = path
    if isinstance(value, list):
        return [spoilt(item, tuple(rest), wrong) if nth == first else item for nth, item in enumerate(value)]
    if wrong is MISSING and not rest:
        return {name: item for name, item in value.items() if name != first}
    return value | {first: spoilt(value[first], tuple(rest), wrong)}


def written(path: tuple[str | int, ...]) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")
