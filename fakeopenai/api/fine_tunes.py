"""Legacy fine-tunes (2021-2023): base models trained on prompts and completions, told in the old API's words.

Shapes are those of recorded traffic. Of the texts of events the first and "Fine-tune cancelled" are recorded; those of
the work itself are of the old reference, whose "Job started." later sessions have as "Fine-tune started".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from math import ceil

from fakeopenai import access, errors, filing, lessons, models, training
from fakeopenai.api import training_files
from fakeopenai.api.fine_tuning import keep_model
from fakeopenai.api.training_files import File
from fakeopenai.clock import Course, Stage
from fakeopenai.errors import ApiError
from fakeopenai.models import Model
from fakeopenai.resource import Resource, Routes
from fakeopenai.rules.outcome import AT_ONCE
from fakeopenai.wire import DONE, WAIT, Call, Event, Json, Object, Reply
from fakeopenai.world import World

routes = Routes()

FINE_TUNES = "/fine-tunes"
PLANS = "/fine-tunes/plans"
BASES = {"ada": 0.0004, "babbage": 0.0006, "curie": 0.003, "davinci": 0.03}
"""The models that can be tuned, and what a thousand tokens of training cost in dollars (the price list of 2023)."""
OVER = frozenset({"succeeded", "failed", "cancelled"})
CLASSIFYING = ("classification_n_classes", "classification_positive_class", "classification_betas")

fine_tunes = Resource(
    "/fine-tunes/{fine_tune_id}",
    object="fine-tune",
    deleted="fine-tune",
    missing="No fine-tune job: {id}",
    missing_param="id",
)
routes["GET /fine-tunes/{fine_tune_id}"] = fine_tunes.retrieve
routes["DELETE /fine-tunes/{fine_tune_id}"] = fine_tunes.delete


@routes.on("GET /fine-tunes")
def list_all(call: Call) -> Reply:
    """The oldest first, without their events (recorded)."""
    drawer = call.world.drawer(FINE_TUNES)
    listed = [{name: value for name, value in item.items() if name != "events"} for item in drawer]
    return Reply({"object": "list", "data": listed, "next_starting_after": None})


@routes.on("POST /fine-tunes")
def create(call: Call) -> Reply:
    body, world, now = call.body, call.world, int(call.world.clock.now)
    files = [_file(world, body[name]) if body.get(name) else None for name in ("training_file", "validation_file")]
    base = _base(world, body.get("model") or "curie")
    _check_classifying(body)
    for file in filter(None, files if body.get("compute_classification_metrics") else ()):
        _check_classes(world, file["id"], body.get("classification_n_classes"))
    fine_tune: Object = {
        "object": "fine-tune",
        "id": call.names.new("ft-"),
        "hyperparams": _hyperparams(body),
        "organization_id": access.organization_id(world),
        "model": base.id,
        "training_files": files[:1],
        "validation_files": [file for file in files[1:] if file],
        "result_files": [],
        "created_at": now,
        "updated_at": now,
        "status": "pending",
        "fine_tuned_model": None,
        "events": [],
    }
    _tell(world, fine_tune, f"Created fine-tune: {fine_tune['id']}")
    world.drawer(FINE_TUNES).put(fine_tune)
    world.drawer(PLANS).put({"id": fine_tune["id"], "suffix": body.get("suffix") or "", "epoch": 0})
    world.clock.begin("fine-tune", FINE_TUNES, fine_tune)
    return Reply(fine_tune)


def _file(world: World, id: str) -> Object:
    """A file as fine-tunes show it."""
    file = filing.find_file(world, id)
    if file is None:
        raise errors.invalid(f"No file with ID: {id}", "file")
    return {name: value for name, value in file.items() if name != "expires_at"}


def _base(world: World, name: str) -> Model:
    """A model of the old families, or one that was tuned from it in this world."""
    root = name.partition(":")[0]
    if root not in BASES:
        raise errors.invalid(
            f"Invalid base model: {name} (model must be one of {', '.join(BASES)}) or a fine-tuned model"
        )
    if name != root and name not in world.drawer("/models"):
        raise errors.invalid(
            f"Invalid base model: {name} (we don't support fine-tuning from this model. However, we will support "
            "fine-tuning from all new models fine-tuned from this point onwards.)"
        )
    return world.model(name) or models.assume(name, "completion")


def _check_classifying(body: Object) -> None:
    if not body.get("compute_classification_metrics"):
        return
    if not body.get("validation_file"):
        raise errors.invalid("To compute classification metrics, a `validation_file` must be given.", "validation_file")
    if not body.get("classification_n_classes") and body.get("classification_positive_class") is None:
        raise errors.invalid(
            "To compute classification metrics, `classification_n_classes` must be given for multiclass and "
            "`classification_positive_class` for binary classification.",
            "classification_n_classes",
        )


def _check_classes(world: World, file: str, count: int | None) -> None:
    """Each completion is a class; there are as many as the request says, or two."""
    found = training_files.completions(filing.blob(world, file).content)
    if len(found) != (count or 2):
        message = (
            f"The number of classes in {file} does not match the number of classes specified in the hyperparameters."
        )
        raise errors.invalid(message)


def _hyperparams(body: Object) -> Object:
    found: Object = {
        "n_epochs": body.get("n_epochs") or 4,
        "batch_size": body.get("batch_size"),
        "prompt_loss_weight": 0.01 if body.get("prompt_loss_weight") is None else body["prompt_loss_weight"],
        "learning_rate_multiplier": body.get("learning_rate_multiplier"),
    }
    if body.get("compute_classification_metrics"):
        found |= {name: body[name] for name in CLASSIFYING if body.get(name) is not None}
        found["compute_classification_metrics"] = True
    return found


def _tell(world: World, fine_tune: Object, message: str, level: str = "info") -> None:
    """Add an event to the fine-tune, and note that it has changed."""
    now = int(world.clock.now)
    event = {"object": "fine-tune-event", "level": level, "message": message, "created_at": now}
    fine_tune["events"].append(event)
    fine_tune["updated_at"] = now


@routes.on("GET /fine-tunes/{fine_tune_id}/events")
def list_events(call: Call) -> Reply:
    """The events; with `stream` as they happen, until the fine-tune is over."""
    fine_tune = fine_tunes.find(call)
    if call.query.get("stream"):
        return Reply(events=_followed(call.world, fine_tune["id"]), pace=AT_ONCE)
    call.world.clock.poll(FINE_TUNES, fine_tune["id"])
    return Reply({"object": "list", "data": fine_tunes.find(call)["events"]})


def _followed(world: World, id: str) -> Iterator[Event]:
    told = 0
    while fine_tune := world.drawer(FINE_TUNES).get(id):
        for event in fine_tune["events"][told:]:
            yield Event(event)
        told = len(fine_tune["events"])
        if fine_tune["status"] in OVER:
            break
        if not _moved(world, id):
            yield WAIT
    yield DONE


def _moved(world: World, id: str) -> bool:
    with world.turn:
        return world.clock.poll(FINE_TUNES, id)


@routes.on("POST /fine-tunes/{fine_tune_id}/cancel")
def cancel(call: Call) -> Reply:
    fine_tune = fine_tunes.find(call)
    if fine_tune["status"] in OVER:
        message = f'Cannot cancel a job {fine_tune["id"]} that already has status "{fine_tune["status"]}".'
        raise errors.invalid(message)
    fine_tune["status"] = "cancelled"
    _cancel(call.world, fine_tune)
    call.world.drawer(FINE_TUNES).put(fine_tune)
    call.world.clock.leave(FINE_TUNES, fine_tune["id"])
    return Reply(fine_tune)


# The stages


def _enqueue(world: World, fine_tune: Object) -> None:
    """Read the files, and say what the training costs."""
    model, params = _model(world, fine_tune), fine_tune["hyperparams"]
    file = _opened(world, fine_tune, "training_file")
    found = training_files.examples(file, model, fewest=1)
    if fine_tune["validation_files"]:
        training_files.examples(_opened(world, fine_tune, "validation_file"), model)
    params["batch_size"] = params["batch_size"] or _batch(len(found))
    params["learning_rate_multiplier"] = params["learning_rate_multiplier"] or _rate(params["batch_size"])
    for example in found:
        for lesson in training_files.lessons(example, model):
            lessons.teach(world, fine_tune["id"], lesson.messages, lesson.answer)
    counted = sum(training_files.size(example, model) for example in found)
    course = {
        "data": training.digest(file.content),
        "seed": world.names(f"{fine_tune['id']}/seed").number(2**31),
        "epochs": params["n_epochs"],
        "steps_per_epoch": ceil(len(found) / params["batch_size"]),
        "validated": bool(fine_tune["validation_files"]),
    }
    world.drawer(PLANS).put(_plan(world, fine_tune) | {"course": course, "tokens": counted})
    price = counted * params["n_epochs"] / 1000 * BASES[model.id.partition(":")[0]]
    _tell(world, fine_tune, f"Fine-tune costs ${price:.2f}")
    _tell(world, fine_tune, "Job enqueued. Waiting for jobs ahead to complete. Queue number: 0.")


def _batch(count: int) -> int:
    """About 0.2 % of the examples, a power of two, 256 at most (the old guide)."""
    return min(256, 1 << max(0, round(count * 0.002).bit_length() - 1))


def _rate(batch: int) -> float:
    """0.05, 0.1 or 0.2: the larger, the larger the batch (the old guide; recorded 0.1 for 1 and 0.2 for 64)."""
    return 0.2 if batch >= 32 else 0.1


def _opened(world: World, fine_tune: Object, param: str) -> File:
    id: str = fine_tune[f"{param}s"][0]["id"]
    found = filing.blob(world, id)
    if not found:
        raise training_files.deleted(param)
    return File(id, found.content, param, "supervised")


def _start(world: World, fine_tune: Object) -> None:
    _tell(world, fine_tune, "Job started.")


def _train(world: World, fine_tune: Object) -> None:
    plan = _plan(world, fine_tune)
    plan["epoch"] += 1
    world.drawer(PLANS).put(plan)
    _tell(world, fine_tune, f"Completed epoch {plan['epoch']}/{plan['course']['epochs']}")


def _more(world: World, fine_tune: Object) -> bool:
    plan = _plan(world, fine_tune)
    return bool(plan["epoch"] < plan["course"]["epochs"])


def _finish(world: World, fine_tune: Object) -> None:
    plan = _plan(world, fine_tune)
    name = _new_name(world, fine_tune, plan["suffix"])
    keep_model(world, name, fine_tune["id"], fine_tune["model"])
    content = _results(training.Course(**plan["course"]), fine_tune["hyperparams"], plan["tokens"])
    names = world.names(f"{fine_tune['id']}/result")
    file = filing.keep_file(world, names, content, filename="compiled_results.csv", purpose="fine-tune-results")
    fine_tune |= {"fine_tuned_model": name, "result_files": [_file(world, file["id"])]}
    _tell(world, fine_tune, f"Uploaded snapshot: {name}.")
    _tell(world, fine_tune, f"Uploaded result files: {file['id']}.")
    _tell(world, fine_tune, "Job succeeded.")


def _new_name(world: World, fine_tune: Object, suffix: str) -> str:
    """As `curie:ft-personal:suffix-2023-05-08-22-04-06` (recorded)."""
    moment = f"{datetime.fromtimestamp(world.clock.now, UTC):%Y-%m-%d-%H-%M-%S}"
    plain = re.sub(r"[^a-z0-9]+", "-", suffix.lower()).strip("-")
    base = fine_tune["model"].partition(":")[0]
    return f"{base}:ft-personal:{plain}-{moment}" if plain else f"{base}:ft-personal-{moment}"


def _results(course: training.Course, params: Object, counted: int) -> bytes:
    """The result file, in the old API's columns; those of validation and classification are filled now and then."""
    rows = [
        _row(course, params, counted, step) for epoch in range(1, course.epochs + 1) for step in course.logged(epoch)
    ]
    lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
    return "".join(f"{line}\n" for line in lines).encode()


