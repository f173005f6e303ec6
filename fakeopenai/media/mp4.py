"""MP4: its boxes, written and read (ISO 14496-12)."""

from __future__ import annotations

from collections.abc import Iterator

_PARENTS = {b"moov", b"mvex", b"trak", b"mdia", b"moof", b"traf"}


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return (len(body) + 8).to_bytes(4, "big") + kind + body


def heard(_audio: bytes) -> str | None:
    """None: speech is never made in this container."""
    return None


def length(audio: bytes) -> float | None:
    """Seconds by the longest of the headers; a live recording states none, so then by the samples of its fragments."""
    boxes = list(_boxes(audio))
    times = [_times(body) for kind, body in boxes if kind in {b"mvhd", b"mdhd"}]
    stated = max((ticks / scale for scale, ticks in times if scale), default=0.0)
    return stated or _fragments(boxes, times[-1][0] if times else 0) or None


def _fragments(boxes: list[tuple[bytes, bytes]], scale: int) -> float:
    """Seconds of all runs of samples, when there is one track. Each has its own durations or the fragment's default."""
    ticks = default = 0
    for kind, body in boxes:
        if kind == b"trex":
            default = _number(body, 12)
        elif kind == b"tfhd" and body[3:4] and body[3] & 8:
            default = _number(body, 8 + (body[3] & 1) * 8 + (body[3] & 2) * 2)
        elif kind == b"trun":
            ticks += _run(body, default)
    return ticks / scale if scale else 0.0


def _run(body: bytes, default: int) -> int:
    """Ticks of a run: its flags say which fields there are, once and for each sample."""
    flags, count = _number(body, 0), _number(body, 4)
    if not flags & 0x100:
        return count * default
    start, width = 8 + (flags & 1) * 4 + (flags & 4), 4 * (flags >> 8 & 15).bit_count()
    return sum(_number(body, at) for at in range(start, min(start + count * width, len(body)), width))


def _number(body: bytes, at: int) -> int:
    return int.from_bytes(body[at : at + 4], "big")


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        size, kind, head = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8], 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        end = len(data) if size < head else at + size
        yield kind, data[at + head : end]
        if kind in _PARENTS:
            yield from _boxes(data[at + head : end])
        at = end


def _times(header: bytes) -> tuple[int, int]:
    """Ticks a second and ticks in all; version 1 has wider fields. All ones means unknown."""
    wide = header[:1] == b"\x01"
    at, width = (20, 8) if wide else (12, 4)
    ticks = int.from_bytes(header[at + 4 : at + 4 + width], "big")
    unknown = ticks == (1 << width * 8) - 1
    return int.from_bytes(header[at : at + 4], "big"), 0 if unknown else ticks
