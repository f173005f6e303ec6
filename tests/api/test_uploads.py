"""Uploads through the front door: parts in any order make one file."""

from __future__ import annotations

from hashlib import md5
from typing import Any

import pytest
from openai import OpenAI

from fakeopenai.clock import EPOCH
from fakeopenai.wire import Upload
from tests.front import Answer, Api

TEXT = b'{"a": 1}\n{"b": 2}\n'


def begin(api: Api, size: int = len(TEXT), **settings: Any) -> dict[str, Any]:
    body = {"bytes": size, "filename": "rows.jsonl", "mime_type": "application/jsonl", "purpose": "fine-tune"}
    upload: dict[str, Any] = api.post("/uploads", body | settings).json
    return upload


def add(api: Api, upload: dict[str, Any], data: bytes) -> Answer:
    return api.post(f"/uploads/{upload['id']}/parts", files={"data": [Upload("blob", "", data)]})


def parts(api: Api, upload: dict[str, Any], *data: bytes) -> list[str]:
    return [add(api, upload, part).json["id"] for part in data]


def complete(api: Api, upload: dict[str, Any], part_ids: list[str], **more: str) -> Answer:
    return api.post(f"/uploads/{upload['id']}/complete", {"part_ids": part_ids} | more)


def test_an_upload_waits_for_its_parts(api: Api) -> None:
    upload = begin(api)

    part = add(api, upload, b"x").json

    assert upload.pop("id").startswith("upload_")
    assert upload == {
        "object": "upload",
        "bytes": len(TEXT),
        "created_at": int(EPOCH),
        "filename": "rows.jsonl",
        "purpose": "fine-tune",
        "status": "pending",
        "expires_at": int(EPOCH) + 3600,
    }
    assert list(part) == ["id", "object", "created_at", "upload_id"]


def test_parts_are_joined_in_the_order_they_are_named(api: Api) -> None:
    upload = begin(api)
    last, first = parts(api, upload, TEXT[5:], TEXT[:5])

    done = complete(api, upload, [first, last], md5=md5(TEXT).hexdigest()).json

    file = done.pop("file")
    assert done == upload | {"status": "completed"}
    assert api.get(f"/files/{file['id']}").json == file
    assert api.get(f"/files/{file['id']}/content").content == TEXT
    assert (file["bytes"], file["filename"], file["purpose"]) == (len(TEXT), "rows.jsonl", "fine-tune")


def test_a_wrong_size_or_checksum_leaves_the_upload_pending(api: Api) -> None:
    upload = begin(api)
    (half,) = parts(api, upload, TEXT[:5])
    (rest,) = parts(api, upload, TEXT[5:])

    short = complete(api, upload, [half])
    wrong = complete(api, upload, [half, rest], md5="0" * 32)
    right = complete(api, upload, [half, rest])

    assert (short.status, short.error["message"]) == (
        400,
        "The size of the parts (5 bytes) does not match the size of the upload (18 bytes).",
    )
    assert (wrong.status, wrong.error["param"]) == (400, "md5")
    assert right.status == 200


def test_a_part_is_known_and_used_once(api: Api) -> None:
    upload = begin(api)
    (part,) = parts(api, upload, TEXT)

    assert complete(api, upload, [part, part]).status == 400
    assert complete(api, upload, ["part_nowhere"]).status == 404


@pytest.mark.parametrize("action", ["cancel", "complete", "parts"])
def test_a_cancelled_upload_takes_nothing_more(api: Api, action: str) -> None:
    upload = begin(api)
    cancelled = api.post(f"/uploads/{upload['id']}/cancel").json

    after = {
        "cancel": lambda: api.post(f"/uploads/{upload['id']}/cancel"),
        "complete": lambda: complete(api, upload, ["part_1"]),
        "parts": lambda: add(api, upload, b"x"),
    }[action]()

    assert cancelled == upload | {"status": "cancelled"}
    assert after.status == 400
    assert after.error["message"].endswith("an upload with status 'cancelled'.")


def test_an_upload_expires_after_an_hour(api: Api) -> None:
    upload = begin(api)
    api.world.clock.advance(3600)

    answer = add(api, upload, b"x")

    assert answer.error["message"] == "Cannot add a part to an upload with status 'expired'."


def test_a_completed_upload_does_not_expire(api: Api) -> None:
    upload = begin(api)
    complete(api, upload, parts(api, upload, TEXT))
    api.world.clock.advance(3600)

    assert api.post(f"/uploads/{upload['id']}/cancel").error["message"].endswith("status 'completed'.")


def test_the_file_of_an_upload_expires_as_it_was_told_to(api: Api) -> None:
    upload = begin(api, expires_after={"anchor": "created_at", "seconds": 7200})

    file = complete(api, upload, parts(api, upload, TEXT)).json["file"]

    assert file["expires_at"] == file["created_at"] + 7200


def test_no_part_is_left_when_an_upload_ends(api: Api) -> None:
    done, dropped = begin(api), begin(api)
    parts(api, dropped, TEXT)
    complete(api, done, parts(api, done, TEXT))
    api.post(f"/uploads/{dropped['id']}/cancel")

    assert list(api.world.store.drawers("/uploads/")) == []


@pytest.mark.parametrize(("size", "code"), [(0, "integer_below_min_value"), (9 * 1024**3, "integer_above_max_value")])
def test_an_upload_out_of_bounds_is_refused(api: Api, size: int, code: str) -> None:
    assert begin(api, size)["error"]["code"] == code


def test_an_unknown_upload_is_not_found(api: Api) -> None:
    assert api.post("/uploads/upload_nowhere/cancel").status == 404


def test_the_client_uploads_a_file_in_chunks(client: OpenAI) -> None:
    upload = client.uploads.upload_file_chunked(
        file=TEXT * 10,
        filename="rows.jsonl",
        bytes=len(TEXT) * 10,
        mime_type="text/jsonl",
        purpose="batch",
        part_size=7,
    )

    assert upload.status == "completed"
    assert upload.file is not None
    assert client.files.content(upload.file.id).content == TEXT * 10
