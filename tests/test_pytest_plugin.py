"""The pytest plugin, seen by the people whose tests it serves."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from fakeopenai.plugin.worlds import key_of
from fakeopenai.testing import FakeOpenAI
from tests.conftest import Run
from tests.http import chat

pytest_plugins = ["pytester"]


def test_the_environment_leads_to_the_emulator_for_the_length_of_a_test(run: Run) -> None:
    result = run("""
        before = dict(os.environ)

        def test_inside(fakeopenai):
            assert os.environ["OPENAI_BASE_URL"] == fakeopenai.base_url
            assert fakeopenai.base_url.endswith("/v1")
            assert os.environ["OPENAI_API_KEY"] == fakeopenai.api_key
            assert chat().status == 200

        def test_outside():
            names = ["OPENAI_BASE_URL", "OPENAI_API_KEY"]
            assert [os.environ.get(name) for name in names] == [before.get(name) for name in names]
        """)

    result.assert_outcomes(passed=2)


def test_every_test_has_a_world_of_its_own_on_one_server(run: Run) -> None:
    result = run("""
        seen = []

        @pytest.mark.parametrize("number", range(3))
        def test_it(fakeopenai, number):
            fakeopenai.on("chat").say(f"Hello from {number}").once()
            assert said("Hi") == f"Hello from {number}"
            assert len(fakeopenai.requests) == 1
            seen.append((fakeopenai.base_url, fakeopenai.api_key))

        def test_they_differ_by_their_keys():
            assert len({url for url, _ in seen}) == 1
            assert len({key for _, key in seen}) == 3
        """)

    result.assert_outcomes(passed=4)


def test_the_same_requests_give_the_same_bytes_in_every_test(run: Run) -> None:
    result = run("""
        answers = []

        @pytest.mark.parametrize("number", range(3))
        def test_it(fakeopenai, number):
            answers.append([(answer.content, answer.headers) for answer in (chat("Hi"), chat("Hi"), chat("Ho"))])

        def test_they_are_equal():
            assert answers[0] == answers[1] == answers[2]
        """)

    result.assert_outcomes(passed=4)


def test_a_world_is_forgotten_when_its_test_ends(run: Run) -> None:
    result = run("""
        @pytest.mark.parametrize("number", range(50))
        def test_it(fakeopenai, number):
            chat("Hi")

        def test_nothing_is_left(fakeopenai_server):
            assert not fakeopenai_server.emulator.worlds
        """)

    result.assert_outcomes(passed=51)


def test_a_key_follows_from_the_test_alone() -> None:
    keys = [key_of(f"tests/test_a.py::TestIt::{name}") for name in ("test_chat", "test_chat[ä b/c]", "invalid")]

    assert keys == [
        "sk-test-chat-7757e9922b7a",
        "sk-test-chat-b-c-a0aea7428b87",
        "sk-test-invalid-eec7fb820b8d",
    ]


def test_a_marker_arranges_the_world(run: Run) -> None:
    result = run("""
        @pytest.mark.fakeopenai(rules=on("chat").say("Sunny"), key="sk-mine")
        def test_rules_and_key():
            assert os.environ["OPENAI_API_KEY"] == "sk-mine"
            assert said("Hi") == "Sunny"

        @pytest.mark.fakeopenai({"say": "Rainy"})
        def test_rules_without_a_name(fakeopenai):
            fakeopenai.on("chat", contains="Hi").say("The test speaks first")
            assert said("Ho") == "Rainy"
            assert said("Hi") == "The test speaks first"

        @pytest.mark.fakeopenai(strict=True)
        def test_strict():
            assert chat("Hi").status >= 400

        @pytest.mark.fakeopenai(clock="manual")
        def test_clock(fakeopenai):
            assert fakeopenai.clock.mode == "manual"

        ids = []

        @pytest.mark.parametrize("seed", [1, 2, 2])
        def test_seed(request, seed):
            request.node.add_marker(pytest.mark.fakeopenai(seed=seed))
            fakeopenai = request.getfixturevalue("fakeopenai")
            ids.append(chat("Hi").json["id"])

        def test_seeds_differ():
            assert ids[0] != ids[1] == ids[2]
        """)

    result.assert_outcomes(passed=8)


def test_the_markers_of_class_and_test_add_up(run: Run) -> None:
    result = run("""
        @pytest.mark.fakeopenai(rules=[on("chat").say("of the class")], seed=1, key="sk-class")
        class TestIt:
            @pytest.mark.fakeopenai(rules=[on("chat", contains="Hi").say("of the test")], seed=2)
            def test_it(self, fakeopenai):
                assert [said("Hi"), said("Ho")] == ["of the test", "of the class"]
                assert (fakeopenai.world.settings.seed, fakeopenai.api_key) == (2, "sk-class")
        """)

    result.assert_outcomes(passed=1)


def test_a_marker_may_begin_the_world_at_any_later_time(run: Run) -> None:
    result = run("""
        from datetime import datetime, timezone

        @pytest.mark.fakeopenai(clock=datetime(2030, 1, 1, tzinfo=timezone.utc))
        def test_it():
            assert chat("Hi").json["created"] == 1893456000
        """)

    result.assert_outcomes(passed=1)


def test_rule_files_are_found_beside_the_test(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makefile(".yaml", weather="- say: Sunny")

    result = run("""
        @pytest.mark.fakeopenai(rules="weather.yaml")
        def test_it():
            assert said("Hi") == "Sunny"
        """)

    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ("sede=1", "the marker knows no 'sede'; did you mean 'seed'?"),
        ("dialect='azur'", "unknown dialect 'azur'; did you mean 'azure'?"),
        ("unmatched='erorr'", "unknown unmatched 'erorr'; did you mean 'error'?"),
        ("unused='eror'", "unknown unused 'eror'; did you mean 'error'?"),
        ("clock='manul'", "unknown clock 'manul'; did you mean 'manual'?"),
        ("clock=-1", "'clock' must be a number from 0, got the number -1"),
        ("seed='7'", "'seed' must be a whole number from 0, got the text '7'"),
        ("strict=1", "'strict' must be true or false, got the number 1"),
        ("limits={'request_per_minute': 3}", "unknown key 'request_per_minute' in 'limits'; did you mean 'requests_*"),
        ("clock=__import__('datetime').datetime(2020, 1, 1)", "no world begins before 2026-01-01, got 2020-01-01 *"),
        ("load='no_such_thing'", "there is no situation 'no_such_thing'*"),
        ("{'sya': 'Hi'}", "unknown key 'sya' in a rule; did you mean 'say'?"),
        ("rules='none.yaml'", "*none.yaml: there is no such file or directory"),
        ("3", "'rules' must be rules, or paths of their files, got the number 3"),
        ("load=3", "'load' must be the name of a situation, or a path, got the number 3"),
        ("as_of='yesterday'", "'as_of' must be a day such as 2024-01-04, or a month *, got the text 'yesterday'"),
        ("allowed_hosts=3", "'allowed_hosts' must be names of hosts, got 3"),
    ],
)
def test_a_wrong_marker_says_what_is_wrong(run: Run, marker: str, message: str) -> None:
    result = run(f"""
        @pytest.mark.fakeopenai({marker})
        def test_it():
            pass
        """)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])


def test_options_hold_for_the_session(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makefile(".yaml", weather="- when: {contains: weather}\n  say: Sunny")

    result = run(
        """
        def test_it(fakeopenai):
            assert said("weather") == "Sunny"
            assert chat("Hi").status >= 400
            assert fakeopenai.world.settings.seed == 7
        """,
        "--fakeopenai-rules=weather.yaml",
        "--fakeopenai-seed=7",
        "--fakeopenai-strict",
    )

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["fakeopenai: *, seed 7, strict, weather.yaml"])


def test_rules_for_all_tests_that_are_not_there_are_told(run: Run) -> None:
    result = run("def test_it(fakeopenai): pass", "--fakeopenai-rules=none.yaml")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["none.yaml: there is no such file or directory"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_the_ini_file_says_the_same(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makefile(".yaml", weather="- when: {contains: weather}\n  say: Sunny")
    pytester.makeini("[pytest]\nfakeopenai_rules = weather.yaml\nfakeopenai_seed = 7\nfakeopenai_strict = true")

    result = run("""
        def test_it(fakeopenai):
            assert said("weather") == "Sunny"
            assert chat("Hi").status >= 400
            assert fakeopenai.world.settings.seed == 7
        """)

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["fakeopenai: *, seed 7, strict, *weather.yaml"])


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("unmatched = erorr", "fakeopenai_unmatched must be one of answer, error, stub, got 'erorr'"),
        ("unused = yes", "fakeopenai_unused must be one of ignore, error, got 'yes'"),
        ("seed = seven", "fakeopenai_seed must be a whole number from 0, got 'seven'"),
    ],
)
def test_a_wrong_ini_file_is_told_at_once(run: Run, pytester: pytest.Pytester, line: str, told: str) -> None:
    pytester.makeini(f"[pytest]\nfakeopenai_{line}")

    result = run("def test_it(): pass")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{told}"])


def test_the_settings_of_the_server_can_be_overridden(run: Run) -> None:
    result = run("""
        from fakeopenai import Settings

        @pytest.fixture(scope="session")
        def fakeopenai_config():
            return Settings(any_model=True)

        def test_it(fakeopenai):
            assert chat("Hi", model="anything-goes").status == 200
        """)

    result.assert_outcomes(passed=1)


FAILING = """
    def test_it(fakeopenai):
        fakeopenai.on("chat", contains="weather").say("Sunny")
        fakeopenai.on("chat", contains="snow").say("White").name("snow")
        chat("The weather?")
        chat("The wether?")
        assert False
    """

TOLD = [
    "*- fakeopenai exchanges -*",
    "POST /chat/completions",
    '  > {"model": "gpt-4o", "messages": ?{"role": "user", "content": "The weather?"}?}',
    '  < 200 {"id": "chatcmpl-*"Sunny"*',
    "  rule: *test_*.py:*",
    "POST /chat/completions",
    '  > {"model": "gpt-4o", "messages": ?{"role": "user", "content": "The wether?"}?}',
    '  < 200 {"id": "chatcmpl-*',
    "  no rule matched; nearest rule: *test_*.py:*",
    "    user text: expected to contain 'weather', got 'The wether?'",
]
UNUSED = "rules that never spoke: snow"


def test_a_failure_tells_of_requests_with_other_keys(run: Run) -> None:
    result = run(
        """
        def test_it(fakeopenai):
            fakeopenai.on("chat").say("Sunny")
            assert chat("Hi", key="sk-own").json["choices"][0]["message"]["content"] == "Sunny"

        def test_again(fakeopenai):
            assert chat("Hi").status == 500
        """
    )

    told = result.stdout.str()
    assert "requests with other keys went to other worlds: own (1); lead them here with fakeopenai.world_url" in told
    assert told.count("requests with other keys") == 1


def test_a_failure_tells_its_exchanges_and_the_nearest_rule(run: Run) -> None:
    result = run(FAILING)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(TOLD, consecutive=True)
    result.stdout.fnmatch_lines([UNUSED])


def test_a_failure_tells_them_under_xdist(run: Run) -> None:
    result = run(FAILING, "-p", "xdist", "-n", "1")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(TOLD, consecutive=True)
    result.stdout.fnmatch_lines([UNUSED])


def test_a_failure_of_another_fixture_tells_them_too(run: Run) -> None:
    result = run("""
        @pytest.fixture
        def broken(fakeopenai):
            chat("Hi")
            raise ValueError

        def test_it(broken):
            pass
        """)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*- fakeopenai exchanges -*", "POST /chat/completions"])


def test_requests_that_miss_the_api_are_told(run: Run) -> None:
    result = run("""
        def test_it(fakeopenai):
            send("GET", "/chat/completion")
            assert False
        """)

    result.stdout.fnmatch_lines(["GET /chat/completion", "  < 404 *Invalid URL*"])


def test_answers_are_told_by_what_they_say(run: Run) -> None:
    result = run("""
        def test_it(fakeopenai):
            fakeopenai.on("chat", contains="Hi").say("Sunny")
            chat("Hi")
            send("GET", "/models/gpt-4o")
            assert False
        """)

    result.stdout.fnmatch_lines(
        [
            '  < 200 {"id": "chatcmpl-*", "choices": *"message": {"role": "assistant", "content": "Sunny"}, *',
            "  rule: *",
            "GET /models/gpt-4o",
            '  < 200 {"id": "gpt-4o", "owned_by": "system"}',
        ],
        consecutive=True,
    )
    result.stdout.no_fnmatch_line("  no rule matched*")


def test_long_bodies_and_journals_are_told_in_few_words(run: Run) -> None:
    result = run("""
        def test_it(fakeopenai):
            for number in range(25):
                chat("x" * 10_000)
            assert False
        """)

    result.stdout.fnmatch_lines(["*- fakeopenai exchanges -*", "… 5 earlier", "POST /chat/completions"])
    told = result.stdout.str().partition("fakeopenai exchanges")[2]
    assert len(told) < 20_000


def test_no_failure_no_report(run: Run) -> None:
    result = run("""
        def test_it(fakeopenai):
            chat("Hi")

        def test_that(fakeopenai):
            assert False
        """)

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.no_fnmatch_line("*fakeopenai exchanges*")


def test_a_testcase_gets_its_world(run: Run) -> None:
    result = run("""
        import unittest

        class ChatTest(unittest.TestCase):
            @pytest.mark.fakeopenai(rules=on("chat").say("Sunny"))
            def test_marked(self):
                self.assertEqual(said("Hi"), "Sunny")

        @pytest.mark.usefixtures("fakeopenai")
        class OtherTest(unittest.TestCase):
            def test_used(self):
                self.assertEqual(chat("Hi").status, 200)
        """)

    result.assert_outcomes(passed=2)


def test_processes_that_a_test_starts_find_its_world(run: Run) -> None:
    result = run("""
        import subprocess

        def test_it(fakeopenai):
            fakeopenai.on("chat").say("Sunny")
            script = "from tests.http import said; print(said('Hi'))"
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
            assert subprocess.check_output([sys.executable, "-c", script], env=environment) == b"Sunny\\n"
        """)

    result.assert_outcomes(passed=1)


def test_a_proxy_is_left_out(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "internal.example")

    fake: FakeOpenAI = request.getfixturevalue("fakeopenai")

    assert fake.client().models.list().data
    assert os.environ["NO_PROXY"].split(",")[0] == "127.0.0.1"
    assert os.environ["NO_PROXY"].split(",")[-1] == "internal.example"


def test_a_run_that_needs_no_emulator_imports_none() -> None:
    heavy = {"starlette", "uvicorn", "msgspec", "jsonschema", "yaml", "openai", "asyncio", "fakeopenai.world"}
    script = f"import fakeopenai.pytest_plugin, sys; print(*{heavy} & sys.modules.keys())"

    printed = subprocess.check_output([sys.executable, "-c", script], text=True)

    assert printed.split() == []


def test_the_fixture_is_here_too(fakeopenai: FakeOpenAI) -> None:
    assert chat("Hi").status == 200
    assert [str(made) for made in fakeopenai.requests] == ["<POST /chat/completions 200>"]
