"""The ways into the emulator that tests share: requests without a socket, and the official client over one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from openai import OpenAI

from fakeopenai.serving import Server, serve
from fakeopenai.world import Settings
from tests.front import Api


@pytest.fixture
def api() -> Api:
    """A fresh emulator, asked without a socket."""
    return Api()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One emulator behind a socket for the whole session."""
    with serve(settings=Settings(worlds=10_000)) as running:
        yield running


@pytest.fixture
def client(server: Server, request: pytest.FixtureRequest) -> Iterator[OpenAI]:
    """The official client, in a world of its own."""
    key = f"sk-{request.node.nodeid}"
    with OpenAI(base_url=server.base_url, api_key=key, admin_api_key=key, max_retries=0) as connected:
        yield connected
