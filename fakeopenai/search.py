"""Search in vector stores: chunks ranked by the words and by the meaning that they share with a query.

A chunk's score has two parts between 0 and 1. The one is BM25 over stems, as a share of what a good chunk would get for
this query. The other is the cosine of the emulator's embeddings, less what any two texts have in common. As in
`fakeopenai.vectors` only exactly rounded operations are used, so ranks are equal on every platform.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from heapq import nlargest
from math import fsum, sqrt
from operator import ge, gt, le, lt
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from fakeopenai import errors
from fakeopenai.vectors import COMMON, FAINT, embed, similarity, stem, words
from fakeopenai.wire import Json, Object

if TYPE_CHECKING:
    from fakeopenai.world import World

STORES = "/vector_stores"
EXPIRY = "vector store expiry"
"""The course on which a store that nobody uses expires."""
DAY = 86_400
EMBEDDING_BYTES = 1024
"""What a chunk uses beside its text (recorded: a file of 12 bytes uses 1036)."""

_SATURATION, _LENGTH = 1.2, 0.75
"""The two constants of BM25: how soon repetition stops to count, and how much long chunks lose."""
_ENOUGH = 1.5
"""What a word gives at once and at the mean length is 1; with this much of all words, words say all they can."""
_WEIGHTS = (0.65, 0.35)
"""What words and meaning count."""
_NEAREST = 200
"""How many chunks, the best by their words, have their meaning looked at."""


class Chunk(NamedTuple):
    """A piece of a file, and how often each stem stands in it."""

    text: str
    stems: Mapping[str, int]
    length: int


class Passage(NamedTuple):
    """A chunk and where it stands."""

    chunk: Chunk
    file: Object


@dataclass(frozen=True, slots=True)
class Ranking:
    """How a search ranks, and the least score that it shows."""

    words: float = _WEIGHTS[0]
    meaning: float = _WEIGHTS[1]
    threshold: float = 0.0


def search(
    world: World,
    store_ids: Iterable[str],
    query: str | Sequence[str],
    limit: int = 10,
    filters: Object | None = None,
    *,
    options: Object | None = None,
) -> list[Object]:
    """Give the chunks that fit a query best, or one of several queries, best first, as the API's search results.

    `options` are the API's `ranking_options`. Raises the API's 404 for an unknown store. A search is a use: it puts the
    expiry of the stores off.
    """
    passages = [passage for id in store_ids for passage in _passages(world, id, filters)]
    queries = [query] if isinstance(query, str) else query
    ranking = ranked_by(options or {})
    best = _best([rank(text, [passage.chunk for passage in passages], ranking) for text in queries])
    found = nlargest(limit, ((score, -place) for place, score in best.items() if score >= ranking.threshold))
    return [_result(world, passages[-place], score) for score, place in found]


def used(world: World, store: Object) -> None:
    """Note that a store is used now, which puts its expiry off."""
    store["last_active_at"] = int(world.clock.now)
    if store["expires_after"]:
        store["expires_at"] = store["last_active_at"] + store["expires_after"]["days"] * DAY
    world.drawer(STORES).put(store)
    if store["expires_after"]:
        world.clock.begin(EXPIRY, STORES, store)


def usable(world: World, id: str) -> Object:
    """The vector store of that id; the API's 404 if there is none, its 400 if it has expired."""
    store = world.drawer(STORES).get(id)
    if store is None:
        raise errors.ApiError(404, f"No vector store found with id '{id}'.")
    if store["status"] == "expired":
        raise errors.invalid(f"Vector store '{id}' has expired.")
    return store


def rewritten(query: str) -> str:
    """The query without the words that don't say what it is about."""
    kept = [word for word in query.split() if not FAINT.issuperset(words(word))]
    return " ".join(kept).rstrip("?!. ") or query


def ranked_by(options: Object) -> Ranking:
    """Read the API's `ranking_options`. Without a ranker only the embeddings count."""
    threshold = options.get("score_threshold") or 0.0
    if options.get("ranker") == "none":
        return Ranking(0.0, 1.0, threshold)
    hybrid = options.get("hybrid_search")
    if not hybrid:
        return Ranking(threshold=threshold)
    total = hybrid["text_weight"] + hybrid["embedding_weight"] or 1.0
    return Ranking(hybrid["text_weight"] / total, hybrid["embedding_weight"] / total, threshold)


def rank(query: str, chunks: Sequence[Chunk], ranking: Ranking | None = None) -> dict[int, float]:
    """Give the scores, from 0 to 1, of the chunks that come into question, by their place."""
    ranking = ranking or Ranking()
    by_words = _by_words(_asked(query), chunks)
    if ranking.words:
        places = nlargest(_NEAREST, by_words, key=lambda place: (by_words[place], -place))
    else:
        places = list(by_words)
    asked = _vector(query)
    return {
        place: _score(ranking.words * by_words[place] + ranking.meaning * _nearness(asked, chunks[place].text))
        for place in places
    }


def _score(share: float) -> float:
    """Good matches have about half of all that two texts can share; the root says so in the API's usual numbers."""
    return round(sqrt(share), 4)


def _best(scores: Iterable[Mapping[int, float]]) -> dict[int, float]:
    """Each chunk's best score for any of the queries."""
    best: dict[int, float] = {}
    for found in scores:
        for place, score in found.items():
            best[place] = max(score, best.get(place, 0.0))
    return best


