"""A rule: when a call looks like this, then answer like that, so many times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fakeopenai import flaws
from fakeopenai.pace import Pace
from fakeopenai.rules import conditions, media, moments, outcome, template
from fakeopenai.rules.conditions import Combination, Fact
from fakeopenai.rules.moments import Moment
from fakeopenai.rules.outcome import Outcome
from fakeopenai.rules.reading import Node
from fakeopenai.rules.saying import SPEECH
from fakeopenai.rules.tally import digest
from fakeopenai.rules.template import Facts
from fakeopenai.wire import Event, Json, Reply

if TYPE_CHECKING:
    from fakeopenai.errors import ApiError
    from fakeopenai.fate import Fate
    from fakeopenai.ids import Names
    from fakeopenai.operations import Operation
    from fakeopenai.turn import Spent, Turn
    from fakeopenai.wire import Call


@dataclass(frozen=True, slots=True)
class Life:
    """How often a rule speaks, of all the calls that it fits.

    At most `times`; only at the `nth` ones, the first being 1; not at the first `after`; only `every` so many; only
    with a `probability`, drawn from the world's seed and the request. The calls are counted `per` world, or for each
    conversation in it, or for all worlds of the server together. It `expires` so many seconds after it was written, or
    at a time.
    """

    times: int | None = None
    nth: tuple[int, ...] = ()
    after: int = 0
    every: int = 1
    probability: float = 1
    per: str = "world"
    expires: Moment | None = None

    def expired(self, written: float, now: float) -> bool:
        """Whether its time is over, if it was written then."""
        return self.expires is not None and now >= self.expires.at(written)

    def reached(self, seen: int) -> bool:
        """Whether it is time, after so many calls that fitted."""
        if self.nth and seen + 1 not in self.nth:
            return False
        return seen >= self.after and (seen - self.after + 1) % self.every == 0


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """*When* a call fits, *then* it is answered by the outcomes in sequence, the last of them for ever.

    `words` is the rule as its file would say it, `source` the `file:line` where it stands, `sets` the states that hold
    from when it has spoken. If it is `choosing`, one of the outcomes is drawn each time. A rule without any outcome
    leaves the answer to the emulator, and keeps the rules behind it from speaking.

    >>> Rule.read({"when": {"operation": "chat", "contains": "weather"}, "say": "Sunny", "times": 1})
    Rule('say Sunny', times=1)
    """

    when: Combination
    outcomes: tuple[Outcome, ...]
    life: Life = Life()
    name: str = ""
    source: str = ""
    words: Mapping[str, Json] = field(default_factory=dict)
    sets: Mapping[str, Callable[[Facts], str]] = field(default_factory=dict)
    choosing: bool = False

    @classmethod
    def read(cls, words: Mapping[str, Json] | Node, source: str = "", *, local: bool = True) -> Rule:
        """Read a rule in the form of the files; if it isn't local, it can't name any. Raises RuleError."""
        node = words if isinstance(words, Node) else Node(words, file=source, local=local)
        given = {entry.name: entry for entry in node.entries(WORDS)}
        when = conditions.read(given.get("when", Node({}, "when")))
        groups = _groups(when)
        outcomes = _outcomes(given, groups)
        name = given["name"].text() if "name" in given else ""
        sets = (
            {entry.name: template.text(entry, groups) for entry in given["sets"].entries()} if "sets" in given else {}
        )
        return cls(when, outcomes, _life(given), name, node.source, media.carried(node), sets, "choose" in given)

    def __repr__(self) -> str:
        times = "" if self.life.times is None else f", times={self.life.times}"
        return f"Rule({self.label!r}{times})"

    @property
    def label(self) -> str:
        """What people call it: its name, else where it stands, else what it says."""
        return self.name or self.source or self.summary

    @property
    def whereabouts(self) -> str:
        """What people call it, and where they find it."""
        return f"{self.name} ({self.source})" if self.name and self.source else self.label

    @property
    def summary(self) -> str:
        told = [f"{word} {value}" for word, value in self.words.items() if word in (*outcome.WORDS, "choose")]
        return ", ".join(told)[:60] or "answer as usual"

    @property
    def speaks(self) -> bool:
        """Whether it puts words into the model's mouth; it then fits only calls that ask a model."""
        return any(each.speaks for each in self.outcomes)

    @property
    def asks_model(self) -> bool:
        """Whether it tells anything of what the model says, if only what that costs."""
        return any(each.speaks or each.spent for each in self.outcomes)

    def concerns(self, operation: Operation, *, asks: bool) -> bool:
        """Whether its words mean something to an operation, which `asks` a model or doesn't."""
        if self.asks_model and not asks:
            return False
        return all(each.meant is None or str(operation) in each.meant for each in self.outcomes)

    def holds(self, call: Call) -> bool:
        """Whether the call fits, however often the rule has spoken."""
        return self.concerns(call.operation, asks=call.read is not None) and self.when.holds(call)

    def is_drawn(self, call: Call) -> bool:
        """Whether chance wants it to speak, by the world's seed and the request."""
        share = self.life.probability
        return share >= 1 or self._chance(call).number(1_000_000) < share * 1_000_000

    def differences(self, call: Call) -> list[str]:
        """Why the call doesn't fit, in a sentence each."""
        found = self.when.differences(call)
        if self.asks_model and call.read is None:
            return [f"operation: expected one that asks a model, got '{call.operation}'", *found]
        if not self.concerns(call.operation, asks=call.read is not None):
            return [f"operation: expected one that its words mean something to, got '{call.operation}'", *found]
        return found

    def nth(self, number: int, call: Call) -> Rule:
        """The rule as it answers a call, the one of that number, the first being 0."""
        if len(self.outcomes) == 1:
            return self
        if self.choosing:
            first = self._drawn(call, 0)
            return replace(self, outcomes=(self.outcomes[first], *self.outcomes))
        return replace(self, outcomes=(self.outcomes[min(number, len(self.outcomes) - 1)],))

    def turn(self, call: Call, index: int = 0) -> Turn | None:
        """What the model says, if the rule speaks for it; `index` counts the choices of an answer."""
        first, *others = self.outcomes
        if index and others:
            other = others[self._drawn(call, index, len(others))]
            first = other if other.speaks else first
        return first.turn(self._facts(call), index)

    def _drawn(self, call: Call, index: int, among: int | None = None) -> int:
        """Which outcome chance has chosen, by the world's seed and the request."""
        return self._chance(call).child(f"choice {index}").number(among or len(self.outcomes))

    def _chance(self, call: Call) -> Names:
        """Draws that follow from the request and from what the rule is or says, not from where it stands."""
        return call.names.child(f"rule {self.name or digest(self.words)}")

    @property
    def spent(self) -> Spent | None:
        """What the model's answer costs, if the rule says so."""
        return self.outcomes[0].spent

    def states(self, call: Call) -> dict[str, str]:
        """The states that hold from when it has answered a call."""
        if not self.sets:
            return {}
        facts = self._facts(call)
        return {state: make(facts) for state, make in self.sets.items()}

    def ids(self, call: Call) -> dict[str, list[str]]:
        """The ids of what the call makes, by their kinds."""
        if not self.outcomes[0].ids:
            return {}
        facts = self._facts(call)
        return {kind: [make(facts) for make in ids] for kind, ids in self.outcomes[0].ids.items()}

    def given(self, word: str, call: Call) -> Json:
        """What it gives under a word of the media families, if it does."""
        make = self.outcomes[0].media.get(word)
        return make(self._facts(call)) if make else None

    def reply(self, call: Call) -> Reply | None:
        """What is answered in place of the handler, if anything."""
        make = self.outcomes[0].reply
        return make(self._facts(call)) if make else None

    def error(self, call: Call) -> ApiError | None:
        """The error to raise, if any."""
        make = self.outcomes[0].error
        return make(self._facts(call)) if make else None

    @property
    def proxied(self) -> bool:
        """Whether the upstream answers."""
        return self.outcomes[0].proxied

    @property
    def exact(self) -> bool:
        """Whether it fits one whole request only; it then speaks before the request is checked, if that fails."""
        looked_at = {_operator(part) for part in self.when.parts}
        return "request" in looked_at and looked_at <= {"request", "operation"}

    def fate(self, call: Call) -> Fate | None:
        """What becomes of the jobs that the call begins, if the rule says so."""
        make = self.outcomes[0].fate
        return make(self._facts(call)) if make else None

    @property
    def pace(self) -> Pace | None:
        """How the answer goes out, if not whole and at once."""
        return self.outcomes[0].pace

    def deliver(self, call: Call, reply: Reply) -> None:
        """Say how the reply goes out, if the rule does; chance follows from the request."""
        if self.pace is None:
            return
        reply.pace = self.pace.sown(call.names.child("pace").seed)
        if fuzz := reply.pace.fuzz:
            from fakeopenai.fuzz import HEADER  # few rules want anything odd

            reply.headers[HEADER] = fuzz.told

    def failing(self, call: Call, events: Iterable[Event]) -> Iterable[Event]:
        """The events of a stream, broken off by an error if the rule says so."""
        failure = self.failure(call)
        return flaws.failing(call, events, *failure) if failure else events

    def failure(self, call: Call) -> tuple[int, ApiError] | None:
        """The error that ends a stream, and after how many events, if the rule says so."""
        failure = self.outcomes[0].failure
        return (failure.after, failure.error(self._facts(call))) if failure else None

    def _facts(self, call: Call) -> Facts:
        return Facts(call, self.when.groups(call))


