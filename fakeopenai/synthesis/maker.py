"""Makes one value for a schema: decides what is open (alternatives, types, optional members), then fills it in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Any, Protocol

import msgspec

from fakeopenai.synthesis import numbers, texts
from fakeopenai.synthesis.dice import Dice, cup
from fakeopenai.synthesis.shapes import TALLEST, Shape, Shapes, Unsatisfiable, all_of, member
from fakeopenai.wire import Json, Object

Hints = Callable[[str, Shape, str], Iterable[Json]]
TRIES = 12
FUEL = 20_000
SHALLOW = 3
TYPE_OF: dict[type, str] = {str: "string", bool: "boolean", dict: "object", list: "array", type(None): "null"}
TYPE_BY_KEYWORD = {
    **dict.fromkeys(("properties", "required", "additionalProperties", "patternProperties", "minProperties"), "object"),
    **dict.fromkeys(("propertyNames", "dependentRequired", "dependentSchemas"), "object"),
    **dict.fromkeys(("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"), "array"),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), "number"),
    **dict.fromkeys(("pattern", "minLength", "maxLength", "format"), "string"),
}


AGAIN = re.compile("\0[0-9]+")


class _Nothing:
    """Marks that nobody offered a value."""


NOTHING = _Nothing()


class Judge(Protocol):
    def __call__(self, schema: Json, value: Json) -> bool: ...


class Maker:
    """One attempt at a value. `fits` is asked whether a part fits its schema; `hints` offers values for parts.

    `frugal` leaves out all that may be left out; `smallest` also makes every part as small as it can be.
    """

    def __init__(
        self, shapes: Shapes, fits: Judge, seed: bytes, hints: Hints | None, *, smallest: bool, frugal: bool
    ) -> None:
        self.shapes, self.fits, self.hints = shapes, fits, hints
        self.smallest, self.frugal = smallest, frugal
        self.cup = cup(seed)
        self.fuel = FUEL

    def make(self, schema: Json, name: str, path: str, depth: int) -> Json:
        """A value for a schema. Raises Unsatisfiable."""
        self.fuel -= 1
        if depth > TALLEST or self.fuel < 0:
            raise Unsatisfiable("the value would never end")
        offered = self.offer(schema, name, path)
        if offered is not NOTHING:
            return offered
        shape = self.shapes.shape(schema)
        return (
            self.checked(schema, shape, name, path, depth)
            if "checked" in shape
            else self.fill(shape, name, path, depth)
        )

    def checked(self, schema: Json, shape: Shape, name: str, path: str, depth: int) -> Json:
        """Tries with other choices until the value fits: for `not`, `oneOf` and the like it can't be known before."""
        for nth in range(TRIES):
            try:
                value = self.fill(shape, name, again(path, nth), depth)
            except Unsatisfiable:
                continue
            if self.fits(schema, value):
                return value
        raise Unsatisfiable(f"no value found for {path or 'the whole'}")

    def offer(self, schema: Json, name: str, path: str) -> Json:
        """What the hints have for this place, if it fits."""
        if self.hints is None:
            return NOTHING
        where = AGAIN.sub("", path)
        for shape in self.decided(self.shapes.shape(schema)):
            for value in self.hints(name, shape, where):
                if self.fits(schema, value):
                    return value
        return NOTHING

    def decided(self, shape: Shape) -> Iterable[Shape]:
        """The shapes a shape can become when its alternatives are decided."""
        if not shape.get("unions"):
            yield shape
            return
        rest = self.shapes.without_union(shape)
        for option in shape["unions"][0]:
            try:
                joined = self.shapes.joined(rest, option)
            except Unsatisfiable:
                continue
            yield from self.decided(joined)

    def fill(self, shape: Shape, name: str, path: str, depth: int) -> Json:
        if shape.get("conditions"):
            return self.conditional(shape, name, path, depth)
        if shape.get("unions"):
            return self.alternative(shape, name, path, depth)
        dice = Dice(self.cup, path)
        if "enum" in shape:
            return self.listed(shape, dice)
        kind = self.kind(shape, dice)
        if kind == "object":
            return ObjectMaker(self, shape, path, depth, dice).made()
        if kind == "array":
            return self.array(shape, name, path, depth, dice)
        return self.scalar(kind, shape, name, dice)

    def conditional(self, shape: Shape, name: str, path: str, depth: int) -> Json:
        (condition, then, otherwise), *rest = shape["conditions"]
        shape = shape | {"conditions": rest}
        branches = [all_of(condition, then), all_of({"not": condition}, otherwise)]
        for branch in Dice(self.cup, f"{path}?").shuffled(branches):
            value = self.branch(shape, branch, name, path, depth)
            if value is not NOTHING:
                return value
        raise Unsatisfiable("neither branch of the condition can be met")

    def branch(self, shape: Shape, schema: Json, name: str, path: str, depth: int) -> Json:
        """A value of the shape that fits this schema too, or NOTHING."""
        try:
            joined = self.shapes.joined(shape, schema)
        except Unsatisfiable:
            return NOTHING
        for nth in range(TRIES):
            try:
                value = self.fill(joined, name, again(path, nth), depth)
            except Unsatisfiable:
                continue
            if self.fits(schema, value):
                return value
        return NOTHING

    def alternative(self, shape: Shape, name: str, path: str, depth: int) -> Json:
        """A value of the first alternative that works: the lowest when deep, any when shallow."""
        rest = self.shapes.without_union(shape)
        for option in self.ordered(shape["unions"][0], Dice(self.cup, f"{path}|"), depth):
            try:
                return self.fill(self.shapes.joined(rest, option), name, path, depth)
            except Unsatisfiable:
                continue
        raise Unsatisfiable("no alternative can be met")

    def ordered(self, union: list[Json], dice: Dice, depth: int) -> list[Json]:
        options = [option for option in union if self.shapes.height(option) < TALLEST]
        if self.smallest or depth > SHALLOW:
            return sorted(options, key=lambda option: (self.rank(option), self.shapes.height(option)))
        null_last = not dice.chance(3)
        return sorted(dice.shuffled(options), key=lambda option: self.is_null(option) == null_last)

    def rank(self, option: Json) -> int:
        """Null is smallest; where the client's types don't know it, it comes last."""
        if not self.is_null(option):
            return 1
        return 2 if option.get("seldom") else 0

    def is_null(self, schema: Json) -> bool:
        return isinstance(schema, dict) and schema.get("type") == ["null"]

    def listed(self, shape: Shape, dice: Dice) -> Json:
        types = shape.get("type")
        values = [value for value in shape["enum"] if types is None or is_of(value, types)]
        if not values:
            raise Unsatisfiable("none of the listed values has the type")
        if self.smallest:
            return None if None in values else values[0]
        return copied(dice.pick([value for value in values if value is not None] or values))

    def kind(self, shape: Shape, dice: Dice) -> str:
        types: list[str] = shape.get("type") or self.guessed(shape, dice)
        if len(types) == 1:
            return types[0]
        if "null" in types and (self.smallest or dice.chance(3)):
            return "null"
        given = [each for each in types if each != "null"]
        return given[0] if self.smallest else dice.pick(given)

    def guessed(self, shape: Shape, dice: Dice) -> list[str]:
        """Types for a schema that names none."""
        guessed = next((TYPE_BY_KEYWORD[key] for key in shape if key in TYPE_BY_KEYWORD), None)
        if guessed or self.smallest:
            return [guessed or "null"]
        return ["string", "integer", "boolean"] if shape.get("nots") and not dice.chance(2) else ["string"]

    def scalar(self, kind: str, shape: Shape, name: str, dice: Dice) -> Json:
        match kind:
            case "null":
                return None
            case "boolean":
                return False if self.smallest else dice.chance(2)
            case "string":
                return texts.smallest(shape, dice) if self.smallest else texts.made(shape, name, dice)
            case _:
                whole = kind == "integer"
                return (
                    numbers.smallest(shape, whole=whole)
                    if self.smallest
                    else numbers.made(shape, name, dice, whole=whole)
                )

    def array(self, shape: Shape, name: str, path: str, depth: int, dice: Dice) -> list[Json]:
        least, most = shape.get("minItems", 0), shape.get("maxItems", 1 << 30)
        first = shape.get("prefixItems", [])
        if "contains" in shape:
            return self.containing(shape, name, path, depth)
        wished = max(len(first), dice.between(1, 3)) if depth < SHALLOW and not (self.frugal or self.smallest) else 0
        items: list[Json] = []
        for nth in range(max(least, min(wished, most))):
            item = self.item(shape, items, nth, (name, path, depth))
            if item is NOTHING and nth >= least:
                break
            if item is NOTHING:
                raise Unsatisfiable(f"{path} can't have {least} items")
            items.append(item)
        return items

    def item(self, shape: Shape, items: list[Json], nth: int, place: tuple[str, str, int]) -> Json:
        """The next item, or NOTHING if there can't be one (more)."""
        name, path, depth = place
        first = shape.get("prefixItems", [])
        schema = first[nth] if nth < len(first) else shape.get("items", True)
        if self.shapes.height(schema) >= TALLEST:
            return NOTHING
        if not shape.get("uniqueItems"):
            return self.tried(schema, name, f"{path}/{nth}", depth + 1)
        return self.distinct(schema, items, name, f"{path}/{nth}", depth + 1)

    def tried(self, schema: Json, name: str, path: str, depth: int) -> Json:
        try:
            return self.make(schema, name, path, depth)
        except Unsatisfiable:
            return NOTHING

    def distinct(self, schema: Json, items: list[Json], name: str, path: str, depth: int) -> Json:
        known = {canonical(item) for item in items}
        options = self.shapes.shape(schema).get("enum", ()) if schema is not False else ()
        for option in Dice(self.cup, path).shuffled(options):
            if canonical(option) not in known and self.fits(schema, option):
                return copied(option)
        for nth in range(TRIES):
            value = self.tried(schema, name, again(path, nth), depth)
            for variant in () if value is NOTHING else (value, numbered(value, len(items) + nth)):
                if canonical(variant) not in known and self.fits(schema, variant):
                    return variant
        return NOTHING

    def containing(self, shape: Shape, name: str, path: str, depth: int) -> list[Json]:
        """An array whose first items are those it has to contain."""
        wanted = shape.get("minContains", 1)
        first = shape.get("prefixItems", [])
        rest = shape.get("items", True)
        special = [all_of(first[n] if n < len(first) else rest, shape["contains"]) for n in range(wanted)]
        plain = {key: value for key, value in shape.items() if key not in ("contains", "minContains", "maxContains")}
        plain |= {"prefixItems": [*special, *first[wanted:]], "minItems": max(wanted, shape.get("minItems", 0))}
        dice = Dice(self.cup, f"{path}[")
        return self.array(plain, name, path, depth, dice)


