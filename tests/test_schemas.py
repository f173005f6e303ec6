"""The built description of the API says what the official client says."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import openai
import pytest
from openai import resources

from fakeopenai import data
from fakeopenai.operations import Operation, Operations

ROOT = Path(__file__).parent.parent
TABLE = Operations.load().all
SOURCES = [path.read_text() for folder in resources.__path__ for path in Path(folder).rglob("*.py")]
VERBS = {"_get": "GET", "_get_api_list": "GET", "_post": "POST", "_put": "PUT", "_patch": "PATCH", "_delete": "DELETE"}
PREFIX = "#/$defs/"


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.path("schemas", name).read_bytes().splitlines()]


TYPES: dict[str, Any] = {row["name"]: row["schema"] for row in rows("types.jsonl")}


def requests_in(source: str) -> Iterator[str]:
    """What the client's source sends: `POST /files`."""
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in VERBS:
            given = {keyword.arg: keyword.value for keyword in call.keywords}
            path = call.args[0].args[0] if isinstance(call.args[0], ast.Call) else call.args[0]
            method = ast.literal_eval(given["method"]).upper() if "method" in given else VERBS[call.func.attr]
            yield f"{method} {ast.literal_eval(path)}"


def within(value: Any) -> Iterator[dict[str, Any]]:
    """Every object of a JSON value."""
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from within(item)
    if isinstance(value, list):
        for item in value:
            yield from within(item)


def references(value: Any) -> set[str]:
    return {part["$ref"].removeprefix(PREFIX) for part in within(value) if isinstance(part.get("$ref"), str)}


def type_of(schema: Any) -> Any:
    """The type that a schema refers to."""
    return TYPES[schema["$ref"].removeprefix(PREFIX)]


def properties(schema: Any) -> Any:
    return type_of(schema)["properties"]


def reachable(schema: Any) -> set[str]:
    found: set[str] = set()
    waiting = references(schema)
    while waiting:
        found |= waiting
        waiting = {name for known in waiting for name in references(TYPES[known])} - found
    return found


def test_every_request_of_the_client_is_an_operation() -> None:
    sent = {request for source in SOURCES for request in requests_in(source)}

    assert {str(operation) for operation in TABLE.values() if not operation.legacy} == sent


def test_every_socket_of_the_client_is_described() -> None:
    connects = sum(len(re.findall(r"^    def connect\(", source, re.MULTILINE)) for source in SOURCES)

    assert 2 * len(rows("sockets.jsonl")) == connects  # it has each for threads and for asyncio


def test_a_rebuild_gives_the_same_files() -> None:
    pins = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["test"]
    if f"openai[realtime]=={openai.__version__}" not in pins:
        pytest.skip(f"the description is built from another version than {openai.__version__}")

    check = [sys.executable, str(ROOT / "schemas" / "build.py"), "--check"]
    built = subprocess.run(check, capture_output=True, text=True, check=False)

    assert built.returncode == 0, built.stdout + built.stderr


def test_every_type_is_a_json_schema() -> None:
    jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": TYPES})


def test_every_reference_leads_to_a_type_and_every_type_is_referred_to() -> None:
    known = [rows("operations.jsonl"), rows("sockets.jsonl"), TYPES]
    roots = {"UnwrapWebhookEvent", "AllModels"}

    assert references(known) | roots == set(TYPES)


def test_names_of_types_can_be_read_without_decoding() -> None:
    lines = data.path("schemas", "types.jsonl").read_text().splitlines()

    assert [re.match(r'\{"name":"(\w+)","schema":\{', line) is not None for line in lines] == [True] * len(lines)


def test_types_that_say_the_same_are_one() -> None:
    assert len({json.dumps(schema, sort_keys=True) for schema in TYPES.values()}) == len(TYPES)


def test_there_is_no_prose() -> None:
    prose = {"title", "description", "$comment", "examples"}

    assert [part for part in within(TYPES) if any(isinstance(part.get(word), str) for word in prose)] == []


@pytest.mark.parametrize("operation", TABLE.values(), ids=str)
def test_requests_are_closed_and_replies_are_open(operation: Operation) -> None:
    def closed(schema: Any) -> set[bool]:
        kinds = [TYPES[name] for name in reachable(schema)]
        return {kind.get("additionalProperties") is False for kind in kinds if "properties" in kind}

    assert closed(operation.body) <= {True}
    assert closed([operation.reply, operation.event, operation.item]) <= {False}


@pytest.mark.parametrize("operation", TABLE.values(), ids=str)
def test_an_operation_has_the_schemas_its_form_needs(operation: Operation) -> None:
    assert (operation.reply is not None) == (operation.reply_kind == "json")
    assert (operation.event is not None) == (operation.streams != "never")
    assert (operation.body is not None) == bool(operation.content)
    assert (operation.item is not None) == bool(operation.page)
    assert bool(operation.files) <= ("multipart/form-data" in operation.content)


