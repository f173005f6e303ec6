"""What a field is called and what a text says of it: the strings, options and truths that fit a field by its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from fakeopenai.voice import arithmetic, knowledge, prose, reading
from fakeopenai.voice.commands import fitting
from fakeopenai.voice.words import GENERIC, STOP, WORD, concept, concepts, row, split_name, stem, terms, topic

if TYPE_CHECKING:
    from fakeopenai.voice.talk import Talk
    from fakeopenai.wire import Json, Object


class _Nothing:
    """Marks that the text says nothing of a field."""

    def __bool__(self) -> bool:
        return False


NOTHING: Final = _Nothing()


@dataclass(frozen=True)
class Field:
    """A property to fill: its name, what it belongs to, whether it stands alone, and what is written about it."""

    name: str
    parent: str
    alone: bool = False
    siblings: tuple[str, ...] = ()
    description: str = ""

    def described(self, schema: Object) -> Field:
        text = str(schema.get("description") or "")
        return replace(self, description=text) if text else self

    @cached_property
    def words(self) -> tuple[str, ...]:
        return tuple(split_name(self.name))

    @cached_property
    def said(self) -> frozenset[str]:
        """The meanings of its name; for a name that says nothing, those of its description."""
        named = frozenset(concept(word) for word in self.words if len(word) > 1)
        return named

    @cached_property
    def hinted(self) -> frozenset[str]:
        """The meanings of its description."""
        return concepts(self.description) - _VAGUE if self.description else frozenset()

    @cached_property
    def role(self) -> str:
        """What kind of text it wants, told by the last word of its name that tells, else by its description."""
        for word in reversed(self.words):
            if role := _ROLE_OF.get(word) or _ROLE_OF.get(word.removesuffix("s")):
                return role
        described = (_ROLE_OF.get(word, "") for word in WORD.findall(self.description.lower()))
        return next((role for role in described if role in _DESCRIBED), "")

    @property
    def takes_any_number(self) -> bool:
        return not {
            "year",
            "id",
            "timestamp",
            "latitude",
            "longitude",
            "lat",
            "lon",
            "lng",
            "confidence",
            "probability",
        } & set(self.words)


_SUMS = terms("sum total product difference quotient average mean solution")
_VAGUE = frozenset(concept(word) for word in GENERIC) | {
    concept(word) for word in row("first second one two integer number")
}

_ROLES = {
    "email": "email mail to_email recipient_email",
    "url": "url uri link website href endpoint webpage homepage",
    "phone": "phone telephone mobile fax",
    "date": "date day deadline birthday dob birthdate due checkin checkout",
    "time": "time hour clock",
    "place": (
        "city location place town country region state destination origin "
        "address area where venue geo province capital county airport"
    ),
    "name": (
        "name customer person user author recipient friend contact employee "
        "guest owner patient client attendee speaker candidate character "
        "hero fullname username surname firstname lastname player student "
        "teacher"
    ),
    "company": "company organization organisation employer brand vendor org",
    "query": "query q search keyword keywords question ask searchterm term terms lookup",
    "text": (
        "text message content body input prompt sentence string phrase "
        "note comment utterance document passage paragraph post data "
        "payload request word value tweet"
    ),
    "subject": "subject topic theme about regarding matter",
    "expression": "expression formula equation calculation math",
    "code": "code python script source snippet",
    "language": "language lang locale tongue",
    "currency": "currency",
    "symbol": "symbol ticker stock",
    "id": "id identifier uuid guid number ref reference sku isbn order",
    "color": "color colour",
    "style": "style tone mood genre flavor flavour kind type format unit category",
    "title": "title headline heading",
    "task": "task todo action instruction goal objective reminder activity step description item product object food",
    "path": "path file filename filepath directory folder",
    "answer": "answer response result output reply final greeting translation",
    "reasoning": (
        "reasoning explanation thought rationale analysis justification "
        "thinking reason thoughts why critique feedback chain"
    ),
    "summary": "summary gist tldr abstract overview",
    "setup": "setup",
    "punchline": "punchline",
    "joke": "joke",
    "sentiment": "sentiment polarity",
}
_ROLE_OF = {word: role for role, words in _ROLES.items() for word in words.split()}
_DESCRIBED = terms("email url phone date place query subject expression language currency company name id code title")


def nearness(field: Field, before: str, after: str) -> float | None:
    """How far a field's words are from a number that stands between the two texts; None if they aren't there."""
    if (
        re.search(
            rf"\b{_spelled(field)}[\"'`]?\s*(?::|=|\bis\b|\bof\b|\bto\b|\bas\b)?\s*[$€£#]?\s*$", before, re.IGNORECASE
        )
        and field.name
    ):
        return 0
    for cues, left, right in _MEASURES:
        if not cues.isdisjoint(field.words) and (left.search(before) or right.match(after)):
            return 1
    near = _clause_end(before)[-5:]
    for distance, word in enumerate(reversed(near)):
        if concept(word) in field.said:
            return 2 + distance
    following = WORD.findall(re.split(r"[.,;!?\n]|\band\b", after, maxsplit=1)[0].lower())[:2]
    for distance, word in enumerate(following):
        if concept(word) in field.said:
            return 1.5 + distance
    for distance, word in enumerate(reversed(near[-3:])):
        if concept(word) in field.hinted and word not in STOP:
            return 8 + distance
    return next((7.5 + distance for distance, word in enumerate(following) if concept(word) in field.hinted), None)


def _clause_end(before: str) -> list[str]:
    return WORD.findall(re.split(r"[.;!?\n]|\d", before)[-1].lower())


def _spelled(field: Field) -> str:
    """The field's name as people write it."""
    return r"[\s_-]?".join(map(re.escape, field.words)) or re.escape(field.name) or r"(?!)"


