"""What a rule says of the job that a request begins: that it is slow, fails, expires or is cancelled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from fakeopenai.errors import ApiError
from fakeopenai.fate import STATUSES, Ending, Fate, Slowness
from fakeopenai.faults import FAULTS
from fakeopenai.rules import template
from fakeopenai.rules.reading import Node

if TYPE_CHECKING:
    from fakeopenai.rules.template import Facts

Fates = Callable[["Facts"], Fate]
Why = tuple[str, str | None, str | None]
"""Message, code and parameter of an error."""

ENDINGS: tuple[Ending, ...] = ("fail", "expire", "cancel")
WORDS = ("slow", *ENDINGS)
SLOW = ("at", "seconds", "factor")
MOMENT = ("at", "after")
FAIL = (*MOMENT, "name", "message", "code", "param")


def read(node: Node, groups: frozenset[str]) -> Fates:
    """Read the words of `job`. It comes to one end at most."""
    given = {entry.name: entry for entry in node.entries(WORDS)}
    slowness = _slowness(given["slow"]) if "slow" in given else Slowness()
    ends = [word for word in ENDINGS if word in given]
    match ends:
        case []:
            return lambda _: Fate(slowness=slowness)
        case [ending]:
            return _ended(ending, given[ending], slowness, groups)
    raise given[ends[1]].wrong(f"'{ends[0]}' and '{ends[1]}' exclude each other")


def _slowness(node: Node) -> Slowness:
    """So many seconds more, or `{at: status, seconds: …, factor: …}`."""
    if not isinstance(node.value, Mapping):
        return Slowness(seconds=node.number())
    given = {entry.name: entry for entry in node.entries(SLOW)}
    return Slowness(
        _status(given),
        given["seconds"].number() if "seconds" in given else 0,
        given["factor"].number() if "factor" in given else 1,
    )


def _ended(ending: Ending, node: Node, slowness: Slowness, groups: frozenset[str]) -> Fates:
    """`true`, or a mapping that says when; of a failure also why, or the name of an error instead."""
    given: dict[str, Node] = {}
    match node.value:
        case Mapping():
            given = {entry.name: entry for entry in node.entries(FAIL if ending == "fail" else MOMENT)}
        case str() if ending == "fail":
            given = {"name": node}
        case _ if not node.flag():
            raise node.unlike("true, or a mapping")
    if "after" in given and "at" not in given:
        raise given["after"].wrong("'after' counts steps in a status; say with 'at' in which")
    at, after = _status(given), given["after"].whole() if "after" in given else 0
    if ending != "fail":
        return lambda _: Fate(ending, at, after, slowness=slowness)
    why = _why(given, groups)
    return lambda facts: Fate(ending, at, after, *why(facts), slowness=slowness)


def _status(given: Mapping[str, Node]) -> str:
    if "at" not in given:
        return ""
    node = given["at"]
    return node.renamed("status").word(STATUSES)


def _why(given: Mapping[str, Node], groups: frozenset[str]) -> Callable[[Facts], Why]:
    """An error by its name, with other words where they are given; an error of the server where none is."""
    fault = FAULTS[_fault(given["name"])] if "name" in given else FAULTS["server_error"]
    texts = {word: template.text(given[word], groups) for word in ("message", "code", "param") if word in given}

    def why(facts: Facts) -> Why:
        error: ApiError = fault(facts.call)
        told = {word: fill(facts) for word, fill in texts.items()}
        return told.get("message", error.message), told.get("code", error.code), told.get("param", error.param)

    return why


def _fault(node: Node) -> str:
    return node.renamed("error").word(FAULTS)
