"""Users, invites and groups, of the organization and of its projects."""

from __future__ import annotations

from fakeopenai import access, errors
from fakeopenai.api.organization import audit_logs, founding
from fakeopenai.api.organization.projects import projects
from fakeopenai.clock import Course, Stage
from fakeopenai.resource import Resource, Routes, page, remove
from fakeopenai.wire import Call, Object, Reply
from fakeopenai.world import World

routes = Routes()
DAY = 86_400


def _with_projects(call: Call, user: Object) -> Object:
    """A user as answers show it, with the projects it belongs to."""
    found = [_membership(call, project, user["id"]) for project in projects.drawer(call)]
    return user | {"projects": {"object": "list", "data": [member for member in found if member]}}


def _membership(call: Call, project: Object, user: str) -> Object | None:
    member = call.world.drawer(f"{access.PROJECTS}/{project['id']}/users").get(user)
    return {"id": project["id"], "name": project["name"], "role": member["role"]} if member else None


users = routes.resource(
    "/organization/users/{user_id}",
    object="organization.user",
    order="asc",
    view=_with_projects,
    missing="No user found with id '{id}'.",
)


@routes.on("GET /organization/users")
def list_users(call: Call) -> Reply:
    emails = call.query.get("emails")
    return Reply(page(call, users.drawer(call), users, lambda user: not emails or user["email"] in emails))


@routes.on("POST /organization/users/{user_id}")
def update_user(call: Call) -> Reply:
    user = users.find(call) | {name: value for name, value in call.body.items() if name != "role_id" and value}
    if user["role"] not in ("owner", "reader"):
        raise errors.invalid_value("role", user["role"], ["owner", "reader"])
    if user["role"] != "owner" and _owners(call) <= {user["id"]}:
        raise errors.invalid("The only owner of an organization must stay its owner.", "role")
    users.drawer(call).put(user)
    founding.assign(call.world, user["id"], user["role"], int(call.world.clock.now))
    return Reply(users.seen(call, user))


def _owners(call: Call) -> set[str]:
    return {user["id"] for user in users.drawer(call) if user["role"] == "owner"}


@routes.on("DELETE /organization/users/{user_id}")
def delete_user(call: Call) -> Reply:
    """Take a user out of the organization and out of all its projects; its owner stays."""
    user = users.find(call)
    if user["id"] == access.owner_id(call.world):
        raise errors.invalid("The owner of an organization cannot be removed.")
    for project in projects.drawer(call).ids():
        remove(call, call.world.drawer(f"{access.PROJECTS}/{project}/users"), user["id"])
    return users.delete(call)


def _joined(world: World, invite: Object) -> None:
    """The invited person accepts, and is a user from then on."""
    now = int(world.clock.now)
    id = world.names(invite["id"]).new("user-")
    name = invite["email"].partition("@")[0].title()
    founding.join(world, {"id": id, "email": invite["email"], "name": name}, invite["role"], now)
    for project in invite["projects"]:
        founding.belong(world, project["id"], id, project["role"], now)
    names = world.names(f"{invite['id']}/accepted")
    audit_logs.write(world, names, "invite.accepted", {"id": invite["id"]})
    audit_logs.write(world, names, "user.added", {"id": id, "data": {"role": invite["role"]}})


ACCEPTED = Stage("accepted", after=DAY, stamp="accepted_at", enter=_joined)
EXPIRED = Stage("expired", after=7 * DAY)
ANSWERED = Course("invite", [ACCEPTED], awaited=False, expire=EXPIRED)
UNANSWERED = Course("invite.unanswered", [EXPIRED], awaited=False, expire=EXPIRED)
"""Who doesn't reply doesn't accept either: `noreply@…` lets an invite expire."""
routes.courses += [ANSWERED, UNANSWERED]

invites = Resource(
    "/organization/invites/{invite_id}",
    object="organization.invite",
    prefix="invite-",
    order="asc",
    defaults={"status": "pending", "accepted_at": None, "projects": []},
    missing="No invite found with id '{id}'.",
)
routes |= {"GET /organization/invites": invites.list, "GET /organization/invites/{invite_id}": invites.retrieve}


