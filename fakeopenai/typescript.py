"""Tools and schemas as the model is shown them: TypeScript declarations with comments.

The API doesn't send a model the JSON Schemas of its tools but declarations in this form; that it is this form shows in
recorded token counts, which the declarations match.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fakeopenai.turn import Tool
    from fakeopenai.wire import Json, Object


def namespace(tools: Iterable[Tool]) -> str:
    """The declarations of all tools."""
    return "".join(["namespace functions {\n\n", *map(declaration, tools), "} // namespace functions"])


def declaration(tool: Tool) -> str:
    """One tool: a function of an object, or a free-form one with its grammar."""
    if tool.kind == "custom":
        return f"{_comment(tool.description)}{_grammar(tool.settings)}type {tool.name} = (FREEFORM) => any;\n\n"
    schema = inlined(tool.parameters)
    if not isinstance(schema, dict) or not schema.get("properties"):
        return f"{_comment(tool.description)}type {tool.name} = () => any;\n\n"
    return f"{_comment(tool.description)}type {tool.name} = (_: {_comments(schema)}{type_of(schema)}) => any;\n\n"


def _grammar(form: Json) -> str:
    match form:
        case {"grammar": {"syntax": syntax, "definition": definition}} | {"syntax": syntax, "definition": definition}:
            return f"// {syntax} grammar:\n{_comment(definition)}"
        case _:
            return ""


def inlined(schema: Json) -> Json:
    """The schema with its definitions in the places that refer to them; one that refers to itself stays a reference."""
    if not isinstance(schema, dict):
        return schema
    definitions = schema.get("$defs") or schema.get("definitions")
    return _inlined(schema, definitions, ()) if definitions else schema


def _inlined(schema: Json, definitions: Object, within: tuple[str, ...]) -> Json:
    match schema:
        case {"$ref": str(reference), **beside}:
            name = reference.rpartition("/")[2]
            if name in within or not isinstance(definitions.get(name), dict):
                return schema
            return _inlined(definitions[name] | beside, definitions, (*within, name))
        case {**members}:
            return {key: _inlined(value, definitions, within) for key, value in members.items()}
        case [*items]:
            return [_inlined(item, definitions, within) for item in items]
        case _:
            return schema


def type_of(schema: Json) -> str:
    """The TypeScript type of what a schema describes."""
    return " | ".join(_alternatives(schema))


def _alternatives(schema: Json) -> list[str]:
    match schema:
        case {"enum": [*values]}:
            return list(map(_literal, values))
        case {"const": value}:
            return [_literal(value)]
        case {"anyOf": [*variants]} | {"oneOf": [*variants]}:
            return list(map(type_of, variants))
        case {"type": [*names]}:
            return [type_of({**schema, "type": name}) for name in names]
        case _:
            return [_single(schema)]


def _single(schema: Json) -> str:
    match schema:
        case {"type": "object", "properties": dict(properties)} if properties:
            return _object(properties, schema.get("required") or ())
        case {"type": "array"}:
            return f"{type_of(schema.get('items'))}[]"
        case {"type": str(name)}:
            return name
        case {"$ref": str(reference)}:
            return reference.rpartition("/")[2]
        case _:
            return "any"


def _object(properties: Object, required: Iterable[str]) -> str:
    lines = [
        (_comments(schema), f"{name}{'' if name in required else '?'}: {type_of(schema)}", _default(schema))
        for name, schema in properties.items()
    ]
    if any(comments or default or "\n" in member for comments, member, default in lines):
        return "{\n" + "".join(f"{comments}{member},{default}\n" for comments, member, default in lines) + "}"
    return "{ " + ", ".join(member for _, member, _ in lines) + " }"


def _comments(schema: Json) -> str:
    if not isinstance(schema, dict):
        return ""
    return _title(schema) + _comment(schema.get("description") or "")


def _title(schema: Object) -> str:
    return _comment(schema.get("title") or "")


def _comment(text: str) -> str:
    return "".join(f"// {line.strip()}\n" for line in text.splitlines() if line.strip())


def _default(schema: Json) -> str:
    if not isinstance(schema, dict) or schema.get("default") is None:
        return ""
    return f" // default: {_literal(schema['default'])}"


def _literal(value: Json) -> str:
    return msgspec.json.encode(value).decode()
