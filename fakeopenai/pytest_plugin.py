"""The pytest plugin: a server for the session, a world for each test, and its exchanges in the report of a failure.

Loaded by every pytest run of an environment that has this package, so it imports nothing that a run may not need.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from fakeopenai import __version__
from fakeopenai.plugin import options, recordings
from fakeopenai.plugin import session as kept
from fakeopenai.plugin.guards import guarded, guards_of, is_blocked

if TYPE_CHECKING:
    from fakeopenai.plugin.remote import RunningServer
    from fakeopenai.serving import Server
    from fakeopenai.testing import FakeOpenAI
    from fakeopenai.world import Settings

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
    if not is_blocked(item):
        return (yield)
    with guarded(item):
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A marked test gets its world whether or not it names the fixture."""
    for guard in guards_of(item):
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
    guards = guards_of(item)
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
        report.sections += [("fakeopenai network", guard.told) for guard in guards_of(item) if guard.told]
        report.sections += [("fakeopenai exchanges", told) for told in _exchanges(item) if told]
    return report


def _afterthoughts(item: pytest.Item) -> Iterator[str]:
    yield from (guard.told for guard in guards_of(item) if guard.told)
    fake = item.stash.get(kept.FAKE, None)
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
    fakes = kept.fakes(item)
    if not fakes:
        return []
    from fakeopenai.plugin.report import exchanges

    return [exchanges(fake) for fake in fakes]


# Fixtures


@pytest.fixture(scope="session")
def fakeopenai_config(pytestconfig: pytest.Config) -> Settings:
    """The settings of the session's server. Override it to have others."""
    from fakeopenai.world import Settings

    return Settings(seed=options.seed(pytestconfig), unmatched=options.unmatched(pytestconfig))


@pytest.fixture(scope="session")
def fakeopenai_server(pytestconfig: pytest.Config, fakeopenai_config: Settings) -> Iterator[Server | RunningServer]:
    """The emulator of this session, or of this worker of it; started when it is first asked for."""
    from fakeopenai.plugin.worlds import server_of

    with server_of(pytestconfig, fakeopenai_config) as server:
        yield server


@pytest.fixture
def fakeopenai(request: pytest.FixtureRequest, fakeopenai_server: Server | RunningServer) -> Iterator[FakeOpenAI]:
    """The OpenAI API in a world of this test's own; clients that read the environment find it."""
    from fakeopenai.plugin.worlds import given

    yield from given(request.node, fakeopenai_server)


@pytest.fixture(scope="module")
def fakeopenai_module(
    request: pytest.FixtureRequest, fakeopenai_server: Server | RunningServer
) -> Iterator[FakeOpenAI]:
    """A world that the tests of a module share, arranged by the module's marker."""
    from fakeopenai.plugin.worlds import given

    yield from given(request.node, fakeopenai_server)


@pytest.fixture(scope="session")
def fakeopenai_session(
    request: pytest.FixtureRequest, fakeopenai_server: Server | RunningServer
) -> Iterator[FakeOpenAI]:
    """A world that all tests of the session share, or all of a worker of it."""
    from fakeopenai.plugin.worlds import given

    yield from given(request.node, fakeopenai_server)


# What a run collects, in one process or in several


def pytest_itemcollected(item: pytest.Item) -> None:
    """Snapshots of tests that are no more are forgotten, where all tests of a module are collected."""
    if options.updates_whole_modules(item.config):
        kept.album(item.config).know(item.path, kept.title(item))


def pytest_sessionfinish(session: pytest.Session) -> None:
    kept.end(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    kept.take_over(node.config, getattr(node, "workeroutput", {}).get("fakeopenai", "{}"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lines = list(kept.summary(config))
    if lines and config.option.fakeopenai_summary:
        terminalreporter.write_sep("=", "fakeopenai")
    for line in lines:
        terminalreporter.write_line(line)
