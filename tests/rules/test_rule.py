"""A rule speaks, replies or fails, as often as it is told."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fakeopenai.pace import Break
from fakeopenai.rules import Pace, Rule, RuleBook, RuleError, on
from fakeopenai.turn import Hosted, Refusal, Text, Thought, Tool, ToolCall, Turn
from fakeopenai.wire import Event, Json, Reply
from tests.rules.calls import EMBEDDINGS, call, chat


def turn(words: dict[str, Json], text: str = "Hello") -> Turn | None:
    return Rule.read(words).turn(chat(text))


def test_it_says_what_it_is_told() -> None:
    assert turn({"say": "Sunny"}) == Turn((Text("Sunny"),))


def test_it_calls_tools_and_stops_for_them() -> None:
    said = turn({"call": [{"get_weather": {"city": "Paris"}}, "get_time"]})

    assert said == Turn((ToolCall("get_weather", '{"city":"Paris"}'), ToolCall("get_time", "{}")), "tool_calls")


def test_a_call_may_be_spelled_out_with_its_id() -> None:
    said = turn({"call": {"name": "get_weather", "arguments": "{broken", "id": "call_7"}})

    assert said is not None
    assert said.calls == (ToolCall("get_weather", "{broken", "call_7"),)


def test_a_call_of_a_custom_tool_carries_text() -> None:
    rule = Rule.read({"call": {"run_sql": "select 1"}})

    said = rule.turn(chat("Hello", tools=(Tool("run_sql", kind="custom"),)))

    assert said is not None
    assert said.calls == (ToolCall("run_sql", "select 1", kind="custom"),)


def test_a_structured_value_is_written_as_models_write_it() -> None:
    assert turn({"json": {"city": "Zürich", "days": [1, 2]}}) == Turn((Text('{"city":"Zürich","days":[1,2]}'),))


def test_it_thinks_before_it_speaks() -> None:
    said = turn({"say": "42", "reasoning": {"summary": "Six by seven.", "tokens": 64}})

    assert said == Turn((Thought("Six by seven.", 64), Text("42")))


def test_it_declines() -> None:
    assert turn({"refusal": "I can't help with that."}) == Turn((Refusal("I can't help with that."),))


def test_steps_keep_their_order() -> None:
    item = {"type": "web_search_call", "status": "completed"}

    said = turn({"steps": [{"say": "Let me look."}, {"hosted": item}, {"call": "search"}, {"say": "Done."}]})

    assert said is not None
    assert said.steps == (Text("Let me look."), Hosted(item), ToolCall("search", "{}"), Text("Done."))


def test_finish_is_why_the_model_stopped() -> None:
    assert turn({"say": "I", "finish": "content_filter"}) == Turn((Text("I"),), "content_filter")


def test_a_reply_stands_in_for_the_handler() -> None:
    rule = Rule.read({"reply": {"status": 202, "headers": {"X-Kind": "odd"}, "body": {"ok": True}}})

    assert rule.reply(call()) == Reply({"ok": True}, 202, {"x-kind": "odd"})


def test_a_text_goes_out_as_it_is() -> None:
    rule = Rule.read({"reply": {"body": "<h1>no</h1>", "media": "text/html"}})

    assert rule.reply(call()) == Reply(b"<h1>no</h1>", media="text/html")


def test_a_reply_may_be_a_stream() -> None:
    rule = Rule.read({"reply": {"events": [{"n": 1}, {"event": "done", "data": {"n": 2}}, "[DONE]"]}})

    reply = rule.reply(call())

    assert reply is not None
    assert reply.events == [Event({"n": 1}), Event({"n": 2}, "done"), Event(b"[DONE]")]


def test_its_pace_is_plain_data() -> None:
    words = {"delay": 0.5, "pace": {"tokens_per_second": 20, "jitter": 0.1}, "cut": {"events": 3, "bytes": 100}}

    assert Rule.read(words).pace == Pace(0.5, 0, 20, 0.1, cut=Break(3, 100))


def test_a_rule_without_pace_goes_at_once() -> None:
    assert Rule.read({"say": "Hello"}).pace is None


def test_events_wait_for_their_token() -> None:
    pace = Pace(first_token_delay=2, tokens_per_second=10)

    assert [pace.wait(event) for event in range(3)] == [2, 0.1, 0.1]


def test_jitter_makes_waits_longer_and_always_the_same() -> None:
    pace = Pace(tokens_per_second=10, jitter=0.5)

    waits = [pace.wait(event) for event in range(1, 50)]

    assert min(waits) >= 0.1
    assert 0.14 < max(waits) <= 0.15
    assert waits == [pace.wait(event) for event in range(1, 50)]


def test_outcomes_follow_each_other_and_the_last_stays() -> None:
    book = RuleBook()
    book.add(Rule.read({"then": [{"error": "rate_limit"}, {"say": "Hello"}]}))

    rules = [book.first(chat("Hi")) for _ in range(3)]

    assert [bool(rule and rule.error(chat("Hi"))) for rule in rules] == [True, False, False]
    assert [rule and rule.turn(chat("Hi")) for rule in rules][1:] == [Turn((Text("Hello"),))] * 2


def test_texts_follow_each_other() -> None:
    book = RuleBook()
    book.add(Rule.read({"say": ["one", "two"], "delay": 1}))

    rules = [book.first(chat("Hi")) for _ in range(3)]

    turns = [rule.turn(chat("Hi")) for rule in rules if rule]
    assert [said.text for said in turns if said] == ["one", "two", "two"]
    assert [rule.pace for rule in rules if rule] == [Pace(delay=1)] * 3


def test_captured_groups_and_the_request_fill_in_texts() -> None:
    rule = (
        on("chat", matches=r"weather in (?P<city>\w+)").say("{{ city }} ({{1}}) for {{ body.user }} on {{model}}").rule
    )

    said = rule.turn(chat("The weather in Paris?", user="u_1"))

    assert said is not None
    assert said.text == "Paris (Paris) for u_1 on gpt-4o"


def test_arguments_keep_the_type_of_what_fills_them_in() -> None:
    rule = on("chat").call("move", by="{{ body.n }}", note="{{ header.x-note }}, {{ user }}").rule

    said = rule.turn(chat("Go", n=3, headers={"x-note": "fast"}))

    assert said is not None
    assert said.calls[0].arguments == '{"by":3,"note":"fast, Go"}'


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ user | upper }}!", "HELLO!"),
        ("{{ body.city | default('Paris') | lower }}", "paris"),
        ("{{ body.n | default(3) }}", "7"),
        ("{{ user | length }} {{ body.list | length }}", "5 2"),
        ("{{ body.list | json }}", '["a", "b"]'),
        ("{{ user | trim }}", "Hello"),
        ("{{ body['a | b'] }}", "bar"),
        ("{{ now }}", "2026-01-01T00:00:00Z"),
        ("{{ state.order | default('none') }}", "none"),
    ],
)
def test_filters_change_what_is_filled_in(source: str, expected: str) -> None:
    odd: dict[str, Any] = {"a | b": "bar"}
    asked = chat("Hello", n=7, list=["a", "b"], **odd)

    assert Rule.read({"say": source}).turn(asked) == Turn((Text(expected),))


def test_a_uuid_follows_from_the_request() -> None:
    one, same = [Rule.read({"say": "{{ uuid }}"}).turn(chat("Hello")) for _ in range(2)]

    assert one is not None
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", one.text)
    assert one == same


def test_an_unknown_filter_is_refused_at_once() -> None:
    with pytest.raises(RuleError, match="there is no filter 'uper' for 'say'; did you mean 'upper'"):
        Rule.read({"say": "{{ user | uper }}"})


def test_a_function_of_the_call_may_stand_for_any_value() -> None:
    words = on().say(lambda asked: asked.body["model"][::-1]).rule
    reply = on().reply({"id": lambda asked: asked.body["n"]}).rule
    asked = chat("Hello", n=7)

    answered = reply.reply(asked)

    assert words.turn(asked) == Turn((Text("o4-tpg"),))
    assert answered is not None
    assert answered.body == {"id": 7}


def test_braces_are_quoted_in_a_template() -> None:
    assert turn({"say": "{{ '{{' }} name }}"}) == Turn((Text("{{ name }}"),))


def test_what_the_request_lacks_is_empty() -> None:
    assert turn({"say": "<{{ body.metadata.kind }}>"}) == Turn((Text("<>"),))


def test_an_unknown_name_in_a_template_is_refused_at_once() -> None:
    with pytest.raises(RuleError, match="nothing is called 'citty' in 'say'; did you mean 'city'"):
        on("chat", matches="(?P<city>.*)").say("{{ citty }}")


def test_a_rule_that_speaks_fits_only_calls_that_ask_a_model() -> None:
    rule = Rule.read({"say": "Hello"})

    assert rule.holds(chat("Hi"))
    assert not rule.holds(call(EMBEDDINGS, {"input": "Hi"}))
    assert rule.differences(call(EMBEDDINGS)) == ["operation: expected one that asks a model, got 'POST /embeddings'"]


def test_a_rule_without_outcome_leaves_the_answer_to_the_emulator() -> None:
    rule = Rule.read({"when": {"contains": "hello"}})

    assert (rule.turn(chat("hello")), rule.reply(chat("hello")), rule.error(chat("hello"))) == (None, None, None)


def test_its_label_is_its_name_or_its_place_or_its_words() -> None:
    rules = [Rule.read({"name": "a", "say": "x"}, "f:1"), Rule.read({"say": "x"}, "f:1"), Rule.read({"say": "x"})]

    assert [rule.label for rule in rules] == ["a", "f:1", "say x"]


def test_reasoning_is_charged_in_the_steps_of_the_model() -> None:
    rule = Rule.read({"reasoning": "Six by seven makes forty-two.", "say": "42"})

    charged = [said.thoughts[0].tokens for model in ("gpt-4o", "o3") if (said := rule.turn(chat("?", model=model)))]

    assert charged == [7, 64]


def test_events_without_a_speed_follow_at_once() -> None:
    assert Pace(delay=1).wait(1) == 0


def test_bytes_and_lists_of_python_are_replied_with() -> None:
    rules = [Rule.read({"reply": {"body": b"\x00"}}), Rule.read({"reply": {"body": ["{{ header.x-a }}", None]}})]

    replies = [rule.reply(chat("Hi", headers={"x-a": "b"})) for rule in rules]

    assert replies == [Reply(b"\x00", media="application/octet-stream"), Reply(["b", None])]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"json": {"a": {1, 2}}}, "'a' must be a JSON value, got a Python set"),
        ({"when": {"schema": {"type": "strnig"}}}, "bad JSON Schema: "),
        ({"say": "{{ body.a[ }}"}, "malformed path"),
        ({"reply": {"events": [], "body": 1}}, "'body' and 'events' exclude each other"),
    ],
)
def test_what_cannot_be_said_is_refused(words: dict[str, Json], message: str) -> None:
    with pytest.raises(RuleError) as caught:
        Rule.read(words)

    assert message in str(caught.value)


def test_it_is_shown_as_what_it_says() -> None:
    assert repr(Rule.read({"say": "Sunny", "times": 1})) == "Rule('say Sunny', times=1)"
