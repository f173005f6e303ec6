"""The request of a response read into a Prompt: instructions, items of every kind, tools, the form of the answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import msgspec

from fakeopenai import errors
from fakeopenai.api.responses import context, sealed, templates, tools
from fakeopenai.errors import invalid
from fakeopenai.models import Model
from fakeopenai.turn import Format, Media, Message, Prompt, Role, ToolCall
from fakeopenai.wire import Call, Json, Object

ROLES: dict[str, Role] = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}


def read(call: Call) -> Prompt:
    """What the request asks the model, after all that was said before it."""
    body = call.body
    model = model_for(call)
    before, own = context.before(call), context.own(call)
    offered, choice = tools.offered(body, [*before, *own])
    settings = configured([*before, *own])
    told = [*instructions(call), *messages(compacted([*before, *own]))]
    return Prompt(
        model=model,
        messages=tuple(told),
        tools=offered,
        choice=choice,
        parallel=body.get("parallel_tool_calls") is not False,
        format=form(_first("text", "format", body, settings) or {}),
        limit=body.get("max_output_tokens"),
        effort=_first("reasoning", "effort", body, settings),
    )


def configured(said: list[Object]) -> Object:
    """What items have set for the responses that follow them; each setting stays until another replaces it."""
    settings: Object = {}
    for item in said:
        if item["type"] == "configuration_update":
            settings |= {name: item[name] for name in ("reasoning", "text") if item.get(name)}
    return settings


def _first(name: str, field: str, *places: Object) -> Json:
    """A field of a group of settings, as the first says that says it."""
    return next((found for place in places if (found := (place.get(name) or {}).get(field))), None)


def compacted(said: list[Object]) -> list[Object]:
    """What the model is shown of what was said: the latest account of it, and what came after that (recorded usage)."""
    places = [place for place, item in enumerate(said) if item["type"] == "compaction"]
    return said[places[-1] :] if places else said


def model_for(call: Call) -> Model:
    """The model that is asked for, by the request or by its template."""
    name = call.body.get("model") or templates.model(call)
    if not name:
        raise errors.missing("model")
    found = call.world.model(name)
    if found is None:
        raise errors.requested_model_not_found(name)
    if found.kind != "chat" or found.audio:
        raise invalid(
            f"The requested model '{name}' is not supported with the Responses API.", "model", "model_not_found"
        )
    return found


def instructions(call: Call) -> Iterator[Message]:
    """What stands before the conversation: the instructions, else what the template says."""
    given = call.body.get("instructions")
    if isinstance(given, list):
        yield from messages(given)
    elif given:
        yield Message("system", given)
    else:
        yield from messages(templates.messages(call))


def form(asked: Object) -> Format:
    """The form that `text.format` asks for."""
    match asked.get("type"):
        case "json_schema":
            strict = bool(asked.get("strict"))
            return Format(
                "json_schema", asked["name"], asked.get("schema") or {}, strict, asked.get("description") or ""
            )
        case "json_object":
            return Format("json_object")
        case _:
            return Format()


def messages(items: Iterable[Object]) -> Iterator[Message]:
    """A conversation out of its items. Calls belong to the assistant's message before them."""
    waiting: Message | None = None
    for item in items:
        message = _message(item)
        if message is None:
            continue
        if waiting and message.calls:
            waiting = replace(waiting, calls=waiting.calls + message.calls)
            continue
        if waiting:
            yield waiting
        waiting = message if message.role == "assistant" else None
        if not waiting:
            yield message
    if waiting:
        yield waiting


def _message(item: Object) -> Message | None:
    """The message that an item is, or is part of; None for what the model has in mind already."""
    if "content" in item and "role" in item:
        return Message(ROLES[item["role"]], text_of(item["content"]), tuple(media_of(item["content"])))
    if called := _call(item):
        return Message("assistant", calls=(called,))
    if item["type"].endswith("_call_output"):
        output = item.get("output") or ""
        return Message(
            "tool", _result(output), tuple(media_of(output)), answers=item.get("call_id") or item.get("id") or ""
        )
    account = sealed.opened(item["encrypted_content"]) if item["type"] == "compaction" else ""
    return Message("system", account) if account else None


def _call(item: Object) -> ToolCall | None:
    """The call that an item is, if its caller has to answer it."""
    match item:
        case {"type": "function_call", "name": name, "arguments": arguments, "call_id": id}:
            return ToolCall(name, arguments, id)
        case {"type": "custom_tool_call", "name": name, "input": text, "call_id": id}:
            return ToolCall(name, text, id, "custom")
        case {"type": type, "call_id": str(id)} if type in tools.CALLED:
            return ToolCall(tools.CALLED[type], _action(item), id)
        case _:
            return None


def text_of(content: Json) -> str:
    """The words of a message's content, or of a tool's output."""
    if isinstance(content, str):
        return content
    return "".join(part.get("text") or part.get("refusal") or "" for part in content or () if isinstance(part, dict))


def media_of(content: Json) -> Iterator[Media]:
    """The images, sounds and files among the parts."""
    if isinstance(content, dict):
        content = [content]
    for part in content if isinstance(content, list) else ():
        match part.get("type"):
            case "input_image" | "computer_screenshot":
                source = part.get("image_url") or part.get("file_id") or ""
                yield Media("image", source, detail=part.get("detail") or "auto")
            case "input_audio":
                sound = part["input_audio"]
                yield Media("audio", sound["data"], name=sound["format"])
            case "input_file":
                source = part.get("file_data") or part.get("file_id") or part.get("file_url") or ""
                yield Media("file", source, name=part.get("filename") or "")


def _result(output: Json) -> str:
    """A tool's output in words; that of a shell is what it printed."""
    if isinstance(output, list) and any("stdout" in part for part in output):
        return "\n".join(part.get("stdout", "") + part.get("stderr", "") for part in output)
    if isinstance(output, dict):
        return ""
    return text_of(output)


def _action(item: Object) -> str:
    """What a call asks its caller to do, as JSON."""
    asked = item.get("action") or item.get("operation") or item.get("arguments") or {}
    return msgspec.json.encode(asked).decode()
