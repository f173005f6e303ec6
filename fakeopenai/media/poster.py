"""The poster: words in large letters on a coloured ground, with a strip of squares that is theirs alone."""

from __future__ import annotations

from hashlib import blake2b
from itertools import groupby

from fakeopenai.media import font
from fakeopenai.media.canvas import Canvas, Colour, Runs, joined

_GROUND, _INK, _ACCENT = 0, 1, 2
_SQUARES = 16
_SCALES = (16, 8, 4, 2)

Band = tuple[int, Runs]


def poster(words: str, width: int, height: int, *, seed: str = "", transparent: bool = False) -> Canvas:
    """A canvas that shows the words. The same words with another seed have other colours and another strip."""
    digest = blake2b(f"{seed}\0{words}".encode()).digest()
    edge = max(min(width, height) // 64, 1)
    frame = (edge, ((_ACCENT, width),))
    strip = _strip(digest, width, edge)
    room = height - 6 * edge - sum(count for count, _ in strip)
    text = _text(font.printable(words), width, edge, room)
    ground = (2 * edge, _framed((), width, edge))
    bands = [frame, ground, *text, *strip, ground, frame] if room > 0 else [(height, ((_GROUND, width),))]
    return Canvas(
        width, height, _palette(digest, 0 if transparent else 255), tuple(band for band in bands if band[0]), words
    )


def _palette(digest: bytes, alpha: int) -> tuple[Colour, ...]:
    """A light ground, as opaque as said, a dark ink, and an accent between."""
    light = [255 - byte % 64 for byte in digest[0:3]]
    dark = [byte % 80 for byte in digest[3:6]]
    middle = [64 + byte % 128 for byte in digest[6:9]]
    alphas = (alpha, 255, 255)
    return tuple((r, g, b, alpha) for (r, g, b), alpha in zip((light, dark, middle), alphas, strict=True))


def _framed(row: Runs, width: int, edge: int) -> Runs:
    """A row inside the frame, its margin on the left, and ground up to its right end."""
    used = sum(length for _, length in row)
    return joined([(_ACCENT, edge), (_GROUND, 2 * edge), *row, (_GROUND, width - used - 4 * edge), (_ACCENT, edge)])


def _strip(digest: bytes, width: int, edge: int) -> list[Band]:
    side = (width - 6 * edge) // _SQUARES
    bits = int.from_bytes(digest[9:11])
    squares = [(_ACCENT if bits >> place & 1 else _GROUND, side) for place in range(_SQUARES)]
    return [(min(side, 4 * edge), _framed(joined(squares), width, edge))] if side > 0 else []


def _text(words: str, width: int, edge: int, room: int) -> list[Band]:
    """The words as large as they fit, and cut if they don't fit at all; then empty rows up to the room's end."""
    across = width - 6 * edge
    least = max(min(width, room) // 512, 1)
    scale = next((scale for scale in _SCALES if scale > least and _fits(words, across, room, scale)), least)
    deep = font.HEIGHT * scale + scale
    lines = _wrapped(words, max(across // (font.WIDTH * scale), 1))[: max(room // deep, 0)]
    bands = [band for line in lines for band in _line(line, scale, width, edge)]
    return [*bands, (room - len(lines) * deep, _framed((), width, edge))]


def _fits(words: str, across: int, room: int, scale: int) -> bool:
    columns, lines = across // (font.WIDTH * scale), room // (font.HEIGHT * scale + scale)
    if columns * lines < len(words):
        return False
    longest = max((len(word) for word in words.split()), default=0)
    return longest <= columns and len(_wrapped(words, columns)) <= lines


def _wrapped(words: str, columns: int) -> list[str]:
    """Lines of whole words; a word longer than a line is cut."""
    lines = [""]
    for word in words.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > columns:
            lines.append("")
        line = f"{lines[-1]} {word}".strip()
        lines[-1:] = [line[at : at + columns] for at in range(0, len(line), columns)]
    return lines


def _line(line: str, scale: int, width: int, edge: int) -> list[Band]:
    letters = [font.rows(letter) for letter in line]
    dots = ["".join(letter[row] for letter in letters) for row in range(font.HEIGHT)]
    rows = [
        tuple((_INK if dot == "#" else _GROUND, len(list(run)) * scale) for dot, run in groupby(row)) for row in dots
    ]
    return [*((scale, _framed(row, width, edge)) for row in rows), (scale, _framed((), width, edge))]
