"""An emulator behind a socket: in the foreground, or in a thread beside a program or its tests."""

from __future__ import annotations

import gc
import logging
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import uvicorn

from fakeopenai.connection import Connection
from fakeopenai.emulator import Emulator
from fakeopenai.server import MAX_JSON, App
from fakeopenai.world import Settings

if TYPE_CHECKING:
    from fakeopenai.arrangement import Writing
    from fakeopenai.recording.recorder import Recorder
    from fakeopenai.recording.upstream import Upstream

STARTUP = 10.0
"""Seconds a server may take to start."""

COLLECTED = (10_000, 20, 50)
"""When a process that only serves collects garbage: requests leave hardly any cycles behind."""


def listen(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """A listening socket; raises OSError when the port is taken."""
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    # asyncio sets TCP_NODELAY only on sockets of this protocol; without it every POST waits 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listening.bind((host, port))
        listening.listen(2048)
    except OSError:
        listening.close()
        raise
    return listening


class Server:
    """One emulator on one socket. Whoever knows the `control_token` may use the control API from anywhere."""

    def __init__(self, emulator: Emulator, listening: socket.socket, control_token: str = "") -> None:
        self.emulator = emulator
        self.app = App(emulator, control_token)
        self._socket = listening
        self._server = uvicorn.Server(_config(self.app))
        self._thread: threading.Thread | None = None
        self.host, self.port = listening.getsockname()[:2]

    @property
    def base_url(self) -> str:
        """What `OPENAI_BASE_URL` is to be."""
        return f"{self.origin}/v1"

    @property
    def origin(self) -> str:
        """The server's address as a client on this machine writes it."""
        address = ip_address(self.host)
        if address.is_unspecified:
            address = ip_address("127.0.0.1" if address.version == 4 else "::1")
        return f"http://{address if address.version == 4 else f'[{address}]'}:{self.port}"

    def run(self) -> None:
        """Serve in this thread until a signal, in a process that does nothing else."""
        gc.enable()
        gc.freeze()
        gc.set_threshold(*COLLECTED)
        try:
            self._server.run(sockets=[self._socket])
        except KeyboardInterrupt:
            return

    def start(self) -> None:
        """Serve in a thread, and return once it answers."""
        ready = threading.Event()
        self._server.config.lifespan = "off"
        self._thread = threading.Thread(target=self._run, args=(ready,), name="fakeopenai", daemon=True)
        self._thread.start()
        if not ready.wait(STARTUP) or not self._server.started:
            raise RuntimeError("the emulator did not start")

    def stop(self) -> None:
        """End the thread; open streams are cut."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(STARTUP)
            self._thread = None
        self._socket.close()

    def _run(self, ready: threading.Event) -> None:
        startup, shutdown = self._server.startup, self._server.shutdown

        async def start(sockets: list[socket.socket] | None = None) -> None:
            await startup(sockets)
            ready.set()

        async def end(sockets: list[socket.socket] | None = None) -> None:
            await shutdown(sockets)
            if self.emulator.upstream:
                await self.emulator.upstream.close()

        self._server.startup = start  # type: ignore[method-assign]  # the only hook that tells when it listens
        self._server.shutdown = end  # type: ignore[method-assign]  # what is open belongs to the loop that ends here
        try:
            self._server.run(sockets=[self._socket])
        finally:
            ready.set()


@contextmanager
def serve(
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    settings: Settings | None = None,
    rules: Writing | Iterable[Writing] = (),
    upstream: Upstream | None = None,
    recorder: Recorder | None = None,
) -> Iterator[Server]:
    """Serve an emulator in a thread for as long as the block runs; port 0 picks a free one.

    The rules come from `fakeopenai.on(…)`, as mappings, or as paths of files. Raises RuleError.
    """
    from fakeopenai.arrangement import scripted  # the command line reads files only

    server = Server(Emulator(settings, scripted(rules), upstream=upstream, recorder=recorder), listen(host, port))
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _socket(**settings: Any) -> Any:
    """Uvicorn's side of a WebSocket, whose import can wait 20 ms for the first of them."""
    from uvicorn.protocols.websockets.auto import AutoWebSocketsProtocol

    assert AutoWebSocketsProtocol is not None, "websockets is among the dependencies"
    return AutoWebSocketsProtocol(**settings)


def _config(app: App) -> uvicorn.Config:
    # A stream that a rule cuts looks like a mistake to uvicorn, which would say so on the user's terminal.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    return uvicorn.Config(
        app,
        http=partial(Connection, app),  # type: ignore[arg-type]  # a protocol, as uvicorn's own are
        log_config=None,
        ws_max_size=MAX_JSON,
        access_log=False,
        lifespan="off",
        server_header=False,
        date_header=False,
        ws=_socket,  # type: ignore[arg-type]  # makes a protocol, as the class would
        timeout_graceful_shutdown=1,
        backlog=2048,
    )
