"""What the objects of long lists are selected by, so that a store finds the few that are wanted among many.

An object bears a mark for each field that its drawer is searched by: `purpose="batch"`, or `metadata.tier="gold"`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from fakeopenai.wire import Json

FIELDS: Mapping[str, tuple[str, ...]] = {
    "/files": ("purpose",),
    "/containers": ("name",),
    "/chat/completions": ("model", "metadata"),
    "/fine_tuning/jobs": ("metadata",),
    "/vector_stores/*/files": ("status",),
    "/evals/*/runs": ("status",),
    "/evals/*/runs/*/output_items": ("status",),
}
"""The fields by which the objects of a drawer are selected; a star stands for an id."""

_encode = msgspec.json.Encoder(order="sorted").encode


@lru_cache(maxsize=4096)
def fields(drawer: str) -> tuple[str, ...]:
    """What the objects of a drawer are marked by; of most drawers, nothing."""
    found = FIELDS.get(drawer)
    if found is None:
        names = drawer.split("/")
        names[2::2] = ["*"] * len(names[2::2])
        found = FIELDS.get("/".join(names), ())
    return found


def marks(drawer: str, value: bytes | None) -> frozenset[str]:
    """The marks of a value in a drawer. What is no object has none."""
    named = fields(drawer)
    if not named or value is None:
        return frozenset()
    try:
        item = _reader(named).decode(value)
    except msgspec.MsgspecError:
        return frozenset()
    return frozenset(text for name in named for text in _spelled(name, getattr(item, name)))


def mark(field: str, value: Json) -> str:
    """How the objects are marked whose field has this value."""
    return f"{field}={_encode(value).decode()}"


def _spelled(name: str, value: Json) -> Iterator[str]:
    match value:
        case None:
            return
        case dict():
            yield from (mark(f"{name}.{key}", each) for key, each in value.items())
        case _:
            yield mark(name, value)


@lru_cache
def _reader(names: tuple[str, ...]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(msgspec.defstruct("Marked", [(name, Any, None) for name in names]))
