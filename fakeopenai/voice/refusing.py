"""When the model declines."""

from __future__ import annotations

import re

from fakeopenai.pattern import Pattern
from fakeopenai.voice.talk import Talk

REFUSAL = "I'm sorry, but I can't help with that request."
_REFUSE = Pattern(
    r"(?:^|\b(?:please|must|should|always|to|and)\s+)(?:refuse|decline)\b(?! to (?:say|accept))", re.IGNORECASE
)
_HARM = Pattern(
    r"\b(?:make|build|create|synthesi[sz]e|produce|cook|assemble)\s+(?:an?\s+|"
    r"some\s+)?(?:\w+\s+)?(?:bombs?|anthrax|explosives?|nerve (?:gas|"
    r"agent)|"
    r"sarin|meth(?:amphetamine)?|bioweapons?|ricin|napalm)\b",
    re.IGNORECASE,
)


def demands_refusal(talk: Talk) -> bool:
    """Whether the prompt itself demands a refusal."""
    return bool(_REFUSE.search(talk.last) or _REFUSE.search(talk.system))


def is_harmful(talk: Talk) -> bool:
    """Whether the user asks how to make a weapon or the like."""
    return bool(_HARM.search(talk.last))


def declined(talk: Talk) -> str | None:
    return REFUSAL if demands_refusal(talk) else None
