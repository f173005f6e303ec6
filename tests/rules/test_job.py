"""What a rule says of a job becomes of it, in the form of its family."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fakeopenai import api as families
from fakeopenai import snapshot
from fakeopenai.clock import EPOCH, Course
from fakeopenai.fate import STATUSES
from fakeopenai.rules import Rule, RuleError, on
from fakeopenai.rules.script import Failed
from fakeopenai.schema import Checker, types
from fakeopenai.wire import Upload
from tests.api.assisted import BETA
from tests.front import Answer, Api

WHY: Failed = {"message": "Out of luck.", "code": "server_error"}
ERROR: dict[str, Any] = {**WHY}
CHAT = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}
PAIR = {"prompt": "Hi ->", "completion": " Hello"}


def upload(api: Api, content: bytes, purpose: str, name: str = "data.jsonl") -> str:
    files = {"file": [Upload(name, "application/octet-stream", content)]}
    return str(api.post("/files", {"purpose": purpose}, files=files).json["id"])


def lines(examples: list[Any]) -> bytes:
    return "".join(json.dumps(example) + "\n" for example in examples).encode()


def batch(api: Api) -> str:
    said = {"model": "gpt-4o-mini", "messages": CHAT["messages"][:1]}
    rows = [
        {"custom_id": f"r{n}", "method": "POST", "url": "/v1/chat/completions", "body": said | {"seed": n}}
        for n in range(4)
    ]
    file = upload(api, lines(rows), "batch")
    asked = {"input_file_id": file, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
    return f"/batches/{made(api, '/batches', asked)}"


def tuning(api: Api) -> str:
    file = upload(api, lines([CHAT] * 10), "fine-tune")
    return f"/fine_tuning/jobs/{made(api, '/fine_tuning/jobs', {'model': 'gpt-4o-mini', 'training_file': file})}"


def fine_tune(api: Api) -> str:
    file = upload(api, lines([PAIR] * 10), "fine-tune")
    return f"/fine-tunes/{made(api, '/fine-tunes', {'model': 'ada', 'training_file': file})}"


def indexed(api: Api) -> str:
    store = made(api, "/vector_stores", {"name": "notes"})
    file = upload(api, b"Remember the milk.", "assistants", "notes.txt")
    return f"/vector_stores/{store}/files/{made(api, f'/vector_stores/{store}/files', {'file_id': file})}"


def indexed_together(api: Api) -> str:
    store = made(api, "/vector_stores", {"name": "notes"})
    files = [upload(api, f"Note {n}".encode(), "assistants", f"{n}.txt") for n in range(2)]
    path = f"/vector_stores/{store}/file_batches"
    return f"{path}/{made(api, path, {'file_ids': files})}"


def video(api: Api) -> str:
    return f"/videos/{made(api, '/videos', {'prompt': 'A cat'})}"


def judged(api: Api) -> str:
    check = {"type": "string_check", "name": "a", "input": "{{item.a}}", "reference": "b", "operation": "eq"}
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    config = {"type": "custom", "item_schema": schema}
    parent = made(api, "/evals", {"data_source_config": config, "testing_criteria": [check]})
    source = {"type": "file_content", "content": [{"item": {"a": "b"}}]}
    path = f"/evals/{parent}/runs"
    return f"{path}/{made(api, path, {'data_source': {'type': 'jsonl', 'source': source}})}"


def thread_run(api: Api, **settings: Any) -> str:
    assistant = made(api, "/assistants", {"model": "gpt-4o", "instructions": "Be kind."})
    thread = made(api, "/threads", {"messages": CHAT["messages"][:1]})
    path = f"/threads/{thread}/runs"
    return f"{path}/{made(api, path, {'assistant_id': assistant} | settings)}"


def response(api: Api) -> str:
    return f"/responses/{made(api, '/responses', {'model': 'gpt-4o', 'input': 'Say hello', 'background': True})}"


def file(api: Api) -> str:
    return f"/files/{upload(api, b'Notes', 'assistants', 'notes.txt')}"


def uploaded(api: Api) -> str:
    body = {"bytes": 5, "filename": "a.txt", "mime_type": "text/plain", "purpose": "assistants"}
    id = made(api, "/uploads", body)
    part = api.post(f"/uploads/{id}/parts", files={"data": [Upload("blob", "", b"Notes")]}).json["id"]
    done = api.post(f"/uploads/{id}/complete", {"part_ids": [part]}).json
    return f"/files/{done['file']['id']}"


def made(api: Api, path: str, body: Any) -> str:
    answer = api.post(path, body, headers=BETA)
    assert answer.status == 200, answer.json
    return str(answer.json["id"])


def read(api: Api, path: str) -> Answer:
    return api.get(path, headers=BETA)


def ended(api: Api, path: str) -> Any:
    """A job once nothing more becomes of it, which its family's schema agrees with."""
    while "openai-poll-after-ms" in (answer := read(api, path)).headers:
        pass
    operation, _ = api.emulator.operations.match("GET", path)
    assert Checker(types()).reply_errors(operation, answer.json) == []
    return answer.json


