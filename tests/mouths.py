"""The mouths of the voice: each family of endpoints asked the same, and what it said, in no family's format."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from fakeopenai.api import chatkit
from fakeopenai.wire import Upload
from tests.api.agents import BETA as AGENTS
from tests.api.assisted import Assisted
from tests.api.test_evals import create as create_eval
from tests.api.test_evals import given, items
from tests.api.test_evals import run as run_eval
from tests.api.test_responses_socket import Talk
from tests.front import Api

Object = dict[str, Any]
CHATKIT = {"openai-beta": "chatkit_beta=v1"}


@dataclass(frozen=True)
class Asked:
    """What the model is asked, as a chat completion would say it. `script` is what it is told to say, if anything."""

    messages: tuple[Object, ...]
    model: str = "gpt-4o"
    tools: tuple[Object, ...] = ()
    choice: str = ""
    form: Object | None = None
    limit: int | None = None
    effort: str = ""
    script: Object | None = None

    @property
    def words(self) -> str:
        """All that the users say."""
        return "".join(message["content"] for message in self.messages if message["role"] == "user")

    @property
    def instructions(self) -> str | None:
        return next((message["content"] for message in self.messages if message["role"] == "system"), None)

    @property
    def is_plain(self) -> bool:
        """Whether this is but one user's message to a model without tools or forms."""
        alone = len(self.messages) == 1 and isinstance(self.messages[0]["content"], str)
        return alone and not (self.tools or self.form or self.limit or self.effort)


@dataclass
class Said:
    """What came of it; None where a family doesn't show it. `calls` are names and arguments."""

    text: str
    calls: list[tuple[str, str]] | None = field(default_factory=list)
    asked: int | None = None
    generated: int | None = None
    finish: str = "stop"
    cached: int | None = None


def function(tool: Object) -> Object:
    return {"type": "function", "function": tool}


# Chat completions


def chat_body(asked: Asked) -> Object:
    body: Object = {"model": asked.model, "messages": list(asked.messages)}
    if asked.tools:
        body["tools"] = list(map(function, asked.tools))
    return body | wishes(asked)


def wishes(asked: Asked) -> Object:
    """What is wanted of an answer, as chats and runs say it."""
    body: Object = {}
    if asked.choice:
        body["tool_choice"] = {"type": "function", "function": {"name": asked.choice}}
    if asked.form:
        body["response_format"] = {"type": "json_schema", "json_schema": asked.form}
    if asked.limit:
        body["max_completion_tokens"] = asked.limit
    if asked.effort:
        body["reasoning_effort"] = asked.effort
    return body


def of_completion(completion: Object) -> Said:
    """A call that was demanded ends a completion with `stop`."""
    choice, usage = completion["choices"][0], completion["usage"]
    message = choice["message"]
    called = [call["function"] for call in message.get("tool_calls") or ()]
    return Said(
        (message["content"] or "") + (message.get("refusal") or ""),
        [(call["name"], call["arguments"]) for call in called],
        usage["prompt_tokens"],
        usage["completion_tokens"],
        "tool_calls" if called and choice["finish_reason"] == "stop" else choice["finish_reason"],
        usage.get("prompt_tokens_details", {}).get("cached_tokens"),
    )


def joined(chunks: Iterable[Object]) -> Object:
    """The completion that chunks spell out."""
    text, refusal, calls = "", "", dict[int, Object]()
    finish, usage = None, None
    for chunk in chunks:
        usage = chunk.get("usage") or usage
        for choice in chunk["choices"]:
            delta, finish = choice["delta"], choice["finish_reason"] or finish
            text, refusal = text + (delta.get("content") or ""), refusal + (delta.get("refusal") or "")
            for call in delta.get("tool_calls") or ():
                whole = calls.setdefault(call["index"], {"name": "", "arguments": ""})
                whole["name"] += call["function"].get("name") or ""
                whole["arguments"] += call["function"]["arguments"]
    message = {"content": text, "refusal": refusal, "tool_calls": [{"function": call} for call in calls.values()]}
    return {"choices": [{"message": message, "finish_reason": finish}], "usage": usage}


def chat(api: Api, asked: Asked, path: str = "/chat/completions") -> Said:
    return of_completion(api.post(path, chat_body(asked)).json)


