"""Webhook endpoints, their secrets, and safety alerts."""

from base64 import b64decode
from typing import Any

import pytest
from openai import OpenAI

from fakeopenai.api.webhooks import endpoints, signing
from fakeopenai.operations import Operations
from fakeopenai.schema import Checker, types
from tests.front import Api

DAY = 86_400


def made(api: Api, **settings: Any) -> Any:
    body = {"name": "mine", "url": "https://example.com/hook", "event_types": ["response.completed"]}
    return api.post("/webhook_endpoints", body | settings)


def test_the_secret_of_an_endpoint_is_told_once(api: Api) -> None:
    endpoint = made(api).json

    secret = endpoint.pop("signing_secret")

    assert len(b64decode(secret.removeprefix("whsec_"))) == 32
    assert endpoint["signing_secret_hint"].endswith(secret[-4:])
    assert api.get(f"/webhook_endpoints/{endpoint['id']}").json == endpoint
    assert api.get("/webhook_endpoints").json["data"] == [endpoint]


def test_endpoints_fit_their_schema(api: Api) -> None:
    assert Checker(types()).reply_errors(Operations.load().all["POST /webhook_endpoints"], made(api).json) == []


def test_each_world_signs_with_secrets_of_its_own(api: Api) -> None:
    other = Api(api.emulator, "sk-other")

    assert made(api).json["signing_secret"] != made(other).json["signing_secret"]


@pytest.mark.parametrize(("keep", "count"), [(True, 2), (False, 1)])
def test_an_old_secret_signs_for_a_day_if_it_is_kept(api: Api, keep: bool, count: int) -> None:
    endpoint = made(api).json
    url = f"/webhook_endpoints/{endpoint['id']}"

    rotated = api.post(f"{url}/rotate_secret", {"keep_old_secret_active_for_24_hours": keep}).json

    kept = api.world.drawer(endpoints.collection).get(endpoint["id"]) or {}
    assert rotated["signing_secret"] != endpoint["signing_secret"]
    assert signing(api.world, kept) == [rotated["signing_secret"], endpoint["signing_secret"]][:count]
    api.world.clock.advance(DAY + 1)
    assert signing(api.world, kept) == [rotated["signing_secret"]]


def test_only_a_change_counts_as_an_update(api: Api) -> None:
    endpoint = made(api).json
    url = f"/webhook_endpoints/{endpoint['id']}"
    api.world.clock.advance(60)

    same = api.post(url, {"name": "mine"}).json
    changed = api.post(url, {"name": "yours"}).json

    assert same["updated_at"] == endpoint["updated_at"]
    assert (changed["name"], changed["updated_at"]) == ("yours", endpoint["updated_at"] + 60)


@pytest.mark.parametrize(
    ("settings", "param"), [({"url": "ftp://example.com"}, "url"), ({"event_types": []}, "event_types")]
)
def test_what_can_never_be_delivered_is_refused(api: Api, settings: Any, param: str) -> None:
    answer = made(api, **settings)

    assert (answer.status, answer.error["param"]) == (400, param)


def test_a_test_of_a_safety_alert_raises_one(api: Api) -> None:
    endpoint = made(api).json

    result = api.post(f"/webhook_endpoints/{endpoint['id']}/test", {"event_type": "safety.alert.created"}).json

    (alert,) = api.world.drawer("/safety/alerts")
    assert (result["success"], result["object"]) == (True, "webhook_endpoint.test")
    assert api.get(f"/safety/alerts/{alert['id']}").json == alert | {"detailed_explanation": None}
    assert api.get("/safety/alerts/alert_0").status == 404
    assert api.get("/safety/cases/case_0").status == 404


def test_the_official_client_manages_endpoints(client: OpenAI) -> None:
    types_of_events = client.webhooks.event_types.list().data
    endpoint = client.webhooks.create(name="mine", url="https://example.com", event_types=["batch.completed"])

    deleted = client.webhooks.delete(endpoint.id)

    assert "agent.session.idle" in types_of_events
    assert (deleted.deleted, deleted.object) == (True, "webhook_endpoint.deleted")
