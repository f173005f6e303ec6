"""Threads and their messages."""

from __future__ import annotations

import pytest
from openai import OpenAI

from tests.api.assisted import CODE, SEARCH, Assisted, faults

IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}


@pytest.fixture
def api() -> Assisted:
    return Assisted()


def test_a_new_thread_is_empty(api: Assisted) -> None:
    thread = api.post("/threads").json

    assert faults("POST /threads", thread) == []
    assert thread.pop("id").startswith("thread_")
    assert thread == {"object": "thread", "created_at": 1767225600, "metadata": {}, "tool_resources": {}}


def test_reading_a_thread_shows_an_interpreter(api: Assisted) -> None:
    made = api.post("/threads", {"metadata": {"a": "b"}}).json

    read = api.get(f"/threads/{made['id']}").json

    assert read == made | {"tool_resources": {"code_interpreter": {"file_ids": []}}}


def test_a_thread_begins_with_messages(api: Assisted) -> None:
    thread = api.thread("Hello", "World")

    assert api.said(thread) == ["Hello", "World"]


def test_a_message_has_the_form_of_the_wire(api: Assisted) -> None:
    thread = api.thread()

    message = api.post(f"/threads/{thread}/messages", {"role": "user", "content": "Hi"}).json

    assert message.pop("id").startswith("msg_")
    assert list(message.items()) == [
        ("object", "thread.message"),
        ("created_at", 1767225600),
        ("assistant_id", None),
        ("thread_id", thread),
        ("run_id", None),
        ("role", "user"),
        ("content", [{"type": "text", "text": {"value": "Hi", "annotations": []}}]),
        ("attachments", []),
        ("metadata", {}),
    ]


@pytest.mark.parametrize(
    ("query", "shown", "more"),
    [
        ("order=asc&limit=2&after=1", ["2", "3"], True),
        ("order=asc&limit=2&before=3", ["1", "2"], True),
        ("order=asc&limit=2&before=2", ["0", "1"], False),
        ("limit=2&before=1", ["3", "2"], True),
        ("order=asc&limit=2&after=0&before=4", ["1", "2"], True),
        ("order=asc&after=0&before=2", ["1"], False),
    ],
)
def test_messages_are_paged_in_both_directions(api: Assisted, query: str, shown: list[str], more: bool) -> None:
    thread = api.thread(*"01234")
    ids = [message["id"] for message in api.get(f"/threads/{thread}/messages?order=asc").json["data"]]
    for number, id in enumerate(ids):
        query = query.replace(f"after={number}", f"after={id}").replace(f"before={number}", f"before={id}")

    page = api.get(f"/threads/{thread}/messages?{query}").json

    assert [message["content"][0]["text"]["value"] for message in page["data"]] == shown
    assert page["has_more"] == more


def test_parts_of_a_message_are_kept(api: Assisted) -> None:
    thread, file = api.thread(), api.file("pixels", "a.png")
    parts = [{"type": "text", "text": "See"}, IMAGE, {"type": "image_file", "image_file": {"file_id": file}}]

    message = api.post(f"/threads/{thread}/messages", {"role": "user", "content": parts}).json

    assert message["content"] == [
        {"type": "text", "text": {"value": "See", "annotations": []}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "auto"}},
        {"type": "image_file", "image_file": {"file_id": file, "detail": "auto"}},
    ]


def test_an_empty_message_is_refused(api: Assisted) -> None:
    answer = api.post(f"/threads/{api.thread()}/messages", {"role": "user", "content": ""})

    assert (answer.status, answer.error["param"]) == (400, "content")


def test_a_changed_message_is_answered_in_the_first_versions_form(api: Assisted) -> None:
    thread = api.thread("Hi")
    (message,) = api.get(f"/threads/{thread}/messages").json["data"]

    changed = api.post(f"/threads/{thread}/messages/{message['id']}", {"metadata": {"a": "b"}}).json

    assert changed.pop("file_ids") == []
    assert message.pop("attachments") == []
    assert changed == message | {"metadata": {"a": "b"}}
    assert api.get(f"/threads/{thread}/messages/{message['id']}").json["attachments"] == []


def test_what_a_change_does_not_name_stays(api: Assisted) -> None:
    thread = api.id("/threads", {"messages": [{"role": "user", "content": "Hi", "metadata": {"a": "b"}}]})
    (message,) = api.get(f"/threads/{thread}/messages").json["data"]

    kept, emptied = (api.post(f"/threads/{thread}/messages/{message['id']}", body) for body in ({}, {"metadata": None}))

    assert (kept.json["metadata"], emptied.json["metadata"]) == ({"a": "b"}, {})


