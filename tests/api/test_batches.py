"""Batches through the front door: every line is answered as if it had come by itself."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any, Final

import pytest
from openai import OpenAI

from fakeopenai.clock import EPOCH
from fakeopenai.schema import Checker, types
from fakeopenai.wire import Upload
from tests.front import Api

DAY = 86_400
CHAT: Final = "/v1/chat/completions"
RESPONSES: Final = "/v1/responses"
EMBEDDINGS: Final = "/v1/embeddings"
Rows = list[dict[str, Any]]


def row(id: str, text: str = "Hi", url: str = CHAT, **body: Any) -> dict[str, Any]:
    said = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]} if url == CHAT else {}
    return {"custom_id": id, "method": "POST", "url": url, "body": said | body}


def rows(count: int) -> Rows:
    return [row(f"r{n}", f"Say {n}") for n in range(count)]


def written(lines: Rows | str) -> bytes:
    return lines.encode() if isinstance(lines, str) else b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def start(api: Api, lines: Rows | str, endpoint: str = CHAT, **settings: Any) -> dict[str, Any]:
    files = {"file": [Upload("rows.jsonl", "application/jsonl", written(lines))]}
    file = api.post("/files", {"purpose": "batch"}, files=files).json["id"]
    body = {"input_file_id": file, "endpoint": endpoint, "completion_window": "24h"} | settings
    batch: dict[str, Any] = api.post("/batches", body).json
    return batch


def seen(api: Api, batch: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/batches/{batch['id']}").json
    return found


def finished(api: Api, batch: dict[str, Any]) -> dict[str, Any]:
    while batch["status"] in {"validating", "in_progress", "finalizing", "cancelling"}:
        batch = seen(api, batch)
    return batch


def lines_of(api: Api, file: str | None) -> dict[str, Any]:
    """The lines of a file by their custom ids."""
    content = api.get(f"/files/{file}/content").content
    return {line["custom_id"]: line for line in map(json.loads, content.splitlines())}


def test_a_new_batch_is_told_as_the_api_tells_it(api: Api) -> None:
    batch = start(api, rows(1), metadata={"a": "b"})

    assert list(batch)[2:6] == ["endpoint", "model", "errors", "input_file_id"]
    assert (batch["status"], batch["expires_at"], batch["model"]) == ("validating", int(EPOCH) + DAY, None)
    assert batch["request_counts"] == {"total": 0, "completed": 0, "failed": 0}
    assert batch["metadata"] == {"a": "b"}
    assert Checker(types()).reply_errors(api.emulator.operations.all["POST /batches"], batch) == []


def test_a_batch_goes_through_its_stages_while_its_counts_move(api: Api) -> None:
    batch = start(api, rows(5))

    looks = [seen(api, batch) for _ in range(6)]

    assert [(look["status"], look["request_counts"]["completed"]) for look in looks] == [
        ("in_progress", 0),
        ("in_progress", 3),
        ("in_progress", 5),
        ("finalizing", 5),
        ("completed", 5),
        ("completed", 5),
    ]
    done = looks[-1]
    moments = [done[name] for name in ("created_at", "in_progress_at", "finalizing_at", "completed_at")]
    assert moments == sorted(moments)
    assert done["request_counts"] == {"total": 5, "completed": 5, "failed": 0}
    assert done["model"] == "gpt-4o-mini-2024-07-18"
    assert done["error_file_id"] is None


def test_the_output_has_a_line_for_every_request(api: Api) -> None:
    done = finished(api, start(api, rows(3)))

    output = lines_of(api, done["output_file_id"])

    assert set(output) == {"r0", "r1", "r2"}
    line = output["r1"]
    assert list(line) == ["id", "custom_id", "response", "error"]
    assert (len(line["id"]), line["error"], line["response"]["status_code"]) == (len("batch_req_") + 32, None, 200)
    assert len(line["response"]["request_id"]) == 36
    assert line["response"]["body"]["object"] == "chat.completion"
    file = api.get(f"/files/{done['output_file_id']}").json
    assert (file["filename"], file["purpose"]) == (f"{done['id']}_output.jsonl", "batch_output")


def test_a_line_is_answered_as_it_would_be_by_itself(api: Api) -> None:
    alone = Api().post("/chat/completions", row("x", "What is the capital of France?")["body"]).json

    done = finished(api, start(api, [row("x", "What is the capital of France?")]))

    (line,) = lines_of(api, done["output_file_id"]).values()
    assert line["response"]["body"]["choices"] == alone["choices"]
    assert line["response"]["body"]["usage"] == alone["usage"]


def test_usage_adds_up(api: Api) -> None:
    done = finished(api, start(api, rows(4)))

    used = [line["response"]["body"]["usage"] for line in lines_of(api, done["output_file_id"]).values()]

    assert done["usage"]["input_tokens"] == sum(usage["prompt_tokens"] for usage in used) > 0
    assert done["usage"]["output_tokens"] == sum(usage["completion_tokens"] for usage in used) > 0
    assert done["usage"]["total_tokens"] == sum(usage["total_tokens"] for usage in used)


def test_rules_speak_through_the_lines_of_a_batch(api: Api) -> None:
    api.world.rules.on("chat", contains="Say 1").say("One!")
    api.world.rules.on("chat", contains="Say 2").error("server_error")

    done = finished(api, start(api, rows(4)))

    output, errors = lines_of(api, done["output_file_id"]), lines_of(api, done["error_file_id"])
    assert output["r1"]["response"]["body"]["choices"][0]["message"]["content"] == "One!"
    assert set(errors) == {"r2"}
    assert (errors["r2"]["response"]["status_code"], errors["r2"]["error"]) == (500, None)
    assert errors["r2"]["response"]["body"]["error"]["type"] == "server_error"
    assert done["request_counts"] == {"total": 4, "completed": 3, "failed": 1}


def test_a_request_that_is_wrong_in_itself_fails_alone(api: Api) -> None:
    done = finished(api, start(api, [row("good"), row("bad", temperature=9)]))

    errors = lines_of(api, done["error_file_id"])

    assert (done["status"], done["request_counts"]["failed"]) == ("completed", 1)
    assert errors["bad"]["response"]["body"]["error"]["code"] == "decimal_above_max_value"


def test_a_page_for_people_is_written_down_as_text(api: Api) -> None:
    api.world.rules.on("chat").error("bad_gateway")

    done = finished(api, start(api, rows(1)))

    (line,) = lines_of(api, done["error_file_id"]).values()
    assert line["response"]["status_code"] == 502
    assert line["response"]["body"].startswith("<")


def test_a_batch_of_which_all_lines_fail_is_completed_without_output(api: Api) -> None:
    api.world.rules.on("chat").error("server_error")

    done = finished(api, start(api, rows(2)))

    assert (done["status"], done["output_file_id"]) == ("completed", None)
    assert len(lines_of(api, done["error_file_id"])) == 2


@pytest.mark.parametrize(
    ("endpoint", "body", "object"),
    [
        (RESPONSES, {"model": "gpt-4o-mini", "input": "Hi"}, "response"),
        (EMBEDDINGS, {"model": "text-embedding-3-small", "input": "Hi"}, "list"),
        ("/v1/completions", {"model": "gpt-3.5-turbo-instruct", "prompt": "Hi"}, "text_completion"),
        ("/v1/moderations", {"model": "omni-moderation-latest", "input": "Hi"}, None),
    ],
)
def test_other_endpoints_are_answered_too(api: Api, endpoint: str, body: dict[str, Any], object: str | None) -> None:
    done = finished(api, start(api, [row("a", url=endpoint, **body)], endpoint))

    (line,) = lines_of(api, done["output_file_id"]).values()

    assert line["response"]["body"].get("object") == object


def test_embeddings_stand_before_their_index(api: Api) -> None:
    line = row("a", url=EMBEDDINGS, model="text-embedding-3-small", input="Hi")
    done = finished(api, start(api, [line], EMBEDDINGS))

    (found,) = lines_of(api, done["output_file_id"]).values()

    assert list(found["response"]["body"]["data"][0]) == ["object", "embedding", "index"]


def test_everything_wrong_with_the_input_is_told_with_its_line(api: Api) -> None:
    lines = [
        row("a"),
        {"method": "POST", "body": {}},
        row("a"),
        row("b", url=EMBEDDINGS),
        row("c", stream=True),
        row("d", model="gpt-nowhere"),
        row("e", model="gpt-4o"),
        row("f", model=None, messages=None),
        row("g") | {"method": "GET"},
    ]

    failed = finished(api, start(api, written(lines).decode() + "\n{oops\n"))

    assert (failed["status"], failed["output_file_id"], failed["in_progress_at"]) == ("failed", None, None)
    assert failed["failed_at"] == int(EPOCH) + 1
    assert failed["errors"]["object"] == "list"
    assert [(error["line"], error["code"], error["param"]) for error in failed["errors"]["data"]] == [
        (2, "missing_required_parameter", "custom_id"),
        (2, "missing_required_parameter", "url"),
        (3, "duplicate_custom_id", "custom_id"),
        (4, "invalid_url", "url"),
        (5, "streaming_unsupported", "body.stream"),
        (6, "model_not_found", "body.model"),
        (7, "mismatched_model", "body.model"),
        (8, "invalid_request", "body.model"),
        (8, "invalid_request", "body.messages"),
        (9, "invalid_value", "method"),
        (11, "invalid_json_line", None),
    ]
    assert failed["errors"]["data"][-1]["message"] == "This line is not parseable as valid JSON."
    assert Checker(types()).reply_errors(api.emulator.operations.all["GET /batches/{batch_id}"], failed) == []


def test_a_file_that_is_not_there_fails_the_batch(api: Api) -> None:
    body = {"input_file_id": "file-nowhere", "endpoint": CHAT, "completion_window": "24h"}

    failed = finished(api, api.post("/batches", body).json)

    (error,) = failed["errors"]["data"]
    assert (error["code"], error["param"], error["line"]) == ("invalid_request", "file_id", None)
    assert error["message"].startswith("Cannot find file file-nowhere, or organization org-")


def test_a_file_for_something_else_fails_the_batch(api: Api) -> None:
    files = {"file": [Upload("rows.jsonl", "application/jsonl", written(rows(1)))]}
    file = api.post("/files", {"purpose": "user_data"}, files=files).json["id"]

    body = {"input_file_id": file, "endpoint": CHAT, "completion_window": "24h"}
    batch = finished(api, api.post("/batches", body).json)

    (fault,) = batch["errors"]["data"]
    assert (batch["status"], fault["code"], fault["param"]) == ("failed", "invalid_request", "file_id")
    assert "'user_data'" in fault["message"]


def test_too_long_an_input_fails_the_batch(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fakeopenai.batch_rows.LARGEST", 100)

    batch = finished(api, start(api, rows(3)))

    message = "The batch input file is larger than the 100 maximum for the gpt-4o-mini-2024-07-18 model."
    assert (batch["status"], batch["errors"]["data"][0]["message"]) == ("failed", message)


def test_too_many_lines_fail_the_batch(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fakeopenai.batch_rows.MOST", 2)

    failed = finished(api, start(api, rows(3)))

    assert [error["code"] for error in failed["errors"]["data"]] == ["too_many_tasks"]


@pytest.mark.parametrize(
    ("settings", "param"),
    [
        ({"endpoint": "/v1/invalid"}, "endpoint"),
        ({"completion_window": "1h"}, "completion_window"),
        ({"metadata": {"tags": ["a"]}}, "metadata.tags"),
        ({"output_expires_after": {"anchor": "created_at", "seconds": 1}}, "output_expires_after.seconds"),
    ],
)
def test_a_batch_out_of_bounds_is_refused(api: Api, settings: dict[str, Any], param: str) -> None:
    body = {"input_file_id": "file-1", "endpoint": CHAT, "completion_window": "24h"} | settings

    answer = api.post("/batches", body)

    assert (answer.status, answer.error["param"]) == (400, param)


def test_a_batch_cancelled_before_its_start_has_written_nothing(api: Api) -> None:
    batch = start(api, rows(3))

    cancelling = api.post(f"/batches/{batch['id']}/cancel").json
    cancelled = finished(api, cancelling)

    assert cancelling == batch | {"status": "cancelling", "cancelling_at": int(EPOCH)}
    assert cancelled == cancelling | {"status": "cancelled", "cancelled_at": int(EPOCH) + 600}


def test_a_batch_cancelled_midway_keeps_what_was_answered(api: Api) -> None:
    batch = start(api, rows(5))
    assert [seen(api, batch)["status"] for _ in range(2)] == ["in_progress"] * 2

    cancelled = finished(api, api.post(f"/batches/{batch['id']}/cancel").json)

    output, errors = lines_of(api, cancelled["output_file_id"]), lines_of(api, cancelled["error_file_id"])
    assert (cancelled["status"], cancelled["request_counts"]["completed"]) == ("cancelled", 3)
    assert (set(output), set(errors)) == ({"r0", "r1", "r2"}, {"r3", "r4"})
    assert errors["r3"]["response"] is None
    assert errors["r3"]["error"]["code"] == "batch_cancelled"


def test_a_finished_batch_can_not_be_cancelled(api: Api) -> None:
    done = finished(api, start(api, rows(1)))

    answer = api.post(f"/batches/{done['id']}/cancel")

    assert (answer.status, answer.error["message"]) == (409, "Cannot cancel a batch with status 'completed'.")


def test_cancelling_twice_changes_nothing(api: Api) -> None:
    batch = start(api, rows(1))

    twice = [api.post(f"/batches/{batch['id']}/cancel").json for _ in range(2)]

    assert twice[0] == twice[1]


def test_a_batch_whose_lines_are_too_slow_expires(api: Api) -> None:
    api.world.clock.run("manual")
    api.world.rules.on("chat", contains="Say 1").delay(2 * DAY)
    batch = start(api, rows(4))

    api.world.clock.advance(DAY - 1)
    assert seen(api, batch)["status"] == "in_progress"
    api.world.clock.advance(1)

    expired = seen(api, batch)
    output, errors = lines_of(api, expired["output_file_id"]), lines_of(api, expired["error_file_id"])
    assert (expired["status"], expired["expired_at"]) == ("expired", expired["expires_at"])
    assert (set(output), set(errors)) == ({"r0"}, {"r1", "r2", "r3"})
    assert errors["r2"]["error"] == {
        "code": "batch_expired",
        "message": "This request could not be executed before the completion window expired.",
    }


def test_a_finished_batch_does_not_expire(api: Api) -> None:
    done = finished(api, start(api, rows(1)))

    api.world.clock.advance(2 * DAY)

    assert seen(api, done) == done


def test_what_a_batch_writes_expires_when_it_is_told_to(api: Api) -> None:
    limit = {"anchor": "created_at", "seconds": 3600}
    done = finished(api, start(api, rows(1), output_expires_after=limit))

    file = api.get(f"/files/{done['output_file_id']}").json

    assert file["expires_at"] == file["created_at"] + 3600


def test_a_batch_does_not_need_its_input_file_any_more(api: Api) -> None:
    batch = start(api, rows(2))
    api.delete(f"/files/{batch['input_file_id']}")

    assert finished(api, batch)["request_counts"]["completed"] == 2


def test_batches_are_listed_newest_first(api: Api) -> None:
    ids = [start(api, rows(1), metadata={"n": str(n)})["id"] for n in range(3)]

    page = api.get("/batches?limit=2").json

    assert [batch["id"] for batch in page["data"]] == [ids[2], ids[1]]
    assert (page["first_id"], page["last_id"], page["has_more"]) == (ids[2], ids[1], True)


def test_an_unfinished_batch_says_when_to_look_again(api: Api) -> None:
    batch = start(api, rows(1))

    headers = [api.get(f"/batches/{batch['id']}").headers.get("openai-poll-after-ms") for _ in range(4)]

    assert headers == ["1", "1", "1", None]


def test_nothing_of_a_finished_batch_is_left_at_work(api: Api) -> None:
    finished(api, start(api, rows(3)))

    assert [drawer for drawer in api.world.store.drawers() if drawer.startswith("/_batches")] == []


def test_the_client_runs_a_batch(client: OpenAI) -> None:
    file = client.files.create(file=("rows.jsonl", written(rows(2))), purpose="batch")
    batch = client.batches.create(input_file_id=file.id, endpoint=CHAT, completion_window="24h")

    while batch.status not in {"completed", "failed"}:
        batch = client.batches.retrieve(batch.id)

    assert batch.output_file_id is not None
    assert batch.request_counts is not None
    assert batch.request_counts.completed == 2
    assert len(client.files.content(batch.output_file_id).text.splitlines()) == 2
    assert [listed.id for listed in client.batches.list()] == [batch.id]


def test_a_long_line_of_an_input_in_pieces_is_read_as_it_is(api: Api) -> None:
    long = "word " * 150_000

    done = finished(api, start(api, [row("a"), row("b", long), row("c")]))

    output = lines_of(api, done["output_file_id"])
    assert set(output) | set(lines_of(api, done["error_file_id"]) if done["error_file_id"] else ()) == {"a", "b", "c"}


def test_a_batch_holds_no_more_for_more_lines(api: Api) -> None:
    held = []
    for count in (1_000, 8_000):
        batch = start(api, [row(f"r{n}", "Say yes") for n in range(count)])
        seen(api, batch)
        tracemalloc.start()
        finished(api, batch)
        held.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert held[1] < held[0] + 6 * 2**20
