"""The control API under `/_fakeopenai`: what test harnesses ask of the emulator itself.

Without a token it answers only to this machine, and to no web page from elsewhere; with one, to whoever sends it as
`Authorization: Bearer`. Errors are `{"error": {"code": …, "message": …}}`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import cache
from hmac import compare_digest
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import jsonschema_rs
import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from fakeopenai import __version__, access, allowances, rationing, served, snapshot
from fakeopenai.allowances import Allowances
from fakeopenai.control_document import ROOT, SCHEMAS, Endpoint, document
from fakeopenai.rules import RuleError
from fakeopenai.rules.files import Rules, parse
from fakeopenai.wire import Json, Object, Reply
from fakeopenai.world import world_name

if TYPE_CHECKING:
    from starlette.requests import Request

    from fakeopenai.emulator import Emulator
    from fakeopenai.world import World


Answer = Callable[["Visit"], Json]


class ControlError(Exception):
    """Something that the control API can't do, and why."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Visit:
    """What somebody asks of the emulator."""

    emulator: Emulator
    path: Mapping[str, str]
    query: Mapping[str, str]
    text: str
    body: Json

    @property
    def world(self) -> World:
        """The world that the path names; 404 if there is none."""
        name = self.path["world"]
        world = self.emulator.find(name)
        if world is None:
            raise ControlError(404, "no_such_world", f"there is no world '{name}'; a world begins with a first request")
        return world

    @property
    def begun(self) -> World:
        """The world that the path names, which begins now if there is none."""
        return self.emulator.world(self.path["world"])


ENDPOINTS: list[Endpoint] = []
"""All that can be asked."""

WORLD = "/worlds/{world:path}"


def control(emulator: Emulator, token: str = "") -> Starlette:
    """The control API of an emulator."""
    # The name of a world may have slashes in it, so the longer paths come first.
    routes = [
        Route(ROOT + endpoint.path, _route(emulator, endpoint, token), methods=[endpoint.method])
        for endpoint in sorted(ENDPOINTS, key=lambda endpoint: -endpoint.path.count("/"))
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: _unknown, ControlError: _refused})


def on(method: str, path: str, **described: Any) -> Callable[[Answer], Answer]:
    """Register what answers; its name and its first line stand in the document."""

    def register(answer: Answer) -> Answer:
        ENDPOINTS.append(Endpoint(method, path, answer, **described))
        return answer

    return register


# What is answered

_RULE = {"when": {"operation": "chat", "contains": "weather"}, "say": "Sunny", "times": 2}
_STATE = {"fakeopenai": 1, "drawers": {"/files": [{"id": "file-1", "json": {"id": "file-1", "object": "file"}}]}}


@on("GET", "/health", reply="Health", open=True)
def health(visit: Visit) -> Json:
    """Whether the emulator is there."""
    return {"status": "ok", "version": __version__, "worlds": len(visit.emulator.names())}


@on("GET", "/openapi.json", open=True)
def openapi(_: Visit) -> Json:
    """This document."""
    return document(ENDPOINTS)


@on("GET", "/files/{world:path}/{name}", open=True)
def file(visit: Visit) -> Json:
    """A file that an answer links to."""
    return served.fetch(visit.emulator.find(visit.path["world"]), visit.path["name"])


@on("GET", "/worlds", reply="Worlds")
def list_worlds(visit: Visit) -> Json:
    """The names of all worlds."""
    return {"worlds": visit.emulator.names()}


@on("GET", WORLD, reply="World")
def get_world(visit: Visit) -> Json:
    """What a world is like."""
    return _shown(visit.world)


@on("DELETE", WORLD, status=204)
def delete_world(visit: Visit) -> Json:
    """Forget a world and its rules."""
    visit.emulator.drop(visit.world.name)


@on("POST", f"{WORLD}/fork", body="Fork", example={"name": "copy"}, reply="World", status=201)
def fork_world(visit: Visit) -> Json:
    """Copy the state of a world, with its rules, in the place of another's."""
    source = visit.world
    if world_name(visit.body["name"]) == source.name:
        raise ControlError(400, "invalid_body", f"'{source.name}' would be a copy of itself")
    with visit.emulator.turn:
        target = visit.emulator.open(visit.body["name"], source.settings)
        snapshot.copy(source, target)
    return _shown(target)


@on("GET", f"{WORLD}/state", reply="State")
def get_state(visit: Visit) -> Json:
    """All that a world holds: objects, jobs, the clock, what was counted, and rules of its own."""
    return snapshot.dump(visit.world)


