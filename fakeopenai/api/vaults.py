"""Vaults: the credentials that agents use. What is secret in them is kept, and never shown."""

from __future__ import annotations

from fakeopenai.errors import invalid
from fakeopenai.resource import Routes, page
from fakeopenai.wire import Call, Json, Object, Reply

routes = Routes()

vaults = routes.resource(
    "/vaults/{vault_id}",
    object="vault",
    prefix="vault_",
    defaults={"metadata": {}, "status": "active"},
    filters=("metadata",),
    shape="Vault",
)
credentials = routes.resource(
    "/vaults/{vault_id}/credentials/{credential_id}",
    object="vault.credential",
    prefix="cred_",
    defaults={"metadata": {}, "status": "active"},
    filters=("metadata",),
    parent=vaults,
    shape="Credential",
)


@routes.on("GET /vaults", "GET /vaults/{vault_id}/credentials")
def list_active(call: Call) -> Reply:
    """Only what was archived is anything but active, and nothing can be archived through the API."""
    asked = call.query.get("status")
    wanted = asked if isinstance(asked, list) else [asked or "active"]
    resource = credentials if "vault_id" in call.path else vaults
    return Reply(page(call, resource.drawer(call), resource, lambda item: item["status"] in wanted))


@routes.on("POST /vaults/{vault_id}/credentials")
def create(call: Call) -> Reply:
    now = int(call.world.clock.now)
    item = credentials.add(call, vault_id=call.path["vault_id"], updated_at=now)
    return Reply(credentials.seen(call, item))


@routes.on("POST /vaults/{vault_id}/credentials/{credential_id}")
def rotate(call: Call) -> Reply:
    """Replace what is secret in a credential; its kind stays."""
    item, auth = credentials.find(call), call.body.get("auth")
    if auth and auth["type"] != item["auth"]["type"]:
        message = f"The credential's authentication method is '{item['auth']['type']}' and cannot be changed."
        raise invalid(message, "auth.type", "invalid_value")
    item["auth"] = _over(item["auth"], auth or {})
    item |= {"metadata": call.body.get("metadata", item["metadata"]), "updated_at": int(call.world.clock.now)}
    credentials.drawer(call).put(item)
    return Reply(credentials.seen(call, item))


def _over(old: Json, new: Object) -> Object:
    """An object laid over another, part by part; null leaves a part as it was."""
    known: Object = old or {}
    changed = {name: _over(known.get(name), value) if isinstance(value, dict) else value for name, value in new.items()}
    return known | {name: value for name, value in changed.items() if value is not None}
