"""What stands between tests and the network: which tests have a guard, and who has tried to pass it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from fakeopenai.plugin import options

if TYPE_CHECKING:
    from fakeopenai.plugin.network import Guard

GUARDS: pytest.StashKey[list[Guard]] = pytest.StashKey()


def guards_of(item: pytest.Item) -> list[Guard]:
    """The guards of a test, and of the module and the session if they have a world."""
    return [guard for node in item.listchain() for guard in node.stash.get(GUARDS, [])]


def is_blocked(item: pytest.Item) -> bool:
    """Whether a test may reach no other machine: the nearest marker that says so, or the configuration."""
    for marker in item.iter_markers("fakeopenai"):
        if "block_network" in marker.kwargs:
            return bool(marker.kwargs["block_network"])
    return bool(options.choice(item.config, "block_network"))


@contextmanager
def guarded(node: pytest.Item | pytest.Collector, **refused: Sequence[str]) -> Iterator[None]:
    """Let a guard stand there for a test, a module or the session; it refuses all hosts, or those named."""
    from fakeopenai.plugin import network

    guard, guards = network.Guard(options.allowed_hosts(node), **refused), node.stash.setdefault(GUARDS, [])
    guards.append(guard)
    with network.guarded(guard):
        yield
    guards.remove(guard)
