"""Responses in the background: decided when asked for, shown when their time has come on the virtual clock."""

from __future__ import annotations

from fakeopenai import account
from fakeopenai.api.responses import context
from fakeopenai.api.responses.events import unfinished
from fakeopenai.clock import Course, Stage
from fakeopenai.errors import ApiError, invalid
from fakeopenai.wire import Call, Object, Reply
from fakeopenai.world import World

FINISHED = "/responses/finished"
"""What will have been said."""


def begin(call: Call, response: Object) -> Object:
    """Set a finished response back to its beginning, and let it go its course."""
    world = call.world
    queued = unfinished(response, "queued")
    world.drawer(FINISHED).put(response)
    world.drawer(context.RESPONSES).put(queued)
    world.clock.begin(COURSE.name, context.RESPONSES, queued)
    return queued


def _end(world: World, job: Object) -> None:
    finished = world.drawer(FINISHED).get(job["id"])
    if finished is None:
        return
    world.drawer(FINISHED).delete(job["id"])
    context.add(world, finished, finished["output"])
    job.clear()
    job.update(finished | ({"completed_at": int(world.clock.now)} if finished.get("completed_at") else {}))
    account.count(world, "POST /responses", {}, job)


def _fail(world: World, job: Object, error: ApiError) -> None:
    """Nothing has been said."""
    _forget(world, job)
    ended = unfinished(job, "failed") | {"error": {"code": error.code or "server_error", "message": error.message}}
    job.clear()
    job.update(ended)


def _forget(world: World, job: Object) -> None:
    """Nobody will hear what would have been said."""
    world.drawer(FINISHED).delete(job["id"])


COURSE = Course(
    "response",
    (Stage("in_progress"), Stage("completed", enter=_end)),
    fail=_fail,
    cancel=Stage("cancelled", enter=_forget),
)


def polled(call: Call, response: Object) -> Reply:
    """A stored response, with a hint of when to look again."""
    return Reply(response, headers=call.world.clock.hint(context.RESPONSES, response["id"]))


def finish(world: World, id: str) -> None:
    """Let a response come to its end, if somebody who waits for it makes time pass."""
    while world.clock.poll(context.RESPONSES, id):
        pass


def cancelled(call: Call, response: Object) -> Object:
    """Stop a response; a cancelled one may be cancelled again."""
    if not response.get("background"):
        raise invalid("Cannot cancel a synchronous response.")
    if response["status"] == "cancelled":
        return response
    if response["status"] not in {"queued", "in_progress"}:
        raise invalid("Cannot cancel a completed response.")
    call.world.drawer(FINISHED).delete(response["id"])
    stopped = response | {"status": "cancelled"}
    call.world.drawer(context.RESPONSES).put(stopped)
    return stopped
