"""Answers to requests that say exactly what the text must be: say this, count to five, in capitals, one of these."""

from __future__ import annotations

import re

from fakeopenai.pattern import Pattern
from fakeopenai.voice.knowledge import LANGUAGES, leaning, translated
from fakeopenai.voice.reading import Found, listed, numbers, quotations, spelt
from fakeopenai.voice.talk import Talk
from fakeopenai.voice.words import STOP, WORD, stem, terms

_START = (
    r"(?:^|[.!?:\n,]\s*|\bplease\s+|\bjust\s+|\b(?:can|could|would|"
    r"will)\s+you\s+(?:please\s+)?|\byou (?:must|should)\s+|\bonly\s+|"
    r"\balways\s+|\bto\s+(?=say|repl|respond))"
)
_ECHO = Pattern(
    _START
    + (
        r"(?:(?:say|repeat|echo)(?:\s+(?:back|after me|to me|exactly|"
        r"just|only|(?:the|this)\s+(?:exact\s+)?(?:following\s*)?(?:words?|"
        r"phrase|sentence|text|message)?(?=\s*[:\"'“«「`]|\s+(?:words?|"
        r"phrase|sentence|text|following))|following|words?|phrase|sentence|"
        r"text|message))*\s*(:|\s)\s*"
        r"|(?:reply|respond|answer|write|output|print|return|send back)(?:\s+(?:back|"
        r"me))*\s*(?:with\s+(?:exactly|only|just)|exactly|only|just|with)"
        r"(?:\s+(?:with|exactly|only|just|the|this|following|words?|phrase|"
        r"sentence|text|message|string|a single|single))*\s*(:|\s)\s*)"
        r"(?P<rest>\S[^\n]*(?:\n(?!\n)[^\n]+)*)"
    ),
    re.IGNORECASE,
)
_NOT_LITERAL = Pattern(
    r"(?:a|an|your|my|in|on|to|as|something|anything|nothing|it|that|"
    r"how|why|what|when|if|whether|any|some|json|yaml|xml|yes or "
    r"no|"
    r"true or false|one of|valid|number|numeric|integer|numbers|code|"
    r"markdown|between|from|using|by|about|html|either|name|names|"
    r"all|no more|at most|"
    r"options?|letter|words?|answers?|result|results|format|values?|"
    r"is|are|final|label|category|class|complete|correct|score|rating|grade)\b",
    re.IGNORECASE,
)
_ENDING = Pattern(
    r"(?:,?\s+(?:and nothing else|and nothing more|only|please|exactly|"
    r"with no .*|without .*|nothing else|verbatim|and stop|in your "
    r"(?:reply|response|answer))|[.,]\s+(?:do not|don't|nothing|no "
    r"|and ).*)[.!]?\s*$",
    re.IGNORECASE | re.DOTALL,
)
_TIMES = Pattern(r"\s+([\w-]+)\s+times\b.*$", re.IGNORECASE)
_GREET = Pattern(r"(hi|hello|hey|good (?:morning|evening|night)|goodbye|bye)\s+to\s+([^.,!?]+)", re.IGNORECASE)
_IN_LANGUAGE = Pattern(rf"\s+in\s+({'|'.join(LANGUAGES)})\b", re.IGNORECASE)


def echoed(talk: Talk) -> str | None:
    """What the user asks to be said, word for word."""
    return _echo(talk.last)


def ordered(talk: Talk) -> str | None:
    """What the system message says is the only answer there is: quoted, after `only` or `always`."""
    system = talk.system
    if not system or ("only" not in system and "always" not in system.lower() and "exactly" not in system):
        return None
    match = _ECHO.search(system)
    if match is None or match["rest"][0] not in "\"'“«「`":
        return None
    return _echo(system)


def _echo(text: str) -> str | None:
    match = _ECHO.search(text)
    if match is None:
        return None
    rest = match["rest"].strip()
    if greeted := _GREET.match(rest):
        return f"{greeted[1].capitalize()}, {greeted[2].strip()}!"
    if spoken := _in_language(rest):
        return spoken
    quoted = _quoted_first(rest)
    return _repeated(rest, quoted) if quoted else _literal(rest, announced=":" in (match[1], match[2]))


