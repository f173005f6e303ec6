"""Evals, their runs, and what came out for each row."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from openai import OpenAI

from fakeopenai.operations import Operations
from fakeopenai.rules import Rule
from fakeopenai.schema import Checker, types
from fakeopenai.wire import Upload
from tests.front import Answer, Api

OPERATIONS = Operations.load().all
CITIES = {"France": "Paris", "Italy": "Rome", "Japan": "Tokyo"}
SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {"country": {"type": "string"}, "capital": {"type": "string"}},
    "required": ["country"],
}
EXACT = {
    "type": "string_check",
    "name": "Exact",
    "input": "{{sample.output_text}}",
    "reference": "{{item.capital}}",
    "operation": "eq",
}
NEAR = {
    "type": "text_similarity",
    "name": "Near",
    "input": "{{sample.output_text}}",
    "reference": "{{item.capital}}",
    "evaluation_metric": "fuzzy_match",
    "pass_threshold": 0.9,
}
CODE = {
    "type": "python",
    "name": "Short",
    "source": "def grade(sample, item):\n    return len(sample['output_text']) < 9\n",
}
ASKING = {
    "type": "template",
    "template": [
        {"role": "developer", "content": "Answer with the capital only."},
        {"role": "user", "content": {"type": "input_text", "text": "Capital of {{item.country}}?"}},
    ],
}


def rows(**said: str) -> list[dict[str, Any]]:
    """A row for each city, with what somebody said to it."""
    found = []
    for country, capital in CITIES.items():
        item = {"country": country, "capital": capital}
        found.append({"item": item, "sample": {"output_text": said.get(country, capital)}})
    return found


def create(api: Api, criteria: list[Any] | None = None, **body: Any) -> Any:
    config = {"type": "custom", "item_schema": SCHEMA, "include_sample_schema": True}
    given = {"name": "Capitals", "data_source_config": config, "testing_criteria": criteria or [EXACT]}
    answer = api.post("/evals", given | body)
    assert answer.status == 200, answer.json
    return answer.json


def begin(api: Api, parent: Any, source: Any, kind: str = "jsonl", **data: Any) -> Answer:
    return api.post(f"/evals/{parent['id']}/runs", {"data_source": {"type": kind, "source": source} | data})


def finish(api: Api, run: Any) -> Any:
    """Look at a run until it doesn't change any more."""
    path = f"/evals/{run['eval_id']}/runs/{run['id']}"
    while "openai-poll-after-ms" in (answer := api.get(path)).headers:
        pass
    return answer.json


def run(api: Api, parent: Any, source: Any, kind: str = "jsonl", **data: Any) -> Any:
    answer = begin(api, parent, source, kind, **data)
    assert answer.status == 200, answer.json
    return finish(api, answer.json)


def given(*, content: list[Any]) -> dict[str, Any]:
    return {"type": "file_content", "content": content}


def items(api: Api, made: Any, query: str = "") -> list[Any]:
    path = f"/evals/{made['eval_id']}/runs/{made['id']}/output_items"
    found: list[Any] = api.get(path + query).json["data"]
    return found


def answers(api: Api) -> None:
    """Let the model know two capitals of three."""
    for country, capital in (("France", "Paris"), ("Italy", "Rome"), ("Japan", "Kyoto")):
        api.world.rules.on("*", contains=country).say(capital)


def test_a_new_eval_shows_what_its_templates_can_name(api: Api) -> None:
    made = create(api, metadata={"team": "geo"})

    assert made["id"].startswith("eval_")
    (criterion,) = made["testing_criteria"]
    assert criterion["id"].startswith("Exact-")
    assert made == {
        "object": "eval",
        "id": made["id"],
        "data_source_config": {
            "type": "custom",
            "schema": {
                "type": "object",
                "properties": {"item": SCHEMA, "sample": {"type": "object"}},
                "required": ["item", "sample"],
            },
        },
        "testing_criteria": [EXACT | {"id": criterion["id"]}],
        "name": "Capitals",
        "created_at": 1767225600,
        "metadata": {"team": "geo"},
    }


@pytest.mark.parametrize("kind", ["logs", "stored_completions"])
def test_other_sources_keep_their_metadata(api: Api, kind: str) -> None:
    made = create(api, data_source_config={"type": kind, "metadata": {"usecase": "geo"}})

    assert made["data_source_config"]["metadata"] == {"usecase": "geo"}
    assert made["data_source_config"]["schema"]["required"] == ["item", "sample"]


