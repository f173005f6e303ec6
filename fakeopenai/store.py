"""Where a world keeps its values: encoded bytes, by drawer and id.

A drawer is named by the URL of its collection, such as `/threads/thread_1/messages`. Values are bytes, so nobody can
change what a drawer holds behind its back, and a drawer can as well be a table of a database.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import msgspec

from fakeopenai.marks import fields, marks
from fakeopenai.wire import Object

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Store(Protocol):
    """What a place for the values of a world must be able to do; tests/stores.py says it in tests.

    Ids keep the order in which they were first put. Going through them while values come and go, one meets every id
    that stays, once; with a `mark`, every id whose value bears it. An unknown cursor has nothing behind it. A drawer
    exists as long as something is in it; `drawers` gives those below a path that ends in a slash, or all, by name.
    """

    def get(self, drawer: str, id: str) -> bytes | None: ...
    def put(self, drawer: str, id: str, value: bytes) -> None: ...
    def delete(self, drawer: str, id: str) -> bool: ...
    def ids(
        self, drawer: str, after: str | None = None, *, newest_first: bool = False, mark: str = ""
    ) -> Iterator[str]: ...
    def count(self, drawer: str) -> int: ...
    def drawers(self, below: str = "") -> Iterator[str]: ...
    def clear(self) -> None: ...


class Shelf:
    """One drawer in memory. A cursor in its middle costs no walk from its start."""

    __slots__ = ("is_marked", "marked", "name", "order", "place", "values")

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_marked = bool(fields(name))
        self.marked: dict[str, list[int]] = {}
        self.values: dict[str, bytes] = {}
        self.order: list[str | None] = []
        self.place: dict[str, int] = {}

    def put(self, id: str, value: bytes) -> None:
        before = self.values.get(id)
        if before is None:
            self.place[id] = len(self.order)
            self.order.append(id)
        self.values[id] = value
        if self.is_marked:
            self._mark(self.place[id], before, value)

    def delete(self, id: str) -> bool:
        value = self.values.pop(id, None)
        if value is None:
            return False
        place = self.place.pop(id)
        self.order[place] = None
        if self.is_marked:
            self._mark(place, value, None)
        if len(self.order) > 32 + 2 * len(self.values):
            self._close_gaps()
        return True

    def ids(self, after: str | None, *, newest_first: bool) -> Iterator[str]:
        if newest_first:
            start = len(self.order) if after is None else self.place.get(after, 0)
            places = range(start - 1, -1, -1)
        else:
            start = 0 if after is None else self.place.get(after, len(self.order)) + 1
            places = range(start, len(self.order))
        order = self.order
        return (id for place in places if (id := order[place]) is not None)

    def ids_with(self, mark: str, after: str | None, *, newest_first: bool) -> Iterator[str]:
        """The ids of what bears a mark. Each is looked for when it is asked for: marks come and go meanwhile."""
        order, places = self.order, self.marked.get(mark, [])
        first, last = -1, len(order)
        if after is None:
            place = last if newest_first else first
        else:
            place = self.place.get(after, first if newest_first else last)
        while (at := _following(places, place, newest_first=newest_first)) is not None:
            place = places[at]
            if (id := order[place]) is not None:
                yield id

    def _mark(self, place: int, before: bytes | None, value: bytes | None) -> None:
        old, new = marks(self.name, before), marks(self.name, value)
        for mark in old - new:
            places = self.marked[mark]
            del places[bisect_left(places, place)]
            if not places:
                del self.marked[mark]
        for mark in new - old:
            insort(self.marked.setdefault(mark, []), place)

    def _close_gaps(self) -> None:
        old = self.place
        self.order = [id for id in self.order if id is not None]
        self.place = {id: place for place, id in enumerate(self.order) if id is not None}
        moved = {place: self.place[id] for id, place in old.items()} if self.marked else {}
        self.marked = {mark: [moved[place] for place in places] for mark, places in self.marked.items()}


def _following(places: Sequence[int], place: int, *, newest_first: bool) -> int | None:
    """Which of these places follows a place."""
    at = bisect_left(places, place) - 1 if newest_first else bisect_right(places, place)
    return at if 0 <= at < len(places) else None


class MemoryStore:
    """Values in dictionaries: nothing touches the disk."""

    def __init__(self) -> None:
        self._shelves: dict[str, Shelf] = {}
        self._below: dict[str, dict[str, None]] = {}
        """The paths one step below each path that a drawer is below."""

    def get(self, drawer: str, id: str) -> bytes | None:
        shelf = self._shelves.get(drawer)
        return shelf.values.get(id) if shelf else None

    def put(self, drawer: str, id: str, value: bytes) -> None:
        shelf = self._shelves.get(drawer)
        if shelf is None:
            shelf = self._shelves[drawer] = Shelf(drawer)
            self._link(drawer)
        shelf.put(id, value)

    def delete(self, drawer: str, id: str) -> bool:
        shelf = self._shelves.get(drawer)
        if shelf is None or not shelf.delete(id):
            return False
        if not shelf.values:
            del self._shelves[drawer]
            self._unlink(drawer)
        return True

    def ids(
        self, drawer: str, after: str | None = None, *, newest_first: bool = False, mark: str = ""
    ) -> Iterator[str]:
        shelf = self._shelves.get(drawer)
        if shelf is None:
            return iter(())
        if mark:
            return shelf.ids_with(mark, after, newest_first=newest_first)
        return shelf.ids(after, newest_first=newest_first)

    def count(self, drawer: str) -> int:
        shelf = self._shelves.get(drawer)
        return len(shelf.values) if shelf else 0

    def drawers(self, below: str = "") -> Iterator[str]:
        found, paths = [], [below.removesuffix("/")]
        while paths:
            children = self._below.get(paths.pop(), ())
            found += [path for path in children if path in self._shelves]
            paths += children
        return iter(sorted(found))

    def clear(self) -> None:
        self._shelves.clear()
        self._below.clear()

    def _link(self, path: str) -> None:
        while path:
            above = path.rpartition("/")[0]
            siblings = self._below.setdefault(above, {})
            if path in siblings:
                return
            siblings[path] = None
            path = above

    def _unlink(self, path: str) -> None:
        while path and path not in self._shelves and path not in self._below:
            above = path.rpartition("/")[0]
            siblings = self._below[above]
            del siblings[path]
            if not siblings:
                del self._below[above]
            path = above


class Drawer:
    """The objects of one collection. What it gives is yours to change; what you want kept, you put back."""

    __slots__ = ("path", "store")

    def __init__(self, store: Store, path: str) -> None:
        self.store = store
        self.path = path

    def get(self, id: str) -> Object | None:
        value = self.store.get(self.path, id)
        return None if value is None else _decode(value)

    def put(self, item: Object, id: str = "") -> None:
        """Keep an object under its `id`, or under another name."""
        self.store.put(self.path, id or item["id"], _encode(item))

    def delete(self, id: str) -> bool:
        return self.store.delete(self.path, id)

    def ids(self, after: str | None = None, *, newest_first: bool = False, mark: str = "") -> Iterator[str]:
        return self.store.ids(self.path, after, newest_first=newest_first, mark=mark)

    def items(self, after: str | None = None, *, newest_first: bool = False, mark: str = "") -> Iterator[Object]:
        """The objects behind a cursor, all or those with a mark, decoded as they are asked for."""
        for id in self.ids(after, newest_first=newest_first, mark=mark):
            item = self.get(id)
            if item is not None:
                yield item

    def __contains__(self, id: str) -> bool:
        return self.store.get(self.path, id) is not None

    def __len__(self) -> int:
        return self.store.count(self.path)

    def __iter__(self) -> Iterator[Any]:
        return self.items()
