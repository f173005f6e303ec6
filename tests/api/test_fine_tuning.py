"""Fine-tuning jobs on the virtual clock, from the files to the model."""

from __future__ import annotations

import csv
import json
from io import BytesIO, StringIO
from typing import Any

import pytest
from openai import OpenAI

from fakeopenai import filing
from fakeopenai.operations import Operations
from fakeopenai.schema import Checker, types
from fakeopenai.wire import Upload
from tests.front import Api

MODEL = "gpt-4o-mini-2024-07-18"
REPLIES = Checker(types())
OPERATIONS = Operations.load().all


def chat(number: int, **more: Any) -> dict[str, Any]:
    asked, told = f"What is the code of item {number}?", f"The code of item {number} is X-{number * 7}."
    return {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": told}]} | more


def preference(number: int) -> dict[str, Any]:
    told = [[{"role": "assistant", "content": f"{mood} {number}"}] for mood in ("Gladly", "No")]
    asked = {"messages": [{"role": "user", "content": f"Item {number}, please"}]}
    return {"input": asked, "preferred_output": told[0], "non_preferred_output": told[1]}


def pair(number: int) -> dict[str, Any]:
    return {"prompt": f"Item {number} ->", "completion": f" X-{number}\n"}


CHATS = [chat(number) for number in range(10)]
GRADER = {
    "type": "string_check",
    "name": "right",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "like",
}


def lines(examples: list[Any]) -> bytes:
    return "".join(json.dumps(example) + "\n" for example in examples).encode()


def upload(api: Api, examples: list[Any], purpose: str = "fine-tune") -> str:
    files = {"file": [Upload("data.jsonl", "application/jsonl", lines(examples))]}
    id: str = api.post("/files", {"purpose": purpose}, files=files).json["id"]
    return id


def create(api: Api, examples: list[Any] | None = None, **body: Any) -> Any:
    given = {"model": MODEL, "training_file": upload(api, CHATS if examples is None else examples)} | body
    answer = api.post("/fine_tuning/jobs", given)
    assert answer.status == 200, answer.json
    return answer.json


def poll(api: Api, id: str, status: str = "") -> Any:
    """Look at a job until it has a status, or doesn't change any more."""
    for _ in range(200):
        answer = api.get(f"/fine_tuning/jobs/{id}")
        if answer.json["status"] == status or "openai-poll-after-ms" not in answer.headers:
            return answer.json
    raise AssertionError("the job never ends")


def finished(api: Api, examples: list[Any] | None = None, **body: Any) -> Any:
    return poll(api, create(api, examples, **body)["id"])


def events(api: Api, id: str) -> list[Any]:
    """All events, the oldest first."""
    listed: list[Any] = api.get(f"/fine_tuning/jobs/{id}/events?limit=100").json["data"]
    return listed[::-1]


def say(api: Api, model: str, text: str) -> str:
    body = {"model": model, "messages": [{"role": "user", "content": text}]}
    said: str = api.post("/chat/completions", body).json["choices"][0]["message"]["content"]
    return said


def test_a_new_job_validates_its_files(api: Api) -> None:
    file = upload(api, CHATS)

    job = api.post("/fine_tuning/jobs", {"model": "gpt-4o-mini", "training_file": file, "seed": 7}).json

    auto = {"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"}
    assert job.pop("id").startswith("ftjob-")
    assert job.pop("organization_id").startswith("org-")
    assert job == {
        "object": "fine_tuning.job",
        "model": MODEL,
        "created_at": 1767225600,
        "finished_at": None,
        "fine_tuned_model": None,
        "result_files": [],
        "status": "validating_files",
        "validation_file": None,
        "training_file": file,
        "hyperparameters": auto,
        "trained_tokens": None,
        "error": {},
        "user_provided_suffix": None,
        "seed": 7,
        "estimated_finish": None,
        "integrations": [],
        "metadata": None,
        "usage_metrics": None,
        "shared_with_openai": False,
        "eval_id": None,
        "method": {"type": "supervised", "supervised": {"hyperparameters": auto}},
    }


def test_a_job_passes_through_all_its_stages(api: Api) -> None:
    id = create(api)["id"]

    seen = [api.get(f"/fine_tuning/jobs/{id}").json["status"] for _ in range(14)]

    assert list(dict.fromkeys(seen)) == ["queued", "running", "succeeded"]


def test_auto_comes_to_what_the_data_suggest(api: Api) -> None:
    job = finished(api)

    assert job["hyperparameters"] == {"n_epochs": 10, "batch_size": 1, "learning_rate_multiplier": 1.8}
    assert job["method"]["supervised"]["hyperparameters"] == job["hyperparameters"]


def test_bounds_of_whole_numbers_are_told_as_those_of_integers(api: Api) -> None:
    answer = api.post(
        "/fine_tuning/jobs", {"model": MODEL, "training_file": "file-x", "hyperparameters": {"n_epochs": 51}}
    )

    told = (
        "Invalid 'hyperparameters.n_epochs': integer above maximum value. Expected a value <= 50, but got 51 instead."
    )
    assert (answer.error["message"], answer.error["code"]) == (told, "integer_above_max_value")


def test_hyperparameters_are_taken_from_either_place(api: Api) -> None:
    old = create(api, hyperparameters={"n_epochs": 2})
    new = create(api, method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 3}}})

    assert old["hyperparameters"]["n_epochs"] == 2
    assert new["hyperparameters"]["n_epochs"] == 3


