"""Bodies of every kind: what fits is answered, what doesn't is refused with its place, and nothing breaks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fakeopenai.emulator import Emulator
from fakeopenai.operations import Operation
from fakeopenai.schema import types
from fakeopenai.server import App, decode, opened
from fakeopenai.synthesis import synthesise
from fakeopenai.wire import Json, Object, Upload
from tests.front import Answer, answered
from tests.replies import faults, is_refusal
from tests.strategies import Broken, broken, seeds
from tests.walk import TABLE, Visit, Walk

WITH_BODY = [key for key, operation in TABLE.items() if operation.body is not None]
JSON_BODY = [key for key in WITH_BODY if not TABLE[key].files]

BOUNDED = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=20,
    phases=[Phase.generate],  # the world moves on, so an example can't be shrunk
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)

WITHOUT_PARAM = (
    "/audio/speech",
    "/chat/completions",
    "/completions",
    "/edits",
    "/embeddings",
    "/engines",
    "/fine-tunes",
)
"""Operations whose older checks name the place in the message only (recorded)."""

KEY = "sk-test"


@pytest.fixture(scope="module")
def walk() -> Walk:
    return Walk().settle()


@pytest.mark.parametrize("key", WITH_BODY)
@BOUNDED
@given(seed=seeds())
def test_a_body_that_fits_is_answered_as_its_schema_says_or_refused(walk: Walk, key: str, seed: bytes) -> None:
    body = synthesise(TABLE[key].body, seed, resolve=types().resolve)

    answer = ask(walk, walk.visits[key], body)

    assert faults(TABLE[key], answer) == []


@pytest.mark.parametrize("key", JSON_BODY)
@BOUNDED
@given(data=st.data())
def test_a_body_with_one_fault_is_refused_with_its_place(walk: Walk, key: str, data: st.DataObject) -> None:
    sent: Broken = data.draw(broken(TABLE[key].body, types().resolve))

    answer = ask(walk, walk.visits[key], sent.value)

    places = {None} if not sent.where else {sent.where}
    assert is_refusal(answer), answer.content
    assert answer.error["param"] in places | ({None} if TABLE[key].path.startswith(WITHOUT_PARAM) else set())


DEEP = 5000

UNREADABLE: dict[str, bytes] = {
    "half a surrogate pair": b'{"model": "\\ud83d"}',
    "the other half": b'{"\\ude00": 1}',
    "surrogates in UTF-8": b'{"model": "\xed\xa0\xbd"}',
    "lists too deep": b'{"model": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "objects too deep": b'{"model": ' + b'{"a": ' * DEEP + b"1" + b"}" * DEEP + b"}",
    "half a body": b'{"model": "gpt',
    "two bodies": b"{}{}",
    "no JSON": b"model=gpt-4o",
    "no number": b'{"n": NaN}',
    "too large a number": b'{"n": 1e999}',
    "UTF-16": '{"model": "gpt-4o"}'.encode("utf-16"),
    "bytes": bytes(range(256)),
}

JUNK: dict[str, tuple[str, bytes]] = {
    **{name: ("application/json", content) for name, content in UNREADABLE.items()},
    "nothing": ("application/json", b""),
    "null": ("application/json", b"null"),
    "a list": ("application/json", b"[]"),
    "a text": ("application/json", b'"model"'),
    "a number": ("application/json", b"1"),
    "deep lists": ("application/json", b"[" * 500 + b"]" * 500),
    "a huge number": ("application/json", b'{"n": 1' + b"0" * 300 + b', "seed": -1' + b"0" * 300 + b"}"),
    "a nul": ("application/json", b'{"model": "\\u0000", "\\u0000": 1}'),
    "a text type": ("text/plain", b"{}"),
    "no type": ("", b"{}"),
    "a plain form": ("application/x-www-form-urlencoded", b"model=gpt-4o"),
    "a form without a boundary": ("multipart/form-data", b"--x\r\n\r\n--x--"),
    "a form cut short": ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="file"\r\n'),
    "a form without names": ("multipart/form-data; boundary=x", b"--x\r\nContent-Type: text/plain\r\n\r\na\r\n--x--"),
    "a form of nothing": ("multipart/form-data; boundary=x", b"--x--\r\n"),
    "a form of deep names": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="model' + b"[a]" * 500 + b'"\r\n\r\na\r\n--x--\r\n',
    ),
}


@pytest.fixture(scope="module")
def app() -> App:
    return App(Emulator())


@pytest.mark.parametrize("key", TABLE)
def test_junk_is_never_more_than_a_bad_request(app: App, key: str) -> None:
    answers = {name: post(app, TABLE[key], media, content) for name, (media, content) in JUNK.items()}

    assert {name: answer.content for name, answer in answers.items() if not is_well_formed(answer)} == {}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_refused_as_unreadable(app: App, name: str) -> None:
    answer = post(app, TABLE["POST /chat/completions"], "application/json", UNREADABLE[name])

    assert answer.status == 400
    assert answer.error["message"].startswith("We could not parse the JSON body of your request.")


@BOUNDED
@given(content=st.binary(max_size=64), key=st.sampled_from(WITH_BODY), media=st.sampled_from(["application/json", ""]))
def test_random_bytes_are_refused(app: App, content: bytes, key: str, media: str) -> None:
    assert is_well_formed(post(app, TABLE[key], media, content))


def ask(walk: Walk, visit: Visit, body: Json) -> Answer:
    """The answer of an operation to another body, with the files that the walk sent."""
    url = visit.url + ("?beta=true" if visit.operation.beta_query else "")
    if not visit.operation.files:
        return walk.send(visit.operation, url, body)
    files = {name: value for name, value in (visit.body or {}).items() if isinstance(value, Upload)}
    fields: Object = written({name: value for name, value in body.items() if name not in files})
    return walk.send(visit.operation, url, fields | files)


def written(value: Json) -> Any:
    """A value as the fields of a form."""
    match value:
        case dict():
            return {name: written(each) for name, each in value.items() if each is not None}
        case list():
            return [written(each) for each in value]
        case _:
            return value if isinstance(value, str) else json.dumps(value)


def post(app: App, operation: Operation, media: str, content: bytes) -> Answer:
    """What the edge makes of a body."""
    headers = {"content-type": media, "authorization": f"Bearer {KEY}", "openai-beta": operation.beta}
    target = f"/v1{operation.path.replace('{', 'x').replace('}', '')}"
    request = opened(operation.method, target, "beta=true" if operation.beta_query else "", headers)
    decode(request, content)
    return answered(app.reply(request))


def is_well_formed(answer: Answer) -> bool:
    return answer.status < 300 or is_refusal(answer)
