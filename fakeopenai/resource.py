"""Resources: collections the API lets you create, list, retrieve, update and delete."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any

import msgspec

from fakeopenai import errors, marks
from fakeopenai.clock import Course
from fakeopenai.operations import Operation, Schema
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

    def relation(self, path: str, **settings: Any) -> Relation:
        """Serve who belongs to what: `POST` takes something in that lives elsewhere, `DELETE` lets it go."""
        relation = Relation(path, **settings)
        self |= {
            f"GET {relation.collection}": relation.list,
            f"POST {relation.collection}": relation.create,
            f"GET {path}": relation.retrieve,
            f"POST {path}": relation.update,
            f"DELETE {path}": relation.delete,
        }
        return relation

    def singleton(self, path: str, **settings: Any) -> Singleton:
        """Serve the one object of its kind that its owner has, such as a setting."""
        singleton = Singleton(path, **settings)
        self |= {
            f"GET {path}": singleton.retrieve,
            f"POST {path}": singleton.update,
            f"DELETE {path}": singleton.delete,
        }
        return singleton


@dataclass(frozen=True, eq=False)
class Resource:
    """A drawer of objects, and the five usual things to do with it.

    `path` is the URL of one object (`/files/{file_id}`). `missing` words the 404, with `{id}` and the object's
    `{name}` in the path filled in. `defaults` lie over the blank object, the request's own fields over those; `renamed`
    are the request's fields that the object calls otherwise. `filters` are the query parameters that select by the
    field of that name. `view` is how an object looks in answers, where that differs from how it is kept. `most` bounds
    a page where the table doesn't. With a `shape`, the name of a reply's type, the whole request is kept, and answers
    show what that type knows of it.
    """

    path: str
    object: str = ""
    prefix: str = ""
    created: str = "created_at"
    defaults: Mapping[str, Json] = field(default_factory=dict)
    missing: str = "No {name} found with id '{id}'."
    missing_param: str | None = None
    missing_code: str | None = None
    deleted: str = ""
    filters: tuple[str, ...] = ()
    order: str = "desc"
    limit: int = 20
    most: int = 100
    course: str = ""
    parent: Resource | None = None
    view: View | None = None
    renamed: Mapping[str, str] = field(default_factory=dict)
    shape: str = ""

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

    def find(self, call: Call, id: str | None = None) -> Object:
        """The object of that id, which the path names unless it is given, or the API's 404."""
        if id is None:
            id = call.path[self.key]
        item = self.drawer(call).get(id)
        if item is None:
            raise self.not_found(id)
        return item

    def not_found(self, id: str) -> errors.ApiError:
        message = self.missing.format(id=id, name=self.key.removesuffix("_id").replace("_", " "))
        return errors.ApiError(404, message, param=self.missing_param, code=self.missing_code)

    def fresh(self, call: Call, **fields: Json) -> Object:
        """A new object: a blank one, with defaults, the request's fields and the given ones laid over it."""
        given = {name: value for name, value in self._asked(call).items() if value is not None}
        item = ({} if self.shape else blank(call.operation)) | dict(self.defaults) | given
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
        clock, drawer, id = call.world.clock, self.drawer(call).path, call.path[self.key]
        clock.poll(drawer, id)
        return Reply(self.seen(call, self.find(call)), headers=clock.hint(drawer, id))

    def update(self, call: Call) -> Reply:
        item = self.find(call) | self._changes(call)
        if "updated_at" in item:
            item["updated_at"] = int(call.world.clock.now)
        self.drawer(call).put(item, call.path[self.key])
        return Reply(self.seen(call, item))

    def delete(self, call: Call) -> Reply:
        self.find(call)
        id = call.path[self.key]
        remove(call, self.drawer(call), id)
        if call.operation.reply_kind == "empty":
            return Reply(status=204)
        return Reply(deletion(call, id, self.deleted or (self.object and f"{self.object}.deleted")))

    def list(self, call: Call) -> Reply:
        drawer = self.drawer(call)
        return Reply(page(call, drawer, self))

    def seen(self, call: Call, item: Object) -> Object:
        if self.shape:
            item = fitted({"$ref": f"#/$defs/{self.shape}"}, item)
        return self.view(call, item) if self.view else item

    def _changes(self, call: Call) -> Object:
        """What the request asks for; null leaves alone what can't be null."""
        given = self._asked(call)
        return given if self.shape else {name: each for name, each in given.items() if _may_be(call, name, each)}

    def _asked(self, call: Call) -> Object:
        return dict(call.body) if self.shape else asked(call, self.renamed)


