"""Worlds for tests of unittest, with and without pytest."""

from __future__ import annotations

import os
import socket
import unittest

import pytest

from fakeopenai import FakeOpenAITestCase
from fakeopenai.arrangement import Arrangement
from fakeopenai.testing import FakeOpenAI
from tests.conftest import Run
from tests.http import chat, said

pytest_plugins = ["pytester"]


class Weather(FakeOpenAITestCase):
    arrangement = Arrangement(rules={"say": "Sunny"})

    def setUp(self) -> None:
        self.before = said("Hi")

    def test_its_rules_speak(self) -> None:
        self.assertEqual([self.before, said("Hi")], ["Sunny", "Sunny"])  # noqa: PT009  their way

    def test_each_test_has_its_own(self) -> None:
        self.fakeopenai.assert_called_once("chat")


class Asynchronous(FakeOpenAITestCase, unittest.IsolatedAsyncioTestCase):
    async def test_it(self) -> None:
        client = self.fakeopenai.async_client()

        await client.models.list()

        self.fakeopenai.assert_called_once("models")


@pytest.mark.parametrize("case", [Weather, Asynchronous])
def test_a_testcase_has_a_world_for_each_of_its_tests(case: type[unittest.TestCase]) -> None:
    before, result = dict(os.environ), unittest.TestResult()

    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)

    assert result.testsRun == len(unittest.defaultTestLoader.getTestCaseNames(case))
    assert (result.failures, result.errors) == ([], [])
    assert {name: os.environ.get(name) for name in before} == before


def test_a_failure_is_one_of_its_own() -> None:
    class Failing(FakeOpenAITestCase):
        def test_it(self) -> None:
            chat("Hi")
            self.fakeopenai.assert_not_called()

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Failing).run(result)

    ((_, told),) = result.failures
    assert "expected no call of *, got" in told


def test_one_that_reaches_for_the_real_api_fails_though_it_hides_that() -> None:
    class Reaching(FakeOpenAITestCase):
        def test_it(self) -> None:
            with self.assertRaises(OSError):  # noqa: PT027  their way
                socket.create_connection(("api.openai.com", 443))

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Reaching).run(result)

    ((_, told),) = result.failures
    assert "the test wanted to reach api.openai.com:443, which is blocked" in told


def test_pytest_runs_them_too(run: Run) -> None:
    result = run("""
        from fakeopenai import FakeOpenAITestCase

        class Weather(FakeOpenAITestCase):
            def test_it(self):
                self.fakeopenai.on.chat().say("Sunny")
                self.assertEqual(said("Hi"), "Sunny")

            def test_that(self):
                self.fakeopenai.assert_not_called()
        """)

    result.assert_outcomes(passed=2)


@pytest.mark.usefixtures("fakeopenai")
class TestMarked(unittest.TestCase):
    fake: FakeOpenAI

    def test_a_fixture_leads_a_testcase_to_its_world(self) -> None:
        assert chat("Hi").status == 200
