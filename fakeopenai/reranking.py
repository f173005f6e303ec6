"""Documents ranked for a query, as the search, answers and classifications endpoints did until 2022-12.

They come with the request, or stand line by line in a file; of a file only those are ranked that share a word with the
query.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from fakeopenai import errors
from fakeopenai.filing import content_of
from fakeopenai.vectors import FAINT, embed, similarity, stem, words
from fakeopenai.wire import Call, Object

MOST = 200
"""How many documents are ranked if nothing else is said."""


class Document(NamedTuple):
    """A text and its place among all; `label` and `metadata` are empty for one that has none."""

    place: int
    text: str
    label: str = ""
    metadata: str = ""


class Found(NamedTuple):
    """A document and how well it fits: 200 and more for what is much alike, negative for what isn't (recorded)."""

    document: Document
    score: float


def ranked(query: str, documents: list[Document]) -> list[Found]:
    """All of the documents, the best first."""
    about = embed(query)
    scores = [round(1000 * similarity(about, embed(document.text)) - 500, 3) for document in documents]
    found = map(Found, documents, scores)
    return sorted(found, key=lambda each: (-each.score, each.document.place))


def from_file(call: Call, query: str, most: int) -> list[Document]:
    """The documents of the request's file that share a word with the query, the first of them."""
    wanted = _stems(query)
    lines = content_of(call.world, call.body["file"]).decode("utf-8", "replace").splitlines()
    documents = [_document(place, line) for place, line in enumerate(filter(str.strip, lines))]
    return [document for document in documents if not wanted or wanted & _stems(document.text)][:most]


def _stems(text: str) -> set[str]:
    return {stem(word) for word in words(text) if word not in FAINT}


def _document(place: int, line: str) -> Document:
    try:
        found: Object = msgspec.json.decode(line)
        return Document(place, found["text"], found.get("label") or "", found.get("metadata") or "")
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
        message = f'Every line of the file must be a JSON object with a "text". Line {place + 1} is not.'
        raise errors.invalid(message, "file") from None


def check_source(call: Call, field: str) -> None:
    """Refuse a request that brings documents and names a file, or does neither."""
    if bool(call.body.get(field)) == bool(call.body.get("file")):
        raise errors.invalid(f"You must specify exactly one of '{field}' and 'file'.", field)
