"""Paths into JSON values, as rules write them: `messages[-1].content`, `tools[*].type`, `metadata['a.b']`.

All else that JSONPath (RFC 9535) has, they may have too, after a `$` or without it: filters, slices, `..`, functions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from fakeopenai.wire import Json

_STEP = re.compile(
    r"""\.?(?P<name>[^.\[\]'"*]+|\*)|\[(?P<index>-?\d+|\*)\]|\[(?P<quote>['"])(?P<quoted>.*?)(?P=quote)\]"""
)

if TYPE_CHECKING:
    from jsonpath import JSONPath

Step = str | int | None


def check(path: str) -> None:
    """Raises ValueError on a malformed path."""
    if _steps(path) is None:
        _query(path)


def find(value: Json, path: str) -> list[Json]:
    """All values at the path, none if there is nothing."""
    steps = _steps(path)
    if steps is None:
        return list(_query(path).findall(value)) if isinstance(value, dict | list) else []
    values = [value]
    for step in steps:
        values = [member for value in values for member in _inside(value, step)]
    return values


@lru_cache(maxsize=4096)
def _steps(path: str) -> tuple[Step, ...] | None:
    """The steps of a plain path: a key, an index, or None for all members."""
    steps: list[Step] = []
    at = 1 if path.startswith("$") else 0
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None:
            return None
        steps.append(_step(found))
        at = found.end()
    return tuple(steps)


@lru_cache(maxsize=1024)
def _query(path: str) -> JSONPath:
    """A path of another kind, compiled."""
    from jsonpath import DEFAULT_ENV, JSONPath, JSONPathError  # 70 ms that plain paths need not

    try:
        compiled = DEFAULT_ENV.compile(path if path.startswith("$") else f"$.{path}".replace("$.[", "$["))
    except JSONPathError as error:
        raise ValueError(f"malformed path '{path}': {str(error).partition(chr(10))[0]}") from None
    if not isinstance(compiled, JSONPath):
        raise ValueError(f"malformed path '{path}': it is several")  # noqa: TRY004  what is wrong is the text
    return compiled


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
