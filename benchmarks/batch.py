"""A batch, from the upload of its lines to the end of its output, as a client sees it."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

CHAT = "/v1/chat/completions"
BOUNDARY = "lines"
OVER = frozenset({"completed", "failed", "expired", "cancelled"})


@dataclass
class Seen:
    """Seconds until the batch was completed and of the slowest look at it; MiB of the server and of the output."""

    seconds: float
    slowest: float
    before: float
    most: float
    after: float
    written: float


def run(port: int, count: int, memory: Callable[[], float]) -> Seen:
    """Let a server answer so many chats as a batch, and tell what it took."""
    client = Client(port)
    batch = client.begin(client.upload(lines(count)))
    before, began, looks, held = memory(), perf_counter(), [0.0], [0.0]
    while batch["status"] not in OVER:
        looked = perf_counter()
        batch = client.get(f"/v1/batches/{batch['id']}")
        looks.append(perf_counter() - looked)
        held.append(memory())
    if batch["request_counts"]["completed"] != count:
        raise SystemExit(f"a batch came to {batch['request_counts']}")
    seconds = perf_counter() - began
    size = len(client.read(f"/v1/files/{batch['output_file_id']}/content"))
    return Seen(seconds, max(looks), before, max(*held, memory()), memory(), size / 2**20)


def lines(count: int) -> bytes:
    return b"".join(msgspec.json.encode(_line(number)) + b"\n" for number in range(count))


def _line(number: int) -> object:
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": f"Say the number {number}"}]}
    return {"custom_id": f"row-{number}", "method": "POST", "url": CHAT, "body": body}


class Client:
    """Somebody who sends what batches take."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def upload(self, content: bytes) -> str:
        """Send a file of lines, and give its id."""
        mark = f"--{BOUNDARY}\r\ncontent-disposition: form-data; name="
        head = f'{mark}"purpose"\r\n\r\nbatch\r\n{mark}"file"; filename="lines.jsonl"\r\n\r\n'.encode()
        form = head + content + f"\r\n--{BOUNDARY}--\r\n".encode()
        id: str = self._send("POST", "/v1/files", form, f"multipart/form-data; boundary={BOUNDARY}")["id"]
        return id

    def begin(self, file: str) -> Any:
        body = {"input_file_id": file, "endpoint": CHAT, "completion_window": "24h"}
        return self._send("POST", "/v1/batches", msgspec.json.encode(body))

    def get(self, path: str) -> Any:
        return self._send("GET", path)

    def _send(self, method: str, path: str, body: bytes | None = None, media: str = "application/json") -> Any:
        return msgspec.json.decode(self.read(path, method, body, media))

    def read(self, path: str, method: str = "GET", body: bytes | None = None, media: str = "application/json") -> bytes:
        """The body of an answer."""
        headers = {"authorization": "Bearer sk-bench", "content-type": media}
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{method} {path} was answered with {answer.status}: {content[:200]!r}")
        return content
