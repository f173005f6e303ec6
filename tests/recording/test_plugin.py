"""Record mode of the pytest plugin, seen by the people whose tests it serves."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import httpcore2
import pytest

from fakeopenai.rules import on
from fakeopenai.serving import Server, serve
from tests.conftest import Run

pytest_plugins = ["pytester"]

LOADED = (httpcore2,)
"""A run within this one forgets what it has imported; httpx2 would then miss the errors of httpcore2."""

TEST = """
    @pytest.mark.fakeopenai_recorded
    def test_it():
        assert said("Hi") == "It is really me"
    """


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The API that is recorded. It knows one key only."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-proj-Planted0123456789")
    with serve(rules=[on("chat", contains="Hi").say("It is really me").rule]) as server:
        yield server


def asked(real: Server) -> int:
    return len(real.emulator.world("sk-proj-Planted0123456789").journal)


def tape(folder: Path) -> Path:
    (found,) = folder.rglob("recordings/*/*.yaml")
    return found


def test_once_asks_the_real_api_the_first_time_only(run: Run, real: Server, pytester: pytest.Pytester) -> None:
    options = ["--fakeopenai-record=once", f"--fakeopenai-upstream={real.base_url}"]

    run(TEST, *options).assert_outcomes(passed=1)
    run(TEST, *options).assert_outcomes(passed=1)
    run(TEST).assert_outcomes(passed=1)

    assert asked(real) == 1
    assert tape(pytester.path).name == "test_it.yaml"
    assert tape(pytester.path).parent.name.startswith("test_once_asks")
    assert "Planted" not in tape(pytester.path).read_text()


@pytest.mark.skipif(bool(find_spec("pytest_recording")), reason="pytest-recording has an option of that name")
def test_the_mode_has_the_name_that_people_know(run: Run, real: Server) -> None:
    run(TEST, "--record-mode=new", f"--fakeopenai-upstream={real.base_url}").assert_outcomes(passed=1)
    run(TEST, "--record-mode=none").assert_outcomes(passed=1)

    assert asked(real) == 1


def test_a_marker_passes_on_what_no_rule_answers(run: Run, real: Server) -> None:
    result = run(
        """
        @pytest.mark.fakeopenai({"when": {"contains": "Bye"}, "say": "Scripted"}, unmatched="proxy")
        def test_it():
            assert (said("Bye"), said("Hi")) == ("Scripted", "It is really me")

        @pytest.mark.fakeopenai(unmatched="record")
        def test_recording_has_a_marker_of_its_own():
            pass
        """,
        f"--fakeopenai-upstream={real.base_url}",
    )

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*bears the marker fakeopenai_recorded, not unmatched='record'*"])
    assert asked(real) == 1


def test_without_a_recording_nobody_is_asked(run: Run, real: Server, pytester: pytest.Pytester) -> None:
    result = run(
        """
        @pytest.mark.fakeopenai_recorded
        def test_it():
            answer = chat("Hi")
            assert answer.status == 400
            assert "There is no recording recordings" in answer.error["message"]
            assert "--fakeopenai-record=none asks nobody else." in answer.error["message"]
            assert send("GET", "/models").status == 400
        """
    )

    result.assert_outcomes(passed=1)
    assert asked(real) == 0


def test_what_a_recording_does_not_have_is_told_with_what_came_nearest(run: Run, real: Server) -> None:
    options = ["--fakeopenai-record=once", f"--fakeopenai-upstream={real.base_url}"]
    run(TEST, *options).assert_outcomes(passed=1)

    result = run(TEST.replace('"Hi"', '"Hi you"'), *options)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*body.messages?0?.content: expected the text 'Hi', got the text 'Hi you'"])
    assert asked(real) == 1


def test_new_episodes_adds_what_is_not_recorded_yet(run: Run, real: Server, pytester: pytest.Pytester) -> None:
    upstream = f"--fakeopenai-upstream={real.base_url}"
    run(TEST, "--fakeopenai-record=once", upstream).assert_outcomes(passed=1)

    both = TEST + '    assert said("Hi you") == "It is really me"\n    '
    run(both, "--fakeopenai-record=new", upstream).assert_outcomes(passed=1)
    run(both).assert_outcomes(passed=1)

    assert asked(real) == 2
    assert tape(pytester.path).read_text().count("- when:") == 2


def test_all_records_anew(run: Run, real: Server, pytester: pytest.Pytester) -> None:
    options = ["--fakeopenai-record=all", f"--fakeopenai-upstream={real.base_url}"]
    run(TEST + '    said("Hi you")\n    ', *options).assert_outcomes(passed=1)

    run(TEST, *options).assert_outcomes(passed=1)

    assert asked(real) == 3
    assert tape(pytester.path).read_text().count("- when:") == 1


def test_markers_say_what_may_not_be_written_and_where(run: Run, real: Server, pytester: pytest.Pytester) -> None:
    source = """
        @pytest.mark.fakeopenai_recorded(redact="Bluebird", errors=True, path="tapes/own.yaml")
        def test_it(fakeopenai):
            assert said("Hi, Bluebird") == "It is really me"
            assert chat("Hi", model="no-such-model").status == 404
            assert [made.status for made in fakeopenai.requests] == [200, 404]
        """
    run(source, "--fakeopenai-record=once", f"--fakeopenai-upstream={real.base_url}").assert_outcomes(passed=1)
    run(source).assert_outcomes(passed=1)

    assert "Bluebird" not in (pytester.path / "tapes" / "own.yaml").read_text()


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ("redcat='x'", "the marker fakeopenai_recorded knows no 'redcat'; did you mean 'redact'?"),
        ("'tape.yaml'", "the marker fakeopenai_recorded takes its words by name: redact=*, errors=*, path=*"),
        ("redact='('", "'redact' must be regular expressions: '(' is none: missing ), unterminated subpattern *"),
    ],
)
def test_a_wrong_marker_says_what_is_wrong(run: Run, marker: str, message: str) -> None:
    result = run(f"""
        @pytest.mark.fakeopenai_recorded({marker})
        def test_it():
            pass
        """)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])


def test_a_wrong_mode_in_the_configuration_is_refused(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nfakeopenai_record = sometimes")

    result = run(TEST)

    result.stderr.fnmatch_lines(["*fakeopenai_record must be one of none, once, new, *, got 'sometimes'"])


def test_rules_of_a_test_speak_before_its_recording(run: Run, real: Server) -> None:
    result = run(
        """
        @pytest.mark.fakeopenai_recorded
        def test_it(fakeopenai):
            fakeopenai.on("chat", contains="weather").say("Sunny")
            assert said("The weather?") == "Sunny"
            assert said("Hi") == "It is really me"

        def test_another_is_as_always(fakeopenai):
            assert "4" in said("What is 2 + 2?")
        """,
        "--fakeopenai-record=all",
        f"--fakeopenai-upstream={real.base_url}",
    )

    result.assert_outcomes(passed=2)
    assert asked(real) == 1


def test_the_mode_and_the_upstream_may_stand_in_the_configuration(
    run: Run, real: Server, pytester: pytest.Pytester
) -> None:
    pytester.makeini(f"[pytest]\nfakeopenai_record = once\nfakeopenai_upstream = {real.base_url}")

    run(TEST).assert_outcomes(passed=1)

    assert asked(real) == 1


def test_each_parameter_has_a_recording(run: Run, real: Server, pytester: pytest.Pytester) -> None:
    source = """
        class TestAll:
            @pytest.mark.fakeopenai_recorded
            @pytest.mark.parametrize("text", ["Hi", "Hi / you"])
            def test_it(self, text):
                assert said(text) == "It is really me"
        """
    run(source, "--fakeopenai-record=once", f"--fakeopenai-upstream={real.base_url}").assert_outcomes(passed=2)
    run(source).assert_outcomes(passed=2)

    found = sorted(path.name for path in pytester.path.rglob("recordings/*/*.yaml"))
    assert found == ["TestAll.test_it[Hi-you].yaml", "TestAll.test_it[Hi].yaml"]
