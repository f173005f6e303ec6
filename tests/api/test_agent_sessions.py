"""Agent sessions: turns, items, events, actions."""

from typing import Any

import pytest
from openai import BaseModel, OpenAI
from openai.lib.beta.agents import function_tool

from fakeopenai.rules import Rule
from tests.api.agents import BETA, Asking, assert_events_fit
from tests.front import Api

WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@pytest.fixture
def ask(api: Api) -> Asking:
    return Asking(api)


def opened(ask: Asking, text: str = "Hello!", **settings: Any) -> Any:
    """A session that was told something."""
    agent = {"model": "gpt-4o", **settings.pop("agent", {})}
    body = {"environment": {"type": "none"}, "agent": agent, "input": text, **settings}
    return ask("POST", "/agents/sessions", body)


def told(text: str) -> Any:
    message = {"role": "user", "content": [{"type": "input_text", "text": text}]}
    return {"events": [{"type": "agent.session.input.message", "input": [message]}]}


def test_a_session_works_until_it_is_looked_at(ask: Asking) -> None:
    session = opened(ask)

    assert (session["status"], session["agent"]["model"]) == ("in_progress", "gpt-4o")
    assert ask("GET", f"/agents/sessions/{session['id']}")["status"] == "idle"


def test_a_turn_leaves_its_messages(ask: Asking, api: Api) -> None:
    api.world.rules.add(Rule.read({"when": {"contains": "Hello"}, "say": "Good day."}))
    session = opened(ask)

    items = ask("GET", f"/agents/sessions/{session['id']}/items?order=asc")["data"]

    assert [(item["role"], item["content"][0]["text"]) for item in items] == [
        ("user", "Hello!"),
        ("assistant", "Good day."),
    ]
    (turn,) = ask("GET", f"/agents/sessions/{session['id']}/turns")["data"]
    assert (turn["status"], {item["turn_id"] for item in items}) == ("completed", {turn["id"]})
    assert turn["usage"]["total_tokens"] == turn["usage"]["input_tokens"] + turn["usage"]["output_tokens"] > 0
    assert ask("GET", f"/agents/sessions/{session['id']}/turns/{turn['id']}") == turn


def test_the_agent_speaks_as_chat_does(ask: Asking, api: Api) -> None:
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why is the sky blue?"}]
    chat = api.post("/chat/completions", {"model": "gpt-4o", "messages": messages}).json

    session = opened(ask, "Why is the sky blue?", agent={"instructions": "Be brief."})

    (turn,) = ask("GET", f"/agents/sessions/{session['id']}/turns")["data"]
    (answer, _) = ask("GET", f"/agents/sessions/{session['id']}/items")["data"]
    assert answer["content"][0]["text"] == chat["choices"][0]["message"]["content"]
    assert turn["usage"]["input_tokens"] == chat["usage"]["prompt_tokens"]


def test_a_long_prompt_comes_out_of_the_cache(ask: Asking) -> None:
    details = []
    for _ in range(2):
        session = opened(ask, "Once upon a time. " * 400)
        (turn,) = ask("GET", f"/agents/sessions/{session['id']}/turns")["data"]
        details.append(turn["usage"]["input_tokens_details"]["cached_tokens"])

    assert details[0] == 0
    assert details[1] >= 1024


def test_a_function_call_requires_action(ask: Asking) -> None:
    session = opened(ask, "What is the weather in Paris?", agent={"tools": [WEATHER]})

    waiting = ask("GET", f"/agents/sessions/{session['id']}")

    (action,) = waiting["required_actions"]
    assert (waiting["status"], action["name"], action["arguments"]) == (
        "requires_action",
        "get_weather",
        {"city": "Paris"},
    )
    assert ask("GET", f"/agents/sessions/{session['id']}/turns")["data"][0]["status"] == "waiting"


def test_the_result_of_a_function_lets_the_turn_go_on(ask: Asking) -> None:
    session = opened(ask, "What is the weather in Paris?", agent={"tools": [WEATHER]})
    url = f"/agents/sessions/{session['id']}"
    (action,) = ask("GET", url)["required_actions"]
    result = {name: action[name] for name in ("turn_id", "call_id")} | {"success": True, "output": "18 degrees"}

    accepted = ask.answer("POST", f"{url}/events", {"events": [{"type": "agent.session.input.tool_result", **result}]})

    assert (accepted.status, accepted.content) == (202, b"")
    assert ask("GET", url)["status"] == "idle"
    kinds = [(item["type"], item["status"]) for item in ask("GET", f"{url}/items?order=asc")["data"]]
    assert kinds == [
        ("message", "completed"),
        ("function_call", "completed"),
        ("function_call_output", "completed"),
        ("message", "completed"),
    ]
    assert len(ask("GET", f"{url}/turns")["data"]) == 1


