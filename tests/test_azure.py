"""Azure's paths, headers, content filters and errors, with its official client and with plain requests."""

from __future__ import annotations

import io
import json
import subprocess
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from openai import AsyncAzureOpenAI, AzureOpenAI, OpenAI

from fakeopenai.inprocess import Transport
from fakeopenai.serving import Server, serve
from fakeopenai.world import Settings, World

VERSION = "2024-10-21"
HI: Any = [{"role": "user", "content": "Hi"}]
SAFE = {"filtered": False, "severity": "safe"}
CLEAR = {"detected": False, "filtered": False}
PROMPT = {"hate": SAFE, "jailbreak": CLEAR, "self_harm": SAFE, "sexual": SAFE, "violence": SAFE}
ANSWER = {
    "hate": SAFE,
    "protected_material_code": CLEAR,
    "protected_material_text": CLEAR,
    "self_harm": SAFE,
    "sexual": SAFE,
    "violence": SAFE,
}
HARMFUL = "I will kill you with a knife"
LEGACY = Path(__file__).parent.parent / ".venvs" / "legacy" / "bin" / "python"


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    return str(request.node.nodeid)


@pytest.fixture
def world(server: Server, key: str) -> World:
    return server.emulator.world(key)


@pytest.fixture
def azure(server: Server, key: str) -> Iterator[AzureOpenAI]:
    """The official client for Azure, in a world of its own."""
    with AzureOpenAI(azure_endpoint=server.origin, api_key=key, api_version=VERSION, max_retries=0) as connected:
        yield connected


@pytest.fixture
def http(server: Server, key: str) -> Iterator[httpx2.Client]:
    """Plain requests, as the first client sent them with `api_type = "azure"`."""
    with httpx2.Client(base_url=server.origin, headers={"api-key": key}) as connected:
        yield connected


def spoken() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(1600))
    return file.getvalue()


def test_a_chat_completion_has_the_form_of_recordings(azure: AzureOpenAI) -> None:
    raw = azure.chat.completions.with_raw_response.create(model="gpt-4o", messages=HI)

    body = json.loads(raw.text)
    assert list(body) == sorted(body)
    assert body["prompt_filter_results"] == [{"prompt_index": 0, "content_filter_results": PROMPT}]
    (choice,) = body["choices"]
    assert list(choice) == ["content_filter_results", "finish_reason", "index", "logprobs", "message"]
    assert list(choice["message"]) == ["annotations", "content", "refusal", "role"]
    assert choice["content_filter_results"] == ANSWER
    assert list(body["usage"]) == sorted(body["usage"])


def test_headers_are_azures_alone(azure: AzureOpenAI) -> None:
    headers = azure.chat.completions.with_raw_response.create(model="gpt-4o", messages=HI).headers

    assert set(headers) == {
        *("apim-request-id", "azureai-fe-is-streaming", "azureml-model-session", "content-length", "content-type"),
        *("date", "strict-transport-security", "x-accel-buffering", "x-content-type-options", "x-ms-client-request-id"),
        *("x-ms-deployment-name", "x-ms-is-spilled-over", "x-ms-rai-invoked", "x-ms-region", "x-request-id"),
        *(
            f"x-ratelimit-{told}-{kind}"
            for told in ("limit", "remaining", "reset", "renewalperiod")
            for kind in ("requests", "tokens")
        ),
    }
    assert (headers["x-ms-region"], headers["x-ms-deployment-name"]) == ("East US 2", "gpt-4o")
    assert (headers["x-ratelimit-reset-requests"], headers["x-ratelimit-renewalperiod-requests"]) == ("0", "60")


def test_a_stream_begins_with_what_was_found_in_the_prompt(azure: AzureOpenAI) -> None:
    whole = azure.chat.completions.create(model="gpt-4o", messages=HI)

    chunks = [
        json.loads(chunk.model_dump_json(exclude_unset=True))
        for chunk in azure.chat.completions.create(
            model="gpt-4o", messages=HI, stream=True, stream_options={"include_usage": True}
        )
    ]

    told = [{"prompt_index": 0, "content_filter_results": PROMPT}]
    nobody = {"choices": [], "created": 0, "id": "", "model": "", "object": ""}
    assert chunks[0] == nobody | {"prompt_filter_results": told}
    deltas = [choice for chunk in chunks for choice in chunk["choices"]]
    assert "".join(delta["delta"].get("content") or "" for delta in deltas) == whole.choices[0].message.content
    found = [delta["content_filter_results"] for delta in deltas]
    assert found == [{}, *[{"protected_material_text": CLEAR}] * (len(deltas) - 2), {}]
    assert chunks[-1]["usage"] == (whole.usage and whole.usage.to_dict())


