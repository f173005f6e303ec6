"""The pytest plugin: a server for the session, a world for each test, and its exchanges in the report of a failure.

Loaded by every pytest run of an environment that has this package, so it imports nothing that a run may not need.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import pytest

from fakeopenai import __version__

if TYPE_CHECKING:
    from fakeopenai.arrangement import Arrangement
    from fakeopenai.serving import Server
    from fakeopenai.testing import FakeOpenAI
    from fakeopenai.world import Settings

FAKE: pytest.StashKey[FakeOpenAI] = pytest.StashKey()
"""What a test has been given."""

MARKER = (
    "fakeopenai(rules=(), load=(), seed=None, strict=None, clock='auto', key=''): give the test a world of the OpenAI "
    "emulator, arranged like this: rules or paths of rule files, names of shipped situations, the seed, whether a "
    "request that no rule answers is refused, the clock ('auto', 'manual', a rate or a datetime), the API key."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("fakeopenai", "emulator of the OpenAI API")
    rules = "A file or directory of rules that hold in every test."
    seed = "All that is generated follows from this number."
    strict = "Refuse what no rule answers."
    group.addoption("--fakeopenai-rules", action="append", default=[], metavar="PATH", help=rules)
    group.addoption("--fakeopenai-seed", type=int, metavar="N", help=seed)
    group.addoption("--fakeopenai-strict", action="store_true", help=strict)
    parser.addini("fakeopenai_rules", rules, type="paths", default=[])
    parser.addini("fakeopenai_seed", seed, default="0")
    parser.addini("fakeopenai_strict", strict, type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)


def pytest_report_header(config: pytest.Config) -> str:
    strict = ["strict"] if _strict(config) else []
    return ", ".join([f"fakeopenai: {__version__}", f"seed {_seed(config)}", *strict, *_rules(config)])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A marked test gets its world whether or not it names the fixture."""
    names: list[str] = getattr(item, "fixturenames", [])
    if "fakeopenai" not in names and item.get_closest_marker("fakeopenai"):
        names.insert(0, "fakeopenai")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    fake = item.stash.get(FAKE, None)
    if fake is not None and report.failed:
        from fakeopenai.report import exchanges

        if told := exchanges(fake):
            report.sections.append(("fakeopenai exchanges", told))
    return report


@pytest.fixture(scope="session")
def fakeopenai_config(pytestconfig: pytest.Config) -> Settings:
    """The settings of the session's server. Override it to have others."""
    from fakeopenai.world import Settings

    return Settings(seed=_seed(pytestconfig), unmatched="error" if _strict(pytestconfig) else "answer")


@pytest.fixture(scope="session")
def fakeopenai_server(pytestconfig: pytest.Config, fakeopenai_config: Settings) -> Iterator[Server]:
    """The emulator of this session, or of this worker of it; started when it is first asked for."""
    from fakeopenai.rules import load
    from fakeopenai.serving import serve

    with serve(settings=fakeopenai_config, rules=load(_rules(pytestconfig))) as server:
        yield server


@pytest.fixture
def fakeopenai(request: pytest.FixtureRequest, fakeopenai_server: Server) -> Iterator[FakeOpenAI]:
    """The OpenAI API in a world of this test's own; clients that read the environment find it."""
    item = request.node
    with ExitStack() as stack:
        fake = item.stash[FAKE] = stack.enter_context(_given(item, fakeopenai_server))
        stack.callback(item.stash.__delitem__, FAKE)
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in fake.environment.items():
            patch.setenv(name, value)
        _bypass_proxies(patch)
        yield fake


def _bypass_proxies(patch: pytest.MonkeyPatch) -> None:
    """Clients would ask a proxy that the environment names for the emulator, and it finds another machine there."""
    from urllib.request import getproxies_environment

    if getproxies_environment():
        for name in ("no_proxy", "NO_PROXY"):
            patch.setenv(name, "127.0.0.1", prepend=",")


@contextmanager
def _given(item: pytest.Item, server: Server) -> Iterator[FakeOpenAI]:
    """The world that the markers of a test ask for."""
    from fakeopenai.rules import RuleError
    from fakeopenai.testing import fresh

    with ExitStack() as stack:
        try:
            wanted = _arrangement(item)
            fake = stack.enter_context(fresh(server, wanted.key or key_of(item.nodeid), wanted))
        except RuleError as error:
            pytest.fail(str(error), pytrace=False)
        yield fake


def key_of(nodeid: str) -> str:
    """The API key of a test: the same in every run, another for every test, and fit for a header and a URL."""
    name = re.sub(r"[^A-Za-z0-9_]+", "-", nodeid.rpartition("::")[2].removeprefix("test_"))[:40].strip("-")
    return f"sk-test-{name}-{blake2b(nodeid.encode(), digest_size=6).hexdigest()}"


def _arrangement(item: pytest.Item) -> Arrangement:
    """What the markers say: rules add up, the test's before its class's and module's; else the nearest counts."""
    from fakeopenai.arrangement import Arrangement

    nearest_first = [_words(marker) for marker in item.iter_markers("fakeopenai")]
    return Arrangement.joined(nearest_first, item.path.parent)


def _words(marker: pytest.Mark) -> Mapping[str, Any]:
    """What stands in a marker without a name is rules."""
    return {"rules": marker.args, **marker.kwargs} if marker.args else marker.kwargs


def _rules(config: pytest.Config) -> list[str]:
    return [*config.getoption("--fakeopenai-rules"), *map(str, config.getini("fakeopenai_rules"))]


def _seed(config: pytest.Config) -> int:
    given: int | None = config.getoption("--fakeopenai-seed")
    return int(config.getini("fakeopenai_seed")) if given is None else given


def _strict(config: pytest.Config) -> bool:
    return bool(config.getoption("--fakeopenai-strict") or config.getini("fakeopenai_strict"))
