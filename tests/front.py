"""The front door without a socket: plain requests to an emulator, and answers as a client reads them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from fakeopenai.emulator import Emulator
from fakeopenai.schema import decode_query
from fakeopenai.sending import frames
from fakeopenai.wire import Reply, Request, Upload
from fakeopenai.world import World


@dataclass
class Answer:
    """A reply as a client reads it."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def error(self) -> Any:
        return self.json["error"]

    @property
    def events(self) -> list[Any]:
        """The data of each event; `[DONE]` stays text."""
        return [json.loads(data) if data != "[DONE]" else data for _, data in self.named_events]

    @property
    def named_events(self) -> list[tuple[str, str]]:
        blocks = self.content.decode().strip().split("\n\n")
        return [_event(block) for block in blocks]


def _event(block: str) -> tuple[str, str]:
    fields = dict(line.split(": ", 1) for line in block.split("\n"))
    return fields.get("event", ""), fields["data"]


@dataclass
class Api:
    """Plain requests to an emulator without a socket, with one key."""

    emulator: Emulator = field(default_factory=Emulator)
    key: str = "sk-test"

    @property
    def world(self) -> World:
        return self.emulator.world(self.key)

    def send(
        self,
        method: str,
        url: str,
        body: Any = None,
        files: dict[str, list[Upload]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        path, _, query = url.partition("?")
        fields = body if body is not None else {}
        if files:
            fields = {**fields, **{name: uploads[0].filename for name, uploads in files.items()}}
        request = Request(method, path, decode_query(query), headers or {}, fields, files or {}, key=self.key)
        request.is_form = files is not None
        return answered(self.emulator.respond(request))

    def get(self, url: str, **options: Any) -> Answer:
        return self.send("GET", url, **options)

    def post(self, url: str, body: Any = None, **options: Any) -> Answer:
        return self.send("POST", url, body, **options)

    def delete(self, url: str, **options: Any) -> Answer:
        return self.send("DELETE", url, **options)


def answered(reply: Reply) -> Answer:
    if reply.events is None:
        return Answer(reply.status, reply.headers | {"content-type": reply.media}, reply.body)
    content = b"".join(takewhile(bool, frames(reply.events)))
    return Answer(reply.status, reply.headers | {"content-type": "text/event-stream; charset=utf-8"}, content)