FAILURES: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "batches": (
        batch,
        "in_progress",
        {
            "status": "failed",
            "failed_at": EPOCH + 1 + 30,
            "errors": {"object": "list", "data": [ERROR | {"param": None, "line": None}]},
            "output_file_id": None,
        },
    ),
    "fine_tuning.jobs.create": (
        tuning,
        "running",
        {"status": "failed", "error": ERROR | {"param": None}, "fine_tuned_model": None, "finished_at": None},
    ),
    "POST /fine-tunes": (fine_tune, "running", {"status": "failed", "fine_tuned_model": None}),
    "POST /vector_stores/*/files": (indexed, "in_progress", {"status": "failed", "last_error": ERROR}),
    "POST /vector_stores/*/file_batches": (
        indexed_together,
        "in_progress",
        {
            "status": "failed",
            "file_counts": {"in_progress": 0, "completed": 0, "failed": 2, "cancelled": 0, "total": 2},
        },
    ),
    "videos": (video, "in_progress", {"status": "failed", "error": ERROR, "completed_at": None}),
    "evals.runs": (judged, "in_progress", {"status": "failed", "error": ERROR}),
    "POST /threads/*/runs": (
        thread_run,
        "in_progress",
        {"status": "failed", "last_error": ERROR, "failed_at": EPOCH + 2, "expires_at": None},
    ),
    "responses": (
        response,
        "in_progress",
        {"status": "failed", "error": ERROR, "output": [], "completed_at": None, "usage": None},
    ),
    "POST /files": (file, "uploaded", {"status": "error", "status_details": WHY["message"]}),
    "POST /uploads/*/complete": (uploaded, "uploaded", {"status": "error", "status_details": WHY["message"]}),
}


@pytest.mark.parametrize("operation", FAILURES)
def test_a_job_fails_as_its_family_tells_it(api: Api, operation: str) -> None:
    begin, status, told = FAILURES[operation]
    api.world.rules.on(operation).job(fail={"at": status, **WHY})

    found = ended(api, begin(api))

    assert {name: found[name] for name in told} == told


CANCELLED: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "batches": (batch, "in_progress", {"status": "cancelled", "cancelled_at": EPOCH + 31}),
    "fine_tuning.jobs.create": (tuning, "queued", {"status": "cancelled", "error": {}}),
    "POST /fine-tunes": (fine_tune, "running", {"status": "cancelled"}),
    "POST /vector_stores/*/files": (indexed, "in_progress", {"status": "cancelled", "last_error": None}),
    "evals.runs": (judged, "in_progress", {"status": "canceled"}),
    "POST /threads/*/runs": (thread_run, "in_progress", {"status": "cancelled", "cancelled_at": EPOCH + 2}),
    "responses": (response, "queued", {"status": "cancelled", "output": []}),
}


