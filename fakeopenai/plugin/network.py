"""The guard of the network: what a test may not reach is refused at once, and told when the test ends.

It stands before Python's sockets, those of asyncio included, and before uvloop. Programs that a test starts and drivers
with sockets of their own pass it by.
"""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fnmatch import translate
from ipaddress import ip_address
from typing import Any

REAL = ("openai.com", "openai.azure.com", "cognitiveservices.azure.com", "ai.azure.com")
"""Where a test of an emulator surely isn't meant to arrive, in these domains."""

SENDING = ("connect", "connect_ex", "sendto")
"""Methods of a socket that take an address."""


Passage = Callable[..., Any]
"""What takes a connection further."""


class BlockedError(PermissionError):
    """A connection that a test may not make. An OSError, so that programs take it for a network that is down."""


class Guard:
    """Says where a test may connect to, and remembers where it wanted to beside."""

    def __init__(self, allowed: Iterable[str] = (), *, refused: Iterable[str] = ("*",)) -> None:
        self._allowed = _globs(["localhost", "*.localhost", socket.gethostname(), *allowed])
        self._refused = _globs(refused)
        self._addresses: set[str] = set()
        self.blocked: list[str] = []

    @property
    def told(self) -> str:
        """What the test must not have done; empty if it hasn't."""
        hosts = ", ".join(dict.fromkeys(self.blocked))
        return f"the test wanted to reach {hosts}, which is blocked" if hosts else ""

    def admits(self, host: str) -> bool:
        """Whether a host may be reached, by its name or its address."""
        if host in self._addresses or _is_here(host):
            return True
        return bool(self._allowed.match(host)) or not self._refused.match(host)

    def pass_by(self, host: str, port: Any) -> None:
        """Raises BlockedError for a host that may not be reached."""
        if not self.admits(host):
            place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            self.blocked.append(place)
            raise BlockedError(f"this test may not reach {place}; allow it with --fakeopenai-allow-host={host}")

    def know(self, addresses: Iterable[str]) -> None:
        """These belong to a host that may be reached."""
        self._addresses.update(addresses)


@contextmanager
def guarded(guard: Guard) -> Iterator[Guard]:
    """Let a guard stand before all sockets of this process."""
    places = [*_places()]
    found = [getattr(owner, name) for owner, name, _ in places]
    for (owner, name, watched), passage in zip(places, found, strict=True):
        setattr(owner, name, watched(guard, passage))
    try:
        yield guard
    finally:
        for (owner, name, _), passage in zip(places, found, strict=True):
            setattr(owner, name, passage)


def _places() -> Iterator[tuple[Any, str, Callable[[Guard, Passage], Passage]]]:
    """Where connections pass, and how each place is watched."""
    yield from ((socket.socket, name, _watched) for name in SENDING)
    yield socket, "getaddrinfo", _resolving
    if uvloop := sys.modules.get("uvloop"):
        yield uvloop.Loop, "create_connection", _connecting


def _watched(guard: Guard, method: Passage) -> Passage:
    def sending(self: socket.socket, *arguments: Any) -> Any:
        address = arguments[-1]
        if self.family in {socket.AF_INET, socket.AF_INET6} and isinstance(address, tuple):
            guard.pass_by(_text(address[0]), address[1])
        return method(self, *arguments)

    return sending


def _connecting(guard: Guard, connect: Passage) -> Passage:
    """As uvloop connects, which has no use for Python's sockets."""

    async def create_connection(self: Any, factory: Any, host: Any = None, port: Any = None, **named: Any) -> Any:
        guard.pass_by(_text(host), port)
        return await connect(self, factory, host, port, **named)

    return create_connection


def _resolving(guard: Guard, resolve: Passage) -> Passage:
    def getaddrinfo(host: Any, port: Any, *arguments: Any, **named: Any) -> Any:
        name = _text(host)
        guard.pass_by(name, port)
        found = resolve(host, port, *arguments, **named)
        guard.know(str(address[4][0]) for address in found)
        return found

    return getaddrinfo


def _text(host: Any) -> str:
    return host.decode() if isinstance(host, bytes | bytearray) else host or ""


def _is_here(host: str) -> bool:
    """Whether it is this machine's own address; a name is none."""
    if not host:
        return True
    try:
        address = ip_address(host.partition("%")[0].removeprefix("::ffff:"))
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def domains(names: Iterable[str]) -> Iterator[str]:
    """Globs of the hosts in these domains."""
    for name in names:
        yield from (name, f"*.{name}")


def _globs(globs: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, globs)), re.IGNORECASE)
