"""Runs: assistants at work on threads, on the virtual clock."""

from __future__ import annotations

from typing import Any

import pytest
from openai import OpenAI

from fakeopenai.api import COURSES
from fakeopenai.world import World
from tests.api.assisted import CODE, SEARCH, WEATHER, Assisted, faults
from tests.front import Answer

FOODS = "The favorite food of Filip is cake.\nThe favorite food of Maria is soup.\n"


@pytest.fixture
def api() -> Assisted:
    return Assisted()


def submit(api: Assisted, run: Any, *outputs: str) -> Answer:
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    given = [{"tool_call_id": call["id"], "output": output} for call, output in zip(calls, outputs, strict=False)]
    return api.post(f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs", {"tool_outputs": given})


def waiting(api: Assisted) -> Any:
    """A run that waits for the weather."""
    api.world.rules.on("threads", has_tool_result=False).call("get_weather", city="Paris")
    return api.ended(api.run(api.thread("Weather?"), api.assistant(tools=[WEATHER])))


# The life of a run


def test_a_new_run_is_queued_and_shows_all_settings(api: Assisted) -> None:
    assistant, thread = api.assistant(instructions="Be kind."), api.thread("Hello")

    run = api.run(thread, assistant, additional_instructions="Be brief.", metadata={"a": "b"}, temperature=0)

    assert run.pop("id").startswith("run_")
    assert list(run.items()) == [
        ("object", "thread.run"),
        ("created_at", 1767225600),
        ("assistant_id", assistant),
        ("thread_id", thread),
        ("status", "queued"),
        ("started_at", None),
        ("expires_at", 1767226200),
        ("cancelled_at", None),
        ("failed_at", None),
        ("completed_at", None),
        ("required_action", None),
        ("last_error", None),
        ("model", "gpt-4o"),
        ("instructions", "Be kind.\nBe brief."),
        ("tools", []),
        ("tool_resources", {}),
        ("metadata", {"a": "b"}),
        ("temperature", 0.0),
        ("top_p", 1.0),
        ("reasoning_effort", None),
        ("max_completion_tokens", None),
        ("max_prompt_tokens", None),
        ("truncation_strategy", {"type": "auto", "last_messages": None}),
        ("incomplete_details", None),
        ("usage", None),
        ("response_format", "auto"),
        ("tool_choice", "auto"),
        ("parallel_tool_calls", True),
    ]


def test_each_look_brings_a_run_further(api: Assisted) -> None:
    run = api.run(api.thread("Hello"), api.assistant(instructions="Be kind."))
    path = f"/threads/{run['thread_id']}/runs/{run['id']}"

    looks = [api.get(path) for _ in range(3)]

    assert [look.json["status"] for look in looks] == ["in_progress", "completed", "completed"]
    assert [look.headers.get("openai-poll-after-ms") for look in looks] == ["1", None, None]
    assert faults("GET /threads/{thread_id}/runs/{run_id}", looks[-1].json) == []


def test_a_completed_run_has_left_a_message_a_step_and_its_cost(api: Assisted) -> None:
    api.world.rules.on("threads").say("Good day.")

    run = api.ended(api.run(api.thread("Hello"), api.assistant()))

    (step,) = api.steps(run)
    message = api.get(f"/threads/{run['thread_id']}/messages?run_id={run['id']}").json["data"][0]
    assert (run["started_at"], run["completed_at"], run["expires_at"]) == (1767225601, 1767225602, None)
    assert step["step_details"]["message_creation"] == {"message_id": message["id"]}
    assert (step["status"], step["expires_at"], step["usage"]) == ("completed", None, run["usage"])
    assert run["usage"] == {
        "prompt_tokens": 8,
        "completion_tokens": 3,
        "total_tokens": 11,
        "prompt_token_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


def test_nothing_happens_by_itself_on_a_manual_clock(api: Assisted) -> None:
    api.world.clock.run("manual")
    run = api.run(api.thread("Hello"), api.assistant())

    statuses = []
    for seconds in (0, 1, 1):
        api.world.clock.advance(seconds)
        statuses.append(api.get(f"/threads/{run['thread_id']}/runs/{run['id']}").json["status"])

    assert statuses == ["queued", "in_progress", "completed"]


def test_looking_for_messages_lets_the_run_come_on(api: Assisted) -> None:
    api.world.rules.on("threads").say("Good day.")
    thread = api.thread("Hello")
    api.run(thread, api.assistant())

    assert [api.said(thread) for _ in range(2)] == [["Hello"], ["Hello", "Good day."]]


def test_a_run_brings_its_own_thread(api: Assisted) -> None:
    thread = {"messages": [{"role": "user", "content": "Hello"}], "metadata": {"a": "b"}}

    run = api.post("/threads/runs", {"assistant_id": api.assistant(), "thread": thread}).json

    assert api.ended(run)["status"] == "completed"
    assert api.get(f"/threads/{run['thread_id']}").json["metadata"] == {"a": "b"}


def test_a_run_survives_a_dump_of_its_world(api: Assisted) -> None:
    api.world.rules.on("threads").say("Good day.")
    run = api.run(api.thread("Hello"), api.assistant())

    copy = World("copy", api.world.settings, COURSES, store=api.world.store)
    copy.clock.resume()
    copy.clock.advance(2)

    kept = copy.drawer(f"/threads/{run['thread_id']}/runs").get(run["id"])
    assert kept is not None
    assert kept["status"] == "completed"
    assert len(copy.drawer(f"/threads/{run['thread_id']}/messages")) == 2


# What the model is asked


def test_a_run_overrides_its_assistant(api: Assisted) -> None:
    api.world.rules.on("threads.runs", model="gpt-4o-mini", system="Be rude.", tool="get_weather").say("No.")
    thread = api.thread("Hello")

    overrides = {"model": "gpt-4o-mini", "instructions": "Be rude.", "tools": [WEATHER]}
    api.ended(api.run(thread, api.assistant(instructions="Be kind."), **overrides))

    assert api.said(thread)[-1] == "No."


def test_additional_messages_join_the_thread(api: Assisted) -> None:
    api.world.rules.on("threads.runs", user="And you?").say("Fine.")
    thread = api.thread("Hello")

    more = [{"role": "assistant", "content": "I am well."}, {"role": "user", "content": "And you?"}]
    api.ended(api.run(thread, api.assistant(), additional_messages=more))

    assert api.said(thread) == ["Hello", "I am well.", "And you?", "Fine."]


def test_a_run_reads_the_last_messages_only(api: Assisted) -> None:
    thread, assistant = api.thread("One", "Two", "Three"), api.assistant()

    last = {"type": "last_messages", "last_messages": 1}
    short = api.ended(api.run(thread, assistant, truncation_strategy=last))

    alone = api.ended(api.run(api.thread("Three"), assistant))
    assert short["usage"]["prompt_tokens"] == alone["usage"]["prompt_tokens"]


def test_old_messages_make_room_for_the_prompts_limit(api: Assisted) -> None:
    thread = api.thread(*["many words " * 30] * 8)

    run = api.ended(api.run(thread, api.assistant(), max_prompt_tokens=256))

    assert run["status"] == "completed"
    assert 128 < run["usage"]["prompt_tokens"] <= 256


def test_a_prompt_that_is_too_long_leaves_the_run_incomplete(api: Assisted) -> None:
    run = api.ended(api.run(api.thread("many words " * 300), api.assistant(), max_prompt_tokens=256))

    assert (run["status"], run["incomplete_details"]) == ("incomplete", {"reason": "max_prompt_tokens"})


def test_an_answer_that_is_cut_leaves_the_run_incomplete(api: Assisted) -> None:
    api.world.rules.on("threads").say("one two three four")
    thread = api.thread("Hello")

    run = api.ended(api.run(thread, api.assistant(), max_completion_tokens=2))

    assert (run["status"], run["incomplete_details"]) == ("incomplete", {"reason": "max_completion_tokens"})
    assert (api.said(thread)[-1], run["usage"]["completion_tokens"]) == ("one two", 2)


def test_thinking_costs_even_if_nothing_is_said(api: Assisted) -> None:
    api.world.rules.on("threads").reasoning(tokens=64).say("Hello.")

    run = api.ended(api.run(api.thread("Hello"), api.assistant(model="o3-mini"), max_completion_tokens=32))

    assert (run["status"], run["usage"]["completion_tokens"]) == ("incomplete", 32)
    assert run["usage"]["completion_tokens_details"] == {"reasoning_tokens": 32}
    assert api.steps(run) == []


def test_an_answer_has_the_form_that_the_run_asks_for(api: Assisted) -> None:
    schema = {
        "type": "object",
        "properties": {"ok": {"type": "boolean"}},
        "required": ["ok"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}
    thread = api.thread("Is it?")

    api.ended(api.run(thread, api.assistant(), response_format=form))

    assert api.said(thread)[-1] in {'{"ok":true}', '{"ok":false}'}


def test_a_tool_can_be_demanded(api: Assisted) -> None:
    choice = {"type": "function", "function": {"name": "get_weather"}}

    run = api.ended(api.run(api.thread("Hello"), api.assistant(tools=[WEATHER]), tool_choice=choice))

    (call,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    assert call["function"]["name"] == "get_weather"


# Functions


def test_a_run_waits_for_the_outputs_of_its_functions(api: Assisted) -> None:
    run = waiting(api)

    (step,) = api.steps(run)
    (call,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    assert (run["status"], run["expires_at"], run["usage"]) == ("requires_action", 1767226200, None)
    assert call.pop("id").startswith("call_")
    assert call == {"type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'}}
    assert (step["status"], step["usage"]) == ("in_progress", None)
    assert step["step_details"]["tool_calls"][0]["function"]["output"] is None


def test_outputs_let_a_run_go_on(api: Assisted) -> None:
    run = waiting(api)

    queued = submit(api, run, "sunny").json

    ended = api.ended(queued)
    called, said = api.steps(run)
    assert (queued["status"], queued["required_action"], queued["started_at"]) == ("queued", None, 1767225601)
    assert called["step_details"]["tool_calls"][0]["function"]["output"] == "sunny"
    assert "sunny" in api.said(run["thread_id"])[-1]
    for field in ("prompt_tokens", "completion_tokens", "total_tokens"):
        assert called["usage"][field] + said["usage"][field] == ended["usage"][field]


def test_a_run_may_call_again(api: Assisted) -> None:
    run = waiting(api)
    api.world.rules.on("threads", tool_result="rainy").say("Go to Paris.")
    api.world.rules.on("threads", tool_result="sunny").call("get_weather", city="Rome")

    again = api.ended(submit(api, run, "sunny").json)
    api.ended(submit(api, again, "rainy").json)

    assert again["status"] == "requires_action"
    assert [step["type"] for step in api.steps(run)] == ["tool_calls", "tool_calls", "message_creation"]
    assert api.said(run["thread_id"])[-1] == "Go to Paris."


def test_a_script_speaks_turn_by_turn(api: Assisted) -> None:
    api.world.rules.on("threads.runs").call("get_weather", city="Bonn").then.say("Stay home.")
    thread = api.thread("Where to?")
    run = api.ended(api.run(thread, api.assistant(tools=[WEATHER])))

    api.ended(submit(api, run, "rainy").json)

    assert api.said(thread)[-1] == "Stay home."


def test_words_and_calls_of_one_turn_are_two_steps(api: Assisted) -> None:
    api.world.rules.on("threads").say("Let me look.").call("get_weather", city="Rome").call("get_weather", city="Bonn")
    thread = api.thread("Where to?")

    run = api.ended(api.run(thread, api.assistant(tools=[WEATHER])))

    said, called = api.steps(run)
    assert (said["status"], called["status"]) == ("completed", "in_progress")
    assert len(run["required_action"]["submit_tool_outputs"]["tool_calls"]) == 2
    assert api.said(thread)[-1] == "Let me look."


def test_outputs_must_be_complete(api: Assisted) -> None:
    run = waiting(api)
    (id,) = [call["id"] for call in run["required_action"]["submit_tool_outputs"]["tool_calls"]]

    answer = submit(api, run)

    assert answer.status == 400
    assert answer.error["message"] == f"Expected tool outputs for call_ids ['{id}'], got []"


def test_a_run_that_wants_no_outputs_takes_none(api: Assisted) -> None:
    run = waiting(api)
    ended = api.ended(submit(api, run, "sunny").json)

    answer = submit(api, run, "sunny")

    assert ended["status"] == "completed"
    assert answer.error["message"] == 'Runs in status "completed" do not accept tool outputs.'


# Tools that run here


def test_a_search_cites_the_file_it_found(api: Assisted) -> None:
    file = api.file(FOODS, "foods.txt")
    stores = {"file_search": {"vector_stores": [{"file_ids": [file]}]}}
    thread = api.thread("What is the favorite food of Filip?")

    run = api.ended(api.run(thread, api.assistant(tools=[SEARCH], tool_resources=stores)))

    searched, said = api.steps(run)
    (call,) = searched["step_details"]["tool_calls"]
    text = api.get(f"/threads/{thread}/messages").json["data"][0]["content"][0]["text"]
    (note,) = text["annotations"]
    assert call["file_search"]["ranking_options"] == {"ranker": "default_2024_08_21", "score_threshold": 0.0}
    assert [(result["file_id"], result["file_name"]) for result in call["file_search"]["results"]] == [
        (file, "foods.txt")
    ]
    assert "content" not in call["file_search"]["results"][0]
    assert text["value"][note["start_index"] : note["end_index"]] == note["text"] == "【4:0†foods.txt】"
    assert note["file_citation"] == {"file_id": file}
    assert run["usage"]["total_tokens"] == searched["usage"]["total_tokens"] + said["usage"]["total_tokens"]


def test_what_a_search_found_is_shown_to_those_who_ask(api: Assisted) -> None:
    attachment = {"file_id": api.file(FOODS, "foods.txt"), "tools": [SEARCH]}
    message = {"role": "user", "content": "What does Maria like to eat?", "attachments": [attachment]}
    thread = api.id("/threads", {"messages": [message]})
    run = api.ended(api.run(thread, api.assistant(tools=[SEARCH])))

    (step, _) = api.steps(run, "order=asc&include[]=step_details.tool_calls[*].file_search.results[*].content")

    (result,) = step["step_details"]["tool_calls"][0]["file_search"]["results"]
    assert result["content"] == [{"type": "text", "text": FOODS.strip()}]


def test_code_is_run(api: Assisted) -> None:
    thread = api.thread("Calculate 12 * 12, please.")

    run = api.ended(api.run(thread, api.assistant(tools=[CODE])))

    (ran, _) = api.steps(run)
    (call,) = ran["step_details"]["tool_calls"]
    assert call["code_interpreter"]["outputs"] == [{"type": "logs", "logs": "144"}]
    assert "144" in api.said(thread)[-1]
    unsaid = {"expired_at": None, "metadata": None}
    assert faults("GET /threads/{thread_id}/runs/{run_id}/steps/{step_id}", ran | unsaid) == []


def test_an_image_that_code_draws_is_a_file_and_stands_in_the_message(api: Assisted) -> None:
    drawn = {"type": "image", "url": "data:image/png;base64,AAAA"}
    api.world.rules.on("threads").hosted({"type": "code_interpreter_call", "code": "plot()", "outputs": [drawn]}).say(
        "Here."
    )

    run = api.ended(api.run(api.thread("Plot"), api.assistant(tools=[CODE])))

    (output,) = api.steps(run)[0]["step_details"]["tool_calls"][0]["code_interpreter"]["outputs"]
    (message, _) = api.get(f"/threads/{run['thread_id']}/messages").json["data"]
    image, text = message["content"]
    assert image == {"type": "image_file", "image_file": output["image"]}
    assert text["text"]["value"] == "Here."
    assert api.get(f"/files/{output['image']['file_id']}/content").content == b"\0\0\0"


# How runs end otherwise


def test_a_run_expires_after_ten_minutes(api: Assisted) -> None:
    run = waiting(api)

    api.world.clock.advance(600)

    expired = api.get(f"/threads/{run['thread_id']}/runs/{run['id']}").json
    assert (expired["status"], expired["required_action"]) == ("expired", None)
    assert [step["status"] for step in api.steps(run)] == ["expired"]
    assert submit(api, run, "sunny").error["message"] == 'Runs in status "expired" do not accept tool outputs.'


def test_a_completed_run_does_not_expire(api: Assisted) -> None:
    run = api.ended(api.run(api.thread("Hello"), api.assistant()))

    api.world.clock.advance(1000)

    assert api.get(f"/threads/{run['thread_id']}/runs/{run['id']}").json == run


@pytest.mark.parametrize("looks", [0, 1])
def test_a_run_can_be_cancelled(api: Assisted, looks: int) -> None:
    run = api.run(api.thread("Hello"), api.assistant())
    path = f"/threads/{run['thread_id']}/runs/{run['id']}"
    for _ in range(looks):
        api.get(path)

    cancelling = api.post(f"{path}/cancel").json

    cancelled = api.get(path).json
    assert (cancelling["status"], cancelling["cancelled_at"]) == ("cancelling", None)
    assert (cancelled["status"], cancelled["cancelled_at"]) == ("cancelled", 1767225601 + looks)
    assert api.said(run["thread_id"]) == ["Hello"]
    assert api.post(f"{path}/cancel").error["message"] == "Cannot cancel run with status 'cancelled'."


def test_a_cancelled_run_takes_its_steps_with_it(api: Assisted) -> None:
    run = waiting(api)

    api.ended(api.post(f"/threads/{run['thread_id']}/runs/{run['id']}/cancel").json)

    (step,) = api.steps(run)
    assert (step["status"], step["cancelled_at"]) == ("cancelled", 1767225603)


def test_a_run_can_be_scripted_to_fail(api: Assisted) -> None:
    error = {"type": "error", "code": "rate_limit_exceeded", "message": "Slow down."}
    api.world.rules.on("threads").hosted(error)

    run = api.ended(api.run(api.thread("Hello"), api.assistant()))

    assert (run["status"], run["failed_at"]) == ("failed", 1767225602)
    assert run["last_error"] == {"code": "rate_limit_exceeded", "message": "Slow down."}


def test_a_run_over_an_expired_store_fails(api: Assisted) -> None:
    expiry = {"anchor": "last_active_at", "days": 1}
    store = api.id("/vector_stores", {"file_ids": [api.file(FOODS)], "expires_after": expiry})
    assistant = api.assistant(tools=[SEARCH], tool_resources={"file_search": {"vector_store_ids": [store]}})
    api.world.clock.advance(90_000)

    run = api.ended(api.run(api.thread("What does Maria eat?"), assistant))

    message = f"Vector store '{store}' has expired."
    assert (run["status"], run["last_error"]) == ("failed", {"code": "server_error", "message": message})


def test_a_refusal_is_a_part_of_its_own(api: Assisted) -> None:
    api.world.rules.on("threads").refusal("I can't.")
    thread = api.thread("Hello")

    api.ended(api.run(thread, api.assistant()))

    (message, _) = api.get(f"/threads/{thread}/messages").json["data"]
    assert message["content"] == [{"type": "refusal", "refusal": "I can't."}]


# What is refused


def test_a_run_needs_a_user_or_instructions(api: Assisted) -> None:
    answer = api.post(f"/threads/{api.thread()}/runs", {"assistant_id": api.assistant()})

    expected = "Run creation requires a Thread with a user message or an assistant with instructions."
    assert (answer.status, answer.error["code"], answer.error["message"]) == (400, "invalid_thread", expected)


def test_instructions_are_enough_for_a_run(api: Assisted) -> None:
    run = api.post("/threads/runs", {"assistant_id": api.assistant(instructions="Say hello.")}).json

    assert api.ended(run)["status"] == "completed"


def test_a_thread_has_one_active_run(api: Assisted) -> None:
    thread, assistant = api.thread("Hello"), api.assistant()
    run = api.run(thread, assistant)

    again = api.post(f"/threads/{thread}/runs", {"assistant_id": assistant})
    more = api.post(f"/threads/{thread}/messages", {"role": "user", "content": "More"})

    assert again.error["message"] == f"Thread {thread} already has an active run {run['id']}."
    assert more.error["message"] == f"Can't add messages to {thread} while a run {run['id']} is active."
    assert (again.status, more.status) == (400, 400)


@pytest.mark.parametrize(
    ("settings", "status", "message"),
    [
        ({"assistant_id": "asst_none"}, 404, "No assistant found with id 'asst_none'."),
        ({"assistant_id": ""}, 404, "No assistant found with id ''."),
        ({"tool_choice": {"type": "function"}}, 400, "Missing required parameter: 'tool_choice.function'."),
        ({"model": "gpt-99"}, 400, "The requested model 'gpt-99' does not exist."),
        (
            {"tool_choice": {"type": "function", "function": {"name": "fly"}}},
            400,
            "Tool choice 'fly' not found in 'tools' parameter.",
        ),
    ],
)
def test_what_no_run_can_have_is_refused(api: Assisted, settings: Any, status: int, message: str) -> None:
    answer = api.post(f"/threads/{api.thread('Hello')}/runs", {"assistant_id": api.assistant()} | settings)

    assert (answer.status, answer.error["message"]) == (status, message)


def test_a_refused_run_leaves_nothing_behind(api: Assisted) -> None:
    more = {"role": "user", "content": "More"}
    thread = api.thread("Hello")

    api.post(f"/threads/{thread}/runs", {"assistant_id": "asst_none", "additional_messages": [more]})

    assert api.said(thread) == ["Hello"]


@pytest.mark.parametrize(
    "settings",
    [
        {"tool_resources": {"file_search": {"vector_store_ids": ["vs_none"]}}},
        {"tool_resources": {"code_interpreter": {"file_ids": ["file-none"]}}},
        {"thread": {"tool_resources": {"file_search": {"vector_stores": [{"file_ids": ["file-none"]}]}}}},
        {"thread": {"messages": [{"role": "user", "content": "Hi", "attachments": [{"file_id": "file-none"}]}]}},
        {"model": "gpt-99"},
    ],
)
def test_a_refused_run_leaves_no_thread_and_no_store_behind(api: Assisted, settings: Any) -> None:
    stores: Any = {"file_search": {"vector_stores": [{}]}}
    body = {"assistant_id": api.assistant(instructions="Be kind."), "thread": {"tool_resources": stores}}

    answer = api.post("/threads/runs", body | settings)

    assert answer.status in {400, 404}
    assert [len(api.world.drawer(path)) for path in ("/threads", "/vector_stores")] == [0, 0]


def test_metadata_of_a_run_can_be_changed_unless_it_is_at_work(api: Assisted) -> None:
    run = api.run(api.thread("Hello"), api.assistant())
    path = f"/threads/{run['thread_id']}/runs/{run['id']}"
    api.get(path)

    refused = api.post(path, {"metadata": {"a": "b"}})

    assert refused.error["message"] == "Cannot update run with status 'in_progress'."
    api.get(path)
    assert api.post(path, {"metadata": {"a": "b"}}).json["metadata"] == {"a": "b"}


def test_unknown_runs_and_steps_are_missed_in_the_apis_words(api: Assisted) -> None:
    run = api.run(api.thread("Hello"), api.assistant())
    path = f"/threads/{run['thread_id']}/runs"

    missed = [api.get(f"{path}/run_none"), api.get(f"{path}/{run['id']}/steps/step_123")]

    assert [answer.status for answer in missed] == [404, 404]
    assert [answer.error["message"] for answer in missed] == [
        "No run found with id 'run_none'.",
        "No run step found with id 'step_123'.",
    ]


# Agreement


@pytest.mark.parametrize("tools", [[], [WEATHER]])
def test_a_run_says_and_costs_what_a_chat_completion_does(api: Assisted, tools: list[Any]) -> None:
    asked: dict[str, Any] = {"model": "gpt-4o"} | ({"tools": tools} if tools else {})
    said = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "What is the weather in Paris?"}]
    thread = api.thread(said[1]["content"])

    first = api.post("/chat/completions", asked | {"messages": said}).json
    run = api.ended(api.run(thread, api.assistant(instructions="Be kind.", tools=tools)))

    usages = [first["usage"]]
    message = first["choices"][0]["message"]
    if tools:
        (call,) = message["tool_calls"]
        (own,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
        assert own["function"] == call["function"]
        result = {"role": "tool", "tool_call_id": call["id"], "content": "sunny"}
        second = api.post("/chat/completions", asked | {"messages": [*said, message, result]}).json
        message = second["choices"][0]["message"]
        usages.append(second["usage"])
        run = api.ended(submit(api, run, "sunny").json)
    assert api.said(thread)[-1] == message["content"]
    for field in ("prompt_tokens", "completion_tokens", "total_tokens"):
        assert run["usage"][field] == sum(usage[field] for usage in usages)


def test_the_next_run_reads_what_tools_have_said_before(api: Assisted) -> None:
    run = waiting(api)
    api.ended(submit(api, run, "sunny").json)
    api.post(f"/threads/{run['thread_id']}/messages", {"role": "user", "content": "And tomorrow?"})
    api.world.rules.clear()
    api.world.rules.on("threads", where=lambda call: len(call.ask().messages) == 5).say("Five messages.")

    api.ended(api.run(run["thread_id"], run["assistant_id"]))

    assert api.said(run["thread_id"])[-1] == "Five messages."


# The official client


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_official_client_polls_without_waiting(client: OpenAI) -> None:
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be kind.")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])

    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)

    messages = client.beta.threads.messages.list(thread.id, run_id=run.id).data
    assert (run.status, len(messages)) == ("completed", 1)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_official_client_submits_outputs_and_polls(client: OpenAI) -> None:
    assistant = client.beta.assistants.create(
        model="gpt-4o", tools=[{"type": "function", "function": {"name": "get_weather"}}]
    )
    run = client.beta.threads.create_and_run_poll(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "What is the weather in Paris?"}]}
    )
    assert run.required_action is not None
    (call,) = run.required_action.submit_tool_outputs.tool_calls

    ended = client.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=[{"tool_call_id": call.id, "output": "sunny"}]
    )

    assert ended.status == "completed"