@pytest.mark.parametrize("operation", CANCELLED)
def test_a_job_is_cancelled_though_nobody_asks_for_it(api: Api, operation: str) -> None:
    begin, status, told = CANCELLED[operation]
    api.world.rules.on(operation).job(cancel={"at": status})

    found = ended(api, begin(api))

    assert {name: found[name] for name in told} == told


def test_a_batch_that_expires_midway_has_the_rows_it_came_to(api: Api) -> None:
    api.world.rules.on("batches").job(expire={"at": "in_progress", "after": 1})

    found = ended(api, batch(api))

    codes = [json.loads(line)["error"]["code"] for line in content(api, found["error_file_id"])]
    assert (found["status"], found["request_counts"]) == ("expired", {"total": 4, "completed": 2, "failed": 0})
    assert len(content(api, found["output_file_id"])) == 2
    assert codes == ["batch_expired", "batch_expired"]


def content(api: Api, file: str) -> list[bytes]:
    return api.get(f"/files/{file}/content").content.splitlines()


def test_a_run_expires_with_what_it_has_begun(api: Api) -> None:
    api.world.rules.on("POST /threads/*/runs").job(expire={"at": "in_progress"})

    found = ended(api, thread_run(api))

    assert (found["status"], found["last_error"], found["usage"]) == ("expired", None, None)


def test_a_fine_tuning_job_fails_after_an_epoch_and_says_so(api: Api) -> None:
    api.world.rules.on("fine_tuning.jobs.create").job(fail={"at": "running", "after": 1, **WHY})

    path = tuning(api)
    ended(api, path)

    told = [(event["level"], event["message"]) for event in api.get(f"{path}/events").json["data"]]
    assert told[0] == ("error", "Out of luck.")
    assert "Step" in told[1][1]


@pytest.mark.parametrize("looks", [0, 1, 2, 3])
def test_a_job_that_was_paused_still_comes_to_its_end(api: Api, looks: int) -> None:
    api.world.rules.on("fine_tuning.jobs.create").job(slow=1000, fail={"at": "running", "after": 2, **WHY})
    path = tuning(api)
    for _ in range(looks):
        api.get(path)

    paused = api.post(f"{path}/pause").json
    api.post(f"{path}/resume")
    found = ended(api, path)

    assert (paused["status"], found["status"], found["error"]) == ("paused", "failed", ERROR | {"param": None})
    assert any(event["type"] == "metrics" for event in api.get(f"{path}/events").json["data"])
    assert api.world.clock.now < EPOCH + 1200


def test_an_end_comes_at_the_latest_when_the_status_does(api: Api) -> None:
    api.world.rules.on("batches").job(expire={"at": "in_progress", "after": 100})

    found = ended(api, batch(api))

    assert (found["status"], found["request_counts"]["completed"]) == ("expired", 4)


def test_an_eval_run_fails_for_no_reason_as_servers_do(api: Api) -> None:
    api.world.rules.on("evals.runs").job(fail=True)

    assert ended(api, judged(api))["error"]["code"] == "server_error"


def test_without_a_status_a_job_ends_in_its_first(api: Api) -> None:
    api.world.rules.on("videos").job(fail=True)

    found = ended(api, video(api))

    assert (found["status"], found["progress"], found["error"]["code"]) == ("failed", 0, "server_error")
    assert found["error"]["message"].startswith("The server had an error")


def test_a_job_fails_with_an_error_by_its_name(api: Api) -> None:
    api.world.rules.on("POST /threads/*/runs").job(fail="rate_limit")

    error = ended(api, thread_run(api))["last_error"]

    assert error["code"] == "rate_limit_exceeded"
    assert error["message"].startswith("Rate limit reached for gpt-4o")


def test_a_message_is_filled_from_the_request(api: Api) -> None:
    rule = {"when": {"operation": "videos"}, "job": {"fail": {"message": "No {{ body.prompt }} today."}}}
    api.world.rules.add(Rule.read(rule))

    assert ended(api, video(api))["error"]["message"] == "No A cat today."


