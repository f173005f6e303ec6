"""Ogg: Opus with the text in its comments; and the length of any Ogg file (RFC 3533, RFC 6716, RFC 7845)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from fakeopenai.media.comments import comments, transcript

_SERIAL = 1
_PRE_SKIP = 312
_RATE = 48_000
_HEAD = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, _PRE_SKIP, 24_000, 0, 0)
_TICKS = 2_880
_SILENCE = b"\xfb\x03" + b"\xff\xfe" * 3
"""A packet of three silent full-band frames of 20 ms: one block of the tone."""
_TONES = Path(__file__).with_name("opus.bin")
"""Frames of sine tones, in steps of 50/3 Hz so that three of 20 ms hold whole waves: three for each height from 14 on.

Made with libopus 1.3: 48 kHz mono, restricted to low delay, prediction disabled, 8 kbit/s constant, narrow band; the
tenth to twelfth frames without their first byte.
"""
_DEEPEST, _FRAMES = 14, 57
_TONE = b"\x9b\x03"
"""Three frames of equal size, 20 ms, narrow band, mono."""
_PACKETS_A_PAGE = 16
_FRESH, _CONTINUED, _FIRST, _LAST = 0, 1, 2, 4


class Page(NamedTuple):
    flags: int
    granule: int
    serial: int
    body: bytes


def write(text: str, melody: tuple[int, ...]) -> bytes:
    head = _page(_FIRST, 0, 0, _lacing(len(_HEAD)), _HEAD)
    tags = _long(b"OpusTags" + comments(text), 1)
    sound = _sound([*map(_packet, melody), _SILENCE], 1 + len(tags))
    return b"".join([head, *tags, *sound])


def heard(audio: bytes) -> str | None:
    """The comments begin on the second page and may go on over more."""
    _, *pages = _pages(audio) or [Page(0, 0, 0, b"")]
    tags = b"".join(page.body for number, page in enumerate(pages) if number == 0 or page.flags & _CONTINUED)
    return transcript(tags[8:]) if tags.startswith(b"OpusTags") else None


def length(audio: bytes) -> float | None:
    """Seconds by the last position of the first stream whose codec is known."""
    for first in _pages(audio):
        if shape := _shape(first.body):
            rate, skipped = shape
            last = max(page.granule for page in _pages(audio) if page.serial == first.serial)
            return max(last - skipped, 0) / rate
    return None


def _shape(head: bytes) -> tuple[int, int] | None:
    """Ticks a second, and how many to skip at the start."""
    if head.startswith(b"OpusHead"):
        return _RATE, int.from_bytes(head[10:12], "little")
    if head.startswith(b"\x01vorbis") and len(head) >= 16:
        return int.from_bytes(head[12:16], "little") or 1, 0
    if head.startswith(b"\x7fFLAC") and len(head) >= 35:
        return int.from_bytes(head[27:30]) >> 4 or 1, 0
    return None


@cache
def _packet(height: int) -> bytes:
    """One block of the tone."""
    at = (height - _DEEPEST) * _FRAMES
    return _TONE + _TONES.read_bytes()[at : at + _FRAMES] if height else _SILENCE


def _sound(packets: list[bytes], page: int) -> Iterator[bytes]:
    """Pages of about a second. One packet more than sounds, because the decoder skips the first ticks."""
    for number, start in enumerate(range(0, len(packets), _PACKETS_A_PAGE)):
        held = packets[start : start + _PACKETS_A_PAGE]
        last, end = start + len(held) == len(packets), start + len(held)
        granule = (len(packets) - 1) * _TICKS + _PRE_SKIP if last else end * _TICKS
        lacing = bytes(map(len, held))
        yield _page(_LAST if last else _FRESH, granule, page + number, lacing, b"".join(held))


def _lacing(size: int) -> bytes:
    return b"\xff" * (size // 255) + bytes([size % 255])


def _long(packet: bytes, page: int) -> list[bytes]:
    """A packet of any size, over as many pages as it needs."""
    lacing, pages = _lacing(len(packet)), list[bytes]()
    for at in range(0, len(lacing), 255):
        flags, body = _CONTINUED if at else _FRESH, packet[at * 255 : (at + 255) * 255]
        pages.append(_page(flags, 0, page + len(pages), lacing[at : at + 255], body))
    return pages


def _page(flags: int, granule: int, number: int, lacing: bytes, body: bytes) -> bytes:
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, granule, _SERIAL, number, 0, len(lacing)) + lacing
    page = bytearray(head + body)
    page[22:26] = _crc(page).to_bytes(4, "little")
    return bytes(page)


def _pages(audio: bytes) -> list[Page]:
    at, pages = 0, list[Page]()
    while audio[at : at + 4] == b"OggS" and at + 27 <= len(audio):
        flags, granule, serial = struct.unpack_from("<BqI", audio, at + 5)
        start = at + 27 + audio[at + 26]
        end = start + sum(audio[at + 27 : start])
        pages.append(Page(flags, granule, serial, audio[start:end]))
        at = end
    return pages


def _remainder(value: int) -> int:
    for _ in range(8):
        value = value << 1 ^ 0x104C11DB7 if value >> 31 else value << 1
    return value


_CRC = [_remainder(byte << 24) for byte in range(256)]


def _crc(data: bytes | bytearray) -> int:
    value, table = 0, _CRC
    for byte in data:
        value = (value << 8 & 0xFFFFFFFF) ^ table[value >> 24 ^ byte]
    return value