def test_chunks_have_their_keys_in_alphabetical_order(http: httpx2.Client) -> None:
    url = f"/openai/deployments/gpt-4o/chat/completions?api-version={VERSION}"

    lines = http.post(url, json={"messages": HI, "stream": True}).text.split("\n\n")

    assert lines[-2:] == ["data: [DONE]", ""]
    for line in lines[1:-2]:
        chunk = json.loads(line.removeprefix("data: "))
        assert list(chunk) == sorted(chunk)
        assert next(iter(chunk["choices"][0])) == "content_filter_results"


def test_before_the_middle_of_2023_nothing_was_told_of_filters(http: httpx2.Client) -> None:
    url = "/openai/deployments/gpt-35-turbo/chat/completions?api-version=2023-05-15"

    body = http.post(url, json={"messages": HI}).json()
    stream = http.post(url, json={"messages": HI, "stream": True}).text

    assert body["model"] == "gpt-35-turbo-0125"
    assert "prompt_filter_results" not in body
    assert "content_filter_results" not in body["choices"][0]
    assert "filter" not in stream


@pytest.mark.parametrize(
    ("deployment", "asked", "model"),
    [
        ("gpt-4.1-mini", "gpt-3.5-turbo", "gpt-4.1-mini-2025-04-14"),
        ("mine", "gpt-4o-mini", "gpt-4o-mini-2024-07-18"),
        ("mine", "other", "gpt-4o-2024-08-06"),
        ("gpt-35-turbo", "", "gpt-35-turbo-0125"),
    ],
)
def test_the_deployment_tells_the_model(http: httpx2.Client, deployment: str, asked: str, model: str) -> None:
    body = {"messages": HI} | ({"model": asked} if asked else {})

    answer = http.post(f"/openai/deployments/{deployment}/chat/completions?api-version={VERSION}", json=body)

    assert answer.json()["model"] == model


def test_two_deployments_asked_the_same_answer_for_themselves(http: httpx2.Client) -> None:
    url = "/openai/deployments/{}/chat/completions?api-version=" + VERSION

    models = [http.post(url.format(name), json={"messages": HI}).json()["model"] for name in ("gpt-4o", "gpt-4")]

    assert models == ["gpt-4o-2024-08-06", "gpt-4-0613"]


def test_configured_deployments_are_the_only_ones() -> None:
    with serve(settings=Settings(deployments={"chatty": "gpt-4.1"})) as server:
        azure = AzureOpenAI(azure_endpoint=server.origin, api_key="k", api_version=VERSION, max_retries=0)

        assert azure.chat.completions.create(model="chatty", messages=HI).model == "gpt-4.1-2025-04-14"
        with pytest.raises(openai.NotFoundError) as refused:
            azure.chat.completions.create(model="gpt-4o", messages=HI)
        azure.close()

    assert refused.value.response.json() == {
        "error": {
            "code": "DeploymentNotFound",
            "message": "The API deployment for this resource does not exist. If you created the deployment within the "
            "last 5 minutes, please wait a moment and try again.",
        }
    }


def test_a_deployment_that_was_created_has_its_model(http: httpx2.Client) -> None:
    wanted = {"model": "gpt-4", "scale_settings": {"scale_type": "standard"}}
    id = http.post(f"/openai/deployments?api-version={VERSION}", json=wanted).json()["id"]

    answer = http.post(f"/openai/deployments/{id}/chat/completions?api-version={VERSION}", json={"messages": HI})

    assert answer.json()["model"] == "gpt-4-0613"
    assert http.get(f"/openai/deployments/{id}?api-version={VERSION}").json()["model"] == "gpt-4"


def test_one_world_speaks_both_ways(azure: AzureOpenAI, server: Server, key: str) -> None:
    file = azure.files.create(file=("a.txt", b"Hi"), purpose="assistants")

    with OpenAI(base_url=server.base_url, api_key=key) as client:
        assert client.files.retrieve(file.id).filename == "a.txt"


