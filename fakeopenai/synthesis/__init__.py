"""Values that fit a JSON Schema: the arguments of a tool call, a structured answer, the reply of a stub.

The same schema and seed give the same value on every machine and Python version. Choices are hashes of the seed and of
the place in the value; nothing depends on the order in which requests come.
"""

from __future__ import annotations

from typing import Any

import msgspec
from jsonschema_rs import Draft202012Validator, Registry

from fakeopenai.synthesis.maker import TRIES, Hints, Maker, salted
from fakeopenai.synthesis.shapes import Resolve, Shape, Shapes, Unsatisfiable
from fakeopenai.wire import Json

__all__ = ["Hints", "Recipe", "Resolve", "Shape", "Unsatisfiable", "synthesise"]

REMEMBERED = 256
HERE = "urn:fakeopenai:schema"


def synthesise(
    schema: Json, seed: bytes, *, resolve: Resolve | None = None, hints: Hints | None = None, smallest: bool = False
) -> Json:
    """A value that fits the schema. Raises Unsatisfiable if the schema allows none, or none was found.

    `resolve` is asked for what a reference points at that the schema itself lacks (`{"$ref": "#/$defs/Model"}`).
    `hints(name, shape, path)` offers values for a place, best first; one that doesn't fit is passed over. An optional
    member with a fitting hint is there, another one sometimes. `smallest` asks for as little as the schema allows.
    """
    recipe = recipe_of(schema, resolve)
    return recipe.smallest() if smallest else recipe.value(seed, hints)


class Recipe:
    """What is known of one schema, so that the next value costs little. Keeps its own copy of the schema."""

    def __init__(self, schema: Json, resolve: Resolve | None) -> None:
        self.shapes = Shapes(schema, resolve)
        self._validators: dict[int, Draft202012Validator] = {}
        self._kept: list[Json] = []
        self._registry: Any = None
        self._whole: Draft202012Validator | None = None

    def value(self, seed: bytes, hints: Hints | None = None) -> Json:
        reason: Unsatisfiable | None = None
        for attempt in range(TRIES):
            offers = hints if attempt < TRIES // 2 else None
            try:
                return self._attempt(salted(seed, attempt), offers, smallest=False, frugal=attempt % 2 == 1)
            except Unsatisfiable as error:
                reason = reason or error
        raise reason or Unsatisfiable

    def smallest(self) -> Json:
        try:
            return self._attempt(b"", None, smallest=True, frugal=True)
        except Unsatisfiable:
            return self.value(b"")

    def _attempt(self, seed: bytes, hints: Hints | None, *, smallest: bool, frugal: bool) -> Json:
        maker = Maker(self.shapes, self.fits, seed, hints, smallest=smallest, frugal=frugal)
        value = maker.make(self.shapes.root, "", "", 0)
        if self.fits(self.shapes.root, value):
            return value
        raise Unsatisfiable("no value was found that fits the schema")

    def fits(self, schema: Json, value: Json) -> bool:
        """Whether a value fits a part of the schema, formats included."""
        validator = self._validators.get(id(schema))
        if validator is None:
            self._kept.append(schema)
            validator = self._validators[id(schema)] = self._compiled(schema)
        return validator.is_valid(value)

    def _compiled(self, schema: Json) -> Draft202012Validator:
        if schema is self.shapes.root:
            return Draft202012Validator(self.shapes.closed(), validate_formats=True)
        if self._registry is None:
            self._registry = Registry([(HERE, self.shapes.closed())])
        return Draft202012Validator(rebased(schema), registry=self._registry, validate_formats=True)


def rebased(schema: Json) -> Json:
    """The schema with its references pointing at where it was taken from."""
    match schema:
        case {"$ref": str(ref), **rest} if ref.startswith("#"):
            return {"$ref": HERE + ref, **rebased(rest)}
        case dict():
            return {key: rebased(value) for key, value in schema.items()}
        case list():
            return [rebased(value) for value in schema]
    return schema


RECIPES: dict[tuple[bytes, Resolve | None], Recipe] = {}


def recipe_of(schema: Json, resolve: Resolve | None = None) -> Recipe:
    """The recipe of a schema, remembered for the next time the same schema comes."""
    key = msgspec.json.encode(schema), resolve
    recipe = RECIPES.get(key)
    if recipe is None:
        if len(RECIPES) >= REMEMBERED:
            RECIPES.pop(next(iter(RECIPES)), None)
        recipe = RECIPES[key] = new_recipe(schema, resolve)
    return recipe


def new_recipe(schema: Json, resolve: Resolve | None) -> Recipe:
    try:
        return Recipe(schema, resolve)
    except RecursionError:
        raise Unsatisfiable("the schema is nested too deeply") from None
