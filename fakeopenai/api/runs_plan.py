"""What a run will have come to: a turn written out as steps and messages, kept until its time has come.

A piece is a step, and the message that it creates if it creates one. Pieces have their ids from the start; they get
their times when they are published.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Iterator
from functools import reduce
from itertools import groupby

from fakeopenai import filing, tokens
from fakeopenai.ids import Names
from fakeopenai.prefix_cache import again
from fakeopenai.speech import Spoken
from fakeopenai.turn import Hosted, Prompt, Refusal, Step, Text, ToolCall
from fakeopenai.wire import Json, Object
from fakeopenai.world import World

SEARCHES = "file_search_call"
RUNS_CODE = "code_interpreter_call"
CODE = "code_interpreter"


def pieces(world: World, names: Names, run: Object, prompt: Prompt, spoken: Spoken) -> list[Object]:
    """The steps and messages of a turn, with what each of them cost."""
    found = [_piece(world, names, run, steps) for steps in _together(spoken.turn.steps)]
    _show_images(found)
    last = found[-1]["message"] if found else None
    if last and spoken.finish in INCOMPLETE:
        last |= {"status": "incomplete", "incomplete_details": {"reason": INCOMPLETE[spoken.finish]}}
    _charge(world, found, prompt, spoken)
    return found


def _together(steps: Iterable[Step]) -> Iterator[list[Step]]:
    """The steps of a turn that make a message or a step of the run; all else leaves no trace in a thread."""
    for shown, group in groupby(filter(_kind, steps), key=_kind):
        if shown == "hosted":
            yield from ([step] for step in group)
        else:
            yield list(group)


def _kind(step: Step) -> str:
    match step:
        case Text() | Refusal():
            return "message"
        case ToolCall():
            return "functions"
        case Hosted(item) if item["type"] in {SEARCHES, RUNS_CODE}:
            return "hosted"
    return ""


def _show_images(found: list[Object]) -> None:
    """What code has drawn stands in the next message, before its words (documented)."""
    drawn: list[Object] = []
    for piece in found:
        if message := piece["message"]:
            message["content"], drawn = [*drawn, *message["content"]], []
        else:
            drawn += _drawn(piece["step"])


def _drawn(step: Object) -> Iterator[Object]:
    for call in step["step_details"]["tool_calls"]:
        for output in call.get(CODE, {}).get("outputs", ()):
            if output["type"] == "image":
                yield {"type": "image_file", "image_file": output["image"]}


INCOMPLETE = {"length": "max_tokens", "content_filter": "content_filter"}


def _piece(world: World, names: Names, run: Object, steps: list[Step]) -> Object:
    match steps[0]:
        case Hosted(item):
            used = _used(world, names, run, item)
            return {"step": _step(names, run, {"type": "tool_calls", "tool_calls": [used]}), "message": None}
        case ToolCall():
            calls = [_function(names, step) for step in steps if isinstance(step, ToolCall)]
            step = _step(names, run, {"type": "tool_calls", "tool_calls": calls})
            return {"step": step | {"status": "in_progress"}, "message": None}
    message = _message(names, run, steps)
    details = {"type": "message_creation", "message_creation": {"message_id": message["id"]}}
    return {"step": _step(names, run, details), "message": message}


def _step(names: Names, run: Object, details: Object) -> Object:
    return {
        "id": names.new("step_"),
        "object": "thread.run.step",
        "created_at": run["created_at"],
        "run_id": run["id"],
        "assistant_id": run["assistant_id"],
        "thread_id": run["thread_id"],
        "type": details["type"],
        "status": "completed",
        "cancelled_at": None,
        "completed_at": None,
        "expires_at": run["expires_at"],
        "failed_at": None,
        "last_error": None,
        "step_details": details,
        "usage": None,
    }


def _message(names: Names, run: Object, steps: list[Step]) -> Object:
    return {
        "id": names.new("msg_"),
        "object": "thread.message",
        "created_at": run["created_at"],
        "assistant_id": run["assistant_id"],
        "thread_id": run["thread_id"],
        "run_id": run["id"],
        "status": "completed",
        "incomplete_details": None,
        "incomplete_at": None,
        "completed_at": None,
        "role": "assistant",
        "content": _content(steps),
        "attachments": [],
        "metadata": {},
    }


def _content(steps: list[Step]) -> list[Object]:
    """One part of text, all of it, and one of refusal."""
    text, notes = "", list[Object]()
    for step in steps:
        if isinstance(step, Text):
            text = _cited(text, step, notes)
    refusal = "".join(step.text for step in steps if isinstance(step, Refusal))
    spoken = [{"type": "text", "text": {"value": text, "annotations": notes}}] if text or not refusal else []
    return [*spoken, *([{"type": "refusal", "refusal": refusal}] if refusal else [])]


def _cited(before: str, step: Text, notes: list[Object]) -> str:
    """The text with a mark in it for every citation of a file, which is noted."""
    text, rest = before, 0
    cited = [note for note in step.annotations if note["type"] == "file_citation"]
    for note in sorted(cited, key=lambda note: int(note["index"])):
        text += step.text[rest : note["index"]]
        mark, rest = f"【4:{len(notes)}†{note['filename']}】", note["index"]
        place = {"start_index": len(text), "end_index": len(text) + len(mark)}
        notes.append(
            {"type": "file_citation", "text": mark, **place, "file_citation": {"file_id": note["file_id"]}},
        )
        text += mark
    return text + step.text[rest:]


def _function(names: Names, asked: ToolCall) -> Object:
    function = {"name": asked.name, "arguments": asked.arguments, "output": None}
    return {"id": asked.id or names.new("call_"), "type": "function", "function": function}


def _used(world: World, names: Names, run: Object, item: Object) -> Object:
    """A use of a tool that runs here, from the Responses API's form."""
    id = names.new("call_")
    if item["type"] == SEARCHES:
        return {"id": id, "type": "file_search", "file_search": _search(run, item)}
    outputs = [_output(world, names, output) for output in item.get("outputs") or ()]
    return {"id": id, "type": CODE, CODE: {"input": item.get("code") or "", "outputs": outputs}}


