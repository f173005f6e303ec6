"""POST /embeddings."""

from base64 import b64decode
from math import fsum, isclose
from struct import unpack
from typing import Any

import pytest
from openai import OpenAI

from fakeopenai import tokens
from fakeopenai.emulator import Emulator
from fakeopenai.vectors import similarity
from fakeopenai.world import Settings
from tests.front import Api

SMALL = "text-embedding-3-small"


def vectors(api: Api, given: Any, **options: Any) -> list[list[float]]:
    answer = api.post("/embeddings", {"model": SMALL, "input": given, **options})
    assert answer.status == 200, answer.json
    return [item["embedding"] for item in answer.json["data"]]


def test_an_embedding_has_the_shape_of_the_api(api: Api) -> None:
    answer = api.post("/embeddings", {"model": SMALL, "input": "hello world"}).json

    vector = answer["data"][0].pop("embedding")
    assert answer == {
        "object": "list",
        "data": [{"object": "embedding", "index": 0}],
        "model": SMALL,
        "usage": {"prompt_tokens": 2, "total_tokens": 2},
    }
    assert len(vector) == 1536
    assert isclose(fsum(value * value for value in vector), 1, abs_tol=1e-6)


@pytest.mark.parametrize(
    ("model", "size", "answered"),
    [
        (SMALL, 1536, SMALL),
        ("text-embedding-3-large", 3072, "text-embedding-3-large"),
        ("text-embedding-ada-002", 1536, "text-embedding-ada-002-v2"),
        ("text-similarity-curie-001", 4096, "text-similarity-curie-001"),
    ],
)
def test_a_model_has_its_dimensions_and_its_name(api: Api, model: str, size: int, answered: str) -> None:
    answer = api.post("/embeddings", {"model": model, "input": "hello"})

    assert (len(answer.json["data"][0]["embedding"]), answer.json["model"]) == (size, answered)
    assert "openai-model" not in answer.headers


def test_dimensions_shorten_a_vector(api: Api) -> None:
    [whole], [short] = vectors(api, "hello"), vectors(api, "hello", dimensions=256)

    length = fsum(value * value for value in whole[:256]) ** 0.5
    assert short == pytest.approx([value / length for value in whole[:256]], abs=1e-8)


def test_base64_says_the_same_numbers(api: Api) -> None:
    [numbers] = vectors(api, "hello")

    answer = api.post("/embeddings", {"model": SMALL, "input": "hello", "encoding_format": "base64"})

    raw = b64decode(answer.json["data"][0]["embedding"])
    assert list(unpack("<1536f", raw)) == pytest.approx(numbers, abs=1e-8)


def test_tokens_and_text_have_the_same_vector(api: Api) -> None:
    ids = tokens.encode("How do I reset my password?", "cl100k_base")

    [of_tokens], [of_text] = vectors(api, ids), vectors(api, "How do I reset my password?")

    assert of_tokens == of_text
    assert vectors(api, [ids, ids]) == [of_text, of_text]


def test_tokens_are_counted_as_given(api: Api) -> None:
    given = [[104, 101, 108, 108, 111], [119, 111, 114, 108, 100], [84, 69, 83, 84]]

    answer = api.post("/embeddings", {"model": SMALL, "input": given})

    assert answer.json["usage"] == {"prompt_tokens": 14, "total_tokens": 14}


def test_several_texts_have_vectors_in_their_order(api: Api) -> None:
    both = vectors(api, ["first text", "second text"])

    assert both == [*vectors(api, "first text"), *vectors(api, "second text")]


def test_texts_about_the_same_thing_lie_nearer(api: Api) -> None:
    question, answer, other = vectors(api, ["resetting a password", "how to reset passwords", "the weather in Paris"])

    assert similarity(question, answer) > similarity(question, other)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dimensions": -1}, "-1 is less than the minimum of 1 - 'dimensions'"),
        (
            {"model": "text-embedding-ada-002", "dimensions": 256},
            "This model does not support specifying dimensions.",
        ),
        (
            {"input": "hello " * 8193},
            (
                "This model's maximum context length is 8192 tokens, however you requested 8194 tokens (8194 in your "
                "prompt; 0 for the completion). Please reduce your prompt; or completion length."
            ),
        ),
        (
            {"input": [123456]},
            "Invalid token in prompt: 123456. Minimum value is 0, maximum value is 100257 (inclusive).",
        ),
    ],
)
def test_a_bad_request_is_refused_in_the_words_of_the_api(api: Api, change: dict[str, Any], message: str) -> None:
    answer = api.post("/embeddings", {"model": SMALL, "input": "hello", **change})

    expected = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    assert (answer.status, answer.error) == (400, expected)


@pytest.mark.parametrize(
    "given", ["", [], ["hello", ""], [[]], ["hello", [1]], None, {"text": "hello"}, 5, [True], [5.5], ["a"] * 2049]
)
def test_a_bad_input_is_refused_in_the_same_words(api: Api, given: Any) -> None:
    answer = api.post("/embeddings", {"model": SMALL, "input": given})

    reference = "Please check the API reference: https://platform.openai.com/docs/api-reference."
    assert (answer.status, answer.error["message"]) == (400, f"'$.input' is invalid. {reference}")


def test_no_more_than_300000_tokens_are_taken(api: Api) -> None:
    answer = api.post("/embeddings", {"model": SMALL, "input": [[9906] * 8000] * 38})

    message = "Requested 304000 tokens, max 300000 tokens per request"
    assert (answer.status, answer.error["message"]) == (400, message)


@pytest.mark.parametrize("dimensions", [1537, 100_000])
def test_a_vector_can_not_be_lengthened(api: Api, dimensions: int) -> None:
    answer = api.post("/embeddings", {"model": SMALL, "input": "hello", "dimensions": dimensions})

    assert answer.status == 400


def test_an_unknown_model_is_not_found(api: Api) -> None:
    answer = api.post("/embeddings", {"model": "text-embedding-4-ultra", "input": "hello"})

    assert answer.status == 404
    assert answer.error == {
        "message": "The model `text-embedding-4-ultra` does not exist or you do not have access to it.",
        "type": "invalid_request_error",
        "param": None,
        "code": "model_not_found",
    }


def test_a_chat_model_may_not_embed(api: Api) -> None:
    answer = api.post("/embeddings", {"model": "gpt-4o", "input": "hello"})

    message = "You are not allowed to generate embeddings from this model"
    assert (answer.status, answer.error["message"]) == (403, message)


def test_any_model_embeds_when_any_model_is_accepted() -> None:
    api = Api(Emulator(Settings(any_model=True)))

    answer = api.post("/embeddings", {"model": "my-own", "input": "hello"})

    assert (answer.status, answer.json["model"]) == (200, "my-own")


def test_the_official_client_reads_vectors(client: OpenAI) -> None:
    by_default = client.embeddings.create(model=SMALL, input="hello")
    as_numbers = client.embeddings.create(model=SMALL, input="hello", encoding_format="float")

    assert by_default.data[0].embedding == pytest.approx(as_numbers.data[0].embedding, abs=1e-8)


def test_no_format_is_the_format_of_numbers(api: Api) -> None:
    answer = api.post("/embeddings", {"model": "text-embedding-3-small", "input": "Hi", "encoding_format": None})

    assert isinstance(answer.json["data"][0]["embedding"], list)
