"""WAV and bare PCM: 24 kHz, 16 bits, mono. The text is in the samples' lowest bits."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from fakeopenai.media import tone
from fakeopenai.media.envelope import MARK, seal, unseal

_UNKNOWN = 0xFFFFFFFF
_FORMAT = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, tone.RATE, tone.RATE * 2, 2, 16)
_HEADER = b"RIFF" + _UNKNOWN.to_bytes(4, "little") + b"WAVE" + _FORMAT + b"data" + _UNKNOWN.to_bytes(4, "little")
_DIGITS = bytes.maketrans(b"01", b"\x00\x01")
_LOWEST_BITS = bytes(b"01"[byte & 1] for byte in range(256))


def write(text: str, melody: tuple[int, ...]) -> bytes:
    """A WAV file whose sizes are unknown, as the API streams it (recorded: both are 0xFFFFFFFF)."""
    return _HEADER + samples(text, melody)


def samples(text: str, melody: tuple[int, ...]) -> bytes:
    """The bare samples."""
    sound = bytearray().join(tone.samples(height) for height in melody)
    bits = _bits(seal(text)).translate(_DIGITS)[: len(sound) // 2]
    sound[0 : 2 * len(bits) : 2] = bits
    return bytes(sound)


def heard(audio: bytes) -> str | None:
    """The text, from a file or from bare samples."""
    data = audio if audio[:4] != b"RIFF" else dict(_chunks(audio)).get(b"data", b"")
    bits = data[::2].translate(_LOWEST_BITS)
    start = bits.find(_bits(MARK))
    return None if start < 0 else unseal(_bytes(bits[start:]))


def length(audio: bytes) -> float | None:
    chunks = dict(_chunks(audio))
    speed = int.from_bytes(chunks.get(b"fmt ", b"")[8:12], "little")
    return len(chunks[b"data"]) / speed if speed and b"data" in chunks else None


def _chunks(audio: bytes) -> Iterator[tuple[bytes, bytes]]:
    """A chunk that claims more than there is ends with the file."""
    at = 12
    while at + 8 <= len(audio):
        name, size = audio[at : at + 4], int.from_bytes(audio[at + 4 : at + 8], "little")
        yield name, audio[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _bits(data: bytes) -> bytes:
    return f"{int.from_bytes(data):0{len(data) * 8}b}".encode()


def _bytes(bits: bytes) -> bytes:
    whole = bits[: len(bits) // 8 * 8]
    return b"".join(
        int(whole[at : at + 4096], 2).to_bytes(len(whole[at : at + 4096]) // 8) for at in range(0, len(whole), 4096)
    )
