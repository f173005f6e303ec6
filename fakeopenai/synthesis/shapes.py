"""JSON Schemas made plain: old spellings made new, references followed, `allOf` laid together.

A Shape is a schema without `$ref`, `allOf` and `const`. Where several schemas may say the same keyword, it holds all
they said: `type` is a list, `pattern` a list of patterns, `unions` a list of lists of alternatives, `nots` and
`conditions` likewise. `checked` marks a shape whose values may turn out not to fit, so that each has to be tried.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any
from urllib.parse import unquote

from jsonschema_rs import ValidationError

from fakeopenai.synthesis import patterns
from fakeopenai.wire import Json, Object

Shape = dict[str, Any]
Resolve = Callable[[Json], Json]
TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")


SHARED: dict[Resolve, dict[str, Json]] = {}
"""What each resolver gave, made plain once for all schemas that refer to it."""


class Unsatisfiable(ValueError):  # noqa: N818  reads as what it says of the schema
    """No value fits the schema, or none was found."""


class Shapes:
    """One schema and whatever it refers to. `resolve` gives the schema behind a reference that the schema lacks."""

    def __init__(self, schema: Json, resolve: Resolve | None = None) -> None:
        self.resolve = resolve
        self.targets: dict[str, Json] = {}
        self._raw = schema
        self.root = modern(schema, self.is_dangling if resolve is None else knows_everything)
        self._shapes: dict[int, Shape] = {}
        self._joined: dict[tuple[int, int], Shape] = {}
        self._finishes: dict[tuple[int, int], bool] = {}
        self._kept: list[Json] = []
        self._heights: dict[int, int] = {}

    def is_dangling(self, ref: str) -> bool:
        return pointed(self._raw, ref) is None

    def target(self, ref: str) -> Json:
        """The schema a reference points at."""
        if ref not in self.targets:
            self.targets[ref] = self._find(ref)
        return self.targets[ref]

    def _find(self, ref: str) -> Json:
        found = pointed(self.root, ref)
        if found is not None:
            return found
        if self.resolve is None:
            raise Unsatisfiable(f"the schema has no {ref}")
        shared = SHARED.setdefault(self.resolve, {})
        if ref not in shared:
            shared[ref] = modern(self.resolve({"$ref": ref}), knows_everything)
        return shared[ref]

    def closed(self) -> Json:
        """The schema with all it refers to inside, for a validator."""
        if self.resolve is None or not isinstance(self.root, dict):
            return self.root
        found: Object = dict(self.root.get("$defs", {}))
        waiting = list(references(self.root))
        while waiting:
            ref = waiting.pop()
            name = ref.removeprefix("#/$defs/")
            if ref.startswith("#/$defs/") and name not in found:
                found[name] = self.target(ref)
                waiting += references(found[name])
        return self.root | {"$defs": found}

    def shape(self, schema: Json) -> Shape:
        """The schema made plain. Raises Unsatisfiable if it contradicts itself."""
        shape = self._shapes.get(id(schema))
        if shape is None:
            self._kept.append(schema)
            shape = self._shapes[id(schema)] = self._plain(schema, ())
        return shape

    def _plain(self, schema: Json, opened: tuple[str, ...]) -> Shape:
        if schema is False:
            raise Unsatisfiable("no value is allowed here")
        if not isinstance(schema, dict):
            return {}
        shape = own_shape(schema)
        if (ref := schema.get("$ref")) is not None:
            if ref in opened:
                raise Unsatisfiable(f"{ref} is nothing but itself")
            shape = both(shape, self._plain(self.target(ref), (*opened, ref)))
        for part in schema.get("allOf", ()):
            shape = both(shape, self._plain(part, opened))
        return shape

    def joined(self, shape: Shape, schema: Json) -> Shape:
        """The shape with one more schema laid over it, such as the alternative that was chosen."""
        key = (id(shape), id(schema))
        if key not in self._joined:
            self._kept += (shape, schema)
            self._joined[key] = both(shape, self.shape(schema))
        return self._joined[key]

    def without_union(self, shape: Shape) -> Shape:
        """The shape whose first union is still to be decided, without that union."""
        key = (id(shape), 0)
        if key not in self._joined:
            self._kept.append(shape)
            self._joined[key] = shape | {"unions": shape["unions"][1:]}
        return self._joined[key]

    def height(self, schema: Json) -> int:
        """How many levels a value needs at least; `TALLEST` if it would never end."""
        if id(schema) not in self._heights:
            self._kept.append(schema)
            fitting = (height for height in range(TALLEST) if self.finishes(schema, height))
            self._heights[id(schema)] = next(fitting, TALLEST)
        return self._heights[id(schema)]

    def finishes(self, schema: Json, within: int) -> bool:
        if not isinstance(schema, dict):
            return schema is not False
        if within < 0:
            return False
        key = (id(schema), within)
        if key not in self._finishes:
            self._kept.append(schema)
            self._finishes[key] = self._finish(schema, within - 1)
        return self._finishes[key]

    def _finish(self, schema: Object, within: int) -> bool:
        if "$ref" in schema and not self.finishes(self.target(schema["$ref"]), within):
            return False
        if not all(self.finishes(part, within) for part in schema.get("allOf", ())):
            return False
        for union in unions_of(schema):
            if not any(self.finishes(option, within) for option in union):
                return False
        if "enum" in schema or not set(schema.get("type", ())) <= {"object", "array"}:
            return True
        return all(self.finishes(child, within) for child in needed(schema))


TALLEST = 40


def needed(schema: Object) -> list[Json]:
    """The schemas of the children a value can't do without."""
    properties, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
    children = [properties.get(name, rest) for name in schema.get("required", ())]
    least = schema.get("minItems", 0)
    first = schema.get("prefixItems", [])
    if least > len(first):
        children.append(schema.get("items", True))
    return [*children, *first[:least]]


