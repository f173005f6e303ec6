"""Keys that a world makes: they lead back to it, belong to a project, and are held to what that may do."""

from typing import Any

import pytest
from openai import OpenAI, PermissionDeniedError

from fakeopenai.emulator import Emulator
from fakeopenai.world import Settings
from tests.api.organization import CHAT, PROJECTS, account, ask, holder, project
from tests.front import Api


def test_a_key_finds_its_world_and_names_its_project(api: Api) -> None:
    id = project(api)

    answer = holder(api, account(api, id)["api_key"]["value"]).post("/chat/completions", CHAT | {"store": True})

    assert answer.headers["openai-project"] == id
    assert api.get(f"/chat/completions/{answer.json['id']}").status == 200


def test_the_value_of_a_key_is_shown_once(api: Api) -> None:
    id = project(api)
    made = account(api, id)["api_key"]

    [listed] = ask(api, "GET", f"{PROJECTS}/{id}/api_keys")["data"]

    assert made["value"].startswith("sk-svcacct-")
    assert "value" not in listed
    assert listed["redacted_value"] == f"{made['value'][:8]}...{made['value'][-3:]}"
    assert listed["owner"]["service_account"]["name"] == "robot"


def test_two_worlds_have_the_same_ids_and_other_secrets() -> None:
    emulator = Emulator()
    one, other = Api(emulator, "sk-one"), Api(emulator, "sk-other")

    keys = [account(api, project(api))["api_key"] for api in (one, other)]

    assert keys[0]["id"] == keys[1]["id"]
    assert keys[0]["value"] != keys[1]["value"]


def test_where_only_some_keys_count_those_that_were_made_count_too() -> None:
    api = Api(Emulator(Settings(keys=frozenset({"sk-one"}))), "sk-one")
    made = account(api, project(api))["api_key"]["value"]

    assert holder(api, made).get("/models").status == 200
    assert holder(api, "sk-two").get("/models").status == 401


@pytest.mark.parametrize("gone", ["api_keys", "service_accounts"])
def test_a_deleted_key_is_refused(api: Api, gone: str) -> None:
    id = project(api)
    robot = account(api, id)
    url = f"{PROJECTS}/{id}/{gone}/{robot['id'] if gone == 'service_accounts' else robot['api_key']['id']}"

    ask(api, "DELETE", url)

    answer = holder(api, robot["api_key"]["value"]).post("/chat/completions", CHAT)
    assert (answer.status, answer.error["code"]) == (401, "invalid_api_key")


def test_a_key_expires(api: Api) -> None:
    id = project(api)
    robot = account(api, id)
    ask(api, "POST", f"{PROJECTS}/{id}/api_keys/{robot['api_key']['id']}", {"expires_in_seconds": 60})

    key = holder(api, robot["api_key"]["value"])

    assert key.get("/models").status == 200
    api.world.clock.advance(60)
    assert key.get("/models").status == 401


def test_a_key_says_when_it_was_last_used(api: Api) -> None:
    id = project(api)
    robot = account(api, id)
    api.world.clock.advance(10)

    holder(api, robot["api_key"]["value"]).get("/models")

    [key] = ask(api, "GET", f"{PROJECTS}/{id}/api_keys")["data"]
    assert key["last_used_at"] == key["created_at"] + 10


def test_keys_of_an_archived_project_are_refused(api: Api) -> None:
    id = project(api)
    robot = account(api, id)

    ask(api, "POST", f"{PROJECTS}/{id}/archive")

    answer = holder(api, robot["api_key"]["value"]).post("/chat/completions", CHAT)
    assert (answer.status, answer.error["code"]) == (401, "not_authorized_invalid_project")


@pytest.mark.parametrize(
    ("mode", "ids", "model", "status"),
    [
        ("allow_list", ["gpt-4o"], "gpt-4o", 200),
        ("allow_list", ["gpt-4o"], "gpt-4o-2024-08-06", 200),
        ("allow_list", ["gpt-4o"], "gpt-4o-mini", 403),
        ("deny_list", ["gpt-4o"], "gpt-4o", 403),
        ("deny_list", ["gpt-4o-2024-08-06"], "gpt-4o", 200),
        ("deny_list", [], "gpt-4o", 200),
    ],
)
def test_a_project_uses_the_models_it_may(api: Api, mode: str, ids: list[str], model: str, status: int) -> None:
    id = project(api)
    key = holder(api, account(api, id)["api_key"]["value"])
    ask(api, "POST", f"{PROJECTS}/{id}/model_permissions", {"mode": mode, "model_ids": ids})

    answer = key.post("/chat/completions", CHAT | {"model": model})

    assert answer.status == status
    if status == 403:
        assert answer.error["message"] == f"Project `{id}` does not have access to model `{model}`"
        assert answer.error["code"] == "model_not_found"
    assert api.post("/chat/completions", CHAT | {"model": model}).status == 200


def test_a_project_lists_the_models_it_may_use(api: Api) -> None:
    id = project(api)
    ask(api, "POST", f"{PROJECTS}/{id}/model_permissions", {"mode": "allow_list", "model_ids": ["gpt-4.1"]})

    key = holder(api, account(api, id)["api_key"]["value"])

    assert [model["id"] for model in key.get("/models").json["data"]] == ["gpt-4.1-2025-04-14", "gpt-4.1"]
    assert [key.get(f"/models/{name}").status for name in ("gpt-4.1", "gpt-4o")] == [200, 404]


