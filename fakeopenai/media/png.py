"""PNG, written from runs. Its Deflate stream is made by hand, so no compression library's taste is in the bytes."""

from __future__ import annotations

from functools import lru_cache
from zlib import adler32, crc32

from fakeopenai.media import bits
from fakeopenai.media.canvas import Canvas, Runs
from fakeopenai.media.envelope import seal

_PLAIN, _UP = 0, 2
"""Filters: a row as it is, or as its difference from the row above."""
_LONGEST = 258


def write(canvas: Canvas) -> bytes:
    header = canvas.width.to_bytes(4, "big") + canvas.height.to_bytes(4, "big")
    kind = b"\x08\x06\0\0\0" if canvas.transparent else b"\x08\x02\0\0\0"
    chunks = [(b"IHDR", header + kind), (b"saId", seal(canvas.caption)), (b"IDAT", _compressed(canvas)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in chunks)


def _chunk(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + name + body + crc32(name + body).to_bytes(4, "big")


def _compressed(canvas: Canvas) -> bytes:
    """One block with the fixed code, between a zlib header and a checksum (RFC 1950, 1951)."""
    depth = 4 if canvas.transparent else 3
    palette = [bytes(colour[:depth]) for colour in canvas.palette]
    again = _literal(_UP) + _repeated(b"\0", canvas.width * depth)
    stream, checksum = ["1" + "10"], 1
    for count, runs in canvas.bands:
        stream += [_row(runs, palette), again * (count - 1)]
        dots = b"".join(palette[colour] * length for colour, length in runs)
        unchanged = bytes([_UP]) + bytes(len(dots))
        checksum = adler32(unchanged * (count - 1), adler32(bytes([_PLAIN]) + dots, checksum))
    return b"\x78\x01" + bits.lowest_first("".join(stream) + "0000000") + checksum.to_bytes(4, "big")


def _row(runs: Runs, palette: list[bytes]) -> str:
    return _literal(_PLAIN) + "".join(_repeated(palette[colour], length) for colour, length in runs)


@lru_cache(maxsize=4096)
def _repeated(dot: bytes, count: int) -> str:
    """A dot, then copies of what stands one dot back."""
    most = _LONGEST - _LONGEST % len(dot)
    whole, rest = divmod((count - 1) * len(dot), most)
    if 0 < rest < 3:
        return "".join(map(_literal, dot)) + _copy(most, len(dot)) * whole + "".join(map(_literal, dot * rest))
    return "".join(map(_literal, dot)) + _copy(most, len(dot)) * whole + (_copy(rest, len(dot)) if rest else "")


def _literal(byte: int) -> str:
    return bits.code(0x30 + byte, 8) if byte < 144 else bits.code(0x190 + byte - 144, 9)


def _copy(length: int, distance: int) -> str:
    """Length and distance in the fixed code; distances up to 4 have no extra bits."""
    symbol, extra, width = _length(length)
    prefix = bits.code(symbol - 256, 7) if symbol < 280 else bits.code(0xC0 + symbol - 280, 8)
    return prefix + bits.number(extra, width) + bits.code(distance - 1, 5)


def _length(length: int) -> tuple[int, int, int]:
    """The symbol of a length, and its extra bits: from 11 on, four symbols share each width."""
    if length == _LONGEST:
        return 285, 0, 0
    if length < 11:
        return 254 + length, 0, 0
    width = (length - 3).bit_length() - 3
    step, extra = divmod(length - 3 - (4 << width), 1 << width)
    return 261 + 4 * width + step, extra, width