_NEVER = re.compile(r"(?!)")
_MEASURES = (
    (
        frozenset(("age", "years")),
        re.compile(r"\b(?:aged?|turn(?:s|ed)?)\s*$", re.IGNORECASE),
        re.compile(r"[ -]?(?:years?|yrs?|y/?o|-year)\b", re.IGNORECASE),
    ),
    (
        terms("price cost amount total budget fee salary balance payment sum value"),
        re.compile(r"[$€£¥]\s*$|\b(?:costs?|for|pay|spent|priced at|worth)\s*$", re.IGNORECASE),
        re.compile(r"\s?(?:[$€£¥]|dollars?|euros?|usd|eur|gbp|pounds|bucks|yen\b)", re.IGNORECASE),
    ),
    (
        frozenset(("percent", "percentage", "rate", "discount", "tip")),
        _NEVER,
        re.compile(r"\s?(?:%|percent)", re.IGNORECASE),
    ),
    (terms("temperature temp degrees"), _NEVER, re.compile(r"\s?(?:°|degrees?|celsius|fahrenheit)", re.IGNORECASE)),
    (
        terms("count limit quantity max top number n k amount results size qty"),
        re.compile(r"\b(?:top|first|last|up to|at most|limit(?: of)?|quantity(?: of)?|exactly)\s*$", re.IGNORECASE),
        re.compile(r"\s+(?:results?|items?|times|copies|pieces|units|entries|of|x)\b|x\b", re.IGNORECASE),
    ),
    (frozenset(("year",)), re.compile(r"\b(?:in|year|since|of)\s*$", re.IGNORECASE), _NEVER),
    (terms("minutes minute mins duration"), _NEVER, re.compile(r"[ -]?(?:min|minutes?|mins)\b", re.IGNORECASE)),
    (terms("hours hour"), _NEVER, re.compile(r"[ -]?(?:h|hrs?|hours?)\b", re.IGNORECASE)),
    (terms("seconds second secs timeout delay"), _NEVER, re.compile(r"[ -]?(?:s|secs?|seconds?)\b", re.IGNORECASE)),
    (terms("days day"), _NEVER, re.compile(r"[ -]?days?\b", re.IGNORECASE)),
    (
        terms("people guests party persons adults passengers"),
        re.compile(r"\b(?:for|of)\s*$", re.IGNORECASE),
        re.compile(r"\s+(?:people|guests|persons|adults|passengers)\b", re.IGNORECASE),
    ),
    (
        terms("height distance length width weight radius"),
        _NEVER,
        re.compile(r"\s?(?:cm|km|m|mm|miles?|kg|kilos?|lbs?|feet|ft|inches|meters|metres|kilometers)\b", re.IGNORECASE),
    ),
)