@dataclass(frozen=True, eq=False)
class Relation(Resource):
    """What belongs to something though it lives elsewhere: the users of a group, the roles of a user.

    The drawer keeps the ids and what only the relation knows; `view` gets both together. `target` is where they live
    and `field` what names them in the request. What is gone from there belongs nowhere. `made` is how the answer to
    `POST` looks, where that isn't the view.
    """

    target: Resource | None = None
    field: str = ""
    made: View | None = None

    def find(self, call: Call, id: str | None = None) -> Object:
        if id is None:
            id = call.path[self.key]
        item = self._whole(call, self.drawer(call).get(id))
        if item is None:
            raise self.not_found(id)
        return item

    def create(self, call: Call) -> Reply:
        assert self.target is not None
        id = call.body[self.field]
        self.target.find(call, id)
        self.put(call, id, **{name: value for name, value in call.body.items() if name != self.field})
        return Reply((self.made or self.seen)(call, self.find(call, id)))

    def put(self, call: Call, id: str, **fields: Json) -> None:
        """Take something in, or change what the relation knows of it."""
        item = {"id": id, "created_at": int(call.world.clock.now)} | fields
        self.drawer(call).put(item)

    def update(self, call: Call) -> Reply:
        id = call.path[self.key]
        self.find(call)
        drawer = self.drawer(call)
        drawer.put((drawer.get(id) or {}) | {name: value for name, value in call.body.items() if value is not None}, id)
        return Reply(self.seen(call, self.find(call)))

    def list(self, call: Call) -> Reply:
        drawer = self.drawer(call)
        return Reply(page(call, drawer, self, lambda item: self._whole(call, item) is not None))

    def seen(self, call: Call, item: Object) -> Object:
        whole = self._whole(call, item) or item
        return self.view(call, whole) if self.view else whole

    def _whole(self, call: Call, item: Object | None) -> Object | None:
        if item is None or self.target is None:
            return None
        there = self.target.drawer(call).get(item["id"])
        return None if there is None else there | item


@dataclass(frozen=True, eq=False)
class Singleton:
    """The one object at a URL. Until it is set it is what `defaults` say, or the API's 404 without any.

    `renamed` are the request's fields that the object calls otherwise; `view` is how it looks in answers.
    """

    path: str
    defaults: Object | None = None
    parent: Resource | None = None
    renamed: Mapping[str, str] = field(default_factory=dict)
    missing: str = "Not found."
    view: View | None = None

    def retrieve(self, call: Call) -> Reply:
        item = self.get(call)
        if item is None:
            raise errors.ApiError(404, self.missing)
        return Reply(self.view(call, item) if self.view else item)

    def update(self, call: Call) -> Reply:
        """Change what is given; null leaves a field as it was."""
        given = {name: value for name, value in asked(call, self.renamed).items() if value is not None}
        item = (self.get(call) or blank(call.operation)) | given
        self._drawer(call).put(item, "set")
        return Reply(self.view(call, item) if self.view else item)

    def delete(self, call: Call) -> Reply:
        if not self._drawer(call).delete("set") and self.defaults is None:
            raise errors.ApiError(404, self.missing)
        return Reply(deletion(call, ""))

    def get(self, call: Call) -> Object | None:
        """The object as it is set, or as it is by default."""
        return self._drawer(call).get("set") or (None if self.defaults is None else dict(self.defaults))

    def _drawer(self, call: Call) -> Drawer:
        if self.parent is not None:
            self.parent.find(call)
        return call.world.drawer(self.path.format_map(call.path))


