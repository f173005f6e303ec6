"""Containers through the front door: files go in and come out, until nobody uses them any more."""

from __future__ import annotations

from typing import Any

import pytest
from openai import OpenAI

from fakeopenai.clock import EPOCH
from fakeopenai.wire import Upload
from tests.front import Api


def started(api: Api, **settings: Any) -> dict[str, Any]:
    container: dict[str, Any] = api.post("/containers", {"name": "box"} | settings).json
    return container


def put(api: Api, container: str, name: str = "note.txt", content: bytes = b"hello") -> dict[str, Any]:
    files = {"file": [Upload(name, "text/plain", content)]}
    file: dict[str, Any] = api.post(f"/containers/{container}/files", files=files).json
    return file


def test_a_container_is_told_as_the_api_tells_it(api: Api) -> None:
    container = started(api, memory_limit="4g")

    assert len(container.pop("id")) == len("cntr_") + 48
    assert container == {
        "object": "container",
        "created_at": int(EPOCH),
        "status": "running",
        "expires_after": {"anchor": "last_active_at", "minutes": 20},
        "last_active_at": int(EPOCH),
        "memory_limit": "4g",
        "name": "box",
        "network_policy": {"type": "disabled"},
    }


@pytest.mark.parametrize("minutes", [0, 21])
def test_a_container_lives_from_one_to_twenty_minutes(api: Api, minutes: int) -> None:
    answer = api.post("/containers", {"name": "box", "expires_after": {"anchor": "last_active_at", "minutes": minutes}})

    assert (answer.status, answer.error["param"]) == (400, "expires_after.minutes")


def test_the_secrets_of_a_container_are_not_told(api: Api) -> None:
    secret = {"domain": "example.com", "name": "key", "value": "hush"}
    policy = {"type": "allowlist", "allowed_domains": ["example.com"], "domain_secrets": [secret]}

    container = started(api, network_policy=policy)

    assert container["network_policy"] == {"type": "allowlist", "allowed_domains": ["example.com"]}


def test_a_file_comes_back_under_its_type_and_name(api: Api) -> None:
    container = started(api)["id"]
    file = put(api, container, "note.txt", b"hello")

    back = api.get(f"/containers/{container}/files/{file['id']}/content")

    assert (file["bytes"], file["source"], file["container_id"]) == (5, "user", container)
    name = file["path"].removeprefix("/mnt/data/")
    assert (len(name), name[32:]) == (32 + len("-note.txt"), "-note.txt")
    assert (back.content, back.headers["content-type"]) == (b"hello", "text/plain; charset=utf-8")
    assert back.headers["content-disposition"] == f"attachment; filename=\"file.txt\"; filename*=UTF-8''{name}"


def test_a_file_can_be_copied_in(api: Api) -> None:
    upload = {"file": [Upload("data.csv", "text/csv", b"a,b")]}
    source = api.post("/files", {"purpose": "user_data"}, files=upload).json["id"]
    first = started(api, file_ids=[source])["id"]
    second = started(api)["id"]

    copied = api.post(f"/containers/{second}/files", {"file_id": source}).json

    (there,) = api.get(f"/containers/{first}/files").json["data"]
    assert there["path"].endswith("-data.csv")
    assert api.get(f"/containers/{second}/files/{copied['id']}/content").content == b"a,b"


def test_what_is_not_there_is_not_found(api: Api) -> None:
    container = started(api)["id"]

    assert api.get("/containers/cntr_nowhere").error["message"] == "Container with id 'cntr_nowhere' not found."
    assert api.get(f"/containers/{container}/files/cfile_nowhere/content").status == 404
    assert api.post("/containers", {"name": "x", "file_ids": ["file-nowhere"]}).status == 404
    assert api.post(f"/containers/{container}/files", {}).error["code"] == "missing_required_parameter"


def test_a_deleted_file_and_a_deleted_container_are_gone(api: Api) -> None:
    container = started(api)["id"]
    file = put(api, container)["id"]

    gone = api.delete(f"/containers/{container}/files/{file}").json
    left = api.get(f"/containers/{container}/files").json["data"]
    all_gone = api.delete(f"/containers/{container}").json

    assert gone == {"id": file, "object": "container.file.deleted", "deleted": True}
    assert left == []
    assert all_gone == {"id": container, "object": "container.deleted", "deleted": True}
    assert api.get(f"/containers/{container}/files").status == 404


def test_a_container_expires_when_nobody_has_used_it_for_its_time(api: Api) -> None:
    container = started(api)["id"]
    api.world.clock.advance(19 * 60)
    put(api, container)
    api.world.clock.advance(19 * 60)
    (running,) = api.get("/containers").json["data"]

    api.world.clock.advance(60)

    expired = api.get(f"/containers/{container}").json
    assert running["status"] == "running"
    assert (expired["status"], expired["last_active_at"]) == ("expired", running["last_active_at"])
    assert api.get(f"/containers/{container}/files").json["data"] == []
    files = {"file": [Upload("a", "", b"a")]}
    assert api.post(f"/containers/{container}/files", files=files).error["message"] == "Container is expired."


def test_a_look_at_a_container_is_a_use(api: Api) -> None:
    container = started(api)["id"]
    for _ in range(3):
        api.world.clock.advance(19 * 60)
        assert api.get(f"/containers/{container}").json["status"] == "running"


def test_containers_are_listed_by_name(api: Api) -> None:
    started(api, name="one")
    two = started(api, name="two")["id"]

    assert [found["id"] for found in api.get("/containers?name=two").json["data"]] == [two]


def test_the_client_puts_files_into_containers(client: OpenAI) -> None:
    container = client.containers.create(name="box")
    file = client.containers.files.create(container.id, file=("a.bin", b"\0\1\2"))

    assert client.containers.files.content.retrieve(file.id, container_id=container.id).content == b"\0\1\2"
    assert [listed.id for listed in client.containers.files.list(container.id)] == [file.id]
    client.containers.delete(container.id)
    assert list(client.containers.list()) == []