_CAPITALISED = (
    r"[A-ZÀ-ÖØ-ÞА-ЯЁΑ-Ω][\w'’.&-]*(?:\s+(?:(?:of|de|da|van|von|der|"
    r"del|la|le|do|el|the)\s+)*[A-ZÀ-ÖØ-ÞА-ЯЁΑ-Ω][\w'’.&-]*)*"
)
_PLACE = re.compile(
    rf"\b(?:in|at|near|for|of|to|from|into|around|visit(?:ing)?|über|"
    rf"en|à|in|nach|em|в|из|на)\s+(?:the\s+(?:city|town|state|country)\s+of\s+)?({_CAPITALISED}(?:,"
    rf"\s+(?:[A-Z]{{2}}\b|{_CAPITALISED})(?!\s*(?:,|and|&)\s))*)"
)
_SITUATED = re.compile(
    rf"({_CAPITALISED})\s+(?:is|lies)\s+(?:a \w+\s+)?(?:located\s+|situated\s+)?in\s+({_CAPITALISED})"
)
_LOWER_PLACE = re.compile(
    (
        r"\b(?:in|at|near|for)\s+(?:the\s+)?([^\W\d]{3,}(?:\s(?!today|"
        r"tomorrow|now|right|please|this|next|on|in|at|for|and|like|is|"
        r"be|to|with|using|tool|by)[^\W\d]{3,})?)"
    ),
    re.IGNORECASE,
)
_CJK_PLACE = re.compile(
    r"(?:在|^|[，。、\s「])([\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2,"
    r"8}?)(?:今天|明天|现在|今日|明日|\s?오늘|\s?내일)?(?:的|の|で|の|における|의)(?=天気|"
    r"天气|날씨|气温|気温|天氣|\s?날씨|人口)"
)
_CJK_BARE = re.compile(r"(?:^|[，。\s])(?:请问|查询)?([\u3400-\u9fff]{2,4}?)(?:今天|明天|现在)?(?:天气|天気)")
_FROM = re.compile(rf"\bfrom\s+({_CAPITALISED})")
_TO = re.compile(rf"\b(?:to|into|towards)\s+({_CAPITALISED})")
_NAMED = re.compile(
    rf"\b(?:named|called|name(?:d)?(?:\s+(?:is|as|of|to))?|name's|"
    rf"name:|I'm|I am|call(?:ed)? (?:me|him|her|it)|entitled|titled|"
    rf"meet|this is)\s+[\"'“«「]?({_CAPITALISED})"
)
_SEARCH = re.compile(
    (
        r"\b(?:search(?:ing)?|look(?:ing)? up|google|find(?: out)?|browse|"
        r"query|lookup|retrieve|check)\b(?:\s+(?:the\s+)?(?:web|internet|"
        r"online|google|wikipedia|database|db|docs|documents|documentation|"
        r"knowledge base|information|info|details|results|news))*(?:\s+(?:for|"
        r"about|on|regarding|in|that|who|what))?\s*[:\s]\s*(.+)"
    ),
    re.IGNORECASE | re.DOTALL,
)
_SAYING = re.compile(
    (
        r"\b(?:saying|that says|says|say(?:s)? that|with the (?:text|"
        r"message|content|body)|reads?|message|text|note|content|body)\s*(?:that|"
        r":|of|is)?\s+(.+)|:\s+(.+)"
    ),
    re.IGNORECASE | re.DOTALL,
)
_ABOUT = re.compile(r"\b(?:about|on|regarding|concerning|topic:?)\s+(?:the\s+)?([^.,;:!?\n]{2,80})", re.IGNORECASE)
_TASK = re.compile(
    (
        r"\b(?:remind me to|remember to|need to|have to|want to|task:?|"
        r"todo:?|to-do:?|add|buy|order|create a task to|please|order)\s+(?:an?\s+|"
        r"the\s+|some\s+)?([^.;:!?\n]{2,100})"
    ),
    re.IGNORECASE,
)
_ID = re.compile(r"\b(?=[\w-]*\d)(?!\d{1,2}(?:st|nd|rd|th)\b)[A-Za-z]{0,12}[-_]?[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*\b")
_SYMBOL = re.compile(r"(?<![A-Za-z])\$?([A-Z]{2,5})(?![a-z])\b")
_FILE = re.compile(r"(?:[A-Za-z]:)?[\w./~\\-]*[\w-]\.[A-Za-z0-9]{1,5}\b|(?:~|\.{1,2})?/[\w./-]+")
_STYLE = re.compile(
    (
        r"\b(?:in (?:an?|the)\s+([\w-]+)\s+(?:style|tone|manner|voice|"
        r"way|format)|(?:style|tone|manner|mood|genre) of (?:an? )?([\w "
        r"-]+?)(?:[.,!?]|$))"
    ),
    re.IGNORECASE,
)
_TONGUES = row(
    "English French Spanish German Italian Portuguese Japanese Chinese "
    "Korean Russian Dutch Arabic Hindi Polish Turkish Greek Swedish "
    "Norwegian Danish Finnish Czech Hungarian Hebrew Latin Ukrainian "
    "Vietnamese Thai Mandarin"
)
_TONGUE = re.compile(rf"\b(?:{'|'.join(_TONGUES)})\b", re.IGNORECASE)
_CURRENCY = re.compile(r"\b(?:USD|EUR|GBP|JPY|CHF|CAD|AUD|CNY|INR|SEK|NOK|BRL|MXN|KRW)\b")
_COLORS = re.compile(
    (
        r"\b(?:red|green|blue|yellow|orange|purple|black|white|pink|brown|"
        r"gr[ae]y|turquoise|violet|cyan|magenta|gold|silver)\b"
    ),
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
_INTRO = re.compile(
    (
        r"^(?:please\s+)?(?:use|using|call|invoke|with)\s+(?:the\s+)?[\w\s`'\"-]*?\b(?:tool|"
        r"function)\b\s*(?:to|for|and|with|,|:)?\s*"
    ),
    re.IGNORECASE,
)
_CODE_FENCE = re.compile(r"```(?:\w+)?\n(.*?)```", re.DOTALL)


class Source:
    """A text that fields are filled from, and the talk it belongs to."""

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
        parts = re.split(r"(?<=[\w)])[.!?]\s+|[;\n]+|,?\s+\band\b\s+|,\s+", self.text)
        return [part.strip(" .") for part in parts if part and part.strip(" .")]

    def reckoned(self, field: Field) -> int | float | None:
        """The result of the sum in the text, for a field that wants one."""
        if not self.is_answer or (field.role != "answer" and not _SUMS & set(field.words)):
            return None
        found = arithmetic.sum_in(self.text)
        return reading.number_of(found[1]) if found else None

    # --- options and truths ---

    def option(self, options: list[Json], field: Field) -> Json:
        """The option that the text names; the one nearest to the field's words if it names several."""
        named = [(place, option) for option in options if (place := self._place(option)) is not None]
        if not named:
            return NOTHING
        cue = re.search(_spelled(field), self.text, re.IGNORECASE) if field.name else None
        if cue and len(named) > 1:
            return min(named, key=lambda one: abs(one[0] - cue.end()))[1]
        return min(named, key=lambda one: (one[0], -len(str(one[1]))))[1]

    def options(self, options: list[Json]) -> list[Json]:
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
        if words and len(words) == len(options):
            if not self.is_answer and not field.role == "sentiment":
                return words[0]
            return fitting(self.talk, words)
        return self.talk.pick(options) if options else NOTHING

    def truth(self, field: Field) -> bool | None:
        """Whether the text affirms or denies what the field names; None if it doesn't speak of it."""
        if match := re.search(
            rf"\b{_spelled(field)}[\"'`]?\s*(?::|=|is|to)\s*[\"'`]?(true|false|yes|no|on|off)\b",
            self.text,
            re.IGNORECASE,
        ):
            return match[1].lower() in ("true", "yes", "on")
        words = [word for word in WORD.findall(self.text.lower())]
        wanted = {
            stem(word)
            for word in field.words
            if word not in ("is", "has", "include", "enable", "with", "use", "should", "are")
        }
        for at, word in enumerate(words):
            if stem(word) in wanted:
                return not {
                    "no",
                    "not",
                    "without",
                    "don't",
                    "never",
                    "disable",
                    "isn't",
                    "exclude",
                    "off",
                    "aren't",
                } & set(words[max(0, at - 3) : at])
        return None

    def likely_truth(self, field: Field) -> bool:
        if self.is_answer and "sentiment" in field.description.lower() + " positive":
            if "positive" in field.words:
                return knowledge.leaning(self.talk.words) >= 0
        return bool(self.talk.pick((True, False), 4)) if self.is_answer else False

    def pairs(self, field: Field) -> Object:
        """`key=value` pairs of the text."""
        found = re.findall(r"\b([\w-]+)\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s,;]+)", self.text)
        found += re.findall(r"[\"']([\w-]+)[\"']\s*:\s*(\"[^\"]*\"|'[^']*'|[^\s,;}]+)", self.text)
        return {key: _plain_value(value) for key, value in found}

    # --- lists ---

    def list_for(self, field: Field) -> list[str]:
        quoted = [found.value for found in reading.quotations(self.text)]
        match field.role:
            case "email":
                return [found.value for found in reading.emails(self.text)]
            case "url":
                return [found.value for found in reading.urls(self.text)]
            case "date":
                return [found.value for found in reading.dates(self.text)]
            case "query":
                return quoted or [self.bare]
        if len(quoted) > 1:
            return quoted
        if (
            field.role in ("name", "place", "company")
            and len(names := [found.value for found in reading.proper_names(self.text)]) > 1
        ):
            return names
        return list(reading.listed(self.text)) or ([] if self.is_answer else quoted)

    def item(self, field: Field, nth: int) -> str | _Nothing:
        """Something for a list of texts that the text doesn't list."""
        candidates = list(self.strings({}, replace(field, name=field.name.removesuffix("s")), needed=True))
        if nth < len(candidates):
            return candidates[nth]
        return f"{prose.steps(self.talk, nth)}" if self.is_answer or nth else NOTHING

    # --- strings ---

    def strings(self, schema: Object, field: Field, *, needed: bool) -> Iterator[str]:
        """Texts for a field, best first; without need only those that the text plainly gives to this field."""
        yield from self._assigned(field)
        kind = schema.get("format", "")
        if find := _FORMATS.get(kind):
            yield from self._fresh(find(self))
            return
        if field.role in _SPOKEN:
            yield from self._by_role(field, needed=needed)
        yield from self._fresh(self._by_role(field, needed=needed))
        if not needed:
            return
        if self.is_answer or field.role in _LEFT_TO_CHANCE:
            yield from self._fresh(self._earlier(field))
            return
        yield from self._fresh(found.value for found in reading.quotations(self.text))
        yield from self._fresh(self._beside(field))
        yield from self._fresh(found.value for found in reading.proper_names(self.text))
        yield from (match[0] for match in _ID.finditer(self.text))
        yield from filter(None, (topic(self.bare), self.text, self.talk.last))

    def _fresh(self, found: Iterator[str]) -> Iterator[str]:
        """Each text once, those that no other field took."""
        for text in found:
            if text and text not in self.taken:
                self.taken.add(text)
                yield text

    def _assigned(self, field: Field) -> Iterator[str]:
        """What stands after the field's name: `city: Paris`, `city="Paris"`, `the city is Paris`."""
        if not field.name:
            return
        spelled = _spelled(field)
        for match in re.finditer(
            rf"(?<![\w])[\"'`]?{spelled}[\"'`]?\s*(?::|=|\bis\b|\bset to\b|\bas\b)\s*(?=\S)", self.text, re.IGNORECASE
        ):
            rest = self.text[match.end() :]
            quoted = next((found for found in reading.quotations(rest[:2000]) if found.start == 0), None)
            if quoted:
                yield quoted.value
            elif len(field.name) > 1 and (
                value := re.match(
                    (
                        r"[^\n,;?!]{1,200}?(?=\s+and\s+(?:[\w ]{1,20}?(?:\bis\b|[:=])|"
                        r"(?:I|he|she|they|it|the|my)\b|I')|[\n,;?!]|\.(?:\s|$)|$)"
                    ),
                    rest,
                )
            ):
                yield value[0].strip(" \"'`.)")
        if match := re.search(
            rf"\b{spelled}\s+(?:of\s+|named\s+|called\s+)?(?=[\"'“«「『`])", self.text, re.IGNORECASE
        ):
            rest = self.text[match.end() :]
            yield from (found.value for found in reading.quotations(rest)[:1] if found.start == 0)

    def _by_role(self, field: Field, *, needed: bool) -> Iterator[str]:
        find = _FINDERS.get(field.role)
        if find is None or (not needed and field.role not in _EVIDENT):
            return
        yield from find(self, field)

    def _beside(self, field: Field) -> Iterator[str]:
        """The word after or before the field's own: `style of pirates`, `a pirate style`."""
        for word in field.words:
            if len(word) > 2 and (
                match := re.search(
                    rf"(\S+)\s+{re.escape(word)}s?\b(?:\s+(?:of|is|for)\s+(\S+))?", self.text, re.IGNORECASE
                )
            ):
                yield from (text.strip(".,!?\"'") for text in (match[2], match[1]) if text and text.lower() not in STOP)

    def _earlier(self, field: Field) -> Iterator[str]:
        """What earlier messages say of a field that the last one leaves open."""
        if self.talk.last and self.text == self.talk.last:
            for text in self.talk.earlier:
                yield from self.part(text)._by_role(field, needed=True)  # noqa: SLF001  the same class


def _mention(option: str, text: str) -> int | None:
    """Where a text names an option: as it is written, in words, by its stem or another name of it."""
    for name in (option, option.replace("_", " ").replace("-", " "), *_ALIASES.get(option.lower(), ())):
        flags = re.IGNORECASE if len(name) > 1 else 0
        if name and (match := re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, flags)):
            return match.start()
    if len(option) > 3 and option.isalpha():
        root = stem(option.lower())
        return next((match.start() for match in WORD.finditer(text) if stem(match[0].lower()) == root), None)
    return None


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


