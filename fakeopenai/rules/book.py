"""All rules of a world: the first that fits speaks, and is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from fakeopenai.clock import EPOCH
from fakeopenai.rules.families import On
from fakeopenai.rules.rule import Rule
from fakeopenai.rules.shelf import Shelf, likeness, may_mean, unmatched_of
from fakeopenai.rules.subjects import conversation
from fakeopenai.rules.tally import Count, Tally

if TYPE_CHECKING:
    from fakeopenai.wire import Call

WEIGHED = 1000
"""How many rules are compared with a call that none fits."""

TOLD = 3
"""How many of the nearest rules are told."""


class Near(NamedTuple):
    """A rule that came near to a call, and what differed."""

    rule: Rule
    differences: list[str]


class RuleBook:
    """All rules of a world, and how often each has spoken.

    The top shelf is looked through first: a test's rules before the world's, those before the server's files. Shelves
    below may be shared with other worlds. Counts are a world's own, but for those `per: server`; so are the `states`
    that rules set when they speak. `now` is the world's time.
    """

    def __init__(self, *below: Shelf, now: Callable[[], float] = lambda: EPOCH) -> None:
        self._shelves = [Shelf(now=now), *below]
        self._below = len(below)
        self._now = now
        self._versions = 0
        self.tally = Tally()
        self.states: dict[str, str] = {}

    def __len__(self) -> int:
        return sum(map(len, self._shelves))

    def __iter__(self) -> Iterator[Rule]:
        return chain.from_iterable(shelf.rules for shelf in self._shelves)

    def add(self, *rules: Rule) -> None:
        """Put rules behind the others of the top shelf."""
        self._shelves[0].add(*rules)

    def extend(self, rules: Iterable[Rule]) -> None:
        """Put the rules of files, say, behind the others of the top shelf."""
        self._shelves[0].unmatched = unmatched_of(rules) or self._shelves[0].unmatched
        self.add(*rules)

    @property
    def unmatched(self) -> str:
        """What becomes of calls that no rule fits, if the files of a shelf say so; the top one counts."""
        for shelf in self._shelves:
            if shelf.unmatched:
                return shelf.unmatched
        return ""

    def exchange(self, rules: Iterable[Rule]) -> None:
        """Have these rules and no others on the top shelf; who says what one before said goes on from its counts."""
        self._shelves[0].exchange(rules)

    @property
    def on(self) -> On:
        """Begins a rule, to be continued with what follows: `rules.on("chat", contains="weather").say("Sunny")`."""
        return On(self._shelves[0])

    @property
    def own(self) -> list[Shelf]:
        """The shelves that no other world has, from the top."""
        return self._shelves[: len(self._shelves) - self._below]

    def lay(self, *shelves: Shelf) -> None:
        """Have these shelves in the place of the own ones."""
        self._shelves = [*shelves, *self._shelves[len(self._shelves) - self._below :]]
        self.tally.rename()

    def fresh(self) -> Shelf:
        """An empty shelf, which goes by the time of this world."""
        return Shelf(now=self._now)

    @property
    def trouble(self) -> str:
        """Why the files of a shelf can't be read as they are now, if they can't."""
        return next((shelf.trouble for shelf in self._shelves if shelf.trouble), "")

    def push(self, *shelves: Shelf) -> None:
        """Lay new shelves on top, an empty one if none is given."""
        self._shelves = [*(shelves or (self.fresh(),)), *self._shelves]

    def lay_below(self, shelf: Shelf) -> None:
        """Have a shelf that is looked through last."""
        self._shelves = [*self._shelves, shelf]
        self._below += 1

    def pop(self) -> Shelf:
        """Take the top shelf away."""
        top, *self._shelves = self._shelves
        return top

    def clear(self) -> None:
        """Take away the rules of the top shelf, and forget how often any has spoken, and all states."""
        self._shelves[0].clear()
        self.tally.clear()
        self.states.clear()

    def first(self, call: Call) -> Rule | None:
        """The first rule that fits, as it speaks this time; this counts as a use."""
        self._notice()
        for shelf in self._shelves:
            if not shelf.rules:
                continue
            for rule in shelf.candidates(call):
                if self._lives(shelf, rule, call) and rule.holds(call) and self._due(shelf, rule, call):
                    return self._use(shelf, rule, call)
        return None

    def exact(self, call: Call) -> Rule | None:
        """The first rule for this very request, be it one that the API would refuse; this counts as a use."""
        self._notice()
        rules = ((shelf, rule) for shelf in self._shelves for rule in shelf.exact)
        for shelf, rule in rules:
            if self._lives(shelf, rule, call) and rule.holds(call) and self._due(shelf, rule, call):
                return self._use(shelf, rule, call)
        return None

    @property
    def replays(self) -> bool:
        """Whether there are recordings among the rules."""
        return any(shelf.exact for shelf in self._shelves)

    def uses(self, rule: Rule) -> int:
        """How often a rule has spoken in this world."""
        self._notice()
        return self.tally.of(rule).spoken

    def used_up(self, rule: Rule) -> bool:
        """Whether a rule will speak no more."""
        self._notice()
        shelf = next((shelf for shelf in self._shelves if rule in shelf.rules), self._shelves[0])
        spent = rule.life.per != "conversation" and _spent(rule, self._tally(shelf, rule).of(rule))
        return spent or self._expired(shelf, rule)

    @property
    def used(self) -> list[Rule]:
        return [rule for rule in self if self.uses(rule)]

    @property
    def unused(self) -> list[Rule]:
        """The rules that have never spoken."""
        return [rule for rule in self if not self.uses(rule)]

    def unused_above(self, below: Shelf) -> list[Rule]:
        """The rules that have never spoken, without those of a shelf, which may be long."""
        above = (rule for shelf in self._shelves if shelf is not below for rule in shelf.rules)
        return [rule for rule in above if not self.uses(rule)]

    def nearest(self, call: Call) -> list[Near]:
        """The rules that a call comes nearest to, and why they don't fit; none if there are no rules.

        A rule for this operation is nearer than one for another, then the one that differs least.
        """
        weighed = self._weighed(call)
        distances = [self._distance(shelf, rule, call) for shelf, rule in weighed]
        nearest = sorted(range(len(weighed)), key=distances.__getitem__)[:TOLD]
        return [Near(rule, self._differences(shelf, rule, call)) for shelf, rule in map(weighed.__getitem__, nearest)]

    def explain(self, call: Call) -> str:
        """The nearest rules and what differed, to be read by people; empty if there are no rules."""
        lines: list[str] = []
        for nth, near in enumerate(self.nearest(call)):
            label = "nearest rule" if nth == 0 else "then"
            lines += [f"{label}: {near.rule.whereabouts}", *(f"  {difference}" for difference in near.differences)]
        return "\n".join(lines)

    def _weighed(self, call: Call) -> list[tuple[Shelf, Rule]]:
        placed = [(shelf, rule) for shelf in self._shelves for rule in shelf.rules]
        fitting = [(shelf, rule) for shelf, rule in placed if may_mean(rule, call)]
        return (fitting or placed)[:WEIGHED]

    def _distance(self, shelf: Shelf, rule: Rule, call: Call) -> tuple[int, float]:
        return len(self._differences(shelf, rule, call)), -likeness(rule, call)

    def _differences(self, shelf: Shelf, rule: Rule, call: Call) -> list[str]:
        found = rule.differences(call)
        if found:
            return found
        count = self._tally(shelf, rule).of(rule, self._talk(rule, call))
        if _spent(rule, count):
            return [f"used up: it has spoken {count.spoken} of {rule.life.times} times"]
        if self._expired(shelf, rule):
            return ["expired"]
        if rule.life.probability < 1 and rule.life.reached(count.seen - 1):
            return [f"chance has passed it over: its probability is {rule.life.probability:g}"]
        calls = "1 call has" if count.seen == 1 else f"{count.seen} calls have"
        return [f"its turn hasn't come: {calls} fitted so far"]

    def _notice(self) -> None:
        """Count on under the same names when a shelf below has got other rules."""
        versions = sum([shelf.version for shelf in self._shelves])
        if versions != self._versions:
            self._versions = versions
            self.tally.rename()

    def _lives(self, shelf: Shelf, rule: Rule, call: Call) -> bool:
        """Whether a rule may still speak."""
        if rule.life.times is None:
            return not self._expired(shelf, rule)
        count = self._tally(shelf, rule).of(rule, self._talk(rule, call))
        return not _spent(rule, count) and not self._expired(shelf, rule)

    def _expired(self, shelf: Shelf, rule: Rule) -> bool:
        return rule.life.expires is not None and rule.life.expired(shelf.written(rule), self._now())

    def _due(self, shelf: Shelf, rule: Rule, call: Call) -> bool:
        tally, talk = self._tally(shelf, rule), self._talk(rule, call)
        seen = tally.of(rule, talk).seen
        tally.see(rule, talk)
        return rule.life.reached(seen) and rule.is_drawn(call)

    def _use(self, shelf: Shelf, rule: Rule, call: Call) -> Rule:
        tally, talk = self._tally(shelf, rule), self._talk(rule, call)
        number = tally.of(rule, talk).spoken
        tally.speak(rule, talk)
        if talk or tally is not self.tally:
            self.tally.speak(rule)
        for state, value in rule.states(call).items():
            self.states[state] = value
        return rule.nth(number, call)

    def _tally(self, shelf: Shelf, rule: Rule) -> Tally:
        """Where the calls that a rule fits are counted."""
        return shelf.tally if rule.life.per == "server" else self.tally

    def _talk(self, rule: Rule, call: Call) -> str:
        """The conversation that a rule counts for, if it counts for one."""
        return conversation(call) if rule.life.per == "conversation" and call.prompt else ""


def _spent(rule: Rule, count: Count) -> bool:
    return rule.life.times is not None and count.spoken >= rule.life.times
