"""Recorded requests put to an emulator in this process, in a state in which they can be answered.

Each session of recordings has a world of its own, and is replayed in order: an id that our answer gives where the
recorded one has another takes that one's place in all later requests. Jobs go on only as they were seen to. What a
session finds, because it was made before its recording began, is prepared if it is plain: responses that are followed,
conversations, files and stores that are only named, the assistants and threads of runs. A request about an object that
neither is there is left out, and so is a list of what nobody has made here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fakeopenai.contract import turns
from fakeopenai.contract.grammar import Events
from fakeopenai.contract.preparation import CHATS, fill, prepare, prepare_run, whole_pictures
from fakeopenai.contract.recordings import Recording
from fakeopenai.contract.run_turns import BEGINNINGS
from fakeopenai.contract.sessions import ID
from fakeopenai.emulator import Emulator
from fakeopenai.rules import on
from fakeopenai.schema import decode_query
from fakeopenai.sending import frames
from fakeopenai.server import App, decode, opened
from fakeopenai.wire import WAIT, Json, Object, Reply, Request
from fakeopenai.world import Settings

UNSENT = frozenset({"authorization", "host", "content-length", "accept-encoding", "connection", "content-type"})
"""Headers that belong to the recorder's connection."""

FAULTS = {429: "rate_limit", 500: "server_error", 502: "bad_gateway", 503: "overloaded", 504: "gateway_timeout"}
"""What befell a request without its doing, by status; the emulator is told to let it happen again."""

LOOKS = 8
"""How often a job is looked at to bring it to where it was."""

QUOTA = {"insufficient_quota": "insufficient_quota", "tokens": "request_too_large"}
"""Faults that share a status, by the `type` of their error."""


class LeftOut(Exception):  # noqa: N818  it is no error
    """A recording that cannot be replayed, and why."""


@dataclass(frozen=True)
class Answer:
    """What the emulator answered, as a client reads it."""

    status: int
    headers: dict[str, str]
    body: Json
    events: Events | None = None


class Session:
    """The recordings of one file, in order, in a world of their own."""

    def __init__(self, emulator: Emulator, name: str) -> None:
        self._edge = App(emulator)
        self.key = f"sk-{name}"
        self.world = emulator.open(self.key, Settings(any_model=False))
        self._ours: dict[str, str] = {}
        self._batched = CHATS

    def answer(self, recording: Recording, later: Sequence[Recording] = ()) -> Answer:
        """Our answer to a recorded request, of whose effects later ones tell. Raises LeftOut."""
        batched = (each.request["endpoint"] for each in later if each.endpoint == "POST /batches" and each.request)
        self._batched = next(batched, CHATS)
        self.request(recording)
        self.world.rules.clear()
        self._script(recording, later)
        reply = self._in_time(recording)
        if recording.method == "GET" and not self._ours and _is_full(recording.body) and _is_empty(reply.body):
            raise LeftOut("it lists what was made before")
        if recording.status < 400 and reply.status < 400:
            self._meet(recording.body, reply.body)
            self._meet_events(recording.events, reply.events or ())
        return reply

    def _in_time(self, recording: Recording) -> Answer:
        """The answer once jobs are as far as they were: nothing moves them but what was seen to have moved."""
        self._halt()
        reply = self._asked(recording)
        for _ in range(LOOKS if recording.method == "GET" else 0):
            if _stages(reply.body) == _stages(recording.body):
                break
            self.world.clock.run("auto")
            reply = self._asked(recording)
            self._halt()
        return reply

    def _halt(self) -> None:
        """Time passes by itself, as it did, but no time passes."""
        self.world.clock.run("rate", wall=lambda: 0.0)

    def _asked(self, recording: Recording) -> Answer:
        return read(self._edge.reply(self.request(recording)))

    def request(self, recording: Recording) -> Request:
        """The request as the emulator is to get it. Raises LeftOut."""
        if reason := unfit(recording):
            raise LeftOut(reason)
        request = opened("", f"/v1{self._known(recording.path)}", "", dict(self._headers(recording)))
        request.method, request.query = recording.method, decode_query(_pairs(self._known(recording.query)))
        request.key = "sk-invalid-1234567890" if recording.status == 401 else self.key
        match recording.asked:
            case {"t": "json", "v": value}:
                request.headers = {**request.headers, "content-type": "application/json"}
                body = json.dumps(self._prepared(recording, self._known(value)))
                decode(request, (whole_pictures(body) if "/images/" in request.path else body).encode())
            case {"t": "multipart", "parts": parts}:
                fill(request, self._known(parts), self._batched)
            case {"t": "empty"} if recording.endpoint not in turns.TURNS:
                pass
            case _:
                raise LeftOut("the request was not recorded")
        if recording.status < 400:
            self._check_path(request.path)
        return request

    def _headers(self, recording: Recording) -> Iterator[tuple[str, str]]:
        return ((name, value) for name, value in recording.sent.items() if name not in UNSENT)

    def _script(self, recording: Recording, later: Sequence[Recording]) -> None:
        if rule := turns.rule(recording, later):
            self.world.rules.add(rule)
        if fault := FAULTS.get(recording.status):
            error = (recording.body or {}).get("error") or {}
            self.world.rules.add(on().error(QUOTA.get(str(error.get("type")), fault)).rule)

    def _known(self, value: Json) -> Json:
        """The value with our ids in the place of recorded ones."""
        match value:
            case str() if value.startswith("/"):
                return "/".join(self._ours.get(part, part) for part in value.split("/"))
            case str():
                return self._ours.get(value, value)
            case list():
                return [self._known(member) for member in value]
            case dict():
                return {name: self._known(member) for name, member in value.items()}
            case _:
                return value

    def _meet(self, recorded: Json, ours: Json, key: str = "") -> None:
        """Learn which of our ids stand for which recorded ones."""
        match recorded, ours:
            case str(), str() if key == "encrypted_content" or (
                (key == "id" or key.endswith("_id")) and ID.match(recorded)
            ):
                self._ours[recorded] = ours
            case dict(), dict():
                for name in recorded.keys() & ours.keys():
                    self._meet(recorded[name], ours[name], name)
            case list(), list():
                for there, here in zip(recorded, ours, strict=False):
                    self._meet(there, here, key)

    def _meet_events(self, recorded: Events, ours: Events) -> None:
        """The last events carry the whole object."""
        if recorded and ours:
            self._meet(_last(recorded), _last(ours))

    def _check_path(self, path: str) -> None:
        for part in path.split("/"):
            if ID.match(part) and part not in self._ours.values():
                raise LeftOut("it is about an object made before")

    def _prepared(self, recording: Recording, body: Json) -> Json:
        """Make what a request names and nobody has made here."""
        if recording.status < 400 and isinstance(body, dict):
            prepare(self.world, body)
        if recording.endpoint in BEGINNINGS and recording.status in {200, 400}:
            self._ours |= prepare_run(self.world, recording, body, self._known(recording.path))
        return body


