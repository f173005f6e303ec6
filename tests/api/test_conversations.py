"""Conversations and their items."""

from __future__ import annotations

from typing import Any

import pytest
from openai import OpenAI

from tests.front import Api

HELLO = {"type": "message", "role": "user", "content": "My name is Ada."}


def create(api: Api, **fields: Any) -> str:
    return str(api.post("/conversations", fields).json["id"])


def texts(page: Any) -> list[str]:
    return [part["text"] for item in page["data"] for part in item["content"]]


def test_a_conversation_is_created_updated_and_deleted(api: Api) -> None:
    created = api.post("/conversations", {"metadata": {"topic": "test"}}).json
    path = f"/conversations/{created['id']}"

    assert list(created) == ["id", "object", "created_at", "metadata"]
    assert api.get(path).json == created
    assert api.post(path, {"metadata": {"a": "b"}}).json == created | {"metadata": {"a": "b"}}
    assert api.delete(path).json == {"id": created["id"], "object": "conversation.deleted", "deleted": True}
    assert api.get(path).error["message"] == f"Conversation with id '{created['id']}' not found."


def test_an_item_is_added_whole(api: Api) -> None:
    id = create(api)

    added = api.post(f"/conversations/{id}/items", {"items": [HELLO]}).json

    [item] = added["data"]
    assert added == {
        "object": "list",
        "data": [item],
        "first_id": item["id"],
        "has_more": False,
        "last_id": item["id"],
    }
    assert item == {
        "id": item["id"],
        "type": "message",
        "status": "completed",
        "content": [{"type": "input_text", "text": "My name is Ada."}],
        "role": "user",
    }
    assert item["id"][-16:] == id[-16:]


def test_a_response_reads_a_conversation_and_writes_to_it_in_order(api: Api) -> None:
    id = create(api, items=[HELLO])
    body = {"model": "gpt-4o", "input": "What is my name?", "conversation": id}

    response = api.post("/responses", body).json

    page = api.get(f"/conversations/{id}/items?order=asc").json
    assert response["conversation"] == {"id": id}
    assert texts(page) == ["My name is Ada.", "What is my name?", "Your name is Ada."]
    assert page["data"][-1] == response["output"][0]


def test_a_background_response_writes_when_it_is_done(api: Api) -> None:
    id = create(api)
    body = {"model": "gpt-4o", "input": "Say hello", "conversation": {"id": id}, "background": True}
    api.post("/responses", body)
    before = texts(api.get(f"/conversations/{id}/items").json)
    api.world.clock.advance(10)

    assert before == ["Say hello"]
    assert texts(api.get(f"/conversations/{id}/items").json) == ["hello", "Say hello"]


def test_items_are_paged(api: Api) -> None:
    id = create(api, items=[HELLO | {"content": str(number)} for number in range(5)])
    first = api.get(f"/conversations/{id}/items?limit=3").json
    second = api.get(f"/conversations/{id}/items?limit=3&after={first['last_id']}").json

    assert (texts(first), first["has_more"]) == (["4", "3", "2"], True)
    assert (texts(second), second["has_more"]) == (["1", "0"], False)


def test_a_deleted_item_is_no_longer_said(api: Api) -> None:
    id = create(api, items=[HELLO])
    [item] = api.get(f"/conversations/{id}/items").json["data"]

    left = api.delete(f"/conversations/{id}/items/{item['id']}").json

    assert left["object"] == "conversation"
    assert api.get(f"/conversations/{id}/items/{item['id']}").status == 404
    assert api.get(f"/conversations/{id}/items").json == {
        "object": "list",
        "data": [],
        "first_id": None,
        "has_more": False,
        "last_id": None,
    }


def test_more_than_twenty_items_at_once_are_refused(api: Api) -> None:
    answer = api.post("/conversations", {"items": [HELLO] * 21})

    assert (answer.status, answer.error["code"]) == (400, "array_above_max_length")


@pytest.mark.parametrize("conversation", ["conv_nope", {"id": "conv_nope"}])
def test_an_unknown_conversation_is_not_found(api: Api, conversation: Any) -> None:
    answer = api.post("/responses", {"model": "gpt-4o", "input": "Hi", "conversation": conversation})

    assert (answer.status, answer.error["message"]) == (404, "Conversation with id 'conv_nope' not found.")


def test_the_client_talks_in_a_conversation(client: OpenAI) -> None:
    conversation = client.conversations.create(items=[{"role": "user", "content": "My name is Ada."}])
    client.responses.create(model="gpt-4o", input="What is my name?", conversation=conversation.id)

    items = list(client.conversations.items.list(conversation.id, order="asc", limit=2))
    assert [item.type for item in items] == ["message", "message", "message"]


def test_a_response_that_is_not_stored_is_part_of_its_conversation_nevertheless(api: Api) -> None:
    conversation = api.post("/conversations").json["id"]
    asked = {"model": "gpt-4o", "input": "I am Ada.", "conversation": conversation, "store": False}

    response = api.post("/responses", asked).json

    listed = api.get(f"/conversations/{conversation}/items?order=asc").json["data"]
    assert [item["role"] for item in listed] == ["user", "assistant"]
    assert listed[1]["id"] == response["output"][0]["id"]
    assert api.get(f"/responses/{response['id']}").status == 404
