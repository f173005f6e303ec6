"""Decisions, and where contents come from."""

from typing import Any

import pytest

from fakeopenai.media import pictures, sound
from fakeopenai.operations import Operations
from fakeopenai.rules import Rule
from fakeopenai.schema import Checker, types
from fakeopenai.wire import Upload
from tests.front import Api

CHOICE = {
    "type": "choice",
    "name": "next",
    "instructions": "What now?",
    "choices": [{"value": "stop"}, {"value": "go"}],
}
PREDICATE = {"type": "predicate", "instructions": "It rains."}
SCORE = {
    "type": "score",
    "instructions": "How nice?",
    "levels": [{"label": "bad"}, {"label": "fine"}, {"label": "good"}],
}


def decided(api: Api, *questions: Any, text: str = "We should go on.") -> Any:
    body = {"model": "gpt-6-luna", "input": text, "questions": list(questions)}
    answer = api.post("/decisions", body)
    assert answer.status == 200, answer.content
    assert Checker(types()).reply_errors(Operations.load().all["POST /decisions"], answer.json) == []
    return answer.json


def test_questions_are_answered_in_order(api: Api) -> None:
    decision = decided(api, CHOICE, PREDICATE, SCORE)

    kinds = [answer["type"] for answer in decision["answers"]]
    choice, predicate, score = decision["answers"]
    assert kinds == ["choice", "predicate", "score"]
    assert sum(each["probability"] for each in choice["probabilities"]) == pytest.approx(1, abs=1e-4)
    assert 0 <= predicate["probability"] <= 1
    assert 0 <= score["score"] <= 2
    assert decision["usage"]["total_tokens"] == decision["usage"]["input_tokens"] + decision["usage"]["output_tokens"]


def test_the_same_question_gets_the_same_answer(api: Api) -> None:
    assert decided(api, CHOICE) == decided(api, CHOICE)


@pytest.mark.parametrize("word", ["stop", "go"])
def test_a_rule_decides(api: Api, word: str) -> None:
    api.world.rules.add(Rule.read({"say": word}))

    (answer,) = decided(api, CHOICE)["answers"]

    assert (answer["choice"], answer["name"]) == (word, "next")
    assert answer["confidence"] > 0.9


def test_a_refusal_answers_every_question(api: Api) -> None:
    api.world.rules.add(Rule.read({"refusal": "No."}))

    assert decided(api, CHOICE, PREDICATE)["answers"] == [
        {"name": "next", "type": "refusal"},
        {"name": None, "type": "refusal"},
    ]


@pytest.mark.parametrize(
    "questions", [[], [CHOICE | {"choices": [{"value": "a"}, {"value": "a"}]}], [SCORE | {"levels": []}]]
)
def test_what_cannot_be_decided_is_refused(api: Api, questions: Any) -> None:
    answer = api.post("/decisions", {"model": "gpt-6-luna", "input": "Hi", "questions": questions})

    assert (answer.status, answer.error["param"]) == (400, "questions")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (pictures.picture("a cat", "64x64"), {"c2pa": "detected", "synthid": "detected"}),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0" * 40, {"c2pa": "not_detected", "synthid": "not_detected"}),
        (sound.speech("Hello.", "wav"), {"synthid": "detected"}),
        (b"no picture at all", {"synthid": "not_detected"}),
    ],
)
def test_the_emulators_own_works_are_recognised(api: Api, content: bytes, found: dict[str, str]) -> None:
    answer = api.post("/content_provenance_checks", {}, files={"file": [Upload("a.png", "image/png", content)]})

    operation = Operations.load().all["POST /content_provenance_checks"]
    assert Checker(types()).reply_errors(operation, answer.json) == []
    assert {result["type"]: result["outcome"] for result in answer.json["results"]} == found