Finder = Callable[[Source, Field], Iterator[str]]


def _places(source: Source, field: Field) -> Iterator[str]:
    text = source.text
    first = (
        _FROM
        if {"origin", "from", "source", "departure", "start"} & set(field.words)
        else _TO
        if {"destination", "to", "arrival", "end", "target"} & set(field.words)
        else None
    )
    if first:
        yield from (match[1].rstrip(".'’") for match in first.finditer(text))
    if source.is_answer and (match := _SITUATED.search(text)):
        yield match[2 if {"country", "state", "region"} & set(field.words) else 1]
    named = [found.value for found in reading.quotations(text)]
    yield from (
        match[1].rstrip(".'’").removesuffix("'s")
        for match in _PLACE.finditer(text)
        if match[1].rstrip(".").split()[0].lower() not in _NOT_PLACES
    )
    yield from (match[1] for pattern in (_CJK_PLACE, _CJK_BARE) for match in pattern.finditer(text))
    yield from named
    yield from (found.value for found in reading.proper_names(text))
    if not source.is_answer:
        yield from (
            match[1].strip() for match in _LOWER_PLACE.finditer(text) if match[1].split()[0].lower() not in _NOT_PLACES
        )


_NOT_PLACES = terms(
    "celsius fahrenheit english french spanish german json the a "
    "an that this today tomorrow me you monday tuesday wednesday "
    "thursday friday saturday sunday january february march april "
    "may june july august september october november december i "
    "using"
)


