"""Roles of the organization and of its projects, and who has them."""

from __future__ import annotations

from typing import Any

from fakeopenai import errors
from fakeopenai.api.organization.people import groups, project_groups, project_users, users
from fakeopenai.api.organization.projects import projects
from fakeopenai.resource import Resource, Routes, View
from fakeopenai.wire import Call, Object, Reply

routes = Routes()

ROLE: dict[str, Any] = {
    "object": "role",
    "prefix": "role_",
    "created": "",
    "order": "asc",
    "renamed": {"role_name": "name"},
    "missing": "No role found with id '{id}'.",
}


def _custom(role: str, roles: Resource) -> None:
    """Custom roles can be changed and deleted; predefined ones stay as they are."""

    @routes.on(f"POST {role}", f"DELETE {role}")
    def change(call: Call) -> Reply:
        if roles.find(call)["predefined_role"]:
            raise errors.invalid("Predefined roles cannot be changed or deleted.")
        return roles.update(call) if call.operation.method == "POST" else roles.delete(call)


organization_roles = routes.resource(
    "/organization/roles/{role_id}", defaults={"resource_type": "api.organization", "description": None}, **ROLE
)
project_roles = routes.resource(
    "/projects/{project_id}/roles/{role_id}",
    defaults={"resource_type": "api.project", "description": None},
    parent=projects,
    **ROLE,
)
_custom(organization_roles.path, organization_roles)
_custom(project_roles.path, project_roles)


def _assigned(kind: str) -> View:
    """A role as it is listed for the one who has it."""

    def view(call: Call, role: Object) -> Object:
        source = {"principal_id": call.path[f"{kind}_id"], "principal_type": kind}
        shown = {name: value for name, value in role.items() if name != "object"}
        blank: Object = {"created_by": None, "created_by_user_obj": None, "metadata": {}, "updated_at": None}
        return shown | blank | {"assignment_sources": [source]}

    return view


def _to_user(call: Call, role: Object) -> Object:
    user = users.seen(call, users.find(call, call.path["user_id"]))
    return {"object": "user.role", "role": _plain(role), "user": user}


def _to_group(call: Call, role: Object) -> Object:
    group = groups.find(call, call.path["group_id"])
    shown = {name: group[name] for name in ("id", "created_at", "name")}
    shown |= {"object": "group", "scim_managed": group["is_scim_managed"]}
    return {"group": shown, "object": "group.role", "role": _plain(role)}


def _plain(role: Object) -> Object:
    return {name: value for name, value in role.items() if name != "created_at"}


for path, target, parent, kind, made in (
    ("/organization/users/{user_id}/roles/{role_id}", organization_roles, users, "user", _to_user),
    ("/organization/groups/{group_id}/roles/{role_id}", organization_roles, groups, "group", _to_group),
    ("/projects/{project_id}/users/{user_id}/roles/{role_id}", project_roles, project_users, "user", _to_user),
    ("/projects/{project_id}/groups/{group_id}/roles/{role_id}", project_roles, project_groups, "group", _to_group),
):
    routes.relation(
        path,
        target=target,
        field="role_id",
        parent=parent,
        view=_assigned(kind),
        made=made,
        deleted=f"{kind}.role.deleted",
        missing="No role found with id '{id}' for this " + f"{kind}.",
    )