def streamed_chat(api: Api, asked: Asked) -> Said:
    streaming = {"stream": True, "stream_options": {"include_usage": True}}
    return of_completion(joined(api.post("/chat/completions", chat_body(asked) | streaming).events[:-1]))


def engine(api: Api, asked: Asked) -> Said:
    return chat(api, asked, f"/engines/{asked.model}/chat/completions")


def stored_chat(api: Api, asked: Asked) -> Said:
    made = api.post("/chat/completions", chat_body(asked) | {"store": True}).json
    return of_completion(api.get(f"/chat/completions/{made['id']}").json)


def stored_stream(api: Api, asked: Asked) -> Said:
    (first, *_) = api.post("/chat/completions", chat_body(asked) | {"store": True, "stream": True}).events
    return of_completion(api.get(f"/chat/completions/{first['id']}").json)


# Responses


def response_body(asked: Asked) -> Object:
    body: Object = {"model": asked.model, "input": [item for said in asked.messages for item in _items(said)]}
    if asked.tools:
        body["tools"] = [{"type": "function", "strict": False, **tool} for tool in asked.tools]
    if asked.choice:
        body["tool_choice"] = {"type": "function", "name": asked.choice}
    if asked.form:
        body["text"] = {"format": {"type": "json_schema", **asked.form}}
    if asked.limit:
        body["max_output_tokens"] = asked.limit
    if asked.effort:
        body["reasoning"] = {"effort": asked.effort}
    return body


def _items(message: Object) -> Iterator[Object]:
    if message["role"] == "tool":
        output = message["content"]
        yield {"type": "function_call_output", "call_id": message["tool_call_id"], "output": output}
        return
    if message["content"]:
        yield {"role": message["role"], "content": inputs(message["content"])}
    for call in message.get("tool_calls", ()):
        yield {"type": "function_call", "call_id": call["id"], **call["function"]}


def inputs(content: Any) -> Any:
    """The parts of a message as responses and agents have them."""
    return content if isinstance(content, str) else list(map(_input, content))


def _input(part: Object) -> Object:
    if part["type"] == "text":
        return {"type": "input_text", "text": part["text"]}
    return {"type": "input_image", "image_url": part["image_url"]["url"], "detail": "auto"}


FINISHES = {"max_output_tokens": "length", "content_filter": "content_filter"}


def of_response(response: Object) -> Said:
    parts = [part for item in response["output"] if item["type"] == "message" for part in item["content"]]
    calls = [(item["name"], item["arguments"]) for item in response["output"] if item["type"] == "function_call"]
    reason = (response["incomplete_details"] or {}).get("reason", "")
    return Said(
        "".join(part.get("text") or part.get("refusal") or "" for part in parts),
        calls,
        response["usage"]["input_tokens"],
        response["usage"]["output_tokens"],
        FINISHES.get(reason, "tool_calls" if calls else "stop"),
        response["usage"]["input_tokens_details"]["cached_tokens"],
    )


def responses(api: Api, asked: Asked) -> Said:
    return of_response(api.post("/responses", response_body(asked)).json)


def streamed_responses(api: Api, asked: Asked) -> Said:
    events = api.post("/responses", response_body(asked) | {"stream": True}).events
    said = of_response(events[-1]["response"])
    deltas = [event for event in events if event["type"] in {"response.output_text.delta", "response.refusal.delta"}]
    assert "".join(event["delta"] for event in deltas) == said.text
    return said


def background_responses(api: Api, asked: Asked) -> Said:
    response = api.post("/responses", response_body(asked) | {"background": True}).json
    while response["status"] in {"queued", "in_progress"}:
        response = api.get(f"/responses/{response['id']}").json
    return of_response(response)


def restreamed_responses(api: Api, asked: Asked) -> Said:
    made = api.post("/responses", response_body(asked)).json
    return of_response(api.get(f"/responses/{made['id']}?stream=true").events[-1]["response"])


def responses_over_a_socket(api: Api, asked: Asked) -> Said:
    """The last event carries the whole response."""
    *events, last = Talk(api).say({"type": "response.create", **response_body(asked)})
    said = of_response(last["response"])
    deltas = [event for event in events if event["type"] in {"response.output_text.delta", "response.refusal.delta"}]
    assert "".join(event["delta"] for event in deltas) == said.text
    return said


