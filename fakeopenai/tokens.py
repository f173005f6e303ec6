"""Tokens: those of a text, the pieces it is streamed in, and what the API counts for a whole prompt.

The model reads a prompt as one text, in which messages, tools and schemas are written down in a certain form. The forms
here were fitted to recorded token counts; the older models of the API speak plain ChatML, the newer ones (o3, gpt-5 and
later) in channels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from fakeopenai import media_tokens, typescript
from fakeopenai.turn import once
from fakeopenai.vocabulary import vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fakeopenai.models import Model
    from fakeopenai.turn import Format, Message, Prompt, ToolCall
    from fakeopenai.vocabulary import Vocabulary
    from fakeopenai.wire import Json

UNSHOWN = frozenset({"required", "additionalProperties"})
"""Keywords of a form's schema that the model isn't shown."""
_NO_CALLS: tuple[ToolCall, ...] = ()


def encode(text: str, encoding: str = "o200k_base") -> list[int]:
    """The tokens of a text; names of special tokens in it are ordinary text."""
    return vocabulary(encoding).encode(text)


def decode(ids: Iterable[int], encoding: str = "o200k_base") -> bytes:
    """The bytes of tokens, which may end within a character; IndexError for an id that is no ordinary token."""
    return vocabulary(encoding).decode(ids)


def count(text: str, encoding: str = "o200k_base") -> int:
    return vocabulary(encoding).count(text)


def pieces(text: str, encoding: str = "o200k_base") -> list[str]:
    """The tokens as strings whose join is the text; a character of several tokens is part of the last one's piece."""
    return vocabulary(encoding).pieces(text)


def token_bytes(id: int, encoding: str = "o200k_base") -> bytes:
    """The bytes of one token; IndexError if it is no ordinary token."""
    return vocabulary(encoding).token(id)


@once
def prompt_tokens(prompt: Prompt) -> int:
    """What a chat completion is charged for its prompt.

    As recorded for texts, function tools and schemas, apart from rare forms; estimated for files, sounds, hosted tools
    and images of unknown size.
    """
    count = vocabulary(prompt.model.encoding).count
    total, calls = prompt.model.priming, _NO_CALLS
    for message in prompt.messages:
        total += 4 + count(message.text)
        if message.role != "user" or message.media or message.name:
            calls = message.calls or calls
            total += _beside_text(message, prompt, calls)
    if prompt.tools or prompt.format.kind == "json_schema":
        total += _declarations(prompt)
    return total


@once
def input_tokens(prompt: Prompt) -> int:
    """What a response is charged for its input: the same for texts, a little less for tools and schemas."""
    count = vocabulary(prompt.model.encoding).count
    total = prompt.model.priming
    for message in prompt.messages:
        total += 4 + count(message.text)
        if message.role != "user" or message.media:
            total += _beside_item(message, prompt.model)
    if prompt.tools or prompt.format.kind == "json_schema":
        total += _declarations_in_response(prompt)
    return total


def _beside_text(message: Message, prompt: Prompt, calls: tuple[ToolCall, ...]) -> int:
    """All but the text of a message. `calls` are the latest ones, which a tool's message answers."""
    words, model = vocabulary(prompt.model.encoding), prompt.model
    total = sum(media_tokens.count(media, model) for media in message.media)
    if message.role == "tool":
        return total + _answer(message, calls, words)
    if message.name:
        total += words.count(f":{message.name}")
    if message.calls:
        return total + _calls(message, model, words)
    if message.role == "assistant":
        total += 2 if _in_channels(model) else _form_label(prompt.format, words)
    return total


def _in_channels(model: Model) -> bool:
    """Whether the model's prompts are written in channels, which spares a token at the end and costs two an answer."""
    return model.priming < 3


def _is_o_series(model: Model) -> bool:
    return model.snapshot.removeprefix("ft:").startswith("o")


def _answer(message: Message, calls: tuple[ToolCall, ...], words: Vocabulary) -> int:
    """A tool's result names the tool again; results of several calls are one message, with blank lines between them."""
    if len(calls) < 2:
        return 2 + words.count(calls[0].name if calls else message.name)
    if calls[-1].id == message.answers:
        return 0
    return words.count(f"{message.text}\n\n") - words.count(message.text) - 4


def _called(name: str, words: Vocabulary) -> int:
    """The tokens of a tool's name, where the dot of `functions.name` may be part of one."""
    return words.count(f".{name}")


