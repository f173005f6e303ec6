"""Values that stand in a text: numbers, quotations, names, dates, lists. Each is found with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from math import isfinite
from typing import NamedTuple

from fakeopenai.pattern import Pattern
from fakeopenai.voice.words import CONCEPTS, STOP, row, terms


class Found(NamedTuple):
    """A value and where it stands in the text."""

    value: str
    start: int
    end: int


class Number(NamedTuple):
    """A number and where it stands in the text."""

    value: int | float
    start: int
    end: int


EMAIL = Pattern(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
URL = Pattern(r"(?:https?|ftp|wss?|file)://[^\s<>\"'“”«»)\]]+[^\s<>\"'“”«»)\].,;:!?]|www\.[\w.-]+\.\w{2,}[^\s,]*")
UUID = Pattern(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b")
IPV4 = Pattern(r"\b(?:\d{1,3}\.){3}\d{1,3}\b")
PHONE = Pattern(
    r"(?<![\w.])(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,4}\)|\d{2,4})[ .-]\d{3,4}(?:[ .-]\d{2,4})?\b(?!-)|\+\d{8,14}\b"
)
TIME = Pattern(
    r"\b([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?(?:\s*([ap])\.?m\b\.?)?|\b(1[0-2]|0?[1-9])\s*([ap])\.?m\b",
    re.IGNORECASE,
)
_ISO = Pattern(r"\b(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?")
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|"
    r"july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|"
    r"dec(?:ember)?)\.?"
)
_MONTH_FIRST = Pattern(rf"\b{_MONTH}\s+(\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(\d{{4}}))?\b", re.IGNORECASE)
_DAY_FIRST = Pattern(rf"\b(\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?{_MONTH}(?:,?\s+(\d{{4}}))?\b", re.IGNORECASE)
_SLASHED = Pattern(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b")
_CJK_DATE = Pattern(r"(\d{4})年(\d{1,2})月(\d{1,2})日")
_QUOTES = Pattern(
    r"“([^“”]+)”|„([^„“”]+)[“”]|«\s*([^«»]+?)\s*»|»([^«»]+)«|「([^「」]+)」|『([^『』]+)』|《([^《》]+)》|‘([^‘’]+)’|‹([^‹›]+)›"
    r"|\"([^\"\n]+)\"|(?<!\w)'([^'\n]+(?:(?<=\w)'(?=\w)[^'\n]*)*)'(?!\w)|`([^`\n]+)`"
)
_DIGITS = Pattern(
    r"(?<![\w.,])(?<![A-Za-z]-)((?:(?<![\w)])[-−])?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"(?=$|[^\w]|(?:st|nd|rd|th|km|kg|g|m|cm|mm|lb|lbs|mph|kmh|c|"
    r"f|k|°|x|s|h|min|px|gb|mb|usd|eur|[\u3040-\u9fff\uac00-\ud7af])\w*)",
    re.IGNORECASE,
)
_LONGEST = 60
_UNITS = row(
    """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen"""
)
_TENS = row("twenty thirty forty fifty sixty seventy eighty ninety")
_SPELT = {word: value for value, word in enumerate(_UNITS)} | {word: 20 + 10 * at for at, word in enumerate(_TENS)}
_SPELT |= {"dozen": 12} | {
    word: at for at, word in enumerate(row("uno dos tres cuatro cinco seis siete ocho nueve diez"), 1)
}
_SPELT |= {
    "deux": 2,
    "trois": 3,
    "quatre": 4,
    "cinq": 5,
    "zwei": 2,
    "drei": 3,
    "vier": 4,
    "fünf": 5,
    "sechs": 6,
    "acht": 8,
}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000}
_SPELT_RUN = Pattern(
    rf"\b(?:minus |negative )?(?:(?:{'|'.join([*_SPELT, *_SCALES])})(?:(?:[ "
    rf"-]|(?<=hundred)\s+and\s+|(?<=thousand)\s+and\s+)(?={'|'.join([*_SPELT, *_SCALES])})|"
    rf"\b))+",
    re.IGNORECASE,
)
_CAPITAL = r"[^\W\d_a-zß-öø-ÿа-яёα-ωά-ώ\u0590-\u08ff\u3040-\uffff][\w'’.&-]*"
_NAME = Pattern(rf"{_CAPITAL}(?:\s+(?:(?:of|de|da|van|von|der|del|la|le|and the|the)\s+)?{_CAPITAL})*")
_LEADING = terms(
    """what who where when why how which is are do does did can could would will should please tell give show find get
    add create make call use search look send write say translate summarize summarise extract the a an i i'm i'd
    i've my it this that these those he she they we you your his her its our their set book schedule calculate
    compute multiply divide subtract convert compare let if and or but then also now my hello hi hey thanks thank
    yes no ok okay remind register delete remove update list print run execute check explain describe answer return
    respond reply using in on at for from to with by of generate play order buy sell open close turn start stop read
    save load fetch lookup today tomorrow monday tuesday wednesday thursday friday saturday sunday question user
    human customer name age city note here there draw plan invite email classify parse identify think action thought
    final transfer store remember pick choose select rate score ask"""
)
_JOINT = r"(?:\s*[,;、，،]\s*(?:and\s+|or\s+)?|\s+(?:and|or|&|y|et|und|e|и|و)\s+|\s*(?:和|と|、|与|및|와|과)\s*)"
JOINT = Pattern(_JOINT, re.IGNORECASE)


def spelt(text: str) -> int | None:
    """The number that words such as `three hundred and five` spell."""
    total = group = 0
    parts = re.split(r"[ -]+", text.lower())
    for word in parts:
        if word in _SCALES:
            group = (group or 1) * _SCALES[word]
            total, group = (total + group, 0) if group >= 1000 else (total, group)
        elif word in _SPELT:
            group = group * 12 if word == "dozen" and group else group + _SPELT[word]
    sign = -1 if parts[0] in ("minus", "negative") else 1
    return sign * (total + group)


def number_of(text: str) -> int | float:
    plain = text.replace(",", "").replace("−", "-")
    return float(plain) if re.search(r"[.eE]", plain) else int(plain)


@lru_cache(256)
def numbers(text: str) -> tuple[Number, ...]:
    """Numbers in digits and in words, in their order; parts of dates, times and addresses don't count."""
    taken = [found[1:] for kind in (dates, times, phones, urls, emails, addresses) for found in kind(text)]
    digits = [
        Number(value, match.start(), match.end(1))
        for match in _DIGITS.finditer(text)
        if len(match[1]) <= _LONGEST and isfinite(value := number_of(match[1]))
    ]
    words = [Number(spelt(match[0]) or 0, *match.span()) for match in _SPELT_RUN.finditer(text)]
    # "one" is a pronoun more often than a number, unless nothing else is there.
    spoken = [number for number in words if number.value != 1] or ([] if digits else words)
    return tuple(sorted(_outside(digits + spoken, taken), key=lambda number: number.start))


