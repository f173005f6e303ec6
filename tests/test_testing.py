"""The object that a test gets, and how it is had without pytest."""

from __future__ import annotations

import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fakeopenai import FakeOpenAI, Server, fresh
from fakeopenai.arrangement import Arrangement
from tests.front import Answer
from tests.http import chat, said, send


def test_a_request_is_recorded_with_its_answer(fakeopenai: FakeOpenAI) -> None:
    rule = fakeopenai.on("chat").say("Sunny").name("weather").rule

    answer = chat("The weather?")

    (made,) = fakeopenai.requests
    assert (made.method, made.path, made.operation) == ("POST", "/chat/completions", "POST /chat/completions")
    assert made.body == {"model": "gpt-4o", "messages": [{"role": "user", "content": "The weather?"}]}
    assert made.headers["authorization"] == f"Bearer {fakeopenai.api_key}"
    assert (made.status, made.reply, made.rule) == (200, answer.json, rule.name)


def test_a_stream_is_recorded_as_the_object_it_spells_out(fakeopenai: FakeOpenAI) -> None:
    fakeopenai.on("chat").say("Sunny")

    chat("The weather?", stream=True)

    assert fakeopenai.requests[0].reply["choices"][0]["message"]["content"] == "Sunny"


def test_an_answer_that_is_no_json_is_recorded_as_bytes(fakeopenai: FakeOpenAI) -> None:
    fakeopenai.on("chat").reply('{"id": ', media="application/json")

    chat("Hi")

    assert fakeopenai.requests[0].reply == b'{"id": '


def test_refused_requests_and_queries_are_recorded_too(fakeopenai: FakeOpenAI) -> None:
    chat("Hi", temperature=9)
    send("GET", "/files?limit=3&order=asc")
    send("GET", "/nowhere")

    statuses = [made.status for made in fakeopenai.requests]
    assert statuses == [400, 200, 404]
    assert fakeopenai.requests[1].query["order"] == "asc"


def test_calls_are_the_requests_of_a_family(fakeopenai: FakeOpenAI) -> None:
    chat("Hi")
    send("GET", "/models")
    send("GET", "/nowhere")

    assert [made.path for made in fakeopenai.calls("chat")] == ["/chat/completions"]
    assert [made.path for made in fakeopenai.calls("GET *")] == ["/models"]
    with pytest.raises(ValueError, match="unknown operation 'chta'; did you mean 'chat'"):
        fakeopenai.calls("chta")


def test_rules_may_come_from_files(fakeopenai: FakeOpenAI, tmp_path: Path) -> None:
    (tmp_path / "weather.yaml").write_text("- say: Sunny")

    fakeopenai.load(tmp_path)

    assert said("Hi") == "Sunny"


def test_the_clock_moves_when_told(fakeopenai: FakeOpenAI) -> None:
    before = chat("Hi").json["created"]

    fakeopenai.clock.advance(3600)

    assert chat("Hi").json["created"] == before + 3600


def test_a_url_leads_to_the_world_whatever_the_key(fakeopenai: FakeOpenAI) -> None:
    chat("Hi", base_url=fakeopenai.world_url, key="sk-hard-coded")

    assert len(fakeopenai.requests) == 1


def test_an_admin_key_leads_to_the_same_world(fakeopenai: FakeOpenAI) -> None:
    fakeopenai.client().admin.organization.projects.list()

    assert [made.path for made in fakeopenai.requests] == ["/organization/projects"]


def _answers(server: Server, texts: list[str], threads: int) -> list[Answer]:
    """The answers of a fresh world to a chat of each text."""
    with fresh(server) as fake, ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda text: chat(text, base_url=fake.base_url, key=fake.api_key), texts))


def test_fifty_concurrent_requests_give_the_bytes_of_fifty_in_turn(fakeopenai_server: Server) -> None:
    texts = [f"Hello number {number}" for number in range(50)]

    assert _answers(fakeopenai_server, texts, 50) == _answers(fakeopenai_server, texts, 1)


def test_fifty_equal_requests_at_once_give_fifty_known_answers(fakeopenai_server: Server) -> None:
    at_once, in_turn = (_answers(fakeopenai_server, ["Hello"] * 50, threads) for threads in (50, 1))

    assert len({answer.content for answer in in_turn}) == 50
    assert sorted(answer.content for answer in at_once) == sorted(answer.content for answer in in_turn)


def test_two_worlds_see_nothing_of_each_other(fakeopenai_server: Server) -> None:
    with fresh(fakeopenai_server, "sk-one") as one, fresh(fakeopenai_server, "sk-two") as two:
        chat("Hi", base_url=one.base_url, key="sk-one")

        assert [len(one.requests), len(two.requests)] == [1, 0]


def test_a_fresh_world_knows_nothing_of_the_one_before(fakeopenai_server: Server) -> None:
    with fresh(fakeopenai_server, "sk-one") as before:
        chat("Hi", base_url=before.base_url, key="sk-one")
    with fresh(fakeopenai_server, "sk-one") as after:
        assert not after.requests


def test_a_world_can_be_arranged_without_pytest(fakeopenai_server: Server) -> None:
    with fresh(fakeopenai_server, arrangement=Arrangement(rules=[{"say": "Sunny"}], strict=True)) as fake:
        answer = chat("Hi", base_url=fake.base_url, key=fake.api_key)

    assert answer.json["choices"][0]["message"]["content"] == "Sunny"


def test_time_passes_by_itself_at_a_rate(fakeopenai_server: Server) -> None:
    with fresh(fakeopenai_server, arrangement=Arrangement(clock=1e9)) as fake:
        before = fake.clock.now

        assert fake.clock.now > before


def test_it_works_in_a_testcase() -> None:
    class ChatTest(unittest.TestCase):
        server: Server

        @classmethod
        def setUpClass(cls) -> None:
            from fakeopenai import serve

            cls.server = cls.enterClassContext(serve())

        def setUp(self) -> None:
            self.fake = self.enterContext(fresh(self.server, self.id()))

        def test_it(self) -> None:
            self.fake.on("chat").say("Sunny")
            answer = chat("Hi", base_url=self.fake.base_url, key=self.fake.api_key)
            self.assertEqual(answer.json["choices"][0]["message"]["content"], "Sunny")  # noqa: PT009  their way

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(ChatTest).run(result)

    assert (result.testsRun, result.failures, result.errors) == (1, [], [])
