"""Deployments: models under names of the user's own, as Azure's first client managed them."""

from __future__ import annotations

from fakeopenai import errors
from fakeopenai.resource import Routes
from fakeopenai.wire import Call, Reply

routes = Routes()

deployments = routes.resource(
    "/deployments/{deployment_id}",
    object="deployment",
    prefix="deployment-",
    defaults={"owner": "organization-owner", "status": "succeeded"},
    shape="Deployment",
)


@routes.on("POST /deployments")
def create(call: Call) -> Reply:
    if call.world.model(call.body["model"]) is None:
        raise errors.requested_model_not_found(call.body["model"])
    item = deployments.add(call, updated_at=int(call.world.clock.now))
    return Reply(deployments.seen(call, item), 201)


@routes.on("GET /deployments")
def list_all(call: Call) -> Reply:
    found = [deployments.seen(call, item) for item in deployments.drawer(call)]
    return Reply({"object": "list", "data": found})
