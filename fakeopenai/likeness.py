"""How alike two texts are, by the measures that graders know. All lie between 0, unrelated, and 1, equal.

ROUGE of texts too short to have a run of its length is 0.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import exp, fsum, log

from fakeopenai import vectors

Words = Sequence[str]

LONGEST_GRAM = 4
"""BLEU and GLEU look at runs of up to four words."""
EMBEDDING = 3072
"""The size of the embeddings that `cosine` compares, those of text-embedding-3-large."""


def fuzzy_match(text: str, reference: str) -> float:
    """Twice the longest common subsequence over both lengths: what rapidfuzz calls the ratio."""
    if not text and not reference:
        return 1.0
    return 2 * _common(text, reference) / (len(text) + len(reference))


def cosine(text: str, reference: str) -> float:
    return vectors.similarity(vectors.embed(text, EMBEDDING), vectors.embed(reference, EMBEDDING))


def bleu(text: str, reference: str) -> float:
    """Papineni et al. 2002 for one sentence; where no run matches, half a match is taken, then a quarter, and so on."""
    said, wanted = _words(text), _words(reference)
    if not said or not wanted:
        return float(said == wanted)
    logs, half = [], 1.0
    for size in range(1, min(LONGEST_GRAM, len(said)) + 1):
        matches, total = _matches(said, wanted, size), len(said) - size + 1
        if not matches:
            half /= 2
        logs.append(log((matches or half) / total))
    if half < 1 and not _matches(said, wanted, 1):
        return 0.0
    brevity = min(1.0, exp(1 - len(wanted) / len(said)))
    return brevity * exp(fsum(logs) / len(logs))


def gleu(text: str, reference: str) -> float:
    """Wu et al. 2016: the lesser of precision and recall over all runs of one to four words."""
    said, wanted = _words(text), _words(reference)
    if not said or not wanted:
        return float(said == wanted)
    sizes = range(1, LONGEST_GRAM + 1)
    matches = sum(_matches(said, wanted, size) for size in sizes)
    longer = max(sum(max(0, len(words) - size + 1) for size in sizes) for words in (said, wanted))
    return matches / longer


def meteor(text: str, reference: str) -> float:
    """Banerjee and Lavie 2005: words matched as they are, then by their stems, less the more scattered they lie."""
    said, wanted = _words(text), _words(reference)
    pairs = _aligned(said, wanted)
    if not pairs:
        return float(said == wanted)
    precision, recall = len(pairs) / len(said), len(pairs) / len(wanted)
    mean = 10 * precision * recall / (recall + 9 * precision)
    chunks = 1 + sum(b != (a[0] + 1, a[1] + 1) for a, b in pairwise(pairs))
    scattered = 0.0 if chunks == 1 else 0.5 * (chunks / len(pairs)) ** 3
    return mean * (1 - scattered)


def rouge_n(size: int) -> Callable[[str, str], float]:
    """Lin 2004: F1 over runs of so many words."""

    def measure(text: str, reference: str) -> float:
        said, wanted = _words(text), _words(reference)
        return _f1(_matches(said, wanted, size), len(said) - size + 1, len(wanted) - size + 1)

    return measure


def rouge_l(text: str, reference: str) -> float:
    """F1 over the longest common subsequence of words."""
    said, wanted = _words(text), _words(reference)
    return _f1(_common(said, wanted), len(said), len(wanted))


MEASURES: Mapping[str, Callable[[str, str], float]] = {
    "fuzzy_match": fuzzy_match,
    "bleu": bleu,
    "gleu": gleu,
    "meteor": meteor,
    "cosine": cosine,
    **{f"rouge_{size}": rouge_n(size) for size in range(1, 6)},
    "rouge_l": rouge_l,
}


def measured(measure: str, text: str, reference: str) -> float:
    """How alike two texts are by one of the MEASURES, between 0 and 1."""
    return min(1.0, max(0.0, MEASURES[measure](text, reference)))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _grams(words: Words, size: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[at : at + size]) for at in range(len(words) - size + 1))


def _matches(said: Words, wanted: Words, size: int) -> int:
    return (_grams(said, size) & _grams(wanted, size)).total()


def _f1(matches: int, said: int, wanted: int) -> float:
    """The harmonic mean of precision and recall."""
    if not matches:
        return 0.0
    precision, recall = matches / said, matches / wanted
    return 2 * precision * recall / (precision + recall)


def _common(one: Words | str, two: Words | str) -> int:
    """The length of the longest common subsequence, by the bits of a number (Hyyrö 2004)."""
    places: dict[str, int] = {}
    for at, each in enumerate(two):
        places[each] = places.get(each, 0) | 1 << at
    whole = row = (1 << len(two)) - 1
    for each in one:
        hits = row & places.get(each, 0)
        row = (row + hits | row - hits) & whole
    return (whole & ~row).bit_count()


def _aligned(said: Words, wanted: Words) -> list[tuple[int, int]]:
    """Which word stands for which, by place: first equal words, then words of one stem, each used once."""
    pairs: dict[int, int] = {}
    for form in (str, vectors.stem):
        free: dict[str, list[int]] = {}
        for at, word in enumerate(wanted):
            if at not in pairs.values():
                free.setdefault(form(word), []).append(at)
        for at, word in enumerate(said):
            if at not in pairs and free.get(form(word)):
                pairs[at] = free[form(word)].pop(0)
    return sorted(pairs.items())
