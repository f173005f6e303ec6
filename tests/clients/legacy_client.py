"""A program of 2023, written for openai 0.28.1, as people still run it. The environment says where the API is."""

# mypy: ignore-errors
# it is written for another version of the client than the one installed here

from __future__ import annotations

import base64
import io
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import urllib.request
import zlib
from pathlib import Path
from typing import Any

import openai
from checks import run
from openai.api_requestor import APIRequestor

HI = [{"role": "user", "content": "Say hello."}]
CHAT = {"model": "gpt-4o", "messages": HI}


def chats() -> None:
    completion = openai.ChatCompletion.create(**CHAT)
    assert completion["object"] == "chat.completion"
    assert completion.choices[0].message.content
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens
    assert completion.openai_id is None or isinstance(completion.openai_id, str)


def streams() -> None:
    whole = openai.ChatCompletion.create(**CHAT).choices[0].message.content
    deltas = [
        chunk.choices[0].delta.get("content") or "" for chunk in openai.ChatCompletion.create(**CHAT, stream=True)
    ]
    assert "".join(deltas)
    assert whole


def functions() -> None:
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    completion = openai.ChatCompletion.create(
        model="gpt-4o",
        messages=[{"role": "user", "content": "What's the weather in Paris?"}],
        functions=[{"name": "get_weather", "description": "Tell the weather in a city.", "parameters": parameters}],
        function_call={"name": "get_weather"},
    )
    call = completion.choices[0].message["function_call"]
    assert (call["name"], call["arguments"]) == ("get_weather", '{"city":"Paris"}'), call


async def asynchronously() -> None:
    completion = await openai.ChatCompletion.acreate(**CHAT)
    assert completion.choices[0].message.content
    stream: Any = await openai.ChatCompletion.acreate(**CHAT, stream=True)
    assert "".join([chunk.choices[0].delta.get("content") or "" async for chunk in stream])


def completions() -> None:
    completion = openai.Completion.create(model="gpt-3.5-turbo-instruct", prompt="Once upon a time", max_tokens=5)
    assert completion["object"] == "text_completion"
    assert completion.choices[0].text
    stream = openai.Completion.create(model="gpt-3.5-turbo-instruct", prompt=["a", "b"], max_tokens=5, stream=True)
    assert {chunk.choices[0].index for chunk in stream} == {0, 1}


def embeddings() -> None:
    embedded = openai.Embedding.create(model="text-embedding-ada-002", input=["one", "two"])
    assert [len(row.embedding) for row in embedded.data] == [1536, 1536]
    assert isinstance(embedded.data[0].embedding[0], float)


def models() -> None:
    listed = openai.Model.list()
    assert "gpt-4o" in [model.id for model in listed.data]
    assert openai.Model.retrieve("gpt-4o").owned_by


def moderations() -> None:
    moderated = openai.Moderation.create(input="I will kill you")
    assert moderated.results[0].flagged
    assert not openai.Moderation.create(input="I like tea").results[0].flagged


def files() -> None:
    content = "".join(f"{json.dumps(pair)}\n" for pair in PAIRS).encode()
    kept = openai.File.create(file=io.BytesIO(content), purpose="fine-tune", user_provided_filename="moods.jsonl")
    assert (kept.object, kept.bytes, kept.filename) == ("file", len(content), "moods.jsonl")
    assert openai.File.wait_for_processing(kept.id) == "processed"
    assert openai.File.download(kept.id) == content
    assert openai.File.retrieve(kept.id).purpose == "fine-tune"
    (found,) = openai.File.find_matching_files(name="moods.jsonl", bytes=len(content), purpose="fine-tune")
    assert found["id"] == kept.id
    assert openai.File.create(file=io.BytesIO(content), purpose="fine-tune").filename == "file"
    assert openai.File.delete(kept.id).deleted
    assert kept.id not in [file.id for file in openai.File.list().data]


PAIRS = [{"prompt": f"Mood of {number} ->", "completion": " good" if number % 2 else " bad"} for number in range(20)]


def moods(examples: list[Any]) -> str:
    content = "".join(f"{json.dumps(example)}\n" for example in examples).encode()
    return openai.File.create(file=io.BytesIO(content), purpose="fine-tune", user_provided_filename="moods.jsonl").id


