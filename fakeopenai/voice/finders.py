"""Texts for a field by its role: places, names, queries, codes and so on, best first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from fakeopenai.pattern import Pattern
from fakeopenai.voice import arithmetic, knowledge, prose, reading, reworking, writing
from fakeopenai.voice.words import STOP, WORD, row, terms, topic

if TYPE_CHECKING:
    from fakeopenai.voice.fields import Field
    from fakeopenai.voice.source import Source
    from fakeopenai.voice.talk import Talk

_NAME = (
    r"[A-ZÀ-ÖØ-ÞА-ЯЁΑ-Ω][\w'’.&-]*"
    r"(?:\s+(?:(?:of|de|da|van|von|der|del|la|le|do|el|the)\s+)*[A-ZÀ-ÖØ-ÞА-ЯЁΑ-Ω][\w'’.&-]*)*"
)
_PLACE = Pattern(
    r"\b(?:in|at|near|for|of|to|from|into|around|visit(?:ing)?|über|en|à|nach|em|в|из|на)\s+"
    r"(?:the\s+(?:city|town|state|country)\s+of\s+)?"
    rf"({_NAME}(?:,\s+(?:[A-Z]{{2}}\b|{_NAME})(?!\s*(?:,|and|&)\s))*)"
)
_SITUATED = Pattern(rf"({_NAME})\s+(?:is|lies)\s+(?:a \w+\s+)?(?:located\s+|situated\s+)?in\s+({_NAME})")
_LOWER_PLACE = Pattern(
    r"\b(?:in|at|near|for)\s+(?:the\s+)?([^\W\d]{3,}"
    r"(?:\s(?!today|tomorrow|now|right|please|this|next|on|in|at|for|and|like|is|be|to|with|using|tool|by)[^\W\d]{3,})?)",
    re.IGNORECASE,
)
_UNSPACED_PLACES = (
    Pattern(
        r"(?:在|^|[，。、\s「])([\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2,8}?)"
        r"(?:今天|明天|现在|今日|明日|\s?오늘|\s?내일)?(?:的|の|で|における|의)(?=天気|天气|날씨|气温|気温|天氣|\s?날씨|人口)"
    ),
    Pattern(r"(?:^|[，。\s])(?:请问|查询)?([\u3400-\u9fff]{2,4}?)(?:今天|明天|现在)?(?:天气|天気)"),
)
_FROM = Pattern(rf"\bfrom\s+({_NAME})")
_TO = Pattern(rf"\b(?:to|into|towards)\s+({_NAME})")
_ORIGINS = terms("origin from source departure start")
_GOALS = terms("destination to arrival end target")
_NOT_PLACES = terms(
    """celsius fahrenheit english french spanish german json the a an that this today tomorrow me you monday tuesday
    wednesday thursday friday saturday sunday january february march april may june july august september october
    november december i using"""
)
_CITIES = frozenset(city.lower() for city in knowledge.CAPITALS.values())
_GAZETTEER = {"country": frozenset(knowledge.CAPITALS), "city": _CITIES, "capital": _CITIES}

Finder = Callable[["Source"], Iterable[str]]
FieldFinder = Callable[["Source", "Field"], Iterable[str]]


def found(source: Source, field: Field) -> Iterator[str]:
    """Texts that may be meant for a field, told by its role."""
    if find := _BY_FIELD.get(field.role):
        yield from find(source, field)
    elif alone := _BY_ROLE.get(field.role):
        yield from alone(source)


def names_in(text: str, role: str) -> list[str]:
    """All names of a text that suit a role: companies and places stand after their prepositions, people don't."""
    spans = [one[1:] for one in (*reading.dates(text), *reading.quotations(text))]
    names = [one.value for one in reading.proper_names(text) if not any(a <= one.start < b for a, b in spans)]
    pattern = {"company": _COMPANY, "place": _PLACE}.get(role)
    if pattern:
        return [match[1].rstrip(".'’") for match in pattern.finditer(text)] or names
    placed = {match[1] for match in _WHERE.finditer(text)}
    return [name for name in names if name not in placed] or names


