"""Rules written in Python say what the files say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fakeopenai.rules import Rule, RuleBook, RuleError, Script, on
from tests.rules.calls import chat

SAME: list[tuple[Script, dict[str, Any]]] = [
    (
        on("chat", contains="weather").say("Sunny"),
        {"when": {"operation": "chat", "contains": "weather"}, "say": "Sunny"},
    ),
    (on().say("a", "b").once(), {"when": {}, "say": ["a", "b"], "times": 1}),
    (on().call("get_weather", city="Paris"), {"when": {}, "call": {"get_weather": {"city": "Paris"}}}),
    (on().call("sql", "select 1"), {"when": {}, "call": {"sql": "select 1"}}),
    (on().call("a").call("b", {"name": 1}), {"when": {}, "call": ["a", {"b": {"name": 1}}]}),
    (on().json({"a": 1}).finish("length"), {"when": {}, "json": {"a": 1}, "finish": "length"}),
    (on().reasoning("Hm.", tokens=64).refusal("No"), {"reasoning": {"summary": "Hm.", "tokens": 64}, "refusal": "No"}),
    (on().hosted({"type": "x"}), {"hosted": {"type": "x"}}),
    (on().error("rate_limit", retry_after=2).times(3), {"error": {"name": "rate_limit", "retry_after": 2}, "times": 3}),
    (on().error("rate_limit").then.say("Hi"), {"then": [{"error": "rate_limit"}, {"say": "Hi"}]}),
    (on().error(status=418, message="Tea"), {"error": {"status": 418, "message": "Tea"}}),
    (on().reply({"a": 1}, status=201), {"reply": {"body": {"a": 1}, "status": 201}}),
    (on().delay(2).cut(events=3), {"delay": 2, "cut": {"events": 3}}),
    (on().job(slow=9, fail={"at": "running"}), {"job": {"slow": 9, "fail": {"at": "running"}}}),
    (on().pace(tokens_per_second=5), {"pace": {"tokens_per_second": 5}}),
    (on().nth(1, 3).after(2).every(2).probability(0.5).name("x"), {"nth": [1, 3], "after": 2, "every": 2}),
    (on(not_={"contains": "a"}), {"when": {"not": {"contains": "a"}}}),
]


@pytest.mark.parametrize(("script", "words"), SAME, ids=lambda value: "")
def test_a_script_says_what_the_file_says(script: Script, words: dict[str, Any]) -> None:
    written, read, asked = script.rule, Rule.read(words), chat("weather")

    assert written.when.words == read.when.words
    assert [outcome.pace for outcome in written.outcomes] == [outcome.pace for outcome in read.outcomes]
    assert [told(written.nth(number, asked), asked) for number in range(3)] == [
        told(read.nth(number, asked), asked) for number in range(3)
    ]


def told(rule: Rule, asked: Any) -> list[Any]:
    error = rule.error(asked)
    return [rule.turn(asked), rule.reply(asked), error and error.reply(), rule.fate(asked)]


def test_what_it_has_written_can_be_read_again() -> None:
    script = on("chat", contains="a").say("Hi").call("b").then.error("overloaded").times(4)

    assert Rule.read(script.words).words == script.words


def test_a_script_is_in_its_book_from_the_first_word() -> None:
    rules = RuleBook()

    script = rules.on("chat", contains="weather").say("Sunny")

    assert list(rules) == [script.rule]
    assert rules.first(chat("weather")) is script.rule


def test_the_model_speaks_in_the_order_written() -> None:
    said = on("chat").say("Let me look.").call("search").say("Done.").rule.turn(chat("Hi"))

    assert said is not None
    assert [getattr(step, "text", getattr(step, "name", "")) for step in said.steps] == [
        "Let me look.",
        "search",
        "Done.",
    ]


def test_a_mistake_names_the_line_of_the_test() -> None:
    with pytest.raises(RuleError, match=rf"^rules/{Path(__file__).name}:\d+: unknown error 'rate_limt'; did you mean"):
        on("chat").error("rate_limt")


def test_a_mistake_leaves_the_rule_as_it_was() -> None:
    rules = RuleBook()
    script = rules.on("chat").say("Hi")

    with pytest.raises(RuleError):
        script.error("rate_limit")

    assert script.times(2).words == {"when": {"operation": "chat"}, "steps": [{"say": "Hi"}], "times": 2}
    assert list(rules) == [script.rule]


def test_words_that_exclude_each_other_are_called_as_they_were_written() -> None:
    with pytest.raises(RuleError, match="'say' and 'error' exclude each other"):
        on("chat").say("Hi").error("rate_limit")
