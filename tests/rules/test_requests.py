"""Conditions hold for requests as clients send them, through every family that asks a model."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from fakeopenai.media import pictures
from tests.api.assisted import WEATHER, Assisted

PICTURE = f"data:image/png;base64,{b64encode(pictures.picture('A cat', '256x256')).decode()}"
FUNCTION: dict[str, Any] = WEATHER["function"]
SAID = "The rule has spoken."


@pytest.fixture
def api() -> Assisted:
    return Assisted()


def chat(api: Assisted, *messages: dict[str, Any], **more: Any) -> str:
    answer = api.post("/chat/completions", {"model": "gpt-4o", "messages": list(messages)} | more)
    return str(answer.json["choices"][0]["message"]["content"])


def respond(api: Assisted, input: Any, **more: Any) -> str:
    output = api.post("/responses", {"model": "gpt-4o", "input": input} | more).json["output"]
    return "".join(part["text"] for item in output if item["type"] == "message" for part in item["content"])


def run(api: Assisted, text: str, **settings: Any) -> str:
    done = api.ended(api.run(api.thread(text), api.assistant(**settings)))
    message = api.get(f"/threads/{done['thread_id']}/messages").json["data"][0]
    return str(message["content"][0]["text"]["value"])


def test_instructions_are_system_text_everywhere(api: Assisted) -> None:
    api.world.rules.on(system="like a pirate").say(SAID)
    pirate, user = "Speak like a PIRATE.", {"role": "user", "content": "Hi"}

    told = [
        chat(api, {"role": "system", "content": pirate}, user),
        chat(api, {"role": "developer", "content": pirate}, user),
        respond(api, "Hi", instructions=pirate),
        respond(api, [{"role": "developer", "content": pirate}, user]),
        run(api, "Hi", instructions=pirate),
    ]

    assert told == [SAID] * 5
    assert chat(api, user) != SAID
    assert chat(api, {"role": "user", "content": pirate}) != SAID


def test_results_of_tools_are_seen_in_their_turn_everywhere(api: Assisted) -> None:
    api.world.rules.on(called="get_weather", tool_result={"json": {"degrees": {"above": 30}}}).say(SAID)
    called = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
    asked = {"role": "user", "content": "Weather?"}
    hot, cold = '{"degrees": 35}', '{"degrees": 5}'

    def loop(result: str) -> list[dict[str, Any]]:
        use = {"role": "assistant", "content": None, "tool_calls": [called]}
        return [asked, use, {"role": "tool", "tool_call_id": "call_1", "content": result}]

    def items(result: str) -> list[dict[str, Any]]:
        use = {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{}"}
        return [asked, use, {"type": "function_call_output", "call_id": "call_1", "output": result}]

    assert [chat(api, *loop(result)) == SAID for result in (hot, cold)] == [True, False]
    assert [respond(api, items(result)) == SAID for result in (hot, cold)] == [True, False]
    assert (
        chat(api, *loop(hot), {"role": "assistant", "content": "Hot."}, {"role": "user", "content": "Thanks"}) != SAID
    )


def test_tools_that_are_offered_are_seen_everywhere(api: Assisted) -> None:
    api.world.rules.on(tool="get_*").say(SAID)
    user = {"role": "user", "content": "Hi"}

    told = [
        chat(api, user, tools=[WEATHER]),
        respond(api, "Hi", tools=[{"type": "function", **FUNCTION}]),
        run(api, "Hi", tools=[WEATHER]),
    ]

    assert told == [SAID] * 3
    assert chat(api, user) != SAID


def test_pictures_are_seen_everywhere(api: Assisted) -> None:
    api.world.rules.on(media="image").say(SAID)

    told = [
        chat(api, {"role": "user", "content": [{"type": "image_url", "image_url": {"url": PICTURE}}]}),
        respond(api, [{"role": "user", "content": [{"type": "input_image", "image_url": PICTURE}]}]),
    ]

    assert told == [SAID] * 2
    assert respond(api, "No picture") != SAID


def test_a_conversation_goes_on_from_response_to_response(api: Assisted) -> None:
    api.world.rules.on("responses").say("First", "Second", "Third").per("conversation")

    def ask(text: str, **more: Any) -> tuple[str, str]:
        answer = api.post("/responses", {"model": "gpt-4o", "input": text} | more).json
        return answer["id"], answer["output"][0]["content"][0]["text"]

    one, first = ask("One")
    _, other = ask("Other")
    two, second = ask("and more", previous_response_id=one)
    _, third = ask("and more", previous_response_id=two)

    assert [first, other, second, third] == ["First", "First", "Second", "Third"]


def test_the_project_is_that_of_the_key(api: Assisted) -> None:
    made = api.post("/organization/projects", {"name": "Red"}, headers={}).json
    account = api.post(f"/organization/projects/{made['id']}/service_accounts", {"name": "robot"}, headers={}).json
    api.world.rules.on("chat", project=made["id"]).say(SAID)
    user = {"role": "user", "content": "Hi"}

    robot = Assisted(api.emulator, account["api_key"]["value"])

    assert (chat(robot, user) == SAID, chat(api, user) == SAID) == (True, False)
