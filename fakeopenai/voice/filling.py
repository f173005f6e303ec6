"""Arguments and structured answers: a value for a schema, out of what was said where it is there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from fakeopenai.synthesis import Unsatisfiable, synthesise
from fakeopenai.voice import reading
from fakeopenai.voice.fields import NOTHING, Field, nearness
from fakeopenai.voice.source import Source
from fakeopenai.voice.words import concept, split_name

if TYPE_CHECKING:
    from fakeopenai.wire import Json, Object

_DEEPEST = 12
_SHALLOW = 4


def filled(schema: Json, source: Source, seed: bytes) -> Json:
    """A value that fits the schema and takes what it can from the source."""
    whole = Filler(schema, source, seed).value(schema, Field("", ""), needed=True)
    offers = [] if whole is NOTHING else [whole]
    try:
        return synthesise(schema, seed, hints=lambda _name, _shape, path: offers if not path else _at(whole, path))
    except Unsatisfiable:
        return {}


def _at(whole: Json, path: str) -> list[Json]:
    """What stands at a path of the value that was made, if it has the path."""
    for step in path.split("/")[1:]:
        match whole:
            case dict() if step in whole:
                whole = whole[step]
            case list() if step.isdecimal() and int(step) < len(whole):
                whole = whole[int(step)]
            case _:
                return []
    return [whole]


class Filler:
    """Fills one schema from one source; a number or name that one field took isn't taken again by another."""

    def __init__(self, schema: Json, source: Source, seed: bytes) -> None:
        self.root = schema if isinstance(schema, dict) else {}
        self.source = source
        self.seed = seed
        self.numbers = NumberShelf(source.text)
        self.open: tuple[str, ...] = ()

    def value(self, schema: Json, field: Field, *, needed: bool) -> Json:
        """A value, or NOTHING: if it isn't needed and nobody spoke of it, or if only chance can make one."""
        within, self.open = self.open, (*self.open, _mark(schema))
        try:
            if len(within) > _DEEPEST or self.open[-1] in within:
                return NOTHING
            plain = self._resolved(schema)
            return self._value(plain, field.described(plain), needed=needed) if isinstance(plain, dict) else NOTHING
        finally:
            self.open = within

    def _value(self, schema: Object, field: Field, *, needed: bool) -> Json:
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._listed(schema, field, needed=needed)
        for union in ("anyOf", "oneOf"):
            if isinstance(schema.get(union), list):
                return self._alternative(schema[union], schema, field, needed=needed)
        kinds = schema.get("type", "object" if "properties" in schema else "array" if "items" in schema else "string")
        if isinstance(kinds, list):
            return self._alternative([schema | {"type": kind} for kind in kinds], schema, field, needed=needed)
        fill = _FILLS.get(kinds)
        return fill(self, schema, field, needed) if fill else NOTHING

    def _resolved(self, schema: Json) -> Json:
        for _ in range(_DEEPEST):
            if not isinstance(schema, dict):
                return schema
            if "$ref" in schema:
                rest = {key: value for key, value in schema.items() if key != "$ref"}
                target = _target(self.root, schema["$ref"])
                schema = target | rest if isinstance(target, dict) else rest
            elif isinstance(schema.get("allOf"), list):
                schema = self._joined(schema)
            else:
                return schema
        return schema

    def _joined(self, schema: Object) -> Object:
        joined: Object = {"properties": {}, "required": []}
        rest = {key: value for key, value in schema.items() if key != "allOf"}
        for part in [*(self._resolved(part) for part in schema["allOf"]), rest]:
            if isinstance(part, dict):
                properties = joined["properties"] | part.get("properties", {})
                joined |= part | {"properties": properties, "required": joined["required"] + part.get("required", [])}
        return (
            joined if joined["properties"] else {k: v for k, v in joined.items() if k not in ("properties", "required")}
        )

    def _alternative(self, options: list[Json], schema: Object, field: Field, *, needed: bool) -> Json:
        """The alternative that was spoken of; else null where it may be; else the first."""
        shared = {key: schema[key] for key in ("title", "description", "default") if key in schema}
        plain = [shared | option if isinstance(option, dict) else option for option in map(self._resolved, options)]
        given = [option for option in plain if not _is_null(option)]
        given.sort(key=self._distance)
        for option in given:
            if (value := self.value(option, field, needed=False)) is not NOTHING:
                return value
        if len(given) < len(plain):
            return None if needed else NOTHING
        return self.value(given[0], field, needed=needed) if given else NOTHING

    def _distance(self, option: Json) -> int:
        """Alternatives whose marks (title, constants) were named come first."""
        if not isinstance(option, dict):
            return 0
        marks = " ".join([str(option.get("title", "")), *_constants(option)])
        return -len({concept(word) for word in split_name(marks)} & self.source.concepts)

    def _listed(self, schema: Object, field: Field, *, needed: bool) -> Json:
        named = self.source.option(schema["enum"], field)
        if named is not NOTHING:
            return named
        if not needed:
            return NOTHING
        if "default" in schema:
            return schema["default"]
        return self.source.likely_option(schema["enum"], field)

    def object(self, schema: Object, field: Field, needed: bool) -> Json:
        properties = schema.get("properties", {})
        if not properties and isinstance(schema.get("additionalProperties"), dict | bool):
            return self.source.pairs() or ({} if needed else NOTHING)
        required = schema.get("required", ())
        fields = {
            name: Field(name, field.name, alone=len(required) <= 1, siblings=tuple(properties)) for name in properties
        }
        self.numbers.reserve(self._number_fields(properties, fields, required))
        made: Object = {}
        for name in properties:
            value = self.value(properties[name], fields[name], needed=name in required)
            if value is NOTHING and name in required:
                value = self._invented(properties[name])
            if value is not NOTHING:
                made[name] = value
        return made if made or needed else NOTHING

    def _number_fields(
        self, properties: Object, fields: dict[str, Field], required: Iterable[str]
    ) -> list[tuple[Field, bool]]:
        """The fields that take one number each, and whether they are required."""
        kinds = {name: self._resolved(part) for name, part in properties.items()}
        return [
            (fields[name].described(part), name in required)
            for name, part in kinds.items()
            if isinstance(part, dict) and _takes_number(part) and "enum" not in part and "const" not in part
        ]

    def _invented(self, schema: Json) -> Json:
        defs = {key: self.root[key] for key in ("$defs", "definitions") if key in self.root}
        try:
            return synthesise(schema | defs if isinstance(schema, dict) else schema, self.seed)
        except Unsatisfiable:
            return NOTHING

    def array(self, schema: Object, field: Field, needed: bool) -> Json:
        if _mark(schema.get("items")) in self.open:
            return [] if needed else NOTHING
        items = self._resolved(schema.get("items", {}))
        kind = items.get("type") if isinstance(items, dict) else None
        if isinstance(items, dict) and "enum" in items:
            found: list[Json] = self.source.options(items["enum"])
        elif kind in ("integer", "number"):
            found = [number for number in self.numbers.all() if kind == "number" or isinstance(number, int)]
        elif kind == "string" or kind is None:
            found = list(self.source.list_for(field))
        elif kind == "object":
            found = self._objects(items, field, needed=needed)
        else:
            found = []
        return self._sized(found, schema, items, field) if found or needed else NOTHING

    def _sized(self, found: list[Json], schema: Object, items: Json, field: Field) -> list[Json]:
        """As many items as the schema allows and the text has; when the text has none, one that is made up."""
        if schema.get("uniqueItems"):
            found = [item for at, item in enumerate(found) if item not in found[:at]]
        most = schema.get("maxItems")
        least = max(schema.get("minItems", 0), 0 if found else min(1, most if isinstance(most, int) else 1))
        found = found[:most] if isinstance(most, int) else found
        for nth in range(len(found), min(least, 50)):
            made = (
                self.source.item(field, nth)
                if isinstance(items, dict)
                and items.get("type") == "string"
                and set(items) <= {"type", "title", "description"}
                else NOTHING
            )
            made = made if made is not NOTHING else self._invented_item(items, nth)
            if made is NOTHING:
                break
            found.append(made)
        return found

    def _invented_item(self, items: Json, nth: int) -> Json:
        defs = {key: self.root[key] for key in ("$defs", "definitions") if key in self.root}
        try:
            return synthesise(items | defs if isinstance(items, dict) else items, self.seed + bytes([nth]))
        except Unsatisfiable:
            return NOTHING

    def _objects(self, items: Object, field: Field, *, needed: bool) -> list[Json]:
        """One object for each clause of the text that has one; else one for the whole text."""
        clauses = self.source.clauses() if len(self.open) < _SHALLOW else []
        made = [self._part(clause).value(items, field, needed=False) for clause in clauses]
        names = set(items.get("required") or items.get("properties", ()))
        full = [one for one in made if isinstance(one, dict) and names <= set(one) and any(one.values())]
        if len(full) > 1:
            return full
        one = self.value(items, field, needed=needed)
        return [one] if one is not NOTHING else []

    def _part(self, clause: str) -> Filler:
        part = Filler(self.root, self.source.part(clause), self.seed)
        part.open = self.open
        return part

    def number(self, schema: Object, field: Field, needed: bool, *, whole: bool = False) -> Json:
        def fits(value: float) -> bool:
            return _within(schema, value) and (not whole or float(value).is_integer())

        found = self.source.reckoned(field)
        if found is None or not fits(found):
            found = self.numbers.take(field, fits, needed=needed)
        if found is None:
            return schema["default"] if needed and isinstance(schema.get("default"), int | float) else NOTHING
        return int(found) if whole else found

    def integer(self, schema: Object, field: Field, needed: bool) -> Json:
        return self.number(schema, field, needed, whole=True)

    def boolean(self, schema: Object, field: Field, needed: bool) -> Json:
        told = self.source.truth(field)
        if told is None and needed:
            return schema.get("default") if isinstance(schema.get("default"), bool) else self.source.likely_truth(field)
        return NOTHING if told is None else told

    def string(self, schema: Object, field: Field, needed: bool) -> Json:
        for text in self.source.strings(schema, field, needed=needed):
            if _fits_text(schema, text):
                return text
        if needed and isinstance(schema.get("default"), str):
            return schema["default"]
        return NOTHING


