"""A program written with LangChain. The environment says where the API is, and nothing in here knows of an emulator."""

# mypy: ignore-errors
# the framework lives in an environment of its own

from __future__ import annotations

import openai
from checks import refused, run
from langchain_core.messages import HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAI, OpenAIEmbeddings
from pydantic import BaseModel

chat = ChatOpenAI(model="gpt-4o", max_retries=0)


class Person(BaseModel):
    """A person."""

    name: str
    age: int


@tool
def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"Sunny in {city}"


def chats() -> None:
    answer = chat.invoke([SystemMessage("You are brief."), HumanMessage("Say hello.")])
    assert answer.content
    assert answer.usage_metadata["total_tokens"] > 0
    assert answer.response_metadata["model_name"].startswith("gpt-4o")


def streams() -> None:
    chunks = list(chat.stream("Say hello.", stream_usage=True))
    assert "".join(chunk.content for chunk in chunks)
    assert sum(bool(chunk.usage_metadata) for chunk in chunks) == 1


def tool_loops() -> None:
    bound = chat.bind_tools([get_weather])
    messages = [HumanMessage("What's the weather in Paris?")]
    asked = bound.invoke(messages)
    (call,) = asked.tool_calls
    assert (call["name"], call["args"]) == ("get_weather", {"city": "Paris"}), call
    result = get_weather.invoke(call)
    assert isinstance(result, ToolMessage)
    answer = bound.invoke([*messages, asked, result])
    assert not answer.tool_calls
    assert "Sunny" in answer.content


def structured_answers() -> None:
    for method in ("json_schema", "function_calling"):
        person = chat.with_structured_output(Person, method=method).invoke("Ada is 36 years old.")
        assert person == Person(name="Ada", age=36), (method, person)


def completions() -> None:
    assert OpenAI(model="gpt-3.5-turbo-instruct", max_retries=0).invoke("Once upon a time")


def embeddings() -> None:
    # Measuring the texts it would fetch a vocabulary from the network.
    embedding = OpenAIEmbeddings(model="text-embedding-3-small", dimensions=256, check_embedding_ctx_length=False)
    vectors = embedding.embed_documents(["one", "two"])
    assert [len(vector) for vector in vectors] == [256, 256]
    assert len(embedding.embed_query("three")) == 256


def errors() -> None:
    with refused(openai.RateLimitError):
        chat.invoke("rate_limit")


async def asynchronously() -> None:
    assert (await chat.ainvoke("Say hello.")).content
    assert "".join([chunk.content async for chunk in chat.astream("Say hello.")])


if __name__ == "__main__":
    run(chats, streams, tool_loops, structured_answers, completions, embeddings, errors, asynchronously)
