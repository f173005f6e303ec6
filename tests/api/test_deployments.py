"""Deployments, as Azure's first client knew them."""

from tests.front import Api


def test_a_deployment_is_made_listed_and_deleted(api: Api) -> None:
    made = api.post("/deployments", {"model": "gpt-4o", "scale_settings": {"scale_type": "standard"}})
    url = f"/deployments/{made.json['id']}"

    assert (made.status, made.json["status"], made.json["model"]) == (201, "succeeded", "gpt-4o")
    assert api.get(url).json == made.json
    assert api.get("/deployments").json == {"object": "list", "data": [made.json]}
    assert api.delete(url).status == 204
    assert api.get(url).status == 404
