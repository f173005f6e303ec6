"""Pictures: a poster that shows its prompt, in every format; what a picture's header says; the words in one of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fakeopenai.media import jpeg, png, webp
from fakeopenai.media.canvas import Canvas, coarse, tiled
from fakeopenai.media.envelope import unseal
from fakeopenai.media.poster import poster

if TYPE_CHECKING:
    from collections.abc import Callable

MEDIA_TYPES = {"png": "image/png", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}

_WRITERS: dict[str, Callable[[Canvas], bytes]] = {"png": png.write, "jpeg": jpeg.write, "webp": webp.write}


class Shape(NamedTuple):
    """What the header of a picture says of it."""

    format: str
    width: int
    height: int
    has_alpha: bool


def picture(prompt: str, size: str, format: str = "png", *, transparent: bool = False, seed: str = "") -> bytes:
    """A picture that shows its prompt. `size` is `1024x1024`; each seed has its own colours."""
    return _WRITERS[format](_canvas(prompt, size, transparent=transparent, seed=seed))


def partial(
    prompt: str, size: str, format: str, index: int, count: int, *, transparent: bool = False, seed: str = ""
) -> bytes:
    """The picture as it looks after `index` of `count` steps: a mosaic, finer with each."""
    canvas = _canvas(prompt, size, transparent=transparent, seed=seed)
    cell = max(min(canvas.width, canvas.height) // 8 >> index * 3 // count, 2)
    return _WRITERS[format](coarse(canvas, cell))


def sheet(prompt: str, size: str, format: str, columns: int, rows: int) -> bytes:
    """The picture many times over, each of the size given."""
    return _WRITERS[format](tiled(_canvas(prompt, size, transparent=False, seed=""), columns, rows))


def seen(image: bytes) -> str | None:
    """The prompt, if the picture is one of our own making."""
    return unseal(image)


def inspect(image: bytes) -> Shape | None:
    """Format, size and transparency of a PNG, JPEG, GIF or WebP picture; None for anything else."""
    if image.startswith(b"\x89PNG\r\n\x1a\n") and image[12:16] == b"IHDR" and len(image) > 25:
        return Shape("png", _big(image[16:20]), _big(image[20:24]), image[25] in {4, 6} or b"tRNS" in image[:4096])
    if image.startswith((b"GIF87a", b"GIF89a")) and len(image) > 9:
        return Shape("gif", _little(image[6:8]), _little(image[8:10]), _gif_alpha(image))
    if image.startswith(b"RIFF") and image[8:12] == b"WEBP":
        return _webp(image)
    return _jpeg(image) if image.startswith(b"\xff\xd8\xff") else None


def is_whole(image: bytes) -> bool:
    """Whether a picture goes on to its end, as its format marks it."""
    if image.startswith(b"\x89PNG"):
        return b"IEND\xaeB`\x82" in image
    if image.startswith(b"RIFF"):
        return len(image) >= 8 + _little(image[4:8])
    return not image.startswith(b"\xff\xd8") or b"\xff\xd9" in image


def _canvas(prompt: str, size: str, *, transparent: bool, seed: str) -> Canvas:
    width, height = map(int, size.split("x"))
    return poster(prompt, width, height, seed=seed, transparent=transparent)


def _big(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _gif_alpha(image: bytes) -> bool:
    """By the flag of the first control extension."""
    at = image.find(b"\x21\xf9\x04")
    return at >= 0 and len(image) > at + 3 and bool(image[at + 3] & 1)


def _webp(image: bytes) -> Shape | None:
    match image[12:16]:
        case b"VP8 " if len(image) >= 30:
            return Shape("webp", _little(image[26:28]) & 0x3FFF, _little(image[28:30]) & 0x3FFF, False)
        case b"VP8L" if len(image) >= 25:
            size = _little(image[21:25])
            return Shape("webp", (size & 0x3FFF) + 1, (size >> 14 & 0x3FFF) + 1, bool(size >> 28 & 1))
        case b"VP8X" if len(image) >= 30:
            return Shape("webp", _little(image[24:27]) + 1, _little(image[27:30]) + 1, bool(image[20] & 16))
    return None


def _jpeg(image: bytes) -> Shape | None:
    """Goes from segment to segment up to the frame's."""
    at = 2
    while at + 9 <= len(image) and image[at] == 0xFF:
        marker = image[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            return Shape("jpeg", _big(image[at + 7 : at + 9]), _big(image[at + 5 : at + 7]), False)
        at += 2 + _big(image[at + 2 : at + 4]) if marker != 0xFF else 1
    return None
