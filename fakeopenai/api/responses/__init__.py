"""Responses: one turn of the model as a list of items, whole, streamed or in the background, and the stored ones."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace
from typing import Any

from fakeopenai import limits, tokens
from fakeopenai.api import moderations
from fakeopenai.api.responses import (
    background,
    body,
    breaking,
    checks,
    compaction,
    context,
    eras,
    hosted,
    items,
    output,
    prompt,
    view,
)
from fakeopenai.api.responses.events import events
from fakeopenai.api.responses.memory import Memory
from fakeopenai.resource import Resource, Routes
from fakeopenai.speech import Spoken
from fakeopenai.turn import Prompt, Turn
from fakeopenai.wire import Call, Event, Object, Reply

routes = Routes()
routes.courses.append(background.COURSE)

stored = Resource("/responses/{response_id}", object="response", missing="Response with id '{id}' not found.")


def _twins(path: str) -> tuple[str, str]:
    """An operation and its twin with `?beta=true`."""
    return path, f"{path}?beta=true"


@routes.reads(*_twins("POST /responses"))
def read(call: Call) -> Prompt:
    """What a response is asked for; refused where the model can't take it."""
    checks.before_reading(call)
    return checks.held(call, prompt.read(call))


@routes.on(*_twins("POST /responses"))
def create(call: Call) -> Reply:
    asked = call.ask()
    response = respond(call, asked)
    if response.get("background") and call.body.get("stream"):
        call.world.clock.befall(background.COURSE.name, response)
    pictures = view.partial_images(call.body)
    found = breaking.break_of(call, response)
    if found:
        response = breaking.broken(found, pictures)
    keep(call, response, found)
    include = call.body.get("include") or ()
    shown = view.seen(response, include)
    headers = limits.token_headers(asked.model, limits.estimate(asked))
    if call.body.get("stream"):
        obfuscated = (call.body.get("stream_options") or {}).get("include_obfuscation") is not False
        stream = _told(shown, found, include, obfuscated=obfuscated, pictures=pictures)
        return Reply(shown, headers=headers, events=stream, failed=True)
    if response.get("background"):
        return Reply(background.begin(call, response), headers=headers)
    return Reply(shown, headers=headers)


def respond(call: Call, asked: Prompt) -> Object:
    """The finished response."""
    response = body.blank(call, asked, call.names.new("resp_"))
    spoken = _spoken(call, asked)
    said = output.written(call, asked, spoken)
    failure = next((item for item in said if item["type"] == "error"), None)
    response["output"] = [item for item in said if item["type"] != "error"]
    if account := compaction.due(call, asked, spoken):
        response["output"].append(compaction.item(call, account))
        spoken = replace(spoken, tokens=spoken.tokens + tokens.count(account, asked.model.encoding))
    response["usage"] = body.usage(call, asked, spoken)
    response["tool_usage"] = body.tool_usage(response["output"])
    response["moderation"] = moderations.moderated(call, asked, spoken.text)
    response |= body.ending(spoken, failure, int(call.world.clock.now), call.body)
    if failure or call.body.get("stream") or call.request.memory:
        del response["billing"]  # a stream's last object is what GET gives
    return eras.as_of(response, call.world.settings.as_of)


def _told(
    shown: Object, found: Object | None, include: Container[str], after: int = -1, **options: Any
) -> Iterator[Event]:
    """The events of a response, those after a sequence number, up to where it breaks off if it does."""
    if found:
        return breaking.told(found, shown, include, after, **options)
    return events(shown, after=after, **options)


def keep(call: Call, response: Object, found: Object | None = None) -> None:
    """Store a response and where it breaks off, if that is wanted; else its connection remembers it.

    Its words are added to its conversation either way.
    """
    asked = items.kept(call.names, context.own(call))
    if response["store"]:
        context.keep(call, response, asked, found)
        call.world.drawer(context.RESPONSES).put(response)
    elif call.request.memory:
        _remember(call.request.memory, response, [*context.before(call), *asked, *response["output"]])
    context.add(call.world, response, asked)
    if not call.body.get("background") or call.body.get("stream"):
        context.add(call.world, response, response["output"])


def _remember(memory: Memory, response: Object, said: list[Object]) -> None:
    if response["status"] == "failed":
        memory.forget()
    else:
        memory.keep(response["id"], said)


def _is_silent(call: Call) -> bool:
    """Whether the request only prepares for others."""
    options = call.body.get("prompt_cache_options") or {}
    return bool(options.get("prewarm") or (call.request.memory and call.request.memory.silent))


def _spoken(call: Call, asked: Prompt) -> Spoken:
    if _is_silent(call) or compaction.is_triggered(call.body.get("input")):
        return Spoken(Turn(), "stop", 0, 0, asked.model.encoding)
    return hosted.speak(call, asked)


@routes.on(*_twins("GET /responses/{response_id}"))
def retrieve(call: Call) -> Reply:
    id, query = call.path["response_id"], call.query
    stored.find(call)
    call.world.clock.poll(context.RESPONSES, id)
    if not query.get("stream"):
        return background.polled(call, view.seen(stored.find(call), query.get("include") or ()))
    background.finish(call.world, id)
    include = query.get("include") or ()
    response = view.seen(stored.find(call), include)
    stream = _told(
        response,
        context.broken_off(call.world, id),
        include,
        query.get("starting_after", -1),
        obfuscated=query.get("include_obfuscation") is not False,
        pictures=context.partial_images(call.world, id),
    )
    return Reply(response, events=stream)


@routes.on(*_twins("DELETE /responses/{response_id}"))
def delete(call: Call) -> Reply:
    context.forget(call.world, stored.find(call))
    return stored.delete(call)


@routes.on(*_twins("POST /responses/{response_id}/cancel"))
def cancel(call: Call) -> Reply:
    return Reply(background.cancelled(call, stored.find(call)))


@routes.on(*_twins("GET /responses/{response_id}/input_items"))
def input_items(call: Call) -> Reply:
    """The items that a response answered, newest first unless asked otherwise."""
    stored.find(call)
    found = context.inputs(call.world, call.path["response_id"])
    if call.query.get("order") != "asc":
        found.reverse()
    return Reply(view.paged(found, call))


@routes.on(*_twins("POST /responses/input_tokens"))
def count(call: Call) -> Reply:
    """What the request would be charged for its input."""
    checks.check_sources(call.body)
    asked = prompt.read(call)
    return Reply({"object": "response.input_tokens", "input_tokens": tokens.input_tokens(asked)})


@routes.on(*_twins("POST /responses/compact"))
def compact(call: Call) -> Reply:
    checks.check_sources(call.body)
    return Reply(compaction.compacted(call))
