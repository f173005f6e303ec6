"""Vorbis comments, which FLAC and Ogg files carry."""

from __future__ import annotations

_VENDOR = b"fakeopenai"
_NAME = b"TRANSCRIPT="


def comments(text: str) -> bytes:
    """A comment header that holds the words spoken."""
    return _sized(_VENDOR) + (1).to_bytes(4, "little") + _sized(_NAME + text.encode())


def transcript(header: bytes) -> str | None:
    """The words, if the header is one of ours."""
    start = _sized(_VENDOR) + (1).to_bytes(4, "little")
    comment = header[len(start) + 4 :][: int.from_bytes(header[len(start) : len(start) + 4], "little")]
    return comment.removeprefix(_NAME).decode(errors="replace") if header.startswith(start) else None


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(4, "little") + data