# Runs


def run_body(api: Assisted, asked: Asked) -> Object:
    assistant = api.assistant(model=asked.model, instructions=asked.instructions)
    return {"assistant_id": assistant, "tools": list(map(function, asked.tools))} | wishes(asked)


def thread_messages(asked: Asked) -> list[Object]:
    return [message for message in asked.messages if message["role"] != "system"]


def of_run(api: Assisted, run: Object) -> Said:
    """What a run said first. Calls cost nothing until their outputs come, so these are submitted."""
    path = f"/threads/{run['thread_id']}/runs/{run['id']}"
    calls = [call for step in api.steps(run) for call in step["step_details"].get("tool_calls", ())]
    messages = api.get(f"/threads/{run['thread_id']}/messages?run_id={run['id']}&order=asc").json["data"]
    number = len(api.steps(run))
    if run["status"] == "requires_action":
        outputs = [{"tool_call_id": call["id"], "output": "sunny"} for call in calls]
        api.ended(api.post(f"{path}/submit_tool_outputs", {"tool_outputs": outputs}).json)
    costs = [step["usage"] for step in api.steps(run)[:number]] or [run["usage"]]
    return Said(
        "".join(_words(part) for message in messages for part in message["content"]),
        [(call["function"]["name"], call["function"]["arguments"]) for call in calls],
        sum(cost["prompt_tokens"] for cost in costs),
        sum(cost["completion_tokens"] for cost in costs),
        _run_finish(run),
        sum(cost["prompt_token_details"]["cached_tokens"] for cost in costs),
    )


def _words(part: Object) -> str:
    words: str = part["refusal"] if part["type"] == "refusal" else part["text"]["value"]
    return words


def _run_finish(run: Object) -> str:
    match run:
        case {"status": "requires_action"}:
            return "tool_calls"
        case {"status": "incomplete", "incomplete_details": details}:
            return "length" if details.get("reason") == "max_completion_tokens" else "content_filter"
    return "stop"


def runs(api: Api, asked: Asked) -> Said:
    assisted = Assisted(api.emulator)
    thread = assisted.id("/threads", {"messages": thread_messages(asked)})
    return of_run(assisted, assisted.ended(assisted.post(f"/threads/{thread}/runs", run_body(assisted, asked)).json))


def threads_and_runs(api: Api, asked: Asked) -> Said:
    assisted = Assisted(api.emulator)
    thread = {"messages": thread_messages(asked)}
    run = assisted.post("/threads/runs", run_body(assisted, asked) | {"thread": thread}).json
    return of_run(assisted, assisted.ended(run))


def streamed_runs(api: Api, asked: Asked) -> Said:
    assisted = Assisted(api.emulator)
    thread = assisted.id("/threads", {"messages": thread_messages(asked)})
    events = assisted.stream(f"/threads/{thread}/runs", run_body(assisted, asked))
    said = of_run(assisted, events[-2][1])
    deltas = [data["delta"]["content"][0] for name, data in events if name == "thread.message.delta"]
    assert "".join(_delta(part) for part in deltas) == said.text
    return said


def _delta(part: Object) -> str:
    words: str = part["text"]["value"] if part["type"] == "text" else part["refusal"]
    return words


# Agents


def session_body(asked: Asked) -> Object:
    agent: Object = {"model": asked.model, "instructions": asked.instructions}
    if asked.tools:
        agent["tools"] = [{"type": "function", **tool} for tool in asked.tools]
    if asked.form:
        agent["text"] = {"format": {"type": "json_schema", "schema": asked.form["schema"]}}
    if asked.effort:
        agent["reasoning"] = {"effort": asked.effort}
    told = [{"role": "user", "content": _session_parts(said["content"])} for said in thread_messages(asked)]
    return {"agent": agent, "environment": {"type": "none"}, "input": told}


def _session_parts(content: Any) -> list[Object]:
    if isinstance(content, str):
        return [{"type": "input_text", "text": content}]
    return [{name: value for name, value in part.items() if name != "detail"} for part in inputs(content)]


