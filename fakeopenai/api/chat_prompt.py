"""Chat completions: the request read into a Prompt, and refused where the model can't take it."""

from __future__ import annotations

from collections.abc import Iterator

from fakeopenai import errors, strict, tokens
from fakeopenai.api import chat_checks
from fakeopenai.errors import ApiError, invalid
from fakeopenai.models import Model
from fakeopenai.turn import Format, Media, Message, Prompt, Role, Tool, ToolCall
from fakeopenai.wire import Call, Json, Object

ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}


def read(body: Object, model: Model) -> Prompt:
    """What a chat completion request asks the model."""
    tools, choice = _tools(body)
    return Prompt(
        model=model,
        messages=tuple(map(_message, body["messages"])),
        tools=tools,
        choice=choice,
        parallel=body.get("parallel_tool_calls") is not False and "functions" not in body,
        format=format_of(body.get("response_format") or {}),
        limit=_first(body.get("max_completion_tokens"), body.get("max_tokens")),
        stop=_stops(body.get("stop")),
        effort=body.get("reasoning_effort"),
        seed=body.get("seed"),
    )


def model_for(call: Call, name: str) -> Model:
    """The model of that name that this world can use, or the gateway's 404."""
    found = call.world.model(name)
    if found is None:
        raise errors.model_not_found(name)
    if found.kind != "chat":
        raise errors.not_a_chat_model()
    if found.responses_only:
        raise errors.only_in_responses()
    return found


def _message(message: Object) -> Message:
    role = message["role"]
    return Message(
        role=ROLES[role],
        text=_text(message.get("content")) or message.get("refusal") or "",
        media=tuple(_media(message.get("content"))),
        calls=tuple(_calls(message)),
        answers=message.get("tool_call_id") or (message.get("name", "") if role == "function" else ""),
        name=message.get("name") or "",
    )


def _text(content: Json) -> str:
    if isinstance(content, list):
        return "".join(map(_words, content))
    return content or ""


def _words(part: Json) -> str:
    """The words of a part; a text may stand for itself (recorded)."""
    if isinstance(part, str):
        return part
    words: str = part.get("text") or part.get("refusal") or ""
    return words


def _media(content: Json) -> Iterator[Media]:
    for part in content if isinstance(content, list) else ():
        if isinstance(part, str):
            continue
        given = part.get(part["type"])
        match part["type"]:
            case "image_url":
                yield Media("image", given["url"], detail=given.get("detail") or "auto")
            case "input_audio":
                yield Media("audio", given["data"], name=given["format"])
            case "file":
                source = given.get("file_data") or given.get("file_id") or ""
                yield Media("file", source, name=given.get("filename") or "")


def _calls(message: Object) -> Iterator[ToolCall]:
    if message["role"] != "assistant":
        return
    for call in message.get("tool_calls") or ():
        match call:
            case {"type": "custom", "id": id, "custom": {"name": name, "input": text}}:
                yield ToolCall(name, text, id, "custom")
            case {"id": id, "function": {"name": name, "arguments": arguments}}:
                yield ToolCall(name, arguments, id)
    if legacy := message.get("function_call"):
        yield ToolCall(legacy["name"], legacy["arguments"], legacy["name"])


