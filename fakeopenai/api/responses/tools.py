"""Tools of a response: what the model is offered, and how the response repeats what it was given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from fakeopenai import strict
from fakeopenai.models import Model, version
from fakeopenai.turn import Tool
from fakeopenai.wire import Json, Object

CALLED = {
    "computer_call": "computer",
    "local_shell_call": "local_shell",
    "shell_call": "shell",
    "apply_patch_call": "apply_patch",
}
"""Calls whose work the caller does, by the tool they call."""


def offered(body: Object, said: list[Object]) -> tuple[tuple[Tool, ...], str]:
    """The tools and which of them must be called: `auto`, `none`, `required` or a name.

    `said` are the items before and in the request, which may bring tools along.
    """
    known = {tool.name: tool for given in _declared(body, said) for tool in _offered(given)}
    tools = tuple(known.values())
    match body.get("tool_choice") or "auto":
        case {"type": "allowed_tools", "mode": mode, "tools": allowed}:
            names = {_name(tool) for tool in allowed}
            return tuple(tool for tool in tools if tool.name in names), mode
        case {"type": kind, **chosen}:
            return tools, str(chosen.get("server_label") or chosen.get("name") or kind)
        case mode:
            return tools, mode


def _declared(body: Object, said: list[Object]) -> Iterator[Object]:
    yield from body.get("tools") or ()
    for item in said:
        if item["type"] in BRINGING:
            yield from item["tools"]


def searches_itself(body: Object) -> bool:
    """Whether the caller looks for tools, and not the API."""
    given = body.get("tools") or ()
    return any(tool["type"] == "tool_search" and tool.get("execution") == "client" for tool in given)


def _name(tool: Json) -> str:
    return str(tool.get("server_label") or tool.get("name") or tool.get("type"))


def _offered(tool: Object) -> Iterator[Tool]:
    description = tool.get("description") or tool.get("server_description") or ""
    match tool["type"]:
        case "function":
            yield Tool(tool["name"], description, tool.get("parameters"), bool(tool.get("strict")))
        case "custom":
            yield Tool(tool["name"], description, kind="custom", settings=_format(tool.get("format")))
        case "namespace":
            for inner in tool["tools"]:
                yield from _offered(inner)
        case kind:
            yield Tool(_name(tool), description, kind=kind, settings=tool)


def _format(given: Json) -> Json:
    """A custom tool's format in the form of chat completions, so that it is the same tool there."""
    match given:
        case {"type": "grammar", "syntax": syntax, "definition": definition}:
            return {"type": "grammar", "grammar": {"syntax": syntax, "definition": definition}}
        case _:
            return given


def namespaces(body: Object, model: Model) -> dict[str, str]:
    """The namespace of every function that has one: those that the API had to search for are in their own."""
    searched = {} if searches_itself(body) else deferred(body)
    return {name: name for name in (*searched, *_alone(body, model))} | {
        inner["name"]: tool["name"]
        for tool in body.get("tools") or ()
        if tool["type"] == "namespace"
        for inner in tool["tools"]
    }


def deferred(body: Object) -> dict[str, Object]:
    """The functions that the model still has to search for, by name."""
    found = gained(body)
    return {
        _name(tool): tool
        for given in body.get("tools") or ()
        for tool in (given["tools"] if given["type"] == "namespace" else [given])
        if tool.get("defer_loading") and _name(tool) not in found
    }


def repeated(body: Object, model: Model) -> list[Object]:
    """All tools as the response repeats them: functions first, and last those that have namespaces of their own."""
    found, alone = gained(body), _alone(body, model)
    given = [tool for tool in body.get("tools") or () if tool.get("name") not in found]
    brought = [_loaded(tool) for name, tool in found.items() if name not in alone]
    ordered = sorted([*given, *brought], key=lambda tool: tool["type"] != "function")
    return [echoed(tool) for tool in (*ordered, *map(_namespaced, alone.values()))]


def gained(body: Object) -> dict[str, Object]:
    """The functions that items of the input bring along, which searches found or somebody added, by name."""
    return _functions(_bringing(body))


def _alone(body: Object, model: Model) -> dict[str, Object]:
    """Those with a namespace of their own: from gpt-5.6 on what the API has found, before all (23 of 23 recorded)."""
    if version(model) < (5, 6):
        return gained(body)
    return _functions(item for item in _bringing(body) if item.get("execution") == "server")


def _bringing(body: Object) -> Iterator[Object]:
    items = body.get("input")
    return (item for item in (items if isinstance(items, list) else ()) if item.get("type") in BRINGING)


def _functions(items: Iterable[Object]) -> dict[str, Object]:
    return {tool["name"]: tool for item in items for tool in item["tools"] if tool["type"] == "function"}


BRINGING = frozenset({"tool_search_output", "additional_tools"})


def _namespaced(tool: Object) -> Object:
    return {"type": "namespace", "name": tool["name"], "description": tool.get("description"), "tools": [_loaded(tool)]}


