"""Evals: criteria for what models say, runs that apply them row by row, and what came out for each row."""

from __future__ import annotations

from itertools import islice

import jsonschema_rs

from fakeopenai import errors, filing, graders
from fakeopenai.api import eval_rows
from fakeopenai.clock import Course, Stage
from fakeopenai.errors import ApiError
from fakeopenai.ids import uuid
from fakeopenai.resource import Routes, page, remove
from fakeopenai.wire import Call, Json, Object, Reply
from fakeopenai.world import World

routes = Routes()

BY_UPDATE = "/evals/by_update"
"""The drawer of all evals, the one updated last at its end."""
SLICE = 100
"""How many rows are judged at most before the run can be looked at again."""
OVER = frozenset({"completed", "failed", "canceled"})

evals = routes.resource(
    "/evals/{eval_id}",
    object="eval",
    prefix="eval_",
    missing="No eval found with id '{id}'.",
    missing_param="eval_id",
    order="asc",
)
runs = routes.resource(
    "/evals/{eval_id}/runs/{run_id}",
    object="eval.run",
    missing="No eval run found with id '{id}'.",
    missing_param="run_id",
    filters=("status",),
    order="asc",
    parent=evals,
)
output_items = routes.resource(
    "/evals/{eval_id}/runs/{run_id}/output_items/{output_item_id}",
    missing="No output item found with id '{id}'.",
    missing_param="output_item_id",
    filters=("status",),
    order="asc",
    parent=runs,
)


@routes.on("POST /evals")
def create(call: Call) -> Reply:
    body = call.body
    criteria = [_criterion(call, criterion, place) for place, criterion in enumerate(body["testing_criteria"])]
    item: Object = {
        "object": "eval",
        "id": call.names.new("eval_"),
        "data_source_config": _source_config(body["data_source_config"]),
        "testing_criteria": criteria,
        "name": body.get("name") or "",
        "created_at": int(call.world.clock.now),
        "metadata": body.get("metadata") or {},
    }
    evals.drawer(call).put(item)
    call.world.drawer(BY_UPDATE).put(item)
    return Reply(item)


def _criterion(call: Call, criterion: Object, place: int) -> Object:
    """A grader as evals keep it: with an id of its own, its messages in their full form."""
    graders.check(call.world, criterion, f"testing_criteria[{place}]")
    kept = criterion | {"id": f"{criterion['name']}-{uuid(call.names)}"}
    if "input" in kept and not isinstance(kept["input"], str):
        kept["input"] = [_message(message) for message in kept["input"]]
    return kept


def _message(message: Object) -> Object:
    content = message["content"]
    part = {"type": "input_text", "text": content} if isinstance(content, str) else content
    return {"type": "message", "role": message["role"], "content": part}


def _source_config(asked: Object) -> Object:
    """Where rows come from, with the schema of what templates can name."""
    custom = asked["type"] == "custom"
    item: Json = {"type": "object"}
    if custom:
        item = asked["item_schema"]
        _check_schema(item)
    schema: Object = {"type": "object", "properties": {"item": item}, "required": ["item"]}
    if not custom or asked.get("include_sample_schema"):
        schema["properties"]["sample"] = {"type": "object"}
        schema["required"] = ["item", "sample"]
    about = {} if custom else {"metadata": asked.get("metadata") or {}}
    return {"type": asked["type"], **about, "schema": schema}


def _check_schema(schema: Json) -> None:
    try:
        jsonschema_rs.validator_for(schema)
    except ValueError as fault:
        told = str(fault).splitlines()[0]
        raise errors.invalid(
            f"Invalid JSON schema: {told}", "data_source_config.item_schema", "invalid_schema"
        ) from fault


@routes.on("GET /evals")
def list_evals(call: Call) -> Reply:
    by_update = call.query.get("order_by") == "updated_at"
    return Reply(page(call, call.world.drawer(BY_UPDATE if by_update else evals.collection), evals))


