"""Types that say the same become one, and get short names; unions are told by which property their members differ."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from sdk_types import Schema, camel, eponymous, ref

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PREFIX = "#/$defs/"
TELLING = ("type", "role", "object", "event")


def renamed(value: Any, rename: Callable[[str], str]) -> Any:
    """The same JSON value, its references put under other names."""
    match value:
        case {"$ref": str(target), **beside}:
            return ref(rename(target.removeprefix(PREFIX))) | {key: renamed(beside[key], rename) for key in beside}
        case dict():
            return {key: renamed(item, rename) for key, item in value.items()}
        case list():
            return [renamed(item, rename) for item in value]
    return value


def references(value: Any) -> Iterator[str]:
    match value:
        case {"$ref": str(target)}:
            yield target.removeprefix(PREFIX)
        case dict():
            for item in value.values():
                yield from references(item)
        case list():
            for item in value:
                yield from references(item)


def reachable(roots: list[Any], types: dict[str, Schema]) -> dict[str, Schema]:
    """The types that the roots need, directly or not."""
    found: dict[str, Schema] = {}
    waiting = list(references(roots))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = types[name]
            waiting.extend(references(types[name]))
    return found


def short_names(types: dict[str, Schema]) -> dict[str, str]:
    """For every long name a short one; long names of types that say the same share it."""
    groups: dict[int, list[str]] = {}
    for name, number in _classes(types).items():
        groups.setdefault(number, []).append(name)
    spelling = _spelled([min(group, key=_awkwardness) for group in groups.values()])
    return {
        name: spelling[number]
        for number, group in zip(range(len(groups)), groups.values(), strict=True)
        for name in group
    }


def _awkwardness(name: str) -> tuple[bool, int, str]:
    """The best name for types that say the same is the shortest; that of a list's item comes last."""
    return name.endswith("ListResponse"), len(_spell(name, 0)), name


def _classes(types: dict[str, Schema]) -> dict[str, int]:
    """Number the types so that two have one number exactly if they say the same: take all for equal, split, repeat."""
    numbers = dict.fromkeys(types, 0)
    while True:
        signs = {name: json.dumps(renamed(types[name], _number_in(numbers)), sort_keys=True) for name in types}
        known: dict[str, int] = {}
        split = {name: known.setdefault(signs[name], len(known)) for name in sorted(types)}
        if len(known) == len(set(numbers.values())):
            return split
        numbers = split


def _number_in(numbers: dict[str, int]) -> Callable[[str], str]:
    return lambda name: str(numbers[name])


def _spelled(names: list[str]) -> list[str]:
    """Each name with as much of its package before it as makes it unique."""
    levels = [0] * len(names)
    for _ in range(max(name.count(".") for name in names)):
        spelled = [_spell(name, level) for name, level in zip(names, levels, strict=True)]
        clashes = Counter(spelled)
        levels = [level + (clashes[text] > 1) for level, text in zip(levels, spelled, strict=True)]
    return _numbered([_spell(name, level) for name, level in zip(names, levels, strict=True)])


def _numbered(names: list[str]) -> list[str]:
    seen: Counter[str] = Counter()
    spelled = []
    for name in names:
        seen[name] += 1
        spelled.append(name if seen[name] == 1 else f"{name}{seen[name]}")
    return spelled


def _spell(name: str, level: int) -> str:
    """`chat.chat_completion.Choice` is ChatCompletionChoice; at level 1, with `Chat` before it unless it says so."""
    *packages, module, kind = name.partition("@")[0].split(".")
    text = kind if eponymous(module, kind) or kind.startswith(camel(module)) else camel(module) + kind
    for package in packages[::-1][:level]:
        text = text if text.lower().startswith(camel(package).lower()) else camel(package) + text
    return text


def with_discriminators(types: dict[str, Schema]) -> dict[str, Schema]:
    return {name: _discriminated(schema, types) for name, schema in types.items()}


def _discriminated(value: Any, types: dict[str, Schema]) -> Any:
    match value:
        case {"anyOf": list(options)}:
            told = value.get("discriminator", {}).get("propertyName")
            rest = {key: _discriminated(item, types) for key, item in value.items() if key != "discriminator"}
            return rest | _discriminator(list(_members(options, types)), [told] if told else list(TELLING), types)
        case dict():
            return {key: _discriminated(item, types) for key, item in value.items()}
        case list():
            return [_discriminated(item, types) for item in value]
    return value


def _members(options: list[Schema], types: dict[str, Schema]) -> Iterator[str]:
    """The names of the objects that a union holds, those of the unions in it included."""
    for name in [name for option in options if "$ref" in option for name in references(option)]:
        if "properties" in types[name]:
            yield name
        else:
            yield from _members(types[name].get("anyOf", []), types)


def _discriminator(members: list[str], properties: list[str], types: dict[str, Schema]) -> Schema:
    """Values that several members share lead to none of them."""
    for property in properties:
        values = [(value, name) for name in members for value in _values(types[name]["properties"].get(property, {}))]
        count = Counter(value for value, _ in values)
        everyone = {name for _, name in values} == set(members)
        if len(members) > 1 and everyone and len(count) > 1:
            mapping = {value: PREFIX + name for value, name in values if count[value] == 1}
            return {"discriminator": {"propertyName": property, "mapping": mapping}}
    return {}


def _values(schema: Schema) -> list[str]:
    values = [schema["const"]] if "const" in schema else schema.get("enum", [])
    return [value for value in values if isinstance(value, str)]
