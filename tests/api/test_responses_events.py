"""The events of a response: a stream that spells it out."""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings, strategies

from fakeopenai.operations import Operations
from fakeopenai.rules import Rule
from fakeopenai.schema import types
from fakeopenai.synthesis import synthesise
from tests.front import Api

ITEM = ["output_item.added", "output_item.done"]
SEARCH = ["in_progress", "searching", "completed"]
HOSTED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "web": (
        {"type": "web_search_call", "action": {"type": "search", "query": "Mars"}},
        [f"web_search_call.{stage}" for stage in SEARCH],
    ),
    "files": ({"type": "file_search_call", "queries": ["Mars"]}, [f"file_search_call.{stage}" for stage in SEARCH]),
    "code": (
        {"type": "code_interpreter_call", "code": "1+1"},
        [
            "code_interpreter_call.in_progress",
            "code_interpreter_call_code.delta",
            "code_interpreter_call_code.done",
            "code_interpreter_call.interpreting",
            "code_interpreter_call.completed",
        ],
    ),
    "image": (
        {"type": "image_generation_call", "revised_prompt": "a cat"},
        [f"image_generation_call.{stage}" for stage in ("in_progress", "generating", "completed")],
    ),
    "mcp list": (
        {"type": "mcp_list_tools", "server_label": "dice", "tools": []},
        ["mcp_list_tools.in_progress", "mcp_list_tools.completed"],
    ),
    "mcp call": (
        {"type": "mcp_call", "server_label": "dice", "name": "roll", "arguments": "{}"},
        ["mcp_call.in_progress", "mcp_call_arguments.delta", "mcp_call_arguments.done", "mcp_call.completed"],
    ),
    "mcp failure": (
        {
            "type": "mcp_call",
            "server_label": "dice",
            "name": "roll",
            "error": {"type": "http_error", "code": 424, "message": ""},
        },
        ["mcp_call.in_progress", "mcp_call_arguments.delta", "mcp_call_arguments.done", "mcp_call.failed"],
    ),
    "approval": ({"type": "mcp_approval_request", "server_label": "dice", "name": "roll", "arguments": "{}"}, []),
    "computer": ({"type": "computer_call"}, []),
    "local shell": ({"type": "local_shell_call"}, []),
    "shell": (
        {"type": "shell_call", "action": {"commands": ["ls"], "max_output_length": None, "timeout_ms": None}},
        ["shell_call_command.added", "shell_call_command.delta", "shell_call_command.done"],
    ),
    "patch": (
        {"type": "apply_patch_call", "operation": {"type": "create_file", "diff": "+a", "path": "a.txt"}},
        ["apply_patch_call_operation_diff.delta", "apply_patch_call_operation_diff.done"],
    ),
    "deletion": ({"type": "apply_patch_call", "operation": {"type": "delete_file", "path": "a.txt"}}, []),
    "tool search": ({"type": "tool_search_call", "arguments": {}, "call_id": None, "execution": "server"}, []),
}


def stream(api: Api, asked: Any = "Say hello", **options: Any) -> list[Any]:
    return api.post("/responses", {"model": "gpt-4o", "input": asked, "stream": True, **options}).events


def kinds(events: list[Any]) -> list[str]:
    """The types of events, runs of deltas as one."""
    found = [event["type"].removeprefix("response.") for event in events]
    return [
        kind for place, kind in enumerate(found) if not (kind.endswith("delta") and kind in found[place - 1 : place])
    ]


def test_a_text_is_spelled_out(api: Api) -> None:
    answer = api.post("/responses", {"model": "gpt-4o", "input": "Say hello", "stream": True})

    assert kinds(answer.events) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert [name for name, _ in answer.named_events] == [event["type"] for event in answer.events]
    assert answer.headers["x-ratelimit-limit-requests"] == "10000"


def test_sequence_numbers_count_from_zero(api: Api) -> None:
    events = stream(api, "Tell me about the moon.", model="gpt-5", reasoning={"summary": "auto"})

    assert [event["sequence_number"] for event in events] == list(range(len(events)))


def test_keys_are_in_alphabetical_order_after_the_type(api: Api) -> None:
    events = stream(api, "What is the weather?", model="gpt-5", reasoning={"summary": "auto"})

    for event in events:
        assert list(event) == ["type", *sorted(event.keys() - {"type"})]


