"""Stub mode: every operation answers at once, whatever the ids, from nothing but its schema."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from fakeopenai.operations import Operation
from fakeopenai.schema import types
from fakeopenai.stub import Stub
from fakeopenai.synthesis import synthesise
from fakeopenai.wire import Upload
from tests.front import Answer, Api
from tests.replies import faults, is_refusal, unlike
from tests.walk import TABLE

STREAMS = {"POST /audio/speech": {"stream_format": "sse"}}
"""How a stream is asked for where it isn't by `stream`."""


@pytest.fixture(scope="module")
def stub() -> Api:
    return Api(Stub(), key="")


@pytest.mark.parametrize("key", TABLE)
def test_every_operation_answers_with_what_fits(stub: Api, key: str) -> None:
    operation = TABLE[key]

    answer = ask(stub, operation)

    assert answer.status == (204 if operation.reply_kind == "empty" else 200), answer.content
    assert faults(operation, answer) == []


@pytest.mark.parametrize("key", TABLE)
def test_the_same_request_gets_the_same_answer(stub: Api, key: str) -> None:
    first = ask(stub, TABLE[key])

    assert ask(stub, TABLE[key]).content == first.content


@pytest.mark.parametrize("key", [key for key, operation in TABLE.items() if operation.streams == "optional"])
def test_an_operation_streams_where_that_is_asked_for(stub: Api, key: str) -> None:
    answer = ask(stub, TABLE[key], STREAMS.get(key, {"stream": True}))

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert faults(TABLE[key], answer) == []


@pytest.mark.parametrize("key", [key for key, operation in TABLE.items() if operation.path.endswith("}")])
def test_a_reply_shows_the_id_that_was_asked_for(stub: Api, key: str) -> None:
    answer = ask(stub, TABLE[key])

    shown = answer.json.get("id", "any") if answer.content else "any"
    assert shown in {"any", "any-id"}


def test_a_reply_shows_what_the_request_says(stub: Api) -> None:
    sent = {"name": "Ada", "metadata": {"a": "b"}, "instructions": "Be kind.", "model": "gpt-x", "temperature": 0.5}

    made = stub.post("/assistants", sent, headers={"openai-beta": "assistants=v2"}).json

    assert {name: made[name] for name in sent} == sent


def test_a_value_of_another_type_is_not_shown(stub: Api) -> None:
    answer = stub.post("/responses", {"model": "gpt-4o", "input": "Hi", "prompt": {"id": "pmpt_1"}}).json

    assert answer["model"] == "gpt-4o"
    assert unlike(TABLE["POST /responses"], TABLE["POST /responses"].reply, answer) == []


def test_bounds_are_not_checked(stub: Api) -> None:
    body = {"model": "any", "messages": [{"role": "user", "content": ""}], "temperature": 1000, "n": -1}

    assert stub.post("/chat/completions", body).status == 200


def test_a_wrong_shape_is_refused(stub: Api) -> None:
    answer = stub.post("/chat/completions", {"model": "any", "messages": "Hi"})

    assert (answer.status, answer.error["param"]) == (400, "messages")


def test_an_unknown_url_is_unknown_here_too(stub: Api) -> None:
    answer = stub.get("/nothing")

    assert answer.status == 404
    assert is_refusal(answer)


def test_a_binary_is_binary(stub: Api) -> None:
    answer = stub.get("/files/any/content")

    assert (answer.content, answer.headers["content-type"]) == (b"stub", TABLE["GET /files/{file_id}/content"].media)


def ask(stub: Api, operation: Operation, more: Any = None) -> Answer:
    """The answer to the smallest request that fits, for something that nobody has made."""
    url = re.sub(r"\{\w+\}", "any-id", operation.path)
    query = dict.fromkeys((operation.query or {}).get("required", ()), "1")
    if operation.beta_query:
        query["beta"] = "true"
    body = None if operation.body is None else smallest(operation) | (more or {})
    if operation.body is None and more:
        query |= {name: json.dumps(value) for name, value in more.items()}
    asked = "&".join("=".join(pair) for pair in query.items())
    files = {name: [Upload("a.txt", "text/plain", b"a")] for name in operation.files} or None
    headers = {"openai-beta": operation.beta} if operation.beta else {}
    return stub.send(operation.method, f"{url}?{asked}" if asked else url, body, files, headers)


def smallest(operation: Operation) -> Any:
    return synthesise(operation.body, b"", resolve=types().resolve, smallest=True)


def test_a_stream_of_a_response_begins_and_completes(stub: Api) -> None:
    answer = stub.post("/responses", {"model": "gpt-4o", "input": "Hi", "stream": True})

    assert [event["type"] for event in answer.events] == ["response.created", "response.completed"]


def test_the_events_of_an_old_fine_tune_end_as_they_did(stub: Api) -> None:
    assert stub.get("/fine-tunes/ft-1/events?stream=true").events[-1] == "[DONE]"