def _result(world: World, passage: Passage, score: float) -> Object:
    file = world.drawer("/files").get(passage.file["id"])
    return {
        "file_id": passage.file["id"],
        "filename": file["filename"] if file else "",
        "score": score,
        "attributes": passage.file["attributes"],
        "content": [{"type": "text", "text": passage.chunk.text}],
    }


# The chunks of a store


def _passages(world: World, id: str, filters: Object | None) -> Iterator[Passage]:
    used(world, usable(world, id))
    for file in world.drawer(f"{STORES}/{id}/files"):
        if file["status"] == "completed" and (filters is None or matches(filters, file["attributes"])):
            for chunk in chunks_of(world, id, file["id"]):
                yield Passage(chunk, file)


def put_chunks(world: World, store_id: str, file_id: str, texts: Sequence[str]) -> int:
    """Keep the chunks of a file, and give the bytes that they use: those of their texts and of their embeddings."""
    world.store.put(f"{STORES}/{store_id}/chunks", file_id, msgspec.json.encode(texts))
    return sum(EMBEDDING_BYTES + len(text.encode()) for text in texts)


def chunks_of(world: World, store_id: str, file_id: str) -> tuple[Chunk, ...]:
    value = world.store.get(f"{STORES}/{store_id}/chunks", file_id)
    return _read(value) if value else ()


@lru_cache(maxsize=8192)
def _read(value: bytes) -> tuple[Chunk, ...]:
    return tuple(map(chunk_of, msgspec.json.decode(value)))


def chunk_of(text: str) -> Chunk:
    """A text, and its stems counted."""
    stems = Counter(map(_stem, words(text)))
    return Chunk(text, stems, stems.total())


_stem = lru_cache(maxsize=16_384)(stem)
"""Most words are met again and again."""


# Words


def _asked(query: str) -> list[str]:
    """The stems of a query that say something; all of them if none does."""
    spoken = words(query)
    telling = [word for word in spoken if word not in FAINT]
    return list(dict.fromkeys(map(stem, telling or spoken)))


def _by_words(asked: Sequence[str], chunks: Sequence[Chunk]) -> dict[int, float]:
    """BM25 as a share of what a chunk gets that has every word somewhat more than once."""
    weights = {word: _rarity(sum(word in chunk.stems for chunk in chunks), len(chunks)) for word in asked}
    most = fsum(weights.values()) * _ENOUGH or 1.0
    mean = sum(chunk.length for chunk in chunks) / (len(chunks) or 1) or 1.0
    return {place: min(1.0, fsum(_gains(weights, chunk, mean)) / most) for place, chunk in enumerate(chunks)}


def _gains(weights: Mapping[str, float], chunk: Chunk, mean: float) -> Iterator[float]:
    drag = _SATURATION * (1 - _LENGTH + _LENGTH * chunk.length / mean)
    for word, weight in weights.items():
        times = chunk.stems.get(word, 0)
        if times:
            yield weight * times * (_SATURATION + 1) / (times + drag)


def _rarity(holding: int, of: int) -> float:
    """What a word weighs that stands in so many chunks. The fourth root grows about as the usual logarithm."""
    return sqrt(sqrt((of + 1) / (holding + 0.5))) - 0.9


# Meaning


def _nearness(asked: array[float], text: str) -> float:
    """The cosine, less what any two texts share, from 0 to 1."""
    shared = COMMON * COMMON
    return max(0.0, (similarity(asked, _vector(text)) - shared) / (1 - shared))


@lru_cache(maxsize=4096)
def _vector(text: str) -> array[float]:
    return array("f", embed(text))


# Filters


def matches(filters: Json, attributes: Object | None) -> bool:
    """Whether a file's attributes satisfy the API's filters."""
    match filters:
        case {"type": "and", "filters": [*parts]}:
            return all(matches(part, attributes) for part in parts)
        case {"type": "or", "filters": [*parts]}:
            return any(matches(part, attributes) for part in parts)
        case {"type": str(operator), "key": str(key), "value": value} if operator in _OPERATORS:
            return _OPERATORS[operator]((attributes or {}).get(key), value)
    raise errors.invalid("Invalid 'filters': expected comparisons, joined by 'and' or 'or'.", "filters")


def _same(one: Json, other: Json) -> bool:
    """True is not 1."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _among(one: Json, others: Json) -> bool:
    return any(_same(one, other) for other in (others if isinstance(others, list) else [others]))


def _ordered(compare: Callable[[Json, Json], bool]) -> Callable[[Json, Json], bool]:
    """Numbers compare with numbers, and texts with texts; nothing else has an order."""

    def verdict(one: Json, other: Json) -> bool:
        alike = all(isinstance(value, str) for value in (one, other)) or all(map(_is_number, (one, other)))
        return alike and compare(one, other)

    return verdict


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_OPERATORS: dict[str, Callable[[Json, Json], bool]] = {
    "eq": _same,
    "ne": lambda one, other: not _same(one, other),
    "gt": _ordered(gt),
    "gte": _ordered(ge),
    "lt": _ordered(lt),
    "lte": _ordered(le),
    "in": _among,
    "nin": lambda one, others: not _among(one, others),
}
