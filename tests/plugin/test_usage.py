"""What is told at the end of a run about what its tests asked."""

from __future__ import annotations

import pytest

from tests.conftest import Run

pytest_plugins = ["pytester"]

TESTS = """
    @pytest.mark.fakeopenai(on("chat", contains="weather").say("Sunny").name("weather"))
    @pytest.mark.parametrize("text", ["The weather?", "The wether?"])
    def test_it(text):
        chat(text, **({"temperature": 0.5} if "weather" in text else {}))

    def test_files(fakeopenai):
        send("GET", "/files?limit=3")
        send("GET", "/files/file-none")
        send("GET", "/nowhere")

    def test_without():
        pass
    """

SUMMARY = [
    "*= fakeopenai =*",
    "5 requests of 4 operations in 3 worlds, no rule answered 1 of them, 2 rules never spoke:",
    "  GET /files                 1  limit",
    "  GET /files/{file_id}       1  1 refused",
    "  GET /nowhere               1  1 refused",
    "  POST /chat/completions     2  messages, model, temperature (1)",
    "  no rule answered:",
    '    *.py::test_it?The wether??: POST /chat/completions "The wether?"',
    "  rules that never spoke:",
    "    snow",
    "    *.py::test_it?The wether??: weather",
]


@pytest.fixture(autouse=True)
def snow(pytester: pytest.Pytester) -> None:
    """A rule for all tests."""
    pytester.makefile(".yaml", rules="- {name: snow, when: {contains: snow}, say: White}")


@pytest.mark.parametrize("workers", [[], ["-p", "xdist", "-n", "2"]], ids=["alone", "xdist"])
def test_a_summary_tells_operations_parameters_and_rules(run: Run, workers: list[str]) -> None:
    result = run(TESTS, "--fakeopenai-rules=rules.yaml", "--fakeopenai-summary", *workers)

    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(SUMMARY, consecutive=True)


def test_without_the_option_it_is_one_line(run: Run) -> None:
    result = run(TESTS, "--fakeopenai-rules=rules.yaml")

    result.stdout.fnmatch_lines(
        ["fakeopenai: 5 requests of 4 operations in 3 worlds, no rule answered 1 of them, 2 rules never spoke"]
    )
    result.stdout.no_fnmatch_line("*= fakeopenai =*")


def test_who_uses_no_world_is_told_nothing(run: Run) -> None:
    result = run("def test_it(): pass", "--fakeopenai-summary")

    result.stdout.no_fnmatch_line("fakeopenai: * requests*")
    result.stdout.no_fnmatch_line("*= fakeopenai =*")


def test_who_wants_it_quiet_is_told_nothing(run: Run) -> None:
    result = run(TESTS, "-q")

    result.stdout.no_fnmatch_line("fakeopenai: *")


def test_without_rules_none_of_them_is_missed(run: Run) -> None:
    result = run("""
        def test_it(fakeopenai):
            chat("Hi")
        """)

    result.stdout.fnmatch_lines(["fakeopenai: 1 request of 1 operation in 1 world"])


def test_what_happens_often_is_told_once(run: Run) -> None:
    result = run(
        """
        def test_it(fakeopenai):
            for number in range(3):
                chat("Hi")
            for number in range(30):
                chat(f"Number {number}")
        """,
        "--fakeopenai-rules=rules.yaml",
        "--fakeopenai-summary",
    )

    result.stdout.fnmatch_lines(['*: POST /chat/completions "Hi" (3 times)', "    … 11 more"])