_FILLS: dict[str, Callable[[Filler, Object, Field, bool], Json]] = {
    "object": Filler.object,
    "array": Filler.array,
    "integer": Filler.integer,
    "number": Filler.number,
    "boolean": Filler.boolean,
    "string": Filler.string,
}


def _target(root: Object, ref: str) -> Json:
    found: Json = root
    for step in ref.removeprefix("#").strip("/").split("/") if ref != "#" else ():
        if not isinstance(found, dict):
            return {}
        found = found.get(step.replace("~1", "/").replace("~0", "~"))
    return found


def _mark(schema: Json) -> str:
    """What tells that a schema is open already: the reference by which it is reached."""
    return str(schema["$ref"]) if isinstance(schema, dict) and "$ref" in schema else f"#{id(schema)}"


def _is_null(schema: Json) -> bool:
    return isinstance(schema, dict) and (schema.get("type") == "null" or schema.get("enum") == [None])


def _constants(schema: Object) -> Iterator[str]:
    for part in schema.get("properties", {}).values():
        if isinstance(part, dict) and isinstance(part.get("const"), str):
            yield part["const"]
        elif isinstance(part, dict) and isinstance(part.get("enum"), list) and len(part["enum"]) == 1:
            yield str(part["enum"][0])


def _takes_number(schema: Object) -> bool:
    options = schema.get("anyOf", [schema])
    kinds = [option.get("type") for option in options if isinstance(option, dict)]
    return any(
        kind in ("integer", "number") or (isinstance(kind, list) and {"integer", "number"} & set(kind))
        for kind in kinds
    )


