"""Pictures that a response draws."""

from __future__ import annotations

from collections.abc import Iterator

from fakeopenai.wire import Object


def partial(item: Object, count: int) -> Iterator[str]:
    """The picture of an item before it is whole, so many times, each finer than the one before."""
    return iter(())
