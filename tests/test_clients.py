"""Real clients, as their users meet the API: the official one, its ancestor of 2023, and a framework."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import httpx2
import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam
from pydantic import BaseModel

from fakeopenai import FakeOpenAI

ROOT = Path(__file__).parent.parent
VENVS = ROOT / ".venvs"
"""Where a virtual environment for each client that doesn't fit into ours is looked for; see CLIENTS."""

FAULTS = ("rate_limit", "insufficient_quota", "server_error", "overloaded", "context_length_exceeded")
"""Errors that the programs of other clients ask for by name."""

CLIENTS = {"legacy": "'openai==0.28.1' 'numpy<2'", "langchain": "langchain-openai"}

HI: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hi"}]

WEATHER: ChatCompletionToolParam = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tell the weather in a city.",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}


class Person(BaseModel):
    name: str
    age: int


@pytest.fixture
def client(fakeopenai: FakeOpenAI) -> OpenAI:
    return fakeopenai.client()


def test_a_client_without_any_argument_finds_the_emulator(fakeopenai: FakeOpenAI) -> None:
    fakeopenai.on("chat").say("Sunny")

    with OpenAI() as client:
        completion = client.chat.completions.create(model="gpt-4o", messages=HI)

    assert completion.choices[0].message.content == "Sunny"
    assert completion._request_id


async def test_an_async_client_gets_the_same_answer(fakeopenai: FakeOpenAI) -> None:
    whole = await fakeopenai.async_client().chat.completions.create(model="gpt-4o", messages=HI)

    with OpenAI() as client:
        assert client.chat.completions.create(model="gpt-4o", messages=HI).choices == whole.choices


async def test_fifty_answers_at_once(fakeopenai: FakeOpenAI) -> None:
    async with AsyncOpenAI() as client:
        asked = (client.chat.completions.create(model="gpt-4o", messages=HI) for _ in range(50))
        answers = await asyncio.gather(*asked)

    assert len({answer.id for answer in answers}) == len(fakeopenai.requests) == 50


def test_chunks_join_to_the_whole_answer(client: OpenAI) -> None:
    whole = client.chat.completions.create(model="gpt-4o", messages=HI)

    stream = client.chat.completions.create(model="gpt-4o", messages=HI, stream=True)

    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == whole.choices[0].message.content


async def test_async_chunks_join_to_the_whole_answer(fakeopenai: FakeOpenAI) -> None:
    client = fakeopenai.async_client()
    whole = await client.chat.completions.create(model="gpt-4o", messages=HI)

    stream = await client.chat.completions.create(model="gpt-4o", messages=HI, stream=True)

    said = [chunk.choices[0].delta.content or "" async for chunk in stream]
    assert "".join(said) == whole.choices[0].message.content


def test_the_streaming_helper_tells_what_happens(client: OpenAI, fakeopenai: FakeOpenAI) -> None:
    fakeopenai.on("chat").call("get_weather", city="Paris")

    with client.chat.completions.stream(model="gpt-4o", messages=HI, tools=[WEATHER]) as stream:
        told = {event.type for event in stream}
        final = stream.get_final_completion()

    (call,) = final.choices[0].message.tool_calls or []
    assert {"chunk", "tool_calls.function.arguments.delta", "tool_calls.function.arguments.done"} <= told
    assert (call.function.name, call.function.parsed_arguments) == ("get_weather", {"city": "Paris"})


async def test_the_async_streaming_helper_parses(fakeopenai: FakeOpenAI) -> None:
    fakeopenai.on("chat").json({"name": "Ada", "age": 36})
    chat = fakeopenai.async_client().chat.completions

    async with chat.stream(model="gpt-4o", messages=HI, response_format=Person) as stream:
        final = await stream.get_final_completion()

    assert final.choices[0].message.parsed == Person(name="Ada", age=36)


def test_parse_gives_values_of_a_model(client: OpenAI) -> None:
    messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Ada is 36 years old."}]

    completion = client.chat.completions.parse(model="gpt-4o", messages=messages, response_format=Person)

    assert completion.choices[0].message.parsed == Person(name="Ada", age=36)


def test_parse_refuses_an_answer_that_was_cut_short(client: OpenAI, fakeopenai: FakeOpenAI) -> None:
    fakeopenai.on("chat").json({"name": "Ada", "age": 36}).finish("length")

    with pytest.raises(openai.LengthFinishReasonError):
        client.chat.completions.parse(model="gpt-4o", messages=HI, response_format=Person)


