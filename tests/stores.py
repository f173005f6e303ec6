"""What every store must do. To test one of your own, derive from `Stores` and say how it is made:

class TestMine(Stores):
    @pytest.fixture
    def store(self) -> Store:
        return MyStore()
"""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from fakeopenai.marks import mark
from fakeopenai.store import Drawer, MemoryStore, Store

FILES = "/files"
BATCH, VISION = b'{"purpose":"batch"}', b'{"purpose":"vision"}'
FOR_BATCHES = mark("purpose", "batch")


def filled(store: Store, *ids: str, drawer: str = FILES) -> Store:
    for id in ids:
        store.put(drawer, id, id.encode())
    return store


class Stores:
    """Tests for a fixture `store` that gives an empty one."""

    @pytest.fixture
    def store(self) -> Store:
        raise NotImplementedError

    def test_what_is_put_is_there_byte_by_byte(self, store: Store) -> None:
        value = bytes(range(256))

        store.put(FILES, "a", value)

        assert store.get(FILES, "a") == value

    @pytest.mark.parametrize("value", [b"", b"x" * 3_000_000])
    def test_values_may_be_empty_and_large(self, store: Store, value: bytes) -> None:
        store.put(FILES, "a", value)

        assert store.get(FILES, "a") == value

    @pytest.mark.parametrize("id", ["", "ä/ö %_*?", "'; drop table items; --", "a\0b", "x" * 5000])
    def test_any_text_is_an_id_and_a_drawer(self, store: Store, id: str) -> None:
        store.put(f"/{id}", id, b"1")

        assert (store.get(f"/{id}", id), list(store.ids(f"/{id}")), list(store.drawers())) == (b"1", [id], [f"/{id}"])

    def test_what_was_never_put_is_not_there(self, store: Store) -> None:
        filled(store, "a")

        assert store.get(FILES, "b") is None
        assert store.get("/batches", "a") is None
        assert not store.delete(FILES, "b")
        assert list(store.ids("/batches")) == []
        assert store.count("/batches") == 0

    def test_a_value_put_again_keeps_its_place(self, store: Store) -> None:
        filled(store, "a", "b", "c")

        store.put(FILES, "a", b"new")

        assert store.get(FILES, "a") == b"new"
        assert list(store.ids(FILES)) == ["a", "b", "c"]

    def test_a_value_deleted_and_put_again_is_the_newest(self, store: Store) -> None:
        filled(store, "a", "b")

        assert store.delete(FILES, "a")
        filled(store, "a")

        assert list(store.ids(FILES)) == ["b", "a"]

    def test_the_newest_may_be_deleted_and_another_put(self, store: Store) -> None:
        filled(store, "a", "b", "c")

        store.delete(FILES, "c")
        filled(store, "d")

        assert list(store.ids(FILES)) == ["a", "b", "d"]

    def test_ids_come_from_either_end_and_from_a_cursor_on(self, store: Store) -> None:
        filled(store, "a", "b", "c", "d")

        assert list(store.ids(FILES, newest_first=True)) == ["d", "c", "b", "a"]
        assert list(store.ids(FILES, "b")) == ["c", "d"]
        assert list(store.ids(FILES, "b", newest_first=True)) == ["a"]

    @pytest.mark.parametrize("newest_first", [False, True])
    def test_an_unknown_cursor_has_nothing_behind_it(self, store: Store, newest_first: bool) -> None:
        filled(store, "a", "b")

        assert list(store.ids(FILES, "z", newest_first=newest_first)) == []

    @pytest.mark.parametrize("newest_first", [False, True])
    def test_all_ids_of_a_long_drawer_come_once(self, store: Store, newest_first: bool) -> None:
        ids = [f"id{number}" for number in range(3000)]
        filled(store, *ids)

        found = list(store.ids(FILES, newest_first=newest_first))

        assert found == (ids[::-1] if newest_first else ids)

    def test_who_goes_through_the_ids_meets_all_that_stay(self, store: Store) -> None:
        ids = [f"id{number}" for number in range(2000)]
        filled(store, *ids)
        found = []

        for number, id in enumerate(store.ids(FILES)):
            found.append(id)
            store.delete(FILES, id)
            store.put("/others", f"other{number}", b"")

        assert found == ids
        assert store.count(FILES) == 0

    def test_ids_are_read_as_far_as_they_are_wanted(self, store: Store) -> None:
        filled(store, "a", "b", "c")

        assert list(islice(store.ids(FILES), 2)) == ["a", "b"]
        assert store.delete(FILES, "a")

    def test_values_are_counted_by_drawer(self, store: Store) -> None:
        filled(store, "a", "b")
        filled(store, "c", drawer="/batches")

        store.put(FILES, "a", b"again")
        store.delete(FILES, "b")

        assert (store.count(FILES), store.count("/batches")) == (1, 1)

    def test_a_drawer_exists_as_long_as_something_is_in_it(self, store: Store) -> None:
        for drawer in ("/threads", "/threads/t1/messages", "/threads/t1/runs/r1/steps", "/threads/t10/messages"):
            filled(store, "a", "b", drawer=drawer)

        for id in ("a", "b"):
            store.delete("/threads/t1/messages", id)

        assert list(store.drawers()) == ["/threads", "/threads/t1/runs/r1/steps", "/threads/t10/messages"]
        assert list(store.drawers("/threads/t1/")) == ["/threads/t1/runs/r1/steps"]
        assert list(store.drawers("/threads/t2/")) == []

    def test_a_drawer_that_was_emptied_can_be_filled_again(self, store: Store) -> None:
        filled(store, "a", drawer="/threads/t1/messages")
        store.delete("/threads/t1/messages", "a")

        filled(store, "b", drawer="/threads/t1/messages")

        assert list(store.drawers("/threads/")) == ["/threads/t1/messages"]

    def test_a_cleared_store_is_empty(self, store: Store) -> None:
        filled(store, "a")
        filled(store, "b", drawer="/threads/t1/messages")

        store.clear()

        assert list(store.drawers()) == []
        assert store.get(FILES, "a") is None

    def test_what_bears_a_mark_is_found_in_the_order_of_all(self, store: Store) -> None:
        for id in "abcdefgh":
            store.put(FILES, id, BATCH if id in "bdfh" else VISION)
        store.put(FILES, "a", BATCH)
        store.put(FILES, "d", VISION)
        store.delete(FILES, "f")

        assert list(store.ids(FILES, mark=FOR_BATCHES)) == ["a", "b", "h"]
        assert list(store.ids(FILES, mark=FOR_BATCHES, newest_first=True)) == ["h", "b", "a"]
        assert list(store.ids(FILES, "d", mark=FOR_BATCHES)) == ["h"]
        assert list(store.ids(FILES, "d", mark=FOR_BATCHES, newest_first=True)) == ["b", "a"]
        assert list(store.ids(FILES, "z", mark=FOR_BATCHES)) == []
        assert list(store.ids("/batches", mark=FOR_BATCHES)) == []

    @pytest.mark.parametrize("newest_first", [False, True])
    def test_who_goes_through_what_bears_a_mark_meets_all_that_stay(self, store: Store, newest_first: bool) -> None:
        ids = [f"id{number}" for number in range(400)]
        for id in ids:
            store.put(FILES, id, BATCH)
        found = []

        for id in store.ids(FILES, mark=FOR_BATCHES, newest_first=newest_first):
            found.append(id)
            store.delete(FILES, id)

        assert found == (ids[::-1] if newest_first else ids)
        assert list(store.ids(FILES, mark=FOR_BATCHES)) == []

    def test_a_cleared_store_has_no_marks(self, store: Store) -> None:
        store.put(FILES, "a", BATCH)

        store.clear()
        store.put(FILES, "b", VISION)

        assert list(store.ids(FILES, mark=FOR_BATCHES)) == []

    def test_a_drawer_gives_objects_of_ones_own(self, store: Store) -> None:
        drawer = Drawer(store, FILES)
        drawer.put({"id": "a", "tags": []})

        (drawer.get("a") or {})["tags"].append("changed")

        assert list(drawer) == [{"id": "a", "tags": []}]


