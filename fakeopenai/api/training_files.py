"""Files of examples: whether a model can be trained on them, what they teach, and how much they are.

Wordings are those of jobs that people quote in public; the ones that nobody has quoted are ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from fakeopenai import strict, tokens
from fakeopenai.api import chat_checks, chat_prompt
from fakeopenai.errors import ApiError, invalid
from fakeopenai.models import Model
from fakeopenai.operations import Operation, Operations
from fakeopenai.schema import Checker, types
from fakeopenai.turn import Message, Prompt
from fakeopenai.wire import Json, Object

FEWEST = 10
"""Examples that a training file must have."""
LONGEST = 65_536
"""Tokens of an example that are trained on; the rest is cut off."""
ROLES = ("system", "developer", "user", "assistant", "tool", "function")
MESSAGE_KEYS = frozenset(
    {
        "role",
        "content",
        "name",
        "weight",
        "tool_calls",
        "function_call",
        "tool_call_id",
        "refusal",
        "parallel_tool_calls",
    }
)
EXAMPLE_KEYS = frozenset({"messages", "tools", "functions", "parallel_tool_calls"})
CHAT_KEYS = ("messages", "tools", "functions")
TRAINING_KEYS = frozenset({"weight", "parallel_tool_calls"})
"""What only messages that are trained on have."""
SPECIAL = tuple(f"<|{name}|>" for name in ("endoftext", "endofprompt", "fim_prefix", "fim_middle", "fim_suffix"))


class File(NamedTuple):
    """A file to train or validate on. `param` names it in the request, `method` is how it will be used."""

    id: str
    content: bytes
    param: str
    method: str


class Lesson(NamedTuple):
    """What the model is to say after some messages."""

    messages: tuple[Message, ...]
    answer: Message
    refusal: str = ""


def examples(file: File, model: Model, fewest: int = FEWEST) -> list[Object]:
    """The examples of a file. Raises ApiError for a file that can't be trained on."""
    found = list(_lines(file))
    form = _form(found[0] if found else {})
    if form is None:
        message = "Unexpected file format, expected either prompt/completion pairs or chat messages."
        raise _unusable(file, message)
    _check_form(file, form, model)
    for number, example in enumerate(found, 1):
        fault = _example_fault(example, form, file.method) or _chat_refusal(example, model)
        if fault:
            raise _misformatted(file, f"Example {number}{fault}")
    if file.param == "training_file" and len(found) < fewest:
        message = f"Training file has {len(found)} example(s), but must have at least {fewest} examples"
        raise invalid(message, file.param, "invalid_n_examples")
    return found


def _lines(file: File) -> Iterator[Object]:
    for number, line in enumerate(file.content.decode(errors="replace").removeprefix("\ufeff").splitlines(), 1):
        if not line.strip():
            continue
        try:
            example = json.loads(line)
        except ValueError as fault:
            told = f"Example {number} cannot be parsed. Error: line contains invalid json: {fault} (line {number})"
            raise _misformatted(file, told) from fault
        if not isinstance(example, dict):
            raise _misformatted(file, f"Example {number} is not a JSON object")
        yield example


def completions(content: bytes) -> set[str]:
    """The different completions of a file, as far as it can be read."""
    read = map(_decoded, content.decode(errors="replace").splitlines())
    return {str(example.get("completion")) for example in read if isinstance(example, dict)}


def _decoded(line: str) -> Json:
    try:
        return json.loads(line)
    except ValueError:
        return None


FORMS: Mapping[str, tuple[str, frozenset[str]]] = {
    "messages": ("fine-tune-chat", frozenset({"supervised", "reinforcement"})),
    "prompt": ("prompt-completion", frozenset({"supervised"})),
    "input": ("fine-tune-preference", frozenset({"dpo"})),
}
"""By the key that tells a form: what the API calls it, and the methods that take it."""


def _form(example: Object) -> str | None:
    return next((key for key in FORMS if key in example), None)


