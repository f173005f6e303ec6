"""Plain words: what the voice says when it neither calls a tool nor answers in a form."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from fakeopenai.voice import arithmetic, commands, knowledge, memory
from fakeopenai.voice.languages import greeting_in, reply_in
from fakeopenai.voice.reading import dates, emails, numbers, phones, proper_names, quotations, urls
from fakeopenai.voice.talk import Talk
from fakeopenai.voice.words import STOP, WORD, terms

REFUSAL = "I'm sorry, but I can't help with that request."
_REFUSE = re.compile(
    r"(?:^|\b(?:please|must|should|always|to|and)\s+)(?:refuse|decline)\b(?! to (?:say|accept))", re.IGNORECASE
)
_HARM = re.compile(
    r"\b(?:make|build|create|synthesi[sz]e|produce|cook|assemble)\s+(?:an?\s+|"
    r"some\s+)?(?:\w+\s+)?(?:bombs?|anthrax|explosives?|nerve (?:gas|"
    r"agent)|"
    r"sarin|meth(?:amphetamine)?|bioweapons?|ricin|napalm)\b",
    re.IGNORECASE,
)
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


def demands_refusal(talk: Talk) -> bool:
    """Whether the prompt itself demands a refusal."""
    return bool(_REFUSE.search(talk.last) or _REFUSE.search(talk.system))


def is_harmful(talk: Talk) -> bool:
    """Whether the user asks how to make a weapon or the like."""
    return bool(_HARM.search(talk.last))


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


_END_WORD = re.compile(
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


# --- after tools ---------------------------------------------------------------------------------------------------


def reported(talk: Talk) -> str | None:
    """Words that use the results of the tools that were called."""
    if talk.made and all(call.name.startswith("transfer_to_") for call in talk.made):
        return None
    results = [result for result in talk.results if result.strip()]
    if not results:
        return f"The tool returned nothing for {talk.subject}."
    if len(results) > 1:
        told = map(_told, results)
        return (
            f"{talk.pick(('Here are the results', 'Here is what I found', 'The tools returned'))}: "
            + "; ".join(told)
            + "."
        )
    return wording(talk, results[0])


def wording(talk: Talk, result: str) -> str:
    """A tool's result in a sentence."""
    told = _told(result)
    return (
        told
        if told.endswith((".", "!", "?", "。")) and " " in told
        else f"{talk.pick(('The result is', 'The answer is'))} {told}."
    )


def _told(result: str) -> str:
    """A tool's result in words; a JSON object becomes its names and values."""
    text = result.strip()
    if text[:1] in '{["':
        try:
            text = _worded(json.loads(text))
        except ValueError:
            return text[:600]
    return text if len(text) <= 600 else text[:600].rsplit(" ", 1)[0] + " …"


def _worded(value: object) -> str:
    match value:
        case {"result": inner} | {"output": inner} | {"answer": inner} if len(value) == 1:
            return _worded(inner)
        case dict():
            return ", ".join(f"{str(name).replace('_', ' ')}: {_worded(inner)}" for name, inner in value.items())
        case list():
            return ", ".join(_worded(inner) for inner in value)
        case str():
            return value
    return json.dumps(value, ensure_ascii=False)


# --- replies to cues -----------------------------------------------------------------------------------------------


