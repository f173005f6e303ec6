"""How an answer goes out, as rules say it: `delay`, `pace`, `stall`, `cut`, `flaws` and `fuzz`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from fakeopenai.flaws import Flaws
from fakeopenai.pace import HANG, Break, Pace, Stall
from fakeopenai.rules.reading import Node

if TYPE_CHECKING:
    from fakeopenai.fuzz import Fuzz

AT_ONCE = Pace()


def read(given: Mapping[str, Node]) -> Pace | None:
    """The pace that the words of an outcome say, if they say any."""
    found: dict[str, Any] = {word: READERS[word](given[word]) for word in READERS if word in given}
    pace = Pace(**(found.pop("pace", {}) | found))
    return None if pace == AT_ONCE else pace


def _speeds(node: Node) -> dict[str, float]:
    return {entry.name: entry.number() for entry in node.entries(PACE)}


def _break(node: Node) -> Break:
    given = {entry.name: entry for entry in node.entries(CUT)}
    if not given:
        raise node.unlike(f"a mapping with one of {', '.join(CUT)}")
    return Break(
        events=given["events"].whole() if "events" in given else None,
        bytes=given["bytes"].whole() if "bytes" in given else None,
        character=given["character"].whole(1) if "character" in given else 0,
        unanswered=given["unanswered"].flag() if "unanswered" in given else False,
        reset=given["reset"].flag() if "reset" in given else False,
    )


def _stall(node: Node) -> Stall:
    given = {entry.name: entry for entry in node.entries(STALL)}
    if ("events" in given) == ("bytes" in given):
        raise node.unlike("a mapping with either 'events' or 'bytes'")
    return Stall(
        events=given["events"].whole() if "events" in given else None,
        bytes=given["bytes"].whole() if "bytes" in given else None,
        seconds=given["seconds"].number() if "seconds" in given else HANG,
    )


def _flaws(node: Node) -> Flaws:
    return Flaws(**{entry.name: _flaw(entry) for entry in node.entries(FLAWS)})


def _flaw(entry: Node) -> Any:
    if entry.name == "media":
        return entry.text()
    return entry.flag() if entry.name in FLAGS else entry.whole(1)


def _fuzz(node: Node) -> Fuzz | None:
    """`true` for what the official clients bear, `all`, or which to choose from; `false` for none."""
    from fakeopenai.fuzz import ODDITIES, Fuzz  # few rules want anything odd

    if isinstance(node.value, bool):
        return Fuzz() if node.value else None
    if isinstance(node.value, str):
        return Fuzz(tuple(ODDITIES)) if node.word(("all",)) else None
    given = {entry.name: entry for entry in node.entries(FUZZ)}
    only = _words(given["only"], ODDITIES) if "only" in given else Fuzz().among
    without = _words(given["without"], ODDITIES) if "without" in given else ()
    case = given["case"].whole() if "case" in given else None
    return Fuzz(tuple(name for name in only if name not in without), case)


def _words(node: Node, known: Iterable[str]) -> tuple[str, ...]:
    return tuple(member.word(known) for member in node.members())


READERS: dict[str, Any] = {
    "delay": Node.number,
    "pace": _speeds,
    "stall": _stall,
    "cut": _break,
    "flaws": _flaws,
    "fuzz": _fuzz,
}
PACE = ("first_token_delay", "tokens_per_second", "jitter", "bytes_per_second")
CUT = tuple(field.name for field in fields(Break))
STALL = tuple(field.name for field in fields(Stall))
FLAWS = tuple(field.name for field in fields(Flaws))
FLAGS = ("keep_alive", "crlf", "no_done")
FUZZ = ("case", "only", "without")
WORDS = tuple(READERS)
