"""What other tools recorded or scripted is answered alike, once it is imported."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
import yaml
from click.testing import CliRunner
from openai import OpenAI

from fakeopenai.cli import main
from fakeopenai.importers.importing import imported
from fakeopenai.media import sound
from fakeopenai.rules import lint
from fakeopenai.serving import Server
from fakeopenai.testing import FakeOpenAI, fresh

ASK: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": 'It\'s "Grüße" {{ a }}\nx'}]}

Hook = tuple[httpx2.Request, httpx2.Response]
Load = Callable[[str, str], FakeOpenAI]


@pytest.fixture
def fake(server: Server) -> Iterator[FakeOpenAI]:
    with fresh(server, "sk-importers") as given:
        yield given


@pytest.fixture
def load(server: Server, tmp_path: Path) -> Iterator[Load]:
    """Import a source, check the rules, and give a world that has them."""
    with ExitStack() as worlds:

        def loaded(name: str, text: str) -> FakeOpenAI:
            (tmp_path / name).write_text(text, "utf-8")
            run("import", str(tmp_path / name), "--out", str(tmp_path / "rules"))
            assert lint.check([tmp_path / "rules"]) == []
            fake = worlds.enter_context(fresh(server, f"sk-imported-{len(text)}"))
            fake.load(tmp_path / "rules")
            return fake

        yield loaded


def run(*words: str, exit_code: int = 0) -> str:
    result = CliRunner().invoke(main, words)
    assert result.exit_code == exit_code, result.output
    return result.output


def text(client: OpenAI, user: str, **more: Any) -> Any:
    ask: Any = {"model": "gpt-4o", "messages": [{"role": "user", "content": user}]} | more
    return client.chat.completions.create(**ask).choices[0].message.content


# Recordings


def talk(client: OpenAI) -> list[Any]:
    """A conversation of all kinds, as what it comes to."""
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(**ASK | {"model": "gpt-5-imaginary"})
    chunks: Any = client.chat.completions.create(**ASK, stream=True)
    events: Any = client.responses.create(model="gpt-4o", input="Hi", stream=True)
    return [
        client.chat.completions.create(**ASK).model_dump(),
        client.chat.completions.create(**ASK).model_dump(),
        [chunk.model_dump() for chunk in chunks],
        [event.model_dump() for event in events],
        client.embeddings.create(model="text-embedding-3-small", input="Hi", dimensions=3).model_dump(),
        client.models.retrieve("gpt-4o").model_dump(),
        client.audio.speech.create(model="tts-1", voice="alloy", input="Hi").content,
        client.chat.completions.with_raw_response.create(**ASK, n=2).headers["x-ratelimit-remaining-tokens"],
        caught.value.body,
    ]


def recorded(fake: FakeOpenAI) -> tuple[list[Hook], list[Any]]:
    """What the wire carried while the client talked, and what it came to."""
    carried: list[Hook] = []

    def keep(response: httpx2.Response) -> None:
        response.read()
        carried.append((response.request, response))

    with httpx2.Client(event_hooks={"response": [keep]}) as http:
        return carried, talk(fake.client(http_client=http))


def headers(message: httpx2.Request | httpx2.Response) -> dict[str, list[str]]:
    return {name: [value] for name, value in message.headers.items()}


def string(content: bytes) -> str | bytes:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content


def interaction(request: httpx2.Request, response: httpx2.Response) -> dict[str, Any]:
    status = {"code": response.status_code, "message": response.reason_phrase}
    asked = {"method": request.method, "uri": str(request.url), "headers": headers(request)}
    answer = {"status": status, "headers": headers(response), "body": {"string": string(response.content)}}
    return {"request": asked | {"body": string(request.content) or None}, "response": answer}


def cassette(carried: list[Hook]) -> str:
    return str(yaml.safe_dump({"interactions": [interaction(*each) for each in carried], "version": 1}))


def archive(carried: list[Hook]) -> str:
    def pairs(message: httpx2.Request | httpx2.Response) -> list[dict[str, str]]:
        return [{"name": name.title(), "value": value} for name, value in message.headers.items()]

    def entry(request: httpx2.Request, response: httpx2.Response) -> dict[str, Any]:
        posted = {"postData": {"mimeType": "application/json", "text": request.content.decode()}}
        content = {"text": b64encode(response.content).decode(), "encoding": "base64", "mimeType": ""}
        asked = {"method": request.method, "url": str(request.url), "headers": pairs(request)}
        answer = {"status": response.status_code, "headers": pairs(response), "content": content}
        return {"request": asked | (posted if request.content else {}), "response": answer}

    return json.dumps({"log": {"version": "1.2", "entries": [entry(*each) for each in carried]}})


@pytest.mark.parametrize(("name", "write"), [("cassette.yaml", cassette), ("archive.har", archive)])
def test_recorded_requests_get_their_recorded_answers(
    fake: FakeOpenAI, load: Load, name: str, write: Callable[[list[Hook]], str]
) -> None:
    carried, wanted = recorded(fake)

    again = load(name, write(carried))

    again.clock.advance(86_400)
    assert talk(again.client()) == wanted
    assert all(made.rule for made in again.requests)


def one(request: dict[str, Any], response: dict[str, Any]) -> str:
    asked = {"method": "POST", "uri": "https://api.openai.com/v1/chat/completions", "headers": {}}
    answer = {"status": {"code": 200, "message": "OK"}, "headers": {"Content-Type": ["application/json"]}}
    return json.dumps({"interactions": [{"request": asked | request, "response": answer | response}], "version": 1})


SAID = {"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Bonjour"}}]}


@pytest.mark.parametrize(
    ("request_words", "response_words"),
    [
        ({"body": json.dumps(ASK)}, {"body": {"string": json.dumps(SAID)}}),
        ({"parsed_body": ASK}, {"parsed_body": SAID}),
        ({"body": {"type": "json", "content": ASK}}, {"status": 200, "body": {"type": "json", "content": SAID}}),
        ({"body": json.dumps(ASK)}, {"status_code": 200, "status": 200, "content": json.dumps(SAID)}),
        (
            {"method": "post", "body": {"encoding": "UTF-8", "string": json.dumps(ASK)}},
            {"body": {"string": json.dumps(SAID)}},
        ),
    ],
    ids=["vcrpy", "parsed", "typed", "httpx", "ruby"],
)
def test_cassettes_of_all_kinds_are_read(
    load: Load, request_words: dict[str, Any], response_words: dict[str, Any]
) -> None:
    client = load("cassette.json", one(request_words, response_words)).client()

    assert client.chat.completions.create(**ASK).choices[0].message.content == "Bonjour"


def test_compressed_answers_are_unpacked(load: Load) -> None:
    packed = gzip.compress(json.dumps(SAID).encode())
    data = json.loads(one({"body": json.dumps(ASK)}, {"headers": {"Content-Encoding": ["gzip"]}}))
    data["interactions"][0]["response"]["body"] = {"string": packed}

    client = load("cassette.yaml", yaml.safe_dump(data)).client()

    assert client.chat.completions.create(**ASK).choices[0].message.content == "Bonjour"


def test_secrets_are_not_written_down(load: Load, tmp_path: Path) -> None:
    key, mail = "sk-proj-abcdefghijklmnopqrstuvwx", "ada@example.org"
    ask = {"model": "gpt-4o", "messages": [{"role": "user", "content": f"I am {mail}, my key is {key}"}]}
    said = json.dumps(SAID).replace("Bonjour", f"Bonjour {mail}")
    request = {"body": json.dumps(ask), "headers": {"authorization": [f"Bearer {key}"], "cookie": ["session=tasty42"]}}

    client = load(
        "cassette.json", one(request, {"body": {"string": said}, "headers": {"Set-Cookie": ["__cf=crumbs77"]}})
    ).client()

    written = (tmp_path / "rules" / "cassette.yaml").read_text()
    assert [secret for secret in (key, mail, "tasty42", "crumbs77") if secret in written] == []
    assert re.match(r"Bonjour redacted-\w+@example.com", text(client, ask["messages"][0]["content"]))  # type: ignore[index]  # a list


def test_what_cannot_be_carried_over_is_told_and_noted(tmp_path: Path) -> None:
    data = json.loads(one({"body": json.dumps(ASK)}, {"body": {"string": json.dumps(SAID)}}))
    foreign = json.loads(json.dumps(data["interactions"][0]))
    foreign["request"]["uri"] = "https://example.com/pictures/1.png"
    data["interactions"] += [foreign, {"request": {}}]
    (tmp_path / "cassette.json").write_text(json.dumps(data))

    output = run("import", str(tmp_path / "cassette.json"), "--out", str(tmp_path / "out"))

    told = [
        "interaction 2: POST https://example.com/pictures/1.png is no operation of the API",
        "interaction 3: it is no interaction of VCR: KeyError: 'response'",
    ]
    assert [note for note in told if f"  {note}" not in output] == []
    assert [note for note in told if f"#   {note}" not in (tmp_path / "out" / "cassette.yaml").read_text()] == []


def test_an_archive_tells_of_sockets_and_missing_answers(tmp_path: Path) -> None:
    request = {"method": "GET", "url": "https://api.openai.com/v1/models", "headers": []}
    entries = [
        {"request": request, "response": {"status": 101}, "_webSocketMessages": []},
        {"request": request, "response": {"status": 0}},
    ]
    (tmp_path / "a.har").write_text(json.dumps({"log": {"entries": entries}}))

    notes = [str(note) for note in imported(tmp_path / "a.har").notes]

    assert notes == [
        "entry 1: messages of a WebSocket are not carried over",
        "entry 2: it has no answer; a rule with `cut: {unanswered: true}` says the same",
    ]


# Logs


CHAT_URL = "https://api.openai.com/v1/chat/completions"

ASKED = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "It's me"}]})

OLD_LOG = f"""
message='Request to OpenAI API' method=post path={CHAT_URL}
api_version=None data={ASKED!r} message='Post details'
message='OpenAI API response' path={CHAT_URL} processing_ms=99 request_id=req_1 response_code=200
body={json.dumps(SAID)!r} headers="{{'Content-Type': 'application/json'}}" message='API response body'
"""

ASKING = "'method': 'post', 'url': '/chat/completions', 'timeout': Timeout(timeout=600), 'files': None"
BODY = {"messages": [{"role": "user", "content": "It's [me]"}], "model": "gpt-4o"}

NEW_LOG = f"""
[2025-01-01 10:00:00 - openai._base_client:482 - DEBUG] Request options: {{{ASKING}, 'json_data': {BODY}}}
[2025-01-01 10:00:00 - httpx:1025 - INFO] HTTP Request: POST {CHAT_URL} "HTTP/1.1 429 Too Many Requests"
[2025-01-01 10:00:00 - openai:1020 - DEBUG] HTTP Response: POST {CHAT_URL} "429 Too Many Requests" Headers({{}})
[2025-01-01 10:00:01 - openai:482 - DEBUG] Request options: {{'method': 'get', 'url': '/models'}}
[2025-01-01 10:00:01 - openai:1020 - DEBUG] HTTP Response: GET https://api.openai.com/v1/models "200 OK" Headers({{}})
"""


def test_logs_of_old_clients_have_answers(load: Load) -> None:
    assert text(load("old.log", OLD_LOG).client(), "It's me") == "Bonjour"


@pytest.mark.parametrize(
    "write", [str, lambda log: "\n".join(json.dumps({"message": line}) for line in log.split("\n"))]
)
def test_logs_of_newer_clients_have_errors(load: Load, tmp_path: Path, write: Callable[[str], str]) -> None:
    client = load("new.log", write(NEW_LOG)).client()

    with pytest.raises(openai.RateLimitError):
        text(client, "It's [me]")
    assert [str(note) for note in imported(tmp_path / "new.log").notes] == [
        "line 2: the body of its 429 is not known; a text stands in for it",
        "line 5: its answer is not known; the emulator answers as usual",
    ]


def test_logs_of_the_newest_clients_have_neither(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("[2026-01-01 - openai._base_client:1220 - DEBUG] HTTP Response: POST 200\n")

    result = imported(tmp_path / "a.log")

    assert (result.rules, len(result.notes)) == (0, 1)
    assert "logs neither what was asked nor what was answered" in str(result.notes[0])


# Scripts


MOCKLLM = """
responses:
  "what colour is the sky?": "Blue {{ mostly }}."
  "yes": "No"
