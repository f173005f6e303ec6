"""When and how far answers go out: what stands on the socket, and what the client makes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2
import pytest
from openai import APIConnectionError, APITimeoutError, OpenAI, OpenAIError

from fakeopenai.arrangement import Arrangement
from fakeopenai.flaws import Flaws
from fakeopenai.fuzz import Fuzz
from fakeopenai.pace import Pace, whole
from fakeopenai.rules import Rule, Script
from fakeopenai.serving import Server
from fakeopenai.testing import FakeOpenAI, fresh
from tests.raw import CHAT, WHOLE, ask

QUICK = 0.05
"""Seconds that tell a wait from none."""


@pytest.fixture
def fake(server: Server) -> Iterator[FakeOpenAI]:
    with fresh(server, "sk-pace") as given:
        yield given


@pytest.fixture
def said(fake: FakeOpenAI) -> Script:
    return fake.on().say("One two três")


def create(client: OpenAI, **more: Any) -> Any:
    return client.chat.completions.create(**CHAT | more)


def text(chunks: Any) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


def waits(fake: FakeOpenAI) -> list[float]:
    """The waits of the last answer, as the rule and the request made them."""
    reply = fake.requests[-1].exchange.reply
    assert reply is not None
    assert reply.pace is not None
    return [reply.pace.wait(event) for event in range(1, 20)]


# Slowness


def test_headers_come_late(fake: FakeOpenAI, said: Script) -> None:
    said.delay(2 * QUICK)

    assert ask(fake).pieces[0][0] > 1.5 * QUICK
    with pytest.raises(APITimeoutError):
        create(fake.client(timeout=QUICK))


def test_the_first_token_comes_late_but_headers_do_not(fake: FakeOpenAI, said: Script) -> None:
    said.pace(first_token_delay=3 * QUICK)

    got = ask(fake)

    assert got.pieces[0][1].endswith(b"\r\n\r\n")
    assert got.pieces[1][0] - got.pieces[0][0] > 2 * QUICK
    assert text(create(fake.client())) == "One two três"


def test_a_body_comes_slowly(fake: FakeOpenAI, said: Script) -> None:
    said.pace(bytes_per_second=4000)

    got = ask(fake, WHOLE)

    assert got.pieces[-1][0] > len(got.body) / 4000 * 0.9
    assert len(got.pieces) > 3
    assert f"content-length: {len(got.body)}" in got.head
    assert create(fake.client(), stream=False).choices[0].message.content == "One two três"


def test_a_stream_comes_slowly_byte_by_byte(fake: FakeOpenAI, said: Script) -> None:
    said.pace(bytes_per_second=10_000)

    got = ask(fake)

    assert got.pieces[-1][0] > len(got.content) / 10_000 * 0.9
    assert got.whole


def test_jitter_follows_from_the_seed_and_the_request(server: Server) -> None:
    found: dict[tuple[int, str, int], list[list[float]]] = {}
    for seed in (0, 0, 1):
        with fresh(server, "sk-jitter", Arrangement(seed=seed)) as fake:
            fake.on().say("Hi").pace(tokens_per_second=10_000, jitter=0.5)
            for question in ("Hi", "Hi", "Hello"):
                create(fake.client(), messages=[{"role": "user", "content": question}]).close()
                found.setdefault((seed, question, len(fake.requests)), []).append(waits(fake))

    assert all(each == times[0] for times in found.values() for each in times)
    assert len({tuple(times[0]) for times in found.values()}) == 6


# Pauses


def test_a_stream_pauses_and_goes_on(fake: FakeOpenAI, said: Script) -> None:
    said.stall(events=2, seconds=6 * QUICK)

    got = ask(fake)

    gaps = [(later - earlier, place) for place, ((earlier, _), (later, _)) in enumerate(pairwise(got.pieces), start=1)]
    longest, place = max(gaps)
    assert longest > 5 * QUICK
    assert b"".join(piece for _, piece in got.pieces[:place]).count(b"data: ") == 2
    assert got.whole
    assert text(create(fake.client())) == "One two três"


def test_a_stream_hangs(fake: FakeOpenAI, said: Script) -> None:
    said.stall(events=2)

    got = ask(fake, patience=20 * QUICK)
    stream = create(fake.client(timeout=10 * QUICK))

    assert (got.content.count(b"data: "), got.whole) == (2, False)
    with pytest.raises(APITimeoutError):
        list(stream)


def test_a_whole_answer_hangs_after_some_bytes(fake: FakeOpenAI, said: Script) -> None:
    said.stall(bytes=10)

    got = ask(fake, WHOLE, patience=20 * QUICK)

    assert len(got.body) == 10
    with pytest.raises(APITimeoutError):
        create(fake.client(timeout=QUICK), stream=False)


def test_a_whole_answer_pauses_after_some_bytes(fake: FakeOpenAI, said: Script) -> None:
    said.stall(bytes=10, seconds=2 * QUICK)

    got = ask(fake, WHOLE)

    assert json.loads(got.body)["choices"][0]["message"]["content"] == "One two três"
    assert got.pieces[-1][0] > 1.5 * QUICK


# Breaks


@pytest.mark.parametrize(("events", "reset"), [(0, False), (3, False), (3, True)])
def test_a_stream_breaks_after_events(fake: FakeOpenAI, said: Script, events: int, reset: bool) -> None:
    said.cut(events=events, reset=reset)

    got = ask(fake)

    assert (got.content.count(b"data: "), got.content.endswith(b"}\n\n") or not events) == (events, True)
    assert (got.whole, got.reset) == (False, reset)
    with pytest.raises(APIConnectionError):
        list(create(fake.client()))


@pytest.mark.parametrize("body", [CHAT, WHOLE])
@pytest.mark.parametrize("reset", [False, True])
def test_an_answer_breaks_after_bytes(fake: FakeOpenAI, said: Script, body: Any, reset: bool) -> None:
    said.cut(bytes=25, reset=reset)

    got = ask(fake, body)

    assert (len(got.content), got.reset) == (25, reset)
    with pytest.raises(APIConnectionError):
        list(create(fake.client(), stream=body["stream"]))


@pytest.mark.parametrize("body", [CHAT, WHOLE])
def test_an_answer_breaks_within_a_character(fake: FakeOpenAI, said: Script, body: Any) -> None:
    said.cut(character=1)

    got = ask(fake, body)

    assert got.content.endswith(b"tr\xc3")
    with pytest.raises(UnicodeDecodeError):
        got.content.decode()
    with pytest.raises(APIConnectionError):
        list(create(fake.client(), stream=body["stream"]))


@pytest.mark.parametrize("cut", [{"reset": True}, {"unanswered": True}, {"unanswered": True, "reset": True}])
def test_a_connection_breaks_before_the_answer(fake: FakeOpenAI, said: Script, cut: Any) -> None:
    said.cut(**cut)

    got = ask(fake)

    assert (got.raw, got.reset) == (b"", cut.get("reset", False))
    with pytest.raises(APIConnectionError):
        create(fake.client())


@pytest.mark.parametrize(
    ("cut", "told"),
    [
        ({"reset": True}, httpx2.ReadError),
        ({"events": 1, "reset": True}, httpx2.ReadError),
        ({"unanswered": True}, httpx2.RemoteProtocolError),
        ({"character": 1}, httpx2.RemoteProtocolError),
    ],
)
def test_connections_break_alike_without_a_socket(
    fake: FakeOpenAI, said: Script, cut: Any, told: type[Exception]
) -> None:
    said.cut(**cut)

    with fake.client(http_client=httpx2.Client(transport=fake.transport())) as client:
        with pytest.raises(APIConnectionError) as caught:
            list(create(client))

        assert type(caught.value.__cause__) is told


# How often


@pytest.mark.parametrize(
    "fault",
    [
        {"error": "rate_limit"},
        {"cut": {"reset": True}},
        {"cut": {"events": 2}},
        {"stall": {"events": 0, "seconds": 10}},
        {"fail": {"after": 1, "error": "server_error"}},
        {"flaws": {"garble": 2}},
        {"reply": {"status": 418}},
    ],
    ids=lambda fault: next(iter(fault)),
)
@pytest.mark.parametrize(
    ("life", "struck"),
    [
        ({"times": 2}, [True, True, False, False, False, False]),
        ({"after": 3}, [False, False, False, True, True, True]),
        ({"every": 3}, [False, False, True, False, False, True]),
        ({"nth": [1, 6]}, [True, False, False, False, False, True]),
    ],
    ids=lambda given: next(iter(given)) if isinstance(given, dict) else "",
)
def test_a_fault_strikes_as_often_as_it_should(
    fake: FakeOpenAI, tmp_path: Path, fault: Any, life: Any, struck: list[bool]
) -> None:
    (tmp_path / "fault.json").write_text(json.dumps({"when": {"operation": "chat"}, **fault, **life}))
    fake.load(tmp_path / "fault.json")
    client = fake.client(timeout=12 * QUICK)

    assert [_is_struck(client) for _ in struck] == struck


def _is_struck(client: OpenAI) -> bool:
    try:
        return not text(create(client))
    except (OpenAIError, ValueError):
        return True


def test_chance_strikes_a_share_of_requests_and_always_the_same(server: Server) -> None:
    runs = []
    for _ in range(2):
        with fresh(server, "sk-chance") as fake:
            fake.on().cut(reset=True).probability(0.3)
            runs.append([_is_struck(fake.client()) for _ in range(40)])

    assert runs[0] == runs[1]
    assert 5 < sum(runs[0]) < 20


def test_chunks_of_a_large_body_grow_if_nobody_asked_for_their_size() -> None:
    body = bytes(100_000)
    fuzzed, asked = Pace(fuzz=Fuzz(("tiny_chunks",), 0)), Pace(flaws=Flaws(chunk=50))

    parts = [[part for _, part in whole(body, pace)] for pace in (fuzzed, asked)]

    assert [b"".join(each) for each in parts] == [body, body]
    assert len(parts[0]) < 30_000
    assert {len(part) for part in parts[1]} == {50}


def test_a_pace_that_says_nothing_is_none() -> None:
    assert Rule.read({"pace": {}, "flaws": {}, "fuzz": False, "say": "Hi"}).pace is None
    assert Pace().wait(0) == 0
