"""OpenAI's two vocabularies, and how text is cut into their tokens: exact byte-pair encoding in plain Python.

Nothing is loaded but what is looked up. A vocabulary is a file mapped into memory: an open-addressed hash
table from the CRC-32 of a token to its rank, then the offsets of the tokens, then their bytes one after another.

Text is first cut into words by a regular expression that speaks of Unicode classes. The standard library knows other
versions of Unicode on every Python, and a class of 140,000 letters takes long to compile, so the expression runs over
*proxies*: every character beyond ASCII is replaced by one that stands for its class, and the cuts are made in the text
itself. The classes are those of tiktoken's regex engine (Unicode 16), read out of it by `build.py`.
"""

from __future__ import annotations

import re
import sys
from array import array
from bisect import bisect_right
from codecs import getincrementaldecoder
from functools import cache
from heapq import heapify, heappop, heappush
from itertools import chain
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

RANK = 0x3FFFF
TAKEN = 0x40000
FINGERPRINT = 0xFFF80000
_NEVER = 1 << 18
_HERE = Path(__file__).parent
_WORDS_KEPT = 20_000
_LONGEST_KEPT = 48
_PROXIES_KEPT = 10_000

Item = TypeVar("Item")


class Encoding(NamedTuple):
    """Size of a vocabulary and of its hash table, and the expression that cuts text into words.

    The expressions are those of tiktoken, over proxies: `A` is any upper-case letter, `a` any lower-case one, `ª` a
    letter without case, U+0300 a mark, `0` a number, tab white space and `!` all else.
    """

    size: int
    slots: int
    words: str


_SPACE = r" \t-\r"
_LETTER = "A-Za-zª"
_NEITHER = rf"[^{_SPACE}{_LETTER}0-9]"
_CONTRACTION = "(?:'(?:[sStTmMdD]|[rRvV][eE]|[lL][lL]))"

ENCODINGS = {
    "cl100k_base": Encoding(
        100_256,
        1 << 18,
        rf"{_CONTRACTION}|[^\r\n{_LETTER}0-9]?[{_LETTER}]+|[0-9]{{1,3}}| ?{_NEITHER}+[\r\n]*"
        rf"|[{_SPACE}]+\Z|[{_SPACE}]*[\r\n]|[{_SPACE}]+(?![^{_SPACE}])|[{_SPACE}]",
    ),
    "o200k_base": Encoding(
        199_998,
        1 << 19,
        rf"[^\r\n{_LETTER}0-9]?[A-Zª\u0300]*[a-zª\u0300]+{_CONTRACTION}?"
        rf"|[^\r\n{_LETTER}0-9]?[A-Zª\u0300]+[a-zª\u0300]*{_CONTRACTION}?"
        rf"|[0-9]{{1,3}}| ?{_NEITHER}+[\r\n/]*|[{_SPACE}]*[\r\n]+|[{_SPACE}]+(?![^{_SPACE}])|[{_SPACE}]+",
    ),
}


