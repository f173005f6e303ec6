"""Choices that look random and are always the same: every one is a hash of the seed and of the place it is made at."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """The choices made at one place. Rolled again, they give the next number of that place."""

    __slots__ = ("_cup", "_rolled")

    def __init__(self, cup: blake2b, place: str) -> None:
        self._cup = cup.copy()
        self._cup.update(place.encode("utf-8", "surrogatepass"))
        self._rolled = 0

    def below(self, number: int) -> int:
        """A number from 0 to `number` - 1; bounds up to 2**128 keep their spread."""
        roll = self._cup.copy()
        roll.update(b"\0%d" % self._rolled)
        self._rolled += 1
        return int.from_bytes(roll.digest()) % number if number > 1 else 0

    def between(self, least: int, most: int) -> int:
        return least + self.below(most - least + 1)

    def pick(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def chance(self, one_in: int) -> bool:
        return self.below(one_in) == 0

    def shuffled(self, options: Sequence[T]) -> list[T]:
        """The options from a random one on, then round: every one of them can come first."""
        start = self.below(len(options)) if options else 0
        return [*options[start:], *options[:start]]


def cup(seed: bytes) -> blake2b:
    """What dice are shaken in; one for each seed."""
    key = seed if len(seed) <= 64 else blake2b(seed).digest()
    return blake2b(key=key, digest_size=16)
