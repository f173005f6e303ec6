"""What takes time says when to look at it again, goes on when it is looked at, and moves with every kind of clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from fakeopenai.wire import Object, Upload
from tests.front import Api

HINT = "openai-poll-after-ms"
CHAT: Object = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hi"}]}
ROW: Object = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": CHAT}
EXAMPLE = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}
UNFINISHED = frozenset({"validating", "validating_files", "pending", "queued", "in_progress", "running", "finalizing"})
GRADER = {
    "type": "string_check",
    "name": "same",
    "input": "{{item.text}}",
    "operation": "eq",
    "reference": "{{item.text}}",
}


def made(api: Api, path: str, body: Object) -> Any:
    answer = api.post(path, body)
    assert answer.status == 200, answer.content
    return answer.json["id"]


def uploaded(api: Api, purpose: str, *lines: Object, name: str = "a.jsonl") -> Any:
    content = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    return api.post("/files", {"purpose": purpose}, files={"file": [Upload(name, "text/plain", content)]}).json["id"]


def batch(api: Api) -> str:
    file = uploaded(api, "batch", ROW)
    wanted = {"input_file_id": file, "endpoint": ROW["url"], "completion_window": "24h"}
    return f"/batches/{made(api, '/batches', wanted)}"


def tuning(api: Api) -> str:
    file = uploaded(api, "fine-tune", *[EXAMPLE] * 10)
    wanted = {"training_file": file, "model": "gpt-4o-mini-2024-07-18"}
    return f"/fine_tuning/jobs/{made(api, '/fine_tuning/jobs', wanted)}"


def video(api: Api) -> str:
    return f"/videos/{made(api, '/videos', {'prompt': 'A cat', 'model': 'sora-2'})}"


def run(api: Api) -> str:
    assistant = made(api, "/assistants", {"model": "gpt-4o-mini", "instructions": "Be nice."})
    thread = made(api, "/threads", {"messages": CHAT["messages"]})
    return f"/threads/{thread}/runs/{made(api, f'/threads/{thread}/runs', {'assistant_id': assistant})}"


def evaluation(api: Api) -> str:
    schema = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
    source = {"type": "custom", "item_schema": schema}
    id = made(api, "/evals", {"data_source_config": source, "testing_criteria": [GRADER]})
    rows = {"type": "jsonl", "source": {"type": "file_content", "content": [{"item": {"text": "a"}}]}}
    return f"/evals/{id}/runs/{made(api, f'/evals/{id}/runs', {'data_source': rows})}"


def response(api: Api) -> str:
    wanted = {"model": "gpt-4o-mini", "input": "Hi", "background": True}
    return f"/responses/{made(api, '/responses', wanted)}"


def store(api: Api) -> str:
    return f"/vector_stores/{made(api, '/vector_stores', {'file_ids': [uploaded(api, 'assistants', ROW)]})}"


def store_file(api: Api) -> str:
    path = store(api)
    return f"{path}/files/{api.get(f'{path}/files').json['data'][0]['id']}"


def file_batch(api: Api) -> str:
    path = f"/vector_stores/{made(api, '/vector_stores', {})}/file_batches"
    return f"{path}/{made(api, path, {'file_ids': [uploaded(api, 'assistants', ROW)]})}"


def fine_tune(api: Api) -> str:
    file = uploaded(api, "fine-tune", *[{"prompt": f"{n} ->", "completion": " yes"} for n in range(10)])
    return f"/fine-tunes/{made(api, '/fine-tunes', {'training_file': file, 'model': 'ada'})}"


JOBS: tuple[Callable[[Api], str], ...] = (
    batch,
    tuning,
    video,
    run,
    evaluation,
    response,
    store,
    store_file,
    file_batch,
    fine_tune,
)
job = pytest.mark.parametrize("begun", JOBS)


def look(api: Api, path: str) -> tuple[str, str | None]:
    headers = {"openai-beta": "assistants=v2"}
    answer = api.get(path, headers=headers)
    return answer.json["status"], answer.headers.get(HINT)


@pytest.fixture
def api() -> Api:
    return Beta()


class Beta(Api):
    """Somebody who names the beta in every request."""

    def send(self, *args: Any, **options: Any) -> Any:
        return super().send(*args, **options | {"headers": {"openai-beta": "assistants=v2"}})


@job
def test_a_job_that_is_looked_at_ends_in_a_few_looks(api: Api, begun: Callable[[Api], str]) -> None:
    path = begun(api)

    looks = [look(api, path) for _ in range(30)]

    assert {hint for status, hint in looks if status in UNFINISHED} <= {"1"}
    assert looks[-1][0] in {"completed", "succeeded"}
    assert looks[-1][1] is None


@job
def test_with_the_clock_in_ones_own_hands_looking_changes_nothing(api: Api, begun: Callable[[Api], str]) -> None:
    api.world.clock.run("manual")
    path = begun(api)

    looks = {look(api, path) for _ in range(3)}
    api.world.clock.advance(86_000)

    assert len(looks) == 1
    ((status, hint),) = looks
    assert (status in UNFINISHED, hint) == (True, None)
    assert look(api, path)[0] in {"completed", "succeeded"}


@job
def test_by_the_wall_clock_a_job_says_how_long_to_wait(api: Api, begun: Callable[[Api], str]) -> None:
    wall = iter(range(0, 10_000_000, 1))
    api.world.clock.run("rate", 0.001, lambda: float(next(wall)))
    path = begun(api)

    status, hint = look(api, path)
    api.world.clock.run("rate", 86_000, lambda: float(next(wall)))

    assert (status in UNFINISHED, int(hint or 0) > 1) == (True, True)
    assert look(api, path)[0] in {"completed", "succeeded"}