def _outside(found: list[Number], taken: list[tuple[int, int]]) -> Iterator[Number]:
    for number in found:
        if not any(start <= number.start < end for start, end in taken):
            yield number


@lru_cache(256)
def quotations(text: str) -> tuple[Found, ...]:
    """What stands in quotation marks of any kind, without them."""
    return tuple(
        Found(match[match.lastindex], *match.span()) for match in _QUOTES.finditer(text) if match.lastindex is not None
    )


@lru_cache(256)
def proper_names(text: str) -> tuple[Found, ...]:
    """Runs of capitalised words, without a capital that only begins a sentence's usual first word."""
    return tuple(found for match in _NAME.finditer(text) if (found := _without_lead(match)) is not None)


def _without_lead(match: re.Match[str]) -> Found | None:
    words, start = match[0].split(), match.start()
    while words and _leads(words[0]):
        start += len(words[0]) + 1
        words = words[1:]
    name = " ".join(words)
    for ending in ("'s", "’s"):
        name = name.removesuffix(ending)
    name = name.rstrip(".'’-&")
    return Found(name, start, match.end()) if name and name.lower() not in STOP else None


def _leads(word: str) -> bool:
    """Whether a capitalised word is one that begins a sentence, not a name."""
    bare = re.split(r"['’.]", word.lower(), maxsplit=1)[0]
    return bare in _LEADING or bare in CONCEPTS


