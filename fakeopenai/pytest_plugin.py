"""The pytest plugin: a server for the session, a world for each test, and its exchanges in the report of a failure.

Loaded by every pytest run of an environment that has this package, so it imports nothing that a run may not need.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fakeopenai import __version__
from fakeopenai.plugin import options, recordings

if TYPE_CHECKING:
    from fakeopenai.arrangement import Arrangement
    from fakeopenai.plugin.network import Guard
    from fakeopenai.plugin.remote import RunningServer
    from fakeopenai.plugin.snapshots import Album
    from fakeopenai.plugin.usage import Usage
    from fakeopenai.serving import Server
    from fakeopenai.testing import FakeOpenAI
    from fakeopenai.world import Settings

FAKE: pytest.StashKey[FakeOpenAI] = pytest.StashKey()
"""What a test, a module or the session has been given."""

GUARDS: pytest.StashKey[list[Guard]] = pytest.StashKey()
"""What stands between a test and the network."""

USAGE: pytest.StashKey[Usage] = pytest.StashKey()
ALBUM: pytest.StashKey[Album] = pytest.StashKey()
WRITTEN: pytest.StashKey[list[Path]] = pytest.StashKey()

MARKER = (
    "fakeopenai(rules=(), load=(), seed=None, unmatched=None, strict=None, limits=None, clock='auto', key='', "
    "dialect='openai', as_of=None, unused=None, block_network=None, allowed_hosts=()): give the test a world of the "
    "OpenAI emulator, arranged like this: rules or paths of rule files, names of shipped situations, the seed, what "
    "becomes of requests that no rule answers ('answer', 'error', 'stub', …; strict=True is 'error'), what may be "
    "asked for in a minute or a day, the clock ('auto', 'manual', a rate or a datetime), the API key, whose clients "
    "the environment leads here ('openai' or 'azure'), the day whose API this is, whether the test fails when a rule "
    "never speaks ('error'), and whether it may reach other hosts than these."
)


MARKED = ("fakeopenai", "fakeopenai_recorded")
"""Markers that give a test its world."""


def pytest_addoption(parser: pytest.Parser) -> None:
    options.add(parser)
    recordings.add(parser)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)
    options.check(config)
    recordings.begin(config)


def pytest_report_header(config: pytest.Config) -> str:
    return ", ".join([f"fakeopenai: {__version__}", *options.told(config)])


# Tests


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """A test whose network is blocked has it blocked from its first fixture to its last."""
    if not _blocks(item):
        return (yield)
    with _guarded(item):
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A marked test gets its world whether or not it names the fixture."""
    for guard in _guards(item):
        guard.blocked.clear()
    names: list[str] = getattr(item, "fixturenames", [])
    if "fakeopenai" not in names and _is_marked(item, {*names} & {"fakeopenai_module", "fakeopenai_session"}):
        names.insert(0, "fakeopenai")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """A test that passes all the same fails if it reached for the network, or if a rule of it never spoke."""
    yield
    for wrong in _afterthoughts(item):
        pytest.fail(wrong, pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """So does one that reaches for the network when it is over."""
    guards = _guards(item)
    for guard in guards:
        guard.blocked.clear()
    yield
    for guard in guards:
        if guard.told:
            pytest.fail(guard.told, pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        report.sections += [("fakeopenai network", guard.told) for guard in _guards(item) if guard.told]
        report.sections += [("fakeopenai exchanges", told) for told in _exchanges(item) if told]
    return report


def _afterthoughts(item: pytest.Item) -> Iterator[str]:
    yield from (guard.told for guard in _guards(item) if guard.told)
    fake = item.stash.get(FAKE, None)
    if fake is not None and fake.arrangement.unused == "error":
        try:
            fake.assert_all_rules_used()
        except AssertionError as error:
            yield str(error)


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """What keeps `fakeopenai.calls(…)` from equalling a list."""
    if op != "==" or not any(type(side).__name__ == "Calls" for side in (left, right)):
        return None
    from fakeopenai.plugin.calls import compared

    return compared(left, right)


def _is_marked(item: pytest.Item, wider: set[str]) -> bool:
    """A module's marker arranges the module's world, where a test has that."""
    nodes = [node for name in MARKED for node, _ in item.iter_markers_with_node(name)]
    return any(not wider or node is item or isinstance(node, pytest.Class) for node in nodes)


def _exchanges(item: pytest.Item) -> list[str]:
    fakes = [node.stash[FAKE] for node in item.listchain() if FAKE in node.stash]
    if not fakes:
        return []
    from fakeopenai.plugin.report import exchanges

    return [exchanges(fake) for fake in fakes]


def _guards(item: pytest.Item) -> list[Guard]:
    """The guards of a test, and of the module and the session if they have a world."""
    return [guard for node in item.listchain() for guard in node.stash.get(GUARDS, [])]


def _blocks(item: pytest.Item) -> bool:
    for marker in item.iter_markers("fakeopenai"):
        if "block_network" in marker.kwargs:
            return bool(marker.kwargs["block_network"])
    return bool(options.choice(item.config, "block_network"))


@contextmanager
def _guarded(node: pytest.Item | pytest.Collector, **refused: Sequence[str]) -> Iterator[None]:
    from fakeopenai.plugin.network import Guard, guarded

    guard, guards = Guard(options.allowed_hosts(node), **refused), node.stash.setdefault(GUARDS, [])
    guards.append(guard)
    with guarded(guard):
        yield
    guards.remove(guard)


# Fixtures


@pytest.fixture(scope="session")
def fakeopenai_config(pytestconfig: pytest.Config) -> Settings:
    """The settings of the session's server. Override it to have others."""
    from fakeopenai.world import Settings

    return Settings(seed=options.seed(pytestconfig), unmatched=options.unmatched(pytestconfig))


@pytest.fixture(scope="session")
def fakeopenai_server(pytestconfig: pytest.Config, fakeopenai_config: Settings) -> Iterator[Server | RunningServer]:
    """The emulator of this session, or of this worker of it; started when it is first asked for."""
    if url := pytestconfig.option.fakeopenai_url:
        yield _running(url, fakeopenai_config, options.rules(pytestconfig))
        return
    from fakeopenai.rules import load
    from fakeopenai.serving import serve

    with serve(settings=fakeopenai_config, rules=load(options.rules(pytestconfig))) as server:
        yield server


def _running(url: str, settings: Settings, rules: list[str]) -> RunningServer:
    from fakeopenai.plugin.remote import ElsewhereError, RunningServer
    from fakeopenai.rules import load

    try:
        return RunningServer(url, os.environ.get("FAKEOPENAI_CONTROL_TOKEN", ""), settings, load(rules))
    except ElsewhereError as error:
        wrong = str(error)
    pytest.fail(wrong, pytrace=False)


@pytest.fixture
def fakeopenai(request: pytest.FixtureRequest, fakeopenai_server: Server | RunningServer) -> Iterator[FakeOpenAI]:
    """The OpenAI API in a world of this test's own; clients that read the environment find it."""
    yield from _given(request.node, fakeopenai_server)


@pytest.fixture(scope="module")
def fakeopenai_module(
    request: pytest.FixtureRequest, fakeopenai_server: Server | RunningServer
) -> Iterator[FakeOpenAI]:
    """A world that the tests of a module share, arranged by the module's marker."""
    yield from _given(request.node, fakeopenai_server)


@pytest.fixture(scope="session")
def fakeopenai_session(
    request: pytest.FixtureRequest, fakeopenai_server: Server | RunningServer
) -> Iterator[FakeOpenAI]:
    """A world that all tests of the session share, or all of a worker of it."""
    yield from _given(request.node, fakeopenai_server)


def _given(node: pytest.Item | pytest.Collector, server: Server | RunningServer) -> Iterator[FakeOpenAI]:
    """The world that the markers of a test, a module or the session ask for, while clients are led there."""
    from fakeopenai.plugin.environment import leading_to

    with ExitStack() as stack:
        fake = node.stash[FAKE] = stack.enter_context(_arranged(node, server))
        stack.callback(node.stash.__delitem__, FAKE)
        stack.enter_context(recordings.recorded(node, fake))
        stack.enter_context(leading_to(fake, len(node.listchain())))
        stack.enter_context(_kept_from_the_real_one(node, server))
        fake.snapshots = _snapshots(node)
        yield fake
        if fake.arrangement.unused == "error" and not isinstance(node, pytest.Item):
            fake.assert_all_rules_used()
        _usage(node.config).add(fake, node.nodeid or "the session")


@contextmanager
def _arranged(node: pytest.Item | pytest.Collector, server: Server | RunningServer) -> Iterator[FakeOpenAI]:
    from fakeopenai.plugin.remote import ElsewhereError
    from fakeopenai.rules import RuleError
    from fakeopenai.testing import fresh

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
def _kept_from_the_real_one(node: pytest.Item | pytest.Collector, server: Server | RunningServer) -> Iterator[None]:
    """Code that doesn't look for the emulator where it is would spend real money. A recorder is meant to."""
    from fakeopenai.plugin.network import REAL

    if getattr(server.emulator, "upstream", None):
        yield
        return
    with _guarded(node, refused=REAL):
        yield


def _unique(node: pytest.Item | pytest.Collector) -> str:
    """The name of a test; what several tests share is another in each worker, who may share a server."""
    worker: dict[str, str] = getattr(node.config, "workerinput", {})
    return node.nodeid if isinstance(node, pytest.Item) else f"{node.nodeid}{worker.get('workerid', '')}"


def key_of(nodeid: str) -> str:
    """The API key of a test: the same in every run, another for every test, and fit for a header and a URL."""
    name = re.sub(r"[^A-Za-z0-9_]+", "-", nodeid.rpartition("::")[2].removeprefix("test_"))[:40].strip("-")
    return f"sk-test-{name or 'session'}-{blake2b(nodeid.encode(), digest_size=6).hexdigest()}"


def _arrangement(node: pytest.Item | pytest.Collector) -> Arrangement:
    """What the markers say: rules add up, the test's before its class's and module's; else the nearest counts."""
    from fakeopenai.arrangement import Arrangement

    usual = {"unused": options.choice(node.config, "unused")}
    nearest_first = [*(_words(marker) for marker in node.iter_markers("fakeopenai")), usual]
    return Arrangement.joined(nearest_first, node.path if node.path.is_dir() else node.path.parent)


def _words(marker: pytest.Mark) -> Mapping[str, Any]:
    """What stands in a marker without a name is rules."""
    return {"rules": marker.args, **marker.kwargs} if marker.args else marker.kwargs


# What a run collects, in one process or in several


def pytest_itemcollected(item: pytest.Item) -> None:
    """Snapshots of tests that are no more are forgotten, where all tests of a module are collected."""
    if options.updates_whole_modules(item.config):
        _album(item.config).know(item.path, _title(item))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of xdist hands over what it has collected; who isn't one keeps the snapshots."""
    config = session.config
    output: dict[str, str] | None = getattr(config, "workeroutput", None)
    if output is not None:
        output["fakeopenai"] = json.dumps(_collected(config))
    elif ALBUM in config.stash:
        config.stash[WRITTEN] = config.stash[ALBUM].save()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    collected = json.loads(getattr(node, "workeroutput", {}).get("fakeopenai", "{}"))
    if "usage" in collected:
        _usage(node.config).merge(collected["usage"])
    if "taken" in collected:
        _album(node.config).adopt(collected["taken"], collected["tests"])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for path in config.stash.get(WRITTEN, []):
        terminalreporter.write_line(f"fakeopenai: {path.name} has changed")
    if USAGE not in config.stash or (config.get_verbosity() < 0 and not config.option.fakeopenai_summary):
        return
    usage = config.stash[USAGE]
    if not config.option.fakeopenai_summary:
        terminalreporter.write_line(f"fakeopenai: {usage.line}")
        return
    terminalreporter.write_sep("=", "fakeopenai")
    for line in usage.lines:
        terminalreporter.write_line(line)


def _collected(config: pytest.Config) -> dict[str, Any]:
    usage = {"usage": vars(config.stash[USAGE])} if USAGE in config.stash else {}
    album = config.stash.get(ALBUM, None)
    taken = {"taken": album.taken, "tests": album.tests} if album else {}
    return usage | taken


def _usage(config: pytest.Config) -> Usage:
    from fakeopenai.plugin.usage import Usage

    return config.stash.setdefault(USAGE, Usage())


def _album(config: pytest.Config) -> Album:
    from fakeopenai.plugin.snapshots import Album

    volatile = tuple(config.getini("fakeopenai_snapshot_volatile"))
    return config.stash.setdefault(ALBUM, Album(config.option.fakeopenai_update_snapshots, volatile))


def _snapshots(node: pytest.Item | pytest.Collector) -> Any:
    from fakeopenai.plugin.snapshots import Snapshots

    return Snapshots(_album(node.config), node.path, _title(node))


def _title(node: pytest.Item | pytest.Collector) -> str:
    """What a test's snapshots stand under."""
    from fakeopenai.plugin.snapshots import MODULE

    return node.nodeid.partition("::")[2] or MODULE
