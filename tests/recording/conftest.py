"""Clients of recorders are closed with the test that asked for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.recording.upstreams import OPEN


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()
