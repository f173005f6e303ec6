"""Agent sessions: an agent at work. What a session is told begins a turn, which ends on the world's clock.

The model's words are decided when the turn begins and wait in the session's plan; they are published, as items and
events, when the clock gets there. Reading a session that is at work moves the clock, and so does listening to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fakeopenai import errors, tokens
from fakeopenai.api import agent_events, agent_subagents, environments
from fakeopenai.api.agent_events import ADDED, DONE, SESSIONS, log, shown
from fakeopenai.api.agent_prompt import prompt, said, usage
from fakeopenai.api.agents import agents, configured
from fakeopenai.api.traces import trace
from fakeopenai.clock import Course, Stage
from fakeopenai.errors import ApiError, invalid
from fakeopenai.resource import Resource, Routes, fitted, page
from fakeopenai.rules.outcome import AT_ONCE
from fakeopenai.speech import speak
from fakeopenai.turn import Prompt
from fakeopenai.wire import Call, Json, Object, Reply
from fakeopenai.world import World

routes = Routes()

LASTS = 2.0
"""Seconds that the model takes for its part of a turn."""

sessions = routes.resource(
    "/agents/sessions/{session_id}",
    object="agent.session",
    prefix="sess_",
    filters=("metadata",),
    view=lambda _, session: shown(session),
)
turns = routes.resource("/agents/sessions/{session_id}/turns/{turn_id}", parent=sessions, shape="Turn")
items = Resource("/agents/sessions/{session_id}/items/{item_id}", parent=sessions, view=lambda _, item: bare(item))
traces = Resource("/agents/sessions/{session_id}/turns/{turn_id}", parent=sessions, view=trace)
artifacts = routes.resource(
    "/agents/sessions/{session_id}/artifacts/{artifact_id}",
    object="agent.session.artifact",
    filters=("environment_id",),
    parent=sessions,
)


@routes.reads("POST /agents/sessions")
def read_first(call: Call) -> Prompt:
    return prompt(call.world, _agent(call), map(_told, _input(call.body)))


@routes.on("POST /agents/sessions")
def create(call: Call) -> Reply:
    body = call.body
    _check(body)
    session = _open(call, [_vault(call.world, id) for id in body.get("vault_ids") or ()])
    messages = _input(body)
    if messages:
        _begin(call, session, messages)
        _plan(call, session)
    reply = Reply(shown(session))
    if body.get("stream"):
        padded = (body.get("stream_options") or {}).get("include_obfuscation") is not False
        reply.events = agent_events.follow(call, session["id"], None, padded=padded, ends=True)
        reply.pace = AT_ONCE
    return reply


def _check(body: Object) -> None:
    kind = body["environment"]["type"]
    if not body.get("input") and (kind == "none" or (body.get("stream") and kind != "self_hosted")):
        raise errors.missing("input")
    if body.get("stream_options") and not body.get("stream"):
        message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise invalid(message, "stream_options")


def _open(call: Call, vault_ids: list[str]) -> Object:
    body, now = call.body, int(call.world.clock.now)
    environment = environments.attach(call, body["environment"])
    session = {
        "id": call.names.new(sessions.prefix),
        "object": sessions.object,
        "agent": _agent(call),
        "created_at": now,
        "environment": environment,
        "error": None,
        "last_active_at": now,
        "metadata": body.get("metadata") or {},
        "required_actions": [],
        "status": "idle",
        "usage": None,
        "vault_ids": vault_ids,
        **_limits(body),
    }
    _keep(call.world, session)
    log(call.world, session["id"], "agent.session.created", session=shown(session))
    environments.lend(call.world, environment, session["id"])
    return session


def _limits(body: Object) -> Object:
    review, control = body.get("review"), body.get("spend_control") or {}
    limit = control.get("limit")
    return {
        "prompt_cache_options": body.get("prompt_cache_options"),
        "review": None if review == "none" else review,
        "spend_control": {"consumed": 0, "limit": limit} if limit else None,
    }


def _agent(call: Call) -> Object:
    """The configuration a session runs: a saved agent's, with what the request says over it."""
    given = call.body.get("agent") or {}
    id = call.body.get("agent_id")
    if id:
        saved = call.world.drawer(agents.collection).get(id)
        if saved is None:
            raise agents.not_found(id)
        return {"id": id, **configured(given, saved)}
    if not given.get("model"):
        raise errors.missing("agent.model")
    return {"id": call.names.child("agent").new(agents.prefix), **configured(given)}


