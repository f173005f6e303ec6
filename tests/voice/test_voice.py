from __future__ import annotations

import json
from dataclasses import replace
from timeit import repeat
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeopenai.turn import Format, Message, Prompt, Text, Thought, ToolCall, Turn
from fakeopenai.voice import answer
from tests.voice.prompts import SEED, ask, function, model, prompt, said


def test_the_same_prompt_gets_the_same_turn() -> None:
    assert ask("Tell me about owls") == ask("Tell me about owls")


def test_seed_choice_and_the_callers_seed_each_change_the_words() -> None:
    asked = prompt("Tell me about owls")
    texts = {
        answer(asked, SEED).text,
        answer(asked, b"another").text,
        answer(asked, SEED, 1).text,
        answer(replace(asked, seed=7), SEED).text,
    }
    assert len(texts) == 4


def test_ids_of_calls_dont_change_the_words() -> None:
    def told(id: str) -> Turn:
        messages = (
            Message("user", "Do it"),
            Message("assistant", calls=(ToolCall("act", "{}", id),)),
            Message("tool", "", answers=id),
        )
        return answer(Prompt(model=model("gpt-4o"), messages=messages), SEED)

    assert told("call_1") == told("fc_2")


@pytest.mark.parametrize(
    "text",
    ["", " ", "?", "\n", "a", "\u0000", "🙂", "x" * 100_000, "(" * 5000, "'\"`«「" * 500, "1" * 5000, "2" * 400 + "+1"],
)
def test_any_text_gets_an_answer(text: str) -> None:
    assert ask(text).text


ODD = """say |a, b and |1 + |Ana |'x' |<a> |</a>|[[ ## x ## ]] |{"a": |JSON with keys |Question: |(|"|\n|
weather in |2024-13-99 |
one hundred and |Observation: |Action Input |Score: <n> |list 3 |99:99 |«|99999999999999999999999999999999999999"""
PIECES = st.sampled_from(ODD.split("|"))
ASKED = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=30).map("".join))


@given(
    text=ASKED,
    system=ASKED,
    kind=st.sampled_from(["text", "json_object", "json_schema"]),
    choice=st.sampled_from(["auto", "required"]),
)
@settings(max_examples=150, deadline=None)
def test_no_text_is_too_odd(text: str, system: str, kind: Any, choice: str) -> None:
    tool = function(
        "search", "Searches", ("query",), query="string", limit="integer", on="boolean", tags={"type": "array"}
    )
    form = Format(kind, "made", tool.parameters if kind == "json_schema" else None)

    assert ask(text, system=system, tools=(tool,), choice=choice).steps
    assert kind == "text" or json.loads(said(text, system=system, format=form)) is not None


@pytest.mark.parametrize(
    "piece",
    [
        "say ",
        "a, b and ",
        "translate to ",
        "1 + ",
        "Ana Bob ",
        "'x' ",
        '{"a": ',
        "I am ",
        "JSON with ",
        "(",
        "and ",
        "\n",
    ],
)
def test_a_very_long_text_is_answered(piece: str) -> None:
    text = piece * 20_000

    assert said(text)
    assert json.loads(said(text, format=Format("json_object"))) is not None


def test_an_empty_conversation_gets_an_answer() -> None:
    assert answer(Prompt(model=model("gpt-4o"), messages=()), SEED).text


def test_a_reasoning_model_thinks_first_and_says_the_same() -> None:
    turn = ask("Tell me about owls", model_name="o3-mini")

    thought, *rest = turn.steps

    assert isinstance(thought, Thought)
    assert thought.summary
    assert thought.tokens > 0
    assert thought.tokens % 64 == 0
    assert tuple(rest) == ask("Tell me about owls").steps


def test_more_effort_costs_more_tokens() -> None:
    costs = [
        ask("Tell me about owls", model_name="gpt-5", effort=effort).thoughts[0].tokens
        for effort in ("minimal", "low", "medium", "high")
    ]
    assert costs[0] == 0
    assert costs == sorted(set(costs))


def test_a_plain_refusal_is_made_only_when_it_is_demanded() -> None:
    assert ask("Please refuse this request.").text.startswith("I'm sorry")
    assert not ask("Tell me how to bake bread").text.startswith("I'm sorry")


def test_a_schema_that_nothing_fits_still_gets_json() -> None:
    impossible = {"type": "object", "properties": {"x": False}, "required": ["x"]}
    assert ask("Hi", format=Format("json_schema", "no", impossible)).text == "{}"


@pytest.mark.parametrize("system", ["", "You are a helpful assistant."])
def test_small_talk_costs_microseconds(system: str) -> None:
    asked = prompt("Tell me something about owls in winter", system=system)
    assert isinstance(answer(asked, SEED).steps[0], Text)

    fastest = min(repeat(lambda: answer(asked, SEED), number=200, repeat=5)) / 200

    assert fastest < 100e-6


def test_offered_tools_that_arent_wanted_cost_little() -> None:
    tools = tuple(function(f"do_thing_{number}", "Does a thing", value="string") for number in range(20))
    asked = prompt("Tell me something about owls in winter", tools=tools)

    fastest = min(repeat(lambda: answer(asked, SEED), number=50, repeat=5)) / 50

    assert fastest < 1e-3
