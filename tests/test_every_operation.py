"""Every operation, asked once: it answers, and says what its schema and the official client say it would."""

from __future__ import annotations

from functools import cache, reduce
from operator import or_
from os import PathLike
from types import UnionType
from typing import IO, Annotated, Any, Union, get_args, get_origin, get_type_hints

import pytest
from openai import OpenAI, Stream
from openai._legacy_response import HttpxBinaryResponseContent
from openai._models import validate_type
from openai._streaming import extract_stream_chunk_type
from openai._types import NotGiven, Omit
from openai.lib.beta.agents import AgentSessionEventStream
from pydantic import TypeAdapter, ValidationError

from fakeopenai.coverage import answered
from fakeopenai.operations import Operation
from fakeopenai.wire import Json, Upload
from tests.replies import is_different, kind, unlike
from tests.walk import TABLE, Walk

CLIENT = OpenAI(api_key="sk-test", admin_api_key="sk-test")

EVERY = pytest.mark.parametrize("key", TABLE)
OFFICIAL = pytest.mark.parametrize("key", [key for key, operation in TABLE.items() if not operation.legacy])
STREAMED = pytest.mark.parametrize("key", [key for key, operation in TABLE.items() if operation.streams != "never"])

NOT_JSON = {Omit, NotGiven, Stream, AgentSessionEventStream, IO, PathLike, tuple}


@pytest.fixture(scope="module")
def walk() -> Walk:
    return Walk().go()


@EVERY
def test_an_operation_succeeds_in_a_world_that_has_what_it_needs(walk: Walk, key: str) -> None:
    visit = walk.visits[key]

    assert visit.answer.status < 300, visit.answer.content


@pytest.mark.parametrize("row", answered(), ids=lambda row: str(row.operation))
def test_an_operation_has_a_handler(row: Any) -> None:
    assert row.how == "implemented"


@EVERY
def test_a_reply_is_of_the_kind_that_its_operation_has(walk: Walk, key: str) -> None:
    visit = walk.visits[key]

    assert kind(visit) == ("stream" if visit.operation.streams == "always" else visit.operation.reply_kind)


@EVERY
def test_a_reply_fits_its_schema(walk: Walk, key: str) -> None:
    visit = walk.visits[key]
    if visit.operation.reply_kind != "json":
        return

    assert unlike(visit.operation, visit.operation.reply, visit.answer.json) == []


@STREAMED
def test_the_events_of_a_stream_fit_their_schema(walk: Walk, key: str) -> None:
    visit = walk.streams.get(key) or walk.visits[key]

    assert visit.streamed, visit.answer.content
    assert visit.events
    assert [wrong for event in visit.events for wrong in unlike(visit.operation, visit.operation.event, event)] == []


@OFFICIAL
def test_a_request_is_one_that_the_official_client_can_make(walk: Walk, key: str) -> None:
    visit = walk.visits[key]
    hints = hints_of(visit.operation)
    sent = {**visit.ids, **visit.query, **(visit.body or {})}
    if visit.operation.beta_query:
        del sent["beta"]

    for name, value in sent.items():
        if not isinstance(value, Upload):
            TypeAdapter(json_type(hints[name])).validate_python(value)


@OFFICIAL
def test_a_reply_is_one_that_the_official_client_reads(walk: Walk, key: str) -> None:
    visit = walk.visits[key]
    hint = hints_of(visit.operation)["return"]
    if visit.operation.reply_kind != "json":
        assert hint in {HttpxBinaryResponseContent, type(None)} or get_origin(hint) is Stream
        return

    assert misread(visit.operation, json_type(hint), visit.answer.json) == []


@STREAMED
def test_a_stream_is_one_that_the_official_client_reads(walk: Walk, key: str) -> None:
    visit = walk.streams.get(key) or walk.visits[key]
    kinds = event_type(visit.operation)

    assert [wrong for event in visit.events for wrong in misread(visit.operation, kinds, event)] == []


def misread(operation: Operation, kinds: Any, value: Json) -> list[str]:
    """Where a value isn't what the official client's types say, or the one it is most like, other than the API's."""
    return min((_misread(operation, each, value) for each in arms(kinds)), key=len)


def _misread(operation: Operation, kinds: Any, value: Json) -> list[str]:
    try:
        validate_type(type_=kinds, value=value)
    except ValidationError as refused:
        errors = [([str(step) for step in error["loc"]], error["msg"]) for error in refused.errors()]
        return [f"{'.'.join(place)}: {wrong}" for place, wrong in errors if not is_different(operation, place)]
    return []


@cache
def hints_of(operation: Operation) -> dict[str, Any]:
    """What the official client's method takes and returns."""
    method = reduce(getattr, operation.id.split("."), CLIENT)
    return get_type_hints(method.__func__, include_extras=True)  # type: ignore[attr-defined]  # methods of the client


def json_type(hint: Any) -> Any:
    """A type without what stands for no value, for streams and for files."""
    kept = [arm for arm in arms(hint) if bare(arm) not in NOT_JSON]
    return reduce(or_, kept)


def arms(hint: Any) -> tuple[Any, ...]:
    """The members of a union."""
    while get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    return get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)


def bare(hint: Any) -> Any:
    return get_origin(hint) or hint


def event_type(operation: Operation) -> Any:
    """The type of a stream's events; anything where the official client has none of its own."""
    streams = [] if operation.legacy else [arm for arm in arms(hints_of(operation)["return"]) if bare(arm) is Stream]
    return extract_stream_chunk_type(streams[0]) if streams else object
