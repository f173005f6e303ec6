"""Small talk: greetings, thanks, leave, who the model is."""

from __future__ import annotations

import re

from fakeopenai.pattern import Pattern
from fakeopenai.voice.talk import Talk
from fakeopenai.voice.words import terms

_GREETINGS = terms(
    """hello hi hey hiya yo greetings howdy good morning afternoon evening there again world everyone you are how doing
    today assistant"""
)
_WELCOMES = (
    "Hello! How can I help you today?",
    "Hi there! What can I do for you?",
    "Hello! It's good to hear from you. What would you like to talk about?",
    "Hey! How can I assist you today?",
    "Hi! I'm ready when you are. What's on your mind?",
    "Hello there! Ask me anything.",
)


def greeted(talk: Talk) -> str | None:
    if len(talk.words) > 6 or not talk.words <= _GREETINGS:
        return _greeted_by_name(talk)
    if "how" in talk.words:
        return talk.pick(
            (
                "I'm doing well, thank you! How can I help you today?",
                "I'm fine, thanks for asking. What can I do for you?",
            )
        )
    return talk.pick(_WELCOMES)


_INTRODUCTION = Pattern(
    r"\b(?:my name is|my name's|i am|i'm|call me|this is)\s+([A-Z][\w'’-]*|[^\x00-\x7f]\w*)", re.IGNORECASE
)


def _greeted_by_name(talk: Talk) -> str | None:
    match = _INTRODUCTION.search(talk.last)
    if match is None or (not match[1][0].isupper() and match[1].isascii()) or talk.last.rstrip().endswith("?"):
        return None
    return talk.pick(
        (
            "Hello, {}! How can I help you today?",
            "Nice to meet you, {}! What can I do for you?",
            "Hi {}! It's good to meet you.",
        )
    ).format(match[1])


def thanked(talk: Talk) -> str | None:
    if len(talk.words) > 8 or talk.last.endswith("?"):
        return None
    return talk.pick(
        (
            "You're welcome! Let me know if there is anything else.",
            "Glad I could help!",
            "Any time! Is there anything else you need?",
        )
    )


def took_leave(talk: Talk) -> str | None:
    return (
        talk.pick(("Goodbye! Have a great day.", "Bye! It was nice talking to you.", "See you soon!"))
        if len(talk.words) <= 5
        else None
    )


def identified(talk: Talk) -> str | None:
    if not re.search(
        r"\b(?:who|what) are you\b|\byour name\b|\bare you (?:a |an )?(?:ai|human|robot|chatgpt)",
        talk.last,
        re.IGNORECASE,
    ):
        return None
    role = re.search(r"\byou are (?:called |named )?((?:an? |the )?[^.,\n]{3,60})", talk.system, re.IGNORECASE)
    return (
        f"I'm {role[1].strip()}. How can I help you today?"
        if role
        else "I'm an AI assistant. How can I help you today?"
    )
