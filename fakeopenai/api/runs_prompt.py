"""Runs and the model: a thread and the settings of a run read into a Prompt, as the chat completion they amount to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from fakeopenai import errors, tokens
from fakeopenai.api import chat_prompt
from fakeopenai.api.assistants import model_of
from fakeopenai.turn import Message, Prompt, Tool
from fakeopenai.wire import Json, Object
from fakeopenai.world import World

Outputs = Mapping[str, str]
"""What functions have given, by the id of the call."""
NONE: Outputs = MappingProxyType({})


def prompt(world: World, run: Object, messages: Iterable[Object], stores: list[str], outputs: Outputs = NONE) -> Prompt:
    """What the model is asked, given the thread's messages and the ids of the vector stores it may search.

    `outputs` are those that the run's steps don't have yet.
    """
    said = list(conversation(world, run, shown(run, list(messages)), outputs))
    system = [{"role": "system", "content": run["instructions"]}] if run["instructions"] else []
    body = {
        "messages": [*system, *said],
        "tools": [tool for tool in run["tools"] if tool["type"] == "function"],
        "tool_choice": _choice(run["tool_choice"]),
        "parallel_tool_calls": run["parallel_tool_calls"],
        "response_format": None if run["response_format"] == "auto" else run["response_format"],
        "max_completion_tokens": run["max_completion_tokens"],
        "reasoning_effort": run["reasoning_effort"],
    }
    read = chat_prompt.read(body, model_of(world, run["model"]))
    return replace(read, tools=tuple(_tools(run["tools"], read.tools, stores)))


def _choice(choice: Json) -> Json:
    match choice:
        case {"type": "function"} if not choice.get("function"):
            raise errors.missing("tool_choice.function")
        case {"type": str(kind)} if kind != "function":
            return {"name": kind}
    return choice


def _tools(given: list[Object], functions: Iterable[Tool], stores: list[str]) -> Iterator[Tool]:
    """All tools in their order; those that run here have the form that they have in responses."""
    rest = iter(functions)
    for tool in given:
        match tool["type"]:
            case "function":
                yield next(rest)
            case "file_search":
                settings = {"type": "file_search", "vector_store_ids": stores, **tool["file_search"]}
                yield Tool("file_search", kind="file_search", settings=settings)
            case kind:
                yield Tool(kind, kind=kind, settings={"type": kind, "container": "thread"})


def shown(run: Object, messages: list[Object]) -> list[Object]:
    """The messages that a run's truncation strategy leaves."""
    last = run["truncation_strategy"].get("last_messages")
    return messages[-last:] if last else messages


def conversation(world: World, run: Object, messages: list[Object], outputs: Outputs = NONE) -> Iterator[Object]:
    """The messages in the form of chat completions, with the calls that runs have made between them."""
    known = {message.get("id"): message for message in messages}
    told: set[str | None] = set()
    for message in [*messages, {"run_id": run.get("id")}]:
        id = message.get("run_id")
        if id is None and "content" in message:
            yield _spoken(message)
        elif id not in told:
            told.add(id)
            yield from _said(world.drawer(f"/threads/{run['thread_id']}/runs/{id}/steps"), known, outputs)


def _said(steps: Iterable[Object], known: Mapping[str | None, Object], outputs: Outputs) -> Iterator[Object]:
    """What a run has said. A message and the calls after it are one; calls that weren't answered are left out."""
    words: Object | None = None
    for step in steps:
        details = step["step_details"]
        if step["type"] == "message_creation":
            yield from filter(None, [words])
            message = known.get(details["message_creation"]["message_id"])
            words = message and _spoken(message)
        elif answered := _answered(details["tool_calls"], outputs):
            yield (words or {"role": "assistant", "content": None}) | {"tool_calls": answered}
            for call in answered:
                yield {"role": "tool", "tool_call_id": call["id"], "content": call["function"]["output"]}
            words = None
    yield from filter(None, [words])


def _answered(calls: list[Object], outputs: Outputs) -> list[Object]:
    """The calls of functions with what they gave, once all have given something."""
    functions = [_with_output(call, outputs) for call in calls if call["type"] == "function"]
    return functions if all(call["function"]["output"] is not None for call in functions) else []


def _with_output(call: Object, outputs: Outputs) -> Object:
    output = call["function"]["output"]
    return call | {"function": call["function"] | {"output": outputs.get(call["id"]) if output is None else output}}


def _spoken(message: Object) -> Object:
    """A message as chat completions have it. What its code has drawn an assistant isn't shown again."""
    seen = [part for part in message["content"] if part["type"] != "image_file" or message.get("run_id") is None]
    parts = list(map(_part, seen))
    texts = [part for part in parts if part["type"] == "text"]
    content = texts[0]["text"] if len(texts) == len(parts) == 1 else parts
    return {"role": message["role"], "content": content}


def _part(part: Object) -> Object:
    match part:
        case {"type": "text", "text": {"value": value}}:
            return {"type": "text", "text": value}
        case {"type": "image_file", "image_file": {"file_id": id, "detail": detail}}:
            return {"type": "image_url", "image_url": {"url": id, "detail": detail}}
    return part


def fitting(prompt: Prompt, most: int | None) -> Prompt | None:
    """The prompt without its oldest messages, as far as window and limit demand; None if nothing would be left."""
    room = min(prompt.model.context, prompt.model.context if most is None else most)
    found: Prompt | None = prompt
    while found is not None and tokens.prompt_tokens(found) > room:
        messages = _without_oldest(found.messages)
        found = replace(found, messages=messages) if messages else None
    return found


def _without_oldest(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Results of tools go with their calls."""
    system = tuple(message for message in messages[:1] if message.role == "system")
    rest = list(messages[len(system) + 1 :])
    while rest and rest[0].role == "tool":
        rest.pop(0)
    return (*system, *rest) if rest else ()


def checked(asked: Prompt) -> Prompt:
    """What is asked, unless it demands a tool that there isn't."""
    if asked.choice not in {"auto", "none", "required"} and asked.choice not in {tool.name for tool in asked.tools}:
        raise errors.invalid(f"Tool choice '{asked.choice}' not found in 'tools' parameter.", "tool_choice")
    return asked
