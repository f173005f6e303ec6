"""The life of a run: what it comes to is decided first, kept as a plan, and published when the clock gets there."""

from __future__ import annotations

from dataclasses import replace

from fakeopenai.api import runs_plan, runs_prompt
from fakeopenai.api.responses import hosted
from fakeopenai.clock import Course, Stage
from fakeopenai.errors import ApiError
from fakeopenai.speech import Spoken
from fakeopenai.store import Drawer
from fakeopenai.turn import Hosted, Prompt
from fakeopenai.wire import Call, Object
from fakeopenai.world import World

WORKING, EXPIRY, CANCELLING = "run", "run expiry", "run cancelling"


def drawer(world: World, run: Object) -> Drawer:
    return world.drawer(f"/threads/{run['thread_id']}/runs")


def steps(world: World, run: Object) -> Drawer:
    return world.drawer(f"/threads/{run['thread_id']}/runs/{run['id']}/steps")


def _plans(world: World, run: Object) -> Drawer:
    return world.drawer(f"/threads/{run['thread_id']}/runs/{run['id']}/plan")


def plan_of(world: World, run: Object) -> Object:
    plan = _plans(world, run).get(run["id"])
    assert plan is not None, "a run has a plan from its beginning"
    return plan


def decide(call: Call, run: Object, asked: Prompt, plan: Object) -> None:
    """Let the model speak, within the tokens that the run has left, and keep what comes of it as the run's plan.

    `plan` knows the vector stores that the run may search, whether what they give is `included`, and what is `spent`.
    """
    fitted = runs_prompt.fitting(asked, _left(run, plan, "prompt_tokens"))
    if fitted is None:
        plan |= _too_long(run, asked)
    else:
        plan |= _planned(call, run, replace(fitted, limit=_left(run, plan, "completion_tokens")))
    plan["spent"] = runs_plan.added(plan["spent"], plan["cost"])
    _plans(call.world, run).put(plan)


def _left(run: Object, plan: Object, kind: str) -> int | None:
    most: int | None = run[f"max_{kind}"]
    return None if most is None else max(0, most - plan["spent"][kind])


def _too_long(run: Object, asked: Prompt) -> Object:
    if run["max_prompt_tokens"] is not None:
        return _nothing({"status": "incomplete", "incomplete_details": {"reason": "max_prompt_tokens"}})
    message = f"The last message is longer than the {asked.model.context} tokens of the model's context window."
    return _nothing(_failed("invalid_prompt", message))


def _nothing(outcome: Object) -> Object:
    """The model isn't even asked."""
    return {"pieces": [], "outcome": outcome, "cost": runs_plan.usage(0, 0)}


def _failed(code: str, message: str) -> Object:
    return {"status": "failed", "last_error": {"code": code, "message": message}}


def _planned(call: Call, run: Object, asked: Prompt) -> Object:
    try:
        spoken = hosted.speak(call, asked)
    except ApiError as error:
        return _nothing(_failed("server_error", error.message))
    found = runs_plan.pieces(call.world, call.names, run, asked, spoken)
    return {"pieces": found, "outcome": _outcome(spoken, found), "cost": runs_plan.cost(found, asked, spoken)}


def _outcome(spoken: Spoken, found: list[Object]) -> Object:
    """How a run ends, or that it needs its caller. A script makes it fail with `hosted: {type: error, …}`."""
    items = [step.item for step in spoken.turn.steps if isinstance(step, Hosted)]
    for item in items:
        if item["type"] == "error":
            return _failed(item.get("code", "server_error"), item["message"])
    if spoken.finish in {"length", "content_filter"}:
        details = {"reason": "max_completion_tokens"} if spoken.finish == "length" else {}
        return {"status": "incomplete", "incomplete_details": details}
    calls = [call for piece in found if pending(piece["step"]) for call in piece["step"]["step_details"]["tool_calls"]]
    if not calls:
        return {"status": "completed"}
    wanted = [call | {"function": {name: call["function"][name] for name in ("name", "arguments")}} for call in calls]
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": wanted}}
    return {"status": "requires_action", "required_action": action}