def test_messages_of_a_criterion_are_written_out(api: Api) -> None:
    label = {"type": "label_model", "name": "Mood", "model": "gpt-4o", "labels": ["a", "b"], "passing_labels": ["a"]}

    made = create(api, [label | {"input": [{"role": "user", "content": "Which? {{item.country}}"}]}])

    assert made["testing_criteria"][0]["input"] == [
        {"type": "message", "role": "user", "content": {"type": "input_text", "text": "Which? {{item.country}}"}}
    ]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"testing_criteria": [CODE | {"source": "x ="}]}, "testing_criteria[0].source"),
        ({"testing_criteria": [EXACT, EXACT | {"input": "{{nothing}}"}]}, "testing_criteria[1]"),
        ({"data_source_config": {"type": "custom", "item_schema": {"type": 7}}}, "data_source_config.item_schema"),
    ],
)
def test_an_eval_that_could_never_work_is_refused(api: Api, body: Any, param: str) -> None:
    config = {"type": "custom", "item_schema": SCHEMA}

    answer = api.post("/evals", {"data_source_config": config, "testing_criteria": [EXACT]} | body)

    assert (answer.status, answer.error["param"]) == (400, param)


def test_evals_are_listed_updated_and_deleted(api: Api) -> None:
    ids = [create(api)["id"] for _ in range(3)]

    updated = api.post(f"/evals/{ids[0]}", {"name": "Cities", "metadata": {"a": "b"}}).json
    deleted = api.delete(f"/evals/{ids[1]}").json

    assert (updated["name"], updated["metadata"]) == ("Cities", {"a": "b"})
    assert deleted == {"object": "eval.deleted", "deleted": True, "eval_id": ids[1]}
    assert [each["id"] for each in api.get("/evals").json["data"]] == [ids[0], ids[2]]
    assert [each["id"] for each in api.get("/evals?order_by=updated_at").json["data"]] == [ids[2], ids[0]]
    assert [each["id"] for each in api.get("/evals?order=desc&limit=1").json["data"]] == [ids[2]]
    assert api.get(f"/evals/{ids[1]}").status == 404


def test_a_new_run_is_queued(api: Api) -> None:
    parent = create(api)

    made = begin(api, parent, given(content=rows())).json

    assert made == {
        "object": "eval.run",
        "id": made["id"],
        "eval_id": parent["id"],
        "report_url": f"https://platform.openai.com/evaluations/{parent['id']}?run_id={made['id']}",
        "status": "queued",
        "model": "",
        "name": "",
        "created_at": 1767225600,
        "result_counts": {"total": 0, "errored": 0, "failed": 0, "passed": 0},
        "per_model_usage": [],
        "per_testing_criteria_results": [],
        "data_source": {"type": "jsonl", "source": given(content=rows())},
        "error": None,
        "metadata": {},
    }


def test_each_look_brings_a_run_further(api: Api) -> None:
    made = begin(api, create(api), given(content=rows())).json

    path = f"/evals/{made['eval_id']}/runs/{made['id']}"
    seen = [api.get(path).json["status"] for _ in range(4)]

    assert list(dict.fromkeys(seen)) == ["in_progress", "completed"]


def test_every_criterion_is_applied_to_every_row(api: Api) -> None:
    parent = create(api, [EXACT, NEAR, CODE])

    made = run(api, parent, given(content=rows(Italy="Roma", Japan="I really don't know")))

    ids = [criterion["id"] for criterion in parent["testing_criteria"]]
    assert made["result_counts"] == {"total": 3, "errored": 0, "failed": 2, "passed": 1}
    assert made["per_testing_criteria_results"] == [
        {"testing_criteria": ids[0], "passed": 1, "failed": 2},
        {"testing_criteria": ids[1], "passed": 1, "failed": 2},
        {"testing_criteria": ids[2], "passed": 2, "failed": 1},
    ]
    outcomes = [[result["passed"] for result in item["results"]] for item in items(api, made)]
    assert outcomes == [[True, True, True], [False, False, True], [False, False, False]]


