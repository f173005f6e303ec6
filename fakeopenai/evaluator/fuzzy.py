"""What graders use of rapidfuzz, which the API's Python has: how alike two texts are, out of 100."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from types import SimpleNamespace

from fakeopenai.likeness import fuzzy_match

Score = Callable[[str, str], float]
Processor = Callable[[str], str]

SAME_LENGTH, FAR_LENGTH = 1.5, 8
"""From which quotient of their lengths on texts are compared by parts, and from which those parts count for less."""
REORDERED, PARTIAL, FAR = 0.95, 0.9, 0.6
"""What a likeness counts when words are reordered, when it is of parts, and of parts of a much longer text."""


def default_process(text: str) -> str:
    """Letters and digits in lower case, all else as spaces."""
    return re.sub(r"[\W_]", " ", text).lower().strip()


def ratio(one: str, two: str) -> float:
    return 100 * fuzzy_match(one, two)


def partial_ratio(one: str, two: str) -> float:
    """The shorter text against the part of the longer one that is most like it; of equally long ones, both ways."""
    short, long = sorted((one, two), key=len)
    pairs = [(short, long), (long, short)] if len(one) == len(two) else [(short, long)]
    return max((ratio(a, part) for a, b in pairs for part in _windows(b, len(a))), default=ratio(one, two))


def _windows(text: str, size: int) -> Iterator[str]:
    """All parts of that size, and shorter ones at both ends."""
    return (text[max(start, 0) : start + size] for start in range(1 - size, len(text)))


def token_sort_ratio(one: str, two: str) -> float:
    return ratio(_sorted(one.split()), _sorted(two.split()))


def token_set_ratio(one: str, two: str) -> float:
    """The words that both have against those with the words that only one has."""
    common, rests = _divided(one, two)
    if not one.split() or not two.split():
        return 0.0
    if common and not all(rests):
        return 100.0
    shared = _sorted(common)
    first, second = (f"{shared} {_sorted(rest)}".strip() for rest in rests)
    return max([ratio(first, second), *(ratio(shared, whole) for whole in (first, second) if shared)])


def token_ratio(one: str, two: str) -> float:
    return max(token_sort_ratio(one, two), token_set_ratio(one, two))


def partial_token_ratio(one: str, two: str) -> float:
    """A word that both have is enough; else their words in order, with and without those that come again."""
    common, (first, second) = _divided(one, two)
    if common:
        return 100.0
    whole = partial_ratio(_sorted(one.split()), _sorted(two.split()))
    return max(whole, partial_ratio(_sorted(first), _sorted(second)))


def weighted_ratio(one: str, two: str) -> float:
    """The best of all, each by what it counts."""
    if not one or not two:
        return 0.0
    longer = max(len(one), len(two)) / min(len(one), len(two))
    if longer < SAME_LENGTH:
        return max(ratio(one, two), REORDERED * token_ratio(one, two))
    share = PARTIAL if longer <= FAR_LENGTH else FAR
    parts = share * partial_ratio(one, two), share * REORDERED * partial_token_ratio(one, two)
    return max(ratio(one, two), *parts)


def _divided(one: str, two: str) -> tuple[set[str], tuple[set[str], set[str]]]:
    """The words that both texts have, and those that only either has."""
    first, second = set(one.split()), set(two.split())
    return first & second, (first - second, second - first)


def _sorted(words: list[str] | set[str]) -> str:
    return " ".join(sorted(words))


def scorer(score: Score, careful: Callable[[str, str], None]) -> Callable[..., float]:
    """A measure as graders call it, once `careful` has let its texts pass."""

    def called(one: str, two: str, *, processor: Processor | None = None, score_cutoff: float | None = None) -> float:
        careful(one, two)
        found = score(processor(one), processor(two)) if processor else score(one, two)
        return found if found >= (score_cutoff or 0) else 0.0

    return called


def module(careful: Callable[[str, str], None]) -> SimpleNamespace:
    """`rapidfuzz`, whose functions ask first whether two texts are short enough."""
    scores = {
        "ratio": ratio,
        "partial_ratio": partial_ratio,
        "token_sort_ratio": token_sort_ratio,
        "token_set_ratio": token_set_ratio,
        "token_ratio": token_ratio,
        "partial_token_ratio": partial_token_ratio,
        "WRatio": weighted_ratio,
        "QRatio": ratio,
    }
    fuzz = SimpleNamespace(**{name: scorer(score, careful) for name, score in scores.items()})
    return SimpleNamespace(fuzz=fuzz, utils=SimpleNamespace(default_process=default_process))
