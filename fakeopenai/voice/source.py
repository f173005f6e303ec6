"""A text that fields are filled from: the strings, options, lists and truths in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from fakeopenai.pattern import Pattern
from fakeopenai.voice import arithmetic, finders, knowledge, reading, writing
from fakeopenai.voice.commands import fitting
from fakeopenai.voice.fields import NOTHING, Field, Nothing
from fakeopenai.voice.words import STOP, WORD, concepts, stem, terms, topic

if TYPE_CHECKING:
    from fakeopenai.voice.talk import Talk
    from fakeopenai.wire import Json, Object

_SUMS = terms("sum total product difference quotient average mean solution")
_EVIDENT = terms("email url phone date time language currency color path")
_LEFT_TO_CHANCE = _EVIDENT | {"place"}
_SPOKEN = terms("answer reasoning summary setup punchline joke sentiment")
_LATER = terms("to target destination")
_NAMED = terms("name place company")
_DENIALS = terms("no not without don't never disable isn't exclude off aren't")
_AUXILIARIES = terms("is has include enable with use should are")
_INTRO = Pattern(
    r"^(?:please\s+)?(?:use|using|call|invoke|with)\s+(?:the\s+)?[\w\s`'\"-]*?\b(?:tool|function)\b\s*"
    r"(?:to|for|and|with|,|:)?\s*",
    re.IGNORECASE,
)
_CLAUSES = Pattern(r"(?<=[\w)])[.!?]\s+|[;\n]+|,?\s+\band\b\s+|,\s+")
_VALUE = Pattern(
    r"[^\n,;?!]{1,200}?(?=\s+and\s+(?:[\w ]{1,20}?(?:\bis\b|[:=])|(?:I|he|she|they|it|the|my)\b|I')|"
    r"[\n,;?!]|\.(?:\s|$)|$)"
)


class Source:
    """A text that fields are filled from, and the talk it belongs to.

    `is_answer` says that a structured answer is made of it, not the arguments of a tool. A text that one field took
    isn't offered to another.
    """

    def __init__(self, talk: Talk, text: str, *, is_answer: bool = False) -> None:
        self.talk = talk
        self.text = text
        self.is_answer = is_answer
        self.taken: set[str] = set()

    @cached_property
    def concepts(self) -> frozenset[str]:
        return concepts(self.text)

    @cached_property
    def bare(self) -> str:
        """The text without the request to use a tool."""
        return _INTRO.sub("", self.text).strip() or self.text

    def part(self, clause: str) -> Source:
        return Source(self.talk, clause, is_answer=self.is_answer)

    def clauses(self) -> list[str]:
        """The parts of the text that may each be about one thing."""
        return [part.strip(" .") for part in _CLAUSES.split(self.text) if part.strip(" .")]

    def reckoned(self, field: Field) -> int | float | None:
        """The result of the sum in the text, for a field that wants one."""
        if not self.is_answer or (field.role != "answer" and _SUMS.isdisjoint(field.words)):
            return None
        found = arithmetic.sum_in(self.text)
        return reading.number_of(found[1]) if found else None

    def option(self, options: list[Json], field: Field) -> Json:
        """The option that the text names; the one nearest to the field's words if it names several."""
        named = [(place, option) for option in options if (place := self._place(option)) is not None]
        if not named:
            return NOTHING
        if not _LATER.isdisjoint(field.words):
            return max(named, key=lambda one: one[0])[1]
        cue = re.search(field.spelled, self.text, re.IGNORECASE) if field.name else None
        if cue and len(named) > 1:
            return min(named, key=lambda one: abs(one[0] - cue.end()))[1]
        return min(named, key=lambda one: (one[0], -len(str(one[1]))))[1]

    def options(self, options: list[Json]) -> list[Json]:
        """The options that the text names, in its order."""
        named = [(place, at, option) for at, option in enumerate(options) if (place := self._place(option)) is not None]
        return [option for _, _, option in sorted(named, key=lambda one: one[:2])]

    def _place(self, option: Json) -> int | None:
        if isinstance(option, bool) or option is None:
            return None
        if isinstance(option, int | float):
            return next((found.start for found in reading.numbers(self.text) if found.value == option), None)
        return _mention(str(option), self.text)

    def likely_option(self, options: list[Json], field: Field) -> Json:
        """The option that fits the mood of the text, else one by chance; null where that is one of them."""
        if None in options:
            return None
        words = [option for option in options if isinstance(option, str)]
        if not words or len(words) < len(options):
            return self.talk.pick(options) if options else NOTHING
        return fitting(self.talk, words) if self.is_answer or field.role == "sentiment" else words[0]

    def truth(self, field: Field) -> bool | None:
        """Whether the text affirms or denies what the field names; None if it doesn't speak of it."""
        assigned = rf"\b{field.spelled}[\"'`]?\s*(?::|=|is|to)\s*[\"'`]?(true|false|yes|no|on|off)\b"
        if match := re.search(assigned, self.text, re.IGNORECASE):
            return match[1].lower() in ("true", "yes", "on")
        words = WORD.findall(self.text.lower())
        wanted = {stem(word) for word in field.words if word not in _AUXILIARIES}
        places = (at for at, word in enumerate(words) if stem(word) in wanted)
        return next((_DENIALS.isdisjoint(words[max(0, at - 3) : at]) for at in places), None)

    def likely_truth(self, field: Field) -> bool:
        if not self.is_answer:
            return False
        if "positive" in field.words:
            return knowledge.leaning(self.talk.words) >= 0
        return self.talk.pick((True, False), 4)

    def pairs(self) -> Object:
        """The `key=value` pairs of the text."""
        found = re.findall(r"\b([\w-]+)\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s,;]+)", self.text)
        found += re.findall(r"[\"']([\w-]+)[\"']\s*:\s*(\"[^\"]*\"|'[^']*'|[^\s,;}]+)", self.text)
        return {key: _plain_value(value) for key, value in found}

    def list_for(self, field: Field) -> list[str]:
        """The list of texts that the field asks for; empty if the text has none."""
        quoted = [found.value for found in reading.quotations(self.text)]
        if field.role == "query":
            return quoted or [self.bare]
        if read := _LISTS.get(field.role):
            return [one.value for one in read(self.text)]
        if len(quoted) > 1:
            return quoted
        if field.role in _NAMED and (names := finders.names_in(self.text, field.role)):
            return names
        return list(reading.listed(self.text)) or ([] if self.is_answer else quoted)

    def item(self, field: Field, nth: int) -> str | Nothing:
        """Something for a list of texts that the text doesn't list."""
        candidates = list(self.strings({}, replace(field, name=field.name.removesuffix("s")), needed=True))
        if nth < len(candidates):
            return candidates[nth]
        return writing.steps(self.talk, nth) if self.is_answer or nth else NOTHING

    def strings(self, schema: Object, field: Field, *, needed: bool) -> Iterator[str]:
        """Texts for a field, best first; without need only those that the text plainly gives to this field."""
        for text in self._assigned(field):
            self.taken.add(text)
            yield text
        if find := finders.FORMATS.get(schema.get("format", "")):
            yield from self._fresh(iter(find(self.text)))
            return
        found = self.by_role(field) if needed or field.role in _EVIDENT else iter(())
        yield from found if field.role in _SPOKEN else self._fresh(found)
        if needed:
            yield from self._guesses(field)

    def by_role(self, field: Field) -> Iterator[str]:
        return finders.found(self, field)

    def _guesses(self, field: Field) -> Iterator[str]:
        """Texts for a field that must have one, though nothing points at it."""
        if self.is_answer or field.role in _LEFT_TO_CHANCE:
            yield from self._fresh(self._earlier(field))
            return
        yield from self._fresh(found.value for found in reading.quotations(self.text))
        yield from self._fresh(self._beside(field))
        yield from self._fresh(found.value for found in reading.proper_names(self.text))
        yield from finders.codes_in(self.text)
        yield from filter(None, (topic(self.bare), self.text, self.talk.last))

    def _fresh(self, found: Iterator[str]) -> Iterator[str]:
        """Each text once, those that no other field took."""
        for text in found:
            if text and text not in self.taken:
                self.taken.add(text)
                yield text

    def _assigned(self, field: Field) -> Iterator[str]:
        """What stands after the field's name: `city: Paris`, `city="Paris"`, `the city is Paris`, `text «…»`."""
        if not field.name:
            return
        assigned = rf"(?<![\w])[\"'`]?{field.spelled}[\"'`]?\s*(?::|=|\bis\b|\bset to\b|\bas\b)\s*(?=\S)"
        for match in re.finditer(assigned, self.text, re.IGNORECASE):
            rest = self.text[match.end() :]
            if quoted := _quoted_first(rest):
                yield quoted
            elif len(field.name) > 1 and (value := _VALUE.match(rest)):
                yield value[0].strip(" \"'`.)")
        beside = rf"\b{field.spelled}\s+(?:of\s+|named\s+|called\s+)?(?=[\"'“«「『`])"
        if named := re.search(beside, self.text, re.IGNORECASE):
            yield _quoted_first(self.text[named.end() :])

    def _beside(self, field: Field) -> Iterator[str]:
        """The word after or before the field's own: `style of pirates`, `a pirate style`."""
        for word in field.words:
            around = rf"(\S+)\s+{re.escape(word)}s?\b(?:\s+(?:of|is|for)\s+(\S+))?"
            if len(word) > 2 and (match := re.search(around, self.text, re.IGNORECASE)):
                yield from (text.strip(".,!?\"'") for text in (match[2], match[1]) if text and text.lower() not in STOP)

    def _earlier(self, field: Field) -> Iterator[str]:
        """What earlier messages say of a field that the last one leaves open."""
        if self.text == self.talk.last:
            for text in self.talk.earlier:
                yield from self.part(text).by_role(field)


