"""Refusals, compared with what the API was recorded or reported to say."""

from __future__ import annotations

from typing import Any

import pytest

from fakeopenai.errors import ApiError
from fakeopenai.operations import Operations
from fakeopenai.schema import Checker, Types, decode_query

OPERATIONS = Operations.load().all
CHECKER = Checker(Types())
CHAT: dict[str, Any] = {"model": "gpt-5", "messages": [{"role": "user", "content": "Hello"}]}
ASK: dict[str, Any] = {"model": "gpt-5", "input": "Hello"}
ROLES = "'system', 'assistant', 'user', 'function', 'tool', and 'developer'"


def refused(operation: str, body: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        CHECKER.body(OPERATIONS[operation], body)
    assert (caught.value.status, caught.value.type) == (400, "invalid_request_error")
    return caught.value


def said(operation: str, body: Any) -> tuple[str | None, str | None, str]:
    error = refused(operation, body)
    return error.code, error.param, error.message


def chat(**changes: Any) -> tuple[str | None, str | None, str]:
    return said("POST /chat/completions", CHAT | changes)


def ask(**changes: Any) -> tuple[str | None, str | None, str]:
    return said("POST /responses", ASK | changes)


def message(**fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": "Hello"} | fields]}


@pytest.mark.parametrize(
    ("changes", "param", "expected", "got"),
    [
        ({"n": "2"}, "n", "an integer", "a string"),
        ({"n": 1.5}, "n", "an integer", "a decimal number"),
        ({"temperature": "warm"}, "temperature", "a decimal", "a string"),
        ({"store": "yes"}, "store", "a boolean", "a string"),
        ({"stream": {}}, "stream", "a boolean", "an object"),
        ({"user": {"a": 1}}, "user", "a string", "an object"),
        ({"messages": "Hello"}, "messages", "an array of objects", "a string"),
        ({"messages": ["Hello"]}, "messages[0]", "an object", "a string"),
        (message(content=7), "messages[0].content", "one of a string or array of objects", "an integer"),
        (message(content={}), "messages[0].content", "one of a string or array of objects", "an object"),
        ({"functions": "x"}, "functions", "an array of function definitions", "a string"),
        ({"tools": "none"}, "tools", "an array of objects", "a string"),
        ({"tool_choice": 7}, "tool_choice", "one of one of 'none', 'auto', or 'required' or object", "an integer"),
        ({"response_format": "json"}, "response_format", "an object", "a string"),
        ({"stop": {}}, "stop", "one of a string or array of strings", "an object"),
        ({"metadata": "x"}, "metadata", "a metadata object", "a string"),
        ({"metadata": {"k": 7}}, "metadata.k", "a string", "an integer"),
        ({"metadata": {"k": None}}, "metadata.k", "a string", "null"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_a_wrong_type_is_told_with_what_was_expected(changes: Any, param: str, expected: str, got: str) -> None:
    told = f"Invalid type for '{param}': expected {expected}, but got {got} instead."

    assert chat(**changes) == ("invalid_type", param, told)


@pytest.mark.parametrize(
    ("changes", "param", "value", "supported"),
    [
        ({"verbosity": "wrong"}, "verbosity", "wrong", "'low', 'medium', and 'high'"),
        ({"service_tier": "wrong"}, "service_tier", "wrong", "'auto', 'default', 'fast', 'flex', and 'priority'"),
        ({"tool_choice": "wrong"}, "tool_choice", "wrong", "'none', 'auto', and 'required'"),
        (
            {"response_format": {"type": "wrong"}},
            "response_format.type",
            "wrong",
            "'json_object', 'json_schema', and 'text'",
        ),
        (message(role="wrong"), "messages[0].role", "wrong", ROLES),
    ],
    ids=["verbosity", "service_tier", "tool_choice", "response_format", "role"],
)
def test_a_wrong_value_is_told_with_those_supported(changes: Any, param: str, value: str, supported: str) -> None:
    assert chat(**changes) == ("invalid_value", param, f"Invalid value: '{value}'. Supported values are: {supported}.")


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"response_format": {}}, "response_format.type"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        ({"functions": [{"parameters": {}}]}, "functions[0].name"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tools": [{"type": "function", "function": {"parameters": {}}}]}, "tools[0].function.name"),
        ({"messages": [{"content": "Hello"}]}, "messages[0].role"),
        (message(content=[{"text": "Hello"}]), "messages[0].content[0].type"),
        (message(content=[{"type": "image_url"}]), "messages[0].content[0].image_url"),
        ({"moderation": {}}, "moderation.model"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_is_missing_is_told_by_its_path(changes: Any, param: str) -> None:
    assert chat(**changes) == ("missing_required_parameter", param, f"Missing required parameter: '{param}'.")


@pytest.mark.parametrize(
    ("changes", "param", "hint"),
    [
        ({"colour": 1}, "colour", ""),
        ({"stor": 1}, "stor", " Did you mean 'stop' or 'store'?"),
        ({"temperatur": 1}, "temperatur", " Did you mean 'temperature'?"),
        ({"messagess": 1}, "messagess", ""),
        ({"stream_options": {"wrong": 1}}, "stream_options.wrong", ""),
        (message(content=[{"type": "file", "file": {"data": "x"}}]), "messages[0].content[0].file.data", ""),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_is_unknown_is_told_with_what_may_have_been_meant(changes: Any, param: str, hint: str) -> None:
    assert chat(**changes) == ("unknown_parameter", param, f"Unknown parameter: '{param}'.{hint}")


@pytest.mark.parametrize(
    ("changes", "code", "param", "told"),
    [
        (
            {"messages": []},
            "empty_array",
            "messages",
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        ),
        (
            {"stop": ["a", "b", "c", "d", "e"]},
            "array_above_max_length",
            "stop",
            (
                "Invalid 'stop': array too long. "
                "Expected an array with maximum length 4, but got an array with length 5 instead."
            ),
        ),
        (
            {"max_tokens": 0},
            "integer_below_min_value",
            "max_tokens",
            "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
        ),
        (
            {"n": 129},
            "integer_above_max_value",
            "n",
            "Invalid 'n': integer above maximum value. Expected a value <= 128, but got 129 instead.",
        ),
        (
            {"frequency_penalty": 3},
            "decimal_above_max_value",
            "frequency_penalty",
            "Invalid 'frequency_penalty': decimal above maximum value. Expected a value <= 2, but got 3 instead.",
        ),
        (
            {"presence_penalty": -2.5},
            "decimal_below_min_value",
            "presence_penalty",
            "Invalid 'presence_penalty': decimal below minimum value. Expected a value >= -2, but got -2.5 instead.",
        ),
        (
            {"tools": [{"type": "function", "function": {"name": ""}}]},
            "empty_string",
            "tools[0].function.name",
            (
                "Invalid 'tools[0].function.name': empty string. "
                "Expected a string with minimum length 1, but got an empty string instead."
            ),
        ),
        (
            {"tools": [{"type": "function", "function": {"name": "x" * 74}}]},
            "string_above_max_length",
            "tools[0].function.name",
            (
                "Invalid 'tools[0].function.name': string too long. "
                "Expected a string with maximum length 64, but got a string with length 74 instead."
            ),
        ),
        (
            {"tools": [{"type": "function", "function": {"name": "look.up"}}]},
            "invalid_value",
            "tools[0].function.name",
            (
                "Invalid 'tools[0].function.name': string does not match pattern. "
                "Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
            ),
        ),
        (
            {"metadata": {str(number): "v" for number in range(17)}},
            "object_above_max_properties",
            "metadata",
            (
                "Invalid 'metadata': too many properties. "
                "Expected an object with at most 16 properties, but got an object with 17 properties instead."
            ),
        ),
        (
            {"metadata": {"k": "x" * 600}},
            "string_above_max_length",
            "metadata.k",
            (
                "Invalid 'metadata.k': string too long. "
                "Expected a string with maximum length 512, but got a string with length 600 instead."
            ),
        ),
        (
            {"metadata": {"k" * 70: "v"}},
            "property_name_above_max_length",
            f"metadata.{'k' * 70}",
            (
                "Invalid property name in 'metadata': 'kkk...kkk' is too long. "
                "Expected a string with maximum length 64, but got a string with length 70 instead."
            ),
        ),
        (
            {"prompt_cache_retention": "x"},
            None,
            "prompt_cache_retention",
            "Invalid prompt_cache_retention argument",
        ),
        (
            message(content=None),
            None,
            "messages.[0].content",
            "Invalid value for 'content': expected a string, got null.",
        ),
    ],
    ids=lambda given: given if isinstance(given, str) and " " not in given else "",
)
def test_a_bound_is_told_with_its_limit(changes: Any, code: str | None, param: str, told: str) -> None:
    assert chat(**changes) == (code, param, told)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"messages": CHAT["messages"], "colour": 1}, None),
        ({"model": "gpt-5", "colour": 1}, "messages"),
        (CHAT | {"colour": 1, "n": "x"}, "colour"),
        (CHAT | {"colour": 1, "messages": []}, "colour"),
        (CHAT | {"metadata": {"k": 7}, "n": 0}, "n"),
        (CHAT | {"metadata": {"k": 7}, "messages": [7]}, "messages[0]"),
        (CHAT | {"store": "x", "stream": "y"}, "stream"),
        (CHAT | {"tools": "x", "functions": "x"}, "functions"),
        (CHAT | {"tools": "x", "top_logprobs": -1}, "tools"),
        (CHAT | {"service_tier": "x", "seed": 1.5}, "seed"),
        (CHAT | message(content=None) | {"max_tokens": 0}, "max_tokens"),
        (CHAT | {"messages": [CHAT["messages"][0], 7, 8]}, "messages[1]"),
    ],
    ids=range(12),
)
def test_of_several_faults_the_api_tells_its_first(body: Any, param: str | None) -> None:
    assert refused("POST /chat/completions", body).param == param


@pytest.mark.parametrize(
    ("changes", "param", "told"),
    [
        (
            {"input": 7},
            "input",
            "Invalid type for 'input': expected one of a string or array of input items, but got an integer instead.",
        ),
        (
            {"input": [{"role": "tool", "content": "x"}]},
            "input[0]",
            "Invalid value: 'tool'. Supported values are: 'assistant', 'system', 'developer', and 'user'.",
        ),
        ({"input": [{"role": "user"}]}, "input[0].content", "Missing required parameter: 'input[0].content'."),
        ({"input": [{"call_id": "c", "output": "x"}]}, "input[0].type", "Missing required parameter: 'input[0].type'."),
        (
            {"input": [{"role": "user", "content": "x", "wrong": 1}]},
            "input[0].wrong",
            "Unknown parameter: 'input[0].wrong'.",
        ),
        (
            {"tools": [{"type": "function", "function": {"name": "f"}}]},
            "tools[0].name",
            "Missing required parameter: 'tools[0].name'.",
        ),
        (
            {"reasoning": {"effort": "wrong"}},
            "reasoning.effort",
            (
                "Invalid value: 'wrong'. Supported values are: "
                "'none', 'minimal', 'low', 'medium', 'high', 'xhigh', and 'max'."
            ),
        ),
        (
            {"truncation": {"a": 1}},
            "truncation",
            "Invalid type for 'truncation': expected one of 'auto' or 'disabled', but got an object instead.",
        ),
        (
            {"include": "x"},
            "include",
            (
                "Invalid type for 'include': expected an array of one of 'fil...lts', 'web...lts', 'web...ces', "
                "'mes...url', 'com...url', 'cod...uts', 'rea...ent', or 'mes...obs', but got a string instead."
            ),
        ),
        ({"stop": ["x"]}, "stop", "Unknown parameter: 'stop'. Did you mean 'store'?"),
        ({"tool_choice": {"type": "function"}}, "tool_choice.name", "Missing required parameter: 'tool_choice.name'."),
        (
            {"max_output_tokens": 5},
            "max_output_tokens",
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 5 instead.",
        ),
        (
            {"messages": []},
            None,
            (
                "Unsupported parameter: 'messages'. In the Responses API, this parameter has moved to 'input'. "
                "Try again with the new parameter. See the API documentation for more information: "
                "https://platform.openai.com/docs/api-reference/responses/create."
            ),
        ),
    ],
    ids=range(13),
)
def test_responses_have_their_own_ways(changes: Any, param: str | None, told: str) -> None:
    assert ask(**changes)[1:] == (param, told)


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"input": 7, "truncation": "x"}, "input"),
        ({"include": ["x"], "tools": "x"}, "include[0]"),
        ({"tools": "x", "metadata": "x"}, "tools"),
        ({"metadata": "x", "text": "x"}, "metadata"),
        ({"text": "x", "temperature": "x"}, "text"),
        ({"reasoning": "x", "user": 7}, "reasoning"),
        ({"truncation": "x", "instructions": 7}, "truncation"),
        ({"store": "x", "service_tier": "x"}, "store"),
        ({"top_logprobs": "x", "context_management": "x"}, "top_logprobs"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_responses_have_an_order_of_their_own(changes: Any, param: str) -> None:
    assert ask(**changes)[1] == param


def test_embeddings_speak_as_in_their_first_years() -> None:
    body = {"model": "text-embedding-3-small", "input": "Hello", "dimensions": -1, "encoding_format": "wrong"}

    told = said("POST /embeddings", body)

    assert told == (None, None, "-1 is less than the minimum of 1 - 'dimensions'")


def test_embeddings_call_an_unknown_argument_unrecognized() -> None:
    body = {"model": "text-embedding-3-small", "input": "Hello", "colour": 1}

    assert said("POST /embeddings", body) == (None, None, "Unrecognized request argument supplied: colour")


def form(operation: str, *pairs: tuple[str, str]) -> tuple[str | None, str | None, str]:
    with pytest.raises(ApiError) as caught:
        CHECKER.form(OPERATIONS[operation], decode_query(pairs))
    return caught.value.code, caught.value.param, caught.value.message


def test_a_file_of_no_known_purpose_is_refused() -> None:
    told = form("POST /files", ("file", "a.txt"), ("purpose", "world_domination"))

    purposes = "['fine-tune', 'assistants', 'batch', 'user_data', 'vision', 'evals']"
    assert told == (None, "purpose", f"'world_domination' is not one of {purposes} - 'purpose'")


def test_a_number_of_a_form_that_is_none_is_refused() -> None:
    told = form("POST /images/edits", ("image", "a.png"), ("prompt", "a dot"), ("n", "abc"))

    reason = "expected an integer, but got a string value that could not be converted into an integer"
    assert told == ("invalid_type", "n", f"Invalid type for 'n': {reason}.")


def test_the_audio_endpoints_show_their_validator() -> None:
    told = form("POST /audio/transcriptions", ("model", "whisper-1"))

    assert told == (None, None, "[{'type': 'missing', 'loc': ('body', 'file'), 'msg': 'Field required'}]")


def test_a_limit_above_the_maximum_is_refused() -> None:
    with pytest.raises(ApiError) as caught:
        CHECKER.query(OPERATIONS["GET /chatkit/threads"], {"limit": "1000"})

    told = "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 1000 instead."
    assert (caught.value.param, caught.value.message) == ("limit", told)


def test_a_body_that_is_no_object_is_refused() -> None:
    assert said("POST /threads", []) == (
        "invalid_type",
        None,
        "Invalid body: expected an object, but got an array instead.",
    )


def test_a_long_conversation_is_explained_by_its_first_wrong_message() -> None:
    messages = CHAT["messages"] * 5000 + [{"role": "user", "content": 7}] * 5000

    assert chat(messages=messages)[1] == "messages[5000].content"