def test_deltas_join_to_the_done_text_and_the_final_one(api: Api) -> None:
    events = stream(api, "Tell me about the moon.")

    deltas = [event["delta"] for event in events if event["type"] == "response.output_text.delta"]
    done = next(event["text"] for event in events if event["type"] == "response.output_text.done")
    final = events[-1]["response"]["output"][0]["content"][0]["text"]
    assert "".join(deltas) == done == final


def test_the_last_object_is_what_is_retrieved(api: Api) -> None:
    final = stream(api)[-1]["response"]

    assert api.get(f"/responses/{final['id']}").json == final


def test_the_first_objects_have_said_nothing(api: Api) -> None:
    created, progressing = (event["response"] for event in stream(api)[:2])

    assert created == progressing
    assert (created["status"], created["service_tier"]) == ("in_progress", "auto")
    assert (created["output"], created["usage"], created["completed_at"]) == ([], None, None)


def test_a_stream_is_resumed_after_any_event(api: Api) -> None:
    events = stream(api, "Tell me about the moon.")
    path = f"/responses/{events[-1]['response']['id']}?stream=true"

    assert api.get(path).events == events
    assert api.get(f"{path}&starting_after=7").events == events[8:]


def test_obfuscation_fills_deltas_up(api: Api) -> None:
    deltas = [event for event in stream(api, "Tell me about the moon.") if event["type"].endswith("delta")]

    assert {(len(event["delta"]) + len(event["obfuscation"])) % 16 for event in deltas} == {0}


def test_obfuscation_is_left_out_on_demand(api: Api) -> None:
    events = stream(api, stream_options={"include_obfuscation": False})

    assert not any("obfuscation" in event for event in events)


def test_a_refusal_is_spelled_out_in_the_open(api: Api) -> None:
    api.world.rules.on("responses").refusal("I can't help with that.")

    events = stream(api)

    assert kinds(events)[3:-2] == ["content_part.added", "refusal.delta", "refusal.done", "content_part.done"]
    assert not any("obfuscation" in event for event in events)


def test_calls_are_spelled_out_one_after_the_other(api: Api) -> None:
    api.world.rules.on("responses").say("Let me look.").call("one").call("two")

    events = stream(api, model="gpt-5.4")

    added = [event["item"] for event in events if event["type"] == "response.output_item.added"]
    assert [(item["type"], item["status"]) for item in added] == [
        ("message", "in_progress"),
        ("function_call", "in_progress"),
        ("function_call", "in_progress"),
    ]
    assert added[0]["phase"] == "commentary"
    assert kinds(events)[8:12] == [
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
    ]


@pytest.mark.parametrize("kind", HOSTED)
def test_hosted_tools_have_their_choreography(api: Api, kind: str) -> None:
    item, between = HOSTED[kind]
    api.world.rules.on("responses").hosted(item)

    events = stream(api)

    assert kinds(events)[2:-1] == [ITEM[0], *between, ITEM[1]]
    assert events[-2]["item"] == events[-1]["response"]["output"][0]
    assert {event.get("output_index", 0) for event in events} == {0}


@pytest.mark.parametrize("kind", HOSTED)
def test_events_are_what_the_schema_says(api: Api, kind: str) -> None:
    """But for what was recorded otherwise: a picture that isn't drawn yet has no result, patches have deltas."""
    api.world.rules.on("responses").reasoning("Hm.").hosted(HOSTED[kind][0]).say("Done.").call("f")

    events = stream(api, model="gpt-5", reasoning={"summary": "auto"})

    faults = [fault.message for event in events for fault in validator().iter_errors(event)]
    assert [fault for fault in faults if "image_generation_call" not in fault and "apply_patch_call" not in fault] == []


@cache
def validator() -> Any:
    event = Operations.load().all["POST /responses"].event
    assert event is not None
    return jsonschema_rs.validator_for(types().closure(event))


def test_partial_images_come_before_the_whole(api: Api) -> None:
    tool = {"type": "image_generation", "partial_images": 2, "size": "1024x1536", "output_format": "webp"}
    events = stream(api, "Draw a cat", tools=[tool])

    partial = [event for event in events if event["type"].endswith("partial_image")]
    assert [event["partial_image_index"] for event in partial] == [0, 1]
    assert {event["size"] for event in partial} == {"1024x1536"}
    assert api.get(f"/responses/{events[-1]['response']['id']}?stream=true").events == events


