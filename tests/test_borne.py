"""What the official client makes of each fault, as the page on faults says it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from openai import APIConnectionError, APIError, APITimeoutError, InternalServerError, OpenAI, RateLimitError

from fakeopenai.serving import Server
from fakeopenai.testing import FakeOpenAI, fresh
from tests.raw import CHAT

WORDS = "One two três"


@pytest.fixture
def fake(server: Server) -> Iterator[FakeOpenAI]:
    with fresh(server, "sk-borne") as given:
        yield given


@pytest.fixture
def broken(fake: FakeOpenAI, tmp_path: Path) -> Callable[[Any], OpenAI]:
    """A client that has little patience and tries once more, and whose answers have a fault."""

    def client(fault: Any) -> OpenAI:
        said = {} if "error" in fault else {"say": WORDS}
        (tmp_path / "fault.json").write_text(json.dumps(said | fault))
        fake.load(tmp_path / "fault.json")
        return fake.client(timeout=0.8, max_retries=1)

    return client


def chat(client: OpenAI) -> str:
    completion: Any = client.chat.completions.create(**CHAT | {"stream": False})
    return str(completion.choices[0].message.content)


def chat_stream(client: OpenAI) -> str:
    chunks: Any = client.chat.completions.create(**CHAT)
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


def response(client: OpenAI) -> str:
    return client.responses.create(model="gpt-4o", input="Hi").output_text


def response_stream(client: OpenAI) -> str:
    with client.responses.stream(model="gpt-4o", input="Hi") as stream:
        return stream.get_final_response().output_text


def label(given: Any) -> str:
    return given.__name__ if isinstance(given, type) else json.dumps(given)


WHOLE, STREAMS = (chat, response), (chat_stream, response_stream)


@pytest.mark.parametrize("reading", [*WHOLE, *STREAMS])
@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"error": {"name": "rate_limit", "retry_after": 0.001}}, RateLimitError),
        ({"error": {"name": "bad_gateway", "retry_after": 0.001}}, InternalServerError),
        ({"error": {"name": "site_overloaded", "retry_after": 0.001}}, InternalServerError),
        ({"delay": 2}, APITimeoutError),
        ({"cut": {"unanswered": True}}, APIConnectionError),
        ({"cut": {"reset": True}}, APIConnectionError),
    ],
    ids=label,
)
def test_what_comes_before_the_answer_is_tried_again(
    fake: FakeOpenAI, broken: Callable[[Any], OpenAI], fault: Any, told: type[Exception], reading: Any
) -> None:
    with pytest.raises(told):
        reading(broken(fault))

    assert len(fake.requests) == 2


@pytest.mark.parametrize("readings", [WHOLE, STREAMS], ids=["whole", "streams"])
@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"cut": {"bytes": 30}}, APIConnectionError),
        ({"cut": {"character": 1}}, APIConnectionError),
        ({"cut": {"bytes": 30, "reset": True}}, APIConnectionError),
        ({"stall": {"bytes": 20}}, APITimeoutError),
    ],
    ids=label,
)
def test_whole_answers_are_tried_again_and_streams_are_not(
    fake: FakeOpenAI, broken: Callable[[Any], OpenAI], fault: Any, told: type[Exception], readings: Any
) -> None:
    client = broken(fault)

    for reading in readings:
        with pytest.raises(told):
            reading(client)

    assert len(fake.requests) == (4 if readings is WHOLE else 2)


@pytest.mark.parametrize("reading", STREAMS)
@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"cut": {"events": 2}}, APIConnectionError),
        ({"stall": {"events": 2}}, APITimeoutError),
        ({"fail": {"after": 2, "error": "server_error"}}, APIError),
        ({"flaws": {"garble": 2}}, json.JSONDecodeError),
        ({"flaws": {"empty": 2}}, json.JSONDecodeError),
    ],
    ids=label,
)
def test_a_stream_ends_in_an_error(
    broken: Callable[[Any], OpenAI], fault: Any, told: type[Exception], reading: Any
) -> None:
    with pytest.raises(told):
        reading(broken(fault))


@pytest.mark.parametrize("reading", WHOLE)
def test_broken_json_is_no_error_of_the_client(broken: Callable[[Any], OpenAI], reading: Any) -> None:
    with pytest.raises(json.JSONDecodeError):
        reading(broken({"flaws": {"garble": 1}}))


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"repeat": 2}, "OneOne two três"),
        ({"swap": 2}, " twoOne três"),
        ({"no_done": True}, WORDS),
        ({"media": "text/html"}, WORDS),
        ({"keep_alive": True, "crlf": True, "chunk": 1}, WORDS),
    ],
    ids=label,
)
def test_other_flaws_pass_unnoticed(broken: Callable[[Any], OpenAI], fault: Any, said: str) -> None:
    client = broken({"flaws": fault})

    assert [chat_stream(client), response_stream(client)] == [said, WORDS]


def test_a_chunk_without_choices_is_left_to_the_program(broken: Callable[[Any], OpenAI]) -> None:
    with pytest.raises(IndexError):
        chat_stream(broken({"flaws": {"hollow": 2}}))
