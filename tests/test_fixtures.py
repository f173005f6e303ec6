"""Each shipped situation does what its comment promises."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from math import exp
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from click.testing import CliRunner
from openai import OpenAI

from fakeopenai import fixtures
from fakeopenai.arrangement import Arrangement
from fakeopenai.cli import main
from fakeopenai.media import sound
from fakeopenai.rules import Pace, RuleError, lint
from fakeopenai.serving import Server
from fakeopenai.testing import FakeOpenAI, fresh
from fakeopenai.world import World
from tests.front import Api

SHIPPED = fixtures.shipped()

Load = Callable[[str], OpenAI]


@pytest.fixture
def fake(server: Server, request: pytest.FixtureRequest) -> Iterator[FakeOpenAI]:
    with fresh(server, f"sk-{request.node.name}") as given:
        yield given


@pytest.fixture
def load(fake: FakeOpenAI) -> Load:
    """Load a situation and give the client of its world."""

    def loaded(name: str) -> OpenAI:
        fake.load(name)
        return fake.client()

    return loaded


def chat(client: OpenAI, *texts: str, **more: Any) -> Any:
    """The chat completion of a conversation in which only the user has spoken."""
    messages: list[Any] = [{"role": "user", "content": text} for text in texts]
    return client.chat.completions.create(**{"model": "gpt-4o", "messages": messages} | more)


def said(client: OpenAI, *texts: str, **more: Any) -> Any:
    return chat(client, *texts, **more).choices[0].message.content


def respond(client: OpenAI, input: Any, **more: Any) -> Any:
    return client.responses.create(**{"model": "gpt-4o", "input": input} | more)


def words(stream: Any) -> Iterator[str]:
    return (chunk.choices[0].delta.content or "" for chunk in stream)


def paced(world: World) -> Pace:
    """How the last answer went out."""
    reply = world.journal[-1].reply
    assert reply is not None
    assert reply.pace is not None
    return reply.pace


def function(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}


def results(*texts: str, asked: Any) -> list[Any]:
    """The conversation up to the results of the tools that a message calls."""
    answers = [
        {"role": "tool", "tool_call_id": call.id, "content": text}
        for call, text in zip(asked.tool_calls, texts, strict=True)
    ]
    return [{"role": "user", "content": "How is the weather?"}, asked.model_dump(exclude_none=True), *answers]


# What holds for all of them


@pytest.mark.parametrize("name", SHIPPED)
def test_a_situation_has_a_title_a_description_and_good_rules(name: str) -> None:
    title, blank, *description = re.findall(r"^# ?(.*)$", SHIPPED[name].read_text("utf-8"), re.MULTILINE)

    assert (title[-1], len(title) < 115, blank) == (".", True, "")
    assert "Test with it" in " ".join(description)
    assert lint.check([SHIPPED[name]]) == []


@pytest.mark.parametrize("name", SHIPPED)
def test_a_situation_has_a_test(name: str) -> None:
    assert f'load("{name}")' in Path(__file__).read_text("utf-8")


def test_there_are_many() -> None:
    assert len(SHIPPED) >= 25


def test_a_name_leads_to_its_file_and_other_rules_are_found_by_their_path(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("- say: Hello")

    assert fixtures.find("tool_loop") == SHIPPED["tool_loop"]
    assert fixtures.find("own.yaml", tmp_path) == fixtures.find(own) == own


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("rate_limit_then_sucess", "there is no situation 'rate_limit_then_sucess'; did you mean 'rate_limit_then_"),
        ("nothing.yaml", "nothing.yaml: there is no such file or directory"),
    ],
)
def test_what_is_not_there_is_refused_with_the_nearest_name(named: str, message: str) -> None:
    with pytest.raises(RuleError, match=re.escape(message)):
        fixtures.find(named)


def test_the_command_lists_names_and_titles() -> None:
    lines = CliRunner().invoke(main, ["fixtures"]).output.splitlines()

    assert len(lines) == len(SHIPPED)
    assert "tool_loop                  A tool is called, and what it returns is worked into the answer." in lines


def test_the_command_serves_no_unknown_situation() -> None:
    result = CliRunner().invoke(main, ["serve", "--load", "tool_lop"])

    assert result.exit_code == 2
    assert "there is no situation 'tool_lop'; did you mean 'tool_loop'?" in result.output


@pytest.mark.fakeopenai(load=["refusal", "quota_exhausted"])
def test_the_marker_loads_several(fakeopenai: FakeOpenAI) -> None:
    client = fakeopenai.client()

    assert chat(client, "Build me a weapon").choices[0].message.refusal
    with pytest.raises(openai.RateLimitError):
        chat(client, "Hi")


def test_an_arrangement_loads_files_beside_the_test(server: Server, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("- {when: {contains: Hi}, say: Hello}")
    wanted = Arrangement(load=["own.yaml", "refusal"], directory=tmp_path)

    with fresh(server, "sk-beside", wanted) as fake:
        assert said(fake.client(), "Hi") == "Hello"
        assert chat(fake.client(), "A weapon").choices[0].message.refusal


# What the model says


def test_a_tool_loop(load: Load) -> None:
    client = load("tool_loop")
    asked = chat(client, "How is the weather?", tools=[function("get_weather")]).choices[0]
    first = results('{"degrees": 21}', asked=asked.message)
    failed = results("timeout", asked=asked.message)

    assert (asked.finish_reason, asked.message.tool_calls[0].function.arguments) == ("tool_calls", '{"city":"Paris"}')
    assert said(client, messages=first) == "It is 21 degrees in Paris."
    assert said(client, messages=failed) == "I couldn't find out how the weather is."


def test_parallel_tools(load: Load) -> None:
    client = load("parallel_tools")
    tools = [function("get_weather"), function("get_time")]

    asked = chat(client, "How is the weather?", tools=tools).choices[0].message
    answer = said(client, messages=results("20", "4", "18:00", asked=asked), tools=tools)

    assert [call.function.name for call in asked.tool_calls] == ["get_weather", "get_weather", "get_time"]
    assert len({call.id for call in asked.tool_calls}) == 3
    assert answer.startswith("Paris is warmer than Oslo")


def test_a_structured_answer(load: Load) -> None:
    client = load("structured_answer")

    events = [json.loads(said(client, "Which event?")) for _ in range(4)]

    assert [set(event) for event in events[:2]] == [{"name", "date", "participants"}] * 2
    assert "date" not in events[2]
    assert events[3] == events[2]


def test_json_mode(load: Load) -> None:
    client = load("json_mode")

    whole, broken = [chat(client, "JSON, please", response_format={"type": "json_object"}).choices[0] for _ in "ab"]
    response = respond(client, "JSON, please", text={"format": {"type": "json_object"}})

    assert json.loads(whole.message.content)["city"] == "Paris"
    assert (broken.message.content, broken.finish_reason) == ('{"city": "Par', "length")
    assert response.status == "incomplete"


def test_a_refusal(load: Load) -> None:
    client = load("refusal")

    message = chat(client, "Design a weapon").choices[0].message

    assert (message.content, message.refusal) == (None, "I'm sorry, I can't assist with that request.")
    assert respond(client, "Design a weapon").output[0].content[0].type == "refusal"
    assert said(client, "Design a chair")


def test_a_content_filter(load: Load) -> None:
    client = load("content_filter")

    filtered = chat(client, "A violent tale").choices[0]
    with pytest.raises(openai.BadRequestError) as caught:
        chat(client, "A violent tale")

    assert (filtered.finish_reason, filtered.message.content[-3:]) == ("content_filter", "and")
    assert caught.value.code == "content_filter"


def test_a_length_cut(load: Load) -> None:
    client = load("length_cut")

    cut = chat(client, "A story, please").choices[0]
    rest = chat(client, "A story, please", "Go on").choices[0]

    assert (cut.finish_reason, rest.finish_reason) == ("length", "stop")
    assert f"{cut.message.content}{rest.message.content}".endswith("lighthouse and lived there happily ever after.")
    assert respond(client, "A story, please").incomplete_details.reason == "max_output_tokens"


def test_a_dialogue_of_several_turns(load: Load) -> None:
    client = load("multi_turn_dialogue")
    told = ["A table, please", "On Friday", "We are four people", "Yes"]

    answers = [said(client, *told[: count + 1]) for count in range(len(told))]

    assert answers == [
        "Gladly. On which day would you like a table?",
        "Friday it is. For how many guests?",
        "A table for four. Is that correct?",
        "Your table is booked. See you then!",
    ]
    assert said(client, "Yes") == answers[0]


def test_slow_reasoning(api: Api, fake: FakeOpenAI, load: Load) -> None:
    load("slow_reasoning_model")
    api.world.rules.extend(fake.world.rules)

    body = {"model": "o3", "messages": [{"role": "user", "content": "Which way?"}]}
    usage = api.post("/chat/completions", body).json["usage"]

    assert usage["completion_tokens_details"]["reasoning_tokens"] == 1024
    assert paced(api.world).delay == 2


def test_odd_answers(load: Load, fake: FakeOpenAI) -> None:
    client = load("client_fuzz")

    texts = [said(client, "Hi"), "".join(words(chat(client, "Hi", stream=True)))]

    assert all(texts)
    assert all("x-fakeopenai-fuzz" in made.exchange.reply.headers for made in fake.requests if made.exchange.reply)


def test_a_slow_stream(load: Load, fake: FakeOpenAI) -> None:
    stream = chat(load("slow_stream"), "Hi", stream=True)
    first = [next(stream).choices[0].delta.content for _ in range(3)]
    stream.close()

    assert first == ["", "The", " quick"]
    assert 0.9 < sum(paced(fake.world).wait(event) for event in range(24)) < 1.6


# Tools at the provider


def test_citations_of_files(load: Load) -> None:
    search, message = respond(load("rag_with_citations"), "How much vacation do I have?").output

    part = message.content[0]
    assert search.type == "file_search_call"
    assert [(note.filename, note.index) for note in part.annotations] == [
        ("handbook.pdf", part.text.index(".")),
        ("addendum-2026.pdf", len(part.text)),
    ]


def test_a_web_search_with_sources(load: Load) -> None:
    client = load("web_search_with_sources")
    include = ["web_search_call.action.sources"]

    search, message = respond(client, "How was the launch?", tools=[{"type": "web_search"}], include=include).output
    notes = chat(client, "How was the launch?").choices[0].message.annotations

    text = message.content[0].text
    places = [text[note.start_index : note.end_index] for note in message.content[0].annotations]
    assert len(search.action.sources) == 2
    assert places == ["(news.example.com)", "(space.example.org)"]
    assert [note.url_citation.title for note in notes] == ["Lift-off", "Schedule"]


def test_a_code_interpreter(load: Load) -> None:
    include = ["code_interpreter_call.outputs"]

    response = respond(load("code_interpreter"), "The average of 3, 4 and 8?", include=include)

    first, second, _ = response.output
    assert "NameError" in first.outputs[0].logs
    assert (second.outputs[0].logs, response.output_text) == ("5.0\n", "The average is 5.")


@pytest.mark.parametrize(("approve", "kinds"), [(True, ["mcp_call", "message"]), (False, ["message"])])
def test_approval_of_a_tool(load: Load, approve: bool, kinds: list[str]) -> None:
    client = load("mcp_approval")
    tools = [{"type": "mcp", "server_label": "wiki", "server_url": "https://wiki.example.com"}]

    asked = respond(client, "Please delete the page", tools=tools)
    request = asked.output[-1]
    answer = {"type": "mcp_approval_response", "approval_request_id": request.id, "approve": approve}
    done = respond(client, [answer], tools=tools, previous_response_id=asked.id)

    assert (request.type, request.name) == ("mcp_approval_request", "delete_page")
    assert [item.type for item in done.output] == kinds


# What goes wrong


def test_a_rate_limit_then_success(load: Load) -> None:
    client = load("rate_limit_then_success")

    with pytest.raises(openai.RateLimitError) as caught:
        said(client, "Hi")

    assert caught.value.response.headers["retry-after-ms"] == "20"
    assert said(client.with_options(max_retries=1), "Hi")


def test_a_rate_limit_of_tokens(load: Load) -> None:
    client = load("token_rate_limit")

    errors = [_refused(client, text, openai.RateLimitError) for text in ("This report", "This book")]

    assert [error.type for error in errors] == ["tokens", "tokens"]
    assert ["retry-after" in error.response.headers for error in errors] == [True, False]
    assert said(client, "This report")


def test_an_exhausted_quota(load: Load) -> None:
    client = load("quota_exhausted")

    error = _refused(client, "Hi", openai.RateLimitError)

    assert (error.code, "retry-after" in error.response.headers) == ("insufficient_quota", False)
    assert list(client.models.list())


def test_an_invalid_key(load: Load) -> None:
    client = load("invalid_key")

    with pytest.raises(openai.AuthenticationError, match=r"Incorrect API key provided: sk-test_\**"):
        client.models.list()


def test_a_model_that_is_gone(load: Load) -> None:
    client = load("model_not_found")

    error = _refused(client, "Hi", openai.NotFoundError)
    with pytest.raises(openai.BadRequestError, match="The requested model 'gpt-4o' does not exist"):
        respond(client, "Hi")

    assert error.code == "model_not_found"
    assert said(client, "Hi", model="gpt-4o-mini")


def test_a_context_that_is_too_long(load: Load) -> None:
    client = load("context_too_long")

    with pytest.raises(openai.BadRequestError, match="maximum context length") as caught:
        said(client, "One", "Two", "Three", "Four")

    assert caught.value.code == "context_length_exceeded"
    assert said(client, "Two", "Three", "Four") == "Now it fits."


def test_a_server_error_then_success(load: Load) -> None:
    client = load("server_error_then_success")

    error = _refused(client, "Hi", openai.InternalServerError)

    assert error.status_code == 500
    assert said(client, "Hi")


def test_an_overloaded_model(load: Load) -> None:
    client = load("overloaded")

    error = _refused(client, "Hi", openai.InternalServerError)

    assert (error.status_code, "overloaded" in error.message) == (503, True)
    assert said(client, "Hi", model="gpt-4o-mini")


def test_pages_of_the_gateway(load: Load) -> None:
    client = load("gateway_error_page")

    errors = [_refused(client, "Hi", openai.InternalServerError) for _ in range(3)]

    assert [error.status_code for error in errors] == [502, 503, 504]
    assert {type(error.body) for error in errors} == {str}
    assert errors[0].response.headers["content-type"].startswith("text/html")
    assert said(client, "Hi")


def test_a_timeout(load: Load) -> None:
    client = load("timeout")

    with pytest.raises(openai.APITimeoutError):
        said(client.with_options(timeout=0.1), "Hi")

    assert said(client, "Hi")


def test_a_flaky_network(load: Load) -> None:
    client = load("flaky_network")

    failed = [_refused(client, "Hi", openai.APIConnectionError) for _ in range(2)]
    whole = "".join(words(chat(client, "Hi", stream=True)))
    broken: list[str] = []
    with pytest.raises(openai.APIConnectionError):
        broken.extend(words(chat(client, "Hi", stream=True)))

    assert [type(error) for error in failed] == [openai.APIConnectionError] * 2
    assert said(client, "Hi")
    assert whole == "This sentence is finished."


def test_an_error_within_a_stream(load: Load) -> None:
    client = load("streaming_error")
    shown: list[str] = []

    with pytest.raises(openai.APIError, match="The server had an error"):
        shown.extend(words(chat(client, "Hi", stream=True)))

    assert "".join(shown) == "Everything went well"
    assert said(client, "Hi") == "Everything went well until it didn't."


def test_an_odd_stream(load: Load, fake: FakeOpenAI) -> None:
    client = load("odd_stream")

    text = httpx2.post(
        f"{fake.world_url}/chat/completions",
        json={"model": "gpt-4o", "stream": True, "messages": [{"role": "user", "content": "Hi"}]},
    ).text

    assert "".join(words(chat(client, "Hi", stream=True))) == "Odd, but readable."
    assert (text.startswith(": "), "\r\n\r\n" in text, "[DONE]" in text) == (True, True, False)


def test_a_broken_stream(load: Load) -> None:
    client = load("broken_stream")

    with respond(client, "Hi", stream=True) as stream:
        numbers = [event.sequence_number for event in stream]
    with pytest.raises(json.JSONDecodeError):
        list(chat(client, "Hi", stream=True))

    assert numbers[:7] == [0, 1, 2, 3, 4, 4, 5]


def test_a_refused_picture(load: Load) -> None:
    client = load("image_refused")

    with pytest.raises(openai.BadRequestError) as caught:
        client.images.generate(model="gpt-image-1", prompt="A battle of dragons")

    assert (caught.value.code, caught.value.type) == ("moderation_blocked", "image_generation_user_error")
    assert client.images.generate(model="gpt-image-1", prompt="A kitten").data


def test_a_flag_of_moderation(load: Load) -> None:
    client = load("moderation_flag")

    flagged, harmless = [client.moderations.create(input=text).results[0] for text in ("Bananas!", "Apples!")]

    assert (flagged.flagged, flagged.categories.harassment) == (True, True)
    assert flagged.model_dump().keys() == harmless.model_dump().keys()
    assert not harmless.flagged


def test_a_batch_with_failed_rows(load: Load) -> None:
    client = load("batch_with_failed_rows")
    rows = [_row(f"row-{number}", text) for number, text in enumerate(["Hello", "This is broken", "Bye"])]
    file = client.files.create(file=("rows.jsonl", "\n".join(rows).encode()), purpose="batch")

    batch: Any = client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
    while batch.status not in {"completed", "failed"}:
        batch = client.batches.retrieve(batch.id)

    failed = [json.loads(line) for line in client.files.content(batch.error_file_id).text.splitlines()]
    counts = batch.request_counts
    assert (batch.status, counts.completed, counts.failed) == ("completed", 2, 1)
    assert [(row["custom_id"], row["response"]["status_code"]) for row in failed] == [("row-1", 500)]


def test_a_batch_that_expires(load: Load) -> None:
    client = load("expiring_batch")
    rows = [_row(f"row-{number}", f"Hello {number}") for number in range(4)]
    file = client.files.create(file=("rows.jsonl", "\n".join(rows).encode()), purpose="batch")

    batch: Any = client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
    while batch.status in {"validating", "in_progress", "finalizing"}:
        batch = client.batches.retrieve(batch.id)

    done, left = [
        [json.loads(line) for line in client.files.content(id).text.splitlines()]
        for id in (batch.output_file_id, batch.error_file_id)
    ]
    assert (batch.status, len(done), len(left)) == ("expired", batch.request_counts.completed, 4 - len(done))
    assert 0 < len(done) < 4
    assert {row["error"]["code"] for row in left} == {"batch_expired"}


def test_a_fine_tune_that_fails(load: Load) -> None:
    client = load("failing_fine_tune")
    told = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}
    file = client.files.create(file=("chats.jsonl", (json.dumps(told) + "\n").encode() * 10), purpose="fine-tune")

    failed, succeeded = [_tuned(client, file.id) for _ in range(2)]

    assert (failed.status, failed.fine_tuned_model) == ("failed", None)
    assert (failed.error.code, failed.error.message) == ("server_error", "The job failed due to an internal error.")
    assert client.fine_tuning.jobs.list_events(failed.id).data[0].level == "error"
    assert (succeeded.status, bool(succeeded.fine_tuned_model)) == ("succeeded", True)


def _tuned(client: OpenAI, file: str) -> Any:
    job: Any = client.fine_tuning.jobs.create(model="gpt-4o-mini-2024-07-18", training_file=file)
    while job.status not in {"succeeded", "failed"}:
        job = client.fine_tuning.jobs.retrieve(job.id)
    return job


def test_a_file_that_cannot_be_read(load: Load) -> None:
    client = load("failed_file_processing")
    store = client.vector_stores.create(name="notes")
    files = [("one.txt", b"Remember the milk."), ("two.txt", b"Remember the eggs.")]

    failed, completed = [
        client.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=file) for file in files
    ]

    counts = client.vector_stores.retrieve(store.id).file_counts
    assert (failed.status, completed.status) == ("failed", "completed")
    assert failed.last_error is not None
    assert failed.last_error.code == "unsupported_file"
    assert (counts.failed, counts.completed, counts.total) == (1, 1, 2)


def _row(id: str, text: str) -> str:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": text}]}
    return json.dumps({"custom_id": id, "method": "POST", "url": "/v1/chat/completions", "body": body})


def _refused(client: OpenAI, text: str, kind: type[openai.APIError]) -> Any:
    """The error that a chat completion ends with."""
    with pytest.raises(kind) as caught:
        chat(client, text)
    return caught.value


def test_an_uncertain_answer(load: Load) -> None:
    client = load("uncertain_answer")

    sure, unsure = [
        chat(client, f"Is this review positive? {review}", logprobs=True, top_logprobs=2).choices[0]
        for review in ("Great!", "Great, but late.")
    ]

    found = [(top.token, round(exp(top.logprob), 3)) for top in unsure.logprobs.content[0].top_logprobs]
    assert (sure.message.content, unsure.message.content) == ("Yes", "Yes")
    assert round(exp(sure.logprobs.content[0].logprob), 3) == 0.98
    assert found == [("Yes", 0.55), ("No", 0.44)]


def test_several_answers(load: Load) -> None:
    choices = chat(load("several_answers"), "What is 6 times 7?", n=3).choices

    assert [choice.message.content for choice in choices] == ["42", "42", "41"]
    assert [choice.finish_reason for choice in choices] == ["stop", "length", "stop"]


def test_the_transcript_of_a_meeting(load: Load) -> None:
    client = load("meeting_transcript")
    recording = ("meeting.wav", sound.speech("Anything", "wav"), "audio/wav")

    spoken: Any = client.audio.transcriptions.create(
        model="gpt-4o-transcribe-diarize", file=recording, response_format="diarized_json"
    )
    whole = client.audio.transcriptions.create(model="whisper-1", file=recording, response_format="verbose_json")
    with pytest.deprecated_call():  # by the client
        english = client.audio.translations.create(model="whisper-1", file=recording)

    assert [segment.speaker for segment in spoken.segments] == ["Anna", "Ben", "Anna"]
    assert (whole.language, whole.duration) == ("german", 7.5)
    assert english.text.endswith("Then let us begin.")


def test_synonyms(load: Load) -> None:
    client = load("synonyms")
    words = ["automobile", "car", "physician"]

    one, same, other = [
        client.embeddings.create(model="text-embedding-3-small", input=word).data[0].embedding for word in words
    ]

    assert one == same != other


def test_a_costly_answer(load: Load) -> None:
    client = load("costly_answer")

    usage = chat(client, "Hi").usage
    response = respond(client, "Hi").usage

    assert (usage.total_tokens, usage.completion_tokens_details.reasoning_tokens) == (532_000, 31_990)
    assert (response.total_tokens, response.input_tokens_details.cached_tokens) == (532_000, 1024)


def test_flaky_conversations(load: Load) -> None:
    client = load("flaky_conversations")

    def fails(*texts: str) -> bool:
        try:
            said(client, *texts)
        except openai.InternalServerError:
            return True
        return False

    assert [fails("One"), fails("Other"), fails("One"), fails("One", "and more"), fails("Other")] == [
        *(True, True),
        *(False, False, False),
    ]