def _within(schema: Object, value: float) -> bool:
    return (
        schema.get("minimum", value) <= value <= schema.get("maximum", value)
        and _strictly(schema.get("exclusiveMinimum"), value, 1)
        and _strictly(schema.get("exclusiveMaximum"), value, -1)
    )


def _strictly(bound: Json, value: float, sign: int) -> bool:
    return not isinstance(bound, int | float) or isinstance(bound, bool) or sign * (value - bound) > 0


def _fits_text(schema: Object, text: str) -> bool:
    if not schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", len(text)):
        return False
    pattern = schema.get("pattern")
    if not isinstance(pattern, str):
        return True
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return True


class NumberShelf:
    """The numbers of a text, each given to the field it stands nearest to."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found = list(reading.numbers(text))
        self.reserved: dict[str, reading.Number] = {}

    def all(self) -> list[int | float]:
        return [number.value for number in self.found]

    def reserve(self, fields: list[tuple[Field, bool]]) -> None:
        """Gives fields their numbers: first those whose words stand beside one, then required ones in their order."""
        self.reserved = {}
        near = [
            (closeness, field.name, number)
            for field, _ in fields
            for number in self.found
            if (closeness := self._closeness(field, number)) is not None
        ]
        for _, name, number in sorted(near, key=lambda one: (one[0], one[2].start)):
            if name not in self.reserved and number not in self.reserved.values():
                self.reserved[name] = number
        rest = [number for number in self.found if number not in self.reserved.values()]
        waiting = [
            field.name
            for field, required in fields
            if required and field.name not in self.reserved and field.takes_any_number
        ]
        self.reserved |= dict(zip(waiting, rest, strict=False))

    def _closeness(self, field: Field, number: reading.Number) -> float | None:
        """How far the field's words are from the number; None when they aren't near."""
        before, after = self.text[max(0, number.start - 40) : number.start], self.text[number.end : number.end + 25]
        return nearness(field, before, after)

    def take(self, field: Field, fits: Callable[[float], bool], *, needed: bool) -> int | float | None:
        number = self.reserved.get(field.name)
        if number is not None and fits(number.value):
            return number.value
        if not needed or not field.takes_any_number or field.name in self.reserved:
            return None
        taken = list(self.reserved.values())
        return next((one.value for one in self.found if one not in taken and fits(one.value)), None)


def compact(value: Json) -> str:
    """JSON text as the API writes arguments: no spaces, any script as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
