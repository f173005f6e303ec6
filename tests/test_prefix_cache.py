"""Cached tokens: what a prompt shares with an earlier one of its world is read at a lower price."""

from __future__ import annotations

from typing import Any

import pytest

from fakeopenai.clock import EPOCH
from fakeopenai.emulator import Emulator
from fakeopenai.prefix_cache import SHORTEST, STEP, PrefixCache
from tests.front import Api

BOOK = " ".join(f"Line {number} of a long story." for number in range(400))
"""Some 3,000 tokens."""


@pytest.fixture
def api() -> Api:
    return Api()


def chat(api: Api, *texts: str, **more: Any) -> Any:
    roles = ("user", "assistant")
    messages = [{"role": roles[place % 2], "content": text} for place, text in enumerate(texts)]
    return api.post("/chat/completions", {"model": "gpt-4o", "messages": messages} | more).json["usage"]


def cached(api: Api, *texts: str, **more: Any) -> int:
    count: int = chat(api, *texts, **more)["prompt_tokens_details"]["cached_tokens"]
    return count


def respond(api: Api, input: str, **more: Any) -> Any:
    return api.post("/responses", {"model": "gpt-4o", "input": input} | more).json


def test_a_prompt_that_is_asked_again_comes_out_of_the_cache(api: Api) -> None:
    first, second = chat(api, BOOK), chat(api, BOOK)

    size = second["prompt_tokens"]
    assert first["prompt_tokens_details"]["cached_tokens"] == 0
    assert second["prompt_tokens_details"]["cached_tokens"] == size // STEP * STEP


def test_a_conversation_that_goes_on_reads_what_came_before(api: Api) -> None:
    before = chat(api, BOOK)["prompt_tokens"]

    assert before - STEP < cached(api, BOOK, "I see.", "And then?") <= before


def test_prompts_share_their_beginning_only(api: Api) -> None:
    chat(api, f"{BOOK} The end.")

    assert cached(api, f"Once. {BOOK} The end.") == 0
    assert cached(api, f"{BOOK[:8000]} Another end.") % STEP == 0
    assert SHORTEST < cached(api, f"{BOOK[:8000]} Yet another end.") < chat(api, BOOK)["prompt_tokens"]


def test_short_prompts_are_not_kept(api: Api) -> None:
    short = BOOK[:3000]

    assert chat(api, short)["prompt_tokens"] < SHORTEST
    assert cached(api, short) == 0


@pytest.mark.parametrize("other", [{"model": "gpt-4o-mini"}, {"prompt_cache_key": "b"}], ids=["model", "key"])
def test_each_model_and_key_has_a_cache_of_its_own(api: Api, other: dict[str, str]) -> None:
    asked = {"prompt_cache_key": "a"}
    chat(api, BOOK, **asked)

    assert cached(api, BOOK, **asked | other) == 0
    assert cached(api, BOOK, **asked) > 0


def test_each_world_has_a_cache_of_its_own() -> None:
    emulator = Emulator()
    chat(Api(emulator, "sk-one"), BOOK)

    assert cached(Api(emulator, "sk-two"), BOOK) == 0


def test_other_tools_make_another_beginning(api: Api) -> None:
    tool = {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}
    chat(api, BOOK)

    assert cached(api, BOOK, tools=[tool]) == 0
    assert cached(api, BOOK, tools=[tool]) > 0


@pytest.mark.parametrize(("more", "kept"), [({}, False), ({"prompt_cache_retention": "24h"}, True)])
def test_the_cache_forgets_what_nobody_asks_for(api: Api, more: dict[str, str], kept: bool) -> None:
    chat(api, BOOK, **more)

    api.world.clock.advance(4000)

    assert (cached(api, BOOK, **more) > 0) is kept


def test_chunks_tell_of_the_cache_too(api: Api) -> None:
    chat(api, BOOK)
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": BOOK}], "stream": True}

    events = api.post("/chat/completions", body | {"stream_options": {"include_usage": True}}).events

    assert events[-2]["usage"]["prompt_tokens_details"]["cached_tokens"] > 0


def test_responses_share_the_cache(api: Api) -> None:
    first = respond(api, BOOK)

    second = respond(api, "And then?", previous_response_id=first["id"])

    assert first["usage"]["input_tokens_details"] == {"cache_write_tokens": 0, "cached_tokens": 0}
    read = second["usage"]["input_tokens_details"]["cached_tokens"]
    assert first["usage"]["input_tokens"] - STEP < read <= first["usage"]["input_tokens"]


def test_newer_models_keep_whole_prompts_and_count_what_they_write(api: Api) -> None:
    first, second = (chat(api, BOOK, model="gpt-5.6")["prompt_tokens_details"] for _ in range(2))
    longer = chat(api, BOOK, "I see.", "And then?", model="gpt-5.6")

    whole = first["cache_write_tokens"]
    assert (first["cached_tokens"], second["cached_tokens"], second["cache_write_tokens"]) == (0, whole, 0)
    assert longer["prompt_tokens_details"]["cached_tokens"] == whole
    assert longer["prompt_tokens_details"]["cache_write_tokens"] == longer["prompt_tokens"] - 3 - whole


def test_nothing_is_cached_when_only_what_is_marked_may_be(api: Api) -> None:
    asked = {"model": "gpt-5.6", "prompt_cache_options": {"mode": "explicit"}}
    respond(api, BOOK, **asked)

    assert respond(api, BOOK, **asked)["usage"]["input_tokens_details"]["cached_tokens"] == 0


def test_runs_read_the_thread_again_at_a_lower_price(api: Api) -> None:
    beta = {"openai-beta": "assistants=v2"}
    assistant = api.post("/assistants", {"model": "gpt-4o"}, headers=beta).json
    thread = api.post("/threads", {"messages": [{"role": "user", "content": BOOK}]}, headers=beta).json
    run = {"assistant_id": assistant["id"], "stream": True}

    streams = [api.post(f"/threads/{thread['id']}/runs", run, headers=beta).events for _ in range(2)]

    first, second = (events[-2]["usage"] for events in streams)
    assert first["prompt_token_details"]["cached_tokens"] == 0
    assert second["prompt_token_details"]["cached_tokens"] == first["prompt_tokens"] // STEP * STEP


def test_a_world_keeps_so_many_prefixes_and_no_more(api: Api) -> None:
    api.world.prefixes = PrefixCache(most=10)

    for place in range(5):
        chat(api, BOOK[100 * place :])

    assert len(api.world.prefixes) == 10


def test_the_organization_sees_what_was_cached(api: Api) -> None:
    for _ in range(2):
        read = cached(api, BOOK)

    usage = api.get(f"/organization/usage/completions?start_time={EPOCH:.0f}").json
    (bucket,) = [bucket for bucket in usage["data"] if bucket["results"]]
    assert bucket["results"][0]["input_cached_tokens"] == read