def _in_language(rest: str) -> str | None:
    language = _IN_LANGUAGE.search(rest)
    return translated(rest[: language.start()], language[1]) if language else None


def _quoted_first(rest: str) -> Found | None:
    return next((found for found in quotations(rest) if found.start == 0), None)


def _repeated(rest: str, quoted: Found) -> str:
    times = _TIMES.match(rest, quoted.end)
    return " ".join([quoted.value] * _count(times)) if times else quoted.value


def _count(times: re.Match[str]) -> int:
    return min(int(times[1]) if times[1].isdecimal() else spelt(times[1]) or 1, 50)


def _literal(rest: str, *, announced: bool) -> str | None:
    if not announced and (_NOT_LITERAL.match(rest) or len(rest) > 200):
        return None
    if times := _TIMES.search(rest):
        return " ".join([rest[: times.start()].strip()] * _count(times))
    bare = _ENDING.sub("", rest).strip()
    return bare if announced or bare.count(".") > 1 else bare.rstrip(".")


_COUNT = Pattern(
    r"\bcount(?:ing)?\b.*?\b(?:(?:from\s+)?(\w+)\s+)?(up to|down to|down from|to|until)\s+(\w+)", re.IGNORECASE
)
_NUMBERS = Pattern(r"\b(?:numbers?|integers)\b.*?\b(\w+)\s*(?:to|through|and|-|–)\s*(\w+)", re.IGNORECASE)


def counted(talk: Talk) -> str | None:
    """`Count to five` and its like."""
    match = _COUNT.search(talk.last)
    first, last = (match[1], match[3]) if match else (None, None)
    if match is None and (match := _NUMBERS.search(talk.last)):
        first, last = match[1], match[2]
    return _range(first, last, down=bool(match and "down" in match[0].lower()))


def _range(first: str | None, last: str | None, *, down: bool) -> str | None:
    start, end = integer(first), integer(last)
    if end is None:
        return None
    if start is None:
        start, end = (end, 1) if down else (1, end)
    if abs(end - start) > 500:
        return None
    step = 1 if end >= start else -1
    return ", ".join(str(number) for number in range(start, end + step, step))


def integer(word: str | None) -> int | None:
    """The number in digits or in a word."""
    if word is None:
        return None
    if word.isdecimal():
        return int(word)
    return spelt(word) or None


_ITEMS = Pattern(
    r"\b(?:list|give(?: me)?|name|suggest|write(?: me)?|tell me|generate|"
    r"provide|recommend|propose|create|come up with|show me|output|"
    r"return)\s+"
    r"(?:me\s+|us\s+)?(?:exactly\s+|the\s+|a list of\s+|top\s+|any\s+|"
    r"at least\s+|up to\s+|my\s+)*(\d{1,2}|two|three|four|five|six|"
    r"seven|eight|nine|ten|a dozen|twelve)\s+"
    r"([^\n.?!,:;]+)",
    re.IGNORECASE,
)
AMOUNTS = terms("two three four five six seven eight nine ten dozen twelve") | {str(number) for number in range(1, 100)}
_KNOWN_ITEMS = {
    "color": "red blue green yellow orange purple black white brown pink grey turquoise",
    "colour": "red blue green yellow orange purple black white brown pink grey turquoise",
    "fruit": "apple banana cherry orange mango grape pear plum kiwi peach lemon fig",
    "animal": "cat dog horse elephant tiger rabbit dolphin eagle fox bear lion owl",
    "country": "France Japan Brazil Kenya Canada India Spain Egypt Norway Peru Italy Chile",
    "city": "Paris Tokyo Nairobi Toronto Madrid Cairo Oslo Lima Rome Berlin Sydney Mumbai",
    "planet": "Mercury Venus Earth Mars Jupiter Saturn Uranus Neptune",
    "vegetable": "carrot potato tomato onion pepper spinach broccoli leek cabbage bean pea corn",
    "language": "English Spanish French German Japanese Arabic Hindi Portuguese Russian Swahili Italian Dutch",
    "word": "river lantern harbour meadow signal copper window garden thunder paper mirror island",
    "name": "Ana Ben Chloe David Emma Felix Grace Hugo Iris Jack Kira Leo",
    "day": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "month": "January February March April May June July August September October November December",
}


