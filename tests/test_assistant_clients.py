"""The official client's way with assistants: polling, listeners, loops of tools; waiting and not waiting."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from openai import AssistantEventHandler, AsyncAssistantEventHandler, AsyncOpenAI, OpenAI
from typing_extensions import override

from fakeopenai import FakeOpenAI

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
ASKED: Any = [{"role": "user", "content": "What is the weather in Paris and in Rome?"}]


def outputs(run: Any) -> Any:
    calls = run.required_action.submit_tool_outputs.tool_calls
    return [{"tool_call_id": call.id, "output": "sunny"} for call in calls]


@pytest.fixture
def client(fakeopenai: FakeOpenAI) -> OpenAI:
    return fakeopenai.client()


@pytest.fixture
def waiting(fakeopenai: FakeOpenAI) -> AsyncOpenAI:
    """A client that can wait."""
    return fakeopenai.async_client()


class Answering(AssistantEventHandler):
    """Answers calls as they come, with another listener for what follows, as the guide has it."""

    def __init__(self, client: OpenAI, heard: list[str]) -> None:
        super().__init__()
        self.client, self.heard = client, heard

    @override
    def on_event(self, event: Any) -> None:
        if event.event == "thread.run.requires_action":
            run = event.data
            with self.client.beta.threads.runs.submit_tool_outputs_stream(
                thread_id=run.thread_id,
                run_id=run.id,
                tool_outputs=outputs(run),
                event_handler=Answering(self.client, self.heard),
            ) as stream:
                stream.until_done()

    @override
    def on_text_done(self, text: Any) -> None:
        self.heard.append(text.value)


def test_a_listener_answers_calls_while_it_listens(client: OpenAI) -> None:
    assistant = client.beta.assistants.create(model="gpt-4o", tools=[WEATHER])
    heard: list[str] = []

    with client.beta.threads.create_and_run_stream(
        assistant_id=assistant.id, thread={"messages": ASKED}, event_handler=Answering(client, heard)
    ) as stream:
        stream.until_done()

    (text,) = heard
    assert text.count("sunny") == 2


class Watching(AssistantEventHandler):
    """Notes the names of what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    @override
    def on_tool_call_created(self, tool_call: Any) -> None:
        self.told.append(f"{tool_call.type} begins")

    @override
    def on_tool_call_done(self, tool_call: Any) -> None:
        self.told.append(f"{tool_call.type} ends")

    @override
    def on_image_file_done(self, image_file: Any) -> None:
        self.told.append(f"image {image_file.file_id[:5]}")

    @override
    def on_message_done(self, message: Any) -> None:
        self.told.append(f"message of {len(message.content)} parts")

    @override
    def on_run_step_done(self, run_step: Any) -> None:
        self.told.append(f"{run_step.type} is {run_step.status}")

    @override
    def on_end(self) -> None:
        self.told.append("end")


def test_a_listener_hears_of_code_and_what_it_draws(client: OpenAI, fakeopenai: FakeOpenAI) -> None:
    drawn = {"type": "image", "url": "data:image/png;base64,AAAA"}
    fakeopenai.on("threads.*").hosted({"type": "code_interpreter_call", "code": "plot()", "outputs": [drawn]}).say(
        "Done."
    )
    assistant = client.beta.assistants.create(model="gpt-4o", tools=[{"type": "code_interpreter"}])
    listener = Watching()

    with client.beta.threads.create_and_run_stream(
        assistant_id=assistant.id, thread={"messages": ASKED}, event_handler=listener
    ) as stream:
        stream.until_done()

    assert list(dict.fromkeys(listener.told)) == [  # the client says at the end of each step that the call is done
        "code_interpreter begins",
        "code_interpreter ends",
        "tool_calls is completed",
        "image file-",
        "message of 2 parts",
        "message_creation is completed",
        "end",
    ]


def test_what_a_search_found_is_cited_to_a_file(client: OpenAI) -> None:
    file = client.files.create(file=("foods.txt", b"The favorite food of Filip is cake."), purpose="assistants")
    assistant = client.beta.assistants.create(
        model="gpt-4o",
        tools=[{"type": "file_search"}],
        tool_resources={"file_search": {"vector_stores": [{"file_ids": [file.id]}]}},
    )
    asked = "What is the favorite food of Filip?"
    run = client.beta.threads.create_and_run_poll(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": asked}]}
    )

    (message,) = client.beta.threads.messages.list(run.thread_id, run_id=run.id)
    newest, oldest = client.beta.threads.runs.steps.list(
        run.id, thread_id=run.thread_id, include=["step_details.tool_calls[*].file_search.results[*].content"]
    )
    (part,) = message.content
    assert part.type == "text"
    (note,) = part.text.annotations
    assert note.type == "file_citation"
    assert client.files.retrieve(note.file_citation.file_id).filename == "foods.txt"
    assert (newest.type, oldest.type) == ("message_creation", "tool_calls")
    assert oldest.step_details.type == "tool_calls"
    (call,) = oldest.step_details.tool_calls
    assert call.type == "file_search"
    assert call.file_search.results
    assert call.file_search.results[0].content
    assert call.file_search.results[0].content[0].text == "The favorite food of Filip is cake."


async def test_a_client_that_waits_polls_and_submits(waiting: AsyncOpenAI) -> None:
    assistant = await waiting.beta.assistants.create(model="gpt-4o", tools=[WEATHER])
    thread = await waiting.beta.threads.create(messages=ASKED)
    runs = waiting.beta.threads.runs

    run = await runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    ended = await runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=thread.id, tool_outputs=outputs(run))

    said = [message.role async for message in waiting.beta.threads.messages.list(thread.id)]
    assert (run.status, ended.status, said) == ("requires_action", "completed", ["assistant", "user"])


class Hearing(AsyncAssistantEventHandler):
    """Joins the words it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    @override
    async def on_text_delta(self, delta: Any, snapshot: Any) -> None:
        self.text += delta.value


async def test_a_client_that_waits_listens_and_answers(waiting: AsyncOpenAI) -> None:
    assistant = await waiting.beta.assistants.create(model="gpt-4o", tools=[WEATHER])
    thread = await waiting.beta.threads.create(messages=ASKED)
    async with waiting.beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id) as stream:
        run = await stream.get_final_run()
    listener = Hearing()

    async with waiting.beta.threads.runs.submit_tool_outputs_stream(
        run_id=run.id, thread_id=thread.id, tool_outputs=outputs(run), event_handler=listener
    ) as stream_of_answer:
        (message,) = await stream_of_answer.get_final_messages()

    (part,) = message.content
    assert part.type == "text"
    assert listener.text == part.text.value


async def test_runs_side_by_side_do_not_meet(waiting: AsyncOpenAI) -> None:
    """Each has its thread, so what they say depends on nothing but that."""
    assistant = await waiting.beta.assistants.create(model="gpt-4o")

    async def said(word: str) -> str:
        run = await waiting.beta.threads.create_and_run_poll(
            assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": f"Say {word}"}]}
        )
        messages = await waiting.beta.threads.messages.list(run.thread_id)
        part = messages.data[0].content[0]
        assert part.type == "text"
        return part.text.value

    words = [f"word{number}" for number in range(6)]
    found = await asyncio.gather(*map(said, words))

    assert found == words
