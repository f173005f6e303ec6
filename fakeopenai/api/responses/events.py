"""A finished response taken apart into the events of a stream.

Every event carries its `type`, then its keys in alphabetical order, among them a `sequence_number` that counts from 0.
What happens between the beginning and the end of an item of each kind is a row of CHOREOGRAPHY, as recorded. Joining
the deltas gives the item back; the last event carries the response that `GET` gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fakeopenai import speech
from fakeopenai.api.responses import pictures
from fakeopenai.ids import Names
from fakeopenai.models import find
from fakeopenai.wire import Event, Json, Object

PAD = 16
"""A delta and its obfuscation together are as long as a multiple of this (22,052 of 22,056 recorded)."""

UNTOLD = frozenset({"billing"})
"""What a response says of itself only when it is done and given whole (283 of 283 recorded streams, and polls)."""

Steps = Iterator[Object]


def events(response: Object, *, obfuscated: bool = True, after: int = -1, pictures: int = 0) -> Iterator[Event]:
    """The events that spell a response out, those after a sequence number.

    `pictures` is how many partial images come before a whole one.
    """
    model = find(response["model"])
    stream = Stream(response, model.encoding if model else "o200k_base", obfuscated, pictures)
    for number, event in enumerate(stream):
        if number > after:
            event["sequence_number"] = number
            yield Event(event, event["type"])


def as_told(response: Object) -> Object:
    """The response as events show it."""
    return {name: value for name, value in response.items() if name not in UNTOLD}


def unfinished(response: Object, status: str) -> Object:
    """The response as it was before anything was said."""
    before: Object = {"completed_at": None, "error": None, "incomplete_details": None, "output": [], "usage": None}
    if response.get("service_tier") == "default":
        before["service_tier"] = "auto"
    return as_told(response) | {"status": status} | {name: value for name, value in before.items() if name in response}


class Stream:
    """The events of one response, not yet numbered."""

    def __init__(self, response: Object, encoding: str, obfuscated: bool, pictures: int) -> None:
        self.response = as_told(response)
        self.encoding = encoding
        self.pictures = pictures
        padded = obfuscated and not response.get("background")
        self._noise = Names(response["id"].encode()[:64], 0).b62(256, "obfuscation") if padded else ""
        self._place = 0

    def __iter__(self) -> Steps:
        response, status = self.response, self.response["status"]
        begun = unfinished(response, "queued" if response.get("background") else "in_progress")
        yield lifecycle("created", begun)
        if response.get("background"):
            yield lifecycle("queued", begun)
        if status == "queued":
            return
        yield lifecycle("in_progress", begun | {"status": "in_progress"})
        for index, item in enumerate(response["output"]):
            yield from self.item(item, index)
        if status == "failed":
            yield failure(response["error"])
        if status in {"completed", "incomplete", "failed"}:
            yield lifecycle(status, response)

    def item(self, item: Object, index: int) -> Steps:
        """One item, from its announcement to its end."""
        row = CHOREOGRAPHY.get(item["type"])
        begun = _empty(item)
        yield {"type": "response.output_item.added", "item": begun, "output_index": index, "sequence_number": 0}
        if row:
            yield from row(self, item, index)
        yield {"type": "response.output_item.done", "item": item, "output_index": index, "sequence_number": 0}

    def pieces(self, text: str, probs: list[Object] | None = None) -> list[str]:
        return speech.pieces(text, self.encoding, probs) if text else []

    def noise(self, delta: str) -> Object:
        """The obfuscation of a delta."""
        if not self._noise:
            return {}
        self._place += 7
        start = self._place % (len(self._noise) - PAD)
        return {"obfuscation": self._noise[start : start + -len(delta) % PAD]}


def lifecycle(name: str, response: Object) -> Object:
    return {"type": f"response.{name}", "response": response, "sequence_number": 0}


def failure(error: Object) -> Object:
    """What comes before `response.failed`."""
    told = {"type": error["code"], "code": error["code"], "message": error["message"], "param": None} | error
    return {"type": "error", "error": told, "sequence_number": 0}


def _empty(item: Object) -> Object:
    """The item as it is announced."""
    lacking = EMPTY.get(item["type"], {})
    begun = item | {name: value for name, value in lacking.items() if item.get(name) is not None}
    match item["type"]:
        case "image_generation_call":
            begun = {name: item[name] for name in ("id", "type", "status")}
        case "apply_patch_call" if "diff" in item["operation"]:
            begun = item | {"operation": item["operation"] | {"diff": ""}}
    if item["type"] in ENDED or "status" not in item:
        return begun
    return begun | {"status": "in_progress"}


def _message(stream: Stream, item: Object, index: int) -> Steps:
    for place, part in enumerate(item["content"]):
        where = Place(item["id"], index, place)
        empty = {"annotations": [], "logprobs": [], "text": "", "refusal": ""}
        begun = {name: empty.get(name, value) for name, value in part.items()}
        yield where.event("response.content_part.added", part=begun)
        yield from _refusal(stream, part, where) if part["type"] == "refusal" else _text(stream, part, where)
        whole = part | ({"logprobs": []} if part.get("logprobs") else {})
        yield where.event("response.content_part.done", part=whole)


class Place:
    """Where in a message an event belongs."""

    def __init__(self, id: str, index: int, part: int) -> None:
        self.id, self.index, self.part = id, index, part

    def event(self, type: str, **fields: Json) -> Object:
        fields |= {"content_index": self.part, "item_id": self.id, "output_index": self.index, "sequence_number": 0}
        return {"type": type} | {name: fields[name] for name in sorted(fields)}


def _text(stream: Stream, part: Object, where: Place) -> Steps:
    notes = sorted(enumerate(part["annotations"]), key=lambda note: _end(note[1]))
    length = 0
    for place, piece in enumerate(stream.pieces(part["text"], part.get("logprobs"))):
        yield {
            "type": "response.output_text.delta",
            "content_index": where.part,
            "delta": piece,
            "item_id": where.id,
            "logprobs": (part.get("logprobs") or [])[place : place + 1],
            **stream.noise(piece),
            "output_index": where.index,
            "sequence_number": 0,
        }
        length += len(piece)
        while notes and _end(notes[0][1]) <= length:
            yield _annotation(*notes.pop(0), where)
    for number, note in notes:
        yield _annotation(number, note, where)
    yield where.event("response.output_text.done", logprobs=(part.get("logprobs") or []), text=part["text"])


def _end(note: Object) -> int:
    """Where in the text an annotation is known."""
    return int(note.get("end_index") or note.get("index") or 0)


def _annotation(number: int, note: Object, where: Place) -> Object:
    return where.event("response.output_text.annotation.added", annotation=note, annotation_index=number)


def _refusal(stream: Stream, part: Object, where: Place) -> Steps:
    for piece in stream.pieces(part["refusal"]):
        yield where.event("response.refusal.delta", delta=piece)
    yield where.event("response.refusal.done", refusal=part["refusal"])


def _spelled(name: str, field: str) -> Callable[[Stream, Object, int], Steps]:
    """A text that is spelled out in deltas and then given whole, such as a call's arguments."""

    def spell(stream: Stream, item: Object, index: int) -> Steps:
        text = item[field] or ""
        for piece in stream.pieces(text):
            yield {
                "type": f"response.{name}.delta",
                "delta": piece,
                "item_id": item["id"],
                **stream.noise(piece),
                "output_index": index,
                "sequence_number": 0,
            }
        yield _of(item, index, f"{name}.done", **{field: text})

    return spell


