"""A program written with LiteLLM. The environment says where the API is."""

# mypy: ignore-errors
# the framework lives in an environment of its own

from __future__ import annotations

import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # it would be fetched from the network

import litellm
from checks import refused, run
from pydantic import BaseModel

HI = [{"role": "user", "content": "Say hello."}]
ASKED = [{"role": "user", "content": "What's the weather in Paris?"}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tell the weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


class Person(BaseModel):
    """A person."""

    name: str
    age: int


def ask(messages, **options):
    return litellm.completion("openai/gpt-4o", messages, num_retries=0, max_retries=0, **options)


def chats() -> None:
    answer = ask(HI)
    assert answer.choices[0].message.content
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert litellm.completion_cost(answer) > 0


def streams() -> None:
    chunks = list(ask(HI, stream=True, stream_options={"include_usage": True}))
    built = litellm.stream_chunk_builder(chunks, messages=HI)
    whole = ask(HI)
    assert built.choices[0].message.content == whole.choices[0].message.content
    assert built.usage.total_tokens == whole.usage.total_tokens


async def asynchronously() -> None:
    assert (await litellm.acompletion("openai/gpt-4o", HI)).choices[0].message.content
    stream = await litellm.acompletion("openai/gpt-4o", HI, stream=True)
    assert "".join([chunk.choices[0].delta.content or "" async for chunk in stream])


def tool_loops() -> None:
    for stream in (False, True):
        asked = ask(ASKED, tools=[WEATHER], stream=stream)
        if stream:
            asked = litellm.stream_chunk_builder(list(asked))
        message = asked.choices[0].message
        (call,) = message.tool_calls
        assert (call.function.name, call.function.arguments) == ("get_weather", '{"city":"Paris"}'), call
        result = {"role": "tool", "tool_call_id": call.id, "content": "Sunny in Paris"}
        answer = ask([*ASKED, message.model_dump(), result], tools=[WEATHER])
        assert "Sunny in Paris" in answer.choices[0].message.content


def structured_answers() -> None:
    answer = ask([{"role": "user", "content": "Ada is 36 years old."}], response_format=Person)
    assert Person.model_validate_json(answer.choices[0].message.content) == Person(name="Ada", age=36)


def responses() -> None:
    response = litellm.responses(model="openai/gpt-4o", input="Say hello.")
    said = response.output[0].content[0].text
    events = list(litellm.responses(model="openai/gpt-4o", input="Say hello.", stream=True))
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == said


def embeddings() -> None:
    embedded = litellm.embedding("openai/text-embedding-3-small", input=["one", "two"])
    assert [len(row["embedding"]) for row in embedded.data] == [1536, 1536]


def moderations() -> None:
    assert litellm.moderation("I will kill you", model="omni-moderation-latest").results[0].flagged


def errors() -> None:
    kinds = {
        "rate_limit": litellm.RateLimitError,
        "server_error": litellm.InternalServerError,
        "context_length_exceeded": litellm.ContextWindowExceededError,
    }
    for text, kind in kinds.items():
        with refused(kind):
            ask([{"role": "user", "content": text}])


if __name__ == "__main__":
    litellm.telemetry = False
    run(
        chats,
        streams,
        asynchronously,
        tool_loops,
        structured_answers,
        responses,
        embeddings,
        moderations,
        errors,
    )