def test_a_path_may_name_the_world(server: Server, key: str, world: World) -> None:
    url = f"{server.origin}/w/{world.name.replace('/', '')}/openai/v1/chat/completions"

    answer = httpx2.post(url, json={"model": "gpt-4o", "messages": HI})

    assert answer.json()["prompt_filter_results"]


def test_paths_without_a_version_need_none(server: Server, key: str) -> None:
    with OpenAI(base_url=f"{server.origin}/openai/v1/", api_key=key, max_retries=0) as client:
        response = client.responses.with_raw_response.create(model="gpt-5-nano", input="What is 2+2?")

    body = json.loads(response.text)
    assert body["model"] == "gpt-5-nano"
    assert [found["source_type"] for found in body["content_filters"]] == ["prompt", "completion"]
    assert body["content_filters"][1]["content_filter_results"] == ANSWER
    assert "billing" not in body
    assert list(body).index("content_filters") == list(body).index("error") - 1


def test_events_of_a_response_tell_of_filters_at_the_end(azure: AzureOpenAI) -> None:
    events = list(azure.responses.create(model="mine", input="Hi", stream=True))

    seen = [event.response.to_dict() for event in events if "response" in event.model_fields_set]  # type: ignore[union-attr]
    assert [bool(response["content_filters"]) for response in seen] == [False, False, True]
    assert {response["model"] for response in seen} == {"mine"}


def test_other_models_are_asked_by_a_path_of_their_own(http: httpx2.Client) -> None:
    answer = http.post("/models/chat/completions?api-version=2024-05-01-preview", json={"model": "o3", "messages": HI})

    assert (answer.status_code, answer.json()["model"]) == (200, "o3-2025-04-16")


