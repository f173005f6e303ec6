"""The operations of the API: one table, read from `schemas/operations.jsonl`, and the way from a path to its row."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote

import msgspec

from fakeopenai import data, errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Schema = dict[str, Any]

METHODS = ("GET", "POST", "DELETE")
_NO_QUERY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Operation:
    """A row of the table. `str` of it is its name in the API reference, such as `POST /files`.

    Schemas refer to `types.jsonl` (`#/$defs/FileObject`). `content` lists the media types of the request; `media` is
    that of a reply which isn't JSON. `beta` is the value the `OpenAI-Beta` header must have. `beta_query` marks a row
    that is only meant with `?beta=true`, beside the row of the same path without. `event` describes the data of a
    stream's events and `item` what a page lists. `legacy` says who knows what the official client doesn't: its own
    ancestors, Azure's client, or the Agents SDK.
    """

    id: str
    method: str
    path: str
    query: Schema | None = None
    body: Schema | None = None
    content: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    reply: Schema | None = None
    reply_kind: Literal["json", "binary", "empty", "text"] = "json"
    media: str = "application/json"
    event: Schema | None = None
    item: Schema | None = None
    streams: Literal["never", "optional", "always"] = "never"
    page: Literal["", "cursor", "conversation", "next", "token", "page"] = ""
    beta: str = ""
    beta_query: bool = False
    admin: bool = False
    deprecated: bool = False
    legacy: Literal["", "legacy", "azure", "agents"] = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path}{'?beta=true' if self.beta_query else ''}"


def foreign(method: str, path: str) -> Operation:
    """An operation that the table doesn't have, as other servers may."""
    return Operation(id="", method=method, path=path)


@dataclass(slots=True)
class _Node:
    """A place in the tree of paths. Below it are words, or an id of any spelling; at it are operations by method."""

    words: dict[str, _Node] = field(default_factory=dict)
    id: _Node | None = None
    operations: dict[str, Operation] = field(default_factory=dict)

    def below(self, segment: str) -> _Node:
        if not segment.startswith("{"):
            return self.words.setdefault(segment, _Node())
        self.id = self.id or _Node()
        return self.id

    def find(self, method: str, segments: list[str], at: int) -> Operation | None:
        """Words win over ids; where a word leads nowhere, it may still be an id."""
        if at == len(segments):
            return self.operations.get(method)
        segment = segments[at]
        word = self.words.get(segment)
        if word and (found := word.find(method, segments, at + 1)):
            return found
        return self.id.find(method, segments, at + 1) if self.id and segment else None


class Operations:
    """The table. `all` has every operation by its name in the reference (`POST /files`)."""

    def __init__(self, rows: Iterable[Operation]) -> None:
        self.all = {str(row): row for row in rows}
        self._root = _Node()
        plain = (row for row in self.all.values() if "{" not in row.path and not row.beta_query)
        self._plain = {(row.method, row.path): row for row in plain}
        self._places: dict[Operation, list[tuple[str, int]]] = {}
        for row in self.all.values():
            self._plant(row)

    @classmethod
    @cache
    def load(cls) -> Operations:
        """The shipped table, read once."""
        rows = msgspec.json.Decoder(Operation).decode_lines(data.path("schemas", "operations.jsonl").read_bytes())
        return cls(rows)

    def match(self, method: str, path: str, query: Mapping[str, Any] = _NO_QUERY) -> tuple[Operation, dict[str, str]]:
        """The operation of a request and the ids in its path.

        `path` starts below the API root and is still percent-encoded. Raises the API's 404 or 405.
        """
        segments = path.split("/")
        found = self._plain.get((method, path)) or self._root.find(method, segments, 0)
        if found is None:
            raise self._refusal(method, path, segments)
        if query and query.get("beta") in ("true", True):
            found = self.all.get(f"{found}?beta=true", found)
        return found, {name: unquote(segments[at]) for name, at in self._places[found]}

    def _plant(self, operation: Operation) -> None:
        segments = operation.path.split("/")
        node = self._root
        for segment in segments:
            node = node.below(segment)
        if not operation.beta_query:
            node.operations[operation.method] = operation
        places = [(re.fullmatch(r"\{(\w+)\}", segment), at) for at, segment in enumerate(segments)]
        self._places[operation] = [(found[1], at) for found, at in places if found]

    def _refusal(self, method: str, path: str, segments: list[str]) -> errors.ApiError:
        allowed = [other for other in METHODS if self._root.find(other, segments, 0)]
        return errors.method_not_allowed(method, path, allowed) if allowed else errors.unknown_url(method, path)