def of_session(api: Api, session: Object) -> Said:
    path = f"/agents/sessions/{session['id']}"
    while api.get(path, headers=AGENTS).json["status"] == "in_progress":
        pass
    found = api.get(f"{path}/items?order=asc", headers=AGENTS).json["data"]
    called = [(item["name"], item["arguments"]) for item in found if item["type"] == "function_call"]
    calls = [(name, json.dumps(arguments, separators=(",", ":"))) for name, arguments in called]
    spoken = [item for item in found if item["type"] == "message" and item["role"] == "assistant"]
    usage = api.get(path, headers=AGENTS).json["usage"]
    return Said(
        "".join(part["text"] for item in spoken for part in item["content"]),
        calls,
        usage["input_tokens"],
        usage["output_tokens"],
        "tool_calls" if calls else "stop",
        usage["input_tokens_details"]["cached_tokens"],
    )


def sessions(api: Api, asked: Asked) -> Said:
    return of_session(api, api.post("/agents/sessions", session_body(asked), headers=AGENTS).json)


def streamed_sessions(api: Api, asked: Asked) -> Said:
    """A stream of a session ends where the session rests; one that waits for a call goes on."""
    events = api.post("/agents/sessions", session_body(asked) | {"stream": True}, headers=AGENTS).events
    said = of_session(api, events[0]["session"])
    deltas = [event["delta"] for event in events if event["type"] == "agent.session.turn.output_text.delta"]
    assert "".join(deltas) == said.text
    return said


def chatkit_thread(api: Api, asked: Asked) -> Said:
    workflow = {"id": "wf_1", "state_variables": {"said": asked.words}}
    api.post("/chatkit/sessions", {"user": "ann", "workflow": workflow}, headers=CHATKIT)
    (thread,) = api.get("/chatkit/threads", headers=CHATKIT).json["data"]
    found = api.get(f"/chatkit/threads/{thread['id']}/items?order=asc", headers=CHATKIT).json["data"]
    spoken = [item for item in found if item["type"] == "chatkit.assistant_message"]
    calls = [(item["name"], item["arguments"]) for item in found if item["type"] == "chatkit.client_tool_call"]
    finish = "tool_calls" if calls else "stop"
    return Said("".join(part["text"] for item in spoken for part in item["content"]), calls, finish=finish)


# Batches and evals


def batch(api: Api, url: str, body: Object) -> Any:
    row = {"custom_id": "1", "method": "POST", "url": url, "body": body}
    upload = Upload("rows.jsonl", "application/jsonl", json.dumps(row).encode())
    file = api.post("/files", {"purpose": "batch"}, files={"file": [upload]}).json["id"]
    asked = {"input_file_id": file, "endpoint": url, "completion_window": "24h"}
    made = api.post("/batches", asked).json
    while made["status"] != "completed":
        made = api.get(f"/batches/{made['id']}").json
    return api.get(f"/files/{made['output_file_id']}/content").json["response"]["body"]


def batched_chat(api: Api, asked: Asked) -> Said:
    return of_completion(batch(api, "/v1/chat/completions", chat_body(asked)))


def batched_responses(api: Api, asked: Asked) -> Said:
    return of_response(batch(api, "/v1/responses", response_body(asked)))


UNSAMPLED = frozenset({"model", "messages", "input", "tool_choice", "reasoning"})
"""What a run of an eval doesn't name among the parameters of its sampling."""
RENAMED = {"max_output_tokens": "max_completion_tokens"}


def evaluated(api: Api, asked: Asked, kind: str) -> Said:
    """What a model says to the only row of an eval's run. Its calls are seen by the graders only."""
    content = given(content=[{"item": {"country": "France", "said": list(asked.messages)}}])
    asking = {"type": "item_reference", "item_reference": "item.said"}
    body = chat_body(asked) if kind == "completions" else response_body(asked)
    sampling = {RENAMED.get(name, name): value for name, value in body.items() if name not in UNSAMPLED}
    if asked.effort:
        sampling["reasoning_effort"] = asked.effort
    run = run_eval(
        api, create_eval(api), content, kind, model=asked.model, input_messages=asking, sampling_params=sampling
    )
    (sample,) = [item["sample"] for item in items(api, run)]
    usage = sample["usage"]
    return Said(
        sample["output"][0]["content"],
        None,
        usage["prompt_tokens"],
        usage["completion_tokens"],
        sample["finish_reason"],
        usage["cached_tokens"],
    )


