"""API keys: the organization's admin keys, a project's keys, and the service accounts that own them."""

from __future__ import annotations

from fakeopenai import access, errors, keys
from fakeopenai.api.organization import founding
from fakeopenai.api.organization.projects import projects
from fakeopenai.clock import EPOCH
from fakeopenai.resource import Resource, Routes, deletion, page
from fakeopenai.wire import Call, Json, Object, Reply

routes = Routes()

admin_keys = Resource(
    "/organization/admin_api_keys/{key_id}",
    object="organization.admin_api_key",
    prefix="key_",
    order="asc",
    missing="No admin API key found with id '{id}'.",
)
routes |= {
    "GET /organization/admin_api_keys": admin_keys.list,
    "GET /organization/admin_api_keys/{key_id}": admin_keys.retrieve,
    "DELETE /organization/admin_api_keys/{key_id}": admin_keys.delete,
}


@routes.on("POST /organization/admin_api_keys")
def create_admin_key(call: Call) -> Reply:
    """Make an admin key; this answer is the only one that has its value."""
    owner = {
        "type": "user",
        "object": "organization.user",
        "id": access.owner_id(call.world),
        "name": founding.OWNER["name"],
        "created_at": int(EPOCH),
        "role": "owner",
    }
    value = keys.mint("admin", call.world.name, call.names)
    item = admin_keys.fresh(
        call,
        owner=owner,
        redacted_value=keys.redacted(value),
        last_used_at=None,
        expires_at=_expiry(call),
    )
    del item["value"]
    _keep(call, admin_keys, item, value)
    return Reply(item | {"value": value})


project_keys = Resource(
    "/organization/projects/{project_id}/api_keys/{api_key_id}",
    object="organization.project.api_key",
    parent=projects,
    order="asc",
    missing="No API key found with id '{id}'.",
)
routes |= {
    "GET /organization/projects/{project_id}/api_keys/{api_key_id}": project_keys.retrieve,
    "DELETE /organization/projects/{project_id}/api_keys/{api_key_id}": project_keys.delete,
}


@routes.on("GET /organization/projects/{project_id}/api_keys")
def list_keys(call: Call) -> Reply:
    wanted = call.query.get("owner_project_access") or "any"
    drawer = project_keys.drawer(call)
    return Reply(page(call, drawer, project_keys, lambda item: wanted in ("any", item["owner_project_access"])))


@routes.on("POST /organization/projects/{project_id}/api_keys/{api_key_id}")
def update_key(call: Call) -> Reply:
    item = project_keys.find(call)
    if "expires_in_seconds" in call.body:
        item["expires_at"] = _expiry(call)
    project_keys.drawer(call).put(item)
    return Reply(item)


accounts = Resource(
    "/organization/projects/{project_id}/service_accounts/{service_account_id}",
    object="organization.project.service_account",
    prefix="svc_acct_",
    parent=projects,
    order="asc",
    missing="No service account found with id '{id}'.",
)
routes |= {
    "GET /organization/projects/{project_id}/service_accounts": accounts.list,
    "GET /organization/projects/{project_id}/service_accounts/{service_account_id}": accounts.retrieve,
    "POST /organization/projects/{project_id}/service_accounts/{service_account_id}": accounts.update,
}


@routes.on("POST /organization/projects/{project_id}/service_accounts")
def create_account(call: Call) -> Reply:
    """Make a service account, with a first key unless only the account is wanted."""
    if projects.find(call)["status"] == "archived":
        raise errors.invalid("This project has been archived.")
    account = accounts.fresh(call, role="member")
    del account["api_key"]
    accounts.drawer(call).put(account)
    key = None if call.body.get("create_service_account_only") else _key(call, account, "Secret Key")
    return Reply(account | {"api_key": key})


@routes.on("DELETE /organization/projects/{project_id}/service_accounts/{service_account_id}")
def delete_account(call: Call) -> Reply:
    """Delete a service account and all its keys."""
    id = accounts.find(call)["id"]
    drawer = project_keys.drawer(call)
    for item in list(drawer):
        if item["owner"]["service_account"]["id"] == id:
            drawer.delete(item["id"])
    accounts.drawer(call).delete(id)
    return Reply(deletion(call, id))


@routes.on("POST /organization/projects/{project_id}/service_accounts/{service_account_id}/api_keys")
def create_key(call: Call) -> Reply:
    return Reply(_key(call, accounts.find(call), call.body.get("name") or "Secret Key"))


def _key(call: Call, account: Object, name: str) -> Object:
    """A new key of a service account, as it is shown this once."""
    value, now = keys.mint("svcacct", call.world.name, call.names), int(call.world.clock.now)
    owner = {name: account[name] for name in ("id", "created_at", "name", "role")}
    item = {
        "id": call.names.new("key_"),
        "created_at": now,
        "last_used_at": None,
        "name": name,
        "object": "organization.project.api_key",
        "owner": {"type": "service_account", "service_account": owner, "user": None},
        "owner_project_access": "active",
        "redacted_value": keys.redacted(value),
        "expires_at": _expiry(call),
    }
    _keep(call, project_keys, item, value)
    shown = {field: item[field] for field in ("id", "created_at", "name", "expires_at")}
    return shown | {"object": "organization.project.service_account.api_key", "value": value}


def _keep(call: Call, resource: Resource, item: Object, value: str) -> None:
    drawer = resource.drawer(call)
    drawer.put(item)
    call.world.drawer(access.MINTED).put({"drawer": drawer.path, "id": item["id"]}, value)


def _expiry(call: Call) -> Json:
    seconds = call.body.get("expires_in_seconds")
    return int(call.world.clock.now) + seconds if seconds else None