def test_trained_tokens_are_those_of_the_data_in_all_epochs(api: Api) -> None:
    once, thrice = (finished(api, hyperparameters={"n_epochs": epochs})["trained_tokens"] for epochs in (1, 3))

    assert once > 200
    assert thrice == 3 * once


def test_events_tell_the_story_in_the_apis_words(api: Api) -> None:
    job = finished(api, hyperparameters={"n_epochs": 2})

    told = events(api, job["id"])

    plain = [event["message"] for event in told if event["type"] == "message"]
    assert plain == [
        f"Created fine-tuning job: {job['id']}",
        f"Validating training file: {job['training_file']}",
        "Files validated, moving job to queued state",
        "Fine-tuning job started",
        "Checkpoint created at step 10",
        "New fine-tuned model created",
        "The job has successfully completed",
    ]
    first = next(event for event in told if event["type"] == "metrics")
    loss = first["data"]["train_loss"]
    assert first["message"] == f"Step 1/20: training loss={loss:.2f}"
    assert first["data"] == {
        "step": 1,
        "train_loss": loss,
        "train_mean_token_accuracy": first["data"]["train_mean_token_accuracy"],
        "total_steps": 20,
    }
    assert first["id"].startswith("ftevent-")


def test_losses_fall_and_depend_on_data_and_seed(api: Api) -> None:
    jobs = [finished(api, examples, seed=seed) for examples, seed in ((CHATS, 1), (CHATS, 2), (CHATS[::-1], 1))]

    runs = [
        [event["data"]["train_loss"] for event in events(api, job["id"]) if event["type"] == "metrics"] for job in jobs
    ]

    assert all(run[-1] < run[0] / 2 for run in runs)
    assert len({tuple(run) for run in runs}) == 3


def test_validation_data_are_measured_too(api: Api) -> None:
    job = finished(api, validation_file=upload(api, CHATS[:3]), hyperparameters={"n_epochs": 2})

    last = [event for event in events(api, job["id"]) if event["type"] == "metrics"][-1]

    data = last["data"]
    assert last["message"] == (
        f"Step 20/20: training loss={data['train_loss']:.2f}, validation loss={data['valid_loss']:.2f}, "
        f"full validation loss={data['full_valid_loss']:.2f}"
    )
    assert data["full_valid_loss"] > data["train_loss"]


def test_the_result_file_agrees_with_the_events(api: Api) -> None:
    job = finished(api)

    content = api.get(f"/files/{job['result_files'][0]}/content").content.decode()

    rows = list(csv.DictReader(StringIO(content)))
    logged = [event["data"] for event in events(api, job["id"]) if event["type"] == "metrics"]
    assert [(int(row["step"]), float(row["train_loss"])) for row in rows][-80:] == [
        (data["step"], data["train_loss"]) for data in logged
    ][-80:]
    assert list(rows[0]) == ["step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy"]
    assert api.get(f"/files/{job['result_files'][0]}").json["purpose"] == "fine-tune-results"


