"""Runs: an assistant at work on a thread, and the steps it takes.

What a run comes to is decided when it begins, or when the outputs of its tools are submitted, and waits in its plan; it
is published when the clock gets there. A streamed run is published at once.
"""

from __future__ import annotations

from typing import Any

from fakeopenai import search
from fakeopenai.api import assistants, runs_breaking, runs_course, runs_events, runs_prompt, threads
from fakeopenai.api.runs_plan import usage
from fakeopenai.api.threads import ACTIVE, equipped
from fakeopenai.errors import invalid
from fakeopenai.resource import Routes
from fakeopenai.turn import Prompt
from fakeopenai.wire import Call, Event, Object, Reply
from fakeopenai.world import World

routes = Routes()
routes.courses += runs_course.COURSES

LASTS = 600
"""Seconds after which a run that has not ended expires (recorded)."""

INCLUDED = "step_details.tool_calls[*].file_search.results[*].content"

runs = routes.resource(
    "/threads/{thread_id}/runs/{run_id}",
    object="thread.run",
    prefix="run_",
    missing="No run found with id '{id}'.",
    parent=threads.threads,
)
steps = routes.resource(
    "/threads/{thread_id}/runs/{run_id}/steps/{step_id}",
    object="thread.run.step",
    missing="No run step found with id '{id}'.",
    parent=runs,
    view=lambda call, step: runs_course.with_content(step, INCLUDED in (call.query.get("include") or ())),
)


# How a run begins


@routes.reads("POST /threads/{thread_id}/runs", "POST /threads/runs")
def read(call: Call) -> Prompt:
    """What is asked of the model, as far as it is known before thread, messages and vector stores are made."""
    return _read(call, _draft(call))


def _read(call: Call, run: Object) -> Prompt:
    body, thread_id = call.body, call.path.get("thread_id")
    before = list(threads.messages.drawer(call)) if thread_id else []
    given = body.get("additional_messages") if thread_id else (body.get("thread") or {}).get("messages")
    said = [*before, *threads.drafts(call.world, given)]
    busy = threads.active_run(call.world, thread_id) if thread_id else None
    if busy:
        raise invalid(f"Thread {thread_id} already has an active run {busy['id']}.")
    if not run["instructions"] and not any(message["role"] == "user" for message in said):
        message = "Run creation requires a Thread with a user message or an assistant with instructions."
        raise invalid(message, code="invalid_thread")
    return runs_prompt.checked(runs_prompt.prompt(call.world, run, said, []))


def _draft(call: Call) -> Object:
    """A run as the request and its assistant describe it, before it has an id."""
    body = call.body
    assistant = assistants.assistants.find(call, body["assistant_id"])
    run = {
        "assistant_id": assistant["id"],
        "thread_id": call.path.get("thread_id"),
        **{name: _first(body.get(name), assistant[name]) for name in INHERITED},
        **{name: _first(body.get(name), default) for name, default in OWN.items()},
    }
    run["truncation_strategy"] = {"type": "auto", "last_messages": None} | run["truncation_strategy"]
    run["instructions"] = _joined(run["instructions"], body.get("additional_instructions"))
    assistants.check(call.world, run)
    for resources in (run["tool_resources"], (body.get("thread") or {}).get("tool_resources")):
        assistants.check_resources(call.world, resources)
    sampling = {name: float(run[name]) for name in ("temperature", "top_p")}
    return run | sampling | {"tools": list(map(assistants.tool, run["tools"]))}


INHERITED = ("model", "instructions", "tools", "temperature", "top_p", "reasoning_effort", "response_format")
"""What a run takes from its assistant if its request says nothing else."""

OWN: Object = {
    "tool_resources": {},
    "metadata": {},
    "max_completion_tokens": None,
    "max_prompt_tokens": None,
    "truncation_strategy": {},
    "tool_choice": "auto",
    "parallel_tool_calls": True,
}


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _joined(instructions: str | None, additional: str | None) -> str | None:
    return "\n".join(filter(None, [instructions, additional])) or None