def _tools(body: Object) -> tuple[tuple[Tool, ...], str]:
    tools = tuple(map(_tool, body.get("tools") or ())) + tuple(map(_function, body.get("functions") or ()))
    choice = _first(body.get("tool_choice"), body.get("function_call"), "auto")
    match choice:
        case {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": allowed}}:
            names = {(tool.get("function") or tool.get("custom") or tool).get("name") for tool in allowed}
            return tuple(tool for tool in tools if tool.name in names), mode
        case {"function": {"name": name}} | {"custom": {"name": name}} | {"name": name}:
            return tools, name
        case _:
            return tools, choice


def _tool(tool: Object) -> Tool:
    if tool["type"] == "custom":
        custom = tool["custom"]
        return Tool(custom["name"], custom.get("description") or "", kind="custom", settings=custom.get("format"))
    return _function(tool["function"])


def _function(function: Object) -> Tool:
    strict_asked = bool(function.get("strict"))
    return Tool(function["name"], function.get("description") or "", function.get("parameters"), strict_asked)


def format_of(asked: Object) -> Format:
    match asked.get("type"):
        case "json_schema":
            given = asked["json_schema"]
            return Format(
                "json_schema",
                given["name"],
                given.get("schema") or {},
                bool(given.get("strict")),
                given.get("description") or "",
            )
        case "json_object":
            return Format("json_object")
        case _:
            return Format()


def _stops(stop: Json) -> tuple[str, ...]:
    if isinstance(stop, str):
        return (stop,) if stop else ()
    return tuple(filter(None, stop or ()))


def _first(*values: Json) -> Json:
    return next((value for value in values if value is not None), None)


def check(body: Object, prompt: Prompt) -> None:
    """Refuse what the schema allows and the model doesn't."""
    _check_options(body)
    _check_model(body, prompt.model)
    chat_checks.check_parts(body["messages"], prompt.model)
    check_conversation(body["messages"])
    if len(body) > 2:
        chat_checks.check_sound(body)
        chat_checks.check_effort(body, prompt.model)
        _check_tools(body, prompt)
        _check_format(prompt)
    _check_length(prompt)


def _check_options(body: Object) -> None:
    if body.get("max_tokens") is not None and body.get("max_completion_tokens") is not None:
        message = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
        raise invalid(message, "max_tokens", "invalid_parameter_combination")
    if body.get("stream_options") and not body.get("stream"):
        raise invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options")
    if body.get("metadata") and not body.get("store"):
        raise invalid("The 'metadata' parameter is only allowed when 'store' is enabled.", "metadata")
    if body.get("top_logprobs") is not None and not body.get("logprobs"):
        raise invalid("The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", "top_logprobs")


def _check_model(body: Object, model: Model) -> None:
    if model.reasoning:
        _check_reasoning(body, model)
    if not model.system:
        _check_roles(body["messages"])
    if body.get("tools") and not model.tools:
        raise errors.no_tools()
    if body.get("web_search_options") is not None and "search" not in model.id:
        raise invalid("Web search options not supported with this model.", "web_search_options")
    limit = body.get("max_tokens")
    if limit is not None and limit > model.output:
        raise invalid(
            f"max_tokens is too large: {limit}. This model supports at most {model.output} completion tokens, "
            f"whereas you provided {limit}.",
            "max_tokens",
            "invalid_value",
        )


def _check_reasoning(body: Object, model: Model) -> None:
    if body.get("max_tokens") is not None:
        raise errors.unsupported_parameter("max_tokens", "Use 'max_completion_tokens' instead.")
    if body.get("stop") is not None and not model.takes_stop:
        raise errors.unsupported_parameter("stop")
    if body.get("logprobs") and not _samples(body, model):
        raise errors.not_allowed("request logprobs")
    for name, default in (("temperature", 1), ("top_p", 1), ("presence_penalty", 0), ("frequency_penalty", 0)):
        if (value := body.get(name)) is not None and value != default and not _samples(body, model):
            raise invalid(
                f"Unsupported value: '{name}' does not support {value} with this model. "
                f"Only the default ({default}) value is supported.",
                name,
                "unsupported_value",
            )


def _check_roles(messages: list[Object]) -> None:
    for index, message in enumerate(messages):
        if message["role"] in {"system", "developer"}:
            param = f"messages[{index}].role"
            message_text = f"Unsupported value: '{param}' does not support '{message['role']}' with this model."
            raise invalid(message_text, param, "unsupported_value")


def _samples(body: Object, model: Model) -> bool:
    """Models that can leave out reasoning take sampling parameters while they do."""
    return (body.get("reasoning_effort") or model.effort) == "none"


def check_conversation(messages: list[Object]) -> None:
    """Tool messages answer the calls before them, all of them."""
    waiting: list[str] = []
    for index, message in enumerate(messages):
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                raise _stray_tool_message(index)
            waiting.remove(message["tool_call_id"])
        elif waiting:
            raise _unanswered(waiting, f"messages.[{index}].role")
        elif message["role"] == "assistant" and message.get("tool_calls") == []:
            raise errors.too_short(f"messages[{index}].tool_calls", "array", 1, 0)
        elif message["role"] == "assistant" and message.get("tool_calls"):
            waiting = [call["id"] for call in message["tool_calls"]]
        elif message["role"] == "function" and not message.get("name"):
            raise invalid(
                "Missing parameter 'name': messages with role 'function' must have a 'name'.",
                f"messages.[{index}].name",
            )
    if waiting:
        raise _unanswered(waiting, "messages")


def _stray_tool_message(index: int) -> ApiError:
    return invalid(
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
        f"messages.[{index}].role",
    )


def _unanswered(ids: list[str], param: str) -> ApiError:
    return invalid(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
        f"The following tool_call_ids did not have response messages: {', '.join(ids)}",
        param,
    )


def _check_tools(body: Object, prompt: Prompt) -> None:
    if not body.get("tools"):
        for name in ("tool_choice", "parallel_tool_calls"):
            if body.get(name) not in (None, "none") if name == "tool_choice" else name in body:
                raise invalid(f"Invalid value for '{name}': '{name}' is only allowed when 'tools' are specified.", name)
    for index, tool in enumerate(body.get("tools") or ()):
        if function := tool.get("function"):
            _check_function(function, f"tools[{index}].function")
    for index, function in enumerate(body.get("functions") or ()):
        _check_function(function, f"functions[{index}]")
    if prompt.choice not in {"auto", "none", "required"} and prompt.choice not in {tool.name for tool in prompt.tools}:
        place = "tools" if body.get("tools") else "functions"
        raise invalid(f"Tool choice '{prompt.choice}' not found in '{place}' parameter.", "tool_choice")


def _check_function(function: Object, place: str) -> None:
    strict.check_name(function["name"], f"{place}.name")
    if function.get("parameters") is not None or function.get("strict"):
        strict.check(
            function.get("parameters"),
            name=function["name"],
            kind="function",
            param=f"{place}.parameters",
            strict=bool(function.get("strict")),
        )


def _check_format(prompt: Prompt) -> None:
    match prompt.format.kind:
        case "json_object" if not any("json" in message.text.lower() for message in prompt.messages):
            raise invalid(
                "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
                "messages",
            )
        case "json_schema":
            check_schema(prompt)


def check_schema(prompt: Prompt) -> None:
    form = prompt.format
    if not prompt.model.structured:
        raise invalid(
            "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model. Learn more "
            "about supported models at the Structured Outputs guide: "
            "https://platform.openai.com/docs/guides/structured-outputs"
        )
    strict.check_name(form.name, "response_format.json_schema.name")
    strict.check(form.schema, name=form.name, kind="response_format", param="response_format", strict=form.strict)


def _check_length(prompt: Prompt) -> None:
    characters = sum(len(message.text) for message in prompt.messages)
    if characters < prompt.model.context:
        return
    counted = tokens.prompt_tokens(prompt)
    if counted > prompt.model.context:
        raise invalid(
            f"This model's maximum context length is {prompt.model.context} tokens. However, your messages resulted in "
            f"{counted} tokens. Please reduce the length of the messages.",
            "messages",
            "context_length_exceeded",
        )
