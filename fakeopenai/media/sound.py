"""Sound: speech that remembers its words, and the length of any recording.

A character lasts 60 ms at speed 1, with at least 0.3 s and at most ten minutes in all, and sounds as a tone of its own.
The text travels along, to be heard again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakeopenai.media import aac, flac, mp3, mp4, ogg, wav, webm
from fakeopenai.media.tone import BLOCK, RATE, melody

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

SHORTEST, LONGEST = 5, 10_000

MEDIA_TYPES = {
    "mp3": "audio/mpeg",
    "opus": "audio/opus",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
"""The content type under which the API sends each format (recorded)."""

_WRITERS: dict[str, Callable[[str, tuple[int, ...]], bytes]] = {
    "mp3": mp3.write,
    "opus": ogg.write,
    "aac": aac.write,
    "flac": flac.write,
    "wav": wav.write,
    "pcm": wav.samples,
    "pcm16": wav.samples,
}

_SIGNATURES: tuple[tuple[int, bytes, ModuleType], ...] = (
    (0, b"RIFF", wav),
    (0, b"fLaC", flac),
    (0, b"OggS", ogg),
    (0, b"\x1aE\xdf\xa3", webm),
    (4, b"ftyp", mp4),
)


def speech(text: str, format: str, *, voice: str = "alloy", speed: float = 1.0) -> bytes:
    """The text, spoken: a file in one of `mp3`, `opus`, `aac`, `flac`, `wav`, or bare 24 kHz 16-bit mono `pcm`."""
    return _WRITERS[format](text, melody(text, _blocks(text, speed), voice))


def duration(text: str, speed: float = 1.0) -> float:
    """How many seconds the text takes to speak. MP3 and AAC round up to whole frames of 24 and 43 ms."""
    return _blocks(text, speed) * BLOCK / RATE


def heard(audio: bytes) -> str | None:
    """The words, if the recording is speech of our own making."""
    container = _container(audio) or wav
    text: str | None = container.heard(audio)
    return text


def length(audio: bytes) -> float | None:
    """Seconds a recording lasts by its headers: wav, flac, ogg, mp3, aac, mp4 or webm. None for anything else."""
    container = _container(audio)
    seconds: float | None = container.length(audio) if container else None
    return seconds


def _blocks(text: str, speed: float) -> int:
    return min(max(round(len(text) / speed), SHORTEST), LONGEST)


def _container(audio: bytes) -> ModuleType | None:
    for at, signature, container in _SIGNATURES:
        if audio.startswith(signature, at):
            return container
    if aac.begins(audio):
        return aac
    return mp3 if mp3.begins(audio) else None
