"""The events of streamed runs, in the recorded order."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pytest
from openai import AssistantEventHandler, OpenAI
from typing_extensions import override

from tests.api.assisted import CODE, SEARCH, WEATHER, Assisted, faults

BEGUN = ["thread.run.created", "thread.run.queued", "thread.run.in_progress"]
STEP = ["thread.run.step.created", "thread.run.step.in_progress"]
MESSAGE = ["thread.message.created", "thread.message.in_progress", "thread.message.delta", "thread.message.completed"]
SAID = [*STEP, *MESSAGE, "thread.run.step.completed"]
USED = [*STEP, "thread.run.step.delta", "thread.run.step.completed"]
ENDED = ["thread.run.completed", "done"]

Events = list[tuple[str, Any]]


@pytest.fixture
def api() -> Assisted:
    return Assisted()


def grammar(events: Events) -> list[str]:
    """The names of events, repeated ones once."""
    return [name for name, _ in groupby(name for name, _ in events)]


def named(events: Events, name: str) -> list[Any]:
    return [data for found, data in events if found == name]


def stream(api: Assisted, *said: str, **settings: Any) -> Events:
    assistant = api.assistant(tools=settings.pop("tools", []), tool_resources=settings.pop("tool_resources", None))
    return api.stream(f"/threads/{api.thread(*said)}/runs", {"assistant_id": assistant} | settings)


def test_a_message_is_told_in_the_recorded_order(api: Assisted) -> None:
    api.world.rules.on("threads").say("Good day to you.")

    events = stream(api, "Hello")

    assert grammar(events) == [*BEGUN, *SAID, *ENDED]
    assert events[-1] == ("done", "[DONE]")


def test_deltas_join_to_the_message_and_the_run_to_what_is_read_later(api: Assisted) -> None:
    api.world.rules.on("threads").say("Good day to you.")

    events = stream(api, "Hello")

    (message,), (run,) = named(events, "thread.message.completed"), named(events, "thread.run.completed")
    texts = [delta["delta"]["content"][0]["text"] for delta in named(events, "thread.message.delta")]
    assert "".join(text["value"] for text in texts) == message["content"][0]["text"]["value"] == "Good day to you."
    assert texts[0] == {"value": "Good", "annotations": []}
    assert api.get(f"/threads/{run['thread_id']}/runs/{run['id']}").json == run | {"tool_resources": {}}
    assert api.said(run["thread_id"])[-1] == "Good day to you."


def test_messages_in_streams_tell_their_progress(api: Assisted) -> None:
    events = stream(api, "Hello")

    (created,), (completed,) = named(events, "thread.message.created"), named(events, "thread.message.completed")
    begun = {"status": "in_progress", "completed_at": None, "incomplete_at": None, "incomplete_details": None}
    assert begun.items() <= created.items()
    assert created["content"] == []
    assert completed == created | {"status": "completed", "completed_at": 1767225600, "content": completed["content"]}


def test_the_states_of_a_run_are_told(api: Assisted) -> None:
    events = stream(api, "Hello")

    created, started, ended = (
        named(events, f"thread.run.{name}")[0] for name in ("created", "in_progress", "completed")
    )
    assert (created["status"], created["started_at"], created["usage"]) == ("queued", None, None)
    assert started == created | {"status": "in_progress", "started_at": 1767225600}
    assert (ended["status"], ended["expires_at"]) == ("completed", None)


def test_a_new_thread_is_told_first(api: Assisted) -> None:
    thread = {"messages": [{"role": "user", "content": "Hello"}]}

    events = api.stream("/threads/runs", {"assistant_id": api.assistant(), "thread": thread})

    assert grammar(events) == ["thread.created", *BEGUN, *SAID, *ENDED]
    assert events[0][1]["tool_resources"] == {"code_interpreter": {"file_ids": []}}


def test_calls_end_the_stream_and_outputs_begin_another(api: Assisted) -> None:
    api.world.rules.on("threads", has_tool_result=False).call("get_weather", city="Paris")
    events = stream(api, "Weather?", tools=[WEATHER])
    run = named(events, "thread.run.requires_action")[0]
    (call,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]

    path = f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs"
    more = api.stream(path, {"tool_outputs": [{"tool_call_id": call["id"], "output": "sunny"}]})

    first, *rest = (delta["delta"]["step_details"]["tool_calls"][0] for delta in named(events, "thread.run.step.delta"))
    blank = {"name": "get_weather", "arguments": "", "output": None}
    assert grammar(events) == [*BEGUN, *STEP, "thread.run.step.delta", "thread.run.requires_action", "done"]
    assert first == {"index": 0, "id": call["id"], "type": "function", "function": blank}
    assert "".join(part["function"]["arguments"] for part in rest) == '{"city":"Paris"}'
    assert grammar(more) == ["thread.run.step.completed", *BEGUN[1:], *SAID, *ENDED]
    assert more[0][1]["step_details"]["tool_calls"][0]["function"]["output"] == "sunny"


def test_a_search_is_told_with_its_citation(api: Assisted) -> None:
    file = api.file("The favorite food of Filip is cake.", "foods.txt")
    stores = {"file_search": {"vector_stores": [{"file_ids": [file]}]}}

    events = stream(api, "What is the favorite food of Filip?", tools=[SEARCH], tool_resources=stores)

    (delta,) = named(events, "thread.run.step.delta")
    notes = [part for told in named(events, "thread.message.delta") for part in told["delta"]["content"]]
    (cited,) = [part["text"] for part in notes if part["text"].get("annotations")]
    assert grammar(events) == [*BEGUN, *USED, *SAID, *ENDED]
    assert delta["delta"]["step_details"]["tool_calls"][0]["file_search"]["results"] == []
    assert cited["annotations"][0]["file_citation"] == {"file_id": file, "quote": ""}
    assert cited["value"] == cited["annotations"][0]["text"]


def test_code_is_told_token_by_token(api: Assisted) -> None:
    events = stream(api, "Calculate 12 * 12, please.", tools=[CODE])

    deltas = [delta["delta"]["step_details"]["tool_calls"][0] for delta in named(events, "thread.run.step.delta")]
    codes = [delta["code_interpreter"] for delta in deltas]
    (used, _) = named(events, "thread.run.step.completed")
    (call,) = used["step_details"]["tool_calls"]
    assert grammar(events) == [*BEGUN, *USED, *SAID, *ENDED]
    assert codes[0] == {"input": "", "outputs": []}
    assert "".join(code.get("input", "") for code in codes) == call["code_interpreter"]["input"]
    assert codes[-1] == {"outputs": [{"index": 0, "type": "logs", "logs": "144"}]}


def test_an_image_that_code_draws_is_told_before_the_words(api: Assisted) -> None:
    drawn = {"type": "image", "url": "data:image/png;base64,AAAA"}
    api.world.rules.on("threads").hosted({"type": "code_interpreter_call", "code": "plot()", "outputs": [drawn]}).say(
        "Here."
    )

    events = stream(api, "Plot", tools=[CODE])

    (message,) = named(events, "thread.message.completed")
    deltas = [delta["delta"]["content"][0] for delta in named(events, "thread.message.delta")]
    assert deltas[0] == {"index": 0, **message["content"][0]}
    assert [delta["index"] for delta in deltas[1:]] == [1, 1]


def test_a_cut_answer_is_told_as_incomplete(api: Assisted) -> None:
    api.world.rules.on("threads").say("one two three four")

    events = stream(api, "Hello", max_completion_tokens=2)

    (message,) = named(events, "thread.message.incomplete")
    assert grammar(events)[-4:] == [
        "thread.message.incomplete",
        "thread.run.step.completed",
        "thread.run.incomplete",
        "done",
    ]
    assert (message["incomplete_details"], message["completed_at"]) == ({"reason": "max_tokens"}, None)


def test_a_failure_ends_the_stream(api: Assisted) -> None:
    api.world.rules.on("threads").hosted({"type": "error", "message": "Sorry."})

    assert grammar(stream(api, "Hello")) == [*BEGUN, "thread.run.failed", "done"]


BROKEN = [
    (2, [], []),
    (5, ["failed"], []),
    (9, ["failed"], ["one two"]),
    (12, ["completed"], ["one two three"]),
]


@pytest.mark.parametrize(("after", "steps", "said"), BROKEN)
def test_a_run_whose_stream_breaks_off_has_failed(api: Assisted, after: int, steps: list[str], said: list[str]) -> None:
    api.world.rules.on("threads.runs").say("one two three").fail("server_error", after=after)
    thread = api.thread("Hello")

    events = api.stream(f"/threads/{thread}/runs", {"assistant_id": api.assistant()})

    (run,) = api.get(f"/threads/{thread}/runs").json["data"]
    assert [events[-1][0], len(events)] == ["error", after + 1]
    assert (run["status"], run["last_error"]["code"], run["expires_at"]) == ("failed", "server_error", None)
    assert [step["status"] for step in api.steps(run)] == steps
    assert api.said(thread)[1:] == said
    assert api.post(f"/threads/{thread}/messages", {"role": "user", "content": "And now?"}).status == 200


def test_a_refusal_is_told_in_deltas(api: Assisted) -> None:
    api.world.rules.on("threads").refusal("I can't do that.")

    events = stream(api, "Hello")

    parts = [delta["delta"]["content"][0] for delta in named(events, "thread.message.delta")]
    assert {part["type"] for part in parts} == {"refusal"}
    assert "".join(part["refusal"] for part in parts) == "I can't do that."


def test_a_streamed_run_that_waits_expires_as_well(api: Assisted) -> None:
    api.world.rules.on("threads").call("get_weather", city="Paris")
    (run,) = named(stream(api, "Weather?", tools=[WEATHER]), "thread.run.requires_action")

    api.world.clock.advance(600)

    assert api.get(f"/threads/{run['thread_id']}/runs/{run['id']}").json["status"] == "expired"


def test_events_fit_their_schema(api: Assisted) -> None:
    reference = "POST /threads/{thread_id}/runs"
    events = stream(api, "Hello")
    (message,), (run,) = named(events, "thread.message.completed"), named(events, "thread.run.completed")

    assert faults("GET /threads/{thread_id}/messages/{message_id}", message) == []
    assert faults(reference, run | {"instructions": ""}) == []


# The official client


class Listener(AssistantEventHandler):
    """Writes down what it hears."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    @override
    def on_text_delta(self, delta: Any, snapshot: Any) -> None:
        self.heard.append(delta.value)

    @override
    def on_tool_call_created(self, tool_call: Any) -> None:
        self.heard.append(tool_call.function.name)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_official_client_listens_to_a_run(client: OpenAI) -> None:
    assistant = client.beta.assistants.create(model="gpt-4o")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
    listener = Listener()

    with client.beta.threads.runs.stream(
        thread_id=thread.id, assistant_id=assistant.id, event_handler=listener
    ) as running:
        running.until_done()

    (message,) = listener.get_final_messages()
    assert message.content[0].type == "text"
    assert "".join(listener.heard) == message.content[0].text.value
    assert [step.type for step in listener.get_final_run_steps()] == ["message_creation"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_official_client_submits_outputs_in_a_stream(client: OpenAI) -> None:
    assistant = client.beta.assistants.create(
        model="gpt-4o", tools=[{"type": "function", "function": {"name": "get_weather"}}], instructions="Be kind."
    )
    listener = Listener()
    with client.beta.threads.create_and_run_stream(
        assistant_id=assistant.id,
        thread={"messages": [{"role": "user", "content": "Use get_weather, please."}]},
        tool_choice="required",
        event_handler=listener,
    ) as running:
        running.until_done()
    run = listener.current_run
    assert run is not None
    assert run.required_action is not None
    (call,) = run.required_action.submit_tool_outputs.tool_calls

    with client.beta.threads.runs.submit_tool_outputs_stream(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=[{"tool_call_id": call.id, "output": "sunny"}]
    ) as continued:
        text = "".join(continued.text_deltas)

    assert listener.heard == ["get_weather"]
    assert "sunny" in text
