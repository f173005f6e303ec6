"""Work on a text that the user gives: translated, summarised, corrected, searched for values, judged."""

from __future__ import annotations

import re

from fakeopenai.pattern import Pattern
from fakeopenai.voice import knowledge
from fakeopenai.voice.reading import dates, emails, numbers, phones, proper_names, quotations, urls
from fakeopenai.voice.talk import Talk

_TRANSLATE = Pattern(
    r"\btranslat\w*\b(?P<before>.*?)\b(?:in)?to\s+(?P<language>[A-Z]\w+|french|spanish|german|italian)\b(?P<after>.*)",
    re.IGNORECASE | re.DOTALL,
)
_HOW_TO_SAY = Pattern(
    r"\bhow (?:do|would|can) (?:you|i|one) say\s+(?P<before>.+?)\s+in\s+(?P<language>\w+)(?P<after>)",
    re.IGNORECASE | re.DOTALL,
)


def rendered(talk: Talk) -> str | None:
    """A translation."""
    match = _HOW_TO_SAY.search(talk.last) or talk.says(_TRANSLATE)
    if match is None:
        return None
    text, language = _to_translate(talk, match), match["language"].capitalize()
    return knowledge.translated(text, language) or f"{text.strip()} (in {language})"


def _to_translate(talk: Talk, match: re.Match[str]) -> str:
    if match.string is not talk.last:
        return talk.last
    if quoted := quotations(match[0]):
        return quoted[0].value
    after = match["after"].lstrip(" :.\n-").strip()
    return after or re.sub(
        r"^\s*(?:the )?(?:following|sentence|text|word|phrase|this)?\s*(?:text|sentence|word|phrase)?\s*:?\s*",
        "",
        match["before"],
        flags=re.IGNORECASE,
    )


_SUMMARY = Pattern(
    r"\b(?:summari[sz]e|summary|tl;?dr|condense|shorten)\b[^:\n]*(?:[:\n]\s*(.+))?", re.IGNORECASE | re.DOTALL
)


def summarised(talk: Talk) -> str | None:
    """The gist: the first words of the text in question."""
    match = _SUMMARY.search(talk.last)
    if match is None:
        return None
    text = match[1] or talk.last[: match.start()] or (talk.earlier[0] if talk.earlier else "")
    if len(text.split()) < 4:
        return None
    return f"In summary: {gist(text)}"


def gist(text: str, most: int = 25) -> str:
    """The first sentence of a text, of `most` words at most."""
    sentence = re.split(r"(?<=[.!?。])\s+|\n", text.strip(), maxsplit=1)[0].split()
    return " ".join(sentence[:most]) + (" …" if len(sentence) > most else "")


def gist_of(talk: Talk) -> str:
    """A short summary of what the user wrote."""
    text = talk.last.split(":", 1)[1] if ":" in talk.last[:120] and len(talk.last) > 60 else talk.last
    return gist(text.strip() or talk.subject)


def rewritten(talk: Talk) -> str | None:
    """Corrected or put another way: the same text, tidied."""
    match = re.search(
        r"\b(?:correct|fix|rewrite|rephrase|paraphrase|proofread|improve)\b[^:\n]*:\s*(.+)",
        talk.last,
        re.IGNORECASE | re.DOTALL,
    )
    if match is None:
        return None
    text = " ".join(match[1].strip(" \"'“”").split())
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def extracted(talk: Talk) -> str | None:
    """The kind of value that the user wants taken out of a text."""
    words = talk.words
    for cues, find in _EXTRACTIONS:
        if not cues.isdisjoint(words) and (found := find(talk.last)):
            return ", ".join(str(one.value) for one in found)
    return None


_EXTRACTIONS = (
    (frozenset(("email", "emails", "e-mail")), emails),
    (frozenset(("url", "urls", "link", "links")), urls),
    (frozenset(("phone", "telephone")), phones),
    (frozenset(("date", "dates")), dates),
    (frozenset(("number", "numbers", "age", "amount", "price")), numbers),
    (
        frozenset(("name", "names", "person", "people", "city", "cities", "entities", "location", "company")),
        proper_names,
    ),
)


def mood(talk: Talk) -> str:
    leaning = knowledge.leaning(talk.words)
    return "Positive" if leaning > 0 else "Negative" if leaning < 0 else "Neutral"


def judged(talk: Talk) -> str | None:
    """The mood of a text."""
    if not re.search(r"sentiment|positive|negative", talk.last + talk.system, re.IGNORECASE):
        return None
    return "Positive" if (mood := knowledge.leaning(talk.words)) > 0 else "Negative" if mood < 0 else "Neutral"
