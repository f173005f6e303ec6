"""Search: the right chunk comes first."""

from __future__ import annotations

import pytest

from fakeopenai.search import Ranking, chunk_of, matches, rank, ranked_by, rewritten
from fakeopenai.wire import Upload
from tests.front import Api
from tests.handbook import PASSAGES, QUESTIONS

CHUNKS = list(map(chunk_of, PASSAGES))


def place_of(question: str, passage: str, ranking: Ranking | None = None) -> int:
    """The rank of the passage that answers a question, from 0."""
    scores = rank(question, CHUNKS, ranking)
    ranked = sorted(scores, key=lambda place: (-scores[place], place))
    return [PASSAGES[place] for place in ranked].index(passage)


def test_the_labelled_set_is_large_enough() -> None:
    assert len(set(PASSAGES)) == len(PASSAGES) >= 200
    assert len(set(QUESTIONS)) == len(QUESTIONS) >= 50


def test_the_right_chunk_comes_first() -> None:
    places = [place_of(question, passage) for question, passage in QUESTIONS]

    assert sum(place == 0 for place in places) >= 0.9 * len(places)
    assert sum(place < 5 for place in places) >= 0.98 * len(places)


def test_the_right_chunk_comes_first_through_the_api(api: Api) -> None:
    ids = [
        api.post("/files", {"purpose": "assistants"}, files={"file": [Upload(f"{n}.txt", "", text.encode())]}).json[
            "id"
        ]
        for n, text in enumerate(PASSAGES)
    ]
    store = api.post("/vector_stores", {"file_ids": ids}).json["id"]
    api.get(f"/vector_stores/{store}")

    first = [_first(api, store, question) == passage for question, passage in QUESTIONS[::5]]

    assert sum(first) >= 0.9 * len(first)


def _first(api: Api, store: str, question: str) -> str:
    found = api.post(f"/vector_stores/{store}/search", {"query": question, "max_num_results": 1}).json["data"]
    return str(found[0]["content"][0]["text"])


def test_scores_lie_between_nothing_and_all() -> None:
    scores = rank("Parking in Oslo", CHUNKS)

    assert min(scores.values()) >= 0
    assert max(scores.values()) <= 1


def test_the_query_itself_scores_highest() -> None:
    scores = rank(PASSAGES[3], CHUNKS)

    assert max(scores, key=lambda place: scores[place]) == 3
    assert scores[3] > 0.8


def test_a_query_of_empty_words_still_ranks() -> None:
    assert len(rank("what is it", CHUNKS[:5])) == 5
    assert rank("anything", []) == {}


@pytest.mark.parametrize(
    ("query", "short"),
    [
        ("What is the return policy?", "return policy"),
        ("is it", "is it"),
        ("Wie lange dauert die Lieferung nach Oslo?", "Wie lange dauert Lieferung nach Oslo"),
    ],
)
def test_a_rewritten_query_says_what_it_is_about(query: str, short: str) -> None:
    assert rewritten(query) == short


def test_options_say_what_counts() -> None:
    hybrid = {"embedding_weight": 1.0, "text_weight": 3.0}

    assert ranked_by({}) == Ranking()
    assert ranked_by({"ranker": "none", "score_threshold": 0.4}) == Ranking(0.0, 1.0, 0.4)
    assert ranked_by({"hybrid_search": hybrid}) == Ranking(0.75, 0.25)


def test_a_file_without_attributes_equals_nothing() -> None:
    assert not matches({"type": "eq", "key": "a", "value": "b"}, None)
    assert matches({"type": "ne", "key": "a", "value": "b"}, None)
    assert matches({"type": "nin", "key": "a", "value": ["b"]}, {})