def _vault(world: World, id: str) -> str:
    if id not in world.drawer("/vaults"):
        raise ApiError(404, f"No vault found with id '{id}'.")
    return id


def _input(body: Object) -> list[Object]:
    given = body.get("input")
    if isinstance(given, str):
        return [{"role": "user", "content": [{"type": "input_text", "text": given}]}]
    return given or []


def _told(message: Object) -> Object:
    """A message of the user as an item."""
    return {"type": "message", "role": "user", "phase": None, "status": "completed", "content": message["content"]}


def _keep(world: World, session: Object) -> None:
    world.drawer(SESSIONS).put(session)


def _begin(call: Call, session: Object, messages: list[Object]) -> None:
    """Start a turn with what the user says."""
    now = int(call.world.clock.now)
    turn = {
        "id": call.names.new("turn_"),
        "object": "agent.session.turn",
        "agent_id": session["agent"]["id"],
        "created_at": now,
        "session_id": session["id"],
        "status": "queued",
        "prompt_cache_options": session["prompt_cache_options"],
        "outputs": 0,
    }
    session["turn_id"] = turn["id"]
    environments.wake(call.world, session["environment"].get("id", ""))
    _resume(call.world, session, turn | {"started_at": now}, queued=turn)
    for message in messages:
        _add(call.world, session, {"id": call.names.new("msg_"), **_told(message), "turn_id": turn["id"]})


def _resume(world: World, session: Object, turn: Object, queued: Object | None = None) -> None:
    session |= {"status": "in_progress", "required_actions": [], "last_active_at": int(world.clock.now)}
    log(world, session["id"], "agent.session.in_progress", session=shown(session))
    if queued:
        _tell(world, "created", queued)
    _tell(world, "in_progress", turn | {"status": "in_progress"})


def _tell(world: World, event: str, turn: Object, **fields: Json) -> None:
    """Keep a turn as it is now, and say so."""
    world.drawer(f"{SESSIONS}/{turn['session_id']}/turns").put(turn)
    seen = fitted({"$ref": "#/$defs/Turn"}, turn)
    log(world, turn["session_id"], f"agent.session.turn.{event}", turn=seen, turn_id=turn["id"], **fields)


def _turn(world: World, session: Object) -> Object:
    return world.drawer(f"{SESSIONS}/{session['id']}/turns").get(session["turn_id"]) or {}


def _items(world: World, session: Object) -> list[Object]:
    """The items of a session, those included that are still to be published."""
    return [*world.drawer(f"{SESSIONS}/{session['id']}/items"), *session.get("plan", {}).get("items", ())]


def _add(world: World, session: Object, item: Object, output_index: int | None = None, entry: str = ADDED) -> None:
    world.drawer(f"{SESSIONS}/{session['id']}/items").put(item)
    log(world, session["id"], entry, item=bare(item), output_index=output_index)


def bare(item: Object) -> Object:
    """An item without its place in the turn."""
    return {name: value for name, value in item.items() if name != "output_index"}


def _plan(call: Call, session: Object) -> None:
    """Let the model decide what it says, and publish it in a while."""
    asked = call.ask()
    used = tokens.input_tokens(asked)
    if used > asked.model.context:
        session["plan"] = {"items": [], "error": _too_long(asked)}
    else:
        spoken = speak(call, asked)
        found = [item | {"turn_id": session["turn_id"]} for item in said(spoken.turn, call.names, session["agent"])]
        orders = [item for item in found if item["type"] == "create_subagent_call"]
        working = [agent_subagents.work(call, session, order) for order in orders]
        session["plan"] = {"items": found, "usage": usage(call.world, asked, spoken, session), "subagents": working}
    _keep(call.world, session)
    call.world.clock.begin("agent turn", SESSIONS, session)


def _too_long(asked: Prompt) -> Object:
    message = f"The input is longer than the {asked.model.context} tokens of the model's context window."
    return {"code": "context_length_exceeded", "message": message}