def _check_form(file: File, form: str, model: Model) -> None:
    name, methods = FORMS[form]
    start = f"Input file {file.id} is in the {name} format, but the specified"
    if file.method not in methods:
        wanted = "dpo" if form == "input" else "supervised"
        message = (
            f"{start} fine-tuning job is not using '{wanted}' as the training method (provided method={file.method}). "
        )
        raise _misformatted(file, message)
    if (form == "prompt") != (model.kind == "completion"):
        kind = (
            "chat model and requires chat-formatted"
            if form == "prompt"
            else "base model and requires prompt-completion"
        )
        raise _misformatted(
            file,
            f"{start} model {model.id} is a {kind} data. See https://platform.openai.com/docs/guides/fine-tuning/"
            "preparing-your-dataset for details.",
        )


def _example_fault(example: Object, form: str, method: str) -> str:
    """What is wrong with an example, as it goes on after `Example 1`; nothing if nothing is."""
    match form:
        case "messages":
            return _chat_fault(example) or _end_fault(example, method)
        case "prompt":
            return _pair_fault(example)
        case _:
            return _preference_fault(example)


def _pair_fault(example: Object) -> str:
    for key in ("prompt", "completion"):
        if key not in example:
            return f' is missing key "{key}".'
        if not isinstance(example[key], str):
            return f' must have a string as "{key}".'
    return _extra(example, frozenset({"prompt", "completion"})) or _special(example["prompt"] + example["completion"])


def _preference_fault(example: Object) -> str:
    for key in ("input", "preferred_output", "non_preferred_output"):
        if key not in example:
            return f' is missing key "{key}".'
    asked = example["input"]
    if not isinstance(asked, dict) or "messages" not in asked:
        return ' is missing key "messages" in "input".'
    for key in ("preferred_output", "non_preferred_output"):
        told = example[key]
        if not isinstance(told, list) or not told or any(_role(message) != "assistant" for message in told):
            return f', "{key}" must be a list of messages from the assistant.'
    outputs = (*example["preferred_output"], *example["non_preferred_output"])
    return _messages_fault(asked["messages"]) or _messages_fault(list(outputs)) or _tools_fault(asked)


def _chat_fault(example: Object) -> str:
    if "messages" not in example:
        return ' is missing key "messages".'
    return _messages_fault(example["messages"]) or _tools_fault(example)


def _end_fault(example: Object, method: str) -> str:
    """Supervised examples end in an answer; those for reinforcement ask for one, and may hold more for the grader."""
    wanted = "user" if method == "reinforcement" else "assistant"
    if example["messages"][-1]["role"] not in {wanted, "tool" if wanted == "user" else wanted}:
        return f", the last message must be from the {wanted}."
    return "" if method == "reinforcement" else _extra(example, EXAMPLE_KEYS)


def _messages_fault(messages: Json) -> str:
    if not isinstance(messages, list) or not messages:
        return " must have a list of messages, and at least one."
    faults = (f", message {number}{fault}" for number, one in enumerate(messages, 1) if (fault := _message_fault(one)))
    return next(faults, "")


def _message_fault(message: Json) -> str:
    if not isinstance(message, dict) or "role" not in message:
        return " Discriminator 'role' is missing in value"
    if message["role"] not in ROLES:
        expected = ", ".join(f"'{role}'" for role in ROLES)
        return f" Input tag '{message['role']}' found using 'role' does not match any of the expected tags: {expected}"
    if message.get("weight", 1) not in (0, 1):
        return ' must have a "weight" of 0 or 1.'
    content = message.get("content")
    calls = message.get("tool_calls") or message.get("function_call") or message.get("refusal")
    if content is None and not (message["role"] == "assistant" and calls):
        return ' is missing key "content".'
    if not isinstance(content, str | list | None):
        return ' must have a string or a list as "content".'
    return _extra(message, MESSAGE_KEYS) or _special(content) or _calls_fault(message)


def _calls_fault(message: Object) -> str:
    for call in _members(message.get("tool_calls")):
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict) or not all(
            isinstance(function.get(key), str) for key in ("name", "arguments")
        ):
            return ' has a tool call without a function\'s "name" and "arguments".'
    return ""


def _chat_refusal(example: Object, model: Model) -> str:
    """What chat completions would say of the example's messages and tools, if they would refuse them."""
    try:
        for chat in _chats(example):
            _check_chat(chat, model)
    except ApiError as fault:
        return f": {fault.message}"
    return ""


