"""POST /moderations."""

import re
from typing import Any

import pytest
from openai import OpenAI

from fakeopenai.lexicon import FIRST, OMNI, TEXT
from tests.front import Api

IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}
CAPTION = {"type": "text", "text": "check this image and caption"}


def moderate(api: Api, given: Any, **options: Any) -> Any:
    answer = api.post("/moderations", {"input": given, **options})
    assert answer.status == 200, answer.json
    return answer.json


def test_a_harmless_text_is_not_flagged(api: Api) -> None:
    answer = moderate(api, "This is a safe message")

    assert re.fullmatch(r"modr-\d{1,4}", answer["id"])
    assert answer["model"] == "omni-moderation-latest"
    [result] = answer["results"]
    assert result["flagged"] is False
    assert tuple(result["categories"]) == tuple(result["category_scores"]) == OMNI
    assert not any(result["categories"].values())
    assert result["category_applied_input_types"] == {category: ["text"] for category in OMNI}


def test_a_threat_is_flagged(api: Api) -> None:
    [result] = moderate(api, "I want to kill them.")["results"]

    flagged = {category for category, value in result["categories"].items() if value}
    assert result["flagged"]
    assert flagged == {"harassment", "harassment/threatening", "violence"}
    assert all(result["category_scores"][category] > 0.5 for category in flagged)


def test_each_text_of_an_array_has_its_result(api: Api) -> None:
    results = moderate(api, ["Have a great day!", "I want to kill them."])["results"]

    assert [result["flagged"] for result in results] == [False, True]


@pytest.mark.parametrize(
    ("parts", "text", "image"),
    [([CAPTION, IMAGE], ["text"], ["text", "image"]), ([IMAGE], [], ["image"]), ([CAPTION], ["text"], ["text"])],
)
def test_parts_have_one_result_in_all(api: Api, parts: list[Any], text: list[str], image: list[str]) -> None:
    [result] = moderate(api, parts)["results"]

    applied = result["category_applied_input_types"]
    assert (applied["hate"], applied["sexual/minors"]) == (text, text)
    assert (applied["violence"], applied["self-harm/intent"]) == (image, image)


@pytest.mark.parametrize(
    ("model", "answered", "categories"),
    [
        ("text-moderation-latest", "text-moderation-007", TEXT),
        ("text-moderation-stable", "text-moderation-007", TEXT),
        ("text-moderation-004", "text-moderation-004", FIRST),
    ],
)
def test_older_models_have_fewer_categories(api: Api, model: str, answered: str, categories: tuple[str, ...]) -> None:
    answer = moderate(api, "Have a great day!", model=model)

    assert re.fullmatch(r"modr-[0-9A-Za-z]{29}", answer["id"])
    assert answer["model"] == answered
    assert tuple(answer["results"][0]) == ("flagged", "categories", "category_scores")
    assert tuple(answer["results"][0]["categories"]) == categories


@pytest.mark.parametrize("model", ["nonsense", "gpt-4o"])
def test_another_model_is_not_found(api: Api, model: str) -> None:
    answer = api.post("/moderations", {"input": "hello", "model": model})

    assert (answer.status, answer.error["code"]) == (404, "model_not_found")


def test_images_are_not_for_text_models(api: Api) -> None:
    answer = api.post("/moderations", {"input": [IMAGE], "model": "text-moderation-latest"})

    assert answer.status == 400


def test_nothing_can_not_be_moderated(api: Api) -> None:
    assert api.post("/moderations", {"input": []}).status == 400


def test_the_official_client_reads_results(client: OpenAI) -> None:
    answer = client.moderations.create(input="I want to kill them.")

    assert answer.results[0].flagged
    assert answer.results[0].categories.harassment_threatening
    assert answer.results[0].category_scores.violence > 0.5