@routes.on("POST /evals/{eval_id}")
def update(call: Call) -> Reply:
    given = {name: value for name, value in call.body.items() if value is not None}
    item = evals.find(call) | given
    evals.drawer(call).put(item)
    order = call.world.drawer(BY_UPDATE)
    order.delete(item["id"])
    order.put(item)
    return Reply(item)


@routes.on("DELETE /evals/{eval_id}")
def delete(call: Call) -> Reply:
    id = evals.find(call)["id"]
    for run in call.world.drawer(f"/evals/{id}/runs").ids():
        _clear(call.world, run)
    remove(call, evals.drawer(call), id)
    call.world.drawer(BY_UPDATE).delete(id)
    return Reply({"object": "eval.deleted", "deleted": True, "eval_id": id})


@routes.on("POST /evals/{eval_id}/runs")
def create_run(call: Call) -> Reply:
    parent, data = evals.find(call), call.body["data_source"]
    _check_data(call.world, parent, data)
    id, model = call.names.new("evalrun_"), data.get("model") or ""
    run: Object = {
        "object": "eval.run",
        "id": id,
        "eval_id": parent["id"],
        "report_url": f"https://platform.openai.com/evaluations/{parent['id']}?run_id={id}",
        "status": "queued",
        "model": model,
        "name": call.body.get("name") or model,
        "created_at": int(call.world.clock.now),
        "result_counts": dict.fromkeys(("total", "errored", "failed", "passed"), 0),
        "per_model_usage": [],
        "per_testing_criteria_results": [],
        "data_source": data,
        "error": None,
        "metadata": call.body.get("metadata") or {},
    }
    drawer = runs.drawer(call)
    drawer.put(run)
    call.world.clock.begin("eval run", drawer.path, run)
    return Reply(run)


def _check_data(world: World, parent: Object, data: Object) -> None:
    """Refuse a source that could never be run."""
    source = data["source"]
    if source["type"] == "file_id" and filing.find_file(world, source["id"]) is None:
        raise errors.invalid(f"No such File object: {source['id']}", "data_source.source.id")
    if data["type"] != "jsonl" and source["type"] in {"file_id", "file_content"}:
        for name in ("model", "input_messages"):
            if not data.get(name):
                raise errors.missing(f"data_source.{name}")
    if data.get("model") and world.model(data["model"]) is None:
        raise errors.requested_model_not_found(data["model"])
    for place, row in enumerate(source["content"] if source["type"] == "file_content" else ()):
        _check_row(parent, row, f"data_source.source.content[{place}].item")


def _check_row(parent: Object, row: Object, where: str) -> None:
    config = parent["data_source_config"]
    fault = eval_rows.unfit(row["item"], config["schema"]["properties"]["item"]) if config["type"] == "custom" else ""
    if fault:
        raise errors.invalid(f"Invalid '{where}': {fault}", where, "invalid_item")


@routes.on("DELETE /evals/{eval_id}/runs/{run_id}")
def delete_run(call: Call) -> Reply:
    id = runs.find(call)["id"]
    remove(call, runs.drawer(call), id)
    _clear(call.world, id)
    return Reply({"object": "eval.run.deleted", "deleted": True, "run_id": id})


@routes.on("POST /evals/{eval_id}/runs/{run_id}/cancel", "POST /evals/{eval_id}/runs/{run_id}")
def cancel(call: Call) -> Reply:
    """Stop a run; what has been judged stays. The second path is the one of 2025."""
    run, drawer = runs.find(call), runs.drawer(call)
    if run["status"] in OVER:
        raise errors.invalid(f"Cannot cancel run with status '{run['status']}'.")
    run["status"] = "canceled"
    drawer.put(run)
    call.world.clock.leave(drawer.path, run["id"])
    _clear(call.world, run["id"])
    return Reply(run)


# The stages


