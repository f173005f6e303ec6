"""Plain words: what the voice says when it neither calls a tool nor answers in a form."""

from __future__ import annotations

import re
from collections.abc import Callable

from fakeopenai.pattern import Pattern
from fakeopenai.voice import arithmetic, commands, knowledge, memory, reworking, smalltalk, writing
from fakeopenai.voice.languages import greeting_in, reply_in
from fakeopenai.voice.refusing import declined
from fakeopenai.voice.reports import reported
from fakeopenai.voice.talk import Talk
from fakeopenai.voice.words import terms

Speaker = Callable[[Talk], str | None]


def speak(talk: Talk) -> str:
    """The model's words, in plain text."""
    if talk.has_results and talk.results and (told := reported(talk)):
        return told + _sign_off(talk)
    return (_cued(talk) or _freely(talk)) + _sign_off(talk)


def _cued(talk: Talk) -> str | None:
    """What the first reply says whose cue is among the words; each word knows its replies as bits."""
    waiting = 0
    for word in talk.words:
        waiting |= _BITS.get(word, 0)
    while waiting:
        first = waiting & -waiting
        if said := REPLIES[first.bit_length() - 1][1](talk):
            return said
        waiting ^= first
    return None


def _freely(talk: Talk) -> str:
    """What has no cue words: media, system orders, sums in signs, things said before; else something on the subject."""
    for applies, reply in _UNCUED:
        if applies(talk) and (said := reply(talk)):
            return said
    return about(talk)


_OPENINGS = (
    "Here is a short answer about {0}.",
    "In short, {0} comes down to a few simple points.",
    "Happy to help with {0}.",
    "Let me say something useful about {0}.",
    "A good way to look at {0} is step by step.",
    "There is a simple way to think about {0}.",
    "You asked about {0}, so here is the gist.",
    "When it comes to {0}, the basics matter most.",
    "The main idea behind {0} is easy to state.",
    "Good question about {0}.",
    "As for {0}, one thing stands out.",
    "To put it briefly, {0} depends on what you need.",
)
_MIDDLES = (
    "It helps to start with the goal and work backwards from there.",
    "Begin with the smallest case, then add one thing at a time.",
    "Most of it follows from a clear definition and a good example.",
    "The details vary, but the pattern stays the same.",
    "What matters first is the purpose, and then the limits.",
    "Two things decide it: how much you have, and how soon you need it.",
    "A short list of steps usually works better than a long plan.",
    "It is worth writing down what is known before guessing the rest.",
    "The common mistake is to skip the simple checks.",
    "It becomes clearer once you compare it with something familiar.",
    "The usual approach is reliable, even if it is not the newest one.",
    "In practice, a small trial tells more than a long discussion.",
)
_CLOSINGS = (
    "Let me know if you want more detail.",
    "I can go deeper into any part of it.",
    "Tell me what you already have, and I will build on it.",
    "If you share an example, I can be more specific.",
    "Would you like a concrete example?",
    "That should be enough to get you started.",
    "Ask again if anything is unclear.",
    "I am glad to expand on this.",
)


def about(talk: Talk) -> str:
    """Two or three sentences on the subject of the last message."""
    if not talk.last.isascii() and (said := reply_in(talk)):
        return said
    opening, middle = talk.pick(_OPENINGS).format(talk.subject), talk.pick(_MIDDLES, 1)
    if talk.number >> 90 & 1:
        return f"{opening} {middle}"
    return f"{opening} {middle} {talk.pick(_CLOSINGS, 2)}"


_END_WORD = Pattern(
    r"\b(?i:reply|respond|say|output|return|add|print|end)\b[^.\n]{0,"
    r"40}?[\"'`“]?\b(TERMINATE|DONE|END|APPROVE|COMPLETE)\b"
)


def _sign_off(talk: Talk) -> str:
    """The word that the system message wants at the end of a finished task."""
    if not talk.has_system:
        return ""
    system = talk.system
    if "TERMINATE" not in system and "APPROVE" not in system:
        return ""
    match = _END_WORD.search(system)
    return f" {match[1]}" if match else ""


_BRIEF = Pattern(
    r"\b(?:one|single|1)[ -](?:word|number)\b|\b(?:only|just)\b(?! (?:answer|use|if|when))|nothing else|"
    r"(?:no|without) explanation",
    re.IGNORECASE,
)


