"""Responses over a WebSocket: lanes, what a connection remembers, steering; without a socket and with the client."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from openai import AsyncOpenAI, OpenAI
from websockets.exceptions import ConnectionClosed, InvalidStatus

from fakeopenai import data
from fakeopenai.api.responses.socket import MOST_LANES, Session
from fakeopenai.emulator import Emulator
from fakeopenai.recording.upstream import Upstream
from fakeopenai.rules import Rule
from fakeopenai.schema import types
from fakeopenai.serving import Server
from fakeopenai.testing import FakeOpenAI, fresh
from fakeopenai.wire import Request
from tests.front import Api

HELLO = {"type": "response.create", "model": "gpt-5.4", "input": "Hello"}
TOOL = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}


@dataclass
class Talk:
    """A connection without a socket. `interrupting` is what the client says after the event of some type."""

    api: Api = field(default_factory=Api)

    def __post_init__(self) -> None:
        opening = Request("GET", "/responses", key=self.api.key)
        self.session = Session(opening, lambda: self.api.world, self.api.emulator.respond)

    def say(self, message: Any, after: str = "", then: Any = None) -> list[Any]:
        """What comes of a message; at the first event of a type something else may be said."""
        text = message if isinstance(message, str) else msgspec.json.encode(message)
        heard = self.session.hear(text)
        told = [*heard.events]
        while heard.lane and heard.lane.waiting:
            for _, event in self.session.turn(heard.lane):
                told.append(heard.lane.framed(event))
                if then and event["type"] == after:
                    said = msgspec.json.encode(then(event))
                    then = None
                    told += self.session.hear(said).events
        return told


@pytest.fixture
def talk(api: Api) -> Talk:
    return Talk(api)


@pytest.fixture
def fake(server: Server) -> Iterator[FakeOpenAI]:
    with fresh(server, "sk-sockets") as given:
        yield given


@cache
def validator() -> Any:
    rows = [msgspec.json.decode(line) for line in data.path("schemas", "sockets.jsonl").read_bytes().splitlines()]
    row = next(row for row in rows if row["id"] == "responses")
    return jsonschema_rs.validator_for(types().closure(row["server"]))


def steer(event: Any, input: Any = "Stop") -> Any:
    return {"type": "response.steer", "previous_response_id": event["response"]["id"], "input": input}


def output_text(event: Any) -> str:
    return "".join(item["content"][0]["text"] for item in event["response"]["output"] if item["type"] == "message")


def test_a_turn_is_told_in_the_events_of_a_stream(talk: Talk) -> None:
    streamed = talk.api.post("/responses", {"model": "gpt-5.4", "input": "Hello", "stream": True}).events

    told = talk.say(HELLO)

    assert [event["type"] for event in told] == [event["type"] for event in streamed]
    assert [event["sequence_number"] for event in told] == list(range(len(told)))
    assert output_text(told[-1]) == output_text(streamed[-1])


def test_a_named_lane_stands_in_its_events(talk: Talk) -> None:
    told = talk.say(HELLO | {"stream_id": "main"})

    assert {event["stream_id"] for event in told} == {"main"}


def test_what_is_not_stored_is_remembered(talk: Talk) -> None:
    first = talk.say(HELLO | {"store": False})[-1]["response"]["id"]

    second = talk.say(HELLO | {"store": False, "input": "What did I say?", "previous_response_id": first})

    assert "Hello" in output_text(second[-1])
    assert talk.api.get(f"/responses/{first}").status == 404


def test_another_connection_does_not_remember_it(talk: Talk) -> None:
    first = talk.say(HELLO | {"store": False})[-1]["response"]["id"]

    [error] = Talk(talk.api).say(HELLO | {"previous_response_id": first})

    assert error == {
        "type": "error",
        "status": 400,
        "error": {
            "message": f"Previous response with id '{first}' not found.",
            "type": "invalid_request_error",
            "param": "previous_response_id",
            "code": "previous_response_not_found",
        },
    }


def test_only_the_latest_of_a_lane_is_remembered(talk: Talk) -> None:
    first = talk.say(HELLO | {"store": False})[-1]["response"]["id"]
    talk.say(HELLO | {"store": False})

    [error] = talk.say(HELLO | {"previous_response_id": first})

    assert error["error"]["code"] == "previous_response_not_found"


def test_a_lane_goes_on_from_another(talk: Talk) -> None:
    first = talk.say(HELLO | {"store": False, "stream_id": "a"})[-1]["response"]["id"]
    asked = HELLO | {"store": False, "stream_id": "b", "input": "What did I say?", "previous_response_id": first}

    answers = [output_text(talk.say(asked)[-1]), output_text(talk.say(asked | {"stream_id": "a"})[-1])]

    assert answers[0] == answers[1]
    assert "Hello" in answers[0]


def test_a_failure_is_forgetful(talk: Talk) -> None:
    first = talk.say(HELLO | {"store": False})[-1]["response"]["id"]
    talk.say(HELLO | {"model": "gpt-nope"})

    [error] = talk.say(HELLO | {"previous_response_id": first})

    assert error["error"]["code"] == "previous_response_not_found"


def test_a_response_that_fails_is_not_gone_on_from(talk: Talk) -> None:
    talk.api.world.rules.on("responses").say("One").fail("server_error", after=5).once()
    first = talk.say(HELLO | {"store": False})[-1]["response"]["id"]

    [error] = talk.say(HELLO | {"previous_response_id": first})

    assert error["error"]["code"] == "previous_response_not_found"


def test_a_stored_response_outlives_its_connection(talk: Talk) -> None:
    first = talk.say(HELLO)[-1]["response"]["id"]

    told = Talk(talk.api).say(HELLO | {"input": "What did I say?", "previous_response_id": first})

    assert "Hello" in output_text(told[-1])


def test_a_warm_up_says_nothing_and_can_be_followed(talk: Talk) -> None:
    warm = talk.say(HELLO | {"generate": False, "store": False})

    told = talk.say(HELLO | {"input": "What did I say?", "previous_response_id": warm[-1]["response"]["id"]})

    assert [event["type"] for event in warm] == ["response.created", "response.in_progress", "response.completed"]
    assert "Hello" in output_text(told[-1])


def test_a_prewarmed_cache_says_nothing_over_http_either(api: Api) -> None:
    body = {"model": "gpt-5.6", "input": "Hello", "prompt_cache_options": {"prewarm": True}}

    answer = api.post("/responses", body).json

    assert (answer["status"], answer["output"], answer["usage"]["output_tokens"]) == ("completed", [], 0)


@pytest.mark.parametrize(
    ("message", "code", "param"),
    [
        ("{", None, None),
        ("[]", "invalid_type", None),
        ({}, "missing_required_parameter", "type"),
        ({"type": "session.update"}, "invalid_value", "type"),
        (HELLO | {"stream_id": ""}, "invalid_stream_id", "stream_id"),
        (HELLO | {"stream_id": "a b"}, "invalid_stream_id", "stream_id"),
        (HELLO | {"background": True}, "unsupported_parameter", "background"),
        (HELLO | {"colour": "red"}, "unknown_parameter", "colour"),
        (HELLO | {"temperature": 9}, "decimal_above_max_value", "temperature"),
    ],
)
def test_what_cannot_be_done_is_refused(talk: Talk, message: Any, code: str | None, param: str | None) -> None:
    [event] = talk.say(message)

    assert (event["type"], event["status"]) == ("error", 400)
    assert (event["error"]["code"], event["error"]["param"]) == (code, param)


def test_lanes_are_limited(talk: Talk) -> None:
    for number in range(MOST_LANES):
        talk.say(HELLO | {"stream_id": f"lane{number}"})

    [error] = talk.say(HELLO | {"stream_id": "another"})

    assert (error["stream_id"], error["error"]["code"]) == ("another", "websocket_stream_limit_reached")
    assert len(talk.say(HELLO)) > 1


def test_a_connection_lasts_an_hour(talk: Talk) -> None:
    talk.api.world.clock.advance(3600)

    heard = talk.session.hear(msgspec.json.encode(HELLO))

    assert (heard.events[0]["error"]["code"], heard.ends) == ("websocket_connection_limit_reached", True)


def test_a_rule_may_fail_a_turn(talk: Talk) -> None:
    talk.api.world.rules.on("responses").error("rate_limit").once()

    [error], told = talk.say(HELLO | {"stream_id": "a"}), talk.say(HELLO)

    assert (error["status"], error["error"]["code"]) == (429, "rate_limit_exceeded")
    assert "retry-after" in error["error"]["headers"]
    assert told[-1]["type"] == "response.completed"


def test_a_rule_may_answer_in_its_own_words(talk: Talk) -> None:
    talk.api.world.rules.add(Rule.read({"when": {}, "reply": {"body": {"type": "odd", "value": 1}}}))

    assert talk.say(HELLO) == [{"type": "odd", "value": 1}]


def test_nothing_is_passed_on() -> None:
    talk = Talk(Api(Emulator(upstream=Upstream("http://127.0.0.1:1/v1"))))
    talk.api.world.rules.add(Rule.read({"when": {}, "proxy": True}))

    [error] = talk.say(HELLO)

    assert (error["status"], error["error"]["code"]) == (400, "not_passed_on")


def test_steering_ends_a_response_after_an_item(talk: Talk) -> None:
    talk.api.world.rules.on("responses").say("One").say("Two").once()

    told = talk.say(HELLO, "response.created", steer)

    lives = [event["type"] for event in told if "response" in event]
    first = next(event["response"] for event in told if event["type"] == "response.incomplete")
    assert told[1]["type"] == "response.steer.accepted"
    assert lives[2:4] == ["response.incomplete", "response.created"]
    assert (output_text({"response": first}), first["incomplete_details"]) == ("One", {"reason": "steered"})
    assert told[-1]["response"]["previous_response_id"] == first["id"]
    assert [item["content"][0]["text"] for item in inputs(talk, told[-1])] == ["Hello", "Stop"]
    assert talk.api.get(f"/responses/{first['id']}").json == first


def inputs(talk: Talk, event: Any) -> list[Any]:
    found = talk.api.get(f"/responses/{event['response']['id']}/input_items?order=asc").json["data"]
    return [item for item in found if item["role"] == "user"]


@pytest.mark.parametrize("store", [True, False])
def test_numbers_have_no_gaps_where_it_is_steered(talk: Talk, store: bool) -> None:
    talk.api.world.rules.on("responses").say("One").say("Two").once()

    told = talk.say(HELLO | {"store": store}, "response.created", steer)

    successor = [event["type"] for event in told].index("response.created", 1)
    for part in (told[:successor], told[successor:]):
        assert [event["sequence_number"] for event in part] == list(range(len(part)))


def test_steering_waits_for_the_output_of_a_tool(talk: Talk) -> None:
    talk.api.world.rules.on("responses").call("f").once()

    told = talk.say(HELLO | {"tools": [TOOL]}, "response.created", steer)
    response = told[-2]["response"]
    call = response["output"][0]["call_id"]
    stub = {"call_id": call, "name": "f", "type": "function_call_output"}
    output = {"type": "function_call_output", "call_id": call, "output": "4"}
    followed = talk.say(HELLO | {"input": [output], "previous_response_id": response["id"]})

    assert [event["type"] for event in told[-2:]] == ["response.completed", "response.steer.pending"]
    assert told[-1]["required_input"] == [stub]
    items = talk.api.get(f"/responses/{followed[-1]['response']['id']}/input_items").json["data"]
    assert [item["type"] for item in items[:2]] == ["function_call_output", "message"]


@pytest.mark.parametrize(
    ("options", "input", "code"),
    [
        ({}, [], "invalid_input"),
        ({}, [{"role": "system", "content": "Stop"}], "invalid_input"),
        ({}, [{"role": "user", "content": [{"type": "input_audio"}]}], "invalid_input"),
        ({"context_management": [{"type": "compaction"}]}, "Stop", "steering_not_supported"),
    ],
)
def test_not_everything_steers(talk: Talk, options: Any, input: Any, code: str) -> None:
    told = talk.say(HELLO | options, "response.created", lambda event: steer(event, input))

    assert (told[1]["type"], told[1]["error"]["code"]) == ("response.steer.failed", code)
    assert told[1]["steer"]["input"] == input
    assert told[-1]["type"] == "response.completed"


def test_what_has_ended_is_not_steered(talk: Talk) -> None:
    ended = talk.say(HELLO)[-1]

    [late], [lost] = talk.say(steer(ended)), talk.say(steer({"response": {"id": "resp_1"}}))

    assert [event["error"]["code"] for event in (late, lost)] == ["response_already_completed", "response_not_found"]


def test_a_failed_response_gives_its_steering_back(talk: Talk) -> None:
    talk.api.world.rules.on("responses").say("One").fail("server_error", after=5)

    told = talk.say(HELLO, "response.created", steer)

    assert [event["type"] for event in told[-2:]] == ["response.failed", "response.steer.failed"]
    assert told[-1]["steer"]["input"] == "Stop"


def test_injected_outputs_come_back(talk: Talk) -> None:
    [event] = talk.say({"type": "response.inject", "response_id": "resp_1", "input": []})

    assert (event["type"], event["error"]["code"]) == ("response.inject.failed", "response_not_found")


def test_events_are_what_the_schema_says(talk: Talk) -> None:
    talk.api.world.rules.on("responses").say("One").call("f").once()

    told = talk.say(HELLO | {"tools": [TOOL], "stream_id": "a"}, "response.created", steer)
    told += talk.say(steer({"response": {"id": "resp_1"}})) + talk.say(HELLO | {"model": "gpt-nope"})

    assert [fault.message for event in told for fault in validator().iter_errors(event)] == []


def test_the_client_talks_on_one_connection(fake: FakeOpenAI) -> None:
    with fake.client().responses.connect() as connection:
        connection.response.create(model="gpt-4o", input="Hello", store=False)
        first = next(event for event in connection if event.type == "response.completed").response
        connection.response.create(
            model="gpt-4o", input="What did I say?", store=False, previous_response_id=first.id, stream_id="a"
        )
        second = next(event for event in connection if event.type == "response.completed")

    assert (second.stream_id, "Hello" in second.response.output_text) == ("a", True)
    assert [call.operation for call in fake.requests] == ["POST /responses"] * 2


def test_the_client_steers_a_slow_response(fake: FakeOpenAI) -> None:
    fake.on("responses").say("One").say("Two").pace(tokens_per_second=50).once()

    with fake.client().responses.connect() as connection:
        connection.response.create(model="gpt-4o", input="Hello")
        begun = connection.recv()
        assert begun.type == "response.created"
        connection.response.steer(input="Stop", previous_response_id=begun.response.id)
        told = [event.type for event in _until_completed(connection)]

    assert {"response.steer.accepted", "response.incomplete"} <= {*told}


def _until_completed(connection: Any) -> Iterator[Any]:
    for event in connection:
        yield event
        if event.type == "response.completed":
            return


async def test_lanes_are_told_side_by_side(fake: FakeOpenAI) -> None:
    fake.on("responses", contains="slow").say("One two three").pace(tokens_per_second=50)
    client: AsyncOpenAI = fake.async_client()

    async with client.responses.connect() as connection:
        await connection.response.create(model="gpt-4o", input="slow", stream_id="slow")
        await connection.response.create(model="gpt-4o", input="Hello", stream_id="fast")
        ended = [event.stream_id async for event in _ends(connection, 2)]

    assert ended == ["fast", "slow"]


async def _ends(connection: Any, count: int) -> Any:
    async for event in connection:
        if event.type == "response.completed":
            yield event
            count -= 1
        if not count:
            return


def test_a_connection_breaks_where_a_rule_cuts_it(fake: FakeOpenAI) -> None:
    fake.on("responses").say("One two").cut(events=3)

    with fake.client().responses.connect() as connection:
        connection.response.create(model="gpt-4o", input="Hello")
        told = [connection.recv().type for _ in range(3)]
        with pytest.raises(ConnectionClosed):
            connection.recv()

    assert told[-1] == "response.output_item.added"


def test_nobody_connects_without_a_key_that_counts(server: Server) -> None:
    client = OpenAI(base_url=server.base_url, api_key="sk-invalid")

    with pytest.raises(InvalidStatus) as refused, client.responses.connect():
        pass

    assert refused.value.response.status_code == 401


def test_there_are_no_sockets_elsewhere(server: Server) -> None:
    client = OpenAI(base_url=f"{server.base_url}/files", api_key="sk-sockets")

    with pytest.raises(InvalidStatus) as refused, client.responses.connect():
        pass

    assert refused.value.response.status_code == 404
