"""What README and the pages of docs/ show is run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import httpcore2
import pytest
import yaml
from click import Command
from click.testing import CliRunner, Result
from openai import resources

from fakeopenai import rules
from fakeopenai.cli import main
from fakeopenai.faults import FAULTS
from fakeopenai.rules.lint import lint
from fakeopenai.serving import serve
from fakeopenai.testing import FakeOpenAI

ROOT = Path(__file__).parent.parent
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [ROOT / "README.md", *DOCS]

pytest_plugins = ["pytester"]

LOADED = (httpcore2, resources, yaml, FakeOpenAI)
"""A run within this one forgets what it has imported; httpx2 would then miss the errors of httpcore2."""


def snippets(language: str) -> pytest.MarkDecorator:
    """Run a test with each snippet in a language, under the name of its page."""
    found = [pytest.param(code, id=page.stem) for page in PAGES for code in blocks(page, language)]
    return pytest.mark.parametrize("snippet", found)


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text("utf-8"), flags=re.DOTALL)


@snippets("python")
def test_python_runs_and_its_tests_pass(snippet: str, pytester: pytest.Pytester) -> None:
    tests = snippet.count("def test_")
    if not tests:
        exec(compile(snippet, "docs", "exec"), {})
        return
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function")
    pytester.makepyfile(snippet)

    options = ["--fakeopenai-update-snapshots"] if "assert_snapshot" in snippet else []
    pytester.runpytest_inprocess("-q", "-p", "no:hypothesispytest", *options).assert_outcomes(passed=tests)


@snippets("yaml")
def test_rules_load_and_have_no_mistakes(snippet: str) -> None:
    found = rules.files.parse(snippet, "docs.yaml")

    assert found
    assert lint(found) == []


@snippets("console")
def test_commands_run_and_say_what_is_shown(snippet: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.yaml").write_text("- {when: {contains: Hi}, say: Hello}")
    (tmp_path / "recordings").mkdir()
    (tmp_path / "fixtures.json").write_text('{"fixtures": [{"match": {}, "response": {"content": "Hi"}}]}')

    for words, shown in commands(snippet):
        result = run(words)
        assert result.exit_code == 0, f"{words}: {result.output}"
        assert shown in result.output or words[0] in UNRUN


PROGRAMS = {
    "java": ("Weather.java", ["java", "Weather.java"]),
    "go": ("weather_test.go", ["go", "test", "weather_test.go"]),
}
"""How programs in other languages are run: the name that a file must have, and the command."""


@pytest.mark.parametrize("language", PROGRAMS)
def test_programs_in_other_languages_run(language: str, tmp_path: Path) -> None:
    (program,) = (code for page in PAGES for code in blocks(page, language))
    file, command = PROGRAMS[language]
    if not which(command[0]):
        pytest.skip(f"this machine has no {command[0]}")
    (tmp_path / file).write_text(program, "utf-8")

    with serve() as server:
        environment = os.environ | {"FAKEOPENAI_URL": server.origin, "GOFLAGS": "-mod=mod", "GO111MODULE": "off"}
        ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "ok" in ended.stdout


def commands(text: str) -> Iterator[tuple[list[str], str]]:
    """The commands of ours in a session, and what they are shown to print."""
    for line in text.split("$ ")[1:]:
        command, _, shown = line.partition("\n")
        name, *words = shlex.split(command)
        if name == "fakeopenai":
            yield words, shown


def run(words: list[str]) -> Result:
    """Run a command; of those that would serve for ever or ask a real API only the words are read."""
    if words[0] not in UNRUN:
        return CliRunner().invoke(main, words)
    command = main.commands[words[0]]
    return CliRunner().invoke(Command(words[0], params=command.params, callback=lambda **_: None), words[1:])


UNRUN = ("serve", "record")


def test_readme_links_to_every_page() -> None:
    readme = PAGES[0].read_text("utf-8")

    assert [page.name for page in DOCS if f"(docs/{page.name})" not in readme] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_to_files(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_all_errors_are_named() -> None:
    page = (ROOT / "docs" / "faults.md").read_text("utf-8")

    assert [name for name in FAULTS if f"`{name}`" not in page] == []
