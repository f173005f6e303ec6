"""Which rules never speak because another stands above them: found by index, so that many rules are checked in seconds.

A rule hides another if all that fits the other fits it. Each of its conditions must then follow from the other's, so it
is enough to look it up under one of them: among what the other demands word for word, or what its texts contain.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator
from typing import Any, NamedTuple

from fakeopenai.operations import Operation
from fakeopenai.rules.conditions import Condition, Fact
from fakeopenai.rules.entailment import TEXTUAL, UNKNOWN, follows
from fakeopenai.rules.index import grams
from fakeopenai.rules.operators import folded
from fakeopenai.rules.rule import Life, Rule


class Meant(NamedTuple):
    """A rule and the operations that it can fit."""

    rule: Rule
    operations: frozenset[Operation]


class Shadows:
    """The rules that always speak when a call fits them, in their order."""

    def __init__(self) -> None:
        self._rules: list[Meant] = []
        self._places: dict[Key, list[int]] = defaultdict(list)
        self._texts: dict[Key, list[tuple[str, int]]] = defaultdict(list)
        self._open: dict[Key, list[tuple[Fact, int]]] = defaultdict(list)

    def add(self, meant: Meant) -> None:
        """Put a rule below the others, if it hides any at all."""
        if meant.rule.life != Life():
            return
        place = len(self._rules)
        self._rules.append(meant)
        for fact in self._telling(meant.rule.when):
            self._put(fact, place)

    def over(self, below: Meant) -> Rule | None:
        """The first rule that hides one which stands below all of them."""
        places = {place for fact in (None, *_facts(below.rule.when)) for place in self._found(fact)}
        return next((self._rules[place].rule for place in sorted(places) if covers(self._rules[place], below)), None)

    def _telling(self, condition: Condition) -> list[Fact | None]:
        """Facts of which one must follow where the condition does, as few and as telling as may be; None says nothing.

        There are none if the condition never follows from another.
        """
        if isinstance(condition, Fact):
            if condition.operator in UNKNOWN:
                return []
            return [None] if condition.operator == "operation" else [condition]
        if condition.mode == "any":
            return [fact for part in condition.parts for fact in self._telling(part)]
        if condition.mode == "not":
            return [None]
        told = [self._telling(part) for part in condition.parts]
        return min(told, key=self._cost, default=[None]) if all(told) else []

    def _cost(self, facts: list[Fact | None]) -> int:
        """How many rules are already found where these facts are looked up."""
        return sum(len(self._rules) + 1 if fact is None else len(self._shelf(fact)) for fact in facts)

    def _put(self, fact: Fact | None, place: int) -> None:
        if fact is None:
            self._places[ALWAYS].append(place)
        elif fact.operator in TEXTUAL and fact.test.text is not None:
            self._shelf(fact).append((folded(fact.test.text), place))
        else:
            self._shelf(fact).append(place)
        if fact and fact.test.text is None:
            self._open[fact.subject.words].append((fact, place))

    def _shelf(self, fact: Fact) -> list[Any]:
        """Where rules with this condition are: with a text under the piece of it that the fewest others are under."""
        text = fact.test.text
        if text is None:
            return self._places[_name(fact)]
        if fact.operator not in TEXTUAL:
            return self._places[fact.subject.words, text]
        pieces = sorted(grams(folded(text))) or [""]
        return min((self._texts[fact.subject.words, piece] for piece in pieces), key=len)

    def _found(self, given: Fact | None) -> Iterator[int]:
        """The rules one of whose conditions may follow from what is given."""
        if given is None:
            yield from self._places.get(ALWAYS, ())
            return
        subject, text = given.subject.words, given.test.text
        yield from self._places.get(_name(given), ())
        if text is None:
            return
        yield from self._places.get((subject, text), ())
        loose = folded(text)
        for gram in ("", *grams(loose)):
            yield from (place for needle, place in self._texts.get((subject, gram), ()) if needle in loose)
        if given.operator not in TEXTUAL:
            yield from (place for fact, place in self._open.get(subject, ()) if fact.test.passes([text]))


Key = Hashable
ALWAYS = "always"


def covers(above: Meant, below: Meant) -> bool:
    """Whether all that fits the one below fits the one above."""
    if not below.operations or not below.operations <= above.operations:
        return False
    return follows(above.rule.when, below.rule.when, tuple(below.operations))


def _facts(condition: Condition) -> Iterator[Fact]:
    if isinstance(condition, Fact):
        yield condition
        return
    for part in condition.parts:
        yield from _facts(part)


def _name(fact: Fact) -> Key:
    return fact.subject.words, fact.operator, fact.test.words