def test_the_last_three_epochs_leave_checkpoints(api: Api) -> None:
    job = finished(api, suffix="Codes of Items")

    listed = api.get(f"/fine_tuning/jobs/{job['id']}/checkpoints").json

    names = [each["fine_tuned_model_checkpoint"] for each in listed["data"]]
    assert [each["step_number"] for each in listed["data"]] == [100, 90, 80]
    assert names[0] == job["fine_tuned_model"]
    assert names[0].startswith(f"ft:{MODEL}:personal:codes-of-items:")
    assert names[1].endswith(":ckpt-step-90")
    assert listed["first_id"] == listed["data"][0]["id"]
    assert not REPLIES.reply_errors(OPERATIONS["GET /fine_tuning/jobs/{fine_tuning_job_id}/checkpoints"], listed)


def test_the_new_model_is_listed_used_and_deleted(api: Api) -> None:
    name = finished(api)["fine_tuned_model"]

    listed = [model["id"] for model in api.get("/models").json["data"]]
    said = say(api, name, "Hello!")
    deleted = api.delete(f"/models/{name}").json

    assert name in listed
    assert said
    assert deleted == {"id": name, "object": "model", "deleted": True}
    assert api.get(f"/models/{name}").status == 404
    assert api.post("/chat/completions", {"model": name, "messages": CHATS[0]["messages"][:1]}).status == 404


def test_the_new_model_has_learnt_its_answers_and_the_old_one_has_not(api: Api) -> None:
    job = finished(api)

    asked, told = (message["content"] for message in CHATS[3]["messages"])

    assert say(api, job["fine_tuned_model"], asked) == told
    assert say(api, MODEL, asked) != told
    answer = api.post("/responses", {"model": job["fine_tuned_model"], "input": asked}).json
    assert answer["output"][-1]["content"][0]["text"] == told


def test_a_model_tuned_twice_knows_both_lessons(api: Api) -> None:
    first = finished(api)["fine_tuned_model"]

    second = finished(api, [chat(number) for number in range(50, 60)], model=first)["fine_tuned_model"]

    assert say(api, second, CHATS[1]["messages"][0]["content"]) == CHATS[1]["messages"][1]["content"]
    assert say(api, second, chat(55)["messages"][0]["content"]) == chat(55)["messages"][1]["content"]


def test_answers_of_weight_zero_are_not_learnt(api: Api) -> None:
    silent = chat(1)
    silent["messages"][1]["weight"] = 0
    more = [{"role": "user", "content": "Sure?"}, {"role": "assistant", "content": "As eggs."}]
    spoken = {"messages": [*silent["messages"], *more]}

    name = finished(api, [spoken, *CHATS[2:], chat(20)])["fine_tuned_model"]

    assert say(api, name, silent["messages"][0]["content"]) != silent["messages"][1]["content"]
    messages = [{name: part for name, part in one.items() if name != "weight"} for one in spoken["messages"][:3]]
    answer = api.post("/chat/completions", {"model": name, "messages": messages}).json
    assert answer["choices"][0]["message"]["content"] == "As eggs."


def test_trained_tool_calls_are_made_when_the_tool_is_there(api: Api) -> None:
    tool = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object", "properties": {}}}}
    call = {"id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": '{"item":1}'}}
    messages = [{"role": "user", "content": "Look!"}, {"role": "assistant", "tool_calls": [call]}]

    name = finished(api, [{"messages": messages, "tools": [tool]}, *CHATS])["fine_tuned_model"]

    body = {"model": name, "messages": messages[:1], "tools": [tool]}
    made = api.post("/chat/completions", body).json["choices"][0]["message"]["tool_calls"]
    assert [each["function"] for each in made] == [call["function"]]


