"""The lines of a batch: which of them can't be asked, how they are asked, and how their answers are written down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from fakeopenai import account
from fakeopenai.errors import listed
from fakeopenai.ids import uuid
from fakeopenai.wire import Json, Object, Reply, Request
from fakeopenai.world import World

MOST = 50_000
"""Requests in one batch."""

LARGEST = 200 * 1024 * 1024
"""Bytes of its input."""

SPEAKS = {
    "/v1/responses": ("Responses", ("model", "input")),
    "/v1/chat/completions": ("Chat Completions", ("model", "messages")),
    "/v1/embeddings": ("Embeddings", ("model", "input")),
    "/v1/completions": ("Completions", ("model", "prompt")),
    "/v1/moderations": ("Moderations", ("input",)),
    "/v1/images/generations": ("Images", ("prompt",)),
    "/v1/images/edits": ("Images", ("prompt",)),
    "/v1/videos": ("Videos", ("prompt",)),
}
"""The endpoints that batches allow, by their name in messages and with what is looked for in each body."""

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class Line(NamedTuple):
    """A line of the input that isn't blank: where the next one begins, its number from 1, and its text."""

    end: int
    number: int
    text: bytes


def lines(pieces: Iterable[bytes], start: int = 0, number: int = 0) -> Iterator[Line]:
    """The lines of what comes in pieces, which begin at a place; `number` lines come before it."""
    for text in _split(pieces):
        number += 1
        start += len(text)
        if text := text.strip():
            yield Line(start, number, text)


