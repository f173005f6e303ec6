"""AAC in ADTS frames: silence, with the text in data stream elements."""

from __future__ import annotations

from collections.abc import Iterator

from fakeopenai.media import tone
from fakeopenai.media.envelope import seal, unseal

_SAMPLES = 1024
_ROOM = 64
_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)
_SILENCE = 0b000_0000_00000000_0_00_0_000000_0_0_0_0
"""A single channel element of 29 bits: tag, gain, window, no bands, no pulses, no noise shaping, no gain control."""
_DATA = 0b100_0000_1
"""The id and tag of a data stream element whose bytes are aligned."""


def write(text: str, melody: tuple[int, ...]) -> bytes:
    frames = -(-len(melody) * tone.BLOCK // _SAMPLES)
    words = seal(text)
    room = max(_ROOM, -(-len(words) // frames))
    return b"".join(_frame(words[number * room : (number + 1) * room]) for number in range(frames))


def begins(audio: bytes) -> bool:
    return len(audio) >= 7 and audio[0] == 0xFF and audio[1] & 0xF6 == 0xF0


def heard(audio: bytes) -> str | None:
    return unseal(b"".join(_data(frame[7:]) for _, frame in _frames(audio)))


def length(audio: bytes) -> float | None:
    return sum(_SAMPLES / rate for rate, _ in _frames(audio)) or None


def _frame(data: bytes) -> bytes:
    """The header: MPEG-4 low complexity, no checksum, 24 kHz, one channel, the frame's size, variable bit rate."""
    raw = _raw(data)
    header = 0xFFF1 << 40 | 1 << 38 | 6 << 34 | 1 << 30 | (len(raw) + 7) << 13 | 0x7FF << 2
    return header.to_bytes(7, "big") + raw


def _raw(data: bytes) -> bytes:
    """Silence, data if there is any, and the end: aligned by hand, since silence takes 29 bits."""
    if not data:
        return (_SILENCE << 3 | 0b111).to_bytes(4, "big")
    size = bytes([len(data)]) if len(data) < 255 else bytes([255, len(data) - 255])
    bits = (_SILENCE << 8 | _DATA) << 8 * len(size) | int.from_bytes(size)
    return (bits << 3).to_bytes(5 + len(size), "big") + data + b"\xe0"


def _data(raw: bytes) -> bytes:
    """The data of a frame made by `_raw`."""
    bits = int.from_bytes(raw[:7].ljust(7, b"\0"))
    if raw[:3] != bytes(3) or bits >> 19 & 0xFF != _DATA:
        return b""
    size, more = bits >> 11 & 0xFF, bits >> 3 & 0xFF
    return raw[6 : 6 + size] if size < 255 else raw[7 : 7 + 255 + more]


def _frames(audio: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while begins(audio[at : at + 7]):
        rate, size = audio[at + 2] >> 2 & 15, int.from_bytes(audio[at + 3 : at + 6]) >> 5 & 0x1FFF
        if rate >= len(_RATES) or size < 7:
            return
        yield _RATES[rate], audio[at : at + size]
        at += size