@routes.on("POST /organization/invites")
def invite(call: Call) -> Reply:
    """Invite somebody: who is asked accepts a day later, by the world's clock; an invite lasts seven."""
    email = call.body["email"]
    if any(user["email"] == email for user in users.drawer(call)):
        raise errors.invalid(f"User with email '{email}' is already a member of this organization.", "email")
    for project in call.body.get("projects") or ():
        projects.find(call, project["id"])
    item = invites.fresh(call, expires_at=int(call.world.clock.now) + 7 * DAY)
    invites.drawer(call).put(item)
    course = UNANSWERED if email.startswith(("noreply@", "no-reply@")) else ANSWERED
    call.world.clock.begin(course.name, invites.collection, item)
    return Reply(item)


@routes.on("DELETE /organization/invites/{invite_id}")
def withdraw(call: Call) -> Reply:
    if invites.find(call)["status"] == "accepted":
        raise errors.invalid("An invite that was accepted cannot be deleted.")
    return invites.delete(call)


groups = routes.resource(
    "/organization/groups/{group_id}",
    prefix="group_",
    object="",
    deleted="group.deleted",
    order="asc",
    defaults={"group_type": "group", "is_scim_managed": False},
    missing="No group found with id '{id}'.",
)


def _person(call: Call, user: Object) -> Object:
    person = {"id": user["id"], "email": user["email"], "name": user["name"]}
    if call.operation.page:
        return person
    return person | {"is_service_account": False, "picture": None, "user_type": "user"}


def _member_of_group(call: Call, user: Object) -> Object:
    return {"group_id": call.path["group_id"], "object": "group.user", "user_id": user["id"]}


group_users = routes.relation(
    "/organization/groups/{group_id}/users/{user_id}",
    target=users,
    field="user_id",
    parent=groups,
    view=_person,
    made=_member_of_group,
    deleted="group.user.deleted",
    missing="No group member found with id '{id}'.",
)


def _project_group(call: Call, group: Object) -> Object:
    return {
        "created_at": group["created_at"],
        "group_id": group["id"],
        "group_name": group["name"],
        "group_type": group["group_type"],
        "object": "project.group",
        "project_id": call.path["project_id"],
    }


project_groups = routes.relation(
    "/organization/projects/{project_id}/groups/{group_id}",
    target=groups,
    field="group_id",
    parent=projects,
    view=_project_group,
    deleted="project.group.deleted",
    missing="No group found with id '{id}' in this project.",
)


def _project_user(_: Call, user: Object) -> Object:
    return {name: user[name] for name in ("id", "added_at", "object", "role", "email", "name")}


project_users = routes.relation(
    "/organization/projects/{project_id}/users/{user_id}",
    target=users,
    field="user_id",
    parent=projects,
    order="asc",
    view=_project_user,
    deleted="organization.project.user.deleted",
    missing="No user found with id '{id}' in this project.",
)


@routes.on("POST /organization/projects/{project_id}/users")
def add_to_project(call: Call) -> Reply:
    """Make a user of the organization, named by id or by email, a member of a project."""
    project, body = projects.find(call), call.body
    if not body.get("user_id") and not body.get("email"):
        raise errors.missing("user_id")
    named = (user["id"] for user in users.drawer(call) if user["email"] == body.get("email"))
    user = users.find(call, body.get("user_id") or next(named, body.get("email")))
    if user["id"] in project_users.drawer(call):
        raise errors.invalid(f"User '{user['id']}' is already a member of this project.", "user_id")
    return _enrolled(call, project, user)


@routes.on("POST /organization/projects/{project_id}/users/{user_id}")
def update_in_project(call: Call) -> Reply:
    member = project_users.find(call)
    if call.body.get("role") is None:
        return Reply(_project_user(call, member))
    return _enrolled(call, projects.find(call), member)


def _enrolled(call: Call, project: Object, user: Object) -> Reply:
    role = call.body["role"]
    if role not in ("owner", "member", "viewer"):
        raise errors.invalid_value("role", role, ["owner", "member", "viewer"])
    before = project_users.drawer(call).get(user["id"])
    added_at = before["added_at"] if before else int(call.world.clock.now)
    founding.belong(call.world, project["id"], user["id"], role, added_at)
    return Reply(_project_user(call, project_users.find(call, user["id"])))
