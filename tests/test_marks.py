"""Marks: what long lists are filtered by is found without going through them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

import msgspec
import pytest

from fakeopenai import api as families
from fakeopenai.marks import fields, mark, marks
from fakeopenai.resource import Resource
from fakeopenai.store import MemoryStore
from fakeopenai.wire import Upload
from tests.front import Api


def filtered() -> Iterator[Resource]:
    """All collections whose lists can be filtered."""
    for module in walk_packages(families.__path__, f"{families.__name__}."):
        found = vars(import_module(module.name)).values()
        yield from (each for each in found if isinstance(each, Resource) and each.filters)


def test_what_a_collection_is_filtered_by_is_marked() -> None:
    for resource in filtered():
        drawer = re.sub(r"\{\w+\}", "x", resource.collection)

        assert set(resource.filters) <= set(fields(drawer)), f"say in marks.py what {drawer} is filtered by"


@pytest.mark.parametrize("drawer", ["/files/file-1/content", "/files/content", "/threads", "/_jobs", "/", ""])
def test_other_drawers_have_no_marks(drawer: str) -> None:
    assert fields(drawer) == ()


def test_a_mark_is_a_field_and_its_value() -> None:
    item = {"id": "a", "model": "gpt-4o", "metadata": {"tier": "gold", "team": "é"}, "other": 1}

    assert marks("/chat/completions", msgspec.json.encode(item)) == {
        'model="gpt-4o"',
        'metadata.tier="gold"',
        'metadata.team="é"',
    }


@pytest.mark.parametrize("value", [None, b"", b"no JSON", b"[1]", b'{"purpose":null}', b"{}"])
def test_what_is_no_object_or_lacks_the_field_has_no_marks(value: bytes | None) -> None:
    assert marks("/files", value) == frozenset()


def test_a_list_looks_only_at_what_it_is_filtered_for(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(50):
        files = {"file": [Upload(f"{number}.txt", "text/plain", b"text")]}
        api.post("/files", {"purpose": "vision" if number == 7 else "user_data"}, files=files)
    read: list[str] = []
    get = MemoryStore.get

    def noted(store: MemoryStore, drawer: str, name: str) -> bytes | None:
        read.append(name)
        return get(store, drawer, name)

    monkeypatch.setattr(MemoryStore, "get", noted)

    found = api.get("/files?purpose=vision").json["data"]

    assert [file["filename"] for file in found] == ["7.txt"]
    assert len(read) == 1


def test_a_field_that_changes_is_found_by_its_new_value(api: Api) -> None:
    job = {"id": "ftjob-1", "metadata": {"stage": "one"}}
    drawer = api.world.drawer("/fine_tuning/jobs")
    drawer.put(job)

    drawer.put(job | {"metadata": {"stage": "two"}})

    assert list(drawer.ids(mark=mark("metadata.stage", "one"))) == []
    assert list(drawer.ids(mark=mark("metadata.stage", "two"))) == ["ftjob-1"]