def pointed(root: Json, ref: str) -> Json | None:
    """What a JSON pointer in a fragment (`#/$defs/Pet`) points at, if anything."""
    if ref == "#":
        return root
    if not ref.startswith("#/"):
        return None
    value = root
    for step in ref[2:].split("/"):
        value = stepped(value, unquote(step).replace("~1", "/").replace("~0", "~"))
    return value


def stepped(value: Json, step: str) -> Json | None:
    match value:
        case dict():
            return value.get(step)
        case list() if step.isdigit() and int(step) < len(value):
            return value[int(step)]
    return None


def references(schema: Json) -> list[str]:
    """Every reference inside a schema, once."""
    found: dict[str, None] = {}
    waiting = [schema]
    while waiting:
        match waiting.pop():
            case dict() as value:
                if isinstance(ref := value.get("$ref"), str):
                    found[ref] = None
                waiting += value.values()
            case list() as values:
                waiting += values
    return list(found)


def own_shape(schema: Object) -> Shape:
    """The shape of what a schema says by itself."""
    shape = {key: value for key, value in schema.items() if key not in APART}
    if "const" in schema:
        shape["enum"] = [value for value in schema.get("enum", [schema["const"]]) if same(value, schema["const"])]
    if "pattern" in schema:
        shape["pattern"] = [schema["pattern"]]
    if unions := unions_of(schema):
        shape["unions"] = unions
    if "not" in schema:
        shape["nots"] = [schema["not"]]
    if "if" in schema:
        shape["conditions"] = [(schema["if"], schema.get("then", True), schema.get("else", True))]
    if any(key in schema for key in CHECKED):
        shape["checked"] = True
    return shape


APART = frozenset({"$ref", "allOf", "anyOf", "oneOf", "const", "not", "if", "then", "else", "pattern"})
CHECKED = ("oneOf", "not", "if", "contains", "dependentSchemas", "unevaluatedProperties", "unevaluatedItems")


def unions_of(schema: Object) -> list[list[Json]]:
    return [schema[key] for key in ("anyOf", "oneOf") if key in schema]


def both(a: Shape, b: Shape) -> Shape:
    """The shape of values that fit both. Raises Unsatisfiable when no type or value is left."""
    if not a or not b:
        return a or b
    shape = a | b
    for key, meet in MEETS.items():
        if key in a and key in b:
            shape[key] = meet(a[key], b[key])
    for key in ("title", "description", "default", "examples"):
        if key in a:
            shape[key] = a[key]
    if "properties" in shape or "additionalProperties" in shape:
        shape |= both_members(a, b)
    if "enum" in a or "enum" in b or ("pattern" in a and "pattern" in b):
        shape["checked"] = True
    if shape.get("type") == [] or shape.get("enum") == []:
        raise Unsatisfiable("nothing fits all of the schemas laid together")
    return shape


