"""The whole state of a world as one JSON document, and worlds made from such documents.

A document is `{"fakeopenai": 1, "world": name, "drawers": {path: [{"id": …, "json": …}, …]}}`. A value that is no JSON
in our own spelling stands there as `text`, or as `base64`, so that the same bytes come back. Jobs, the clock and what
was used are in drawers too. Keys that a world made lead back to that world, also in a copy of it.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from collections.abc import Iterable, Iterator

import msgspec

from fakeopenai import record
from fakeopenai.record import Row
from fakeopenai.wire import Json, Object
from fakeopenai.world import World

FORMAT = 1
"""The form of the documents; a later version reads earlier forms."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class SnapshotError(ValueError):
    """A document that isn't the state of a world, and why."""


class Value(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """A value of a drawer, in one of the three forms that it may have."""

    id: str
    json: Json = msgspec.UNSET
    text: str | None = None
    base64: str | None = None


class Snapshot(msgspec.Struct):
    """A document, checked."""

    fakeopenai: int
    drawers: dict[str, list[Value]]
    world: str = ""


def dump(world: World) -> Object:
    """The state of a world: what its drawers hold, its jobs, its clock, and what it has counted."""
    drawers: dict[str, list[Object]] = {}
    with world.turn:
        for drawer, id, value in _rows(world):
            drawers.setdefault(drawer, []).append({"id": id} | _form(value))
    return {"fakeopenai": FORMAT, "world": world.name, "drawers": drawers}


def load(world: World, document: Json) -> None:
    """Put a dumped state in the place of a world's own. Raises SnapshotError, and leaves the world, if it is none."""
    rows = list(_read(document))
    try:
        _fill(World("", world.settings, world.clock.courses), rows)
    except (msgspec.MsgspecError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise SnapshotError(f"this is not the state of a world: {error!r} in what it remembers") from None
    _fill(world, rows)


def copy(source: World, target: World) -> None:
    """Put the state of a world in the place of another's."""
    with source.turn:
        rows = list(_rows(source))
    _fill(target, rows)


def reset(world: World) -> None:
    """Let a world begin anew."""
    _fill(world, list(record.rows(World(world.name, world.settings))))


def _rows(world: World) -> Iterator[Row]:
    store = world.store
    for drawer in store.drawers():
        if drawer not in record.DRAWERS:
            for id in store.ids(drawer):
                yield drawer, id, store.get(drawer, id) or b""
    yield from record.rows(world)


def _fill(world: World, rows: Iterable[Row]) -> None:
    with world.turn:
        world.store.clear()
        remembered = []
        for row in rows:
            if row[0] in record.DRAWERS:
                remembered.append(row)
            else:
                world.store.put(*row)
        record.recall(world, remembered)


def _form(value: bytes) -> Object:
    try:
        decoded = _decode(value)
        if _encode(decoded) == value:
            return {"json": decoded}
    except (msgspec.DecodeError, RecursionError):
        pass
    try:
        return {"text": value.decode()}
    except UnicodeDecodeError:
        return {"base64": b64encode(value).decode()}


def _read(document: Json) -> Iterator[Row]:
    for drawer, values in _checked(document).drawers.items():
        for value in values:
            yield drawer, value.id, _bytes(drawer, value)


def _checked(document: Json) -> Snapshot:
    if not isinstance(document, dict) or "fakeopenai" not in document:
        raise SnapshotError("this is not the state of a world: it has no 'fakeopenai'")
    try:
        snapshot = msgspec.convert(document, Snapshot)
    except msgspec.ValidationError as error:
        raise SnapshotError(f"this is not the state of a world: {error}") from None
    if snapshot.fakeopenai > FORMAT:
        form = snapshot.fakeopenai
        raise SnapshotError(f"a newer fakeopenai wrote this state, in form {form}; this one knows {FORMAT}")
    return snapshot


def _bytes(drawer: str, value: Value) -> bytes:
    if value.text is not None:
        return value.text.encode()
    if value.base64 is None:
        return _encode(value.json)
    try:
        return b64decode(value.base64, validate=True)
    except BadBase64:
        raise SnapshotError(f"'{value.id}' in {drawer} is not base64") from None
