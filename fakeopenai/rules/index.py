"""Rules found by what they look for: a whole text, or a piece of one, in whatever they look at.

A rule is kept under one condition that must hold if the rule does: the one that the fewest others are kept under.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from fakeopenai.rules.conditions import Condition, Fact
from fakeopenai.rules.literal import needed
from fakeopenai.rules.operators import Values, folded
from fakeopenai.rules.rule import Rule

if TYPE_CHECKING:
    from fakeopenai.rules.subjects import Subject
    from fakeopenai.wire import Call, Json

GRAM = 3
"""Rules whose text contains something are found by this many of its characters."""

Place = int


class Index:
    """Rules in order, of which only those that may fit a call are looked at."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._always: list[Place] = []
        self._shelves: dict[str, _Shelf] = {}
        for place, rule in enumerate(rules):
            facts = self._telling(rule.when)
            for fact in facts:
                self._shelf(fact).put(fact, place)
            if not facts:
                self._always.append(place)

    def candidates(self, call: Call) -> Iterable[Rule]:
        """The rules that may fit, in order."""
        if len(self._always) == len(self._rules):
            return self._rules
        places = set(self._always)
        for shelf in self._shelves.values():
            places.update(shelf.find(call))
        return (self._rules[place] for place in sorted(places))

    def _telling(self, condition: Condition) -> list[Fact]:
        """Facts of which one holds whenever the condition does; none if none can be looked up."""
        if isinstance(condition, Fact):
            return [condition] if _can_be_found(condition) else []
        if condition.mode == "not":
            return []
        told = [self._telling(part) for part in condition.parts]
        if condition.mode == "any":
            return [fact for facts in told for fact in facts] if all(told) else []
        return min(filter(None, told), key=self._cost, default=[])

    def _cost(self, facts: list[Fact]) -> int:
        """How many rules are kept already where these would be."""
        return sum(self._shelf(fact).crowd(fact) for fact in facts)

    def _shelf(self, fact: Fact) -> _Shelf:
        subject = fact.subject
        return self._shelves.get(subject.words) or self._shelves.setdefault(subject.words, _Shelf(subject))


class _Shelf:
    """The rules that are kept under conditions of one subject."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._whole: dict[str, list[Place]] = defaultdict(list)
        self._pieces: dict[str, list[tuple[str, Place]]] = defaultdict(list)

    def put(self, fact: Fact, place: Place) -> None:
        if fact.operator in WHOLE:
            self._whole[str(fact.test.text)].append(place)
        else:
            self._rarest(fact).append((_hint(fact), place))

    def crowd(self, fact: Fact) -> int:
        return len(self._whole[str(fact.test.text)]) if fact.operator in WHOLE else len(self._rarest(fact))

    def find(self, call: Call) -> Iterator[Place]:
        """The rules under what the subject shows of a call."""
        if not self._whole and not self._pieces:
            return
        for text in _texts(self._subject.see(call)):
            yield from self._whole.get(text, ())
            if self._pieces:
                loose = folded(text)
                for gram in grams(loose) & self._pieces.keys():
                    yield from (place for needle, place in self._pieces[gram] if needle in loose)

    def _rarest(self, fact: Fact) -> list[tuple[str, Place]]:
        """What is kept under the piece of a text that the fewest rules are kept under."""
        return min((self._pieces[gram] for gram in sorted(grams(_hint(fact)))), key=len)


WHOLE = ("equals", "glob")


def grams(loose: str) -> set[str]:
    """The pieces of a folded text."""
    return {loose[at : at + GRAM] for at in range(len(loose) - GRAM + 1)}


def _can_be_found(fact: Fact) -> bool:
    if fact.operator in WHOLE:
        return fact.test.text is not None
    return len(_hint(fact)) >= GRAM


def _hint(fact: Fact) -> str:
    """What is in every text that passes the test, folded."""
    if fact.operator == "matches" and fact.test.pattern:
        return folded(needed(fact.test.pattern))
    return folded(fact.test.text) if fact.operator in PIECES and fact.test.text else ""


PIECES = ("contains", "contains_exactly")


def _texts(values: Values) -> Iterator[str]:
    """What can be looked up of values: texts, numbers as texts, and what stands in lists."""
    for value in values:
        yield from map(_text, value) if isinstance(value, list) else (_text(value),)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else str(value)