def test_a_result_that_nobody_waits_for_is_refused(ask: Asking) -> None:
    session = opened(ask)
    result = {"type": "agent.session.input.tool_result", "turn_id": "turn_1", "call_id": "call_1", "success": True}

    answer = ask.answer("POST", f"/agents/sessions/{session['id']}/events", {"events": [result]})

    assert (answer.status, answer.error["message"], answer.error["code"]) == (
        400,
        "Unknown pending tool call: call_1",
        "invalid_request_error",
    )


CANCEL = {"type": "agent.session.input.cancel"}
AGAIN = {"role": "user", "content": [{"type": "input_text", "text": "And now?"}]}
MORE = {"type": "agent.session.input.message", "input": [AGAIN]}


@pytest.mark.parametrize(
    ("kinds", "status", "items"),
    [
        ("result result", 400, 2),
        ("cancel result", 400, 2),
        ("message", 400, 2),
        ("result cancel", 202, 3),
        ("cancel message", 202, 4),
        ("result message", 202, 5),
    ],
)
def test_events_are_taken_all_or_none(ask: Asking, kinds: str, status: int, items: int) -> None:
    session = opened(ask, "What is the weather in Paris?", agent={"tools": [WEATHER]})
    url = f"/agents/sessions/{session['id']}"
    (action,) = ask("GET", url)["required_actions"]
    known = {name: action[name] for name in ("turn_id", "call_id")}
    result = {"type": "agent.session.input.tool_result", **known, "success": True, "output": "18 degrees"}
    events = {"result": result, "cancel": CANCEL, "message": MORE}

    answer = ask.answer("POST", f"{url}/events", {"events": [events[kind] for kind in kinds.split()]})

    assert answer.status == status
    while ask("GET", url)["status"] == "in_progress":
        pass
    assert len(ask("GET", f"{url}/items")["data"]) == items


def test_a_turn_can_be_cancelled(ask: Asking) -> None:
    session = opened(ask)
    url = f"/agents/sessions/{session['id']}"

    ask("POST", f"{url}/events", {"events": [{"type": "agent.session.input.cancel"}]})

    assert ask("GET", url)["status"] == "idle"
    assert ask("GET", f"{url}/turns")["data"][0]["status"] == "cancelled"
    assert [item["role"] for item in ask("GET", f"{url}/items")["data"]] == ["user"]


def test_the_same_idempotency_key_is_heard_once(ask: Asking) -> None:
    session = opened(ask)
    url = f"/agents/sessions/{session['id']}"
    for _ in range(2):
        ask("POST", f"{url}/events", told("And now?"), **{"idempotency-key": "one"})

    assert len(ask("GET", f"{url}/turns")["data"]) == 2


def test_a_tool_of_a_server_waits_for_approval(ask: Asking, api: Api) -> None:
    request = {"type": "mcp_approval_request", "name": "roll", "server_label": "dice", "arguments": "{}"}
    api.world.rules.add(Rule.read({"steps": [{"hosted": request}], "times": 1}))
    session = opened(ask)
    url = f"/agents/sessions/{session['id']}"
    (action,) = ask("GET", url)["required_actions"]
    response = {"type": "mcp_tool_call", "decision": "approve"}
    event = {"type": "agent.session.input.mcp_approval_request_result", "request_id": action["request_id"]}

    ask("POST", f"{url}/events", {"events": [event | {"response": response}]})

    assert (action["type"], action["request"]["name"]) == ("mcp_approval_request", "roll")
    assert ask("GET", url)["status"] == "idle"
    assert [item["type"] for item in ask("GET", f"{url}/items?order=asc")["data"]] == ["message", "mcp_call", "message"]


def test_the_events_of_a_new_session_spell_out_its_turn(ask: Asking, api: Api) -> None:
    api.world.rules.add(Rule.read({"say": "One two three."}))
    body = {"environment": {"type": "none"}, "agent": {"model": "gpt-4o"}, "input": "Count.", "stream": True}

    events = api.post("/agents/sessions", body, headers=BETA).events

    assert_events_fit(events)
    short = [event["type"].removeprefix("agent.session.") for event in events]
    assert short[:4] == ["created", "in_progress", "turn.created", "turn.in_progress"]
    assert short[-2:] == ["turn.completed", "idle"]
    assert "".join(event.get("delta", "") for event in events) == "One two three."
    assert len({event["event_id"] for event in events}) == len(events)


