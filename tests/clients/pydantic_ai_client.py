"""A program written with Pydantic AI. The environment says where the API is."""

# mypy: ignore-errors
# the framework lives in an environment of its own

from __future__ import annotations

from checks import refused, run
from pydantic import BaseModel
from pydantic_ai import Agent, ModelHTTPError, NativeOutput, PromptedOutput, ToolOutput
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel

MODELS = OpenAIChatModel("gpt-4o"), OpenAIResponsesModel("gpt-4o")
QUESTION = "What's the weather in Paris?"
SENTENCE = "Ada is 36 years old."


class Person(BaseModel):
    """A person."""

    name: str
    age: int


def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"Sunny in {city}"


def chats() -> None:
    for model in MODELS:
        result = Agent(model, instructions="You are brief.").run_sync("Say hello.")
        assert result.output
        assert result.usage.input_tokens > 0
        again = Agent(model).run_sync("And again?", message_history=result.all_messages())
        assert again.output


async def streams() -> None:
    for model in MODELS:
        whole = await Agent(model).run("Say hello.")
        async with Agent(model).run_stream("Say hello.") as result:
            pieces = [piece async for piece in result.stream_text(delta=True)]
        assert "".join(pieces) == whole.output
        assert result.usage.output_tokens > 0


def tool_loops() -> None:
    for model in MODELS:
        result = Agent(model, tools=[get_weather]).run_sync(QUESTION)
        assert "Sunny in Paris" in result.output, result.output
        assert result.usage.tool_calls == 1


async def streamed_tool_loops() -> None:
    for model in MODELS:
        async with Agent(model, tools=[get_weather]).iter(QUESTION) as steps:
            kinds = [type(node).__name__ async for node in steps]
        assert kinds.count("CallToolsNode") == 2, kinds
        assert "Sunny in Paris" in steps.result.output


def structured_answers() -> None:
    for model in MODELS:
        for form in (ToolOutput, NativeOutput, PromptedOutput):
            result = Agent(model, output_type=form(Person)).run_sync(SENTENCE)
            assert result.output == Person(name="Ada", age=36), (model, form, result.output)


async def streamed_structured_answers() -> None:
    for model in MODELS:
        async with Agent(model, output_type=NativeOutput(Person)).run_stream(SENTENCE) as result:
            assert await result.get_output() == Person(name="Ada", age=36)


def errors() -> None:
    for model in MODELS:
        model.client.max_retries = 0
        with refused(ModelHTTPError):
            Agent(model).run_sync("rate_limit")


if __name__ == "__main__":
    run(chats, streams, tool_loops, streamed_tool_loops, structured_answers, streamed_structured_answers, errors)
