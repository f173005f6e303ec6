"""The bytes of a file in a store: in pieces, so that a long one can be read and written without holding all of it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from fakeopenai.store import Store

PIECE = 256 * 1024
"""Bytes of each piece but the last."""
WORTH = 0.75
"""What is left of a piece that is worth packing."""
PACKED, PLAIN = b"z", b"."


@dataclass(frozen=True, slots=True)
class Packed:
    """The bytes of a file, unpacked piece by piece as they are gone through."""

    first: bytes
    behind: tuple[bytes, ...]
    size: int

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[bytes]:
        yield self.first
        yield from map(_unpacked, self.behind)

    def __bytes__(self) -> bytes:
        return b"".join(self)


@dataclass(frozen=True, slots=True)
class Blob:
    """A file's bytes, under its id in a drawer. The first piece stands there as it is, so that a small file is a value
    like any other; those behind it stand packed in a drawer of their own, under their numbers.
    """

    store: Store
    drawer: str
    id: str

    def __bool__(self) -> bool:
        """Whether there is such a file; it may be empty."""
        return self.store.get(self.drawer, self.id) is not None

    def __len__(self) -> int:
        """How many bytes it has."""
        behind = self.store.count(self._behind)
        last = self._piece(behind)
        return behind * PIECE + len(last) if behind else len(last)

    @property
    def content(self) -> bytes:
        """All its bytes; none if there is no such file."""
        return b"".join(self.read())

    def packed(self) -> Packed:
        """All its bytes as they are now, however the file changes."""
        first = self.store.get(self.drawer, self.id) or b""
        behind = [self.store.get(self._behind, number) or PLAIN for number in self.store.ids(self._behind)]
        return Packed(first, tuple(behind), len(self))

    def read(self, start: int = 0) -> Iterator[bytes]:
        """Its bytes from a place on, piece by piece."""
        behind = self.store.count(self._behind)
        number = min(start // PIECE, behind)
        yield self._piece(number)[start - number * PIECE :]
        for following in range(number + 1, behind + 1):
            yield self._piece(following)

    def put(self, content: bytes) -> None:
        """Have these bytes and no others."""
        self.delete()
        self._write(0, content)

    def append(self, content: bytes) -> None:
        """Add bytes at the end; the file begins with them if there is none."""
        last = self.store.count(self._behind)
        self._write(last, self._piece(last) + content)

    def copy(self, target: Blob) -> None:
        """Have the same bytes elsewhere, too."""
        target.delete()
        first = self.store.get(self.drawer, self.id)
        if first is not None:
            target.store.put(target.drawer, target.id, first)
        for number in self.store.ids(self._behind):
            target.store.put(target._behind, number, self.store.get(self._behind, number) or b"")

    def delete(self) -> None:
        self.store.delete(self.drawer, self.id)
        for number in list(self.store.ids(self._behind)):
            self.store.delete(self._behind, number)

    @property
    def _behind(self) -> str:
        return f"{self.drawer}/{self.id}"

    def _piece(self, number: int) -> bytes:
        if number == 0:
            return self.store.get(self.drawer, self.id) or b""
        return _unpacked(self.store.get(self._behind, str(number)) or PLAIN)

    def _write(self, number: int, content: bytes) -> None:
        """Write the pieces from a number on."""
        pieces = [content[at : at + PIECE] for at in range(0, len(content), PIECE)] or [b""]
        for each, piece in enumerate(pieces, number):
            if each == 0:
                self.store.put(self.drawer, self.id, piece)
            else:
                self.store.put(self._behind, str(each), _packed(piece))


def _packed(piece: bytes) -> bytes:
    """Lines of JSON become a fraction; pictures and archives are left as they are, by the look of their beginning."""
    sample = piece[:4096]
    if len(zlib.compress(sample, 1)) > WORTH * len(sample):
        return PLAIN + piece
    return PACKED + zlib.compress(piece, 1)


def _unpacked(kept: bytes) -> bytes:
    return zlib.decompress(kept[1:]) if kept[:1] == PACKED else kept[1:]
