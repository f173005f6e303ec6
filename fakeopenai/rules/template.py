"""Texts with places to fill in: `Sunny in {{ city }}`.

A place names a group that a regular expression of the rule captured (`{{ city }}`, `{{ 1 }}`), a view of the request
(`{{ user }}`, `{{ system }}`, `{{ model }}`), a value in it (`{{ body.metadata.kind }}`, `{{ header.x-team }}`,
`{{ query.limit }}`, `{{ path.thread_id }}`), a state of the world (`{{ state.order }}`), its time (`{{ now }}`), or a
`{{ uuid }}`; or it quotes a text: `{{ '{{' }}` is two braces. Filters follow: `{{ city | default('Rome') | upper }}`.

It is a subset of Jinja, in which nothing can be called. In Python a function of the call may stand for any value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import reduce
from json import dumps
from typing import TYPE_CHECKING

from fakeopenai.ids import uuid
from fakeopenai.rules import functions, paths
from fakeopenai.rules.reading import Node, suggestion
from fakeopenai.rules.subjects import SUBJECTS
from fakeopenai.wire import Json

if TYPE_CHECKING:
    from fakeopenai.wire import Call

_PLACE = re.compile(r"""\{\{\s*(?:'(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<name>[^{}]+?))\s*\}\}""")

_BAR = re.compile(r"\s+\|\s+(?=\w+(?:\(.*?\))?(?:\s+\||$))")
_DEFAULT = re.compile(r"default\((?P<value>.*)\)")

VIEWS = ("user", "system", "model", "tool_result")
MADE: dict[str, Callable[[Call], str]] = {
    "now": lambda call: f"{datetime.fromtimestamp(call.world.clock.now, UTC):%Y-%m-%dT%H:%M:%SZ}",
    "uuid": lambda call: uuid(call.names.child("template")),
}
SOURCES: dict[str, Callable[[Call], Json]] = {
    "body": lambda call: call.body,
    "query": lambda call: call.query,
    "header": lambda call: call.request.headers,
    "path": lambda call: call.path,
    "state": lambda call: call.world.rules.states,
}
FILTERS: dict[str, Callable[[Json], Json]] = {
    "upper": lambda value: _written(value).upper(),
    "lower": lambda value: _written(value).lower(),
    "trim": lambda value: _written(value).strip(),
    "length": lambda value: len(value) if isinstance(value, str | list | Mapping) else len(_written(value)),
    "json": lambda value: dumps(value, ensure_ascii=False),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What can be filled in: a call, and what the rule captured of it."""

    call: Call
    groups: Mapping[str, str] = field(default_factory=dict)

    def find(self, name: str) -> Json:
        """The value of that name, an empty text where the request has none."""
        if name in self.groups:
            return self.groups[name]
        if name in VIEWS:
            values = SUBJECTS[name].see(self.call)
            return values[-1] if values else ""
        if name in MADE:
            return MADE[name](self.call)
        root, path = _split(name)
        found = paths.find(SOURCES[root](self.call), path)
        return found[0] if found else ""


Filled = Callable[[Facts], Json]


def text(node: Node, groups: frozenset[str]) -> Callable[[Facts], str]:
    """Read a text that is filled in when its rule speaks. Unknown names are refused now."""
    if callable(node.value):
        return lambda facts: _written(functions.asked(node, facts.call))
    parts = _parts(node, node.text(), groups)
    if all(isinstance(part, str) for part in parts):
        constant = "".join(map(str, parts))
        return lambda _: constant
    return lambda facts: "".join(part if isinstance(part, str) else _written(part(facts)) for part in parts)


def value(node: Node, groups: frozenset[str]) -> Filled:
    """Read a JSON value, all of whose texts are filled in; a text that is one place only keeps that value's type."""
    match node.value:
        case str():
            parts = _parts(node, node.value, groups)
            return parts[0] if len(parts) == 1 and not isinstance(parts[0], str) else text(node, groups)
        case Mapping():
            fills = {entry.name: value(entry, groups) for entry in node.entries()}
            return lambda facts: {key: fill(facts) for key, fill in fills.items()}
        case list() | tuple():
            members = [value(member, groups) for member in node.members()]
            return lambda facts: [fill(facts) for fill in members]
        case function if callable(function):
            return lambda facts: functions.asked(node, facts.call)
        case constant:
            _check(node)
            return lambda _: constant


def has_places(value: Json) -> bool:
    """Whether a value has places to fill in."""
    match value:
        case str():
            return "{{" in value
        case Mapping():
            return any(map(has_places, value.values()))
        case list() | tuple():
            return any(map(has_places, value))
        case _:
            return False


def _check(node: Node) -> None:
    if node.value is not None and not isinstance(node.value, bool | int | float):
        raise node.unlike("a JSON value")


def _parts(node: Node, source: str, groups: frozenset[str]) -> list[str | Filled]:
    """The text cut at its places."""
    parts: list[str | Filled] = []
    at = 0
    for place in _PLACE.finditer(source):
        parts += [_plain(node, source[at : place.start()]), _place(node, place, groups)]
        at = place.end()
    return [part for part in (*parts, _plain(node, source[at:])) if part]


def _plain(node: Node, text: str) -> str:
    if "{{" in text:
        raise node.wrong(f"'{node.name}' has '{{{{' without its end; write {{{{ '{{{{' }}}} for the braces themselves")
    return text


def _place(node: Node, place: re.Match[str], groups: frozenset[str]) -> str | Filled:
    if place["name"] is None:
        return place["single"] or place["double"] or ""
    name, *filters = _BAR.split(place["name"])
    changes = [_filter(node, each) for each in filters]
    root, path = _split(name)
    if name not in {*groups, *VIEWS, *MADE} and not (root in SOURCES and path):
        known = (*groups, *VIEWS, *MADE, *(f"{source}." for source in SOURCES))
        raise node.wrong(f"nothing is called '{name}' in '{node.name}'{suggestion(name, known)}")
    try:
        paths.check(path)
    except ValueError as error:
        raise node.wrong(str(error)) from None
    return lambda facts: reduce(lambda found, change: change(found), changes, facts.find(name))


def _split(name: str) -> tuple[str, str]:
    """A source, and the path within it: `body.metadata.kind`, `body['odd key']`."""
    root, _, path = name.partition(".")
    if "[" in root:
        root, bracket, rest = name.partition("[")
        return root, bracket + rest
    return root, path


def _filter(node: Node, name: str) -> Callable[[Json], Json]:
    if given := _DEFAULT.fullmatch(name):
        default = given["value"].strip("'\"")
        return lambda value: default if value in ("", None) else value
    if name not in FILTERS:
        raise node.wrong(f"there is no filter '{name}' for '{node.name}'{suggestion(name, (*FILTERS, 'default(…)'))}")
    return FILTERS[name]


def _written(value: Json) -> str:
    return value if isinstance(value, str) else dumps(value, ensure_ascii=False)
