"""Bits on their way into bytes, as text of `0` and `1` in the order in which they are written."""

from __future__ import annotations


def number(value: int, width: int) -> str:
    """The number's bits, lowest first, as Deflate and lossless WebP write numbers."""
    return f"{value:0{width}b}"[::-1] if width else ""


def code(value: int, width: int) -> str:
    """The bits of a prefix code, highest first."""
    return f"{value:0{width}b}"


def lowest_first(bits: str) -> bytes:
    """Bytes that are filled from their lowest bit, as Deflate and lossless WebP do; zeros at the end."""
    return int(bits[::-1] or "0", 2).to_bytes(-(-len(bits) // 8), "little")


def highest_first(bits: str) -> bytes:
    """Bytes that are filled from their highest bit, as JPEG does; ones at the end."""
    bits += "1" * (-len(bits) % 8)
    return int(bits or "0", 2).to_bytes(len(bits) // 8, "big")
