"""A program written with LlamaIndex. The environment says where the API is."""

# mypy: ignore-errors
# the framework lives in an environment of its own

from __future__ import annotations

import os

from checks import refused, run
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai import OpenAI, OpenAIResponses
from openai import RateLimitError
from pydantic import BaseModel

HERE = {"model": "gpt-4o", "api_base": os.environ["OPENAI_BASE_URL"], "max_retries": 0}


def models() -> tuple[OpenAI, OpenAIResponses]:
    return OpenAI(**HERE), OpenAIResponses(**HERE)


class Person(BaseModel):
    """A person."""

    name: str
    age: int


def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"Sunny in {city}"


def chats() -> None:
    for model in models():
        assert model.complete("Say hello.").text
        assert model.chat([ChatMessage("You are brief.", role="system"), ChatMessage("Say hello.")]).message.content


def streams() -> None:
    for model in models():
        said = [piece.delta for piece in model.stream_chat([ChatMessage("Say hello.")])]
        assert "".join(filter(None, said)) == model.chat([ChatMessage("Say hello.")]).message.content


async def tool_loops() -> None:
    for model in models():
        for streaming in (False, True):
            agent = FunctionAgent(tools=[FunctionTool.from_defaults(get_weather)], llm=model, streaming=streaming)
            answer = await agent.run("What's the weather in Paris?")
            assert "Sunny in Paris" in answer.response.content, answer


def structured_answers() -> None:
    for model in models():
        answer = model.as_structured_llm(Person).complete("Ada is 36 years old.")
        assert answer.raw == Person(name="Ada", age=36)


async def asynchronously() -> None:
    for model in models():
        assert (await model.acomplete("Say hello.")).text


def errors() -> None:
    for model in models():
        with refused(RateLimitError):
            model.complete("rate_limit")


if __name__ == "__main__":
    run(chats, streams, tool_loops, structured_answers, asynchronously, errors)
