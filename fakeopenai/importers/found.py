"""What an importer finds in a source."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from fakeopenai.wire import Object


class SourceError(ValueError):
    """A source that can't be read at all."""


class Note(NamedTuple):
    """What could not be carried over, and where in the source it stands."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class Exchange(NamedTuple):
    """A request and its answer, as they were on the wire; names of headers are in lower case."""

    where: str
    method: str
    url: str
    request_headers: dict[str, str]
    request: bytes
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Found:
    """Rules in the form of the files, exchanges to make some of, and notes."""

    rules: list[Object] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def note(self, where: str, what: str) -> None:
        self.notes.append(Note(where, what))
