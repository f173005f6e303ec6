"""Structured values: whether what a rule says is what its request asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fakeopenai import errors
from fakeopenai.rules import template
from fakeopenai.rules.reading import Node, plain
from fakeopenai.wire import Json

if TYPE_CHECKING:
    from fakeopenai.rules.template import Facts

TOLD = 3
"""So many faults of one value are told."""


def check(facts: Facts, value: Json, source: str) -> None:
    """Raises ApiError for a value that doesn't fit the schema that the request asks for."""
    wanted = facts.call.prompt.format if facts.call.prompt else None
    if wanted is None or wanted.kind != "json_schema":
        return
    if found := faults(wanted.schema, value):
        raise errors.misfit(source, f"the schema '{wanted.name}' of the request", found)


def check_at_load(node: Node, schema: Node) -> None:
    """Raises RuleError for a value that doesn't fit the schema beside it; what has places is left to the request."""
    if not isinstance(schema.value, Mapping):
        raise schema.unlike("a JSON Schema")
    if template.has_places(node.value):
        return
    if found := faults(schema.value, node.value):
        raise node.wrong(f"'json' doesn't fit its 'schema': {found}")


def faults(schema: Json, value: Json) -> str:
    """What is wrong with a value, if anything; a schema that is none itself is left to those who check schemas."""
    from jsonschema_rs import ValidationError, validator_for  # compiled when it is asked for

    try:
        validator = validator_for(plain(schema))
    except (ValidationError, ValueError):
        return ""
    return "; ".join(
        f"{_place(error.instance_path)}{error.message}" for error in [*validator.iter_errors(plain(value))][:TOLD]
    )


def _place(path: list[str | int]) -> str:
    return f"{'.'.join(map(str, path))}: " if path else ""
