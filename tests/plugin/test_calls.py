"""What is asserted of calls, and what is told when it doesn't hold."""

from __future__ import annotations

import re
from typing import Any
from unittest.mock import ANY

import pytest

from fakeopenai import RuleError
from fakeopenai.plugin.calls import compared, differences
from fakeopenai.testing import FakeOpenAI
from tests.conftest import Run
from tests.http import chat, send

pytest_plugins = ["pytester"]


def user(text: Any) -> dict[str, Any]:
    return {"role": "user", "content": text}


def test_calls_equal_parts_of_their_bodies(fakeopenai: FakeOpenAI) -> None:
    chat("Hi")
    chat("The weather in Paris?", temperature=0.5)

    calls = fakeopenai.calls("chat")
    assert calls == [{"model": "gpt-4o"}, {"temperature": 0.5, "messages": [user(re.compile("Paris"))]}]
    assert calls == [{}, {"temperature": pytest.approx(0.5), "model": ANY}]
    assert calls == calls[:]
    assert calls != [{}]
    assert calls != [{"model": "gpt-4o"}, {"temperature": 0.6}]
    assert calls.bodies[0] == {"model": "gpt-4o", "messages": [user("Hi")]}


def test_no_calls_equal_an_empty_list(fakeopenai: FakeOpenAI) -> None:
    assert fakeopenai.calls("chat") == []


@pytest.mark.parametrize(
    ("actual", "wanted", "told"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1, "b": 2}, {"a": 1}, []),
        ({"a": True}, {"a": 1}, ["a: true, expected 1"]),
        ({"a": 1}, {"a": True}, ["a: 1, expected true"]),
        ({"a": 1.0}, {"a": 1}, []),
        ({"a": None}, {"a": None}, []),
        ({}, {"a": None}, ["a: not there, expected null; there is nothing"]),
        ({"b": 2}, {"a": 1}, ["a: not there, expected 1; there is b"]),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, ["a[0].b: 1, expected 2"]),
        ({"a": [1, 2]}, {"a": [1]}, ["a: 2 members, expected 1", "a[1]: 2, not expected"]),
        ({"a": [1]}, {"a": [2, 3]}, ["a: 1 members, expected 2", "a[0]: 1, expected 2", "a[1]: not there, expected 3"]),
        ({"a": [1]}, {"a": (1,)}, []),
        ({"a": "text"}, {"a": re.compile("^t")}, []),
        ({"a": "text"}, {"a": re.compile("^e")}, ['a: "text", expected "re.compile(\'^e\')"']),
        ({"a": {"b": 1}}, {"a": 1}, ['a: {"b": 1}, expected 1']),
        ("raw", {"a": 1}, [': "raw", expected {"a": 1}']),
    ],
)
def test_differences_name_the_place(actual: Any, wanted: Any, told: list[str]) -> None:
    assert list(differences(actual, wanted)) == told


def test_long_texts_are_compared_sentence_by_sentence() -> None:
    said, wanted = (f"You are a pirate. Never speak of {what}. Say it loudly, and say it at once." for what in "ab")

    assert list(differences({"a": said}, {"a": wanted})) == [
        "a:\n   You are a pirate.\n  -Never speak of b.\n  +Never speak of a.\n   Say it loudly,"
    ]


def test_a_comparison_that_fails_tells_what_differs(run: Run) -> None:
    result = run("""
        def test_it(fakeopenai):
            chat("Hi")
            chat("Ho", temperature=0.5)
            send("GET", "/models")
            assert fakeopenai.calls() == [{"model": "gpt-4"}, {"temperature": 1, "top_p": 1}]
        """)

    result.stdout.fnmatch_lines(
        [
            "E       assert the calls are not as expected",
            "E         3 calls, expected 2",
            "E         call 1, POST /chat/completions:",
            'E           model: "gpt-4o", expected "gpt-4"',
            "E         call 2, POST /chat/completions:",
            "E           temperature: 0.5, expected 1",
            "E           top_p: not there, expected 1; there is model, messages, temperature",
            "E         call 3, not expected: GET /models",
        ],
        consecutive=True,
    )


def test_comparisons_of_other_things_are_left_to_others(fakeopenai: FakeOpenAI) -> None:
    chat("Hi")
    calls = fakeopenai.calls("chat")

    assert compared(calls, 1) is None
    assert compared([{"model": "x"}], calls) == compared(calls, [{"model": "x"}])


def test_a_call_is_found_by_its_parts(fakeopenai: FakeOpenAI) -> None:
    chat("Hi")
    chat("Ho", temperature=0.5)

    assert fakeopenai.assert_called_with("chat", temperature=0.5).body["messages"] == [user("Ho")]
    assert fakeopenai.assert_called_with("chat").body["messages"] == [user("Ho")]
    fakeopenai.assert_not_called("chat", temperature=0.7)
    fakeopenai.assert_not_called("embeddings")


def told(error: pytest.ExceptionInfo[AssertionError]) -> list[str]:
    return str(error.value).splitlines()


