"""Responses over a WebSocket: each is a turn of a lane, and goes on from what the connection remembers.

Nothing here waits or touches the network. What the client says is heard; the turns that it asks for are told event by
event, each with the seconds before it, so that lanes may be told side by side. Whoever sends an event lets its lane
frame it just then.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import msgspec

from fakeopenai import errors
from fakeopenai.api.responses import context, items, steering
from fakeopenai.api.responses.events import as_told, lifecycle
from fakeopenai.api.responses.memory import Latest, Memory
from fakeopenai.api.responses.steering import Steer
from fakeopenai.errors import ApiError, invalid
from fakeopenai.wire import Json, Object, Reply, Request
from fakeopenai.world import World

LIFE = 3600
"""Seconds that a connection lasts (guide of the WebSocket mode, as all limits and wordings of lanes)."""

MOST_LANES = 32
MOST_TURNS = 16
"""How many responses are told at a time; others wait."""

_STREAM_ID = re.compile(r"[A-Za-z0-9_.-]{1,256}")
_SAYS = ["response.create", "response.steer"]

Told = tuple[float, Object]
"""An event, and the seconds before it."""


class Heard(NamedTuple):
    """What is said at once, which lane has something to tell, and whether the connection is over."""

    events: list[Object] = []  # noqa: RUF012  nobody changes it
    lane: Lane | None = None
    ends: bool = False


@dataclass(slots=True)
class Lane:
    """Responses that follow each other. `active` is the one that is being told, as it was asked for."""

    name: str = ""
    waiting: deque[Object] = field(default_factory=deque)
    busy: bool = False
    active: str = ""
    asked: Object = field(default_factory=dict)
    steers: list[Steer] = field(default_factory=list)
    shift: int = 0
    last: int = -1

    def framed(self, event: Object) -> Object:
        """An event as it goes out now: with the name of its lane, and numbered after those that came between."""
        if event["type"].startswith("response.steer."):
            self.shift += 1
            event = event | {"sequence_number": self.last + 1}
        elif "sequence_number" in event:
            event = event | {"sequence_number": event["sequence_number"] + self.shift}
        self.last = event.get("sequence_number", self.last)
        return event | ({"stream_id": self.name} if self.name else {})


class Session:
    """One connection. `opening` is the request that asked for it, `answer` what answers requests in its world."""

    def __init__(self, opening: Request, world: Callable[[], World], answer: Callable[[Request], Reply]) -> None:
        self._opening = opening
        self._world = world
        self._answer = answer
        self._opened = world().clock.now
        self._lanes: dict[str, Lane] = {"": Lane()}
        self._latest: Latest = {}
        self._told: set[str] = set()
        self._held: dict[str, list[Steer]] = {}

    def hear(self, text: str | bytes) -> Heard:
        """Take what the client says."""
        if self._world().clock.now - self._opened >= LIFE:
            return Heard([_error(_outlived())], ends=True)
        try:
            return self._heard(_object(text))
        except ApiError as error:
            return Heard([_error(error)])

    def _heard(self, message: Object) -> Heard:
        match message.get("type"):
            case "response.create":
                return self._queue(message)
            case "response.steer":
                return Heard([self._steer(message)])
            case "response.inject":
                return Heard([self._injected(message)])
            case None:
                raise errors.missing("type")
            case other:
                raise errors.invalid_value("type", other, _SAYS)

    def _queue(self, message: Object) -> Heard:
        lane = self._lane(message)
        if message.get("background"):
            error = invalid("Background mode is not supported over WebSocket.", "background", "unsupported_parameter")
            return Heard([lane.framed(_error(error))])
        lane.waiting.append(message)
        return Heard(lane=lane)

    def _lane(self, message: Object) -> Lane:
        if "stream_id" not in message:
            return self._lanes[""]
        name = message["stream_id"]
        if not isinstance(name, str) or not _STREAM_ID.fullmatch(name):
            raise _invalid_stream_id()
        if name not in self._lanes and len(self._lanes) > MOST_LANES:
            raise _too_many_lanes(name)
        return self._lanes.setdefault(name, Lane(name))

    def turn(self, lane: Lane) -> Iterator[Told]:
        """What the next request of a lane comes to, and the steering of it."""
        message = lane.waiting.popleft()
        steers = self._held.pop(message.get("previous_response_id") or "", [])
        asked = {name: value for name, value in message.items() if name not in ENVELOPE} | {"stream": True}
        if steers:
            asked["input"] = [*_items(steers), *_given(asked.get("input"))]
        silent = message.get("generate") is False
        yield from self._respond(lane, asked, steers, silent=silent)
        while lane.steers:
            steers, lane.steers = lane.steers, []
            followed = {name: value for name, value in lane.asked.items() if name != "input"}
            follower = followed | {"previous_response_id": steers[0].response, "input": _items(steers)}
            yield from self._respond(lane, follower, steers, silent=False)

    def _respond(self, lane: Lane, asked: Object, steers: list[Steer], *, silent: bool) -> Iterator[Told]:
        lane.shift, lane.last = 0, -1
        memory = Memory(lane.name, silent, self._latest)
        request = replace(self._opening, method="POST", body=asked, raw=b"", memory=memory)
        reply = self._answer(request)
        if reply.status >= 400 or reply.events is None:
            memory.forget()
            yield _seconds(reply, 0), _error(_not_passed()) if reply.passing else _refusal(reply)
            yield from ((0, steer.failed("successor_creation_failed")) for steer in steers)
            return
        lane.active, lane.asked = (reply.body or {}).get("id", ""), asked
        yield from self._tell(lane, reply)
        yield from self._end(lane, reply.body)

    def _tell(self, lane: Lane, reply: Reply) -> Iterator[Told]:
        """The events of a response, up to the end of the item at which it is steered. Raises Cut."""
        count = 0
        events = [event for event in reply.events or () if isinstance(event.data, dict)]
        for number, event in enumerate(events):
            yield _seconds(reply, number), event.data
            count += event.name == "response.output_item.done"
            if event.name == "response.output_item.done" and lane.steers and _breaks(reply.body, count):
                yield 0, self._steered(lane, reply.body, count) | {"sequence_number": number + 1}
                return

    def _steered(self, lane: Lane, response: Object, count: int) -> Object:
        """The end of a response that was steered after so many items; so is it kept."""
        drawer, dropped = self._world().drawer(context.RESPONSES), len(response["output"]) - count
        with self._world().turn:
            stored = drawer.get(response["id"])
            if stored is not None:
                drawer.put(_cut_short(stored, count))
        Memory(lane.name, latest=self._latest).shorten(response["id"], dropped)
        return lifecycle("incomplete", as_told(_cut_short(response, count)))

    def _end(self, lane: Lane, response: Object | None) -> Iterator[Told]:
        """What becomes of the input that waits for a response that has ended."""
        lane.active = ""
        if not response or "status" not in response:
            return
        self._told.add(response["id"])
        if not lane.steers:
            return
        if response["status"] == "failed":
            yield from ((0, steer.failed("response_not_active")) for steer in lane.steers)
            lane.steers = []
        elif stubs := steering.required(response["output"]):
            waits = {"reason": "waiting_for_required_input", "required_input": stubs}
            yield from ((0, steer.event("pending", **waits)) for steer in lane.steers)
            self._held[response["id"]], lane.steers = lane.steers, []

    def _steer(self, asked: Object) -> Object:
        """Whether what the user says to a response is taken."""
        id = asked.get("previous_response_id")
        if not steering.is_valid(asked):
            return steering.refused(asked, "invalid_input")
        lane = next((lane for lane in self._lanes.values() if lane.active == id), None)
        if lane is None:
            return steering.refused(asked, "response_already_completed" if id in self._told else "response_not_found")
        if any(lane.asked.get(name) for name in steering.UNSTEERABLE):
            return lane.framed(steering.refused(asked, "steering_not_supported"))
        if len(lane.steers) >= steering.MOST:
            return lane.framed(steering.refused(asked, "too_many_pending_steers"))
        names = self._world().names_for(replace(self._opening, method="STEER", body=asked))
        steer = Steer(names.new("steer_"), id or "", asked["input"])
        lane.steers.append(steer)
        return lane.framed(steer.event("accepted"))

    def _injected(self, asked: Object) -> Object:
        """Tools' outputs for an agent that waits within a response, of which there are none here."""
        id = asked.get("response_id") or ""
        known = id in self._told or any(lane.active == id for lane in self._lanes.values())
        code = "response_already_completed" if known else "response_not_found"
        error = {"code": code, "message": steering.MESSAGES[code].format(id=id)}
        rest = {"input": asked.get("input") or [], "response_id": id, "sequence_number": 0}
        return {"type": "response.inject.failed", "error": error} | rest