class Vocabulary:
    """Cuts text into tokens. Names of special tokens are ordinary text, as they are in what users send."""

    def __init__(self, name: str) -> None:
        size, self._slot_count, words = ENCODINGS[name]
        self.size = size
        self._data = _mapped(f"{name}.bin")
        numbers = _numbers(self._data, self._slot_count + size + 1)
        self._slots = numbers[: self._slot_count]
        self._offsets = numbers[self._slot_count :]
        self._first = 4 * len(numbers)
        self._words = re.compile(words)
        self.seen = _Words(self._ranks_of)
        self._ranks = self.seen.__getitem__
        self._pieces = _Words(self._pieces_of).__getitem__

    def encode(self, text: str) -> list[int]:
        return list(chain.from_iterable(map(self._ranks, self.words(text))))

    def count(self, text: str) -> int:
        return sum(map(len, map(self._ranks, self.words(text))))

    def pieces(self, text: str) -> list[str]:
        """The tokens as text, whose join is the whole; a character of several tokens comes with its last one."""
        return list(chain.from_iterable(map(self._pieces, self.words(text))))

    def decode(self, ranks: Iterable[int]) -> bytes:
        return b"".join(map(self.token, ranks))

    def token(self, rank: int) -> bytes:
        """The bytes of a token; IndexError if the rank is none of an ordinary token."""
        if not 0 <= rank < self.size:
            raise IndexError(f"no token has the rank {rank}")
        return self._data[self._first + self._offsets[rank] : self._first + self._offsets[rank + 1]]

    def words(self, text: str) -> Sequence[str]:
        """The stretches of text within which bytes are merged."""
        if text.isascii():
            return self._words.findall(text)
        return [text[slice(*match.span())] for match in self._words.finditer(text.translate(_PROXIES))]

    def rank(self, token: bytes) -> int:
        """The rank of a token, or a number above all ranks."""
        slots, key = self._slots, crc32(token)
        slot = key % self._slot_count
        while entry := slots[slot]:
            if (entry ^ key) & FINGERPRINT == 0:
                rank = entry & RANK
                if self.token(rank) == token:
                    return rank
            slot = (slot + 1) % self._slot_count
        return _NEVER

    def _pieces_of(self, word: str) -> tuple[str, ...]:
        decode = getincrementaldecoder("utf-8")("surrogatepass").decode
        return tuple(piece for rank in self._ranks(word) if (piece := decode(self.token(rank))))

    def _ranks_of(self, word: str) -> tuple[int, ...]:
        data = word.encode("utf-8", "surrogatepass")
        rank = self.rank(data)
        return (rank,) if rank != _NEVER else tuple(self._merge(data))

    def _merge(self, data: bytes) -> list[int]:
        """Join the neighbours whose union has the lowest rank, the leftmost first, until no union is a token."""
        end, rank = len(data), self.rank
        after = list(range(1, end + 1))
        before = list(range(-1, end))
        unions = [rank(data[at : at + 2]) for at in range(end - 1)]
        unions.append(_NEVER)
        queue = [union << 32 | at for at, union in enumerate(unions) if union != _NEVER]
        heapify(queue)

        def weigh(at: int) -> None:
            right = after[at]
            union = unions[at] = rank(data[at : after[right]]) if right < end else _NEVER
            if union != _NEVER:
                heappush(queue, union << 32 | at)

        while queue:
            union, at = divmod(heappop(queue), 1 << 32)
            if unions[at] != union:
                continue
            right = after[at]
            unions[right] = _NEVER
            after[at] = after[right]
            before[after[at]] = at
            weigh(at)
            if at:
                weigh(before[at])
        return self._joined(data, after)

    def _joined(self, data: bytes, after: list[int]) -> list[int]:
        ranks, at = [], 0
        while at < len(data):
            ranks.append(self.rank(data[at : after[at]]))
            at = after[at]
        return ranks


@cache
def vocabulary(encoding: str) -> Vocabulary:
    """The vocabulary of this name; KeyError if there is none."""
    return Vocabulary(encoding)


class _Words(dict[str, tuple[Item, ...]]):
    """What has been made of words seen before. Starts afresh when full, and keeps no long word."""

    def __init__(self, make: Callable[[str], tuple[Item, ...]]) -> None:
        self._make = make

    def __missing__(self, word: str) -> tuple[Item, ...]:
        made = self._make(word)
        if len(word) <= _LONGEST_KEPT:
            if len(self) >= _WORDS_KEPT:
                self.clear()
            self[word] = made
        return made


class _Proxies(dict[int, int]):
    """The character that stands for another in the expressions, filled as characters are met."""

    def __missing__(self, code: int) -> int:
        if len(self) >= _PROXIES_KEPT:
            self.clear()
        proxy = self[code] = code if code < 0x80 else _class(code)
        return proxy


_PROXIES = _Proxies()


def _class(code: int) -> int:
    starts = _classes()
    return starts[bisect_right(starts, code << 11 | 0x7FF) - 1] & 0x7FF


@cache
def _classes() -> Sequence[int]:
    data = _mapped("classes.bin")
    return _numbers(data, len(data) // 4)


def _mapped(name: str) -> mmap:
    with (_HERE / name).open("rb") as file:
        return mmap(file.fileno(), 0, access=ACCESS_READ)


def _numbers(data: mmap, count: int) -> memoryview[int]:
    """The first numbers of a file, which are little-endian."""
    if sys.byteorder == "little":
        return memoryview(data)[: 4 * count].cast("I")
    numbers = array("I", data[: 4 * count])
    numbers.byteswap()
    return memoryview(numbers)
