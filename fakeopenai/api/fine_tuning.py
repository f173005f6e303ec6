"""Fine-tuning: jobs with their events and checkpoints, who may use a checkpoint, and graders on their own."""

from __future__ import annotations

import re
from math import ceil

from fakeopenai import access, errors, filing, graders, lessons, models, training
from fakeopenai.api import training_files
from fakeopenai.api.training_files import File
from fakeopenai.clock import Course, Stage
from fakeopenai.errors import ApiError
from fakeopenai.graders import Grade
from fakeopenai.ids import timed_b62
from fakeopenai.models import Model
from fakeopenai.resource import Resource, Routes, page
from fakeopenai.wire import Call, Json, Object, Reply, Request
from fakeopenai.world import World

routes = Routes()

JOBS = "/fine_tuning/jobs"
PLANS = "/fine_tuning/plans"
"""The drawer of how each job's training goes, and how far it is."""
PAUSED = "/fine_tuning/paused"
"""The drawer of what paused jobs go on with."""
CANCELLED = "The job has been cancelled"
OVER = frozenset({"succeeded", "failed", "cancelled"})
CHECKPOINTS_KEPT = 3
"""The last epochs whose checkpoints are kept."""
TRIED = 4
"""The examples on which a grader judges the model before it is reinforced."""

TUNABLE = {
    "supervised": re.compile(
        r"gpt-3\.5-turbo(-\d{4})?|gpt-4-0613|(gpt-4o|gpt-4o-mini|gpt-4\.1|gpt-4\.1-mini|gpt-4\.1-nano)(-20[\d-]+)?"
        r"|babbage-002|davinci-002"
    ),
    "dpo": re.compile(r"(gpt-4o|gpt-4o-mini|gpt-4\.1|gpt-4\.1-mini|gpt-4\.1-nano)(-20[\d-]+)?"),
    "reinforcement": re.compile(r"(o4-mini|gpt-5)(-20[\d-]+)?"),
}

jobs = Resource(
    "/fine_tuning/jobs/{fine_tuning_job_id}",
    missing="Could not find fine tune: {id}",
    missing_param="fine_tune_id",
    missing_code="fine_tune_not_found",
    filters=("metadata",),
)
events = Resource("/fine_tuning/jobs/{fine_tuning_job_id}/events/{event_id}", parent=jobs)
job_checkpoints = Resource("/fine_tuning/jobs/{fine_tuning_job_id}/checkpoints/{checkpoint_id}", parent=jobs)
checkpoints = Resource(
    "/fine_tuning/checkpoints/{fine_tuned_model_checkpoint}",
    missing="Could not find checkpoint: {id}",
    missing_param="fine_tuned_model_checkpoint",
)
permissions = routes.resource(
    "/fine_tuning/checkpoints/{fine_tuned_model_checkpoint}/permissions/{permission_id}",
    object="checkpoint.permission",
    prefix="cp_",
    deleted="checkpoint.permission",
    missing="Could not find permission: {id}",
    missing_param="permission_id",
    filters=("project_id",),
    parent=checkpoints,
)
routes["GET /fine_tuning/jobs/{fine_tuning_job_id}"] = jobs.retrieve
routes["GET /fine_tuning/jobs/{fine_tuning_job_id}/checkpoints"] = job_checkpoints.list


@routes.on("POST /fine_tuning/jobs")
def create(call: Call) -> Reply:
    body = call.body
    method = _method(body)
    model = _base(call.world, body["model"], method["type"])
    if method["type"] == "reinforcement":
        graders.check(call.world, method["reinforcement"]["grader"], "method.reinforcement.grader")
    for param in ("training_file", "validation_file"):
        _check_file(call.world, body.get(param), param)
    job = {
        "object": "fine_tuning.job",
        "id": call.names.new("ftjob-"),
        "model": _name_of(model),
        "created_at": int(call.world.clock.now),
        "finished_at": None,
        "fine_tuned_model": None,
        "organization_id": access.organization_id(call.world),
        "result_files": [],
        "status": "validating_files",
        "validation_file": body.get("validation_file"),
        "training_file": body["training_file"],
        "hyperparameters": None,
        "trained_tokens": None,
        "error": {},
        "user_provided_suffix": body.get("suffix"),
        "seed": body["seed"] if body.get("seed") is not None else call.names.number(2**31),
        "estimated_finish": None,
        "integrations": body.get("integrations") or [],
        "metadata": body.get("metadata"),
        "usage_metrics": None,
        "shared_with_openai": False,
        "eval_id": None,
        "method": method,
    }
    _set_hyperparameters(job, method[method["type"]]["hyperparameters"])
    call.world.drawer(JOBS).put(job)
    _begin(call.world, job)
    return Reply(job)


