"""Automations: what starts agents, or tells them something, at set times of the world's clock."""

from __future__ import annotations

from zoneinfo import ZoneInfoNotFoundError

import msgspec

from fakeopenai.api.agent_events import SESSIONS
from fakeopenai.api.agents import configured
from fakeopenai.api.environments import measured
from fakeopenai.clock import Course, Stage
from fakeopenai.cron import Schedule
from fakeopenai.errors import ApiError, invalid
from fakeopenai.resource import Routes, fitted, page
from fakeopenai.wire import Call, Object, Reply, Request
from fakeopenai.world import World

routes = Routes()


def seen(_: Call, item: Object) -> Object:
    """An automation as answers show it: the agent's configuration complete, without the files' contents."""
    target = dict(item["target"])
    if agent := target.get("agent"):
        target["agent"] = configured(agent)
    if files := target.get("environment", {}).get("files"):
        target["environment"] = target["environment"] | {"files": list(map(measured, files))}
    kind = "PeriodicAutomation" if item["type"] == "periodic" else "OneTimeAutomation"
    shown: Object = fitted({"$ref": f"#/$defs/{kind}"}, item | {"target": target})
    return shown


automations = routes.resource("/agents/automations/{automation_id}", object="agent.automation", view=seen)
invocations = routes.resource(
    "/agents/automations/{automation_id}/invocations/{invocation_id}",
    object="agent.automation.invocation",
    parent=automations,
    shape="AutomationInvocation",
)


@routes.on("POST /agents/automations")
def create(call: Call) -> Reply:
    _check(call, call.body)
    item = call.body | {
        "id": call.names.new("auto_"),
        "object": automations.object,
        "created_at": int(call.world.clock.now),
        "created_by": {"type": "developer"},
        "status": "active",
    }
    _keep(call, item)
    return Reply(automations.seen(call, item))


@routes.on("POST /agents/automations/{automation_id}")
def update(call: Call) -> Reply:
    item = automations.find(call)
    strange = {"run_at"} if item["type"] == "periodic" else {"expression", "timezone"}
    for name in sorted(strange & call.body.keys()):
        raise invalid(f"'{name}' is not a setting of an automation of type '{item['type']}'.", name)
    item |= call.body
    _check(call, item)
    _keep(call, item)
    return Reply(automations.seen(call, item))


def _check(call: Call, item: Object) -> None:
    """Refuse what can never happen."""
    if item["type"] == "periodic":
        _next(call.world, item)
    elif item["run_at"] <= call.world.clock.now:
        raise invalid("'run_at' must be in the future.", "run_at", "invalid_value")
    target = item["target"]
    if target["type"] == "existing_session" and target["session_id"] not in call.world.drawer(SESSIONS):
        raise ApiError(404, f"No session found with id '{target['session_id']}'.")
    if target["type"] == "new_session" and bool(target.get("agent")) == bool(target.get("agent_id")):
        raise invalid("Provide exactly one of 'agent' and 'agent_id'.", "target", "invalid_value")


def _schedule(item: Object) -> Schedule:
    try:
        return Schedule.read(item["expression"], item["timezone"])
    except (ZoneInfoNotFoundError, IsADirectoryError):
        message = f"Unknown timezone: '{item['timezone']}'."
        raise invalid(message, "timezone", "invalid_value") from None
    except ValueError:
        message = f"Invalid cron expression: '{item['expression']}'."
        raise invalid(message, "expression", "invalid_value") from None


def _keep(call: Call, item: Object) -> None:
    """Keep an automation, and wait for its time if it is active."""
    drawer = call.world.drawer(automations.collection)
    drawer.put(item)
    call.world.clock.leave(drawer.path, item["id"])
    if item["status"] == "active":
        call.world.clock.begin(item["type"], drawer.path, item)