def _places(source: Source, field: Field) -> Iterator[str]:
    text, words = source.text, set(field.words)
    ways = [_FROM] * bool(words & _ORIGINS) + [_TO] * bool(words & _GOALS)
    yield from (match[1].rstrip(".'’") for way in ways for match in way.finditer(text))
    if known := _GAZETTEER.get(next((word for word in field.words if word in _GAZETTEER), "")):
        yield from (name for name in _proper(source) if name.lower() in known)
    if source.is_answer and (match := _SITUATED.search(text)):
        yield match[2 if words & {"country", "state", "region"} else 1]
    yield from _located(_PLACE, text)
    yield from (match[1] for pattern in _UNSPACED_PLACES for match in pattern.finditer(text))
    yield from _quoted(source)
    yield from _proper(source)
    if not source.is_answer:
        yield from _located(_LOWER_PLACE, text)


def _located(pattern: Pattern, text: str) -> Iterator[str]:
    for match in pattern.finditer(text):
        name = match[1].rstrip(".'’").removesuffix("'s").strip()
        if name.split()[0].lower() not in _NOT_PLACES:
            yield name


_NAMED = Pattern(
    r"\b(?:named|called|name(?:d)?(?:\s+(?:is|as|of|to))?|name's|name:|I'm|I am|call(?:ed)? (?:me|him|her|it)|entitled|"
    rf"titled|meet|this is)\s+[\"'“«「]?({_NAME})"
)
_LOWER_NAME = Pattern(r"\b(?:named|called|name is|for|user|customer|person)\s+([^\W\d_]{2,}(?:\s[A-Z]\w+)?)")


def _names(source: Source, field: Field) -> Iterator[str]:
    named = [match[1].rstrip(".'’") for match in _NAMED.finditer(source.text)]
    quoted, proper = list(_quoted(source)), list(_proper(source))
    lower = [match[1] for match in _LOWER_NAME.finditer(source.text) if match[1].lower() not in STOP]
    named = [name for name in named if not any(text.startswith(name) for text in quoted)]
    names = [*named, *proper, *quoted] if source.is_answer else [*named, *quoted, *proper]
    yield from (_part_of_name(name, set(field.words)) for name in [*names, *lower])


_RECEIVER = Pattern(rf"\b(?:to|for|tell|text|call|ask|invite|remind|message|e-?mail)\s+({_NAME})")


def _addressees(source: Source) -> Iterator[str]:
    for read in (reading.emails, reading.phones):
        yield from (one.value for one in read(source.text))
    yield from (match[1].rstrip(".'’") for match in _RECEIVER.finditer(source.text))


def _part_of_name(name: str, words: set[str]) -> str:
    if words & {"first", "firstname"}:
        return name.split(maxsplit=1)[0]
    return name.rsplit(maxsplit=1)[-1] if words & {"last", "surname", "lastname"} else name


_WHERE = Pattern(rf"\b(?:at|in|from|near)\s+({_NAME})")
_COMPANY = Pattern(rf"\b(?:at|for|company|by|with|joined)\s+({_NAME})")


def _companies(source: Source) -> Iterator[str]:
    yield from (match[1] for match in _COMPANY.finditer(source.text))
    yield from _quoted(source)
    yield from _proper(source)


def _quoted(source: Source) -> Iterator[str]:
    return (one.value for one in reading.quotations(source.text))


def _proper(source: Source) -> Iterator[str]:
    return (one.value for one in reading.proper_names(source.text))


_SEARCH = Pattern(
    r"\b(?:search(?:ing)?|look(?:ing)? up|google|find(?: out)?|browse|query|lookup|retrieve|check)\b"
    r"(?:\s+(?:the\s+)?(?:web|internet|online|google|wikipedia|database|db|docs|documents|documentation|knowledge base|"
    r"information|info|details|results|news))*(?:\s+(?:for|about|on|regarding|in|that|who|what))?\s*[:\s]\s*(.+)",
    re.IGNORECASE | re.DOTALL,
)
_SAYINGS = (
    Pattern(
        r"\b(?:saying|says|that reads|with the (?:text|message|content|body))\s*(?:that|:|of|is)?\s+(.+)",
        re.IGNORECASE | re.DOTALL,
    ),
    Pattern(
        r"\b(?:message|text|note|content|body)\s*(?:that|:|of|is)?\s+(.+)|(?<=:)\s+(.+)", re.IGNORECASE | re.DOTALL
    ),
)
_ABOUT = Pattern(r"\b(?:about|on|regarding|concerning|topic:?)\s+(?:the\s+)?([^.,;:!?\n]{2,80})", re.IGNORECASE)
_TASK = Pattern(
    r"\b(?:remind me to|remember to|need to|have to|want to|task:?|todo:?|to-do:?|add|buy|order|create a task to|"
    r"please)\s+(?:an?\s+|the\s+|some\s+)?([^.;:!?\n]{2,100})",
    re.IGNORECASE,
)