def _loaded(tool: Object) -> Object:
    return {name: value for name, value in tool.items() if name != "defer_loading"}


def echoed(tool: Object) -> Object:
    """A tool as the response repeats it: every setting of it, the defaults filled in, in the API's order."""
    given = {name: value for name, value in tool.items() if value is not None and (name, value) != ("description", "")}
    if "strict" in tool:
        given["strict"] = bool(tool["strict"])
    fill = FILLED.get(tool["type"])
    whole = fill(given) if fill else given
    return {"type": tool["type"]} | {name: whole[name] for name in sorted(whole) if name != "type"}


def _function(given: Object) -> Object:
    """A function is strict unless its caller says that it isn't, and its schema is made fit for that."""
    parameters = given.get("parameters")
    whole = {"description": None, "output_schema": None, "parameters": parameters, "strict": True} | given
    if "strict" in given:
        return whole | {"parameters": plain(parameters)}
    tight = tightened(parameters)
    fault = strict.fault_of(msgspec.json.encode(tight), "function", strict=True)
    return whole | ({"strict": False} if fault else {"parameters": tight})


def plain(schema: Json) -> Json:
    """A schema as responses repeat it, without the name of its dialect."""
    return {name: value for name, value in schema.items() if name != "$schema"} if isinstance(schema, dict) else schema


def tightened(schema: Json) -> Json:
    """A schema with every property required and no others allowed."""
    match schema:
        case {"properties": {**properties}}:
            kept = {name: tightened(value) for name, value in schema.items() if name not in {"$schema", "properties"}}
            inner = {name: tightened(value) for name, value in properties.items()}
            whole = {name: inner if name == "properties" else kept.get(name) for name in schema if name != "$schema"}
            closing = {"required": list(properties), "additionalProperties": False}
            return whole | {name: value for name, value in closing.items() if name != "required" or properties}
        case dict():
            return {name: tightened(value) for name, value in schema.items() if name != "$schema"}
        case list():
            return [tightened(value) for value in schema]
        case _:
            return schema


def _custom(given: Object) -> Object:
    form = given.get("format") or {"type": "text"}
    return (
        {"description": None}
        | given
        | {"format": {"type": form["type"]} | {name: form[name] for name in sorted(form) if name != "type"}}
    )


def _web_search(given: Object) -> Object:
    return {"return_token_budget": "default", "search_content_types": ["text"]} | _web_search_preview(given)


def _web_search_preview(given: Object) -> Object:
    return given | {"search_context_size": given.get("search_context_size", "medium")} | _location(given)


def _location(given: Object) -> Object:
    """Where the search is made from: somewhere in the US unless the request says more."""
    told = given.get("user_location")
    place = {"city": None, "country": None if told else "US", "region": None, "timezone": None} | (told or {})
    return {"user_location": {"type": "approximate"} | {name: place[name] for name in sorted(place) if name != "type"}}


def _file_search(given: Object) -> Object:
    ranking = {"ranker": "auto", "score_threshold": 0.0} | (given.get("ranking_options") or {})
    return {"filters": None, "max_num_results": 20} | given | {"ranking_options": ranking}


def _image_generation(given: Object) -> Object:
    """What the API shows of its settings (recorded; those of the edited image and `action` are left out)."""
    hidden = ("input_image_mask", "input_fidelity", "partial_images", "action")
    shown = {name: value for name, value in given.items() if name not in hidden}
    return {**_PICTURE} | shown


def _mcp(given: Object) -> Object:
    """Secrets aren't repeated."""
    blank = {"allowed_tools": None, "require_approval": "always", "server_description": None}
    approval = given.get("require_approval")
    if isinstance(approval, dict):
        given = given | {"require_approval": {name: _filter(approval.get(name)) for name in ("always", "never")}}
    if isinstance(given.get("allowed_tools"), dict):
        given = given | {"allowed_tools": _filter(given["allowed_tools"])}
    shown = blank | given | {"headers": None}
    return shown | ({"authorization": "<redacted>"} if "authorization" in given else {})


def _filter(tools: Json) -> Json:
    """A filter of tools, whole."""
    return None if tools is None else {"read_only": tools.get("read_only"), "tool_names": tools.get("tool_names")}


def _tool_search(given: Object) -> Object:
    return {"description": None, "parameters": None} | given


def _namespace(given: Object) -> Object:
    return given | {"tools": [echoed(inner) for inner in given["tools"]]}


_PICTURE = {
    "background": "auto",
    "moderation": "auto",
    "n": 1,
    "output_compression": 100,
    "output_format": "png",
    "quality": "auto",
    "size": "auto",
}

FILLED: dict[str, Callable[[Object], Object]] = {
    "function": _function,
    "custom": _custom,
    "web_search": _web_search,
    "web_search_2025_08_26": _web_search,
    "web_search_preview": _web_search_preview,
    "web_search_preview_2025_03_11": _web_search_preview,
    "file_search": _file_search,
    "image_generation": _image_generation,
    "mcp": _mcp,
    "tool_search": _tool_search,
    "namespace": _namespace,
}
