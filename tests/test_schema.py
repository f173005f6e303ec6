"""Types are read lazily, and requests are judged as the operation's schema says."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from fakeopenai import data
from fakeopenai.errors import ApiError
from fakeopenai.operations import Operation, Operations
from fakeopenai.schema import Checker, Types, coerce, decode_query, references
from tests import strategies

OPERATIONS = Operations.load().all
TYPES = Types()
CHECKER = Checker(TYPES)
BODIES = [operation for operation in OPERATIONS.values() if operation.body is not None]
CHAT = OPERATIONS["POST /chat/completions"]
ASKED: dict[str, Any] = {"model": "gpt-5", "messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture
def small(tmp_path: Path) -> Types:
    """Three types of a smaller world."""
    described = [
        {"name": "Leaf", "schema": {"type": "string"}},
        {"name": "Tree", "schema": {"type": "array", "items": {"$ref": "#/$defs/Either"}}},
        {"name": "Either", "schema": {"anyOf": [{"$ref": "#/$defs/Leaf"}, {"$ref": "#/$defs/Tree"}]}},
        {"name": "Stranger", "schema": {"type": "null"}},
    ]
    types, accepted = tmp_path / "types.jsonl", tmp_path / "accepted.json"
    types.write_text("\n".join(json.dumps(line, separators=(",", ":")) for line in described))
    accepted.write_text('{"*": {"bounds": {}}}')
    return Types(types, accepted)


def accepts(operation: Operation, body: Any) -> bool:
    try:
        CHECKER.body(operation, body)
    except ApiError:
        return False
    return True


def bodies(schema: Any) -> st.SearchStrategy[Any]:
    """Bodies that fit, bodies broken at one place, and the empty object."""
    fitting = strategies.values(schema, TYPES.resolve)
    if schema.get("type") != "object":
        return st.one_of(fitting, st.just({}))
    return st.one_of(fitting, strategies.broken(schema, TYPES.resolve).map(lambda broken: broken.value))


def test_a_closure_holds_the_types_it_needs_and_no_others(small: Types) -> None:
    closure = small.closure({"$ref": "#/$defs/Tree"})

    assert set(closure["$defs"]) == {"Tree", "Either", "Leaf"}


def test_a_reference_is_followed_to_its_schema(small: Types) -> None:
    assert small.resolve({"$ref": "#/$defs/Leaf"}) == {"type": "string"}


def test_alternatives_inside_alternatives_are_told_in_one_list(small: Types) -> None:
    nested = {"anyOf": [{"$ref": "#/$defs/Either"}, {"type": ["integer", "null"]}]}

    kinds = [alternative["type"] for alternative in small.alternatives(nested)]

    assert kinds == ["string", "array", "integer", "null"]


def test_the_properties_of_all_parts_are_told_together(small: Types) -> None:
    text, number = {"type": "string"}, {"type": "integer"}
    schema = {
        "anyOf": [{"properties": {"a": text}}, {"properties": {"a": number, "b": text}}],
        "properties": {"c": text},
    }

    assert small.properties(schema) == {"a": {"anyOf": [text, number]}, "b": text, "c": text}


def test_every_correction_names_a_type_and_has_a_reason() -> None:
    corrections = json.loads(data.path("schemas", "accepted.json").read_bytes())

    assert set(corrections) - {"*"} <= set(TYPES)
    assert all(correction["reason"] for correction in corrections.values())


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=str)
def test_all_that_an_operation_refers_to_is_described(operation: Operation) -> None:
    schemas = [operation.query, operation.body, operation.reply, operation.event, operation.item]

    closures = [TYPES.closure(schema) for schema in schemas if schema is not None]

    assert all(set(references(closure)) <= set(closure["$defs"]) for closure in closures)


def test_an_absent_body_is_an_empty_object() -> None:
    CHECKER.body(OPERATIONS["POST /threads"], None)

    with pytest.raises(ApiError, match="you must provide a model parameter"):
        CHECKER.body(CHAT, None)


@pytest.mark.parametrize(
    "body",
    [
        ASKED | {"tools": None, "tool_choice": None, "response_format": None},
        ASKED | {"messages": [{"role": "assistant", "content": "Hello", "annotations": [], "parsed": None}] * 2},
        ASKED | {"messages": [{"role": "tool", "tool_call_id": "call_1", "name": "look", "content": "there"}]},
    ],
    ids=["nulls", "an answer sent back", "a named tool"],
)
def test_chat_takes_what_the_api_was_seen_to_take(body: Any) -> None:
    CHECKER.body(CHAT, body)


@pytest.mark.parametrize(
    "item",
    [
        {"type": "reasoning", "summary": [], "encrypted_content": "gAAA"},
        {"role": "assistant", "content": [{"type": "output_text", "text": "Hello"}]},
        {"role": "user", "content": [{"type": "input_image", "image_url": "https://example.com/cat.png"}]},
        {"role": "user", "content": "Hello", "id": "msg_1", "status": "completed"},
        {"type": "image_generation_call", "id": "ig_1"},
    ],
    ids=lambda item: item.get("type", item.get("role")),
)
def test_responses_take_items_as_clients_send_them_back(item: Any) -> None:
    CHECKER.body(OPERATIONS["POST /responses"], {"model": "gpt-5", "input": [item]})


@given(st.data())
@settings(deadline=None, max_examples=150)
def test_both_validators_judge_every_body_alike(drawn: st.DataObject) -> None:
    operation = drawn.draw(st.sampled_from(BODIES))
    body = drawn.draw(bodies(TYPES.resolve(operation.body or {})))

    reference = Draft202012Validator(TYPES.closure(operation.body or {}))

    assert accepts(operation, body) == reference.is_valid(body)


@given(st.data())
@settings(deadline=None, max_examples=150)
def test_whatever_is_broken_is_refused_with_an_error_of_the_api(drawn: st.DataObject) -> None:
    operation = drawn.draw(st.sampled_from(BODIES))
    body = drawn.draw(bodies(TYPES.resolve(operation.body or {})))

    if not accepts(operation, body):
        with pytest.raises(ApiError) as caught:
            CHECKER.body(operation, body)

        assert caught.value.error.keys() == {"message", "type", "param", "code"}
        assert caught.value.message not in {"", "Invalid request."}


def test_a_reply_that_fits_has_no_errors() -> None:
    deleted = {"id": "file-1", "object": "file", "deleted": True}

    assert CHECKER.reply_errors(OPERATIONS["DELETE /files/{file_id}"], deleted) == []
    assert CHECKER.reply_errors(OPERATIONS["DELETE /files/{file_id}"], deleted | {"id": 1}) == [
        'id: 1 is not of type "string"'
    ]


@pytest.mark.parametrize(
    ("raw", "decoded"),
    [
        ("", {}),
        ("limit=2", {"limit": "2"}),
        ("after=", {"after": ""}),
        ("include[]=a", {"include": ["a"]}),
        ("include[]=a&include[]=b", {"include": ["a", "b"]}),
        ("include%5B%5D=a", {"include": ["a"]}),
        ("include=a&include=b", {"include": ["a", "b"]}),
        ("metadata[topic]=x&metadata[kind]=y", {"metadata": {"topic": "x", "kind": "y"}}),
        ("a[b][]=1&a[b][]=2", {"a": {"b": ["1", "2"]}}),
        ("a=1&a[b]=2", {"a": {"b": "2"}}),
        ("[]=1&]=2", {"[]": "1", "]": "2"}),
        ("a" + "[b]" * 2000 + "=1", {"a" + "[b]" * 2000: "1"}),
    ],
    ids=range(12),
)
def test_a_query_is_decoded_into_an_object(raw: str, decoded: Any) -> None:
    assert decode_query(raw) == decoded


@given(st.text(alphabet="ab[]=&%1"))
def test_any_query_can_be_decoded(raw: str) -> None:
    assert isinstance(decode_query(raw), dict)


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "integer"}, "2", 2),
        ({"type": ["integer", "null"]}, "2", 2),
        ({"type": "integer"}, "two", "two"),
        ({"type": "integer"}, "9" * 5000, "9" * 5000),
        ({"type": "number"}, "0.5", 0.5),
        ({"type": "number"}, "nan", "nan"),
        ({"type": "boolean"}, "true", True),
        ({"type": "boolean"}, "yes", "yes"),
        ({"type": "string"}, "2", "2"),
        ({"type": "array", "items": {"type": "integer"}}, "2", [2]),
        ({"type": "array", "items": {"type": "integer"}}, {"0": "1", "1": "2"}, [1, 2]),
        ({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}, "a", "a"),
        ({"type": "object", "properties": {"days": {"type": "integer"}}}, {"days": "7"}, {"days": 7}),
    ],
    ids=range(13),
)
def test_text_becomes_the_type_that_is_wanted(schema: Any, text: Any, value: Any) -> None:
    coerced = coerce(TYPES, schema, text)

    assert coerced == value
    assert type(coerced) is type(value)


def test_a_query_is_given_back_in_its_types_with_strangers_left_alone() -> None:
    query = CHECKER.query(OPERATIONS["GET /files"], {"limit": "2", "api-version": "2024-10-21"})

    assert query == {"limit": 2, "api-version": "2024-10-21"}


def test_a_form_is_given_back_in_its_types() -> None:
    fields = decode_query([("purpose", "batch"), ("file", "a.jsonl"), ("expires_after[seconds]", "3600")])
    fields["expires_after"]["anchor"] = "created_at"

    form = CHECKER.form(OPERATIONS["POST /files"], fields)

    assert form == {
        "purpose": "batch",
        "file": "a.jsonl",
        "expires_after": {"anchor": "created_at", "seconds": 3600},
    }


def test_opening_the_types_decodes_none_of_them() -> None:
    types = Types()

    assert list(islice(types, 1))
    assert types._decoded == {}
