"""Files through the front door: what is taken, what is told of it, and the same bytes back."""

from __future__ import annotations

import random

import pytest
from openai import OpenAI

from fakeopenai.clock import EPOCH
from fakeopenai.rules import Rule
from fakeopenai.serving import Server
from fakeopenai.wire import Upload
from tests.front import Answer, Api

ROW = (
    b'{"custom_id":"a","method":"POST","url":"/v1/embeddings","body":{"model":"text-embedding-3-small","input":"hi"}}\n'
)
PURPOSES = ["fine-tune", "assistants", "batch", "user_data", "vision", "evals"]
NO_LINES = "Expected file to have JSONL format, where every line is a valid JSON dictionary."


def upload(
    api: Api, content: bytes = b"hello", name: str = "note.txt", purpose: str = "user_data", **more: object
) -> Answer:
    return api.post("/files", {"purpose": purpose, **more}, files={"file": [Upload(name, "text/plain", content)]})


def test_an_uploaded_file_is_told_as_the_api_tells_it(api: Api) -> None:
    file = upload(api).json

    assert list(file.items())[2:] == [
        ("purpose", "user_data"),
        ("filename", "note.txt"),
        ("bytes", 5),
        ("created_at", int(EPOCH)),
        ("expires_at", None),
        ("status", "processed"),
        ("status_details", None),
    ]
    assert file["object"] == "file"
    assert len(file["id"]) == len("file-") + 22


def test_the_same_bytes_come_back(api: Api) -> None:
    content = bytes(range(256)) * 40
    file = upload(api, content, 'odd "näme".bin', "vision").json

    back = api.get(f"/files/{file['id']}/content")

    assert back.content == content
    assert back.headers["content-type"] == "application/octet-stream"
    assert back.headers["content-disposition"].startswith('attachment; filename="odd _n_me_.bin"; filename*=UTF-8')


def test_what_was_given_to_assistants_is_not_given_back(api: Api) -> None:
    file = upload(api, b"# Title", "a.md", "assistants").json

    refused = api.get(f"/files/{file['id']}/content")

    assert refused.status == 400
    assert refused.json["error"] == {
        "message": "Not allowed to download files of purpose: assistants",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }


def test_files_are_listed_newest_first_by_purpose_and_page(api: Api) -> None:
    ids = [upload(api, b"%d" % n).json["id"] for n in range(3)]
    other = upload(api, purpose="assistants").json["id"]

    page = api.get("/files?limit=2&purpose=user_data").json
    rest = api.get(f"/files?limit=2&purpose=user_data&after={page['last_id']}").json

    assert [file["id"] for file in page["data"]] == ids[:0:-1]
    assert page["has_more"] is True
    assert [file["id"] for file in rest["data"]] == ids[:1]
    assert [file["id"] for file in api.get("/files?order=asc").json["data"]] == [*ids, other]


def test_a_deleted_file_is_gone_with_its_content(api: Api) -> None:
    id = upload(api).json["id"]

    deleted = api.delete(f"/files/{id}")

    assert deleted.content == b'{"object":"file","deleted":true,"id":"%b"}' % id.encode()
    for answer in (api.get(f"/files/{id}"), api.get(f"/files/{id}/content"), api.delete(f"/files/{id}")):
        assert (answer.status, answer.error["message"], answer.error["param"]) == (
            404,
            f"No such File object: {id}",
            "id",
        )


def test_an_unknown_purpose_is_refused_in_the_words_of_the_first_validator(api: Api) -> None:
    answer = upload(api, purpose="world_domination")

    assert answer.error == {
        "message": f"'world_domination' is not one of {PURPOSES} - 'purpose'",
        "type": "invalid_request_error",
        "param": "purpose",
        "code": None,
    }


def test_a_file_expires_when_its_time_has_passed(api: Api) -> None:
    file = upload(api, expires_after={"anchor": "created_at", "seconds": "3600"}).json

    assert file["expires_at"] == file["created_at"] + 3600
    api.world.clock.advance(3599)
    assert api.get(f"/files/{file['id']}").status == 200
    api.world.clock.advance(1)
    assert api.get(f"/files/{file['id']}").status == 404
    assert api.get(f"/files/{file['id']}/content").status == 404