def _calls(message: Message, model: Model, words: Vocabulary) -> int:
    """Several calls are written as one, of a tool that takes a list of them."""
    beside = (4 if message.text else 0) + (6 if _in_channels(model) else 0)
    if len(message.calls) == 1:
        call = message.calls[0]
        return beside + 3 + _called(call.name, words) + words.count(_compact(_arguments(call)))
    return beside + 15 + words.count(_compact({"tool_uses": list(map(_use, message.calls))}))


def _use(call: ToolCall) -> Json:
    return {"recipient_name": f"functions.{call.name}", "parameters": _arguments(call)}


def _arguments(call: ToolCall) -> Json:
    try:
        return msgspec.json.decode(call.arguments)
    except (msgspec.DecodeError, RecursionError):
        return msgspec.Raw(call.arguments.encode(errors="replace"))


def _form_label(form: Format, words: Vocabulary) -> int:
    """An answer in a form is addressed to the form's name."""
    return 2 + words.count(form.name) if form.kind == "json_schema" else 0


def _declarations(prompt: Prompt) -> int:
    """Tools and form stand in the system message, a new one if the prompt doesn't begin with one."""
    words, model = vocabulary(prompt.model.encoding), prompt.model
    text = "\n\n".join(_sections(prompt))
    total = _choice(prompt, words) if prompt.tools else 0
    if not prompt.tools and not _in_channels(model):
        total += _form_label(prompt.format, words)
    first = prompt.messages[0] if prompt.messages else None
    if first is None or first.role != "system":
        return total + 4 + words.count(text)
    heading = 3 if _in_channels(model) else 0
    return total + heading + words.count(f"{first.text}\n\n{text}") - words.count(first.text)


def declared(prompt: Prompt) -> str:
    """The tools and the form, as the model reads them."""
    return "\n\n".join(_sections(prompt))


def _sections(prompt: Prompt, heading: str = "# Tools\n\n## functions\n\n") -> Iterator[str]:
    if prompt.tools:
        yield f"{heading}{typescript.namespace(prompt.tools)}"
    if prompt.format.kind == "json_schema":
        form = prompt.format
        comment = f"// {form.description}\n" if form.description else ""
        yield f"# Response Formats\n\n## {form.name}\n\n{comment}{_compact(_without(form.schema, UNSHOWN))}"


def _choice(prompt: Prompt, words: Vocabulary) -> int:
    """What the models say of their tools' use: the newer ones in a fixed text, the older ones to the chosen tool."""
    if _is_o_series(prompt.model):
        return 0
    if _in_channels(prompt.model):
        return 81
    match prompt.choice:
        case "auto" | "required":
            return -1
        case "none":
            return 0
        case name:
            return 6 + _called(name, words)


def _without(schema: Json, keywords: frozenset[str]) -> Json:
    match schema:
        case dict():
            kept = {name: value for name, value in schema.items() if name not in keywords}
            return {name: _members(name, value, keywords) for name, value in kept.items()}
        case list():
            return [_without(item, keywords) for item in schema]
        case _:
            return schema


def _members(keyword: str, value: Json, keywords: frozenset[str]) -> Json:
    """Names of properties and definitions aren't keywords, whatever they are."""
    if keyword in {"properties", "$defs", "definitions"} and isinstance(value, dict):
        return {name: _without(schema, keywords) for name, schema in value.items()}
    return _without(value, keywords)


def _beside_item(message: Message, model: Model) -> int:
    words, channels = vocabulary(model.encoding), _in_channels(model)
    total = sum(media_tokens.count(media, model) for media in message.media)
    if not message.calls:
        return total + (2 if channels and message.role == "assistant" else 0)
    each = 6 if len(message.calls) == 1 else 5
    for call in message.calls:
        total += each + 2 * _called(call.name, words) + words.count(call.arguments) + (3 if channels else 0)
    return total


def _declarations_in_response(prompt: Prompt) -> int:
    words, channels = vocabulary(prompt.model.encoding), _in_channels(prompt.model)
    first = prompt.messages[0] if prompt.messages else None
    before = first.text if first and first.role == "system" else ""
    text = "\n\n".join(filter(None, (before, *_sections(prompt, heading=""))))
    total = words.count(text) - words.count(before)
    if prompt.tools:
        return total + _choice_in_response(prompt, words)
    return total + (0 if channels else 1)


def _choice_in_response(prompt: Prompt, words: Vocabulary) -> int:
    if _in_channels(prompt.model):
        return 5 if _is_o_series(prompt.model) else 9
    return 3 if prompt.choice in {"auto", "required", "none"} else 10 + _called(prompt.choice, words)


def _compact(value: Json) -> str:
    return msgspec.json.encode(value).decode()
