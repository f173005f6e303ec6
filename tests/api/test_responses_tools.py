"""Tools of responses: how they are repeated, and what comes of the hosted ones."""

from __future__ import annotations

from typing import Any

import pytest

from fakeopenai.wire import Upload
from tests.front import Api

CITY = {"type": "object", "properties": {"city": {"type": "string"}, "unit": {"type": "string"}}, "required": ["city"]}
STRICT = CITY | {"required": ["city", "unit"], "additionalProperties": False}
OPEN = {"type": "object", "properties": {"a": {"type": "string", "minLength": 1, "not": {}}}}
PLACE = {"type": "approximate", "city": None, "country": "US", "region": None, "timezone": None}


def create(api: Api, given: Any, *tools: Any, **options: Any) -> Any:
    body = {"model": "gpt-4o", "input": given, "tools": list(tools), **options}
    answer = api.post("/responses", body)
    assert answer.status == 200, answer.json
    return answer.json


def items(response: Any) -> list[str]:
    return [item["type"] for item in response["output"]]


@pytest.mark.parametrize(
    ("given", "repeated"),
    [
        (
            {"type": "function", "name": "f", "parameters": CITY},
            {
                "type": "function",
                "description": None,
                "name": "f",
                "output_schema": None,
                "parameters": STRICT,
                "strict": True,
            },
        ),
        (
            {"type": "function", "name": "f", "parameters": CITY, "strict": None},
            {
                "type": "function",
                "description": None,
                "name": "f",
                "output_schema": None,
                "parameters": CITY,
                "strict": False,
            },
        ),
        (
            {"type": "function", "name": "f", "parameters": OPEN},
            {
                "type": "function",
                "description": None,
                "name": "f",
                "output_schema": None,
                "parameters": OPEN,
                "strict": False,
            },
        ),
        (
            {"type": "web_search_preview"},
            {"type": "web_search_preview", "search_context_size": "medium", "user_location": PLACE},
        ),
        (
            {"type": "web_search", "user_location": {"type": "approximate", "city": "Paris"}},
            {
                "type": "web_search",
                "return_token_budget": "default",
                "search_content_types": ["text"],
                "search_context_size": "medium",
                "user_location": PLACE | {"city": "Paris", "country": None},
            },
        ),
        (
            {"type": "mcp", "server_label": "dice", "server_url": "https://x.test", "headers": {"a": "secret"}},
            {
                "type": "mcp",
                "allowed_tools": None,
                "headers": None,
                "require_approval": "always",
                "server_description": None,
                "server_label": "dice",
                "server_url": "https://x.test",
            },
        ),
        (
            {"type": "custom", "name": "run"},
            {"type": "custom", "description": None, "format": {"type": "text"}, "name": "run"},
        ),
    ],
)
def test_tools_are_repeated_whole(api: Api, given: Any, repeated: Any) -> None:
    [tool] = create(api, "Hi", given)["tools"]

    assert (tool, list(tool)) == (repeated, list(repeated))


def test_arithmetic_is_really_worked_out(api: Api) -> None:
    tool = {"type": "code_interpreter", "container": {"type": "auto"}}
    response = create(api, "What is 12 * 34?", tool, include=["code_interpreter_call.outputs"])

    call, message = response["output"]
    assert (call["code"], call["outputs"]) == ("12 * 34", [{"type": "logs", "logs": "408"}])
    container = api.get(f"/containers/{call['container_id']}").json
    assert (container["name"], container["memory_limit"], container["status"]) == ("auto", "1g", "running")
    assert "408" in message["content"][0]["text"]


def test_scripted_code_is_run(api: Api) -> None:
    api.world.rules.on("responses").hosted({"type": "code_interpreter_call", "code": "a = [1, 2, 3]\nprint(sum(a))"})

    response = create(api, "Hi", include=["code_interpreter_call.outputs"])

    assert response["output"][0]["outputs"] == [{"type": "logs", "logs": "6"}]


def test_results_are_shown_to_those_who_ask(api: Api) -> None:
    tool = {"type": "code_interpreter", "container": {"type": "auto"}}
    id = create(api, "What is 12 * 34?", tool)["id"]

    hidden = api.get(f"/responses/{id}").json["output"][0]["outputs"]
    shown = api.get(f"/responses/{id}?include[]=code_interpreter_call.outputs").json["output"][0]["outputs"]

    assert (hidden, shown) == (None, [{"type": "logs", "logs": "408"}])


