"""POST /completions."""

import re
from typing import Any

import pytest
from openai import OpenAI

from fakeopenai import tokens
from fakeopenai.emulator import Emulator
from fakeopenai.world import Settings
from tests.front import Api

INSTRUCT = "gpt-3.5-turbo-instruct"


def complete(api: Api, prompt: Any = "Tell me about the sea.", **options: Any) -> Any:
    answer = api.post("/completions", {"model": INSTRUCT, "prompt": prompt, **options})
    assert answer.status == 200, answer.json
    return answer.json


def texts(completion: Any) -> list[str]:
    return [choice["text"] for choice in completion["choices"]]


def stream(api: Api, prompt: Any = "Tell me about the sea.", **options: Any) -> list[Any]:
    answer = api.post("/completions", {"model": INSTRUCT, "prompt": prompt, "stream": True, **options})
    assert answer.status == 200, answer.content
    *chunks, end = answer.events
    assert end == "[DONE]"
    return chunks


def joined(chunks: list[Any], index: int = 0) -> str:
    return "".join(c["text"] for chunk in chunks for c in chunk["choices"] if c["index"] == index)


def test_a_completion_has_the_shape_of_the_api(api: Api) -> None:
    answer = api.post("/completions", {"model": INSTRUCT, "prompt": "Say hi", "max_tokens": 200})

    completion = answer.json
    text = completion["choices"][0]["text"]
    counted = tokens.count(text, "cl100k_base")
    assert re.fullmatch(r"cmpl-[0-9A-Za-z]{29}", completion.pop("id"))
    assert isinstance(completion.pop("created"), int)
    assert completion == {
        "object": "text_completion",
        "model": "gpt-3.5-turbo-instruct:20230824-v2",
        "choices": [{"text": text, "index": 0, "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 2, "completion_tokens": counted, "total_tokens": 2 + counted},
    }
    assert answer.headers["openai-model"] == "gpt-3.5-turbo-instruct:20230824-v2"
    assert answer.headers["x-ratelimit-remaining-tokens"] == "89998"


def test_sixteen_tokens_are_the_most_unless_more_are_asked_for(api: Api) -> None:
    short = complete(api, "Tell me a long story about the sea.")
    longer = complete(api, "Tell me a long story about the sea.", max_tokens=20)

    assert (short["usage"]["completion_tokens"], short["choices"][0]["finish_reason"]) == (16, "length")
    assert texts(longer)[0].startswith(texts(short)[0])


def test_tokens_say_the_same_as_text(api: Api) -> None:
    ids = tokens.encode("Tell me about the sea.", "cl100k_base")

    of_text, of_tokens, of_lists = complete(api), complete(api, ids), complete(api, [ids, ids])

    assert texts(of_tokens) == texts(of_text)
    assert of_tokens["usage"] == of_text["usage"]
    assert texts(of_lists) == texts(of_text) * 2


def test_choices_count_on_from_prompt_to_prompt(api: Api) -> None:
    both = complete(api, ["Name a colour.", "Name a town."], n=2)

    assert [choice["index"] for choice in both["choices"]] == [0, 1, 2, 3]
    assert texts(both)[:2] == texts(complete(api, "Name a colour.", n=2))
    prompts = sum(tokens.count(prompt, "cl100k_base") for prompt in ("Name a colour.", "Name a town."))
    assert both["usage"]["prompt_tokens"] == prompts


def test_echo_puts_the_prompt_first(api: Api) -> None:
    plain, echoed = complete(api), complete(api, echo=True)

    assert texts(echoed) == ["Tell me about the sea." + texts(plain)[0]]
    assert echoed["usage"] == plain["usage"]


def test_nothing_but_an_echo_can_be_asked_for(api: Api) -> None:
    echoed = complete(api, "Hello world", echo=True, max_tokens=0, logprobs=1)

    assert texts(echoed) == ["Hello world"]
    assert echoed["choices"][0]["logprobs"]["tokens"] == ["Hello", " world"]
    assert echoed["choices"][0]["finish_reason"] == "length"
    assert echoed["usage"]["completion_tokens"] == 0


def test_a_stop_ends_the_text_before_it(api: Api) -> None:
    [whole] = texts(complete(api, max_tokens=100))
    stop = whole.split()[3]

    stopped = complete(api, max_tokens=100, stop=[stop])

    assert texts(stopped) == [whole[: whole.index(stop)]]
    assert stopped["choices"][0]["finish_reason"] == "stop"


def test_the_best_of_several_are_given_and_all_are_paid(api: Api) -> None:
    all_of_them = complete(api, n=4)

    best = complete(api, n=2, best_of=4)

    assert set(texts(best)) <= set(texts(all_of_them))
    assert len(best["choices"]) == 2
    assert best["usage"] == all_of_them["usage"]


def test_a_suffix_is_counted_with_the_prompt(api: Api) -> None:
    plain, inserted = complete(api), complete(api, suffix="The end.")

    after = tokens.count("The end.", "cl100k_base")
    assert inserted["usage"]["prompt_tokens"] == plain["usage"]["prompt_tokens"] + after


def test_logprobs_are_columns(api: Api) -> None:
    choice = complete(api, logprobs=2)["choices"][0]

    probs = choice["logprobs"]
    assert list(probs) == ["tokens", "token_logprobs", "top_logprobs", "text_offset"]
    assert "".join(probs["tokens"]) == choice["text"]
    assert all(value <= 0 for value in probs["token_logprobs"])
    assert all(token in top for token, top in zip(probs["tokens"], probs["top_logprobs"], strict=True))
    assert all(len(top) == 2 for top in probs["top_logprobs"])
    assert probs["text_offset"][:2] == [len("Tell me about the sea."), 22 + len(probs["tokens"][0])]


def test_the_first_token_of_an_echo_has_no_logprob(api: Api) -> None:
    choice = complete(api, echo=True, logprobs=1)["choices"][0]

    probs = choice["logprobs"]
    assert (probs["token_logprobs"][0], probs["top_logprobs"][0], probs["text_offset"][0]) == (None, None, 0)
    assert None not in probs["token_logprobs"][1:]
    assert "".join(probs["tokens"]) == choice["text"]


def test_no_alternatives_are_given_when_none_are_asked_for(api: Api) -> None:
    probs = complete(api, logprobs=0)["choices"][0]["logprobs"]

    assert probs["top_logprobs"] is None
    assert len(probs["token_logprobs"]) == len(probs["tokens"])


def test_a_token_within_a_character_is_named_by_its_bytes(api: Api) -> None:
    choice = complete(api, "🦜🦜", echo=True, max_tokens=0, logprobs=0)["choices"][0]

    assert choice["text"] == "🦜🦜"
    assert choice["logprobs"]["tokens"][0].startswith("bytes:\\x")
    assert choice["logprobs"]["text_offset"][-1] == 1


def test_a_stream_joins_to_the_whole(api: Api) -> None:
    chunks = stream(api, max_tokens=100)

    assert joined(chunks) == texts(complete(api, max_tokens=100))[0]
    assert list(chunks[0]) == ["id", "object", "created", "choices", "model"]
    assert chunks[0]["choices"][0] | {"text": ""} == {"text": "", "index": 0, "logprobs": None, "finish_reason": None}
    assert chunks[-1]["choices"] == [{"text": "", "index": 0, "logprobs": None, "finish_reason": "stop"}]
    assert len({(chunk["id"], chunk["created"]) for chunk in chunks}) == 1


def test_the_last_token_of_a_stream_carries_the_length(api: Api) -> None:
    chunks = stream(api, "Tell me a long story about the sea.")

    assert len(chunks) == 16
    assert chunks[-1]["choices"][0]["finish_reason"] == "length"
    assert chunks[-1]["choices"][0]["text"]


def test_a_stream_counts_at_its_end_if_asked(api: Api) -> None:
    *chunks, last = stream(api, stream_options={"include_usage": True})

    assert all(chunk["usage"] is None for chunk in chunks)
    assert (last["choices"], last["usage"]) == ([], complete(api)["usage"])


def test_choices_of_a_stream_take_turns(api: Api) -> None:
    prompts = ["Tell me about rivers.", "Tell me about deserts."]

    chunks = stream(api, prompts, n=2)

    whole = texts(complete(api, prompts, n=2))
    assert [joined(chunks, index) for index in range(4)] == whole
    assert [chunk["choices"][0]["index"] for chunk in chunks[:5]] == [0, 1, 2, 3, 0]


@pytest.mark.parametrize("prompt", ["Tell me about the sea.", "Was heißt 🦜 auf Deutsch?"])
def test_a_stream_with_logprobs_joins_to_the_whole(api: Api, prompt: str) -> None:
    chunks = stream(api, prompt, logprobs=1, echo=True)

    choice = complete(api, prompt, logprobs=1, echo=True)["choices"][0]
    rows = [c["logprobs"] for chunk in chunks for c in chunk["choices"] if c["logprobs"]]
    assert joined(chunks) == choice["text"]
    assert {name: [row[name][0] for row in rows] for name in rows[0]} == choice["logprobs"]


def test_an_answer_depends_on_nothing_but_the_request(api: Api) -> None:
    fresh = Api()

    assert complete(api) == complete(fresh)


def refused(api: Api, **change: Any) -> tuple[int, Any]:
    answer = api.post("/completions", {"model": INSTRUCT, "prompt": "Hello", **change})
    return answer.status, answer.error


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"prompt": [123456]},
            "Invalid token in prompt: 123456. Minimum value is 0, maximum value is 100257 (inclusive).",
        ),
        (
            {"max_tokens": 5000},
            (
                "This model's maximum context length is 4096 tokens, however you requested 5001 tokens (1 in your "
                "prompt; 5000 for the completion). Please reduce your prompt; or completion length."
            ),
        ),
        (
            {"n": 3, "best_of": 2},
            (
                "You requested that the server return more choices than it will generate (HINT: you must set 'n' "
                "(currently 3) to be at most 'best_of' (currently 2), or omit either parameter if you don't "
                "specifically want to use them.)"
            ),
        ),
    ],
)
def test_a_bad_request_is_refused_in_the_words_of_the_api(api: Api, change: dict[str, Any], message: str) -> None:
    expected = {"message": message, "type": "invalid_request_error", "param": None, "code": None}

    assert refused(api, **change) == (400, expected)


