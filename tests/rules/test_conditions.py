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
        ({"path": "/v1/chat/*"}, True),
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
        ({"where": lambda given: "seed" in given.body}, False),
        ({"key": "sk-a*"}, True),
        ({"key": "sk-b*"}, False),
        ({"project": "proj_red"}, True),
        ({"project": "proj_blue"}, False),
        ({"organization": {"exists": True}}, True),
        ({"organization": "org-b"}, False),
        ({"body": {"$.stop[?@ == 'y']": {"exists": True}}}, True),
        ({"body": {"$.stop[?@ == 'z']": {"exists": True}}}, False),
        ({"body": {"$..kind": "a"}}, True),
        ({"body": {"stop[0:1]": "y"}}, False),
        ({"body": {"$.metadata[?length(@) == 1]": "a"}}, True),
        ({"time": {"after": 60}}, False),
        ({"time": {"before": 60}}, True),
        ({"time": {"after": "2026-01-01"}}, True),
        ({"time": {"after": "2026-01-01", "before": "2025-12-31T23:00:00-01:00"}}, False),
        ({"time": {"before": "2026-01-01T00:00:01Z"}}, True),
    ],
)
def test_everything_else_of_a_call(when: dict[str, Any], expected: bool) -> None:
    tools = (Tool("get_weather"), Tool("", kind="web_search"))
    body: dict[str, Any] = {"stream": True, "temperature": 0, "metadata": {"kind": "a"}, "stop": ["x", "y"]}

    headers = {"x-team": "red", "openai-project": "proj_red", "openai-organization": "org-a"}
    subject = chat(*LOOP, tools=tools, headers=headers, key="sk-abc", **body)

    assert holds(when, subject) is expected


@pytest.mark.parametrize("when", [{"called": "*"}, {"tool_result": "rain"}, {"has_tool_result": True}])
def test_tools_of_earlier_turns_do_not_count(when: dict[str, Any]) -> None:
    assert not holds(when, chat(*OLD_LOOP))


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ({"degrees": 12}, True),
        ({"degrees": {"above": 20}}, False),
        ({"days[*].sky": "rain"}, True),
        ({"$.days[?@.sky == 'rain'].day": {"equals": 2}}, True),
        ({"$.days[?@.sky == 'snow']": {"exists": True}}, False),
        ({"nested": {"json": {"a": 1}}}, True),
        ({"nested": {"json": {"a": 2}}}, False),
    ],
)
def test_json_that_a_tool_gave(test: dict[str, Any], expected: bool) -> None:
    given = '{"degrees": 12, "days": [{"day": 1, "sky": "sun"}, {"day": 2, "sky": "rain"}], "nested": "{\\"a\\": 1}"}'

    assert holds({"tool_result": {"json": test}}, chat("Weather?", used("get_weather"), result(given))) is expected


def test_a_text_that_is_no_json_has_nothing_in_it() -> None:
    assert not holds({"user": {"json": {"a": {"exists": True}}}}, chat("{"))


@pytest.mark.parametrize(
    ("wanted", "text", "expected"),
    [
        ("Order of 2026-01-05", "order  of 2025-12-31", True),
        ("At 2026-01-05T10:00:00Z", "at 2025-12-31 23:59:59.123+01:00", True),
        ("Today is Friday, November 20, 2026.", "Today is Monday, 1 June 2026.", True),
        ("on 5/1/2026 at 10:30 PM", "on 31.12.25 at 9:05", True),
        ("id 123e4567-e89b-12d3-a456-426614174000", "id 00000000-0000-4000-8000-000000000000", True),
        ("Read file-abc123DEF456", "read file-Zyx987wvu654", True),
        ("since 1767225600", "since 1767225600123", True),
        ("digest 0123456789abcdef0123", "digest ffff0000ffff00001111", True),
        ("Order of 2026-01-05", "Orders of 2026-01-05", False),
        ("take 5 of 10", "take 6 of 10", False),
        ("a well-informed reader", "a well-mannered reader", False),
        ("call_me_maybe", "call_him_maybe", False),
    ],
)
def test_like_looks_away_from_what_differs_from_run_to_run(wanted: str, text: str, expected: bool) -> None:
    assert holds({"like": wanted}, chat(text)) is expected


def test_like_looks_into_json() -> None:
    metadata = {"id": "123e4567-e89b-12d3-a456-426614174000", "kind": "A"}

    subject = call(FILE, {"metadata": metadata | {"n": 1}}, ids={"file_id": "file-1"})

    wanted = {"id": "00000000-0000-4000-8000-000000000000", "kind": "a", "n": 1}
    assert holds({"body": {"metadata": {"like": wanted}}}, subject)
    assert not holds({"body": {"metadata": {"like": wanted | {"n": 2}}}}, subject)


@pytest.mark.parametrize("kind", ["image", "audio", "file"])
def test_media_of_each_kind(kind: str) -> None:
    assert holds({"media": kind}, chat(user("What is this?", kind)))
    assert not holds({"media": kind}, chat(user("What is this?")))


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
