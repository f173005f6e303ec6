"""How often each rule was fitted and has spoken."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from fakeopenai.wire import Json

if TYPE_CHECKING:
    from fakeopenai.rules.rule import Rule

_canonical = msgspec.json.Encoder(order="sorted", enc_hook=repr).encode


MOST = 50_000
"""How many counts are kept, if some are of conversations."""


class Count(NamedTuple):
    """How many calls a rule has fitted, and how often it spoke then."""

    seen: int = 0
    spoken: int = 0


class Tally:
    """Counts of rules. They go by what a rule says, so that they outlive it when its file is read again."""

    def __init__(self) -> None:
        self._counts: dict[str, Count] = {}
        self._names: dict[Rule, str] = {}
        self._taken: set[str] = set()
        self._inherited = False

    @property
    def counts(self) -> dict[str, Count]:
        """All counts by the names of the rules, and by those of conversations behind them."""
        return self._counts

    @counts.setter
    def counts(self, counts: dict[str, Count]) -> None:
        self._counts = counts
        self.rename()

    def name(self, rule: Rule) -> str:
        """The name that a rule is counted under; rules that say the same are numbered as they come."""
        name = self._names.get(rule)
        if name is None:
            name = self._names[rule] = self._free(digest(rule.words))
            self._taken.add(name)
        return name

    def of(self, rule: Rule, conversation: str = "") -> Count:
        """The count of a rule, in one conversation or in all."""
        if rule not in self._names and not self._inherited:
            return Count()
        return self._counts.get(self._key(rule, conversation), Count())

    def see(self, rule: Rule, conversation: str = "") -> None:
        """Count a call that fits."""
        seen, spoken = self.of(rule, conversation)
        self._counts[self._key(rule, conversation)] = Count(seen + 1, spoken)
        if conversation:
            self._drop()

    def speak(self, rule: Rule, conversation: str = "") -> None:
        """Count an answer."""
        seen, spoken = self.of(rule, conversation)
        self._counts[self._key(rule, conversation)] = Count(seen, spoken + 1)

    def rename(self) -> None:
        """Let other rules take the counts of those that say the same."""
        self._names.clear()
        self._taken.clear()
        self._inherited = bool(self._counts)

    def clear(self) -> None:
        """Forget all counts."""
        self._counts.clear()
        self.rename()

    def _drop(self) -> None:
        """Forget the conversation that began to be counted longest ago, if there are too many."""
        if len(self._counts) > MOST:
            oldest = next((key for key in self._counts if " " in key), None)
            if oldest:
                del self._counts[oldest]

    def _key(self, rule: Rule, conversation: str) -> str:
        return f"{self.name(rule)} {conversation}".rstrip()

    def _free(self, name: str) -> str:
        nth, free = 1, name
        while free in self._taken:
            nth += 1
            free = f"{name}#{nth}"
        return free


def digest(words: Mapping[str, Json]) -> str:
    """What a rule says, in short."""
    return blake2b(_canonical(words), digest_size=12).hexdigest()