def _method(body: Object) -> Object:
    """The method as the job shows it, with `auto` for what isn't given."""
    asked = body.get("method") or {"type": "supervised"}
    kind = asked["type"]
    own = asked.get(kind) or {}
    if kind == "reinforcement" and "grader" not in own:
        raise errors.missing("method.reinforcement.grader")
    given = {**(body.get("hyperparameters") or {}), **(own.get("hyperparameters") or {})}
    names = {
        "supervised": ("n_epochs", "batch_size", "learning_rate_multiplier"),
        "dpo": ("n_epochs", "batch_size", "learning_rate_multiplier", "beta"),
        "reinforcement": (
            *("n_epochs", "batch_size", "learning_rate_multiplier", "compute_multiplier"),
            *("eval_interval", "eval_samples", "reasoning_effort"),
        ),
    }[kind]
    default = {name: "default" if name == "reasoning_effort" else "auto" for name in names}
    shown = default | {name: value for name, value in given.items() if name in names and value is not None}
    return {"type": kind, kind: own | {"hyperparameters": shown}}


def _base(world: World, name: str, method: str) -> Model:
    """The model to start from: one that can be tuned so, or a fine-tuned one of this world."""
    model = world.model(name)
    root = name.split(":")[1] if name.startswith("ft:") else name
    if model is None or not (TUNABLE[method].fullmatch(root) or world.settings.any_model):
        message = f"Model {name} is not available for fine-tuning or does not exist."
        raise errors.invalid(message, code="model_not_available")
    return model


def _name_of(model: Model) -> str:
    """Jobs name the snapshot; those of the base models go by their short names."""
    return model.id if model.kind == "completion" else model.snapshot


def _check_file(world: World, id: str | None, param: str) -> None:
    if id is None:
        return
    file = filing.find_file(world, id)
    if file is None:
        raise errors.invalid(f"invalid {param}: {id}", param)
    if file["purpose"] != "fine-tune":
        raise errors.invalid(f"File '{id}' has purpose '{file['purpose']}', but must have 'fine-tune'.", param)


def _begin(world: World, job: Object) -> None:
    _tell(world, job, f"Created fine-tuning job: {job['id']}")
    also = f" and validation file: {job['validation_file']}" if job["validation_file"] else ""
    _tell(world, job, f"Validating training file: {job['training_file']}{also}")
    world.clock.begin("fine-tuning", JOBS, job)


def _set_hyperparameters(job: Object, values: Object) -> None:
    kind = job["method"]["type"]
    job["method"][kind]["hyperparameters"] = values
    job["hyperparameters"] = values if kind == "supervised" else None


def _tell(world: World, job: Object, message: str, level: str = "info", **more: Json) -> None:
    """Add an event."""
    drawer = world.drawer(f"{JOBS}/{job['id']}/events")
    event = {
        "object": "fine_tuning.job.event",
        "id": world.names(f"{drawer.path} {len(drawer)}").new("ftevent-"),
        "created_at": int(world.clock.now),
        "level": level,
        "message": message,
        "data": {},
        "type": "message",
    }
    drawer.put(event | more)


@routes.on("GET /fine_tuning/jobs")
def list_jobs(call: Call) -> Reply:
    return Reply(_plain(page(call, jobs.drawer(call), jobs)))


@routes.on("GET /fine_tuning/jobs/{fine_tuning_job_id}/events")
def list_events(call: Call) -> Reply:
    drawer = events.drawer(call)
    call.world.clock.poll(JOBS, call.path["fine_tuning_job_id"])
    return Reply(_plain(page(call, drawer, events)))