def test_the_web_is_searched_when_asked_for(api: Api) -> None:
    api.world.drawer("/web").put({"id": "https://a.test/otters", "title": "Otters", "text": "Otters hold hands."})

    response = create(api, "Search the web for otters", {"type": "web_search"})

    assert items(response) == ["web_search_call", "message"]
    assert "Otters hold hands." in response["output"][1]["content"][0]["text"]
    assert response["tool_usage"]["web_search"] == {"num_requests": 1}


def test_a_tool_is_not_used_without_need(api: Api) -> None:
    assert items(create(api, "Say hello", {"type": "web_search"})) == ["message"]


@pytest.mark.parametrize("choice", ["required", {"type": "web_search_preview"}])
def test_a_tool_is_used_where_it_must_be(api: Api, choice: Any) -> None:
    assert items(create(api, "Say hello", {"type": "web_search"}, tool_choice=choice))[0] == "web_search_call"


def test_no_more_tools_are_called_than_allowed(api: Api) -> None:
    search = {"type": "web_search_call"}
    api.world.rules.on("responses").hosted(search).hosted(search).say("Done.")

    assert items(create(api, "Hi", max_tool_calls=1)) == ["web_search_call", "message"]


def test_files_are_searched_and_cited(api: Api) -> None:
    upload = [Upload("otters.txt", "text/plain", b"Otters hold hands while they sleep.")]
    file = api.post("/files", {"purpose": "assistants"}, files={"file": upload}).json
    store = api.post("/vector_stores", {"file_ids": [file["id"]]}).json
    api.world.clock.advance(60)
    tool = {"type": "file_search", "vector_store_ids": [store["id"]]}

    response = create(api, "How do otters sleep?", tool, include=["file_search_call.results"])

    call, message = response["output"]
    [note] = message["content"][0]["annotations"]
    assert call["results"][0]["vector_store_id"] == store["id"]
    assert (note["type"], note["file_id"], note["filename"]) == ("file_citation", file["id"], "otters.txt")


def test_an_unknown_vector_store_is_not_found(api: Api) -> None:
    tool = {"type": "file_search", "vector_store_ids": ["vs_nope"]}
    answer = api.post("/responses", {"model": "gpt-4o", "input": "What?", "tools": [tool]})

    assert answer.status == 404


def test_a_picture_is_drawn(api: Api) -> None:
    response = create(api, "Draw a cat", {"type": "image_generation"})

    assert items(response) == ["image_generation_call", "message"]
    assert response["output"][0]["size"] == "1024x1024"
    assert response["tool_usage"]["image_gen"]["total_tokens"] > 0


DICE = {"type": "mcp", "server_label": "dice", "server_url": "https://x.test"}


def dice(api: Api) -> None:
    tool = {"name": "roll", "description": "Roll dice", "output": "7"}
    api.world.drawer("/mcp").put({"id": "dice", "tools": [tool]})


def test_a_servers_tool_is_called_with_approval(api: Api) -> None:
    dice(api)
    asked = create(api, "Roll dice with the roll tool", DICE)
    request = asked["output"][-1]
    answer = {"type": "mcp_approval_response", "approve": True, "approval_request_id": request["id"]}
    answered = create(api, [answer], DICE, previous_response_id=asked["id"])

    assert items(asked) == ["mcp_list_tools", "mcp_approval_request"]
    assert items(answered) == ["mcp_call", "message"]
    assert (answered["output"][0]["output"], answered["output"][0]["approval_request_id"]) == ("7", request["id"])


def test_a_servers_tool_is_called_at_once_where_allowed(api: Api) -> None:
    dice(api)

    response = create(api, "Roll dice with the roll tool", DICE | {"require_approval": "never"})

    assert items(response) == ["mcp_list_tools", "mcp_call", "message"]


def test_a_deferred_tool_is_searched_before_it_is_called(api: Api) -> None:
    weather = {"type": "function", "name": "get_weather", "parameters": CITY, "defer_loading": True}

    response = create(api, "What is the weather in Paris?", {"type": "tool_search"}, weather)

    assert items(response) == ["tool_search_call", "tool_search_output", "function_call"]


def test_a_function_of_a_namespace_is_called_with_it(api: Api) -> None:
    weather = {"type": "function", "name": "get_weather", "parameters": CITY}
    namespace = {"type": "namespace", "name": "sky", "description": "The sky", "tools": [weather]}

    [call] = create(api, "What is the weather in Paris?", namespace)["output"]

    assert (call["name"], call["namespace"]) == ("get_weather", "sky")