def _sum(before: Json, more: Json) -> Json:
    """Two usages, or two counts of one, added up."""
    if isinstance(more, dict):
        return {name: _sum((before or {}).get(name, 0), value) for name, value in more.items()}
    return (before or 0) + more


def _publish(world: World, session: Object) -> None:
    """The model has spoken: the session rests, or waits for what the model asked for."""
    plan, turn = session.pop("plan"), _turn(world, session)
    for place, item in enumerate(plan["items"], turn["outputs"]):
        _add(world, session, item | {"output_index": place}, place)
    for done in plan.get("subagents", ()):
        agent_subagents.publish(world, session, done)
    turn["outputs"] += len(plan["items"])
    if cost := plan.get("usage"):
        turn["usage"], session["usage"] = _sum(turn.get("usage"), cost), _sum(session["usage"], cost)
    actions = list(filter(None, map(_action, plan["items"])))
    if actions:
        session |= {"status": "requires_action", "required_actions": actions}
        world.drawer(f"{SESSIONS}/{session['id']}/turns").put(turn | {"status": "waiting"})
        log(world, session["id"], "agent.session.requires_action", session=shown(session))
    else:
        error = plan.get("error")
        _rest(world, session, turn | {"error": error}, "failed" if error else "completed")


def _action(item: Object) -> Object | None:
    """What the caller must do about an item."""
    match item:
        case {"type": "function_call", "status": "in_progress"}:
            names = ("arguments", "call_id", "name", "turn_id", "type")
            return {name: item[name] for name in names}
        case {"type": "mcp_call", "status": "in_progress"}:
            request = {name: item[name] for name in ("arguments", "name", "server_label")}
            message = f"Allow {item['server_label']} to run {item['name']}?"
            whole = {"request": request | {"message": message, "type": "mcp_tool_call"}, "request_id": item["id"]}
            return {"type": "mcp_approval_request", "turn_id": item["turn_id"], **whole}
    return None


def _rest(world: World, session: Object, turn: Object, status: str) -> None:
    """A turn is over."""
    now = int(world.clock.now)
    turn |= {"status": status, "completed_at": now}
    session |= {"status": "idle", "required_actions": [], "last_active_at": now}
    if status == "completed":
        _deliver(world, session, turn)
    _tell(world, status, turn, usage=turn.get("usage"))
    log(world, session["id"], "agent.session.idle", session=shown(session))


_FILE = re.compile(r"(?<![\w/.-])(?:/workspace/)?((?:[\w-]+/)*[\w-]+\.(?:txt|md|csv|json|html|py|js|yaml|xml|svg))\b")
_WRITING = re.compile(r"\b(?:write|create|save|export|generate|produce|make|draft|put)\b", re.IGNORECASE)


def _deliver(world: World, session: Object, turn: Object) -> None:
    """Publish the files that the user asked for by name, with the answer in them."""
    environment = session["environment"]
    of_turn = [item for item in _items(world, session) if item["turn_id"] == turn["id"] and item["type"] == "message"]
    asked = " ".join(_words(item) for item in of_turn if item["role"] == "user")
    if environment["type"] != "openai_hosted" or not _WRITING.search(asked):
        return
    answer = "".join(_words(item) for item in of_turn if item["role"] == "assistant").encode()
    drawer = world.drawer(f"{SESSIONS}/{session['id']}/artifacts")
    for name in dict.fromkeys(_FILE.findall(asked)):
        path = f"/workspace/{name}"
        environments.write(world, environment["id"], path, answer)
        artifact = {
            "id": world.names(f"{turn['id']}{path}").new("artifact_"),
            "object": artifacts.object,
            "created_at": turn["completed_at"],
            "environment_id": environment["id"],
            "path": path,
            "session_id": session["id"],
            "size_bytes": len(answer),
            "turn_id": turn["id"],
        }
        drawer.put(artifact)
        world.store.put(f"{drawer.path}/content", artifact["id"], answer)


def _words(item: Object) -> str:
    return "".join(part.get("text", "") for part in item["content"])


