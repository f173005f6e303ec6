"""Forms that a prompt spells out with markers, filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fakeopenai.voice.talk import Talk


def formed(talk: Talk) -> str | None:
    """The answer in the form that the prompt asks for; None if it asks for none."""
    return None
