"""What `import fakeopenai` offers, and what it costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import fakeopenai


@pytest.mark.parametrize("name", fakeopenai.__all__)
def test_public_names_lead_to_their_definitions(name: str) -> None:
    assert getattr(fakeopenai, name).__name__ == name
    assert name in dir(fakeopenai)


def test_other_names_are_missing() -> None:
    with pytest.raises(AttributeError, match="module 'fakeopenai' has no attribute 'sevre'"):
        fakeopenai.sevre  # noqa: B018  asking is the test


@pytest.mark.parametrize("form", ["path", "paths", "mapping", "script", "rule"])
def test_a_server_takes_rules_in_any_form(tmp_path: Path, form: str) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("unmatched: error\nrules: [{when: {contains: weather}, say: Sunny}]")
    script = fakeopenai.on("chat", contains="weather").say("Sunny")
    rules: dict[str, Any] = {
        "path": str(file),
        "paths": [file],
        "mapping": {"say": "Sunny"},
        "script": script,
        "rule": [script.rule],
    }

    with fakeopenai.serve(rules=rules[form]) as server:
        assert len(server.emulator.rules) == 1
        assert server.emulator.rules.unmatched == ("error" if form.startswith("path") else "")


def test_a_server_refuses_what_is_no_rule() -> None:
    given: Any = [3]

    with (
        pytest.raises(fakeopenai.RuleError, match="'rules' must be rules, or paths of their files, got the number 3"),
        fakeopenai.serve(rules=given),
    ):
        pass


def test_importing_the_package_imports_nothing_else() -> None:
    script = "import fakeopenai, sys; print(*(name for name in sys.modules if name.startswith('fakeopenai.')))"

    printed = subprocess.check_output([sys.executable, "-c", script], text=True)

    assert printed.split() == []
