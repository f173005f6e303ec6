"""Differences from recordings that are known, each with its reason: `differences.yaml`.

An entry says where it holds and why: `in` (a part of the answer), `endpoint`, `path`, what was `recorded` and what is
`ours` (any text, in which `*` stands for anything), for which `model`, and in recordings made `before` a month or
`since` one. Recordings that nobody can date are older than every month.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fakeopenai.contract.recordings import Recording
from fakeopenai.contract.shapes import Difference
from fakeopenai.rules.reading import Node, RuleError
from fakeopenai.rules.yaml12 import yaml

FILE = Path(__file__).with_name("differences.yaml")

PARTS = ("status", "body", "headers", "grammar", "error")
WORDS = ("in", "endpoint", "path", "recorded", "ours", "model", "before", "since", "reason")


@dataclass(frozen=True)
class Known:
    """A difference that is as it should be."""

    part: str
    reason: str
    endpoints: tuple[str, ...] = ("*",)
    paths: tuple[str, ...] = ("*",)
    recorded: tuple[str, ...] = ("*",)
    ours: tuple[str, ...] = ("*",)
    models: tuple[str, ...] = ("*",)
    before: str = "9999-12"
    since: str = ""

    def explains(self, part: str, difference: Difference, recording: Recording) -> bool:
        return (
            part == self.part
            and self.since <= recording.month < self.before
            and like(recording.endpoint, self.endpoints)
            and like(difference.path, self.paths)
            and like(difference.recorded, self.recorded)
            and like(difference.ours, self.ours)
            and like(recording.model, self.models)
        )


def load(file: Path = FILE) -> list[Known]:
    """The known differences of a file. Raises RuleError with file and line."""
    return [_read(node) for node in Node(yaml(file.read_text(), file.name), "differences", file.name).members()]


def _read(node: Node) -> Known:
    given = {entry.name: entry for entry in node.entries(WORDS)}
    if not {"in", "path", "reason"} <= given.keys():
        raise RuleError(f"{node.source}: a known difference says what it is 'in', its 'path' and its 'reason'")
    texts = {name: tuple(_texts(entry)) for name, entry in given.items()}
    return Known(
        part=given["in"].word(PARTS),
        reason=given["reason"].text(),
        endpoints=texts.get("endpoint", ("*",)),
        paths=texts["path"],
        recorded=texts.get("recorded", ("*",)),
        ours=texts.get("ours", ("*",)),
        models=texts.get("model", ("*",)),
        before=given["before"].text() if "before" in given else "9999-12",
        since=given["since"].text() if "since" in given else "",
    )


def _texts(node: Node) -> Iterator[str]:
    return (member.text() for member in node.members())


def like(text: str, patterns: Sequence[str]) -> bool:
    """Whether a text is as one of the patterns says; `*` stands for anything."""
    return any(pattern == "*" or _pattern(pattern).fullmatch(text) for pattern in patterns)


@lru_cache(maxsize=1024)
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
