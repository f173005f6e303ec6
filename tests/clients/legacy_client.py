"""A program of 2023, written for openai 0.28.1, as people still run it. The environment says where the API is."""

# mypy: ignore-errors
# it is written for another version of the client than the one installed here

from __future__ import annotations

import os
from typing import Any

import openai
from checks import run

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
    run(chats, streams, functions, completions, embeddings, models, moderations, errors, asynchronously)