def _chats(example: Object) -> Iterator[Object]:
    """The conversations of an example: its own, one with each of its outputs, or none if it is a pair."""
    if "messages" in example:
        yield {name: example[name] for name in CHAT_KEYS if example.get(name) is not None}
    elif "input" in example:
        asked = example["input"]
        known = {name: asked[name] for name in CHAT_KEYS if asked.get(name) is not None}
        for told in (example["preferred_output"], example["non_preferred_output"]):
            yield known | {"messages": [*asked["messages"], *told]}


def _check_chat(asked: Object, model: Model) -> None:
    """Refuse messages that make no chat. What the last one calls needs no results."""
    plain = [{key: part for key, part in each.items() if key not in TRAINING_KEYS} for each in asked["messages"]]
    checker, operation = _chat_checker()
    checker.body(operation, asked | {"model": model.id, "messages": plain})
    chat_checks.check_parts(plain, model)
    chat_prompt.check_conversation(plain[:-1] if plain[-1]["role"] == "assistant" else plain)


@cache
def _chat_checker() -> tuple[Checker, Operation]:
    return Checker(types()), Operations.load().all["POST /chat/completions"]


def _tools_fault(example: Object) -> str:
    for number, tool in enumerate(_members(example.get("tools")), 1):
        function = tool.get("function") if isinstance(tool, dict) else None
        if not isinstance(function, dict) or not function.get("name"):
            return f', tool {number} is missing key "function".'
        fault = strict.fault_of(json.dumps(function.get("parameters") or {}).encode(), "function", False)
        if fault:
            return f", tool {number} Invalid schema for function '{function['name']}': {fault}"
    return ""


def _members(given: Json) -> list[Json]:
    """The members of a list; what is none has itself for one, which will not do."""
    if not given:
        return []
    return given if isinstance(given, list) else [given]


def _role(message: Json) -> Json:
    return message.get("role") if isinstance(message, dict) else None


def _extra(given: Object, known: frozenset[str]) -> str:
    return next((f' contains an extra "{key}".' for key in given if key not in known), "")


def _special(content: Json) -> str:
    text = content if isinstance(content, str) else json.dumps(content or "")
    return next((f" message contains an invalid token: {token}." for token in SPECIAL if token in text), "")


def _misformatted(file: File, told: str) -> ApiError:
    where = file.param.replace("_", " ")
    message = f"The job failed due to a file format error in the {where}. Invalid file format. {told}"
    return invalid(message, file.param, "invalid_file_format")


def _unusable(file: File, told: str) -> ApiError:
    where = file.param.replace("_", " ")
    return invalid(f"The job failed due to an invalid {where}. {told}", file.param, f"invalid_{file.param}")


def deleted(param: str) -> ApiError:
    where = param.replace("_", " ")
    return invalid(f"The job failed because the {where} was deleted", param, f"deleted_{param}")


# What is learnt, and what it costs


def lessons(example: Object, model: Model) -> Iterator[Lesson]:
    """What an example teaches: each answer of weight 1 to the messages before it, or the preferred one."""
    if "prompt" in example:
        yield Lesson((Message("user", example["prompt"]),), Message("assistant", example["completion"]))
        return
    if "messages" not in example:
        asked, told = example["input"]["messages"], example["preferred_output"]
        yield _lesson([*asked, *told], len(asked), model)
        return
    messages = example["messages"]
    for place, message in enumerate(messages):
        if message["role"] == "assistant" and message.get("weight", 1):
            yield _lesson(messages, place, model)


def _lesson(messages: list[Object], place: int, model: Model) -> Lesson:
    read = chat_prompt.read({"messages": messages[: place + 1]}, model).messages
    return Lesson(read[:-1], read[-1], messages[place].get("refusal") or "")


def size(example: Object, model: Model) -> int:
    """The tokens of an example."""
    if "prompt" in example:
        return tokens.count(example["prompt"] + example["completion"], model.encoding)
    if "messages" not in example:
        asked, told = example["input"], [*example["preferred_output"], *example["non_preferred_output"]]
        example = {**asked, "messages": [*asked["messages"], *told]}
    prompt: Prompt = chat_prompt.read({name: example[name] for name in CHAT_KEYS if name in example}, model)
    return min(tokens.prompt_tokens(prompt), LONGEST)
