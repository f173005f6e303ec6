"""Legacy fine-tunes, asked as openai 0.28.1 asks."""

from __future__ import annotations

import csv
import json
import re
from io import StringIO
from typing import Any

import pytest

from fakeopenai.operations import Operations
from fakeopenai.schema import Checker, types
from fakeopenai.wire import Upload
from tests.front import Api

OPERATIONS = Operations.load().all
PAIRS = [{"prompt": f"Mood of {number} ->", "completion": " good" if number % 2 else " bad"} for number in range(20)]


def upload(api: Api, examples: list[Any]) -> Any:
    content = "".join(json.dumps(example) + "\n" for example in examples).encode()
    files = {"file": [Upload("moods.jsonl", "application/jsonl", content)]}
    return api.post("/files", {"purpose": "fine-tune"}, files=files).json


def create(api: Api, **body: Any) -> Any:
    answer = api.post("/fine-tunes", {"training_file": upload(api, PAIRS)["id"], "model": "ada"} | body)
    assert answer.status == 200, answer.json
    return answer.json


def finished(api: Api, **body: Any) -> Any:
    id = create(api, **body)["id"]
    api.get(f"/fine-tunes/{id}/events?stream=true")
    return api.get(f"/fine-tunes/{id}").json


def told(fine_tune: Any) -> list[str]:
    return [event["message"] for event in fine_tune["events"]]


def test_a_new_fine_tune_is_pending(api: Api) -> None:
    file = upload(api, PAIRS)

    answer = api.post("/fine-tunes", {"training_file": file["id"], "model": "ada"})

    made = answer.json
    id = made["id"]
    assert re.fullmatch(r"ft-[0-9A-Za-z]{24}", id)
    assert made == {
        "object": "fine-tune",
        "id": id,
        "hyperparams": {
            "n_epochs": 4,
            "batch_size": None,
            "prompt_loss_weight": 0.01,
            "learning_rate_multiplier": None,
        },
        "organization_id": made["organization_id"],
        "model": "ada",
        "training_files": [{name: value for name, value in file.items() if name != "expires_at"}],
        "validation_files": [],
        "result_files": [],
        "created_at": 1767225600,
        "updated_at": 1767225600,
        "status": "pending",
        "fine_tuned_model": None,
        "events": [
            {
                "object": "fine-tune-event",
                "level": "info",
                "message": f"Created fine-tune: {id}",
                "created_at": 1767225600,
            }
        ],
    }
    assert list(made) == [
        *("object", "id", "hyperparams", "organization_id", "model", "training_files", "validation_files"),
        *("result_files", "created_at", "updated_at", "status", "fine_tuned_model", "events"),
    ]


def test_events_come_in_the_old_apis_words_and_order(api: Api) -> None:
    fine_tune = finished(api, n_epochs=2)

    assert told(fine_tune) == [
        f"Created fine-tune: {fine_tune['id']}",
        "Fine-tune costs $0.00",
        "Job enqueued. Waiting for jobs ahead to complete. Queue number: 0.",
        "Job started.",
        "Completed epoch 1/2",
        "Completed epoch 2/2",
        f"Uploaded snapshot: {fine_tune['fine_tuned_model']}.",
        f"Uploaded result files: {fine_tune['result_files'][0]['id']}.",
        "Job succeeded.",
    ]
    assert fine_tune["updated_at"] == fine_tune["events"][-1]["created_at"] > fine_tune["created_at"]


def test_a_stream_follows_a_fine_tune_to_its_end(api: Api) -> None:
    id = create(api)["id"]

    *streamed, last = api.get(f"/fine-tunes/{id}/events?stream=true").events

    listed = api.get(f"/fine-tunes/{id}/events?stream=False").json
    assert last == "[DONE]"
    assert streamed == listed["data"]
    assert list(listed) == ["object", "data"]
    assert streamed[-1]["message"] == "Job succeeded."


def test_a_stream_waits_for_a_frozen_clock(api: Api) -> None:
    api.world.clock.run("manual")
    id = create(api)["id"]

    events = api.get(f"/fine-tunes/{id}/events?stream=true").events

    assert [event["message"] for event in events] == [f"Created fine-tune: {id}"]


def test_a_fine_tune_passes_from_pending_to_succeeded(api: Api) -> None:
    id = create(api)["id"]

    seen = [api.get(f"/fine-tunes/{id}").json["status"] for _ in range(10)]

    assert list(dict.fromkeys(seen)) == ["pending", "running", "succeeded"]


@pytest.mark.parametrize(("suffix", "middle"), [("", "-"), ("My moods!", ":my-moods-")])
def test_models_are_named_after_base_suffix_and_moment(api: Api, suffix: str, middle: str) -> None:
    fine_tune = finished(api, model="curie", **({"suffix": suffix} if suffix else {}))

    assert re.fullmatch(rf"curie:ft-personal{middle}2026-01-01-00-\d\d-\d\d", fine_tune["fine_tuned_model"])


