"""The way to the emulator without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import openai
import pytest

from fakeopenai import Rule, Transport
from fakeopenai.emulator import Emulator
from fakeopenai.testing import FakeOpenAI
from fakeopenai.wire import Call, Reply
from tests.http import chat

HI = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
KEY = {"Authorization": "Bearer sk-test"}


@pytest.fixture
def client(fakeopenai: FakeOpenAI) -> Iterator[httpx2.Client]:
    """A client of the test's world that has no socket."""
    key = {"Authorization": f"Bearer {fakeopenai.api_key}"}
    with httpx2.Client(transport=fakeopenai.transport(), base_url="http://nowhere/v1", headers=key) as connected:
        yield connected


def _async_client(fakeopenai: FakeOpenAI) -> httpx2.AsyncClient:
    key = {"Authorization": f"Bearer {fakeopenai.api_key}"}
    return httpx2.AsyncClient(transport=fakeopenai.transport(), base_url="http://nowhere/v1", headers=key)


def test_the_bytes_are_those_of_a_socket(fakeopenai: FakeOpenAI) -> None:
    with httpx2.Client(transport=Transport()) as client:
        apart = client.post("http://nowhere/v1/chat/completions", json=HI, headers=KEY)

    over_socket = chat("Hi")

    assert (apart.status_code, apart.content) == (200, over_socket.content)
    assert {name.lower(): value for name, value in over_socket.headers.items()} == dict(apart.headers)


async def test_async_answers_are_the_same(fakeopenai: FakeOpenAI) -> None:
    async with httpx2.AsyncClient(transport=Transport()) as client:
        apart = await client.post("http://nowhere/v1/chat/completions", json=HI, headers=KEY)

    assert apart.content == (await asyncio.to_thread(chat, "Hi")).content


def test_the_official_client_needs_no_socket() -> None:
    with httpx2.Client(transport=Transport()) as http:
        client = openai.OpenAI(base_url="http://nowhere/v1", api_key="sk-test", http_client=http)

        stream = client.chat.completions.create(**HI, stream=True)  # type: ignore[call-overload]  # plain JSON

        assert "".join(chunk.choices[0].delta.content or "" for chunk in stream)


def test_a_stream_comes_in_chunks(client: httpx2.Client, fakeopenai: FakeOpenAI) -> None:
    fakeopenai.on("chat").say("One two three four").pace(tokens_per_second=1000)

    with client.stream("POST", "/chat/completions", json=HI | {"stream": True}) as response:
        chunks = list(response.iter_raw())

    assert len(chunks) == 7
    assert all(chunk.startswith(b"data: ") for chunk in chunks)


async def test_an_async_stream_comes_in_chunks(fakeopenai: FakeOpenAI) -> None:
    fakeopenai.on("chat").say("One two three four").pace(tokens_per_second=1000)

    async with (
        _async_client(fakeopenai) as client,
        client.stream("POST", "/chat/completions", json=HI | {"stream": True}) as response,
    ):
        chunks = [chunk async for chunk in response.aiter_raw()]

    assert len(chunks) == 7


def test_a_cut_stream_ends_as_a_broken_connection_does(client: httpx2.Client, fakeopenai: FakeOpenAI) -> None:
    fakeopenai.on("chat").say("One two three four").cut(events=2)

    with client.stream("POST", "/chat/completions", json=HI | {"stream": True}) as response:
        chunks = response.iter_raw()
        came = [next(chunks), next(chunks)]
        with pytest.raises(httpx2.RemoteProtocolError, match="incomplete chunked read"):
            next(chunks)

    assert all(came)


@pytest.mark.parametrize("late", [{"delay": 60}, {"pace": {"first_token_delay": 60}}])
def test_the_read_timeout_counts(client: httpx2.Client, fakeopenai: FakeOpenAI, late: dict[str, object]) -> None:
    fakeopenai.world.rules.add(Rule.read({"say": "Too late"} | late))

    with pytest.raises(httpx2.ReadTimeout):
        client.post("/chat/completions", json=HI | {"stream": True}, timeout=0.01)


async def test_the_read_timeout_counts_for_async_clients(fakeopenai: FakeOpenAI) -> None:
    fakeopenai.on("chat").say("Too late").delay(60)

    async with _async_client(fakeopenai) as client:
        with pytest.raises(httpx2.ReadTimeout):
            await client.post("/chat/completions", json=HI, timeout=0.01)


def test_large_uploads_arrive(client: httpx2.Client) -> None:
    content = b"x" * 3_000_000

    answer = client.post("/files", data={"purpose": "user_data"}, files={"file": ("big.txt", content)})

    assert (answer.status_code, answer.json()["object"]) == (200, "file")


def test_threads_take_turns(client: httpx2.Client, fakeopenai: FakeOpenAI) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.post("/chat/completions", json=HI).json()["id"], range(50)))

    assert len(set(answers)) == len(fakeopenai.requests) == 50


def test_mistakes_of_the_emulator_are_raised_where_the_request_is_made() -> None:
    def list_models(call: Call) -> Reply:
        return Reply(call.body["no such field"])

    emulator = Emulator(handlers={"GET /models": list_models})
    with httpx2.Client(transport=Transport(emulator)) as client, pytest.raises(KeyError):
        client.get("http://nowhere/v1/models", headers=KEY)