def test_an_attachment_names_a_file(api: Assisted) -> None:
    answer = api.post(
        f"/threads/{api.thread()}/messages", {"role": "user", "content": "Hi", "attachments": [{"tools": [SEARCH]}]}
    )

    assert (answer.status, answer.error["param"]) == (400, "attachments[0].file_id")


def test_metadata_must_be_text(api: Assisted) -> None:
    answer = api.post(f"/threads/{api.thread()}", {"metadata": {"modified": True}})

    expected = "Invalid type for 'metadata.modified': expected a string, but got a boolean instead."
    assert (answer.status, answer.error["message"], answer.error["code"]) == (400, expected, "invalid_type")


def test_messages_are_paged(api: Assisted) -> None:
    thread = api.thread("one", "two", "three")
    page = api.get(f"/threads/{thread}/messages?limit=2").json

    rest = api.get(f"/threads/{thread}/messages?after={page['last_id']}").json

    texts = [message["content"][0]["text"]["value"] for message in [*page["data"], *rest["data"]]]
    assert (texts, page["has_more"], rest["has_more"]) == (["three", "two", "one"], True, False)


def test_an_attached_file_can_be_searched_for_a_week(api: Assisted) -> None:
    thread, file = api.thread(), api.file("Bob sails.")

    message = {"role": "user", "content": "Read", "attachments": [{"file_id": file, "tools": [SEARCH, CODE]}]}
    attached = api.post(f"/threads/{thread}/messages", message).json

    resources = api.get(f"/threads/{thread}").json["tool_resources"]
    (store,) = resources["file_search"]["vector_store_ids"]
    assert attached["attachments"] == message["attachments"]
    assert resources["code_interpreter"] == {"file_ids": [file]}
    assert [item["id"] for item in api.get(f"/vector_stores/{store}/files").json["data"]] == [file]
    assert api.get(f"/vector_stores/{store}").json["expires_after"] == {"anchor": "last_active_at", "days": 7}


def test_further_files_go_into_the_same_store(api: Assisted) -> None:
    files = [api.file("Bob sails."), api.file("Eve skis.", "more.txt")]
    attachments = [{"file_id": file, "tools": [SEARCH]} for file in files]

    thread = api.id("/threads", {"messages": [{"role": "user", "content": "Read", "attachments": attachments}]})

    (store,) = api.get(f"/threads/{thread}").json["tool_resources"]["file_search"]["vector_store_ids"]
    listed = api.get(f"/vector_stores/{store}/files?order=asc").json["data"]
    assert [item["id"] for item in listed] == files


def test_a_missing_attachment_is_refused_and_nothing_is_made(api: Assisted) -> None:
    message = {"role": "user", "content": "Read", "attachments": [{"file_id": "file-none", "tools": [SEARCH]}]}

    answer = api.post("/threads", {"messages": [message]})

    assert (answer.status, answer.error["message"]) == (404, "No such File object: file-none")
    assert len(api.world.drawer("/threads")) == 0


@pytest.mark.parametrize("wrong", ["asst_1", "thread_1"])
def test_an_unknown_thread_is_missed_in_the_apis_words(api: Assisted, wrong: str) -> None:
    answer = api.get(f"/threads/{wrong}")

    expected = {
        "message": f"No thread found with id '{wrong}'.",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }
    assert (answer.status, answer.error) == (404, expected)


def test_a_deleted_message_is_gone(api: Assisted) -> None:
    thread = api.thread("Hi")
    (message,) = api.get(f"/threads/{thread}/messages").json["data"]
    path = f"/threads/{thread}/messages/{message['id']}"

    assert api.delete(path).json == {"id": message["id"], "object": "thread.message.deleted", "deleted": True}
    assert api.get(path).error["message"] == f"No message found with id '{message['id']}'."


def test_a_deleted_thread_takes_all_with_it(api: Assisted) -> None:
    thread = api.thread("Hi")
    api.run(thread, api.assistant())

    assert api.delete(f"/threads/{thread}").json == {"id": thread, "object": "thread.deleted", "deleted": True}
    assert list(api.world.store.drawers("/threads/")) == []
    assert api.get(f"/threads/{thread}/messages").error["message"] == f"No thread found with id '{thread}'."


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_official_client_reads_threads(client: OpenAI) -> None:
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hi"}], metadata={"a": "b"})
    client.beta.threads.messages.create(thread.id, role="assistant", content="Hello")

    found = list(client.beta.threads.messages.list(thread.id, order="asc"))

    assert [(message.role, message.content[0].type) for message in found] == [("user", "text"), ("assistant", "text")]
    assert client.beta.threads.update(thread.id, metadata={}).metadata == {}
    assert client.beta.threads.delete(thread.id).deleted