class ObjectMaker:
    """Makes one object: which members it has, then each."""

    def __init__(self, maker: Maker, shape: Shape, path: str, depth: int, dice: Dice) -> None:
        self.maker, self.shape, self.path, self.depth, self.dice = maker, shape, path, depth, dice
        self.made_members: Object = {}
        self.most: int = shape.get("maxProperties", 1 << 30)

    def made(self) -> Object:
        if "dependentSchemas" in self.shape:
            return self.with_dependents()
        for name in self.needed(self.shape.get("required", ())):
            self.made_members[name] = self.one(name)
        self.add_optional()
        self.add_missing()
        if len(self.made_members) > self.most:
            raise Unsatisfiable(f"more members are required than allowed at {self.path}")
        return self.in_order()

    def one(self, name: str) -> Json:
        return self.maker.make(member(self.shape, name), name, f"{self.path}/{name}", self.depth + 1)

    def needed(self, names: Iterable[str]) -> list[str]:
        """The names with those that they depend on."""
        depend = self.shape.get("dependentRequired", {})
        needed = dict.fromkeys(names)
        waiting = list(needed)
        while waiting:
            for name in depend.get(waiting.pop(), ()):
                if name not in needed:
                    needed[name] = None
                    waiting.append(name)
        return list(needed)

    def add_optional(self) -> None:
        for name in self.shape.get("properties", ()):
            if name not in self.made_members and self.is_wanted(name):
                self.add(name)

    def is_wanted(self, name: str) -> bool:
        maker = self.maker
        if maker.smallest or maker.frugal or self.depth >= SHALLOW:
            return False
        if maker.shapes.height(self.shape["properties"][name]) >= TALLEST - self.depth:
            return False
        return self.is_hinted(name) or self.dice.chance(3 if self.depth else 2)

    def is_hinted(self, name: str) -> bool:
        schema = member(self.shape, name)
        if self.maker.hints is None or schema is False:
            return False
        try:
            return self.maker.offer(schema, name, f"{self.path}/{name}") is not NOTHING
        except Unsatisfiable:
            return False

    def add(self, name: str) -> None:
        """Adds a member and those it needs, or none of them."""
        names = [each for each in self.needed([name]) if each not in self.made_members]
        if len(self.made_members) + len(names) > self.most:
            return
        try:
            self.made_members |= {each: self.one(each) for each in names}
        except Unsatisfiable:
            return

    def add_missing(self) -> None:
        """Adds declared members, then invented ones, up to `minProperties`."""
        least = self.shape.get("minProperties", 0)
        for name in self.shape.get("properties", ()):
            if len(self.made_members) < least and name not in self.made_members:
                self.add(name)
        wished = 0 if self.is_plain() else self.dice.between(1, 2)
        for nth in range(40):
            if len(self.made_members) >= min(max(least, wished), self.most):
                return
            self.add_invented(nth)
        if len(self.made_members) < least:
            raise Unsatisfiable(f"not enough members possible at {self.path}")

    def is_plain(self) -> bool:
        """Whether the object is content with its declared members: only a mapping invents names unasked."""
        shape, maker = self.shape, self.maker
        if maker.smallest or maker.frugal or self.depth >= SHALLOW or shape.get("properties"):
            return True
        rest = shape.get("additionalProperties")
        return not shape.get("patternProperties") and not (
            isinstance(rest, dict) and maker.shapes.height(rest) < TALLEST
        )

    def add_invented(self, nth: int) -> None:
        name = self.invented(nth)
        if name is not None and name not in self.made_members and member(self.shape, name) is not False:
            self.add(name)

    def invented(self, nth: int) -> str | None:
        by_pattern = list(self.shape.get("patternProperties", {}))
        if by_pattern and nth % 2 == 0:
            return texts.name_matching(by_pattern[nth // 2 % len(by_pattern)], self.dice)
        if "propertyNames" in self.shape:
            schema = all_of({"type": ["string"]}, self.shape["propertyNames"])
            name = self.maker.tried(schema, "key", f"{self.path}/?{nth}", self.depth + 1)
            return name if isinstance(name, str) else None
        return texts.a_key(nth, self.dice)

    def with_dependents(self) -> Object:
        """Lays the schemas over the object that its own members call for, until none is left."""
        shape, depend = self.shape, self.shape["dependentSchemas"]
        plain = {key: value for key, value in shape.items() if key != "dependentSchemas"}
        value = self.laid_over(plain)
        for name in sorted(set(depend) & set(value)):
            schema = all_of({"required": [name]}, depend[name])
            plain = dict(self.maker.shapes.joined(plain, schema))
            value = self.laid_over(plain)
        return value

    def laid_over(self, shape: Shape) -> Object:
        value: Any = self.maker.fill(shape, "", self.path, self.depth)
        if not isinstance(value, dict):
            raise Unsatisfiable("what members call for is no object")
        return value

    def in_order(self) -> Object:
        """The members as the schema lists them, the others after."""
        names = [name for name in self.shape.get("properties", ()) if name in self.made_members]
        return {name: self.made_members[name] for name in names} | self.made_members


def again(path: str, nth: int) -> str:
    """The place of another try: other dice than the first one's, the same place for the hints."""
    return f"{path}\0{nth}" if nth else path


def numbered(value: Json, number: int) -> Json:
    """A value like this one that differs from others by a number."""
    match value:
        case bool():
            return value
        case str():
            return f"{value}{number}"
        case int() | float():
            return value + number
    return value


def is_of(value: Json, types: list[str]) -> bool:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number" in types or ("integer" in types and value == int(value))
    return TYPE_OF[type(value)] in types


def canonical(value: Json) -> bytes:
    """Equal for values that JSON calls equal."""
    return msgspec.json.encode(whole(value), order="sorted")


def whole(value: Json) -> Json:
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: whole(each) for key, each in value.items()}
        case list():
            return [whole(each) for each in value]
    return value


def copied(value: Json) -> Json:
    """A copy of a value that belongs to the schema, so that who gets it may change it."""
    return whole_copy(value) if isinstance(value, dict | list) else value


def whole_copy(value: Json) -> Json:
    return msgspec.json.decode(msgspec.json.encode(value))


def salted(seed: bytes, attempt: int) -> bytes:
    return blake2b(seed + bytes([attempt])).digest() if attempt else seed
