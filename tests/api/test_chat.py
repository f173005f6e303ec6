"""Chat completions in the cases that recordings of the API showed to be unlike the rest."""

from __future__ import annotations

from typing import Any

import pytest

from fakeopenai.rules import on
from tests.front import Answer, Api

WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}


def ask(api: Api, model: str = "gpt-4o", content: Any = "Hi", **options: Any) -> Answer:
    return api.post(
        "/chat/completions", {"model": model, "messages": [{"role": "user", "content": content}], **options}
    )


def choice(answer: Answer) -> Any:
    return answer.json["choices"][0]


def test_a_text_among_parts_may_stand_for_itself(api: Api) -> None:
    api.world.rules.add(on("chat", contains="Compare these").say("They are alike.").rule)

    assert choice(ask(api, content=["Compare these"]))["message"]["content"] == "They are alike."


def test_a_stored_message_keeps_a_text_that_stands_for_itself(api: Api) -> None:
    id = ask(api, content=["Compare these"], store=True).json["id"]

    assert api.get(f"/chat/completions/{id}/messages").json["data"][0]["content"] == "Compare these"


@pytest.mark.parametrize(
    ("model", "choice_of_tool", "finish"),
    [
        ("gpt-4o", "required", "tool_calls"),
        ("gpt-4", "required", "stop"),
        ("gpt-3.5-turbo", "required", "stop"),
        ("gpt-4o", {"type": "function", "function": {"name": "weather"}}, "stop"),
        ("gpt-5-nano", {"type": "function", "function": {"name": "weather"}}, "tool_calls"),
    ],
)
def test_a_call_that_was_forced_ends_as_its_model_ends_it(
    api: Api, model: str, choice_of_tool: Any, finish: str
) -> None:
    assert choice(ask(api, model, tools=[WEATHER], tool_choice=choice_of_tool))["finish_reason"] == finish


def test_models_that_hear_count_what_they_heard_and_read_apart(api: Api) -> None:
    sound = {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}

    usage = ask(api, "gpt-audio", [{"type": "text", "text": "What is this?"}, sound]).json["usage"]

    details = usage["prompt_tokens_details"]
    assert details["audio_tokens"] + details["text_tokens"] + details["image_tokens"] == usage["prompt_tokens"]
    assert usage["completion_tokens_details"]["text_tokens"] == usage["completion_tokens"]


def test_what_is_asked_and_what_is_said_is_moderated_where_wished(api: Api) -> None:
    told = ask(api, "gpt-5", moderation={"model": "omni-moderation-latest"}).json["moderation"]

    assert [told[side]["type"] for side in ("input", "output")] == ["moderation_results"] * 2
    assert not told["input"]["results"][0]["flagged"]


def test_images_are_counted_against_a_limit_of_their_own(api: Api) -> None:
    image = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}

    assert "x-ratelimit-limit-input-images" not in ask(api).headers
    assert ask(api, content=[image]).headers["x-ratelimit-remaining-input-images"] == "49999"


def test_a_refused_request_has_been_counted(api: Api) -> None:
    refused = ask(api, temperature=3)

    assert (refused.status, refused.headers["x-ratelimit-limit-requests"]) == (400, "10000")


def test_o3_mini_takes_stop_as_other_reasoning_models_do_not(api: Api) -> None:
    assert ask(api, "o3-mini", stop=["4242"]).status == 200
    assert ask(api, "gpt-5-mini", stop=["4242"]).error["code"] == "unsupported_parameter"