def _gather(world: World, run: Object) -> None:
    """Put aside the rows that are to be judged."""
    parent, waiting = _eval(world, run), world.drawer(_waiting(run["id"]))
    for number, row in enumerate(eval_rows.rows(world, _source(parent, run))):
        _check_row(parent, row, f"line {number + 1}")
        waiting.put(row, f"{number}")
        run["result_counts"]["total"] += 1
    run["per_testing_criteria_results"] = [
        {"testing_criteria": criterion["id"], "passed": 0, "failed": 0} for criterion in parent["testing_criteria"]
    ]


def _source(parent: Object, run: Object) -> Object:
    """Where the rows come from: of what is stored, only what has the metadata that the eval and the run ask for."""
    source: Object = run["data_source"]["source"]
    asked = parent["data_source_config"].get("metadata")
    return source | {"metadata": asked | (source.get("metadata") or {})} if asked else source


def _judge_some(world: World, run: Object) -> None:
    waiting = world.drawer(_waiting(run["id"]))
    criteria = _eval(world, run)["testing_criteria"]
    for number in list(islice(waiting.ids(), SLICE)):
        _judge(world, run, criteria, int(number), waiting.get(number) or {})
        waiting.delete(number)


def _judge(world: World, run: Object, criteria: list[Object], number: int, row: Object) -> None:
    """Let the model answer a row, apply the criteria, and count."""
    said = eval_rows.sampled(world, run["data_source"], row)
    judged = eval_rows.judged(world, criteria, row["item"], said)
    for place, (_, grade) in enumerate(judged):
        if not grade.failed:
            run["per_testing_criteria_results"][place]["passed" if grade.passed else "failed"] += 1
        _count(run, grade.usage)
    _count(run, said.usage)
    status = _status(said, [grade for _, grade in judged])
    run["result_counts"][{"pass": "passed", "fail": "failed", "error": "errored"}[status]] += 1
    item = {
        "object": "eval.run.output_item",
        "id": world.names(f"{run['id']}/{number}").new("outputitem_"),
        "created_at": int(world.clock.now),
        "run_id": run["id"],
        "eval_id": run["eval_id"],
        "status": status,
        "datasource_item_id": number,
        "datasource_item": row["item"],
        "results": [result for result, _ in judged],
        "sample": said.shown,
    }
    world.drawer(f"/evals/{run['eval_id']}/runs/{run['id']}/output_items").put(item)


def _status(said: eval_rows.Sampled, grades: list[graders.Grade]) -> str:
    if said.failed or any(grade.failed for grade in grades):
        return "error"
    return "pass" if all(grade.passed for grade in grades) else "fail"


def _count(run: Object, usage: Json) -> None:
    for model, counts in usage.items():
        listed = run["per_model_usage"]
        known = next((each for each in listed if each["model_name"] == model), None)
        if known is None:
            known = {"model_name": model, "invocation_count": 0, **dict.fromkeys(counts, 0)}
            listed.append(known)
        known["invocation_count"] += 1
        for name, number in counts.items():
            known[name] += number


def _has_more(world: World, run: Object) -> bool:
    return bool(len(world.drawer(_waiting(run["id"]))))


def _fail(world: World, run: Object, error: ApiError) -> None:
    code = error.code or ("server_error" if error.status >= 500 else "invalid_request")
    run |= {"status": "failed", "error": {"code": code, "message": error.message}}
    _clear(world, run["id"])


def _cancel(world: World, run: Object) -> None:
    _clear(world, run["id"])


def _eval(world: World, run: Object) -> Object:
    found = world.drawer(evals.collection).get(run["eval_id"])
    assert found is not None, "runs die with their eval"
    return found


def _waiting(run: str) -> str:
    """The drawer of the rows that a run has still to judge."""
    return f"/evals/waiting/{run}"


def _clear(world: World, run: str) -> None:
    waiting = world.drawer(_waiting(run))
    for number in list(waiting.ids()):
        waiting.delete(number)


routes.courses.append(
    Course(
        "eval run",
        (
            Stage("in_progress", 5, enter=_gather),
            Stage("in_progress", 10, enter=_judge_some, again=_has_more),
            Stage("completed", 5),
        ),
        fail=_fail,
        cancel=Stage("canceled", enter=_cancel),
    )
)