def evaluated_chat(api: Api, asked: Asked) -> Said:
    return evaluated(api, asked, "completions")


def evaluated_responses(api: Api, asked: Asked) -> Said:
    return evaluated(api, asked, "responses")


# Completions of the first kind


def completion(api: Api, asked: Asked, **options: Any) -> Any:
    body: Object = {"model": "gpt-3.5-turbo-instruct", "prompt": asked.words, "max_tokens": asked.limit or 100}
    return api.post("/completions", body | options)


def completions(api: Api, asked: Asked) -> Said:
    whole = completion(api, asked).json
    (choice,) = whole["choices"]
    return Said(choice["text"], None, generated=whole["usage"]["completion_tokens"], finish=choice["finish_reason"])


def streamed_completions(api: Api, asked: Asked) -> Said:
    chunks = completion(api, asked, stream=True, stream_options={"include_usage": True}).events[:-1]
    choices = [chunk["choices"][0] for chunk in chunks[:-1]]
    text, cost = "".join(choice["text"] for choice in choices), chunks[-1]["usage"]["completion_tokens"]
    return Said(text, None, generated=cost, finish=choices[-1]["finish_reason"])


@dataclass(frozen=True)
class Mouth:
    """A family of endpoints. `fits` is whether it can be asked that; `counts` names those who count prompts as it does.

    `model` is the only one that it speaks with, if there is but one.
    """

    speak: Callable[[Api, Asked], Said]
    fits: Callable[[Asked], bool] = lambda asked: True
    counts: str = "chat"
    model: str = ""


def _in_one_go(asked: Asked) -> bool:
    """A thread or a session begins with messages of users, and has no calls of before."""
    return not any(message["role"] == "tool" for message in asked.messages)


def _session(asked: Asked) -> bool:
    said = {message["role"] for message in asked.messages}
    return said <= {"system", "user"} and not (asked.limit or asked.choice) and "finish" not in (asked.script or {})


def _resting(asked: Asked) -> bool:
    """A stream of a session is at its end when the session rests, which it doesn't while it waits for its caller."""
    return _session(asked) and not asked.tools


def _sampled(asked: Asked) -> bool:
    plain = all(isinstance(message["content"], str) for message in asked.messages)
    return plain and not asked.choice and _in_one_go(asked)


def _told(asked: Asked) -> bool:
    return asked.is_plain and asked.script is not None and set(asked.script) <= {"when", "say", "finish"}


MOUTHS = {
    "chat": Mouth(chat),
    "chat streamed": Mouth(streamed_chat),
    "engine": Mouth(engine),
    "stored chat": Mouth(stored_chat),
    "stored chat streamed": Mouth(stored_stream),
    "responses": Mouth(responses, counts="responses"),
    "responses streamed": Mouth(streamed_responses, counts="responses"),
    "responses in the background": Mouth(background_responses, counts="responses"),
    "responses streamed later": Mouth(restreamed_responses, counts="responses"),
    "responses over a socket": Mouth(responses_over_a_socket, counts="responses"),
    "runs": Mouth(runs, _in_one_go),
    "runs streamed": Mouth(streamed_runs, _in_one_go),
    "threads and runs": Mouth(threads_and_runs, lambda asked: _in_one_go(asked) and not asked.effort),
    "agent sessions": Mouth(sessions, _session, counts="responses"),
    "agent sessions streamed": Mouth(streamed_sessions, _resting, counts="responses"),
    "ChatKit": Mouth(
        chatkit_thread, lambda asked: asked.is_plain and "finish" not in (asked.script or {}), model=chatkit.MODEL
    ),
    "batches of chat": Mouth(batched_chat),
    "batches of responses": Mouth(batched_responses, counts="responses"),
    "evals of chat": Mouth(evaluated_chat, _sampled),
    "evals of responses": Mouth(evaluated_responses, _sampled, counts="responses"),
    "completions": Mouth(completions, _told, counts=""),
    "completions streamed": Mouth(streamed_completions, _told, counts=""),
}
