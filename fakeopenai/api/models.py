"""Models: the catalogue, and the fine-tuned models of this world."""

from __future__ import annotations

from functools import cache

import msgspec

from fakeopenai import errors, models
from fakeopenai.access import permitted
from fakeopenai.models import Model
from fakeopenai.resource import Routes
from fakeopenai.wire import Call, Object, Reply

routes = Routes()

TUNED = "/models"
"""The drawer of the models that fine-tuning has made here."""
DELETED = "/models/deleted"
"""The drawer of the names of deleted ones."""


@routes.on("GET /models")
def list_models(call: Call) -> Reply:
    project = call.holder.project if call.holder else ""
    tuned = call.world.drawer(TUNED)
    if not project and not len(tuned):
        return Reply(_everything())
    listed = [model for model in _listed() if not project or permitted(call.world, project, model["id"])]
    return Reply({"object": "list", "data": [*listed, *tuned]})


@cache
def _everything() -> bytes:
    """The list that nearly everyone gets."""
    return msgspec.json.encode({"object": "list", "data": _listed()})


@cache
def _listed() -> list[Object]:
    return [_shown(model) for model in models.catalogue() if not model.legacy]


@routes.on("GET /models/{model}")
def retrieve(call: Call) -> Reply:
    return Reply(_found(call))


@routes.on("DELETE /models/{model}")
def delete(call: Call) -> Reply:
    """Delete a fine-tuned model. It can be used no more, wherever it came from."""
    id = _found(call)["id"]
    if ":" not in id or not _owns(call):
        raise errors.ApiError(403, "You have insufficient permissions for this operation.")
    call.world.drawer(TUNED).delete(id)
    call.world.drawer(DELETED).put({"id": id})
    return Reply({"id": id, "object": "model", "deleted": True})


def _found(call: Call) -> Object:
    name = call.path["model"]
    if tuned := call.world.drawer(TUNED).get(name):
        return tuned
    known = None if name in call.world.drawer(DELETED) else call.world.model(name)
    if known is None or not _allowed(call, name):
        raise errors.no_such_model(name)
    return _shown(known)


def _owns(call: Call) -> bool:
    """Whether the key is that of an owner of the organization, as the reference demands; a service account is none."""
    return call.holder is None or not (call.holder.key and call.holder.project)


def _allowed(call: Call, name: str) -> bool:
    """Whether the project of the key may use a model."""
    project = call.holder.project if call.holder else ""
    return not project or permitted(call.world, project, name)


def _shown(model: Model) -> Object:
    return {"id": model.id, "object": "model", "created": model.created, "owned_by": model.owned_by}
