"""Skills through the front door: bundles of files, versioned, and served as zips."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from openai import OpenAI

from fakeopenai.wire import Upload
from tests.front import Answer, Api

MATH = b"---\r\nname: basic-math\r\ndescription: Add or multiply numbers.\r\n---\r\n\r\nUse this skill for sums.\n"
SUMS = MATH.replace(b"basic-math", b"sums")


def send(api: Api, path: str, *files: tuple[str, bytes], **fields: Any) -> Answer:
    return api.post(path, fields, files={"files": [Upload(name, "text/markdown", content) for name, content in files]})


def made(api: Api, manifest: bytes = MATH) -> str:
    return str(send(api, "/skills", ("SKILL.md", manifest)).json["id"])


def zipped(**members: bytes) -> bytes:
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"math/{name}.md", content)
    return packed.getvalue()


def unzipped(answer: Answer) -> dict[str, bytes]:
    with ZipFile(BytesIO(answer.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_skill_is_called_as_its_manifest_says(api: Api) -> None:
    skill = send(api, "/skills", ("SKILL.md", MATH), ("extra/table.txt", b"1 2 3")).json

    assert len(skill["id"]) == len("skill_") + 48
    assert list(skill.items())[3:] == [
        ("default_version", "1"),
        ("description", "Add or multiply numbers."),
        ("latest_version", "1"),
        ("name", "basic-math"),
    ]
    content = api.get(f"/skills/{skill['id']}/content")
    assert unzipped(content) == {"SKILL.md": MATH, "extra/table.txt": b"1 2 3"}
    assert content.headers["content-type"] == "application/zip"


def test_a_zip_is_kept_as_it_came(api: Api) -> None:
    bundle = zipped(SKILL=MATH, more=b"more")
    skill = send(api, "/skills", ("math.zip", bundle)).json

    assert skill["name"] == "basic-math"
    assert api.get(f"/skills/{skill['id']}/content").content == bundle


def test_a_new_version_is_the_latest_but_not_the_default(api: Api) -> None:
    skill = made(api)

    version = send(api, f"/skills/{skill}/versions", ("SKILL.md", SUMS)).json

    assert (version["version"], version["skill_id"], version["name"]) == ("2", skill, "sums")
    seen = api.get(f"/skills/{skill}").json
    assert (seen["default_version"], seen["latest_version"], seen["name"]) == ("1", "2", "basic-math")
    assert unzipped(api.get(f"/skills/{skill}/content")) == {"SKILL.md": MATH}
    assert unzipped(api.get(f"/skills/{skill}/versions/2/content")) == {"SKILL.md": SUMS}
    assert [listed["version"] for listed in api.get(f"/skills/{skill}/versions").json["data"]] == ["2", "1"]


def test_a_version_can_become_the_default(api: Api) -> None:
    at_once, later = made(api), made(api)
    send(api, f"/skills/{at_once}/versions", ("SKILL.md", SUMS), default="true")
    send(api, f"/skills/{later}/versions", ("SKILL.md", SUMS))

    updated = api.post(f"/skills/{later}", {"default_version": "2"}).json

    assert (updated["default_version"], updated["name"]) == ("2", "sums")
    assert api.get(f"/skills/{at_once}").json["default_version"] == "2"


def test_a_deleted_version_is_gone_and_the_default_stays(api: Api) -> None:
    skill = made(api)
    version = send(api, f"/skills/{skill}/versions", ("SKILL.md", SUMS)).json

    deleted = api.delete(f"/skills/{skill}/versions/2").json

    assert deleted == {"id": version["id"], "deleted": True, "object": "skill.version.deleted", "version": "2"}
    assert api.get(f"/skills/{skill}/versions/2").status == 404
    assert api.get(f"/skills/{skill}").json["latest_version"] == "1"
    assert api.delete(f"/skills/{skill}/versions/1").status == 400


def test_a_deleted_skill_is_gone_with_its_versions(api: Api) -> None:
    skill = made(api)

    assert api.delete(f"/skills/{skill}").json == {"id": skill, "object": "skill.deleted", "deleted": True}
    assert api.get(f"/skills/{skill}/versions/1/content").status == 404
    assert list(api.world.store.drawers("/skills")) == []


@pytest.mark.parametrize(
    "file",
    [
        ("README.md", MATH),
        ("SKILL.md", b"no front matter"),
        ("SKILL.md", b"---\nname: [\n---\n"),
        ("SKILL.md", b"---\nname: nameless\n---\n"),
        ("SKILL.md", b"---\nname: late\ndescription: 2026-99-99\n---\n"),
        ("a.zip", b"no archive"),
        ("a.zip", zipped(other=b"")),
        ("a.zip", zipped(SKILL=MATH * 50)[:90] + b"\0" * 200 + zipped(SKILL=MATH * 50)[290:]),
    ],
)
def test_a_bundle_without_a_manifest_is_refused(api: Api, file: tuple[str, bytes]) -> None:
    answer = send(api, "/skills", file)

    assert (answer.status, answer.error["param"]) == (400, "files")


def test_a_bundle_with_two_manifests_is_refused(api: Api) -> None:
    answer = send(api, "/skills", ("a/SKILL.md", MATH), ("b/SKILL.md", SUMS))

    assert answer.error["message"] == "A skill must have exactly one SKILL.md file."


def test_a_request_without_files_is_refused(api: Api) -> None:
    assert api.post("/skills", {}, files={}).error["message"] == "Missing required parameter: 'files'."


def test_a_container_takes_only_skills_that_exist(api: Api) -> None:
    good = {"type": "skill_reference", "skill_id": made(api)}
    bad = {"type": "skill_reference", "skill_id": "skill_nowhere"}

    assert api.post("/containers", {"name": "box", "skills": [good]}).status == 200
    assert api.post("/containers", {"name": "box", "skills": [bad]}).status == 404


def test_the_client_makes_skills_and_versions(client: OpenAI) -> None:
    skill = client.skills.create(files=[("SKILL.md", MATH, "text/markdown")])
    version = client.skills.versions.create(skill.id, files=[("SKILL.md", SUMS, "text/markdown")], default=True)

    assert client.skills.retrieve(skill.id).default_version == version.version == "2"
    assert client.skills.content.retrieve(skill.id).content[:2] == b"PK"
    assert [listed.id for listed in client.skills.list()] == [skill.id]
    assert client.skills.delete(skill.id).deleted