def _names(source: Source, field: Field) -> Iterator[str]:
    text = source.text
    quoted = [found.value for found in reading.quotations(text)]
    named = [match[1].rstrip(".'’") for match in _NAMED.finditer(text)]
    found = [*quoted, *named, *_proper(text)] if not source.is_answer else [*named, *_proper(text), *quoted]
    words = set(field.words)
    for name in found:
        parts = name.split()
        if "first" in words or "firstname" in words:
            yield parts[0]
        elif "last" in words or words & {"surname", "lastname"}:
            yield parts[-1]
        else:
            yield name
    if match := re.search(r"\b(?:named|called|name is|for|user|customer|person)\s+([^\W\d_]{2,}(?:\s[A-Z]\w+)?)", text):
        yield from (match[1],) if match[1].lower() not in STOP else ()


def _proper(text: str) -> Iterator[str]:
    yield from (found.value for found in reading.proper_names(text))


def _companies(source: Source, field: Field) -> Iterator[str]:
    yield from (
        match[1] for match in re.finditer(rf"\b(?:at|for|company|by|with|joined)\s+({_CAPITALISED})", source.text)
    )
    yield from (found.value for found in reading.quotations(source.text))
    yield from _proper(source.text)


def _queries(source: Source, field: Field) -> Iterator[str]:
    quoted = reading.quotations(source.bare)
    yield from (found.value for found in quoted)
    if match := _SEARCH.search(source.bare):
        yield match[1].strip(" .?!")
    yield source.bare


