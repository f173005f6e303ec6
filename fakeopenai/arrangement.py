"""How a world is to be before a test begins: what the pytest marker says, and `fresh` for everyone else."""

from __future__ import annotations

import time
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from fakeopenai import allowances, fixtures
from fakeopenai.clock import Clock
from fakeopenai.retired import DAY
from fakeopenai.rules import Rule, RuleError, Script, load
from fakeopenai.rules.files import Rules, joined
from fakeopenai.rules.reading import Node, suggestion
from fakeopenai.rules.shelf import clock_of
from fakeopenai.wire import Json
from fakeopenai.world import Settings, Unmatched, World

if TYPE_CHECKING:
    from fakeopenai.plugin.remote import RunningClock, RunningWorld

Writing = Rule | Script | Mapping[str, Json] | str | Path
"""A rule, written in Python or as a file would have it; or the path of a file or a directory of rules."""

OF_SERVER = ("seed", "unmatched", "as_of", "limits")
"""Words that stand in for settings of the server."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What a test wants of its world.

    `rules` speak behind those that the test adds itself and before the server's; so do those of the shipped situations
    and the files that `load` names. `seed`, `unmatched`, `as_of` and `limits` stand in for the server's; `strict` is
    `unmatched="error"`. `clock` is `auto`, `manual`, the seconds that pass for each real one, or the time when the
    world begins. `key` is the API key.
    `dialect` is whose clients the environment leads here. `unused` says whether a test fails when a rule never spoke.
    `block_network` lets a test reach no other machines than the `allowed_hosts`. Relative paths start at `directory`.
    """

    rules: Writing | Iterable[Writing] = ()
    load: str | Path | Iterable[str | Path] = ()
    seed: int | None = None
    strict: bool | None = None
    unmatched: Unmatched | None = None
    limits: Mapping[str, Json] | None = None
    as_of: str | None = None
    clock: Literal["auto", "manual"] | float | datetime = "auto"
    key: str = ""
    dialect: Literal["openai", "azure"] = "openai"
    unused: Literal["ignore", "error"] | None = None
    block_network: bool | None = None
    allowed_hosts: str | Iterable[str] = ()
    directory: Path = Path()

    @classmethod
    def joined(cls, nearest_first: Sequence[Mapping[str, Any]], directory: Path) -> Arrangement:
        """One out of several: their rules and situations add up; of everything else the nearest counts.

        Raises RuleError for an unknown word, or a value that a word can't have.
        """
        rules = [writing for words in nearest_first for writing in _listed(words.get("rules", ()))]
        situations = [name for words in nearest_first for name in _listed(words.get("load", ()))]
        others = dict(ChainMap(*map(dict, nearest_first)))
        _check(others)
        return cls(**others | {"rules": rules, "load": situations, "directory": directory})

    def settings(self, server: Settings) -> Settings:
        """The server's settings, changed as wanted."""
        wanted = {word: getattr(self, word) for word in OF_SERVER}
        if self.strict is not None and self.unmatched is None:
            wanted["unmatched"] = "error" if self.strict else "answer"
        return replace(server, **{word: value for word, value in wanted.items() if value is not None})

    def arrange(self, world: World | RunningWorld) -> None:
        """Raises RuleError for a rule that can't be read."""
        given = [read(writing, self.directory) for writing in _listed(self.rules)]
        given.append(load(fixtures.find(named, self.directory) for named in _listed(self.load)))
        for rules in given:
            world.rules.extend(rules)
        world.rules.push()
        said = next((clock for rules in given if (clock := clock_of(rules)) != ""), "auto")
        match said if self.clock == "auto" else self.clock:
            case "manual":
                world.clock.run("manual")
            case int() | float() as rate:
                world.clock.run("rate", rate, time.monotonic)
            case datetime() as when:
                _begin(world.clock, when)


def scripted(rules: Writing | Iterable[Writing]) -> Rules:
    """Rules in any form that they are written in. Raises RuleError."""
    return rules if isinstance(rules, Rules) else joined([read(writing) for writing in _listed(rules)])


def read(writing: Writing, directory: Path = Path()) -> Rules:
    """One rule, or those of a file or a directory, whose path starts at that one. Raises RuleError."""
    match writing:
        case Rule():
            return Rules([writing])
        case Script():
            return Rules([writing.rule])
        case Mapping():
            return Rules([Rule.read(writing)])
        case str() | Path():
            return load([directory / writing])
    raise Node(writing, "rules").unlike("rules, or paths of their files")


WORDS = tuple(field.name for field in fields(Arrangement) if field.name != "directory")
"""What a marker may say."""


def _check(words: Mapping[str, Any]) -> None:
    for word, value in words.items():
        if word not in WORDS:
            raise RuleError(f"the marker knows no '{word}'{suggestion(word, WORDS)}")
        if word in CHECKS and value is not None:
            CHECKS[word](Node(value, word))


def _clock(node: Node) -> None:
    if isinstance(node.value, str):
        node.word(("auto", "manual"))
    elif not isinstance(node.value, datetime):
        node.number()


def _day(node: Node) -> None:
    if not DAY.fullmatch(node.text()):
        raise node.unlike("a day such as 2024-01-04, or a month such as 2024-01")


CHECKS: dict[str, Callable[[Node], object]] = {
    "seed": Node.whole,
    "strict": Node.flag,
    "unmatched": lambda node: node.word(get_args(Unmatched)),
    "limits": lambda node: allowances.read(node.value),
    "as_of": _day,
    "clock": _clock,
    "key": Node.text,
    "dialect": lambda node: node.word(("openai", "azure")),
    "unused": lambda node: node.word(("ignore", "error")),
    "block_network": Node.flag,
}


def _listed(value: Any) -> Iterable[Any]:
    """One or several, as several."""
    alone = isinstance(value, Rule | Script | Mapping | str | Path) or not isinstance(value, Iterable)
    return [value] if alone else value


def _begin(clock: Clock | RunningClock, when: datetime) -> None:
    wanted = when.replace(tzinfo=when.tzinfo or UTC).timestamp()
    if wanted < clock.now:
        raise RuleError(f"no world begins before {datetime.fromtimestamp(clock.now, UTC):%Y-%m-%d}, got {when}")
    clock.advance(wanted - clock.now)