def _search(run: Object, item: Object) -> Object:
    settings = [tool["file_search"]["ranking_options"] for tool in run["tools"] if tool["type"] == "file_search"]
    asked = {"ranker": "default_2024_08_21", "score_threshold": 0.0} | (settings[0] if settings else {})
    options = {name: asked[name] for name in ("ranker", "score_threshold")}
    return {"ranking_options": options, "results": [_result(result) for result in item.get("results") or ()]}


def _result(result: Object) -> Object:
    return {
        "file_id": result["file_id"],
        "file_name": result["filename"],
        "score": result["score"],
        "attributes": result.get("attributes") or {},
        "content": [{"type": "text", "text": result["text"]}],
    }


def _output(world: World, names: Names, output: Object) -> Object:
    """What code has put out. An image becomes a file."""
    match output:
        case {"type": "image", "url": url}:
            content = b64decode(url.partition(";base64,")[2])
            file = filing.keep_file(world, names, content, filename="image.png", purpose="assistants_output")
            return {"type": "image", "image": {"file_id": file["id"]}}
    return output


# Usage


def usage(asked: int, generated: int, reasoning: int = 0, cached: int = 0) -> Object:
    """What a step or a run has cost. The first details are `prompt_token_details` here (recorded)."""
    return {
        "prompt_tokens": asked,
        "completion_tokens": generated,
        "total_tokens": asked + generated,
        "prompt_token_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }


def added(one: Json, other: Json) -> Json:
    """Two usages, or two counts of them, added up."""
    if isinstance(other, dict):
        return {name: added(one[name], value) for name, value in other.items()}
    return one + other


def without(one: Json, other: Json) -> Json:
    """What is left of a usage, or of one of its counts, without another."""
    if isinstance(other, dict):
        return {name: without(one[name], value) for name, value in other.items()}
    return one - other


def cost(found: list[Object], prompt: Prompt, spoken: Spoken) -> Object:
    """What all pieces of a turn have cost; a turn may cost something and leave none."""
    if not found:
        return usage(spoken.asked(tokens.prompt_tokens(prompt)), spoken.tokens, spoken.reasoning, spoken.cached(0))
    return reduce(added, (piece["step"]["usage"] for piece in found))


def _charge(world: World, found: list[Object], prompt: Prompt, spoken: Spoken) -> None:
    """Write down what each step has cost. After a use of a tool the model reads all again, and what the tool gave.

    Of a message and the calls after it, which are said at once, the first is charged for the prompt.
    """
    asked = due = spoken.asked(tokens.prompt_tokens(prompt))
    cached = spoken.cached(world.prefixes.use(prompt, asked, world.clock.now).read)
    left = spoken.tokens
    for piece in found:
        step, message = piece["step"], piece["message"]
        if message is None and step["status"] == "completed":
            said, given = _exchanged(step, spoken.encoding)
            step["usage"] = usage(due, said, cached=cached)
            cached = again(asked)
            asked = due = asked + said + given
            continue
        made = left if piece is found[-1] else min(left, _counted(message, spoken.encoding))
        step["usage"] = usage(due, made, spoken.reasoning if piece is found[-1] else 0, cached)
        due, cached, left = 0, 0, left - made


def _counted(message: Object | None, encoding: str) -> int:
    parts = message["content"] if message else []
    return sum(tokens.count(_words(part), encoding) for part in parts)


def _words(part: Object) -> str:
    words: str = part["text"]["value"] if "text" in part else part.get("refusal", "")
    return words


def _exchanged(step: Object, encoding: str) -> tuple[int, int]:
    """The tokens that a tool that runs here was told, and those that it gave."""
    (call,) = step["step_details"]["tool_calls"]
    if call["type"] == "file_search":
        results = call["file_search"]["results"]
        return 0, sum(tokens.count(part["text"], encoding) for result in results for part in result["content"])
    code = call[CODE]
    given = sum(tokens.count(output.get("logs", ""), encoding) for output in code["outputs"])
    return tokens.count(code["input"], encoding), given
