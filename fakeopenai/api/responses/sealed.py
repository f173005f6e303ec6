"""Encrypted contents: what a client carries from one request to the next without being able to read it.

They look like the API's own (a Fernet token: version, time, nonce, ciphertext, signature) and hold words that only the
emulator needs. Those of the real API are taken as they are; they just say nothing here.
"""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from hashlib import blake2b, shake_256

from fakeopenai.errors import ApiError, invalid

_KEY = b"fakeopenai"
_HEAD = 1 + 8 + 16
_SIGNATURE = 32


def seal(words: str, now: int) -> str:
    """The token of some words. The same words at the same time have the same token."""
    plain = zlib.compress(words.encode())
    nonce = blake2b(plain, key=_KEY, digest_size=16).digest()
    token = b"\x80" + now.to_bytes(8) + nonce + _veiled(plain, nonce)
    return urlsafe_b64encode(token + _signature(token)).decode()


def opened(token: str) -> str:
    """The words in a token; none if it isn't one of ours."""
    try:
        content = urlsafe_b64decode(token)
    except (BadBase64, ValueError):
        return ""
    signed, signature = content[:-_SIGNATURE], content[-_SIGNATURE:]
    if _signature(signed) != signature:
        return ""
    return zlib.decompress(_veiled(signed[_HEAD:], signed[9:_HEAD])).decode()


def check(token: str) -> None:
    """Refuse what is no token at all."""
    if not token.startswith("gAAAA"):
        raise unverified(token)


def unverified(token: str) -> ApiError:
    shown = token if len(token) <= 8 else f"{token[:4]}...{token[-4:]}"
    return invalid(f"The encrypted content {shown} could not be verified.", code="invalid_encrypted_content")


def _veiled(content: bytes, nonce: bytes) -> bytes:
    stream = shake_256(_KEY + nonce).digest(len(content))
    return bytes(a ^ b for a, b in zip(content, stream, strict=True))


def _signature(content: bytes) -> bytes:
    return blake2b(content, key=_KEY, digest_size=_SIGNATURE).digest()
