"""Words sealed into bytes that can be found again among others."""

from __future__ import annotations

from collections.abc import Iterator

MARK = b"\x9fsaid\xf9"


def seal(text: str) -> bytes:
    words = text.encode()
    return MARK + len(words).to_bytes(4, "big") + words


def unseal(data: bytes) -> str | None:
    """The words of every envelope in the data, joined by a space; None if there is none."""
    found = list(_words(data))
    return " ".join(found) if found else None


def _words(data: bytes) -> Iterator[str]:
    at = data.find(MARK)
    while at >= 0:
        start = at + len(MARK) + 4
        end = start + int.from_bytes(data[start - 4 : start], "big")
        yield data[start:end].decode(errors="replace")
        at = data.find(MARK, end)
