"""Vectors of texts."""

import sys
from base64 import b64decode
from math import fsum, isclose
from struct import unpack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeopenai.vectors import embed, packed, similarity


@given(st.text(max_size=200), st.sampled_from([1024, 1536, 3072]))
def test_a_vector_has_unit_length(text: str, size: int) -> None:
    vector = embed(text, size)

    assert len(vector) == size
    assert isclose(fsum(value * value for value in vector), 1, abs_tol=1e-6)


@given(st.text(max_size=50), st.integers(1, 1536))
def test_a_shortened_vector_is_the_beginning_of_the_whole_one(text: str, dimensions: int) -> None:
    whole, short = embed(text), embed(text, dimensions=dimensions)

    length = fsum(value * value for value in whole[:dimensions]) ** 0.5
    assert len(short) == dimensions
    assert short == pytest.approx([value / length for value in whole[:dimensions]], abs=1e-8)


def test_vectors_are_the_same_everywhere() -> None:
    assert embed("The quick brown fox", 1536)[:4] == [0.00789926, -0.014611049, 0.016211552, -0.006608531]
    assert embed("你好", 3072, 256)[:2] == [0.014309854, -0.026468554]


def test_a_vector_is_dense() -> None:
    assert sum(value == 0 for value in embed("dense")) < 5


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("I love cats", "I love cat", "The bond market fell"),
        ("The cat sat on the mat", "A cat is sitting on a mat", "Shares are on the rise at the exchange"),
        ("reset my password", "How do I change my password?", "What is the weather in Paris?"),
        ("Where is my order?", "order status tracking", "Where is my cat?"),
        ("running", "runner", "sleeping"),
        ("embedding", "embeddings", "emergency"),
        ("café crème", "cafe creme", "tea with milk"),
        ("你好世界", "世界你好吗", "今天天气很好"),
        ("купить новую машину", "продать новую машину", "хорошая погода сегодня"),
        ("नमस्ते दुनिया", "नमस्ते भारत", "मौसम अच्छा है"),
        ("สวัสดีชาวโลก", "สวัสดีครับ", "อากาศดีมาก"),
    ],
)
@pytest.mark.parametrize("dimensions", [None, 512])
def test_texts_that_share_words_lie_nearer(text: str, near: str, far: str, dimensions: int | None) -> None:
    origin = embed(text, dimensions=dimensions)

    nearer = similarity(origin, embed(near, dimensions=dimensions))
    farther = similarity(origin, embed(far, dimensions=dimensions))

    assert nearer > farther


def test_different_texts_have_different_vectors() -> None:
    texts = ["Hello", "hello", "Hello!", "Hello?", "", " ", "?", "!", "the", "a"]

    assert len({tuple(embed(text)) for text in texts}) == len(texts)


def test_the_order_of_words_counts() -> None:
    assert similarity(embed("the dog bit the man"), embed("the man bit the dog")) < 0.999


def test_a_text_is_most_like_itself() -> None:
    assert isclose(similarity(embed("the same text"), embed("the same text")), 1, abs_tol=1e-6)


def test_unrelated_texts_have_little_in_common() -> None:
    assert 0 < similarity(embed("king"), embed("xylophone")) < 0.3


def test_a_packed_vector_is_its_numbers_in_32_bits() -> None:
    vector = embed("Hello", 1536)

    raw = b64decode(packed(vector))

    assert list(unpack("<1536f", raw)) == pytest.approx(vector, abs=1e-8)


@pytest.mark.parametrize(("dimensions", "characters"), [(1536, 8192), (512, 2732), (456, 2432)])
def test_base64_has_the_recorded_length(dimensions: int, characters: int) -> None:
    assert len(packed(embed("Hello", dimensions=dimensions))) == characters


def test_a_big_endian_machine_packs_little_endian(monkeypatch: pytest.MonkeyPatch) -> None:
    straight = b64decode(packed([1.0]))
    monkeypatch.setattr(sys, "byteorder", "big" if sys.byteorder == "little" else "little")

    assert b64decode(packed([1.0])) == straight[::-1]
