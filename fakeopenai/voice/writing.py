"""Writing on a theme: jokes, poems, stories, code, steps of a plan, what an image shows."""

from __future__ import annotations

import re

from fakeopenai.pattern import Pattern
from fakeopenai.voice.talk import Talk
from fakeopenai.voice.words import STOP, WORD

_JOKES = (
    ("Why did {0} cross the road?", "To get to the other side of the joke."),
    ("What do you get when you mix {0} with a computer?", "A lot of bytes."),
    ("Why is {0} so good at parties?", "Because everyone has heard of it."),
    ("Why don't {0} ever get lost?", "Because they always follow the plot."),
)


def joke(talk: Talk) -> tuple[str, str]:
    """A setup and its punchline."""
    setup, punchline = talk.pick(_JOKES, 3)
    return setup.format(theme(talk) or "the scarecrow"), punchline


def joked(talk: Talk) -> str | None:
    return " ".join(joke(talk))


_THEME = Pattern(r"\b(?:about|on|regarding|concerning|of)\s+([^.,;:!?\n]{1,60})", re.IGNORECASE)


def theme(talk: Talk) -> str | None:
    """What the user wants something about."""
    match = _THEME.search(talk.last)
    return (
        re.split(r"\s+(?:in|with|using|that|which|for|to|and|return|return the)\s+", match[1])[0].strip(" \"'“”")
        if match
        else None
    )


def versified(talk: Talk) -> str | None:
    """Poems and haikus."""
    if not re.search(r"\b(?:write|compose|give|tell|create|recite|make|generate)\b", talk.last, re.IGNORECASE):
        return None
    about_what = theme(talk) or "morning"
    verses = ("Quiet light on {0},", "the day turns its slow pages,", "and the wind keeps still.")
    poem = "\n".join(verses).format(about_what)
    return "\n\n".join([poem] * (2 if "haikus" in talk.words or "poems" in talk.words else 1))


def narrated(talk: Talk) -> str | None:
    """Stories."""
    if not re.search(r"\b(?:write|tell|compose|create|make|generate|continue)\b", talk.last, re.IGNORECASE):
        return None
    hero = theme(talk) or "a traveller"
    place = talk.pick(
        ("a small harbour town", "a village in the hills", "the edge of a quiet forest", "a city of bridges"), 1
    )
    find = talk.pick(("an old map", "a lost key", "a letter without a name", "a lantern that never went out"), 2)
    return (
        f"Once upon a time, in {place}, there was a story about {hero}. "
        f"One morning everything changed because of {find}. "
        f"By evening it was back where it belonged, and nobody forgot {hero}."
    )


def programmed(talk: Talk) -> str | None:
    """A small function in a fence."""
    if not re.search(r"\b(?:write|implement|create|generate|show)\b", talk.last, re.IGNORECASE):
        return None
    words = [word for word in WORD.findall(talk.subject.lower()) if word.isascii() and word not in STOP]
    name = (
        "_".join(
            word for word in words if word not in ("function", "python", "code", "script", "program", "javascript")
        )[:40]
        or "solve"
    )
    if "javascript" in talk.words or "typescript" in talk.words:
        return (
            f"```javascript\nfunction {name}(value) {{\n  return value;\n}}\n```\nThis "
            f"is a starting point for {talk.subject}."
        )
    return f"```python\ndef {name}(value):\n    return value\n```\nThis is a starting point for {talk.subject}."


_STEPS = (
    "Start with {0}",
    "Collect what is known",
    "Try the smallest case",
    "Check the result",
    "Write down what remains",
)


def steps(talk: Talk, nth: int) -> str:
    """The next step of a plan."""
    return _STEPS[nth % len(_STEPS)].format(talk.subject)


_SEEN = {
    "image": (
        "The image shows a clear subject in the middle, in natural light.",
        "In the image there is one main subject against a plain background.",
    ),
    "audio": (
        "In the audio a calm voice says a few short sentences.",
        "The audio is a short recording of one speaker.",
    ),
    "file": (
        "The file{0} covers its subject in a few short sections.",
        "The document{0} sets out its main points in order.",
    ),
}


def seen(talk: Talk) -> str | None:
    """Words about the images, sounds and files of the last user message."""
    message = next((message for message in reversed(talk.prompt.messages) if message.role == "user"), None)
    if message is None or not message.media:
        return None
    lines = [
        talk.pick(_SEEN[one.kind], at).format(f" “{one.name}”" if one.name else "")
        for at, one in enumerate(message.media)
    ]
    return " ".join(dict.fromkeys(lines)) + (f" You asked about {talk.subject}." if talk.last else "")