def test_padding_can_be_left_out(api: Api) -> None:
    body = {"environment": {"type": "none"}, "agent": {"model": "gpt-4o"}, "input": "Count.", "stream": True}

    padded = api.post("/agents/sessions", body, headers=BETA).events
    plain = api.post("/agents/sessions", body | {"stream_options": {"include_obfuscation": False}}, headers=BETA).events

    assert any("obfuscation" in event for event in padded)
    assert not any("obfuscation" in event for event in plain)


def test_what_is_needed_to_begin_is_demanded(ask: Asking) -> None:
    nothing = ask.answer("POST", "/agents/sessions", {"environment": {"type": "none"}, "agent": {"model": "gpt-4o"}})
    nobody = ask.answer("POST", "/agents/sessions", {"environment": {"type": "none"}, "input": "Hello"})

    assert (nothing.status, nothing.error["param"]) == (400, "input")
    assert (nobody.status, nobody.error["param"]) == (400, "agent.model")


def test_a_saved_agent_runs_with_what_the_session_changes(ask: Asking) -> None:
    agent = ask("POST", "/agents", {"model": "gpt-4o", "name": "Ada", "instructions": "Be brief."})
    body = {"environment": {"type": "none"}, "agent_id": agent["id"], "agent": {"model": "gpt-5"}, "input": "Hello"}

    session = ask("POST", "/agents/sessions", body)

    seen = session["agent"]
    assert (seen["id"], seen["name"], seen["model"], seen["instructions"]) == (agent["id"], "Ada", "gpt-5", "Be brief.")
    assert [found["id"] for found in ask("GET", f"/agents/sessions?agent_id={agent['id']}")["data"]] == [session["id"]]
    assert ask("GET", "/agents/sessions?agent_id=agent_x")["data"] == []


def test_a_session_is_updated_and_deleted_with_all_that_is_below_it(ask: Asking) -> None:
    session = opened(ask)
    url = f"/agents/sessions/{session['id']}"

    changed = ask("POST", url, {"metadata": {"a": "b"}, "agent": {"model": "gpt-5"}})
    deleted = ask("DELETE", url)

    assert (changed["metadata"], changed["agent"]["model"]) == ({"a": "b"}, "gpt-5")
    assert deleted == {"id": session["id"], "object": "agent.session.deleted", "deleted": True}
    assert {ask.answer("GET", f"{url}{part}").status for part in ("", "/items", "/turns", "/events")} == {404}