def _operator(condition: conditions.Condition) -> str:
    """What a condition looks at first, if that is all of a request, or its operation."""
    if isinstance(condition, Fact):
        return condition.operator
    first = condition.parts[0] if condition.mode == "all" and condition.parts else condition
    return "request" if isinstance(first, Fact) and first.operator == "request" else ""


def _groups(when: Combination | Fact) -> frozenset[str]:
    """The names of what the regular expressions capture."""
    names = {name for pattern in when.patterns for name in pattern.groupindex}
    numbers = {str(number) for pattern in when.patterns for number in range(pattern.groups + 1)}
    return frozenset(names | numbers)


def _outcomes(given: Mapping[str, Node], groups: frozenset[str]) -> tuple[Outcome, ...]:
    """One outcome; or a sequence, written as a list under `then`, or as a list of what to say."""
    entries = [entry for name, entry in given.items() if name in (*outcome.WORDS, *MANY)]
    if "choose" in given:
        entries.remove(given["choose"])
        return _alternatives(given["choose"], entries, groups)
    if "then" in given:
        entries.remove(given["then"])
        if entries:
            raise entries[0].wrong(f"'{entries[0].name}' stands beside 'then'; move it into one of its members")
        members = given["then"].members()
        if not members:
            raise given["then"].unlike("a mapping, or a list of some")
        return tuple(outcome.read(list(member.entries(outcome.WORDS)), groups) for member in members)
    said = given.get("say")
    if said is None or not isinstance(said.value, list | tuple):
        return (outcome.read(entries, groups),)
    if not said.value:
        raise said.unlike("text, or a list of texts")
    others = [entry for entry in entries if entry is not said]
    return tuple(outcome.read([text, *others], groups) for text in said.members())