def _texts(source: Source, field: Field) -> Iterator[str]:
    yield from (found.value for found in reading.quotations(source.text))
    if match := _SAYING.search(source.bare):
        yield (match[1] or match[2]).strip()
    yield source.bare


def _subjects(source: Source, field: Field) -> Iterator[str]:
    if match := _ABOUT.search(source.text):
        yield match[1].strip(" \"'“”„«»「」`")
    yield from (found.value for found in reading.quotations(source.text))
    yield topic(source.bare)


def _expressions(source: Source, field: Field) -> Iterator[str]:
    found = arithmetic.expression_in(source.text) or (arithmetic.sum_in(source.text) or ("",))[0]
    yield from filter(None, (found,))
    yield from (found.value for found in reading.quotations(source.text))


def _codes(source: Source, field: Field) -> Iterator[str]:
    yield from (match[1].strip() for match in _CODE_FENCE.finditer(source.text))
    yield from (found.value for found in reading.quotations(source.text) if re.search(r"[()=+]", found.value))
    if expression := arithmetic.expression_in(source.text):
        yield f"print({expression})"
    quoted = reading.quotations(source.text)
    yield f"print({(quoted[0].value if quoted else topic(source.bare))!r})"


def _tongues(source: Source, field: Field) -> Iterator[str]:
    found = list(_TONGUE.finditer(source.text))
    if {"target", "to", "destination"} & set(field.words):
        found.sort(
            key=lambda match: not re.search(r"\b(?:to|into|in)\s+$", source.text[: match.start()], re.IGNORECASE)
        )
    elif {"source", "from"} & set(field.words):
        found.sort(key=lambda match: not re.search(r"\bfrom\s+$", source.text[: match.start()], re.IGNORECASE))
    yield from (match[0] for match in found)