def test_an_output_item_shows_the_row_the_sample_and_the_results(api: Api) -> None:
    parent = create(api)
    made = run(api, parent, given(content=rows()))

    item = items(api, made)[1]

    assert item["id"].startswith("outputitem_")
    assert item == {
        "object": "eval.run.output_item",
        "id": item["id"],
        "created_at": 1767225615,
        "run_id": made["id"],
        "eval_id": parent["id"],
        "status": "pass",
        "datasource_item_id": 1,
        "datasource_item": {"country": "Italy", "capital": "Rome"},
        "results": [
            {
                "name": parent["testing_criteria"][0]["id"],
                "type": "string_check",
                "passed": True,
                "score": 1.0,
                "sample": None,
            }
        ],
        "sample": item["sample"],
    }
    assert item["sample"]["output"] == [{"role": "assistant", "content": "Rome"}]


def test_a_run_over_completions_asks_the_model(api: Api) -> None:
    answers(api)

    made = run(
        api,
        create(api),
        given(content=[{"item": row["item"]} for row in rows()]),
        "completions",
        model="gpt-4o-mini",
        input_messages=ASKING,
        sampling_params={"temperature": 0.5, "max_completion_tokens": 50},
    )

    assert (made["model"], made["name"]) == ("gpt-4o-mini", "gpt-4o-mini")
    assert made["result_counts"] == {"total": 3, "errored": 0, "failed": 1, "passed": 2}
    sample = items(api, made)[0]["sample"]
    assert sample["input"] == [
        {"role": "developer", "content": "Answer with the capital only."},
        {"role": "user", "content": "Capital of France?"},
    ]
    assert sample["output"] == [{"role": "assistant", "content": "Paris"}]
    assert (sample["temperature"], sample["max_completion_tokens"], sample["seed"]) == (0.5, 50, 42)
    asked = [exchange.request.body for exchange in api.world.journal if exchange.request.path == "/chat/completions"]
    assert [body["max_completion_tokens"] for body in asked] == [50, 50, 50]


def test_usage_adds_up_over_rows_and_graders(api: Api) -> None:
    answers(api)
    judge = {"type": "score_model", "name": "Judge", "model": "gpt-4o", "input": [{"role": "user", "content": "Rate"}]}
    parent = create(api, [EXACT, judge])

    made = run(
        api,
        parent,
        given(content=[{"item": row["item"]} for row in rows()]),
        "completions",
        model="gpt-4o-mini",
        input_messages=ASKING,
    )

    found = items(api, made)
    usage = {each["model_name"]: each for each in made["per_model_usage"]}
    assert usage["gpt-4o-mini-2024-07-18"]["invocation_count"] == 3
    assert usage["gpt-4o-mini-2024-07-18"]["total_tokens"] == sum(
        item["sample"]["usage"]["total_tokens"] for item in found
    )
    assert usage["gpt-4o-2024-08-06"]["total_tokens"] == sum(
        item["results"][1]["sample"]["usage"]["total_tokens"] for item in found
    )


def test_a_run_over_responses_asks_for_responses(api: Api) -> None:
    answers(api)

    made = run(
        api,
        create(api),
        given(content=[{"item": row["item"]} for row in rows()]),
        "responses",
        model="gpt-4o-mini",
        input_messages=ASKING,
        sampling_params={"max_completion_tokens": 50},
    )

    assert made["result_counts"] == {"total": 3, "errored": 0, "failed": 1, "passed": 2}
    asked = [exchange.request.body for exchange in api.world.journal if exchange.request.path == "/responses"]
    assert [body["max_output_tokens"] for body in asked] == [50, 50, 50]


def test_a_run_reads_an_uploaded_file(api: Api) -> None:
    content = "".join(json.dumps(row) + "\n" for row in rows(Japan="Kyoto")).encode()
    files = {"file": [Upload("rows.jsonl", "application/jsonl", content)]}
    file = api.post("/files", {"purpose": "evals"}, files=files).json

    made = run(api, create(api), {"type": "file_id", "id": file["id"]})

    assert made["result_counts"] == {"total": 3, "errored": 0, "failed": 1, "passed": 2}