@pytest.mark.parametrize(
    ("tool", "asked", "output"),
    [
        (
            {"type": "shell"},
            "Run `ls`",
            {
                "type": "shell_call_output",
                "output": [{"stdout": "a.txt", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}],
            },
        ),
        ({"type": "apply_patch"}, "Create the file a.txt", {"type": "apply_patch_call_output", "status": "completed"}),
        (
            {"type": "computer_use_preview", "display_width": 9, "display_height": 9, "environment": "browser"},
            "Take a screenshot",
            {
                "type": "computer_call_output",
                "output": {"type": "computer_screenshot", "image_url": "data:image/png;base64,aGk="},
            },
        ),
    ],
)
def test_what_the_caller_does_is_asked_once(api: Api, tool: Any, asked: str, output: Any) -> None:
    first = create(api, asked, tool)
    call = first["output"][-1]
    second = create(api, [output | {"call_id": call["call_id"]}], tool, previous_response_id=first["id"])

    assert call["type"].endswith("_call")
    assert items(second) == ["message"]


def test_a_custom_tool_gets_free_text(api: Api) -> None:
    [call] = create(api, "Use the code_exec tool to print hello", {"type": "custom", "name": "code_exec"})["output"]

    assert list(call) == ["id", "type", "status", "call_id", "input", "name"]


def test_tools_are_repeated_functions_first_without_the_dialect_of_their_schemas(api: Api) -> None:
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {}}
    late = {"type": "function", "name": "late", "parameters": schema, "strict": False, "defer_loading": True}

    told = create(api, "Hi", {"type": "tool_search"}, late)["tools"]

    assert [tool["type"] for tool in told] == ["function", "tool_search"]
    assert "$schema" not in told[0]["parameters"]


def test_a_function_that_a_search_has_found_is_called_in_a_namespace_of_its_own(api: Api) -> None:
    weather = {"type": "function", "name": "get_weather", "parameters": CITY, "defer_loading": True}
    side = {"call_id": None, "execution": "server", "status": "completed"}
    searched = [
        {"role": "user", "content": "What is the weather in Paris?"},
        {"type": "tool_search_call", "arguments": {"paths": ["get_weather"]}, **side},
        {"type": "tool_search_output", "tools": [weather], **side},
    ]
    api.world.rules.on("responses").call("get_weather", city="Paris")

    response = create(api, searched, {"type": "tool_search"}, weather)

    assert [(item["type"], item.get("namespace")) for item in response["output"]] == [("function_call", "get_weather")]
    assert [tool["type"] for tool in response["tools"]] == ["tool_search", "namespace"]
    assert "defer_loading" not in response["tools"][1]["tools"][0]


CLIENTS = {"type": "tool_search", "execution": "client", "description": "Finds tools", "parameters": CITY}


def test_a_client_may_search_for_tools_itself(api: Api) -> None:
    weather = {"type": "function", "name": "get_weather", "description": "Tells the weather", "parameters": CITY}

    first = create(api, "What is the weather in Paris?", CLIENTS)
    [search] = first["output"]
    found = {"type": "tool_search_output", "execution": "client", "call_id": search["call_id"], "tools": [weather]}
    second = create(api, [found], CLIENTS, previous_response_id=first["id"])

    assert (search["type"], search["execution"]) == ("tool_search_call", "client")
    assert search["arguments"]["city"]
    assert [(item["type"], item["name"]) for item in second["output"]] == [("function_call", "get_weather")]


def test_a_client_searches_for_what_it_has_deferred(api: Api) -> None:
    weather = {"type": "function", "name": "get_weather", "parameters": CITY, "defer_loading": True}

    [search] = create(api, "What is the weather in Paris?", CLIENTS, weather)["output"]

    assert (search["execution"], search["arguments"]) == ("client", {"paths": ["get_weather"]})


def test_tools_that_were_added_once_stay(api: Api) -> None:
    weather = {"type": "function", "name": "get_weather", "parameters": CITY}
    added = {"type": "additional_tools", "role": "developer", "tools": [weather]}

    first = create(api, [added, {"role": "user", "content": "Hi"}])
    second = create(api, "What is the weather in Paris?", previous_response_id=first["id"])

    assert items(second) == ["function_call"]


