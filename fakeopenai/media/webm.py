"""WebM and Matroska: how long a recording is (RFC 8794, RFC 9559)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_SEGMENT, _INFO, _CLUSTER, _GROUP = 0x18538067, 0x1549A966, 0x1F43B675, 0xA0
_SCALE, _DURATION, _CLUSTER_TIME = 0x2AD7B1, 0x4489, 0xE7
_BLOCKS = {0xA1, 0xA3}
_PARENTS = {_SEGMENT, _INFO, _CLUSTER, _GROUP}


def heard(_audio: bytes) -> str | None:
    """None: speech is never made in this container."""
    return None


def length(audio: bytes) -> float | None:
    """Seconds by the stated duration; a browser's live recording states none, so then by its last block."""
    scale, stated, cluster, last = 1_000_000, 0.0, 0, 0
    for kind, body in _elements(audio, 0, len(audio)):
        if kind == _SCALE:
            scale = int.from_bytes(body)
        elif kind == _DURATION:
            stated = _float(body)
        elif kind == _CLUSTER_TIME:
            cluster = int.from_bytes(body)
        elif kind in _BLOCKS:
            last = max(last, cluster + _offset(body))
    return (stated or last) * scale / 1e9 or None


def _float(body: bytes) -> float:
    number: float = struct.unpack(">d" if len(body) == 8 else ">f", body)[0] if len(body) in {4, 8} else 0.0
    return number


def _offset(block: bytes) -> int:
    """A block's time against its cluster's: 16 bits behind the track number."""
    _, at = _number(block, 0, keep_marker=False)
    return int.from_bytes(block[at : at + 2], signed=True)


def _elements(data: bytes, at: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Every leaf; parents are entered, and so one of unknown size just goes on."""
    while at + 2 <= end:
        kind, at = _number(data, at, keep_marker=True)
        size, at = _number(data, at, keep_marker=False)
        if kind in _PARENTS:
            continue
        yield kind, data[at : at + min(size, end - at)]
        at += size


def _number(data: bytes, at: int, *, keep_marker: bool) -> tuple[int, int]:
    """A number of variable width, and where it ends. The zeros before its first one tell the width."""
    first = data[at] if at < len(data) else 0
    width = 9 - first.bit_length()
    value = int.from_bytes(data[at : at + width])
    return value if keep_marker else value & (1 << 7 * width) - 1, at + width