def test_a_file_for_a_batch_expires_after_thirty_days(api: Api) -> None:
    file = upload(api, ROW, "rows.jsonl", "batch").json

    assert file["expires_at"] == file["created_at"] + 2_592_000


def test_a_file_to_train_on_may_have_the_name_that_the_old_client_gives_all_files(api: Api) -> None:
    assert upload(api, ROW, "file", "fine-tune").json["filename"] == "file"


@pytest.mark.parametrize(
    ("purpose", "name", "content", "message"),
    [
        ("batch", "rows.txt", ROW, "Invalid file format for Batch API. Must be .jsonl"),
        ("batch", "rows.jsonl", b"", "Invalid file format for Batch API. Must be .jsonl"),
        ("batch", "rows.jsonl", b"{oops", "Invalid file format for Batch API. Must be .jsonl"),
        ("batch", "rows.jsonl", "ä".encode("utf-16"), "Invalid file for Batch API. Must be utf-8 encoded"),
        (
            "fine-tune",
            "rows.jsonl",
            b"[" * 100_000,
            f'{NO_LINES} Line 1 is not a dictionary (HINT: line starts with: "[[[[[[[[[[...").',
        ),
        ("fine-tune", "rows.json", b"{}", "Invalid file format for Fine-Tuning API. Must be .jsonl"),
        (
            "fine-tune",
            "rows.jsonl",
            b'{}\n\n["no", "object"]',
            f'{NO_LINES} Line 3 is not a dictionary (HINT: line starts with: "["no", "ob...").',
        ),
        ("assistants", "empty.txt", b"", "File is empty."),
    ],
)
def test_a_file_that_its_purpose_can_not_have_is_refused(
    api: Api, purpose: str, name: str, content: bytes, message: str
) -> None:
    answer = upload(api, content, name, purpose)

    assert answer.status == 400
    assert answer.json["error"]["message"] == message
    assert answer.json["detail"] == {"message": message, "code": None}


def test_a_batch_file_with_a_bad_line_behind_its_first_is_taken(api: Api) -> None:
    assert upload(api, ROW + b"{oops", "rows.jsonl", "batch").status == 200


def test_a_form_without_a_file_is_refused(api: Api) -> None:
    answer = api.post("/files", {"purpose": "user_data"}, files={})

    assert (answer.status, answer.error["message"]) == (400, "'file' is a required property")


@pytest.mark.parametrize("content", [ROW * 50_000, random.Random(1).randbytes(3_000_000)], ids=["lines", "noise"])
def test_a_long_file_comes_back_in_pieces_and_whole(client: OpenAI, content: bytes) -> None:
    file = client.files.create(file=("long.jsonl", content), purpose="batch" if content.startswith(ROW) else "vision")

    with client.files.with_streaming_response.content(file.id) as answer:
        pieces = list(answer.iter_bytes(65_536))

    assert answer.headers["content-length"] == str(len(content))
    assert b"".join(pieces) == content
    assert client.files.content(file.id).content == content


def test_who_leaves_while_a_long_file_comes_disturbs_nobody(client: OpenAI) -> None:
    content = ROW * 100_000
    file = client.files.create(file=("long.jsonl", content), purpose="batch")

    with client.files.with_streaming_response.content(file.id) as answer:
        begun = next(answer.iter_bytes(1024))

    assert content.startswith(begun)
    assert client.files.content(file.id).content == content


def test_a_rule_delays_a_long_file(server: Server, client: OpenAI) -> None:
    world = server.emulator.world(client.api_key)
    world.rules.extend([Rule.read({"when": {"operation": "files.content"}, "delay": 0.01})])
    file = client.files.create(file=("long.jsonl", ROW * 20_000), purpose="batch")

    assert client.files.content(file.id).content == ROW * 20_000
    assert world.rules.used


def test_the_client_uploads_waits_and_reads_back(client: OpenAI) -> None:
    file = client.files.create(
        file=("a.md", b"# Title"), purpose="vision", expires_after={"anchor": "created_at", "seconds": 7200}
    )

    done = client.files.wait_for_processing(file.id, poll_interval=0.01)

    assert done.status == "processed"
    assert client.files.content(file.id).content == b"# Title"
    assert [listed.id for listed in client.files.list(purpose="vision")] == [file.id]
    assert client.files.delete(file.id).deleted
