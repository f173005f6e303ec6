"""What README says is run, and what it counts is counted."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from fakeopenai import rules
from fakeopenai.coverage import CLIENTS, answered

README = Path(__file__).parent.parent / "README.md"
TEXT = README.read_text()

pytest_plugins = ["pytester"]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, flags=re.DOTALL)


KNOWN_TO = {
    "newest": "the newest official client",
    "legacy": "early official clients only",
    "azure": "Azure OpenAI only",
    "agents": "the Agents SDK only",
}


def table() -> str:
    """The table of operations as README shows it."""
    counts = Counter((row.client, row.how) for row in answered())
    lines = ["| known to | operations | implemented | synthesised |", "| --- | ---: | ---: | ---: |"]
    for client in CLIENTS:
        done, rest = counts[client, "implemented"], counts[client, "synthesised"]
        lines.append(f"| {KNOWN_TO[client]} | {done + rest} | {done} | {rest} |")
    return "\n".join(lines)


def test_the_table_of_operations_is_what_is_counted() -> None:
    shown = TEXT.partition("tests/test_readme.py -->\n")[2].partition("<!-- end of routes -->")[0].strip()

    assert shown == table(), f"the table should be:\n\n{table()}\n"


@pytest.mark.parametrize("code", [code for code in blocks("python") if "def test_" not in code])
def test_the_examples_run(code: str) -> None:
    exec(compile(code, str(README), "exec"), {})


@pytest.mark.parametrize("code", [code for code in blocks("python") if "def test_" in code])
def test_the_example_tests_pass(code: str, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    pytester.makepyfile(code)

    pytester.runpytest_inprocess("-q").assert_outcomes(passed=code.count("def test_"))


@pytest.mark.parametrize("text", blocks("yaml"))
def test_the_example_rules_load(text: str) -> None:
    assert rules.files.parse(text, "README.md")