def _symbols(source: Source, field: Field) -> Iterator[str]:
    yield from (match[1] for match in _SYMBOL.finditer(source.text))
    yield from (_TICKERS[word] for word in WORD.findall(source.text.lower()) if word in _TICKERS)


def _ids(source: Source, field: Field) -> Iterator[str]:
    kind = next((word for word in field.words if word not in ("id", "number", "identifier", "ref", "reference")), "")
    if kind and (
        match := re.search(
            rf"\b{kind}\s*(?:id|number|no\.?|#|ref(?:erence)?)?\s*(?:is|:|=|#)?\s*#?((?=[\w-]*\d)[\w-]+)",
            source.text,
            re.IGNORECASE,
        )
    ):
        yield match[1]
    yield from (found.value for found in reading.uuids(source.text))
    yield from (match[0] for match in _ID.finditer(source.text))


def _styles(source: Source, field: Field) -> Iterator[str]:
    if match := _STYLE.search(source.text):
        yield match[1] or match[2]
    yield from _proper(source.text)
    yield from (found.value for found in reading.quotations(source.text))


def _tasks(source: Source, field: Field) -> Iterator[str]:
    yield from (found.value for found in reading.quotations(source.text))
    if match := _TASK.search(source.text):
        yield match[1].strip()
    yield topic(source.bare)


