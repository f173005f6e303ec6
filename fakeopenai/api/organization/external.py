"""What an organization keeps elsewhere: encryption keys of its own, and storage of its own."""

from __future__ import annotations

from fakeopenai import access
from fakeopenai.api.organization.projects import projects
from fakeopenai.resource import Resource, Routes
from fakeopenai.schema import types
from fakeopenai.wire import Call, Object, Reply

routes = Routes()

keys = Resource(
    "/organization/external_keys/{external_key_id}",
    object="organization.external_key",
    prefix="extkey_",
    defaults=dict.fromkeys(types()["ExternalKey"]["properties"]) | {"api_project_ids": [], "purpose": "ekm"},
    filters=("purpose",),
    missing="No external key found with id '{id}'.",
)
routes |= {
    "GET /organization/external_keys": keys.list,
    "GET /organization/external_keys/{external_key_id}": keys.retrieve,
}


@routes.on("POST /organization/external_keys")
def register_key(call: Call) -> Reply:
    return Reply(keys.add(call, workspace_id=access.organization_id(call.world)))


@routes.on("DELETE /organization/external_keys/{external_key_id}")
def remove_key(call: Call) -> Reply:
    """Forget a key; the answer is the key as it was."""
    item = keys.find(call)
    keys.drawer(call).delete(item["id"])
    return Reply(item)


@routes.on("POST /organization/external_keys/{external_key_id}/validate")
def validate_key(call: Call) -> Reply:
    keys.find(call)
    return Reply({"status": "valid"})


storage = Resource(
    "/organization/external_storage/{external_storage_id}",
    object="organization.external_storage",
    prefix="extstore_",
    filters=("project_id",),
    missing="No external storage found with id '{id}'.",
)
routes |= {
    "GET /organization/external_storage": storage.list,
    "GET /organization/external_storage/{external_storage_id}": storage.retrieve,
    "DELETE /organization/external_storage/{external_storage_id}": storage.delete,
}


@routes.on("POST /organization/external_storage")
def register_storage(call: Call) -> Reply:
    """Register storage. It is pending until it is validated."""
    project = projects.find(call, call.body["project_id"])
    provider = _located(call, call.body["provider"])
    geography = (project["residency"] or "GLOBAL").partition("_")[0]
    return Reply(storage.add(call, provider=provider, geography=geography, status="pending"))


@routes.on("POST /organization/external_storage/{external_storage_id}/validate")
def validate_storage(call: Call) -> Reply:
    item = storage.find(call) | {"status": "validated"}
    storage.drawer(call).put(item)
    return Reply(item)


def _located(call: Call, provider: Object) -> Object:
    """A provider with what the API finds out about it."""
    match provider["type"]:
        case "aws":
            account, _, _ = provider["role_arn"].removeprefix("arn:aws:iam::").partition(":")
            found = {"account_id": account, "external_id": access.organization_id(call.world), "region": "us-east-1"}
        case "azure":
            found = {"region": "eastus"}
        case "gcp":
            found = {"audience": _audience(provider), "region": "us-central1"}
        case _:
            found = {}
    return provider | found


def _audience(provider: Object) -> str:
    number, pool = provider["workload_identity_project_number"], provider["workload_identity_pool_id"]
    return (
        f"//iam.googleapis.com/projects/{number}/locations/global/workloadIdentityPools/{pool}"
        f"/providers/{provider['workload_identity_provider_id']}"
    )