def asked(call: Call, renamed: Mapping[str, str]) -> Object:
    """The request's fields that the object of its answer has, under the names they have there."""
    fields = _fields(call.operation)
    given = {renamed.get(name, name): value for name, value in call.body.items()}
    return {name: value for name, value in given.items() if name in fields}


def _may_be(call: Call, name: str, value: Json) -> bool:
    return value is not None or name in _nullables(call.operation)


def deletion(call: Call, id: str, object: str = "") -> Object:
    """What the API says of something deleted; it leaves out the fields that this operation's answer doesn't have."""
    said = {"id": id, "object": object or blank(call.operation).get("object"), "deleted": True}
    fields = _fields(call.operation)
    return {name: value for name, value in said.items() if name in fields} if fields else said


def remove(call: Call, drawer: Drawer, id: str) -> None:
    """Delete an object and all that lies below it."""
    drawer.delete(id)
    call.world.clock.leave(drawer.path, id)
    store = call.world.store
    for below in list(store.drawers(f"{drawer.path}/{id}/")):
        for child in list(store.ids(below)):
            store.delete(below, child)


def page(
    call: Call,
    drawer: Drawer,
    resource: Resource,
    wanted: Callable[[Object], bool] | None = None,
    bearing: Iterable[str] = (),
) -> Object:
    """One page of a drawer, or of what is wanted of it, in the envelope that the operation has.

    What is wanted is `bearing` one of these marks, if there are any: in a long list nothing else is looked at.
    """
    query = call.query
    limit = page_limit(call, resource.limit, resource.most)
    newest_first = (query.get("order") or _default(call, "order") or resource.order) in {"desc", "descending"}
    forward = "page" if call.operation.page == "token" else "after"
    after, before = cursor(call, forward, drawer), cursor(call, "before", drawer)
    mark = _telling(drawer, list(bearing) or _filtered(call, drawer, resource))
    items = _chosen(call, drawer.items(after, newest_first=newest_first, mark=mark), resource)
    if wanted is not None:
        items = filter(wanted, items)
    if before is not None:
        items = _until(items, before)
    found, more = _cut(items, limit, last=before is not None and after is None)
    shown, ids = [resource.seen(call, item) for item in found], [item["id"] for item in found]
    return envelope(call.operation.page, shown, ids, more=more)


def _cut(items: Iterator[Object], limit: int, *, last: bool) -> tuple[list[Object], bool]:
    """The first objects, or the last, and whether there are more; before a cursor alone stands the page before it."""
    found = list(deque(items, limit + 1) if last else islice(items, limit + 1))
    return found[max(0, len(found) - limit) :] if last else found[:limit], len(found) > limit


def envelope(kind: str, items: list[Object], ids: list[str], *, more: bool) -> Object:
    """A page in one of the API's forms; `ids` are what its cursors can be."""
    first, last = (ids[0], ids[-1]) if ids else (None, None)
    match kind:
        case "next" | "token":
            return {"object": "list", "data": items, "has_more": more, "next": last if more else None}
        case "page":
            return {"object": "list", "data": items}
        case _:
            return {"object": "list", "data": items, "first_id": first, "last_id": last, "has_more": more}


def blank(operation: Operation) -> Object:
    """The smallest object that fits an operation's reply, of the first kind it may have."""
    value: Object = msgspec.json.decode(_blank(operation))
    return value


def fitted(schema: Schema, value: Json) -> Json:
    """A value as a reply of this schema shows it: without what the schema doesn't know, with all that it demands.

    What isn't given is null where it may be, and else the smallest value there is.
    """
    alternatives = types().alternatives(schema)
    match value:
        case None if any(map(_nullable, alternatives)):
            return None
        case None:
            return synthesise(schema, b"", resolve=types().resolve, smallest=True)
        case dict():
            return _fitted_object(next((arm for arm in alternatives if _arm(arm, value)), {}), value)
        case list():
            items: Schema = next((arm["items"] for arm in alternatives if "items" in arm), {})
            return [fitted(items, item) for item in value if _known(items, item)]
    return value


def _fitted_object(schema: Schema, value: Object) -> Object:
    required = schema.get("required", ())
    return {
        name: fitted(part, value.get(name))
        for name, part in schema.get("properties", {}).items()
        if value.get(name) is not None or name in required or any(map(_nullable, types().alternatives(part)))
    } or value


