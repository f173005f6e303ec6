"""Audit logs: what was done through the admin API, by whom, in the API's events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Literal

from fakeopenai import access
from fakeopenai.api.organization import founding
from fakeopenai.ids import Names
from fakeopenai.resource import Resource, Routes, page
from fakeopenai.wire import Call, Json, Object, Reply
from fakeopenai.world import World

routes = Routes()

logs = Resource("/organization/audit_logs/{audit_log_id}", prefix="audit_log-", created="")


@dataclass(frozen=True, slots=True)
class Event:
    """What an operation leaves in the audit log: the type of the entry, and which fields it tells under which key."""

    type: str
    under: Literal["", "data", "changes_requested", "flat"] = ""
    fields: tuple[str, ...] = ()

    def details(self, call: Call, answer: Object) -> Object:
        """What this event says of an answered request."""
        body: Object = call.body if isinstance(call.body, dict) else {}
        known = _titled(body) if self.under == "changes_requested" else body | _titled(answer) | call.path
        told = {name: known[name] for name in self.fields if known.get(name) is not None}
        id = answer.get("id") or next(reversed(call.path.values()), None)
        return {"id": id} | (told if self.under == "flat" else {self.under: told} if self.under else {})


def _titled(value: Object) -> Object:
    """With its name as events of projects and groups call it."""
    return {"title": value.get("name"), "group_name": value.get("name")} | value


_LIMITS = (
    *("batch_1_day_max_input_tokens", "max_audio_megabytes_per_1_minute", "max_images_per_1_minute"),
    *("max_requests_per_1_day", "max_requests_per_1_minute", "max_tokens_per_1_minute"),
)
_PROJECT = "/organization/projects/{project_id}"
_ACCOUNT = f"{_PROJECT}/service_accounts/{{service_account_id}}"
_PROVIDER = "/organization/workload_identity_providers/{workload_identity_provider_id}"
_RULE = f"{_PROVIDER}/federation_rules/{{workload_identity_federation_rule_id}}"

EVENTS: dict[str, Event] = {
    "POST /organization/admin_api_keys": Event("api_key.created", "data", ("scopes",)),
    "DELETE /organization/admin_api_keys/{key_id}": Event("api_key.deleted"),
    f"POST {_PROJECT}/api_keys/{{api_key_id}}": Event(
        "api_key.updated", "changes_requested", ("scopes", "expires_in_seconds")
    ),
    f"DELETE {_PROJECT}/api_keys/{{api_key_id}}": Event("api_key.deleted"),
    f"POST {_ACCOUNT}/api_keys": Event("api_key.created", "data", ("scopes",)),
    "POST /organization/certificates": Event("certificate.created", "flat", ("name",)),
    "POST /organization/certificates/{certificate_id}": Event("certificate.updated", "flat", ("name",)),
    "DELETE /organization/certificates/{certificate_id}": Event("certificate.deleted"),
    **{
        f"POST {owner}/certificates/{verb}": Event(f"certificates.{verb}d")
        for owner in ("/organization", _PROJECT)
        for verb in ("activate", "deactivate")
    },
    "POST /organization/external_keys": Event("external_key.registered", "data", ("type", "name", "purpose")),
    "DELETE /organization/external_keys/{external_key_id}": Event("external_key.removed"),
    "POST /organization/external_storage": Event("external_storage.registered", "data", ("geography", "provider")),
    "DELETE /organization/external_storage/{external_storage_id}": Event("external_storage.removed"),
    "POST /organization/groups": Event("group.created", "data", ("group_name",)),
    "POST /organization/groups/{group_id}": Event("group.updated", "changes_requested", ("group_name",)),
    "DELETE /organization/groups/{group_id}": Event("group.deleted"),
    "POST /organization/invites": Event("invite.sent", "data", ("email", "role")),
    "DELETE /organization/invites/{invite_id}": Event("invite.deleted"),
    "POST /organization/projects": Event("project.created", "data", ("name", "title")),
    f"POST {_PROJECT}": Event("project.updated", "changes_requested", ("title",)),
    f"POST {_PROJECT}/archive": Event("project.archived"),
    f"POST {_PROJECT}/rate_limits/{{rate_limit_id}}": Event("rate_limit.updated", "changes_requested", _LIMITS),
    f"POST {_PROJECT}/service_accounts": Event("service_account.created", "data", ("role",)),
    f"POST {_ACCOUNT}": Event("service_account.updated", "changes_requested", ("role",)),
    f"DELETE {_ACCOUNT}": Event("service_account.deleted"),
    f"POST {_PROJECT}/users": Event("user.added", "data", ("role",)),
    **{
        f"POST {owner}/users/{{user_id}}": Event("user.updated", "changes_requested", ("role",))
        for owner in ("/organization", _PROJECT)
    },
    **{f"DELETE {owner}/users/{{user_id}}": Event("user.deleted") for owner in ("/organization", _PROJECT)},
    **{
        f"{method} {owner}/roles{place}": event
        for owner in ("/organization", "/projects/{project_id}")
        for method, place, event in (
            ("POST", "", Event("role.created", "flat", ("role_name", "permissions", "resource_type"))),
            ("POST", "/{role_id}", Event("role.updated", "changes_requested", ("role_name", "description"))),
            ("DELETE", "/{role_id}", Event("role.deleted")),
        )
    },
    **{
        f"{method} {owner}/{kind}s/{{{kind}_id}}/roles{place}": Event(
            f"role.assignment.{done}", "flat", ("principal_id", "principal_type", "resource_id", "resource_type")
        )
        for owner in ("/organization", "/projects/{project_id}")
        for kind in ("user", "group")
        for method, place, done in (("POST", "", "created"), ("DELETE", "/{role_id}", "deleted"))
    },
    "POST /organization/workload_identity_providers": Event("workload_identity_provider.created", "data", ("name",)),
    f"POST {_PROVIDER}": Event("workload_identity_provider.updated", "changes_requested", ("name", "enabled")),
    f"DELETE {_PROVIDER}": Event("workload_identity_provider.deleted"),
    f"POST {_PROVIDER}/federation_rules": Event(
        "workload_identity_provider_mapping.created", "data", ("project_id", "service_account_id")
    ),
    f"POST {_RULE}": Event("workload_identity_provider_mapping.updated", "changes_requested", ("name", "enabled")),
    f"DELETE {_RULE}": Event("workload_identity_provider_mapping.deleted"),
}


def record(call: Call, answer: Object) -> None:
    """Write down what a request has done."""
    event = EVENTS.get(str(call.operation))
    if event is None:
        return
    project = call.world.drawer(access.PROJECTS).get(call.path.get("project_id", ""))
    told = _assignment(call, answer) if event.type.startswith("role.assignment.") else answer
    key = call.holder.key if call.holder else ""
    write(call.world, call.names, event.type, event.details(call, told), project=project, key=key)


def write(
    world: World, names: Names, type: str, details: Object, *, project: Object | None = None, key: str = ""
) -> None:
    """Add an entry. The owner did it, with this admin key or with the one that no list shows."""
    actor = {"id": access.owner_id(world), "email": founding.OWNER["email"]}
    by = {"id": key or world.names("owner key").new("key_"), "type": "user", "user": actor}
    entry = {
        "id": names.new(logs.prefix),
        "type": type,
        "effective_at": int(world.clock.now),
        **({"project": {"id": project["id"], "name": project["name"]}} if project else {}),
        "actor": {"type": "api_key", "api_key": by},
        type: details,
    }
    world.drawer(logs.collection).put(entry)


@routes.on("GET /organization/audit_logs")
def list_logs(call: Call) -> Reply:
    return Reply(page(call, logs.drawer(call), logs, lambda entry: _wanted(call, entry)))


def _wanted(call: Call, entry: Object) -> bool:
    key, query = entry["actor"]["api_key"], call.query
    found: dict[str, set[Json]] = {
        "event_types": {entry["type"]},
        "actor_ids": {key["id"], key["user"]["id"]},
        "actor_emails": {key["user"]["email"]},
        "project_ids": {entry.get("project", {}).get("id")},
        "resource_ids": {entry[entry["type"]].get("id")},
    }
    if query.get("tenant_only"):
        return False
    if any(query.get(name) and not found[name].intersection(query[name]) for name in found):
        return False
    span = query.get("effective_at") or {}
    return all(_COMPARED[name](entry["effective_at"], bound) for name, bound in span.items())


_COMPARED: dict[str, Callable[[int, int], bool]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}


def _assignment(call: Call, answer: Object) -> Object:
    """An answer about who has a role, as events tell it."""
    kind = "user" if "user_id" in call.path else "group"
    project, principal = call.path.get("project_id"), call.path[f"{kind}_id"]
    role = call.path.get("role_id") or answer["role"]["id"]
    return {
        "id": f"role_assignment_{role}_{principal}",
        "principal_id": principal,
        "principal_type": kind,
        "resource_id": project or access.organization_id(call.world),
        "resource_type": "api.project" if project else "api.organization",
    }
