"""`fakeopenai record`, and the options of `serve` that lead to an upstream."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fakeopenai.cli import main
from fakeopenai.rules import load, on
from fakeopenai.serving import Server, serve
from fakeopenai.world import Settings

PROGRAM = """
import sys, os, json, urllib.request
for text in sys.argv[2:]:
    body = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": text}]}).encode()
    headers = {"authorization": "Bearer sk-proj-Planted0123456789", "content-type": "application/json"}
    url = os.environ["OPENAI_BASE_URL"] + "/chat/completions"
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(urllib.request.Request(url, body, headers)).read()
sys.exit(int(sys.argv[1]))
"""


@pytest.fixture
def real() -> Iterator[Server]:
    with serve(settings=Settings(seed=1)) as server:
        yield server


def record(real: Server, tape: Path, *texts: str, options: tuple[str, ...] = (), code: int = 0) -> Result:
    words = ["record", "--upstream", real.base_url, "--out", str(tape), *options, "--"]
    return CliRunner().invoke(main, [*words, sys.executable, "-c", PROGRAM, str(code), *texts])


def test_a_command_is_recorded(real: Server, tmp_path: Path) -> None:
    result = record(real, tmp_path / "tape", "Hi", "Hello")

    assert result.exit_code == 0
    assert f"recorded 2 answers in {tmp_path / 'tape'}" in result.output
    assert len(load([tmp_path / "tape"])) == 2
    assert CliRunner().invoke(main, ["rules", "check", str(tmp_path / "tape")]).output == "nothing wrong\n"


def test_the_exit_code_is_that_of_the_command(real: Server, tmp_path: Path) -> None:
    assert record(real, tmp_path / "tape", "Hi", code=3).exit_code == 3


def test_a_command_that_is_not_there_is_told(real: Server, tmp_path: Path) -> None:
    words = ["record", "--upstream", real.base_url, "--out", str(tmp_path), "--", "no-such-command"]

    result = CliRunner().invoke(main, words)

    assert result.exit_code == 1
    assert "no-such-command can't be run: No such file or directory" in result.output


def test_a_tape_that_cannot_be_written_is_told_before_anything_is_asked(real: Server, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")

    result = record(real, tmp_path / "taken" / "tape", "Hi")

    assert result.exit_code == 1
    assert result.output == f"Error: {tmp_path / 'taken' / 'tape'} can't be written: Not a directory\n"
    assert real.emulator.names() == []


def test_one_file_may_hold_all(real: Server, tmp_path: Path) -> None:
    record(real, tmp_path / "tape.yaml", "Hi", "Hello", "Hi")

    assert len(load([tmp_path / "tape.yaml"])) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["tape.yaml"]


def test_recording_the_same_again_changes_no_file_but_for_times(real: Server, tmp_path: Path) -> None:
    record(real, tmp_path / "tape", "Hi")
    result = record(real, tmp_path / "tape", "Hi", options=("--update",))

    assert result.exit_code == 0
    assert "nothing drifted" in result.output
    assert len(load([tmp_path / "tape"])) == 1


def test_an_update_drops_what_is_asked_no_more_and_tells_what_drifted(real: Server, tmp_path: Path) -> None:
    record(real, tmp_path / "tape", "Hi", "Hello")
    real.emulator.rules.add(on("chat", contains="Hi").say("Quite another answer").rule)

    result = record(real, tmp_path / "tape", "Hi", "What is 2 + 2?", options=("--update",))

    lines = result.output.splitlines()
    assert "~ chat.completions.create 'Hi'" in lines
    assert any("body.choices[0].message.content: " in line and '→ "Quite another answer"' in line for line in lines)
    assert "+ chat.completions.create 'What is 2 + 2?': asked for the first time" in lines
    assert "- chat.completions.create 'Hello': asked no more" in lines
    assert len(load([tmp_path / "tape"])) == 2


def test_an_update_whose_command_fails_drops_nothing(real: Server, tmp_path: Path) -> None:
    record(real, tmp_path / "tape", "Hi", "Hello")

    result = record(real, tmp_path / "tape", "Hi", options=("--update",), code=1)

    assert "the command failed (1); recordings that it didn't ask for were kept" in result.output
    assert len(load([tmp_path / "tape"])) == 2


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (["--unmatched", "proxy"], "say with --upstream URL where to ask"),
        (["--record", "x"], "say with --upstream URL where to record"),
        (["--unmatched", "record", "--upstream", "http://x"], "--unmatched record and --record DIR go together"),
        (["--strict", "--unmatched", "answer"], "--strict refuses what no rule answers; --unmatched answer doesn't"),
        (["--upstream", "x"], "'x' is no base URL such as https://api.openai.com/v1"),
        (["--redact", "("], "'(' is no regular expression"),
    ],
)
def test_what_does_not_go_together_is_refused(words: list[str], wrong: str) -> None:
    result = CliRunner().invoke(main, ["serve", *words])

    assert result.exit_code == 2
    assert wrong in result.output
