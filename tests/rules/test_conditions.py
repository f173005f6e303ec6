"""What a rule can look at, and when it holds."""

from __future__ import annotations

from typing import Any

import pytest

from fakeopenai.rules import Rule
from fakeopenai.rules.paths import find
from fakeopenai.turn import Tool
from fakeopenai.wire import Call
from tests.rules.calls import CHAT, EMBEDDINGS, FILE, RESPONSES, THREAD, call, chat, result, said, used, user

LOOP = (
    said("Be brief.", "system"),
    user("Hi"),
    said("Hello"),
    user("Weather?"),
    used("get_weather"),
    result("Rain, 12°"),
)
OLD_LOOP = (user("Weather?"), used("get_weather"), result("Rain"), said("It rains."), user("Thanks"))


def holds(when: dict[str, Any], subject: Call) -> bool:
    return Rule.read({"when": when}).holds(subject)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({"contains": "WEATHER"}, True),
        ({"contains": "weather   in\nparis"}, True),
        ({"contains": "rome"}, False),
        ({"contains_exactly": "Weather in"}, True),
        ({"contains_exactly": "weather in"}, False),
        ({"equals": "Weather in  Paris?"}, True),
        ({"equals": "Weather in Paris?"}, False),
        ({"matches": r"in\s+(?P<city>\w+)"}, True),
        ({"matches": "^weather"}, False),
        ({"user": "paris"}, True),
        ({"user": ["rome", "paris"]}, True),
        ({"user": {"contains": "paris", "matches": "Rome"}}, False),
        ({"user": {"not": "rome"}}, True),
        ({"user": {"any": ["rome", {"matches": "P...s"}]}}, True),
        ({"contains": "weather", "equals": "weather"}, False),
        ({"any": [{"contains": "rome"}, {"model": "gpt-4o"}]}, True),
        ({"all": [{"contains": "paris"}, {"model": "o3"}]}, False),
        ({"not": {"contains": "rome"}}, True),
        ({"not": [{"contains": "rome"}, {"contains": "paris"}]}, False),
    ],
)
def test_the_last_user_text(when: dict[str, Any], expected: bool) -> None:
    assert holds(when, chat("Rome", said("Yes?"), "Weather in  Paris?")) is expected


@pytest.mark.parametrize(
    ("pattern", "subject", "expected"),
    [
        ("chat", CHAT, True),
        ("chat.completions", CHAT, True),
        ("chat.completions.create", CHAT, True),
        ("POST /chat/completions", CHAT, True),
        ("/chat/completions", CHAT, True),
        ("chat.*", CHAT, True),
        ("POST *", CHAT, True),
        ("completions", CHAT, False),
        ("threads", THREAD, True),
        ("beta.threads", THREAD, True),
        ("GET /threads/*", THREAD, True),
        (["responses", "chat"], CHAT, True),
        (["responses", "embeddings"], CHAT, False),
    ],
)
def test_operations_go_by_all_their_names(pattern: Any, subject: Any, expected: bool) -> None:
    assert holds({"operation": pattern}, call(subject, ids={"thread_id": "thread_1"})) is expected


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({"model": "gpt-4o"}, True),
        ({"model": "gpt-*"}, True),
        ({"model": "gpt-4"}, False),
        ({"model": ["o3", "gpt-4?"]}, True),
        ({"message": "hello"}, True),
        ({"message": "goodbye"}, False),
        ({"system": "brief"}, True),
        ({"system": {"equals": "Be brief"}}, False),
        ({"tool": "get_*"}, True),
        ({"tool": "web_search"}, True),
        ({"tool": "send"}, False),
        ({"called": "get_weather"}, True),
        ({"called": "get_time"}, False),
        ({"tool_result": "rain"}, True),
        ({"has_tool_result": True}, True),
        ({"has_tool_result": False}, False),
        ({"turn": 2}, True),
        ({"turn": {"above": 2}}, False),
        ({"step": 2}, True),
        ({"media": "image"}, False),
        ({"stream": True}, True),
        ({"header": {"X-Team": "red"}}, True),
        ({"header": {"x-team": "b*"}}, False),
        ({"header": {"x-other": {"exists": False}}}, True),
        ({"path": "/chat/*"}, True),
        ({"body": {"temperature": 0}}, True),
        ({"body": {"temperature": False}}, False),
        ({"body": {"temperature": {"below": 1}}}, True),
        ({"body": {"metadata.kind": "a"}}, True),
        ({"body": {"metadata": {"equals": {"kind": "a"}}}}, True),
        ({"body": {"stop": ["x", "y"]}}, True),
        ({"body": {"stop": {"contains": "y"}}}, True),
        ({"body": {"stop[-1]": "x"}}, False),
        ({"body": {"stop[*]": "x"}}, True),
        ({"body": {"seed": {"exists": True}}}, False),
        ({"schema": {"required": ["temperature"]}}, True),
        ({"schema": {"required": ["seed"]}}, False),
        ({"where": lambda given: given.body["temperature"] == 0}, True),
    ],
)
def test_everything_else_of_a_call(when: dict[str, Any], expected: bool) -> None:
    tools = (Tool("get_weather"), Tool("", kind="web_search"))
    body: dict[str, Any] = {"stream": True, "temperature": 0, "metadata": {"kind": "a"}, "stop": ["x", "y"]}

    subject = chat(*LOOP, tools=tools, headers={"x-team": "red"}, **body)

    assert holds(when, subject) is expected