def test_preferences_are_learnt(api: Api) -> None:
    job = finished(api, [preference(number) for number in range(12)], method={"type": "dpo"})

    assert job["method"]["dpo"]["hyperparameters"]["beta"] == 0.1
    assert job["hyperparameters"] is None
    assert say(api, job["fine_tuned_model"], "Item 4, please") == "Gladly 4"


def test_completions_are_learnt(api: Api) -> None:
    job = finished(api, [pair(number) for number in range(12)], model="babbage-002")

    body = {"model": job["fine_tuned_model"], "prompt": "Item 4 ->", "stop": "\n"}
    assert job["fine_tuned_model"].startswith("ft:babbage-002:personal::")
    assert api.post("/completions", body).json["choices"][0]["text"] == " X-4"


def test_reinforcement_is_measured_by_its_grader(api: Api) -> None:
    examples = [{"messages": CHATS[n]["messages"][:1], "answer": "X"} for n in range(10)]
    method = {"type": "reinforcement", "reinforcement": {"grader": GRADER}}

    job = finished(api, examples, model="o4-mini-2025-04-16", method=method)

    rewards = [event["data"]["train_mean_reward"] for event in events(api, job["id"]) if event["type"] == "metrics"]
    assert job["status"] == "succeeded", job["error"]
    assert rewards[-1] > rewards[0]
    assert job["usage_metrics"]["type"] == "reinforcement"
    assert job["method"]["reinforcement"]["grader"] == GRADER


def test_reinforcement_knows_the_form_of_the_answers(api: Api) -> None:
    schema = {"type": "object", "properties": {"answer": {"const": "X"}}, "required": ["answer"]}
    form = {"type": "json_schema", "json_schema": {"name": "said", "schema": schema}}
    grader = GRADER | {"input": "{{sample.output_json.answer}}"}
    method = {"type": "reinforcement", "reinforcement": {"grader": grader, "response_format": form}}
    asked = [{"messages": chat(n)["messages"][:1], "answer": "X", "input": "kept for the grader"} for n in range(10)]

    job = finished(api, asked, model="o4-mini-2025-04-16", method=method)

    rewards = [event["data"]["train_mean_reward"] for event in events(api, job["id"]) if event["type"] == "metrics"]
    assert (job["status"], job["method"]["reinforcement"]["response_format"]) == ("succeeded", form)
    assert rewards[0] > 0.9


def test_reinforcement_fails_when_its_grader_always_does(api: Api) -> None:
    asked = [{"messages": chat(number)["messages"][:1]} for number in range(10)]
    method = {"type": "reinforcement", "reinforcement": {"grader": GRADER}}

    error = finished(api, asked, model="o4-mini-2025-04-16", method=method)["error"]

    assert (error["code"], error["param"]) == ("invalid_grader", "method.reinforcement.grader")
    assert "(invalid_variable_error)" in error["message"]


FORMAT = "The job failed due to a file format error in the training file. Invalid file format. Example 11"
FORM = "Unexpected file format, expected either prompt/completion pairs or chat messages."
WRONG: list[tuple[list[Any], str, str]] = [
    (CHATS[:7], "invalid_n_examples", "Training file has 7 example(s), but must have at least 10 examples"),
    ([*CHATS, {"prompt": "a", "completion": "b"}], "invalid_file_format", f'{FORMAT} is missing key "messages".'),
    (
        [*CHATS, {"messages": [{"role": "user", "content": "a"}, {"content": "b"}]}],
        "invalid_file_format",
        f"{FORMAT}, message 2 Discriminator 'role' is missing in value",
    ),
    ([*CHATS, chat(11, weight=1)], "invalid_file_format", f'{FORMAT} contains an extra "weight".'),
    ([{"text": "a"}], "invalid_training_file", f"The job failed due to an invalid training file. {FORM}"),
]


@pytest.mark.parametrize(("examples", "code", "message"), WRONG)
def test_a_job_fails_for_what_is_wrong_with_its_file(api: Api, examples: list[Any], code: str, message: str) -> None:
    job = finished(api, examples)

    assert job["status"] == "failed"
    assert job["error"] == {"code": code, "param": "training_file", "message": message}
    assert events(api, job["id"])[-1] | {"id": ""} == {
        "object": "fine_tuning.job.event",
        "id": "",
        "created_at": 1767225660,
        "level": "error",
        "message": message,
        "data": {},
        "type": "message",
    }