def test_a_discriminator_leads_to_types_with_that_value() -> None:
    for part in within(TYPES):
        told = part.get("discriminator")
        if isinstance(told, dict) and "mapping" in told:
            for value, target in told["mapping"].items():
                schema = TYPES[target.removeprefix(PREFIX)]["properties"][told["propertyName"]]
                assert value in schema.get("enum", [schema.get("const")])


def test_every_group_of_the_overlay_has_a_reason_and_a_source() -> None:
    groups = json.loads((ROOT / "schemas" / "overlay.json").read_text())

    assert [group for group in groups if not (group["reason"] and group["source"])] == []


def test_a_body_that_may_stream_is_one_type() -> None:
    body = type_of(TABLE["POST /chat/completions"].body)

    assert body["properties"]["stream"] == {"type": ["boolean", "null"], "default": False}
    assert body["required"] == ["messages", "model"]


def test_required_parameters_are_seen_through_postponed_annotations() -> None:
    assert type_of(TABLE["POST /batches"].body)["required"] == ["completion_window", "endpoint", "input_file_id"]


def test_parameters_stand_where_they_are_sent() -> None:
    operation = TABLE["POST /conversations/{conversation_id}/items"]

    assert operation.query is not None
    assert (list(operation.query["properties"]), list(properties(operation.body))) == (["include"], ["items"])


def test_parameters_of_the_path_and_of_headers_are_no_part_of_the_body() -> None:
    update = properties(TABLE["POST /organization/projects/{project_id}/users/{user_id}"].body)
    event = properties(TABLE["POST /agents/sessions/{session_id}/events"].body)

    assert {"project_id", "Idempotency-Key", "idempotency_key"}.isdisjoint([*update, *event])


def test_a_reply_whose_type_is_chosen_at_run_time_may_be_any_of_them() -> None:
    reply = TABLE["POST /audio/transcriptions"].reply

    assert reply is not None
    assert [part.get("$ref", part.get("type")) for part in reply["anyOf"]] == [
        "#/$defs/Transcription",
        "#/$defs/TranscriptionVerbose",
        "#/$defs/TranscriptionDiarized",
        "string",
    ]


def test_a_field_with_a_default_of_its_own_is_always_sent() -> None:
    assert "metadata" in type_of(TABLE["POST /vaults/{vault_id}/credentials"].reply)["required"]


def test_an_alias_is_spelt_as_on_the_wire() -> None:
    assert "harassment/threatening" in TYPES["ModerationCategories"]["properties"]


def test_a_body_that_the_client_encodes_itself_is_not_lost() -> None:
    operation = TABLE["POST /realtime/calls"]

    assert (operation.content, list(properties(operation.body))) == (
        ("application/sdp", "multipart/form-data"),
        ["sdp", "session"],
    )


def test_an_event_stream_of_its_own_class_has_its_events() -> None:
    operation = TABLE["GET /agents/sessions/{session_id}/events"]

    assert (operation.streams, operation.reply, operation.media) == ("always", None, "text/event-stream")


def test_of_two_methods_for_one_request_the_current_one_counts() -> None:
    content, permissions = (
        TABLE["GET /files/{file_id}/content"],
        [operation for key, operation in TABLE.items() if key.startswith("GET") and key.endswith("/permissions")],
    )

    assert (content.id, content.reply_kind, content.deprecated) == ("files.content", "binary", False)
    assert [operation.page for operation in permissions] == ["conversation"]


def test_a_reply_names_fields_that_are_null() -> None:
    message = TYPES["ChatCompletionMessage"]

    assert (message["required"][:2], message["properties"]["refusal"]) == (
        ["content", "refusal"],
        {"type": ["string", "null"]},
    )


def test_bounds_reach_the_inside_of_a_request() -> None:
    hyperparameters = properties(properties(TABLE["POST /fine_tuning/jobs"].body)["hyperparameters"])

    assert (
        hyperparameters["batch_size"]["maximum"],
        hyperparameters["learning_rate_multiplier"]["exclusiveMinimum"],
    ) == (256, 0)
    assert properties(TABLE["POST /responses"].body)["max_output_tokens"]["minimum"] == 16


def test_an_engine_takes_the_parameters_of_the_endpoint_without_the_model() -> None:
    plain, engine = TABLE["POST /completions"], TABLE["POST /engines/{engine}/completions"]

    assert set(properties(engine.body)) - set(properties(plain.body)) == {"engine"}
    assert (type_of(engine.body)["required"], engine.reply, engine.legacy) == (["prompt"], plain.reply, "legacy")
