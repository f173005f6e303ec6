"""H.264, baseline: one still picture, written from runs, and frames in which nothing moves (ITU H.264).

A block of 16 by 16 dots that continues its neighbour costs a few bits; any other is sent as bare samples. Neither is
filtered or rounded, so every decoder shows the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fakeopenai.media import bits
from fakeopenai.media.canvas import Canvas, Colour, Runs

_SEQUENCE, _PICTURE, _KEY, _STILL = 0x67, 0x68, 0x65, 0x41
_FRAME_BITS = 8
_SAMPLES = 25
"""The type of a block of bare samples; it counts as sixteen details where a neighbour asks."""
_BESIDE, _BELOW = "011" + "010" + "1", "010" + "011" + "1"
"""A block predicted from the left (type 2, chroma 1) or from above (type 1, chroma 2), quality unchanged."""


def parameters(width: int, height: int) -> tuple[bytes, bytes]:
    """The sequence's and the picture's parameter sets: level 4, one reference frame, unfiltered blocks."""
    across, down = -(-width // 16), -(-height // 16)
    crop = "1" + _ue(0) + _ue((across * 16 - width) // 2) + _ue(0) + _ue((down * 16 - height) // 2)
    size = _ue(across - 1) + _ue(down - 1) + "11" + crop
    sequence = bits.code(0x42C028, 24) + _ue(0) + _ue(_FRAME_BITS - 4) + _ue(2) + _ue(1) + "0" + size + "0"
    picture = _ue(0) + _ue(0) + "00" + _ue(0) * 3 + "000" + _ue(0) * 3 + "100"
    return _unit(_SEQUENCE, _ended(sequence)), _unit(_PICTURE, _ended(picture))


def key(canvas: Canvas) -> bytes:
    """The frame that shows the picture."""
    head = _ue(0) + _ue(7) + _ue(0) + bits.code(0, _FRAME_BITS) + _ue(0) + "00" + _ue(0) + _ue(1)
    return _unit(_KEY, _Blocks(canvas).coded(head))


def still(width: int, height: int, number: int) -> bytes:
    """The frame after: all its blocks are skipped, so it looks as the one before."""
    count = -(-width // 16) * -(-height // 16)
    head = _ue(0) + _ue(5) + _ue(0) + bits.code(number % (1 << _FRAME_BITS), _FRAME_BITS) + "000" + _ue(0) + _ue(1)
    return _unit(_STILL, _ended(head + _ue(count)))


def _ue(value: int) -> str:
    """A number in Exponential-Golomb code."""
    digits = f"{value + 1:b}"
    return "0" * (len(digits) - 1) + digits


def _ended(data: str) -> bytes:
    data += "1"
    return bits.highest_first(data + "0" * (-len(data) % 8))


def _unit(kind: int, data: bytes) -> bytes:
    """A unit of the stream, in which no start code may appear."""
    return bytes([kind]) + re.sub(rb"\0\0(?=[\0-\3])", b"\0\0\3", data)


class _Blocks:
    """The blocks of a picture. Rows of dots that are equal share their bytes, so comparing them costs nothing."""

    def __init__(self, canvas: Canvas) -> None:
        self.palette = [_levels(colour) for colour in canvas.palette]
        width = -(-canvas.width // 16) * 16
        rows = [row for count, runs in canvas.bands for row in [_dots(runs, width)] * count]
        rows += rows[-1:] * (-len(rows) % 16)
        self.grid = [self._row(rows[top : top + 16]) for top in range(0, len(rows), 16)]

    def _row(self, rows: list[bytes]) -> list[bytes]:
        return [b"".join(row[left : left + 16] for row in rows) for left in range(0, len(rows[0]), 16)]

    def coded(self, pending: str) -> bytes:
        """Bits that wait are padded to whole bytes before bare samples."""
        parts, details = list[bytes](), dict[tuple[int, int], int]()
        for y, x, block in self._in_order():
            if prediction := self._prediction(y, x, block):
                pending += prediction + _no_details(details.get((y, x - 1)), details.get((y - 1, x)))
                details[y, x] = 0
                continue
            pending += _ue(_SAMPLES)
            parts += [bits.highest_first(pending + "0" * (-len(pending) % 8)), self._samples(block)]
            pending, details[y, x] = "", 16
        return b"".join(parts) + _ended(pending)

    def _in_order(self) -> Iterator[tuple[int, int, bytes]]:
        return ((y, x, block) for y, row in enumerate(self.grid) for x, block in enumerate(row))

    def _prediction(self, y: int, x: int, block: bytes) -> str:
        """How to predict a block of one colour: from a neighbour that ends in that colour, if there is one."""
        plain = block[:1] * 256
        if block != plain:
            return ""
        if x and self.grid[y][x - 1][15::16] == plain[:16]:
            return _BESIDE
        return _BELOW if y and self.grid[y - 1][x][240:] == plain[:16] else ""

    def _samples(self, block: bytes) -> bytes:
        """Brightness of each dot; the colour of every second dot in every second row."""
        bright, blue, red = (bytes(part) for part in zip(*self.palette, strict=True))
        quarter = b"".join(block[row : row + 16 : 2] for row in range(0, 256, 32))
        return b"".join(
            part.translate(table.ljust(256)) for part, table in ((block, bright), (quarter, blue), (quarter, red))
        )


def _no_details(left: int | None, above: int | None) -> str:
    """The code for 'no details', which depends on how many the neighbours have on average."""
    known = [count for count in (left, above) if count is not None]
    mean = (sum(known) + len(known) - 1) // max(len(known), 1)
    return "1" if mean < 2 else "000011" if mean >= 8 else "1111"


def _dots(runs: Runs, width: int) -> bytes:
    dots = b"".join(bytes([colour]) * length for colour, length in runs)
    return dots.ljust(width, dots[-1:])


def _levels(colour: Colour) -> tuple[int, int, int]:
    """Brightness and both differences of colour in video range (BT.601)."""
    red, green, blue, _ = colour
    return (
        16 + (66 * red + 129 * green + 25 * blue + 128 >> 8),
        128 + (-38 * red - 74 * green + 112 * blue + 128 >> 8),
        128 + (112 * red - 94 * green - 18 * blue + 128 >> 8),
    )