def _fail(world: World, session: Object, error: ApiError) -> None:
    """The turn comes to nothing."""
    session["plan"] = {"items": [], "error": {"code": error.code or "server_error", "message": error.message}}
    _publish(world, session)


routes.courses.append(Course("agent turn", [Stage("idle", after=LASTS, enter=_publish)], fail=_fail))


@routes.reads("POST /agents/sessions/{session_id}/events")
def read_more(call: Call) -> Prompt:
    session = sessions.find(call)
    drafts = [draft for event in call.body["events"] for draft in _drafts(event)]
    return prompt(call.world, session["agent"], [*_items(call.world, session), *drafts])


def _drafts(event: Object) -> Iterator[Object]:
    """The items that an event brings, as far as the model reads them."""
    match event["type"]:
        case "agent.session.input.message":
            yield from map(_told, event["input"])
        case "agent.session.input.tool_result":
            yield {"type": "function_call_output", "status": "completed"} | event | {"type": "function_call_output"}


@routes.on("POST /agents/sessions/{session_id}/events")
def submit(call: Call) -> Reply:
    """Accept what a session is told, all of it or nothing."""
    session = sessions.find(call)
    if _repeated(call):
        return Reply(status=202)
    _check_events(session, call.body["events"])
    for event in call.body["events"]:
        _take(call, session, event)
    if session["status"] == "in_progress" and "plan" not in session:
        _plan(call, session)
    _keep(call.world, session)
    return Reply(status=202)


def _check_events(session: Object, events: list[Object]) -> None:
    """Refuse what a session can't take now, or once it has taken the events before."""
    left = {"required_actions": list(session["required_actions"])}
    for event in events:
        match event["type"]:
            case "agent.session.input.cancel":
                left["required_actions"].clear()
            case "agent.session.input.message" if left["required_actions"]:
                raise invalid("The session is waiting for required actions and cannot take messages.", "events")
            case "agent.session.input.tool_result":
                left["required_actions"].remove(_pending(left, "call_id", event["call_id"]))
            case (
                "agent.session.input.mcp_approval_request_result"
                | "agent.session.input.computer_use_approval_request_result"
            ):
                left["required_actions"].remove(_pending(left, "request_id", event["request_id"]))


def _repeated(call: Call) -> bool:
    """Whether a request with this idempotency key was accepted before."""
    key = call.request.headers.get("idempotency-key")
    drawer = call.world.drawer(f"{sessions.drawer(call).path}/{call.path['session_id']}/keys")
    known = bool(key and key in drawer)
    if key:
        drawer.put({}, key)
    return known


def _take(call: Call, session: Object, event: Object) -> None:
    match event["type"]:
        case "agent.session.input.message":
            _hear(call, session, event["input"])
        case "agent.session.input.cancel":
            _cancel(call.world, session)
        case "agent.session.input.tool_result":
            _answered(call, session, _pending(session, "call_id", event["call_id"]), event)
        case _:
            action = _pending(session, "request_id", event["request_id"])
            _approved(call.world, session, action, event["response"].get("decision"))


def _hear(call: Call, session: Object, messages: list[Object]) -> None:
    """The user speaks. A turn that is under way is brought to its end before."""
    if "plan" in session:
        call.world.clock.leave(SESSIONS, session["id"])
        _publish(call.world, session)
    if session["status"] != "in_progress":
        _begin(call, session, messages)
        return
    for message in messages:
        _add(call.world, session, {"id": call.names.new("msg_"), **_told(message), "turn_id": session["turn_id"]})


def _cancel(world: World, session: Object) -> None:
    """Leave the turn that is open, if one is, and what it has not said yet."""
    if session["status"] not in {"in_progress", "requires_action"}:
        return
    session.pop("plan", None)
    for action in session["required_actions"]:
        _finish(world, session, action, "incomplete")
    _rest(world, session, _turn(world, session), "cancelled")


def _pending(session: Object, field: str, id: str) -> Object:
    found: Object | None = next((action for action in session["required_actions"] if action.get(field) == id), None)
    if found is None:
        what = "tool call" if field == "call_id" else "approval request"
        raise invalid(f"Unknown pending {what}: {id}", code="invalid_request_error")
    return found


