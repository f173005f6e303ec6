"""The client's types as JSON Schemas: structure only, without prose.

TypedDicts describe requests and are closed; models describe replies and are open. Every class and every alias of a
union becomes a named type. At this stage a type's name is where the client has it, below `openai.types`
(`chat.chat_completion.Choice`).
"""

from __future__ import annotations

import collections.abc
import inspect
import re
import sys
import types
import typing
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, get_args, get_origin

import pydantic
import typing_extensions as te
from openai import BaseModel
from openai._types import Base64FileInput, FileTypes, NotGiven, Omit
from openai._utils import PropertyInfo
from sdk_calls import unique

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Schema = dict[str, Any]

FILE: Schema = {"type": "string", "format": "binary"}
NULL: Schema = {"type": "null"}
PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    bytes: FILE,
    object: {},
    Any: {},
    dict: {"type": "object"},
    list: {"type": "array"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    None: NULL,
    type(None): NULL,
}
FORMATS: dict[str | None, Schema] = {
    "iso8601": {"format": "date-time"},
    "base64": {"type": "string", "contentEncoding": "base64"},
}
ARRAYS = (list, collections.abc.Sequence, collections.abc.Iterable, set)
MAPS = (dict, collections.abc.Mapping)
LONG = 8


class Walker:
    """Collects in `types` the schema of every named type that the schemas it gave out refer to."""

    def __init__(self) -> None:
        self.types: dict[str, Schema] = {}
        self._aliases = dict(_aliases())

    def schema(self, kind: Any) -> Schema:
        if kind in (FileTypes, Base64FileInput):
            return dict(FILE)
        return self._alias(kind) if kind in self._aliases else self._unnamed(kind)

    def project(self, kind: Any, sent: set[str]) -> Schema:
        """The type of parameters with only those that are sent in one place of the request (all, if none are given)."""
        fields = _fields(kind)
        hints = {name: hint for name, (hint, _) in fields.items() if name in sent or not sent}
        return self._object(hints, {name for name in hints if fields[name][1]}) | {"additionalProperties": False}

    def _alias(self, kind: Any) -> Schema:
        """Short unions are written out wherever they are used."""
        name = self._aliases[kind]
        if name not in self.types:
            schema = self._unnamed(kind)
            if len(schema.get("enum", ())) < LONG and not any("$ref" in arm for arm in schema.get("anyOf", ())):
                return schema
            self.types[name] = schema
        return ref(name)

    def _unnamed(self, kind: Any) -> Schema:
        origin, given = get_origin(kind), get_args(kind)
        if origin is te.Annotated:
            return self._annotated(given[0], given[1:])
        if origin in (te.Required, te.NotRequired):
            return self.schema(given[0])
        if origin in (typing.Union, types.UnionType):
            return self._union(given)
        if origin is te.Literal:
            return literal(list(given))
        return self._collection(origin, given) if origin else self._class(kind)

    def _collection(self, origin: Any, given: tuple[Any, ...]) -> Schema:
        if origin in ARRAYS:
            return {"type": "array", "items": self.schema(given[0])}
        if origin in MAPS:
            values = self.schema(given[1])
            return {"type": "object", "additionalProperties": values} if values else {"type": "object"}
        raise TypeError(f"what is {origin}?")

    def _class(self, kind: Any) -> Schema:
        if te.is_typeddict(kind) or (inspect.isclass(kind) and issubclass(kind, pydantic.BaseModel)):
            return self._named(kind)
        return dict(PLAIN[kind])

    def _annotated(self, kind: Any, notes: Iterable[Any]) -> Schema:
        schema = self.schema(kind)
        for note in notes:
            if isinstance(note, PropertyInfo):
                schema = schema | FORMATS.get(note.format, {})
                if note.discriminator and "anyOf" in schema:
                    schema = schema | {"discriminator": {"propertyName": note.discriminator}}
        return schema

    def _union(self, given: tuple[Any, ...]) -> Schema:
        if type(None) in given:
            return nullable(self.schema(_either(arm for arm in given if arm is not type(None))))
        files = set(get_args(FileTypes))
        if files <= set(given):
            return union([dict(FILE), *(self.schema(arm) for arm in given if arm not in files)])
        return union([self.schema(arm) for arm in given if arm not in (Omit, NotGiven)])

    def _named(self, kind: Any) -> Schema:
        name = _name(kind.__module__, kind.__qualname__)
        if name not in self.types:
            self.types[name] = {}
            fields = _fields(kind)
            required = {field for field in fields if fields[field][1]}
            closed = {"additionalProperties": False} if te.is_typeddict(kind) else {}
            self.types[name] = self._object({field: fields[field][0] for field in fields}, required) | closed
        return ref(name)

    def _object(self, hints: dict[str, Any], required: set[str]) -> Schema:
        spelling = {name: next(_spellings(hint), name) for name, hint in hints.items()}
        schema: Schema = {
            "type": "object",
            "properties": {spelling[name]: self.schema(hint) for name, hint in hints.items()},
        }
        demanded = [spelling[name] for name in hints if name in required]
        return schema | ({"required": demanded} if demanded else {})


