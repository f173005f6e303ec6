"""Files of rules that are read again when they change, while a server serves them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from fakeopenai.rules import RuleError
from fakeopenai.rules.files import files, load

if TYPE_CHECKING:
    from fakeopenai.rules import Shelf

OFTEN = 0.3
"""Seconds between two looks at the files, unless a look takes long."""

SETTLES = 0.05
"""Seconds in which an edit is written."""

SHARE = 20
"""A look takes at most one part in so many of the time."""

State = list[tuple[str, int, int]]
"""Each file's path, when it was written, and its size."""

log = logging.getLogger("fakeopenai")


class Watch:
    """Keeps a shelf as its files say. What can't be read changes nothing, and is told once.

    Rules that stay as they were keep their counts; new ones come between two requests, in a `turn`.
    """

    def __init__(self, paths: Iterable[Path], shelf: Shelf, turn: AbstractContextManager[object]) -> None:
        self._paths = list(paths)
        self._shelf = shelf
        self._turn = turn
        self._seen = self._state()

    def look(self) -> bool:
        """Read the files again if they have changed; says whether they had."""
        state = self._state()
        if state == self._seen:
            return False
        self._seen = state
        try:
            rules = load(self._paths)
        except (RuleError, OSError) as error:
            self._shelf.trouble = str(error)
            log.error("%s; the rules stay as they were", error)  # noqa: TRY400  where it happened is of no interest
            return True
        with self._turn:
            self._shelf.exchange(rules)
        log.warning("rules are read again: %d", len(rules))
        return True

    def start(self) -> None:
        """Look every now and then, in a thread of its own, as long as the process lives."""
        threading.Thread(target=self._run, name="fakeopenai-rules", daemon=True).start()

    def _run(self) -> None:
        pause = OFTEN
        while True:
            time.sleep(pause)
            began = time.perf_counter()
            changed = self._state() != self._seen
            pause = max(OFTEN, SHARE * (time.perf_counter() - began))
            if changed:
                time.sleep(SETTLES)
                self.look()

    def _state(self) -> State:
        try:
            return [_written(file) for path in self._paths for file in files(path)]
        except (RuleError, OSError):
            return []


def _written(file: Path) -> tuple[str, int, int]:
    told = file.stat()
    return str(file), told.st_mtime_ns, told.st_size