def pending(step: Object) -> bool:
    return bool(step["status"] == "in_progress")


def publish(world: World, run: Object) -> list[Object]:
    """Bring a run to where its plan says, and give the pieces that it has come by."""
    plan = plan_of(world, run)
    run |= plan["outcome"]
    waits = run["status"] == "requires_action"
    published = [_published(world, piece) for piece in plan["pieces"] if waits or not pending(piece["step"])]
    for piece in published:
        steps(world, run).put(piece["step"])
        if piece["message"]:
            world.drawer(f"/threads/{run['thread_id']}/messages").put(piece["message"])
    if not waits:
        run |= {"expires_at": None, ENDED[run["status"]]: int(world.clock.now), "usage": plan["spent"]}
        _close(world, run, "failed")
    return [piece | {"step": with_content(piece["step"], plan["included"])} for piece in published]


ENDED = {"completed": "completed_at", "incomplete": "completed_at", "failed": "failed_at"}
"""The field that says when a run has ended."""


def _published(world: World, piece: Object) -> Object:
    now = int(world.clock.now)
    step = piece["step"] | {"created_at": now}
    step |= {"usage": None} if pending(step) else {"completed_at": now}
    message = piece["message"]
    if message:
        message |= {"created_at": now}
        message |= {"completed_at" if message["status"] == "completed" else "incomplete_at": now}
    return {"step": step, "message": message}


def _close(world: World, run: Object, status: str) -> None:
    """The run is over, and so are its steps; those that haven't ended get this status."""
    drawer = steps(world, run)
    for step in list(drawer):
        ended = {"status": status, f"{status}_at": int(world.clock.now)} if pending(step) else {}
        drawer.put(step | {"expires_at": None} | ended)


def with_content(step: Object, wanted: bool) -> Object:
    """A step, with the texts that a search has found only for those who asked for them."""
    details = step["step_details"]
    if wanted or not any(call["type"] == "file_search" for call in details.get("tool_calls", ())):
        return step
    return step | {"step_details": details | {"tool_calls": list(map(_without_content, details["tool_calls"]))}}


def _without_content(call: Object) -> Object:
    if call["type"] != "file_search":
        return call
    results = [
        {name: value for name, value in result.items() if name != "content"}
        for result in call["file_search"]["results"]
    ]
    return call | {"file_search": call["file_search"] | {"results": results}}


def _end(world: World, run: Object) -> None:
    publish(world, run)


def _fail(world: World, run: Object, error: ApiError) -> None:
    """A run that fails before it comes to anything; what it has spent on its way here stays spent."""
    plan = plan_of(world, run)
    spent = runs_plan.without(plan["spent"], plan["cost"])
    plan |= _nothing(_failed(error.code or "server_error", error.message)) | {"spent": spent}
    _plans(world, run).put(plan)
    publish(world, run)


def _expire(world: World, run: Object) -> None:
    run["required_action"] = None
    _close(world, run, "expired")


def _cancel(world: World, run: Object) -> None:
    run |= {"expires_at": None, "required_action": None}
    _close(world, run, "cancelled")


def _time_left(world: World, run: Object) -> float:
    seconds: float = run["expires_at"] - world.clock.now
    return seconds


EXPIRED = Stage("expired", after=_time_left, enter=_expire)
CANCELLED = Stage("cancelled", stamp="cancelled_at", enter=_cancel)
COURSES = [
    Course(
        WORKING,
        [Stage("in_progress", stamp="started_at"), Stage("completed", enter=_end)],
        fail=_fail,
        expire=EXPIRED,
        cancel=CANCELLED,
    ),
    Course(
        EXPIRY,
        [EXPIRED],
        awaited=False,
        spared=frozenset({"completed", "incomplete", "failed", "cancelled", "expired"}),
    ),
    Course(CANCELLING, [CANCELLED]),
]
