"""What `import fakeopenai` offers, and what it costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import fakeopenai


@pytest.mark.parametrize("name", fakeopenai.__all__)
def test_public_names_lead_to_their_definitions(name: str) -> None:
    assert getattr(fakeopenai, name).__name__ == name
    assert name in dir(fakeopenai)


def test_other_names_are_missing() -> None:
    with pytest.raises(AttributeError, match="module 'fakeopenai' has no attribute 'sevre'"):
        fakeopenai.sevre  # noqa: B018  asking is the test


def test_importing_the_package_imports_nothing_else() -> None:
    script = "import fakeopenai, sys; print(*(name for name in sys.modules if name.startswith('fakeopenai.')))"

    printed = subprocess.check_output([sys.executable, "-c", script], text=True)

    assert printed.split() == []