def _either(kinds: Iterable[Any]) -> Any:
    return typing.Union[tuple(kinds)]  # noqa: UP007 a union at run time


def ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def literal(values: list[Any]) -> Schema:
    kinds = {PLAIN[type(value)]["type"] for value in values}
    values_of = {"const": values[0]} if len(values) == 1 else {"enum": values}
    return {"type": kinds.pop()} | values_of if len(kinds) == 1 else values_of


def union(schemas: list[Schema]) -> Schema:
    """One of several, each told once; unions in it are opened unless they have a name."""
    flat = [arm for schema in schemas for arm in (schema.get("anyOf", [schema]))]
    kept = unique(iter(flat))
    return kept[0] if len(kept) == 1 else {"anyOf": kept}


def nullable(schema: Schema) -> Schema:
    match schema:
        case {"type": str(kind), "const": value}:
            return {"type": [kind, "null"], "enum": [value, None]}
        case {"type": str(kind), "enum": list(values)}:
            return schema | {"type": [kind, "null"], "enum": [*values, None]}
        case {"type": str(kind)} if kind != "null":
            return schema | {"type": [kind, "null"]}
        case {"anyOf": list(options)} if NULL not in options:
            return schema | {"anyOf": [*options, NULL]}
        case {"$ref": _}:
            return {"anyOf": [schema, NULL]}
    return schema


def _name(module: str, qualname: str) -> str:
    return f"{module.removeprefix('openai.').removeprefix('types.')}.{qualname}"


def _fields(kind: Any) -> dict[str, tuple[Any, bool]]:
    """The fields of a TypedDict or model: their types, and whether they must be there."""
    return _typed_dict_fields(kind) if te.is_typeddict(kind) else _model_fields(kind)


def _typed_dict_fields(kind: Any) -> dict[str, tuple[Any, bool]]:
    hints = te.get_type_hints(kind, include_extras=True)
    required = _required(kind)
    return {name: (hint, name in required) for name, hint in hints.items()}


def _required(kind: Any) -> set[str]:
    """`__required_keys__` is empty for `Required[…]` under `from __future__ import annotations`, so read them here."""
    found: set[str] = set()
    for base in te.get_original_bases(kind):
        if te.is_typeddict(base):
            found |= _required(base)
    hints = te.get_type_hints(kind, include_extras=True)
    for name in te.get_annotations(kind):
        demanded = kind.__total__ or get_origin(hints[name]) is te.Required
        found = found | {name} if demanded and get_origin(hints[name]) is not te.NotRequired else found - {name}
    return found


def _model_fields(kind: type[pydantic.BaseModel]) -> dict[str, tuple[Any, bool]]:
    """A field with a default other than None is required: the client doesn't fill it in without validating."""
    hints = _model_hints(kind)
    return {
        name: (
            _with_alias(hints[name], field.alias),
            field.is_required() or field.get_default(call_default_factory=True) is not None,
        )
        for name, field in kind.model_fields.items()
    }


def _model_hints(kind: type) -> dict[str, Any]:
    """The annotations as written, with the discriminators that pydantic takes off."""
    bases = [base for base in reversed(kind.__mro__) if issubclass(base, BaseModel) and base is not BaseModel]
    return {name: hint for base in bases for name, hint in _annotations(base).items()}


def _annotations(kind: type) -> dict[str, Any]:
    scope = vars(typing) | vars(sys.modules[kind.__module__])
    found = te.get_annotations(kind)
    return {name: eval(hint, scope) if isinstance(hint, str) else hint for name, hint in found.items()}


def _with_alias(hint: Any, alias: str | None) -> Any:
    return te.Annotated[hint, PropertyInfo(alias=alias)] if alias else hint


def _spellings(hint: Any) -> Iterator[str]:
    while get_origin(hint) in (te.Required, te.NotRequired):
        hint = get_args(hint)[0]
    if get_origin(hint) is te.Annotated:
        yield from (note.alias for note in get_args(hint)[1:] if isinstance(note, PropertyInfo) and note.alias)


def _aliases() -> Iterator[tuple[Any, str]]:
    """Names of unions and enumerations; where several modules have the same one, the module called like it wins."""
    found: dict[Any, list[tuple[bool, int, str]]] = {}
    for module in [name for name in sys.modules if name.startswith("openai.types.")]:
        for name, value in vars(sys.modules[module]).items():
            if get_origin(value) in (typing.Union, types.UnionType, te.Annotated, te.Literal) and not name.startswith(
                "_"
            ):
                found.setdefault(value, []).append((not eponymous(module, name), len(module), _name(module, name)))
    return ((value, min(names)[2]) for value, names in found.items())


def eponymous(module: str, name: str) -> bool:
    return module.rpartition(".")[2].replace("_", "").lower() == name.replace("_", "").lower()


def camel(words: str) -> str:
    return re.sub(r"(?:^|_)(\w)", lambda match: match[1].upper(), words)
