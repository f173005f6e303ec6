"""What happens in an agent session, as events: kept in few words, spelled out for whoever listens.

A session's log has one entry for each thing that happened. An entry for an item is spelled out into all events of that
item; its deltas join to its text. The same entry always gives the same events with the same ids.
"""

from __future__ import annotations

from collections.abc import Iterator

from fakeopenai import models, tokens
from fakeopenai.ids import B62, Names
from fakeopenai.resource import fitted
from fakeopenai.store import Drawer
from fakeopenai.wire import WAIT, Call, Event, Json, Object
from fakeopenai.world import World

SESSIONS = "/agents/sessions"
ENDS = {"agent.session.idle", "agent.session.failed"}
PAD = 16

ADDED, DONE = "item.added", "item.done"
"""Entries: an item of the model or of the caller comes; one that was waiting for the caller is done."""


def log_of(world: World, session_id: str) -> Drawer:
    return world.drawer(f"{SESSIONS}/{session_id}/log")


def log(world: World, session_id: str, type: str, **fields: Json) -> None:
    """Note what happened in a session."""
    drawer = log_of(world, session_id)
    drawer.put({"id": f"{len(drawer):06}", "at": world.clock.now, "type": type, "fields": fields})


def shown(session: Object) -> Object:
    """A session as answers show it; what was never configured is left out."""
    whole: Object = fitted({"$ref": "#/$defs/AgentSession"}, session)
    unset = ("prompt_cache_options", "review", "spend_control")
    return {name: value for name, value in whole.items() if value is not None or name not in unset}


def follow(call: Call, session_id: str, after: str | None, *, padded: bool, ends: bool) -> Iterator[Event]:
    """The events of a session behind an entry, as they happen; if it `ends`, up to where the session rests."""
    world = call.world
    while session := world.drawer(SESSIONS).get(session_id):
        for entry in log_of(world, session_id).items(after):
            yield from spelled(world, session, entry, padded=padded)
            after = entry["id"]
            if ends and entry["type"] in ENDS:
                return
        if not _moved(world, session):
            yield WAIT


def _moved(world: World, session: Object) -> bool:
    """Let time pass for a session that has something before it."""
    environment_id = session["environment"].get("id", "")
    with world.turn:
        return world.clock.poll(SESSIONS, session["id"]) or world.clock.poll("/agents/environments", environment_id)


def spelled(world: World, session: Object, entry: Object, *, padded: bool) -> Iterator[Event]:
    """An entry as the events of a stream."""
    names = Names(world.names(f"{session['id']}/{entry['id']}").seed, entry["at"])
    for event in _events(session, entry):
        whole = {"event_id": names.new("event_"), **event}
        if padded and "delta" in event:
            whole["obfuscation"] = _padding(names, event["delta"])
        yield Event(whole, event["type"])


def _padding(names: Names, delta: str) -> str:
    return "".join(B62[names.number(62, "pad")] for _ in range(-len(delta) % PAD))


def _events(session: Object, entry: Object) -> Iterator[Object]:
    fields = entry["fields"]
    match entry["type"]:
        case "item.added" | "item.done" as kind:
            place = {"session_id": session["id"], "turn_id": fields["item"]["turn_id"]}
            at = {"item_id": fields["item"]["id"], "output_index": fields["output_index"]} | place
            encoding = model.encoding if (model := models.find(session["agent"]["model"])) else "o200k_base"
            steps = _item(fields["item"], at, encoding) if kind == ADDED else _done(fields["item"], at)
            yield from ({"type": f"agent.session.turn.{step.pop('type')}", **step} for step in steps)
        case type if "session" in fields:
            yield {"type": type, **fields}
        case type:
            yield {"type": type, "session_id": session["id"], **fields}


def _item(item: Object, at: Object, encoding: str) -> Iterator[Object]:
    """The events of an item; the caller's own have only one."""
    placed = {name: value for name, value in at.items() if name != "item_id"}
    if at["output_index"] is None:
        yield {"type": "item.added", "item": item, **placed}
        return
    match item:
        case {"type": "message"}:
            yield {"type": "item.added", "item": item | {"content": [], "status": "in_progress"}, **placed}
            for index, part in enumerate(item["content"]):
                yield from _text(part["text"], at | {"content_index": index}, encoding)
        case {"type": "reasoning"}:
            yield {"type": "item.added", "item": item | {"summary": [], "status": "in_progress"}, **placed}
            for index, part in enumerate(item["summary"]):
                yield from _summary(part["text"], at | {"summary_index": index}, encoding)
        case _:
            yield {"type": "item.added", "item": item, **placed}
    if item.get("status") != "in_progress":
        yield from _done(item, at)


def _done(item: Object, at: Object) -> Iterator[Object]:
    yield {"type": "item.done", "item": item} | {name: value for name, value in at.items() if name != "item_id"}


def _text(text: str, at: Object, encoding: str) -> Iterator[Object]:
    yield {"type": "content_part.added", "part": {"type": "output_text", "text": ""}, **at}
    for piece in tokens.pieces(text, encoding):
        yield {"type": "output_text.delta", "delta": piece, **at}
    yield {"type": "output_text.done", "text": text, **at}
    yield {"type": "content_part.done", "part": {"type": "output_text", "text": text}, **at}


def _summary(text: str, at: Object, encoding: str) -> Iterator[Object]:
    yield {"type": "reasoning_summary_part.added", "part": {"type": "summary_text", "text": ""}, **at}
    for piece in tokens.pieces(text, encoding):
        yield {"type": "reasoning_summary_text.delta", "delta": piece, **at}
    yield {"type": "reasoning_summary_text.done", "text": text, **at}
    yield {"type": "reasoning_summary_part.done", "part": {"type": "summary_text", "text": text}, **at}