ENVELOPE = frozenset({"type", "stream_id", "generate", "stream", "background"})
"""What a message says beside the request."""

TOLD_HEADERS = ("retry-after", "x-ratelimit")


def _breaks(response: Object, count: int) -> bool:
    """Whether a steered response ends after so many items: more was to follow, and no tool is awaited."""
    more = response["status"] == "completed" and count < len(response["output"])
    return more and not steering.required(response["output"][:count])


def _cut_short(response: Object, count: int) -> Object:
    end = {"status": "incomplete", "completed_at": None, "incomplete_details": {"reason": "steered"}}
    return response | end | {"output": response["output"][:count]}


def _given(input: Json) -> list[Object]:
    return items.given(input) if input else []


def _items(steers: list[Steer]) -> list[Object]:
    return [item for steer in steers for item in steer.items]


def _seconds(reply: Reply, number: int) -> float:
    """The wait for an event of that number, where the connection doesn't break."""
    pace = reply.pace
    if pace is None:
        return 0
    if pace.cut.at_once or pace.cut.events == number:
        raise pace.cut.cut()
    return pace.wait(number) + (0 if number else pace.delay)


def _object(text: str | bytes) -> Object:
    try:
        message = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise errors.unreadable_body() from None
    if not isinstance(message, dict):
        raise invalid("Each message must be a JSON object.", code="invalid_type")
    return message