@pytest.mark.parametrize(
    ("slow", "seconds"),
    [(3600, 3600 + 65), ({"at": "in_progress", "seconds": 100}, 165), ({"factor": 2}, 130), ({"at": "queued"}, 65)],
)
def test_a_slow_job_takes_its_time(api: Api, slow: Any, seconds: float) -> None:
    api.world.rules.on("videos").job(slow=slow)

    found = ended(api, video(api))

    assert found["completed_at"] == EPOCH + seconds


def test_a_slow_job_waits_for_the_clock_in_manual_mode(api: Api) -> None:
    api.world.rules.on("responses").job(slow=60)
    api.world.clock.run("manual")
    path = response(api)

    seen = []
    for _ in range(3):
        seen.append(read(api, path).json["status"])
        api.world.clock.advance(31)

    assert seen == ["queued", "queued", "completed"]


def test_a_job_may_be_slow_and_fail(api: Api) -> None:
    api.world.rules.on("POST /threads/*/runs").job(slow=30, fail={"at": "in_progress"})

    assert ended(api, thread_run(api))["failed_at"] == EPOCH + 32


def test_a_slow_batch_runs_out_of_its_window(api: Api) -> None:
    api.world.rules.on("batches").job(slow={"at": "in_progress", "seconds": 90_000})

    assert ended(api, batch(api))["status"] == "expired"


def test_a_fate_survives_dump_and_load(api: Api) -> None:
    api.world.rules.on("videos").job(fail={"at": "in_progress", **WHY})
    path = video(api)
    read(api, path)

    other = Api()
    snapshot.load(other.world, json.loads(json.dumps(snapshot.dump(api.world))))

    assert ended(other, path)["error"] == ERROR


def test_only_the_jobs_of_the_request_share_its_fate(api: Api) -> None:
    api.world.rules.on("videos").job(fail=True).once()
    first, second = video(api), video(api)

    assert [ended(api, path)["status"] for path in (first, second)] == ["failed", "completed"]


def test_jobs_of_one_rule_end_in_sequence(api: Api) -> None:
    api.world.rules.on("videos").job(fail=True).then.job(slow=1)

    assert [ended(api, video(api))["status"] for _ in range(3)] == ["failed", "completed", "completed"]


def test_what_is_used_until_it_expires_may_expire_at_once(api: Api) -> None:
    api.world.rules.on("POST /uploads").job(expire=True)
    body = {"bytes": 5, "filename": "a.txt", "mime_type": "text/plain", "purpose": "assistants"}

    upload = api.post("/uploads", body).json
    answer = api.post(f"/uploads/{upload['id']}/parts", files={"data": [Upload("blob", "", b"Notes")]})

    assert upload["status"] == "pending"
    assert answer.error["message"] == "Cannot add a part to an upload with status 'expired'."


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/containers", {"name": "scratch"}),
        ("/vector_stores", {"name": "notes", "expires_after": {"anchor": "last_active_at", "days": 1}}),
    ],
)
def test_containers_and_stores_may_expire_at_once(api: Api, path: str, body: Any) -> None:
    api.world.rules.on(f"POST {path}").job(expire=True)

    id = api.post(path, body).json["id"]

    assert api.get(f"{path}/{id}").json["status"] == "expired"


def test_a_streamed_run_fails_in_its_last_event(api: Api) -> None:
    api.world.rules.on("POST /threads/*/runs").job(fail={"at": "in_progress", **WHY})
    assistant = made(api, "/assistants", {"model": "gpt-4o", "instructions": "Be kind."})
    thread = made(api, "/threads", {"messages": CHAT["messages"][:1]})

    events = api.post(f"/threads/{thread}/runs", {"assistant_id": assistant, "stream": True}, headers=BETA).named_events

    assert [name for name, _ in events] == [
        *("thread.run.created", "thread.run.queued", "thread.run.in_progress"),
        *("thread.run.failed", "done"),
    ]
    assert json.loads(events[-2][1])["last_error"] == ERROR


