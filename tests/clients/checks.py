"""How a program of a client says what it found: a line for each of its steps."""

from __future__ import annotations

import asyncio
import inspect
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


def run(*steps: Callable[[], Any]) -> None:
    """Take the steps in turn, print how each went, and exit with 1 if one failed."""
    failed = [step for step in steps if not _passed(step)]
    sys.exit(1 if failed else 0)


def _passed(step: Callable[[], Any]) -> bool:
    name = step.__name__.replace("_", " ")
    try:
        asyncio.run(step()) if inspect.iscoroutinefunction(step) else step()
    except Exception as error:
        print(f"FAILED {name}: {type(error).__name__}: {str(error)[:300]}")
        traceback.print_exc()
        return False
    print(f"passed {name}")
    return True


@contextmanager
def refused(kind: type[Exception]) -> Iterator[None]:
    """What happens in here must fail with such an error."""
    try:
        yield
    except kind:
        return
    raise AssertionError(f"no {kind.__name__}")
