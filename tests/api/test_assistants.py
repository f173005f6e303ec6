"""Assistants: their settings, tools and files."""

from __future__ import annotations

from typing import Any

import pytest
from openai import OpenAI

from fakeopenai.emulator import Emulator
from fakeopenai.world import Settings
from tests.api.assisted import CODE, SEARCH, WEATHER, Assisted, faults


@pytest.fixture
def api() -> Assisted:
    return Assisted()


def make(api: Assisted, **settings: Any) -> Any:
    return api.post("/assistants", {"model": "gpt-4o"} | settings).json


def test_a_new_assistant_has_the_defaults_in_the_order_of_the_wire(api: Assisted) -> None:
    assistant = make(api)

    assert faults("POST /assistants", assistant) == []
    assert assistant.pop("id").startswith("asst_")
    assert list(assistant.items()) == [
        ("object", "assistant"),
        ("created_at", 1767225600),
        ("name", None),
        ("description", None),
        ("model", "gpt-4o"),
        ("instructions", None),
        ("tools", []),
        ("top_p", 1.0),
        ("temperature", 1.0),
        ("reasoning_effort", None),
        ("tool_resources", {}),
        ("metadata", {}),
        ("response_format", "auto"),
    ]


def test_the_beta_header_is_demanded(api: Assisted) -> None:
    answer = api.post("/assistants", {"model": "gpt-4o"}, headers={})

    assert (answer.status, answer.error["code"]) == (400, "invalid_beta")


def test_those_who_speak_to_the_first_version_are_told_to_migrate(api: Assisted) -> None:
    answer = api.get("/assistants", headers={"openai-beta": "assistants=v1"})

    assert (answer.status, answer.error["code"]) == (400, "invalid_beta")
    assert answer.error["message"] == (
        "The v1 Assistants API has been deprecated. "
        "Please try again by setting the header 'OpenAI-Beta: assistants=v2'. "
        "See the migration guide for more information: https://platform.openai.com/docs/assistants/migration."
    )


@pytest.mark.parametrize(("day", "status"), [("2026-08-25", 200), ("2026-08-26", 404)])
def test_assistants_are_gone_as_of_their_shutdown(day: str, status: int) -> None:
    api = Assisted(Emulator(Settings(as_of=day)))

    assert [api.get("/assistants").status, api.post("/threads").status] == [status, status]


def test_tools_are_repeated_with_their_defaults(api: Assisted) -> None:
    named = {"type": "function", "function": {"name": "now"}}

    tools = make(api, tools=[named, SEARCH, CODE])["tools"]

    blank = {"name": "now", "description": None, "parameters": {"type": "object", "properties": {}}, "strict": False}
    ranking = {"ranker": "default_2024_08_21", "score_threshold": 0.0, "hybrid_search": None}
    assert tools == [
        {"type": "function", "function": blank},
        {"type": "file_search", "file_search": {"ranking_options": ranking}},
        CODE,
    ]


def test_settings_of_a_search_are_kept(api: Assisted) -> None:
    settings = {"max_num_results": 3, "ranking_options": {"score_threshold": 0.5}}

    (tool,) = make(api, tools=[{"type": "file_search", "file_search": settings}])["tools"]

    assert tool["file_search"]["max_num_results"] == 3
    assert tool["file_search"]["ranking_options"]["score_threshold"] == 0.5


def test_an_interpreter_has_a_list_of_files(api: Assisted) -> None:
    assert make(api, tools=[CODE])["tool_resources"] == {"code_interpreter": {"file_ids": []}}


def test_vector_stores_that_are_described_are_made(api: Assisted) -> None:
    file = api.file("Alice likes pears.")
    described = {"file_search": {"vector_stores": [{"file_ids": [file], "metadata": {"of": "Alice"}}]}}

    resources = make(api, tools=[SEARCH], tool_resources=described)["tool_resources"]

    (id,) = resources["file_search"]["vector_store_ids"]
    store = api.get(f"/vector_stores/{id}").json
    assert (store["metadata"], store["file_counts"]["completed"]) == ({"of": "Alice"}, 1)


