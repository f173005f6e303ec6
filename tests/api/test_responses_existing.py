"""What a response names must exist."""

from __future__ import annotations

from typing import Any

import pytest

from fakeopenai.wire import Upload
from tests.front import Api

CAT = Upload("cat.jpg", "image/jpeg", b"\xff\xd8\xff\xe0 no more than a beginning")
NOTES = Upload("notes.txt", "text/plain", b"The harbour opens at nine.")


def ask(api: Api, **body: Any) -> Any:
    return api.post("/responses", {"model": "gpt-4o", "input": "Hello"} | body)


def part(**fields: Any) -> list[Any]:
    return [{"role": "user", "content": [fields]}]


def uploaded(api: Api, file: Upload) -> str:
    return str(api.post("/files", {"purpose": "user_data"}, files={"file": [file]}).json["id"])


EMPTY = (
    "Invalid 'tools[0].vector_store_ids': empty array. Expected an array with minimum length 1, but got an empty array "
    "instead."
)
NO_DOCUMENT = (
    "Invalid file data: 'file_id'. Expected a file with an application/pdf MIME type, but got unsupported MIME type "
    "'image/jpeg'."
)
SKILL = {"type": "skill_reference", "skill_id": "skill_nope"}
UNKNOWN: list[tuple[Any, int, str]] = [
    ({"input": part(type="input_file", file_id="file-nope")}, 404, "No such File object: file-nope"),
    ({"input": part(type="input_image", file_id="file-nope")}, 404, "No such File object: file-nope"),
    (
        {"input": part(type="input_image", detail="auto")},
        400,
        "Missing required parameter: 'input[0].content[0].image_url'.",
    ),
    ({"input": part(type="input_file")}, 400, "Missing required parameter: 'input[0].content[0].file_id'."),
    (
        {"tools": [{"type": "file_search", "vector_store_ids": ["vs_nope"]}]},
        404,
        "No vector store found with id 'vs_nope'.",
    ),
    (
        {"tools": [{"type": "file_search", "vector_store_ids": []}]},
        400,
        EMPTY,
    ),
    (
        {"tools": [{"type": "code_interpreter", "container": "cntr_nope"}]},
        404,
        "Container with id 'cntr_nope' not found.",
    ),
    (
        {"tools": [{"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["file-nope"]}}]},
        404,
        "No such File object: file-nope",
    ),
    (
        {"tools": [{"type": "shell", "environment": {"type": "container_reference", "container_id": "cntr_nope"}}]},
        404,
        "Container with id 'cntr_nope' not found.",
    ),
    (
        {"tools": [{"type": "shell", "environment": {"type": "container_auto", "skills": [SKILL]}}]},
        404,
        "Skill with id 'skill_nope' not found.",
    ),
]


@pytest.mark.parametrize(("body", "status", "message"), UNKNOWN)
def test_what_does_not_exist_is_refused(api: Api, body: Any, status: int, message: str) -> None:
    answer = ask(api, **body)

    assert (answer.status, answer.error["message"]) == (status, message)


def test_files_that_exist_are_read(api: Api) -> None:
    notes, cat = uploaded(api, NOTES), uploaded(api, CAT)
    content = [{"type": "input_file", "file_id": notes}, {"type": "input_image", "file_id": cat}]

    answer = ask(api, input=[{"role": "user", "content": content}])

    assert answer.status == 200


def test_data_of_files_is_a_data_url(api: Api) -> None:
    answer = ask(api, input=part(type="input_file", filename="a.pdf", file_data="JVBERi0xLjQK"))

    assert (answer.status, answer.error["param"]) == (400, "input[0].content[0].file_data")
    assert answer.error["message"].endswith("but got a value without the 'data:' prefix.")


def test_an_expired_container_runs_no_code(api: Api) -> None:
    id = api.post("/containers", {"name": "box"}).json["id"]
    api.world.clock.advance(3600)

    answer = ask(api, tools=[{"type": "code_interpreter", "container": id}])

    assert (answer.status, answer.error["message"]) == (400, "Container is expired.")


def test_code_runs_where_it_ran_before_with_the_files_it_was_given(api: Api) -> None:
    tool = {"type": "code_interpreter", "container": {"type": "auto", "file_ids": [uploaded(api, NOTES)]}}

    first = ask(api, input="Calculate 1+1", tools=[tool]).json
    second = ask(api, input="Calculate 2+2", tools=[tool], previous_response_id=first["id"]).json

    used = [response["output"][0]["container_id"] for response in (first, second)]
    [file] = api.get(f"/containers/{used[0]}/files").json["data"]
    assert used[0] == used[1]
    assert file["path"].endswith("notes.txt")


def test_a_world_that_knows_templates_knows_no_others(api: Api) -> None:
    api.world.drawer("/prompts").put({"id": "pmpt_1", "version": "2", "messages": []})

    other = ask(api, prompt={"id": "pmpt_nope"})
    older = ask(api, prompt={"id": "pmpt_1", "version": "1"})
    found = ask(api, prompt={"id": "pmpt_1"})

    assert other.error["message"] == "Prompt with id 'pmpt_nope' not found."
    assert [answer.status for answer in (other, older, found)] == [404, 404, 200]


def test_a_picture_may_fill_a_template(api: Api) -> None:
    told = [{"role": "user", "content": "What is on {{picture}}, {{who}}?"}]
    api.world.drawer("/prompts").put({"id": "pmpt_1", "messages": told})
    picture = {"type": "input_image", "image_url": "https://example.com/cat.png"}
    variables = {"picture": picture, "who": {"type": "input_text", "text": "Ada"}}

    response = ask(api, prompt={"id": "pmpt_1", "variables": variables}).json

    parts = response["instructions"][0]["content"]
    assert [part["type"] for part in parts] == ["input_text", "input_image", "input_text", "input_text", "input_text"]
    assert [part.get("text") for part in parts] == ["What is on ", None, ", ", "Ada", "?"]
    assert response["usage"]["input_tokens"] > 500


def test_a_message_that_no_window_holds_is_not_cut(api: Api) -> None:
    answer = ask(api, input="hi " * 130_000, truncation="auto")

    assert answer.error["code"] == "context_length_exceeded"


def test_a_policy_to_block_what_is_asked_blocks_nothing(api: Api) -> None:
    """Recorded in 2026-07: flagged input under `block` was answered, with its scores."""
    policy = {"input": {"mode": "block"}, "output": {"mode": "block"}}

    response = ask(
        api, input="I want to kill them.", moderation={"model": "omni-moderation-latest", "policy": policy}
    ).json

    assert (response["status"], response["moderation"]["input"]["flagged"]) == ("completed", True)


@pytest.mark.parametrize(
    ("file", "status", "message"),
    [
        (None, 404, "No such File object: file-nope"),
        (CAT, 400, NO_DOCUMENT),
        (NOTES, 200, ""),
    ],
)
def test_chats_read_files_that_exist_and_can_be_read(api: Api, file: Upload | None, status: int, message: str) -> None:
    id = uploaded(api, file) if file else "file-nope"
    content = [{"type": "file", "file": {"file_id": id}}, {"type": "text", "text": "What is this?"}]

    answer = api.post("/chat/completions", {"model": "gpt-4o", "messages": [{"role": "user", "content": content}]})

    assert answer.status == status
    assert status == 200 or answer.error["message"] == message


@pytest.mark.parametrize("choice", ["required", {"type": "web_search_preview"}])
def test_tools_that_must_be_called_must_be_given(api: Api, choice: Any) -> None:
    answer = ask(api, tool_choice=choice)

    assert answer.error["message"].endswith("must be specified with 'tools' parameter.")


@pytest.mark.parametrize("path", ["/responses/input_tokens", "/responses/compact"])
def test_nothing_is_counted_or_compacted_where_nothing_is_said(api: Api, path: str) -> None:
    answer = api.post(path, {"model": "gpt-4o"})

    assert (answer.status, answer.error["param"]) == (400, "input")
