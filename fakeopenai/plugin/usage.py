"""What a run of tests has asked of the API, which requests no rule answered, and which rules never spoke."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fakeopenai.plugin.calls import Recorded
    from fakeopenai.testing import FakeOpenAI

SHOWN = 20
"""How many unmatched requests and silent rules are told."""

TEXT = 72
"""Characters of what an unmatched request asks."""


@dataclass
class Usage:
    """What was asked, in plain data that one process can send to another."""

    worlds: int = 0
    requests: Counter[str] = field(default_factory=Counter)
    parameters: dict[str, Counter[str]] = field(default_factory=dict)
    failures: Counter[str] = field(default_factory=Counter)
    unmatched: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)
    spoken: Counter[str] = field(default_factory=Counter)

    def add(self, fake: FakeOpenAI, test: str) -> None:
        """Count what a test has asked of its world."""
        self.worlds += 1
        for made in fake.requests:
            self._count(made)
            if len(fake.rules) and (call := made.exchange.unmatched) and call.read:
                self.unmatched.append(f"{test}: {made.operation}{_asked(made)}")
        self.silent += [f"{test}: {rule.label}" for rule in fake.unused_rules]
        if not self.shared:
            self.shared = [rule.label for rule in fake.server.emulator.rules.rules]

    def merge(self, other: Mapping[str, Any]) -> None:
        """Add what another process has counted."""
        self.worlds += other["worlds"]
        self.requests.update(other["requests"])
        self.failures.update(other["failures"])
        for operation, counts in other["parameters"].items():
            self.parameters.setdefault(operation, Counter()).update(counts)
        self.unmatched += other["unmatched"]
        self.silent += other["silent"]
        self.shared = self.shared or other["shared"]
        self.spoken.update(other["spoken"])

    @property
    def unused(self) -> list[str]:
        """Rules that never spoke: those of all tests in none of them, those of a test in it."""
        return [*(label for label in self.shared if label not in self.spoken), *sorted(self.silent)]

    @property
    def line(self) -> str:
        """All of it in a line."""
        told = [
            _counted(self.requests.total(), "request"),
            f"of {_counted(len(self.requests), 'operation')}",
            f"in {_counted(self.worlds, 'world')}",
        ]
        unmatched = [f"no rule answered {len(self.unmatched)} of them"] if self.unmatched else []
        unused = [f"{_counted(len(self.unused), 'rule')} never spoke"] if self.unused else []
        return ", ".join([" ".join(told), *unmatched, *unused])

    @property
    def lines(self) -> Iterator[str]:
        """All of it at length."""
        yield f"{self.line}:"
        width = max(map(len, self.requests), default=0)
        for operation, number in sorted(self.requests.items()):
            yield f"  {operation:<{width}} {number:>5}  {self._details(operation)}".rstrip()
        yield from _listed("no rule answered:", sorted(self.unmatched))
        yield from _listed("rules that never spoke:", self.unused)

    def _count(self, made: Recorded) -> None:
        operation = made.operation or f"{made.method} {made.path}"
        self.requests[operation] += 1
        self.failures[operation] += made.status >= 400
        self.spoken[made.rule] += 1
        names = [*made.query, *(made.body if isinstance(made.body, dict) else ())]
        self.parameters.setdefault(operation, Counter()).update(names)

    def _details(self, operation: str) -> str:
        """Its parameters, those of some requests with the number of these, and how many were refused."""
        counts = sorted(self.parameters.get(operation, {}).items(), key=lambda count: (-count[1], count[0]))
        always = self.requests[operation]
        names = ", ".join(name if number == always else f"{name} ({number})" for name, number in counts)
        refused = f"{self.failures[operation]} refused" if self.failures[operation] else ""
        return "; ".join(told for told in (names, refused) if told)


def _asked(made: Recorded) -> str:
    call = made.exchange.unmatched
    text = " ".join(call.prompt.last_user_text.split()) if call and call.prompt else ""
    return f' "{text if len(text) <= TEXT else f"{text[: TEXT - 1]}…"}"' if text else ""


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _listed(title: str, lines: Iterable[str]) -> Iterator[str]:
    counts = Counter(lines)
    if counts:
        yield f"  {title}"
    for line, number in list(counts.items())[:SHOWN]:
        yield f"    {line}" + (f" ({number} times)" if number > 1 else "")
    if len(counts) > SHOWN:
        yield f"    … {len(counts) - SHOWN} more"
