"""Paths into JSON values, as rules write them: `messages[-1].content`, `tools[*].type`, `metadata['a.b']`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from fakeopenai.wire import Json

_STEP = re.compile(
    r"""\.?(?P<name>[^.\[\]'"*]+|\*)|\[(?P<index>-?\d+|\*)\]|\[(?P<quote>['"])(?P<quoted>.*?)(?P=quote)\]"""
)

Step = str | int | None


@lru_cache(maxsize=4096)
def parse(path: str) -> tuple[Step, ...]:
    """The steps of a path: a key, an index, or None for all members. Raises ValueError on a malformed one."""
    steps: list[Step] = []
    at = 1 if path.startswith("$") else 0
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None:
            raise ValueError(f"malformed path '{path}' at '{path[at:]}'")
        steps.append(_step(found))
        at = found.end()
    return tuple(steps)


def find(value: Json, path: str) -> list[Json]:
    """All values at the path, none if there is nothing."""
    values = [value]
    for step in parse(path):
        values = [member for value in values for member in _inside(value, step)]
    return values


def _step(found: re.Match[str]) -> Step:
    if found["quoted"] is not None:
        return found["quoted"]
    if found["index"] not in {None, "*"}:
        return int(found["index"])
    return None if "*" in {found["index"], found["name"]} else found["name"]


def _inside(value: Json, step: Step) -> list[Json]:
    match value, step:
        case Mapping(), None:
            return list(value.values())
        case Mapping(), _ if step in value:
            return [value[step]]
        case list(), None:
            return value
        case list(), int() if -len(value) <= step < len(value):
            return [value[step]]
        case _:
            return []