class Comparison(RuleBasedStateMachine):
    """Any sequence of steps has the same results in a store as in memory."""

    store: Store

    def __init__(self) -> None:
        super().__init__()
        self.memory = MemoryStore()

    drawers = st.sampled_from(["/a", "/a/1/b", "/a/1/b/2/c", "/a/2/b", "/d", FILES])
    names = st.sampled_from("uvwxyz")

    @rule(drawer=drawers, id=names, value=st.binary(max_size=4) | st.sampled_from([BATCH, VISION]))
    def put(self, drawer: str, id: str, value: bytes) -> None:
        self.store.put(drawer, id, value)
        self.memory.put(drawer, id, value)

    @rule(drawer=drawers, id=names)
    def delete(self, drawer: str, id: str) -> None:
        assert self.store.delete(drawer, id) == self.memory.delete(drawer, id)

    @rule(drawer=drawers, id=names)
    def get(self, drawer: str, id: str) -> None:
        assert self.store.get(drawer, id) == self.memory.get(drawer, id)

    @rule(drawer=drawers, after=st.none() | names, newest_first=st.booleans())
    def ids(self, drawer: str, after: str | None, newest_first: bool) -> None:
        found = list(self.store.ids(drawer, after, newest_first=newest_first))

        assert found == list(self.memory.ids(drawer, after, newest_first=newest_first))

    @rule(after=st.none() | names, newest_first=st.booleans())
    def marked(self, after: str | None, newest_first: bool) -> None:
        found = list(self.store.ids(FILES, after, newest_first=newest_first, mark=FOR_BATCHES))

        assert found == list(self.memory.ids(FILES, after, newest_first=newest_first, mark=FOR_BATCHES))
        everything = list(self.memory.ids(FILES, after, newest_first=newest_first))
        assert found == [id for id in everything if self.memory.get(FILES, id) == BATCH]

    @rule(below=st.sampled_from(["", "/a/", "/a/1/", "/d/"]))
    def look_below(self, below: str) -> None:
        found = list(self.store.drawers(below))

        assert found == list(self.memory.drawers(below))
        assert [self.store.count(name) for name in found] == [self.memory.count(name) for name in found]
