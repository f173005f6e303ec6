"""Tests against a server that runs already."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from openai import RateLimitError

from fakeopenai import RuleError, Settings, fresh, serve
from fakeopenai.arrangement import Arrangement
from fakeopenai.plugin.remote import ElsewhereError, RunningServer
from fakeopenai.serving import Server
from fakeopenai.testing import FakeOpenAI
from tests.conftest import Run
from tests.http import chat

pytest_plugins = ["pytester"]


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    """A server of which a test knows only the URL."""
    with serve(settings=Settings(seed=7)) as server:
        yield server


@pytest.fixture
def there(running: Server) -> RunningServer:
    return RunningServer(running.base_url)


@pytest.fixture
def fake(there: RunningServer) -> Iterator[FakeOpenAI]:
    with fresh(there, "sk-elsewhere", Arrangement(rules={"say": "behind"})) as fake:
        yield fake


def said(fake: FakeOpenAI, text: str) -> str:
    answer = chat(text, base_url=fake.base_url, key=fake.api_key).json
    return str(answer["choices"][0]["message"]["content"])


def test_rules_speak_there_in_the_order_they_have_here(fake: FakeOpenAI) -> None:
    fake.on.chat(contains="x").say("once").once()

    assert [said(fake, "x"), said(fake, "x")] == ["once", "behind"]


def test_a_rule_that_is_used_up_stays_so_when_another_is_written(fake: FakeOpenAI) -> None:
    fake.on.chat(contains="x").say("once").once()
    said(fake, "x")

    fake.on.chat(contains="y").say("yes")

    assert [said(fake, "x"), said(fake, "y")] == ["behind", "yes"]


def test_calls_are_asserted_as_those_of_here(fake: FakeOpenAI) -> None:
    rule = fake.on.chat(contains="x").say("yes").rule
    said(fake, "x")

    assert fake.calls("chat") == [{"model": "gpt-4o"}]
    assert fake.requests[0].reply["choices"][0]["message"]["content"] == "yes"
    assert fake.requests[0].rule == rule.label
    assert [rule.summary for rule in fake.unused_rules] == ["say behind"]


def test_its_clock_moves_when_told(fake: FakeOpenAI) -> None:
    before = fake.clock.now

    fake.clock.advance(10)
    fake.clock.run("manual")

    assert (fake.clock.now, fake.clock.mode) == (before + 10, "manual")


def test_its_state_is_dumped_and_loaded(fake: FakeOpenAI) -> None:
    file = fake.client().files.create(file=b"Hi", purpose="assistants")
    state = fake.dump()
    fake.client().files.delete(file.id)

    fake.load_state(state)

    assert [each.id for each in fake.client().files.list()] == [file.id]


def test_its_limits_are_those_of_the_test(there: RunningServer) -> None:
    with fresh(there, "sk-limited", Arrangement(limits={"requests_per_minute": 1})) as fake:
        said(fake, "a")
        with pytest.raises(RateLimitError):
            fake.client().chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "b"}])


def test_a_world_is_forgotten_there_too(there: RunningServer, running: Server) -> None:
    with fresh(there, "sk-gone") as fake:
        said(fake, "a")

    assert "gone" not in running.emulator.worlds


def test_what_belongs_to_the_server_cannot_be_had(there: RunningServer, fake: FakeOpenAI) -> None:
    with (
        pytest.raises(ElsewhereError, match="has its own 'seed'; 3 can't be had there"),
        fresh(there, arrangement=Arrangement(seed=3)),
    ):
        pass
    with (
        pytest.raises(ElsewhereError, match="has its own 'unmatched'; 'error' can't be had there"),
        fresh(there, arrangement=Arrangement(strict=True)),
    ):
        pass
    with pytest.raises(RuleError, match=r"test_remote.py:\d+: a Python function can't be sent"):
        fake.on.chat(where=lambda call: True).say("Hi")
    with pytest.raises(TypeError, match="reached through its socket alone"):
        fake.transport()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("localhost:8000", "'localhost:8000' is no URL"),
        ("http://127.0.0.1:9", "there is no fakeopenai at http://127.0.0.1:9"),
    ],
)
def test_a_url_without_a_server_says_so(url: str, message: str) -> None:
    with pytest.raises(ElsewhereError, match=message):
        RunningServer(url)


def test_the_server_s_refusal_is_told(there: RunningServer, fake: FakeOpenAI) -> None:
    with pytest.raises(ElsewhereError, match=r"PUT http.*/state: 400 body: .drawers. is a required"):
        fake.load_state({"fakeopenai": 1})


TESTS = """
    @pytest.mark.fakeopenai(on("chat").say("Sunny"))
    @pytest.mark.parametrize("number", range(4))
    def test_it(fakeopenai, fakeopenai_module, number):
        fakeopenai_module.client().models.list()
        assert said("Hi") == "Sunny"
        assert said("snow") == "Sunny"
        fakeopenai.assert_called_with("chat", messages=[{"content": "Hi"}])

    def test_rules_of_files(fakeopenai):
        assert said("snow") == "White"
    """


@pytest.mark.parametrize("workers", [[], ["-p", "xdist", "-n", "2"]], ids=["alone", "xdist"])
def test_the_plugin_has_its_worlds_there(
    run: Run, pytester: pytest.Pytester, running: Server, workers: list[str]
) -> None:
    pytester.makefile(".yaml", rules="- {when: {contains: snow}, say: White}")

    result = run(TESTS, f"--fakeopenai-url={running.origin}", "--fakeopenai-rules=rules.yaml", *workers)

    result.assert_outcomes(passed=5)
    assert not running.emulator.worlds.keys() - {"elsewhere"}
    if not workers:
        result.stdout.fnmatch_lines([f"fakeopenai: *, {running.origin}, rules.yaml"])


def test_the_plugin_says_what_it_cannot_have_there(run: Run, running: Server) -> None:
    result = run(
        """
        @pytest.mark.fakeopenai(seed=3)
        def test_it():
            pass
        """,
        f"--fakeopenai-url={running.origin}",
    )

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["a server that runs already has its own 'seed'; 3 can't be had there"])
