"""Rows of evals: where those of a run come from, what a model says to each, and what the criteria make of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

import jsonschema_rs
import msgspec

from fakeopenai import filing, graders
from fakeopenai.api.responses import context
from fakeopenai.errors import invalid
from fakeopenai.graders import Failed, Grade
from fakeopenai.wire import Json, Object, Request

if TYPE_CHECKING:
    from fakeopenai.world import World

SAMPLING = {"seed": 42, "temperature": 1.0, "top_p": 1.0, "max_completion_tokens": 2048}
"""What samples say of parameters that weren't given (the reference's examples)."""


@dataclass(frozen=True)
class Sampled:
    """What a model said to a row, or why it said nothing. `given` is what the graders see of it."""

    shown: Object
    given: Object
    usage: Mapping[str, Object] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        return self.shown["error"] is not None


# Where rows come from


def rows(world: World, source: Object) -> Iterator[Object]:
    """The rows of a source: each an item and, where there is one already, a sample. Raises ApiError."""
    match source["type"]:
        case "file_content":
            yield from source["content"]
        case "file_id":
            yield from _lines(world, source["id"])
        case "stored_completions":
            yield from _stored(world, source)
        case _:
            yield from _responses(world, source)


def _lines(world: World, id: str) -> Iterator[Object]:
    content = filing.content_of(world, id)
    for number, line in enumerate(content.decode(errors="replace").splitlines(), 1):
        if not line.strip():
            continue
        row = _decoded(line)
        if not isinstance(row, dict) or not isinstance(row.get("item"), dict):
            raise invalid(f"Line {number} of the file must be a JSON object with an 'item'.", code="invalid_jsonl")
        if not isinstance(row.get("sample") or {}, dict):
            raise invalid(f"Line {number} of the file must have an object as its 'sample'.", code="invalid_jsonl")
        yield row


def _decoded(line: str) -> Json:
    try:
        return msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return None


def _stored(world: World, source: Object) -> Iterator[Object]:
    """Chat completions that were stored, with what was asked and answered."""
    drawer = world.drawer("/chat/completions")
    wanted = (item for item in drawer if _matches(item, source, created="created"))
    for item in islice(wanted, source.get("limit")):
        asked = world.drawer(f"/chat/completions/{item['id']}/messages")
        messages = [{"role": message["role"], "content": message["content"] or ""} for message in asked]
        message = item["choices"][0]["message"]
        said = message["content"] or message.get("refusal") or ""
        sample = {"output_text": said, "output_tools": message.get("tool_calls") or []}
        yield {"item": {"input": messages, "output": said, **_about(item)}, "sample": sample}


def _responses(world: World, source: Object) -> Iterator[Object]:
    for item in world.drawer("/responses"):
        if _matches(item, source, created="created_at") and _of_kind(item, source):
            said, asked = _said(item), _asked(world, item)
            about = _about(item) | {"instructions": item.get("instructions")}
            sample = {"output_text": said, "output_tools": _calls(item)}
            yield {"item": {"input": asked, "output": said, **about}, "sample": sample}


def _asked(world: World, response: Object) -> list[Object]:
    """The messages that a response was asked with."""
    kept = context.inputs(world, response["id"])
    return [{"role": item["role"], "content": _flat(item.get("content"))} for item in kept if "role" in item]


def _said(response: Object) -> str:
    parts = [part for item in response.get("output") or () for part in item.get("content") or ()]
    return "".join(part.get("text") or part.get("refusal") or "" for part in parts)


def _calls(response: Object) -> list[Object]:
    return [item for item in response.get("output") or () if item["type"] == "function_call"]


def _about(item: Object) -> Object:
    return {name: item.get(name) for name in ("id", "model", "metadata")}


def _matches(item: Object, source: Object, created: str) -> bool:
    model, metadata = source.get("model"), source.get("metadata") or {}
    after, before = source.get("created_after"), source.get("created_before")
    return (
        (model is None or model == item["model"] or item["model"].startswith(f"{model}-20"))
        and metadata.items() <= (item.get("metadata") or {}).items()
        and (after is None or item[created] > after)
        and (before is None or item[created] < before)
    )


def _of_kind(response: Object, source: Object) -> bool:
    """Whether a response was made with the parameters that are wanted."""
    tools = {tool.get(name) for tool in response.get("tools") or () for name in ("type", "name")}
    effort = (response.get("reasoning") or {}).get("effort")
    return (
        (source.get("instructions_search") or "") in str(response.get("instructions") or "")
        and all(source.get(name) in (None, response.get(name)) for name in ("temperature", "top_p"))
        and source.get("reasoning_effort") in (None, effort)
        and set(source.get("tools") or ()) <= tools
        and (not source.get("users") or response.get("user") in source["users"])
    )


# What the model says


def sampled(world: World, data: Object, row: Object) -> Sampled:
    """Let the model of a run answer a row; without a model, what the row brings along stands."""
    if data["type"] == "jsonl" or not data.get("model"):
        return _brought(row)
    try:
        asked = _messages(data, row["item"])
    except Failed as fault:
        return _nothing(data, [], "invalid_template", f"Template variable '{fault.details}' not found.")
    responds = data["type"] == "responses"
    path, body = ("/responses", _response(data, asked)) if responds else ("/chat/completions", _completion(data, asked))
    reply = world.answer(Request("POST", path, body=body, key=f"sk-{world.name}"))
    answered = graders.body_of(reply)
    if reply.status != 200 or ("output" if responds else "choices") not in answered:
        return _nothing(data, asked, *graders.refusal(reply))
    return _responded(data, asked, answered) if responds else _completed(data, asked, answered)


def _messages(data: Object, item: Object) -> list[Object]:
    asked = data.get("input_messages") or {"type": "item_reference", "item_reference": "item.input"}
    if asked["type"] == "template":
        return graders.messages(asked["template"], item, {})
    found = graders.looked_up(asked["item_reference"], item, {})
    return found if isinstance(found, list) else [{"role": "user", "content": str(found)}]


def _sampling(data: Object) -> Object:
    return {name: value for name, value in (data.get("sampling_params") or {}).items() if value is not None}


def _completion(data: Object, asked: list[Object]) -> Object:
    return {"model": data["model"], "messages": asked, **_sampling(data)}


def _response(data: Object, asked: list[Object]) -> Object:
    given = _sampling(data)
    renamed = {"max_completion_tokens": "max_output_tokens"}
    body = {renamed.get(name, name): value for name, value in given.items() if name not in {"reasoning_effort", "seed"}}
    if "reasoning_effort" in given:
        body["reasoning"] = {"effort": given["reasoning_effort"]}
    return {"model": data["model"], "input": asked, "store": False, **body}


def _completed(data: Object, asked: list[Object], answered: Object) -> Sampled:
    choice = answered["choices"][0]
    message = choice["message"]
    text, calls = message["content"] or message.get("refusal") or "", message.get("tool_calls") or []
    usage = graders.usage_of(answered["usage"])
    shown = _shown(data, asked, text, finish_reason=choice["finish_reason"], model=answered["model"], usage=usage)
    return Sampled(shown, graders.sample(text, calls), {answered["model"]: usage})


def _responded(data: Object, asked: list[Object], answered: Object) -> Sampled:
    text, spent = _said(answered), answered["usage"]
    usage = {
        "prompt_tokens": spent["input_tokens"],
        "total_tokens": spent["total_tokens"],
        "completion_tokens": spent["output_tokens"],
        "cached_tokens": spent["input_tokens_details"]["cached_tokens"],
    }
    reason = str((answered["incomplete_details"] or {}).get("reason"))
    finish = FINISHES.get(reason, "tool_calls" if _calls(answered) else "stop")
    shown = _shown(data, asked, text, finish_reason=finish, model=answered["model"], usage=usage)
    return Sampled(shown, graders.sample(text, _calls(answered)), {answered["model"]: usage})


FINISHES = {"max_output_tokens": "length", "content_filter": "content_filter"}
"""Why a response is incomplete, in the words of chat completions."""


def _brought(row: Object) -> Sampled:
    given: Object = row.get("sample") or {}
    text = str(given.get("output_text") or "")
    item = row["item"]
    asked = item["input"] if isinstance(item.get("input"), list) else []
    shown = _shown({}, asked, text, model=str(given.get("model") or item.get("model") or ""))
    return Sampled(shown, graders.sample(text) | given)


def _nothing(data: Object, asked: list[Object], code: str, message: str) -> Sampled:
    shown = _shown(data, asked, "", error={"code": code, "message": message}, finish_reason="error")
    return Sampled(shown | {"output": []}, graders.sample(""))


def _shown(data: Object, asked: list[Object], text: str, **facts: Json) -> Object:
    """A sample as output items show it."""
    sampling = _sampling(data)
    return {
        "input": [_seen(each) for each in asked],
        "output": [{"role": "assistant", "content": text}],
        "finish_reason": "stop",
        "model": data.get("model") or "",
        "usage": dict.fromkeys(("total_tokens", "completion_tokens", "prompt_tokens", "cached_tokens"), 0),
        "error": None,
        **{name: sampling.get(name, default) for name, default in SAMPLING.items()},
    } | facts


def _seen(message: Json) -> Object:
    """A message as samples show it; rows may bring along anything in its place."""
    found = message if isinstance(message, dict) else {"content": str(message)}
    return {"role": str(found.get("role") or "user"), "content": _flat(found.get("content"))}


def _flat(content: Json) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else [content]
    return "".join(str(part.get("text") or "") for part in parts if isinstance(part, dict))


# What the criteria make of it


def judged(world: World, criteria: list[Object], item: Object, said: Sampled) -> list[tuple[Object, Grade]]:
    """Every criterion's result as output items show it, with its grade; none of what was never said."""
    if said.failed:
        return []
    grades = [(criterion, graders.grade(world, criterion, item, said.given)) for criterion in criteria]
    return [(_result(criterion, grade), grade) for criterion, grade in grades]


def _result(criterion: Object, grade: Grade) -> Object:
    return {
        "name": criterion["id"],
        "type": criterion["type"],
        "passed": grade.passed,
        "score": grade.score,
        "sample": _judgement(grade) or ({"error": grade.errors} if grade.failed else None),
    }


def _judgement(grade: Grade) -> Object | None:
    """What a model was asked and said for its judgement."""
    if grade.said is None:
        return None
    reply = grade.said["reply"]
    choice = reply["choices"][0]
    return {
        "input": grade.said["input"],
        "output": [{"role": "assistant", "content": choice["message"]["content"]}],
        "finish_reason": choice["finish_reason"],
        "model": reply["model"],
        "usage": graders.usage_of(reply["usage"]),
        "error": None,
    }


def unfit(item: Json, schema: Object) -> str:
    """What is wrong with an item, by the schema of its eval's items; nothing if nothing is."""
    fault = next(iter(jsonschema_rs.validator_for(schema).iter_errors(item)), None)
    return fault.message if fault else ""