def test_calls_are_found_by_the_words_of_rules(fakeopenai: FakeOpenAI) -> None:
    fakeopenai.on.chat(contains="snow").error("rate_limit")
    tool = {"type": "function", "function": {"name": "get_weather"}}
    chat("The weather in Paris?", tools=[tool])
    chat("Snow?")
    chat("Invalid", temperature=9)
    send("POST", "/responses", {"model": "gpt-4o", "input": "The weather?", "stream": True})

    assert fakeopenai.calls(contains="weather").bodies[1]["input"] == "The weather?"
    assert fakeopenai.calls("chat", tool="get_weather") == [{"tools": [tool]}]
    assert [made.status for made in fakeopenai.calls("chat", user={"matches": "^Snow"})] == [429]
    assert fakeopenai.calls("chat", contains="Invalid") == []
    assert fakeopenai.calls("responses", stream=True, model="gpt-4*").bodies != []
    with pytest.raises(RuleError, match="unknown key 'contain' in 'when'; did you mean 'contains'"):
        fakeopenai.calls("chat", contain="x")  # type: ignore[call-arg]  # the mistake is meant


def test_a_call_that_is_missing_is_told_with_the_nearest(fakeopenai: FakeOpenAI) -> None:
    chat("Hi", temperature=0)
    chat("Ho", temperature=0.5)

    with pytest.raises(AssertionError) as error:
        fakeopenai.assert_called_with("chat", temperature=0.5, seed=1)

    assert told(error) == [
        'no call of chat with {"temperature": 0.5, "seed": 1}:',
        "the nearest is call 2 of 2:",
        "  seed: not there, expected 1; there is model, messages, temperature",
    ]


def test_an_operation_that_was_never_called_is_told(fakeopenai: FakeOpenAI) -> None:
    with pytest.raises(AssertionError) as error:
        fakeopenai.assert_called_with("chat")

    assert told(error) == ["no call of chat with {}:", "it was never called"]


def test_one_call_is_neither_none_nor_two(fakeopenai: FakeOpenAI) -> None:
    with pytest.raises(AssertionError, match="expected 1 call of chat, there are 0"):
        fakeopenai.assert_called_once("chat")
    chat("Hi")
    assert fakeopenai.assert_called_once("chat", model="gpt-4o").status == 200
    with pytest.raises(AssertionError, match='the only call differs:\n  model: "gpt-4o", expected "x"'):
        fakeopenai.assert_called_once("chat", model="x")
    chat("Ho")
    with pytest.raises(AssertionError, match=r"there are 2\n  POST /chat/completions \{"):
        fakeopenai.assert_called_once("chat")


def test_calls_that_should_not_be_are_listed(fakeopenai: FakeOpenAI) -> None:
    chat("Hi")

    with pytest.raises(
        AssertionError, match=r'^expected no call of chat with \{"model": "gpt-4o"\}, got\n  POST /chat'
    ):
        fakeopenai.assert_not_called("chat", model="gpt-4o")


def test_rules_that_never_spoke_are_told_with_what_they_wait_for(fakeopenai: FakeOpenAI) -> None:
    fakeopenai.on.chat(contains="weather").say("Sunny").name("weather")
    chat("Hi")

    with pytest.raises(AssertionError) as error:
        fakeopenai.assert_all_rules_used()
    chat("weather")
    fakeopenai.assert_all_rules_used()

    assert told(error) == [
        "rules that never spoke:",
        "  weather, for (operation to be 'chat' and user text to contain 'weather')",
        "1 call",
    ]


@pytest.mark.fakeopenai(load="tool_loop", unused="error")
def test_the_rules_of_a_situation_need_not_all_speak(fakeopenai: FakeOpenAI) -> None:
    assert len(fakeopenai.rules.unused) > 1
    assert fakeopenai.unused_rules == []


UNUSED = """
    @pytest.mark.fakeopenai(on("chat", contains="weather").say("Sunny"){more})
    def test_it():
        chat("Hi")
    """


@pytest.mark.parametrize(
    ("marker", "option", "failed"),
    [("", "ignore", 0), (", unused='error'", "ignore", 1), ("", "error", 1), (", unused='ignore'", "error", 0)],
)
def test_a_test_may_fail_for_rules_that_never_spoke(run: Run, marker: str, option: str, failed: int) -> None:
    result = run(UNUSED.format(more=marker), f"--fakeopenai-unused={option}")

    result.assert_outcomes(failed=failed, passed=1 - failed)
    if failed:
        result.stdout.fnmatch_lines(["rules that never spoke:", "  *.py:*, for (*user text to contain 'weather')"])


def test_the_rules_of_a_module_s_world_may_speak_in_any_of_its_tests(run: Run) -> None:
    result = run(
        """
        pytestmark = pytest.mark.fakeopenai(rules=[on.chat(contains=word).say("Sunny") for word in ("weather", "snow")])

        def test_one(fakeopenai_module):
            chat("weather")

        def test_two(fakeopenai_module):
            chat("rain")
        """,
        "--fakeopenai-unused=error",
    )

    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*rules that never spoke:", "*user text to contain 'snow')"])


def test_no_key_stands_in_a_report(run: Run) -> None:
    result = run("""
        def test_it(fakeopenai):
            chat("my key is sk-proj-abcdefghijklmnopqrstuvw", metadata={"api_key": "hunter2"})
            assert False
        """)

    result.stdout.fnmatch_lines(['*> *my key is sk-proj-...uvw*"api_key": "…"*'])
    exchanges = result.stdout.str().partition("fakeopenai exchanges")[2]
    assert "abcdefghijkl" not in exchanges
    assert "hunter2" not in exchanges
