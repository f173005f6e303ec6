r"""Answers as they were recorded: chunks with their times, and JSON in its own layout.

reply:
  after: 0.412
  chunks:
  - {after: 0.0, content: "data: {…}\n\n"}
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple

from fakeopenai.flaws import FLAWLESS, Flaws
from fakeopenai.pace import Pace
from fakeopenai.rules import media
from fakeopenai.rules.reading import Node
from fakeopenai.wire import RAW, Event, Json, Reply

if TYPE_CHECKING:
    from fakeopenai.rules.template import Facts

WORDS = ("after", "chunks", "layout", "timing")
CHUNK = ("after", "content", "base64")
TIMINGS = ("original", "at_once")

Layout = Literal["compact", "spaced", "indented", "indented_line"]

LAYOUTS: dict[Layout, Callable[[Json], str]] = {
    "compact": lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")),
    "spaced": lambda value: json.dumps(value, ensure_ascii=False),
    "indented": lambda value: json.dumps(value, ensure_ascii=False, indent=2),
    "indented_line": lambda value: json.dumps(value, ensure_ascii=False, indent=2) + "\n",
}
"""How JSON is written: without any space, on one line, or as OpenAI does it, with or without a line end."""


class Chunk(NamedTuple):
    """What came in one piece, and the seconds before it."""

    after: float
    content: bytes


def stream(given: dict[str, Node], status: int, headers: dict[str, str]) -> Callable[[Facts], Reply]:
    """The reply of chunks: as they came, at once or in their time."""
    chunks = [_chunk(member) for member in given["chunks"].members()]
    events = [Event(chunk.content, RAW) for chunk in chunks]
    waits = tuple(chunk.after for chunk in chunks)
    flaws = Flaws(media=given["media"].text()) if "media" in given else FLAWLESS
    delay = _after(given)
    timed = _timed(given)

    def make(facts: Facts) -> Reply:
        original = timed(facts)
        pace = Pace(delay=delay if original else 0, waits=waits if original else (), flaws=flaws)
        return Reply(None, status, dict(headers), events, pace=pace)

    return make


def dressed(given: dict[str, Node], make: Callable[[Facts], Reply]) -> Callable[[Facts], Reply]:
    """A whole reply in its own layout and time."""
    layout = LAYOUTS[_layout(given["layout"])] if "layout" in given else None
    delay, timed = _after(given), _timed(given)

    def dress(facts: Facts) -> Reply:
        reply = make(facts)
        if layout:
            reply.body = layout(reply.body).encode()
        if delay and timed(facts):
            reply.pace = Pace(delay=delay)
        return reply

    return dress


def _chunk(node: Node) -> Chunk:
    """A text or bytes, or a mapping of them and the seconds before."""
    if not isinstance(node.value, dict):
        return Chunk(0, _content(node))
    given = {entry.name: entry for entry in node.entries(CHUNK)}
    if ("content" in given) == ("base64" in given):
        raise node.unlike("text, or a mapping with its 'content' or its 'base64'")
    content = _content(given["content"]) if "content" in given else media.decoded(given["base64"])
    return Chunk(_after(given), content)


def _content(node: Node) -> bytes:
    return node.value if isinstance(node.value, bytes) else node.text().encode()


def _after(given: dict[str, Node]) -> float:
    return given["after"].number() if "after" in given else 0


def _timed(given: dict[str, Node]) -> Callable[[Facts], bool]:
    """Whether the answer takes its original time; where the reply doesn't say, the world's settings do."""
    if "timing" in given:
        original = given["timing"].word(TIMINGS) == "original"
        return lambda _: original
    return lambda facts: facts.call.world.settings.timing == "original"


def _layout(node: Node) -> Layout:
    word = node.word(LAYOUTS)
    return next(layout for layout in LAYOUTS if layout == word)