def unfit(recording: Recording) -> str:
    """Why a recording tells nothing about the API, or nothing that can be asked of an emulator."""
    asked = recording.request if isinstance(recording.request, dict) else {}
    if not recording.answered.keys() - {"t"} and recording.status != 204:
        return "the answer was not recorded"
    if recording.kind == "sse" and recording.endpoint in turns.TURNS and recording.request and not asked.get("stream"):
        return "the request is not the one that was answered"
    if recording.sent.get("openai-beta") == "assistants=v1":
        return "it speaks to the first version of assistants"
    if isinstance(asked.get("prompt"), dict):
        return "it uses a prompt made before"
    return "another server answered" if _is_foreign(recording) else ""


def _stages(body: Json) -> list[Json]:
    """The status of an object, or of those in a list."""
    match body:
        case {"object": "list", "data": [*items]}:
            return [item.get("status") for item in items if isinstance(item, dict)]
        case {"status": status}:
            return [status]
    return []


def _is_full(body: Json) -> bool:
    """Whether something is a list of objects with any in it."""
    return isinstance(body, dict) and body.get("object") == "list" and bool(body.get("data"))


def _is_empty(body: Json) -> bool:
    return isinstance(body, dict) and body.get("data") == []


def _is_foreign(recording: Recording) -> bool:
    """Whether a router of other providers answered, which names the provider."""
    bodies = [recording.body, *(data for _, data in recording.events)]
    return any(isinstance(body, dict) and "provider" in body for body in bodies)


def _pairs(query: Object) -> list[tuple[str, str]]:
    return [(name, each) for name, value in query.items() for each in (value if isinstance(value, list) else [value])]


def read(reply: Reply) -> Answer:
    """A reply as a client reads it."""
    media = "text/event-stream; charset=utf-8" if reply.events is not None else reply.media
    headers = reply.headers | ({"content-type": media} if reply.status != 204 else {})
    if reply.events is not None:
        return Answer(reply.status, headers, None, [event(frame) for frame in _frames(reply)])
    if "json" in media and reply.body:
        return Answer(reply.status, headers, json.loads(reply.body))
    return Answer(reply.status, headers, None)


def _frames(reply: Reply) -> Iterator[bytes]:
    return frames(event for event in reply.events or () if event is not WAIT)


def event(frame: bytes) -> tuple[str, Json]:
    """The name and data of a server-sent event."""
    fields = dict(line.split(": ", 1) for line in frame.decode().strip().split("\n"))
    data = fields["data"]
    return fields.get("event", ""), data if data == "[DONE]" else json.loads(data)


def _last(events: Events) -> Any:
    return next((data for _, data in reversed(events) if isinstance(data, dict)), None)
