"""Fidelity: what the emulator answers, held against recordings; here mostly recordings of itself, tampered with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from fakeopenai.contract import known, recordings
from fakeopenai.contract.fidelity import Report, compare_all, main, template
from fakeopenai.contract.shapes import Difference
from fakeopenai.rules.reading import RuleError
from tests.front import Api

RECORDED = Path(__file__).parents[3] / "shared" / "recordings"

CORE = {"POST /chat/completions", "POST /responses", "POST /completions", "POST /embeddings", "POST /moderations"}

CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}

Entry = dict[str, Any]


def recorded(path: str, body: Any, method: str = "POST", **others: Any) -> Entry:
    """A line of a file of recordings: what the emulator answers, as if the API had."""
    answer = Api().send(method, path, body)
    stream = isinstance(body, dict) and body.get("stream")
    events = [{"event": name, "data": decoded(data)} for name, data in answer.named_events] if stream else []
    asked = {"t": "json", "v": body} if body is not None else {"t": "empty"}
    return {
        "id": "abc",
        "repo": "owner/name",
        "file": "tape.yaml",
        "idx": 0,
        "kind": "http",
        "host": "api.openai.com",
        "dialect": "openai",
        "endpoint": f"{method} {path}",
        "method": method,
        "path": f"/v1{path}",
        "query": {},
        "request_headers": {"authorization": "<redacted>"},
        "request_body": asked,
        "status": answer.status,
        "response_headers": dict(answer.headers),
        "response_body": {"t": "sse", "events": events} if stream else {"t": "json", "v": answer.json},
        "date": "Sat, 01 Aug 2026 00:00:00 GMT",
        "year": 2026,
        "fidelity": "wire",
        **others,
    }


def decoded(data: str) -> Any:
    return data if data == "[DONE]" else json.loads(data)


def report(*entries: Entry) -> Report:
    return compare_all(map(recordings.read, entries), known.load())


def told(*entries: Entry) -> list[tuple[str, Difference]]:
    """All differences without a reason, each with its part."""
    return [(finding.part, finding.difference) for _, finding, _ in report(*entries).open()]


def shares(given: Report, endpoint: str = "POST /chat/completions") -> dict[str, float | None]:
    tally = given.tallies[endpoint]
    return {figure: tally.share(figure) for figure in ("status", "shape", "headers", "grammar", "errors")}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/chat/completions", CHAT),
        ("/chat/completions", CHAT | {"stream": True}),
        ("/chat/completions", CHAT | {"temperature": 3}),
        ("/responses", {"model": "gpt-5", "input": "Hello"}),
        ("/responses", {"model": "gpt-5", "input": "Hello", "stream": True}),
        ("/completions", {"model": "gpt-3.5-turbo-instruct", "prompt": "Hello"}),
        ("/embeddings", {"model": "text-embedding-3-small", "input": "Hello"}),
        ("/moderations", {"model": "omni-moderation-latest", "input": "Hello"}),
    ],
)
def test_the_emulator_agrees_with_itself(path: str, body: Any) -> None:
    assert told(recorded(path, body)) == []


def test_a_missing_key_is_noticed() -> None:
    entry = recorded("/chat/completions", CHAT)
    entry["response_body"]["v"]["choices"][0]["message"]["reasoning"] = "Hm."

    found = report(entry)

    assert told(entry) == [("body", Difference("choices[].message.reasoning", "string", "absent"))]
    assert shares(found) == {"status": 1, "shape": 0, "headers": 1, "grammar": None, "errors": None}


def test_a_wrong_type_is_noticed() -> None:
    entry = recorded("/chat/completions", CHAT)
    entry["response_body"]["v"]["created"] = "today"

    assert told(entry) == [("body", Difference("created", "string", "number"))]


def test_a_missing_header_is_noticed() -> None:
    entry = recorded("/chat/completions", CHAT)
    entry["response_headers"]["X-New"] = "1"

    assert told(entry) == [("headers", Difference("x-new", "present", "absent"))]


def test_a_header_too_many_is_noticed() -> None:
    entry = recorded("/chat/completions", CHAT)
    del entry["response_headers"]["openai-version"]

    assert told(entry) == [("headers", Difference("openai-version", "absent", "present"))]


def test_headers_are_not_compared_where_the_recorder_chose_some() -> None:
    entry = recorded("/chat/completions", CHAT, response_headers={"date": "today"})

    assert shares(report(entry))["headers"] is None


def test_a_wrong_order_of_events_is_noticed() -> None:
    entry = recorded("/responses", {"model": "gpt-4o", "input": "Hello", "stream": True})
    events = entry["response_body"]["events"]
    events[0], events[1] = events[1], events[0]

    [(part, difference)] = told(entry)

    assert (part, difference.path, difference.ours) == ("grammar", "after (begin)", "response.created")
    assert shares(report(entry), "POST /responses")["grammar"] == 0


def test_a_key_of_an_event_is_noticed() -> None:
    entry = recorded("/chat/completions", CHAT | {"stream": True})
    for event in entry["response_body"]["events"][:-1]:
        event["data"]["more"] = 1

    assert told(entry) == [("body", Difference("[].more", "number", "absent"))]


def test_another_status_is_noticed_and_counts_against_the_shape() -> None:
    entry = recorded("/chat/completions", CHAT) | {"status": 404}

    assert [part for part, _ in told(entry)] == ["status"]
    assert shares(report(entry))["shape"] == 0


def test_another_wording_of_an_error_is_noticed() -> None:
    entry = recorded("/chat/completions", CHAT | {"temperature": 3})
    entry["response_body"]["v"]["error"]["message"] = "Too hot."

    [(part, difference)] = told(entry)

    assert (part, difference.path, difference.recorded) == ("error", "error.message", "Too hot.")


def test_the_model_says_what_it_said_in_the_recording() -> None:
    weather = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}
    entry = recorded("/chat/completions", CHAT | {"tools": [weather]})
    call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    choice = entry["response_body"]["v"]["choices"][0]
    choice["message"] |= {"content": None, "tool_calls": [call]}
    choice["finish_reason"] = "tool_calls"

    assert told(entry) == []


def test_a_field_that_came_later_is_justified_until_it_came() -> None:
    entry = recorded("/chat/completions", CHAT)
    del entry["response_body"]["v"]["choices"][0]["message"]["annotations"]

    late = told(entry)
    early = report(entry | {"date": "Thu, 01 Aug 2024 00:00:00 GMT"})

    assert late == [("body", Difference("choices[].message.annotations", "absent", "empty list"))]
    assert early.open() == []
    assert [finding.reason for _, finding, _ in early.explained()] == ["messages have annotations since 2025-03"]


def test_what_is_made_in_a_session_is_known_to_its_later_requests() -> None:
    api = Api()
    made = recorded("/conversations", {})
    id = made["response_body"]["v"]["id"]
    api.world.drawer("/conversations").put(made["response_body"]["v"])
    answer = api.get(f"/conversations/{id}")
    read = recorded("/conversations", {}) | {
        "idx": 1,
        "endpoint": "GET /conversations/{conversation_id}",
        "method": "GET",
        "path": f"/v1/conversations/{id}",
        "request_body": {"t": "empty"},
        "response_body": {"t": "json", "v": answer.json},
    }

    assert told(made, read) == []
    assert report(read).tallies[read["endpoint"]].left_out == {"it is about an object made before": 1}


def test_a_list_of_what_was_made_before_is_left_out() -> None:
    entry = recorded("/batches", None, "GET")
    entry["response_body"]["v"] |= {"data": [{"id": "batch_1", "object": "batch"}]}

    assert report(entry).tallies["GET /batches"].left_out == {"it lists what was made before": 1}


def test_a_list_that_is_refused_is_no_list_of_what_was_made_before() -> None:
    entry = recorded("/embeddings", {"model": "text-embedding-3-small", "input": "Hello"})
    entry["request_body"]["v"] = {"model": "text-embedding-ada-002", "input": "Hello", "dimensions": 8}

    assert [part for part, _ in told(entry)] == ["status"]


def test_a_response_that_is_followed_is_prepared() -> None:
    entry = recorded("/responses", {"model": "gpt-4o", "input": "Hello"})
    entry["request_body"]["v"] |= {"previous_response_id": "resp_" + "0" * 50}
    entry["response_body"]["v"] |= {"previous_response_id": "resp_" + "0" * 50}

    assert told(entry) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"response_body": {"t": "empty"}}, "the answer was not recorded"),
        ({"request_body": {"t": "text", "v": "omitted"}}, "the request was not recorded"),
        ({"response_body": {"t": "json", "v": {"provider": "another"}}}, "another server answered"),
        ({"request_headers": {"openai-beta": "assistants=v1"}}, "it speaks to the first version of assistants"),
    ],
)
def test_what_tells_nothing_is_left_out_and_counted(change: Entry, reason: str) -> None:
    entry = recorded("/chat/completions", CHAT) | change

    tally = report(entry).tallies["POST /chat/completions"]

    assert (tally.replayed, tally.left_out) == (0, {reason: 1})


def test_shortened_recordings_are_read_without_their_notes(tmp_path: Path) -> None:
    entry = recorded("/embeddings", {"model": "text-embedding-3-small", "input": [[1, 2, "…<numbers:9>"]]})
    file = tmp_path / "embeddings.jsonl"
    file.write_text(json.dumps(entry))

    [recording] = recordings.load(file)

    assert recording.request["input"] == [[1, 2]]


def test_a_shortened_picture_is_replayed_as_a_whole_one() -> None:
    asked = {
        "model": "gpt-image-1",
        "prompt": "Bluer",
        "images": [{"image_url": "data:image/png;base64,iVB…<dataurl:9>"}],
    }
    answer = {"created": 1, "data": [{"b64_json": "iVBORw0KGgo="}]}
    entry = recorded("/images/edits", asked) | {"status": 200, "response_body": {"t": "json", "v": answer}}

    assert report(entry).tallies["POST /images/edits"].replayed == 1
    assert not [difference for difference in told(entry) if "status" in difference]


def test_recordings_of_other_services_are_not_read(tmp_path: Path) -> None:
    entry = recorded("/chat/completions", CHAT)
    file = tmp_path / "chat.jsonl"
    file.write_text("\n".join(json.dumps(entry | change) for change in ({"host": "other"}, {"dialect": "azure"})))

    assert list(recordings.load(file)) == []


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Limit 30000, Requested 1.5", "Limit {n}, Requested {n}"),
        ("No such File object: file-abc123", "No such File object: {id}"),
        ("Incorrect API key provided: sk-ab***cd. You can", "Incorrect API key provided: {key}. You can"),
    ],
)
def test_a_template_has_no_ids_keys_and_numbers(message: str, expected: str) -> None:
    assert template(message) == expected


def test_the_report_is_printed_for_people_and_for_programs(tmp_path: Path) -> None:
    entry = recorded("/chat/completions", CHAT)
    entry["response_body"]["v"]["created"] = "today"
    (tmp_path / "chat.jsonl").write_text(json.dumps(entry))

    read = CliRunner().invoke(main, [str(tmp_path)]).output
    parsed = json.loads(CliRunner().invoke(main, [str(tmp_path), "--json"]).output)

    assert "POST /chat/completions body created: recorded string, ours number (abc)" in read
    assert parsed["endpoints"]["POST /chat/completions"]["shape"] == 0
    assert parsed["differences"][0]["path"] == "created"


def test_a_sample_holds_at_most_so_many_of_each_endpoint() -> None:
    given = [recordings.read(recorded("/chat/completions", CHAT, id=str(n))) for n in range(10)]

    assert compare_all(given, [], most=4).tallies["POST /chat/completions"].replayed == 4


def test_a_known_difference_without_a_reason_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "differences.yaml"
    file.write_text("- {in: body, path: created}\n")

    with pytest.raises(RuleError, match=r"differences\.yaml:1: .*'reason'"):
        known.load(file)


def test_no_known_difference_excuses_everything() -> None:
    """Each says where it holds, or between which months, or what was recorded there."""
    assert all(
        each.paths != ("*",) or each.recorded != ("*",) for each in known.load() if each.part in {"body", "headers"}
    )


@pytest.mark.parametrize("figure", ["status", "shape", "grammar"])
def test_the_recorded_api_is_agreed_with(figure: str, recorded_api: Report) -> None:
    agreeing = {endpoint: recorded_api.tallies[endpoint].share(figure) for endpoint in CORE}

    assert {endpoint: share for endpoint, share in agreeing.items() if share is not None and share < 0.95} == {}


def test_errors_of_the_recorded_api_are_agreed_with(recorded_api: Report) -> None:
    tallies = [recorded_api.tallies[endpoint] for endpoint in CORE]

    assert sum(tally.agreeing["errors"] for tally in tallies) >= 0.9 * sum(
        tally.compared["errors"] for tally in tallies
    )


@pytest.fixture(scope="module")
def recorded_api() -> Report:
    if not RECORDED.is_dir():
        pytest.skip(f"no recordings in {RECORDED}")
    given = [recording for recording in recordings.load(RECORDED) if recording.endpoint in CORE]
    return compare_all(given, known.load(), most=400)
