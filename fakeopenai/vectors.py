"""Embeddings: texts that share words, stems or pieces of words lie nearer than texts that don't.

A text is a bag of features: its words, their stems, their pieces of three to five characters, and pairs of neighbours.
Each feature is hashed to a few coordinates, with a sign, so a text touches only some hundreds of them; words that occur
in every text weigh little, and a word that is repeated weighs the square root of its number. All texts also share one
faint direction, as they do in real embeddings: unrelated texts have a cosine of about 0.1.

Only exactly rounded operations are used (no logarithms, no plain `sum`), so vectors are equal on every platform.
"""

from __future__ import annotations

import sys
import unicodedata
from array import array
from base64 import b64encode
from collections import Counter
from functools import cache, lru_cache
from hashlib import blake2b, shake_128
from itertools import pairwise
from math import fsum, sqrt
from operator import mul
from typing import TYPE_CHECKING

from fakeopenai.pattern import Pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Spikes = dict[int, float]
"""A sparse vector: value by coordinate."""

COMMON = 0.3
"""The length of the direction that all texts share."""
DIGITS = 9
"""Decimals of a coordinate: all that a 32-bit float of this size holds, so numbers and base64 say the same."""

_PAIR = 0.4
_WHOLE = 0.04
# Scripts that are written without spaces give a word for each character.
_WORD = Pattern(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
    r"|[^\s!-/:-@\[-`{-\xa9\xab-\xb4\xb6-\xb9\xbb-\xbf\u2000-\u206f\u3000-\u303f\uff00-\uff0f\u0e00-\u0eff"
    r"\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_ACCENTS = Pattern(r"[\u0300-\u036f]")
_ENDINGS = Pattern(r"(?<=[a-z]{3})(?:ies|ied|ingly|edly|ings|ing|ers|er|est|ed|es|ly|s|e|y)$")
_COMMONEST = (
    "a about all also an and any are as at be been but by can could did do does for from had has have he her his how i "
    "if in into is it its just me more my no not of on one or our out she should so some than that the their them then "
    "there these they this to up us very was we were what when where which who why will with would you your "
    "das der die ein eine ist mit nicht und von zu de des du en est et la le les que un une con del el es los para "
    "por una da do e o os se"
)
FAINT = frozenset(_COMMONEST.split())
"""Words that say nothing of what a text is about."""


def embed(text: str, size: int = 1536, dimensions: int | None = None) -> list[float]:
    """Give the unit vector of a text in a space of `size`, shortened to its first `dimensions` coordinates."""
    vector = _common(size).copy()
    spikes = _spikes(text, size)
    scale = _scale(vector, spikes)
    for place, value in spikes.items():
        vector[place] = round(vector[place] + scale * value, DIGITS)
    return vector if dimensions in {None, size} else _shortened(vector[:dimensions])


def similarity(a: Iterable[float], b: Iterable[float]) -> float:
    """Give the cosine of the angle between two unit vectors, from -1 to 1."""
    return fsum(map(mul, a, b))


def packed(vector: Sequence[float]) -> str:
    """Encode a vector in base64 of little-endian 32-bit floats."""
    floats = array("f", vector)
    if sys.byteorder == "big":
        floats.byteswap()
    return b64encode(floats).decode()


def words(text: str) -> list[str]:
    """Give the words of a text, folded: no capitals, no accents, a word for each character where none has spaces."""
    folded = text.casefold()
    if not folded.isascii():
        folded = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", folded)))
    return _WORD.findall(folded)


def stem(word: str) -> str:
    """Give a word without its English ending, if it has one."""
    return _ENDINGS.sub("", word)


def _shortened(vector: list[float]) -> list[float]:
    length = sqrt(fsum(map(mul, vector, vector)))
    return [round(value / length, DIGITS) for value in vector]


def _scale(common: list[float], spikes: Spikes) -> float:
    """Find what to multiply the spikes by so that, added to the common direction, they make a unit vector."""
    own = fsum(value * value for value in spikes.values())
    shared = fsum(value * common[place] for place, value in spikes.items()) / own
    return sqrt(shared * shared + (1 - COMMON * COMMON) / own) - shared


@cache
def _common(size: int) -> list[float]:
    drawn = shake_128(b"common").digest(size * 4)
    values = [sum(drawn[place : place + 4]) - 510.0 for place in range(0, size * 4, 4)]
    length = sqrt(fsum(map(mul, values, values)))
    return [round(COMMON * value / length, DIGITS) for value in values]


def _spikes(text: str, size: int) -> Spikes:
    spoken = words(text)
    total = dict(_hashed("t" + text, _WHOLE, 8, size))
    for word, times in Counter(spoken).items():
        weight = sqrt(times)
        for place, value in _of_word(word, size):
            total[place] = total.get(place, 0.0) + value * weight
    for first, second in dict.fromkeys(pairwise(spoken)):
        for place, value in _of_pair(first, second, size):
            total[place] = total.get(place, 0.0) + value
    return total


@lru_cache(maxsize=16_384)
def _of_word(word: str, size: int) -> tuple[tuple[int, float], ...]:
    weight = _weight(word)
    pieces = _pieces(word)
    features = [("w" + word, weight, 6), ("s" + stem(word), weight, 6)]
    features += [("p" + piece, weight / sqrt(len(pieces)), 2) for piece in pieces]
    return tuple(spike for feature in features for spike in _hashed(*feature, size))


@lru_cache(maxsize=16_384)
def _of_pair(first: str, second: str, size: int) -> tuple[tuple[int, float], ...]:
    weight = _PAIR * sqrt(_weight(first) * _weight(second))
    return tuple(_hashed(f"{first} {second}", weight, 4, size))


def _weight(word: str) -> float:
    """Longer words are rarer, and say more."""
    return 0.15 if word in FAINT else 0.7 + 0.05 * min(len(word), 10)


def _pieces(word: str) -> list[str]:
    marked = f"<{word}>"
    sizes = range(3, min(6, len(marked)))
    return [marked[start : start + size] for size in sizes for start in range(min(len(marked) - size + 1, 40))]


def _hashed(feature: str, weight: float, count: int, size: int) -> Iterator[tuple[int, float]]:
    drawn = blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=4 * count).digest()
    value = weight / sqrt(count)
    for start in range(0, 4 * count, 4):
        number = int.from_bytes(drawn[start : start + 4], "little")
        yield (number >> 1) % size, value if number & 1 else -value
