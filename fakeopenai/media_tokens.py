"""What images, sounds and files cost in tokens.

Images by the published formulas (guide "Images and vision", calculating costs), sounds at ten tokens a second; both as
recorded. What a model reads out of a PDF is not published: pages are estimated. Nothing is fetched, so an image behind
a URL counts as 1024 x 1024.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as BadBase64
from math import ceil, floor, sqrt
from struct import error as struct_error
from struct import unpack
from typing import TYPE_CHECKING, NamedTuple

from fakeopenai.vocabulary import vocabulary

if TYPE_CHECKING:
    from fakeopenai.models import Model
    from fakeopenai.turn import Media

Size = tuple[int, int]
UNKNOWN_SIZE: Size = (1024, 1024)
PATCHES = 1536
SOUND_MARKS = 4
PDF_PAGE = 215
BYTES_PER_SECOND = 16_000


class Tiles(NamedTuple):
    """Models that look at an image in tiles of 512 x 512, after a look at the whole."""

    whole: int
    tile: int


TILES = (
    ("gpt-4o-mini", Tiles(2833, 5667)),
    ("gpt-5", Tiles(70, 140)),
    ("o1", Tiles(75, 150)),
    ("o3", Tiles(75, 150)),
    ("computer-use", Tiles(65, 129)),
    ("", Tiles(85, 170)),
)
PATCH_PRICE = (
    ("gpt-4.1-mini", 1.62),
    ("gpt-4.1-nano", 2.46),
    ("o4-mini", 1.72),
    ("gpt-5-mini", 1.2),
    ("gpt-5-nano", 1.5),
)
"""Models that look at an image in patches of 32 x 32, and what a patch costs; those of gpt-5 as recorded."""


def count(media: Media, model: Model) -> int:
    """The tokens of something that stands in a message."""
    match media.kind:
        case "image":
            return image(image_size(content(media.source)), model.id, media.detail)
        case "audio":
            return SOUND_MARKS + int(10 * seconds(content(media.source)))
        case "file":
            return file(content(media.source), model.encoding)


def image(size: Size, model: str, detail: str = "auto") -> int:
    """The tokens of an image that is so many pixels wide and high; sizes of 0 count as 1."""
    width, height = max(1, size[0]), max(1, size[1])
    price = next((price for name, price in PATCH_PRICE if name in model), None)
    if price:
        return ceil(_patches(width, height) * price) + 1
    costs = next(costs for name, costs in TILES if name in model)
    return costs.whole if detail == "low" else costs.whole + costs.tile * _tiles(width, height)


def _tiles(width: int, height: int) -> int:
    shrink = min(1.0, 2048 / max(width, height))
    shrink *= min(1.0, 768 / (shrink * min(width, height)))
    return ceil(round(width * shrink, 6) / 512) * ceil(round(height * shrink, 6) / 512)


def _patches(width: int, height: int) -> int:
    patches = ceil(width / 32) * ceil(height / 32)
    if patches <= PATCHES:
        return patches
    shrink = sqrt(PATCHES / (width * height))
    return max(1, floor(width * shrink)) * max(1, floor(height * shrink))


def file(data: bytes, encoding: str) -> int:
    """The tokens of a file: its text, or an estimate for a PDF or what isn't at hand."""
    if data and not data.startswith(b"%PDF"):
        return vocabulary(encoding).count(data.decode(errors="replace"))
    pages = len(re.findall(rb"/Type\s*/Page\b", data))
    return PDF_PAGE * max(1, pages)


def content(source: str) -> bytes:
    """The bytes in a data URL or base-64 text; none for other URLs, ids and broken base 64."""
    encoded = source.partition(",")[2] if source.startswith("data:") else source
    try:
        return b64decode(encoded, validate=True)
    except (BadBase64, ValueError):
        return b""


def seconds(sound: bytes) -> float:
    """How long a sound lasts: exact for WAV, else as if at 128 kbit/s."""
    if sound[:4] != b"RIFF" or len(sound) < 44:
        return len(sound) / BYTES_PER_SECOND
    rate = int.from_bytes(sound[28:32], "little")
    return (len(sound) - 44) / max(1, rate)


def image_size(data: bytes) -> Size:
    """Width and height of a PNG, GIF, WebP or JPEG image; 1024 x 1024 for anything else."""
    try:
        return _size(data)
    except (IndexError, struct_error):
        return UNKNOWN_SIZE


def _size(data: bytes) -> Size:
    if data.startswith(b"\x89PNG"):
        return _pair(">II", data[16:24])
    if data.startswith(b"GIF8"):
        return _pair("<HH", data[6:10])
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _webp_size(data)
    if data.startswith(b"\xff\xd8"):
        return _jpeg_size(data)
    return UNKNOWN_SIZE


def _pair(form: str, data: bytes) -> Size:
    first, second = unpack(form, data)
    return first, second


def _webp_size(data: bytes) -> Size:
    match data[12:16]:
        case b"VP8X":
            return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
        case b"VP8L":
            bits = int.from_bytes(data[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case _:
            width, height = _pair("<HH", data[26:30])
            return width & 0x3FFF, height & 0x3FFF


def _jpeg_size(data: bytes) -> Size:
    """Walk the segments up to the frame header, which is one of the markers C0 to CF but C4, C8 and CC."""
    at = 2
    while data[at] == 0xFF:
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = _pair(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return UNKNOWN_SIZE
