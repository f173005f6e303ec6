"""Sessions of the official client: recorded of a real server, replayed without it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openai import APIStatusError, AzureOpenAI, OpenAI

from fakeopenai.serving import Server, serve
from tests.recording.exchanges import text
from tests.recording.upstreams import KEY, client, recording, replaying

HI: list[Any] = [{"role": "user", "content": "Hi, I am ada.lovelace@corp.example, key ek_0123456789abcdef0123."}]
SECRETS = [KEY, "Planted0123456789", "ada.lovelace@", "ek_0123456789", "org-Planted0123456789", "Bluebird"]


def chat(api: OpenAI) -> Any:
    return api.chat.completions.create(model="gpt-4o", messages=HI).choices[0].message.content


def chat_stream(api: OpenAI) -> Any:
    stream = api.chat.completions.create(model="gpt-4o", messages=HI, stream=True)
    return [chunk.choices[0].delta.content for chunk in stream]


def files(api: OpenAI) -> Any:
    made = api.files.create(file=("rows of ada.lovelace@corp.example.jsonl", b'{"a": 1}\n'), purpose="batch")
    kept = api.files.retrieve(made.id)
    return [kept.bytes, api.files.content(made.id).read(), api.files.delete(made.id).deleted]


def threads(api: OpenAI) -> Any:
    """Ids of answers stand in paths, bodies and queries of what follows."""
    first = api.responses.create(model="gpt-4o", input="One")
    second = api.responses.create(model="gpt-4o", input="Two", previous_response_id=first.id)
    items = api.responses.input_items.list(second.id, limit=5)
    return [first.output_text, second.output_text, [item.type for item in items]]


def speech(api: OpenAI) -> Any:
    return api.audio.speech.create(model="tts-1", voice="alloy", input="Hi", response_format="wav").read()


def responses_stream(api: OpenAI) -> Any:
    with api.responses.stream(model="gpt-4o", input="Project Bluebird") as stream:
        return [event.type for event in stream]


def embeddings(api: OpenAI) -> Any:
    return api.embeddings.create(model="text-embedding-3-small", input="a").data[0].embedding


def models(api: OpenAI) -> Any:
    return sorted(model.id for model in api.models.list())


def failure(api: OpenAI) -> Any:
    with pytest.raises(APIStatusError) as caught:
        api.chat.completions.create(model="no-such-model", messages=HI)
    return [caught.value.status_code, caught.value.body]


def refused_here_too(api: OpenAI) -> Any:
    """A request that the emulator would refuse by itself."""
    with pytest.raises(APIStatusError) as caught:
        api.chat.completions.create(model="gpt-4o", messages=[], temperature=7)
    return [caught.value.status_code, caught.value.body]


SESSIONS = [chat, chat_stream, files, threads, speech, responses_stream, embeddings, models, failure, refused_here_too]


@pytest.mark.parametrize("session", SESSIONS, ids=lambda session: str(session.__name__))
def test_a_session_is_replayed_as_it_was_recorded(session: Callable[[OpenAI], Any], tmp_path: Path) -> None:
    with serve() as real, recording(real.base_url, tmp_path / "tape", "Bluebird", errors=True) as recorder:
        told = session(client(recorder))

    with replaying(tmp_path / "tape") as replay:
        again = session(client(replay, "sk-another"))

    assert _clean(again) == _clean(told)
    assert [secret for secret in SECRETS if secret in text(tmp_path)] == []


def _clean(told: Any) -> Any:
    """What was said, but for texts that repeat a secret, which is replaced."""
    if isinstance(told, str):
        return "…" if "@" in told or "redacted" in told else told
    return [_clean(each) for each in told] if isinstance(told, list) else told


def azure(server: Server) -> str | None:
    """A chat as Azure's clients ask for it: the deployment stands in the path, the key in a header of its own."""
    api = AzureOpenAI(azure_endpoint=server.origin, api_key=AZURE_KEY, api_version="2024-10-21", max_retries=0)
    with api:
        return api.chat.completions.create(model="my-gpt", messages=HI).choices[0].message.content


AZURE_KEY = "0123456789abcdef0123456789abcdef"


def test_azure_is_recorded_too(tmp_path: Path) -> None:
    with serve() as real, recording(f"{real.origin}/openai", tmp_path / "tape") as recorder:
        told = azure(recorder)
        (asked,) = real.emulator.world(AZURE_KEY).journal

    with replaying(tmp_path / "tape") as replay:
        again = azure(replay)

    assert asked.request.target == "/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21"
    assert _clean(again) == _clean(told)
    assert "0123456789abcdef" not in text(tmp_path)


def test_the_organization_goes_through_and_into_no_file(tmp_path: Path) -> None:
    with serve() as real, recording(real.base_url, tmp_path / "tape") as recorder:
        api = client(recorder).with_options(organization="org-Planted0123456789")
        chat(api)
        (asked,) = real.emulator.world(KEY).journal

    assert asked.request.headers["openai-organization"] == "org-Planted0123456789"
    assert asked.request.headers["authorization"] == f"Bearer {KEY}"
    assert "Planted" not in text(tmp_path)


def test_a_request_that_was_not_recorded_is_refused_and_told_what_came_nearest(tmp_path: Path) -> None:
    with serve() as real, recording(real.base_url, tmp_path / "tape") as recorder:
        chat(client(recorder))

    with replaying(tmp_path / "tape") as replay, pytest.raises(APIStatusError) as caught:
        client(replay).chat.completions.create(model="gpt-4o-mini", messages=HI)

    assert caught.value.status_code == 400
    assert "body.model: expected the text 'gpt-4o', got the text 'gpt-4o-mini'" in str(caught.value)