def test_a_suffix_has_forty_characters_at_most(api: Api) -> None:
    file = upload(api, PAIRS)["id"]

    answers = [api.post("/fine-tunes", {"training_file": file, "suffix": "s" * length}) for length in (40, 41)]

    assert [answer.status for answer in answers] == [200, 400]
    assert answers[1].error["message"] == f"'{'s' * 41}' is too long - 'suffix'"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"suffix": None}, "None is not of type 'string' - 'suffix'"),
        ({"n_epochs": 0}, "0 is less than the minimum of 1 - 'n_epochs'"),
        ({"batch_size": 0}, "0 is less than the minimum of 1 - 'batch_size'"),
        ({"learning_rate_multiplier": 0}, "0 is less than or equal to the minimum of 0 - 'learning_rate_multiplier'"),
        ({"colour": "red"}, "Unrecognized request argument supplied: colour"),
        ({"training_file": None}, "None is not of type 'string' - 'training_file'"),
    ],
)
def test_the_old_validator_is_heard(api: Api, body: Any, message: str) -> None:
    answer = api.post("/fine-tunes", {"training_file": upload(api, PAIRS)["id"]} | body)

    assert (answer.status, answer.error["message"], answer.error["param"]) == (400, message, None)


def test_the_new_model_completes_as_it_was_trained(api: Api) -> None:
    name = finished(api)["fine_tuned_model"]

    answer = api.post("/completions", {"model": name, "prompt": "Mood of 3 ->", "max_tokens": 1}).json

    assert answer["choices"][0]["text"] == " good"


def test_the_new_model_can_be_tuned_further(api: Api) -> None:
    first = finished(api)["fine_tuned_model"]

    second = finished(api, model=first)

    assert second["model"] == first
    assert second["fine_tuned_model"].startswith("ada:ft-personal-")


def test_a_deleted_model_is_gone(api: Api) -> None:
    name = finished(api)["fine_tuned_model"]

    deleted = api.delete(f"/models/{name}").json

    assert deleted == {"id": name, "object": "model", "deleted": True}
    assert api.get(f"/models/{name}").status == 404
    assert api.post("/completions", {"model": name, "prompt": "Mood of 3 ->"}).status == 404


def test_what_is_not_given_is_found_out(api: Api) -> None:
    params = finished(api)["hyperparams"]

    assert (params["batch_size"], params["learning_rate_multiplier"]) == (1, 0.1)


def test_what_is_given_is_kept(api: Api) -> None:
    asked = {"n_epochs": 3, "batch_size": 5, "prompt_loss_weight": 0.02, "learning_rate_multiplier": 0.05}

    made = create(api, model="babbage", **asked)

    assert made["hyperparams"] == asked


def test_the_result_file_has_the_old_columns(api: Api) -> None:
    fine_tune = finished(api, batch_size=4)

    (file,) = fine_tune["result_files"]
    rows = list(csv.DictReader(StringIO(api.get(f"/files/{file['id']}/content").content.decode())))

    assert (file["filename"], file["purpose"]) == ("compiled_results.csv", "fine-tune-results")
    assert list(rows[0]) == [
        *("step", "elapsed_tokens", "elapsed_examples"),
        *("training_loss", "training_sequence_accuracy", "training_token_accuracy"),
    ]
    assert [int(row["step"]) for row in rows] == list(range(1, 21))
    assert int(rows[-1]["elapsed_examples"]) == 80
    assert float(rows[-1]["training_loss"]) < float(rows[0]["training_loss"])


@pytest.mark.parametrize(
    ("params", "columns"),
    [
        (
            {"classification_positive_class": " good", "classification_betas": [2]},
            ["accuracy", "precision", "recall", "auroc", "auprc", "f1.0", "f2"],
        ),
        ({"classification_n_classes": 3}, ["accuracy", "weighted_f1_score"]),
    ],
)
def test_classifications_are_measured(api: Api, params: Any, columns: list[str]) -> None:
    examples = PAIRS if "classification_n_classes" not in params else [*PAIRS, {"prompt": "?", "completion": " so"}]
    files = {name: upload(api, examples)["id"] for name in ("training_file", "validation_file")}

    fine_tune = finished(api, compute_classification_metrics=True, **files, **params)

    content = api.get(f"/files/{fine_tune['result_files'][0]['id']}/content").content.decode()
    rows = list(csv.DictReader(StringIO(content)))
    found = [name.removeprefix("classification/") for name in rows[0] if name.startswith("classification/")]
    assert found == columns
    assert 0 < float(rows[-1]["classification/accuracy"]) < 1
    assert fine_tune["hyperparams"].items() >= {"compute_classification_metrics": True, **params}.items()
    assert len(fine_tune["validation_files"]) == 1


