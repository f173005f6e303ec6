"""Odd answers that are right: a client that keeps to the rules reads the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from openai import OpenAI
from openai._streaming import SSEDecoder

from fakeopenai import fixtures
from fakeopenai.arrangement import Arrangement
from fakeopenai.fuzz import HARD, HEADER, ODDITIES, Fuzz
from fakeopenai.rules import Rule, RuleError
from fakeopenai.serving import Server
from fakeopenai.testing import FakeOpenAI, fresh
from tests.raw import CHAT, WHOLE, Got, ask

WORDS = 'Grüße, 世界! 🎉 It\'s "fine"\nand done.'
RESPONSE = {"model": "gpt-4o", "input": "Hi", "stream": True}


@pytest.fixture
def fake(server: Server) -> Iterator[FakeOpenAI]:
    with fresh(server, "sk-fuzz") as given:
        yield given


def chat_stream(client: OpenAI) -> str:
    chunks: Any = client.chat.completions.create(**CHAT)
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


def chat(client: OpenAI) -> str:
    completion: Any = client.chat.completions.create(**WHOLE)
    return str(completion.choices[0].message.content)


def response_stream(client: OpenAI) -> str:
    with client.responses.stream(model="gpt-4o", input="Hi") as stream:
        return stream.get_final_response().output_text


def response(client: OpenAI) -> str:
    return client.responses.create(model="gpt-4o", input="Hi").output_text


READINGS = (chat_stream, response_stream, chat, response)


@pytest.mark.parametrize("reading", READINGS)
def test_the_official_client_reads_fifty_cases_of_each(fake: FakeOpenAI, tmp_path: Path, reading: Any) -> None:
    cases = range(READINGS.index(reading), 200, len(READINGS))
    (tmp_path / "cases.json").write_text(
        json.dumps({"then": [{"say": WORDS, "fuzz": {"case": case}} for case in cases]})
    )
    fake.load(tmp_path / "cases.json")
    client = fake.client()

    wrong = [told(fake) for _ in cases if reading(client) != WORDS]

    assert wrong == []


@pytest.mark.parametrize("oddity", [name for name in ODDITIES if name not in HARD])
@pytest.mark.parametrize("reading", READINGS)
def test_the_official_client_bears_each_oddity(fake: FakeOpenAI, oddity: str, reading: Any) -> None:
    fake.on().say(WORDS).fuzz(only=oddity)

    assert reading(fake.client()) == WORDS
    assert told(fake).endswith(f"; {oddity}")


def told(fake: FakeOpenAI) -> str:
    reply = fake.requests[-1].exchange.reply
    assert reply is not None
    return reply.headers[HEADER]


def test_the_official_client_loses_the_event_after_a_byte_order_mark(fake: FakeOpenAI) -> None:
    fake.on().say("Hi").fuzz(only="bom")

    chunks: Any = list(fake.client().chat.completions.create(**CHAT))

    assert [chunk.choices[0].delta.role for chunk in chunks] == [None, None]


@pytest.mark.parametrize("oddities", [["retry_alone"], ["ids", "blank_lines"]])
def test_the_official_client_takes_blocks_without_data_for_events(fake: FakeOpenAI, oddities: list[str]) -> None:
    fake.on().say("one two three four five six seven eight").fuzz(only=oddities, case=_with(oddities))

    with pytest.raises(json.JSONDecodeError):
        chat_stream(fake.client())


def _with(oddities: list[str]) -> int:
    """The first case that has all of them."""
    return next(case for case in range(1000) if set(Fuzz(tuple(oddities), case).chosen) == set(oddities))


def odd(fake: FakeOpenAI, oddity: str, body: Any = CHAT, path: str = "/chat/completions") -> Got:
    fake.on().say(WORDS).fuzz(only=oddity)
    return ask(fake, body, path)


def test_chunks_are_tiny(fake: FakeOpenAI) -> None:
    sizes = {len(chunk) for chunk in odd(fake, "tiny_chunks").chunks[:-1]}

    assert len(sizes) == 1
    assert sizes <= {1, 2, 3}


@pytest.mark.parametrize("body", [CHAT, WHOLE])
def test_chunks_are_huge(fake: FakeOpenAI, body: Any) -> None:
    assert len(odd(fake, "huge_chunks", body).chunks) == 1


def test_line_ends_are_carriage_returns(fake: FakeOpenAI) -> None:
    content = odd(fake, "cr").content

    assert b"\n" not in content
    assert content.endswith(b"data: [DONE]\r\r")


def test_line_ends_have_two_characters(fake: FakeOpenAI) -> None:
    assert odd(fake, "crlf").content.endswith(b"data: [DONE]\r\n\r\n")


@pytest.mark.parametrize(
    ("oddity", "pattern"),
    [
        ("no_space", rb"^data:\{"),
        ("comments", rb"^data: .*\n: keep-alive\n\n"),
        ("blank_lines", rb"\n\n: still here\n\n"),
        ("ids", rb"^id: [0-9a-f]{8}\n"),
        ("retry", rb"^data: .*\nretry: \d+\n"),
        ("event_fields", rb"^colour: green\n"),
        ("bom", rb"\A\xef\xbb\xbfdata: "),
        ("spaces", rb"^data: \{.*[\[,:] +[^\n]*\}"),
        ("lines", rb"^data: .*\ndata: "),
        ("escapes", rb"\\u4E16"),
        ("more_fields", rb'"x_unheard_of":\{"of":'),
        ("empty_chunks", rb'"delta": \{\}|"delta":\{\}[^\n]*"finish_reason":null'),
    ],
)
def test_an_oddity_stands_in_the_stream(fake: FakeOpenAI, oddity: str, pattern: bytes) -> None:
    assert re.search(pattern, odd(fake, oddity).content, re.MULTILINE)


def test_keys_come_in_another_order(fake: FakeOpenAI) -> None:
    assert list(json.loads(odd(fake, "key_order", WHOLE).content))[:2] != ["id", "object"]


def test_events_of_unknown_types_come_between(fake: FakeOpenAI) -> None:
    content = odd(fake, "new_events", RESPONSE, "/responses").content

    assert b'event: response.unheard_of\ndata: {"type":"response.unheard_of"}\n\n' in content
    assert content.startswith(b"event: response.created\n")


def test_there_are_headers_that_nobody_knows(fake: FakeOpenAI) -> None:
    assert "x-unheard-of: yes" in odd(fake, "more_headers").head


def test_names_of_headers_are_in_capitals(fake: FakeOpenAI) -> None:
    assert re.search(r"^(CONTENT-TYPE|Content-Type): ", odd(fake, "header_case").head, re.MULTILINE)


def test_a_case_is_told_and_comes_again_when_named(fake: FakeOpenAI) -> None:
    fake.on().say(WORDS).fuzz()
    first = ask(fake)
    case = re.search(r"case=(\d+); ", first.head)
    assert case
    with fresh(fake.server, "sk-again") as again:
        again.on().say(WORDS).fuzz(case=int(case[1]))
        second = ask(again)

    assert second.content == first.content


def test_cases_follow_from_the_seed_and_the_request(server: Server) -> None:
    runs = []
    for seed in (7, 7, 8):
        with fresh(server, "sk-seed", Arrangement(seed=seed)) as fake:
            fake.on().say(WORDS).fuzz()
            runs.append([ask(fake).head.partition(HEADER)[2].partition("\r")[0] for _ in range(3)])

    assert runs[0] == runs[1] != runs[2]
    assert len(set(runs[0])) == 3


def test_all_oddities_are_asked_for_by_a_word() -> None:
    rules = [Rule.read({"fuzz": words}) for words in (True, "all", {"without": "cr"}, {"only": ["cr", "bom"]})]

    among = [set(rule.pace.fuzz.among) for rule in rules if rule.pace and rule.pace.fuzz]

    assert among == [set(ODDITIES) - set(HARD), set(ODDITIES), set(ODDITIES) - {"cr", *HARD}, {"cr", "bom"}]


@pytest.mark.parametrize(
    "chunks",
    [
        ['data: {"a": 1}\n\ndata: {"b"', ": 2}\n\n", ": a comment\n\n", 'id: 7\ndata: {"c": 3}\n\ndata: [DONE]\n\n'],
        ['data: {"a":\r\ndata: 1}\r\n\r\ndata: {"b": 2}\r\n\r\ndata: {"c": 3}\r\n\r\ndata: [DONE]\r\n\r\n'],
        ['data: {"a": 1}\n\ndata:{"b": 2}\n\n\ndata: {"c": 3}\n\ndata: [DONE]'],
    ],
)
@pytest.mark.parametrize("case", range(12))
def test_recorded_streams_can_be_odd_as_well(fake: FakeOpenAI, tmp_path: Path, chunks: list[str], case: int) -> None:
    fuzz = {"case": case, "without": ["more_fields", "empty_chunks"]}
    (tmp_path / "rule.json").write_text(json.dumps({"reply": {"chunks": chunks}, "fuzz": fuzz}))
    fake.load(tmp_path / "rule.json")

    events = list(SSEDecoder().iter_bytes(iter([ask(fake).content + b"\n\n"])))

    read = [json.loads(event.data) for event in events if event.data not in {"", "[DONE]"}]
    assert read == [{"a": 1}, {"b": 2}, {"c": 3}]


@pytest.mark.parametrize("content", ["no JSON", "{"])
def test_what_is_no_json_stays_as_it_is(fake: FakeOpenAI, content: str) -> None:
    fake.on("models").reply(content, media="application/json").fuzz(only="key_order")

    assert httpx2.get(f"{fake.base_url}/models", headers={"authorization": f"Bearer {fake.api_key}"}).text == content


def test_an_unknown_oddity_is_refused() -> None:
    with pytest.raises(RuleError, match="unknown only 'tiny_chunk'; did you mean 'tiny_chunks'"):
        Rule.read({"fuzz": {"only": "tiny_chunk"}})


def test_the_ready_set_of_rules_makes_all_answers_odd(server: Server) -> None:
    with fresh(server, "sk-ready", Arrangement(load=["client_fuzz"])) as fake:
        client = fake.client()

        assert chat(client)
        assert [model.id for model in client.models.list()]
        assert all(HEADER in made.exchange.reply.headers for made in fake.requests if made.exchange.reply)
    assert fixtures.title(fixtures.shipped()["client_fuzz"])
