"""JPEG, baseline, written from runs. Equal rows of blocks are coded once, and so is every pattern of 8 by 8 dots.

The prefix codes are our own: one bit or two for what flat areas need, and equal lengths for the rest (ITU T.81).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from math import cos, pi, sqrt
from operator import mul

from fakeopenai.media import bits
from fakeopenai.media.canvas import Canvas, Colour, Runs
from fakeopenai.media.envelope import seal

_STEP = 8
"""What every coefficient is divided by."""
_ONE = 1 << 12
_WAVES = [[round(_ONE * cos((2 * x + 1) * u * pi / 16) / (2 if u else sqrt(8))) for x in range(8)] for u in range(8)]
_ZIGZAG = sorted(range(64), key=lambda at: (at // 8 + at % 8, at // 8 if (at // 8 + at % 8) % 2 else at % 8))

_DC = [0, *range(1, 12)]
_AC = [0, 0xF0, *(zeros << 4 | size for zeros in range(16) for size in range(1, 11))]
_DC_CODES = {size: "0" if not size else bits.code(15 + size, 5) for size in _DC}
_AC_CODES = {symbol: "00" if not symbol else bits.code(63 + place, 8) for place, symbol in enumerate(_AC)}

Levels = tuple[int, ...]
Shares = dict[int, list[int]]


def write(canvas: Canvas) -> bytes:
    blocks = _Blocks([_levels(colour) for colour in canvas.palette])
    scan = bits.highest_first(blocks.rows(canvas)).replace(b"\xff", b"\xff\0")
    return b"".join([_head(canvas), _tables(), _segment(0xDA, b"\x03\x01\0\x02\0\x03\0\0\x3f\0"), scan, b"\xff\xd9"])


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def _head(canvas: Canvas) -> bytes:
    """The start, the caption as comments, the quantisation, and the frame: three full components of 8 bits."""
    caption = seal(canvas.caption)
    comments = [_segment(0xFE, caption[at : at + 65_000]) for at in range(0, len(caption), 65_000)]
    size = canvas.height.to_bytes(2, "big") + canvas.width.to_bytes(2, "big")
    frame = _segment(0xC0, b"\x08" + size + b"\x03\x01\x11\0\x02\x11\0\x03\x11\0")
    jfif = _segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
    return b"\xff\xd8" + jfif + b"".join(comments) + _segment(0xDB, b"\0" + bytes([_STEP]) * 64) + frame


def _tables() -> bytes:
    """How many codes there are of each length, and their symbols."""
    dc = b"\0" + bytes([1, 0, 0, 0, len(_DC) - 1]) + bytes(11) + bytes(_DC)
    ac = b"\x10" + bytes([0, 1, 0, 0, 0, 0, 0, len(_AC) - 1]) + bytes(8) + bytes(_AC)
    return _segment(0xC4, dc) + _segment(0xC4, ac)


def _levels(colour: Colour) -> Levels:
    """Brightness and the two differences of colour, around zero, in sixteenths of a bit."""
    red, green, blue, _ = colour
    bright = 19_595 * red + 38_470 * green + 7_471 * blue
    return tuple(
        (value + 2_048) >> 12
        for value in (
            bright - (128 << 16),
            (blue * 65_536 - bright) * 36_985 >> 16,
            (red * 65_536 - bright) * 46_745 >> 16,
        )
    )


class _Blocks:
    """Codes blocks of dots over one palette, each pattern once."""

    def __init__(self, palette: list[Levels]) -> None:
        self.palette = palette
        self.patterns: dict[bytes, tuple[Levels, tuple[str, ...]]] = {}

    def rows(self, canvas: Canvas) -> str:
        """All rows of blocks. A row depends on the one above only by its last block, which begins the differences."""
        dots = [_dots(runs) for _, runs in canvas.bands]
        owners = [band for band, (count, _) in enumerate(canvas.bands) for _ in range(count)]
        owners += owners[-1:] * (-len(owners) % 8)
        before: Levels = (0, 0, 0)
        coded: dict[tuple[Levels, tuple[int, ...]], tuple[str, Levels]] = {}
        scan = []
        for top in range(0, len(owners), 8):
            key = before, tuple(owners[top : top + 8])
            if key not in coded:
                coded[key] = self.row([dots[owner] for owner in key[1]], before)
            row, before = coded[key]
            scan.append(row)
        return "".join(scan)

    def row(self, dots: list[bytes], before: Levels) -> tuple[str, Levels]:
        """The bits of one row of blocks, and the level of its last block."""
        patterns = [b"".join(line[left : left + 8] for line in dots) for left in range(0, len(dots[0]), 8)]
        coded = [(before, ("", "", "")), *map(self.block, patterns)]
        parts = [
            _difference(now - then) + rest
            for (last, _), (here, details) in pairwise(coded)
            for then, now, rest in zip(last, here, details, strict=True)
        ]
        return "".join(parts), coded[-1][0]

    def block(self, pattern: bytes) -> tuple[Levels, tuple[str, ...]]:
        """The mean of each component, and the bits of its details."""
        if pattern not in self.patterns:
            first, *others = sorted(set(pattern))
            shares = {colour: _waves([dot == colour for dot in pattern]) for colour in others}
            parts = [self.component(first, shares, part) for part in range(3)]
            self.patterns[pattern] = tuple(mean for mean, _ in parts), tuple(rest for _, rest in parts)
        return self.patterns[pattern]

    def component(self, first: int, shares: Shares, part: int) -> tuple[int, str]:
        """One component: the first colour all over, and what the others change."""
        ground = self.palette[first][part]
        whole = [0] * 64
        whole[0] = 8 * _ONE * _ONE * ground
        for colour, share in shares.items():
            change = self.palette[colour][part] - ground
            whole = [value + change * part for value, part in zip(whole, share, strict=True)] if change else whole
        mean, *details = map(_rounded, whole)
        return mean, _details(details)


def _dots(runs: Runs) -> bytes:
    """A row of dots, its last one repeated to a whole number of blocks."""
    dots = b"".join(bytes([colour]) * length for colour, length in runs)
    return dots + dots[-1:] * (-len(dots) % 8)


def _waves(dots: list[bool]) -> list[int]:
    """The cosine transform of a block of 64 dots, from the mean to the finest detail."""
    across = [_row_waves(tuple(dots[row : row + 8])) for row in range(0, 64, 8)]
    columns = list(zip(*across, strict=True))
    whole = [sum(map(mul, wave, column)) for wave in _WAVES for column in columns]
    return [whole[at] for at in _ZIGZAG]


@lru_cache(maxsize=256)
def _row_waves(dots: tuple[bool, ...]) -> list[int]:
    return [sum(map(mul, wave, dots)) for wave in _WAVES]


def _rounded(value: int) -> int:
    """To the nearest whole step; the value carries both waves' scale, and the levels' sixteenths."""
    step = 16 * _STEP * _ONE * _ONE
    return (value + step // 2) // step


def _difference(value: int) -> str:
    size = abs(value).bit_length()
    return _DC_CODES[size] + _signed(value, size)


def _details(values: list[int]) -> str:
    """Each value that isn't zero with the number of zeros before it; then the end, unless nothing is left."""
    coded, zeros = [], 0
    for value in values:
        if not value:
            zeros += 1
            continue
        size = abs(value).bit_length()
        coded.append(_AC_CODES[0xF0] * (zeros // 16) + _AC_CODES[zeros % 16 << 4 | size] + _signed(value, size))
        zeros = 0
    return "".join(coded) + (_AC_CODES[0] if zeros else "")


def _signed(value: int, size: int) -> str:
    """A negative number is written as itself less one, in as many bits."""
    return bits.code(value if value > 0 else value + (1 << size) - 1, size) if size else ""