def _error(error: ApiError) -> Object:
    told = {name: error.error[name] for name in ("type", "code", "message", "param")}
    return {"type": "error", "status": error.status} | error.beside | {"error": told}


def _refusal(reply: Reply) -> Object:
    """What is said of a request that came to no stream; what a rule says in its place goes out as it is."""
    try:
        body = msgspec.json.decode(reply.body)
    except msgspec.DecodeError:
        page = reply.body.decode("utf-8", "replace")
        body = {"error": {"type": "server_error", "code": None, "message": page, "param": None}}
    if reply.status < 400 or not isinstance(body, dict):
        return body if isinstance(body, dict) else {"type": "message", "message": body}
    headers = {name: value for name, value in reply.headers.items() if name.startswith(TOLD_HEADERS)}
    error = body.get("error", body)
    return {"type": "error", "status": reply.status, "error": error | ({"headers": headers} if headers else {})}


def _not_passed() -> ApiError:
    message = "What comes on a WebSocket is not passed on to another API."
    return ApiError(400, message, type="fakeopenai_error", code="not_passed_on")


def _outlived() -> ApiError:
    return invalid(
        "Responses websocket connection limit reached (60 minutes). Create a new websocket connection to continue.",
        code="websocket_connection_limit_reached",
    )


def _invalid_stream_id() -> ApiError:
    return invalid(
        "The 'stream_id' field must be a non-empty string with at most 256 characters and may only contain letters, "
        "numbers, underscores, hyphens, and periods.",
        "stream_id",
        "invalid_stream_id",
    )


def _too_many_lanes(name: str) -> ApiError:
    error = invalid(
        f"This WebSocket connection has reached its maximum number of distinct stream IDs ({MOST_LANES}). Reuse an "
        "existing stream_id or open a new WebSocket connection.",
        "stream_id",
        "websocket_stream_limit_reached",
    )
    error.beside = {"stream_id": name}
    return error
