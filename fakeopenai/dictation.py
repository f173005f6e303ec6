"""What is heard in a recording that is none of our own, and what one in another language says in English.

Both are plausible sentences that follow from the recording's bytes alone; a few phrases are really translated.
"""

from __future__ import annotations

import re

from fakeopenai.ids import Names
from fakeopenai.languages import language_of
from fakeopenai.voice import knowledge

_CHARACTERS_A_SECOND = 15

_OPENINGS = (
    "Thanks for joining the call today.",
    "Good morning, everyone.",
    "Let me start with a short summary.",
    "Here is what we know so far.",
    "Okay, I think we can begin.",
)
_SENTENCES = (
    "The first part went better than we had expected.",
    "We still have to check the numbers for last week.",
    "She said the package arrived on Tuesday.",
    "Nobody has seen the old version since then.",
    "The train leaves at a quarter past nine.",
    "I will send you the notes this afternoon.",
    "That is a fair question.",
    "There are three things left on the list.",
    "We agreed to keep it simple.",
    "The weather should be fine by the weekend.",
    "He asked whether the room was free.",
    "It took a little longer than planned.",
)


def dictation(seconds: float, seed: bytes) -> str:
    """As many sentences as fit the time when spoken at an ordinary pace, and at least one word."""
    draw = Names(seed, 0)
    room = int(seconds * _CHARACTERS_A_SECOND)
    text = _OPENINGS[draw.number(len(_OPENINGS))]
    while len(text) < room:
        text += " " + _SENTENCES[draw.number(len(_SENTENCES))]
    if len(text) <= room or room <= 0:
        return text if room > 0 else "Yes."
    return _shortened(text, room)


def in_english(text: str, seconds: float, seed: bytes) -> str:
    """The words of a recording in English: as they are, translated if every sentence is known, else some that fit."""
    if language_of(text) == "en":
        return text
    sentences = [sentence.strip() for sentence in _ENDS.sub("\n", text).splitlines() if sentence.strip()]
    known = [phrase for sentence in sentences if (phrase := _translated(sentence))]
    return " ".join(known) if len(known) == len(sentences) else dictation(seconds, seed)


def _translated(sentence: str) -> str | None:
    phrase = knowledge.in_english(sentence)
    return f"{phrase[0].upper()}{phrase[1:]}{'?' if sentence[-1] in '?？' else '.'}" if phrase else None


_ENDS = re.compile(r"(?<=[.!?。！？])\s*")


def _shortened(text: str, room: int) -> str:
    """The text up to the last whole word that fits."""
    kept = text[:room].rpartition(" ")[0].rstrip(" .,") or text.split(" ", 1)[0].rstrip(" .,")
    return f"{kept}."
