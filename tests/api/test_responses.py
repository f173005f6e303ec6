"""POST /responses and what can be done with a stored response."""

from __future__ import annotations

from typing import Any

import pytest
from openai import NotFoundError, OpenAI
from pydantic import BaseModel

from fakeopenai.emulator import Emulator
from fakeopenai.schema import Checker, types
from fakeopenai.wire import Upload
from fakeopenai.world import Settings
from tests.front import Api

WEATHER = {
    "type": "function",
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
KEYS = [
    "id",
    "object",
    "created_at",
    "status",
    "background",
    "billing",
    "completed_at",
    "error",
    "frequency_penalty",
    "incomplete_details",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "model",
    "moderation",
    "output",
    "parallel_tool_calls",
    "presence_penalty",
    "previous_response_id",
    "prompt_cache_key",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "temperature",
    "text",
    "tool_choice",
    "tool_usage",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "usage",
    "user",
    "metadata",
]


def create(api: Api, given: Any, **options: Any) -> Any:
    answer = api.post("/responses", {"model": "gpt-4o", "input": given, **options})
    assert answer.status == 200, answer.json
    return answer.json


def text(response: Any) -> str:
    parts = [part for item in response["output"] if item["type"] == "message" for part in item["content"]]
    return "".join(part.get("text") or part.get("refusal") or "" for part in parts)


def user(words: str) -> Any:
    return {"role": "user", "content": words}


def test_a_response_has_every_key_in_the_order_of_the_api(api: Api) -> None:
    response = create(api, "Say hello")

    assert list(response) == KEYS
    assert list(response["output"][0]) == ["id", "type", "status", "content", "role"]
    assert list(response["output"][0]["content"][0]) == ["type", "annotations", "logprobs", "text"]


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-5", "gpt-5.4", "o3"])
def test_a_response_is_what_the_schema_says(api: Api, model: str) -> None:
    response = create(api, "Call the tool for Paris", model=model, tools=[WEATHER])

    operation = api.emulator.operations.all["POST /responses"]
    assert list(Checker(types()).reply_errors(operation, response)) == []


def test_a_stored_response_is_retrieved_as_it_was_given(api: Api) -> None:
    response = create(api, "Say hello")

    assert api.get(f"/responses/{response['id']}").json == response


def test_a_response_that_is_not_stored_is_not_found(api: Api) -> None:
    response = create(api, "Say hello", store=False)

    answer = api.get(f"/responses/{response['id']}")
    assert (answer.status, answer.error["message"]) == (404, f"Response with id '{response['id']}' not found.")


def test_a_deleted_response_is_gone(api: Api) -> None:
    id = create(api, "Say hello")["id"]

    deleted = api.delete(f"/responses/{id}").json

    assert deleted == {"id": id, "object": "response.deleted", "deleted": True}
    assert api.get(f"/responses/{id}").status == 404


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        ("gpt-4o", {"context": None, "effort": None, "summary": None}),
        ("gpt-5", {"context": "current_turn", "effort": "medium", "mode": "standard", "summary": None}),
        ("gpt-5.4", {"context": "current_turn", "effort": "none", "mode": "standard", "summary": None}),
        ("gpt-5.6", {"context": "all_turns", "effort": "medium", "mode": "standard", "summary": None}),
    ],
)
def test_reasoning_settings_are_those_of_the_model(api: Api, model: str, settings: Any) -> None:
    assert create(api, "Hi", model=model)["reasoning"] == settings


def test_a_response_knows_what_was_said_before_it(api: Api) -> None:
    first = create(api, "My name is Ada.")
    second = create(api, "What is my name?", previous_response_id=first["id"])

    assert "Ada" in text(second)
    assert second["usage"]["input_tokens"] > first["usage"]["input_tokens"]


def test_what_follows_a_deleted_response_still_follows(api: Api) -> None:
    first = create(api, "My name is Ada.")
    second = create(api, "Thanks.", previous_response_id=first["id"])
    api.delete(f"/responses/{first['id']}")

    third = create(api, "What is my name?", previous_response_id=second["id"])

    assert "Ada" in text(third)