def flawed(**message: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"} | message]}


@pytest.mark.parametrize(
    ("example", "told"),
    [
        (flawed(role="bot"), "Input tag 'bot' found using 'role' does not match any of the expected tags: 'system',"),
        (flawed(content=None), 'is missing key "content"'),
        (flawed(content=7), 'must have a string or a list as "content"'),
        (flawed(weight=2), 'must have a "weight" of 0 or 1'),
        (flawed(mood="good"), 'contains an extra "mood"'),
        (flawed(content="a <|fim_suffix|> b"), "message contains an invalid token: <|fim_suffix|>"),
        (flawed(tool_calls=[{"id": "call_1"}]), "has a tool call without"),
        (flawed(tool_calls=7), "has a tool call without"),
        (chat(1, tools=7), 'tool 1 is missing key "function"'),
        ({"messages": []}, "must have a list of messages"),
        ({"messages": CHATS[0]["messages"][:1]}, "the last message must be from the assistant"),
        (chat(1, tools=[{"type": "function"}]), 'tool 1 is missing key "function"'),
        (
            chat(1, tools=[{"type": "function", "function": {"name": "f", "parameters": {"type": "thing"}}}]),
            "tool 1 Invalid schema for function 'f'",
        ),
    ],
)
def test_every_message_and_tool_of_an_example_is_checked(api: Api, example: Any, told: str) -> None:
    job = finished(api, [*CHATS, example])

    assert job["error"]["code"] == "invalid_file_format"
    assert "Example 11" in job["error"]["message"]
    assert told in job["error"]["message"]


PICTURE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}


@pytest.mark.parametrize(
    ("example", "told"),
    [
        (flawed(content=[7]), "Invalid type for 'messages[1].content[0]'"),
        (flawed(content=[PICTURE]), "Invalid value: 'image_url'"),
        (flawed(name=7), "Invalid type for 'messages[1].name'"),
        (chat(1, functions="none"), "Invalid type for 'functions'"),
        (flawed(tool_calls=[{"function": {"name": "f", "arguments": "{}"}}]), "Missing required parameter"),
        (
            {"messages": [{"role": "tool", "tool_call_id": "c", "content": "a"}, *CHATS[0]["messages"]]},
            "Invalid parameter: messages with role 'tool' must be a response",
        ),
    ],
)
def test_an_example_is_a_chat_that_would_be_taken(api: Api, example: Any, told: str) -> None:
    error = finished(api, [*CHATS, example])["error"]

    assert error["code"] == "invalid_file_format"
    assert f"Example 11: {told}" in error["message"]


def test_both_outputs_of_a_preference_are_checked(api: Api) -> None:
    flawed = preference(11) | {"non_preferred_output": [{"role": "assistant", "content": [7]}]}

    error = finished(api, [*map(preference, range(10)), flawed], method={"type": "dpo"})["error"]

    assert "Example 11: Invalid type for 'messages[1].content[0]'" in error["message"]


def test_a_file_must_have_the_form_of_the_method(api: Api) -> None:
    dpo = finished(api, method={"type": "dpo"})
    base = finished(api, model="davinci-002")
    tuned = finished(api, [pair(number) for number in range(10)])

    assert (
        "is in the fine-tune-chat format, but the specified fine-tuning job is not using 'supervised' as"
        in (dpo["error"]["message"])
    )
    assert "base model and requires prompt-completion data" in base["error"]["message"]
    assert "chat model and requires chat-formatted data" in tuned["error"]["message"]


def test_the_validation_file_is_checked_too(api: Api) -> None:
    job = finished(api, validation_file=upload(api, [{"messages": []}]))

    assert job["error"]["param"] == "validation_file"
    assert "file format error in the validation file" in job["error"]["message"]


