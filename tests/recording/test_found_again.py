"""What was recorded is found again by the same request, and by no other; and answers with the same bytes."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from fakeopenai.rules import Rule
from fakeopenai.rules.recorded import LAYOUTS
from fakeopenai.rules.request import asked
from fakeopenai.sending import frames
from fakeopenai.wire import Call, Upload
from tests.recording.exchanges import call, recorded, taken, text

TEXT = st.text(st.characters(codec="utf-8"), max_size=20) | st.sampled_from(
    [
        "",
        "yes",
        "0o17",
        "1e3",
        "null",
        "~",
        " x",
        "a\nb",
        "a\n",
        "\n",
        "# no",
        "{{ x }}",
        "a: b",
        "bob@corp.test",
        "\u2028",
    ]
)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
BODY = st.dictionaries(TEXT, VALUE, max_size=4)
FIELDS = st.dictionaries(st.sampled_from(["purpose", "model", "n", "x[y]"]), TEXT, max_size=3)
UPLOAD = st.builds(Upload, TEXT, st.just("text/plain"), st.binary(max_size=30))


def _recorded(asked_for: Call, content: bytes = b"{}") -> Rule:
    with TemporaryDirectory() as folder:
        (rule,) = recorded(Path(folder), (asked_for, taken(content)))
        return rule


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(BODY, BODY)
@example({"a": True}, {"a": 1})
@example({"a": {}}, {})
@example({"a": "bob@corp.test"}, {"a": "eve@corp.test"})
def test_json_is_found_again(body: Any, other: Any) -> None:
    rule = _recorded(call(body=body))

    assert rule.holds(call(body=json.loads(json.dumps(body))))
    assume(json.dumps(body, sort_keys=True) != json.dumps(other, sort_keys=True))
    if body != other:
        assert not rule.holds(call(body=other))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FIELDS, st.lists(UPLOAD, min_size=1, max_size=2), st.binary(max_size=30))
def test_forms_are_found_again_by_their_fields_and_files(fields: Any, uploads: list[Upload], other: bytes) -> None:
    rule = _recorded(call("POST /files", fields, files={"file": list(uploads)}))

    assert rule.holds(call("POST /files", dict(fields), files={"file": list(uploads)}))
    assert not rule.holds(call("POST /files", fields | {"more": "1"}, files={"file": uploads}))
    assert not rule.holds(call("POST /files", fields, files={}))
    if other != uploads[0].content:
        changed = [uploads[0]._replace(content=other), *uploads[1:]]
        assert not rule.holds(call("POST /files", fields, files={"file": changed}))


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FIELDS, FIELDS)
def test_queries_are_found_again(query: Any, other: Any) -> None:
    rule = _recorded(call("GET /files", query=query))

    assert rule.holds(call("GET /files", query=query))
    assert rule.holds(call("GET /files", query=other)) is _same_texts(query, other)


def _same_texts(one: dict[str, str], other: dict[str, str]) -> bool:
    def told(fields: dict[str, str]) -> dict[str, object]:
        return {name: _number(value) for name, value in fields.items()}

    return told(one) == told(other)


def _number(value: str) -> object:
    try:
        return float(value) if value[-1:].isdecimal() and value.isascii() and value[0] in "-0123456789" else value
    except ValueError:
        return value


def test_numbers_of_forms_are_the_same_however_they_are_written(tmp_path: Path) -> None:
    (rule,) = recorded(tmp_path, (call("GET /files", query={"limit": "20", "after": "x"}), taken()))

    assert rule.holds(call("GET /files", query={"limit": 20, "after": "x"}))
    assert not rule.holds(call("GET /files", query={"limit": 21, "after": "x"}))
    assert rule.differences(call("GET /files", query={"limit": 21})) == [
        "query.limit: expected the text '20.0', got the text '21.0'",
        "query.after: expected the text 'x', got nothing",
    ]


def test_paths_and_operations_count(tmp_path: Path) -> None:
    (rule,) = recorded(tmp_path, (call("GET /files/{file_id}", file_id="file-1"), taken()))

    assert rule.holds(call("GET /files/{file_id}", file_id="file-1"))
    assert not rule.holds(call("GET /files/{file_id}", file_id="file-2"))
    assert not rule.holds(call("DELETE /files/{file_id}", file_id="file-1"))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(TEXT, VALUE), st.sampled_from(sorted(LAYOUTS)))
def test_json_comes_back_byte_for_byte(value: Any, layout: Any) -> None:
    assume("@" not in json.dumps(value))
    content = LAYOUTS[layout](value).encode()

    rule = _recorded(call(body={"a": 1}), content)

    reply = rule.reply(call(body={"a": 1}))
    assert reply is not None
    assert reply.body == content


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.binary(min_size=1, max_size=12), min_size=1, max_size=8))
@example([b"data: \xf0\x9f", b"\x98\x80\r\n", b"\r\n", b" \n", b": comment\n\n"])
def test_streams_come_back_piece_for_piece(pieces: list[bytes]) -> None:
    assume(b"@" not in b"".join(pieces))
    with TemporaryDirectory() as folder:
        answer = taken(pieces, headers={"content-type": "text/event-stream"})
        (rule,) = recorded(Path(folder), (call(body={"a": 1}), answer))

    reply = rule.reply(call(body={"a": 1}))
    assert reply is not None
    assert list(frames(reply.events or ())) == pieces


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(min_size=1))
def test_bytes_come_back(content: bytes) -> None:
    assume(b"@" not in content)
    with TemporaryDirectory() as folder:
        answer = taken(content, headers={"content-type": "audio/mpeg"})
        (rule,) = recorded(Path(folder), (call("POST /audio/speech", {"input": "x"}), answer))

    reply = rule.reply(call("POST /audio/speech", {"input": "x"}))
    assert reply is not None
    assert (reply.body, reply.media) == (content, "audio/mpeg")


def test_the_same_request_gets_its_answers_in_turn_and_the_last_for_ever(tmp_path: Path) -> None:
    asked_for = call(body={"a": 1})
    (rule,) = recorded(tmp_path, (asked_for, taken(b'{"n":1}')), (asked_for, taken(b'{"n":2}')))

    told = [rule.nth(number, asked_for).reply(asked_for) for number in range(3)]

    assert [reply.body for reply in told if reply] == [b'{"n":1}', b'{"n":2}', b'{"n":2}']


def test_failures_are_recorded_on_demand(tmp_path: Path) -> None:
    exchange = (call(body={"a": 1}), taken(b'{"error":{}}', 429, JSON_LATER))

    assert recorded(tmp_path, exchange) == []
    (rule,) = recorded(tmp_path, exchange, errors=True)

    reply = rule.reply(call(body={"a": 1}))
    assert reply is not None
    assert (reply.status, reply.headers) == (429, {"retry-after": "2"})


JSON_LATER = {"content-type": "application/json", "retry-after": "2", "date": "now", "cf-ray": "x"}


def test_ids_of_answers_are_counted_and_those_of_programs_stay(tmp_path: Path) -> None:
    made, given_id = "file-Ab3dEf6hIj9lMn2pQr5tUv", "file-Zy8xWv7uTs6rQp5oNm4lKj"
    first = (call("POST /files", {}, files={"file": []}), taken(json.dumps({"id": made}).encode()))
    second = (call("GET /files/{file_id}", file_id=made), taken(json.dumps({"id": made}).encode()))
    third = (call("GET /files/{file_id}", file_id=given_id), taken(json.dumps({"id": given_id}).encode()))

    rules = recorded(tmp_path, first, second, third)

    assert made not in text(tmp_path)
    stand_in = "file-0000000000000000000001"
    assert any(rule.holds(call("GET /files/{file_id}", file_id=stand_in)) for rule in rules)
    assert any(rule.holds(call("GET /files/{file_id}", file_id=given_id)) for rule in rules)


def test_what_a_request_asks_for_is_told_in_the_words_of_the_rule() -> None:
    assert asked(call(body={"a": 1}, query={"b": "2"}).request) == {"query": {"b": "2"}, "body": {"a": 1}}
