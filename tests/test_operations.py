"""The way from a method and a path to a row of the table."""

from __future__ import annotations

import re

import pytest

from fakeopenai import data
from fakeopenai.errors import ApiError
from fakeopenai.operations import Operation, Operations

TABLE = Operations.load()
EVERY = pytest.mark.parametrize("operation", TABLE.all.values(), ids=str)


def refusal(method: str, path: str) -> ApiError:
    with pytest.raises(ApiError) as caught:
        TABLE.match(method, path)
    return caught.value


@EVERY
def test_an_operation_is_found_by_its_path(operation: Operation) -> None:
    ids = {name: f"{name}:1" for name in re.findall(r"\{(\w+)\}", operation.path)}
    query = {"beta": "true"} if operation.beta_query else {}

    found = TABLE.match(operation.method, operation.path.format(**ids), query)

    assert found == (operation, ids)


@EVERY
def test_an_operation_is_known_by_its_name_in_the_reference(operation: Operation) -> None:
    assert TABLE.all[str(operation)] is operation


def test_every_line_of_the_table_is_an_operation_with_a_name_of_its_own() -> None:
    lines = data.path("schemas", "operations.jsonl").read_text().splitlines()

    assert len({operation.id for operation in TABLE.all.values()}) == len(TABLE.all) == len(lines)


def test_a_beta_twin_is_meant_only_where_the_query_says_so() -> None:
    plain, _ = TABLE.match("GET", "/responses/resp_1", {"stream": "true"})
    twin, ids = TABLE.match("GET", "/responses/resp_1", {"beta": "true"})

    assert (plain.id, twin.id, ids) == ("responses.retrieve", "beta.responses.retrieve", {"response_id": "resp_1"})


def test_beta_in_the_query_changes_nothing_where_there_is_no_twin() -> None:
    assert TABLE.match("GET", "/files", {"beta": "true"})[0].id == "files.list"


def test_a_word_wins_over_an_id() -> None:
    assert TABLE.match("POST", "/threads/runs")[0].id == "beta.threads.create_and_run"


def test_a_word_that_leads_nowhere_is_an_id() -> None:
    found, ids = TABLE.match("GET", "/videos/characters")

    assert (found.id, ids) == ("videos.retrieve", {"video_id": "characters"})


def test_ids_are_percent_decoded_after_the_path_is_split() -> None:
    _, ids = TABLE.match("GET", "/organization/users/a%2Fb%20c/roles/%C3%A4")

    assert ids == {"user_id": "a/b c", "role_id": "ä"}


def test_a_fine_tuned_model_is_one_segment() -> None:
    assert TABLE.match("DELETE", "/models/ft:gpt-4o-mini:acme::7p4lURel")[1] == {
        "model": "ft:gpt-4o-mini:acme::7p4lURel"
    }


@pytest.mark.parametrize(
    "path", ["/files/", "/nothing", "/files//content", "/chat", "/", "", "/files/file-1/content/x"]
)
def test_an_unknown_path_is_an_invalid_url(path: str) -> None:
    error = refusal("GET", path)

    assert (error.status, error.error) == (
        404,
        {"message": f"Invalid URL (GET /v1{path})", "type": "invalid_request_error", "param": None, "code": None},
    )


def test_a_wrong_method_is_told_the_right_ones() -> None:
    error = refusal("PUT", "/files")

    assert (error.status, error.headers) == (405, {"allow": "GET, POST"})
    assert error.message == (
        "Not allowed to PUT on /v1/files. (HINT: Perhaps you meant to use a different HTTP method?)"
    )


def test_a_method_of_a_longer_path_does_not_count() -> None:
    assert refusal("DELETE", "/vector_stores/vs_1/search").headers == {"allow": "POST"}
