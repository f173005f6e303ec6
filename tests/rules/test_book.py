"""The first rule that fits speaks, in a stated order, as often as it may."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeopenai.clock import EPOCH
from fakeopenai.ids import Names
from fakeopenai.rules import Near, Rule, RuleBook, Shelf, tally
from fakeopenai.rules.literal import needed
from fakeopenai.rules.operators import folded
from fakeopenai.wire import Call
from tests.rules.calls import EMBEDDINGS, call, chat, said


def rule(name: str, /, times: int | None = None, **when: Any) -> Rule:
    words: dict[str, Any] = {"name": name, "when": when, "say": name}
    return Rule.read(words if times is None else words | {"times": times})


def book(*rules: Rule) -> RuleBook:
    made = RuleBook()
    made.add(*rules)
    return made


def speakers(rules: RuleBook, *calls: Call) -> list[str]:
    found = [rules.first(each) for each in calls]
    return [rule.name if rule else "" for rule in found]


def test_an_empty_book_says_nothing() -> None:
    rules = RuleBook()

    assert rules.first(chat("Hello")) is None
    assert rules.nearest(chat("Hello")) == []
    assert rules.explain(chat("Hello")) == ""
    assert not rules


def test_the_first_that_fits_speaks() -> None:
    rules = book(rule("rain", contains="rain"), rule("weather", contains="weather"), rule("any"))

    assert speakers(rules, chat("weather"), chat("Hi"), chat("weather, rain")) == ["weather", "any", "rain"]


def test_a_rule_used_up_makes_way() -> None:
    rules = book(rule("once", times=1), rule("then"))

    assert speakers(rules, *[chat("Hi")] * 3) == ["once", "then", "then"]


def test_nth_after_and_every_choose_among_the_calls_that_fit() -> None:
    words: list[dict[str, Any]] = [{"nth": [2, 5]}, {"after": 3}, {"every": 2}, {"after": 1, "every": 3, "times": 1}]
    books = [book(Rule.read({"name": "x", "say": "x"} | life)) for life in words]

    said = ["".join(name or "-" for name in speakers(rules, *[chat("Hi")] * 6)) for rules in books]

    assert said == ["-x--x-", "---xxx", "-x-x-x", "---x--"]


def test_once_is_a_single_time() -> None:
    assert speakers(book(Rule.read({"name": "x", "once": True})), *[chat("Hi")] * 2) == ["x", ""]


def test_a_rule_may_count_in_each_conversation() -> None:
    rules = book(Rule.read({"name": "x", "say": ["x", "y"], "times": 2, "nth": [1, 3], "per": "conversation"}))
    one, other = chat("One"), chat("Other")

    going_on = chat("One", said("x"), "and more")

    assert speakers(rules, one, other, going_on, going_on, one, other) == ["x", "x", "", "x", "", ""]
    assert rules.uses(next(iter(rules))) == 3


def test_a_rule_may_count_on_the_whole_server() -> None:
    shelf = Shelf([Rule.read({"name": "x", "times": 3, "per": "server"})])
    one, other = RuleBook(shelf), RuleBook(shelf)

    assert speakers(one, *[chat("Hi")] * 2) == ["x", "x"]
    assert speakers(other, *[chat("Hi")] * 2) == ["x", ""]
    assert (one.uses(shelf.rules[0]), other.uses(shelf.rules[0])) == (2, 1)
    assert one.used_up(shelf.rules[0])


def test_equal_rules_are_counted_apart() -> None:
    rules = book(rule("x", times=1), rule("x", times=1))

    assert speakers(rules, *[chat("Hi")] * 3) == ["x", "x", ""]


@pytest.mark.parametrize("when", [60, "2026-01-01T00:02:00Z"])
def test_a_rule_expires(when: float | str) -> None:
    now = EPOCH + 60
    rules = RuleBook(now=lambda: now)
    rules.add(Rule.read({"name": "x", "expires": when}))

    before = speakers(rules, chat("Hi"))
    now += 59
    just = speakers(rules, chat("Hi"))
    now += 1

    assert (before, just, speakers(rules, chat("Hi"))) == (["x"], ["x"], [""])
    assert rules.explain(chat("Hi")) == "nearest rule: x\n  expired"


def test_probability_is_drawn_from_the_request() -> None:
    rules = book(Rule.read({"name": "x", "say": "x", "probability": 0.3}))
    calls = [chat("Hi") for _ in range(300)]
    for number, each in enumerate(calls):
        each.names = Names(b"seed %d" % number, 0)

    first, second = speakers(rules, *calls), speakers(rules, *calls)

    assert first == second
    assert 60 < first.count("x") < 120


def test_used_and_unused_rules_are_known() -> None:
    weather, rain = rule("weather", contains="weather"), rule("rain", contains="rain")
    rules = book(weather, rain)

    speakers(rules, chat("weather"), chat("weather"))

    assert (rules.used, rules.unused) == ([weather], [rain])
    assert (rules.uses(weather), rules.uses(rain)) == (2, 0)


def test_a_sequence_counts_as_the_rule_it_is() -> None:
    flaky = Rule.read({"then": [{"error": "server_error"}, {"say": "Hello"}]})
    rules = book(flaky)

    speakers(rules, chat("Hi"), chat("Hi"))

    assert rules.uses(flaky) == 2


def test_the_rules_of_a_test_come_first_then_the_worlds_then_the_servers() -> None:
    rules = RuleBook(Shelf([rule("server")]))
    rules.add(rule("world", contains="world"))
    rules.push()
    rules.add(rule("test", contains="test"))

    assert speakers(rules, chat("Hi"), chat("my world"), chat("test my world")) == ["server", "world", "test"]
    assert [rule.name for rule in rules.pop().rules] == ["test"]
    assert speakers(rules, chat("test my world")) == ["world"]


def test_books_that_share_a_shelf_count_for_themselves() -> None:
    shelf = Shelf([rule("once", times=1)])
    one, other = RuleBook(shelf), RuleBook(shelf)

    assert speakers(one, chat("Hi"), chat("Hi")) == ["once", ""]
    assert speakers(other, chat("Hi")) == ["once"]


def test_clearing_leaves_the_shelves_below_as_new() -> None:
    rules = RuleBook(Shelf([rule("server", times=1)]))
    rules.add(rule("world", times=1))
    speakers(rules, chat("Hi"), chat("Hi"))

    rules.clear()

    assert speakers(rules, chat("Hi"), chat("Hi")) == ["server", ""]


def test_a_rule_added_later_is_found() -> None:
    rules = book(rule("a", contains="aaa"))
    before = speakers(rules, chat("bbb"))

    rules.add(rule("b", contains="bbb"))

    assert (before, speakers(rules, chat("bbb"))) == ([""], ["b"])


def test_the_nearest_rule_is_the_one_that_differs_least() -> None:
    far = rule("far", contains="whether", model="o3")
    near = rule("near", contains="weather in Rome")
    rules = book(rule("other", operation="embeddings"), far, rule("nearly", contains="time"), near)

    assert rules.nearest(chat("The weather in Paris?"))[0] == Near(
        near, ["user text: expected to contain 'weather in Rome', got 'The weather in Paris?'"]
    )


def test_the_three_nearest_rules_are_told() -> None:
    rules = book(*(rule(name, contains=name) for name in ("snow", "hail", "rain", "fog")))

    assert rules.explain(chat("It rains")).splitlines()[::2] == ["nearest rule: rain", "then: snow", "then: hail"]


def test_the_nearest_rule_may_be_of_another_operation() -> None:
    rules = book(rule("chat", operation="chat", contains="hello"))

    assert rules.explain(call(EMBEDDINGS, {"input": "hello"})) == (
        "nearest rule: chat\n"
        "  operation: expected one that asks a model, got 'POST /embeddings'\n"
        "  operation: expected to be 'chat', got POST /embeddings"
    )


def test_a_rule_used_up_says_so() -> None:
    rules = book(rule("once", times=1))
    speakers(rules, chat("Hi"))

    assert rules.explain(chat("Hi")) == "nearest rule: once\n  used up: it has spoken 1 of 1 times"


def test_a_rule_whose_turn_has_not_come_says_so() -> None:
    rules = book(Rule.read({"name": "third", "nth": 3}))
    speakers(rules, chat("Hi"))

    assert rules.explain(chat("Hi")) == "nearest rule: third\n  its turn hasn't come: 1 call has fitted so far"


def test_a_rule_that_chance_has_passed_over_says_so() -> None:
    rules = book(Rule.read({"name": "rare", "probability": 0.000001}))
    speakers(rules, chat("Hi"))

    assert rules.explain(chat("Hi")) == "nearest rule: rare\n  chance has passed it over: its probability is 1e-06"


texts = st.sampled_from(["weather", "Weather in Paris", "Rome", "ro", "", "PARIS  in", "weather in paris", "ther in"])
conditions = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"contains": texts}),
    st.fixed_dictionaries({"equals": texts}),
    st.fixed_dictionaries({"contains_exactly": texts}),
    st.fixed_dictionaries(
        {"matches": st.sampled_from(["ther", "in P.*", "(?i)PARIS", "Ro?me", "^weather|Rome", "x*"])}
    ),
    st.fixed_dictionaries(
        {"body": st.fixed_dictionaries({"a.b": st.sampled_from(["x", 3, "3", {"contains": "xyz"}])})}
    ),
    st.fixed_dictionaries({"any": st.lists(st.fixed_dictionaries({"contains": texts}), min_size=1, max_size=3)}),
    st.fixed_dictionaries({"not": st.fixed_dictionaries({"contains": texts})}),
    st.fixed_dictionaries({"model": st.sampled_from(["gpt-4o", "o3", "gpt-*"])}),
    st.fixed_dictionaries({"operation": st.sampled_from(["chat", "embeddings"]), "contains": texts}),
    st.fixed_dictionaries({"user": st.lists(texts, min_size=1, max_size=2)}),
)


@given(
    whens=st.lists(conditions, max_size=12),
    text=texts,
    model=st.sampled_from(["gpt-4o", "o3"]),
    value=st.sampled_from(["x", 3, "3", ["a", "XYZ"], None, {}]),
)
def test_the_index_finds_what_a_search_through_all_rules_finds(
    whens: list[dict[str, Any]], text: str, model: str, value: Any
) -> None:
    rules = [rule(str(number), **when) for number, when in enumerate(whens)]
    subject = chat(text, model=model, a={"b": value})

    assert book(*rules).first(subject) is next((rule for rule in rules if rule.holds(subject)), None)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("question 12", "question 12"),
        (r"question \d+ of ten", "question "),
        (r"^colou?r$", "colo"),
        ("ab+c", "ab"),
        ("abc*d", "ab"),
        ("abc{0,2}d", "ab"),
        (r"one (two)? three", " three"),
        (r"a\.b\?c", "a.b?c"),
        ("[abc]def[^]x]g", "def"),
        (r"(?P<name>\w+) said", " said"),
        ("one|three", ""),
        ("(?!not)this", ""),
        ("(?i)find Paris", "nd Par"),
        (r"\x41bc", ""),
        ("", ""),
    ],
)
def test_the_text_that_a_pattern_needs(pattern: str, text: str) -> None:
    assert needed(re.compile(pattern)) == text


pieces = st.sampled_from(
    ["a", "b ", r"\.", "c?", "d*", "e+", "f{2}", "g{0,3}", "(hi)", "(j)?", "[kl]", r"\d", ".", "İ", "ß"]
)


@given(source=st.lists(pieces, max_size=8).map("".join), flag=st.sampled_from(["", "(?i)"]), data=st.data())
def test_whatever_a_pattern_matches_has_what_it_needs(source: str, flag: str, data: st.DataObject) -> None:
    pattern = re.compile(flag + source)

    text = data.draw(st.from_regex(pattern))

    assert folded(needed(pattern)) in folded(text)


def test_only_so_many_conversations_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "MOST", 10)
    rules = book(Rule.read({"name": "x", "say": "x", "once": True, "per": "conversation"}), rule("y"))

    first = speakers(rules, *[chat(str(number)) for number in range(30)])

    assert first == ["x"] * 30
    assert len(rules.tally.counts) <= 11
    assert speakers(rules, chat("29"), chat("0")) == ["y", "x"]
