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


@pytest.mark.parametrize("stray", [{"function_call": "f"}, {"tool_calls": 7}, {"tool_calls": ["f"]}])
def test_only_the_assistant_calls(api: Api, stray: dict[str, Any]) -> None:
    messages = [{"role": "user", "content": "Hi"} | stray]

    assert api.post("/chat/completions", {"model": "gpt-4o", "messages": messages}).status == 200


def picture(url: str) -> list[Any]:
    return [{"type": "image_url", "image_url": {"url": url}}]


SOUND = [{"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}]
SPOKEN = {"modalities": ["text", "audio"], "model": "gpt-audio"}
Refusal = tuple[int, str | None, str | None]
REFUSED: list[tuple[dict[str, Any], Refusal, str]] = [
    ({"content": picture("a.png")}, (400, None, "invalid_image_url"), "Failed to download image from a.png. Image URL"),
    ({"content": picture("data:image/bmp;base64,Qk0=")}, (400, None, "invalid_image_format"), "['png', 'jpeg', 'gif',"),
    ({"content": picture("data:image/png;base64,aGk=")}, (400, None, "invalid_image_format"), "an unsupported image"),
    ({"content": picture("data:image/png;base64,?")}, (400, None, "invalid_base64_image"), "Invalid base64 image_url."),
    ({"content": picture("data:image/png;base64,")}, (400, None, "invalid_base64_image"), "Invalid base64 image_url."),
    (
        {"content": picture("https://example.com/a.png"), "model": "gpt-3.5-turbo"},
        (400, "messages.[0].content.[0].type", None),
        "Invalid content type. image_url is only supported by certain models.",
    ),
    ({"content": SOUND}, (400, "messages[0]", "invalid_value"), "Invalid 'messages[0]'. Content blocks are expected"),
    ({"metadata": {"a": "b"}}, (400, "metadata", None), "The 'metadata' parameter is only allowed when 'store' is"),
    (SPOKEN, (400, "audio", "missing_required_parameter"), "Missing required parameter: 'audio'."),
    (
        SPOKEN | {"audio": {"voice": "alloy", "format": "wav"}, "stream": True},
        (400, "audio.format", "unsupported_value"),
        "'audio.format' does not support 'wav' when stream=true. Supported values are: 'pcm16'.",
    ),
    ({"reasoning_effort": "low"}, (400, None, None), "Unrecognized request argument supplied: reasoning_effort"),
    (
        {"model": "gpt-5", "reasoning_effort": "none"},
        (400, "reasoning_effort", "unsupported_value"),
        "'reasoning_effort' does not support 'none' with this model. Supported values are: 'minimal', 'low', 'medium'",
    ),
    ({"model": "o4-mini", "logprobs": True}, (403, None, None), "You are not allowed to request logprobs from this"),
]


@pytest.mark.parametrize(("asked", "refusal", "words"), REFUSED)
def test_what_a_model_does_not_take_is_refused(api: Api, asked: dict[str, Any], refusal: Refusal, words: str) -> None:
    refused = ask(api, **asked)

    assert (refused.status, refused.error["param"], refused.error["code"]) == refusal
    assert words in refused.error["message"]


def test_a_model_that_leaves_out_reasoning_gives_log_probabilities(api: Api) -> None:
    assert choice(ask(api, "gpt-5.4", reasoning_effort="none", logprobs=True))["logprobs"]["content"]


def test_an_assistant_message_calls_a_tool_or_has_no_calls_at_all(api: Api) -> None:
    messages = [{"role": "assistant", "content": "Hi", "tool_calls": []}, {"role": "user", "content": "Hi"}]

    refused = api.post("/chat/completions", {"model": "gpt-4o", "messages": messages})

    assert (refused.error["param"], refused.error["code"]) == ("messages[0].tool_calls", "empty_array")


def test_stored_completions_are_found_by_the_model_that_was_asked(api: Api) -> None:
    id = ask(api, "gpt-4o", store=True).json["id"]
    ask(api, "gpt-4o-mini", store=True)

    assert [item["id"] for item in api.get("/chat/completions?model=gpt-4o").json["data"]] == [id]


def test_a_bad_query_is_refused_for_what_is_bad(api: Api) -> None:
    assert api.get("/chat/completions?order=up").error["param"] == "order"
