"""MP4: its boxes, written and read (ISO 14496-12)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_PARENTS = {b"moov", b"mvex", b"trak", b"mdia", b"moof", b"traf"}


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return (len(body) + 8).to_bytes(4, "big") + kind + body


def film(frames: list[bytes], parameters: tuple[bytes, bytes], size: tuple[int, int], rate: int) -> bytes:
    """A file of H.264 frames, of which the first is the key frame, `rate` a second."""
    samples = [_sized(frame) for frame in frames]
    kind = box(b"ftyp", b"isom", _u32(0x200), b"isomiso2avc1mp41")
    tables = _tables([len(sample) for sample in samples], _format(parameters, size))
    before = len(kind) + len(_movie(tables, len(frames), size, rate, 0)) + 8
    return b"".join([kind, _movie(tables, len(frames), size, rate, before), box(b"mdat", *samples)])


def _movie(tables: bytes, count: int, size: tuple[int, int], rate: int, offset: int) -> bytes:
    """All that describes the frames, which begin at the offset in the file."""
    times = bytes(8) + _u32(rate) + _u32(count)
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    header = _full(b"mvhd", times, _u32(0x10000), b"\1\0", bytes(10), matrix, bytes(24), _u32(2))
    shape = struct.pack(">II", size[0] << 16, size[1] << 16)
    track = _full(b"tkhd", bytes(8), _u32(1), bytes(4), _u32(count), bytes(16), matrix, shape, flags=3)
    source = box(b"dinf", _full(b"dref", _u32(1), _full(b"url ", flags=1)))
    place = box(b"stbl", tables, _full(b"stco", _u32(1), _u32(offset)))
    media = box(b"minf", _full(b"vmhd", bytes(8), flags=1), source, place)
    handler = _full(b"hdlr", bytes(4), b"vide", bytes(12), b"Film\0")
    trak = box(b"trak", track, box(b"mdia", _full(b"mdhd", times, b"\x55\xc4\0\0"), handler, media))
    return box(b"moov", header, trak)


def _tables(sizes: list[int], format: bytes) -> bytes:
    """Of the frames: format, that each lasts a tick, which is the key frame, that all lie together, sizes."""
    count = _u32(len(sizes))
    return b"".join(
        [
            _full(b"stsd", _u32(1), format),
            _full(b"stts", _u32(1), count, _u32(1)),
            _full(b"stss", _u32(1), _u32(1)),
            _full(b"stsc", _u32(1), _u32(1), count, _u32(1)),
            _full(b"stsz", _u32(0), count, *map(_u32, sizes)),
        ]
    )


def _format(parameters: tuple[bytes, bytes], size: tuple[int, int]) -> bytes:
    sequence, picture = parameters
    sets = b"\xe1" + len(sequence).to_bytes(2, "big") + sequence + b"\1" + len(picture).to_bytes(2, "big") + picture
    shape = struct.pack(">HHIIIH", *size, 0x480000, 0x480000, 0, 1)
    codec = box(b"avcC", b"\1" + sequence[1:4] + b"\xff" + sets)
    return box(b"avc1", bytes(6), b"\0\1", bytes(16), shape, bytes(32), b"\0\x18\xff\xff", codec)


def _full(kind: bytes, *parts: bytes, flags: int = 0) -> bytes:
    return box(kind, _u32(flags), *parts)


def _sized(data: bytes) -> bytes:
    return _u32(len(data)) + data


def _u32(value: int) -> bytes:
    return value.to_bytes(4, "big")


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
