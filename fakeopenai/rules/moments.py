"""Moments on the clock of a world: seconds after something, or a time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from fakeopenai.rules.reading import Node


class Moment(NamedTuple):
    """So many seconds after a beginning; or, if it is a `date`, after the epoch of Unix."""

    seconds: float
    date: bool = False

    def __str__(self) -> str:
        if self.date:
            return f"{datetime.fromtimestamp(self.seconds, UTC):%Y-%m-%d %H:%M:%S}"
        return f"{self.seconds:g} seconds after the beginning"

    def at(self, beginning: float) -> float:
        """The moment in Unix seconds."""
        return self.seconds if self.date else beginning + self.seconds


def read(node: Node) -> Moment:
    """Seconds, or a date with or without a time of day; without a zone it is UTC."""
    if not isinstance(node.value, str):
        return Moment(node.number())
    try:
        when = datetime.fromisoformat(node.value)
    except ValueError:
        raise node.unlike("a number of seconds, or a time such as 2026-03-01T12:00") from None
    return Moment(when.replace(tzinfo=when.tzinfo or UTC).timestamp(), date=True)