@routes.on("POST /agents/automations/{automation_id}/pause")
def pause(call: Call) -> Reply:
    item = automations.find(call)
    if item["status"] == "active":
        _keep(call, item | {"status": "paused"})
    return Reply(automations.seen(call, automations.find(call)))


@routes.on("POST /agents/automations/{automation_id}/resume")
def resume(call: Call) -> Reply:
    item = automations.find(call)
    if item["status"] == "paused":
        _keep(call, item | {"status": "active", "pause_reason": None})
    return Reply(automations.seen(call, automations.find(call)))


@routes.on("GET /agents/automations")
def list_all(call: Call) -> Reply:
    wanted = call.query.get("session_id")
    drawer = automations.drawer(call)
    return Reply(page(call, drawer, automations, lambda item: wanted in {None, item["target"].get("session_id")}))


@routes.on("POST /agents/automations/{automation_id}/invocations")
def invoke(call: Call) -> Reply:
    item = _invocation(call.world, automations.find(call), {"type": "manual"})
    return Reply(invocations.seen(call, item))


def _invocation(world: World, automation: Object, source: Object, scheduled_at: int | None = None) -> Object:
    drawer = world.drawer(f"{automations.collection}/{automation['id']}/invocations")
    invocation = {
        "id": world.names(f"{automation['id']} invocation {len(drawer)}").new("inv_"),
        "object": invocations.object,
        "automation_id": automation["id"],
        "created_at": int(world.clock.now),
        "scheduled_at": scheduled_at,
        "source": source,
        "status": "queued",
    }
    drawer.put(invocation)
    world.clock.begin("delivery", drawer.path, invocation)
    return invocation


def _deliver(world: World, invocation: Object) -> None:
    """Start the session, or tell the one there is."""
    automation = world.drawer(automations.collection).get(invocation["automation_id"])
    if automation is None:
        invocation["status"] = "failed"
        return
    target = automation["target"]
    if target["type"] == "new_session":
        body = {name: value for name, value in target.items() if name != "type" and value is not None}
        invocation["session_id"] = _ask(world, SESSIONS, body, invocation)["id"]
        return
    invocation["session_id"] = target["session_id"]
    content = [{"type": "input_text", "text": target["instructions"]}]
    message = {"type": "agent.session.input.message", "input": [{"role": "user", "content": content}]}
    _ask(world, f"{SESSIONS}/{target['session_id']}/events", {"events": [message]}, invocation)


def _ask(world: World, path: str, body: Object, invocation: Object) -> Object:
    """Ask the API what an automation asks it, each time anew."""
    headers = {"openai-beta": "agents=v1", "idempotency-key": invocation["id"]}
    reply = world.answer(Request("POST", path, headers=headers, body=body))
    answer: Object = msgspec.json.decode(reply.body or b"{}")
    if reply.status >= 400:
        raise ApiError(reply.status, answer["error"]["message"], code=answer["error"]["code"])
    return answer


def _fail(_: World, invocation: Object, error: ApiError) -> None:
    missing = error.status == 404
    code = "resource_not_found" if missing else error.code or "invalid_request"
    invocation |= {"status": "failed", "error": {"code": code, "message": error.message}}


def _next(world: World, automation: Object) -> float:
    if automation["type"] == "once":
        return float(automation["run_at"]) - world.clock.now
    coming = _schedule(automation).after(world.clock.now)
    if coming is None:
        raise invalid(f"The cron expression '{automation['expression']}' never comes.", "expression", "invalid_value")
    return coming - world.clock.now


def _fire(world: World, automation: Object) -> None:
    source = {"type": "automation", "automation": automation}
    _invocation(world, automation, source, int(world.clock.now))


def _always(_: World, __: Object) -> bool:
    return True


routes.courses += [
    Course("periodic", [Stage("active", after=_next, enter=_fire, again=_always)], awaited=False),
    Course("once", [Stage("completed", after=_next, enter=_fire)], awaited=False),
    Course("delivery", [Stage("completed", after=1.0, enter=_deliver)], fail=_fail),
]
