"""What is in store for a job before it begins: that it takes longer, or comes to no good end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from fakeopenai.errors import ApiError
from fakeopenai.wire import Object

Ending = Literal["fail", "expire", "cancel"]

STATUSES = (
    "validating",
    "validating_files",
    "uploaded",
    "notRunning",
    "pending",
    "queued",
    "in_progress",
    "running",
    "finalizing",
)
"""The statuses that jobs have before they are over."""


@dataclass(frozen=True, slots=True)
class Slowness:
    """A status, or without one the whole job, lasts so many seconds more, and its steps so many times longer."""

    at: str = ""
    seconds: float = 0
    factor: float = 1

    def wait(self, planned: float, status: str, steps: int, *, begun: bool) -> float:
        """The seconds before the next stage; those that are added are added once."""
        if self.at not in {"", status}:
            return planned
        first = not steps if self.at else not begun
        return planned * self.factor + self.seconds * first


@dataclass(frozen=True, slots=True)
class Fate:
    """How a job ends before its time, if it does, and how slow it is.

    It ends in the status `at`, or in the one that it begins with, `after` so many steps of its work there, and at the
    latest when it would leave it. The others tell why, if it fails.
    """

    ending: Ending | None = None
    at: str = ""
    after: int = 0
    message: str = ""
    code: str | None = None
    param: str | None = None
    slowness: Slowness = Slowness()

    @classmethod
    def of(cls, task: Object) -> Fate | None:
        """The fate that a job of the clock goes on with."""
        return msgspec.convert(task["fate"], cls) if "fate" in task else None

    @property
    def data(self) -> Object:
        """The fate as it is kept."""
        kept: Object = msgspec.to_builtins(self)
        return kept

    def strike(self, _: object, __: object) -> None:
        """Let a job fail."""
        raise ApiError(500, self.message, param=self.param, code=self.code)

    @property
    def statuses(self) -> set[str]:
        """The statuses that it speaks of."""
        return {self.at, self.slowness.at} - {""}

    def has_come(self, task: Object, following: str) -> bool:
        """Whether a job that would now enter the following status ends instead."""
        if self.ending is None or self.at not in {"", task["left"]}:
            return False
        return bool(task["steps"] >= self.after or following != task["left"])


@dataclass(slots=True)
class Omen:
    """The fate of the jobs that begin now: whether one has taken it, and why the last that didn't could not."""

    fate: Fate
    taken: bool = False
    refused: ApiError | None = None