@routes.on("POST /threads/{thread_id}/runs")
def create(call: Call) -> Reply:
    thread_id = call.path["thread_id"]
    for draft in threads.drafts(call.world, call.body.get("additional_messages")):
        threads.add(call.world, call.names, thread_id, draft)
    return _begin(call, thread_id, [])


@routes.on("POST /threads/runs")
def create_with_thread(call: Call) -> Reply:
    thread = threads.new_thread(call, call.body.get("thread") or {})
    return _begin(call, thread["id"], [Event(equipped(thread), "thread.created")])


def _begin(call: Call, thread_id: str, begun: list[Event]) -> Reply:
    """Make a run, and decide what it comes to."""
    world, draft = call.world, _draft(call) | {"thread_id": thread_id}
    draft["tool_resources"] = assistants.resources_of(world, call.names, draft["tool_resources"])
    stores = _stores(call, draft)
    _wait_for_files(world, stores)
    run = _queued(call, draft)
    runs_course.drawer(world, run).put(run)
    world.clock.begin(runs_course.EXPIRY, runs_course.drawer(world, run).path, run)
    asked = call.ask() if not stores else _ask(world, run, stores)
    included = INCLUDED in (call.query.get("include") or ())
    plan = {"id": run["id"], "stores": stores, "included": included, "spent": usage(0, 0)}
    runs_course.decide(call, run, asked, plan)
    return _answer(call, run, [*begun, Event(equipped(run), "thread.run.created")])


def _queued(call: Call, draft: Object) -> Object:
    now = int(call.world.clock.now)
    times = ("started_at", "expires_at", "cancelled_at", "failed_at", "completed_at")
    return {
        "id": call.names.new(runs.prefix),
        "object": runs.object,
        "created_at": now,
        "assistant_id": draft["assistant_id"],
        "thread_id": draft["thread_id"],
        "status": "queued",
        **dict.fromkeys(times),
        "expires_at": now + LASTS,
        "required_action": None,
        "last_error": None,
        **{name: draft[name] for name in ("model", "instructions", "tools", "tool_resources", "metadata")},
        **{name: draft[name] for name in ("temperature", "top_p", "reasoning_effort")},
        **{name: draft[name] for name in ("max_completion_tokens", "max_prompt_tokens", "truncation_strategy")},
        "incomplete_details": None,
        "usage": None,
        **{name: draft[name] for name in ("response_format", "tool_choice", "parallel_tool_calls")},
    }


def _stores(call: Call, run: Object) -> list[str]:
    """The vector stores that a run may search: its own or its assistant's, and its thread's."""
    if not any(tool["type"] == "file_search" for tool in run["tools"]):
        return []
    assistant = assistants.assistants.find(call, run["assistant_id"])
    thread = call.world.drawer("/threads").get(run["thread_id"]) or {}
    own = run["tool_resources"].get("file_search") or assistant["tool_resources"].get("file_search") or {}
    shared = thread["tool_resources"].get("file_search") or {}
    return [*own.get("vector_store_ids", ()), *shared.get("vector_store_ids", ())]


def _wait_for_files(world: World, stores: list[str]) -> None:
    """In mode `auto` a run begins when the files are read that it may search."""
    for id in stores:
        drawer = world.drawer(f"{search.STORES}/{id}/files")
        for file in list(drawer):
            if file["status"] == "in_progress":
                world.clock.poll(drawer.path, file["id"])


def _ask(world: World, run: Object, stores: list[str]) -> Prompt:
    said = world.drawer(f"/threads/{run['thread_id']}/messages")
    return runs_prompt.prompt(world, run, said, stores)


def _answer(call: Call, run: Object, begun: list[Event]) -> Reply:
    """The queued run, or all that happens in it."""
    clock, path = call.world.clock, runs_course.drawer(call.world, run).path
    if not call.body.get("stream"):
        clock.begin(runs_course.WORKING, path, run)
        return Reply(run, headers=clock.hint(path, run["id"]))
    started = run | {"status": "in_progress", "started_at": int(clock.now)}
    ended = dict(started)
    found = [] if clock.befall(runs_course.WORKING, ended) else runs_course.publish(call.world, ended)
    runs_course.drawer(call.world, run).put(ended)
    between = [Event(equipped(run), "thread.run.queued"), Event(equipped(started), "thread.run.in_progress")]
    last = Event(equipped(ended), f"thread.run.{ended['status']}")
    events = list(runs_events.events([*begun, *between], found, last, call.ask().model.encoding))
    failure = call.rule.failure(call) if call.rule else None
    if failure and failure[0] < len(events):
        runs_breaking.break_off(call.world, ended, found, events[: failure[0]], failure[1])
    return Reply(ended, events=events)


