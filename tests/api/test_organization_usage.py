"""Usage, costs and audit logs: what was really sent, and what was really done."""

import json
from typing import Any

import pytest
from openai import OpenAI

from fakeopenai.clock import EPOCH
from fakeopenai.rules import Rule
from fakeopenai.wire import Upload
from tests.api.organization import CHAT, PROJECTS, account, ask, holder, project
from tests.front import Api

NOW = int(EPOCH)
USAGE = "/organization/usage"


def results(answer: Any) -> list[Any]:
    return [result for bucket in answer["data"] for result in bucket["results"]]


def test_usage_adds_up_to_what_the_answers_said(api: Api) -> None:
    said = [api.post("/chat/completions", CHAT | {"n": n}).json["usage"] for n in (1, 2)]
    api.post("/chat/completions", CHAT | {"stream": True})

    [used] = results(ask(api, "GET", f"{USAGE}/completions?start_time={NOW}"))

    assert used["num_model_requests"] == 3
    assert used["input_tokens"] == sum(usage["prompt_tokens"] for usage in said) + said[0]["prompt_tokens"]
    assert used["output_tokens"] == sum(usage["completion_tokens"] for usage in said) + said[0]["completion_tokens"]
    assert (used["model"], used["project_id"], used["batch"]) == (None, None, None)


def test_usage_is_grouped_by_what_is_asked(api: Api) -> None:
    id = project(api)
    robot = account(api, id)
    holder(api, robot["api_key"]["value"]).post("/chat/completions", CHAT)
    api.post("/chat/completions", CHAT | {"model": "gpt-4o-mini"})

    groups = "&".join(f"group_by[]={name}" for name in ("project_id", "model", "api_key_id", "user_id"))
    found = results(ask(api, "GET", f"{USAGE}/completions?start_time={NOW}&{groups}"))

    by_project = {used["project_id"]: used for used in found}
    assert len(found) == 2
    assert by_project[id]["model"] == "gpt-4o-2024-08-06"
    assert by_project[id]["api_key_id"] == robot["api_key"]["id"]
    assert by_project[id]["user_id"] == robot["id"]


@pytest.mark.parametrize(
    ("filter", "requests"),
    [("models[]=gpt-4o-2024-08-06", 1), ("models[]=gpt-4", 0), ("batch=false", 2), ("batch=true", 0)],
)
def test_usage_is_filtered(api: Api, filter: str, requests: int) -> None:
    for model in ("gpt-4o", "gpt-4o-mini"):
        api.post("/chat/completions", CHAT | {"model": model})

    found = results(ask(api, "GET", f"{USAGE}/completions?start_time={NOW}&{filter}"))

    assert sum(used["num_model_requests"] for used in found) == requests


def test_usage_falls_into_buckets_that_page(api: Api) -> None:
    for _ in range(3):
        api.post("/chat/completions", CHAT)
        api.world.clock.advance(3600)
    url = f"{USAGE}/completions?start_time={NOW + 60}&bucket_width=1h&limit=2"

    first = ask(api, "GET", url)
    second = ask(api, "GET", f"{url}&page={first['next_page']}")

    assert [len(bucket["results"]) for bucket in first["data"]] == [0, 1]
    assert [(bucket["start_time"], bucket["end_time"]) for bucket in first["data"]] == [
        (NOW + 60, NOW + 3600),
        (NOW + 3600, NOW + 7200),
    ]
    assert [bucket["start_time"] for bucket in second["data"]] == [NOW + 7200, NOW + 10_800]
    assert (first["has_more"], second["has_more"], second["next_page"]) == (True, False, None)


@pytest.mark.parametrize("query", ["limit=32", "limit=0", "page=nonsense", "page=page_A", "page=é", "bucket_width=1w"])
def test_a_page_of_usage_that_can_not_be_is_refused(api: Api, query: str) -> None:
    answer = api.get(f"{USAGE}/completions?start_time={NOW}&{query}")

    assert (answer.status, answer.error["param"]) == (400, query.partition("=")[0])


