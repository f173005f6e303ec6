"""Snapshots of requests, kept beside the tests: `test_weather.requests.yaml` has those of `test_weather.py`.

What differs from run to run stands there as what it is, numbered: `<call 1>`, `<uuid 2>`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import unified_diff
from functools import partial
from hashlib import blake2b
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from fakeopenai.wire import Json, Object

if TYPE_CHECKING:
    from fakeopenai.plugin.calls import Calls, Recorded

VOLATILE = {
    "uuid": re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE),
    "time": re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"),
    "folder": re.compile(r"[^\s\"']*/pytest-of-[^/\s]+/pytest-\d+"),
    "address": re.compile(r"\b0x[0-9a-f]{6,}\b"),
}
IDENTIFIER = re.compile(r"\b([a-z]+(?:_[a-z]+)*)[-_](?=[A-Za-z]*\d)[A-Za-z0-9]{16,}\b")
DATA = re.compile(r"(?<=;base64,)[A-Za-z0-9+/=]{64,}")


MODULE = "module"
"""What stands for a test in the snapshots of worlds that several share."""


@dataclass
class Album:
    """All snapshots that a run reads, and those it will write when it ends.

    `tests` are all there are in a module, where that is known: what was kept of others is forgotten.
    """

    update: bool = False
    volatile: tuple[str, ...] = ()
    taken: dict[str, Object] = field(default_factory=dict)
    tests: dict[str, list[str]] = field(default_factory=dict)
    read: dict[Path, Object] = field(default_factory=dict)

    def page(self, path: Path) -> Object:
        """The snapshots of a module."""
        if path not in self.read:
            self.read[path] = _pages().read(path)
        return self.read[path]

    def take(self, path: Path, title: str, requests: Json) -> None:
        self.taken.setdefault(str(path), {})[title] = requests

    def know(self, module: Path, test: str) -> None:
        """There is such a test."""
        self.tests.setdefault(str(_path(module)), [MODULE]).append(test)

    def adopt(self, taken: Mapping[str, Object], tests: Mapping[str, list[str]]) -> None:
        """Add what another process of this run has taken."""
        self.tests |= tests
        for path, requests in taken.items():
            self.taken.setdefault(path, {}).update(requests)

    def save(self) -> list[Path]:
        """Write what was taken. Gives the files that have changed."""
        return [path for path in map(Path, self.taken) if self._save(path)]

    def _save(self, path: Path) -> bool:
        kept, tests = self.page(path), self.tests.get(str(path))
        page = {**kept, **self.taken[str(path)]}
        if tests is not None:
            page = {title: requests for title, requests in page.items() if _is_of(title, tests)}
        if page != kept:
            _pages().write(path, dict(sorted(page.items())))
        return page != kept


@dataclass(frozen=True)
class Snapshots:
    """The snapshots of one test."""

    album: Album
    module: Path
    test: str

    @property
    def path(self) -> Path:
        return _path(self.module)

    def check(self, calls: Calls, name: str = "") -> None:
        """Compare requests with those kept, or take them down. Raises AssertionError."""
        __tracebackhide__ = True
        title = f"{self.test} {name}".strip()
        requests = settled(calls, self.album.volatile)
        if self.album.update:
            self.album.take(self.path, title, requests)
            return
        page = self.album.page(self.path)
        if title not in page:
            there = f"{self.path.name} has no '{title}' yet; --fakeopenai-update-snapshots would write"
            raise AssertionError(f"{there}\n{_pages().text(requests)}")
        if page[title] != requests:
            raise AssertionError(
                f"not the requests of '{title}' in {self.path.name}:\n{_compared(page[title], requests)}"
            )


def _path(module: Path) -> Path:
    return module.with_suffix(".requests.yaml")


def _is_of(title: str, tests: Iterable[str]) -> bool:
    """Whether a snapshot is of one of these tests; its own name may follow the test's."""
    return any(title == test or title.startswith(f"{test} ") for test in tests)


def _pages() -> ModuleType:
    """How files are read and written; YAML is imported only by those who have snapshots."""
    from fakeopenai.plugin import pages

    return pages


def settled(calls: Calls, volatile: Iterable[str] = ()) -> Json:
    """Requests as they are kept, without what differs from run to run."""
    requests = json.loads(json.dumps([_request(made) for made in calls], default=repr))
    return _Settler({f"value {number}": re.compile(own) for number, own in enumerate(volatile, 1)}).settle(requests)


def _request(made: Recorded) -> Json:
    line = made.operation or f"{made.method} {made.path}"
    told = {name: value for name, value in (("query", dict(made.query)), ("body", made.body)) if value}
    path = {"path": made.path} if "{" in line else {}
    return {line: path | told} if path or told else line


class _Settler:
    """Gives each volatile value a number of its own, by when it is first met."""

    def __init__(self, own: Mapping[str, re.Pattern[str]]) -> None:
        self._patterns = {**own, **VOLATILE}
        self._met: dict[str, dict[str, int]] = {}

    def settle(self, value: Json) -> Json:
        match value:
            case str():
                return self._text(value)
            case dict():
                return {self._text(key): self.settle(member) for key, member in value.items()}
            case list():
                return [self.settle(member) for member in value]
            case _:
                return value

    def _text(self, text: str) -> str:
        text = DATA.sub(lambda found: f"<{len(found[0])} characters, {_digest(found[0])}>", text)
        for kind, pattern in self._patterns.items():
            text = pattern.sub(partial(self._named, kind), text)
        return IDENTIFIER.sub(lambda found: self._number(found[1], found[0]), text)

    def _named(self, kind: str, found: re.Match[str]) -> str:
        return self._number(kind, found[0])

    def _number(self, kind: str, value: str) -> str:
        met = self._met.setdefault(kind, {})
        return f"<{kind} {met.setdefault(value, len(met) + 1)}>"


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=6).hexdigest()


def _compared(kept: Json, requests: Json) -> str:
    before, now = (_pages().text(each).splitlines() for each in (kept, requests))
    lines = unified_diff(before, now, "kept", "now", lineterm="", n=2)
    return "\n".join([*lines, "--fakeopenai-update-snapshots keeps what there is now"])
