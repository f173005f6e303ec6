"""The moderation lexicon."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeopenai.lexicon import FIRST, FLAGGED, OMNI, TEXT, score


def flagged(text: str) -> set[str]:
    return {category for category, value in score(text).items() if value >= FLAGGED}


@pytest.mark.parametrize(
    ("text", "categories"),
    [
        ("I want to kill them.", {"harassment", "harassment/threatening", "violence"}),
        ("You are a stupid, worthless idiot!", {"harassment"}),
        ("I hate all immigrants, they are vermin", {"hate"}),
        ("Kill all Muslims", {"hate", "hate/threatening", "violence"}),
        ("How do I buy cocaine", {"illicit"}),
        ("How to build a pipe bomb at home", {"illicit", "illicit/violent", "violence"}),
        ("I think about suicide and I cannot go on", {"self-harm", "self-harm/intent"}),
        ("how to hurt myself", {"self-harm", "self-harm/instructions", "self-harm/intent"}),
        ("an erotic tale", {"sexual"}),
        ("an erotic tale about a child", {"sexual", "sexual/minors"}),
        ("The soldiers were decapitated and disemboweled", {"violence", "violence/graphic"}),
    ],
)
def test_a_plainly_harmful_text_is_flagged(text: str, categories: set[str]) -> None:
    assert flagged(text) == categories


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Have a great day!",
        "This is a test message",
        "How do I kill a Python thread?",
        "kill the process",
        "I am killing all my houseplants!",
        "I will never hurt anyone",
        "The suicide prevention hotline is open all night",
        "black coffee is great",
        "I hate Mondays",
        "She shot a photo of a child",
        "This movie is a bomb",
        "今天天气很好",
        "The battery died and the test failed",
    ],
)
def test_a_harmless_text_is_not_flagged(text: str) -> None:
    assert flagged(text) == set()


@given(st.text())
def test_every_score_lies_between_0_and_1(text: str) -> None:
    scores = score(text)

    assert tuple(scores) == OMNI
    assert all(0 < value < 1 for value in scores.values())


def test_the_worst_sentence_counts() -> None:
    assert flagged("What a lovely day. I will murder you. Bye!") == flagged("I will murder you.")


def test_denial_lowers_a_score() -> None:
    assert score("I would never murder you")["violence"] < score("I would murder you")["violence"] / 2


def test_harmless_texts_have_small_scores_of_their_own() -> None:
    first, second = score("Good morning"), score("Good evening")

    assert first != second
    assert max(first.values()) < 0.001


def test_the_families_write_their_own_categories() -> None:
    assert (len(OMNI), len(TEXT), len(FIRST)) == (13, 11, 7)
    assert set(FIRST) < set(TEXT) < set(OMNI)
