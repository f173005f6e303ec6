"""Streams as words, and where two of them go on differently."""

from __future__ import annotations

from typing import Any

from fakeopenai.contract.grammar import differences, words
from fakeopenai.contract.recordings import GAP
from fakeopenai.contract.shapes import Difference

ROLE = {"role": "assistant", "content": ""}


def chunks(*deltas: Any, finish: str | None = "stop", index: int = 0) -> list[tuple[str, Any]]:
    choices = [{"index": index, "delta": delta, "finish_reason": None} for delta in deltas]
    end = [{"index": index, "delta": {}, "finish_reason": finish}] if finish else []
    return [("", {"choices": [choice]}) for choice in choices + end]


def typed(*types: str) -> list[tuple[str, Any]]:
    return [(type, {"type": type}) for type in types]


def test_how_many_deltas_there_are_does_not_matter() -> None:
    few, many = chunks(ROLE, {"content": "Hi"}), chunks(ROLE, {"content": "H"}, {"content": "i"})

    assert list(differences(few, many)) == []


def test_the_order_of_events_matters() -> None:
    found = list(differences(typed("begun", "text", "done"), typed("begun", "done", "text")))

    assert found == [Difference("after begun", "text", "done")]


def test_a_missing_end_is_told() -> None:
    done = [*chunks(ROLE), ("", "[DONE]")]

    assert list(differences(done, chunks(ROLE))) == [Difference("after choice0 finish=stop", "[DONE]", "(end)")]


def test_why_a_choice_ended_is_part_of_its_last_word() -> None:
    [found] = differences(chunks(ROLE), chunks(ROLE, finish="length"))

    assert (found.recorded, found.ours) == ("choice0 finish=stop", "choice0 finish=length")


def test_choices_that_take_turns_are_compared_one_by_one() -> None:
    first, second = chunks(ROLE, {"content": "a"}), chunks(ROLE, {"content": "b"}, index=1)
    by_turns = [event for pair in zip(first, second, strict=True) for event in pair]

    assert list(differences([*first, *second], by_turns)) == []


def test_items_keep_their_number() -> None:
    call = ("response.output_item.added", {"type": "response.output_item.added", "item": {"type": "function_call"}})
    done = ("response.output_item.done", {"type": "response.output_item.done", "item": {"type": "function_call"}})

    assert len(words([call, done, call, done])) == 4


def test_parts_of_a_summary_are_a_round_that_is_told_once() -> None:
    part = ("response.reasoning_summary_part.added", "response.reasoning_summary_text.delta", "part.done")

    assert words(typed(*part, *part, *part)) == list(part)


def test_a_gap_hides_what_it_may_hide_and_no_more() -> None:
    recorded = [*typed("begun", "delta"), ("", GAP), *typed("delta", "done")]

    assert list(differences(recorded, typed("begun", "delta", "annotation", "delta", "done"))) == []
    assert list(differences(recorded, typed("begun", "delta", "done"))) == []
    assert list(differences(recorded, typed("begun", "other", "delta", "done"))) != []
    assert list(differences(recorded, typed("begun", "delta"))) != []
