"""The guard of the network: what it refuses, what it lets pass, and that nobody can hide what was refused."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvloop

from fakeopenai.plugin.network import BlockedError, Guard, guarded
from tests.conftest import Run

pytest_plugins = ["pytester"]

NOWHERE = "192.0.2.1"
"""An address that nobody has (RFC 5737)."""


@pytest.fixture
def answering() -> Iterator[socket.socket]:
    """A socket of this machine that listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def udp(host: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
        sending.sendto(b"", (host, 53))


def connect_ex(host: str) -> None:
    with socket.socket() as connecting:
        connecting.connect_ex((host, 80))


def asynchronously(host: str) -> None:
    async def connect() -> None:
        await asyncio.open_connection(host, 80)

    asyncio.run(connect())


def in_uvloop(host: str) -> None:
    async def connect() -> None:
        await asyncio.open_connection(host, 80)

    uvloop.run(connect())


WAYS: list[Callable[[str], object]] = [
    lambda host: socket.create_connection((host, 80), timeout=0.1),
    lambda host: socket.getaddrinfo(host, 80),
    connect_ex,
    udp,
    asynchronously,
    in_uvloop,
]


@pytest.mark.parametrize("host", [NOWHERE, "2001:db8::1", "example.com"])
@pytest.mark.parametrize("way", WAYS)
def test_other_machines_are_refused_by_name(way: Callable[[str], object], host: str) -> None:
    if ":" in host and way in {connect_ex, udp}:
        pytest.skip("a socket of IPv4")
    with (
        guarded(Guard()) as guard,
        pytest.raises(BlockedError, match=rf"may not reach \[?{host}\]?:\d+; allow it with"),
    ):
        way(host)

    assert guard.blocked
    assert host in guard.told


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", ""])
def test_this_machine_may_be_reached(host: str, answering: socket.socket) -> None:
    with guarded(Guard()) as guard:
        socket.create_connection((host or None, answering.getsockname()[1])).close()

    assert guard.told == ""


@pytest.mark.parametrize(
    ("allowed", "host", "admitted"),
    [
        ((), "example.com", False),
        (("example.com",), "example.com", True),
        (("*.example.com",), "api.Example.com", True),
        (("*.example.com",), "example.com", False),
        (("10.0.*",), "10.0.0.7", True),
        (("10.0.*",), "10.1.0.7", False),
        ((), "::1", True),
        ((), "::ffff:127.0.0.1", True),
        ((), "fe80::1%eth0", False),
        ((), "0.0.0.0", True),
        ((), "db.localhost", True),
    ],
)
def test_allowed_hosts_are_names_addresses_or_globs(allowed: tuple[str, ...], host: str, admitted: bool) -> None:
    assert Guard(allowed).admits(host) is admitted


def test_the_addresses_of_an_allowed_name_may_be_reached() -> None:
    with guarded(Guard(["only.example"])) as guard:
        assert not guard.admits(NOWHERE)
        guard.know([NOWHERE])

        assert guard.admits(NOWHERE)


def test_sockets_are_as_they_were_when_the_guard_has_gone() -> None:
    before = (socket.socket.connect, socket.getaddrinfo, uvloop.Loop.create_connection)
    with guarded(Guard()):
        assert socket.getaddrinfo is not before[1]

    assert (socket.socket.connect, socket.getaddrinfo, uvloop.Loop.create_connection) == before


REACHING = """
    import socket

    {marker}
    def test_it():
        try:
            socket.create_connection(("example.com", 80), timeout=0.1)
        except OSError:
            pass
    """


@pytest.mark.parametrize(
    ("marker", "options"),
    [
        ("", ["--fakeopenai-block-network"]),
        ("@pytest.mark.fakeopenai(block_network=True)", []),
    ],
)
def test_a_test_fails_that_reached_out_though_it_hides_that(run: Run, marker: str, options: list[str]) -> None:
    result = run(REACHING.format(marker=marker), *options)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["the test wanted to reach example.com:80, which is blocked"])


