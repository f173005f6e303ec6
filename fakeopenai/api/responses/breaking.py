"""Responses that fail while they are told: a rule ends their stream in an error, and so are they kept.

What would have been said stays in the record of such a response, so that its stream can be resumed like any other.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from itertools import islice
from typing import Any

from fakeopenai.api.responses import view
from fakeopenai.api.responses.events import events, failure, lifecycle, unfinished
from fakeopenai.wire import Call, Event, Object


def break_of(call: Call, whole: Object) -> Object | None:
    """Where and how the response breaks off, if a rule says so and somebody sees it happen."""
    if call.rule is None or not (call.body.get("stream") or whole.get("background")):
        return None
    failing = call.rule.failure(call)
    if failing is None:
        return None
    after, error = failing
    return {"after": after, "error": error.error | {"code": error.code or error.type}, "whole": whole}


def broken(found: Object, pictures: int) -> Object:
    """The response as it ends: failed, with the items that were done before."""
    begun = _begun(found, (), pictures=pictures)
    done = sum(event.name == "response.output_item.done" for event in begun)
    error = {name: found["error"][name] for name in ("code", "message")}
    return unfinished(found["whole"], "failed") | {"error": error, "output": found["whole"]["output"][:done]}


def told(found: Object, response: Object, include: Container[str], after: int, **options: Any) -> Iterator[Event]:
    """The events of a response that breaks off, those after a sequence number."""
    begun = _begun(found, include, **options)
    yield from begun[after + 1 :]
    last = (failure(found["error"]), lifecycle("failed", response))
    for number, event in enumerate(last, len(begun)):
        if number > after:
            yield Event(event | {"sequence_number": number}, event["type"])


def _begun(found: Object, include: Container[str], **options: Any) -> list[Event]:
    """What is told before the error, which is never all of it."""
    whole = list(events(view.seen(found["whole"], include), **options))
    return list(islice(whole[:-1], found["after"]))