_LISTS: dict[str, Callable[[str], tuple[reading.Found, ...]]] = {
    "email": reading.emails,
    "url": reading.urls,
    "date": reading.dates,
}


def _quoted_first(text: str) -> str:
    """The quotation that a text begins with."""
    return next((found.value for found in reading.quotations(text[:2000])[:1] if found.start == 0), "")


def _mention(option: str, text: str) -> int | None:
    """Where a text names an option: as it is written, in words, by its stem or another name of it."""
    for name in (option, option.replace("_", " ").replace("-", " "), *_ALIASES.get(option.lower(), ())):
        flags = re.IGNORECASE if len(name) > 1 else 0
        if name and (match := re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, flags)):
            return match.start()
    if len(option) <= 3 or not option.isalpha():
        return None
    root = stem(option.lower())
    return next((match.start() for match in WORD.finditer(text) if stem(match[0].lower()) == root), None)


_ALIASES = {
    "celsius": ("°C", "centigrade", "degrees C"),
    "c": ("celsius", "°C"),
    "fahrenheit": ("°F", "degrees F"),
    "f": ("fahrenheit", "°F"),
    "metric": ("celsius", "kilometers"),
    "imperial": ("fahrenheit", "miles"),
    "usd": ("dollars", "$"),
    "eur": ("euros", "€"),
    "gbp": ("pounds", "£"),
    "en": ("English",),
    "fr": ("French",),
    "es": ("Spanish",),
    "de": ("German",),
    "add": ("plus", "sum", "+"),
    "subtract": ("minus", "difference"),
    "multiply": ("times", "product", "*"),
    "divide": ("divided", "quotient", "/"),
    "+": ("plus", "add"),
    "*": ("times", "multiply"),
    "high": ("urgent",),
    "male": ("man", "he", "his"),
    "female": ("woman", "she", "her"),
}


def _plain_value(text: str) -> Json:
    if text[:1] in "\"'":
        return text[1:-1]
    if re.fullmatch(r"-?\d+(?:\.\d+)?", text):
        return reading.number_of(text)
    return {"true": True, "false": False}.get(text.lower(), text)
