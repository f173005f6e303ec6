"""Remote MCP servers without a network: their tools are scripted, and calls of them come to scripted results.

A test puts a server into the world: `world.drawer("/mcp").put({"id": label, "tools": [{"name": …, "description": …,
"input_schema": …, "output": …}]})`. A server that the world doesn't know has the tools that the request allows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fakeopenai import voice
from fakeopenai.api.responses import context
from fakeopenai.api.responses.task import Task
from fakeopenai.turn import Hosted, Prompt, Step, Text, Tool
from fakeopenai.wire import Call, Json, Object

DRAWER = "/mcp"


def listed(call: Call, prompt: Prompt) -> list[Step]:
    """The lists of tools that the model asks for first; once in a conversation."""
    servers = [tool.settings for tool in prompt.tools if tool.kind == "mcp"]
    known = {item["server_label"] for item in _said(call) if item["type"] == "mcp_list_tools"} if servers else set()
    return [Hosted(_listing(call, server)) for server in servers if server["server_label"] not in known]


def _said(call: Call) -> list[Object]:
    return [*context.before(call), *context.own(call)]


def _listing(call: Call, server: Object) -> Object:
    shown = [
        {
            "annotations": {"read_only": tool.get("read_only", False)},
            "description": tool.get("description", ""),
            "input_schema": tool.get("input_schema") or {"type": "object", "properties": {}},
            "name": tool["name"],
        }
        for tool in tools(call, server)
    ]
    return {"type": "mcp_list_tools", "server_label": server["server_label"], "tools": shown}


def tools(call: Call, server: Object) -> list[Object]:
    """The tools of a server that the request allows."""
    known = call.world.drawer(DRAWER).get(server["server_label"])
    allowed = _named(server.get("allowed_tools"))
    if known is None:
        return [{"name": name} for name in allowed or ()]
    return [tool for tool in known["tools"] if allowed is None or tool["name"] in allowed]


def _named(allowed: Json) -> list[str] | None:
    """The names in a filter of tools."""
    names = allowed.get("tool_names") if isinstance(allowed, dict) else allowed
    return None if names is None else list(names)


def used(task: Task) -> Iterator[Step]:
    """The model calls a tool of a server, or asks whether it may."""
    asked = _wanted(task)
    if asked is None:
        return
    if _needs_approval(task.item.get("require_approval"), asked["name"]):
        yield Hosted({"type": "mcp_approval_request"} | asked)
        return
    yield from _answered(task.call, asked)


def _wanted(task: Task) -> Object | None:
    """The call that the voice makes of the server's tools."""
    offered = [
        Tool(tool["name"], tool.get("description", ""), tool.get("input_schema"))
        for tool in tools(task.call, task.item)
    ]
    if not offered:
        return None
    made = voice.answer(replace(task.prompt, tools=tuple(offered), choice="required"), task.names.seed).calls[0]
    return {"arguments": made.arguments, "name": made.name, "server_label": task.item["server_label"]}


def _needs_approval(required: Json, name: str) -> bool:
    """Whether a tool may be called only with approval, which is so unless the request says otherwise."""
    match required:
        case "never":
            return False
        case {"never": {"tool_names": free}} if name in free:
            return False
        case {"always": {"tool_names": bound}}:
            return name in bound
        case _:
            return True


def approved(call: Call) -> list[Step]:
    """The calls that the request's approvals allow, and what is said of those it doesn't."""
    answers = [item for item in context.own(call) if item["type"] == "mcp_approval_response"]
    asked = {item.get("id"): item for item in _said(call) if item["type"] == "mcp_approval_request"} if answers else {}
    return [step for answer in answers for step in _after(call, answer, asked.get(answer["approval_request_id"]))]


def _after(call: Call, answer: Object, asked: Object | None) -> Iterator[Step]:
    if asked is None:
        return
    if not answer["approve"]:
        yield Text(f"I won't call {asked['name']}, as it wasn't approved.")
        return
    kept = {name: asked[name] for name in ("arguments", "name", "server_label")}
    yield from _answered(call, kept | {"approval_request_id": answer["approval_request_id"]})


def _answered(call: Call, asked: Object) -> Iterator[Step]:
    result = _result(call, asked)
    yield Hosted({"type": "mcp_call"} | asked | {"output": result})
    yield Text(result)


def called(task: Task) -> Object:
    """What the item of a call needs beside its name."""
    label = task.item.get("server_label") or task.settings("mcp").get("server_label", "mcp")
    output = None if task.item.get("error") else _result(task.call, task.item | {"server_label": label})
    blank = {"approval_request_id": None, "arguments": "{}", "error": None, "output": output, "server_label": label}
    return blank | ({"status": "failed"} if task.item.get("error") else {})


def _result(call: Call, asked: Object) -> str:
    """What the server answers: what it was told to, or that it has done it."""
    server = call.world.drawer(DRAWER).get(asked["server_label"]) or {"tools": []}
    outputs = {tool["name"]: tool.get("output") for tool in server["tools"]}
    name = asked.get("name", "")
    return str(outputs.get(name) or f"{name} is done.")
