"""Spend alerts and spend limits, of the organization and of its projects."""

from __future__ import annotations

from fakeopenai.access import overspent
from fakeopenai.api.organization.projects import projects
from fakeopenai.resource import Resource, Routes
from fakeopenai.wire import Call, Object

routes = Routes()


def _enforced(call: Call, limit: Object) -> Object:
    """A spend limit, with whether this month's costs have reached it."""
    reached = overspent(call.world, call.path.get("project_id", ""))
    return limit | {"enforcement": {"status": "enforcing" if reached else "inactive"}}


def _declare(owner: str, parent: Resource | None, kind: str) -> None:
    routes.resource(
        f"{owner}/spend_alerts/{{alert_id}}",
        object=f"{kind}.spend_alert",
        prefix="alert_",
        created="",
        parent=parent,
        missing="No spend alert found with id '{id}'.",
    )
    routes.singleton(f"{owner}/spend_limit", parent=parent, view=_enforced, missing="No spend limit is set.")


_declare("/organization", None, "organization")
_declare("/organization/projects/{project_id}", projects, "project")