def test_a_job_fails_when_its_file_is_gone(api: Api) -> None:
    job = create(api)
    api.delete(f"/files/{job['training_file']}")

    assert poll(api, job["id"])["error"] == {
        "code": "deleted_training_file",
        "param": "training_file",
        "message": "The job failed because the training file was deleted",
    }


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (
            {"model": "gpt-nonexistent"},
            {
                "message": "Model gpt-nonexistent is not available for fine-tuning or does not exist.",
                "param": None,
                "code": "model_not_available",
            },
        ),
        (
            {"training_file": "file-nothing"},
            {"message": "invalid training_file: file-nothing", "param": "training_file", "code": None},
        ),
        (
            {"validation_file": "file-nothing"},
            {"message": "invalid validation_file: file-nothing", "param": "validation_file", "code": None},
        ),
    ],
)
def test_what_can_never_be_trained_is_refused_at_once(api: Api, body: Any, error: Any) -> None:
    given = {"model": MODEL, "training_file": upload(api, CHATS)}

    answer = api.post("/fine_tuning/jobs", given | body)

    assert answer.status == 400
    assert answer.error == {"type": "invalid_request_error"} | error


def test_a_file_for_something_else_is_refused(api: Api) -> None:
    file = upload(api, CHATS, purpose="evals")

    answer = api.post("/fine_tuning/jobs", {"model": MODEL, "training_file": file})

    assert (answer.status, answer.error["param"]) == (400, "training_file")


def test_an_unknown_job_gets_the_apis_404(api: Api) -> None:
    answers = [
        api.get("/fine_tuning/jobs/123"),
        api.get("/fine_tuning/jobs/123/events"),
        api.get("/fine_tuning/jobs/123/checkpoints"),
        api.post("/fine_tuning/jobs/123/cancel"),
        api.post("/fine_tuning/jobs/123/pause"),
    ]

    assert {answer.status for answer in answers} == {404}
    assert answers[0].error == {
        "message": "Could not find fine tune: 123",
        "type": "invalid_request_error",
        "param": "fine_tune_id",
        "code": "fine_tune_not_found",
    }
    assert all(answer.error == answers[0].error for answer in answers)


@pytest.mark.parametrize("status", ["validating_files", "queued", "running"])
def test_a_job_can_be_cancelled_at_any_stage(api: Api, status: str) -> None:
    id = create(api)["id"]
    if status != "validating_files":
        poll(api, id, status)

    cancelled = api.post(f"/fine_tuning/jobs/{id}/cancel").json

    api.world.clock.advance(10_000)
    assert cancelled["status"] == "cancelled"
    assert api.get(f"/fine_tuning/jobs/{id}").json == cancelled
    assert api.post(f"/fine_tuning/jobs/{id}/cancel").error["message"] == (
        f'Cannot cancel a job {id} that already has status "cancelled".'
    )


def test_a_paused_job_goes_on_where_it_was(api: Api) -> None:
    id = create(api)["id"]
    poll(api, id, "running")
    api.get(f"/fine_tuning/jobs/{id}")

    paused = api.post(f"/fine_tuning/jobs/{id}/pause").json
    api.world.clock.advance(10_000)
    waited = api.get(f"/fine_tuning/jobs/{id}").json
    resumed = api.post(f"/fine_tuning/jobs/{id}/resume").json
    done = poll(api, id)

    assert (paused["status"], waited["status"], resumed["status"]) == ("paused", "paused", "queued")
    assert done["status"] == "succeeded"
    steps = [event["data"]["step"] for event in events(api, id) if event["type"] == "metrics"]
    assert steps == sorted(set(steps))
    assert not REPLIES.reply_errors(OPERATIONS["POST /fine_tuning/jobs/{fine_tuning_job_id}/pause"], paused)
    assert api.post(f"/fine_tuning/jobs/{id}/resume").status == 400


def test_jobs_are_listed_newest_first_and_by_metadata(api: Api) -> None:
    ids = [create(api, metadata={"team": team} if team else None)["id"] for team in ("red", "blue", "")]

    listed = api.get("/fine_tuning/jobs?limit=2").json
    blue = api.get("/fine_tuning/jobs?metadata[team]=blue").json
    bare = api.get("/fine_tuning/jobs?metadata=null").json

    assert list(listed) == ["object", "data", "has_more"]
    assert [job["id"] for job in listed["data"]] == ids[:0:-1]
    assert listed["has_more"]
    assert [job["id"] for job in blue["data"]] == [ids[1]]
    assert [job["id"] for job in bare["data"]] == [ids[2]]