@pytest.mark.parametrize(
    "params", [{"classification_n_classes": 2}, {"validation_file": "given"}], ids=["no validation file", "no classes"]
)
def test_classifications_need_validation_and_classes(api: Api, params: Any) -> None:
    file = upload(api, PAIRS)["id"]
    given = {name: file if value == "given" else value for name, value in params.items()}

    answer = api.post("/fine-tunes", {"training_file": file, "compute_classification_metrics": True} | given)

    assert answer.status == 400


@pytest.mark.parametrize("classes", [{"classification_n_classes": 3}, {"classification_positive_class": " good"}])
def test_there_are_as_many_classes_as_the_request_says(api: Api, classes: Any) -> None:
    file = upload(api, PAIRS[:1] if "classification_positive_class" in classes else PAIRS)["id"]
    asked = {"training_file": file, "validation_file": file, "compute_classification_metrics": True}

    answer = api.post("/fine-tunes", asked | classes)

    told = f"The number of classes in {file} does not match the number of classes specified in the hyperparameters."
    assert (answer.status, answer.error["message"]) == (400, told)


def test_a_list_shows_fine_tunes_without_their_events(api: Api) -> None:
    made = [create(api), create(api, model="curie")]

    listed = api.get("/fine-tunes").json

    assert [each["id"] for each in listed["data"]] == [each["id"] for each in made]
    assert all("events" not in each for each in listed["data"])


def test_a_cancelled_fine_tune_stays_where_it_is(api: Api) -> None:
    id = create(api)["id"]

    cancelled = api.post(f"/fine-tunes/{id}/cancel").json

    api.world.clock.advance(10_000)
    assert cancelled["status"] == "cancelled"
    assert told(cancelled) == [f"Created fine-tune: {id}", "Fine-tune cancelled"]
    assert api.get(f"/fine-tunes/{id}").json == cancelled


def test_what_is_over_cannot_be_cancelled(api: Api) -> None:
    id = finished(api)["id"]

    answer = api.post(f"/fine-tunes/{id}/cancel")

    assert answer.status == 400
    assert answer.error == {
        "message": f'Cannot cancel a job {id} that already has status "succeeded".',
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }


ELSEWHERE = "ada:ft-elsewhere-2021-01-01-00-00-00"
OLD = "we don't support fine-tuning from this model. However, we will support fine-tuning from all new models"


@pytest.mark.parametrize(
    ("body", "message", "param"),
    [
        ({"training_file": "file-nothing"}, "No file with ID: file-nothing", "file"),
        (
            {"model": ELSEWHERE},
            f"Invalid base model: {ELSEWHERE} ({OLD} fine-tuned from this point onwards.)",
            None,
        ),
        (
            {"model": "gpt-4"},
            "Invalid base model: gpt-4 (model must be one of ada, babbage, curie, davinci) or a fine-tuned model",
            None,
        ),
    ],
)
def test_what_can_never_be_tuned_is_refused(api: Api, body: Any, message: str, param: str | None) -> None:
    answer = api.post("/fine-tunes", {"training_file": upload(api, PAIRS)["id"]} | body)

    assert answer.status == 400
    assert (answer.error["message"], answer.error["param"]) == (message, param)


def test_a_fine_tune_fails_for_a_file_it_cannot_read(api: Api) -> None:
    fine_tune = finished(api, training_file=upload(api, [{"prompt": "a"}])["id"])

    assert fine_tune["status"] == "failed"
    assert fine_tune["events"][-1]["level"] == "error"
    assert 'Example 1 is missing key "completion".' in told(fine_tune)[-1]


def test_a_fine_tune_can_be_forgotten(api: Api) -> None:
    id = create(api)["id"]

    assert api.delete(f"/fine-tunes/{id}").json == {"id": id, "object": "fine-tune", "deleted": True}
    assert api.get(f"/fine-tunes/{id}").status == 404


def test_all_replies_have_the_shape_of_the_old_api(api: Api) -> None:
    fine_tune = finished(api, n_epochs=1)
    paths = {
        "GET /fine-tunes": "/fine-tunes",
        "GET /fine-tunes/{fine_tune_id}": f"/fine-tunes/{fine_tune['id']}",
        "GET /fine-tunes/{fine_tune_id}/events": f"/fine-tunes/{fine_tune['id']}/events",
    }

    checker = Checker(types())
    faults = {name: checker.reply_errors(OPERATIONS[name], api.get(path).json) for name, path in paths.items()}

    assert not any(faults.values()), faults
