"""Streams that are not what they should be, over a socket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from openai import APIConnectionError, APIError, OpenAI

from fakeopenai.media import sound
from fakeopenai.rules import Script
from fakeopenai.serving import Server
from fakeopenai.testing import FakeOpenAI, fresh
from tests import raw

CHAT: dict[str, Any] = {"model": "gpt-4o", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}


@pytest.fixture
def fake(server: Server) -> Iterator[FakeOpenAI]:
    with fresh(server, "sk-flaws") as given:
        yield given


@pytest.fixture
def said(fake: FakeOpenAI) -> Script:
    return fake.on().say("One two")


def ask(fake: FakeOpenAI, path: str = "/chat/completions", body: Any = CHAT) -> httpx2.Response:
    headers = {"authorization": f"Bearer {fake.api_key}"}
    return httpx2.post(f"{fake.base_url}{path}", json=body, headers=headers)


def create(client: OpenAI) -> Any:
    return client.chat.completions.create(**CHAT)


def test_comments_and_long_line_ends_are_borne_by_the_client(fake: FakeOpenAI, said: Script) -> None:
    said.flaws(keep_alive=True, crlf=True)

    lines = ask(fake).text.split("\r\n")
    chunks = list(create(fake.client()))

    assert lines[:2] == [": keep-alive", ""]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "One two"


def test_a_stream_may_lack_its_end(fake: FakeOpenAI, said: Script) -> None:
    said.flaws(no_done=True)

    assert '"finish_reason":"stop"' in ask(fake).text.strip().split("\n\n")[-1]


def test_an_event_may_come_twice(fake: FakeOpenAI, said: Script) -> None:
    said.flaws(repeat=2)

    chunks = list(create(fake.client()))

    assert [chunk.choices[0].delta.content for chunk in chunks] == ["", "One", "One", " two", None]


def test_the_json_of_an_event_may_break_off(fake: FakeOpenAI, said: Script) -> None:
    said.flaws(garble=2)

    with pytest.raises(json.JSONDecodeError):
        list(create(fake.client()))


def test_two_events_may_change_places(fake: FakeOpenAI, said: Script) -> None:
    said.flaws(swap=2)

    chunks = list(create(fake.client()))

    assert [chunk.choices[0].delta.content for chunk in chunks] == ["", " two", "One", None]


def test_the_last_event_may_be_asked_to_change_places(fake: FakeOpenAI, said: Script) -> None:
    said.flaws(swap=5)

    assert ask(fake).text.endswith("data: [DONE]\n\n")


def test_an_event_may_have_no_data(fake: FakeOpenAI, said: Script) -> None:
    said.flaws(empty=2)

    assert ask(fake).text.split("\n\n")[1] == "data:"
    with pytest.raises(json.JSONDecodeError):
        list(create(fake.client()))


def test_a_chunk_may_have_no_choices(fake: FakeOpenAI, said: Script) -> None:
    said.flaws(hollow=1)

    chunks = list(create(fake.client()))

    assert [len(chunk.choices) for chunk in chunks] == [0, 1, 1, 1, 1]


def test_a_delta_may_be_empty(fake: FakeOpenAI, said: Script) -> None:
    said.flaws(hollow=5)

    events: Any = list(fake.client().responses.create(model="gpt-4o", input="Hi", stream=True))

    assert [event.delta for event in events if event.type == "response.output_text.delta"] == ["", "One", " two"]


def test_what_has_nothing_to_empty_is_an_empty_object(fake: FakeOpenAI, said: Script) -> None:
    said.flaws(hollow=1)

    text = ask(fake, "/responses", {"model": "gpt-4o", "input": "Hi", "stream": True}).text

    assert text.startswith("event: response.created\ndata: {}\n\n")


def test_a_stream_may_come_in_chunks_of_few_bytes(fake: FakeOpenAI, said: Script) -> None:
    said.flaws(chunk=5)

    assert {len(chunk) for chunk in raw.ask(fake).chunks[:-1]} == {5}
    assert "".join(chunk.choices[0].delta.content or "" for chunk in create(fake.client())) == "One two"


def test_a_stream_may_come_in_one_chunk(fake: FakeOpenAI, said: Script) -> None:
    said.flaws(chunk=1_000_000)

    assert len(raw.ask(fake).chunks) == 1


def test_a_whole_answer_may_come_in_chunks(fake: FakeOpenAI, said: Script) -> None:
    said.flaws(chunk=7)

    got = raw.ask(fake, raw.WHOLE)

    assert {len(chunk) for chunk in got.chunks[:-1]} == {7}
    assert "content-length" not in got.head
    assert json.loads(got.content)["choices"][0]["message"]["content"] == "One two"


def test_the_json_of_a_whole_answer_may_break_off(fake: FakeOpenAI, said: Script) -> None:
    said.flaws(garble=1)

    with pytest.raises(json.JSONDecodeError):
        ask(fake, body=raw.WHOLE).json()
    with pytest.raises(json.JSONDecodeError):
        fake.client().chat.completions.create(**raw.WHOLE)


def test_a_whole_answer_may_have_the_wrong_content_type(fake: FakeOpenAI, said: Script) -> None:
    said.flaws(media="text/html")

    assert ask(fake, body=raw.WHOLE).headers["content-type"] == "text/html"
    assert fake.client().chat.completions.create(**raw.WHOLE).choices[0].message.content == "One two"


def test_the_content_type_may_be_wrong(fake: FakeOpenAI, said: Script) -> None:
    said.flaws(media="application/json")

    assert ask(fake).headers["content-type"] == "application/json"


def test_an_error_may_end_a_stream(fake: FakeOpenAI, said: Script) -> None:
    said.fail("server_error", after=2)

    stream = create(fake.client())
    begun = [next(stream), next(stream)]
    with pytest.raises(APIError, match="The server had an error"):
        next(stream)

    assert [chunk.choices[0].delta.content for chunk in begun] == ["", "One"]


def test_a_response_that_fails_in_its_stream_ends_as_failed(fake: FakeOpenAI, said: Script) -> None:
    said.fail("server_error", after=3)

    text = ask(fake, "/responses", {"model": "gpt-4o", "input": "Hi", "stream": True}).text
    events = [json.loads(block.partition("data: ")[2]) for block in text.strip().split("\n\n")]

    assert [event["type"] for event in events[2:]] == ["response.output_item.added", "error", "response.failed"]
    assert [event["sequence_number"] for event in events] == [0, 1, 2, 3, 4]
    assert (events[-1]["response"]["status"], events[-1]["response"]["error"]["code"]) == ("failed", "server_error")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_run_that_fails_in_its_stream_sends_an_event_of_errors(fake: FakeOpenAI, said: Script) -> None:
    said.fail("server_error", after=1)
    client = fake.client()
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be brief.")

    events: list[Any] = list(client.beta.threads.create_and_run(assistant_id=assistant.id, stream=True))

    assert [event.event for event in events] == ["thread.created", "error"]
    assert events[-1].data.message.startswith("The server had an error")


def test_a_completion_that_fails_in_its_stream_says_so(fake: FakeOpenAI, said: Script) -> None:
    said.fail("overloaded", after=1)

    stream = fake.client().completions.create(model="gpt-3.5-turbo-instruct", prompt="Hi", stream=True)

    with pytest.raises(APIError, match="currently overloaded"):
        list(stream)


def test_a_picture_that_fails_in_its_stream_sends_an_event_of_errors(fake: FakeOpenAI) -> None:
    fake.on("images").fail("moderation_blocked", after=1)
    body = {"model": "gpt-image-1", "prompt": "A cat", "stream": True, "partial_images": 2}

    last = ask(fake, "/images/generations", body).text.strip().split("\n\n")[-1]
    stream = fake.client().images.generate(model="gpt-image-1", prompt="A cat", stream=True, partial_images=2)

    assert last.startswith('event: error\ndata: {"type":"error","error":{"message":"Your request was rejected by')
    with pytest.raises(APIError, match="rejected by the safety system"):
        list(stream)


def test_speech_that_fails_in_its_stream_sends_an_error(fake: FakeOpenAI) -> None:
    fake.on("audio").fail("server_error", after=1)
    body = {"model": "gpt-4o-mini-tts", "voice": "alloy", "input": "Hello there", "stream_format": "sse"}

    events = ask(fake, "/audio/speech", body).text.strip().split("\n\n")

    assert len(events) == 2
    assert '"type":"error","error":{"message":"The server had an error' in events[-1]


def test_a_transcript_that_fails_in_its_stream_sends_an_error(fake: FakeOpenAI) -> None:
    fake.on("audio").fail("server_error", after=1)

    spoken = ("speech.wav", sound.speech("Hello", "wav"))
    stream = fake.client().audio.transcriptions.create(model="gpt-4o-transcribe", file=spoken, stream=True)

    with pytest.raises(APIError, match="The server had an error"):
        list(stream)


def test_a_whole_answer_may_break_off(fake: FakeOpenAI) -> None:
    fake.on("models").cut(bytes=10)

    with pytest.raises(APIConnectionError):
        fake.client().models.list()


@pytest.mark.parametrize("stream", [False, True])
def test_a_request_may_stay_unanswered(fake: FakeOpenAI, said: Script, stream: bool) -> None:
    said.cut(unanswered=True)

    with pytest.raises(APIConnectionError):
        fake.client().chat.completions.create(**{**CHAT, "stream": stream})


@pytest.mark.parametrize("cut", [{"bytes": 10}, {"unanswered": True}])
def test_connections_break_without_a_socket_too(fake: FakeOpenAI, cut: dict[str, Any]) -> None:
    fake.on("models").cut(**cut)

    with (
        fake.client(http_client=httpx2.Client(transport=fake.transport())) as client,
        pytest.raises(APIConnectionError),
    ):
        client.models.list()


def test_an_annotation_finds_the_words_that_it_quotes(fake: FakeOpenAI) -> None:
    notes = [
        {"type": "url_citation", "url": "https://a.test", "title": "A", "quote": "two"},
        {"type": "file_citation", "file_id": "file-1", "filename": "a.txt"},
    ]
    fake.on().say({"text": "One {{ user }} two", "annotations": notes})

    response = fake.client().responses.create(model="gpt-4o", input="Hi")

    content: Any = response.output[0]
    link, file = content.content[0].annotations
    assert response.output_text[link.start_index : link.end_index] == "two"
    assert file.index == len("One Hi two")