def test_an_archived_project_keeps_its_name(api: Api) -> None:
    id = project(api)
    ask(api, "POST", f"{PROJECTS}/{id}/archive")

    answer = api.post(f"{PROJECTS}/{id}", {"name": "Another"})

    assert (answer.status, answer.error["message"]) == (400, "This project has been archived.")


def test_a_rate_limit_holds_and_refills_on_the_clock(api: Api) -> None:
    id = project(api)
    key = holder(api, account(api, id)["api_key"]["value"])
    ask(api, "POST", f"{PROJECTS}/{id}/rate_limits/rl-gpt-4o", {"max_requests_per_1_minute": 2})

    first, second, third = (key.post("/chat/completions", CHAT) for _ in range(3))
    api.world.clock.advance(30)
    later = key.post("/chat/completions", CHAT)

    assert (first.headers["x-ratelimit-remaining-requests"], second.headers["x-ratelimit-reset-requests"]) == (
        "1",
        "1m0s",
    )
    assert (third.status, third.error["type"], third.error["code"]) == (429, "requests", "rate_limit_exceeded")
    assert "on requests per min (RPM): Limit 2, Used 2, Requested 1. Please try again in 30s." in third.error["message"]
    assert third.headers["retry-after-ms"] == "30000"
    assert later.status == 200


def test_a_request_may_be_too_large_for_its_project(api: Api) -> None:
    id = project(api)
    key = holder(api, account(api, id)["api_key"]["value"])
    ask(api, "POST", f"{PROJECTS}/{id}/rate_limits/rl-gpt-4o", {"max_tokens_per_1_minute": 10})

    long = {"messages": [{"role": "user", "content": "word " * 100}]}
    answer = key.post("/chat/completions", CHAT | long)

    assert (answer.status, answer.error["type"]) == (429, "tokens")
    assert answer.error["message"].startswith(f"Request too large for gpt-4o in project {id} organization org-")


def test_a_project_that_has_spent_its_limit_is_refused(api: Api) -> None:
    id = project(api)
    key = holder(api, account(api, id)["api_key"]["value"])
    limit = {"currency": "USD", "interval": "month", "threshold_amount": 1}
    ask(api, "POST", f"{PROJECTS}/{id}/spend_limit", limit)

    statuses = [key.post("/chat/completions", CHAT | {"model": "gpt-4", "n": 30}).status for _ in range(3)]

    assert (statuses[0], statuses[-1]) == (200, 429)
    assert ask(api, "GET", f"{PROJECTS}/{id}/spend_limit")["enforcement"] == {"status": "enforcing"}


def test_the_project_header_chooses_a_project_of_this_world(api: Api) -> None:
    id = project(api)

    chosen = api.post("/chat/completions", CHAT, headers={"openai-project": id})
    strange = api.post("/chat/completions", CHAT, headers={"openai-project": "proj_elsewhere"})

    assert chosen.headers["openai-project"] == id
    assert (strange.status, strange.headers["openai-project"] != id) == (200, True)


@pytest.mark.parametrize(
    ("method", "url", "scope"),
    [
        ("GET", "/organization/users", "api.management.read"),
        ("POST", PROJECTS, "api.management.write"),
        ("GET", "/organization/costs?start_time=0", "api.usage.read"),
    ],
)
def test_a_projects_key_is_no_admin_key(api: Api, method: str, url: str, scope: str) -> None:
    key = holder(api, account(api, project(api))["api_key"]["value"])

    answer = key.send(method, url, {"name": "x"} if method == "POST" else None)

    assert answer.status == 403
    assert f"Missing scopes: {scope}." in answer.error["message"]


def test_a_service_account_deletes_no_models(api: Api) -> None:
    model = "ft:gpt-4o-mini-2024-07-18:personal::C4ZiCljE"
    robot = holder(api, account(api, project(api))["api_key"]["value"])

    refused, deleted = robot.delete(f"/models/{model}"), api.delete(f"/models/{model}")

    assert (refused.status, refused.error["message"]) == (403, "You have insufficient permissions for this operation.")
    assert (deleted.status, robot.get(f"/models/{model}").status) == (200, 404)


def test_an_admin_key_administers_until_it_is_deleted(api: Api) -> None:
    made = ask(api, "POST", "/organization/admin_api_keys", {"name": "CI"})
    admin = holder(api, made["value"])

    listed = ask(admin, "GET", "/organization/admin_api_keys")["data"]
    ask(admin, "DELETE", f"/organization/admin_api_keys/{made['id']}")

    assert [key["id"] for key in listed] == [made["id"]]
    assert made["value"].startswith("sk-admin-")
    assert admin.get("/organization/admin_api_keys").status == 401


def test_the_official_client_uses_a_key_that_it_made(client: OpenAI) -> None:
    projects = client.admin.organization.projects
    made = projects.create(name="Research")
    robot: Any = projects.service_accounts.create(made.id, name="robot")
    projects.model_permissions.update(made.id, mode="allow_list", model_ids=["gpt-4o"])

    worker = client.with_options(api_key=robot.api_key.value)

    assert worker.models.list().data
    with pytest.raises(PermissionDeniedError):
        worker.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}])


def test_an_admin_key_asks_no_model(api: Api) -> None:
    made = ask(api, "POST", "/organization/admin_api_keys", {"name": "ci"})
    admin = holder(api, made["value"])

    refused = admin.post("/chat/completions", CHAT)

    assert (refused.status, admin.get(PROJECTS).status) == (401, 200)
    assert "Missing scopes: model.request" in refused.error["message"]
