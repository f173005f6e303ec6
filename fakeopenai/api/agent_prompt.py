"""Agent sessions and the model: the items of a session read into a Prompt, and a Turn written out as items."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import msgspec

from fakeopenai import tokens
from fakeopenai.api.agents import model_of
from fakeopenai.ids import Names
from fakeopenai.speech import Spoken
from fakeopenai.turn import Format, Hosted, Media, Message, Prompt, Refusal, Text, Thought, Tool, ToolCall, Turn
from fakeopenai.wire import Json, Object
from fakeopenai.world import World


def prompt(world: World, agent: Object, items: Iterable[Object]) -> Prompt:
    """What an agent's model is asked, given the items of its session so far."""
    instructions = agent.get("instructions")
    system = (Message("system", instructions),) if instructions else ()
    return Prompt(
        model=model_of(world, agent["model"]),
        messages=(*system, *_messages(items)),
        tools=tuple(map(_tool, agent["tools"])),
        format=_format(agent["text"]["format"]),
        effort=agent["reasoning"]["effort"],
    )


def _tool(tool: Object) -> Tool:
    if tool["type"] == "function":
        return Tool(tool["name"], tool["description"], tool["parameters"])
    name: str = tool.get("server_label") or tool["type"]
    return Tool(name, kind=tool["type"], settings=tool)


def _format(form: Object) -> Format:
    if form["type"] == "json_schema":
        return Format("json_schema", "answer", form["schema"], strict=True)
    return Format()


def _messages(items: Iterable[Object]) -> Iterator[Message]:
    """Calls that follow each other are one message."""
    calls: list[ToolCall] = []
    for item in items:
        if item["type"] == "function_call":
            calls.append(_call(item, item["call_id"]))
            continue
        if calls:
            yield Message("assistant", calls=tuple(calls))
            calls = []
        yield from _message(item)
    if calls:
        yield Message("assistant", calls=tuple(calls))


def _message(item: Object) -> Iterator[Message]:
    match item:
        case {"type": "message", "role": "user", "content": content}:
            yield Message("user", _text(content), tuple(_media(content)))
        case {"type": "message", "content": content}:
            yield Message("assistant", _text(content))
        case {"type": "function_call_output", "call_id": id}:
            yield Message("tool", _output(item), answers=id)
        case {"type": "mcp_call", "id": id, "output": output, "error": error}:
            yield Message("assistant", calls=(_call(item, id),))
            yield Message("tool", _compact(error or output or ""), answers=id)


def _call(item: Object, id: str) -> ToolCall:
    return ToolCall(item["name"], _compact(item["arguments"]), id)


def _compact(value: Json) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _output(item: Object) -> str:
    output = item.get("output")
    return _text(output) if isinstance(output, list) else output or item.get("error") or ""


def _text(content: list[Object]) -> str:
    return "".join(part.get("text", "") for part in content)


def _media(content: list[Object]) -> Iterator[Media]:
    return (Media("image", part["image_url"]) for part in content if part["type"] == "input_image")


def said(turn: Turn, names: Names, agent: Object) -> Iterator[Object]:
    """The items of a turn. Words beside a call are commentary; words alone are the answer."""
    phase = "commentary" if turn.calls else "final_answer"
    for step in turn.steps:
        match step:
            case Text(text) | Refusal(text):
                part = {"type": "output_text", "text": text}
                message = {"role": "assistant", "phase": phase, "status": "completed", "content": [part]}
                yield {"id": names.new("msg_"), "type": "message", **message}
            case Thought(summary):
                wanted = agent["reasoning"]["summary"] and summary
                parts = [{"type": "summary_text", "text": summary}] if wanted else []
                yield {"id": names.new("rs_"), "type": "reasoning", "status": "completed", "summary": parts}
            case ToolCall(name, arguments):
                call = {"call_id": step.id or names.new("call_"), "name": name, "arguments": _parsed(arguments)}
                yield {"id": names.new("fc_"), "type": "function_call", **call, "status": "in_progress"}
            case Hosted(item):
                yield _hosted(item, names)


def _parsed(arguments: str) -> Json:
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments


def _hosted(item: Object, names: Names) -> Object:
    """A call that ran at the provider, from the Responses API's form."""
    match item["type"]:
        case "mcp_call" | "mcp_approval_request":
            known = {"output": item.get("output"), "error": item.get("error"), "server_label": item["server_label"]}
            status = "in_progress" if item["type"] == "mcp_approval_request" else "completed"
            call = {"name": item["name"], "arguments": _parsed(item["arguments"]), "status": status}
            return {"id": names.new("mcp_"), "type": "mcp_call", **call, **known}
        case "shell_call" | "local_shell_call":
            return _command(item, names)
        case "web_search_call":
            return {"id": names.new("ws_"), "status": "completed", "action": None} | item
        case "create_subagent_call":
            content = [{"type": "output_text", "text": item["content"]}]
            made = {"id": names.new("sub_"), "status": "completed", "agent_id": names.new("subagent_")}
            return made | {"type": item["type"], "content": content, "model": None, "reasoning_effort": None}
    return {"id": names.new("item_"), "status": "completed"} | item


def usage(world: World, prompt: Prompt, spoken: Spoken, wishes: Object) -> Object:
    """What a turn cost, and how much of its prompt came out of the cache."""
    asked = spoken.asked(tokens.input_tokens(prompt))
    read = world.prefixes.use(prompt, asked, world.clock.now, wishes).read
    return {
        "input_tokens": asked,
        "input_tokens_details": {"cached_tokens": spoken.cached(read)},
        "output_tokens": spoken.tokens,
        "output_tokens_details": {"reasoning_tokens": spoken.reasoning},
        "total_tokens": asked + spoken.tokens,
    }


def _command(item: Object, names: Names) -> Object:
    action = item.get("action") or {}
    commands = action.get("commands") or action.get("command") or []
    ran = {"command": "\n".join(commands), "cwd": "/workspace", "duration_ms": 100, "exit_code": 0, "output": ""}
    return {"id": names.new("cmd_"), "type": "command_execution", "status": "completed", **ran}
