"""Texts the way completions and embeddings take them: a string, strings, tokens, or lists of tokens."""

from __future__ import annotations

from typing import NamedTuple

from fakeopenai import errors, tokens
from fakeopenai.errors import ApiError
from fakeopenai.wire import Json

LAST_TOKEN = {"cl100k_base": 100_257, "o200k_base": 200_018}
"""The highest token that the API accepts, recorded for cl100k: `<|endoftext|>`."""


class Passage(NamedTuple):
    """A text and what it counts, in tokens."""

    text: str
    tokens: int


def passages(given: Json, encoding: str) -> list[Passage]:
    """Read one text or several, given in any of the four forms."""
    if not isinstance(given, list) or (given and isinstance(given[0], int | float)):
        given = [given]
    return [_passage(each, encoding) for each in given]


def context_exceeded(context: int, asked: int, answered: int = 0) -> ApiError:
    """`asked` are the tokens of the prompt, `answered` those that the answer may take."""
    return errors.invalid(
        f"This model's maximum context length is {context} tokens, however you requested {asked + answered} tokens "
        f"({asked} in your prompt; {answered} for the completion). Please reduce your prompt; or completion length."
    )


def _passage(given: str | list[int], encoding: str) -> Passage:
    if isinstance(given, str):
        return Passage(given, tokens.count(given, encoding))
    return Passage(_decoded(given, encoding), len(given))


def _decoded(ids: list[int], encoding: str) -> str:
    last = LAST_TOKEN[encoding]
    for id in ids:
        if not isinstance(id, int) or not 0 <= id <= last:
            raise errors.invalid(
                f"Invalid token in prompt: {id}. Minimum value is 0, maximum value is {last} (inclusive)."
            )
    return b"".join(_token(id, encoding) for id in ids).decode("utf-8", "replace")


def _token(id: int, encoding: str) -> bytes:
    """The bytes of a token; special ones have none."""
    try:
        return tokens.token_bytes(id, encoding)
    except IndexError:
        return b""