def test_the_trace_of_a_turn_has_a_span_for_each_item(ask: Asking) -> None:
    session = opened(ask)

    (trace,) = ask("GET", f"/agents/sessions/{session['id']}/traces")["data"]

    (turn,) = ask("GET", f"/agents/sessions/{session['id']}/turns")["data"]
    spans = trace["otlp"]["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert trace["id"] == turn["id"]
    assert [span["name"] for span in spans] == ["invoke_agent", "message"]
    assert spans[1]["parentSpanId"] == spans[0]["spanId"]


def test_files_asked_for_by_name_become_artifacts(ask: Asking, api: Api) -> None:
    api.world.rules.add(Rule.read({"say": "Roses are red."}))
    session = opened(ask, "Write a poem to poem.txt", environment={"type": "openai_hosted"})
    url = f"/agents/sessions/{session['id']}/artifacts"

    (artifact,) = ask("GET", url)["data"]

    assert (artifact["path"], artifact["size_bytes"]) == ("/workspace/poem.txt", 14)
    assert api.get(f"{url}/{artifact['id']}/content", headers=BETA).content == b"Roses are red."
    assert ask("DELETE", f"{url}/{artifact['id']}")["deleted"]
    assert ask("GET", url)["data"] == []


def test_a_listener_hears_how_an_environment_comes_up(ask: Asking, api: Api) -> None:
    body = {"environment": {"type": "openai_hosted"}, "agent": {"model": "gpt-4o"}, "input": "Hi", "stream": True}

    events = api.post("/agents/sessions", body, headers=BETA).events

    assert_events_fit(events)
    kinds = [event["type"] for event in events if "environment" in event["type"]]
    assert kinds == ["agent.session.environment.pending", "agent.session.environment.ready"]


def test_what_the_context_cannot_hold_fails_the_turn(ask: Asking) -> None:
    session = opened(ask, "word " * 200_000)

    (turn,) = ask("GET", f"/agents/sessions/{session['id']}/turns")["data"]

    assert (turn["status"], turn["error"]["code"]) == ("failed", "context_length_exceeded")


def test_the_official_client_streams_a_turn(client: OpenAI) -> None:
    session = client.beta.agents.sessions.create(environment={"type": "none"}, agent={"model": "gpt-4o"}, input="Hi")

    with client.beta.agents.sessions.stream(session.id, input="And now?") as stream:
        result = stream.get_final_result()

    assert result.turn.status == "completed"
    assert result.output_text


def test_the_official_client_runs_tools_while_it_streams(client: OpenAI) -> None:
    asked = []

    @function_tool
    def get_weather(city: str) -> str:
        """The weather in a city."""
        asked.append(city)
        return "18 degrees"

    sessions = client.beta.agents.sessions
    session = sessions.create(
        environment={"type": "none"}, agent={"model": "gpt-4o", "tools": [get_weather.definition]}, input="Hi"
    )
    handlers = {"get_weather": get_weather}
    with sessions.stream(session.id, input="What is the weather in Paris?", tool_handlers=handlers) as stream:
        result = stream.get_final_result()

    assert (asked, result.turn.status) == (["Paris"], "completed")
    assert "18" in result.output_text


class City(BaseModel):
    name: str
    population: int


def test_the_official_client_parses_what_a_new_session_says(client: OpenAI) -> None:
    stream = client.beta.agents.sessions.create(
        environment={"type": "none"},
        agent={"model": "gpt-4o"},
        input="Tell me about Paris.",
        output_type=City,
        stream=True,
    )

    assert isinstance(stream.get_final_result().output_parsed, City)


def test_a_listener_hears_of_a_turn_that_is_under_way(client: OpenAI) -> None:
    sessions = client.beta.agents.sessions
    session = sessions.create(environment={"type": "none"}, agent={"model": "gpt-4o"}, input="Hi")

    kinds = []
    with sessions.events.stream(session.id) as stream:
        for event in stream:
            kinds.append(event.type)
            if event.type == "agent.session.idle":
                break

    assert kinds[-2:] == ["agent.session.turn.completed", "agent.session.idle"]


def test_the_traces_of_the_agents_sdk_are_taken_in(api: Api) -> None:
    spans = {"data": [{"object": "trace", "id": "trace_1", "workflow_name": "Agent workflow"}]}

    answer = api.post("/traces/ingest", spans, headers={"openai-beta": "traces=v1"})

    assert (answer.status, answer.content) == (204, b"")


def test_a_subagent_works_on_its_own(ask: Asking, api: Api) -> None:
    order = {"type": "create_subagent_call", "content": "Why is the sky blue?"}
    api.world.rules.add(Rule.read({"steps": [{"hosted": order}, {"say": "Done."}]}))
    body = {"environment": {"type": "none"}, "agent": {"model": "gpt-4o"}, "input": "Delegate.", "stream": True}

    events = api.post("/agents/sessions", body, headers=BETA).events

    assert_events_fit(events)
    url = f"/agents/sessions/{events[0]['session']['id']}/subagents"
    (subagent,) = ask("GET", url)["data"]
    (turn,) = ask("GET", f"{url}/{subagent['id']}/turns")["data"]
    own = ask("GET", f"{url}/{subagent['id']}/turns/{turn['id']}/items?order=asc")["data"]
    assert (subagent["status"], turn["subagent_id"]) == ("closed", subagent["id"])
    assert [item["type"] for item in own] == ["agent_message", "message"]
    assert ask("GET", f"{url}/{subagent['id']}/items?order=asc")["data"] == own
    assert ask("GET", f"{url}/{subagent['id']}/turns/{turn['id']}") == turn
    assert ask("GET", f"{url}/{subagent['id']}") == subagent


def test_a_turn_fails_when_a_rule_says_so(ask: Asking, api: Api) -> None:
    api.world.rules.on("POST /agents/sessions").job(fail="overloaded")

    session = opened(ask)
    ask("GET", f"/agents/sessions/{session['id']}")

    (turn,) = ask("GET", f"/agents/sessions/{session['id']}/turns")["data"]
    assert (turn["status"], turn["error"]["code"]) == ("failed", "server_error")
    assert ask("GET", f"/agents/sessions/{session['id']}")["status"] == "idle"