def test_stored_completions_are_judged_as_they_are_or_anew(api: Api) -> None:
    answers(api)
    for country in CITIES:
        messages = [{"role": "user", "content": f"Capital of {country}?"}]
        body = {"model": "gpt-4o", "messages": messages, "store": True, "metadata": {"topic": "geo"}}
        api.post("/chat/completions", body)
    api.post("/chat/completions", {"model": "gpt-4o", "messages": messages, "store": True})
    check = EXACT | {"reference": "{{item.output}}"}
    parent = create(api, [check], data_source_config={"type": "stored_completions", "metadata": {"topic": "geo"}})
    source = {"type": "stored_completions", "metadata": {"topic": "geo"}, "model": "gpt-4o"}

    old = run(api, parent, source, "completions")
    new = run(
        api,
        parent,
        source | {"limit": 2},
        "completions",
        model="gpt-4o-mini",
        input_messages={"type": "item_reference", "item_reference": "item.input"},
    )

    assert old["result_counts"] == {"total": 3, "errored": 0, "failed": 0, "passed": 3}
    assert new["result_counts"] == {"total": 2, "errored": 0, "failed": 0, "passed": 2}
    assert items(api, old)[0]["sample"]["input"] == [{"role": "user", "content": "Capital of France?"}]
    assert items(api, new)[0]["sample"]["model"] == "gpt-4o-mini-2024-07-18"


def test_stored_responses_are_judged(api: Api) -> None:
    answers(api)
    for country in CITIES:
        asked = {"model": "gpt-4o", "input": f"Capital of {country}?", "instructions": "Be brief."}
        api.post("/responses", asked | {"metadata": {"topic": "geo"}})
    api.post("/responses", asked)
    parent = create(
        api, [EXACT | {"reference": "Paris"}], data_source_config={"type": "logs", "metadata": {"topic": "geo"}}
    )

    made = run(api, parent, {"type": "responses", "instructions_search": "brief"}, "responses")
    none = run(api, parent, {"type": "responses", "instructions_search": "long"}, "responses")

    assert made["result_counts"] == {"total": 3, "errored": 0, "failed": 2, "passed": 1}
    assert items(api, made)[0]["sample"]["input"] == [{"role": "user", "content": "Capital of France?"}]
    assert none["result_counts"]["total"] == 0


WEATHER = {"name": "weather", "parameters": {"type": "object", "properties": {}}}


def test_what_was_called_is_judged_and_found_by_its_tool(api: Api) -> None:
    api.world.rules.on("*", contains="rain").call("weather")
    api.post("/responses", {"model": "gpt-4o", "input": "Will it rain?", "tools": [{"type": "function", **WEATHER}]})
    api.post("/responses", {"model": "gpt-4o", "input": "Hello"})
    asked = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Will it rain?"}], "store": True}
    api.post("/chat/completions", asked | {"tools": [{"type": "function", "function": WEATHER}]})
    code = "def grade(sample, item):\n    return len(sample['output_tools'])\n"
    logs = create(api, [CODE | {"source": code}], data_source_config={"type": "logs"})
    stored = create(api, [CODE | {"source": code}], data_source_config={"type": "stored_completions"})

    called = run(api, logs, {"type": "responses", "tools": ["weather"]}, "responses")
    completed = run(api, stored, {"type": "stored_completions"}, "completions")

    assert called["result_counts"] == completed["result_counts"] == {"total": 1, "errored": 0, "failed": 0, "passed": 1}


@pytest.mark.parametrize("kind", ["completions", "responses"])
@pytest.mark.parametrize("status", [200, 502])
def test_a_page_of_the_gateway_leaves_an_errored_row(api: Api, kind: str, status: int) -> None:
    page = {"status": status, "body": "<html>", "media": "text/html"}
    api.world.rules.add(Rule.read({"when": {"operation": ["chat", "responses"]}, "reply": page}))
    judge = {"type": "score_model", "name": "Judge", "model": "gpt-4o", "input": [{"role": "user", "content": "Rate"}]}
    parent = create(api, [judge])
    asked = given(content=rows()[:1])

    made = run(api, parent, asked, kind, model="gpt-4o-mini", input_messages=ASKING)
    judged = run(api, parent, asked)

    assert made["result_counts"] == judged["result_counts"] == {"total": 1, "errored": 1, "failed": 0, "passed": 0}
    assert items(api, made)[0]["sample"]["error"]["code"] == "server_error"