def _of(item: Object, index: int, name: str, **fields: Json) -> Object:
    """An event of an item."""
    fields |= {"item_id": item["id"], "output_index": index, "sequence_number": 0}
    return {"type": f"response.{name}"} | {name: fields[name] for name in sorted(fields)}


def _stages(*names: str) -> Callable[[Stream, Object, int], Steps]:
    """Stages that an item goes through without saying more."""

    def stages(_stream: Stream, item: Object, index: int) -> Steps:
        return (_of(item, index, f"{item['type']}.{name}") for name in names)

    return stages


def _reasoning(stream: Stream, item: Object, index: int) -> Steps:
    for place, part in enumerate(item.get("content") or ()):
        for piece in stream.pieces(part["text"]):
            fields = {"content_index": place, "delta": piece, **stream.noise(piece)}
            yield _of(item, index, "reasoning_text.delta", **fields)
        yield _of(item, index, "reasoning_text.done", content_index=place, text=part["text"])
    for place, part in enumerate(item["summary"]):
        yield _of(item, index, "reasoning_summary_part.added", part=part | {"text": ""}, summary_index=place)
        for piece in stream.pieces(part["text"]):
            fields = {"delta": piece, **stream.noise(piece), "summary_index": place}
            yield _of(item, index, "reasoning_summary_text.delta", **fields)
        yield _of(item, index, "reasoning_summary_text.done", summary_index=place, text=part["text"])
        yield _of(item, index, "reasoning_summary_part.done", part=part, summary_index=place)


def _code_interpreter(stream: Stream, item: Object, index: int) -> Steps:
    yield _of(item, index, "code_interpreter_call.in_progress")
    yield from _spelled("code_interpreter_call_code", "code")(stream, item, index)
    yield _of(item, index, "code_interpreter_call.interpreting")
    yield _of(item, index, "code_interpreter_call.completed")