_GREETINGS = terms(
    "hello hi hey hiya yo greetings howdy good morning afternoon "
    "evening there again world everyone you are how doing today "
    "assistant"
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


_INTRODUCTION = re.compile(
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


def reckoned(talk: Talk) -> str | None:
    found = arithmetic.sum_in(talk.last)
    if found is None:
        return None
    asked, result = found
    if re.search(
        r"\b(?:only|just)\b|single (?:number|word)|nothing else|no explanation", talk.last + talk.system, re.IGNORECASE
    ):
        return result
    return talk.pick(("{0} equals {1}.", "{0} = {1}.", "The answer is {1}: {0} = {1}.")).format(asked, result)


_TRANSLATE = re.compile(
    r"\btranslat\w*\b(?P<before>.*?)\b(?:in)?to\s+(?P<language>[A-Z]\w+|french|spanish|german|italian)\b(?P<after>.*)",
    re.IGNORECASE | re.DOTALL,
)
_HOW_TO_SAY = re.compile(
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


_SUMMARY = re.compile(
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


_THEME = re.compile(r"\b(?:about|on|regarding|concerning|of)\s+(?:an?\s+|the\s+)?([^.,;:!?\n]{1,60})", re.IGNORECASE)


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
        "_".join(word for word in words if word not in ("function", "python", "code", "script", "program"))[:40]
        or "solve"
    )
    if "javascript" in talk.words or "typescript" in talk.words:
        return (
            f"```javascript\nfunction {name}(value) {{\n  return value;\n}}\n```\nThis "
            f"is a starting point for {talk.subject}."
        )
    return f"```python\ndef {name}(value):\n    return value\n```\nThis is a starting point for {talk.subject}."


def known(talk: Talk) -> str | None:
    return knowledge.fact_in(talk.last)


def judged(talk: Talk) -> str | None:
    """The mood of a text."""
    if not re.search(r"sentiment|positive|negative", talk.last + talk.system, re.IGNORECASE):
        return None
    return "Positive" if (mood := knowledge.leaning(talk.words)) > 0 else "Negative" if mood < 0 else "Neutral"


# --- media ---------------------------------------------------------------------------------------------------------


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


def declined(talk: Talk) -> str | None:
    return REFUSAL if demands_refusal(talk) else None


REPLIES: tuple[tuple[frozenset[str], Speaker], ...] = (
    (terms("refuse decline"), declined),
    (terms("say repeat echo reply respond answer write output print return send"), commands.echoed),
    (terms("hello hi hey hiya greetings howdy morning afternoon evening name i'm am"), greeted),
    (memory.CUES, memory.remembered),
    (terms("thanks thank thx cheers"), thanked),
    (terms("bye goodbye"), took_leave),
    (terms("who what your are"), identified),
    (terms("count numbers integers"), commands.counted),
    (terms("uppercase lowercase upper lower reverse backwards capital caps"), commands.transformed),
    (terms("letters characters words many"), commands.measured),
    (terms("translate translation translator say"), rendered),
    (terms("summarize summarise summary tldr tl condense shorten"), summarised),
    (terms("correct fix rewrite rephrase paraphrase proofread improve"), rewritten),
    (terms("extract find identify"), extracted),
    (terms("choose either classify options following or label category one choices classify"), commands.chosen),
    (terms("sentiment"), judged),
    (terms("yes true"), commands.yes_or_no),
    (terms("rate rating score grade scale"), commands.rated),
    (arithmetic.CUES | {"of"}, reckoned),
    (terms("joke jokes funny"), joked),
    (commands.AMOUNTS, commands.enumerated),
    (terms("poem poems haiku haikus verse limerick song"), versified),
    (terms("story stories tale"), narrated),
    (terms("function code script program python javascript typescript"), programmed),
    (knowledge.CUES, known),
)
_BITS: dict[str, int] = {}
for _at, (_cues, _) in enumerate(REPLIES):
    for _cue in _cues:
        _BITS[_cue] = _BITS.get(_cue, 0) | 1 << _at
_SIGN = re.compile(r"\d\s*[-+*/×÷^x−]\s*[(\d-]")
_UNCUED: tuple[tuple[Callable[[Talk], object], Speaker], ...] = (
    (lambda talk: talk.has_media, seen),
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
    ("translat", rendered),
    ("refuse", declined),
    ("sentiment", lambda talk: commands.chosen(talk) or judged(talk)),
    ("classif", commands.chosen),
    ("one of", commands.chosen),
    ("yes or no", commands.yes_or_no),
    ("'yes' or 'no'", commands.yes_or_no),
    ("rate ", commands.rated),
    ("score ", commands.rated),
)


# --- parts of structured answers -----------------------------------------------------------------------------------


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


def gist_of(talk: Talk) -> str:
    """A short summary of what the user wrote."""
    text = talk.last.split(":", 1)[1] if ":" in talk.last[:120] and len(talk.last) > 60 else talk.last
    return gist(text.strip() or talk.subject)


def mood(talk: Talk) -> str:
    leaning = knowledge.leaning(talk.words)
    return "Positive" if leaning > 0 else "Negative" if leaning < 0 else "Neutral"


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
