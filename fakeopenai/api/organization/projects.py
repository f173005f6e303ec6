"""Projects and their settings: permissions, service tiers, data retention, rate limits."""

from __future__ import annotations

from msgspec import UNSET

from fakeopenai import access, errors
from fakeopenai.allowances import Allowance, Scope
from fakeopenai.api.organization import founding
from fakeopenai.resource import Resource, Routes, asked, page
from fakeopenai.wire import Call, Object, Reply

routes = Routes()

projects = Resource(
    "/organization/projects/{project_id}",
    object="organization.project",
    prefix="proj_",
    order="asc",
    missing="No project found with id '{id}'.",
)
routes |= {
    "GET /organization/projects/{project_id}": projects.retrieve,
    "POST /organization/projects/{project_id}": projects.update,
}


@routes.on("POST /organization/projects")
def create(call: Call) -> Reply:
    project = founding.blank_project(call.names.new("proj_"), "", int(call.world.clock.now)) | asked(call, {})
    project["residency"] = project["residency"] or "GLOBAL"
    founding.add_project(call.world, project)
    return Reply(project)


@routes.on("GET /organization/projects")
def list_projects(call: Call) -> Reply:
    everything = call.query.get("include_archived")
    return Reply(page(call, projects.drawer(call), projects, lambda item: everything or item["status"] != "archived"))


@routes.on("POST /organization/projects/{project_id}")
def update(call: Call) -> Reply:
    if projects.find(call)["status"] == "archived":
        raise errors.invalid("This project has been archived.")
    return projects.update(call)


@routes.on("POST /organization/projects/{project_id}/archive")
def archive(call: Call) -> Reply:
    project = projects.find(call)
    if project["id"] == access.default_project(call.world):
        raise errors.invalid("The default project cannot be archived.")
    if project["status"] != "archived":
        project |= {"status": "archived", "archived_at": int(call.world.clock.now)}
        projects.drawer(call).put(project)
    return Reply(project)


routes.singleton(
    "/organization/projects/{project_id}/model_permissions",
    parent=projects,
    defaults={"mode": "deny_list", "model_ids": [], "object": "project.model_permissions"},
)
routes.singleton(
    "/organization/projects/{project_id}/hosted_tool_permissions",
    parent=projects,
    defaults={
        tool: {"enabled": True} for tool in ("code_interpreter", "file_search", "image_generation", "mcp", "web_search")
    },
)
routes.singleton(
    "/organization/projects/{project_id}/service_tier_settings",
    parent=projects,
    defaults={"default": "standard", "enabled_tiers": "all", "object": "project.service_tier_settings"},
)
routes.singleton(
    "/organization/projects/{project_id}/data_retention",
    parent=projects,
    renamed={"retention_type": "type"},
    defaults={"object": "project.data_retention", "type": "organization_default"},
)
routes.singleton(
    "/organization/data_retention",
    renamed={"retention_type": "type"},
    defaults={"object": "organization.data_retention", "type": "modified_abuse_monitoring"},
)

limits = routes.resource(
    "/organization/projects/{project_id}/rate_limits/{rate_limit_id}",
    object="rate limit",
    parent=projects,
    order="asc",
)


@routes.on("POST /organization/projects/{project_id}/rate_limits/{rate_limit_id}")
def update_limit(call: Call) -> Reply:
    """Set a rate limit. From now on the project's keys are held to it."""
    limit = limits.find(call) | asked(call, {})
    limits.drawer(call).put(limit)
    _enforce(call, limit)
    return Reply(limit)


def _enforce(call: Call, limit: Object) -> None:
    scope = Scope(call.path["project_id"], limit["model"])
    call.world.allowances[scope] = Allowance(
        requests_per_minute=limit["max_requests_per_1_minute"],
        tokens_per_minute=limit["max_tokens_per_1_minute"],
        requests_per_day=limit["max_requests_per_1_day"] or UNSET,
    )
    call.world.levels.pop(scope, None)