def reckoned(talk: Talk) -> str | None:
    """The result of a sum, alone if no more is wanted."""
    found = arithmetic.sum_in(talk.last)
    if found is None:
        return None
    asked, result = found
    if talk.says(_BRIEF):
        return result
    return talk.pick(("{0} equals {1}.", "{0} = {1}.", "The answer is {1}: {0} = {1}.")).format(asked, result)


def known(talk: Talk) -> str | None:
    """A fact, or only the word that matters if one word is wanted."""
    fact = knowledge.fact_in(talk.last)
    if fact is None:
        return None
    return fact.split("_")[1] if talk.says(_BRIEF) else fact.replace("_", "")


REPLIES: tuple[tuple[frozenset[str], Speaker], ...] = (
    (terms("refuse decline"), declined),
    (terms("say repeat echo reply respond answer write output print return send"), commands.echoed),
    (terms("hello hi hey hiya greetings howdy morning afternoon evening name i'm am"), smalltalk.greeted),
    (memory.CUES, memory.remembered),
    (terms("thanks thank thx cheers"), smalltalk.thanked),
    (terms("bye goodbye"), smalltalk.took_leave),
    (terms("who what your are"), smalltalk.identified),
    (terms("count numbers integers"), commands.counted),
    (terms("uppercase lowercase upper lower reverse backwards capital caps"), commands.transformed),
    (terms("letters characters words many"), commands.measured),
    (terms("translate translation translator say"), reworking.rendered),
    (terms("summarize summarise summary tldr tl condense shorten"), reworking.summarised),
    (terms("correct fix rewrite rephrase paraphrase proofread improve"), reworking.rewritten),
    (terms("extract find identify"), reworking.extracted),
    (terms("choose either classify options following or label category one choices classify"), commands.chosen),
    (terms("sentiment"), reworking.judged),
    (terms("yes true"), commands.yes_or_no),
    (terms("rate rating score grade scale"), commands.rated),
    (arithmetic.CUES | {"of"}, reckoned),
    (terms("joke jokes funny"), writing.joked),
    (commands.AMOUNTS, commands.enumerated),
    (terms("poem poems haiku haikus verse limerick song"), writing.versified),
    (terms("story stories tale"), writing.narrated),
    (terms("function code script program python javascript typescript"), writing.programmed),
    (knowledge.CUES, known),
)
_SIGN = Pattern(r"\d\s*[-+*/×÷^x−]\s*[(\d-]")
_UNCUED: tuple[tuple[Callable[[Talk], object], Speaker], ...] = (
    (lambda talk: talk.has_media, writing.seen),
    (lambda talk: talk.has_system, lambda talk: commands.ordered(talk) or _by_system(talk)),
    (lambda talk: _SIGN.search(talk.last), reckoned),
    (lambda talk: "only" in talk.words or "just" in talk.words, commands.bare_number),
    (lambda talk: not talk.last.isascii(), memory.remembered),
    (lambda talk: not talk.last.isascii(), greeting_in),
    (lambda talk: "?" in talk.last and (len(talk.prompt.messages) > 1 or len(talk.last) > 60), memory.recalled),
)


def _by_system(talk: Talk) -> str | None:
    """What the system message asks to be done with every user message."""
    system = talk.system.lower()
    for cue, reply in _SYSTEM_CUES:
        if cue in system and (said := reply(talk)):
            return said
    return None


_SYSTEM_CUES: tuple[tuple[str, Speaker], ...] = (
    ("translat", reworking.rendered),
    ("refuse", declined),
    ("sentiment", lambda talk: commands.chosen(talk) or reworking.judged(talk)),
    ("classif", commands.chosen),
    ("one of", commands.chosen),
    ("yes or no", commands.yes_or_no),
    ("'yes' or 'no'", commands.yes_or_no),
    ("rate ", commands.rated),
    ("score ", commands.rated),
)


def reasoning(talk: Talk) -> str:
    """A sentence on how the answer was found."""
    found = arithmetic.sum_in(talk.last)
    if found:
        return f"I worked out {found[0]}, which gives {found[1]}."
    return talk.pick(
        (
            "I looked at what was asked about {0} and took the most direct reading.",
            "The question is about {0}, so I considered the given facts first.",
        )
    ).format(talk.subject)


_BITS: dict[str, int] = {}
for _at, (_cues, _) in enumerate(REPLIES):
    for _cue in _cues:
        _BITS[_cue] = _BITS.get(_cue, 0) | 1 << _at