def test_every_kind_of_use_is_counted(api: Api) -> None:
    embedded = api.post("/embeddings", {"model": "text-embedding-3-small", "input": "Hello there"}).json["usage"]
    api.post("/moderations", {"input": "Hello there"})
    api.post("/audio/speech", {"model": "tts-1", "voice": "alloy", "input": "Hello there"})

    embeddings, moderations, speeches = (
        results(ask(api, "GET", f"{USAGE}/{kind}?start_time={NOW}"))[0]
        for kind in ("embeddings", "moderations", "audio_speeches")
    )

    assert embeddings["input_tokens"] == embedded["prompt_tokens"]
    assert moderations["input_tokens"] == 2
    assert speeches["characters"] == 11


def test_rows_of_a_batch_are_counted_as_such(api: Api) -> None:
    row = {"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": CHAT}
    upload = Upload("rows.jsonl", "application/jsonl", json.dumps(row).encode())
    file = api.post("/files", {"purpose": "batch"}, files={"file": [upload]}).json["id"]
    body = {"input_file_id": file, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
    batch = api.post("/batches", body).json
    while batch["status"] != "completed":
        batch = api.get(f"/batches/{batch['id']}").json
    api.post("/chat/completions", CHAT)

    found = results(ask(api, "GET", f"{USAGE}/completions?start_time={NOW}&group_by[]=batch"))

    assert [(used["batch"], used["num_model_requests"]) for used in found] == [(False, 1), (True, 1)]


def test_a_response_in_the_background_is_counted_when_it_is_done(api: Api) -> None:
    url = f"{USAGE}/completions?start_time={NOW}"
    made = api.post("/responses", {"model": "gpt-4o", "input": "Hi", "background": True}).json
    before = results(ask(api, "GET", url))

    while made["status"] != "completed":
        made = api.get(f"/responses/{made['id']}").json

    [used] = results(ask(api, "GET", url))
    assert before == []
    assert used["output_tokens"] == made["usage"]["output_tokens"]


def test_the_official_client_reads_usage_and_costs(client: OpenAI) -> None:
    client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}])

    used = client.admin.organization.usage.completions(start_time=NOW, group_by=["model"])
    spent = client.admin.organization.usage.costs(start_time=NOW)

    [result] = used.data[0].results
    assert result.object == "organization.usage.completions.result"
    assert result.model == "gpt-4o-2024-08-06"
    assert spent.data[0].results[0].object == "organization.costs.result"


@pytest.mark.parametrize(
    "body",
    [{}, {"usage": 7}, {"usage": {"prompt_tokens": "many", "prompt_tokens_details": 3}}, {"usage": {}, "model": []}],
)
def test_a_rule_may_answer_anything(api: Api, body: Any) -> None:
    api.world.rules.add(Rule.read({"when": {"contains": "Hello"}, "reply": {"body": body}}))

    assert api.post("/chat/completions", CHAT).json == body
    assert ask(api, "GET", f"{USAGE}/completions?start_time={NOW}")["object"] == "page"


def test_what_was_refused_is_not_counted(api: Api) -> None:
    api.post("/chat/completions", CHAT | {"temperature": 9})

    assert results(ask(api, "GET", f"{USAGE}/completions?start_time={NOW}")) == []


def test_costs_follow_from_usage(api: Api) -> None:
    usage = api.post("/chat/completions", CHAT).json["usage"]

    [line] = results(ask(api, "GET", f"/organization/costs?start_time={NOW}"))
    items = results(ask(api, "GET", f"/organization/costs?start_time={NOW}&group_by[]=line_item"))

    cents = usage["prompt_tokens"] * 2.5e-6 + usage["completion_tokens"] * 10e-6
    assert line["amount"] == {"value": pytest.approx(cents), "currency": "usd"}
    assert line["line_item"] is None
    assert [(item["line_item"], item["quantity"]) for item in items] == [
        ("gpt-4o-2024-08-06, input", usage["prompt_tokens"]),
        ("gpt-4o-2024-08-06, output", usage["completion_tokens"]),
    ]