def _alternatives(node: Node, beside: list[Node], groups: frozenset[str]) -> tuple[Outcome, ...]:
    """Outcomes of which chance chooses; a text is what the model says. What stands `beside` holds for each."""
    for entry in beside:
        if entry.name in (*SPEECH, *outcome.INSTEAD, "choices", "then"):
            raise entry.wrong(f"'{entry.name}' stands beside 'choose'; move it into one of its members")
    if not isinstance(node.value, list | tuple) or not node.value:
        raise node.unlike("a list of texts or of outcomes")
    return tuple(outcome.read([*beside, *_alternative(member)], groups) for member in node.members())


def _alternative(node: Node) -> list[Node]:
    return [node.renamed("say")] if isinstance(node.value, str) else list(node.entries(outcome.WORDS))


def _life(given: Mapping[str, Node]) -> Life:
    if "once" in given and "times" in given:
        raise given["once"].wrong("'once' says how many times; leave out 'times'")
    once = 1 if "once" in given and given["once"].flag() else None
    return Life(
        times=given["times"].whole(1) if "times" in given else once,
        nth=tuple(member.whole(1) for member in given["nth"].members()) if "nth" in given else (),
        after=given["after"].whole() if "after" in given else 0,
        every=given["every"].whole(1) if "every" in given else 1,
        probability=_probability(given["probability"]) if "probability" in given else 1,
        per=given["per"].word(COUNTED) if "per" in given else "world",
        expires=moments.read(given["expires"]) if "expires" in given else None,
    )


def _probability(node: Node) -> float:
    if node.number() > 1:
        raise node.unlike("a number from 0 to 1")
    return node.number()


MANY = ("then", "choose")
COUNTED = ("world", "conversation", "server")
WORDS = ("name", "when", *outcome.WORDS, *MANY, "sets", *conditions.LIFE)