def both_members(a: Shape, b: Shape) -> Shape:
    names = dict.fromkeys([*a.get("properties", ()), *b.get("properties", ())])
    properties = {name: all_of(member(a, name), member(b, name)) for name in names}
    rest = all_of(a.get("additionalProperties", True), b.get("additionalProperties", True))
    return {"properties": properties, "additionalProperties": rest}


def member(shape: Shape, name: str) -> Json:
    """The schema of a member of an object: `False` if the object may not have it."""
    schemas = [
        schema for pattern, schema in shape.get("patternProperties", {}).items() if patterns.matches(pattern, name)
    ]
    if name in shape.get("properties", ()):
        schemas.insert(0, shape["properties"][name])
    if not schemas:
        return shape.get("additionalProperties", True)
    return all_of(*schemas)


def all_of(*schemas: Json) -> Json:
    if any(schema is False for schema in schemas):
        return False
    kept: list[Json] = []
    for schema in schemas:
        if schema is not True and schema not in kept:
            kept.append(schema)
    return kept[0] if len(kept) == 1 else {"allOf": kept} if kept else True


def common_types(a: list[str], b: list[str]) -> list[str]:
    types = [name for name in a if name in b]
    mixed = {"integer", "number"} <= {*a, *b}
    return [*types, "integer"] if mixed and "number" not in types and "integer" not in types else types


def same(a: Json, b: Json) -> bool:
    """Equality as JSON has it: 1 is 1.0, and neither is true."""
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)


def common_values(a: list[Json], b: list[Json]) -> list[Json]:
    return [value for value in a if any(same(value, other) for other in b)]


def joined_lists(a: list[Json], b: list[Json]) -> list[Json]:
    return [*a, *(value for value in b if value not in a)]


def common_multiple(a: float, b: float) -> float:
    x, y = Fraction(str(a)), Fraction(str(b))
    scale = x.denominator * y.denominator
    least = Fraction(math.lcm(int(x * scale), int(y * scale)), scale)
    return least.numerator if least.denominator == 1 else float(least)


def item_by_item(a: list[Json], b: list[Json]) -> list[Json]:
    longer = a if len(a) > len(b) else b
    return [*(all_of(x, y) for x, y in zip(a, b, strict=False)), *longer[min(len(a), len(b)) :]]


def key_by_key(a: Object, b: Object) -> Object:
    return a | b | {key: all_of(a[key], b[key]) for key in a if key in b}


def lists_by_key(a: Object, b: Object) -> Object:
    return a | b | {key: joined_lists(a[key], b[key]) for key in a if key in b}


MEETS: dict[str, Callable[[Any, Any], Json]] = {
    "type": common_types,
    "enum": common_values,
    "pattern": joined_lists,
    "required": joined_lists,
    "unions": lambda a, b: a + b,
    "nots": lambda a, b: a + b,
    "conditions": lambda a, b: a + b,
    "minimum": max,
    "exclusiveMinimum": max,
    "minLength": max,
    "minItems": max,
    "minProperties": max,
    "minContains": max,
    "maximum": min,
    "exclusiveMaximum": min,
    "maxLength": min,
    "maxItems": min,
    "maxProperties": min,
    "maxContains": min,
    "multipleOf": common_multiple,
    "uniqueItems": lambda a, b: a or b,
    "items": all_of,
    "contains": all_of,
    "propertyNames": all_of,
    "prefixItems": item_by_item,
    "patternProperties": key_by_key,
    "dependentSchemas": key_by_key,
    "dependentRequired": lists_by_key,
}


def knows_everything(_ref: str) -> bool:
    return False


def modern(schema: Json, is_dangling: Callable[[str], bool]) -> Json:
    """A copy in the words of draft 2020-12, without whatever is misspelt beyond use and without dangling references.

    Tool schemas come from many generators: they bring OpenAPI's `nullable`, draft 4's boolean `exclusiveMinimum` and
    draft 7's lists as `items`.
    """
    if not isinstance(schema, dict):
        return schema is not False
    renewed = renewed_keywords(schema)
    copy: Object = {}
    for key, value in renewed.items():
        fits = SHAPES_OF.get(key)
        if fits is None or fits(value):
            copy[key] = modern_value(key, value, is_dangling)
    if "$ref" in copy and is_dangling(copy["$ref"]):
        del copy["$ref"]
    return copy