def test_a_prompt_that_the_filter_stops_is_refused(azure: AzureOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        azure.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": HARMFUL}])

    error = refused.value.response.json()["error"]
    assert list(error) == ["message", "type", "param", "code", "status", "innererror"]
    assert (error["code"], error["param"], error["status"]) == ("content_filter", "prompt", 400)
    assert error["innererror"]["code"] == "ResponsibleAIPolicyViolation"
    found = error["innererror"]["content_filter_result"]
    assert found == PROMPT | {"violence": found["violence"]}
    assert found["violence"]["filtered"]


def test_a_rule_lets_the_filter_stop_anything(azure: AzureOpenAI, world: World) -> None:
    world.rules.on("chat").error("content_filter")

    with pytest.raises(openai.BadRequestError) as refused:
        azure.chat.completions.create(model="gpt-4o", messages=HI)

    assert refused.value.response.json()["error"]["innererror"]["content_filter_result"] == PROMPT | {
        "violence": {"filtered": True, "severity": "medium"}
    }


def test_a_rule_speaks_past_the_filter(azure: AzureOpenAI, world: World) -> None:
    world.rules.on("chat").say("Never")

    answer = azure.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": HARMFUL}])

    assert answer.choices[0].message.content == "Never"


def test_an_answer_that_the_filter_ended_tells_why(azure: AzureOpenAI, world: World) -> None:
    world.rules.on("chat").say("And then").finish("content_filter")

    (choice,) = azure.chat.completions.create(model="gpt-4o", messages=HI).choices

    assert choice.finish_reason == "content_filter"
    assert choice.to_dict()["content_filter_results"] == ANSWER | {"violence": {"filtered": True, "severity": "medium"}}


@pytest.mark.parametrize("headers", [{}, {"api-key": "sk-invalid"}, {"authorization": "Bearer sk-invalid"}])
def test_a_wrong_key_is_denied(server: Server, headers: dict[str, str]) -> None:
    answer = httpx2.get(f"{server.origin}/openai/models?api-version={VERSION}", headers=headers)

    assert answer.status_code == 401
    assert answer.json()["error"].keys() == {"code", "message"}
    assert answer.json()["error"]["message"].startswith("Access denied due to invalid subscription key")
    assert set(answer.headers) == {"apim-request-id", "content-length", "content-type", "date"}


def test_a_token_is_a_key(server: Server, key: str) -> None:
    options: Any = {"azure_endpoint": server.origin, "api_version": VERSION}

    with AzureOpenAI(azure_ad_token_provider=lambda: key, **options) as azure:
        assert azure.chat.completions.create(model="gpt-4o", messages=HI).id


@pytest.mark.parametrize(
    "url",
    [
        "/openai/deployments/gpt-4o/chat/completions",
        f"/openai/nothing?api-version={VERSION}",
        "/openai/v1/nothing",
        f"/openai/deployments/gpt-4o/nothing?api-version={VERSION}",
    ],
)
def test_what_is_not_there_is_not_found(http: httpx2.Client, url: str) -> None:
    answer = http.post(url, json={"messages": HI})

    found = {"error": {"code": "404", "message": "Resource not found"}}
    assert (answer.status_code, answer.json()) == (404, found)
    assert "x-ms-region" in answer.headers


def test_too_many_requests_are_refused_with_when_to_come_back(azure: AzureOpenAI, world: World) -> None:
    world.rules.on("chat").error("rate_limit")

    with pytest.raises(openai.RateLimitError) as refused:
        azure.chat.completions.create(model="mine", messages=HI)

    error = refused.value.response.json()["error"]
    assert error == {
        "code": "RateLimitReached",
        "message": "Your requests to mine for mine in eastus2 have exceeded rate limit.",
        "details": "Your requests to mine for mine in eastus2 have exceeded rate limit.",
    }
    assert {"retry-after", "retry-after-ms"} <= set(refused.value.response.headers)
    assert refused.value.response.headers["x-ratelimit-reset-requests"] == "60"


def test_a_timeout_is_plain_text(azure: AzureOpenAI, world: World) -> None:
    world.rules.on("chat").error("timeout")

    with pytest.raises(openai.APIStatusError) as refused:
        azure.chat.completions.create(model="mine", messages=HI)

    assert refused.value.response.headers["content-type"] == "text/plain"
    assert refused.value.response.text.startswith("upstream request timeout\n")


def test_a_failure_has_its_status_for_a_code(azure: AzureOpenAI, world: World) -> None:
    world.rules.on("chat").error("server_error")

    with pytest.raises(openai.InternalServerError) as refused:
        azure.chat.completions.create(model="mine", messages=HI)

    assert refused.value.response.json()["error"].keys() == {"code", "message"}
    assert refused.value.code == "500"


def test_a_mistake_in_the_request_is_worded_as_the_api_words_it(azure: AzureOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        azure.chat.completions.create(model="gpt-4o", messages=HI, temperature=3)

    assert (refused.value.code, refused.value.param) == ("decimal_above_max_value", "temperature")


def test_an_object_that_is_not_there_is_missed_as_the_api_misses_it(azure: AzureOpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as refused:
        azure.files.retrieve("file-1")

    assert refused.value.response.json()["error"]["message"] == "No such File object: file-1"


def test_deployments_complete_and_embed(azure: AzureOpenAI) -> None:
    completion = azure.completions.create(model="gpt-35-turbo", prompt="Once upon a time")
    embedding = azure.embeddings.create(model="embedder", input="Hi")

    assert completion.choices[0].to_dict()["content_filter_results"] == ANSWER
    assert (embedding.model, len(embedding.data[0].embedding)) == ("text-embedding-3-small", 1536)


def test_deployments_speak_and_listen(azure: AzureOpenAI) -> None:
    speech = azure.audio.speech.create(model="my-voice", voice="alloy", input="Hi").read()
    heard = azure.audio.transcriptions.create(model="my-ears", file=("a.wav", spoken()))

    assert speech
    assert isinstance(heard.text, str)


def test_deployments_draw(azure: AzureOpenAI) -> None:
    images = azure.images.generate(model="dall-e-3", prompt="a cat")

    (image,) = images.data or []
    assert image.url
    assert image.to_dict()["prompt_filter_results"] == PROMPT


def test_batches_name_endpoints_without_a_version(azure: AzureOpenAI) -> None:
    row = {"custom_id": "1", "method": "POST", "url": "/chat/completions", "body": {"model": "gpt-4o", "messages": HI}}
    file = azure.files.create(file=("rows.jsonl", json.dumps(row).encode()), purpose="batch")
    endpoint: Any = "/chat/completions"

    batch = azure.batches.create(input_file_id=file.id, endpoint=endpoint, completion_window="24h")
    while batch.status not in {"completed", "failed"}:
        batch = azure.batches.retrieve(batch.id)

    answered = json.loads(azure.files.content(batch.output_file_id or "").text)
    assert answered["response"]["body"]["choices"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_assistants_need_no_beta_header(http: httpx2.Client, azure: AzureOpenAI) -> None:
    assistant = azure.beta.assistants.create(model="mine", name="Ada")

    found = http.get(f"/openai/assistants/{assistant.id}?api-version={VERSION}")

    assert (found.status_code, found.json()["name"]) == (200, "Ada")


def test_fine_tuning_names_base_models(azure: AzureOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        azure.fine_tuning.jobs.create(model="mine", training_file="file-1")

    assert "mine" in refused.value.message


def test_models_are_told_with_what_they_can_do(http: httpx2.Client) -> None:
    listed = http.get(f"/openai/models?api-version={VERSION}").json()

    models = {model["id"]: model for model in listed["data"]}
    assert models["gpt-4o"] == {
        "status": "succeeded",
        "capabilities": {
            "fine_tune": False,
            "inference": True,
            "completion": False,
            "chat_completion": True,
            "embeddings": False,
        },
        "lifecycle_status": "generally-available",
        "deprecation": {},
        "id": "gpt-4o",
        "created_at": 1715367049,
        "object": "model",
    }
    assert models["text-embedding-3-small"]["capabilities"]["embeddings"]
    assert http.get(f"/openai/models/gpt-35-turbo?api-version={VERSION}").json() == models["gpt-35-turbo"]


def test_pictures_are_submitted_and_polled_for(http: httpx2.Client) -> None:
    started = http.post("/openai/images/generations:submit?api-version=2023-06-01-preview", json={"prompt": "a cat"})

    location = started.headers["operation-location"]
    done = http.get(location)

    assert (started.status_code, started.json()["status"]) == (202, "notRunning")
    assert location.endswith(f"/openai/operations/images/{started.json()['id']}?api-version=2023-06-01-preview")
    assert done.json()["status"] == "succeeded"
    assert httpx2.get(done.json()["result"]["data"][0]["url"]).content.startswith(b"\x89PNG")


def test_pictures_take_their_time(http: httpx2.Client, world: World) -> None:
    world.clock.run("manual")
    started = http.post("/openai/images/generations:submit?api-version=2023-06-01-preview", json={"prompt": "a cat"})

    waiting = http.get(started.headers["operation-location"])
    world.clock.advance(2)

    assert (waiting.json()["status"], waiting.headers["retry-after"]) == ("notRunning", "1")
    assert "result" not in waiting.json()
    assert http.get(started.headers["operation-location"]).json()["result"]["data"]


def test_a_slash_too_many_does_no_harm(http: httpx2.Client) -> None:
    url = f"//openai/deployments/gpt-4o/chat/completions?api-version={VERSION}"

    answer = http.post(httpx2.URL(f"{str(http.base_url).rstrip('/')}{url}"), json={"messages": HI})

    assert answer.status_code == 200


async def test_the_async_client_needs_no_socket(key: str) -> None:
    client = httpx2.AsyncClient(transport=Transport())

    async with AsyncAzureOpenAI(
        azure_endpoint="http://azure", api_key=key, api_version=VERSION, http_client=client
    ) as azure:
        stream = await azure.chat.completions.create(model="gpt-4o", messages=HI, stream=True)
        said = [chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]

    assert "".join(said)


OLD = """
import openai
openai.api_type, openai.api_version, openai.api_key, openai.api_base = "azure", "2023-07-01-preview", {key!r}, {base!r}
said = openai.ChatCompletion.create(engine="gpt-35-turbo", messages=[{{"role": "user", "content": "Hi"}}])
parts = openai.ChatCompletion.create(engine="gpt-35-turbo", messages=[{{"role": "user", "content": "Hi"}}], stream=True)
joined = "".join(part.choices[0].delta.get("content") or "" for part in parts if part.choices)
assert joined == said.choices[0].message.content
assert len(openai.Embedding.create(engine="text-embedding-ada-002", input="Hi").data[0].embedding) == 1536
assert openai.Image.create(prompt="a cat", n=2).data[1].url
made = openai.Deployment.create(model="gpt-4", scale_settings={{"scale_type": "standard"}})
assert [each.id for each in openai.Deployment.list().data] == [made.id]
print(said.prompt_filter_results[0].content_filter_results.hate.severity)
"""


@pytest.mark.skipif(not LEGACY.exists(), reason="no virtual environment with openai 0.28.1")
def test_the_first_client_works(server: Server, key: str) -> None:
    script = OLD.format(key=key, base=server.origin)

    ran = subprocess.run([LEGACY, "-c", script], capture_output=True, text=True, timeout=60, check=False)

    assert (ran.stdout.strip(), ran.returncode) == ("safe", 0), ran.stderr[-2000:]
