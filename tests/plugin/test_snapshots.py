"""Snapshots of requests: written when asked, compared always, and without what differs from run to run."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fakeopenai.plugin.pages import text
from fakeopenai.plugin.snapshots import settled
from fakeopenai.testing import FakeOpenAI
from fakeopenai.wire import Json
from tests.conftest import Run
from tests.http import chat, send

pytest_plugins = ["pytester"]

TEST = """
    def test_it(fakeopenai):
        chat("{text}")
        fakeopenai.assert_snapshot()
        send("GET", "/models")
        fakeopenai.assert_snapshot("models", "models")
    """

KEPT = """\
# The requests of {module}.py; written by pytest --fakeopenai-update-snapshots.
test_it:
- POST /chat/completions:
    body:
      model: gpt-4o
      messages:
      - role: user
        content: |-
          The weather?
          Now!
test_it models:
- GET /models
"""


def kept(pytester: pytest.Pytester) -> Path:
    (found,) = pytester.path.glob("*.requests.yaml")
    return found


def test_a_snapshot_is_written_when_asked_and_compared_ever_after(run: Run, pytester: pytest.Pytester) -> None:
    source = TEST.format(text="The weather?\\nNow!")

    run(source, "--fakeopenai-update-snapshots").assert_outcomes(passed=1)
    path = kept(pytester)
    assert path.read_text("utf-8") == KEPT.format(module=path.name.removesuffix(".requests.yaml"))
    run(source).assert_outcomes(passed=1)

    result = run(TEST.format(text="The wether?\\nNow!"))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E * not the requests of 'test_it' in *.requests.yaml:",
            "E       -          The weather?",
            "E       +          The wether?",
            "E *--fakeopenai-update-snapshots keeps what there is now",
        ]
    )


def test_a_snapshot_that_is_missing_is_shown_and_not_written(run: Run, pytester: pytest.Pytester) -> None:
    result = run(TEST.format(text="Hi"))

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*.requests.yaml has no 'test_it' yet; --fakeopenai-update-snapshots would write"])
    assert not list(pytester.path.glob("*.requests.yaml"))


def test_an_update_leaves_the_snapshots_of_other_tests(run: Run, pytester: pytest.Pytester) -> None:
    both = """
        def test_a(fakeopenai):
            chat("a")
            fakeopenai.assert_snapshot()

        def test_b(fakeopenai):
            chat("b")
            fakeopenai.assert_snapshot()
        """
    run(both, "--fakeopenai-update-snapshots")
    before = kept(pytester).read_text()

    run(both, "--fakeopenai-update-snapshots", "-k", "test_b")

    assert kept(pytester).read_text() == before


BOTH = """
    @pytest.mark.parametrize("text", ["a", "b c"])
    def test_it(fakeopenai, text):
        chat(text)
        fakeopenai.assert_snapshot()
        fakeopenai.assert_snapshot("again")
    """


@pytest.mark.parametrize("workers", [[], ["-p", "xdist", "-n", "2"]], ids=["alone", "xdist"])
def test_an_update_forgets_tests_that_are_no_more(run: Run, pytester: pytest.Pytester, workers: list[str]) -> None:
    run(BOTH, "--fakeopenai-update-snapshots", *workers)

    result = run(BOTH.replace('"b c"', '"b d"'), "--fakeopenai-update-snapshots", *workers)

    result.stdout.fnmatch_lines([f"fakeopenai: {kept(pytester).name} has changed"])
    titles = [line for line in kept(pytester).read_text().splitlines() if line.startswith("test_it")]
    assert titles == ["test_it[a]:", "test_it[a] again:", "test_it[b d]:", "test_it[b d] again:"]


def test_an_update_of_one_test_forgets_none(run: Run, pytester: pytest.Pytester) -> None:
    run(BOTH, "--fakeopenai-update-snapshots")
    before = kept(pytester).read_text()
    (module,) = pytester.path.glob("test_*.py")

    result = run(BOTH.replace('"b c"', '"b d"'), "--fakeopenai-update-snapshots", f"{module.name}::test_it[a]")

    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*has changed")
    assert kept(pytester).read_text() == before


def test_the_workers_of_xdist_write_one_file(run: Run, pytester: pytest.Pytester) -> None:
    source = """
        @pytest.mark.parametrize("number", range(4))
        def test_it(fakeopenai, number):
            chat(f"Hello {number}")
            fakeopenai.assert_snapshot()
        """

    run(source, "--fakeopenai-update-snapshots", "-p", "xdist", "-n", "2").assert_outcomes(passed=4)

    assert [line for line in kept(pytester).read_text().splitlines() if line.startswith("test_it")] == [
        f"test_it[{number}]:" for number in range(4)
    ]
    run(source, "-p", "xdist", "-n", "2").assert_outcomes(passed=4)


def test_what_differs_from_run_to_run_is_named_and_numbered(fakeopenai: FakeOpenAI) -> None:
    chat("call_abcdefgh12345678 and call_abcdefgh12345679, then call_abcdefgh12345678 again")
    chat("id 123e4567-e89b-12d3-a456-426614174000 at 2026-01-02T03:04:05Z, <object at 0x7f12ab34cd>")
    chat("in /tmp/pytest-of-me/pytest-12/test_it0/a.txt, by order 77 of today")

    texts = [made["POST /chat/completions"]["body"]["messages"][0]["content"] for made in told(fakeopenai)]
    assert texts == [
        "<call 1> and <call 2>, then <call 1> again",
        "id <uuid 1> at <time 1>, <object at <address 1>>",
        "in <folder 1>/test_it0/a.txt, by <value 1 1> of today",
    ]


def told(fakeopenai: FakeOpenAI) -> list[dict[str, dict[str, dict[str, list[dict[str, str]]]]]]:
    made: list[dict[str, dict[str, dict[str, list[dict[str, str]]]]]]
    made = settled(fakeopenai.calls("chat"), [r"order \d+"])
    return made


def test_long_data_is_told_by_its_length_and_its_digest(fakeopenai: FakeOpenAI) -> None:
    chat("data:image/png;base64," + "QUJD" * 100)

    assert told(fakeopenai)[0]["POST /chat/completions"]["body"]["messages"][0]["content"] == (
        "data:image/png;base64,<400 characters, 33a52c1e8c94>"
    )


def test_queries_and_ids_of_paths_are_kept(fakeopenai: FakeOpenAI) -> None:
    send("GET", "/files?limit=3")
    send("GET", "/models/gpt-4o")

    assert settled(fakeopenai.requests) == [
        {"GET /files": {"query": {"limit": 3}}},
        {"GET /models/{model}": {"path": "/models/gpt-4o"}},
    ]


def test_own_patterns_are_volatile_too(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nfakeopenai_snapshot_volatile =\n    order \\d+")

    run(TEST.format(text="order 77"), "--fakeopenai-update-snapshots")

    assert "content: <value 1 1>" in kept(pytester).read_text()
    run(TEST.format(text="order 78")).assert_outcomes(passed=1)


def test_the_tests_of_a_class_have_their_own(run: Run, pytester: pytest.Pytester) -> None:
    run(
        """
        class TestIt:
            def test_it(self, fakeopenai):
                chat("Hi")
                fakeopenai.assert_snapshot()
        """,
        "--fakeopenai-update-snapshots",
    )

    assert "\nTestIt::test_it:\n" in kept(pytester).read_text()


def test_snapshots_need_a_test(fakeopenai: FakeOpenAI) -> None:
    with pytest.raises(RuntimeError, match="use the fixture of pytest"):
        FakeOpenAI(fakeopenai.server, fakeopenai.api_key).assert_snapshot()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_whatever_is_written_is_read_again(value: Json) -> None:
    assert yaml.safe_load(text(value)) == value