def _plain(listed: Object) -> Object:
    """These lists don't say where they begin and end (recorded)."""
    return {name: listed[name] for name in ("object", "data", "has_more")}


@routes.on("POST /fine_tuning/jobs/{fine_tuning_job_id}/cancel")
def cancel(call: Call) -> Reply:
    job = _stopped(call, "cancel", "cancelled", CANCELLED)
    call.world.clock.leave(JOBS, job["id"])
    call.world.drawer(PAUSED).delete(job["id"])
    return Reply(job)


@routes.on("POST /fine_tuning/jobs/{fine_tuning_job_id}/pause")
def pause(call: Call) -> Reply:
    job = _stopped(call, "pause", "paused", "The job has been paused")
    call.world.drawer(PAUSED).put(call.world.clock.halt("fine-tuning", JOBS, job["id"]))
    return Reply(job)


@routes.on("POST /fine_tuning/jobs/{fine_tuning_job_id}/resume")
def resume(call: Call) -> Reply:
    job = jobs.find(call)
    if job["status"] != "paused":
        raise errors.invalid(f'Cannot resume a job {job["id"]} that has status "{job["status"]}".')
    validated = job["id"] in call.world.drawer(PLANS)
    job["status"] = "queued" if validated else "validating_files"
    call.world.drawer(JOBS).put(job)
    _tell(call.world, job, "The job has been resumed")
    halted = call.world.drawer(PAUSED).get(job["id"]) or {}
    call.world.drawer(PAUSED).delete(job["id"])
    call.world.clock.go_on(halted, job, STAGES.index(START) if validated else 0)
    return Reply(job)


def _stopped(call: Call, verb: str, status: str, message: str) -> Object:
    """Let a job be in the status that stops it; what is over can't be stopped."""
    job = jobs.find(call)
    if job["status"] in OVER or job["status"] == status:
        raise errors.invalid(f'Cannot {verb} a job {job["id"]} that already has status "{job["status"]}".')
    job |= {"status": status, "estimated_finish": None}
    call.world.drawer(JOBS).put(job)
    _tell(call.world, job, message)
    return job


# The stages


def _validate(world: World, job: Object) -> None:
    """Read the files, and plan the training."""
    model = _model_of(world, job)
    file = _file(world, job, "training_file")
    found = training_files.examples(file, model)
    if job["validation_file"]:
        training_files.examples(_file(world, job, "validation_file"), model)
    kind = job["method"]["type"]
    values = training.resolved(job["method"][kind]["hyperparameters"], kind, len(found), model)
    _set_hyperparameters(job, values)
    for example in found if kind != "reinforcement" else ():
        for lesson in training_files.lessons(example, model):
            lessons.teach(world, job["id"], lesson.messages, lesson.answer, lesson.refusal)
    plan = {
        "data": training.digest(file.content),
        "seed": job["seed"],
        "epochs": values["n_epochs"],
        "steps_per_epoch": ceil(len(found) / values["batch_size"]),
        "validated": job["validation_file"] is not None,
        "method": kind,
        "reward": 0.0,
    }
    counted = sum(training_files.size(example, model) for example in found)
    tried = found[:TRIED] if kind == "reinforcement" else []
    world.drawer(PLANS).put({"id": job["id"], "course": plan, "epoch": 0, "tokens": counted, "tried": tried})
    _tell(world, job, "Files validated, moving job to queued state")


def _file(world: World, job: Object, param: str) -> File:
    found = filing.blob(world, job[param])
    if not found:
        raise training_files.deleted(param)
    return File(job[param], found.content, param, job["method"]["type"])


def _model_of(world: World, job: Object) -> Model:
    return world.model(job["model"]) or models.assume(job["model"])


def _start(world: World, job: Object) -> None:
    plan = _plan(world, job)
    if plan["epoch"] == 0:
        _tell(world, job, "Fine-tuning job started", data=None)
    if plan["tried"]:
        _try(world, job, plan)
    left = plan["course"]["epochs"] - plan["epoch"]
    job["estimated_finish"] = int(world.clock.now + left * _epoch_time(world, job)) + FINISHING


