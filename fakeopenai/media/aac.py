"""AAC in ADTS frames that sound the tone of a single spectral line, with the text in data stream elements."""

from __future__ import annotations

from collections.abc import Iterator

from fakeopenai.media import bits, tone
from fakeopenai.media.envelope import seal, unseal

_SAMPLES = 1024
_ROOM = 64
_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)
_DATA = 0b100_0000_1
"""The id and tag of a data stream element whose bytes are aligned."""
_END = "111"
_BANDS = 10
"""Those of four lines each, which hold all tones."""
_GAIN = 189
_ONE = {0: ("10000", "10001"), 1: ("10011", "10111"), 2: ("10110", "10101"), 3: ("10100", "10010")}
"""Codebook 1: four lines of which one, by its place, is 1 or -1. Four zeros are `0`."""


def write(text: str, melody: tuple[int, ...]) -> bytes:
    frames = -(-len(melody) * tone.BLOCK // _SAMPLES)
    words = seal(text)
    room = max(_ROOM, -(-len(words) // frames))
    return b"".join(
        _frame(words[number * room : (number + 1) * room], _sounding(number, tone.during(melody, number, _SAMPLES)))
        for number in range(frames)
    )


def begins(audio: bytes) -> bool:
    return len(audio) >= 7 and audio[0] == 0xFF and audio[1] & 0xF6 == 0xF0


def heard(audio: bytes) -> str | None:
    return unseal(b"".join(_data(frame[7:]) for _, frame in _frames(audio)))


def length(audio: bytes) -> float | None:
    return sum(_SAMPLES / rate for rate, _ in _frames(audio)) or None


def _frame(data: bytes, sounding: str) -> bytes:
    """The header: MPEG-4 low complexity, no checksum, 24 kHz, one channel, the frame's size, variable bit rate."""
    raw = _held(data) + bits.highest_first(sounding + _END)
    header = 0xFFF1 << 40 | 1 << 38 | 6 << 34 | 1 << 30 | (len(raw) + 7) << 13 | 0x7FF << 2
    return header.to_bytes(7, "big") + raw


def _held(data: bytes) -> bytes:
    """A data stream element, if there are data."""
    if not data:
        return b""
    size = bytes([len(data)]) if len(data) < 255 else bytes([255, len(data) - 255])
    return bytes([_DATA]) + size + data


def _data(raw: bytes) -> bytes:
    """The data of a frame made here."""
    if len(raw) < 3 or raw[0] != _DATA:
        return b""
    return raw[2 : 2 + raw[1]] if raw[1] < 255 else raw[3 : 3 + 255 + raw[2]]


def _sounding(number: int, hertz: float) -> str:
    """A single channel element: a single line of height one, or none.

    Tag, gain, a long window of so many bands, no prediction; one section in codebook 1, all its bands alike; no pulses,
    no noise shaping, no gain control.
    """
    if not hertz:
        return "0" * 29
    line = int(hertz * 2 * _SAMPLES / tone.RATE)
    minus = number * (2 * line + 1) % 4 in {1, 2}
    lines = "0" * (line // 4) + _ONE[line % 4][minus] + "0" * (_BANDS - 1 - line // 4)
    window = bits.code(_GAIN, 8) + "0" * 4 + bits.code(_BANDS, 6) + "0"
    return "0" * 7 + window + "0001" + bits.code(_BANDS, 5) + "0" * _BANDS + "000" + lines


def _frames(audio: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while begins(audio[at : at + 7]):
        rate, size = audio[at + 2] >> 2 & 15, int.from_bytes(audio[at + 3 : at + 6]) >> 5 & 0x1FFF
        if rate >= len(_RATES) or size < 7:
            return
        yield _RATES[rate], audio[at : at + size]
        at += size