def _answered(call: Call, session: Object, action: Object, event: Object) -> None:
    """The caller has run a function."""
    status = "completed" if event["success"] else "failed"
    output = {name: event.get(name) for name in ("output", "error")}
    known = {"call_id": action["call_id"], "status": status, "turn_id": action["turn_id"]}
    _finish(call.world, session, action, status)
    _add(call.world, session, {"id": call.names.new("fco_"), "type": "function_call_output", **known, **output})
    _done(call.world, session, action)


def _approved(world: World, session: Object, action: Object, decision: str | None) -> None:
    """The caller has decided whether a tool may run."""
    if decision == "approve":
        _finish(world, session, action, "completed", output="")
    else:
        _finish(world, session, action, "failed", error={"message": "The request was not approved."})
    _done(world, session, action)


def _finish(world: World, session: Object, action: Object, status: str, **fields: Json) -> None:
    """The item that asked for an action is done."""
    asked = {action.get("call_id"), action.get("request_id")}
    for item in _items(world, session):
        if item["status"] == "in_progress" and not asked.isdisjoint({item["id"], item.get("call_id")} - {None}):
            _add(world, session, item | {"status": status} | fields, item["output_index"], DONE)


def _done(world: World, session: Object, action: Object) -> None:
    """An action is no longer required; after the last the turn goes on."""
    session["required_actions"].remove(action)
    if not session["required_actions"]:
        _resume(world, session, _turn(world, session))


@routes.on("GET /agents/sessions/{session_id}/events")
def listen(call: Call) -> Reply:
    """What happens in a session from now on, as long as the caller listens."""
    session = sessions.find(call)
    last = next(agent_events.log_of(call.world, session["id"]).ids(newest_first=True), None)
    padded = call.query.get("include_obfuscation") is not False
    events = agent_events.follow(call, session["id"], last, padded=padded, ends=False)
    return Reply(events=events, pace=AT_ONCE)


@routes.on("GET /agents/sessions")
def list_sessions(call: Call) -> Reply:
    agent = call.query.get("agent_id")
    drawer = sessions.drawer(call)
    return Reply(page(call, drawer, sessions, lambda session: agent in {None, session["agent"]["id"]}))


@routes.on("POST /agents/sessions/{session_id}")
def update(call: Call) -> Reply:
    session, body = sessions.find(call), call.body
    if "agent" in body:
        session["agent"] |= configured(body["agent"], session["agent"])
    session |= {name: value for name, value in _limits(body).items() if name in body}
    if "metadata" in body:
        session["metadata"] = body["metadata"] or {}
    _keep(call.world, session)
    return Reply(shown(session))


def _settle(call: Call) -> None:
    """Somebody looks at what a session has said: let it say what it is about to."""
    sessions.find(call)
    call.world.clock.poll(SESSIONS, call.path["session_id"])


@routes.on("GET /agents/sessions/{session_id}/turns", "GET /agents/sessions/{session_id}/turns/{turn_id}")
def look_at_turns(call: Call) -> Reply:
    _settle(call)
    return turns.retrieve(call) if "turn_id" in call.path else turns.list(call)


@routes.on("GET /agents/sessions/{session_id}/items", "GET /agents/sessions/{session_id}/turns/{turn_id}/items")
def list_items(call: Call) -> Reply:
    _settle(call)
    turn_id = call.path.get("turn_id")
    if turn_id:
        turns.find(call)
    return Reply(page(call, items.drawer(call), items, lambda item: turn_id in {None, item["turn_id"]}))


@routes.on("GET /agents/sessions/{session_id}/traces")
def list_traces(call: Call) -> Reply:
    _settle(call)
    return traces.list(call)


@routes.on("GET /agents/sessions/{session_id}/artifacts")
def list_artifacts(call: Call) -> Reply:
    _settle(call)
    return artifacts.list(call)


@routes.on("GET /agents/sessions/{session_id}/artifacts/{artifact_id}/content")
def download(call: Call) -> Reply:
    artifacts.find(call)
    content = call.world.store.get(f"{artifacts.drawer(call).path}/content", call.path["artifact_id"])
    return Reply(content or b"", media="application/octet-stream")