def _try(world: World, job: Object, plan: Object) -> None:
    """Let the grader judge what the model says before it is reinforced; one that never can fails the job."""
    grades = [grade for example in plan["tried"] if (grade := _graded(world, job, example))]
    if grades and all(grade.failed for grade in grades):
        raise _no_grades(grades[0])
    usage: dict[str, Object] = {}
    for grade in grades:
        graders.add_usage(usage, grade.usage)
    earned = sum(grade.score for grade in grades) / max(len(grades), 1)
    plan["course"]["reward"] = min(1.0, max(0.0, earned))
    world.drawer(PLANS).put(plan | {"tried": [], "usage": usage})


def _graded(world: World, job: Object, example: Object) -> Grade | None:
    """What the answer to an example is worth; nothing if the model doesn't answer."""
    method = job["method"]["reinforcement"]
    asked = {name: example[name] for name in training_files.CHAT_KEYS if name in example}
    form = {"response_format": method["response_format"]} if "response_format" in method else {}
    body = {"model": job["model"]} | asked | form
    reply = world.answer(Request("POST", "/chat/completions", body=body, key=f"sk-{world.name}"))
    answered = graders.body_of(reply)
    if reply.status != 200 or "choices" not in answered:
        return None
    message = answered["choices"][0]["message"]
    item = {name: value for name, value in example.items() if name != "messages"}
    said = graders.sample(message["content"] or "", message.get("tool_calls") or ())
    return graders.grade(world, method["grader"], item, said)


def _no_grades(grade: Grade) -> ApiError:
    fault = next(name for name, value in grade.errors.items() if value is True)
    message = f"The job failed because the grader could not grade any of the examples that were tried ({fault})."
    return errors.invalid(message, "method.reinforcement.grader", "invalid_grader")


def _train(world: World, job: Object) -> None:
    """One epoch: its steps are logged, and at its end the model is kept if it is among the last."""
    plan = _plan(world, job)
    course = training.Course(**plan["course"])
    if plan["epoch"] >= course.epochs:
        return
    plan["epoch"] += 1
    world.drawer(PLANS).put(plan)
    for step in course.logged(plan["epoch"]):
        metrics = course.metrics(step)
        data = metrics | {"total_steps": course.steps}
        _tell(world, job, training.told(metrics, course.steps), data=data, type="metrics")
    if course.epochs - CHECKPOINTS_KEPT < plan["epoch"] < course.epochs:
        step = plan["epoch"] * course.steps_per_epoch
        _tell(world, job, f"Checkpoint created at step {step}")
        _keep_checkpoint(world, job, course, step, _new_name(world, job, f":ckpt-step-{step}"))


def _more(world: World, job: Object) -> bool:
    plan = _plan(world, job)
    return bool(plan["epoch"] < plan["course"]["epochs"])


def _finish(world: World, job: Object) -> None:
    plan = _plan(world, job)
    course = training.Course(**plan["course"])
    name = _new_name(world, job)
    _keep_checkpoint(world, job, course, course.steps, name)
    logged = [course.metrics(step) for epoch in range(1, course.epochs + 1) for step in course.logged(epoch)]
    content, names = training.table(logged), world.names(f"{job['id']}/result")
    result = filing.keep_file(world, names, content, filename="step_metrics.csv", purpose="fine-tune-results")
    job |= {
        "fine_tuned_model": name,
        "result_files": [result["id"]],
        "trained_tokens": plan["tokens"] * course.epochs,
        "estimated_finish": None,
    }
    if course.method == "reinforcement":
        seconds = int(world.clock.now) - job["created_at"]
        used = {"model_grader_token_usage_per_model": plan.get("usage") or {}}
        job["usage_metrics"] = {"type": "reinforcement", "training_time_seconds": seconds} | used
    _tell(world, job, "New fine-tuned model created")
    _tell(world, job, "The job has successfully completed")