@on("PUT", f"{WORLD}/state", body="State", example=_STATE, status=204)
def put_state(visit: Visit) -> Json:
    """Put a dumped state in the place of a world's own. If no rules are in it, the world keeps those it has."""
    try:
        snapshot.load(visit.begun, visit.body)
    except snapshot.SnapshotError as error:
        raise ControlError(400, "invalid_state", str(error)) from None


@on("DELETE", f"{WORLD}/state", status=204)
def delete_state(visit: Visit) -> Json:
    """Let a world begin anew, with the same rules."""
    snapshot.reset(visit.world)


@on("GET", f"{WORLD}/rules", reply="RuleUses")
def list_rules(visit: Visit) -> Json:
    """The rules of a world, and how often each has spoken."""
    return _rules(visit.world)


@on("POST", f"{WORLD}/rules", body="Rules", example=_RULE, reply="RuleUses")
def add_rules(visit: Visit) -> Json:
    """Put rules behind those there are."""
    rules = _read(visit)
    world = visit.begun
    with world.turn:
        world.rules.extend(rules)
        world.clock.follow(rules.clock, time.monotonic)
    return _rules(world)


@on("PUT", f"{WORLD}/rules", body="Rules", example=[_RULE], reply="RuleUses", query=("counts",))
def replace_rules(visit: Visit) -> Json:
    """Have these rules and no others, which with `counts=keep` go on where rules of the same words have got to."""
    rules = _read(visit)
    world = visit.begun
    with world.turn:
        if visit.query.get("counts") != "keep":
            world.rules.clear()
        world.rules.exchange(rules)
        world.clock.follow(rules.clock, time.monotonic)
    return _rules(world)


@on("DELETE", f"{WORLD}/rules", status=204)
def clear_rules(visit: Visit) -> Json:
    """Have no rules but those of the server."""
    world = visit.world
    with world.turn:
        world.rules.clear()


@on("GET", f"{WORLD}/clock", reply="Clock")
def get_clock(visit: Visit) -> Json:
    """A world's time."""
    return _clock(visit.world)


@on("PATCH", f"{WORLD}/clock", body="ClockMode", example={"mode": "manual"}, reply="Clock")
def set_clock(visit: Visit) -> Json:
    """Choose what moves the clock."""
    world = visit.begun
    with world.turn:
        world.clock.run(visit.body["mode"], visit.body.get("rate", 1.0), time.monotonic)
    return _clock(world)


@on("POST", f"{WORLD}/clock/advance", body="Advance", example={"seconds": 3600}, reply="Clock")
def advance_clock(visit: Visit) -> Json:
    """Let time pass, with all that falls due in it."""
    world = visit.begun
    with world.turn:
        world.clock.advance(visit.body["seconds"])
    return _clock(world)


@on("GET", f"{WORLD}/journal", reply="Journal", query=("limit",))
def get_journal(visit: Visit) -> Json:
    """The requests so far, oldest first."""
    from fakeopenai.testing import Recorded

    exchanges = list(visit.world.journal)[-_limit(visit) :]
    return {"requests": [_told(Recorded(exchange)) for exchange in exchanges]}


@on("DELETE", f"{WORLD}/journal", status=204)
def clear_journal(visit: Visit) -> Json:
    """Forget the requests so far."""
    visit.world.journal.clear()


@on("GET", f"{WORLD}/limits", reply="Limits")
def get_limits(visit: Visit) -> Json:
    """What a world may ask for, how far that is used, and what it has spent this month."""
    return _limits(visit.world)


@on("PUT", f"{WORLD}/limits", body="Allowances", example={"requests_per_minute": 3}, reply="Limits")
def set_limits(visit: Visit) -> Json:
    """Have these limits, none of them used yet, before those of the server."""
    try:
        given = allowances.read(visit.body)
    except RuleError as error:
        raise ControlError(400, "invalid_limits", str(error)) from None
    world = visit.begun
    with world.turn:
        _limit_to(world, given)
    return _limits(world)


@on("DELETE", f"{WORLD}/limits", status=204)
def delete_limits(visit: Visit) -> Json:
    """Have no limits but those of the server, and none of them used."""
    world = visit.world
    with world.turn:
        _limit_to(world, {})


def _shown(world: World) -> Object:
    seed, requests = world.settings.seed, len(world.journal)
    return {"name": world.name, "seed": seed, "clock": _clock(world), "rules": len(world.rules), "requests": requests}


