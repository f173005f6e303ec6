"""Upstreams to record: an emulator, and a server that answers with the bytes that it is given."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openai import OpenAI

from fakeopenai.recording.recorder import Recorder
from fakeopenai.recording.redaction import Redactor
from fakeopenai.recording.tape import Tape
from fakeopenai.recording.upstream import Upstream
from fakeopenai.rules import Rule, load
from fakeopenai.serving import Server, serve
from fakeopenai.world import Settings

KEY = "sk-proj-Planted0123456789Secret"

HEAD = b"HTTP/1.1 200 OK\r\nconnection: close\r\n"
CHUNKED = HEAD + b"content-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


@dataclass
class Bare:
    """A server of a few lines. It answers each connection with what `speak` sends."""

    speak: Callable[[socket.socket], None]
    asked: list[bytes] = field(default_factory=list)
    listening: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    def __post_init__(self) -> None:
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}/v1"

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            with connection:
                self.asked.append(_request(connection))
                self.speak(connection)


def _request(connection: socket.socket) -> bytes:
    """A whole request: whoever closes with some of it unread resets the connection."""
    read = b""
    while received := connection.recv(65536):
        read += received
        head, blank, body = read.partition(b"\r\n\r\n")
        length = re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE)
        if blank and len(body) >= (int(length[1]) if length else 0):
            break
    return read


@contextmanager
def bare(answer: bytes | Callable[[socket.socket], None]) -> Iterator[Bare]:
    """A server that answers everything alike: with these bytes, or as the function does."""
    server = Bare((lambda connection: connection.sendall(answer)) if isinstance(answer, bytes) else answer)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        server.listening.shutdown(socket.SHUT_RDWR)
        server.listening.close()
        thread.join(5)


@contextmanager
def recording(url: str, tape: Path, *patterns: str, errors: bool = False) -> Iterator[Server]:
    """A server that records."""
    upstream = Upstream(url)
    recorder = Recorder(Tape(tape), Redactor(patterns), errors=errors)
    settings = Settings(unmatched="record", any_model=True)
    with serve(settings=settings, upstream=upstream, recorder=recorder) as server:
        yield server


@contextmanager
def passing(url: str, *rules: Rule) -> Iterator[Server]:
    """A server that passes everything on, but for what rules say."""
    settings = Settings(unmatched="proxy", any_model=True)
    with serve(settings=settings, upstream=Upstream(url), rules=rules) as server:
        yield server


@contextmanager
def replaying(tape: Path, **settings: Any) -> Iterator[Server]:
    """A server that has only recordings."""
    with serve(settings=Settings(unmatched="error", **settings), rules=load([tape])) as server:
        yield server


OPEN: list[OpenAI] = []
"""The clients that a test has been given; it closes them when it ends."""


def client(server: Server, key: str = KEY) -> OpenAI:
    OPEN.append(OpenAI(base_url=server.base_url, api_key=key, max_retries=0))
    return OPEN[-1]
