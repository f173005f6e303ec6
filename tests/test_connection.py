"""HTTP as a client may speak it, over a plain socket."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from fakeopenai.rules import RuleBook
from fakeopenai.serving import Server
from fakeopenai.wire import Event, Reply

HELLO = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}).encode()


class Line:
    """A connection to the server that sends what it is told to."""

    def __init__(self, server: Server) -> None:
        self.socket = socket.create_connection((server.host, server.port), timeout=5)
        self.answers = self.socket.makefile("rb")
        self.rules: RuleBook = server.emulator.world("sk-line").rules

    def send(self, start: str, *headers: str, body: bytes = b"") -> None:
        fields = ("host: here", "authorization: Bearer sk-line", "content-type: application/json", *headers)
        self.socket.sendall("\r\n".join((start, *fields, "", "")).encode() + body)

    def post(self, body: bytes, *headers: str) -> None:
        self.send("POST /v1/chat/completions HTTP/1.1", f"content-length: {len(body)}", *headers, body=body)

    def head(self) -> tuple[str, dict[str, str]]:
        status = self.answers.readline().decode().strip()
        lines = iter(lambda: self.answers.readline().decode().strip(), "")
        return status, dict(line.split(": ", 1) for line in lines)

    def answer(self) -> tuple[str, bytes]:
        status, headers = self.head()
        if "chunked" in headers.get("transfer-encoding", ""):
            return status, b"".join(self._chunks())
        return status, self.answers.read(int(headers.get("content-length", "0")))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.answers.readline(), 16):
            yield self.answers.read(size)
            self.answers.readline()
        self.answers.readline()

    @property
    def is_closed(self) -> bool:
        return self.answers.read(1) == b""


@pytest.fixture
def line(server: Server) -> Iterator[Line]:
    line = Line(server)
    with line.socket, line.answers:
        yield line
        line.rules.clear()


def said(body: bytes) -> str:
    text: str = json.loads(body)["choices"][0]["message"]["content"]
    return text


def test_one_connection_carries_many_requests(line: Line) -> None:
    for _ in range(3):
        line.post(HELLO)
        status, body = line.answer()

        assert (status, bool(said(body))) == ("HTTP/1.1 200 OK", True)


def test_requests_sent_at_once_are_answered_in_order(line: Line) -> None:
    line.rules.on(contains="Hello").say("first").then.say("second").then.say("third")

    for _ in range(3):
        line.post(HELLO)

    assert [said(line.answer()[1]) for _ in range(3)] == ["first", "second", "third"]


def test_requests_wait_for_a_stream_that_takes_its_time(line: Line) -> None:
    line.rules.on(contains="Hello").say("one two three").pace(tokens_per_second=100).then.say("later")

    line.post(HELLO[:-1] + b', "stream": true}')
    line.post(HELLO)

    assert line.answer()[1].endswith(b"data: [DONE]\n\n")
    assert said(line.answer()[1]) == "later"


def test_a_body_may_come_in_chunks(line: Line) -> None:
    chunks = b"5\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (HELLO[:5], len(HELLO) - 5, HELLO[5:])

    line.send("POST /v1/chat/completions HTTP/1.1", "transfer-encoding: chunked", body=chunks)

    assert line.answer()[0] == "HTTP/1.1 200 OK"


def test_a_body_may_come_byte_by_byte(line: Line) -> None:
    line.send("POST /v1/chat/completions HTTP/1.1", f"content-length: {len(HELLO)}")
    for byte in HELLO:
        line.socket.sendall(bytes([byte]))

    assert line.answer()[0] == "HTTP/1.1 200 OK"


def test_a_client_that_asks_may_send_its_body(line: Line) -> None:
    line.send("POST /v1/chat/completions HTTP/1.1", f"content-length: {len(HELLO)}", "expect: 100-continue")
    assert line.head()[0] == "HTTP/1.1 100 Continue"

    line.socket.sendall(HELLO)

    assert line.answer()[0] == "HTTP/1.1 200 OK"


@pytest.mark.parametrize("start", ["GET /v1/models HTTP/1.0", "GET /v1/models HTTP/1.1"])
def test_the_connection_is_closed_when_the_client_wants_that(line: Line, start: str) -> None:
    line.send(start, *(["connection: close"] if start.endswith("1.1") else []))

    status, headers = line.head()

    assert (status, headers["connection"]) == ("HTTP/1.1 200 OK", "close")
    assert len(line.answers.read()) == int(headers["content-length"])


def test_head_has_no_body(line: Line) -> None:
    line.send("HEAD /v1/models HTTP/1.1", "connection: close")

    headers = line.head()[1]

    assert int(headers["content-length"]) > 0
    assert line.is_closed


def test_what_is_not_http_is_refused(line: Line) -> None:
    line.socket.sendall(b"what\r\n\r\n")

    assert line.head()[0] == "HTTP/1.1 400 Bad Request"
    assert line.is_closed


def test_a_cut_leaves_the_answer_unfinished(line: Line) -> None:
    line.rules.on(contains="Hello").say("one two three").cut(events=2)

    line.post(HELLO[:-1] + b', "stream": true}')

    assert line.answers.read().count(b"data: ") == 2


def test_the_control_api_answers_on_the_same_connection(line: Line) -> None:
    line.send("GET /_fakeopenai/nothing HTTP/1.1")
    missing = line.answer()[0]
    line.post(HELLO)

    assert missing == "HTTP/1.1 404 Not Found"
    assert line.answer()[0] == "HTTP/1.1 200 OK"


def test_a_request_to_a_proxy_names_the_whole_url(line: Line) -> None:
    line.send("GET http://here/v1/models?limit=3 HTTP/1.1")

    assert line.answer()[0] == "HTTP/1.1 200 OK"


def test_an_offer_of_another_protocol_is_left_alone(line: Line) -> None:
    line.send("GET /v1/models HTTP/1.1", "connection: Upgrade, HTTP2-Settings", "upgrade: h2c", "http2-settings: AAMA")

    assert line.answer()[0] == "HTTP/1.1 200 OK"


def test_a_mistake_within_a_stream_is_told_as_one_of_the_server(
    line: Line, server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: object) -> Iterator[Event]:
        yield from ()
        raise KeyError("no such field")

    monkeypatch.setattr(server.app, "reply", lambda _: Reply({}, events=broken(None)))
    line.post(HELLO)

    status, body = line.answer()

    assert status == "HTTP/1.1 500 Internal Server Error"
    assert json.loads(body)["error"]["type"] == "server_error"
    assert "no such field" in caplog.text
    assert line.is_closed


def test_an_offer_of_http_2_costs_no_body(line: Line) -> None:
    for _ in range(2):
        line.post(HELLO, "Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAEAAEAAAAI")
        status, body = line.answer()

        assert status == "HTTP/1.1 200 OK"
        assert json.loads(body)["object"] == "chat.completion"


def test_a_websocket_is_handed_over(line: Line) -> None:
    key = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=="

    line.send(
        "GET /v1/realtime HTTP/1.1", "connection: Upgrade", "upgrade: websocket", key, "sec-websocket-version: 13"
    )

    assert line.head()[0].startswith("HTTP/1.1 ")
