"""What a request names must exist: files, vector stores, containers, skills and templates."""

from __future__ import annotations

from collections.abc import Iterator

from fakeopenai import errors, filing, search
from fakeopenai.api import containers, skills
from fakeopenai.api.responses import items, templates
from fakeopenai.errors import ApiError, invalid
from fakeopenai.wire import Call, Json, Object
from fakeopenai.world import World


def check(call: Call) -> None:
    """Refuse what names something that isn't there."""
    for param, part in _parts(items.given(call.body.get("input"))):
        _check_part(call.world, part, param)
    for place, tool in enumerate(call.body.get("tools") or ()):
        _check_tool(call, tool, f"tools[{place}]")
    templates.check(call)


def _parts(given: list[Object]) -> Iterator[tuple[str, Object]]:
    """The parts of messages and outputs, and where they stand."""
    for place, item in enumerate(given):
        for field in ("content", "output"):
            found = item.get(field)
            for nth, part in enumerate(found if isinstance(found, list) else ()):
                yield f"input[{place}].{field}[{nth}]", part


def _check_part(world: World, part: Object, param: str) -> None:
    match part.get("type"):
        case "input_file":
            _check_source(part, param, ("file_id", "file_data", "file_url"))
        case "input_image":
            _check_source(part, param, ("image_url", "file_id"))
        case _:
            return
    check_file(world, part.get("file_id"))


def _check_source(part: Object, param: str, names: tuple[str, ...]) -> None:
    if not any(part.get(name) for name in names):
        raise errors.missing(f"{param}.{names[0]}")


def check_file(world: World, id: Json) -> None:
    """Refuse the id of a file that isn't there, in the words of files; others weren't recorded."""
    if id and filing.find_file(world, id) is None:
        raise filing.no_such_file(id)


def _check_tool(call: Call, tool: Object, param: str) -> None:
    match tool:
        case {"type": "file_search", "vector_store_ids": []}:
            raise errors.too_short(f"{param}.vector_store_ids", "array", 1, 0)
        case {"type": "file_search", "vector_store_ids": [*ids]}:
            for id in ids:
                search.usable(call.world, id)
        case {"type": "code_interpreter", "container": place} | {"type": "shell", "environment": place}:
            _check_place(call, place)


def _check_place(call: Call, place: Json) -> None:
    """Refuse a container that isn't there, or one that is to be made of what isn't there."""
    match place:
        case str() as id:
            _check_container(call.world, id)
        case {"type": "container_reference", "container_id": id}:
            _check_container(call.world, id)
        case dict() as asked:
            for id in asked.get("file_ids") or ():
                check_file(call.world, id)
            for skill in asked.get("skills") or ():
                if skill.get("type") == "skill_reference":
                    skills.skills.find(call, skill["skill_id"])


def _check_container(world: World, id: str) -> None:
    container = world.drawer(containers.containers.collection).get(id)
    if container is None:
        raise ApiError(404, f"Container with id '{id}' not found.")
    if container["status"] != "running":
        raise invalid("Container is expired.")