def _split(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The lines, each with its end."""
    begun: list[bytes] = []
    for piece in pieces:
        *ended, rest = piece.split(b"\n")
        for text in ended:
            yield b"".join([*begun, text, b"\n"])
            begun.clear()
        begun.append(rest)
    if last := b"".join(begun):
        yield last


# Validation


Fault = tuple[str, str, str | None]
"""What is wrong with a line: code, message, parameter."""


@dataclass
class Validation:
    """What the lines of an input file have been found to say. `model` is the one that all of them ask."""

    world: World
    endpoint: str
    total: int = 0
    model: str | None = None

    def __post_init__(self) -> None:
        self.errors: list[Object] = []
        self._custom_ids: set[str] = set()

    def read(self, pieces: Iterable[bytes]) -> None:
        """Look at all lines, and note all that is wrong with them, or else with all of them together."""
        size = 0
        for line in lines(pieces):
            size = line.end
            self.total += 1
            for code, message, param in self._faults(line.text):
                self.errors.append(fault(code, message, param, line.number))
        if self.total > MOST:
            self.errors = [fault("too_many_tasks", _TOO_MANY)]
        elif size > LARGEST:
            message = f"The batch input file is larger than the {LARGEST} maximum for the {self.model} model."
            self.errors = [fault("file_too_large", message)]
        elif self.total == 0:
            self.errors = [fault("empty_file", "The batch input file is empty.")]

    def _faults(self, text: bytes) -> Iterator[Fault]:
        try:
            row = _decode(text)
        except (msgspec.DecodeError, RecursionError):
            row = None
        if not isinstance(row, dict):
            yield "invalid_json_line", "This line is not parseable as valid JSON.", None
            return
        missing = [name for name in ("custom_id", "method", "url", "body") if row.get(name) is None]
        for name in missing:
            yield "missing_required_parameter", f"Missing required parameter: '{name}'.", name
        if not missing:
            yield from self._wrong(row)

    def _wrong(self, row: Object) -> Iterator[Fault]:
        custom_id, body = row["custom_id"], row["body"]
        if not isinstance(custom_id, str):
            yield "invalid_type", "Invalid type for 'custom_id': expected a string.", "custom_id"
        elif custom_id in self._custom_ids:
            message = f"The custom_id '{custom_id}' for this request is a duplicate of another request. {_UNIQUE}"
            yield "duplicate_custom_id", message, "custom_id"
        else:
            self._custom_ids.add(custom_id)
        if row["method"] != "POST":
            message = f"Invalid value: '{row['method']}'. Supported values are: {listed(['POST'])}."
            yield "invalid_value", message, "method"
        if row["url"] not in {self.endpoint, self.endpoint.removeprefix("/v1")}:  # Azure's rows lack the version
            yield "invalid_url", "The URL provided for this request does not match the batch endpoint.", "url"
        elif not isinstance(body, dict):
            yield "invalid_type", "Invalid type for 'body': expected an object.", "body"
        else:
            yield from self._wrong_body(body)

    def _wrong_body(self, body: Object) -> Iterator[Fault]:
        name, needed = SPEAKS[self.endpoint]
        for field in needed:
            if body.get(field) is None:
                yield "invalid_request", f"{field.capitalize()} parameter is required.", f"body.{field}"
        if body.get("stream"):
            yield "streaming_unsupported", f"{name}: Streaming is not supported in the Batch API.", "body.stream"
        if isinstance(body.get("model"), str):
            yield from self._wrong_model(body["model"])

    def _wrong_model(self, name: str) -> Iterator[Fault]:
        model = self.world.model(name)
        if model is None:
            message = f"The provided model '{name}' is not supported by the Batch API."
            yield "model_not_found", message, "body.model"
        elif self.model is None:
            self.model = model.snapshot
        elif self.model != model.snapshot:
            message = f"The model '{name}' for this request does not match the rest of the batch. {_SINGLE}"
            yield "mismatched_model", message, "body.model"


_TOO_MANY = f"The batch input file contains too many requests. The maximum is {MOST}."
_UNIQUE = "The custom_id parameter must be unique for each request in a batch."
_SINGLE = "Each batch must contain requests for a single model."
"""As an endpoint made after the API words them (Alibaba's documentation of 2026)."""


def fault(code: str, message: str, param: str | None = None, line: int | None = None) -> Object:
    """One of a batch's `errors`."""
    return {"code": code, "message": message, "param": param, "line": line}


# Asking


class _Details(msgspec.Struct):
    cached_tokens: int | None = 0
    reasoning_tokens: int | None = 0


_NO_DETAILS = _Details()


class _Usage(msgspec.Struct):
    """Token counts, in the words of either generation of endpoints."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    prompt_tokens_details: _Details | None = None
    completion_tokens_details: _Details | None = None
    input_tokens_details: _Details | None = None
    output_tokens_details: _Details | None = None


class _Body(msgspec.Struct):
    usage: _Usage | None = None


_usage = msgspec.json.Decoder(_Body).decode


class Row(NamedTuple):
    """An answered line. `delay` is how many seconds its rule lets it wait."""

    written: bytes
    succeeded: bool
    usage: _Usage | None
    delay: float


def answered(world: World, batch: Object, text: bytes) -> Row:
    """Ask what a line asks, on the path of every other request."""
    row = _decode(text)
    path = row["url"].removeprefix("/v1")
    headers = {account.BATCH: batch["id"]}
    reply = world.answer(Request(row["method"], path, headers=headers, body=row["body"], key=f"sk-{world.name}"))
    names = world.names(f"{batch['id']}/{row['custom_id']}")
    response = {"status_code": reply.status, "request_id": uuid(names), "body": _written_body(batch, reply)}
    written = {"id": names.new("batch_req_"), "custom_id": row["custom_id"], "response": response, "error": None}
    succeeded = reply.status < 400
    delay = reply.pace.delay if reply.pace else 0.0
    return Row(_encode(written) + b"\n", succeeded, _usage_of(reply) if succeeded else None, delay)


def unanswered(world: World, batch: Object, text: bytes, code: str) -> bytes:
    """How a line is written down that was never asked."""
    custom_id = _decode(text)["custom_id"]
    id = world.names(f"{batch['id']}/{custom_id}").new("batch_req_")
    error = {"code": code, "message": UNANSWERED[code]}
    return _encode({"id": id, "custom_id": custom_id, "response": None, "error": error}) + b"\n"


UNANSWERED = {
    "batch_expired": "This request could not be executed before the completion window expired.",
    "batch_cancelled": "This request was not executed because the batch was cancelled.",
}


def add_usage(total: Object, usage: _Usage | None) -> None:
    """Add what a line used to the `usage` of its batch."""
    if usage is None:
        return
    asked = usage.prompt_tokens or usage.input_tokens
    said = usage.completion_tokens or usage.output_tokens
    into = usage.prompt_tokens_details or usage.input_tokens_details or _NO_DETAILS
    out = usage.completion_tokens_details or usage.output_tokens_details or _NO_DETAILS
    total["input_tokens"] += asked
    total["output_tokens"] += said
    total["total_tokens"] += asked + said
    total["input_tokens_details"]["cached_tokens"] += into.cached_tokens or 0
    total["output_tokens_details"]["reasoning_tokens"] += out.reasoning_tokens or 0


def _usage_of(reply: Reply) -> _Usage | None:
    try:
        return _usage(_raw(reply)).usage
    except (msgspec.ValidationError, msgspec.DecodeError):
        return None


def _written_body(batch: Object, reply: Reply) -> Json:
    """The answer as it is, JSON as JSON and pages for people as text; embeddings stand before their index here."""
    raw = _raw(reply)
    if "json" not in reply.media:
        return raw.decode("utf-8", "replace")
    shape = _RESHAPED.get(batch["endpoint"])
    return shape(_decode(raw)) if shape else msgspec.Raw(raw)


def _raw(reply: Reply) -> bytes:
    """The body; what a rule streams at a line is written down whole."""
    return reply.body if isinstance(reply.body, bytes) else _encode(reply.body)


def _embeddings(body: Object) -> Object:
    order = ("object", "embedding", "index")
    data = [{name: item[name] for name in order} for item in body.get("data", ())]
    return body | {"data": data} if data else body


_RESHAPED: dict[str, Callable[[Object], Object]] = {"/v1/embeddings": _embeddings}
