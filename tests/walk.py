"""One walk through the whole API: every operation asked once, in a world that has what it needs.

What lies on the way to an operation is made first, by the operations that make such things; deletions come last, from
the bottom up. Requests are the smallest that fit the operations' own schemas; SAID has the values that a schema can't
know, such as the content of a file.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from fakeopenai.operations import Operation, Operations
from fakeopenai.schema import types
from fakeopenai.synthesis import synthesise
from fakeopenai.wire import Object, Upload
from tests.front import Answer, Api
from tests.said import MODEL, ON_SOMETHING_NEW, OWNERS, PLACES, SAID, STREAMING

TABLE = Operations.load().all


@dataclass
class Visit:
    """One request of the walk and its answer. `query` and `body` are as they were meant, `ids` those of the path."""

    operation: Operation
    url: str
    ids: dict[str, str]
    query: Object
    body: Any
    answer: Answer

    @property
    def streamed(self) -> bool:
        return self.answer.headers["content-type"].startswith("text/event-stream")

    @property
    def events(self) -> list[Any]:
        """What the stream said, as its schema describes it: with its name where that is part of it."""
        named = (self.operation.path.split("/")[1]) == "threads"
        said = [(name, json.loads(data)) for name, data in self.answer.named_events if data != "[DONE]"]
        return [{"event": name, "data": data} if named else data for name, data in said]


@dataclass(repr=False)
class Walk:
    """Where the walk has been."""

    api: Api = field(default_factory=Api)
    visits: dict[str, Visit] = field(default_factory=dict)
    streams: dict[str, Visit] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def go(self) -> Walk:
        """All the way: in the end everything is deleted."""
        self.settle()
        for key in sorted(TABLE, key=_turn):
            self.visit(key)
        return self

    def settle(self) -> Walk:
        """The way but for the deletions: a world that has everything."""
        self.at("/organization/users")  # first, since a day passes until somebody joins
        for key in sorted(TABLE, key=_turn):
            if TABLE[key].method != "DELETE":
                self.visit(key)
            if TABLE[key].streams == "optional":
                self.streams[key] = self.ask(TABLE[key], STREAMING.get(key, {"stream": True}))
        return self

    def visit(self, key: str) -> Visit:
        """Ask an operation, unless it was asked before."""
        if key not in self.visits:
            self.visits[key] = self.ask(TABLE[key])
        return self.visits[key]

    def ask(self, operation: Operation, more: Object | None = None) -> Visit:
        """Ask an operation, `more` laid over what is asked of it."""
        key = str(operation)
        ids = self.found(operation)
        query = _query(operation)
        body = SAID[key](self) if key in SAID else self.smallest(operation)
        body, query = (body | (more or {}), query) if operation.body is not None else (body, query | (more or {}))
        url = operation.path.format_map(ids)
        asked = "&".join(f"{name}={json.dumps(value).strip(chr(34))}" for name, value in query.items())
        answer = self.send(operation, f"{url}?{asked}" if asked else url, body)
        return Visit(operation, url, ids, query, body, answer)

    def send(self, operation: Operation, url: str, body: Any = None) -> Answer:
        """Ask with the header that an operation demands."""
        headers = {"openai-beta": operation.beta} if operation.beta else {}
        return self.api.send(operation.method, url, *_parts(operation, body), headers=headers)

    def get(self, url: str) -> Answer:
        return self.send(self.api.emulator.operations.match("GET", url)[0], url)

    def found(self, operation: Operation) -> dict[str, str]:
        """The ids for a path: those of things that are there, made if need be."""
        find = ON_SOMETHING_NEW.get(str(operation))
        if find is None:
            return self._along(operation.path)
        place, _, rest = operation.path.rpartition("/{")
        return self._along(place) | {rest.partition("}")[0]: find(self)}

    def _along(self, path: str) -> dict[str, str]:
        return {name: self.at(path.partition("/{" + name + "}")[0]) for name in re.findall(r"\{(\w+)\}", path)}

    def at(self, place: str) -> str:
        """The id of something in this collection, made if need be."""
        if place not in self.ids:
            self.ids[place] = PLACES[place](self) if place in PLACES else self._any(place)
        return self.ids[place]

    def _any(self, place: str) -> str:
        creation = f"POST {place}"
        return _made(self.visit(creation)) if creation in TABLE else self.listed(place)

    def make(self, place: str, more: Object | None = None) -> str:
        """Make something else in this collection; gives its id."""
        return _made(self.ask(TABLE[f"POST {place}"], more))

    def listed(self, place: str, nth: int = 0) -> str:
        """The id of something that this collection lists."""
        answer = self.get(place.format_map(self._along(place)))
        return str(answer.json["data"][nth]["id"]) if answer.json.get("data") else _refused(answer)

    def smallest(self, operation: Operation) -> Any:
        """The smallest body that fits, with ids of things that are there."""
        if operation.body is None:
            return None
        return self._known(_smallest(operation))

    def _known(self, body: Any) -> Any:
        match body:
            case dict():
                return {name: self._known_field(name, value) for name, value in body.items()}
            case list():
                return [self._known(value) for value in body]
            case _:
                return body

    def _known_field(self, name: str, value: Any) -> Any:
        if name == "model" and isinstance(value, str):
            return MODEL
        if isinstance(value, str) and name in OWNERS:
            return self.at(OWNERS[name])
        return self._known(value)

    def finished(self, place: str, id: str) -> str:
        """The id of a job of this collection, once it has come to its end."""
        url = f"{place.format_map(self._along(place))}/{id}"
        while self.get(url).json.get("status") in UNFINISHED:
            continue
        return id


UNFINISHED = frozenset({"queued", "in_progress", "validating", "validating_files", "running", "finalizing"})


def _made(visit: Visit) -> str:
    """The id of what was made, be it one of several; of a relation, the id of what was taken in."""
    if visit.answer.status >= 300:
        return _refused(visit.answer)
    key = _key(visit.operation.path)
    match visit.answer.json:
        case {"data": [made, *_]} | {"session": dict(made)} | dict(made):
            return str((visit.body or {}).get(key) or made.get(key) or made["id"])
    raise AssertionError(visit)


def _refused(answer: Answer) -> str:
    return f"refused: {answer.content.decode()}"


@cache
def _key(place: str) -> str:
    """What the ids of a collection are called in paths."""
    below = (operation.path.removeprefix(f"{place}/") for operation in TABLE.values())
    return next((name[1:-1] for name in below if re.fullmatch(r"\{\w+\}", name)), "id")


def _turn(key: str) -> tuple[int, int, str]:
    """Deletions last, from the bottom up; what makes things before what reads them."""
    operation = TABLE[key]
    depth = operation.path.count("/")
    if operation.method == "DELETE":
        return 2, -depth, key
    return (operation.method == "GET"), depth, key


@cache
def _smallest(operation: Operation) -> Any:
    return synthesise(operation.body, b"", resolve=types().resolve, smallest=True)


def _query(operation: Operation) -> Object:
    required = dict.fromkeys((operation.query or {}).get("required", ()), 1767225600)
    return {"beta": True} if operation.beta_query else required


def _parts(operation: Operation, said: Any) -> tuple[Any, dict[str, list[Upload]] | None]:
    """The body as the operation takes it: a form's files apart from its fields."""
    if not isinstance(said, dict) or not operation.files:
        return said, None
    files = {name: [value] for name, value in said.items() if isinstance(value, Upload)}
    if not files and "application/json" in operation.content:
        return said, None
    fields = {name: value for name, value in said.items() if name not in files}
    return fields, files