def _row(course: training.Course, params: Object, counted: int, step: int) -> Object:
    metrics, share = course.metrics(step), step / course.steps_per_epoch
    row: Object = {
        "step": step,
        "elapsed_tokens": round(counted * share),
        "elapsed_examples": step * params["batch_size"],
        "training_loss": metrics["train_loss"],
        "training_sequence_accuracy": round(metrics["train_mean_token_accuracy"] ** 4, 5),
        "training_token_accuracy": metrics["train_mean_token_accuracy"],
    }
    if course.validated:
        right = metrics.get("valid_mean_token_accuracy", "")
        row |= {
            "validation_loss": metrics.get("valid_loss", ""),
            "validation_sequence_accuracy": round(right**4, 5) if right != "" else "",
            "validation_token_accuracy": right,
        }
    if params.get("compute_classification_metrics"):
        row |= _classified(params, metrics.get("full_valid_mean_token_accuracy"))
    return row


def _classified(params: Object, right: float | None) -> Object:
    """How well classes are told apart, known after each epoch: two of them with precision and recall, more without."""
    binary = params.get("classification_positive_class") is not None
    measures = ["precision", "recall", "auroc", "auprc", "f1.0"] if binary else ["weighted_f1_score"]
    measures += [f"f{beta}" for beta in params.get("classification_betas") or () if f"f{beta}" not in measures]
    found: Object = {"classification/accuracy": "" if right is None else right}
    for place, measure in enumerate(measures, 1):
        found[f"classification/{measure}"] = "" if right is None else round(right ** (1 + place / 50), 5)
    return found


def _fail(world: World, fine_tune: Object, error: ApiError) -> None:
    fine_tune["status"] = "failed"
    _tell(world, fine_tune, f"Fine-tune failed. {error.message}", "error")


def _cancel(world: World, fine_tune: Object) -> None:
    _tell(world, fine_tune, "Fine-tune cancelled")


def _plan(world: World, fine_tune: Object) -> Json:
    return world.drawer(PLANS).get(fine_tune["id"])


def _model(world: World, fine_tune: Object) -> Model:
    return world.model(fine_tune["model"]) or models.assume(fine_tune["model"], "completion")


routes.courses.append(
    Course(
        "fine-tune",
        (
            Stage("pending", 60, enter=_enqueue),
            Stage("running", 60, enter=_start),
            Stage("running", 60, enter=_train, again=_more),
            Stage("succeeded", 30, enter=_finish),
        ),
        fail=_fail,
        cancel=Stage("cancelled", enter=_cancel),
    )
)
