"""What a run keeps: the worlds that tests have been given, what they asked, and the snapshots that they took."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fakeopenai.plugin.snapshots import Album
    from fakeopenai.plugin.usage import Usage
    from fakeopenai.testing import FakeOpenAI

FAKE: pytest.StashKey[FakeOpenAI] = pytest.StashKey()
"""What a test, a module or the session has been given."""

USAGE: pytest.StashKey[Usage] = pytest.StashKey()
ALBUM: pytest.StashKey[Album] = pytest.StashKey()
WRITTEN: pytest.StashKey[list[Path]] = pytest.StashKey()


def fakes(item: pytest.Item) -> list[FakeOpenAI]:
    """The worlds that a test has, the widest first."""
    return [node.stash[FAKE] for node in item.listchain() if FAKE in node.stash]


def usage(config: pytest.Config) -> Usage:
    """What the tests have asked so far."""
    from fakeopenai.plugin.usage import Usage

    return config.stash.setdefault(USAGE, Usage())


def album(config: pytest.Config) -> Album:
    """The snapshots of all tests."""
    from fakeopenai.plugin.snapshots import Album

    volatile = tuple(config.getini("fakeopenai_snapshot_volatile"))
    return config.stash.setdefault(ALBUM, Album(config.option.fakeopenai_update_snapshots, volatile))


def title(node: pytest.Item | pytest.Collector) -> str:
    """What a test's snapshots stand under."""
    from fakeopenai.plugin.snapshots import MODULE

    return node.nodeid.partition("::")[2] or MODULE


def end(config: pytest.Config) -> None:
    """A worker of xdist hands over what it has kept; who isn't one writes the snapshots."""
    output: dict[str, str] | None = getattr(config, "workeroutput", None)
    if output is not None:
        output["fakeopenai"] = _handed_over(config)
    elif ALBUM in config.stash:
        config.stash[WRITTEN] = config.stash[ALBUM].save()


def take_over(config: pytest.Config, text: str) -> None:
    """Add what a worker has kept."""
    kept = json.loads(text)
    if "usage" in kept:
        usage(config).merge(kept["usage"])
    if "taken" in kept:
        album(config).adopt(kept["taken"], kept["tests"])


def summary(config: pytest.Config) -> Iterator[str]:
    """What is told at the end of a run, a line of it or all."""
    yield from (f"fakeopenai: {path.name} has changed" for path in config.stash.get(WRITTEN, []))
    if USAGE not in config.stash:
        return
    if config.option.fakeopenai_summary:
        yield from config.stash[USAGE].lines
    elif config.get_verbosity() >= 0:
        yield f"fakeopenai: {config.stash[USAGE].line}"


def _handed_over(config: pytest.Config) -> str:
    usage, album = config.stash.get(USAGE, None), config.stash.get(ALBUM, None)
    used = {"usage": vars(usage)} if usage else {}
    taken = {"taken": album.taken, "tests": album.tests} if album else {}
    return json.dumps(used | taken)
