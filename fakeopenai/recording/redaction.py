"""What must not be written down: keys, cookies, e-mail addresses, whoever the organization is, and what users name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from fakeopenai.recording.standins import GUESSABLE, RANDOM, STAND_IN, stand_in
from fakeopenai.wire import Json

SECRET_HEADERS = frozenset(
    {"authorization", "api-key", "x-api-key", "proxy-authorization", "cookie", "set-cookie"}
    | {"openai-organization", "openai-project"}
)
"""Headers that are never written, and whose values are secrets wherever else they stand."""

TELLING = 6
"""Characters from which on a header's value is looked for elsewhere; shorter ones would be found everywhere."""


class Span(NamedTuple):
    """A stretch of a text, and what comes in its place."""

    start: int
    end: int
    instead: str


class Kind(NamedTuple):
    """A kind of secret: how to find it, which is the group `secret` or all that is found, and how its stand-in ends."""

    pattern: re.Pattern[str]
    digits: int = RANDOM
    ending: str = ""


KINDS = (
    Kind(re.compile(r"(?<![A-Za-z0-9])(?P<prefix>sk-|ek_|sess-)[A-Za-z0-9_-]{8,}")),
    Kind(re.compile(r"(?<![A-Za-z0-9])(?P<prefix>org-|proj_|user-)[A-Za-z0-9]{12,}")),
    Kind(re.compile(r"(?i:\bbearer\s+)(?P<secret>[A-Za-z0-9._~+/=-]{6,})")),
    Kind(re.compile(r"(?<=://)(?P<secret>[^\s/:@\"']+:[^\s/@\"']+)(?=@)")),
    Kind(re.compile(r"(?i:[?&](?:api[-_]?key|key|token|access_token|sig|signature)=)(?P<secret>[^&\s\"'\\<>]+)")),
    Kind(re.compile(r"[\w.%+-]*\w@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"), GUESSABLE, "@example.com"),
)


class Redactor:
    """Finds secrets in texts. `patterns` are regular expressions of the user's own; `known` are secrets themselves."""

    def __init__(self, patterns: Iterable[str] = (), known: Iterable[str] = ()) -> None:
        self.patterns = tuple(patterns)
        self.known = frozenset(known)
        literal = sorted({re.escape(secret) for secret in self.known if len(secret) >= TELLING}, key=len, reverse=True)
        own = [Kind(re.compile(pattern), GUESSABLE) for pattern in self.patterns]
        self._kinds = (*own, *(Kind(re.compile(text)) for text in literal), *KINDS)

    def knowing(self, *headers: Mapping[str, str]) -> Redactor:
        """One that also knows what the secret headers of an exchange hold."""
        told = [value for each in headers for name, value in each.items() if name in SECRET_HEADERS]
        words = {word for value in told for word in {value, *re.split(r"[\s;=]+", value)}}
        return Redactor(self.patterns, self.known | words)

    def spans(self, text: str) -> list[Span]:
        """The secrets of a text in order; what overlaps is one secret."""
        return merged(text, (span for kind in self._kinds for span in _found(kind, text)))

    def text(self, text: str) -> str:
        return replaced(text, self.spans(text))

    def value(self, value: Json) -> Json:
        """A JSON value without the secrets in its texts and keys."""
        return mapped(value, self.text)


def merged(text: str, spans: Iterable[Span]) -> list[Span]:
    """Spans in order, of which those that overlap have become one."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
        elif span.end > kept[-1].end:
            start = kept[-1].start
            kept[-1] = Span(start, span.end, stand_in(text[start : span.end]))
    return kept


def mapped(value: Json, change: Callable[[str], str]) -> Json:
    """A JSON value with all its texts and keys changed."""
    match value:
        case str():
            return change(value)
        case Mapping():
            return {change(key): mapped(member, change) for key, member in value.items()}
        case list():
            return [mapped(member, change) for member in value]
        case _:
            return value


def replaced(text: str, spans: Sequence[Span]) -> str:
    parts, at = [], 0
    for span in spans:
        parts += [text[at : span.start], span.instead]
        at = span.end
    return "".join([*parts, text[at:]])


def _found(kind: Kind, text: str) -> Iterable[Span]:
    named = kind.pattern.groupindex
    for found in kind.pattern.finditer(text):
        start, end = found.span("secret" if "secret" in named and kind in KINDS else 0)
        if start == end or STAND_IN.match(text, start, end) or _WITHIN.search(text[start:end]):
            continue
        prefix = found["prefix"] if kind in KINDS and "prefix" in named else ""
        yield Span(start, end, prefix + stand_in(text[start:end], kind.digits) + kind.ending)


_WITHIN = re.compile(rf"{STAND_IN.pattern}@example\.com$")
