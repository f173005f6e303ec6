"""Environments: where agents work, the templates they are made from, and the files in them."""

from __future__ import annotations

from base64 import b64decode

from fakeopenai.api import agent_events
from fakeopenai.clock import Course, Stage
from fakeopenai.errors import ApiError, invalid
from fakeopenai.filing import content_of
from fakeopenai.resource import Resource, Routes, page
from fakeopenai.wire import Call, Object, Reply
from fakeopenai.world import World

routes = Routes()

templates = routes.resource(
    "/agents/environments/templates/{environment_template_id}",
    object="agent.environment.template",
    prefix="envtmpl_",
    shape="EnvironmentTemplate",
)
environments = routes.resource(
    "/agents/environments/{environment_id}",
    object="agent.environment",
    prefix="env_",
    created="",
    filters=("type",),
    shape="EnvironmentInfo",
    course="environment",
)
files = Resource("/agents/environments/{environment_id}/files/{path}", parent=environments, shape="EnvironmentFile")

WORKSPACE = "/workspace/"
IDLE = 20 * 60
"""Seconds after which an idle environment is suspended."""
KEPT = 30 * 86_400
"""Seconds after which a suspended one expires."""


@routes.on("POST /agents/environments/templates")
def create_template(call: Call) -> Reply:
    item = templates.add(call, **_template(call.body), updated_at=int(call.world.clock.now))
    return Reply(templates.seen(call, item))


@routes.on("POST /agents/environments/templates/{environment_template_id}")
def update_template(call: Call) -> Reply:
    item = templates.find(call) | call.body | _template(call.body) | {"updated_at": int(call.world.clock.now)}
    templates.drawer(call).put(item)
    return Reply(templates.seen(call, item))


def _template(body: Object) -> Object:
    """The files of a template with their sizes."""
    if "files" not in body:
        return {}
    return {"files": [measured(file) for file in body["files"] or ()]}


def measured(file: Object) -> Object:
    """A file that comes with its contents, and their size."""
    return file if file["type"] == "file_id" else file | {"size_bytes": len(_decoded(file["data"]))}


@routes.on("POST /agents/environments")
def create(call: Call) -> Reply:
    return Reply(environments.seen(call, provide(call, call.body["environment"])))


def attach(call: Call, given: Object) -> Object:
    """The environment that a session asks for: one there is already, or a new one."""
    if given["type"] == "none":
        return {"type": "none"}
    if id := given.get("environment_id"):
        item = call.world.drawer(environments.collection).get(id)
        if item is None:
            raise environments.not_found(id)
        return item
    return provide(call, given)


def provide(call: Call, given: Object) -> Object:
    """Make an environment. A hosted one takes a moment; one of the caller's own counts as connected."""
    id = call.names.new(environments.prefix)
    wanted = _from_template(call, given) | {name: value for name, value in given.items() if value is not None}
    hosted = given["type"] == "openai_hosted"
    item = wanted | {
        "id": id,
        "object": environments.object,
        "status": "pending" if hosted else "connected",
        "files": [_installed(call, id, file) for file in wanted.get("files") or ()],
        "skills": [_skill(call, skill) for skill in wanted.get("skills") or ()],
        "network": {"access": "enabled", "allowed_domains": []} | (wanted.get("network") or {}),
    }
    if not hosted:
        item["remote_url"] = f"wss://api.openai.com/v1/agents/environments/{id}/connect"
    call.world.drawer(environments.collection).put(item)
    if hosted:
        call.world.clock.begin("environment", environments.collection, item)
    return item


def _from_template(call: Call, given: Object) -> Object:
    id = given.get("environment_template_id")
    if not id:
        return {}
    template = call.world.drawer(templates.collection).get(id)
    if template is None:
        raise templates.not_found(id)
    return {name: value for name, value in template.items() if value is not None and name not in {"created_at", "name"}}


def _skill(call: Call, given: Object) -> Object:
    if given["type"] != "skill_reference":
        return given
    skill = call.world.drawer("/skills").get(given["skill_id"])
    if skill is None:
        raise ApiError(404, f"Skill '{given['skill_id']}' not found.")
    version = given.get("version") or skill.get("default_version") or "1"
    return given | {"name": skill["name"], "description": skill["description"], "version": version}


