"""Skills: bundles of files that tell a model how to do something, in versions."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from zipfile import ZipFile, ZipInfo

from fakeopenai import errors
from fakeopenai.documents import BROKEN
from fakeopenai.errors import ApiError
from fakeopenai.resource import Routes
from fakeopenai.wire import Call, Json, Object, Reply, Upload

routes = Routes()

MANIFEST = "SKILL.md"
BUNDLES = "/skills/bundles"
"""The zip of every version, by its id."""
LARGEST = 100 * 1024 * 1024

skills = routes.resource("/skills/{skill_id}", object="skill", missing="Skill with id '{id}' not found.")
versions = routes.resource("/skills/{skill_id}/versions/{version}", object="skill.version", parent=skills)


@routes.on("POST /skills")
def create(call: Call) -> Reply:
    bundle, told = _bundled(call)
    skill: Object = {
        "id": call.names.new("skill_"),
        "object": "skill",
        "created_at": int(call.world.clock.now),
        "default_version": "1",
        "description": told["description"],
        "latest_version": "1",
        "name": told["name"],
    }
    skills.drawer(call).put(skill)
    _put_version(call, skill, bundle, told)
    return Reply(skill)


@routes.on("POST /skills/{skill_id}")
def update(call: Call) -> Reply:
    return Reply(_set_default(call, skills.find(call), call.body["default_version"]))


@routes.on("DELETE /skills/{skill_id}")
def delete(call: Call) -> Reply:
    for version in versions.drawer(call):
        call.world.store.delete(BUNDLES, version["id"])
    return skills.delete(call)


@routes.on("GET /skills/{skill_id}/content")
def content(call: Call) -> Reply:
    return _bundle(call, skills.find(call)["default_version"])


# Versions


@routes.on("POST /skills/{skill_id}/versions")
def create_version(call: Call) -> Reply:
    skill = skills.find(call)
    bundle, told = _bundled(call)
    skill["latest_version"] = str(max(int(item["version"]) for item in versions.drawer(call)) + 1)
    skills.drawer(call).put(skill)
    version = _put_version(call, skill, bundle, told)
    if call.body.get("default"):
        _set_default(call, skill, version["version"])
    return Reply(version)


@routes.on("GET /skills/{skill_id}/versions/{version}")
def retrieve_version(call: Call) -> Reply:
    return Reply(_version(call, call.path["version"]))


@routes.on("DELETE /skills/{skill_id}/versions/{version}")
def delete_version(call: Call) -> Reply:
    skill, version = skills.find(call), _version(call, call.path["version"])
    if version["version"] == skill["default_version"]:
        raise errors.invalid("Cannot delete the default version of a skill.", "version")
    versions.drawer(call).delete(version["id"])
    call.world.store.delete(BUNDLES, version["id"])
    skill["latest_version"] = str(max(int(item["version"]) for item in versions.drawer(call)))
    skills.drawer(call).put(skill)
    said = {"id": version["id"], "deleted": True, "object": "skill.version.deleted", "version": version["version"]}
    return Reply(said)


@routes.on("GET /skills/{skill_id}/versions/{version}/content")
def version_content(call: Call) -> Reply:
    return _bundle(call, call.path["version"])


def _version(call: Call, number: str) -> Object:
    """The version of that number; `latest` and `default` are such numbers too."""
    skill = skills.find(call)
    number = {"latest": skill["latest_version"], "default": skill["default_version"]}.get(number, number)
    found: Object | None = next((item for item in versions.drawer(call) if item["version"] == number), None)
    if found is None:
        raise ApiError(404, f"Skill version '{number}' not found for skill '{skill['id']}'.")
    return found


def _set_default(call: Call, skill: Object, number: str) -> Object:
    """A skill is called and described as its default version is."""
    version = _version(call, number)
    skill |= {"default_version": version["version"], "description": version["description"], "name": version["name"]}
    skills.drawer(call).put(skill)
    return skill


def _put_version(call: Call, skill: Object, bundle: bytes, told: Object) -> Object:
    version: Object = {
        "id": call.names.new("skillver_"),
        "object": "skill.version",
        "created_at": int(call.world.clock.now),
        "description": told["description"],
        "name": told["name"],
        "skill_id": skill["id"],
        "version": skill["latest_version"],
    }
    call.world.store.put(BUNDLES, version["id"], bundle)
    call.world.drawer(f"{skills.collection}/{skill['id']}/versions").put(version)
    return version


def _bundle(call: Call, number: str) -> Reply:
    version = _version(call, number)
    headers = {"content-disposition": f'attachment; filename="{version["name"]}.zip"'}
    return Reply(call.world.store.get(BUNDLES, version["id"]), media=call.operation.media, headers=headers)


# Bundles


def _bundled(call: Call) -> tuple[bytes, Object]:
    """The zip of what a request uploads, and what its manifest says."""
    uploads = call.request.files.get("files") or []
    if not uploads:
        raise errors.missing("files")
    if len(uploads) == 1 and uploads[0].filename.lower().endswith(".zip"):
        bundle = uploads[0].content
        return bundle, _told(_unpacked(bundle))
    members = {upload.filename.lstrip("/"): upload.content for upload in uploads}
    return _packed(uploads), _told(members)


def _packed(uploads: list[Upload]) -> bytes:
    """A zip that says nothing of when it was packed."""
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        for upload in uploads:
            archive.writestr(ZipInfo(upload.filename.lstrip("/")), upload.content)
    return packed.getvalue()


def _unpacked(bundle: bytes) -> dict[str, bytes]:
    """The manifests of a zip."""
    try:
        with ZipFile(BytesIO(bundle)) as archive:
            infos = [info for info in archive.infolist() if _is_manifest(info.filename) and info.file_size < LARGEST]
            return {info.filename: archive.read(info) for info in infos}
    except BROKEN:
        raise errors.invalid("The uploaded file is not a valid zip archive.", "files") from None


def _is_manifest(name: str) -> bool:
    """It stands at the top, or in the one folder at the top."""
    return name.rpartition("/")[2] == MANIFEST and name.count("/") <= 1


def _told(members: Mapping[str, bytes]) -> Object:
    """Name and description, out of the head of the manifest."""
    manifests = [content for name, content in members.items() if _is_manifest(name)]
    if len(manifests) != 1:
        raise errors.invalid(f"A skill must have exactly one {MANIFEST} file.", "files")
    head = _head(manifests[0])
    for field in ("name", "description"):
        if not isinstance(head.get(field), str):
            raise errors.invalid(f"The front matter of {MANIFEST} must have a '{field}'.", "files")
    return head


def _head(manifest: bytes) -> Object:
    """The front matter: YAML between two lines of three dashes."""
    import yaml  # few need it, and it takes a while

    text = manifest.decode("utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n")
    head = text.removeprefix("---\n").partition("\n---")[0] if text.startswith("---\n") else ""
    try:
        read: Json = yaml.safe_load(head)
    except (yaml.YAMLError, ValueError, RecursionError):  # a date such as 2026-99-99 is a ValueError
        read = None
    return read if isinstance(read, dict) else {}
