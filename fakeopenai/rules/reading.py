"""Reading a rule's words: every mistake is reported with its file, its line and the nearest valid word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from math import inf
from typing import TypeVar

from fakeopenai.wire import Json

T = TypeVar("T")


class RuleError(ValueError):
    """A rule that can't be read. The message begins with `file:line:` where that is known."""


class LocatedDict(dict[str, Json]):
    """A mapping of a file that knows the line of each of its keys."""

    def __init__(self, values: Mapping[str, Json], lines: Mapping[str, int]) -> None:
        super().__init__(values)
        self.lines = lines


class LocatedList(list[Json]):
    """A list of a file that knows the line of each of its members."""

    def __init__(self, values: Iterable[Json], lines: list[int]) -> None:
        super().__init__(values)
        self.lines = lines


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a rule, what it is called, and where it stands; it is read by saying what it should be.

    What is `local` was written on this machine, and may name files of it.
    """

    value: Json
    name: str = "a rule"
    file: str = ""
    line: int = 0
    local: bool = True

    @property
    def source(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file

    def renamed(self, name: str) -> Node:
        """The same value under another name."""
        return replace(self, name=name)

    def wrong(self, message: str) -> RuleError:
        return RuleError(f"{self.source}: {message}" if self.source else message)

    def unlike(self, expected: str) -> RuleError:
        return self.wrong(f"'{self.name}' must be {expected}, got {kind(self.value)}")

    def entries(self, allowed: Iterable[str] | None = None) -> Iterator[Node]:
        """The values of a mapping, each under its key; other keys than the allowed are refused."""
        if not isinstance(self.value, Mapping):
            raise self.unlike("a mapping")
        lines = self.value.lines if isinstance(self.value, LocatedDict) else {}
        for key, value in self.value.items():
            node = Node(value, str(key), self.file, lines.get(key, self.line), self.local)
            if allowed is not None and key not in allowed:
                raise node.wrong(f"unknown key '{key}' in {quoted(self.name)}{suggestion(str(key), allowed)}")
            yield node

    def members(self) -> list[Node]:
        """The members of a list; a single value counts as a list of one."""
        if not isinstance(self.value, list | tuple):
            return [self]
        lines = self.value.lines if isinstance(self.value, LocatedList) else [self.line] * len(self.value)
        return [replace(self, value=value, line=line) for value, line in zip(self.value, lines, strict=True)]

    def text(self) -> str:
        if isinstance(self.value, str):
            return self.value
        hint = "; put it in quotes" if isinstance(self.value, bool | int | float) else ""
        raise self.wrong(f"'{self.name}' must be text, got {kind(self.value)}{hint}")

    def flag(self) -> bool:
        if isinstance(self.value, bool):
            return self.value
        raise self.unlike("true or false")

    def number(self, least: float = 0) -> float:
        if isinstance(self.value, bool) or not isinstance(self.value, int | float) or not least <= self.value < inf:
            raise self.unlike("a number" if least == -inf else f"a number from {least:g}")
        return self.value

    def whole(self, least: int = 0) -> int:
        if isinstance(self.value, bool) or not isinstance(self.value, int) or self.value < least:
            raise self.unlike(f"a whole number from {least}")
        return self.value

    def word(self, allowed: Iterable[str]) -> str:
        if self.text() not in allowed:
            raise self.wrong(f"unknown {self.name} '{self.value}'{suggestion(self.text(), allowed)}")
        return self.text()


def plain(value: Json) -> Json:
    """A value of a file without the lines where it stands."""
    match value:
        case Mapping():
            return {key: plain(member) for key, member in value.items()}
        case list() | tuple():
            return [plain(member) for member in value]
        case _:
            return value


def kind(value: Json) -> str:
    """A value as an error names it: `the text 'a'`, `the number 3`, `a list`."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the text {shortened(value)}"
        case list() | tuple() | Mapping():
            shape = "mapping" if isinstance(value, Mapping) else "list"
            return f"a {shape}" if value else f"an empty {shape}"
        case _:
            return f"a Python {type(value).__name__}"


def shortened(text: str, limit: int = 80) -> str:
    return repr(text if len(text) <= limit else f"{text[: limit - 1]}…")


def suggestion(word: str, allowed: Iterable[str]) -> str:
    """`; did you mean 'times'?`, or all the valid words where none is near."""
    words = list(allowed)
    near = get_close_matches(word, words, n=1, cutoff=0.6)
    if near:
        return f"; did you mean '{near[0]}'?"
    return f"; valid are {', '.join(sorted(words))}" if len(words) <= 20 else ""


def quoted(name: str) -> str:
    return name if " " in name else f"'{name}'"
