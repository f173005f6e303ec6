"""A field to fill: what its name and description ask for, and how near to a number they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from fakeopenai.pattern import Pattern
from fakeopenai.voice.words import GENERIC, STOP, WORD, concept, concepts, row, split_name, terms

if TYPE_CHECKING:
    from fakeopenai.wire import Object


class Nothing:
    """Marks that the text says nothing of a field."""

    def __bool__(self) -> bool:
        return False


NOTHING: Final = Nothing()


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
        """The meanings of its name."""
        return frozenset(concept(word) for word in self.words if len(word) > 1)

    @cached_property
    def hinted(self) -> frozenset[str]:
        """The meanings of its description."""
        return concepts(self.description) - VAGUE if self.description else frozenset()

    @cached_property
    def role(self) -> str:
        """What kind of text it wants, told by the last word of its name that tells, else by its description."""
        for word in reversed(self.words):
            if role := _ROLE_OF.get(word) or _ROLE_OF.get(word.removesuffix("s")):
                return role
        described = (_ROLE_OF.get(word, "") for word in WORD.findall(self.description.lower()))
        return next((role for role in described if role in _DESCRIBED), "")

    @cached_property
    def spelled(self) -> str:
        """A pattern of the name as people write it."""
        return r"[\s_-]?".join(map(re.escape, self.words)) or re.escape(self.name) or r"(?!)"

    @property
    def takes_any_number(self) -> bool:
        """Whether a number that no word explains may be meant for it."""
        return _PARTICULAR.isdisjoint(self.words)


_PARTICULAR = terms("year id timestamp latitude longitude lat lon lng confidence probability")
VAGUE = frozenset(concept(word) for word in GENERIC) | {
    concept(word) for word in row("first second one two integer number")
}
_ROLES = {
    "email": "email mail to_email recipient_email",
    "addressee": "to recipient cc bcc",
    "url": "url uri link website href endpoint webpage homepage",
    "phone": "phone telephone mobile fax",
    "date": "date day deadline birthday dob birthdate due checkin checkout",
    "time": "time hour clock",
    "place": (
        "city location place town country region state destination origin "
        "ville pays ciudad país stadt cidade città address area where venue geo province capital county airport"
    ),
    "name": (
        "name nom prénom nombre nome vorname nachname "
        "customer people participant person user author friend contact employee "
        "guest owner patient client attendee speaker candidate character "
        "hero fullname username surname firstname lastname player student "
        "teacher"
    ),
    "company": (
        "company companies merchant restaurant shop supplier seller organization organisation employer brand vendor org"
    ),
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
            rf"\b{field.spelled}[\"'`]?\s*(?::|=|\bis\b|\bof\b|\bto\b|\bas\b)?\s*[$€£#]?\s*$", before, re.IGNORECASE
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


_NEVER = Pattern(r"(?!)")
_MEASURES = (
    (
        frozenset(("age", "years")),
        Pattern(r"\b(?:aged?|turn(?:s|ed)?)\s*$", re.IGNORECASE),
        Pattern(r"[ -]?(?:years?|yrs?|y/?o|-year)\b", re.IGNORECASE),
    ),
    (
        terms("price cost amount total budget fee salary balance payment sum value"),
        Pattern(r"[$€£¥]\s*$|\b(?:costs?|for|pay|spent|priced at|worth)\s*$", re.IGNORECASE),
        Pattern(r"\s?(?:[$€£¥]|dollars?|euros?|usd|eur|gbp|pounds|bucks|yen\b)", re.IGNORECASE),
    ),
    (
        terms("percent percentage rate discount tip brightness volume level"),
        _NEVER,
        Pattern(r"\s?(?:%|percent)", re.IGNORECASE),
    ),
    (terms("temperature temp degrees"), _NEVER, Pattern(r"\s?(?:°|degrees?|celsius|fahrenheit)", re.IGNORECASE)),
    (
        terms("count limit quantity max top number n k amount results size qty"),
        Pattern(r"\b(?:top|first|last|up to|at most|limit(?: of)?|quantity(?: of)?|exactly)\s*$", re.IGNORECASE),
        Pattern(r"\s+(?:results?|items?|times|copies|pieces|units|entries|of|x)\b|x\b", re.IGNORECASE),
    ),
    (frozenset(("year",)), Pattern(r"\b(?:in|year|since|of)\s*$", re.IGNORECASE), _NEVER),
    (terms("minutes minute mins duration"), _NEVER, Pattern(r"[ -]?(?:min|minutes?|mins)\b", re.IGNORECASE)),
    (terms("hours hour"), _NEVER, Pattern(r"[ -]?(?:h|hrs?|hours?)\b", re.IGNORECASE)),
    (terms("seconds second secs timeout delay"), _NEVER, Pattern(r"[ -]?(?:s|secs?|seconds?)\b", re.IGNORECASE)),
    (terms("days day"), _NEVER, Pattern(r"[ -]?days?\b", re.IGNORECASE)),
    (
        terms("people guests party persons adults passengers"),
        Pattern(r"\b(?:for|of)\s*$", re.IGNORECASE),
        Pattern(r"\s+(?:people|guests|persons|adults|passengers)\b", re.IGNORECASE),
    ),
    (
        terms("height distance length width weight radius"),
        _NEVER,
        Pattern(r"\s?(?:cm|km|m|mm|miles?|kg|kilos?|lbs?|feet|ft|inches|meters|metres|kilometers)\b", re.IGNORECASE),
    ),
)
