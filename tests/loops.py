"""Loops of tools: the model calls, is told what came of it, and answers, through each family that has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.api.agents import BETA as AGENTS
from tests.api.assisted import Assisted
from tests.front import Api
from tests.mouths import (
    Asked,
    Object,
    Said,
    chat_body,
    of_completion,
    of_response,
    of_run,
    of_session,
    response_body,
    run_body,
    session_body,
    thread_messages,
)

OUTPUT = "18 degrees and sunny"


def chat(api: Api, asked: Asked) -> Said:
    body = chat_body(asked)
    message = api.post("/chat/completions", body).json["choices"][0]["message"]
    results = [{"role": "tool", "tool_call_id": call["id"], "content": OUTPUT} for call in message["tool_calls"]]
    return of_completion(api.post("/chat/completions", body | {"messages": [*asked.messages, message, *results]}).json)


def _outputs(response: Object) -> list[Object]:
    calls = [item for item in response["output"] if item["type"] == "function_call"]
    return [{"type": "function_call_output", "call_id": call["call_id"], "output": OUTPUT} for call in calls]


def chained(api: Api, asked: Asked) -> Said:
    body = response_body(asked)
    first = api.post("/responses", body).json
    return of_response(
        api.post("/responses", body | {"input": _outputs(first), "previous_response_id": first["id"]}).json
    )


def conversing(api: Api, asked: Asked) -> Said:
    body = response_body(asked) | {"conversation": api.post("/conversations", {}).json["id"]}
    first = api.post("/responses", body).json
    return of_response(api.post("/responses", body | {"input": _outputs(first)}).json)


def repeated(api: Api, asked: Asked) -> Said:
    """A response that gets all items again."""
    body = response_body(asked)
    first = api.post("/responses", body).json
    return of_response(
        api.post("/responses", body | {"input": [*body["input"], *first["output"], *_outputs(first)]}).json
    )


def _waiting(api: Assisted, asked: Asked) -> Object:
    thread = api.id("/threads", {"messages": thread_messages(asked)})
    waiting: Object = api.ended(api.post(f"/threads/{thread}/runs", run_body(api, asked)).json)
    return waiting


def _told(run: Object) -> tuple[str, Object]:
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    outputs = [{"tool_call_id": call["id"], "output": OUTPUT} for call in calls]
    return f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs", {"tool_outputs": outputs}


def run(api: Api, asked: Asked) -> Said:
    assisted = Assisted(api.emulator)
    path, outputs = _told(_waiting(assisted, asked))
    return _answer(assisted, assisted.ended(assisted.post(path, outputs).json))


def streamed_run(api: Api, asked: Asked) -> Said:
    assisted = Assisted(api.emulator)
    path, outputs = _told(_waiting(assisted, asked))
    return _answer(assisted, assisted.stream(path, outputs)[-2][1])


def _answer(api: Assisted, ended: Object) -> Said:
    """What a run said at last; it is charged for its steps one by one."""
    said, (*_, last) = of_run(api, ended), api.steps(ended)
    return Said(said.text, asked=last["usage"]["prompt_tokens"], generated=last["usage"]["completion_tokens"])


def session(api: Api, asked: Asked) -> Said:
    made = api.post("/agents/sessions", session_body(asked), headers=AGENTS).json
    first, path = of_session(api, made), f"/agents/sessions/{made['id']}"
    actions = api.get(path, headers=AGENTS).json["required_actions"]
    events: list[Any] = [
        {"type": "agent.session.input.tool_result", "success": True, "output": OUTPUT}
        | {name: action[name] for name in ("call_id", "turn_id")}
        for action in actions
    ]
    api.post(f"{path}/events", {"events": events}, headers=AGENTS)
    said = of_session(api, made)
    return Said(
        said.text,
        asked=(said.asked or 0) - (first.asked or 0),
        generated=(said.generated or 0) - (first.generated or 0),
    )


LOOPS: dict[str, tuple[Callable[[Api, Asked], Said], str]] = {
    "chat": (chat, "chat"),
    "responses that follow": (chained, "responses that get all again"),
    "responses in a conversation": (conversing, "responses that get all again"),
    "responses that get all again": (repeated, "responses that get all again"),
    "runs": (run, "chat"),
    "runs streamed": (streamed_run, "chat"),
    "agent sessions": (session, "responses that get all again"),
}
"""Each with the one that counts prompts as it does."""