def test_citations_follow_the_words_they_belong_to(api: Api) -> None:
    events = stream(api, "Search the web for rovers on Mars", tools=[{"type": "web_search"}])

    part = events[-1]["response"]["output"][1]["content"][0]
    place = kinds(events).index("output_text.annotation.added")
    [note] = part["annotations"]
    assert kinds(events)[place - 1 : place + 2] == [
        "output_text.delta",
        "output_text.annotation.added",
        "output_text.done",
    ]
    assert note["url"] in part["text"][note["start_index"] : note["end_index"]]


def test_a_background_stream_is_queued_first(api: Api) -> None:
    events = stream(api, background=True)

    assert kinds(events)[:3] == ["created", "queued", "in_progress"]
    assert [event["response"]["status"] for event in events[:3]] == ["queued", "queued", "in_progress"]
    final = events[-1]["response"]
    assert api.get(f"/responses/{final['id']}").json == final
    assert not any("obfuscation" in event for event in events)


def test_a_failure_is_told_in_the_stream(api: Api) -> None:
    api.world.rules.on("responses").say("Well").hosted(
        {"type": "error", "code": "server_error", "message": "It broke."}
    )

    error, failed = stream(api)[-2:]

    assert error["error"] == {"type": "server_error", "code": "server_error", "message": "It broke.", "param": None}
    assert failed["type"] == "response.failed"
    assert failed["response"]["error"] == {"code": "server_error", "message": "It broke."}


def test_a_cut_answer_ends_incomplete(api: Api) -> None:
    last = stream(api, "Tell me a long story about a dragon", max_output_tokens=16)[-1]

    assert (last["type"], last["response"]["status"]) == ("response.incomplete", "incomplete")


WORDS = strategies.text(max_size=60)
STEPS = strategies.lists(
    strategies.one_of(
        WORDS.map(lambda words: {"say": words}),
        WORDS.map(lambda words: {"refusal": words}),
        WORDS.map(lambda words: {"reasoning": words}),
        strategies.dictionaries(WORDS, WORDS, max_size=3).map(
            lambda values: {"call": {"name": "f", "arguments": values}}
        ),
    ),
    min_size=1,
    max_size=5,
)


@given(steps=STEPS)
def test_events_join_to_the_response(steps: list[Any]) -> None:
    api = Api()
    api.world.rules.add(Rule.read({"when": {"operation": "responses"}, "steps": steps}))

    events = stream(api, model="gpt-5.4", reasoning={"effort": "low", "summary": "auto"})

    assert joined(events) == events[-1]["response"]["output"]


def joined(events: list[Any]) -> list[Any]:
    """The items that a client puts together from the deltas alone."""
    items: dict[int, Any] = {}
    for event in events:
        item: Any = items.get(event.get("output_index", -1))
        match event["type"].removeprefix("response."):
            case "output_item.added":
                items[event["output_index"]] = {**event["item"]}
            case "content_part.added":
                item["content"] = [*item["content"], {**event["part"]}]
            case "output_text.delta":
                item["content"][-1]["text"] += event["delta"]
            case "refusal.delta":
                item["content"][-1]["refusal"] += event["delta"]
            case "function_call_arguments.delta":
                item["arguments"] += event["delta"]
            case "reasoning_summary_part.added":
                item["summary"] = [*item["summary"], {**event["part"]}]
            case "reasoning_summary_text.delta":
                item["summary"][-1]["text"] += event["delta"]
            case "output_item.done" if "status" in item:
                item["status"] = "completed"
    return [items[index] for index in sorted(items)]


def test_a_stream_does_not_say_who_pays(api: Api) -> None:
    assert not any("billing" in event.get("response", {}) for event in stream(api))


def test_a_summary_has_a_part_for_each_of_its_titles(api: Api) -> None:
    api.world.rules.on("responses").reasoning("**First**\n\nOne.\n\n**Second**\n\nTwo.").say("Done")

    final = stream(api, model="o4-mini", reasoning={"summary": "auto"})[-1]["response"]

    assert [part["text"] for part in final["output"][0]["summary"]] == ["**First**\n\nOne.", "**Second**\n\nTwo."]


def test_a_response_that_breaks_off_stays_failed(api: Api) -> None:
    api.world.rules.on("responses").say("One two").call("f").say("three").fail("overloaded", after=10)

    events = stream(api, model="gpt-5.4")

    failed = events[-1]["response"]
    assert kinds(events)[-2:] == ["error", "failed"]
    assert (failed["status"], failed["error"]["code"], failed["usage"]) == ("failed", "server_error", None)
    assert [item["type"] for item in failed["output"]] == ["message"]
    assert api.get(f"/responses/{failed['id']}").json == failed
    assert api.get(f"/responses/{failed['id']}?stream=true&starting_after=3").events == events[4:]


