"""How a world is to be before a test begins: what the pytest marker says, and `fresh` for everyone else."""

from __future__ import annotations

import time
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from fakeopenai import fixtures
from fakeopenai.clock import Clock
from fakeopenai.rules import Rule, RuleError, Script, load
from fakeopenai.rules.reading import suggestion
from fakeopenai.wire import Json
from fakeopenai.world import Settings, Unmatched, World

Writing = Rule | Script | Mapping[str, Json] | str | Path
"""A rule, written in Python or as a file would have it; or the path of a file or a directory of rules."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What a test wants of its world.

    `rules` speak behind those that the test adds itself and before the server's; so do those of the shipped situations
    and the files that `load` names. `seed`, `strict` and `as_of` stand in for the server's. `clock` is `auto`,
    `manual`, the seconds that pass for each real one, or the time when the world begins. `key` is the API key. Relative
    paths start at `directory`.
    """

    rules: Writing | Iterable[Writing] = ()
    load: str | Path | Iterable[str | Path] = ()
    seed: int | None = None
    strict: bool | None = None
    as_of: str | None = None
    clock: Literal["auto", "manual"] | float | datetime = "auto"
    key: str = ""
    directory: Path = Path()

    @classmethod
    def joined(cls, nearest_first: Sequence[Mapping[str, Any]], directory: Path) -> Arrangement:
        """One out of several: their rules and situations add up; of everything else the nearest counts.

        Raises RuleError for an unknown word.
        """
        rules = [writing for words in nearest_first for writing in _listed(words.get("rules", ()))]
        situations = [name for words in nearest_first for name in _listed(words.get("load", ()))]
        known = [field.name for field in fields(cls)]
        others = dict(ChainMap(*map(dict, nearest_first)))
        for word in others.keys() - {*known}:
            raise RuleError(f"the marker knows no '{word}'{suggestion(word, known)}")
        return cls(**others | {"rules": rules, "load": situations, "directory": directory})

    def settings(self, server: Settings) -> Settings:
        """The server's settings, changed as wanted."""
        if isinstance(self.clock, int | float):
            server = replace(server, rate=self.clock, wall=time.monotonic)
        return replace(
            server,
            seed=server.seed if self.seed is None else self.seed,
            unmatched=self._unmatched(server),
            as_of=server.as_of if self.as_of is None else self.as_of,
        )

    def _unmatched(self, server: Settings) -> Unmatched:
        match self.strict, server.unmatched:
            case True, _:
                return "error"
            case False, "error":
                return "answer"
            case _, usual:
                return usual

    def arrange(self, world: World) -> None:
        """Raises RuleError for a rule that can't be read."""
        world.rules.extend(rule for writing in _listed(self.rules) for rule in self._read(writing))
        world.rules.extend(load(fixtures.find(named, self.directory) for named in _listed(self.load)))
        world.rules.push()
        if self.clock == "manual":
            world.clock.run("manual")
        elif isinstance(self.clock, datetime):
            _begin(world.clock, self.clock)

    def _read(self, writing: Writing) -> Iterator[Rule]:
        match writing:
            case Rule():
                yield writing
            case Script():
                yield writing.rule
            case Mapping():
                yield Rule.read(writing)
            case _:
                yield from load([self.directory / writing])


def _listed(value: Any) -> Iterable[Any]:
    """One or several, as several."""
    return [value] if isinstance(value, Rule | Script | Mapping | str | Path) else value


def _begin(clock: Clock, when: datetime) -> None:
    wanted = when.replace(tzinfo=when.tzinfo or UTC).timestamp()
    if wanted < clock.now:
        raise ValueError(f"no world begins before {datetime.fromtimestamp(clock.now, UTC):%Y-%m-%d}, got {when}")
    clock.advance(wanted - clock.now)