defaults: {unknown_response: "No idea."}
settings: {lag_enabled: true, lag_factor: 1000}
"""


def test_answers_of_mockllm(load: Load) -> None:
    client = load("responses.yml", MOCKLLM).client()

    asked = ["what colour is the sky?", "yes", "what?"]

    assert [text(client, each) for each in asked] == ["Blue {{ mostly }}.", "No", "No idea."]


def fixtures(*entries: dict[str, Any]) -> str:
    return json.dumps({"fixtures": entries})


def test_a_tool_loop_of_aimock(load: Load) -> None:
    call = {"name": "get_weather", "arguments": {"city": "Paris"}, "id": "call_1"}
    client = load(
        "a.json",
        fixtures(
            {"match": {"toolCallId": "call_1"}, "response": {"content": "Sunny."}},
            {"match": {"userMessage": "weather", "model": "gpt-4o"}, "response": {"toolCalls": [call]}},
        ),
    ).client()
    messages: list[Any] = [{"role": "user", "content": "The weather?"}]

    asked: Any = client.chat.completions.create(model="gpt-4o-2024-08-06", messages=messages).choices[0].message
    messages += [asked.model_dump(exclude_none=True), {"role": "tool", "tool_call_id": "call_1", "content": "21"}]

    assert json.loads(asked.tool_calls[0].function.arguments) == {"city": "Paris"}
    assert text(client, "", messages=messages) == "Sunny."


def test_a_sequence_of_aimock_is_exhausted(load: Load) -> None:
    entries = [
        {"match": {"userMessage": "joke", "sequenceIndex": place}, "response": {"content": f"Joke {place}"}}
        for place in range(3)
    ]
    client = load(
        "a.json", fixtures(*entries, {"match": {"userMessage": "joke"}, "response": {"content": "Enough"}})
    ).client()

    assert [text(client, "A joke") for _ in range(5)] == ["Joke 0", "Joke 1", "Joke 2", "Enough", "Enough"]


def test_chaos_of_aimock_strikes_by_chance(load: Load) -> None:
    chaos = {"dropRate": 0.3, "malformedRate": 0.2, "disconnectRate": 0.4}
    client = load("a.json", fixtures({"match": {}, "response": {"content": "A"}, "chaos": chaos})).client()

    def outcome(number: int) -> str:
        try:
            return str(text(client, f"Number {number}"))
        except (openai.OpenAIError, ValueError) as error:
            return type(error).__name__

    assert {outcome(number) for number in range(40)} == {
        "A",
        "InternalServerError",
        "JSONDecodeError",
        "APIConnectionError",
    }


def test_usage_ids_and_what_is_heard_come_from_aimock(load: Load) -> None:
    usage = {"prompt_tokens": 11, "completion_tokens": 22, "prompt_tokens_details": {"cached_tokens": 5}}
    client = load(
        "a.json",
        fixtures(
            {"match": {"userMessage": "a"}, "response": {"content": "A", "usage": usage, "id": "chatcmpl-1"}},
            {"match": {}, "response": {"transcription": {"text": "Hello", "language": "en", "duration": 1.5}}},
        ),
    ).client()

    chat: Any = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "a"}])
    spoken = ("speech.wav", sound.speech("What?", "wav"))

    assert (chat.id, chat.usage.prompt_tokens, chat.usage.completion_tokens) == ("chatcmpl-1", 11, 22)
    assert chat.usage.prompt_tokens_details.cached_tokens == 5
    assert client.audio.transcriptions.create(model="whisper-1", file=spoken).text == "Hello"


@pytest.mark.parametrize("fallback", [True, False])
def test_turns_of_aimock_break_ties(load: Load, fallback: bool) -> None:
    entries = [
        {"match": {"userMessage": "go", "turnIndex": turn}, "response": {"content": f"Turn {turn}"}} for turn in (1, 3)
    ]
    plain = [{"match": {"userMessage": "go"}, "response": {"content": "At first"}}] if fallback else []
    client = load("a.json", fixtures(*entries, *plain)).client()
    said = [{"role": "assistant", "content": "Hm"}, {"role": "user", "content": "go on"}]
    messages: list[Any] = [{"role": "user", "content": "go"}]

    answers = [text(client, "", messages=messages + said * turn) for turn in range(5)]

    assert answers == ["At first" if fallback else "Turn 1", "Turn 1", "Turn 1", "Turn 3", "Turn 3"]


def test_aimock_speaks_in_its_order_and_fails(load: Load) -> None:
    blocks = [{"type": "toolCall", "name": "look", "arguments": '{"at": 1}'}, {"type": "text", "text": "Looking"}]
    error = {"message": "Slow down", "type": "rate_limit_error", "code": "rate_limit_exceeded"}
    client = load(
        "a.json",
        fixtures(
            {"match": {"userMessage": "blocks", "systemMessage": ["be", "kind"]}, "response": {"blocks": blocks}},
            {"match": {"userMessage": "error"}, "response": {"error": error, "status": 429, "retryAfter": 2}},
            {"match": {"userMessage": "object"}, "response": {"content": {"a": 1}, "finishReason": "length"}},
            {"match": {"inputText": "vector"}, "response": {"embedding": [0.5, 0.25]}},
            {"match": {"userMessage": "draw"}, "response": {"image": {"url": "https://example.com/1.png"}}},
        ),
    ).client()

    spoken = client.responses.create(model="gpt-4o", instructions="be very kind", input="blocks").output
    with pytest.raises(openai.RateLimitError, match="Slow down") as caught:
        text(client, "error")
    cut: Any = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "object"}]).choices[
        0
    ]

    assert [item.type for item in spoken] == ["function_call", "message"]
    assert caught.value.response.headers["retry-after"] == "2"
    assert (cut.message.content, cut.finish_reason) == ('{"a":1}', "length")
    vectors = client.embeddings.create(model="text-embedding-3-small", input="a vector", encoding_format="float").data
    assert vectors[0].embedding == [0.5, 0.25]
    assert [image.url for image in client.images.generate(model="dall-e-3", prompt="draw").data or ()] == [
        "https://example.com/1.png"
    ]


def test_what_aimock_can_do_besides_is_told(tmp_path: Path) -> None:
    entries: list[dict[str, Any]] = [
        {"match": {"userMessage": "a"}, "response": {"content": "A", "created": 1, "id": "x"}, "chunkSize": 9},
        {"match": {"endpoint": "realtime"}, "response": {"content": "B"}},
        {"match": {"userMessage": "c"}, "response": {"video": {"id": "v", "status": "completed"}}},
    ]
    (tmp_path / "a.json").write_text(fixtures(*entries))

    result = imported(tmp_path / "a.json")

    assert result.rules == 1
    assert [str(note).partition(":")[2].split(" is ")[0].strip() for note in result.notes] == [
        "'created' of the response",
        "the id 'x'",
        "'chunkSize'",
        "there",
        "there",
    ]


# The page


PAGE = (Path(__file__).parent.parent / "docs" / "migrate.md").read_text("utf-8")


@pytest.mark.parametrize(("before", "after"), re.findall(r"```json\n(.*?)```.*?```yaml\n(.*?)```", PAGE, re.DOTALL))
def test_the_page_shows_what_the_importer_writes(tmp_path: Path, before: str, after: str) -> None:
    (tmp_path / "before.json").write_text(before)

    assert yaml.safe_load(imported(tmp_path / "before.json").text) == yaml.safe_load(after)


# The command


def test_a_directory_is_imported_with_what_is_below(tmp_path: Path) -> None:
    (tmp_path / "in" / "sub").mkdir(parents=True)
    for name in ("responses.yaml", "sub/responses.yml", "sub/responses.yaml"):
        (tmp_path / "in" / name).write_text(MOCKLLM)
    (tmp_path / "in" / "other.json").write_text('{"a": 1}')

    run("import", str(tmp_path / "in"), "--out", str(tmp_path / "out"))

    written = sorted(str(file.relative_to(tmp_path / "out")) for file in (tmp_path / "out").rglob("*.yaml"))
    assert written == ["responses.yaml", "sub/responses-yml.yaml", "sub/responses.yaml"]


@pytest.mark.parametrize(
    ("name", "content", "form", "message"),
    [
        ("a.json", '{"a": 1}', "", "it is in none of the formats vcr, aimock, mockllm, har, openai_log"),
        ("a.json", '{"a": 1}', "vcr", "it is no file of vcr"),
        ("a.json", "{", "", "not JSON"),
        ("a.yaml", "a: [", "", "not YAML"),
        ("a.json", '{"fixtures": [{"match": {}}]}', "", "it is no proper file of aimock: KeyError: 'response'"),
        ("a.har", '{"log": {"entries": [{}]}}', "", "it is no proper file of har: KeyError: 'response'"),
        ("a.yaml", "interactions: []", "", "there is nothing in it to import"),
    ],
)
def test_a_source_that_is_none_is_refused(tmp_path: Path, name: str, content: str, form: str, message: str) -> None:
    (tmp_path / name).write_text(content)
    options = ["--format", form] if form else []

    assert message in run("import", str(tmp_path / name), "--out", str(tmp_path / "out"), *options, exit_code=1)


def test_rules_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"fixtures": [{"match": {}, "response": {"content": "Hi"}}]}')
    (tmp_path / "taken").write_text("a file")

    told = run("import", str(tmp_path / "a.json"), "--out", str(tmp_path / "taken" / "rules"), exit_code=1)

    assert told == f"Error: {tmp_path / 'taken' / 'rules' / 'a.yaml'} can't be written: Not a directory\n"


def test_texts_that_look_like_numbers_stay_texts(load: Load) -> None:
    for value in ("1e5", "0o17", "12:30", "on", "null", "~", " a ", "a\n b", "a\nb\n", "#", "é\u2028x"):
        client = load("responses.json", json.dumps({"responses": {"What?": value}})).client()
        assert text(client, "What?") == value