@pytest.mark.parametrize("when", [{"called": "*"}, {"tool_result": "rain"}, {"has_tool_result": True}])
def test_tools_of_earlier_turns_do_not_count(when: dict[str, Any]) -> None:
    assert not holds(when, chat(*OLD_LOOP))


def test_media_of_a_message() -> None:
    assert holds({"media": "image"}, chat(user("What is this?", "image")))


def test_where_no_model_is_asked_the_input_is_the_user_text() -> None:
    assert holds({"contains": "hello"}, call(EMBEDDINGS, {"input": ["Hello", "World"]}))
    assert holds({"contains": "hello"}, call(RESPONSES, {"prompt": "Hello"}))
    assert not holds({"contains": "hello"}, call(FILE, ids={"file_id": "file-1"}))


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({"contains": "weather"}, ["user text: expected to contain 'weather', got 'Hello'"]),
        ({"tool": "get_*"}, ["offered tools: expected to be like 'get_*', got nothing"]),
        ({"body": {"n": {"above": 2}}}, ["body n: expected to be above 2, got 1"]),
        (
            {"contains": "a", "model": "o3"},
            ["user text: expected to contain 'a', got 'Hello'", "model: expected to be 'o3', got 'gpt-4o'"],
        ),
        (
            {"any": [{"contains": "a"}, {"matches": "b"}]},
            ["user text: expected to contain 'a', got 'Hello' or user text: expected to match /b/, got 'Hello'"],
        ),
        ({"not": {"contains": "hello"}}, ["expected not: (user text to contain 'hello')"]),
        ({"operation": "files"}, ["operation: expected to be 'files', got POST /chat/completions"]),
    ],
)
def test_differences_say_what_was_expected_and_what_came(when: dict[str, Any], expected: list[str]) -> None:
    assert Rule.read({"when": when}).differences(chat("Hello", n=1)) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.b", [1]),
        ("$.a.b", [1]),
        ("list[0]", ["x"]),
        ("list[-1]", ["y"]),
        ("list[9]", []),
        ("list[*]", ["x", "y"]),
        ("['odd.key']", [2]),
        ("a.*", [1]),
        ("a.b.c", []),
        ("", [{"a": {"b": 1}, "list": ["x", "y"], "odd.key": 2}]),
    ],
)
def test_paths_lead_into_values(path: str, expected: list[Any]) -> None:
    assert find({"a": {"b": 1}, "list": ["x", "y"], "odd.key": 2}, path) == expected