# What can be done with it


@routes.reads("POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs")
def read_outputs(call: Call) -> Prompt:
    """What is asked of the model next, with the outputs of its tools."""
    run = runs.find(call)
    if run["status"] != "requires_action":
        raise invalid(f'Runs in status "{run["status"]}" do not accept tool outputs.')
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    expected = [asked["id"] for asked in calls]
    outputs = {given.get("tool_call_id") or "": given.get("output") or "" for given in call.body["tool_outputs"]}
    if set(expected) != set(outputs):
        raise invalid(f"Expected tool outputs for call_ids {expected}, got {list(outputs)}")
    said = threads.messages.drawer(call)
    return runs_prompt.prompt(call.world, _unforced(run), said, runs_course.plan_of(call.world, run)["stores"], outputs)


def _unforced(run: Object) -> Object:
    """The run after its first calls: a tool must be called before the model answers, not for ever (documented)."""
    return run if run["tool_choice"] == "none" else run | {"tool_choice": "auto"}


@routes.on("POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs")
def submit_tool_outputs(call: Call) -> Reply:
    asked, run = call.ask(), runs.find(call)
    outputs = {given["tool_call_id"]: given.get("output") or "" for given in call.body["tool_outputs"]}
    plan = runs_course.plan_of(call.world, run)
    done = [
        _with_outputs(call, piece["step"], outputs) for piece in plan["pieces"] if runs_course.pending(piece["step"])
    ]
    for step in done:
        runs_course.steps(call.world, run).put(step)
    run |= {"status": "queued", "required_action": None}
    runs_course.drawer(call.world, run).put(run)
    runs_course.decide(call, run, asked, plan)
    return _answer(call, run, [Event(step, "thread.run.step.completed") for step in done])


def _with_outputs(call: Call, step: Object, outputs: dict[str, str]) -> Object:
    """A step of calls that have come back. `step` is as it was planned, with what it cost."""
    now, details = int(call.world.clock.now), step["step_details"]
    for asked in details["tool_calls"]:
        asked["function"]["output"] = outputs[asked["id"]]
    kept = steps.find(call, step["id"])
    return kept | {"status": "completed", "completed_at": now, "step_details": details, "usage": step["usage"]}


@routes.on("POST /threads/{thread_id}/runs/{run_id}")
def update(call: Call) -> Reply:
    run = runs.find(call)
    if run["status"] == "in_progress":
        raise invalid(f"Cannot update run with status '{run['status']}'.")
    if "metadata" in call.body:
        run["metadata"] = call.body["metadata"] or {}
    runs.drawer(call).put(run)
    return Reply(run)


@routes.on("POST /threads/{thread_id}/runs/{run_id}/cancel")
def cancel(call: Call) -> Reply:
    run = runs.find(call)
    if run["status"] not in ACTIVE - {"cancelling"}:
        raise invalid(f"Cannot cancel run with status '{run['status']}'.")
    drawer = runs.drawer(call)
    drawer.put(run | {"status": "cancelling"})
    call.world.clock.leave(drawer.path, run["id"])
    call.world.clock.begin(runs_course.CANCELLING, drawer.path, run | {"status": "cancelling"})
    return Reply(run | {"status": "cancelling"})


@routes.on("GET /threads/{thread_id}/runs")
def list_runs(call: Call) -> Reply:
    threads.look(call.world, threads.threads.find(call)["id"])
    return runs.list(call)


@routes.on(
    "GET /threads/{thread_id}/runs/{run_id}/steps",
    "GET /threads/{thread_id}/runs/{run_id}/steps/{step_id}",
)
def look_at_steps(call: Call) -> Reply:
    threads.look(call.world, runs.find(call)["thread_id"])
    return steps.retrieve(call) if "step_id" in call.path else steps.list(call)
