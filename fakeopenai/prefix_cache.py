"""The prompt cache: how many tokens of a prompt the model has lately read at the beginning of another.

Prompts of 1,024 tokens and more are kept, each under its model and `prompt_cache_key`. What a prompt shares with an
earlier one is found in steps of 128 tokens (guide to prompt caching). From gpt-5.6 on a prompt is kept up to the end of
its last message, and found as a whole; what is written is counted too (recorded: 1,217 of 1,220 tokens).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import accumulate, chain
from typing import TYPE_CHECKING, NamedTuple

from fakeopenai import media_tokens, tokens
from fakeopenai.models import version
from fakeopenai.turn import Media, Message, Prompt, ToolCall, once

if TYPE_CHECKING:
    from fakeopenai.wire import Object

SHORTEST = 1024
STEP = 128

MARKED = 80
"""How many ends of messages are looked at, from the last one (API reference, `prompt_cache_options`)."""

AFTER = 3
"""Tokens of a prompt after the end of its last message."""

HOUR, DAY = 3600.0, 86400.0
"""How long a prefix is kept after its last use, in memory and with the retention `24h`."""

KEPT = 10_000
"""Prefixes that a world keeps: some 1.3 million tokens in steps of 128."""

ROLES = {"system": -1, "user": -2, "assistant": -3, "tool": -4}
"""What stands for the role of a message, where a token would stand."""


class Use(NamedTuple):
    """Tokens that came out of the cache, and those that went into it."""

    read: int = 0
    written: int = 0


UNCACHED = Use()


class Prefix(NamedTuple):
    """So many first tokens of a prompt, and their digest."""

    size: int
    digest: bytes


class PrefixCache:
    """The prefixes that one world remembers. Nothing is worked out for prompts that are too short.

    `kept` says until when each is kept and how long it is, by shelf and digest; those used last are last.
    """

    def __init__(self, most: int = KEPT) -> None:
        self.most = most
        self.kept: dict[tuple[str, bytes], tuple[float, int]] = {}

    def __len__(self) -> int:
        return len(self.kept)

    def use(self, prompt: Prompt, asked: int, now: float, body: Object | None = None) -> Use:
        """Read a prompt of so many tokens and keep it, as the request's body wishes."""
        wishes = body or {}
        if asked < SHORTEST or (wishes.get("prompt_cache_options") or {}).get("mode") == "explicit":
            return UNCACHED
        shelf = f"{prompt.model.snapshot} {wishes.get('prompt_cache_key') or ''}"
        until = now + (DAY if wishes.get("prompt_cache_retention") == "24h" else HOUR)
        if counts_writing(prompt):
            return self._whole(shelf, prompt, asked, now, until)
        found = [prefix for prefix in steps(prompt) if prefix.size < asked]
        read = self._longest(shelf, found, now)
        self._keep(shelf, found, until)
        return Use(read)

    def _whole(self, shelf: str, prompt: Prompt, asked: int, now: float, until: float) -> Use:
        found = ends(prompt)[-MARKED:]
        read = self._longest(shelf, found, now)
        whole = Prefix(asked - AFTER, found[-1].digest)
        self._keep(shelf, [whole], until)
        return Use(read, max(0, whole.size - read))

    def _longest(self, shelf: str, prefixes: Sequence[Prefix], now: float) -> int:
        for prefix in reversed(prefixes):
            until, size = self.kept.get((shelf, prefix.digest), (now, 0))
            if until > now:
                return size
        return 0

    def _keep(self, shelf: str, prefixes: Iterable[Prefix], until: float) -> None:
        for prefix in prefixes:
            self.kept.pop((shelf, prefix.digest), None)
            self.kept[shelf, prefix.digest] = (until, prefix.size)
        while len(self) > self.most:
            del self.kept[next(iter(self.kept))]


def counts_writing(prompt: Prompt) -> bool:
    """Whether the model tells what it writes to the cache, and keeps prompts as a whole."""
    return version(prompt.model) >= (5, 6)


def again(size: int) -> int:
    """How much of a prompt is in the cache if the same turn has just read it."""
    return size // STEP * STEP if size >= SHORTEST else 0


@once
def steps(prompt: Prompt) -> list[Prefix]:
    """The beginnings of a prompt that are long enough, in steps, the shortest first."""
    text = array("q", chain.from_iterable(_passages(prompt)))
    sizes = range(SHORTEST, len(text) + 1, STEP)
    parts = (text[size - STEP if size > SHORTEST else 0 : size] for size in sizes)
    return list(map(Prefix, sizes, _digests(parts)))


@once
def ends(prompt: Prompt) -> list[Prefix]:
    """The beginnings of a prompt that end where a message ends."""
    passages = [array("q", passage) for passage in _passages(prompt)]
    return list(map(Prefix, accumulate(map(len, passages)), _digests(passages)))


def _digests(parts: Iterable[array[int]]) -> Iterator[bytes]:
    """The digests of all that comes up to the end of each part."""
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(part.tobytes())
        yield digest.digest()


def _passages(prompt: Prompt) -> Iterator[list[int]]:
    """What the model reads, message by message; the tools and the form stand in the system message."""
    declared = tokens.encode(tokens.declared(prompt), prompt.model.encoding)
    if not prompt.messages or prompt.messages[0].role != "system":
        yield declared
        declared = []
    for message in prompt.messages:
        yield [*_passage(message, prompt), *declared]
        declared = []


def _passage(message: Message, prompt: Prompt) -> list[int]:
    model = prompt.model
    read = [ROLES[message.role]] * 4 + tokens.encode(f"{message.name}{message.text}", model.encoding)
    for media in message.media:
        read += [_sight(media)] * media_tokens.count(media, model)
    for call in message.calls:
        read += tokens.encode(_called(call), model.encoding)
    return read


def _sight(media: Media) -> int:
    """What stands for each token of a picture, a sound or a file."""
    return -int.from_bytes(blake2b(media.source.encode(), digest_size=6).digest()) - len(ROLES)


def _called(call: ToolCall) -> str:
    return f"functions.{call.name} {call.arguments}"
