"""API keys that a world makes. The name of the world is written in the key, so any server finds the world by it."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from typing import Literal

from fakeopenai.ids import Names

MARK = "T3BlbkFJ"
"""What every real key has in its middle: "OpenAI" in base 64."""

TAIL = 74
"""How many characters follow the mark in a real key."""


def mint(kind: Literal["proj", "admin", "svcacct"], world: str, names: Names) -> str:
    """A new secret: a random part that no other world has, the mark, the world's name, and a seal."""
    return _marked(f"sk-{kind}-{names.child(world).b62(TAIL, 'secret')}", world)


def ephemeral(world: str, names: Names) -> str:
    """A new client secret, which leads back to its world as the other keys do."""
    return _marked(names.child(world).new("ek_"), world)


def _marked(secret: str, world: str) -> str:
    owner = urlsafe_b64encode(world.encode()).decode().rstrip("=")
    return f"{secret}{MARK}{owner}_{_seal(secret + owner, max(16, TAIL - len(owner) - 1))}"


def maker(key: str) -> str | None:
    """The name of the world that made a key; None for a key that none made."""
    secret, mark, tail = key.partition(MARK)
    owner, _, seal = tail.rpartition("_")
    if not mark or len(seal) < 16 or seal != _seal(secret + owner, len(seal)):
        return None
    return urlsafe_b64decode(owner + "=" * (-len(owner) % 4)).decode()


def redacted(key: str) -> str:
    """A key as lists show it: `sk-admin...x7Q`."""
    return f"{key[:8]}...{key[-3:]}"


def _seal(text: str, length: int) -> str:
    return blake2b(text.encode(), key=b"minted by fakeopenai", digest_size=64).hexdigest()[:length]
