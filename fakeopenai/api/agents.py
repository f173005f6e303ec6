"""Agents: saved configurations that sessions run."""

from __future__ import annotations

from fakeopenai import errors
from fakeopenai.models import Model
from fakeopenai.resource import Routes
from fakeopenai.wire import Call, Json, Object, Reply
from fakeopenai.world import World

routes = Routes()

agents = routes.resource("/agents/{agent_id}", object="agent", prefix="agent_", shape="Agent")

DEFAULTS: Object = {
    "instructions": None,
    "model": "",
    "multi_agent": {"enabled": False, "max_concurrent_subagents": None},
    "name": None,
    "metadata": {},
    "reasoning": {"effort": None, "summary": None},
    "service_tier": "auto",
    "text": {"format": {"type": "text"}, "verbosity": "medium"},
    "tools": [],
    "compaction": {"async": False},
    "experimental": {"time_awareness": False},
}

TOOLS: dict[str, Object] = {
    "web_search": {"context_size": "medium", "mode": "live"},
    "programmatic_tool_calling": {"enabled": True},
}


@routes.on("POST /agents")
def create(call: Call) -> Reply:
    model_of(call.world, call.body["model"])
    now = int(call.world.clock.now)
    item = agents.add(call, **configured(call.body), updated_at=now)
    return Reply(agents.seen(call, item))


@routes.on("POST /agents/{agent_id}")
def update(call: Call) -> Reply:
    item = agents.find(call)
    if "model" in call.body:
        model_of(call.world, call.body["model"])
    item |= configured(call.body, item) | {"updated_at": int(call.world.clock.now)}
    agents.drawer(call).put(item)
    return Reply(agents.seen(call, item))


def configured(changes: Object, current: Object = DEFAULTS) -> Object:
    """A configuration with changes laid over it; null goes back to the default."""
    known = {name: current.get(name, default) for name, default in DEFAULTS.items()}
    return known | {name: _setting(name, value, known) for name, value in changes.items() if name in DEFAULTS}


def _setting(name: str, value: Json, current: Object) -> Json:
    match name, value:
        case _, None:
            return DEFAULTS[name]
        case "tools", _:
            return [TOOLS.get(tool["type"], {}) | _given(tool) for tool in value]
        case "experimental", _:
            return current[name] | value
        case "metadata", _:
            return value
        case _, dict():
            return DEFAULTS[name] | _given(value)
    return value


def _given(value: Object) -> Object:
    return {name: part for name, part in value.items() if part is not None}


def model_of(world: World, name: str) -> Model:
    """The model of that name, if it can be an agent."""
    model = world.model(name)
    if model is None or model.kind != "chat":
        raise errors.requested_model_not_found(name)
    return model