def _matches(pattern: Pattern, text: str) -> tuple[Found, ...]:
    return tuple(Found(match[0], *match.span()) for match in pattern.finditer(text))


def emails(text: str) -> tuple[Found, ...]:
    return _matches(EMAIL, text) if "@" in text else ()


def urls(text: str) -> tuple[Found, ...]:
    return _matches(URL, text) if "://" in text or "www." in text else ()


def uuids(text: str) -> tuple[Found, ...]:
    return _matches(UUID, text)


def addresses(text: str) -> tuple[Found, ...]:
    """IPv4 addresses."""
    return _matches(IPV4, text)


def phones(text: str) -> tuple[Found, ...]:
    return tuple(found for found in _matches(PHONE, text) if sum(char.isdigit() for char in found.value) >= 7)


def times(text: str) -> tuple[Found, ...]:
    """Times of day as `HH:MM`."""
    return tuple(Found(_clock(match), *match.span()) for match in TIME.finditer(text))


def _clock(match: re.Match[str]) -> str:
    hour, half = int(match[1] or match[5]), (match[4] or match[6] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    seconds = f":{match[3]}" if match[3] else ""
    return f"{hour:02d}:{match[2] or '00'}{seconds}"


@lru_cache(256)
def dates(text: str) -> tuple[Found, ...]:
    """Dates as `YYYY-MM-DD`; a date without a year gets 2024, as the text can't say which."""
    found: list[Found] = []
    for pattern, order in _DATE_FORMS:
        for match in pattern.finditer(text):
            day = _date(*(match[group] for group in order))
            if day and not any(other.start < match.end() and match.start() < other.end for other in found):
                found.append(Found(day, *match.span()))
    return tuple(sorted(found, key=lambda one: one.start))


_DATE_FORMS = (
    (_ISO, (1, 2, 3)),
    (_CJK_DATE, (1, 2, 3)),
    (_MONTH_FIRST, (3, 1, 2)),
    (_DAY_FIRST, (3, 2, 1)),
    (_SLASHED, (3, 1, 2)),
)


def _date(year: str | None, month: str, day: str) -> str:
    number = (
        int(month)
        if month.isdigit()
        else 1 + next(at for at, name in enumerate(_MONTHS) if name.startswith(month[:3].lower()))
    )
    try:
        return date(int(year or 2024), number, int(day)).isoformat()
    except ValueError:
        return ""


@lru_cache(256)
def listed(text: str) -> tuple[str, ...]:
    """The longest list in the text, such as `apples, pears and plums`; empty if there is none."""
    best: tuple[str, ...] = ()
    for clause in re.split(r"[.!?\n。！？]|(?<=\w):\s", text):
        items = tuple(_item(part, at) for at, part in enumerate(JOINT.split(clause)))
        items = tuple(item for item in items if item)
        if len(items) > max(1, len(best)):
            best = items
    return best


_BEFORE = Pattern(
    r".*\b(?:of|in|for|at|to|from|with|are|is|buy|like|likes|love|"
    r"need|want|items?|about|between|add|get|include|has|have|called|"
    r"named|"
    r"and|or|the|a|an|these|following|tags?|list|colou?rs?|fruits?|ingredients?|both|compare|extract|sort)\s+",
    re.IGNORECASE | re.DOTALL,
)
_AFTER = Pattern(
    r"\s+(?:in|on|at|to|for|from|as|with|by|please|is|are|and their|right now|today|tomorrow|together)\b.*|[)\]'\"”]+$",
    re.IGNORECASE | re.DOTALL,
)


def _item(part: str, at: int) -> str:
    bare = part.strip()
    if at == 0:
        bare = _BEFORE.sub("", " " + bare).strip()
    return _AFTER.sub("", bare).strip(" \"'“”«»()[].").removeprefix("the ")
