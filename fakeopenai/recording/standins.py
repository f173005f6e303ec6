"""What stands in for a secret in a recording, and how a request that has the secret is known again.

A stand-in holds a few digits of a hash: enough to tell the secrets of a recording apart, and so few of what can be
guessed that no guess is confirmed.
"""

from __future__ import annotations

import re
from hashlib import blake2b

STAND_IN = re.compile(
    r"(?:sk-|ek_|sess-|org-|proj_|user-)?redacted-(?P<digits>[0-9a-f]{3}(?:[0-9a-f]{3})?)(?![0-9a-f])"
)
"""A stand-in, whatever it stands for; that of an e-mail address goes on with `@example.com`."""

GUESSABLE, RANDOM = 3, 6
"""Hexadecimal digits of what people chose, such as an address, and of what a machine drew, such as a key."""


def stand_in(secret: str, digits: int = GUESSABLE) -> str:
    """The same for the same secret, everywhere and always."""
    return f"redacted-{_digest(secret)[:digits]}"


def _digest(secret: str) -> str:
    return blake2b(secret.encode("utf-8", "surrogatepass"), digest_size=8, person=b"fakeopenai rec").hexdigest()


def fits(recorded: str, live: str) -> bool:
    """Whether a text is the recorded one, or is with its secrets what the recorded one is without."""
    if recorded == live:
        return True
    parts = _parts(recorded)
    return len(parts) > 1 and live.startswith(parts[0]) and _continues(parts, 1, live, len(parts[0]))


_WHOLE = re.compile(rf"{STAND_IN.pattern}(?:@example\.com)?")


def _parts(recorded: str) -> list[str]:
    """Literal texts at even places, stand-ins between them."""
    parts, at = [], 0
    for found in _WHOLE.finditer(recorded):
        parts += [recorded[at : found.start()], found[0]]
        at = found.end()
    return [*parts, recorded[at:]]


def _continues(parts: list[str], place: int, live: str, at: int) -> bool:
    """Whether the rest of a text fits from the stand-in at this place on."""
    if place == len(parts):
        return at == len(live)
    mark, after = parts[place], parts[place + 1]
    last = place + 2 == len(parts)
    return any(
        _stands_for(mark, live[at : end - len(after)]) and _continues(parts, place + 2, live, end)
        for end in ([len(live)] if last and live.endswith(after) else _ends(after, live, at))
    )


def _ends(literal: str, live: str, start: int) -> list[int]:
    """Where the literal text ends, of all the places where it comes after something."""
    if not literal:
        return list(range(start + 1, len(live) + 1))
    found, at = [], live.find(literal, start + 1)
    while at >= 0:
        found.append(at + len(literal))
        at = live.find(literal, at + 1)
    return found


def _stands_for(mark: str, secret: str) -> bool:
    if mark == secret:
        return True
    found = STAND_IN.match(mark)
    return found is not None and bool(secret) and _digest(secret).startswith(found["digits"])
