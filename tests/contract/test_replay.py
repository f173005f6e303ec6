"""Sessions of recordings, replayed in order: here recordings of the emulator itself."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from fakeopenai.contract import known, recordings
from fakeopenai.contract.fidelity import compare_all
from fakeopenai.contract.sessions import sessions
from fakeopenai.wire import Upload
from tests.api.assisted import CODE, SEARCH, WEATHER, Assisted
from tests.contract.test_fidelity import RECORDED, Entry, decoded, told

FOODS = "The favorite food of Filip is cake.\n"


@dataclass
class Tape:
    """Requests to an emulator, recorded one by one."""

    api: Assisted = field(default_factory=Assisted)
    entries: list[Entry] = field(default_factory=list)

    def __call__(self, method: str, path: str, body: Any = None, endpoint: str = "", **others: Any) -> Any:
        """The answer to a request; of a stream, the last object."""
        answer = self.api.send(method, path, body)
        streamed = isinstance(body, dict) and body.get("stream")
        events = [{"event": name, "data": decoded(data)} for name, data in answer.named_events] if streamed else []
        self.entries.append(
            {
                "id": f"tape-{len(self.entries)}",
                "repo": "owner/name",
                "file": "tape.yaml",
                "idx": len(self.entries),
                "kind": "http",
                "host": "api.openai.com",
                "dialect": "openai",
                "endpoint": f"{method} {endpoint or path}",
                "method": method,
                "path": f"/v1{path}",
                "query": {},
                "request_headers": {"openai-beta": "assistants=v2"},
                "request_body": {"t": "json", "v": body} if body is not None else {"t": "empty"},
                "status": answer.status,
                "response_headers": dict(answer.headers),
                "response_body": {"t": "sse", "events": events} if streamed else {"t": "json", "v": answer.json},
                "date": f"Sat, 01 Aug 2026 00:00:{len(self.entries):02} GMT",
                "year": 2026,
                "fidelity": "wire",
                **others,
            }
        )
        return events[-2]["data"] if streamed else answer.json

    def run(self, thread: str, **settings: Any) -> Any:
        return self("POST", f"/threads/{thread}/runs", settings, "/threads/{thread_id}/runs")

    def look(self, run: Any) -> Any:
        path = f"/threads/{run['thread_id']}/runs/{run['id']}"
        return self("GET", path, endpoint="/threads/{thread_id}/runs/{run_id}")

    def submit(self, run: Any, **settings: Any) -> Any:
        calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
        body = {"tool_outputs": [{"tool_call_id": call["id"], "output": "sunny"} for call in calls]}
        path = f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs"
        return self("POST", path, body | settings, "/threads/{thread_id}/runs/{run_id}/submit_tool_outputs")

    def read(self, thread: str, what: str = "messages") -> Any:
        self("GET", f"/threads/{thread}/{what}", endpoint=f"/threads/{{thread_id}}/{what}")

    def steps(self, run: Any) -> Any:
        path = f"/threads/{run['thread_id']}/runs/{run['id']}/steps"
        return self("GET", path, endpoint="/threads/{thread_id}/runs/{run_id}/steps")

    def beginning(self, said: str, **settings: Any) -> tuple[str, str]:
        """An assistant and a thread."""
        assistant = self("POST", "/assistants", {"model": "gpt-4o"} | settings)["id"]
        return assistant, self("POST", "/threads", {"messages": [{"role": "user", "content": said}]})["id"]


@pytest.fixture
def tape() -> Tape:
    return Tape()


def test_a_run_that_was_polled_is_replayed_as_it_was_seen_to_go_on(tape: Tape) -> None:
    tape.api.world.rules.on("threads.runs").say("Good day.")
    assistant, thread = tape.beginning("Hello")

    run = tape.run(thread, assistant_id=assistant)
    statuses = [tape.look(run)["status"] for _ in range(3)]
    tape.read(thread)

    assert statuses == ["in_progress", "completed", "completed"]
    assert told(*tape.entries) == []


def test_a_run_that_waited_is_replayed_with_its_calls(tape: Tape) -> None:
    tape.api.world.rules.on("threads.runs").call("get_weather", city="Oslo").then.say("Stay home.")
    assistant, thread = tape.beginning("Where to?", tools=[WEATHER])

    run = tape.run(thread, assistant_id=assistant)
    tape.look(run)
    again = tape.submit(tape.look(run))
    tape.look(again)
    tape.look(again)
    tape.steps(run)
    tape.read(thread)

    assert told(*tape.entries) == []


def test_streamed_runs_are_replayed_with_what_they_said(tape: Tape) -> None:
    tape.api.world.rules.on("threads.runs").say("Let me look.").call("get_weather", city="Oslo").then.refusal("No.")
    assistant, thread = tape.beginning("Where to?", tools=[WEATHER])

    run = tape.run(thread, assistant_id=assistant, stream=True)
    tape.submit(run, stream=True)

    assert told(*tape.entries) == []


@pytest.mark.parametrize(("asked", "tool"), [("What is Filip's favorite food?", SEARCH), ("Calculate 3 * 4.", CODE)])
@pytest.mark.parametrize("stream", [False, True])
def test_tools_that_run_there_are_replayed_with_what_they_gave(
    tape: Tape, asked: str, tool: Any, *, stream: bool
) -> None:
    stores = {"file_search": {"vector_stores": [{"file_ids": [tape.api.file(FOODS, "foods.txt")]}]}}
    assistant, thread = tape.beginning(asked, tools=[tool], tool_resources=stores if tool is SEARCH else None)

    run = tape.run(thread, assistant_id=assistant, stream=stream)
    tape.look(run)
    tape.look(run)
    tape.steps(run)
    tape.read(thread)

    assert told(*tape.entries) == []


def test_a_difference_late_in_a_session_is_noticed(tape: Tape) -> None:
    assistant, thread = tape.beginning("Hello")
    tape.look(tape.run(thread, assistant_id=assistant))
    tape.entries[-1]["response_body"]["v"]["mood"] = "good"

    assert [(part, difference.path) for part, difference in told(*tape.entries)] == [("body", "mood")]


def test_what_a_run_finds_is_prepared(tape: Tape) -> None:
    assistant, thread = tape.beginning("Hello")
    tape.look(tape.run(thread, assistant_id=assistant))

    assert told(*tape.entries[2:]) == []


def test_a_batch_of_a_file_that_is_only_named_is_replayed_to_its_end(tape: Tape) -> None:
    row = {"custom_id": "1", "method": "POST", "url": "/v1/responses", "body": {"model": "gpt-4o-mini", "input": "Hi"}}
    upload = {"file": [Upload("rows.jsonl", "application/jsonl", json.dumps(row).encode())]}
    file = tape.api.post("/files", {"purpose": "batch"}, files=upload).json["id"]

    asked = {"input_file_id": file, "endpoint": "/v1/responses", "completion_window": "24h"}
    batch = tape("POST", "/batches", asked)["id"]
    looks = [tape("GET", f"/batches/{batch}", endpoint="/batches/{batch_id}")["status"] for _ in range(4)]

    assert looks[-1] == "completed"
    assert told(*tape.entries) == []


def test_files_that_need_each_other_are_one_session(tape: Tape) -> None:
    _, thread = tape.beginning("Hello")
    tape.read(thread)
    for entry, name in zip(tape.entries, ("assistant", "setup", "a test"), strict=True):
        entry["file"] = name

    found = sessions(map(recordings.read, reversed(tape.entries)))

    assert sorted([recording.id for recording in session] for session in found) == [["tape-0"], ["tape-1", "tape-2"]]


def test_a_file_recorded_twice_is_two_sessions(tape: Tape) -> None:
    for hour in (0, 0, 7):
        tape("POST", "/threads", {}, date=f"Sat, 01 Aug 2026 0{hour}:00:00 GMT")

    found = sessions(map(recordings.read, tape.entries))

    assert [len(session) for session in found] == [2, 1]


def test_a_file_without_dates_is_one_session_in_its_order(tape: Tape) -> None:
    for _ in range(3):
        tape("POST", "/threads", {}, date=None)

    [found] = sessions(map(recordings.read, reversed(tape.entries)))

    assert [recording.place for recording in found] == [0, 1, 2]


def test_recorded_runs_are_agreed_with() -> None:
    """In their states, shapes and the order of their events, whole sessions replayed."""
    if not RECORDED.is_dir():
        pytest.skip(f"no recordings in {RECORDED}")
    given = list(recordings.load(RECORDED))
    of_runs = {recording.session for recording in given if recording.endpoint.endswith(("runs", "/{run_id}"))}

    found = compare_all((recording for recording in given if recording.session in of_runs), known.load())

    tallies = {endpoint: tally for endpoint, tally in found.tallies.items() if "/runs" in endpoint and tally.replayed}
    assert len(tallies) >= 5
    for figure in ("status", "grammar", "errors"):
        assert {endpoint for endpoint, tally in tallies.items() if tally.share(figure) not in {None, 1.0}} == set()
    agreeing = sum(tally.agreeing["shape"] for tally in tallies.values())
    assert agreeing >= 0.95 * sum(tally.compared["shape"] for tally in tallies.values())
