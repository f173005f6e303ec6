"""Lays over the description what the client doesn't say: bounds, defaults, corrections.

The overlay is a list of groups, each with its `reason` and `source`. A group says something about

    operations   a list of them: `set` fields of their rows; `query`, `body`, `reply`: what to add to properties
    types        a type of the client by its long name: what to add to its properties
    nullable     a type or an operation (its reply): properties that are always there, but may be null
    seldom       the same where the client's own types don't allow the null, so nobody may be given it needlessly
    optional     a type or an operation (its body): properties that may be missing, whatever the client says
    define       types that the client doesn't have
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdk_types import Schema, nullable

if TYPE_CHECKING:
    from collections.abc import Iterator

Group = dict[str, Any]
Row = dict[str, Any]
PREFIX = "#/$defs/"
SELDOM = {"type": "null", "seldom": True}
"""A null that the smallest value doesn't choose."""


class Overlay:
    """Changes rows and types in place. What it says about things that aren't there is an error."""

    def __init__(self, rows: list[Row], types: dict[str, Schema]) -> None:
        self.rows = {
            f"{row['method']} {row['path']}{'?beta=true' if row.get('beta_query') else ''}": row for row in rows
        }
        self.types = types

    def lay(self, group: Group) -> None:
        self.types.update(group.get("define", {}))
        for name in group.get("operations", ()):
            self.rows[name].update(group.get("set", {}))
            for place in ("query", "body", "reply"):
                self._add(self._objects(name, place), group.get(place, {}))
        for name, patches in group.get("types", {}).items():
            self._add([self.types[name]], patches)
        for name, properties in group.get("nullable", {}).items():
            for schema in self._objects(name, "reply"):
                demand(schema, properties)
        for name, properties in group.get("seldom", {}).items():
            for schema in self._objects(name, "reply"):
                schema["properties"] |= {each: {"anyOf": [schema["properties"][each], SELDOM]} for each in properties}
        for name, properties in group.get("optional", {}).items():
            for schema in self._objects(name, "body"):
                schema["required"] = [name for name in schema.get("required", ()) if name not in properties]

    def _add(self, objects: list[Schema], patches: dict[str, Schema]) -> None:
        """A property belongs to those of the objects that have it; a new one, to all of them."""
        for name, patch in patches.items():
            having = [schema for schema in objects if name in schema["properties"]] or objects
            for schema in having:
                schema["properties"][name] = laid(schema["properties"].get(name, {}), patch)

    def _objects(self, name: str, place: str) -> list[Schema]:
        """The type of that name, or the object types in a place of the operation."""
        return [self.types[name]] if name in self.types else list(self._resolved(self.rows[name].get(place, {})))

    def _resolved(self, schema: Schema) -> Iterator[Schema]:
        if "$ref" in schema:
            yield from self._resolved(self.types[schema["$ref"].removeprefix(PREFIX)])
        elif "properties" in schema:
            yield schema
        for option in schema.get("anyOf", ()):
            yield from self._resolved(option)


def laid(schema: Any, patch: Any) -> Any:
    """The schema with the patch's keywords, nested ones included, and without those that the patch says are null."""
    if isinstance(schema, dict) and isinstance(patch, dict):
        merged = schema | {key: laid(schema.get(key), value) for key, value in patch.items()}
        return {key: value for key, value in merged.items() if patch.get(key, value) is not None}
    return patch


def demand(schema: Schema, properties: list[str]) -> None:
    """Make properties required and nullable."""
    for name in properties:
        schema["properties"][name] = nullable(schema["properties"][name])
    required = {*schema.get("required", ()), *properties}
    schema["required"] = [name for name in schema["properties"] if name in required]


def apply(groups: list[Group], rows: list[Row], types: dict[str, Schema]) -> None:
    overlay = Overlay(rows, types)
    for group in groups:
        try:
            overlay.lay(group)
        except KeyError as missing:
            raise SystemExit(f"the overlay speaks of {missing}, which isn't there: {group['reason']}") from missing
