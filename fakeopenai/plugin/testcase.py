"""A world for each test of unittest: `class ChatTest(FakeOpenAITestCase)`."""

from __future__ import annotations

import atexit
import re
from contextlib import ExitStack
from functools import cache
from typing import ClassVar
from unittest import TestCase, TestResult

from fakeopenai.arrangement import Arrangement
from fakeopenai.plugin.environment import leading_to
from fakeopenai.plugin.network import REAL, Guard, domains, guarded
from fakeopenai.serving import Server, serve
from fakeopenai.testing import FakeOpenAI, fresh


class FakeOpenAITestCase(TestCase):
    """Gives each test a world of its own, `self.fakeopenai`, to which the environment leads while it runs.

    `arrangement` says how the worlds of a class begin. For asynchronous tests put it before the other:
    `class ChatTest(FakeOpenAITestCase, IsolatedAsyncioTestCase)`.
    """

    arrangement: ClassVar[Arrangement] = Arrangement()
    fakeopenai: FakeOpenAI

    def run(self, result: TestResult | None = None) -> TestResult | None:
        key = f"sk-test-{re.sub(r'[^A-Za-z0-9_.]+', '-', self.id())}"
        guard = Guard(refused=domains(REAL))
        self.addCleanup(self._stayed_away, guard)
        with fresh(_server(), key, self.arrangement) as self.fakeopenai, leading_to(self.fakeopenai), guarded(guard):
            return super().run(result)

    def _stayed_away(self, guard: Guard) -> None:
        """A test that reached for the real API fails."""
        if guard.told:
            self.fail(guard.told)


@cache
def _server() -> Server:
    """One server for all tests of a process, as long as it lasts."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(serve())