def _new_name(world: World, job: Object, ending: str = "") -> str:
    """As `ft:gpt-4o-mini-2024-07-18:personal:suffix:C4ZiCljE`; the last part begins with the time (recorded)."""
    base: str = job["model"]
    root = base.split(":")[1] if base.startswith("ft:") else base
    suffix = re.sub(r"[^a-z0-9-]+", "-", (job["user_provided_suffix"] or "").lower()).strip("-")
    own = world.names(f"{job['id']}/model{ending}").new("", timed_b62(8))
    return f"ft:{root}:personal:{suffix}:{own}{ending}"


def _keep_checkpoint(world: World, job: Object, course: training.Course, step: int, name: str) -> None:
    """Keep the model as it is after a step, as a checkpoint and as a model that can be used."""
    names, now = world.names(f"{job['id']}/checkpoint {step}"), int(world.clock.now)
    checkpoint = {
        "object": "fine_tuning.job.checkpoint",
        "id": names.new("ftckpt_"),
        "created_at": now,
        "fine_tuned_model_checkpoint": name,
        "fine_tuning_job_id": job["id"],
        "metrics": course.metrics(step) | {"type": course.method},
        "step_number": step,
    }
    world.drawer(f"{JOBS}/{job['id']}/checkpoints").put(checkpoint)
    world.drawer(checkpoints.collection).put({"id": name})
    keep_model(world, name, job["id"], job["model"])


def keep_model(world: World, name: str, job: str, base: str) -> None:
    """Let a new model be listed, used and deleted."""
    owner = access.owner_id(world).lower()
    model = {"id": name, "object": "model", "created": int(world.clock.now), "owned_by": owner}
    world.drawer("/models").put(model)
    lessons.enrol(world, name, job, base)


def _fail(world: World, job: Object, error: ApiError) -> None:
    told = {"code": error.code or "server_error", "param": error.param, "message": error.message}
    job |= {"status": "failed", "error": told, "estimated_finish": None}
    _tell(world, job, error.message, "error")


def _cancel(world: World, job: Object) -> None:
    job["estimated_finish"] = None
    _tell(world, job, CANCELLED)


def _plan(world: World, job: Object) -> Object:
    plan = world.drawer(PLANS).get(job["id"])
    assert plan is not None, "a job that is trained has its plan"
    return plan


FINISHING = 30
"""Seconds from the last epoch to the finished model."""


def _epoch_time(world: World, job: Object) -> float:
    return float(10 + min(600, 2 * _plan(world, job)["course"]["steps_per_epoch"]))


START = Stage("running", 5, enter=_start)
STAGES = (
    Stage("queued", 60, enter=_validate),
    START,
    Stage("running", _epoch_time, enter=_train, again=_more),
    Stage("succeeded", FINISHING, stamp="finished_at", enter=_finish),
)
routes.courses.append(Course("fine-tuning", STAGES, fail=_fail, cancel=Stage("cancelled", enter=_cancel)))


# Checkpoints and graders


@routes.on("POST /fine_tuning/checkpoints/{fine_tuned_model_checkpoint}/permissions")
def permit(call: Call) -> Reply:
    """Let projects use a checkpoint."""
    made = [permissions.add(call, project_id=project) for project in call.body["project_ids"]]
    return Reply({"object": "list", "data": made, "has_more": False})


@routes.on("POST /fine_tuning/alpha/graders/validate")
def validate_grader(call: Call) -> Reply:
    graders.check(call.world, call.body["grader"], "grader")
    return Reply({"grader": call.body["grader"]})


@routes.on("POST /fine_tuning/alpha/graders/run")
def run_grader(call: Call) -> Reply:
    grader = call.body["grader"]
    graders.check(call.world, grader, "grader")
    found = graders.grade(call.world, grader, call.body.get("item") or {}, graders.sample(call.body["model_sample"]))
    spent = sum(counts["total_tokens"] for counts in found.usage.values())
    return Reply(
        {
            "reward": found.score,
            "metadata": {
                "name": grader["name"],
                "type": grader["type"],
                "errors": graders.ERRORS | found.errors,
                "execution_time": (1 + call.names.number(4000, "time")) / 1000,
                "scores": dict(found.parts),
                "token_usage": spent if found.usage else None,
                "sampled_model_name": next(iter(found.usage), None),
            },
            "sub_rewards": dict(found.parts),
            "model_grader_token_usage_per_model": dict(found.usage),
        }
    )