def _known(schema: Schema, value: Json) -> bool:
    return not isinstance(value, dict) or any(_arm(arm, value) for arm in types().alternatives(schema))


def _nullable(schema: Schema) -> bool:
    return not schema or schema.get("type") == "null" or None in schema.get("enum", ())


def _arm(schema: Schema, value: Object) -> bool:
    """Whether an object is of this alternative of a union, by its constants."""
    parts = schema.get("properties")
    if parts is None:
        return bool(schema.get("type", "object") == "object")
    return all(part.get("const", value.get(name)) == value.get(name) for name, part in parts.items() if name in value)


def page_limit(call: Call, default: int = 20, most: int = 100) -> int:
    """How many objects a page may have; the table's bounds were checked already, where it has any."""
    limit = call.query.get("limit")
    if limit is None:
        return int(_default(call, "limit") or default)
    bounds = _parameter(call.operation, "limit")
    if limit < bounds.get("minimum", 1):
        raise errors.below_minimum("limit", "integer", 1, limit)
    if limit > bounds.get("maximum", most):
        raise errors.above_maximum("limit", "integer", most, limit)
    return int(limit)


def cursor(call: Call, name: str, known: Container[str] | Drawer) -> str | None:
    """The id behind which a page begins, or before which it ends; one of those known."""
    id: str | None = call.query.get(name)
    if id and id not in known:
        raise errors.invalid(f"Invalid '{name}': no object found with id '{id}'.", name, "invalid_value")
    return id or None


def _default(call: Call, name: str) -> Json:
    return _parameter(call.operation, name).get("default")


def _parameter(operation: Operation, name: str) -> Object:
    schema: Object = (operation.query or {}).get("properties", {}).get(name, {})
    return schema


def _chosen(call: Call, items: Iterator[Object], resource: Resource) -> Iterator[Object]:
    wanted = {name: call.query[name] for name in resource.filters if name in call.query}
    return (item for item in items if all(_fits(item.get(name), value) for name, value in wanted.items()))


def _filtered(call: Call, drawer: Drawer, resource: Resource) -> list[str]:
    """The marks of what a query's filters let through, as far as objects are marked by those."""
    for name in resource.filters:
        if call.query.get(name) is not None and name in marks.fields(drawer.path):
            return _alternatives(name, call.query[name])
    return []


def _alternatives(name: str, wanted: Json) -> list[str]:
    match wanted:
        case dict():
            return [marks.mark(f"{name}.{key}", value) for key, value in wanted.items()][:1]
        case list():
            return [marks.mark(name, value) for value in wanted]
    return [marks.mark(name, wanted)]


def _telling(drawer: Drawer, bearing: list[str]) -> str:
    """The one mark that is enough to look for; none if objects with several of them are wanted."""
    borne = [mark for mark in bearing if next(drawer.ids(mark=mark), None) is not None]
    return (borne or bearing or [""])[0] if len(borne) < 2 else ""


def _fits(value: Json, wanted: Json) -> bool:
    if isinstance(wanted, dict):
        return wanted.items() <= (value or {}).items()
    return value in wanted if isinstance(wanted, list) else value == wanted


def _until(items: Iterator[Object], id: str) -> Iterator[Object]:
    for item in items:
        if item["id"] == id:
            return
        yield item


@cache
def _blank(operation: Operation) -> bytes:
    schema = types().alternatives(operation.reply or {"type": "object"})[0]
    value = synthesise(schema, b"", resolve=types().resolve, smallest=True)
    return msgspec.json.encode(value)


@cache
def _fields(operation: Operation) -> frozenset[str]:
    """The fields of an operation's reply."""
    return frozenset(types().properties(operation.reply)) if operation.reply else frozenset()


@cache
def _nullables(operation: Operation) -> frozenset[str]:
    """The fields of an operation's reply that may be null."""
    found = types().properties(operation.reply) if operation.reply else {}
    return frozenset(name for name, part in found.items() if any(map(_nullable, types().alternatives(part))))
