"""MP3: MPEG-2 Layer III frames that sound the tone of a single spectral line, with the text as ancillary data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from fakeopenai.media import bits, tone
from fakeopenai.media.envelope import seal, unseal

_HEADER = b"\xff\xf3\xa4\xc4"
"""MPEG-2 Layer III without checksum, 96 kbit/s, 24 kHz, mono."""
_SIDE, _MAIN = 9, 4
"""Bytes of side information, and those kept for the spectrum, which needs fewer bits."""
_START = len(_HEADER) + _SIDE + _MAIN
_ROOM = 288 - _START
_SAMPLES = 576
_LINES = 18
"""Lines of a subband: their phase goes on from frame to frame by an odd number of right angles."""
_GAIN = 199

_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_KBITS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBITS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)


class Frame(NamedTuple):
    size: int
    samples: int
    rate: int


def write(text: str, melody: tuple[int, ...]) -> bytes:
    frames = -(-len(melody) * tone.BLOCK // _SAMPLES)
    words = seal(text).ljust(frames * _ROOM, b"\0")
    return b"".join(
        _HEADER
        + _sounding(number, tone.during(melody, number, _SAMPLES))
        + words[number * _ROOM : (number + 1) * _ROOM]
        for number in range(frames)
    )


def _sounding(number: int, hertz: float) -> bytes:
    """Side information and spectrum of a frame: a single line of height one, or none."""
    line = int(hertz * 2 * _SAMPLES / tone.RATE)
    spectrum, pairs = (_spectrum(line, number), line // 2 + 1) if hertz else ("", 0)
    fields = ((0, 9), (len(spectrum), 12), (pairs, 9), (_GAIN, 8), (0, 10), *[(1, 5)] * 3, (0, 9))
    side = "".join(bits.code(value, width) for value, width in fields)
    return bits.highest_first(side) + bits.highest_first(spectrum.ljust(_MAIN * 8, "0"))


def _spectrum(line: int, number: int) -> str:
    """Pairs of zeros up to the line, and the line with its sign, in the code of table 1."""
    minus = number * (2 * (line % _LINES) + 1) % 4 in {1, 2}
    return "1" * (line // 2) + ("001" if line % 2 else "01") + str(int(minus))


def heard(audio: bytes) -> str | None:
    return unseal(b"".join(audio[at + _START : at + frame.size] for at, frame in _frames(audio)))


def length(audio: bytes) -> float | None:
    """Seconds of all frames together, whatever a header claims."""
    return sum(frame.samples / frame.rate for _, frame in _frames(audio)) or None


def begins(audio: bytes) -> bool:
    """Whether an MP3 file begins here: with a tag, or with two frames in a row."""
    first = _frame(audio, 0)
    return audio[:3] == b"ID3" or bool(first and (first.size == len(audio) or _frame(audio, first.size)))


def _frames(audio: bytes) -> Iterator[tuple[int, Frame]]:
    """Whatever is no frame is skipped, such as a tag at the end."""
    at = _behind_tag(audio)
    while 0 <= at < len(audio) - 3:
        if frame := _frame(audio, at):
            yield at, frame
            at += frame.size
        else:
            at = audio.find(b"\xff", at + 1)


def _behind_tag(audio: bytes) -> int:
    """An ID3v2 tag states its size in four times seven bits."""
    if audio[:3] != b"ID3" or len(audio) < 10:
        return 0
    a, b, c, d = audio[6:10]
    return 10 + (a << 21 | b << 14 | c << 7 | d)


def _frame(audio: bytes, at: int) -> Frame | None:
    if len(audio) < at + 4 or audio[at] != 0xFF or audio[at + 1] & 0xE6 != 0xE2:
        return None
    version, bitrate, rate = audio[at + 1] >> 3 & 3, audio[at + 2] >> 4, audio[at + 2] >> 2 & 3
    if version == 1 or bitrate in {0, 15} or rate == 3:
        return None
    newer = version == 3
    samples, hertz = 1152 if newer else 576, _RATES[version][rate]
    kbits = _KBITS_1[bitrate] if newer else _KBITS_2[bitrate]
    return Frame(samples * kbits * 125 // hertz + (audio[at + 2] >> 1 & 1), samples, hertz)
