"""ChatKit: sessions that a browser's chat uses, and the threads that its users have.

What a user writes reaches the real API through the chat in a browser, in no documented way. Here a session opens a
thread by itself: the user's first words are the texts among the workflow's state variables, else a greeting.
"""

from __future__ import annotations

import msgspec

from fakeopenai import keys, models
from fakeopenai.clock import Course, Stage
from fakeopenai.errors import invalid
from fakeopenai.resource import Resource, Routes
from fakeopenai.speech import Spoken, speak
from fakeopenai.turn import Hosted, Message, Prompt, Refusal, Text, Thought, ToolCall
from fakeopenai.wire import Call, Json, Object, Reply
from fakeopenai.world import World

routes = Routes()

MODEL = "gpt-4.1"
"""Who speaks in a workflow."""

sessions = Resource("/chatkit/sessions/{session_id}", object="chatkit.session", prefix="cksess_", shape="ChatSession")
threads = routes.resource(
    "/chatkit/threads/{thread_id}", object="chatkit.thread", prefix="cthr_", filters=("user",), shape="ChatKitThread"
)
items = Resource("/chatkit/threads/{thread_id}/items/{item_id}", parent=threads)
routes["GET /chatkit/threads/{thread_id}/items"] = items.list

DEFAULTS: Object = {
    "automatic_thread_titling": {"enabled": True},
    "file_upload": {"enabled": False, "max_file_size": 512, "max_files": 10},
    "history": {"enabled": True, "recent_threads": None},
}


@routes.reads("POST /chatkit/sessions")
def read(call: Call) -> Prompt:
    model = call.world.model(MODEL) or models.assume(MODEL)
    return Prompt(model=model, messages=(Message("user", _first_words(call.body["workflow"])),))


def _first_words(workflow: Object) -> str:
    texts = [value for value in (workflow.get("state_variables") or {}).values() if isinstance(value, str)]
    return "\n".join(texts) or "Hello!"


@routes.on("POST /chatkit/sessions")
def create(call: Call) -> Reply:
    body, now = call.body, int(call.world.clock.now)
    seconds = (body.get("expires_after") or {}).get("seconds") or 600
    rate = (body.get("rate_limits") or {}).get("max_requests_per_1_minute") or 10
    item = sessions.fresh(
        call,
        chatkit_configuration=_configured(body.get("chatkit_configuration") or {}),
        client_secret=keys.ephemeral(call.world.name, call.names),
        expires_at=now + seconds,
        max_requests_per_1_minute=rate,
        rate_limits={"max_requests_per_1_minute": rate},
        status="active",
        workflow={"tracing": {"enabled": True}} | body["workflow"],
    )
    call.world.drawer(sessions.collection).put(item)
    call.world.clock.begin("chatkit session", sessions.collection, item)
    _open_thread(call, item)
    return Reply(sessions.seen(call, item))


def _configured(asked: Object) -> Object:
    return {name: default | (asked.get(name) or {}) for name, default in DEFAULTS.items()}


@routes.on("POST /chatkit/sessions/{session_id}/cancel")
def cancel(call: Call) -> Reply:
    item = sessions.find(call)
    if item["status"] != "active":
        raise invalid(f"Session '{item['id']}' is {item['status']} and cannot be cancelled.")
    item["status"] = "cancelled"
    call.world.drawer(sessions.collection).put(item)
    return Reply(sessions.seen(call, item))


def _open_thread(call: Call, session: Object) -> None:
    """A thread with what its user says first, and the answer."""
    words = call.ask().last_user_text
    titled = session["chatkit_configuration"]["automatic_thread_titling"]["enabled"]
    thread = {
        "id": call.names.new(threads.prefix),
        "object": threads.object,
        "created_at": int(call.world.clock.now),
        "status": {"type": "active"},
        "title": words[:40] if titled else None,
        "user": session["user"],
    }
    call.world.drawer(threads.collection).put(thread)
    said: Object = {"type": "chatkit.user_message", "content": [{"type": "input_text", "text": words}]}
    for item in (said | {"attachments": [], "inference_options": None}, *_answer(call, speak(call, call.ask()))):
        whole = {"id": call.names.new("cthi_"), "object": "chatkit.thread_item", "created_at": thread["created_at"]}
        call.world.drawer(f"{threads.collection}/{thread['id']}/items").put(whole | item | {"thread_id": thread["id"]})


def _answer(call: Call, spoken: Spoken) -> list[Object]:
    """A turn as the items of a thread."""
    found: list[Object] = []
    for step in spoken.turn.steps:
        match step:
            case Text(text, notes):
                annotations = [_cited(note) for note in notes if "url" in note or "filename" in note]
                part = {"type": "output_text", "text": text, "annotations": annotations}
                found.append({"type": "chatkit.assistant_message", "content": [part]})
            case Refusal(text):
                part = {"type": "output_text", "text": text, "annotations": []}
                found.append({"type": "chatkit.assistant_message", "content": [part]})
            case Thought(summary):
                thought = {"task_type": "thought", "heading": None, "summary": summary or None}
                found.append({"type": "chatkit.task", **thought})
            case ToolCall(name, arguments):
                known = {"name": name, "arguments": arguments, "output": None, "status": "in_progress"}
                call_id = step.id or call.names.new("call_")
                found.append({"type": "chatkit.client_tool_call", "call_id": call_id, **known})
            case Hosted(item):
                found.append(_shown(item))
    return found


def _shown(item: Object) -> Object:
    """What a workflow shows beside its words, as a script says it; a tool that ran there is a task."""
    match item["type"]:
        case "chatkit.widget":
            widget = item.get("widget", "")
            return item | {"widget": widget if isinstance(widget, str) else msgspec.json.encode(widget).decode()}
        case "chatkit.task_group":
            return item | {"tasks": [TASK | {"type": "custom"} | task for task in item.get("tasks") or ()]}
        case "chatkit.task":
            return TASK | {"task_type": "custom"} | item
    heading = item["type"].removesuffix("_call").replace("_", " ").capitalize()
    return TASK | {"type": "chatkit.task", "task_type": "custom", "heading": heading}


TASK: Object = {"heading": None, "summary": None}


def _cited(note: Object) -> Json:
    if "url" in note:
        return {"type": "url", "source": {"type": "url", "url": note["url"]}}
    return {"type": "file", "source": {"type": "file", "filename": note["filename"]}}


def _left(world: World, session: Object) -> float:
    return float(session["expires_at"]) - world.clock.now


EXPIRED = Stage("expired", after=_left)
routes.courses.append(
    Course("chatkit session", [EXPIRED], awaited=False, spared=frozenset({"cancelled"}), expire=EXPIRED)
)
