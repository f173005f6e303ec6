"""Resources: collections the API lets you create, list, retrieve, update and delete."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any

import msgspec

from fakeopenai import errors
from fakeopenai.clock import Course
from fakeopenai.operations import Operation
from fakeopenai.schema import types
from fakeopenai.store import Drawer
from fakeopenai.synthesis import synthesise
from fakeopenai.turn import Prompt
from fakeopenai.wire import Call, Handler, Json, Object, Reply

Reader = Callable[[Call], Prompt]
View = Callable[[Call, Object], Object]


class Routes(dict[str, Handler]):
    """Handlers by operation, named as the API reference names them: `POST /files`."""

    def __init__(self) -> None:
        super().__init__()
        self.readers: dict[str, Reader] = {}
        self.courses: list[Course] = []

    def on(self, *operations: str) -> Callable[[Handler], Handler]:
        """Register the handler of one operation, or of several that are answered alike."""

        def register(handler: Handler) -> Handler:
            for operation in operations:
                self[operation] = handler
            return handler

        return register

    def reads(self, *operations: str) -> Callable[[Reader], Reader]:
        """Register what reads the prompt out of an operation's request."""

        def register(reader: Reader) -> Reader:
            self.readers |= dict.fromkeys(operations, reader)
            return reader

        return register

    def resource(self, path: str, **settings: Any) -> Resource:
        """Serve the usual operations of a collection; the table of operations decides which of them exist."""
        resource = Resource(path, **settings)
        self |= {
            f"GET {resource.collection}": resource.list,
            f"POST {resource.collection}": resource.create,
            f"GET {path}": resource.retrieve,
            f"POST {path}": resource.update,
            f"DELETE {path}": resource.delete,
        }
        return resource