@pytest.mark.parametrize("asked", [["Hello"], [{"text": "Hello"}], [{"content": 7}], {"text": "Hello"}, 7])
def test_a_row_whose_messages_are_none_leaves_an_errored_row(api: Api, asked: Any) -> None:
    schema = {"type": "object", "properties": {"input": {}}, "required": ["input"]}
    parent = create(api, data_source_config={"type": "custom", "item_schema": schema, "include_sample_schema": True})
    source = given(content=[{"item": {"input": asked}}])
    reference = {"type": "item_reference", "item_reference": "item.input"}

    made = run(api, parent, source, "completions", model="gpt-4o-mini", input_messages=reference)
    judged = run(api, parent, source)

    assert (made["status"], made["result_counts"]["total"]) == ("completed", 1)
    assert judged["result_counts"]["total"] == 1


def test_a_model_that_fails_leaves_an_errored_row(api: Api) -> None:
    answers(api)
    api.world.rules.clear()
    api.world.rules.on("chat", contains="Italy").error("server_error")

    made = run(
        api,
        create(api),
        given(content=[{"item": row["item"]} for row in rows()]),
        "completions",
        model="gpt-4o-mini",
        input_messages=ASKING,
    )

    counts, (exact,) = made["result_counts"], made["per_testing_criteria_results"]
    assert (counts["total"], counts["errored"]) == (3, 1)
    assert exact["passed"] + exact["failed"] == counts["passed"] + counts["failed"] == 2
    failed = items(api, made)[1]
    assert (failed["status"], failed["results"]) == ("error", [])
    assert failed["sample"]["error"]["message"]


def test_a_grader_that_fails_leaves_an_errored_row(api: Api) -> None:
    parent = create(api, [EXACT, CODE | {"source": "def grade(sample, item):\n    return item['nothing']\n"}])

    made = run(api, parent, given(content=rows()))

    assert made["result_counts"] == {"total": 3, "errored": 3, "failed": 0, "passed": 0}
    assert items(api, made)[0]["results"][1]["sample"]["error"]["python_grader_runtime_error"] is True


def test_output_items_are_filtered_and_fetched(api: Api) -> None:
    made = run(api, create(api), given(content=rows(Italy="Milan")))

    passed, failed = items(api, made, "?status=pass"), items(api, made, "?status=fail")

    assert [item["datasource_item_id"] for item in passed] == [0, 2]
    assert [item["datasource_item_id"] for item in failed] == [1]
    path = f"/evals/{made['eval_id']}/runs/{made['id']}/output_items"
    assert api.get(f"{path}/{failed[0]['id']}").json == failed[0]
    assert api.get(f"{path}/nothing").status == 404


def test_a_run_over_many_rows_is_judged_in_parts_and_can_be_cancelled(api: Api) -> None:
    many = [{"item": {"country": str(number)}, "sample": {}} for number in range(250)]
    made = begin(api, create(api), given(content=many)).json
    path = f"/evals/{made['eval_id']}/runs/{made['id']}"
    for _ in range(2):
        api.get(path)

    canceled = api.post(f"{path}/cancel").json

    counts = canceled["result_counts"]
    assert canceled["status"] == "canceled"
    assert (counts["total"], counts["errored"]) == (250, 100)
    api.world.clock.advance(10_000)
    assert api.get(path).json == canceled
    assert api.post(f"{path}/cancel").status == 400


def test_the_old_way_to_cancel_still_works(api: Api) -> None:
    made = begin(api, create(api), given(content=rows())).json

    canceled = api.post(f"/evals/{made['eval_id']}/runs/{made['id']}").json

    assert canceled["status"] == "canceled"


def test_runs_are_listed_by_status_and_deleted(api: Api) -> None:
    parent = create(api)
    done = run(api, parent, given(content=rows()))
    waiting = begin(api, parent, given(content=rows(Japan="Kyoto"))).json
    path = f"/evals/{parent['id']}/runs"

    listed = [each["id"] for each in api.get(path).json["data"]]
    queued = [each["id"] for each in api.get(f"{path}?status=queued").json["data"]]
    deleted = api.delete(f"{path}/{done['id']}").json

    assert listed == [done["id"], waiting["id"]]
    assert queued == [waiting["id"]]
    assert deleted == {"object": "eval.run.deleted", "deleted": True, "run_id": done["id"]}
    assert api.get(f"{path}/{done['id']}/output_items").status == 404