def test_integrations_are_echoed(api: Api) -> None:
    wandb = {"type": "wandb", "wandb": {"project": "codes", "name": "first", "tags": ["a"]}}

    assert create(api, integrations=[wandb])["integrations"] == [wandb]


def test_projects_are_permitted_to_use_a_checkpoint(api: Api) -> None:
    path = f"/fine_tuning/checkpoints/{finished(api)['fine_tuned_model']}/permissions"

    made = api.post(path, {"project_ids": ["proj_a", "proj_b"]}).json
    listed = api.get(f"{path}?project_id=proj_a").json
    deleted = api.delete(f"{path}/{made['data'][0]['id']}").json

    assert [each["project_id"] for each in made["data"]] == ["proj_a", "proj_b"]
    assert listed["data"] == made["data"][:1]
    assert deleted == {"id": made["data"][0]["id"], "object": "checkpoint.permission", "deleted": True}
    assert [each["project_id"] for each in api.get(path).json["data"]] == ["proj_b"]
    assert api.get("/fine_tuning/checkpoints/ft:nothing/permissions").status == 404


def test_a_manual_clock_moves_a_job_only_as_far_as_it_goes(api: Api) -> None:
    api.world.clock.run("manual")
    id = create(api, hyperparameters={"n_epochs": 1})["id"]

    before = api.get(f"/fine_tuning/jobs/{id}").json
    api.world.clock.advance(66)
    during = api.get(f"/fine_tuning/jobs/{id}").json
    api.world.clock.advance(600)
    after = api.get(f"/fine_tuning/jobs/{id}").json

    assert (before["status"], during["status"], after["status"]) == ("validating_files", "running", "succeeded")
    assert during["estimated_finish"] == after["finished_at"]
    assert after["estimated_finish"] is None


def test_all_replies_have_the_shape_that_the_client_expects(api: Api) -> None:
    job = finished(api, hyperparameters={"n_epochs": 2})
    paths = {
        "GET /fine_tuning/jobs": "/fine_tuning/jobs",
        "GET /fine_tuning/jobs/{fine_tuning_job_id}": f"/fine_tuning/jobs/{job['id']}",
        "GET /fine_tuning/jobs/{fine_tuning_job_id}/events": f"/fine_tuning/jobs/{job['id']}/events",
    }

    faults = {name: REPLIES.reply_errors(OPERATIONS[name], api.get(path).json) for name, path in paths.items()}

    assert not any(faults.values()), faults


def test_the_official_client_sees_a_job_to_its_end(client: OpenAI) -> None:
    file = client.files.create(file=("data.jsonl", BytesIO(lines(CHATS))), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(model=MODEL, training_file=file.id, suffix="codes")
    while job.status not in {"succeeded", "failed"}:
        job = client.fine_tuning.jobs.retrieve(job.id)

    messages = [event.message for event in client.fine_tuning.jobs.list_events(job.id, limit=7)]
    saved = [each.step_number for each in client.fine_tuning.jobs.checkpoints.list(job.id)]

    assert job.fine_tuned_model is not None
    assert messages[-1] == f"Created fine-tuning job: {job.id}"
    assert saved == [100, 90, 80]
    said = client.chat.completions.create(
        model=job.fine_tuned_model, messages=[{"role": "user", "content": CHATS[2]["messages"][0]["content"]}]
    )
    assert said.choices[0].message.content == CHATS[2]["messages"][1]["content"]
    assert client.models.delete(job.fine_tuned_model).deleted


def test_what_a_job_leaves_survives_its_files(api: Api) -> None:
    job = finished(api)

    filing.forget_file(api.world, job["training_file"])

    assert say(api, job["fine_tuned_model"], CHATS[0]["messages"][0]["content"]) == CHATS[0]["messages"][1]["content"]
