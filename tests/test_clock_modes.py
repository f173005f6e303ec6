"""What moves a world's clock is said by the marker, by a file of rules, on the command line or from outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakeopenai import FakeOpenAI
from fakeopenai.emulator import Emulator
from fakeopenai.rules import RuleError, load
from fakeopenai.rules.files import parse
from fakeopenai.world import Settings
from tests.front import Api


def written(folder: Path, text: str) -> list[Path]:
    (folder / "rules.yaml").write_text(text)
    return [folder / "rules.yaml"]


@pytest.mark.fakeopenai(clock="manual")
def test_a_marker_puts_the_clock_into_ones_own_hands(fakeopenai: FakeOpenAI) -> None:
    assert fakeopenai.clock.mode == "manual"


@pytest.mark.fakeopenai(clock=60)
def test_a_marker_lets_time_pass(fakeopenai: FakeOpenAI) -> None:
    assert fakeopenai.clock.mode == "rate"


@pytest.mark.fakeopenai("data/manual.yaml")
def test_a_file_of_a_marker_says_what_moves_the_clock(fakeopenai: FakeOpenAI) -> None:
    assert fakeopenai.clock.mode == "manual"


@pytest.mark.fakeopenai("data/manual.yaml", clock=60)
def test_what_the_marker_says_itself_counts_more(fakeopenai: FakeOpenAI) -> None:
    assert fakeopenai.clock.mode == "rate"


@pytest.mark.parametrize(
    ("said", "mode", "rate"), [("manual", "manual", 1.0), ("auto", "auto", 1.0), ("2.5", "rate", 2.5)]
)
def test_worlds_of_a_server_begin_as_its_files_say(tmp_path: Path, said: str, mode: str, rate: float) -> None:
    rules = load(written(tmp_path, f"clock: {said}\nrules:\n- say: Hi\n"))

    world = Api(Emulator(Settings(), rules)).world

    assert (world.clock.mode, world.clock.rate, len(world.rules)) == (mode, rate, 1)


def test_time_passes_as_the_wall_clock_of_the_server_does(tmp_path: Path) -> None:
    walls = iter((0.0, 0.0, 10.0, 10.0))
    rules = load(written(tmp_path, "clock: 6\n"))

    world = Api(Emulator(Settings(wall=lambda: next(walls)), rules)).world
    before = world.clock.now

    assert world.clock.now - before == 60


@pytest.mark.parametrize(
    ("said", "wrong"),
    [("manul", "unknown clock 'manul'; did you mean 'manual'"), ("-1", "'clock' must be a number from 0")],
)
def test_a_clock_that_there_is_not_is_refused_with_its_line(said: str, wrong: str) -> None:
    with pytest.raises(RuleError, match=rf"a\.yaml:2: {wrong}"):
        parse(f"rules: []\nclock: {said}\n", "a.yaml")
