"""Azure's answers: the API's, with keys in alphabetical order where it has them so, and with what its filters found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from fakeopenai import models
from fakeopenai.azure import filters
from fakeopenai.wire import DONE, WAIT, Event, Json, Object

if TYPE_CHECKING:
    from fakeopenai.azure import Azure
    from fakeopenai.wire import Call, Reply

_decode = msgspec.json.Decoder().decode

Shape = Callable[["Reply", "Call", "Azure"], None]


def shape(reply: Reply, call: Call, azure: Azure) -> None:
    """Put the answer of an operation into Azure's form; what is no object, such as a download, stays."""
    given = SHAPES.get(str(call.operation))
    if given and isinstance(reply.body, bytes):
        reply.body = _decode(reply.body)
    if given and isinstance(reply.body, dict):
        given(reply, call, azure)


def _completion(reply: Reply, call: Call, azure: Azure) -> None:
    prompts = _of_prompts(call) if azure.filters else None
    reply.body = _chosen(reply.body, azure)
    if prompts is not None:
        reply.body = ordered_keys(reply.body | {"prompt_filter_results": prompts})
    if reply.events is not None:
        reply.events = _chunks(reply.events, prompts, azure)


def _of_prompts(call: Call) -> list[Object]:
    text = call.prompt.last_user_text if call.prompt else ""
    return [{"prompt_index": 0, "content_filter_results": filters.of_prompt(text)}]


def _chosen(completion: Object, azure: Azure) -> Object:
    """A completion, its choices filtered."""
    told: Object = ordered(completion | {"model": spelled(completion.get("model"))})
    if azure.filters:
        told["choices"] = [_choice(choice) for choice in told.get("choices") or ()]
    return told


def _choice(choice: Json) -> Json:
    if not isinstance(choice, dict):  # a rule may have answered anything
        return choice
    text = (choice.get("message") or {}).get("content") or choice.get("text") or ""
    found = filters.of_answer(text, stopped=choice.get("finish_reason") == "content_filter")
    return {"content_filter_results": found} | choice


def _chunks(events: Iterable[Event], prompts: list[Object] | None, azure: Azure) -> Iterator[Event]:
    """The chunks of a stream. The first one belongs to nobody and tells of the prompt."""
    if prompts is not None:
        empty = {"choices": [], "created": 0, "id": "", "model": "", "object": ""}
        yield Event(empty | {"prompt_filter_results": prompts})
    for event in events:
        chunk = _data(event)
        if chunk is None or "choices" not in chunk:
            yield event
            continue
        told = ordered(chunk | {"model": spelled(chunk.get("model"))})
        if azure.filters:
            told["choices"] = [{"content_filter_results": filters.of_chunk(each)} | each for each in told["choices"]]
        yield Event(told, event.name)


def _data(event: Event) -> Object | None:
    """The object that an event brings, if it brings one."""
    if event is WAIT or event.data == DONE.data:
        return None
    found = _decode(event.data) if isinstance(event.data, bytes) else event.data
    return found if isinstance(found, dict) else None


def _response(reply: Reply, call: Call, azure: Azure) -> None:
    reply.body = _answered(reply.body, call, azure)
    if reply.events is not None:
        reply.events = _response_events(reply.events, call, azure)


def _response_events(events: Iterable[Event], call: Call, azure: Azure) -> Iterator[Event]:
    for event in events:
        data = _data(event)
        if data is None or not isinstance(data.get("response"), dict):
            yield event
            continue
        yield Event(data | {"response": _answered(data["response"], call, azure)}, event.name)


def _answered(response: Object, call: Call, azure: Azure) -> Object:
    """A response under its deployment's name, with what was found in it once it is done."""
    done = response.get("status") in {"completed", "incomplete"}
    told = {"content_filters": _content_filters(response, call) if done else None}
    named = response | ({"model": azure.deployment} if azure.deployment else {})
    fields = [(name, value) for name, value in named.items() if name != "billing"]
    place = next((at for at, (name, _) in enumerate(fields) if name == "error"), len(fields))
    return dict(fields[:place]) | told | dict(fields[place:])


def _content_filters(response: Object, call: Call) -> list[Object]:
    asked = call.prompt.last_user_text if call.prompt else ""
    said = "".join(
        part.get("text") or ""
        for item in response.get("output") or ()
        if item.get("type") == "message"
        for part in item["content"]
    )
    return [
        _content_filter("prompt", filters.of_prompt(asked), len(asked)),
        _content_filter("completion", filters.of_answer(said), len(said)),
    ]


def _content_filter(source: str, found: Object, length: int) -> Object:
    return {
        "blocked": any(each["filtered"] for each in found.values()),
        "source_type": source,
        "content_filter_raw": [],
        "content_filter_results": found,
        "content_filter_offsets": {"start_offset": 0, "end_offset": length, "check_offset": 0},
    }


def _images(reply: Reply, call: Call, azure: Azure) -> None:
    """Each picture with what was found in it and in its prompt."""
    if not azure.filters or not isinstance(reply.body.get("data"), list):
        return
    prompt = filters.of_prompt(call.prompt.last_user_text if call.prompt else "")
    found = {name: prompt[name] for name in filters.HARMS}
    told = {"content_filter_results": found, "prompt_filter_results": prompt}
    reply.body["data"] = [told | each for each in reply.body["data"]]


def _models(reply: Reply, _: Call, __: Azure) -> None:
    reply.body = {"data": [_model(each) for each in reply.body.get("data", ())], "object": "list"}


def _one_model(reply: Reply, _: Call, __: Azure) -> None:
    reply.body = _model(reply.body)


def _model(model: Object) -> Object:
    """A model as a resource offers it."""
    known = models.find(model["id"])
    kind = known.kind if known else ""
    capabilities = {
        "fine_tune": False,
        "inference": kind != "completion",
        "completion": kind == "completion",
        "chat_completion": kind == "chat",
        "embeddings": kind == "embedding",
    }
    return {
        "status": "succeeded",
        "capabilities": capabilities,
        "lifecycle_status": "generally-available",
        "deprecation": {},
        "id": spelled(model["id"]),
        "created_at": model["created"],
        "object": "model",
    }


def ordered(value: Json) -> Json:
    """A value with all keys in alphabetical order."""
    match value:
        case dict():
            return {name: ordered(value[name]) for name in sorted(value)}
        case list():
            return [ordered(each) for each in value]
    return value


def ordered_keys(value: Object) -> Object:
    """An object with its own keys in alphabetical order."""
    return {name: value[name] for name in sorted(value)}


def spelled(model: Json) -> Json:
    """A model's name as Azure spells it."""
    return model.replace("gpt-3.5", "gpt-35") if isinstance(model, str) else model


SHAPES: dict[str, Shape] = {
    "POST /chat/completions": _completion,
    "POST /completions": _completion,
    "POST /responses": _response,
    "GET /responses/{response_id}": _response,
    "POST /responses/{response_id}/cancel": _response,
    "POST /images/generations": _images,
    "POST /images/edits": _images,
    "GET /models": _models,
    "GET /models/{model}": _one_model,
}
