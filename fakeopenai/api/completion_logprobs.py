"""Log probabilities in the form of legacy completions: a column for each fact, a row for each token."""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Iterator

from fakeopenai.wire import Json, Object

_decoder = getincrementaldecoder("utf-8")


def columns(entries: list[Object], top: int, start: int, *, echoed: bool = False) -> Object:
    """Turn the entries of `speech.logprobs` into columns.

    `start` is the offset of the first token. Nothing is before the first token of an `echoed` prompt, so it has no
    probability.
    """
    chances: list[Json] = [entry["logprob"] for entry in entries]
    tops: list[Json] = [_alternatives(entry) for entry in entries]
    if echoed:
        chances[:1] = tops[:1] = [None]
    return {
        "tokens": [_named(entry) for entry in entries],
        "token_logprobs": chances,
        "top_logprobs": tops if top else None,
        "text_offset": list(_offsets(entries, start)),
    }


def rows(probs: Object) -> list[Object]:
    """Take columns apart: the same four columns for each token by itself."""
    count = len(probs["tokens"])
    return [{name: column and column[row : row + 1] for name, column in probs.items()} for row in range(count)]


def _alternatives(entry: Object) -> Object:
    """The likeliest tokens, and the one that was taken if it isn't among them."""
    return {_named(other): other["logprob"] for other in [*entry["top_logprobs"], entry]}


def _named(entry: Object) -> str:
    """A token's text, or its bytes if it ends within a character."""
    token: str = entry["token"]
    return token if bytes(entry["bytes"]) == token.encode() else f"bytes:{token}"


def _offsets(entries: list[Object], start: int) -> Iterator[int]:
    decoder = _decoder("replace")
    for entry in entries:
        yield start
        start += len(decoder.decode(bytes(entry["bytes"])))