def enumerated(talk: Talk) -> str | None:
    """`List three fruits`: a numbered list with as many items as asked for."""
    match = _ITEMS.search(talk.last)
    if match is None:
        return None
    number, kind = _how_many(match[1]), match[2].strip()
    if kind.split()[0].lower() in ("times", "or", "and", "minutes", "hours", "days", "percent", "digit", "sentence"):
        return None
    separated = "comma" in talk.words or "comma-separated" in talk.last.lower()
    items = items_of(talk, kind, number)
    return ", ".join(items) if separated else "\n".join(f"{at}. {item}" for at, item in enumerate(items, 1))


def _how_many(word: str) -> int:
    return min(int(word) if word.isdecimal() else spelt(word) or 1, 50)


def items_of(talk: Talk, kind: str, number: int) -> list[str]:
    """So many things of a kind: known ones, or parts of the subject."""
    words = WORD.findall(kind.lower())
    for word in reversed(words):
        known = (
            _KNOWN_ITEMS.get(word)
            or _KNOWN_ITEMS.get(word.removesuffix("s"))
            or _KNOWN_ITEMS.get(word.removesuffix("ies") + "y")
        )
        if known and len(known.split()) >= number:
            pool, shift = known.split(), talk.number % len(known.split())
            return (
                [pool[(shift + at) % len(pool)] for at in range(number)]
                if word not in ("planets", "days", "months")
                else pool[:number]
            )
    return [f"{_ASPECTS[(talk.number + at) % len(_ASPECTS)]} {kind} ({at + 1})" for at in range(number)]


_ASPECTS = (
    "Simple",
    "Classic",
    "Modern",
    "Quiet",
    "Bright",
    "Practical",
    "Unusual",
    "Short",
    "Careful",
    "Early",
    "Open",
    "Local",
)
_CASES = (
    (Pattern(r"\bupper\s?-?case|capital letters|all caps\b", re.IGNORECASE), str.upper),
    (Pattern(r"\blower\s?-?case\b", re.IGNORECASE), str.lower),
    (Pattern(r"\b(?:reverse|backwards)\b", re.IGNORECASE), lambda text: text[::-1]),
)
_OF_TEXT = Pattern(
    r"(?::|\b(?:word|text|string|sentence|phrase)s?)\s+([^\n]+?)(?:\s+(?:in|to|into)\s+\S+case.*)?[.?!]?\s*$",
    re.IGNORECASE,
)


def transformed(talk: Talk) -> str | None:
    """Upper case, lower case, reversed: exactly."""
    for pattern, change in _CASES:
        if pattern.search(talk.last) and (text := _operand(talk.last)):
            return change(text)
    return None


def _operand(text: str) -> str | None:
    if quoted := quotations(text):
        return quoted[0].value
    match = _OF_TEXT.search(text)
    return match[1].strip() if match else None


_LETTERS = Pattern(
    r"how many (?:times does )?(?:the )?(?:letter )?[\"'“]?(\w)[\"'”]?(?:'s|"
    r"’s|s)?\b.*?\b(?:in|appear in)\b(?: the)?(?: word)? [\"'“]?(\w+)",
    re.IGNORECASE,
)
_LENGTH = Pattern(r"how many (letters|characters|words)\b.*?\b(?:in|does|has)\b(.*)", re.IGNORECASE | re.DOTALL)


def measured(talk: Talk) -> str | None:
    """How many letters, words, or `r` in `strawberry`."""
    if match := _LETTERS.search(talk.last):
        count = match[2].lower().count(match[1].lower())
        return f"The letter “{match[1]}” appears {count} time{'s' * (count != 1)} in “{match[2]}”."
    if match := _LENGTH.search(talk.last):
        text = _operand(talk.last) or match[2].strip(" ?.:")
        count = len(text.split()) if match[1].lower() == "words" else len(text)
        return f"There are {count} {match[1].lower()} in “{text}”."
    return None


