"""A program written with the OpenAI Agents SDK, whose traces go to the same API. The environment says where that is."""

# mypy: ignore-errors
# the framework lives in an environment of its own

from __future__ import annotations

import os

from agents import (
    Agent,
    OpenAIChatCompletionsModel,
    OpenAIConversationsSession,
    OpenAIResponsesModel,
    Runner,
    SQLiteSession,
    WebSearchTool,
    flush_traces,
    function_tool,
    set_trace_processors,
    trace,
)
from agents.tracing.processors import BackendSpanExporter, BatchTraceProcessor
from checks import refused, run
from openai import AsyncOpenAI, RateLimitError
from pydantic import BaseModel

QUESTION = "What's the weather in Paris?"
statuses: list[int] = []
"""What the place of the traces answered."""


class Person(BaseModel):
    """A person."""

    name: str
    age: int


@function_tool
def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"Sunny in {city}"


def models() -> tuple:
    client = AsyncOpenAI(max_retries=0)
    return OpenAIResponsesModel("gpt-4o", client), OpenAIChatCompletionsModel("gpt-4o", client)


async def chats() -> None:
    for model in models():
        result = await Runner.run(Agent("Greeter", instructions="You are brief.", model=model), "Say hello.")
        assert result.final_output
        assert result.context_wrapper.usage.total_tokens > 0


async def streams() -> None:
    for model in models():
        agent = Agent("Greeter", model=model)
        streamed = Runner.run_streamed(agent, "Say hello.")
        events = [event async for event in streamed.stream_events()]
        deltas = [event.data for event in events if event.type == "raw_response_event"]
        said = "".join(data.delta for data in deltas if data.type == "response.output_text.delta")
        assert said == streamed.final_output


async def tool_loops() -> None:
    for model in models():
        agent = Agent("Forecaster", model=model, tools=[get_weather])
        assert "Sunny in Paris" in (await Runner.run(agent, QUESTION)).final_output
        streamed = Runner.run_streamed(agent, QUESTION)
        names = [event.name async for event in streamed.stream_events() if event.type == "run_item_stream_event"]
        assert names == ["tool_called", "tool_output", "message_output_created"], names


async def handoffs() -> None:
    for model in models():
        weather = Agent("Weather", handoff_description="Tells the weather in a city.", model=model, tools=[get_weather])
        triage = Agent("Triage", instructions="Hand over to the agent that fits.", model=model, handoffs=[weather])
        result = await Runner.run(triage, "Transfer me to the weather agent: what's the weather in Paris?")
        assert result.last_agent.name == "Weather", result.last_agent.name


async def structured_answers() -> None:
    for model in models():
        result = await Runner.run(Agent("Reader", model=model, output_type=Person), "Ada is 36 years old.")
        assert result.final_output == Person(name="Ada", age=36)


async def sessions() -> None:
    responses, chat = models()
    for model, session in ((chat, SQLiteSession("one")), (responses, OpenAIConversationsSession())):
        agent = Agent("Greeter", model=model)
        await Runner.run(agent, "Say hello.", session=session)
        await Runner.run(agent, "And again?", session=session)
        assert len(await session.get_items()) == 4


async def hosted_tools() -> None:
    responses, _ = models()
    agent = Agent("Searcher", model=responses, tools=[WebSearchTool()])
    result = await Runner.run(agent, "Search the web: what is the capital of France?")
    assert "web_search_call" in {getattr(item.raw_item, "type", "") for item in result.new_items}


async def errors() -> None:
    for model in models():
        with refused(RateLimitError):
            await Runner.run(Agent("Greeter", model=model), "rate_limit")


async def traces() -> None:
    with trace("A conversation"):
        await chats()
    flush_traces()
    assert statuses
    assert set(statuses) == {204}, statuses


if __name__ == "__main__":
    exporter = BackendSpanExporter(endpoint=f"{os.environ['OPENAI_BASE_URL']}/traces/ingest")
    exporter._client.event_hooks["response"].append(lambda response: statuses.append(response.status_code))
    set_trace_processors([BatchTraceProcessor(exporter)])
    run(chats, streams, tool_loops, handoffs, structured_answers, sessions, hosted_tools, errors, traces)
