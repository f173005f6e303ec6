"""Pictures that a conversation carries in data URLs: what is wrong with one, by its type and its first bytes."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import Literal

SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"RIFF")
TYPES = frozenset({"image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp"})
_HEAD = re.compile(r"[A-Za-z0-9+/]{0,64}")

Fault = Literal["", "type", "empty", "base64", "picture"]


def fault(url: str) -> Fault:
    """What is wrong with a data URL: its media type, no bytes at all, no base 64, or bytes that are no picture."""
    about, _, data = url.removeprefix("data:").partition(",")
    kind, _, coding = about.lower().partition(";")
    if kind not in TYPES:
        return "type"
    if not data:
        return "empty"
    head = _head(data)
    if not coding.endswith("base64") or not head:
        return "base64"
    return "" if head.startswith(SIGNATURES) else "picture"


def media_type(url: str) -> str:
    return url.removeprefix("data:").partition(",")[0].partition(";")[0]


def _head(data: str) -> bytes:
    """The first bytes, as far as they are base 64."""
    found = _HEAD.match(data)
    plain = found[0] if found else ""
    plain = plain[:-1] if len(plain) % 4 == 1 else plain
    return b64decode(plain + "=" * (-len(plain) % 4))
