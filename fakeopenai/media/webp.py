"""WebP without loss, written from runs: copies from the left within a row, and from above for equal rows (RFC 9649)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from fakeopenai.media import bits
from fakeopenai.media.canvas import Canvas, Runs
from fakeopenai.media.envelope import seal

_LONGEST = 4096
_LENGTHS = range(256, 280)
_ABOVE, _LEFT = "0", "1"
"""The two distances used, in a code of one bit: nearest neighbours are number 1 (above) and 2 (left)."""
_DISTANCES = "1" + "1" + "0" + "0" + bits.number(1, 8)


class _Code:
    """A prefix code in which all symbols are equally long, unused ones filling up to a power of two."""

    def __init__(self, symbols: Iterable[int], alphabet: int) -> None:
        used = set(symbols)
        self.width = max((len(used) - 1).bit_length(), 1)
        spare = (symbol for symbol in range(alphabet) if symbol not in used)
        missing = [next(spare) for _ in range((1 << self.width) - len(used))]
        self.ranks = {symbol: rank for rank, symbol in enumerate(sorted([*used, *missing]))}
        self.alphabet = alphabet

    def __getitem__(self, symbol: int) -> str:
        return bits.code(self.ranks[symbol], self.width)

    def table(self) -> str:
        """The lengths of all symbols, each one bit: in use or not. Before it, the code of that bit."""
        order = (17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8)
        lengths = "".join(bits.number(int(each in {0, self.width}), 3) for each in order)
        uses = "".join("1" if symbol in self.ranks else "0" for symbol in range(self.alphabet))
        return "0" + bits.number(len(order) - 4, 4) + lengths + "0" + uses


def write(canvas: Canvas) -> bytes:
    size = canvas.width - 1 | canvas.height - 1 << 14 | canvas.transparent << 28
    image = _chunk(b"VP8L", b"\x2f" + size.to_bytes(4, "little") + bits.lowest_first(_image(canvas)))
    body = b"WEBP" + image + _chunk(b"SAID", seal(canvas.caption))
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2)


def _image(canvas: Canvas) -> str:
    """No transform, no colour cache, one group of codes; then the bands."""
    red, green, blue, alpha = zip(*canvas.palette, strict=True)
    greens = _Code([*green, *_LENGTHS], 280)
    codes = [greens, _Code(red, 256), _Code(blue, 256), _Code(alpha, 256)]
    dots = [
        "".join(code[part] for code, part in zip(codes, (g, r, b, a), strict=True)) for r, g, b, a in canvas.palette
    ]
    tables = "".join(code.table() for code in codes) + _DISTANCES
    bands = [
        _row(runs, dots, greens) + _copies((count - 1) * canvas.width, greens, _ABOVE) for count, runs in canvas.bands
    ]
    return "000" + tables + "".join(bands)


def _row(runs: Runs, dots: list[str], greens: _Code) -> str:
    return "".join(dots[colour] + _copies(length - 1, greens, _LEFT) for colour, length in runs)


def _copies(count: int, greens: _Code, distance: str) -> str:
    whole, rest = divmod(count, _LONGEST)
    return _copy(_LONGEST, greens, distance) * whole + (_copy(rest, greens, distance) if rest else "")


def _copy(length: int, greens: _Code, distance: str) -> str:
    symbol, extra = _length(length)
    return greens[256 + symbol] + extra + distance


@lru_cache(maxsize=4096)
def _length(length: int) -> tuple[int, str]:
    """The symbol of a length and its extra bits: two symbols share each width."""
    if length <= 4:
        return length - 1, ""
    width = (length - 1).bit_length() - 2
    return 2 * width + (length - 1 >> width), bits.number(length - 1 & (1 << width) - 1, width)
