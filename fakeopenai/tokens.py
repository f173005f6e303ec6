"""Tokens of text: what the API counts, and the pieces it streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakeopenai.vocabulary import vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fakeopenai.turn import Prompt


def encode(text: str, encoding: str = "o200k_base") -> list[int]:
    """The tokens of a text; names of special tokens in it are ordinary text."""
    return vocabulary(encoding).encode(text)


def decode(ids: Iterable[int], encoding: str = "o200k_base") -> bytes:
    """The bytes of tokens, which may end within a character; IndexError for an id that is no ordinary token."""
    return vocabulary(encoding).decode(ids)


def count(text: str, encoding: str = "o200k_base") -> int:
    return vocabulary(encoding).count(text)


def pieces(text: str, encoding: str = "o200k_base") -> list[str]:
    """The tokens as strings whose join is the text; a character of several tokens is part of the last one's piece."""
    return vocabulary(encoding).pieces(text)


def token_bytes(id: int, encoding: str = "o200k_base") -> bytes:
    """The bytes of one token; IndexError if it is no ordinary token."""
    return vocabulary(encoding).token(id)


def prompt_tokens(prompt: Prompt) -> int:
    """What the API counts as the tokens of a prompt."""
    words = vocabulary(prompt.model.encoding)
    return prompt.model.priming + sum(4 + words.count(message.text) for message in prompt.messages)