def test_costs_come_in_whole_days(api: Api) -> None:
    api.world.clock.advance(86_400)

    buckets = ask(api, "GET", f"/organization/costs?start_time={NOW + 500}")["data"]

    assert [(bucket["start_time"], bucket["end_time"]) for bucket in buckets] == [
        (NOW, NOW + 86_400),
        (NOW + 86_400, NOW + 172_800),
    ]


def test_what_is_done_is_written_down(api: Api) -> None:
    id = project(api)
    robot = account(api, id)
    ask(api, "DELETE", f"{PROJECTS}/{id}/service_accounts/{robot['id']}")

    logs = ask(api, "GET", "/organization/audit_logs")["data"]

    assert [log["type"] for log in logs] == ["service_account.deleted", "service_account.created", "project.created"]
    assert logs[0]["service_account.deleted"] == {"id": robot["id"]}
    assert logs[0]["project"] == {"id": id, "name": "Research"}
    assert logs[2]["project.created"] == {"id": id, "data": {"name": "Research", "title": "Research"}}
    assert logs[2]["actor"]["api_key"]["user"]["email"] == "owner@example.com"


def test_an_entry_tells_what_was_asked_to_change(api: Api) -> None:
    id = project(api)
    ask(api, "POST", f"{PROJECTS}/{id}", {"name": "Development"})
    ask(api, "POST", f"{PROJECTS}/{id}/rate_limits/rl-gpt-4o", {"max_requests_per_1_minute": 2})

    limit, renamed = ask(api, "GET", f"/organization/audit_logs?project_ids[]={id}")["data"]

    assert renamed["project.updated"] == {"id": id, "changes_requested": {"title": "Development"}}
    assert limit["rate_limit.updated"] == {"id": "rl-gpt-4o", "changes_requested": {"max_requests_per_1_minute": 2}}


def test_an_entry_tells_who_was_given_a_role(api: Api) -> None:
    role = ask(api, "POST", "/organization/roles", {"role_name": "Auditor", "permissions": []})["id"]
    group = ask(api, "POST", "/organization/groups", {"name": "Support"})["id"]
    ask(api, "POST", f"/organization/groups/{group}/roles", {"role_id": role})

    [log] = ask(api, "GET", "/organization/audit_logs?event_types[]=role.assignment.created")["data"]

    told = log["role.assignment.created"]
    assert (told["id"], told["principal_id"]) == (f"role_assignment_{role}_{group}", group)
    assert (told["principal_type"], told["resource_type"]) == ("group", "api.organization")


def test_the_audit_log_names_the_admin_key(api: Api) -> None:
    made = ask(api, "POST", "/organization/admin_api_keys", {"name": "CI"})
    project(holder(api, made["value"]))

    [log] = ask(api, "GET", f"/organization/audit_logs?actor_ids[]={made['id']}")["data"]

    assert log["type"] == "project.created"


@pytest.mark.parametrize(
    ("filter", "count"),
    [
        ("event_types[]=project.created", 2),
        ("event_types[]=project.created&event_types[]=group.created", 3),
        ("actor_emails[]=owner@example.com", 3),
        ("actor_emails[]=nobody@example.com", 0),
        (f"effective_at[gt]={NOW}", 1),
        (f"effective_at[lte]={NOW}", 2),
        ("tenant_only=true", 0),
        ("limit=1", 1),
    ],
)
def test_the_audit_log_is_filtered(api: Api, filter: str, count: int) -> None:
    project(api, "A")
    project(api, "B")
    api.world.clock.advance(60)
    ask(api, "POST", "/organization/groups", {"name": "Support"})

    assert len(ask(api, "GET", f"/organization/audit_logs?{filter}")["data"]) == count


def test_what_fails_leaves_no_trace(api: Api) -> None:
    api.delete("/organization/groups/group_none")

    assert ask(api, "GET", "/organization/audit_logs")["data"] == []
