"""Runs that fail while they are told: a rule ends their stream in an error, and they are kept as far as they were told.

A step that was under way has failed, its message is incomplete; of what would have come later there is no trace.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fakeopenai.api import runs_course
from fakeopenai.errors import ApiError
from fakeopenai.wire import Event, Object
from fakeopenai.world import World

CODES = frozenset({"server_error", "rate_limit_exceeded", "invalid_prompt"})
"""What `last_error` can be (the reference's enum)."""


def break_off(world: World, run: Object, pieces: list[Object], told: Sequence[Event], error: ApiError) -> None:
    """Keep a run, all of whose pieces are published, as one that has failed after these events."""
    last_error = {"code": error.code if error.code in CODES else "server_error", "message": error.message}
    for piece in pieces:
        _break_step(world, run, piece["step"], told, last_error)
        if piece["message"]:
            _break_message(world, run, piece["message"], told)
    times = {"failed_at": int(world.clock.now), "completed_at": None, "expires_at": None}
    broken = run | {"status": "failed", "last_error": last_error, "required_action": None, "usage": None} | times
    runs_course.drawer(world, run).put(broken | {"incomplete_details": None})


def _break_step(world: World, run: Object, step: Object, told: Sequence[Event], last_error: Object) -> None:
    drawer = runs_course.steps(world, run)
    if not _is_told(step, told):
        drawer.delete(step["id"])
    elif not _is_told(step, told, "completed"):
        failed = {"status": "failed", "failed_at": int(world.clock.now), "completed_at": None, "expires_at": None}
        drawer.put(step | failed | {"last_error": last_error, "usage": None})


def _break_message(world: World, run: Object, message: Object, told: Sequence[Event]) -> None:
    drawer = world.drawer(f"/threads/{run['thread_id']}/messages")
    if not _is_told(message, told):
        drawer.delete(message["id"])
    elif not _is_told(message, told, message["status"]):
        incomplete = {"status": "incomplete", "incomplete_details": {"reason": "run_failed"}, "completed_at": None}
        content = list(_content(message, told))
        drawer.put(message | incomplete | {"incomplete_at": int(world.clock.now), "content": content})


def _is_told(item: Object, told: Sequence[Event], what: str = "created") -> bool:
    return any(event.name == f"{item['object']}.{what}" and event.data["id"] == item["id"] for event in told)


def _content(message: Object, told: Sequence[Event]) -> Iterator[Object]:
    """The parts of a message as far as their deltas were told."""
    deltas = [event.data for event in told if event.name == "thread.message.delta"]
    pieces = [piece for delta in deltas if delta["id"] == message["id"] for piece in delta["delta"]["content"]]
    for index, part in enumerate(message["content"]):
        heard = [piece[part["type"]] for piece in pieces if piece["index"] == index]
        match part["type"]:
            case "text" if heard:
                said = "".join(piece["value"] for piece in heard)
                notes = [note for note in part["text"]["annotations"] if note["end_index"] <= len(said)]
                yield {"type": "text", "text": {"value": said, "annotations": notes}}
            case "refusal" if heard:
                yield {"type": "refusal", "refusal": "".join(heard)}
            case _ if heard:
                yield part
