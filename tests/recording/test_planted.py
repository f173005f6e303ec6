"""Secrets planted wherever an exchange has room for one: none of them is in any file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakeopenai.rules import Rule, load
from fakeopenai.wire import Upload
from tests.recording.exchanges import JSON, call, recorded, taken, text
from tests.recording.upstreams import CHUNKED, END, HEAD, bare, chunk, client, recording

PLANTED = {
    "key": "sk-proj-PlantedKey0123456789",
    "other": "sk-PlantedOther0123456789abc",
    "ephemeral": "ek_PlantedEphemeral0123456789",
    "mail": "planted.person@secret-mail.example",
    "cookie": "PlantedCookie0123456789",
    "organization": "org-PlantedOrganization01",
    "project": "proj_PlantedProject012345",
    "custom": "PLANTED-4711",
}
WORDS = ("Planted", "planted", "PLANTED", "secret-mail")
ALL = " ".join(PLANTED[kind] for kind in PLANTED if kind != "cookie")
"""All but what only its header tells to be a secret."""

PATTERN = r"PLANTED-\d+"
STREAM = {"content-type": "text/event-stream"}


def clean(folder: Path) -> bool:
    """Whether none is in the files or in their names, and something was written."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    told = text(folder) + " ".join(map(str, (path.relative_to(folder) for path in files)))
    told += "".join(content for rule in load([folder]) for content in streamed(rule))
    return bool(files) and not any(word in told for word in WORDS)


def streamed(rule: Rule) -> Iterator[str]:
    """What the chunks of a recording say together."""
    yield from (str(chunk["content"]) for chunk in rule.words["reply"].get("chunks", []))


def test_in_all_headers_of_a_request_and_its_answer(tmp_path: Path) -> None:
    answer = (
        HEAD
        + b"set-cookie: session=PlantedCookie0123456789; path=/\r\nopenai-organization: planted-corp-x\r\n"
        + b"location: https://x.example/f?key=PlantedUrlKey\r\nx-ratelimit-note: planted-corp-x\r\n"
        + b"content-type: application/json\r\n\r\n"
        + json.dumps({"who": "planted-corp-x", "sid": "PlantedCookie0123456789"}).encode()
    )
    headers = {"cookie": "a=PlantedCookie0123456789", "x-note": ALL, "openai-project": PLANTED["project"]}
    with (
        bare(answer) as upstream,
        recording(upstream.url, tmp_path / "tape") as server,
        client(server, PLANTED["key"]) as asking,
    ):
        asking.models.list(extra_headers=headers)

    assert b"plantedcookie" in upstream.asked[0].lower()
    assert clean(tmp_path)


def test_in_json_its_keys_paths_and_queries(tmp_path: Path) -> None:
    told = {"messages": [{"role": "user", "content": ALL}], "metadata": {PLANTED["mail"]: PLANTED["custom"]}}
    content = json.dumps({"echo": told, "escaped": "x"}).replace("@", "\\u0040").encode()
    exchanges = [
        (call(body=told), taken(content)),
        (call("GET /files", query={"after": ALL}), taken()),
        (call("GET /files/{file_id}", file_id=f"{PLANTED['mail']}-{PLANTED['other']}"), taken()),
        (call(body=told | {"n": 2}), taken(content + b"\n\n")),
    ]

    recorded(tmp_path, *exchanges, patterns=[PATTERN])

    assert clean(tmp_path)


def test_in_forms_and_files(tmp_path: Path) -> None:
    upload = Upload(f"{PLANTED['mail']}.txt", "text/plain", ALL.encode())
    asked = call("POST /files", {"purpose": ALL}, files={"file": [upload]})

    recorded(tmp_path, (asked, taken(json.dumps({"filename": upload.filename}).encode())), patterns=[PATTERN])

    assert clean(tmp_path)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_in_streams_however_they_are_cut(size: int, tmp_path: Path) -> None:
    stream = f'data: {{"choices":[{{"index":0,"delta":{{"content":"{ALL}"}}}}]}}\n\ndata: [DONE]\n\n'.encode()
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]

    recorded(tmp_path, (call(body={"a": 1}), taken(pieces, headers=STREAM)), patterns=[PATTERN])

    assert clean(tmp_path)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_in_tokens_that_spell_them_out(size: int, tmp_path: Path) -> None:
    tokens = [ALL[at : at + size] for at in range(0, len(ALL), size)]
    chat = [{"choices": [{"index": 0, "delta": {"content": each}, "logprobs": logprobs(each)}]} for each in tokens]
    response = [{"type": "response.output_text.delta", "item_id": "m", "delta": each} for each in tokens]
    whole = [{"type": "response.output_text.done", "item_id": "m", "text": ALL}]
    pieces = [f"data: {json.dumps(event)}\n\n".encode() for event in [*chat, *response, *whole]]

    rules = recorded(tmp_path, (call(body={"a": 1}), taken(pieces, headers=STREAM)), patterns=[PATTERN])

    told = json.dumps(rules[0].words["reply"])
    assert clean(tmp_path)
    assert not any(f'"{part}"' in told for part in ("Pla", "mail.", "secre"))


def logprobs(token: str) -> object:
    return {"content": [{"token": token, "bytes": list(token.encode()), "logprob": 0.0, "top_logprobs": []}]}


def test_keys_in_bytes_that_are_no_text(tmp_path: Path) -> None:
    content = b"\xff\xfe\x00" + PLANTED["key"].encode() + b"\x00\xff" + PLANTED["other"].encode()
    asked = call("POST /audio/speech", {"input": "x"}, headers={"authorization": f"Bearer {PLANTED['key']}"})

    (rule,) = recorded(tmp_path, (asked, taken(content, headers={"content-type": "audio/mpeg"})))

    reply = rule.reply(asked)
    assert reply is not None
    assert b"Planted" not in reply.body
    assert reply.body.startswith(b"\xff\xfe\x00redacted-")


def test_in_texts_of_files_that_are_downloaded(tmp_path: Path) -> None:
    asked = call("GET /files/{file_id}/content", file_id="file-1")

    recorded(tmp_path, (asked, taken(ALL.encode(), headers=JSON | {"content-type": "text/plain"})), patterns=[PATTERN])

    assert clean(tmp_path)


def test_a_stream_without_secrets_goes_through_unchanged(tmp_path: Path) -> None:
    pieces = [b'data: {"a": "b@c", "n": 1.0}\n\n', b": x\n\n", b"data: [DONE]\n\n"]
    with bare(CHUNKED + b"".join(map(chunk, pieces)) + END) as upstream, recording(upstream.url, tmp_path) as server:
        client(server).models.with_raw_response.list()

    assert 'data: {"a": "b@c", "n": 1.0}' in text(tmp_path)