def _queries(source: Source) -> Iterator[str]:
    yield from (one.value for one in reading.quotations(source.bare))
    if match := _SEARCH.search(source.bare):
        yield match[1].strip(" .?!")
    yield source.bare


def _texts(source: Source) -> Iterator[str]:
    yield from _quoted(source)
    for pattern in _SAYINGS:
        if match := pattern.search(source.bare):
            yield match[match.lastindex or 0].strip()
    yield source.bare


def _subjects(source: Source) -> Iterator[str]:
    if match := _ABOUT.search(source.text):
        yield match[1].strip(" \"'“”„«»「」`")
    yield from _quoted(source)
    yield topic(source.bare)


def _tasks(source: Source) -> Iterator[str]:
    yield from _quoted(source)
    if match := _TASK.search(source.text):
        yield match[1].strip()
    yield topic(source.bare)


def _titles(source: Source) -> Iterator[str]:
    yield from _quoted(source)
    yield from (match[1].rstrip(".") for match in _NAMED.finditer(source.text))
    if source.is_answer:
        yield (writing.theme(source.talk) or topic(source.text)).strip().title()
    else:
        yield from _subjects(source)


_STYLE = Pattern(
    r"\b(?:in (?:an?|the)\s+([\w-]+)\s+(?:style|tone|manner|voice|way|format)|"
    r"(?:style|tone|manner|mood|genre) of (?:an? )?([\w -]+?)(?:[.,!?]|$))",
    re.IGNORECASE,
)


def _styles(source: Source) -> Iterator[str]:
    if match := _STYLE.search(source.text):
        yield match[1] or match[2]
    yield from _proper(source)
    yield from _quoted(source)


_CODE_FENCE = Pattern(r"```(?:\w+)?\n(.*?)```", re.DOTALL)
_INVOCATION = Pattern(r"\b[A-Za-z_][\w.]*\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)")
_ID = Pattern(r"\b(?=[\w-]*\d)(?!\d{1,2}(?:st|nd|rd|th)\b)[A-Za-z]{0,12}[-_]?[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*\b")
_SYMBOL = Pattern(r"(?<![A-Za-z])\$?([A-Z]{2,5})(?![a-z])\b")
_FILE = Pattern(r"(?:[A-Za-z]:)?[\w./~\\-]*[\w-]\.[A-Za-z0-9]{1,5}\b|(?:~|\.{1,2})?/[\w./-]+")
_CURRENCY = Pattern(r"\b(?:USD|EUR|GBP|JPY|CHF|CAD|AUD|CNY|INR|SEK|NOK|BRL|MXN|KRW)\b")
_COLOR = Pattern(
    r"\b(?:red|green|blue|yellow|orange|purple|black|white|pink|brown|gr[ae]y|turquoise|violet|cyan|magenta|gold|silver)\b",
    re.IGNORECASE,
)
_TICKERS = {
    "apple": "AAPL",
    "microsoft": "MSFT",
    "google": "GOOGL",
    "alphabet": "GOOGL",
    "amazon": "AMZN",
    "tesla": "TSLA",
    "meta": "META",
    "nvidia": "NVDA",
    "netflix": "NFLX",
}
_TONGUES = row(
    """English French Spanish German Italian Portuguese Japanese Chinese Korean Russian Dutch Arabic Hindi Polish
    Turkish Greek Swedish Norwegian Danish Finnish Czech Hungarian Hebrew Latin Ukrainian Vietnamese Thai Mandarin"""
)
_TONGUE = Pattern(rf"\b(?:{'|'.join(_TONGUES)})\b", re.IGNORECASE)
_INTO = Pattern(r"\b(?:to|into|in)\s+$", re.IGNORECASE)
_OUT_OF = Pattern(r"\bfrom\s+$", re.IGNORECASE)
_DAY = Pattern(
    r"\b(today|tomorrow|tonight|yesterday|"
    r"(?:next |this )?(?:week|month|monday|tuesday|wednesday|thursday|friday|saturday|sunday))\b",
    re.IGNORECASE,
)
_COUNTERS = terms("id number identifier ref reference")


def codes_in(text: str) -> Iterator[str]:
    """Words with digits in them, such as `ABC-987`."""
    return (match[0] for match in _ID.finditer(text))


