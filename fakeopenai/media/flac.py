"""FLAC: the tone, losslessly, as the difference from one sample to the next; the text in a comment.

Layout: RFC 9639. Every block of the tone is a frame.
"""

from __future__ import annotations

from functools import lru_cache

from fakeopenai.media import tone
from fakeopenai.media.comments import comments, transcript

_STREAMINFO, _COMMENT = 0, 4
_RICE = {0: "1", -1: "01", 1: "001"}
_SUBFRAME = "0" + "001001" + "1" + "00000001" + "00000000" + "00" + "0000" + "0000"
"""A fixed predictor of order 1, 8 wasted bits, the first sample (0), and one Rice partition with parameter 0."""


def write(text: str, melody: tuple[int, ...]) -> bytes:
    frames = [_frame(number, height) for number, height in enumerate(melody)]
    metadata = _block(_STREAMINFO, _stream_info(len(melody))) + _block(_COMMENT, comments(text), last=True)
    return b"fLaC" + metadata + b"".join(frames)


def heard(audio: bytes) -> str | None:
    return transcript(_blocks(audio).get(_COMMENT, b""))


def length(audio: bytes) -> float | None:
    """Seconds by the stream's own count of samples."""
    info = int.from_bytes(_blocks(audio).get(_STREAMINFO, b"")[10:18])
    rate = info >> 44
    return (info & 0xFFFFFFFFF) / rate if rate else None


def _block(kind: int, body: bytes, *, last: bool = False) -> bytes:
    return bytes([kind | last << 7]) + len(body).to_bytes(3, "big") + body


def _stream_info(blocks: int) -> bytes:
    """Block sizes, unknown frame sizes, rate, one channel of 16 bits, the number of samples, no checksum."""
    block = tone.BLOCK.to_bytes(2, "big")
    shape = tone.RATE << 44 | 15 << 36 | blocks * tone.BLOCK
    return block + block + bytes(6) + shape.to_bytes(8, "big") + bytes(16)


def _blocks(audio: bytes) -> dict[int, bytes]:
    at, last, found = 4, False, dict[int, bytes]()
    while not last and at + 4 <= len(audio):
        last, kind, size = audio[at] > 127, audio[at] & 127, int.from_bytes(audio[at + 1 : at + 4], "big")
        found[kind] = audio[at + 4 : at + 4 + size]
        at += 4 + size
    return found


def _frame(number: int, height: int) -> bytes:
    """Sync, a 16-bit block size and the stream's rate, mono of 16 bits, the frame's number, and two checksums."""
    header = b"\xff\xf8\x77\x08" + chr(number).encode("utf-8", "surrogatepass") + (tone.BLOCK - 1).to_bytes(2, "big")
    frame = header + bytes([_crc8(header)]) + _body(height)
    return frame + _crc16(frame).to_bytes(2, "big")


@lru_cache(maxsize=64)
def _body(height: int) -> bytes:
    bits = _SUBFRAME + "".join(_RICE[move] for move in tone.moves(height)[:-1])
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _table(polynomial: int, width: int) -> list[int]:
    """Remainders of every byte, most significant bit first."""
    return [_remainder(byte << width - 8, polynomial, width) for byte in range(256)]


def _remainder(value: int, polynomial: int, width: int) -> int:
    for _ in range(8):
        value = value << 1 ^ polynomial if value >> width - 1 & 1 else value << 1
    return value & (1 << width) - 1


_CRC8, _CRC16 = _table(0x07, 8), _table(0x8005, 16)


def _crc8(data: bytes) -> int:
    value = 0
    for byte in data:
        value = _CRC8[value ^ byte]
    return value


def _crc16(data: bytes) -> int:
    value, table = 0, _CRC16
    for byte in data:
        value = (value << 8 & 0xFFFF) ^ table[value >> 8 ^ byte]
    return value