@dataclass(frozen=True, eq=False)
class Resource:
    """A drawer of objects, and the five usual things to do with it.

    `path` is the URL of one object (`/files/{file_id}`). `missing` words the 404, with `{id}` and `{object}` filled in.
    `defaults` lie over the blank object, the request's own fields over those. `filters` are the query parameters that
    select by the field of that name. `view` is how an object looks in answers, where that differs from how it is kept.
    """

    path: str
    object: str = ""
    prefix: str = ""
    created: str = "created_at"
    defaults: Mapping[str, Json] = field(default_factory=dict)
    missing: str = "No {object} found with id '{id}'."
    missing_param: str | None = None
    missing_code: str | None = None
    deleted: str = ""
    filters: tuple[str, ...] = ()
    order: str = "desc"
    limit: int = 20
    course: str = ""
    parent: Resource | None = None
    view: View | None = None

    @property
    def collection(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def key(self) -> str:
        return self.path.rpartition("/")[2].strip("{}")

    def drawer(self, call: Call) -> Drawer:
        """The drawer that a request speaks of; its owner must exist."""
        if self.parent is not None:
            self.parent.find(call)
        return call.world.drawer(self.collection.format_map(call.path))

    def find(self, call: Call, id: str = "") -> Object:
        """The object that the path names, or the API's 404."""
        id = id or call.path[self.key]
        item = self.drawer(call).get(id)
        if item is None:
            raise self.not_found(id)
        return item

    def not_found(self, id: str) -> errors.ApiError:
        message = self.missing.format(id=id, object=self.object)
        return errors.ApiError(404, message, param=self.missing_param, code=self.missing_code)

    def fresh(self, call: Call, **fields: Json) -> Object:
        """A new object: a blank one, with defaults, the request's fields and the given ones laid over it."""
        asked = {
            name: value for name, value in call.body.items() if value is not None and name in _fields(call.operation)
        }
        item = blank(call.operation) | dict(self.defaults) | asked
        if self.prefix:
            item["id"] = call.names.new(self.prefix)
        if self.object:
            item["object"] = self.object
        if self.created:
            item[self.created] = int(call.world.clock.now)
        return item | fields

    def add(self, call: Call, **fields: Json) -> Object:
        """Make a new object, keep it, and send it down its course if it has one."""
        item = self.fresh(call, **fields)
        drawer = self.drawer(call)
        drawer.put(item)
        if self.course:
            call.world.clock.begin(self.course, drawer.path, item)
        return item

    def create(self, call: Call) -> Reply:
        return Reply(self.seen(call, self.add(call)))

    def retrieve(self, call: Call) -> Reply:
        self.find(call)
        call.world.clock.poll(self.drawer(call).path, call.path[self.key])
        return Reply(self.seen(call, self.find(call)))

    def update(self, call: Call) -> Reply:
        item = self.find(call)
        item |= {name: value for name, value in call.body.items() if name in _fields(call.operation)}
        self.drawer(call).put(item, call.path[self.key])
        return Reply(self.seen(call, item))

    def delete(self, call: Call) -> Reply:
        self.find(call)
        id = call.path[self.key]
        remove(call, self.drawer(call), id)
        if call.operation.reply_kind == "empty":
            return Reply(status=204)
        return Reply({"id": id, "object": self.deleted or f"{self.object}.deleted", "deleted": True})

    def list(self, call: Call) -> Reply:
        drawer = self.drawer(call)
        return Reply(page(call, drawer, self))

    def seen(self, call: Call, item: Object) -> Object:
        return self.view(call, item) if self.view else item


def remove(call: Call, drawer: Drawer, id: str) -> None:
    """Delete an object and all that lies below it."""
    drawer.delete(id)
    store = call.world.store
    for below in list(store.drawers(f"{drawer.path}/{id}/")):
        for child in list(store.ids(below)):
            store.delete(below, child)


def page(call: Call, drawer: Drawer, resource: Resource, wanted: Callable[[Object], bool] | None = None) -> Object:
    """One page of a drawer, or of what is wanted of it, in the envelope that the operation has."""
    query = call.query
    limit = int(query.get("limit", resource.limit))
    newest_first = query.get("order", resource.order) in {"desc", "descending"}
    after, before = query.get("after"), query.get("before")
    items = _chosen(call, drawer.items(after, newest_first=newest_first), resource)
    if wanted is not None:
        items = filter(wanted, items)
    if before is not None:
        items = _until(items, before)
    found = list(islice(items, limit + 1))
    shown = [resource.seen(call, item) for item in found[:limit]]
    return envelope(call.operation.page, shown, more=len(found) > limit)


def envelope(kind: str, items: list[Object], *, more: bool) -> Object:
    """A page in one of the API's forms."""
    match kind:
        case "next":
            return {"object": "list", "data": items, "has_more": more, "next": items[-1]["id"] if more else None}
        case "token":
            return {"data": items, "has_more": more, "next_page": items[-1]["id"] if more else None}
        case "page":
            return {"object": "list", "data": items}
        case _:
            first, last = (items[0].get("id"), items[-1].get("id")) if items else (None, None)
            return {"object": "list", "data": items, "first_id": first, "last_id": last, "has_more": more}


def blank(operation: Operation) -> Object:
    """The smallest object that fits an operation's reply."""
    value: Object = msgspec.json.decode(_blank(operation))
    return value


def _chosen(call: Call, items: Iterator[Object], resource: Resource) -> Iterator[Object]:
    wanted = {name: call.query[name] for name in resource.filters if name in call.query}
    return (item for item in items if all(item.get(name) == value for name, value in wanted.items()))


def _until(items: Iterator[Object], id: str) -> Iterator[Object]:
    for item in items:
        if item["id"] == id:
            return
        yield item


@cache
def _blank(operation: Operation) -> bytes:
    schema = operation.reply or {"type": "object"}
    value = synthesise(schema, b"", resolve=types().resolve, smallest=True)
    return msgspec.json.encode(value)


@cache
def _fields(operation: Operation) -> frozenset[str]:
    """The fields of an operation's reply."""
    return frozenset(types().properties(operation.reply)) if operation.reply else frozenset()