def test_raw_responses_show_the_headers(client: OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(model="gpt-4o", messages=HI)

    assert raw.headers["x-request-id"] == raw.request_id
    assert raw.headers["x-ratelimit-remaining-requests"]
    assert raw.parse().object == "chat.completion"


def test_streamed_raw_responses_show_the_lines(client: OpenAI) -> None:
    chat = client.chat.completions.with_streaming_response

    with chat.create(model="gpt-4o", messages=HI, stream=True) as response:
        lines = [line for line in response.iter_lines() if line]

    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert lines[-1] == "data: [DONE]"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("invalid_api_key", openai.AuthenticationError),
        ("permission_denied", openai.PermissionDeniedError),
        ("model_not_found", openai.NotFoundError),
        ("context_length_exceeded", openai.BadRequestError),
        ("conflict", openai.ConflictError),
        ("unprocessable", openai.UnprocessableEntityError),
        ("rate_limit", openai.RateLimitError),
        ("server_error", openai.InternalServerError),
        ("bad_gateway", openai.InternalServerError),
    ],
)
def test_errors_have_their_classes(
    client: OpenAI, fakeopenai: FakeOpenAI, fault: str, error: type[openai.APIStatusError]
) -> None:
    fakeopenai.on("chat").error(fault)

    with pytest.raises(error) as raised:
        client.chat.completions.create(model="gpt-4o", messages=HI)

    assert type(raised.value) is error
    assert raised.value.request_id


def test_the_client_retries_as_often_as_it_was_told(fakeopenai: FakeOpenAI) -> None:
    fakeopenai.on("chat").error("rate_limit").times(2)
    client = fakeopenai.client(max_retries=2)

    assert client.chat.completions.create(model="gpt-4o", messages=HI).id

    attempts = [(made.status, made.headers["x-stainless-retry-count"]) for made in fakeopenai.requests]
    assert attempts == [(429, "0"), (429, "1"), (200, "2")]


def test_a_late_answer_times_out(fakeopenai: FakeOpenAI) -> None:
    fakeopenai.on("chat").say("Too late").delay(60)

    with pytest.raises(openai.APITimeoutError):
        fakeopenai.client(timeout=0.05).chat.completions.create(model="gpt-4o", messages=HI)


def test_a_stream_breaks_where_it_is_cut(client: OpenAI, fakeopenai: FakeOpenAI) -> None:
    fakeopenai.on("chat").say("One two three four").cut(events=3)
    came: list[str] = []

    stream = client.chat.completions.create(model="gpt-4o", messages=HI, stream=True)
    with pytest.raises((openai.APIConnectionError, httpx2.RemoteProtocolError)):
        came.extend(chunk.choices[0].delta.content or "" for chunk in stream)

    assert "".join(came) == "One two"


def test_other_families_answer_too(client: OpenAI) -> None:
    embedded = client.embeddings.create(model="text-embedding-3-small", input=["one", "two"])
    completed = client.completions.create(model="gpt-3.5-turbo-instruct", prompt="Once", max_tokens=3)
    moderated = client.moderations.create(input="I will kill you")

    assert [len(row.embedding) for row in embedded.data] == [1536, 1536]
    assert completed.choices[0].finish_reason == "length"
    assert moderated.results[0].flagged
    assert "gpt-4o" in {model.id for model in client.models.list()}


def test_stored_completions_are_listed_page_by_page(client: OpenAI) -> None:
    ids = [client.chat.completions.create(model="gpt-4o", messages=HI, store=True).id for _ in range(3)]

    assert [stored.id for stored in client.chat.completions.list(limit=1, order="asc")] == ids


@pytest.mark.parametrize("name", CLIENTS)
def test_a_program_of_another_client_runs_unchanged(fakeopenai: FakeOpenAI, name: str) -> None:
    python = VENVS / name / "bin" / "python"
    if not python.exists():
        pytest.skip(f"no such client here: python -m venv .venvs/{name}; {python} -m pip install {CLIENTS[name]}")
    for fault in FAULTS:
        fakeopenai.on("chat", equals=fault).error(fault)

    program = ROOT / "tests" / "clients" / f"{name}_client.py"
    ran = subprocess.run([python, program], check=False, capture_output=True, text=True)

    assert ran.returncode == 0, ran.stdout + ran.stderr