def fine_tunes() -> None:
    job = openai.FineTune.create(training_file=moods(PAIRS), model="ada", suffix="moods", n_epochs=2)
    assert (job.object, job.status) == ("fine-tune", "pending")
    told = [event.message for event in openai.FineTune.stream_events(job.id)]
    assert told[-1] == "Job succeeded.", told
    done = openai.FineTune.retrieve(job.id)
    assert done.status == "succeeded"
    assert told == [event.message for event in openai.FineTune.list_events(job.id).data]
    assert job.id in [listed.id for listed in openai.FineTune.list().data]
    results = openai.File.download(done.result_files[0].id).decode()
    assert results.startswith("step,")

    asked = {"model": done.fine_tuned_model, "prompt": "Mood of 3 ->", "max_tokens": 1, "temperature": 0}
    assert openai.Completion.create(**asked).choices[0].text == " good"
    assert openai.Model.delete(done.fine_tuned_model).deleted
    assert refusal(openai.Completion.create, **asked).http_status == 404


def cancelled_fine_tunes() -> None:
    job = openai.FineTune.create(training_file=moods(PAIRS), model="ada")
    assert openai.FineTune.cancel(job.id).status == "cancelled"
    too_long = refusal(openai.FineTune.create, training_file=moods(PAIRS), model="ada", suffix="x" * 41)
    assert type(too_long) is openai.error.InvalidRequestError
    assert refusal(openai.FineTune.create, training_file="file-none", model="ada").http_status in {400, 404}


def classifying_fine_tunes() -> None:
    files = {"training_file": moods(PAIRS), "validation_file": moods(PAIRS[:6])}
    asked = {**files, "model": "ada", "compute_classification_metrics": True}
    job = openai.FineTune.create(**asked, classification_positive_class=" good", classification_betas=[0.5])
    assert [event.level for event in openai.FineTune.stream_events(job.id)][-1] == "info"
    results = openai.File.download(openai.FineTune.retrieve(job.id).result_files[0].id).decode()
    columns = results.partition("\n")[0].split(",")
    assert {"classification/accuracy", "classification/f1.0", "classification/f0.5"} <= set(columns), columns
    assert "number of classes" in str(refusal(openai.FineTune.create, **asked, classification_n_classes=5))
    assert str(refusal(openai.FineTune.create, **files, n_epochs=0)) == "0 is less than the minimum of 1 - 'n_epochs'"


def fine_tuning_jobs() -> None:
    chats = [
        {
            "messages": [
                {"role": "user", "content": pair["prompt"]},
                {"role": "assistant", "content": pair["completion"]},
            ]
        }
        for pair in PAIRS
    ]
    job = openai.FineTuningJob.create(training_file=moods(chats), model="gpt-3.5-turbo")
    states = [openai.FineTuningJob.retrieve(job.id).status for _ in range(8)]
    assert states[-1] == "succeeded", states
    told = [event.message for event in openai.FineTuningJob.list_events(id=job.id, limit=100).data]
    assert any(message.startswith("Step ") for message in told), told
    model = openai.FineTuningJob.retrieve(job.id).fine_tuned_model
    asked = [{"role": "user", "content": "Mood of 3 ->"}]
    assert openai.ChatCompletion.create(model=model, messages=asked).choices[0].message.content.strip() == "good"
    assert job.id in [listed.id for listed in openai.FineTuningJob.list().data]


def images() -> None:
    linked = openai.Image.create(prompt="A red square", n=2, size="256x256")
    assert len(linked.data) == 2
    with urllib.request.urlopen(linked.data[0].url) as reply:
        picture = reply.read()
    assert picture.startswith(b"\x89PNG")
    asked = {"image": picture, "n": 1, "size": "256x256", "response_format": "b64_json"}
    assert base64.b64decode(openai.Image.create_variation(**asked).data[0].b64_json).startswith(b"\x89PNG")
    clear = transparent(256)
    edited = openai.Image.create_edit(prompt="Make it blue", mask=clear, **asked | {"image": clear})
    assert base64.b64decode(edited.data[0].b64_json).startswith(b"\x89PNG")


def transparent(side: int) -> bytes:
    """A square picture that one sees through."""
    rows = (b"\0" + b"\0\0\0\0" * side) * side
    parts = {b"IHDR": struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0), b"IDAT": zlib.compress(rows), b"IEND": b""}
    chunks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts.items()
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def audio() -> None:
    asked = {"model": "tts-1", "voice": "alloy", "input": "Good morning.", "response_format": "wav"}
    spoken = APIRequestor().request_raw("post", "/audio/speech", params=asked)
    sound = io.BytesIO(spoken.content)
    sound.name = "speech.wav"
    assert openai.Audio.transcribe("whisper-1", sound).text == "Good morning."
    sound.seek(0)
    assert "Good morning." in openai.Audio.transcribe("whisper-1", sound, response_format="srt")
    sound.seek(0)
    assert openai.Audio.translate("whisper-1", sound).text