def test_a_streamed_background_response_fails_in_its_last_event(api: Api) -> None:
    api.world.rules.on("responses").job(fail=WHY)

    events = api.post("/responses", {"model": "gpt-4o", "input": "Hi", "background": True, "stream": True}).events

    assert [event["type"] for event in events[-2:]] == ["error", "response.failed"]
    assert events[-1]["response"]["error"] == ERROR
    assert read(api, f"/responses/{events[-1]['response']['id']}").json["status"] == "failed"


def test_a_legacy_fine_tune_streams_its_failure(api: Api) -> None:
    api.world.rules.on("POST /fine-tunes").job(fail={"at": "running", **WHY})

    events = api.get(f"{fine_tune(api)}/events?stream=true").events

    assert [event["message"] for event in events[-3:-1]] == ["Job started.", "Fine-tune failed. Out of luck."]


def test_pictures_of_the_old_operations_fail(api: Api) -> None:
    api.world.rules.on("POST /images/generations:submit").job(fail={"at": "running", **WHY})

    id = api.post("/images/generations:submit", {"prompt": "A cat"}).json["id"]

    found = read(api, f"/operations/images/{id}").json
    assert (found["status"], found["error"]) == ("failed", ERROR)


def test_a_kind_of_job_that_never_ends_so_says_how_it_may(api: Api) -> None:
    api.world.rules.on("fine_tuning.jobs.create").job(expire=True)
    body = {"model": "gpt-4o-mini", "training_file": upload(api, lines([CHAT] * 10), "fine-tune")}

    answer = api.post("/fine_tuning/jobs", body)

    assert (answer.status, answer.error["code"]) == (400, "impossible_job")
    assert answer.error["message"] == (
        "No 'fine-tuning' comes to what its rule says: it can fail, cancel, or be slow, "
        "at 'validating_files', 'queued', or 'running'."
    )


def test_a_call_that_begins_no_job_is_answered_as_usual(api: Api) -> None:
    api.world.rules.on("responses").job(fail=True)

    answer = api.post("/responses", {"model": "gpt-4o", "input": "Say hello"}).json

    assert answer["status"] == "completed"


WRONG = [
    ({"fail": {"at": "runing"}}, "unknown status 'runing'; did you mean 'running'?"),
    ({"fail": "server_eror"}, "unknown error 'server_eror'; did you mean 'server_error'?"),
    ({"fail": False}, "'fail' must be true, or a mapping, got false"),
    ({"expire": {"after": 1}}, "'after' counts steps in a status; say with 'at' in which"),
    ({"expire": {"message": "x"}}, "unknown key 'message' in 'expire'; valid are after, at"),
    ({"expire": True, "cancel": True}, "'expire' and 'cancel' exclude each other"),
    ({"slow": -1}, "'slow' must be a number from 0, got the number -1"),
    ({"slwo": 1}, "unknown key 'slwo' in 'job'; did you mean 'slow'?"),
]


@pytest.mark.parametrize(("words", "told"), WRONG)
def test_a_job_that_cannot_be_read_says_why(words: Any, told: str) -> None:
    with pytest.raises(RuleError) as error:
        Rule.read({"job": words})

    assert str(error.value) == told


def test_no_job_begins_where_the_rule_answers() -> None:
    with pytest.raises(RuleError, match="no job begins where 'error', 'reply' or 'proxy' answers"):
        on("batches").error("server_error").job(slow=1)


def test_rules_know_the_statuses_of_all_jobs() -> None:
    courses: list[Course] = [course for module in families.MODULES for course in families.routes(module).courses]
    passing = {stage.status for course in courses if course.awaited for stage in course.stages[:-1]}

    assert passing <= set(STATUSES)
