"""What README says is run, and what it counts is counted."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from fakeopenai import rules
from fakeopenai.coverage import answered

README = Path(__file__).parent.parent / "README.md"
TEXT = README.read_text()

pytest_plugins = ["pytester"]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, flags=re.DOTALL)


def table() -> str:
    """The table of families as README shows it."""
    counts: Counter[tuple[str, str]] = Counter()
    for row in answered():
        counts[row.family, row.how] += 1
    families = sorted({family for family, _ in counts})
    lines = ["| family | operations | implemented |", "| --- | ---: | ---: |"]
    for family in families:
        done, rest = counts[family, "implemented"], counts[family, "synthesised"]
        lines.append(f"| {family} | {done + rest} | {done} |")
    total = sum(counts.values())
    done = sum(count for (_, how), count in counts.items() if how == "implemented")
    lines.append(f"| all | {total} | {done} |")
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
