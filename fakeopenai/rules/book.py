"""Rules in order: the first that fits speaks, and is counted. Only those that may fit are looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from fakeopenai.rules.conditions import SUBJECTS, Fact, folded
from fakeopenai.rules.families import On
from fakeopenai.rules.rule import Rule

if TYPE_CHECKING:
    from fakeopenai.wire import Call

GRAM = 3
"""Rules whose user text contains something are found by this many of its characters."""

WEIGHED = 1000
"""How many rules are compared with a call that none fits."""


class Near(NamedTuple):
    """The rule that came nearest to a call, and what differed."""

    rule: Rule
    differences: list[str]


class Shelf:
    """Rules in order, found by operation, model and user text. Many worlds may share one."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self.rules = list(rules)
        self._indices: dict[str, _Index] = {}

    def __len__(self) -> int:
        return len(self.rules)

    def add(self, *rules: Rule) -> None:
        self.rules.extend(rules)
        self._indices.clear()

    def replace(self, old: Rule, new: Rule) -> None:
        """Put a rule in the place of another."""
        place = next(place for place in reversed(range(len(self.rules))) if self.rules[place] is old)
        self.rules[place] = new
        self._indices.clear()

    def clear(self) -> None:
        self.rules.clear()
        self._indices.clear()

    def candidates(self, call: Call) -> Iterable[Rule]:
        """The rules that may fit, in order."""
        operation = str(call.operation)
        index = self._indices.get(operation)
        if index is None:
            rules = [rule for rule in self.rules if _may_mean(rule, call)]
            index = self._indices[operation] = _Index(rules)
        return index.candidates(call)


class RuleBook:
    """All rules of a world, and how often each has spoken.

    The top shelf is looked through first: a test's rules before the world's, those before the server's files. Shelves
    below may be shared with other worlds; the counts never are, nor are the `states` that rules set when they speak.
    """

    def __init__(self, *below: Shelf) -> None:
        self._shelves = [Shelf(), *below]
        self._seen: Counter[Rule] = Counter()
        self._uses: Counter[Rule] = Counter()
        self.states: dict[str, str] = {}

    def __len__(self) -> int:
        return sum(map(len, self._shelves))

    def __iter__(self) -> Iterator[Rule]:
        return chain.from_iterable(shelf.rules for shelf in self._shelves)

    def add(self, *rules: Rule) -> None:
        """Put rules behind the others of the top shelf."""
        self._shelves[0].add(*rules)

    def extend(self, rules: Iterable[Rule]) -> None:
        self.add(*rules)

    @property
    def on(self) -> On:
        """Begins a rule, to be continued with what follows: `rules.on("chat", contains="weather").say("Sunny")`."""
        return On(self._shelves[0])

    def push(self, *shelves: Shelf) -> None:
        """Lay new shelves on top, an empty one if none is given."""
        self._shelves[:0] = shelves or (Shelf(),)

    def pop(self) -> Shelf:
        """Take the top shelf away."""
        return self._shelves.pop(0)

    def clear(self) -> None:
        """Take away the rules of the top shelf, and forget how often any has spoken, and all states."""
        self._shelves[0].clear()
        self._seen.clear()
        self._uses.clear()
        self.states.clear()

    def first(self, call: Call) -> Rule | None:
        """The first rule that fits, as it speaks this time; this counts as a use."""
        for shelf in self._shelves:
            if not shelf.rules:
                continue
            for rule in shelf.candidates(call):
                if not self.used_up(rule) and rule.holds(call) and self._due(rule, call):
                    return self._use(rule)
        return None

    def uses(self, rule: Rule) -> int:
        """How often a rule has spoken."""
        return self._uses[rule]

    def used_up(self, rule: Rule) -> bool:
        return rule.life.times is not None and self._uses[rule] >= rule.life.times

    @property
    def used(self) -> list[Rule]:
        return [rule for rule in self if self._uses[rule]]

    @property
    def unused(self) -> list[Rule]:
        """The rules that have never spoken."""
        return [rule for rule in self if not self._uses[rule]]

    def nearest(self, call: Call) -> Near | None:
        """The rule that a call comes nearest to, and why it doesn't fit; None if there are no rules.

        A rule for this operation is nearer than one for another, then the one that differs least.
        """
        found = [(self._distance(rule, call), place, rule) for place, rule in enumerate(self._weighed(call))]
        if not found:
            return None
        rule = min(found)[2]
        return Near(rule, self._differences(rule, call))

    def explain(self, call: Call) -> str:
        """The nearest rule and what differed, to be read by people; empty if there are no rules."""
        near = self.nearest(call)
        if near is None:
            return ""
        return "\n".join([f"nearest rule: {near.rule.label}", *(f"  {difference}" for difference in near.differences)])

    def _weighed(self, call: Call) -> list[Rule]:
        fitting = [rule for rule in self if _may_mean(rule, call)]
        return (fitting or list(self))[:WEIGHED]

    def _distance(self, rule: Rule, call: Call) -> tuple[int, float]:
        return len(self._differences(rule, call)), -_likeness(rule, call)

    def _differences(self, rule: Rule, call: Call) -> list[str]:
        found = rule.differences(call)
        if found:
            return found
        if self.used_up(rule):
            return [f"used up: it has spoken {self._uses[rule]} of {rule.life.times} times"]
        return [f"its turn hasn't come: {self._seen[rule]} calls have fitted so far"]

    def _due(self, rule: Rule, call: Call) -> bool:
        seen = self._seen[rule]
        self._seen[rule] = seen + 1
        return rule.life.reached(seen) and rule.life.drawn(call, rule.label)

    def _use(self, rule: Rule) -> Rule:
        number = self._uses[rule]
        self._uses[rule] = number + 1
        self.states |= rule.sets
        return rule.nth(number)