def test_runs_die_with_their_eval(api: Api) -> None:
    parent = create(api)
    made = begin(api, parent, given(content=rows())).json

    api.delete(f"/evals/{parent['id']}")
    api.world.clock.advance(1000)

    assert api.get(f"/evals/{parent['id']}/runs/{made['id']}").status == 404


@pytest.mark.parametrize(
    ("data", "param"),
    [
        ({"source": {"type": "file_id", "id": "file-nothing"}}, "data_source.source.id"),
        ({"source": given(content=[{"item": {"country": 7}}])}, "data_source.source.content[0].item"),
        ({"type": "completions", "source": given(content=rows())}, "data_source.model"),
        (
            {"type": "completions", "source": given(content=rows()), "model": "gpt-4o"},
            "data_source.input_messages",
        ),
        (
            {"type": "completions", "source": given(content=rows()), "model": "gpt-no", "input_messages": ASKING},
            "model",
        ),
    ],
)
def test_a_run_that_could_never_work_is_refused(api: Api, data: Any, param: str) -> None:
    parent = create(api)
    whole = {"type": "jsonl"} | data
    whole["source"] = json.loads(json.dumps(whole["source"]))
    for row in whole["source"].get("content", ()):
        row.pop("sample", None)

    answer = api.post(f"/evals/{parent['id']}/runs", {"data_source": whole})

    assert (answer.status, answer.error["param"]) == (400, param), answer.json


def test_a_file_that_cannot_be_read_fails_the_run(api: Api) -> None:
    files = {"file": [Upload("rows.jsonl", "application/jsonl", b'{"country": "France"}\n')]}
    file = api.post("/files", {"purpose": "evals"}, files=files).json

    made = run(api, create(api), {"type": "file_id", "id": file["id"]})

    assert made["status"] == "failed"
    assert made["error"]["code"] == "invalid_jsonl"


def test_all_replies_have_the_shape_that_the_client_expects(api: Api) -> None:
    parent = create(api, [EXACT, NEAR, CODE])
    made = run(api, parent, given(content=rows(Italy="Roma")))
    item = items(api, made)[0]
    start = f"/evals/{parent['id']}"
    paths = {
        "GET /evals": "/evals",
        "GET /evals/{eval_id}": start,
        "GET /evals/{eval_id}/runs": f"{start}/runs",
        "GET /evals/{eval_id}/runs/{run_id}": f"{start}/runs/{made['id']}",
        "GET /evals/{eval_id}/runs/{run_id}/output_items": f"{start}/runs/{made['id']}/output_items",
        "GET /evals/{eval_id}/runs/{run_id}/output_items/{output_item_id}": (
            f"{start}/runs/{made['id']}/output_items/{item['id']}"
        ),
    }

    checker = Checker(types())
    faults = {name: checker.reply_errors(OPERATIONS[name], api.get(path).json) for name, path in paths.items()}

    assert not any(faults.values()), faults


def test_the_official_client_runs_an_eval(client: OpenAI) -> None:
    lines = "".join(json.dumps(row) + "\n" for row in rows(Japan="Kyoto")).encode()
    file = client.files.create(file=("rows.jsonl", BytesIO(lines)), purpose="evals")
    made = client.evals.create(
        name="Capitals",
        data_source_config={"type": "custom", "item_schema": SCHEMA, "include_sample_schema": True},
        testing_criteria=[
            {
                "type": "string_check",
                "name": "Exact",
                "input": "{{sample.output_text}}",
                "reference": "{{item.capital}}",
                "operation": "eq",
            }
        ],
    )
    started = client.evals.runs.create(
        made.id, data_source={"type": "jsonl", "source": {"type": "file_id", "id": file.id}}
    )
    status = started.status
    while status not in {"completed", "failed"}:
        status = client.evals.runs.retrieve(started.id, eval_id=made.id).status

    done = client.evals.runs.retrieve(started.id, eval_id=made.id)
    found = [item.status for item in client.evals.runs.output_items.list(done.id, eval_id=made.id)]

    assert (done.result_counts.passed, done.result_counts.failed) == (2, 1)
    assert found == ["pass", "pass", "fail"]
