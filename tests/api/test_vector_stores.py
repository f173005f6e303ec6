"""Vector stores through the front door: files that are read, cut, counted, searched, and forgotten again."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from openai import OpenAI

from fakeopenai import tokens
from fakeopenai.clock import EPOCH
from fakeopenai.wire import Upload
from tests.front import Api

DAY = 86_400
COUNTS = {"in_progress": 0, "completed": 0, "failed": 0, "cancelled": 0, "total": 0}


def upload(api: Api, name: str, content: bytes | str) -> str:
    data = content.encode() if isinstance(content, str) else content
    files = {"file": [Upload(name, "application/octet-stream", data)]}
    return str(api.post("/files", {"purpose": "assistants"}, files=files).json["id"])


def store_of(api: Api, files: Mapping[str, bytes | str], **settings: Any) -> str:
    """A store whose files have all been read."""
    ids = [upload(api, name, content) for name, content in files.items()]
    id = api.post("/vector_stores", {"file_ids": ids, **settings}).json["id"]
    api.get(f"/vector_stores/{id}")
    return str(id)


def hits(api: Api, store: str, query: str, **settings: Any) -> list[str]:
    found = api.post(f"/vector_stores/{store}/search", {"query": query, **settings}).json["data"]
    return [result["filename"] for result in found]


def test_a_new_store_is_told_as_the_api_tells_it(api: Api) -> None:
    file = upload(api, "a.txt", "Ada wrote the first program.")

    store = api.post("/vector_stores", {"name": "papers", "file_ids": [file], "metadata": {"a": "b"}}).json

    assert store.pop("id").startswith("vs_")
    assert store == {
        "object": "vector_store",
        "created_at": int(EPOCH),
        "name": "papers",
        "description": None,
        "usage_bytes": 0,
        "file_counts": COUNTS | {"in_progress": 1, "total": 1},
        "status": "in_progress",
        "expires_after": None,
        "expires_at": None,
        "last_active_at": int(EPOCH),
        "metadata": {"a": "b"},
    }


def test_a_look_at_a_store_finishes_its_files(api: Api) -> None:
    store = api.post("/vector_stores", {"file_ids": [upload(api, "a.txt", "twelve chars")]}).json

    seen = api.get(f"/vector_stores/{store['id']}").json

    assert (seen["status"], seen["usage_bytes"]) == ("completed", 1036)
    assert seen["file_counts"] == COUNTS | {"completed": 1, "total": 1}


def test_time_by_hand_leaves_files_in_progress(api: Api) -> None:
    api.world.clock.run("manual")
    store = api.post("/vector_stores", {}).json["id"]
    file = upload(api, "a.txt", "Ada wrote the first program.")

    made = api.post(f"/vector_stores/{store}/files", {"file_id": file, "attributes": {"year": 1843}}).json
    waiting = api.get(f"/vector_stores/{store}/files/{file}")
    api.world.clock.advance(1)
    done = api.get(f"/vector_stores/{store}/files/{file}").json

    assert made == waiting.json
    assert made == {
        "id": file,
        "object": "vector_store.file",
        "usage_bytes": 0,
        "created_at": int(EPOCH),
        "vector_store_id": store,
        "status": "in_progress",
        "last_error": None,
        "chunking_strategy": {
            "type": "static",
            "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400},
        },
        "attributes": {"year": 1843},
    }
    assert done == made | {"status": "completed", "usage_bytes": 1024 + len("Ada wrote the first program.")}


def test_an_unfinished_file_says_when_to_look_again(api: Api) -> None:
    api.world.clock.run("rate", 0.001)
    file = upload(api, "a.txt", "text")
    store = api.post("/vector_stores", {"file_ids": [file]}).json["id"]

    for path in (f"/vector_stores/{store}", f"/vector_stores/{store}/files", f"/vector_stores/{store}/files/{file}"):
        assert api.get(path).headers["openai-poll-after-ms"] == "1000000"


def test_a_file_of_no_readable_type_fails_and_is_counted(api: Api) -> None:
    store = store_of(api, {"a.txt": "text", "b.png": b"\x89PNG\r\n\x1a\n\0\0"})

    seen = api.get(f"/vector_stores/{store}").json
    (failed,) = api.get(f"/vector_stores/{store}/files?filter=failed").json["data"]

    assert seen["file_counts"] == COUNTS | {"completed": 1, "failed": 1, "total": 2}
    assert failed["last_error"] == {"code": "unsupported_file", "message": "The file type is not supported."}
    assert api.get(f"/vector_stores/{store}/files/{failed['id']}/content").json["data"] == []


def test_files_are_cut_as_their_strategy_says(api: Api) -> None:
    text = " ".join(f"word{n}" for n in range(400))
    static = {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 20}
    store = store_of(api, {"a.txt": text}, chunking_strategy={"type": "static", "static": static})

    found = api.post(f"/vector_stores/{store}/search", {"query": "word", "max_num_results": 50}).json["data"]

    chunks = [result["content"][0]["text"] for result in found]
    pieces = tokens.pieces(text)
    assert sorted(chunks) == sorted("".join(pieces[at : at + 100]) for at in range(0, len(pieces) - 20, 80))


@pytest.mark.parametrize(
    ("size", "overlap", "message"),
    [
        (99, 0, "integer below minimum value. Expected a value >= 100, but got 99 instead."),
        (4097, 0, "integer above maximum value. Expected a value <= 4096, but got 4097 instead."),
        (100, 51, "integer above maximum value. Expected a value <= 50, but got 51 instead."),
        (100, -1, "integer below minimum value. Expected a value >= 0, but got -1 instead."),
    ],
)
def test_a_strategy_out_of_bounds_is_refused(api: Api, size: int, overlap: int, message: str) -> None:
    store = api.post("/vector_stores").json["id"]
    static = {"max_chunk_size_tokens": size, "chunk_overlap_tokens": overlap}
    body = {"file_id": upload(api, "a.txt", "text"), "chunking_strategy": {"type": "static", "static": static}}

    answer = api.post(f"/vector_stores/{store}/files", body)

    assert answer.status == 400
    assert answer.error["message"].endswith(message)


def test_the_text_of_a_file_is_told(api: Api) -> None:
    store = store_of(api, {"page.html": "<title>Tea</title><script>x()</script><p>Steep for <b>three</b> minutes."})
    (file,) = api.get(f"/vector_stores/{store}/files").json["data"]

    content = api.get(f"/vector_stores/{store}/files/{file['id']}/content").json

    assert content == {
        "object": "vector_store.file_content.page",
        "data": [{"type": "text", "text": "Tea\nSteep for three minutes."}],
        "has_more": False,
        "next_page": None,
    }


def test_a_search_gives_the_best_chunk_first(api: Api) -> None:
    store = store_of(api, {"cats.md": "Cats sleep most of the day.", "tax.txt": "Taxes are due in April."})

    page = api.post(f"/vector_stores/{store}/search", {"query": "When are taxes due?"}).json

    best, other = page.pop("data")
    assert page == {
        "object": "vector_store.search_results.page",
        "search_query": ["When are taxes due?"],
        "has_more": False,
        "next_page": None,
    }
    assert best["filename"] == "tax.txt"
    assert best["content"] == [{"type": "text", "text": "Taxes are due in April."}]
    assert 1 >= best["score"] > 0.5 > other["score"] >= 0


def test_an_empty_store_finds_nothing(api: Api) -> None:
    store = api.post("/vector_stores").json["id"]

    assert hits(api, store, "nonexistent query") == []


def test_a_rewritten_query_is_told(api: Api) -> None:
    store = store_of(api, {"tax.txt": "Taxes are due in April."})

    page = api.post(f"/vector_stores/{store}/search", {"query": "When are the taxes due?", "rewrite_query": True}).json

    assert page["search_query"] == ["taxes due"]


def test_several_queries_find_what_any_of_them_finds(api: Api) -> None:
    store = store_of(api, {"cats.md": "Cats sleep all day.", "tax.txt": "Taxes are due in April.", "x.txt": "Nothing."})

    found = api.post(f"/vector_stores/{store}/search", {"query": ["sleeping cats", "April taxes"]}).json["data"]

    assert {result["filename"] for result in found[:2]} == {"cats.md", "tax.txt"}


def test_a_search_keeps_to_its_number_and_its_threshold(api: Api) -> None:
    store = store_of(
        api, {f"{n}.txt": f"Report number {n} about rain." for n in range(12)} | {"x.txt": "Nothing else."}
    )

    assert len(hits(api, store, "rain report")) == 10
    assert len(hits(api, store, "rain report", max_num_results=3)) == 3
    assert "x.txt" not in hits(api, store, "rain report", max_num_results=50, ranking_options={"score_threshold": 0.5})


YEARS = {"old.txt": 1990, "mid.txt": 2000, "new.txt": 2010}


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"type": "eq", "key": "year", "value": 2000}, {"mid.txt"}),
        ({"type": "ne", "key": "year", "value": 2000}, {"old.txt", "new.txt"}),
        ({"type": "gt", "key": "year", "value": 2000}, {"new.txt"}),
        ({"type": "gte", "key": "year", "value": 2000}, {"mid.txt", "new.txt"}),
        ({"type": "lt", "key": "year", "value": 2000}, {"old.txt"}),
        ({"type": "lte", "key": "year", "value": 2000}, {"old.txt", "mid.txt"}),
        ({"type": "in", "key": "kind", "value": ["memo", "note"]}, {"old.txt"}),
        ({"type": "nin", "key": "kind", "value": ["memo", "note"]}, {"mid.txt", "new.txt"}),
        ({"type": "eq", "key": "public", "value": True}, {"new.txt"}),
        ({"type": "eq", "key": "public", "value": 1}, set()),
        ({"type": "gt", "key": "kind", "value": 3}, set()),
        (
            {
                "type": "and",
                "filters": [
                    {"type": "gte", "key": "year", "value": 2000},
                    {
                        "type": "or",
                        "filters": [
                            {"type": "eq", "key": "public", "value": True},
                            {"type": "eq", "key": "kind", "value": "memo"},
                        ],
                    },
                ],
            },
            {"new.txt"},
        ),
    ],
)
def test_filters_select_by_attributes(api: Api, filters: Any, found: set[str]) -> None:
    store = api.post("/vector_stores").json["id"]
    for name, year in YEARS.items():
        attributes = {"year": year, "kind": "memo" if year == 1990 else "letter", "public": year == 2010}
        body = {"file_id": upload(api, name, f"Written in {year}."), "attributes": attributes}
        api.post(f"/vector_stores/{store}/files", body)
    api.get(f"/vector_stores/{store}")

    assert set(hits(api, store, "written", filters=filters)) == found


@pytest.mark.parametrize(
    ("attributes", "param", "code"),
    [
        ({f"k{n}": 1 for n in range(17)}, "attributes", "object_above_max_properties"),
        ({"k" * 65: 1}, f"attributes.{'k' * 65}", "property_name_above_max_length"),
        ({"k": "v" * 513}, "attributes.k", "string_above_max_length"),
        ({"k": [1]}, "attributes.k", "invalid_type"),
    ],
)
def test_attributes_out_of_bounds_are_refused(api: Api, attributes: Any, param: str, code: str) -> None:
    store, file = store_of(api, {}), upload(api, "a.txt", "text")
    api.post(f"/vector_stores/{store}/files", {"file_id": file})

    refused = [
        api.post(f"/vector_stores/{store}/files", {"file_id": file, "attributes": attributes}),
        api.post(f"/vector_stores/{store}/files/{file}", {"attributes": attributes}),
    ]

    assert [(each.status, each.error["param"], each.error["code"]) for each in refused] == [(400, param, code)] * 2


def test_a_search_for_nothing_is_refused(api: Api) -> None:
    store = api.post("/vector_stores", {}).json["id"]

    refused = api.post(f"/vector_stores/{store}/search", {"query": []})

    assert (refused.status, refused.error["code"]) == (400, "empty_array")


def test_attributes_can_be_changed(api: Api) -> None:
    store = store_of(api, {"a.txt": "text"})
    (file,) = api.get(f"/vector_stores/{store}/files").json["data"]

    changed = api.post(f"/vector_stores/{store}/files/{file['id']}", {"attributes": {"tag": "updated"}}).json

    assert changed == file | {"attributes": {"tag": "updated"}}
    assert hits(api, store, "text", filters={"type": "eq", "key": "tag", "value": "updated"}) == ["a.txt"]


def test_a_file_taken_out_is_found_no_more(api: Api) -> None:
    store = store_of(api, {"a.txt": "apples", "b.txt": "bananas"})
    file = api.get(f"/vector_stores/{store}/files?order=asc").json["data"][0]["id"]

    deleted = api.delete(f"/vector_stores/{store}/files/{file}")

    assert deleted.json == {"id": file, "object": "vector_store.file.deleted", "deleted": True}
    assert hits(api, store, "apples") == ["b.txt"]
    assert api.get(f"/files/{file}").status == 200
    seen = api.get(f"/vector_stores/{store}").json
    assert (seen["file_counts"]["total"], seen["usage_bytes"]) == (1, 1024 + len("bananas"))


def test_a_file_deleted_for_good_leaves_all_stores(api: Api) -> None:
    store = store_of(api, {"a.txt": "apples"})
    (file,) = api.get(f"/vector_stores/{store}/files").json["data"]

    api.delete(f"/files/{file['id']}")

    assert api.get(f"/vector_stores/{store}").json["file_counts"] == COUNTS
    assert api.get(f"/vector_stores/{store}/files/{file['id']}").status == 404


def test_a_file_put_in_twice_counts_once(api: Api) -> None:
    store = store_of(api, {"a.txt": "apples"})
    (file,) = api.get(f"/vector_stores/{store}/files").json["data"]

    api.post(f"/vector_stores/{store}/files", {"file_id": file["id"]})
    seen = api.get(f"/vector_stores/{store}").json

    assert (seen["file_counts"]["total"], seen["usage_bytes"]) == (1, 1024 + len("apples"))


def test_a_deleted_store_is_gone(api: Api) -> None:
    store = store_of(api, {"a.txt": "apples"})

    assert api.delete(f"/vector_stores/{store}").json == {
        "id": store,
        "object": "vector_store.deleted",
        "deleted": True,
    }
    for answer in (api.get(f"/vector_stores/{store}"), api.get(f"/vector_stores/{store}/files")):
        assert (answer.status, answer.error["message"]) == (404, f"No vector store found with id '{store}'.")


def test_an_unknown_file_is_refused(api: Api) -> None:
    answer = api.post("/vector_stores", {"file_ids": ["file-nowhere"]})

    assert (answer.status, answer.error["message"]) == (404, "No such File object: file-nowhere")
    assert api.get("/vector_stores").json["data"] == []


def test_a_store_expires_when_nobody_uses_it(api: Api) -> None:
    store = store_of(api, {"a.txt": "apples"}, expires_after={"anchor": "last_active_at", "days": 2})
    api.world.clock.advance(1.5 * DAY)
    hits(api, store, "apples")

    api.world.clock.advance(1.5 * DAY)
    assert api.get(f"/vector_stores/{store}").json["status"] == "completed"
    api.world.clock.advance(DAY)

    seen = api.get(f"/vector_stores/{store}").json
    assert (seen["status"], seen["expires_at"]) == ("expired", seen["last_active_at"] + 2 * DAY)
    answer = api.post(f"/vector_stores/{store}/search", {"query": "apples"})
    assert (answer.status, answer.error["message"]) == (400, f"Vector store '{store}' has expired.")


def test_an_expiry_can_be_set_and_taken_back(api: Api) -> None:
    store = api.post("/vector_stores").json
    path = f"/vector_stores/{store['id']}"

    limited = api.post(path, {"name": "x", "expires_after": {"anchor": "last_active_at", "days": 1}}).json
    free = api.post(path, {"expires_after": None}).json
    api.world.clock.advance(5 * DAY)

    assert (limited["name"], limited["expires_at"]) == ("x", int(EPOCH) + DAY)
    assert (free["expires_after"], free["expires_at"]) == (None, None)
    assert api.get(path).json["status"] == "completed"


def test_a_batch_of_files_is_counted_on_its_own(api: Api) -> None:
    store = store_of(api, {"before.txt": "before"})
    good, bad = upload(api, "a.txt", "apples"), upload(api, "b.xlsx", b"PK\3\4")
    files = [{"file_id": good, "attributes": {"n": 1}}, {"file_id": bad}]

    batch = api.post(f"/vector_stores/{store}/file_batches", {"files": files}).json
    done = api.get(f"/vector_stores/{store}/file_batches/{batch['id']}").json

    assert (batch["object"], batch["status"]) == ("vector_store.file_batch", "in_progress")
    assert batch["file_counts"] == COUNTS | {"in_progress": 2, "total": 2}
    assert done == batch | {"status": "completed", "file_counts": COUNTS | {"completed": 1, "failed": 1, "total": 2}}
    listed = api.get(f"/vector_stores/{store}/file_batches/{batch['id']}/files?filter=completed").json
    assert [(file["id"], file["attributes"]) for file in listed["data"]] == [(good, {"n": 1})]
    assert api.get(f"/vector_stores/{store}").json["file_counts"]["total"] == 3


def test_a_batch_of_which_nothing_can_be_read_has_failed(api: Api) -> None:
    store = api.post("/vector_stores").json["id"]
    batch = api.post(f"/vector_stores/{store}/file_batches", {"file_ids": [upload(api, "a.zip", b"PK")]}).json["id"]

    assert api.get(f"/vector_stores/{store}/file_batches/{batch}").json["status"] == "failed"


def test_a_cancelled_batch_leaves_its_unread_files(api: Api) -> None:
    store = api.post("/vector_stores").json["id"]
    ids = [upload(api, f"{n}.txt", "text") for n in range(3)]
    batch = api.post(f"/vector_stores/{store}/file_batches", {"file_ids": ids}).json["id"]

    cancelled = api.post(f"/vector_stores/{store}/file_batches/{batch}/cancel").json
    api.world.clock.advance(10)

    assert (cancelled["status"], cancelled["file_counts"]) == ("cancelled", COUNTS | {"cancelled": 3, "total": 3})
    assert api.get(f"/vector_stores/{store}/file_batches/{batch}").json == cancelled
    assert api.get(f"/vector_stores/{store}").json["file_counts"] == COUNTS | {"cancelled": 3, "total": 3}


@pytest.mark.parametrize("leaving", ["deleted", "taken out"])
def test_a_batch_comes_to_its_end_without_files_that_left_the_store_unread(api: Api, leaving: str) -> None:
    store = api.post("/vector_stores").json["id"]
    ids = [upload(api, f"{n}.txt", "text") for n in range(3)]
    batch = api.post(f"/vector_stores/{store}/file_batches", {"file_ids": ids}).json["id"]

    api.delete(f"/files/{ids[0]}" if leaving == "deleted" else f"/vector_stores/{store}/files/{ids[0]}")
    api.world.clock.advance(10)

    ended = api.get(f"/vector_stores/{store}/file_batches/{batch}").json
    assert (ended["status"], ended["file_counts"]) == ("completed", COUNTS | {"completed": 2, "failed": 1, "total": 3})
    listed = api.get(f"/vector_stores/{store}/file_batches/{batch}/files").json["data"]
    assert {file["id"]: file["status"] for file in listed} == dict.fromkeys(ids[1:], "completed")


def test_batches_that_share_files_both_have_them(api: Api) -> None:
    store = api.post("/vector_stores").json["id"]
    ids = [upload(api, f"{n}.txt", "text") for n in range(3)]
    batches = [api.post(f"/vector_stores/{store}/file_batches", {"file_ids": ids}).json["id"] for _ in range(2)]
    api.world.clock.advance(10)

    for batch in batches:
        url = f"/vector_stores/{store}/file_batches/{batch}"
        assert api.get(url).json["file_counts"] == COUNTS | {"completed": 3, "total": 3}
        assert {file["status"] for file in api.get(f"{url}/files").json["data"]} == {"completed"}
    assert api.get(f"/vector_stores/{store}").json["file_counts"] == COUNTS | {"completed": 3, "total": 3}


def test_a_batch_names_its_files(api: Api) -> None:
    store = api.post("/vector_stores").json["id"]

    answer = api.post(f"/vector_stores/{store}/file_batches", {})

    assert answer.error["message"] == "Missing required parameter: 'file_ids'."


def office(member: str, xml: str) -> bytes:
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        archive.writestr(member, xml)
    return packed.getvalue()


W, A = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://schemas.openxmlformats.org/drawingml/2006/main",
)
RUN = "<w:r><w:t>The ferry</w:t><w:tab/><w:t>leaves at nine.</w:t></w:r>"
WORD = f'<w:document xmlns:w="{W}"><w:p>{RUN}</w:p></w:document>'
SLIDE = f'<p:sld xmlns:p="p" xmlns:a="{A}"><a:p><a:r><a:t>The ferry leaves at nine.</a:t></a:r></a:p></p:sld>'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "The ferry leaves at nine."),
        ("a.md", "# Harbour\n\nThe ferry leaves at nine."),
        ("a.json", '{"note": "The ferry leaves at nine."}'),
        ("a.csv", "note\nThe ferry leaves at nine."),
        ("a.html", "<h1>Harbour</h1><p>The ferry leaves at nine.</p>"),
        ("a.py", "NOTE = 'The ferry leaves at nine.'"),
        ("a.txt", "The ferry leaves at nine.".encode("utf-16")),
        ("a.docx", office("word/document.xml", WORD)),
        ("a.pptx", office("ppt/slides/slide1.xml", SLIDE)),
    ],
)
def test_a_document_of_every_type_is_found(api: Api, name: str, content: bytes | str) -> None:
    store = store_of(api, {name: content})

    (found,) = api.post(f"/vector_stores/{store}/search", {"query": "When does the ferry leave?"}).json["data"]

    assert "The ferry leaves at nine." in found["content"][0]["text"]


@pytest.mark.parametrize("content", [b"no archive", office("other.xml", "<a/>"), office("word/document.xml", "<a>")])
def test_a_damaged_document_fails_as_invalid(api: Api, content: bytes) -> None:
    store = store_of(api, {"a.docx": content})

    (file,) = api.get(f"/vector_stores/{store}/files").json["data"]

    assert (file["status"], file["last_error"]["code"]) == ("failed", "invalid_file")


def test_the_client_uploads_polls_and_searches(client: OpenAI) -> None:
    store = client.vector_stores.create(name="docs", expires_after={"anchor": "last_active_at", "days": 1})

    file = client.vector_stores.files.upload_and_poll(
        vector_store_id=store.id, file=("tea.md", b"Steep green tea for two minutes."), attributes={"kind": "tea"}
    )
    batch = client.vector_stores.file_batches.upload_and_poll(
        vector_store_id=store.id, files=[("a.txt", b"Coffee wants five minutes."), ("b.txt", b"Water boils at 100.")]
    )
    found = client.vector_stores.search(store.id, query="how long does green tea steep", max_num_results=1)

    assert file.status == "completed"
    assert (batch.status, batch.file_counts.completed) == ("completed", 2)
    assert [result.filename for result in found] == ["tea.md"]
    assert [part.text for part in client.vector_stores.files.content(file.id, vector_store_id=store.id)] == [
        "Steep green tea for two minutes."
    ]