def _clock(world: World) -> Object:
    return {"now": world.clock.now, "mode": world.clock.mode, "rate": world.clock.rate}


def _limits(world: World) -> Object:
    with world.turn:
        used = list(rationing.used(world))
        spent = access.spent(world)
    soft = allowances.allowed(world.limits, "").soft_spend
    reached = isinstance(soft, int | float) and spent >= soft
    return {
        "limits": allowances.written(world.limits),
        "used": used,
        "spent": round(spent, 6),
        "soft_spend_reached": reached,
    }


def _limit_to(world: World, given: Allowances) -> None:
    for scope in list(world.allowances):
        del world.allowances[scope]
    for scope in list(world.levels):
        del world.levels[scope]
    for scope, allowance in given.items():
        world.allowances[scope] = allowance


def _rules(world: World) -> Object:
    return {
        "rules": [
            {
                "name": rule.label,
                "uses": world.rules.uses(rule),
                "used_up": world.rules.used_up(rule),
                "rule": rule.words,
            }
            for rule in world.rules
        ],
        "trouble": world.rules.trouble,
    }


def _read(visit: Visit) -> Rules:
    try:
        return parse(visit.text, "body.json", local=False)
    except RuleError as error:
        raise ControlError(400, "invalid_rule", str(error)) from None


def _told(made: Any) -> Object:
    return {name: getattr(made, name) for name in SCHEMAS["Journal"]["properties"]["requests"]["items"]["required"]}


def _limit(visit: Visit) -> int:
    limit = visit.query.get("limit", "0")
    if not limit.isdecimal():
        raise ControlError(400, "invalid_query", f"'limit' must be a whole number, got '{limit}'")
    return int(limit)


# How it is asked


def _route(emulator: Emulator, endpoint: Endpoint, token: str) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    async def answer(request: Request) -> Response:
        if not endpoint.open:
            _admit(request, token)
        text = _text(await request.body())
        body = _checked(endpoint, text) if endpoint.body else None
        visit = Visit(emulator, request.path_params, request.query_params, text, body)
        return _response(endpoint, endpoint.answer(visit))

    return answer


def _admit(request: Request, token: str) -> None:
    if token:
        given = request.headers.get("authorization", "")
        if not compare_digest(given.encode(), f"Bearer {token}".encode()):
            raise ControlError(401, "unauthorized", "send the control token as 'Authorization: Bearer TOKEN'")
        return
    if request.client and not _is_here(request.client.host):
        message = "without a token only this machine may ask; start the server with --control-token"
        raise ControlError(403, "forbidden", message)
    page = urlsplit(request.headers.get("origin", "")).hostname
    if page and not _is_here(page):
        raise ControlError(403, "forbidden", f"web pages from {page} may not ask; use a --control-token")


def _is_here(host: str) -> bool:
    try:
        address = ip_address(host.removeprefix("::ffff:"))
    except ValueError:
        return host == "localhost"
    return address.is_loopback


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise ControlError(400, "invalid_body", "the body is not UTF-8") from None


def _checked(endpoint: Endpoint, text: str) -> Json:
    try:
        body = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ControlError(400, "invalid_body", f"the body must be JSON: {error}") from None
    for wrong in _validator(endpoint.body).iter_errors(body):
        where = "".join(f"[{step!r}]" for step in wrong.instance_path)
        raise ControlError(400, "invalid_body", f"body{where}: {wrong.message}")
    return body


@cache
def _validator(schema: str) -> Any:
    return jsonschema_rs.Draft202012Validator(SCHEMAS[schema])


def _response(endpoint: Endpoint, answer: Json) -> Response:
    if isinstance(answer, Reply):
        return Response(answer.body, answer.status, media_type=answer.media)
    if endpoint.status == 204:
        return Response(status_code=204)
    return Response(msgspec.json.encode(answer, enc_hook=repr), endpoint.status, media_type="application/json")


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, ControlError)
    return _error(error.status, error.code, str(error))


async def _unknown(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        return _error(405, "method_not_allowed", f"{request.url.path} doesn't take {request.method}")
    return _error(error.status_code, "not_found", f"there is no {request.url.path}; see {ROOT}/openapi.json")


def _error(status: int, code: str, message: str) -> Response:
    content = msgspec.json.encode({"error": {"code": code, "message": message}})
    return Response(content, status, media_type="application/json")
