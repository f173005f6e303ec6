"""Bytes of files in a store: read and written in pieces, whatever their length."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakeopenai.blob import PIECE, Blob
from fakeopenai.sqlite_store import StateFile
from fakeopenai.store import MemoryStore, Store

LINES = b'{"custom_id": "1", "body": {}}\n' * 30_000
NOISE = random.Random(1).randbytes(2 * PIECE + 5)
CONTENTS = {"nothing": b"", "a word": b"word", "one piece": LINES[:PIECE], "lines": LINES, "noise": NOISE}


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    file = StateFile(tmp_path)
    yield file.store("world")
    file.close()


@pytest.fixture
def blob(store: Store) -> Blob:
    return Blob(store, "/files/content", "file-1")


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_the_same_bytes_come_back(blob: Blob, content: bytes) -> None:
    blob.put(content)

    assert (bool(blob), len(blob), blob.content == content) == (True, len(content), True)
    assert all(len(piece) <= PIECE for piece in blob.read())


@pytest.mark.parametrize("start", [0, 1, PIECE - 1, PIECE, PIECE + 1, len(LINES) - 1, len(LINES), len(LINES) + 9])
def test_reading_begins_anywhere(blob: Blob, start: int) -> None:
    blob.put(LINES)

    assert b"".join(blob.read(start)) == LINES[start:]


def test_what_is_added_in_parts_is_as_if_it_had_come_whole(blob: Blob, store: Store) -> None:
    for at in range(0, len(LINES), 100_001):
        blob.append(LINES[at : at + 100_001])

    whole = Blob(store, "/files/content", "file-2")
    whole.put(LINES)
    assert list(blob.read()) == list(whole.read())


def test_shorter_bytes_leave_nothing_of_longer_ones(blob: Blob, store: Store) -> None:
    blob.put(LINES)
    blob.put(b"short")

    assert blob.content == b"short"
    assert list(store.drawers()) == ["/files/content"]


def test_a_copy_outlives_what_it_was_made_of(blob: Blob, store: Store) -> None:
    blob.put(LINES)
    copy = Blob(store, "/copies", "batch_1")
    copy.put(NOISE)

    blob.copy(copy)
    blob.delete()

    assert (copy.content == LINES, bool(blob), len(blob)) == (True, False, 0)
    assert list(store.drawers()) == ["/copies", "/copies/batch_1"]


def test_a_copy_of_nothing_is_nothing(blob: Blob, store: Store) -> None:
    copy = Blob(store, "/copies", "batch_1")
    copy.put(b"something")

    blob.copy(copy)

    assert not copy


def test_lines_of_json_are_kept_packed(blob: Blob, store: Store) -> None:
    blob.put(LINES)

    kept = [store.get("/files/content/file-1", number) or b"" for number in store.ids("/files/content/file-1")]
    assert sum(map(len, kept)) < len(LINES) / 10


def test_bytes_that_were_kept_whole_are_read_as_they_are(blob: Blob, store: Store) -> None:
    store.put("/files/content", "file-1", LINES)

    assert (blob.content == LINES, len(blob), b"".join(blob.read(PIECE + 7)) == LINES[PIECE + 7 :]) == (
        True,
        len(LINES),
        True,
    )
