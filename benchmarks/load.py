"""A client that does as little as it can: it sends the same bytes on some connections, as soon as each is answered.

`python -m benchmarks.load PORT CONNECTIONS SECONDS REQUESTS < request` prints what it saw as JSON. It stops at the
first of the two bounds, and speaks to this machine only.
"""

from __future__ import annotations

import re
import selectors
import socket
import sys
from time import perf_counter

import msgspec

LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
END = b"\r\n0\r\n\r\n"


class Seen(msgspec.Struct):
    """What was answered: seconds from each request to its first byte and to its last, events, failures."""

    first: list[float] = msgspec.field(default_factory=list)
    whole: list[float] = msgspec.field(default_factory=list)
    events: int = 0
    failed: int = 0
    seconds: float = 0.0


class Line:
    """One connection, which always has one request under way."""

    def __init__(self, port: int, request: bytes, seen: Seen) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._request = request
        self._seen = seen
        self.ask()

    def ask(self) -> None:
        self._answer = b""
        self._asked = perf_counter()
        self.socket.sendall(self._request)

    def read(self) -> bool:
        """Take what has come; says whether the answer is whole."""
        received = self.socket.recv(1 << 18)
        if not received:
            raise ConnectionError("the server closed a connection")
        if not self._answer:
            self._seen.first.append(perf_counter() - self._asked)
        self._answer += received
        if not self._is_whole():
            return False
        self._seen.whole.append(perf_counter() - self._asked)
        self._seen.events += self._answer.count(b"data: ")
        self._seen.failed += not self._answer.startswith(b"HTTP/1.1 200")
        return True

    def _is_whole(self) -> bool:
        head, _, body = self._answer.partition(b"\r\n\r\n")
        if length := LENGTH.search(head):
            return len(body) >= int(length[1])
        return self._answer.endswith(END)


def load(port: int, connections: int, seconds: float, requests: int, request: bytes) -> Seen:
    """Send a request over and over."""
    seen = Seen()
    started = perf_counter()
    with selectors.DefaultSelector() as ready:
        for _ in range(connections):
            line = Line(port, request, seen)
            ready.register(line.socket, selectors.EVENT_READ, line)
        while perf_counter() - started < seconds and len(seen.whole) < requests:
            for key, _ in ready.select(1):
                if key.data.read():
                    key.data.ask()
        for key in list(ready.get_map().values()):
            key.data.socket.close()
    seen.seconds = perf_counter() - started
    return seen


if __name__ == "__main__":
    port, connections, seconds, requests = sys.argv[1:5]
    seen = load(int(port), int(connections), float(seconds), int(requests), sys.stdin.buffer.read())
    sys.stdout.buffer.write(msgspec.json.encode(seen))