def _ids(source: Source, field: Field) -> Iterator[str]:
    kind = next((word for word in field.words if word not in _COUNTERS), "")
    named = rf"\b{kind}\s*(?:id|number|no\.?|#|ref(?:erence)?)?\s*(?:is|:|=|#)?\s*#?((?=[\w-]*\d)[\w-]+)"
    if kind and (match := re.search(named, source.text, re.IGNORECASE)):
        yield match[1]
    yield from (one.value for one in reading.uuids(source.text))
    yield from codes_in(source.text)


def _tongues(source: Source, field: Field) -> Iterator[str]:
    tongues, words = list(_TONGUE.finditer(source.text)), set(field.words)
    way = _INTO if words & {"target", "to", "destination"} else _OUT_OF if words & {"source", "from"} else None
    if way:
        tongues.sort(key=lambda match: not way.search(source.text[: match.start()]))
    yield from (match[0] for match in tongues)


def _symbols(source: Source) -> Iterator[str]:
    yield from (match[1] for match in _SYMBOL.finditer(source.text))
    yield from (_TICKERS[word] for word in WORD.findall(source.text.lower()) if word in _TICKERS)


def _dates(source: Source) -> Iterator[str]:
    yield from (one.value for one in reading.dates(source.text))
    yield from (match[1] for match in _DAY.finditer(source.text))


def _expressions(source: Source) -> Iterator[str]:
    if written := arithmetic.expression_in(source.text):
        yield written
    elif asked := arithmetic.sum_in(source.text):
        yield asked[0]
    yield from _quoted(source)


def _codes(source: Source) -> Iterator[str]:
    yield from (match[1].strip() for match in _CODE_FENCE.finditer(source.text))
    quoted = list(_quoted(source))
    yield from (text for text in quoted if re.search(r"[()=+]", text))
    yield from (match[0] for match in _INVOCATION.finditer(source.text))
    if expression := arithmetic.expression_in(source.text):
        yield f"print({expression})"
    yield f"print({(quoted[0] if quoted else topic(source.bare))!r})"


def _read(read: Callable[[str], tuple[reading.Found, ...]]) -> Finder:
    return lambda source: (one.value for one in read(source.text))


def _matched(pattern: Pattern) -> Finder:
    return lambda source: (match[0] for match in pattern.finditer(source.text))


def _said(speak: Callable[[Talk], str]) -> Finder:
    return lambda source: (speak(source.talk),)


_BY_FIELD: dict[str, FieldFinder] = {"place": _places, "name": _names, "language": _tongues, "id": _ids}
_BY_ROLE: dict[str, Finder] = {
    "email": _read(reading.emails),
    "addressee": _addressees,
    "url": _read(reading.urls),
    "phone": _read(reading.phones),
    "date": _dates,
    "time": _read(reading.times),
    "company": _companies,
    "query": _queries,
    "text": _texts,
    "subject": _subjects,
    "expression": _expressions,
    "code": _codes,
    "currency": _matched(_CURRENCY),
    "symbol": _symbols,
    "color": _matched(_COLOR),
    "style": _styles,
    "title": _titles,
    "task": _tasks,
    "path": _matched(_FILE),
    "answer": _said(prose.speak),
    "reasoning": _said(prose.reasoning),
    "summary": _said(reworking.gist_of),
    "setup": _said(lambda talk: writing.joke(talk)[0]),
    "punchline": _said(lambda talk: writing.joke(talk)[1]),
    "joke": _said(lambda talk: " ".join(writing.joke(talk))),
    "sentiment": _said(lambda talk: reworking.mood(talk).lower()),
}


_WRITTEN_MOMENT = Pattern(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})")


def _values(read: Callable[[str], tuple[reading.Found, ...]]) -> Callable[[str], Iterable[str]]:
    return lambda text: (one.value for one in read(text))


def _times(text: str) -> Iterator[str]:
    return (f"{one.value}:00Z" if len(one.value) == 5 else f"{one.value}Z" for one in reading.times(text))


def _moments(text: str) -> Iterator[str]:
    yield from (match[0] for match in _WRITTEN_MOMENT.finditer(text))
    clock = next(_times(text), "00:00:00Z")
    yield from (f"{one.value}T{clock}" for one in reading.dates(text))


FORMATS: dict[str, Callable[[str], Iterable[str]]] = {
    "date": _values(reading.dates),
    "time": _times,
    "date-time": _moments,
    "email": _values(reading.emails),
    "uri": _values(reading.urls),
    "uuid": _values(reading.uuids),
    "ipv4": _values(reading.addresses),
}