@pytest.mark.parametrize("change", [{"stream": True, "best_of": 2}, {"stream_options": {"include_usage": True}}])
def test_options_that_exclude_each_other_are_refused(api: Api, change: dict[str, Any]) -> None:
    assert refused(api, **change)[0] == 400


def test_fewer_than_no_tokens_are_refused(api: Api) -> None:
    assert refused(api, max_tokens=-1) == (
        400,
        {
            "message": "Invalid 'max_tokens': integer below minimum value. Expected a value >= 0, but got -1 instead.",
            "type": "invalid_request_error",
            "param": "max_tokens",
            "code": "integer_below_min_value",
        },
    )


def test_a_chat_model_is_sent_to_the_other_endpoint(api: Api) -> None:
    status, error = refused(api, model="gpt-4o")

    assert status == 404
    assert error == {
        "message": "This is a chat model and not supported in the v1/completions endpoint. "
        "Did you mean to use v1/chat/completions?",
        "type": "invalid_request_error",
        "param": "model",
        "code": None,
    }


def test_a_completion_model_is_sent_to_the_other_endpoint(api: Api) -> None:
    answer = api.post("/chat/completions", {"model": INSTRUCT, "messages": [{"role": "user", "content": "Hi"}]})

    assert answer.status == 404
    assert answer.error["message"].endswith("Did you mean to use v1/completions?")


def test_a_model_of_another_kind_may_not_be_sampled(api: Api) -> None:
    status, error = refused(api, model="text-embedding-3-small")

    assert (status, error["message"]) == (403, "You are not allowed to sample from this model")


def test_an_unknown_model_is_not_found(api: Api) -> None:
    status, error = refused(api, model="babbage-002-wrong")

    message = "The model `babbage-002-wrong` does not exist or you do not have access to it."
    assert (status, error["code"], error["message"]) == (404, "model_not_found", message)


def test_any_model_completes_when_any_model_is_accepted() -> None:
    api = Api(Emulator(Settings(any_model=True)))

    assert complete(api, model="my-own")["model"] == "my-own"


def test_the_official_client_reads_completions(client: OpenAI) -> None:
    whole = client.completions.create(model=INSTRUCT, prompt="Say hi", logprobs=1)
    parts = client.completions.create(model=INSTRUCT, prompt="Say hi", logprobs=1, stream=True)

    assert "".join(part.choices[0].text for part in parts) == whole.choices[0].text