def test_the_ini_file_blocks_too_and_a_marker_unblocks(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nfakeopenai_block_network = true")

    run(REACHING.format(marker="")).assert_outcomes(failed=1)
    guarded_by = "import socket; assert socket.getaddrinfo.__module__ == 'socket'"
    run(f"""
        @pytest.mark.fakeopenai(block_network=False, allowed_hosts=["openai.com"])
        def test_it():
            pass

        def test_that():
            {guarded_by.replace("==", "!=")}
        """).assert_outcomes(passed=2)


@pytest.mark.parametrize("way", ["ini", "option", "marker"])
def test_hosts_may_be_allowed(run: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    asked: list[str] = []
    resolve = socket.getaddrinfo

    def getaddrinfo(host: str, *others: Any, **named: Any) -> Any:
        asked.append(host)
        return [] if host == "example.com" else resolve(host, *others, **named)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    pytester.makeini("[pytest]\nfakeopenai_allowed_hosts = example.com" if way == "ini" else "[pytest]")
    marker = "@pytest.mark.fakeopenai(allowed_hosts='example.*')" if way == "marker" else ""
    options = ["--fakeopenai-allow-host=*.com"] if way == "option" else []

    result = run(REACHING.format(marker=marker), "--fakeopenai-block-network", *options)

    result.assert_outcomes(passed=1)
    assert "example.com" in asked


def test_a_server_that_runs_elsewhere_may_be_reached(run: Run) -> None:
    result = run(
        """
        from fakeopenai.plugin.options import allowed_hosts

        def test_it(request):
            assert allowed_hosts(request.node) == ["fake.example"]
        """,
        "--fakeopenai-block-network",
        "--fakeopenai-url=http://fake.example:8000",
    )

    result.assert_outcomes(passed=1)


def test_setup_and_teardown_are_guarded_too(run: Run) -> None:
    result = run(
        """
        import socket

        @pytest.fixture
        def outside():
            yield socket.create_connection(("example.com", 80), timeout=0.1)

        def test_it(outside):
            pass
        """,
        "--fakeopenai-block-network",
    )

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*BlockedError: this test may not reach example.com:80; *", "the test wanted to reach*"]
    )


def test_what_a_teardown_hides_is_told_once(run: Run) -> None:
    result = run(
        """
        import socket

        @pytest.fixture
        def outside():
            yield
            with pytest.raises(OSError):
                socket.create_connection(("example.com", 80), timeout=0.1)

        def test_it(outside):
            pass

        def test_that():
            pass
        """,
        "--fakeopenai-block-network",
    )

    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_it*", "the test wanted to reach example.com:80, *"])


@pytest.mark.parametrize("url", ["https://api.openai.com/v1", "https://mine.openai.azure.com/openai/v1"])
def test_a_test_with_a_world_never_reaches_the_real_api(run: Run, url: str) -> None:
    result = run(f"""
        import openai

        def test_it(fakeopenai):
            with pytest.raises(openai.APIConnectionError):
                openai.OpenAI(base_url="{url}", max_retries=0).models.list()
        """)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["the test wanted to reach *.openai.*:443, which is blocked"])


def test_a_proxy_is_no_way_there_either(run: Run) -> None:
    result = run("""
        import openai

        @pytest.fixture(autouse=True)
        def proxy(monkeypatch):
            monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")

        def test_it(proxy, request):
            fakeopenai = request.getfixturevalue("fakeopenai")
            with pytest.raises(openai.APIConnectionError):
                openai.OpenAI(base_url="https://api.openai.com/v1", max_retries=0).models.list()
        """)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["the test wanted to reach api.openai.com:443, which is blocked"])


def test_a_module_s_world_keeps_its_tests_from_it_too(run: Run) -> None:
    result = run("""
        import socket

        def reach():
            with pytest.raises(OSError):
                socket.create_connection(("api.openai.com", 443))

        def test_one(fakeopenai_module):
            reach()

        def test_two(fakeopenai_module):
            pass

        def test_three(fakeopenai_module, fakeopenai):
            reach()
        """)

    result.assert_outcomes(failed=2, passed=1)
    result.stdout.fnmatch_lines(["the test wanted to reach api.openai.com:443, which is blocked"])


def test_an_asynchronous_client_does_not_either(run: Run) -> None:
    result = run("""
        import asyncio
        import openai

        def test_it(fakeopenai):
            async def ask():
                async with openai.AsyncOpenAI(base_url="https://api.openai.com/v1", max_retries=0) as client:
                    await client.models.list()

            with pytest.raises(openai.APIConnectionError):
                asyncio.run(ask())
        """)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["the test wanted to reach api.openai.com:443, which is blocked"])


def test_a_test_with_a_world_may_reach_other_hosts(run: Run) -> None:
    result = run("""
        import socket

        def test_it(fakeopenai):
            with pytest.raises(OSError) as error:
                socket.create_connection(("192.0.2.1", 9), timeout=0.01)
            assert type(error.value).__name__ != "BlockedError"
        """)

    result.assert_outcomes(passed=1)