class _Index:
    """The rules for one operation, under the most telling thing each wants: a whole text, a piece of it, a model."""

    def __init__(self, rules: list[Rule]) -> None:
        self._rules = rules
        self._texts: dict[str, list[int]] = {}
        self._grams: dict[str, list[int]] = {}
        self._models: dict[str, list[int]] = {}
        self._others: list[int] = []
        for place, rule in enumerate(rules):
            self._bucket(rule).append(place)

    def candidates(self, call: Call) -> Iterable[Rule]:
        if len(self._others) == len(self._rules):
            return self._rules
        places = list(self._others)
        if self._texts or self._grams:
            places += self._by_text(str(SUBJECTS["user"].see(call)[0]))
        if self._models:
            places += chain.from_iterable(self._models.get(str(name), ()) for name in SUBJECTS["model"].see(call))
        return (self._rules[place] for place in sorted(places))

    def _by_text(self, text: str) -> list[int]:
        found = list(self._texts.get(text, ()))
        if self._grams:
            loose = folded(text)
            present = {loose[at : at + GRAM] for at in range(len(loose) - GRAM + 1)}
            found += chain.from_iterable(self._grams[gram] for gram in present & self._grams.keys())
        return found

    def _bucket(self, rule: Rule) -> list[int]:
        wanted = {(fact.subject, fact.operator): fact for fact in rule.when.parts if isinstance(fact, Fact)}
        user, model = SUBJECTS["user"], SUBJECTS["model"]
        if (fact := wanted.get((user, "equals"))) and fact.test.text is not None:
            return self._texts.setdefault(fact.test.text, [])
        if (fact := wanted.get((user, "contains"))) and fact.test.text and len(fact.test.text) >= GRAM:
            return self._grams.setdefault(self._rarest(fact.test.text), [])
        if (fact := wanted.get((model, "glob"))) and fact.test.text is not None:
            return self._models.setdefault(fact.test.text, [])
        return self._others

    def _rarest(self, text: str) -> str:
        """The piece of a text that the fewest rules are found by."""
        grams = {text[at : at + GRAM] for at in range(len(text) - GRAM + 1)}
        return min(grams, key=lambda gram: (len(self._grams.get(gram, ())), gram))


def _may_mean(rule: Rule, call: Call) -> bool:
    """Whether a rule is about the call's operation at all."""
    if rule.speaks and call.read is None:
        return False
    return all(fact.holds(call) for fact in rule.when.parts if _is_about_operation(fact))


def _is_about_operation(condition: object) -> bool:
    if isinstance(condition, Fact):
        return condition.operator == "operation"
    parts = getattr(condition, "parts", ())
    return bool(parts) and all(map(_is_about_operation, parts))


def _likeness(rule: Rule, call: Call) -> float:
    """How much of the wanted user text is there, from 0 to 1."""
    wanted = [fact.test.text for fact in rule.when.parts if isinstance(fact, Fact) and fact.subject is SUBJECTS["user"]]
    needle = folded(wanted[0]) if wanted and wanted[0] else ""
    grams = {needle[at : at + GRAM] for at in range(len(needle) - GRAM + 1)}
    there = folded(str(SUBJECTS["user"].see(call)[0]))
    return sum(gram in there for gram in grams) / len(grams) if grams else 0