def test_a_configuration_holds_until_it_is_replaced(api: Api) -> None:
    form = {"type": "json_schema", "name": "city", "schema": CITY, "strict": False}
    update = {"type": "configuration_update", "text": {"format": form}}

    first = create(api, [update, {"role": "user", "content": "Hi"}])
    second = create(api, "And now?", previous_response_id=first["id"])
    plain = {"type": "configuration_update", "text": {"format": {"type": "text"}}}
    third = create(api, [plain, {"role": "user", "content": "Hi"}], previous_response_id=second["id"])

    texts = [response["output"][0]["content"][0]["text"] for response in (first, second, third)]
    assert [text.startswith("{") for text in texts] == [True, True, False]


def test_a_trigger_compacts_and_says_nothing(api: Api) -> None:
    first = create(api, "Hello there")
    body = {"model": "gpt-4o", "input": [{"type": "compaction_trigger"}], "previous_response_id": first["id"]}

    events = api.post("/responses", body | {"stream": True}).events
    second = create(api, "What did I say?", previous_response_id=events[-1]["response"]["id"])

    assert [event["type"].removeprefix("response.") for event in events] == [
        *("created", "in_progress", "output_item.added", "compaction.compacting", "output_item.done", "completed")
    ]
    assert [item["type"] for item in events[-1]["response"]["output"]] == ["compaction"]
    assert second["usage"]["input_tokens"] > 0


def test_a_trigger_stands_at_the_end(api: Api) -> None:
    asked = [{"type": "compaction_trigger"}, {"role": "user", "content": "Hi"}]

    answer = api.post("/responses", {"model": "gpt-4o", "input": asked})

    assert (answer.status, answer.error["param"]) == (400, "input[0]")


def test_servers_may_be_deferred_without_a_name(api: Api) -> None:
    response = create(api, "What is the weather in Paris?", DICE | {"defer_loading": True})

    assert response["status"] == "completed"


@pytest.mark.parametrize(("model", "namespace"), [("gpt-5.4", "get_weather"), ("gpt-5.6", None)])
def test_added_functions_have_a_namespace_of_their_own_until_gpt_5_6(
    api: Api, model: str, namespace: str | None
) -> None:
    weather = {"type": "function", "name": "get_weather", "parameters": CITY}
    added = {"type": "additional_tools", "role": "developer", "tools": [weather]}
    asked = [added, {"role": "user", "content": "What is the weather in Paris?"}]

    response = create(api, asked, model=model)

    call = response["output"][-1]
    assert (call["name"], call.get("namespace")) == ("get_weather", namespace)
    assert [tool["type"] for tool in response["tools"]] == ["namespace" if namespace else "function"]


def test_what_an_account_tells_is_not_read_again(api: Api) -> None:
    management = [{"type": "compaction", "compact_threshold": 1000}]
    story = {"role": "user", "content": "Once upon a time there was a fox. " * 200}

    told = create(api, [story], context_management=management)["output"]
    answer = create(api, [story, *told, {"role": "user", "content": "Go on"}], context_management=management)

    assert [item["type"] for item in told] == ["message", "compaction"]
    assert answer["usage"]["input_tokens"] < 200
    assert items(answer) == ["message"]


def test_an_answer_may_be_what_makes_it_too_much(api: Api) -> None:
    management = [{"type": "compaction", "compact_threshold": 1000}]
    api.world.rules.on("responses").say("Once upon a time there was a fox. " * 200)

    response = create(api, "Tell me a story", context_management=management)

    assert items(response) == ["message", "compaction"]


@pytest.mark.parametrize(
    ("include", "shown"), [("", False), ("&include[]=computer_call_output.output.image_url", True)]
)
def test_a_screenshot_is_listed_on_demand(api: Api, include: str, shown: bool) -> None:
    tool = {"type": "computer_use_preview", "display_width": 9, "display_height": 9, "environment": "browser"}
    first = create(api, "Take a screenshot", tool)
    screen = {"type": "computer_screenshot", "image_url": "data:image/png;base64,aGk="}
    output = {"type": "computer_call_output", "call_id": first["output"][-1]["call_id"], "output": screen}

    second = create(api, [output], tool, previous_response_id=first["id"])

    listed = api.get(f"/responses/{second['id']}/input_items?limit=1{include}").json["data"]
    assert listed[0]["output"] == screen | ({} if shown else {"image_url": None})
