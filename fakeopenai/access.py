"""Who may do what: keys and projects that a world made through its admin API, and what they are held to.

Any other key acts for the organization's owner, in its default project, and is held to nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fakeopenai import errors, faults, models, prices
from fakeopenai.errors import ApiError
from fakeopenai.ids import Names
from fakeopenai.keys import MARK, maker

if TYPE_CHECKING:
    from fakeopenai.wire import Call, Object, Reply
    from fakeopenai.world import World

PROJECTS = "/organization/projects"
MINTED = "/organization/minted"
"""The drawer that says, for each secret, which drawer its key is in and under which id."""

SECRETS = "/realtime/client_secrets"
"""The drawer of client secrets."""

CALLING = frozenset({"/realtime/calls", "/realtime/translations/calls"})
"""What client secrets are for."""

_DATED = re.compile(r"-(20\d\d-\d\d-\d\d|\d{4})$")


@dataclass(slots=True)
class Holder:
    """Whom a request acts for, by ids. `headers` are what its answer says of it, `rates` what is left of its limits."""

    project: str = ""
    user: str = ""
    key: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    rates: dict[str, str] = field(default_factory=dict)


def organization_id(world: World) -> str:
    return f"org-{Names(world.seed, 0).b62(24, 'org-')}"


def owner_id(world: World) -> str:
    return f"user-{Names(world.seed, 0).b62(24, 'user-')}"


def default_project(world: World) -> str:
    """The project that all answers name unless a key belongs to another."""
    return Names(world.seed, 0).new("proj_")


def admit(call: Call) -> Holder | None:
    """Whom the key of a request acts for, where that matters. Refuses deleted keys and archived projects."""
    if MARK in call.request.key and maker(call.request.key):
        if call.request.key.startswith("ek_"):
            return _visitor(call)
        holder = _keyholder(call)
        _check_match(call, holder)
        if not (holder.project or call.operation.admin):
            raise faults.missing_scopes(call)
    elif "openai-project" in call.request.headers:
        holder = Holder(call.request.headers["openai-project"])
    else:
        return Holder() if call.world.limits else None
    project = call.world.drawer(PROJECTS).get(holder.project)
    if project is None:
        return holder if holder.key else Holder()
    if project["status"] == "archived":
        raise _archived()
    holder.headers["openai-project"] = holder.project
    return holder


def check(call: Call) -> None:
    """Refuse what the holder's project may not do: use this model, or spend more."""
    project = call.holder.project if call.holder else ""
    if not project or call.operation.admin:
        return
    model = call.body.get("model") if isinstance(call.body, dict) else None
    if not isinstance(model, str):
        return
    if not permitted(call.world, project, model):
        raise _forbidden(project, model)
    if overspent(call.world, project) or overspent(call.world):
        raise faults.insufficient_quota(call)


def sign(holder: Holder, reply: Reply) -> None:
    """Let an answer name the project, and what is left of its rate limits where it tells of those at all."""
    if not reply.gateway:
        reply.headers |= holder.headers
    if reply.status != 429:
        reply.headers |= {name: value for name, value in holder.rates.items() if name in reply.headers}


def overspent(world: World, project: str = "") -> bool:
    """Whether a project, or the whole organization, has spent what it may in a month."""
    limit = world.drawer(f"{PROJECTS}/{project}/spend_limit" if project else "/organization/spend_limit").get("set")
    if limit is None:
        return False
    cents: int = limit["threshold_amount"]
    return spent(world, project) * 100 >= cents


def spent(world: World, project: str = "") -> float:
    """What a project, or the whole organization, has spent this month, in dollars."""
    names = {project, "" if project == default_project(world) else project} if project else ()
    return prices.this_month(world, *names)


def permitted(world: World, project: str, model: str) -> bool:
    """Whether a project's model permissions let it use a model."""
    permissions = world.drawer(f"{PROJECTS}/{project}/model_permissions").get("set")
    if permissions is None:
        return True
    allows: bool = permissions["mode"] == "allow_list"
    return _named(model, permissions["model_ids"]) == allows


def family(model: str) -> str:
    """The name that stands for a model and all its dated snapshots."""
    name = _DATED.sub("", model)
    return name if models.find(name) else model


def _named(model: str, ids: list[str]) -> bool:
    """An alias names its snapshots too; a snapshot names only itself."""
    return model in ids or family(model) in ids


def session_of(world: World, secret: str) -> Object | None:
    """The session that a client secret may open, as long as the secret counts."""
    found = world.drawer(SECRETS).get(secret)
    return found["session"] if found and found["status"] == "active" else None


def _visitor(call: Call) -> Holder | None:
    """A browser with a client secret: as long as that counts, it may call a model, and nothing else."""
    if session_of(call.world, call.request.key) is None:
        raise errors.incorrect_key(call.request.key, call.operation.path)
    if call.operation.path not in CALLING:
        raise faults.missing_scopes(call)
    return Holder() if call.world.limits else None


def _keyholder(call: Call) -> Holder:
    place = call.world.drawer(MINTED).get(call.request.key)
    drawer = call.world.drawer(place["drawer"]) if place else None
    item = drawer.get(place["id"]) if drawer and place else None
    now = int(call.world.clock.now)
    if not drawer or not item or (item.get("expires_at") or now + 1) <= now:
        raise errors.incorrect_key(call.request.key, call.operation.path)
    if item["last_used_at"] != now:
        drawer.put(item | {"last_used_at": now})
    return Holder(_project_of(drawer.path), _owner_of(item), item["id"])


def _project_of(drawer: str) -> str:
    """The project whose keys a drawer holds; admin keys belong to none."""
    return drawer.split("/")[3] if drawer.startswith(f"{PROJECTS}/") else ""


def _owner_of(item: Object) -> str:
    owner = item["owner"]
    who = owner.get(owner["type"], owner)
    return str(who["id"])


def _check_match(call: Call, holder: Holder) -> None:
    """The headers may name nobody but those whom a key belongs to (wordings of public reports)."""
    headers = call.request.headers
    for name, own in (("Organization", organization_id(call.world)), ("Project", holder.project)):
        if own and headers.get(f"openai-{name.lower()}", own) != own:
            message = f"OpenAI-{name} header should match {name.lower()} for API key"
            raise ApiError(401, message, code=f"mismatched_{name.lower()}")


def _archived() -> ApiError:
    message = "The project you are requesting has been archived and is no longer accessible"
    return ApiError(401, message, code="not_authorized_invalid_project")


def _forbidden(project: str, model: str) -> ApiError:
    message = f"Project `{project}` does not have access to model `{model}`"
    return ApiError(403, message, code="model_not_found", gateway=True)
