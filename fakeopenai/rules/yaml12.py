"""YAML 1.2 (its core schema) and JSON, with the line of every value.

PyYAML alone reads YAML 1.1, where `on` is true, `NO` is false, `12:30` is 750, `2024-01-01` is a date, and the last of
two equal keys wins. Here they are texts, and a repeated key is refused. JSON is checked as JSON first.
"""

from __future__ import annotations

import json as strict
import re
from typing import Any

from yaml import MappingNode, MarkedYAMLError, Node, ScalarNode, SequenceNode, YAMLError

from fakeopenai.rules.reading import LocatedDict, LocatedList, RuleError
from fakeopenai.wire import Json

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]

_PAIR = re.compile(r"(?<!\\)((?:\\\\)*)(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})")

CORE = {
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "bool": (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    "int": (r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    "float": (
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
}


class Loader(SafeLoader):
    """Knows the tags of the core schema, and where everything stands."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  PyYAML's own attribute


for _name, (_pattern, _first) in CORE.items():
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(f"^(?:{_pattern})$"), _first)


def _mapping(loader: Loader, node: MappingNode) -> LocatedDict:
    values: dict[str, Json] = {}
    lines: dict[str, int] = {}
    for key_node, value_node in node.value:
        key, line = _key(key_node), key_node.start_mark.line + 1
        if key in values:
            raise _MisplacedError(f"'{key}' is there twice, first in line {lines[key]}", line)
        values[key] = loader.construct_object(value_node, deep=True)
        lines[key] = line
    return LocatedDict(values, lines)


def _key(node: Node) -> str:
    """Keys are texts, whatever they look like: a path such as `0` too."""
    if isinstance(node, ScalarNode):
        return str(node.value)
    raise _MisplacedError("a key must be text", node.start_mark.line + 1)


def _sequence(loader: Loader, node: SequenceNode) -> LocatedList:
    members = [loader.construct_object(member, deep=True) for member in node.value]
    return LocatedList(members, [member.start_mark.line + 1 for member in node.value])


def _integer(_: Loader, node: ScalarNode) -> int:
    text: str = node.value
    try:
        return int(text, 0) if text.startswith(("0o", "0x")) else int(text)
    except ValueError as error:  # Python reads no number of thousands of digits
        raise _MisplacedError(str(error), node.start_mark.line + 1) from None


def _float(_: Loader, node: ScalarNode) -> float:
    text: str = node.value
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
Loader.add_constructor("tag:yaml.org,2002:seq", _sequence)
Loader.add_constructor("tag:yaml.org,2002:int", _integer)
Loader.add_constructor("tag:yaml.org,2002:float", _float)


class _MisplacedError(ValueError):
    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def yaml(text: str, file: str) -> Json:
    """Read one YAML document. Raises RuleError with file and line."""
    try:
        loader = Loader(text)
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except _MisplacedError as error:
        raise RuleError(f"{file}:{error.line}: {error}") from None
    except MarkedYAMLError as error:
        raise _not_yaml(error, file) from None
    except YAMLError as error:
        raise RuleError(f"{file}: not YAML: {error}") from None


def _not_yaml(error: MarkedYAMLError, file: str) -> RuleError:
    mark: Any = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    about = f" {error.context}" if error.context else ""
    return RuleError(f"{file}:{line}: not YAML:{about} {error.problem}")


def json(text: str, file: str) -> Json:
    """Read JSON. Raises RuleError with file and line.

    JSON is YAML 1.2, but for tabs between its tokens and for characters that are escaped in two halves.
    """
    try:
        strict.loads(text)
    except strict.JSONDecodeError as error:
        raise RuleError(f"{file}:{error.lineno}: not JSON: {error.msg}") from None
    return yaml(_PAIR.sub(_joined, text.replace("\t", " ")), file)


def _joined(found: re.Match[str]) -> str:
    return found[1] + str(strict.loads(f'"{found[2]}"'))