_OPTIONS = Pattern(
    r"(?:one of(?: the following| these)?(?: \w+){0,3}?|either|options?|"
    r"categories|labels|classes|choose (?:from|between)|choices|classify\b.*?\b(?:as|"
    r"into)|"
    r"(?:answer|respond|reply)(?: only)? with)\s*(?:are|is)?\s*[:(\[]?\s*(?!exactly|only)([^\n.?!]+)",
    re.IGNORECASE,
)
_YES_NO = Pattern(r"\b(yes\s*(?:/|or|\|)\s*no|no\s*(?:/|or)\s*yes|true\s*(?:/|or|\|)\s*false)\b", re.IGNORECASE)
_LETTERED = Pattern(r"(?:^|\n|\s)\(?([A-E])[).:]\s*([^\n]+?)(?=\s+\(?[B-E][).:]\s|\n|$)")


def yes_or_no(talk: Talk) -> str | None:
    """One of the two words that the user offers."""
    match = talk.says(_YES_NO)
    if match is None:
        return None
    return talk.pick(("Yes", "No") if "yes" in match[1].lower() else ("True", "False"))


def chosen(talk: Talk) -> str | None:
    """One of the options that the prompt lists, the fitting one if that can be told."""
    if lettered := _LETTERED.findall(talk.last):
        return _lettered(talk, lettered) if len(lettered) > 1 else None
    match = talk.says(_OPTIONS)
    if match is None:
        return None
    quoted = [found.value for found in quotations(match[1])]
    options = (
        quoted
        if len(quoted) > 1
        else [option.strip(" \"'“”`*_[](){}") for option in listed("x: " + match[1]) or match[1].split("/")]
    )
    options = [option for option in options if option and len(option.split()) <= 4]
    return fitting(talk, options) if len(options) > 1 else None


def _lettered(talk: Talk, options: list[tuple[str, str]]) -> str:
    letter, text = talk.pick(options)
    return f"{letter}) {text.strip()}"


_MOODS = (("positive", "happy", "good", "pos"), ("negative", "sad", "bad", "neg", "angry"), ("neutral", "mixed"))


def fitting(talk: Talk, options: list[str]) -> str:
    """The option whose words the user used; else by mood; else by chance."""
    stems = {stem(word) for word in talk.words if word not in STOP}
    overlap = {option: len(stems & {stem(word) for word in WORD.findall(option.lower())}) for option in options}
    best = max(options, key=lambda option: overlap[option])
    if overlap[best] and sum(overlap[best] == count for count in overlap.values()) == 1:
        return best
    mood = leaning(talk.words)
    wanted = _MOODS[0] if mood > 0 else _MOODS[1] if mood < 0 else _MOODS[2]
    return next((option for option in options if option.lower() in wanted), None) or talk.pick(options)


_RATING = Pattern(
    r"\b(?:rate|rating|score|grade|scale)\b.{0,80}?(?:from|between|"
    r"of|out of|\()?\s*(\d+(?:\.\d+)?)\s*(?:to|and|-|–|through)\s*(\d+(?:\.\d+)?)",
    re.IGNORECASE | re.DOTALL,
)
_BARE_NUMBER = Pattern(
    r"\b(?:only|just)\b[^.\n]{0,30}\b(?:number|integer|digit|score)\b|\b(?:number|integer|digit|score) only\b",
    re.IGNORECASE,
)


def rated(talk: Talk) -> str | None:
    """A score between the bounds that the prompt states."""
    match = talk.says(_RATING)
    if match is None:
        return None
    score = score_between(talk, match[1], match[2])
    return score if talk.says(_BARE_NUMBER) else f"Score: {score}"


def score_between(talk: Talk, low: str, high: str) -> str:
    """A rather good score, a whole one when whole ones fit."""
    bottom, top = float(low), float(high)
    share = 0.7 + talk.pick(range(3)) / 10
    score = bottom + (top - bottom) * share
    return str(round(score)) if top - bottom >= 2 else f"{score:.2f}".rstrip("0").rstrip(".")


def bare_number(talk: Talk) -> str | None:
    """A number alone, where only a number is wanted."""
    if not talk.says(_BARE_NUMBER):
        return None
    found = numbers(talk.last)
    return str(found[0].value) if found else str(1 + talk.pick(range(9)))
