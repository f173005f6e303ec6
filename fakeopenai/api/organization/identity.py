"""Workload identity: providers whose tokens are taken, and the rules that say which service account they act for."""

from __future__ import annotations

from fakeopenai.api.organization.keys import accounts
from fakeopenai.resource import Routes
from fakeopenai.wire import Call, Reply

routes = Routes()

providers = routes.resource(
    "/organization/workload_identity_providers/{workload_identity_provider_id}",
    object="organization.workload_identity_provider",
    prefix="wip_",
    defaults={
        "attribute_transformations": [],
        "description": None,
        "enabled": True,
        "verification": {"type": "discovery", "discovery_url": None},
    },
    missing="No workload identity provider found with id '{id}'.",
)

rules = routes.resource(
    f"{providers.path}/federation_rules/{{workload_identity_federation_rule_id}}",
    object="organization.workload_identity_federation_rule",
    prefix="wifr_",
    parent=providers,
    filters=("service_account_id",),
    defaults={
        "description": None,
        "enabled": True,
        "name": None,
        "permissions": {"type": "service_account_default"},
    },
    missing="No federation rule found with id '{id}'.",
)


@routes.on(f"POST {providers.collection}")
def add_provider(call: Call) -> Reply:
    return Reply(providers.add(call, updated_at=int(call.world.clock.now)))


@routes.on(f"POST {rules.collection}")
def add_rule(call: Call) -> Reply:
    call.path["project_id"] = call.body["project_id"]
    accounts.find(call, call.body["service_account_id"])
    now, provider = int(call.world.clock.now), call.path["workload_identity_provider_id"]
    return Reply(rules.add(call, updated_at=now, workload_identity_provider_id=provider))
