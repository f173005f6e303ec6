"""The loops of tools that the official client runs by itself: over responses, and over decisions."""

from __future__ import annotations

from typing import Any

import pytest
from openai import AsyncOpenAI, OpenAI
from openai.lib.decisions_tool_runner import DecisionsToolRunner
from openai.lib.responses_tool_runner import (
    AsyncRegisteredFunction,
    AsyncResponsesToolRunner,
    RegisteredFunction,
    ResponsesToolRunner,
)

from fakeopenai import FakeOpenAI

WEATHER: Any = {
    "type": "function",
    "name": "get_weather",
    "description": "Tell the weather in a city.",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
}
ASKED: Any = {"model": "gpt-5.4", "input": "What is the weather in Paris and in Rome?"}


@pytest.fixture
def client(fakeopenai: FakeOpenAI) -> OpenAI:
    return fakeopenai.client()


@pytest.mark.parametrize("options", [{}, {"stream": True}, {"eager": True, "stream": True}])
def test_the_runner_of_responses_ends_in_an_answer(client: OpenAI, options: dict[str, Any]) -> None:
    cities: list[Any] = []

    def weather(arguments: dict[str, object]) -> str:
        cities.append(arguments["city"])
        return "sunny"

    runner = ResponsesToolRunner(functions=[RegisteredFunction(WEATHER, weather, independent=True)])

    response = runner.run(client, ASKED, **options)

    assert sorted(cities) == ["Paris", "Rome"]
    assert response.output_text.count("sunny") == 2


async def test_the_runner_of_responses_waits_as_well(fakeopenai: FakeOpenAI) -> None:
    client: AsyncOpenAI = fakeopenai.async_client()

    async def weather(arguments: dict[str, object]) -> str:
        return f"sunny in {arguments['city']}"

    runner = AsyncResponsesToolRunner(functions=[AsyncRegisteredFunction(WEATHER, weather)])

    response = await runner.run(client, ASKED, stream=True)

    assert "sunny in Paris" in response.output_text


def test_the_runner_of_responses_is_told_what_a_rule_says(client: OpenAI, fakeopenai: FakeOpenAI) -> None:
    fakeopenai.on("responses").call("get_weather", city="Oslo").then.call("get_weather", city="Bonn").then.say("Done.")
    cities: list[Any] = []

    def weather(arguments: dict[str, object]) -> str:
        cities.append(arguments["city"])
        return "sunny"

    runner = ResponsesToolRunner(functions=[RegisteredFunction(WEATHER, weather)])
    turns = list(runner.iterate(client, ASKED))

    assert (cities, turns[-1].response.output_text, len(turns)) == (["Oslo", "Bonn"], "Done.", 3)


def test_the_runner_of_decisions_acts_until_it_is_done(client: OpenAI) -> None:
    done: list[str] = []
    candidates: list[Any] = [
        {"id": "open", "description": "Open the door", "execute": lambda: done.append("open")},
        {"id": "done", "description": "Everything is done", "done": True},
    ]
    runner = DecisionsToolRunner(
        observe=lambda: "The door is open." if done else "The door is closed.",
        candidates=lambda _: candidates[1:] if done else candidates,
        verify=lambda _: True,
    )

    result = runner.run(client, {"model": "gpt-5.4", "input": "Open the door"})

    assert result["status"] in {"verified", "unverified"}
    assert result["attempted_candidate_ids"]
