"""Subagents: other agents that the agent of a session gives work to, each with a turn of its own.

The default voice starts none; a rule does, with a hosted step of the type `create_subagent_call`.
"""

from __future__ import annotations

from dataclasses import replace

from fakeopenai.api.agent_events import ADDED, SESSIONS, log
from fakeopenai.api.agent_prompt import prompt, said, usage
from fakeopenai.resource import Resource, Routes, page
from fakeopenai.speech import speak
from fakeopenai.wire import Call, Object, Reply
from fakeopenai.world import World

routes = Routes()

_sessions = Resource("/agents/sessions/{session_id}", object="agent.session")
subagents = routes.resource(
    "/agents/sessions/{session_id}/subagents/{subagent_id}",
    object="agent.session.subagent",
    parent=_sessions,
    shape="Subagent",
)
turns = routes.resource(
    "/agents/sessions/{session_id}/subagents/{subagent_id}/turns/{turn_id}",
    object="agent.session.turn",
    parent=subagents,
    shape="Turn",
)
items = Resource("/agents/sessions/{session_id}/subagents/{subagent_id}/items/{item_id}", parent=subagents)


@routes.on(
    "GET /agents/sessions/{session_id}/subagents/{subagent_id}/items",
    "GET /agents/sessions/{session_id}/subagents/{subagent_id}/turns/{turn_id}/items",
)
def list_items(call: Call) -> Reply:
    turn_id = call.path.get("turn_id")
    if turn_id:
        turns.find(call)
    return Reply(page(call, items.drawer(call), items, lambda item: turn_id in {None, item["turn_id"]}))


@routes.on("GET /agents/sessions/{session_id}/subagents")
def list_subagents(call: Call) -> Reply:
    _sessions.find(call)
    call.world.clock.poll(SESSIONS, call.path["session_id"])
    return subagents.list(call)


def work(call: Call, session: Object, order: Object) -> Object:
    """What a subagent does about an order: its turn and items, to be published with those of the session."""
    text = "".join(part.get("text", "") for part in order["content"])
    told = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    asked = prompt(call.world, session["agent"] | {"tools": []}, [told])
    spoken = speak(replace(call, rule=None), asked)
    turn_id = call.names.new("turn_")
    message = {
        "id": call.names.new("amsg_"),
        "type": "agent_message",
        "content": order["content"],
        "sender_agent_id": session["agent"]["id"],
        "recipient_agent_id": order["agent_id"],
    }
    found = [message, *said(spoken.turn, call.names, session["agent"])]
    return {
        "id": order["agent_id"],
        "instructions": order["content"],
        "turn_id": turn_id,
        "usage": usage(call.world, asked, spoken, {}),
        "items": [item | {"turn_id": turn_id} for item in found],
    }


def publish(world: World, session: Object, done: Object) -> None:
    """A subagent has come, worked and gone."""
    now, path = int(world.clock.now), f"{SESSIONS}/{session['id']}/subagents"
    subagent = {
        "id": done["id"],
        "object": subagents.object,
        "instructions": done["instructions"],
        "name": None,
        "opened_at": now,
        "parent_agent_id": session["agent"]["id"],
        "session_id": session["id"],
        "status": "active",
    }
    log(world, session["id"], "agent.session.subagent.created", subagent=subagent)
    log(world, session["id"], "agent.session.subagent.active", subagent=subagent)
    for place, item in enumerate(done["items"]):
        world.drawer(f"{path}/{done['id']}/items").put(item)
        log(world, session["id"], ADDED, item=item, output_index=place or None)
    turn = {
        "id": done["turn_id"],
        "object": turns.object,
        "agent_id": done["id"],
        "created_at": now,
        "started_at": now,
        "completed_at": now,
        "session_id": session["id"],
        "status": "completed",
        "subagent_id": done["id"],
        "usage": done["usage"],
    }
    world.drawer(f"{path}/{done['id']}/turns").put(turn)
    log(world, session["id"], "agent.session.turn.completed", turn=turn, turn_id=turn["id"])
    closed = subagent | {"status": "closed", "closed_at": now}
    world.drawer(path).put(closed)
    log(world, session["id"], "agent.session.subagent.closed", subagent=closed)