@pytest.mark.parametrize(
    ("settings", "status", "message"),
    [
        ({"model": "gpt-99"}, 400, "The requested model 'gpt-99' does not exist."),
        (
            {"model": "dall-e-3"},
            400,
            "The requested model 'dall-e-3' cannot be used with the Assistants API.",
        ),
        (
            {"reasoning_effort": "low"},
            400,
            "Unsupported parameter: 'reasoning_effort' is not supported with this model.",
        ),
        (
            {"tool_resources": {"file_search": {"vector_store_ids": ["vs_none"]}}},
            404,
            "No vector store found with id 'vs_none'.",
        ),
        (
            {"tool_resources": {"code_interpreter": {"file_ids": ["file-none"]}}},
            404,
            "No such File object: file-none",
        ),
    ],
)
def test_what_no_assistant_can_have_is_refused(
    api: Assisted, settings: dict[str, Any], status: int, message: str
) -> None:
    answer = api.post("/assistants", {"model": "gpt-4o"} | settings)

    assert (answer.status, answer.error["message"]) == (status, message)


def test_a_strict_function_must_have_a_strict_schema(api: Assisted) -> None:
    function = WEATHER["function"] | {"strict": True}

    answer = api.post("/assistants", {"model": "gpt-4o", "tools": [{"type": "function", "function": function}]})

    assert (answer.status, answer.error["code"]) == (400, "invalid_function_parameters")
    assert answer.error["param"] == "tools[0].function.parameters"


def test_a_strict_form_must_be_strict_as_well(api: Assisted) -> None:
    schema = {"name": "answer", "strict": True, "schema": {"type": "object", "properties": {}}}

    answer = api.post(
        "/assistants", {"model": "gpt-4o", "response_format": {"type": "json_schema", "json_schema": schema}}
    )

    assert (answer.status, answer.error["param"]) == (400, "response_format")


def test_an_update_changes_what_it_names(api: Assisted) -> None:
    before = make(api, name="Ada", instructions="Be brief.", metadata={"a": "b"}, temperature=0.5)

    after = api.post(f"/assistants/{before['id']}", {"name": None, "model": "gpt-4o-mini"}).json

    assert after == before | {"name": None, "model": "gpt-4o-mini"}


def test_an_update_keeps_the_files_of_other_tools(api: Assisted) -> None:
    file = api.file("1,2")
    before = make(api, tools=[CODE], tool_resources={"code_interpreter": {"file_ids": [file]}})
    store = api.id("/vector_stores", {})

    update = {"tools": [SEARCH, CODE], "tool_resources": {"file_search": {"vector_store_ids": [store]}}}
    after = api.post(f"/assistants/{before['id']}", update).json

    assert after["tool_resources"] == {
        "code_interpreter": {"file_ids": [file]},
        "file_search": {"vector_store_ids": [store]},
    }


def test_assistants_are_listed_newest_first(api: Assisted) -> None:
    ids = [make(api, name=name)["id"] for name in "abc"]

    page = api.get("/assistants?limit=2").json

    assert [item["id"] for item in page["data"]] == [ids[2], ids[1]]
    assert (page["first_id"], page["last_id"], page["has_more"]) == (ids[2], ids[1], True)


def test_a_deleted_assistant_is_gone(api: Assisted) -> None:
    id = make(api)["id"]

    assert api.delete(f"/assistants/{id}").json == {"id": id, "object": "assistant.deleted", "deleted": True}
    answer = api.get(f"/assistants/{id}")
    assert (answer.status, answer.error["message"]) == (404, f"No assistant found with id '{id}'.")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_official_client_reads_assistants(client: OpenAI) -> None:
    made = client.beta.assistants.create(model="gpt-4o", name="Ada", tools=[{"type": "file_search"}])

    assert [item.name for item in client.beta.assistants.list()] == ["Ada"]
    assert client.beta.assistants.retrieve(made.id) == made
    assert client.beta.assistants.delete(made.id).deleted
