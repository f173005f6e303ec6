"""What passes through: as it comes, from the stated upstream only, whatever that one does."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import json
import socket
import threading
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from openai import APIConnectionError, APIStatusError, AsyncOpenAI, InternalServerError, OpenAI

from fakeopenai.emulator import Emulator
from fakeopenai.inprocess import Transport
from fakeopenai.recording.upstream import Upstream, UpstreamError
from fakeopenai.rules import load, on
from fakeopenai.serving import Server, serve
from fakeopenai.world import Settings
from tests.front import Answer
from tests.http import chat, send
from tests.recording.exchanges import text
from tests.recording.upstreams import CHUNKED, END, HEAD, KEY, bare, chunk, client, passing, recording, replaying

HELLO = b'data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}\n\n'
DONE = b"data: [DONE]\n\n"


def ask(server: Server, content: str = "Hi", **more: object) -> Answer:
    return chat(content, base_url=server.base_url, key=KEY, **more)


def pieces(server: Server, path: str = "/chat/completions", body: object = None) -> list[bytes]:
    """The chunks of an answer, as they are cut on the wire."""
    base = urlsplit(server.base_url)
    payload = json.dumps(body if body is not None else {"model": "m", "messages": [], "stream": True}).encode()
    with socket.create_connection((base.hostname, base.port or 80)) as connection:
        head = f"POST {base.path}{path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\n"
        head += f"content-type: application/json\r\ncontent-length: {len(payload)}\r\nconnection: close\r\n\r\n"
        connection.sendall(head.encode() + payload)
        raw = connection.makefile("rb").read()
    rest, found = raw.partition(b"\r\n\r\n")[2], []
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        found.append(rest[: int(size, 16)])
        rest = rest[int(size, 16) + 2 :]
    return found[:-1]


def test_everything_is_asked_of_the_upstream(tmp_path: Path) -> None:
    with serve() as real, passing(real.base_url) as server:
        answer = send("GET", "/models?x=%2F&y=a+b", base_url=server.base_url, key=KEY)
        (passed,) = server.emulator.world(KEY).journal
        (asked,) = real.emulator.world(KEY).journal

    assert answer.status == 200
    assert asked.request.target == "/v1/models?x=%2F&y=a+b"
    assert passed.status == 200
    assert passed.reply is not None
    assert passed.reply.body == answer.content


def test_a_rule_that_passes_on_may_take_its_time() -> None:
    rule = on("chat").delay(0.2).proxy().rule
    with serve() as real, passing(real.base_url, rule) as server:
        begun = time.monotonic()
        answer = ask(server)

    assert answer.status == 200
    assert time.monotonic() - begun >= 0.2


def test_rules_speak_before_the_upstream() -> None:
    rules = on("chat", contains="weather").say("Sunny").rule
    with serve() as real, passing(real.base_url, rules) as server:
        scripted = ask(server, "The weather?").json["choices"][0]["message"]["content"]
        ask(server, "Something else")

        assert scripted == "Sunny"
        assert len(real.emulator.world(KEY).journal) == 1


def test_a_rule_passes_on_what_it_fits() -> None:
    with serve() as real:
        settings, rules = Settings(), [on("models").proxy().rule]
        with serve(settings=settings, upstream=Upstream(real.base_url), rules=rules) as server:
            client(server).models.list()
            ask(server)

            assert len(real.emulator.world(KEY).journal) == 1


def test_without_an_upstream_there_is_nobody_to_ask() -> None:
    with serve(rules=[on("chat").proxy().rule]) as server:
        answer = ask(server)

    assert (answer.status, answer.error["code"]) == (502, "no_upstream")


def test_an_upstream_that_is_not_there_is_told_in_the_words_of_the_api(tmp_path: Path) -> None:
    with recording("http://127.0.0.1:9/v1", tmp_path / "tape", errors=True) as server:
        with pytest.raises(InternalServerError) as caught:
            client(server).models.list()
        (passed,) = server.emulator.world(KEY).journal

    assert caught.value.status_code == 502
    assert "The upstream http://127.0.0.1:9/v1 can't be reached" in str(caught.value)
    assert passed.status == 502
    assert text(tmp_path) == ""


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_refused_and_never_followed(status: int, tmp_path: Path) -> None:
    with bare(HEAD) as elsewhere:
        there = (
            f"HTTP/1.1 {status} X\r\nlocation: {elsewhere.url}/x?token=Planted\r\ncontent-length: 0\r\n\r\n".encode()
        )
        with bare(there) as upstream, recording(upstream.url, tmp_path / "tape", errors=True) as server:
            answer = ask(server)

    assert answer.status == 502
    assert f"redirects to {elsewhere.url}/x; only the stated upstream is ever contacted" in answer.error["message"]
    assert elsewhere.asked == []
    assert text(tmp_path) == ""


def test_chunks_go_on_as_they_come() -> None:
    seen = threading.Event()

    def speak(connection: socket.socket) -> None:
        connection.sendall(CHUNKED + chunk(HELLO))
        assert seen.wait(5)
        connection.sendall(chunk(DONE) + END)

    with bare(speak) as upstream, passing(upstream.url) as server:
        stream = client(server).chat.completions.create(model="m", messages=[], stream=True)
        first = next(stream)
        seen.set()
        rest = list(stream)

    assert first.choices[0].delta.content == "Hel"
    assert rest == []


@pytest.mark.parametrize(
    "cut",
    [
        [HELLO, DONE],
        [bytes([byte]) for byte in "data: \u00e9\U0001f600\n\n".encode()],
        [b"data: \xff\xfe\n\n", b": comment\r\n\r\n", b"\n"],
        [HELLO + DONE + HELLO],
    ],
    ids=["events", "bytes", "no text", "at once"],
)
def test_chunks_are_replayed_as_they_were_cut(cut: list[bytes], tmp_path: Path) -> None:
    def speak(connection: socket.socket) -> None:
        connection.sendall(CHUNKED)
        for piece in cut:
            connection.sendall(chunk(piece))
        connection.sendall(b"0\r\nx-trailer: 1\r\n\r\n")

    with bare(speak) as upstream, recording(upstream.url, tmp_path / "tape") as server:
        assert pieces(server) == cut

    with replaying(tmp_path / "tape") as server:
        assert pieces(server) == cut
        assert pieces(server) == cut


def test_a_stream_that_breaks_off_breaks_off_and_is_not_recorded(tmp_path: Path) -> None:
    with bare(CHUNKED + chunk(HELLO)) as upstream, recording(upstream.url, tmp_path / "tape") as server:
        stream = client(server).chat.completions.create(model="m", messages=[], stream=True)
        with pytest.raises((APIConnectionError, httpx2.RemoteProtocolError)):
            list(stream)

    assert text(tmp_path) == ""


def test_a_whole_answer_that_breaks_off_is_not_recorded(tmp_path: Path) -> None:
    short = HEAD + b"content-type: application/json\r\ncontent-length: 99\r\n\r\n{}"
    with (
        bare(short) as upstream,
        recording(upstream.url, tmp_path / "tape") as server,
        pytest.raises(http.client.IncompleteRead),
    ):
        ask(server)

    assert text(tmp_path) == ""


def test_a_compressed_answer_is_passed_on_and_recorded_plain(tmp_path: Path) -> None:
    packed = gzip.compress(b'{"a": 1}')
    head = HEAD + b"content-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(
        packed
    )
    with bare(head + packed) as upstream, recording(upstream.url, tmp_path / "tape") as server:
        answer = ask(server)

    with replaying(tmp_path / "tape") as server:
        replayed = ask(server)

    assert b"accept-encoding: identity" in upstream.asked[0].lower()
    assert "content-encoding" not in answer.headers
    assert answer.content == replayed.content == b'{"a": 1}'


def test_what_only_looks_compressed_breaks_off(tmp_path: Path) -> None:
    head = HEAD + b"content-type: application/json\r\ncontent-encoding: gzip\r\n\r\nno gzip"
    with (
        bare(head) as upstream,
        recording(upstream.url, tmp_path / "tape") as server,
        pytest.raises(http.client.IncompleteRead),
    ):
        ask(server)

    assert text(tmp_path) == ""


def test_a_recording_is_whole_even_if_the_client_leaves_early(tmp_path: Path) -> None:
    left = threading.Event()

    def speak(connection: socket.socket) -> None:
        connection.sendall(CHUNKED + chunk(HELLO))
        assert left.wait(5)
        connection.sendall(chunk(DONE) + END)

    with bare(speak) as upstream, recording(upstream.url, tmp_path / "tape") as server:
        with client(server).chat.completions.create(model="m", messages=[], stream=True) as stream:
            next(stream)
        left.set()
        _until(lambda: "[DONE]" in text(tmp_path))


def _until(holds: object, seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]  # a function without arguments
        assert time.monotonic() < end
        time.sleep(0.01)


def test_paths_and_models_that_nobody_here_knows_are_passed_on_and_replayed(tmp_path: Path) -> None:
    answer = HEAD + b'content-type: application/json\r\ncontent-length: 9\r\n\r\n{"a": [1]}'[:-1]
    with bare(answer) as upstream, recording(upstream.url, tmp_path / "tape") as server:
        told = [
            send("POST", "/rerank", {"query": "x"}, base_url=server.base_url, key=KEY),
            ask(server, model="llama-9"),
        ]

    with replaying(tmp_path / "tape") as server:
        again = [
            send("POST", "/rerank", {"query": "x"}, base_url=server.base_url, key=KEY),
            ask(server, model="llama-9"),
        ]
        other = send("POST", "/rerank", {"query": "y"}, base_url=server.base_url, key=KEY)

    assert upstream.asked[0].startswith(b"POST /v1/rerank HTTP/1.1\r\n")
    assert [each.content for each in told] == [each.content for each in again]
    assert (other.status, other.error["message"]) == (404, "Invalid URL (POST /v1/rerank)")


def test_recordings_take_their_time_if_they_are_to(tmp_path: Path) -> None:
    def speak(connection: socket.socket) -> None:
        connection.sendall(CHUNKED + chunk(HELLO))
        time.sleep(0.3)
        connection.sendall(chunk(DONE) + END)

    with bare(speak) as upstream, recording(upstream.url, tmp_path / "tape") as server:
        pieces(server)

    took = {}
    for timing in ("original", "at_once"):
        with replaying(tmp_path / "tape", timing=timing) as server:
            begun = time.monotonic()
            assert pieces(server) == [HELLO, DONE]
            took[timing] = time.monotonic() - begun
    assert took["original"] >= 0.29
    assert took["at_once"] < 0.25


def test_clients_without_a_socket_reach_the_upstream_too() -> None:
    with serve() as real:
        emulator = Emulator(Settings(unmatched="proxy"), upstream=Upstream(real.base_url))
        with httpx2.Client(transport=Transport(emulator)) as carrier:
            api = OpenAI(base_url="http://fake/v1", api_key=KEY, http_client=carrier)
            assert api.models.retrieve("gpt-4o").id == "gpt-4o"

            uploaded = api.files.create(file=("a.txt", b"abc"), purpose="user_data")
            assert uploaded.bytes == 3

        assert asyncio.run(_retrieved(emulator)).json()["id"] == "gpt-4o"
        assert len(real.emulator.world(KEY).journal) == 3


async def _retrieved(emulator: Emulator) -> httpx2.Response:
    async with httpx2.AsyncClient(transport=Transport(emulator)) as carrier:
        return await carrier.get("http://fake/v1/models/gpt-4o", headers={"authorization": f"Bearer {KEY}"})


def test_those_who_ask_without_a_socket_at_the_same_time_are_all_answered() -> None:
    rules = [on("chat", contains=f"number {n}").delay(n / 20).say(f"This is {n}.").rule for n in range(3)]
    with serve(rules=rules) as real:
        emulator = Emulator(Settings(unmatched="proxy"), upstream=Upstream(real.base_url))

        said = asyncio.run(_asked(emulator, ["number 0", "number 1", "number 2"]))

    assert said == ["This is 0.", "This is 1.", "This is 2."]


async def _asked(emulator: Emulator, texts: list[str]) -> list[str | None]:
    async with httpx2.AsyncClient(transport=Transport(emulator)) as carrier:
        api = AsyncOpenAI(base_url="http://fake/v1", api_key=KEY, http_client=carrier, max_retries=0)
        asked = (api.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": t}]) for t in texts)
        return [answer.choices[0].message.content for answer in await asyncio.gather(*asked)]


def test_a_netrc_adds_no_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ada password Planted")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with (
        bare(HEAD + b"content-length: 0\r\n\r\n") as upstream,
        passing(upstream.url) as server,
        closing(http.client.HTTPConnection(server.host, server.port)) as connection,
    ):
        connection.request("GET", "/v1/models", headers={"api-key": "abcdefgh"})
        connection.getresponse().read()

    assert b"authorization" not in upstream.asked[0].lower()
    assert b"api-key: abcdefgh" in upstream.asked[0].lower()


@pytest.mark.parametrize("url", ["", "api.openai.com", "ftp://x/v1", "https://u:p@host/v1"])
def test_an_upstream_is_a_base_url(url: str) -> None:
    with pytest.raises(UpstreamError):
        Upstream(url)


def test_what_is_recorded_is_replayed_from_then_on_where_it_is_wanted(tmp_path: Path) -> None:
    from fakeopenai.recording.cli import Way

    with serve() as real:
        way = Way.chosen(
            strict=False,
            unmatched=None,
            upstream=Upstream(real.base_url),
            tape=tmp_path / "tape",
            errors=False,
            patterns=(),
        )
        with serve(settings=Settings(**way.settings), **way.edge) as server:
            told = [ask(server).content for _ in range(3)]
            made = client(server).files.create(file=("a.txt", b"abc"), purpose="user_data")
            again = client(server).files.create(file=("a.txt", b"abc"), purpose="user_data")
            kept = client(server).files.retrieve(again.id)

        assert len(real.emulator.world(KEY).journal) == 3
    assert json.loads(told[1]) == json.loads(told[2])
    assert made.id != again.id
    assert kept.bytes == 3
    assert len(load([tmp_path / "tape"])) == 3


def test_errors_of_the_upstream_go_through_and_are_recorded_on_demand_only(tmp_path: Path) -> None:
    with (
        serve(rules=[on("chat").error("rate_limit").rule]) as real,
        recording(real.base_url, tmp_path / "tape") as server,
        pytest.raises(APIStatusError) as caught,
    ):
        client(server).chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}])

    assert caught.value.status_code == 429
    assert caught.value.response.headers["x-ratelimit-remaining-requests"] == "0"
    assert text(tmp_path) == ""
