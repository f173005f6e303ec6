"""Whatever makes the client finds the test's world, and nothing of it is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from textwrap import dedent
from types import ModuleType

import openai
import pytest
from openai import AsyncAzureOpenAI, AsyncOpenAI, AzureOpenAI, OpenAI

from fakeopenai import FakeOpenAI, Server, fresh
from fakeopenai.arrangement import Arrangement
from fakeopenai.plugin.environment import leading_to
from tests.conftest import Run
from tests.http import chat

pytest_plugins = ["pytester"]

AZURE = pytest.mark.fakeopenai(dialect="azure")


def filtered(client: AzureOpenAI) -> bool:
    answer = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}])
    return "content_filter_results" in answer.choices[0].model_dump()


@AZURE
def test_a_client_of_azure_without_any_argument_finds_its_world(fakeopenai: FakeOpenAI) -> None:
    assert filtered(AzureOpenAI(max_retries=0))
    assert len(fakeopenai.calls("chat")) == 1


def test_a_client_of_azure_may_be_had_in_any_test(fakeopenai: FakeOpenAI) -> None:
    assert filtered(fakeopenai.azure_client())
    assert "AZURE_OPENAI_ENDPOINT" not in os.environ


async def test_an_asynchronous_client_of_azure_may_be_had_too(fakeopenai: FakeOpenAI) -> None:
    client: AsyncAzureOpenAI = fakeopenai.async_azure_client()

    await client.models.list()

    assert [made.path for made in fakeopenai.requests] == ["/models"]


@AZURE
def test_the_new_form_of_azure_needs_only_a_url(fakeopenai: FakeOpenAI) -> None:
    url = f"{os.environ['AZURE_OPENAI_ENDPOINT']}/openai/v1/"

    OpenAI(base_url=url, api_key=os.environ["AZURE_OPENAI_API_KEY"], max_retries=0).models.list()

    assert len(fakeopenai.requests) == 1


def test_real_accounts_are_out_of_sight(fakeopenai_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "real")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-real")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-real")

    with fresh(fakeopenai_server, "sk-here") as fake, leading_to(fake):
        chat("Hi")
        assert [os.environ.get(name) for name in ("AZURE_OPENAI_API_KEY", "OPENAI_ORG_ID")] == [None, None]

    assert os.environ["AZURE_OPENAI_API_KEY"] == "real"
    assert os.environ["OPENAI_ORG_ID"] == "org-real"
    assert os.environ["OPENAI_API_KEY"] == "sk-real"
    assert "OPENAI_BASE_URL" not in os.environ


@pytest.mark.parametrize("number", range(2))
def test_the_client_of_the_module_finds_each_test(fakeopenai: FakeOpenAI, number: int) -> None:
    openai.models.list()

    assert len(fakeopenai.requests) == 1


def test_the_client_of_the_module_is_closed_with_its_test(fakeopenai_server: Server) -> None:
    with fresh(fakeopenai_server, "sk-here") as fake, leading_to(fake):
        openai.models.list()
        client = vars(openai)["http_client"]

    assert client.is_closed
    assert vars(openai)["_client"] is None


def test_a_module_that_is_imported_within_a_test_is_left_as_new() -> None:
    script = dedent("""
        from fakeopenai import FakeOpenAITestCase

        class Late(FakeOpenAITestCase):
            def test_one(self):
                import openai
                openai.models.list()
                self.fakeopenai.assert_called_once("models")

            test_two = test_one

        import unittest
        unittest.main()
        """)

    ended = subprocess.run([sys.executable, "-W", "error", "-c", script], check=False, capture_output=True, text=True)

    assert ended.stderr.endswith("OK\n")


@AZURE
def test_the_client_of_the_module_speaks_as_azure_does(fakeopenai: FakeOpenAI) -> None:
    answer = openai.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}])

    assert "content_filter_results" in answer.choices[0].model_dump()


def test_the_module_is_left_as_it_was(fakeopenai_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai, "api_key", "sk-mine")
    monkeypatch.setattr(openai, "base_url", "http://mine.example/v1")

    with fresh(fakeopenai_server, "sk-here", Arrangement(dialect="azure")) as fake, leading_to(fake):
        openai.models.list()
        assert len(fake.requests) == 1

    assert (openai.api_key, openai.base_url) == ("sk-mine", "http://mine.example/v1")
    assert (openai.api_type, openai.azure_endpoint, openai.default_query) == (None, None, None)


def test_the_module_of_2023_is_led_here_too(fakeopenai: FakeOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    legacy = ModuleType("openai")
    vars(legacy).update(api_base="https://api.openai.com/v1", api_key="sk-real", api_type="open_ai", api_version=None)
    monkeypatch.setitem(sys.modules, "openai", legacy)

    with leading_to(fakeopenai):
        assert vars(legacy)["api_base"] == fakeopenai.base_url
        assert vars(legacy)["api_key"] == fakeopenai.api_key

    assert vars(legacy)["api_key"] == "sk-real"


def test_the_innermost_world_is_the_one_that_clients_find(run: Run) -> None:
    result = run("""
        def test_module(fakeopenai_module):
            fakeopenai_module.on.chat().say("of the module")
            assert said("Hi") == "of the module"

        def test_function(fakeopenai_session, fakeopenai_module, fakeopenai):
            fakeopenai.on.chat().say("of the test")
            assert said("Hi") == "of the test"
            assert [len(each.requests) for each in (fakeopenai_session, fakeopenai_module, fakeopenai)] == [0, 1, 1]

        def test_module_again(fakeopenai_module):
            assert said("Hi") == "of the module"
            assert len(fakeopenai_module.requests) == 2

        def test_session(fakeopenai_session):
            assert said("Hi") == "of the module"
        """)

    result.assert_outcomes(passed=4)


def test_a_module_s_marker_arranges_the_module_s_world(run: Run) -> None:
    result = run("""
        pytestmark = pytest.mark.fakeopenai(rules=on("chat").say("of the module"), key="sk-module")

        def test_module(fakeopenai_module):
            assert said("Hi") == "of the module"
            assert os.environ["OPENAI_API_KEY"] == "sk-module"

        @pytest.mark.fakeopenai(rules=on("chat").say("of the test"), key="sk-test")
        def test_function(fakeopenai_module):
            assert said("Hi") == "of the test"
            assert len(fakeopenai_module.requests) == 1
        """)

    result.assert_outcomes(passed=2)


def test_a_failure_tells_the_exchanges_of_all_its_worlds(run: Run) -> None:
    result = run("""
        def test_it(fakeopenai_module, fakeopenai):
            fakeopenai_module.client().models.retrieve("gpt-4o")
            chat("Hi")
            assert False
        """)

    result.stdout.fnmatch_lines(
        ["*- fakeopenai exchanges -*", "GET /models/gpt-4o", "*- fakeopenai exchanges -*", "POST*"]
    )


def test_the_same_tests_have_the_same_answers_in_any_worker(run: Run, pytester: pytest.Pytester) -> None:
    source = """
        @pytest.mark.parametrize("number", range(6))
        def test_it(fakeopenai, number):
            with open(f"{os.environ['TOLD']}-{number}", "wb") as file:
                file.write(chat("Hi").content)
        """
    for workers in ("0", "2"):
        os.environ["TOLD"] = str(pytester.path / workers)
        run(source, "-p", "xdist", "-n", workers).assert_outcomes(passed=6)
    del os.environ["TOLD"]

    told = {workers: [(pytester.path / f"{workers}-{number}").read_bytes() for number in range(6)] for workers in "02"}
    assert told["0"] == told["2"]


@pytest.fixture
async def client(fakeopenai: FakeOpenAI) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(max_retries=0) as client:
        yield client


async def test_asynchronous_fixtures_and_tests_have_their_world(client: AsyncOpenAI, fakeopenai: FakeOpenAI) -> None:
    fakeopenai.on.responses().say("Hello")

    answer = await client.responses.create(model="gpt-4o", input="Hi")

    assert answer.output_text == "Hello"


def test_threads_have_the_world_of_their_test(run: Run) -> None:
    result = run("""
        from concurrent.futures import ThreadPoolExecutor

        def test_it(fakeopenai):
            with ThreadPoolExecutor(8) as pool:
                statuses = {answer.status for answer in pool.map(chat, map(str, range(40)))}
            assert statuses == {200}
            assert len(fakeopenai.calls("chat")) == 40
        """)

    result.assert_outcomes(passed=1)
