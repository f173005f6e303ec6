"""The ways into the emulator that tests share: requests without a socket, and the official client over one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from textwrap import dedent

import pytest
import yaml
from openai import OpenAI

from fakeopenai.serving import Server, serve
from fakeopenai.world import Settings
from tests.front import Api

Run = Callable[..., pytest.RunResult]

IMPORTS = """
import os, sys
import pytest
from fakeopenai import on
from tests.http import chat, said, send
"""

LOADED = (yaml,)
"""A run within this one forgets what it has imported; the part of YAML in C would still know the old classes."""


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


@pytest.fixture
def run(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the tests of a file in a pytest of their own; for modules with the plugin `pytester`."""
    pytester: pytest.Pytester = request.getfixturevalue("pytester")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run_inprocess(source: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(IMPORTS + dedent(source))
        return pytester.runpytest_inprocess("-p", "fakeopenai.pytest_plugin", *options)

    return run_inprocess
