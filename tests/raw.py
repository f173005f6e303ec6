"""A client that reads nothing into what it gets: the bytes of an answer as they came over the socket."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from fakeopenai.testing import FakeOpenAI

CHAT: dict[str, Any] = {"model": "gpt-4o", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
WHOLE = CHAT | {"stream": False}


class Got:
    """What came until the server closed the connection, and when."""

    def __init__(self) -> None:
        self.pieces: list[tuple[float, bytes]] = []
        self.reset = False

    @property
    def raw(self) -> bytes:
        return b"".join(piece for _, piece in self.pieces)

    @property
    def head(self) -> str:
        return self.raw.partition(b"\r\n\r\n")[0].decode()

    @property
    def body(self) -> bytes:
        """The body as it stands on the wire, its chunks with their sizes if it comes in chunks."""
        return self.raw.partition(b"\r\n\r\n")[2]

    @property
    def chunks(self) -> list[bytes]:
        return list(_chunks(self.body))

    @property
    def content(self) -> bytes:
        """The body, out of its chunks."""
        return b"".join(self.chunks) if "transfer-encoding: chunked" in self.head.lower() else self.body

    @property
    def whole(self) -> bool:
        """Whether the last chunk came."""
        return self.body.endswith(b"0\r\n\r\n")


def _chunks(body: bytes) -> Iterator[bytes]:
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        if not length:
            return
        yield rest[:length]
        body = rest[length + 2 :]


def ask(fake: FakeOpenAI, body: Any = CHAT, path: str = "/chat/completions", *, patience: float = 5) -> Got:
    """Send a request, and read until the connection ends or nothing has come for so many seconds."""
    with opened(fake, body, path) as connection:
        connection.settimeout(patience)
        got, begun = Got(), time.monotonic()
        with suppress(TimeoutError):
            try:
                while piece := connection.recv(65_536):
                    got.pieces.append((time.monotonic() - begun, piece))
            except ConnectionResetError:
                got.reset = True
        return got


@contextmanager
def opened(fake: FakeOpenAI, body: Any, path: str) -> Iterator[socket.socket]:
    payload = json.dumps(body).encode()
    lines = (
        f"POST /v1{path} HTTP/1.1",
        "Host: fake",
        f"Authorization: Bearer {fake.api_key}",
        "Content-Type: application/json",
        f"Content-Length: {len(payload)}",
        "Connection: close",
    )
    address = urlsplit(fake.base_url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + payload)
        yield connection