def _image_generation(stream: Stream, item: Object, index: int) -> Steps:
    yield _of(item, index, "image_generation_call.in_progress")
    yield _of(item, index, "image_generation_call.generating")
    for number, image in enumerate(pictures.partial(item, stream.pictures)):
        shown = {name: item[name] for name in ("background", "output_format", "quality", "size") if name in item}
        fields = shown | {"partial_image_b64": image, "partial_image_index": number}
        yield _of(item, index, "image_generation_call.partial_image", **fields)
    yield _of(item, index, "image_generation_call.completed")


def _mcp_list(_stream: Stream, item: Object, index: int) -> Steps:
    yield _of(item, index, "mcp_list_tools.in_progress")
    yield _of(item, index, "mcp_list_tools.failed" if item.get("error") else "mcp_list_tools.completed")


def _mcp_call(stream: Stream, item: Object, index: int) -> Steps:
    """The arguments come in one piece."""
    arguments = item["arguments"]
    yield _of(item, index, "mcp_call.in_progress")
    yield _of(item, index, "mcp_call_arguments.delta", delta=arguments, **stream.noise(arguments))
    yield _of(item, index, "mcp_call_arguments.done", arguments=arguments)
    yield _of(item, index, "mcp_call.failed" if item.get("error") else "mcp_call.completed")


def _apply_patch(stream: Stream, item: Object, index: int) -> Steps:
    """A deletion has no diff and says nothing."""
    diff = item["operation"].get("diff")
    if diff is not None:
        yield from _spelled("apply_patch_call_operation_diff", "diff")(stream, item | {"diff": diff}, index)


def _shell(stream: Stream, item: Object, index: int) -> Steps:
    """These events don't name their item."""
    for place, command in enumerate(item["action"]["commands"]):
        where = {"command_index": place, "output_index": index, "sequence_number": 0}
        yield _sorted("shell_call_command.added", command="", **where)
        for piece in stream.pieces(command):
            yield _sorted("shell_call_command.delta", delta=piece, **stream.noise(piece), **where)
        yield _sorted("shell_call_command.done", command=command, **where)


def _sorted(name: str, **fields: Json) -> Object:
    return {"type": f"response.{name}"} | {name: fields[name] for name in sorted(fields)}


def _shell_output(_stream: Stream, item: Object, index: int) -> Steps:
    for place, part in enumerate(item["output"]):
        said = {name: part[name] for name in ("stdout", "stderr") if part.get(name)}
        yield _of(item, index, "shell_call_output_content.delta", command_index=place, delta=said)
        yield _of(item, index, "shell_call_output_content.done", command_index=place, output=[part])


def _compaction(stream: Stream, item: Object, index: int) -> Steps:
    """Told only where nothing else was asked for (the client's documentation)."""
    if len(stream.response["output"]) == 1:
        yield _of(item, index, "compaction.compacting")


_SEARCH = ("in_progress", "searching", "completed")

CHOREOGRAPHY: dict[str, Callable[[Stream, Object, int], Steps]] = {
    "message": _message,
    "reasoning": _reasoning,
    "function_call": _spelled("function_call_arguments", "arguments"),
    "custom_tool_call": _spelled("custom_tool_call_input", "input"),
    "web_search_call": _stages(*_SEARCH),
    "file_search_call": _stages(*_SEARCH),
    "code_interpreter_call": _code_interpreter,
    "image_generation_call": _image_generation,
    "mcp_list_tools": _mcp_list,
    "mcp_call": _mcp_call,
    "apply_patch_call": _apply_patch,
    "shell_call": _shell,
    "shell_call_output": _shell_output,
    "compaction": _compaction,
}
"""What happens between the announcement and the end of an item; of all others nothing does."""

EMPTY: dict[str, Object] = {
    "message": {"content": []},
    "reasoning": {"content": [], "summary": []},
    "function_call": {"arguments": ""},
    "custom_tool_call": {"input": ""},
    "web_search_call": {"action": {"type": "search"}},
    "file_search_call": {"queries": [], "results": None},
    "code_interpreter_call": {"code": "", "outputs": []},
    "mcp_list_tools": {"tools": []},
    "mcp_call": {"arguments": "", "error": None, "output": None},
    "tool_search_call": {"arguments": {}},
    "local_shell_call": {"action": {"type": "exec", "command": [], "env": {}}},
    "shell_call": {"action": {"commands": [], "max_output_length": None, "timeout_ms": None}},
    "shell_call_output": {"output": []},
    "program": {"code": ""},
    "program_output": {"result": ""},
}
"""What an item lacks when it is announced."""

ENDED = frozenset({"shell_call_output", "program_output", "apply_patch_call_output"})
"""Types of items that are announced with the status that they end with (4 of 4 recorded)."""
