"""Tests: what the values that a subject shows must be like."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fnmatch import translate
from functools import lru_cache
from typing import NamedTuple

from fakeopenai.pattern import Pattern
from fakeopenai.rules.reading import Node, kind, shortened
from fakeopenai.wire import Json

Values = Sequence[Json]


class Test(NamedTuple):
    """What values must be like. `words` follow "expected"; `text` is what an index may look the rule up by.

    `tell` tells what differs, where that is more than that the values aren't as wanted.
    """

    words: str
    passes: Callable[[Values], bool]
    pattern: re.Pattern[str] | None = None
    text: str | None = None
    tell: Callable[[Values], list[str]] | None = None


def _contains(node: Node) -> Test:
    if not isinstance(node.value, str):
        return Test(f"to contain {kind(node.value)}", lambda values: _holds_member(values, node.value))
    needle = folded(node.value)
    return Test(f"to contain {shortened(node.value)}", lambda values: _holds_text(values, needle), text=needle)


def _contains_exactly(node: Node) -> Test:
    needle = node.text()
    words = f"to contain exactly {shortened(needle)}"
    return Test(words, lambda values: any(isinstance(value, str) and needle in value for value in values), text=needle)


def _equals(node: Node) -> Test:
    wanted = node.value
    words = f"to equal {shown([wanted])}"
    text = wanted if isinstance(wanted, str) else None
    return Test(words, lambda values: any(same(value, wanted) for value in values), text=text)


def _like(node: Node) -> Test:
    wanted = steady(node.value)
    words = f"to be like {shown([node.value])}"
    return Test(words, lambda values: any(same(steady(value), wanted) for value in values))


def _matches(node: Node) -> Test:
    try:
        pattern = re.compile(node.text())
    except re.error as error:
        raise node.wrong(f"bad regular expression {shortened(node.text())}: {error}") from None
    return Test(f"to match /{pattern.pattern}/", lambda values: _any_text(values, pattern.search), pattern)


def _glob(node: Node) -> Test:
    glob = node.text()
    if not set("*?[") & set(glob):
        return Test(f"to be {shortened(glob)}", lambda values: any(str(value) == glob for value in values), text=glob)
    pattern = re.compile(translate(glob))
    return Test(f"to be like {shortened(glob)}", lambda values: any(pattern.match(str(value)) for value in values))


def _above(node: Node) -> Test:
    bound = node.number(least=float("-inf"))
    return Test(f"to be above {bound:g}", lambda values: any(value > bound for value in _numbers(values)))


def _below(node: Node) -> Test:
    bound = node.number(least=float("-inf"))
    return Test(f"to be below {bound:g}", lambda values: any(value < bound for value in _numbers(values)))


def _exists(node: Node) -> Test:
    wanted = node.flag()
    return Test("to be there" if wanted else "not to be there", lambda values: bool(values) is wanted)


OPERATORS: dict[str, Callable[[Node], Test]] = {
    "contains": _contains,
    "contains_exactly": _contains_exactly,
    "equals": _equals,
    "like": _like,
    "matches": _matches,
    "glob": _glob,
    "above": _above,
    "below": _below,
    "exists": _exists,
}
USER_TESTS = ("contains", "contains_exactly", "equals", "like", "matches")


@lru_cache(maxsize=256)
def folded(text: str) -> str:
    """The text without regard to case and to the length of white space, as `contains` compares it."""
    return " ".join(text.casefold().split())


def steady(value: Json) -> Json:
    """A value without what differs from run to run, as `like` compares it: its texts are folded, and have `…` for ids,
    UUIDs, dates and times.
    """
    match value:
        case str():
            return VOLATILE.sub("…", folded(value))
        case Mapping():
            return {key: steady(member) for key, member in value.items()}
        case list() | tuple():
            return [steady(member) for member in value]
        case _:
            return value


_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
_DAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\ )?"
_TIME = r"\d{1,2}:\d\d(?::\d\d)?(?:\.\d+)?(?:\ ?[ap]m)?(?:\ ?(?:z|utc|gmt|[+-]\d\d:?\d\d))?"
VOLATILE = Pattern(
    rf"""
    \b[0-9a-f]{{8}}-(?:[0-9a-f]{{4}}-){{3}}[0-9a-f]{{12}}\b          # a UUID
    | \b\d{{4}}-\d\d-\d\d(?:[t\ ]{_TIME})? | \b\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}\b
    | \b{_DAY}(?:{_MONTH}\ \d{{1,2}}(?:st|nd|rd|th)?,?\ \d{{4}} | \d{{1,2}}\.?\ {_MONTH}\ \d{{4}})\b
    | \b{_TIME}
    | \b1\d{{9}}(?:\d{{3}})?\b                                     # Unix seconds or milliseconds
    | \b[a-z]{{2,12}}[_-](?=[a-z]*\d)[0-9a-z]{{8,}}\b               # the id of an object
    | \b(?=[a-f]*\d)[0-9a-f]{{16,}}\b                               # a digest
    """,
    re.VERBOSE,
)
"""What differs from run to run, in a folded text."""


def same(value: Json, wanted: Json) -> bool:
    """Equality of JSON, in which true isn't 1."""
    match value, wanted:
        case Mapping(), Mapping():
            return value.keys() == wanted.keys() and all(same(value[key], wanted[key]) for key in wanted)
        case list(), list() | tuple():
            return len(value) == len(wanted) and all(map(same, value, wanted))
        case _:
            return isinstance(value, bool) is isinstance(wanted, bool) and bool(value == wanted)


def shown(values: Values) -> str:
    if not values:
        return "nothing"
    texts = [shortened(value) if isinstance(value, str) else str(value)[:80] for value in values[:5]]
    return ", ".join(texts) + (f", and {len(values) - 5} more" if len(values) > 5 else "")


def _holds_text(values: Values, needle: str) -> bool:
    return any(
        needle in folded(value) if isinstance(value, str) else _holds_member([value], needle, folded)
        for value in values
    )


def _holds_member(values: Values, wanted: Json, fold: Callable[[str], str] = str) -> bool:
    """A list contains what equals one of its members."""
    members = (member for value in values if isinstance(value, list) for member in value)
    return any(same(fold(member) if isinstance(member, str) else member, wanted) for member in members)


def _any_text(values: Values, found: Callable[[str], object]) -> bool:
    return any(found(value) for value in values if isinstance(value, str))


def _numbers(values: Values) -> list[float]:
    return [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