def edits() -> None:
    edited = openai.Edit.create(model="text-davinci-edit-001", input="What day of teh week?", instruction="Fix it", n=2)
    assert (edited.object, len(edited.choices)) == ("edit", 2)
    assert edited.choices[0].text
    assert edited.usage.total_tokens == edited.usage.prompt_tokens + edited.usage.completion_tokens


def engines() -> None:
    engine = openai.Engine.retrieve("davinci")
    assert (engine.object, engine.ready) == ("engine", True)
    assert "davinci" in [listed.id for listed in openai.Engine.list().data]
    assert openai.Completion.create(engine="davinci", prompt="Once upon a time", max_tokens=5).choices[0].text
    assert engine.generate(context="Once upon a time", length=5)["data"][0]["text"]
    embedded = openai.Embedding.create(engine="text-similarity-babbage-001", input="one")
    assert len(embedded.data[0].embedding) == 2048
    whole = openai.ChatCompletion.create(engine="gpt-3.5-turbo", messages=HI)
    assert whole.choices[0].message.content


def command_line() -> None:
    """`openai api …`, as the guides of the time have it."""
    with tempfile.TemporaryDirectory() as folder:
        pairs = Path(folder) / "moods.jsonl"
        pairs.write_text("".join(f"{json.dumps(pair)}\n" for pair in PAIRS))
        assert '"object": "file"' in told("files.create", "-f", str(pairs), "-p", "fine-tune")
        followed = told("fine_tunes.create", "-t", str(pairs), "-m", "ada", "--no_check_if_files_exist")
    assert "Job complete! Status: succeeded" in followed, followed
    model = re.search(r"-m (ada:ft-\S+)", followed)[1]
    assert told("completions.create", "-m", model, "-p", "Mood of 3 ->", "-M", "1").endswith(" good")
    assert '"status": "succeeded"' in told("fine_tunes.list")
    job = re.search(r"ft-\w{24}", followed)[0]
    assert "Job succeeded." in told("fine_tunes.follow", "-i", job)
    assert told("fine_tunes.results", "-i", job).startswith("step,")
    assert "http" in told("image.create", "-p", "A cat", "-s", "256x256")
    assert told("chat_completions.create", "-m", "gpt-4o", "-g", "user", "Say hello.").strip()


COMMAND = (sys.executable, "-c", "from openai._openai_scripts import main; main()")


def told(*arguments: str) -> str:
    ran = subprocess.run([*COMMAND, "api", *arguments], check=False, capture_output=True, text=True, timeout=30)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def errors() -> None:
    assert refusal(openai.ChatCompletion.create, model="gpt-4o", messages=[]).http_status == 400
    unknown = refusal(openai.ChatCompletion.create, model="no-such-model", messages=HI)
    assert (type(unknown), unknown.code) == (openai.error.InvalidRequestError, "model_not_found")
    denied = refusal(openai.ChatCompletion.create, **CHAT, api_key="sk-invalid-1234")
    assert type(denied) is openai.error.AuthenticationError
    for text, kind in FAULTS.items():
        failed = refusal(openai.ChatCompletion.create, model="gpt-4o", messages=[{"role": "user", "content": text}])
        assert type(failed) is kind, (text, failed)
        assert failed.headers is not None


FAULTS = {
    "rate_limit": openai.error.RateLimitError,
    "insufficient_quota": openai.error.RateLimitError,
    "server_error": openai.error.APIError,
    "overloaded": openai.error.ServiceUnavailableError,
    "context_length_exceeded": openai.error.InvalidRequestError,
}
"""What rules of the test answer to these texts."""


def refusal(create: Any, **parameters: Any) -> Any:
    try:
        create(**parameters)
    except openai.error.OpenAIError as error:
        return error
    raise AssertionError(f"{parameters} was answered")


if __name__ == "__main__":
    assert openai.api_base == os.environ["OPENAI_BASE_URL"]
    run(
        chats,
        streams,
        functions,
        completions,
        embeddings,
        models,
        moderations,
        files,
        fine_tunes,
        cancelled_fine_tunes,
        classifying_fine_tunes,
        fine_tuning_jobs,
        images,
        audio,
        edits,
        engines,
        command_line,
        errors,
        asynchronously,
    )