def test_no_stream_breaks_off_after_its_end(api: Api) -> None:
    api.world.rules.on("responses").say("One").fail("server_error", after=99)

    assert kinds(stream(api))[-3:] == ["output_item.done", "error", "failed"]


def test_a_response_in_the_background_breaks_off_in_its_time(api: Api) -> None:
    api.world.rules.on("responses").say("One two").fail("overloaded", after=5)

    id = api.post("/responses", {"model": "gpt-4o", "input": "Hi", "background": True}).json["id"]

    told = [api.get(f"/responses/{id}").json["status"] for _ in range(3)]
    events = api.get(f"/responses/{id}?stream=true").events
    assert told == ["in_progress", "failed", "failed"]
    assert kinds(events)[-2:] == ["error", "failed"]
    assert events[-1]["response"] == api.get(f"/responses/{id}").json


def test_what_is_not_done_is_not_billed(api: Api) -> None:
    queued = api.post("/responses", {"model": "gpt-4o", "input": "Hi", "background": True}).json

    polled = [api.get(f"/responses/{queued['id']}").json for _ in range(2)]

    assert ["billing" in response for response in (queued, *polled)] == [False, False, True]


@cache
def output_kinds() -> dict[str, Any]:
    """What an item of output may be, by its type."""
    reply = Operations.load().all["POST /responses?beta=true"].reply
    listed = types().properties(reply or {})["output"]["items"]
    return {schema["properties"]["type"]["const"]: schema for schema in types().alternatives(listed)}


KINDS = sorted(output_kinds())


@pytest.mark.parametrize("kind", ["shell_call_output", "program_output", "apply_patch_call_output"])
def test_what_a_call_has_come_to_is_announced_with_its_status(api: Api, kind: str) -> None:
    api.world.rules.on("responses").hosted({"type": kind})

    events = stream(api)

    assert [event["item"]["status"] for event in events if "item" in event] == ["completed", "completed"]


@pytest.mark.parametrize("kind", ["function_call", "mcp_call", "mcp_approval_request"])
def test_arguments_that_are_scripted_as_an_object_are_told_as_text(api: Api, kind: str) -> None:
    api.world.rules.on("responses").hosted({"type": kind, "name": "roll", "arguments": {"sides": 6}})

    events = stream(api)

    assert events[-1]["response"]["output"][0]["arguments"] == '{"sides":6}'


def test_code_that_nobody_knows_is_told_as_none(api: Api) -> None:
    api.world.rules.on("responses").hosted({"type": "code_interpreter_call", "code": None})

    assert [event["code"] for event in stream(api) if event["type"].endswith("code.done")] == [""]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_item_is_scripted_by_its_type_alone(api: Api, kind: str) -> None:
    api.world.rules.on("responses").hosted({"type": kind})

    told = api.post("/responses?beta=true", {"model": "gpt-5", "input": "Hi", "stream": True})

    final = told.events[-1]["response"]
    [item] = final["output"]
    assert (told.events[2]["item"]["type"], told.events[-2]["item"]) == (kind, item)
    assert item["id"].partition("_")[2][:18] == final["id"].partition("_")[2][:18]
    shape = jsonschema_rs.validator_for(types().closure(output_kinds()[kind]))
    assert [fault.message for fault in shape.iter_errors(item)] == []
    assert api.get(f"/responses/{final['id']}?beta=true").json["output"] == [item]
    assert api.get(f"/responses/{final['id']}?beta=true&stream=true").events == told.events


@pytest.mark.parametrize("kind", KINDS)
@given(seed=strategies.binary(max_size=4), left=strategies.integers(0, 2**12))
@settings(max_examples=12, deadline=None)
def test_items_of_any_content_are_told_and_kept(kind: str, seed: bytes, left: int) -> None:
    """What a rule scripts may lack any field and have any value that the type allows."""
    api, drawn = Api(), synthesise(output_kinds()[kind], seed, resolve=types().resolve)
    item = {name: drawn[name] for place, name in enumerate(drawn) if name == "type" or left >> place & 1}
    api.world.rules.add(Rule.read({"when": {"operation": "responses"}, "hosted": item}))
    tool = {"type": "image_generation", "partial_images": 1}

    events = stream(api, tools=[tool])

    final = events[-1]["response"]
    assert events[-1]["type"] in {"response.completed", "response.failed"}
    assert api.get(f"/responses/{final['id']}?stream=true").events == events