def _titles(source: Source, field: Field) -> Iterator[str]:
    yield from (found.value for found in reading.quotations(source.text))
    yield from (match[1].rstrip(".") for match in _NAMED.finditer(source.text))
    if source.is_answer:
        yield (prose.theme(source.talk) or topic(source.text)).strip().title()
        return
    yield from _subjects(source, field)


def _from_regex(pattern: re.Pattern[str]) -> Finder:
    def find(source: Source, field: Field) -> Iterator[str]:
        yield from (match[0] for match in pattern.finditer(source.text))

    return find


def _from_reading(read: Callable[[str], tuple[reading.Found, ...]]) -> Finder:
    def find(source: Source, field: Field) -> Iterator[str]:
        yield from (found.value for found in read(source.text))

    return find


def _dates(source: Source, field: Field) -> Iterator[str]:
    yield from (found.value for found in reading.dates(source.text))
    if match := re.search(
        (
            r"\b(today|tomorrow|tonight|yesterday|(?:next |this )?(?:week|"
            r"month|monday|tuesday|wednesday|thursday|friday|saturday|sunday))\b"
        ),
        source.text,
        re.IGNORECASE,
    ):
        yield match[1]


def _said(speak: Callable[[Talk], str]) -> Finder:
    def find(source: Source, field: Field) -> Iterator[str]:
        yield speak(source.talk)

    return find


_FINDERS: dict[str, Finder] = {
    "email": _from_reading(reading.emails),
    "url": _from_reading(reading.urls),
    "phone": _from_reading(reading.phones),
    "date": _dates,
    "time": _from_reading(reading.times),
    "place": _places,
    "name": _names,
    "company": _companies,
    "query": _queries,
    "text": _texts,
    "subject": _subjects,
    "expression": _expressions,
    "code": _codes,
    "language": _tongues,
    "currency": _from_regex(_CURRENCY),
    "symbol": _symbols,
    "id": _ids,
    "color": _from_regex(_COLORS),
    "style": _styles,
    "title": _titles,
    "task": _tasks,
    "path": _from_regex(_FILE),
    "answer": _said(prose.speak),
    "reasoning": _said(prose.reasoning),
    "summary": _said(prose.gist_of),
    "setup": _said(lambda talk: prose.joke(talk)[0]),
    "punchline": _said(lambda talk: prose.joke(talk)[1]),
    "joke": _said(lambda talk: " ".join(prose.joke(talk))),
    "sentiment": _said(lambda talk: (prose.mood(talk)).lower()),
}
_SPOKEN = terms("answer reasoning summary setup punchline joke sentiment")
_EVIDENT = terms("email url phone date time language currency color path")
_LEFT_TO_CHANCE = terms("email url phone date time language currency color path place")
_FORMATS: dict[str, Callable[[Source], Iterator[str]]] = {
    "date": lambda source: (found.value for found in reading.dates(source.text)),
    "time": lambda source: (
        f"{found.value}:00Z" if len(found.value) == 5 else found.value for found in reading.times(source.text)
    ),
    "date-time": lambda source: _moments(source.text),
    "email": lambda source: (found.value for found in reading.emails(source.text)),
    "uri": lambda source: (found.value for found in reading.urls(source.text)),
    "uuid": lambda source: (found.value for found in reading.uuids(source.text)),
    "ipv4": lambda source: (found.value for found in reading.addresses(source.text)),
}


def _moments(text: str) -> Iterator[str]:
    written = re.search(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})", text)
    if written:
        yield written[0]
    times = reading.times(text)
    clock = times[0].value if times else "00:00"
    yield from (f"{found.value}T{clock}{':00' if len(clock) == 5 else ''}Z" for found in reading.dates(text))
