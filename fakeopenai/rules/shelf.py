"""Rules in order, found by operation, model and user text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import RLock
from typing import TYPE_CHECKING

from fakeopenai.clock import EPOCH
from fakeopenai.rules.conditions import Fact
from fakeopenai.rules.index import Index, grams
from fakeopenai.rules.operators import folded
from fakeopenai.rules.rule import Rule
from fakeopenai.rules.subjects import SUBJECTS
from fakeopenai.rules.tally import Tally, digest

if TYPE_CHECKING:
    from fakeopenai.wire import Call


class Shelf:
    """Rules in order, found by operation, model and user text. Many worlds may share one.

    It may be changed while calls are answered: whoever looks sees the rules from before or after, never between.
    `unmatched` is what becomes of calls that no rule fits, `clock` what moves the clock of a world that begins, if the
    files say so; `trouble` why the files as they are now can't be read, if they can't.
    Each time it is changed `rules` is another list. `tally` counts what rules say in all worlds together. `version`
    tells how often all rules were put in the place of others. `now` is the time by which rules expire.
    """

    def __init__(self, rules: Iterable[Rule] = (), now: Callable[[], float] = lambda: EPOCH) -> None:
        self.rules = list(rules)
        self.unmatched = unmatched_of(rules)
        self.clock = clock_of(rules)
        self.trouble = ""
        self.tally = Tally()
        self.version = 0
        self._now = now
        self._written: dict[Rule, float] = {}
        self._indices: dict[str, Index] = {}
        self._exact: list[Rule] | None = None
        self._changing = RLock()

    def __len__(self) -> int:
        return len(self.rules)

    def add(self, *rules: Rule) -> None:
        """Put rules behind the others."""
        with self._changing:
            self._have([*self.rules, *rules])
            self._date(rules)

    def replace(self, old: Rule, new: Rule) -> None:
        """Put a rule in the place of another, unless that one has been taken away."""
        with self._changing:
            place = next((place for place in reversed(range(len(self.rules))) if self.rules[place] is old), None)
            if place is None:
                return
            self._have([*self.rules[:place], new, *self.rules[place + 1 :]])
            self._date([new])

    def exchange(self, rules: Iterable[Rule]) -> None:
        """Have these rules and no others; those that say what one before said go on from its counts."""
        with self._changing:
            before = {digest(rule.words): when for rule, when in self._written.items()}
            self._have(list(rules))
            self.unmatched, self.trouble = unmatched_of(rules), ""
            self._date(self.rules)
            self._written = {rule: before.get(digest(rule.words), when) for rule, when in self._written.items()}
            self.tally.rename()
            self.version += 1

    def clear(self) -> None:
        """Take all rules away."""
        with self._changing:
            self._have([])
            self.unmatched = ""
            self._written.clear()

    def date(self, rule: Rule, when: float) -> None:
        """Say that a rule was written at another time than now."""
        self._written[rule] = when

    def written(self, rule: Rule) -> float:
        """When a rule was written here, by the clock of its world."""
        return self._written.get(rule, EPOCH)

    def candidates(self, call: Call) -> Iterable[Rule]:
        """The rules that may fit, in order."""
        operation, indices = str(call.operation), self._indices
        index = indices.get(operation)
        if index is None:
            rules = [rule for rule in self.rules if may_mean(rule, call)]
            index = indices[operation] = Index(rules)
        return index.candidates(call)

    @property
    def exact(self) -> list[Rule]:
        """The rules for one very request each, in order: recordings. Found out when they are first asked for."""
        found = self._exact
        if found is None:
            with self._changing:
                found = self._exact = [rule for rule in self.rules if rule.exact]
        return found

    def _have(self, rules: list[Rule]) -> None:
        """In this order: who still has the old indices may fill them with new rules, and nobody will look there."""
        self.rules = rules
        self._indices = {}
        self._exact = None

    def _date(self, rules: Iterable[Rule]) -> None:
        self._written |= {rule: self._now() for rule in rules if rule.life.expires}


def clock_of(rules: object) -> str | float:
    """What moves the clock, if the files that these rules stand in say so."""
    found: str | float = getattr(rules, "clock", "")
    return found


def unmatched_of(rules: object) -> str:
    """What becomes of calls that none of these rules fits, if the files that they stand in say so."""
    return str(getattr(rules, "unmatched", ""))


def may_mean(rule: Rule, call: Call) -> bool:
    """Whether a rule is about the call's operation at all."""
    if not rule.concerns(call.operation, asks=call.read is not None):
        return False
    return all(fact.holds(call) for fact in rule.when.parts if _is_about_operation(fact))


def _is_about_operation(condition: object) -> bool:
    if isinstance(condition, Fact):
        return condition.operator == "operation"
    parts = getattr(condition, "parts", ())
    return bool(parts) and all(map(_is_about_operation, parts))


def likeness(rule: Rule, call: Call) -> float:
    """How much of the wanted user text is there, from 0 to 1."""
    wanted = [fact.test.text for fact in rule.when.parts if isinstance(fact, Fact) and fact.subject is SUBJECTS["user"]]
    needle = folded(wanted[0]) if wanted and wanted[0] else ""
    pieces = grams(needle)
    there = folded(str(SUBJECTS["user"].see(call)[0]))
    return sum(piece in there for piece in pieces) / len(pieces) if pieces else 0
