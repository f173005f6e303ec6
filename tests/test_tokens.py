"""Text becomes the same tokens as in the official tokeniser, and prompts cost what the API bills."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib import import_module, resources

import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeopenai import tokens
from fakeopenai.vocabulary import ENCODINGS, vocabulary
from fakeopenai.vocabulary.build import SHA256, classes

AWKWARD = (
    "\x00\x1c\x1f\x85\xa0\u1680\u2009\u2028\u202f\u3000\u200b\ufeff \t\n\r\v\f'’sStTrReEvVmMlLdDſKaZ09/!._-#$<|>"
    "é\u0301\u0903\u20e3ßǅʰª٣Ⅷ²½日本お한글שלאב🏽👨\u200d👩🇩🇪\U0001e4d0\U00010d70\U0001ccf0\U000105c0\u1c89\ua7cb𝒜"
)
TEXTS = (
    "",
    " ",
    "\ufeffbyte order mark",
    "tiktoken is great!",
    "He'll SAY'LL we'Ve i'ſ don’t",
    "   leading\n\n\n  and trailing  \r\n ",
    "<|endoftext|> and <|im_start|>system",
    "お誕生日おめでとう",
    "👨\u200d👩\u200d👧\u200d👦 🇩🇪 👍🏽",
    "a" * 3000,
    " " * 500 + "\n" * 500,
    "1234567890" * 20,
    "e\u0301\u0323\u0301" * 40,
    "שָׁלוֹם عليكم สวัสดี नमस्ते",
)


@cache
def official(encoding: str) -> tiktoken.Encoding:
    """The official tokeniser, fed from memory with the vocabulary that is tested against its checksum elsewhere."""
    ranks = {tokens.token_bytes(rank, encoding): rank for rank in range(vocabulary(encoding).size)}
    with pytest.MonkeyPatch.context() as patch:
        published = import_module("tiktoken_ext.openai_public")
        patch.setattr(published, "load_tiktoken_bpe", lambda *_, **__: ranks)
        return tiktoken.Encoding(**getattr(published, encoding)())


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("text", TEXTS)
def test_text_is_cut_as_the_official_tokeniser_cuts_it(text: str, encoding: str) -> None:
    assert tokens.encode(text, encoding) == official(encoding).encode_ordinary(text)


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(max_examples=400, deadline=None, derandomize=True)
@given(text=st.text() | st.text(AWKWARD) | st.text("abcLST'’ \n\r/.,019é\t_"))
def test_generated_text_is_cut_as_the_official_tokeniser_cuts_it(text: str, encoding: str) -> None:
    assert tokens.encode(text, encoding) == official(encoding).encode_ordinary(text)


def test_every_character_has_the_class_it_has_in_the_official_tokeniser() -> None:
    assert resources.files("fakeopenai.vocabulary").joinpath("classes.bin").read_bytes() == classes()


@pytest.mark.parametrize(("encoding", "checksum"), SHA256.items())
def test_the_vocabulary_is_the_published_one(encoding: str, checksum: str) -> None:
    lines = (
        b"%b %d\n" % (b64encode(tokens.token_bytes(rank, encoding)), rank) for rank in range(vocabulary(encoding).size)
    )

    assert sha256(b"".join(lines)).hexdigest() == checksum


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(text=st.text() | st.text(AWKWARD))
@settings(deadline=None, derandomize=True)
def test_pieces_and_tokens_put_together_are_the_text(text: str, encoding: str) -> None:
    assert "".join(tokens.pieces(text, encoding)) == text
    assert tokens.decode(tokens.encode(text, encoding), encoding) == text.encode()
    assert tokens.count(text, encoding) == len(tokens.encode(text, encoding))


def test_a_character_of_several_tokens_is_one_piece() -> None:
    assert tokens.pieces("お誕生日", "cl100k_base") == ["お", "誕", "生", "日"]


def test_half_a_surrogate_pair_is_cut_without_complaint() -> None:
    assert "".join(tokens.pieces("a\ud83d b")) == "a\ud83d b"


@pytest.mark.parametrize("id", [-1, 199_998, 200_018])
def test_a_number_that_is_no_ordinary_token_has_no_bytes(id: int) -> None:
    with pytest.raises(IndexError, match=f"no token has the rank {id}"):
        tokens.token_bytes(id)


def test_words_seen_before_are_forgotten_before_they_fill_the_memory() -> None:
    words = vocabulary("o200k_base")
    for start in range(0, 200_000, 1000):
        words.count(" ".join(f"{number:x}g" for number in range(start, start + 1000)))

    assert len(words.seen) <= 20_000