def modern_value(key: str, value: Json, is_dangling: Callable[[str], bool]) -> Json:
    if key in ONE_SCHEMA:
        return modern(value, is_dangling)
    if key in SCHEMA_LISTS:
        return [modern(each, is_dangling) for each in value]
    if key in SCHEMA_MAPS:
        return {name: modern(each, is_dangling) if is_schema(each) else True for name, each in value.items()}
    if key == "type" and isinstance(value, str):
        return [value]
    return int(value) if key in SIZES else value


def renewed_keywords(schema: Object) -> Object:
    new = {key: value for key, value in schema.items() if key not in ("$schema", "$id", "id", "$anchor", "$vocabulary")}
    if isinstance(new.get("items"), list):
        new |= {"prefixItems": new.pop("items"), "items": new.pop("additionalItems", True)}
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(new.get(exclusive), bool):
            renew_exclusive(new, bound, exclusive)
    if isinstance(new.get("dependencies"), dict):
        renew_dependencies(new)
    if new.get("nullable") is True and "type" in new:
        types = [new["type"]] if isinstance(new["type"], str) else new["type"]
        new["type"] = [*types, "null"]
        if isinstance(new.get("enum"), list) and None not in new["enum"]:
            new["enum"] = [*new["enum"], None]
    return new


def renew_exclusive(new: Object, bound: str, exclusive: str) -> None:
    if new.pop(exclusive) and bound in new:
        new[exclusive] = new.pop(bound)


def renew_dependencies(new: Object) -> None:
    for name, needs in new.pop("dependencies").items():
        keyword = "dependentRequired" if isinstance(needs, list) else "dependentSchemas"
        new[keyword] = new.get(keyword, {}) | {name: needs}


ONE_SCHEMA = frozenset(
    {"items", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else", "unevaluatedItems"}
    | {"unevaluatedProperties"}
)
SIZES = frozenset(
    ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains", "maxContains")
)
SCHEMA_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
SCHEMA_MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})


def is_types(value: Json) -> bool:
    return (
        value in TYPES if isinstance(value, str) else bool(value) and is_list(value) and all(v in TYPES for v in value)
    )


def is_list(value: Json) -> bool:
    return isinstance(value, list)


def is_filled_list(value: Json) -> bool:
    return isinstance(value, list) and bool(value)


def is_text(value: Json) -> bool:
    return isinstance(value, str)


def is_texts(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_size(value: Json) -> bool:
    return is_number(value) and value >= 0 and value == int(value)


def is_object(value: Json) -> bool:
    return isinstance(value, dict)


def is_schema(value: Json) -> bool:
    return isinstance(value, dict | bool)


def is_schemas(value: Json) -> bool:
    return is_filled_list(value) and all(is_schema(each) for each in value)


def is_pattern_map(value: Json) -> bool:
    return isinstance(value, dict) and all(is_pattern(pattern) for pattern in value)


def is_texts_map(value: Json) -> bool:
    return isinstance(value, dict) and all(is_texts(each) for each in value.values())


def is_pattern(value: Json) -> bool:
    if not isinstance(value, str):
        return False
    try:
        patterns.judge(value)
        patterns.parsed(value)
    except (ValidationError, ValueError):
        return False
    return True


SHAPES_OF: dict[str, Callable[[Json], bool]] = {
    "$ref": is_text,
    "type": is_types,
    "enum": is_filled_list,
    "required": is_texts,
    "pattern": is_pattern,
    "format": is_text,
    "description": is_text,
    "multipleOf": lambda value: is_number(value) and value > 0,
    "uniqueItems": lambda value: isinstance(value, bool),
    "examples": is_list,
    **dict.fromkeys(("properties", "$defs", "definitions", "dependentSchemas"), is_object),
    "patternProperties": is_pattern_map,
    "dependentRequired": is_texts_map,
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), is_number),
    **dict.fromkeys(sorted(SIZES), is_size),
    **dict.fromkeys(sorted(ONE_SCHEMA), is_schema),
    **dict.fromkeys(sorted(SCHEMA_LISTS), is_schemas),
}
