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
    "/fine_tuning/checkpoints/*/permissions": ("project_id",),
    "/vector_stores/*/files": ("status",),
    "/evals/*/runs": ("status",),
    "/evals/*/runs/*/output_items": ("status",),
    "/threads/*/messages": ("run_id",),
    "/agents/environments": ("type",),
    "/agents/sessions": ("metadata",),
    "/agents/sessions/*/artifacts": ("environment_id",),
    "/chatkit/threads": ("user",),
    "/vaults": ("metadata",),
    "/vaults/*/credentials": ("metadata",),
    "/organization/external_keys": ("purpose",),
    "/organization/external_storage": ("project_id",),
    "/organization/workload_identity_providers/*/federation_rules": ("service_account_id",),
}
"""The fields by which the objects of a drawer are selected; a star stands for an id.

Whoever adds one adds a `REMARK` to the migrations of `sqlite_store`, too.
"""

_encode = msgspec.json.Encoder(order="sorted").encode


@lru_cache(maxsize=4096)
def fields(drawer: str) -> tuple[str, ...]:
    """What the objects of a drawer are marked by; of most drawers, nothing."""
    names = drawer.split("/")
    return next((found for path, found in FIELDS.items() if _fits(path.split("/"), names)), ())


def _fits(path: list[str], names: list[str]) -> bool:
    return len(path) == len(names) and all(step in {"*", name} for step, name in zip(path, names, strict=True))


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
