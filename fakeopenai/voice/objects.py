"""JSON answers: for a schema, or with the keys that the prompt spells out."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import msgspec

from fakeopenai.pattern import Pattern
from fakeopenai.voice.filling import compact, filled
from fakeopenai.voice.source import Source
from fakeopenai.voice.words import terms

if TYPE_CHECKING:
    from fakeopenai.voice.talk import Talk
    from fakeopenai.wire import Json, Object

_KEY = r"[^\W\d][\w-]*"
_QUOTED_KEY = Pattern(rf"[\"'`“]({_KEY}(?: [\w-]+)?)[\"'`”]")
_KEYS = Pattern(
    r"\b(?:keys?|fields?|propert(?:y|ies)|attributes?|members?|columns?|clés?|champs?|claves?|campos?|chaves?|chiavi|"
    r"Schlüsseln?|Feldern?)\b(?:\s+(?:named|"
    r"called|of|are|is|should be|must be))?\s*[:=]?\s*([^\n.]+)",
    re.IGNORECASE,
)
_KEYS_BEFORE = Pattern(
    rf"(?<!\w)((?:[\"'`“]?{_KEY}[\"'`”]?\s?(?:,\s?(?:and\s)?|\sand\s|\sor\s)){{0,10}}[\"'`“]?{_KEY}[\"'`”]?)\s+"
    rf"(?:keys?|fields?|propert(?:y|ies)|attributes?)\b",
    re.IGNORECASE,
)
_WITH = Pattern(
    r"\bjson\b[^.\n]{0,40}?\b(?:with|containing|including|of|has|having|format|form|like)\b\s*:?\s*([^\n.]+)",
    re.IGNORECASE,
)
_DECODER = json.JSONDecoder()
_DEEPEST = 20
_OBJECTS = 40
_SMALL = terms(
    """a an the and or with keys key json fields field object following these two three as is are of to in that only
    exactly properties result output your response string int integer number float boolean list array value values
    optional required all named called should must be contains return answers markdown for each schema"""
)
_TYPES = {
    "string": "string",
    "str": "string",
    "text": "string",
    "int": "integer",
    "integer": "integer",
    "number": "number",
    "float": "number",
    "bool": "boolean",
    "boolean": "boolean",
    "list": "array",
    "array": "array",
    "true": "boolean",
    "false": "boolean",
}
_NUMERIC = terms(
    """age âge edad alter idade
    count score number quantity year price amount total rating rank size length width height population
    temperature confidence probability id sum percentage"""
)
_LISTS = terms(
    """tags items keywords list steps ingredients names results colors topics entities hobbies skills categories
    questions answers options facts examples"""
)


def schema_object(talk: Talk, schema: Json) -> str:
    """JSON text that is valid under the schema."""
    return compact(filled(schema, _source(talk), talk.digest))


def free_object(talk: Talk) -> str:
    """A JSON object with what the prompt says it should hold."""
    schema = schema_in(f"{talk.system}\n{talk.last}") or {
        "type": "object",
        "properties": {"answer": {"type": "string"}},
        "required": ["answer"],
    }
    made = filled(schema, _source(talk), talk.digest)
    return compact(made if isinstance(made, dict) else {"result": made})


def free_json(talk: Talk) -> str:
    """JSON as a plain-text prompt asks for it: an object, or an array where it asks for one."""
    if not _ARRAY.search(f"{talk.system}\n{talk.last}"):
        return free_object(talk)
    made = filled({"type": "array", "items": {"type": "string"}, "minItems": 3}, _source(talk), talk.digest)
    return compact(made)


_ARRAY = Pattern(r"\bjson (?:array|list)\b|\b(?:array|list) of (?:strings|json)\b", re.IGNORECASE)


def _source(talk: Talk) -> Source:
    """What was said and found out: the last user message, with the results of tools."""
    asked = _without_format(talk.asked)
    return Source(talk.asking(asked), "\n".join([asked, *talk.results]), is_answer=True)


_FENCE = Pattern(r"```(?:json)?\s*\{.*?\}\s*```|\{[^{}]*[\"':][^{}]*\}", re.DOTALL)
_FORMAT_WORD = Pattern(r"\b(?:json|keys?|fields?|json_schema|markdown)\b", re.IGNORECASE)
_SHOWN = " (json) "
_ABOUT = Pattern(r"[\"'`”)\]]\s+(?:for|about|describing|from|of|on)\s+([^\"'`“]+)$", re.DOTALL)


def _without_format(text: str) -> str:
    """The text without what only says how to answer."""
    if "json" not in text.lower():
        return text
    parts = re.split(r"(?<=[.!?])\s+|\n+", _FENCE.sub(_SHOWN, text))
    rest = " ".join(filter(None, map(_content, parts)))
    return rest if len(rest) > 8 else text


def _content(part: str) -> str:
    """A sentence, or what follows its colon or its keys if it begins with how to answer."""
    if not _FORMAT_WORD.search(part):
        return part
    if (about := _ABOUT.search(part)) and keys_in(part):
        return about[1]
    before, _, after = part.partition(": ")
    return (
        after
        if after
        and _FORMAT_WORD.search(before)
        and not _FORMAT_WORD.search(after)
        and (keys_in(before) or after.endswith("?") or _SHOWN.strip() in before)
        else ""
    )


def schema_in(text: str) -> Object | None:
    """The schema of the object that a prompt asks for: a JSON Schema, an example, or names of keys."""
    values = _objects_in(text)
    declared = [schema for value in values if (schema := _declared(value))]
    if declared:
        return declared[-1]
    if values:
        return _from_example(max(values, key=lambda value: len(str(value))))
    keys = keys_in(text)
    return _from_keys(keys, text) if keys else None


def leading(text: str, at: int = 0) -> tuple[Json, int]:
    """The JSON value at a place of a text, and where it ends. Raises ValueError where there is none.

    A string with half of a surrogate pair is none: what it says could not be said again.
    """
    _, end = _DECODER.raw_decode(text, at)
    try:
        return msgspec.json.decode(text[at:end]), end
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from None


def _objects_in(text: str) -> list[Object]:
    """The JSON objects that stand in a text."""
    found: list[Object] = []
    at = text.find("{")
    for _ in range(_OBJECTS):
        if at < 0:
            break
        try:
            value, end = leading(text, at)
        except (ValueError, RecursionError):
            at = text.find("{", at + 1)
            continue
        if isinstance(value, dict) and value:
            found.append(value)
        at = text.find("{", max(end, at + 1))
    return found


def _declared(value: Object) -> Object | None:
    """The value itself if it is a JSON Schema of an object, or the one inside it."""
    if isinstance(value.get("properties"), dict):
        return value
    if isinstance(value.get("schema"), dict) and isinstance(value["schema"].get("properties"), dict):
        return dict(value["schema"])
    if "$ref" in value and "$defs" in value:
        return value
    return None


def _from_example(example: Json, depth: int = 0) -> Object:
    """A schema for values like the example; a string such as `<int>` or `number` names a type."""
    if depth > _DEEPEST:
        return {}
    match example:
        case list():
            return {"type": "array", "items": _from_example(example[0], depth + 1) if example else {"type": "string"}}
        case dict():
            properties = {key: _from_example(part, depth + 1) for key, part in example.items()}
            return {"type": "object", "properties": properties, "required": list(example)}
        case str():
            return _from_placeholder(example)
    return {"type": _TYPE_OF.get(type(example), ["string", "null"])}


_TYPE_OF: dict[type, str] = {bool: "boolean", int: "integer", float: "number"}


def _from_placeholder(text: str) -> Object:
    if "|" in text and all(re.fullmatch(r"\s*[\w -]+\s*", part) for part in text.split("|")):
        return {"enum": [part.strip() for part in text.split("|")]}
    word = next((word for word in re.findall(r"[a-z]+", text.lower()) if word in _TYPES), "")
    kind = _TYPES.get(word, "string") if len(text) < 60 else "string"
    return {"type": kind, "items": {"type": "string"}} if kind == "array" else {"type": kind, "description": text}


def keys_in(text: str) -> list[str]:
    """The names of keys that a prompt spells out."""
    for pattern in (_KEYS, _KEYS_BEFORE, _WITH):
        for match in pattern.finditer(text):
            if keys := _split_keys(match[1]):
                return keys
    return _placeholder_keys(text)


def _split_keys(text: str) -> list[str]:
    if quoted := _QUOTED_KEY.findall(text):
        return list(dict.fromkeys(quoted))
    words = re.split(r"\s*,\s*(?:and\s+|or\s+)?|\s+and\s+|\s+or\s+", re.sub(r"\([^)]*\)|:\s.*", "", text).strip())
    keys = []
    for word in words:
        bare = re.sub(r"^(?:an?|the|for|with|each)\s+", "", word.strip(" \"'`.:;"), flags=re.IGNORECASE).split()
        if bare and re.fullmatch(_KEY, bare[0]) and _names_key(bare):
            keys.append(bare[0])
    return list(dict.fromkeys(keys))


def _names_key(words: list[str]) -> bool:
    """Whether the first word may be a key: no article and the like, unless it is a letter alone."""
    return len(words) <= 3 and (words[0].lower() not in _SMALL or (len(words) == 1 and len(words[0]) == 1))


def _placeholder_keys(text: str) -> list[str]:
    """Keys of an object that isn't quite JSON: `{"name": <string>, "age": ...}`."""
    return list(dict.fromkeys(re.findall(rf"[{{,\n]\s*[\"']?({_KEY})[\"']?\s*:", text)))


def _from_keys(keys: list[str], text: str) -> Object:
    return {"type": "object", "properties": {key: _guessed(key, text) for key in keys}, "required": keys}


def _guessed(key: str, text: str) -> Object:
    """A type for a key: as written beside it, else what its name suggests."""
    beside = re.search(rf"\b{re.escape(key)}\b[\"'`”]?\s*[:(<=\-]*\s*(?:an?\s+|is an?\s+)?[<\[(]?\s*(\w+)", text)
    kind = _TYPES.get(beside[1].lower(), "") if beside else ""
    words = set(re.split(r"[\W_]+", key.lower()))
    if not kind:
        kind = (
            "integer"
            if words & _NUMERIC
            else "array"
            if words & _LISTS
            else "boolean"
            if words & {"is", "has"}
            else "string"
        )
    if kind == "integer" and words & {"confidence", "probability"}:
        return {"type": "number", "minimum": 0, "maximum": 1}
    return {"type": kind, "items": {"type": "string"}} if kind == "array" else {"type": kind}
