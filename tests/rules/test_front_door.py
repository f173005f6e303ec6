"""What a client sees of rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fakeopenai.emulator import Emulator
from fakeopenai.rules import RuleError, load, on
from fakeopenai.rules.files import parse
from fakeopenai.world import Settings
from tests.front import Api

TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}}


def body(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": text}]} | more


def test_a_scripted_tool_loop(api: Api) -> None:
    rules = api.world.rules
    rules.on("chat", has_tool_result=True, tool_result={"matches": r"(?P<degrees>\d+)"}).say(
        "It is {{ degrees }} degrees."
    )
    rules.on("chat", contains="weather").call("get_weather", city="Paris")

    first = api.post("/chat/completions", body("The weather?", tools=[TOOL])).json["choices"][0]
    answered = [
        first["message"],
        {"role": "tool", "tool_call_id": first["message"]["tool_calls"][0]["id"], "content": "12"},
    ]
    messages = [*body("The weather?")["messages"], *answered]
    second = api.post("/chat/completions", body("", messages=messages)).json["choices"][0]

    assert first["finish_reason"] == "tool_calls"
    assert first["message"]["tool_calls"][0]["function"] == {"name": "get_weather", "arguments": '{"city":"Paris"}'}
    assert second["message"]["content"] == "It is 12 degrees."


def test_streamed_and_whole_answers_are_the_scripted_text(api: Api) -> None:
    api.world.rules.on("chat").say("Sunny, with some clouds.")

    whole = api.post("/chat/completions", body("Hi")).json["choices"][0]["message"]["content"]
    events = api.post("/chat/completions", body("Hi", stream=True)).events

    deltas = [event["choices"][0]["delta"].get("content", "") for event in events[:-1]]
    assert whole == "".join(deltas) == "Sunny, with some clouds."


def test_an_error_then_success(api: Api) -> None:
    api.world.rules.on("chat").error("rate_limit").then.say("Hello")

    answers = [api.post("/chat/completions", body("Hi")) for _ in range(2)]

    assert [answer.status for answer in answers] == [429, 200]
    assert answers[0].headers["retry-after-ms"] == "6"


def test_a_message_names_the_request_id_of_its_answer(api: Api) -> None:
    api.world.rules.on("files").error("server_error")

    answer = api.get("/files")

    assert answer.headers["x-request-id"] in answer.error["message"]


def test_pages_of_the_network_have_no_headers_of_the_api(api: Api) -> None:
    api.world.rules.on("chat").error("bad_gateway")

    answer = api.post("/chat/completions", body("Hi"))

    assert (answer.status, answer.content[:15]) == (502, b"<!DOCTYPE html>")
    assert not [name for name in answer.headers if name.startswith("openai-")]


def test_an_invalid_request_is_invalid_whatever_was_scripted(api: Api) -> None:
    api.world.rules.on("chat").say("Hello")

    assert api.post("/chat/completions", {"model": "gpt-4o"}).status == 400


def test_states_lead_from_one_rule_to_another(api: Api) -> None:
    rules = api.world.rules
    rules.on("chat", contains="status", state={"order": "paid"}).say("On its way")
    rules.on("chat", contains="status", state={"order": {"exists": False}}).say("Not ordered")
    rules.on("chat", contains="pay").say("Thank you").sets(order="paid")

    asked = [api.post("/chat/completions", body(text)) for text in ("The status?", "I pay", "The status?")]

    texts = [answer.json["choices"][0]["message"]["content"] for answer in asked]
    assert texts == ["Not ordered", "Thank you", "On its way"]


def test_a_state_remembers_what_was_captured(api: Api) -> None:
    rules = api.world.rules
    rules.on("chat", matches=r"my name is (?P<name>\w+)").say("Hello, {{ name }}").sets(name="{{ name }}")
    rules.on("chat", contains="who am I").say("{{ state.name | default('Nobody') }}")

    asked = [api.post("/chat/completions", body(text)) for text in ("Who am I?", "my name is Ada", "Who am I?")]

    texts = [answer.json["choices"][0]["message"]["content"] for answer in asked]
    assert texts == ["Nobody", "Hello, Ada", "Ada"]


def test_any_operation_can_be_replied_to(api: Api) -> None:
    api.world.rules.on("GET /models/*").reply({"id": "mine", "object": "model"}, status=203, headers={"x-mine": "1"})

    answer = api.get("/models/anything")

    assert (answer.status, answer.json["id"], answer.headers["x-mine"]) == (203, "mine", "1")


def test_a_servers_rules_count_for_each_world() -> None:
    emulator = Emulator(rules=[on("chat").say("once").once().rule])
    texts = [
        Api(emulator, key).post("/chat/completions", body("Hi")).json["choices"][0]["message"]["content"]
        for key in ("sk-a", "sk-b")
    ]

    assert texts == ["once", "once"]


def test_a_rule_expires_on_the_clock_of_its_world(api: Api) -> None:
    api.world.clock.advance(100)
    api.world.rules.on("chat").error("overloaded").expires(60)

    first = api.post("/chat/completions", body("Hi")).status
    api.world.clock.advance(60)

    assert (first, api.post("/chat/completions", body("Hi")).status) == (503, 200)


def test_time_of_the_world_decides(api: Api) -> None:
    api.world.rules.on("chat", time={"after": 3600, "before": "2026-01-02"}).error("overloaded")

    seen = []
    for seconds in (0, 3600, 86400):
        api.world.clock.advance(seconds)
        seen.append(api.post("/chat/completions", body("Hi")).status)

    assert seen == [200, 503, 200]


def test_a_rule_counts_in_each_conversation(api: Api) -> None:
    api.world.rules.on("chat").say("First", "Later").per("conversation")

    texts = [
        api.post("/chat/completions", body(text)).json["choices"][0]["message"]["content"] for text in ("a", "b", "a")
    ]

    assert texts == ["First", "First", "Later"]


def test_a_request_that_no_rule_fits_is_told_the_nearest_ones() -> None:
    api = Api(Emulator(Settings(unmatched="error")))
    api.world.rules.extend(
        parse(
            "- {name: rome, when: {operation: chat, contains: weather in Rome}, say: Sunny}\n"
            "- {when: {operation: chat, contains: time, model: o3}, say: Noon}",
            "rules.yaml",
        )
    )

    answer = api.post("/chat/completions", body("The weather?"))

    assert (answer.status, answer.error["code"]) == (400, "no_rule_matched")
    assert answer.error["message"].splitlines() == [
        "No rule matches this request, and 'unmatched' is 'error'.",
        "nearest rule: rome (rules.yaml:1)",
        "  user text: expected to contain 'weather in Rome', got 'The weather?'",
        "then: rules.yaml:2",
        "  user text: expected to contain 'time', got 'The weather?'",
        "  model: expected to be 'o3', got 'gpt-4o'",
    ]
    assert api.get("/models").status == 200


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("/embeddings", {"model": "text-embedding-3-small", "input": "Hi"}),
        ("/moderations", {"model": "omni-moderation-latest", "input": "Hi"}),
        ("/images/generations", {"model": "dall-e-2", "prompt": "A cat"}),
    ],
)
def test_whatever_asks_a_model_needs_a_rule_then(url: str, asked: Any) -> None:
    api = Api(Emulator(Settings(unmatched="error")))

    assert api.post(url, asked).error["code"] == "no_rule_matched"


def test_a_request_that_no_rule_fits_may_get_the_smallest_answer() -> None:
    api = Api(Emulator(Settings(unmatched="stub")))
    api.world.rules.on("chat", contains="weather").say("Sunny")

    scripted, stub = [api.post("/chat/completions", body(text)).json for text in ("The weather?", "The time?")]
    events = api.post("/responses", {"model": "gpt-4o", "input": "Hi", "stream": True}).events

    assert scripted["choices"][0]["message"]["content"] == "Sunny"
    assert (stub["object"], stub["model"], stub["created"]) == ("chat.completion", "gpt-4o", 0)
    assert [event["type"] for event in events] == ["response.created", "response.completed"]
    assert len(api.get("/models").json["data"]) > 10


def test_a_file_may_say_what_becomes_of_other_requests(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("unmatched: error\nrules:\n- {when: {contains: weather}, say: Sunny}\n")
    (tmp_path / "b.yaml").write_text("unmatched: answer\n")
    server, world, both = (load([tmp_path / name]) for name in ("a.yaml", "b.yaml", ""))

    api, other = Api(Emulator(rules=server)), Api(Emulator(rules=both))
    refused = api.post("/chat/completions", body("Hi")).status
    api.world.rules.extend(world)

    assert (refused, api.post("/chat/completions", body("Hi")).status) == (400, 200)
    assert other.post("/chat/completions", body("Hi")).status == 400


def test_a_file_cannot_lead_requests_elsewhere() -> None:
    with pytest.raises(RuleError, match=r"a\.yaml:1: unknown unmatched 'proxy'; valid are answer, error, stub"):
        parse("unmatched: proxy", "a.yaml")


def test_a_schema_of_a_file_is_held_against_the_body(api: Api) -> None:
    api.world.rules.extend(parse("- {when: {schema: {required: [seed]}}, say: Seeded}", "a.yaml"))

    texts = [
        api.post("/chat/completions", body("Hi", **more)).json["choices"][0]["message"]["content"]
        for more in ({"seed": 1}, {})
    ]

    assert (texts[0], texts[1] == "Seeded") == ("Seeded", False)
