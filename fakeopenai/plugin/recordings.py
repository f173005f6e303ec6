"""Tests that ask a real API once, and a recording of it ever after. Imported by every pytest run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import pytest

if TYPE_CHECKING:
    from fakeopenai.recording.recorder import Recorder
    from fakeopenai.recording.tape import Tape
    from fakeopenai.recording.upstream import Upstream
    from fakeopenai.serving import Server
    from fakeopenai.testing import FakeOpenAI

Mode = Literal["none", "once", "new", "new_episodes", "all"]

MODE = "What marked tests do: replay only (none, default), record where no recording is (once), record what isn't "
MODE += "recorded yet (new, or new_episodes), record everything anew (all)."
UPSTREAM = "Base URL of the API that is recorded; its key is OPENAI_API_KEY. (default: https://api.openai.com/v1)"

MARKER = (
    "fakeopenai_recorded(redact=(), errors=False, path=None): replay what a real API answered, and record it as "
    "--fakeopenai-record says: regular expressions of what may not be written, whether failures are recorded, and the "
    "file, which is recordings/MODULE/TEST.yaml beside the module if it isn't said."
)

WORDS = ("redact", "errors", "path")
"""What the marker may say."""

KEY: pytest.StashKey[str] = pytest.StashKey()
"""The key of the real API, as the environment had it before any test."""


def add(parser: pytest.Parser) -> None:
    """Let pytest know the options."""
    group = parser.getgroup("fakeopenai", "emulator of the OpenAI API")
    short = [] if find_spec("pytest_recording") else ["--record-mode"]  # which is that plugin's own
    group.addoption("--fakeopenai-record", *short, dest="fakeopenai_record", choices=get_args(Mode), help=MODE)
    group.addoption("--fakeopenai-upstream", dest="fakeopenai_upstream", metavar="URL", help=UPSTREAM)
    parser.addini("fakeopenai_record", MODE, default="none")
    parser.addini("fakeopenai_upstream", UPSTREAM, default="")


def begin(config: pytest.Config) -> None:
    """Let pytest know the marker, and keep the real key before any test has one of its own."""
    config.addinivalue_line("markers", MARKER)
    config.stash[KEY] = os.environ.get("OPENAI_API_KEY", "")
    if (given := config.getini("fakeopenai_record")) not in get_args(Mode):
        raise pytest.UsageError(f"fakeopenai_record must be one of {', '.join(get_args(Mode))}, got '{given}'")


@contextmanager
def recorded(node: pytest.Item | pytest.Collector, fake: FakeOpenAI) -> Iterator[None]:
    """The world of a marked test has its recording, or is being recorded."""
    marker = node.get_closest_marker("fakeopenai_recorded")
    if marker is None:
        _pass_on(node.config, fake)
        yield
        return
    from fakeopenai.recording.tape import Tape
    from fakeopenai.serving import Server

    if wrong := _wrong(*marker.args, **marker.kwargs):
        pytest.fail(wrong, pytrace=False)
    if not isinstance(fake.server, Server):
        pytest.fail("recordings need a server of this run, not one that runs already", pytrace=False)
    mode = _mode(node.config)
    path = _path(node, **marker.kwargs)
    records = mode in {"new", "new_episodes", "all"} or (mode == "once" and not path.exists())
    if path.exists() and mode != "all":
        _replay(fake, path)
    if records:
        tape = Tape(path, _upstream(node.config, fake.server).url, anew=mode == "all")
        fake.world.recorder = _recorder(node.config, tape, **marker.kwargs)
    else:
        fake.world.sealed = f"{_told(path)}, and --fakeopenai-record={mode} asks nobody else."
    fake.world.settings = replace(fake.world.settings, unmatched="record" if records else "error", any_model=True)
    yield


def _pass_on(config: pytest.Config, fake: FakeOpenAI) -> None:
    """What a test has no rule for may go to the upstream that is recorded elsewhere."""
    from fakeopenai.serving import Server

    way = fake.world.settings.unmatched if isinstance(fake.server, Server) else ""
    if way == "record":
        pytest.fail(
            "what is to be recorded bears the marker fakeopenai_recorded, not unmatched='record'", pytrace=False
        )
    if way == "proxy" and isinstance(fake.server, Server):
        _upstream(config, fake.server)


def _wrong(*unnamed: Any, redact: Any = (), **others: Any) -> str:
    """What is wrong with the words of a marker, if anything."""
    from fakeopenai.rules.reading import suggestion

    if unnamed:
        return f"the marker fakeopenai_recorded takes its words by name: {', '.join(f'{word}=…' for word in WORDS)}"
    for word in others:
        if word not in WORDS:
            return f"the marker fakeopenai_recorded knows no '{word}'{suggestion(word, WORDS)}"
    for pattern in _listed(redact):
        try:
            re.compile(pattern)
        except (re.error, TypeError) as error:
            return f"'redact' must be regular expressions: {pattern!r} is none: {error}"
    return ""


def _listed(patterns: Any) -> Iterable[Any]:
    return patterns if isinstance(patterns, Iterable) and not isinstance(patterns, str) else [patterns]


def _mode(config: pytest.Config) -> str:
    return str(config.option.fakeopenai_record or config.getini("fakeopenai_record"))


def _path(node: pytest.Item | pytest.Collector, *, path: str | None = None, **_: Any) -> Path:
    if path:
        return node.path.parent / path
    names = [part for part in node.nodeid.split("::")[1:] if part != "()"]
    name = re.sub(r"[^\w.\[\]=-]+", "-", ".".join(names)) or "module"
    return node.path.parent / "recordings" / node.path.stem / f"{name}.yaml"


def _told(path: Path) -> str:
    shown = os.path.relpath(path)
    return f"{shown} doesn't have it" if path.exists() else f"There is no recording {shown}"


def _replay(fake: FakeOpenAI, path: Path) -> None:
    from fakeopenai.rules import RuleError, Shelf, load

    wrong = ""
    try:
        fake.world.rules.lay_below(Shelf(load([path])))
    except RuleError as error:
        wrong = str(error)
    if wrong:
        pytest.fail(wrong, pytrace=False)


def _recorder(config: pytest.Config, tape: Tape, *, redact: Any = (), errors: bool = False, **_: Any) -> Recorder:
    from fakeopenai.recording.recorder import Recorder
    from fakeopenai.recording.redaction import Redactor

    return Recorder(tape, Redactor(tuple(_listed(redact)), [config.stash[KEY]]), errors=errors)


def _upstream(config: pytest.Config, server: Server) -> Upstream:
    """The API that is recorded, which the server asks from now on."""
    from fakeopenai.recording.upstream import Upstream, UpstreamError

    url = config.option.fakeopenai_upstream or config.getini("fakeopenai_upstream")
    url = url or os.environ.get("FAKEOPENAI_UPSTREAM") or "https://api.openai.com/v1"
    try:
        upstream = server.emulator.upstream = server.emulator.upstream or Upstream(url, config.stash[KEY])
    except UpstreamError as error:
        raise pytest.UsageError(str(error)) from None
    return upstream