def test_instructions_are_not_carried_over(api: Api) -> None:
    first = create(api, "Hi", instructions="Answer in French.")
    second = create(api, "Hi", previous_response_id=first["id"])

    assert (first["instructions"], second["instructions"]) == ("Answer in French.", None)


def test_a_tool_loop_over_previous_responses(api: Api) -> None:
    asked = create(api, "What is the weather in Paris?", tools=[WEATHER])
    call = asked["output"][0]
    result = {"type": "function_call_output", "call_id": call["call_id"], "output": "21 degrees"}
    answered = create(api, [result], previous_response_id=asked["id"], tools=[WEATHER])

    assert (call["type"], call["name"], call["arguments"]) == ("function_call", "get_weather", '{"city":"Paris"}')
    assert "21 degrees" in text(answered)


def test_items_are_referred_to_by_their_ids(api: Api) -> None:
    first = create(api, "My name is Ada.")
    reference = {"type": "item_reference", "id": first["output"][0]["id"]}

    second = create(api, [user("My name is Ada."), reference, user("What is my name?")])

    assert "Ada" in text(second)


def test_all_forms_of_input_say_the_same(api: Api) -> None:
    forms = [
        "Say hello",
        [user("Say hello")],
        [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Say hello"}]}],
    ]

    responses = [create(api, form) for form in forms]

    assert len({text(response) for response in responses}) == 1
    assert len({response["usage"]["total_tokens"] for response in responses}) == 1


def test_a_short_limit_leaves_a_response_incomplete(api: Api) -> None:
    response = create(api, "Tell me a long story about a dragon", max_output_tokens=16)

    assert (response["status"], response["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
    assert (response["output"][-1]["status"], response["usage"]["output_tokens"]) == ("incomplete", 16)
    assert response["completed_at"] is None


def test_reasoning_is_summarised_where_asked(api: Api) -> None:
    plain = create(api, "Why is the sky blue?", model="gpt-5")["output"][0]
    asked = create(api, "Why is the sky blue?", model="gpt-5", reasoning={"summary": "auto"})

    assert plain["summary"] == []
    assert asked["output"][0]["summary"][0]["type"] == "summary_text"
    assert asked["reasoning"]["summary"] == "detailed"


@pytest.mark.parametrize(
    ("month", "include", "sealed"),
    [
        ("", [], True),
        ("2026-07", [], True),
        ("2026-06", [], False),
        ("2026-06", ["reasoning.encrypted_content"], True),
    ],
)
def test_reasoning_is_sealed_where_asked_and_since_july_2026_always(month: str, include: Any, sealed: bool) -> None:
    api = Api(Emulator(Settings(as_of=month)))

    item = create(api, "Why is the sky blue?", model="gpt-5", include=include)["output"][0]

    assert item.get("encrypted_content", "").startswith("gAAAA") == sealed


def test_sealed_reasoning_is_taken_back(api: Api) -> None:
    options = {"model": "gpt-5", "store": False, "include": ["reasoning.encrypted_content"]}
    said = create(api, "My name is Ada.", **options)["output"]

    answer = create(api, [user("My name is Ada."), *said, user("What is my name?")], **options)

    assert "Ada" in text(answer)


def test_structured_answers_follow_their_schema(api: Api) -> None:
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "name": "person", "schema": schema, "strict": True}

    response = create(api, "Ada is 36 years old.", text={"format": form})

    assert text(response) == '{"name":"Ada","age":36}'
    assert list(response["text"]["format"]) == ["type", "description", "name", "schema", "strict"]


def test_log_probabilities_come_with_the_text(api: Api) -> None:
    response = create(api, "Say hello", include=["message.output_text.logprobs"], top_logprobs=2)

    probabilities = response["output"][0]["content"][0]["logprobs"]
    assert "".join(entry["token"] for entry in probabilities) == text(response)
    assert {len(entry["top_logprobs"]) for entry in probabilities} == {2}


def test_a_background_response_takes_its_course(api: Api) -> None:
    id = create(api, "Say hello", background=True)["id"]

    seen = [api.get(f"/responses/{id}").json for _ in range(3)]

    assert [response["status"] for response in seen] == ["in_progress", "completed", "completed"]
    assert (seen[0]["output"], text(seen[2])) == ([], "hello")
    assert seen[2]["completed_at"] == seen[2]["created_at"] + 2


def test_a_cancelled_response_stays_cancelled(api: Api) -> None:
    id = create(api, "Say hello", background=True)["id"]

    cancelled = api.post(f"/responses/{id}/cancel").json
    api.world.clock.advance(60)

    assert (cancelled["status"], cancelled["output"]) == ("cancelled", [])
    assert api.get(f"/responses/{id}").json == cancelled


def test_a_synchronous_response_cannot_be_cancelled(api: Api) -> None:
    answer = api.post(f"/responses/{create(api, 'Hi')['id']}/cancel")

    assert (answer.status, answer.error["message"]) == (400, "Cannot cancel a synchronous response.")


def test_input_items_are_listed_newest_first_in_pages(api: Api) -> None:
    picture = {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="}
    asked = [user("One"), user("Two"), {"role": "user", "content": [picture]}]
    id = create(api, asked)["id"]

    first = api.get(f"/responses/{id}/input_items?limit=2").json
    second = api.get(f"/responses/{id}/input_items?limit=2&after={first['last_id']}").json

    assert list(first) == ["object", "data", "first_id", "has_more", "last_id"]
    assert first["data"][0]["content"] == [
        {"type": "input_image", "detail": "auto", "file_id": None, "image_url": None}
    ]
    assert (first["has_more"], second["has_more"]) == (True, False)
    assert second["data"][0]["content"] == [{"type": "input_text", "text": "One"}]


DATA = "Expected a base64-encoded data URL with an image MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU=')"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("a.png", "Invalid 'input[0].content[0].image_url'. Expected a valid URL, but got a value with an invalid"),
        ("data:text/plain;base64,aGk=", f"{DATA}, but got unsupported MIME type 'text/plain'."),
        ("data:image/png;base64,", f"{DATA}, but got empty base64-encoded bytes."),
        ("data:image/png;base64,?", f"{DATA}, but got invalid base64-encoded bytes."),
        ("data:image/png;base64,aGk=", "The image data you provided does not represent a valid image."),
    ],
)
def test_a_picture_that_is_none_is_refused(api: Api, url: str, told: str) -> None:
    picture = {"type": "input_image", "image_url": url}

    answer = api.post("/responses", {"model": "gpt-4o", "input": [{"role": "user", "content": [picture]}]})

    assert (answer.status, answer.error["code"]) == (400, "invalid_value")
    assert told in answer.error["message"]


def test_input_tokens_are_those_that_a_response_is_charged(api: Api) -> None:
    request = {"model": "gpt-4o", "input": "Tell me a joke.", "tools": [WEATHER]}

    counted = api.post("/responses/input_tokens", request).json

    used = api.post("/responses", request).json["usage"]["input_tokens"]
    assert counted == {"object": "response.input_tokens", "input_tokens": used}


def test_a_compacted_conversation_goes_on(api: Api) -> None:
    said = [user("My name is Ada."), {"role": "assistant", "content": "Hello Ada!"}]
    compacted = api.post("/responses/compact", {"model": "gpt-4o", "input": said}).json

    assert compacted["object"] == "response.compaction"
    assert [item["type"] for item in compacted["output"]] == ["message", "compaction"]
    assert "Ada" in text(create(api, [*compacted["output"], user("What is my name?")]))


def test_a_long_input_is_compacted_on_the_way(api: Api) -> None:
    management = [{"type": "compaction", "compact_threshold": 1000}]

    response = create(api, "word " * 1200, context_management=management)

    assert [item["type"] for item in response["output"]] == ["message", "compaction"]


@pytest.mark.parametrize("twin", ["", "?beta=true"])
def test_twins_answer_alike(api: Api, twin: str) -> None:
    headers = {"openai-beta": "responses=v1"}
    created = api.post(f"/responses{twin}", {"model": "gpt-4o", "input": "Say hello"}, headers=headers).json
    path = f"/responses/{created['id']}"

    assert text(created) == "hello"
    assert api.get(f"{path}{twin}", headers=headers).json["id"] == created["id"]
    assert len(api.get(f"{path}/input_items{twin}", headers=headers).json["data"]) == 1
    assert api.delete(f"{path}{twin}", headers=headers).json["deleted"] is True


def test_a_template_speaks_for_its_variables(api: Api) -> None:
    told = [{"type": "message", "role": "user", "content": "Say {{word}}"}]
    api.world.drawer("/prompts").put({"id": "pmpt_1", "version": "3", "model": "gpt-4o", "messages": told})

    response = api.post("/responses", {"prompt": {"id": "pmpt_1", "variables": {"word": "hello"}}}).json

    assert text(response) == "hello"
    assert response["prompt"] == {
        "id": "pmpt_1",
        "variables": {"word": {"type": "input_text", "text": "hello"}},
        "version": "3",
    }
    assert response["instructions"][0]["content"] == [{"type": "input_text", "text": "Say hello"}]


def test_input_and_output_are_moderated_where_asked(api: Api) -> None:
    response = create(api, "I will kill you", moderation={"model": "omni-moderation-latest"})

    assert response["moderation"]["input"]["categories"]["violence"] is True
    assert response["moderation"]["output"]["type"] == "moderation_result"


def test_an_earlier_month_knows_fewer_fields() -> None:
    api = Api(Emulator(Settings(as_of="2025-05")))

    response = create(api, "Hi", model="gpt-5")

    assert {"billing", "tool_usage", "completed_at", "max_tool_calls"}.isdisjoint(response)
    assert response["reasoning"] == {"effort": "medium", "summary": None}


CALL = {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{}"}
RESULT = {"type": "function_call_output", "call_id": "call_1", "output": "rain"}
THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": []}


@pytest.mark.parametrize(
    ("request_", "message", "param", "code"),
    [
        (
            {"model": "gpt-nope", "input": "Hi"},
            "The requested model 'gpt-nope' does not exist.",
            "model",
            "model_not_found",
        ),
        (
            {"model": "davinci-002", "input": "Hi"},
            "The requested model 'davinci-002' is not supported with the Responses API.",
            "model",
            "model_not_found",
        ),
        ({"input": "Hi"}, "Missing required parameter: 'model'.", "model", "missing_required_parameter"),
        (
            {"model": "gpt-4o"},
            "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation_id' must be provided.",
            "input",
            "missing_required_parameter",
        ),
        (
            {"model": "gpt-4o", "input": "Hi", "previous_response_id": "resp_nope"},
            "Previous response with id 'resp_nope' not found.",
            "previous_response_id",
            "previous_response_not_found",
        ),
        (
            {"model": "gpt-4o", "input": "Hi", "max_output_tokens": 5},
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 5 instead.",
            "max_output_tokens",
            "integer_below_min_value",
        ),
        (
            {"model": "gpt-4o", "input": "Hi", "reasoning": {"effort": "low"}},
            "Unsupported parameter: 'reasoning.effort' is not supported with this model.",
            "reasoning.effort",
            "unsupported_parameter",
        ),
        (
            {"model": "gpt-4o", "input": "Hi", "include": ["reasoning.encrypted_content"]},
            "Encrypted content is not supported with this model.",
            "include",
            None,
        ),
        (
            {
                "model": "gpt-4o",
                "input": [{"role": "assistant", "content": [{"type": "input_text", "text": "Hi"}]}],
            },
            "Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'.",
            "input[0].content[0]",
            "invalid_value",
        ),
        (
            {"model": "o4-mini", "input": "Hi", "reasoning": {"effort": "minimal"}},
            (
                "Unsupported value: 'minimal' is not supported with the 'o4-mini' model. Supported values are: 'low', "
                "'medium', and 'high'."
            ),
            "reasoning.effort",
            "unsupported_value",
        ),
        (
            {"model": "gpt-5", "input": "Hi", "temperature": 0.5},
            "Unsupported parameter: 'temperature' is not supported with this model.",
            "temperature",
            "unsupported_parameter",
        ),
        (
            {"model": "gpt-4o", "input": [user("Hi"), CALL]},
            "No tool output found for function call call_1.",
            "input",
            None,
        ),
        (
            {"model": "gpt-4o", "input": [user("Hi"), RESULT]},
            "No tool call found for function call output with call_id call_1.",
            "input",
            None,
        ),
        (
            {"model": "gpt-5", "input": [user("Hi"), THOUGHT, {"role": "assistant", "content": "Hello"}]},
            "Item 'rs_1' of type 'reasoning' was provided without its required following item.",
            "input",
            None,
        ),
        (
            {"model": "gpt-4o", "input": "Hi", "text": {"format": {"type": "json_object"}}},
            (
                "Response input messages must contain the word 'json' in some form to use 'text.format' of type "
                "'json_object'."
            ),
            "input",
            None,
        ),
        (
            {"model": "gpt-4o", "input": "Hi", "tools": [WEATHER | {"strict": True}]},
            (
                "Invalid schema for function 'get_weather': In context=(), 'additionalProperties' is required to be "
                "supplied and to be false."
            ),
            "tools[0].parameters",
            "invalid_function_parameters",
        ),
    ],
)
def test_what_the_api_refuses(api: Api, request_: Any, message: str, param: str, code: str | None) -> None:
    answer = api.post("/responses", request_)

    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    assert (answer.status, answer.error) == (400, error)


def test_a_picture_is_no_file_to_read(api: Api) -> None:
    upload = [Upload("cat.jpg", "image/jpeg", b"\xff\xd8")]
    file = api.post("/files", {"purpose": "user_data"}, files={"file": upload}).json
    parts = [{"type": "input_file", "file_id": file["id"]}]

    answer = api.post("/responses", {"model": "gpt-4o", "input": [{"role": "user", "content": parts}]})

    assert answer.error["message"].endswith(".yaml, .yml but got .jpg.")


def test_a_reference_to_nothing_is_not_found(api: Api) -> None:
    answer = api.post("/responses", {"model": "gpt-4o", "input": [{"type": "item_reference", "id": "rs_nope"}]})

    assert answer.status == 404
    assert answer.error["message"].startswith("Item with id 'rs_nope' not found. Items are not persisted when `store`")


def test_a_conversation_too_long_is_refused_or_shortened(api: Api) -> None:
    asked = [user("word " * 130_000), user("Say hello")]

    refused = api.post("/responses", {"model": "gpt-4o", "input": asked})
    shortened = create(api, asked, truncation="auto")

    assert (refused.status, refused.error["code"]) == (400, "context_length_exceeded")
    assert text(shortened) == "hello"


class Person(BaseModel):
    name: str
    age: int


def test_the_client_parses_structured_answers(client: OpenAI) -> None:
    response = client.responses.parse(model="gpt-4o", input="Ada is 36 years old.", text_format=Person)

    assert response.output_parsed == Person(name="Ada", age=36)


def test_the_client_polls_a_background_response(client: OpenAI) -> None:
    response = client.responses.create(model="gpt-4o", input="Say hello", background=True)
    while response.status in {"queued", "in_progress"}:
        response = client.responses.retrieve(response.id)

    assert (response.status, response.output_text) == ("completed", "hello")


def test_the_client_streams_into_a_final_response(client: OpenAI) -> None:
    with client.responses.stream(model="gpt-5", input="Say hello", reasoning={"summary": "auto"}) as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()

    assert "".join(deltas) == final.output_text == "hello"
    assert client.responses.retrieve(final.id).output_text == "hello"


def test_the_client_streams_tool_calls(client: OpenAI) -> None:
    tools: Any = [WEATHER]
    asked = "What is the weather in Paris and London?"
    with client.responses.stream(model="gpt-4o", input=asked, tools=tools) as stream:
        final = stream.get_final_response()

    assert [item.type for item in final.output] == ["function_call", "function_call"]


def test_the_client_lists_and_deletes(client: OpenAI) -> None:
    response = client.responses.create(model="gpt-4o", input="Say hello")
    listed = list(client.responses.input_items.list(response.id))
    client.responses.delete(response.id)

    assert len(listed) == 1
    with pytest.raises(NotFoundError):
        client.responses.retrieve(response.id)


def test_the_clients_beta_twin_answers(client: OpenAI) -> None:
    response = client.beta.responses.create(model="gpt-4o", input="Say hello")

    assert client.beta.responses.retrieve(response.id).id == response.id
