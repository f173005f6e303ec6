"""What every organization has from the start: its owner, a default project, and the predefined roles."""

from __future__ import annotations

from fakeopenai import access, models
from fakeopenai.clock import EPOCH
from fakeopenai.wire import Object
from fakeopenai.world import World

OWNER = {"email": "owner@example.com", "name": "Owner"}
PERMISSIONS = {
    "owner": ["api.management.read", "api.management.write"],
    "reader": ["api.management.read"],
    "member": ["api.model.request", "api.organization.projects.api_keys.read"],
    "viewer": ["api.organization.projects.api_keys.read"],
}
"""What the predefined roles may do."""


def found(world: World) -> None:
    """Fill a world's organization when it is first administered."""
    if len(world.drawer(access.PROJECTS)):
        return
    add_roles(world, "/organization/roles", "organization", access.organization_id(world), ("owner", "reader"))
    add_project(world, blank_project(access.default_project(world), "Default project", int(EPOCH)))
    join(world, {"id": access.owner_id(world), **OWNER}, "owner", int(EPOCH))


def blank_project(id: str, name: str, created_at: int) -> Object:
    return {
        "id": id,
        "object": "organization.project",
        "name": name,
        "created_at": created_at,
        "archived_at": None,
        "status": "active",
        "external_key_id": None,
        "residency": "GLOBAL",
    }


def add_project(world: World, project: Object) -> None:
    """Keep a new project, with its roles, its owner and its rate limits."""
    id = project["id"]
    world.drawer(access.PROJECTS).put(project)
    add_roles(world, f"/projects/{id}/roles", "project", id, ("owner", "member", "viewer"))
    belong(world, id, access.owner_id(world), "owner", project["created_at"])
    limits = world.drawer(f"{access.PROJECTS}/{id}/rate_limits")
    for limit in default_limits():
        limits.put(limit)


def add_roles(world: World, drawer: str, kind: str, owner: str, names: tuple[str, ...]) -> None:
    for name in names:
        world.drawer(drawer).put(
            {
                "id": predefined(kind, name, owner),
                "description": f"Predefined {kind} role: {name}",
                "name": name,
                "object": "role",
                "permissions": PERMISSIONS[name],
                "predefined_role": True,
                "resource_type": f"api.{kind}",
            }
        )


def predefined(kind: str, name: str, owner: str) -> str:
    """The id of a predefined role of the organization or of a project."""
    return f"role-api-{kind}-{name}__api-{kind}__{owner}"


def join(world: World, person: Object, role: str, now: int) -> None:
    """Make somebody, with `id`, `email` and `name`, a user of the organization."""
    id = person["id"]
    world.drawer("/organization/users").put(
        {
            **person,
            "object": "organization.user",
            "added_at": now,
            "created": now,
            "role": role,
            "is_default": id == access.owner_id(world),
            "is_service_account": False,
            "is_scim_managed": False,
            "is_scale_tier_authorized_purchaser": False,
            "api_key_last_used_at": None,
            "developer_persona": None,
            "technical_level": None,
            "user": {**person, "object": "user", "enabled": True, "banned": False, "banned_at": None, "picture": None},
        }
    )
    assign(world, id, role, now)


def belong(world: World, project: str, user: str, role: str, now: int) -> None:
    """Make a user a member of a project."""
    member = {"id": user, "object": "organization.project.user", "role": role, "added_at": now}
    world.drawer(f"{access.PROJECTS}/{project}/users").put(member)
    assign(world, user, role, now, project)


def assign(world: World, user: str, role: str, now: int, project: str = "") -> None:
    """Give a user a predefined role of the organization or of a project, in place of the one they had."""
    owner = f"/projects/{project}" if project else "/organization"
    kind = "project" if project else "organization"
    roles = world.drawer(f"{owner}/users/{user}/roles")
    for id in [id for id in roles.ids() if id.startswith(f"role-api-{kind}-")]:
        roles.delete(id)
    roles.put({"id": predefined(kind, role, project or access.organization_id(world)), "created_at": now})


def default_limits() -> list[Object]:
    """A project's rate limits as they are until it sets others, one for each model family."""
    families = [model for model in models.catalogue() if not model.legacy and access.family(model.id) == model.id]
    return [
        {
            "id": f"rl-{model.id}",
            "max_requests_per_1_minute": model.requests_per_minute,
            "max_tokens_per_1_minute": model.tokens_per_minute,
            "model": model.id,
            "object": "project.rate_limit",
            "batch_1_day_max_input_tokens": None,
            "max_audio_megabytes_per_1_minute": None,
            "max_images_per_1_minute": None,
            "max_requests_per_1_day": None,
        }
        for model in families
    ]
