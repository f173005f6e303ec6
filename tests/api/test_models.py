"""GET and DELETE /models."""

import pytest
from openai import NotFoundError, OpenAI

from fakeopenai.api.models import TUNED
from tests.front import Api

TUNED_ID = "ft:gpt-4o-mini-2024-07-18:acme:poet:C4ZiCljE"


def test_a_model_has_the_shape_of_the_api(api: Api) -> None:
    answer = api.get("/models/gpt-4o")

    expected = {"id": "gpt-4o", "object": "model", "created": 1715367049, "owned_by": "system"}
    assert (answer.status, answer.json) == (200, expected)


def test_every_listed_model_can_be_retrieved(api: Api) -> None:
    listed = api.get("/models").json

    assert listed["object"] == "list"
    assert all(api.get(f"/models/{model['id']}").json == model for model in listed["data"])


def test_models_of_the_past_are_served_but_not_listed(api: Api) -> None:
    listed = {model["id"] for model in api.get("/models").json["data"]}

    assert {"gpt-4o", "gpt-5", "text-embedding-3-small", "whisper-1"} < listed
    assert "davinci" not in listed
    assert api.get("/models/davinci").status == 200


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_unknown_model_does_not_exist(api: Api, method: str) -> None:
    answer = api.send(method, "/models/fake_id")

    assert answer.status == 404
    assert answer.error == {
        "message": "The model 'fake_id' does not exist",
        "type": "invalid_request_error",
        "param": "model",
        "code": "model_not_found",
    }


def test_a_fine_tuned_model_of_this_world_is_listed(api: Api) -> None:
    tuned = {"id": TUNED_ID, "object": "model", "created": 1_700_000_000, "owned_by": "acme"}
    api.world.drawer(TUNED).put(tuned)

    assert api.get("/models").json["data"][-1] == tuned
    assert api.get(f"/models/{TUNED_ID}").json == tuned


def test_a_deleted_model_is_gone(api: Api) -> None:
    answer = api.delete(f"/models/{TUNED_ID}")

    assert answer.json == {"id": TUNED_ID, "object": "model", "deleted": True}
    assert api.get(f"/models/{TUNED_ID}").status == 404
    assert api.delete(f"/models/{TUNED_ID}").status == 404
    chat = {"model": TUNED_ID, "messages": [{"role": "user", "content": "Hi"}]}
    assert api.post("/chat/completions", chat).status == 404


def test_a_model_of_everyone_can_not_be_deleted(api: Api) -> None:
    assert api.delete("/models/gpt-4o").status == 403
    assert api.get("/models/gpt-4o").status == 200


def test_the_official_client_reads_models(client: OpenAI) -> None:
    assert client.models.retrieve("o3").owned_by == "system"
    assert "gpt-4o" in [model.id for model in client.models.list()]
    assert client.models.delete(TUNED_ID).deleted
    with pytest.raises(NotFoundError):
        client.models.retrieve(TUNED_ID)
