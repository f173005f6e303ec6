"""The worlds of tests: made as their markers say, on the session's server, and forgotten when they end."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from hashlib import blake2b
from typing import Any

import pytest

from fakeopenai.arrangement import Arrangement
from fakeopenai.plugin import options, recordings, session
from fakeopenai.plugin.environment import leading_to
from fakeopenai.plugin.guards import guarded
from fakeopenai.plugin.network import REAL, domains
from fakeopenai.plugin.remote import ElsewhereError, RunningServer
from fakeopenai.plugin.snapshots import Snapshots
from fakeopenai.rules import Rule, RuleError, load
from fakeopenai.serving import Server, serve
from fakeopenai.testing import FakeOpenAI, fresh
from fakeopenai.world import Settings

Node = pytest.Item | pytest.Collector
"""A test, a module or the session."""


@contextmanager
def server_of(config: pytest.Config, settings: Settings) -> Iterator[Server | RunningServer]:
    """The server of a session: one that runs already, or one of its own."""
    if url := config.option.fakeopenai_url:
        yield _running(url, settings, _rules(config))
        return
    with serve(settings=settings, rules=_rules(config)) as server:
        yield server


def _rules(config: pytest.Config) -> list[Rule]:
    """The rules that hold for all tests."""
    try:
        return load(options.rules(config))
    except RuleError as error:
        wrong = str(error)
    pytest.fail(wrong, pytrace=False)


def _running(url: str, settings: Settings, rules: list[Rule]) -> RunningServer:
    try:
        return RunningServer(url, os.environ.get("FAKEOPENAI_CONTROL_TOKEN", ""), settings, rules)
    except ElsewhereError as error:
        wrong = str(error)
    pytest.fail(wrong, pytrace=False)


def given(node: Node, server: Server | RunningServer) -> Iterator[FakeOpenAI]:
    """The world that the markers of a test, a module or the session ask for, while clients are led there."""
    with ExitStack() as stack:
        fake = node.stash[session.FAKE] = stack.enter_context(_arranged(node, server))
        stack.callback(node.stash.__delitem__, session.FAKE)
        stack.enter_context(recordings.recorded(node, fake))
        stack.enter_context(leading_to(fake, len(node.listchain())))
        stack.enter_context(_kept_from_the_real_one(node, server))
        fake.snapshots = Snapshots(session.album(node.config), node.path, session.title(node))
        yield fake
        session.usage(node.config).add(fake, node.nodeid or "the session")
        if fake.arrangement.unused == "error" and not isinstance(node, pytest.Item):
            fake.assert_all_rules_used()


@contextmanager
def _arranged(node: Node, server: Server | RunningServer) -> Iterator[FakeOpenAI]:
    with ExitStack() as stack:
        wrong = ""
        try:
            wanted = _arrangement(node)
            key = wanted.key or key_of(_unique(node))
            fake = stack.enter_context(fresh(server, key, wanted))
        except (RuleError, ElsewhereError) as error:
            wrong = str(error)
        if wrong:
            pytest.fail(wrong, pytrace=False)
        yield fake


@contextmanager
def _kept_from_the_real_one(node: Node, server: Server | RunningServer) -> Iterator[None]:
    """Code that doesn't look for the emulator where it is would spend real money. A recorder is meant to."""
    if getattr(server.emulator, "upstream", None):
        yield
        return
    with guarded(node, refused=[*domains(REAL)]):
        yield


def _unique(node: Node) -> str:
    """The name of a test; what several tests share is another in each worker, who may share a server."""
    worker: dict[str, str] = getattr(node.config, "workerinput", {})
    return node.nodeid if isinstance(node, pytest.Item) else f"{node.nodeid}{worker.get('workerid', '')}"


def key_of(nodeid: str) -> str:
    """The API key of a test: the same in every run, another for every test, and fit for a header and a URL."""
    name = re.sub(r"[^A-Za-z0-9_]+", "-", nodeid.rpartition("::")[2].removeprefix("test_"))[:40].strip("-")
    return f"sk-test-{name or 'session'}-{blake2b(nodeid.encode(), digest_size=6).hexdigest()}"


def _arrangement(node: Node) -> Arrangement:
    """What the markers say: rules add up, the test's before its class's and module's; else the nearest counts."""
    usual = {"unused": options.choice(node.config, "unused")}
    nearest_first = [*(_words(marker) for marker in node.iter_markers("fakeopenai")), usual]
    return Arrangement.joined(nearest_first, node.path if node.path.is_dir() else node.path.parent)


def _words(marker: pytest.Mark) -> Mapping[str, Any]:
    """What stands in a marker without a name is rules."""
    return {"rules": marker.args, **marker.kwargs} if marker.args else marker.kwargs
