"""What `fakeopenai rules check` finds in rules that load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from fakeopenai.cli import main
from fakeopenai.operations import Operations
from fakeopenai.rules import Rule
from fakeopenai.rules.entailment import may_fit
from fakeopenai.rules.files import parse
from fakeopenai.rules.lint import lint
from fakeopenai.rules.shadows import Meant, Shadows, covers

NO_END = "No 'fine-tuning' comes to what its rule says"
HIDDEN = "3: never speaks: 'first' stands above it and fits all that this one fits"


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("", "contains: weather"),
        ("contains: weather", "contains: The  WEATHER in Paris"),
        ("contains: weather", "equals: weather"),
        ("contains: weather", "contains_exactly: weather in Paris"),
        ("model: gpt-4o*", "model: gpt-4o-mini"),
        ("model: gpt-4o*", "{model: gpt-4o*, contains: a}"),
        ("operation: chat", "operation: POST /chat/completions"),
        ("operation: [chat, files]", "operation: files"),
        ("any: [{contains: a}, {contains: b}]", "contains: b"),
        ("any: [{contains: a}, {contains: b}]", "any: [{contains: b}, {contains: a}]"),
        ("model: [a, b]", "model: b"),
        ("contains: a", "any: [{contains: ab}, {contains: ac}]"),
        ("not: {contains: weather in Paris}", "not: {contains: weather}"),
        ("has_tool_result: false", "{has_tool_result: false, stream: true}"),
        ("header: {x-team: {exists: true}}", "header: {x-team: {exists: true}}"),
    ],
)
def test_a_rule_behind_one_that_fits_more_never_speaks(above: str, below: str) -> None:
    assert found(above, below) == [f"rules.yaml:{HIDDEN}"]


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("contains: weather in Paris", "contains: weather"),
        ("contains_exactly: Weather", "contains: weather"),
        ("equals: weather", "contains: weather"),
        ("model: gpt-4o-mini", "model: gpt-4o*"),
        ("operation: chat", ""),
        ("operation: GET *", "operation: files"),
        ("contains: a", "any: [{contains: ab}, {contains: b}]"),
        ("not: {contains: weather}", "not: {contains: weather in Paris}"),
        ("not: {contains: weather}", "contains: rain"),
        ("header: {x-a: b}", "header: {x-b: b}"),
        ("body: {n: {contains: a}}", "body: {n: {contains: ab}}"),
        ("schema: {type: object}", "schema: {type: array}"),
    ],
)
def test_a_rule_that_fits_something_else_may_speak(above: str, below: str) -> None:
    assert found(above, below) == []


TEXTS = ["a", "wea", "weather", "The WEATHER", "weather in Rome", "Rome", "ro", "x y z"]
facts = st.one_of(
    st.fixed_dictionaries({"contains": st.sampled_from(TEXTS)}),
    st.fixed_dictionaries({"contains_exactly": st.sampled_from(TEXTS)}),
    st.fixed_dictionaries({"equals": st.sampled_from(TEXTS)}),
    st.fixed_dictionaries({"matches": st.sampled_from(["ro", "wea.*r", "^x"])}),
    st.fixed_dictionaries({"model": st.sampled_from(["gpt-4o", "gpt-*", "o3"])}),
    st.fixed_dictionaries({"operation": st.sampled_from(["chat", "responses", "files"])}),
    st.fixed_dictionaries({"user": st.lists(st.sampled_from(TEXTS), min_size=1, max_size=2)}),
    st.just({"turn": {"above": 1}}),
    st.just({}),
)
whens = st.one_of(
    st.builds(lambda one, other: one | other, facts, facts),
    st.builds(lambda found: {"any": found}, st.lists(facts, min_size=1, max_size=3)),
    st.builds(lambda found: {"not": found}, facts),
)


@given(st.lists(whens, max_size=10))
def test_the_index_finds_what_a_comparison_of_all_pairs_finds(conditions: list[dict[str, Any]]) -> None:
    rules = [Rule.read({"name": str(number), "when": when}) for number, when in enumerate(conditions)]
    table = Operations.load().all
    everything = [table[name] for name in ("POST /chat/completions", "POST /responses", "GET /files")]
    meant = [Meant(rule, frozenset(each for each in everything if may_fit(rule.when, each))) for rule in rules]
    shadows = Shadows()

    found = []
    for each in meant:
        found.append(shadows.over(each))
        shadows.add(each)

    first = [next((above.rule for above in meant[:nth] if covers(above, each)), None) for nth, each in enumerate(meant)]
    assert found == first


def test_ten_thousand_rules_are_checked_in_the_time_of_a_test() -> None:
    rules = [Rule.read({"name": str(number), "when": {"contains": f"question {number}."}}) for number in range(10_000)]
    rules += [Rule.read({"name": "last", "when": {"equals": "Question 5000. And more"}}, source="last")]

    assert lint(rules) == ["last: never speaks: '5000' stands above it and fits all that this one fits"]


@pytest.mark.parametrize(
    "life", ["times: 1", "nth: 1", "after: 1", "every: 2", "probability: 0.5", "expires: 60", "once: true"]
)
def test_a_rule_that_is_silent_at_times_hides_none(life: str) -> None:
    assert lint(parse(f"- delay: 1\n  {life}\n- error: rate_limit", "rules.yaml")) == []


def test_what_is_said_for_the_model_hides_no_other_operations() -> None:
    assert lint(parse("- say: Hello\n- error: rate_limit\n- {}", "rules.yaml")) == [
        "rules.yaml:3: never speaks: 'rules.yaml:2' stands above it and fits all that this one fits"
    ]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        (
            "{when: {operation: files}, say: a}",
            "never speaks: it says something for the model, and 'GET /files' asks none",
        ),
        (
            "{when: {operation: chat}, embedding: [1]}",
            "never speaks: its words mean nothing to 'GET /chat/completions'",
        ),
        (
            "{when: {all: [{operation: files}, {operation: chat}]}}",
            "never speaks: no operation is all that 'when' wants",
        ),
        ("{nth: [1, 2], after: 2}", "never speaks: 'after' and 'every' leave out all calls that 'nth' wants"),
        ("{probability: 0}", "never speaks: its probability is 0"),
        ("{say: [a, b, c], times: 2}", "it has 3 outcomes, but speaks at most 2 times"),
        ("{then: [{error: rate_limit}, {say: a}], nth: 3}", "it has 2 outcomes, but speaks at most once"),
        (
            "{when: {operation: models.retrieve}, reply: {body: {id: a, created: 1, owned_by: me, object: modle}}}",
            "'body' is no answer of 'GET /models/{model}': object: \"model\" was expected",
        ),
        (
            "{when: {operation: fine_tuning.jobs.create}, job: {expire: true}}",
            f"{NO_END}: it can fail, cancel, or be slow, at 'validating_files', 'queued', or 'running'.",
        ),
        (
            "{when: {operation: videos}, then: [{job: {fail: {at: running}}}]}",
            "No 'video' comes to what its rule says: it can fail or be slow, at 'queued' or 'in_progress'.",
        ),
        (
            "{when: {operation: models}, reply: {events: []}}",
            "'GET /models' doesn't stream, so it has no 'events'",
        ),
        (
            "{when: {operation: chat}, then: [{reply: {events: [[], '[DONE]']}}]}",
            "event 1 is none of 'POST /chat/completions': [] is not of type \"object\"",
        ),
    ],
)
def test_what_can_never_be_answered_is_found(text: str, finding: str) -> None:
    assert lint(parse(f"- {text}", "rules.yaml")) == [f"rules.yaml:1: {finding}"]


@pytest.mark.parametrize(
    "text",
    [
        "{when: {operation: models}, reply: {body: {object: list, data: []}}}",
        "{when: {operation: batches}, job: {expire: true}}",
        "{when: {operation: [videos, fine_tuning]}, job: {fail: {at: running}}}",
        "{when: {operation: chat}, reply: {status: 503, body: {anything: 1}}}",
        "{when: {operation: chat}, reply: {body: <html>}}",
        "{when: {operation: chat}, reply: {body: {id: '{{ user }}'}}}",
        "{reply: {body: {anything: 1}}}",
    ],
)
def test_replies_that_fit_or_are_meant_otherwise_are_left_alone(text: str) -> None:
    assert lint(parse(f"- {text}", "rules.yaml")) == []


def test_the_command_tells_every_mistake_of_every_file(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("- sya: a")
    (tmp_path / "b.yaml").write_text("- probability: 0")

    result = CliRunner().invoke(main, ["rules", "check", str(tmp_path)])

    assert result.exit_code == 1
    assert result.output.splitlines() == [
        f"{tmp_path}/a.yaml:1: unknown key 'sya' in a rule; did you mean 'say'?",
        f"{tmp_path}/b.yaml:1: never speaks: its probability is 0",
    ]


def test_the_command_is_content_with_good_rules(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("- {when: {contains: zebra}, say: a}")

    result = CliRunner().invoke(main, ["rules", "check", str(tmp_path), "tool_loop"])

    assert (result.exit_code, result.output) == (0, "nothing wrong\n")


def test_the_command_knows_the_nearest_name() -> None:
    result = CliRunner().invoke(main, ["rules", "check", "tool_lop"])

    assert (result.exit_code, result.output) == (
        1,
        "Error: there is no situation 'tool_lop'; did you mean 'tool_loop'?\n",
    )


def found(above: str, below: str) -> list[str]:
    rules = f"- name: first\n  when: {_conditions(above)}\n- when: {_conditions(below)}"
    return lint(parse(rules, "rules.yaml"))


def _conditions(words: str) -> str:
    return words if words.startswith("{") else f"{{{words}}}"