@routes.on("GET /agents/environments/{environment_id}/files")
def list_files(call: Call) -> Reply:
    below = (call.query.get("path") or WORKSPACE).rstrip("/") + "/"
    return Reply(page(call, files.drawer(call), files, lambda item: item["path"].startswith(below)))


@routes.on("POST /agents/environments/{environment_id}/files")
def add_file(call: Call) -> Reply:
    environment = environments.find(call)
    installed = _installed(call, environment["id"], call.body)
    environment["files"] = [file for file in environment["files"] if file["path"] != installed["path"]] + [installed]
    environments.drawer(call).put(environment)
    return Reply(files.seen(call, files.drawer(call).get(installed["path"]) or {}))


def _installed(call: Call, environment_id: str, given: Object) -> Object:
    """Write a file into an environment; what the environment says of it."""
    path = given["path"]
    if not path.startswith(WORKSPACE) or path.endswith("/") or ".." in path.split("/"):
        raise invalid("File paths must be absolute and below /workspace.", "path", "invalid_value")
    content = _content(call, given)
    write(call.world, environment_id, path, content)
    shown = {name: value for name, value in given.items() if name != "data"}
    return shown | {"id": call.names.new("envfile_"), "size_bytes": len(content)}


def _content(call: Call, given: Object) -> bytes:
    return _decoded(given["data"]) if given["type"] == "inline" else content_of(call.world, given["file_id"])


def _decoded(data: str) -> bytes:
    try:
        return b64decode(data, validate=True)
    except ValueError:
        raise invalid("Invalid base64 data.", "data", "invalid_value") from None


def write(world: World, environment_id: str, path: str, content: bytes) -> None:
    """Put a file into an environment. Files are kept in the order of their paths."""
    drawer = world.drawer(f"{environments.collection}/{environment_id}/files")
    file = {"environment_id": environment_id, "object": "agent.environment.file", "path": path}
    kept = {item["path"]: item for item in drawer} | {path: file | {"id": path, "size_bytes": len(content)}}
    for item in sorted(kept.values(), key=lambda item: item["path"].split("/")):
        drawer.delete(item["id"])
        drawer.put(item)


def _ready(world: World, environment: Object) -> None:
    announce(world, environment)
    world.clock.begin("environment.rest", environments.collection, environment)


def announce(world: World, environment: Object, error: Object | None = None) -> None:
    """Tell the session of an environment how it is."""
    if session_id := environment.get("session_id"):
        state = {"id": environment["id"], "error": error, "status": environment["status"], "type": environment["type"]}
        agent_events.log(world, session_id, f"agent.session.environment.{state['status']}", environment=state)


def lend(world: World, environment: Object, session_id: str) -> None:
    """An environment is a session's from now on."""
    if environment["type"] == "none":
        return
    environment["session_id"] = session_id
    world.drawer(environments.collection).put(environment)
    announce(world, environment)


def wake(world: World, id: str) -> None:
    """An environment is used: it is awake, and its rest begins anew."""
    drawer = world.drawer(environments.collection)
    environment = drawer.get(id)
    if environment is None or environment["type"] != "openai_hosted":
        return
    if environment["status"] in {"suspended", "expired"}:
        environment["status"] = "ready"
        drawer.put(environment)
        _ready(world, environment)
    elif environment["status"] == "ready":
        world.clock.begin("environment.rest", environments.collection, environment)


def _fail(world: World, environment: Object, error: ApiError) -> None:
    environment["status"] = "failed"
    told = {"code": error.code or "server_error", "message": error.message}
    announce(world, environment, told | {"type": "server_error"})


routes.courses += [
    Course("environment", [Stage("ready", after=1.0, enter=_ready)], fail=_fail),
    Course(
        "environment.rest",
        [Stage("suspended", after=IDLE, enter=announce), Stage("expired", after=KEPT, enter=announce)],
        awaited=False,
    ),
]
