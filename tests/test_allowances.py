"""What a world may ask for: counted in leaky buckets on its clock, told in headers, refused in the API's words."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from fakeopenai import allowances, snapshot
from fakeopenai.allowances import Allowance, Scope
from fakeopenai.buckets import Bucket, RateLimitError, take
from fakeopenai.cli import main
from fakeopenai.emulator import Emulator
from fakeopenai.rationing import RETRIED, used
from fakeopenai.rules import RuleError
from fakeopenai.world import Settings
from tests.api.organization import account, ask, holder, project
from tests.front import Answer, Api

CHAT = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hi"}]}


def limited(**limits: Any) -> Api:
    return Api(Emulator(Settings(limits=limits)))


def chat(api: Api, model: str = "gpt-4o-mini", text: str = "Hi", **headers: str) -> Answer:
    body = {"model": model, "messages": [{"role": "user", "content": text}]}
    return api.post("/chat/completions", body, headers=headers)


def left(answer: Answer, kind: str = "requests") -> tuple[str, str, str]:
    limit, remaining, reset = (answer.headers[f"x-ratelimit-{word}-{kind}"] for word in ("limit", "remaining", "reset"))
    return limit, remaining, reset


def test_headers_count_down_and_the_request_too_many_is_refused() -> None:
    api = limited(requests_per_minute=3)

    passed = [left(chat(api)) for _ in range(3)]
    refused = chat(api)

    assert passed == [("3", "2", "20s"), ("3", "1", "40s"), ("3", "0", "1m0s")]
    assert (refused.status, refused.error["type"], refused.error["code"]) == (429, "requests", "rate_limit_exceeded")
    assert refused.error["message"].startswith("Rate limit reached for gpt-4o-mini in organization org-")
    assert (
        "on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 20s." in refused.error["message"]
    )
    assert left(refused) == ("3", "0", "1m0s")
    assert (refused.headers["retry-after"], refused.headers["retry-after-ms"]) == ("20", "20000")


def test_room_comes_back_with_time() -> None:
    api = limited(requests_per_minute=3)
    for _ in range(3):
        chat(api)

    api.world.clock.advance(19.9)
    early = chat(api)
    api.world.clock.advance(0.1)

    assert (early.status, early.headers["retry-after-ms"]) == (429, "100")
    assert [chat(api).status for _ in range(2)] == [200, 429]


def test_a_client_that_says_it_tries_again_has_waited() -> None:
    api = limited(requests_per_minute=1)

    statuses = [chat(api).status, chat(api).status, chat(api, **{RETRIED: "1"}).status]

    assert statuses == [200, 429, 200]


def test_nobody_has_waited_on_a_clock_that_the_test_moves() -> None:
    api = limited(requests_per_minute=1)
    api.world.clock.run("manual")

    assert [chat(api).status, chat(api, **{RETRIED: "1"}).status] == [200, 429]


def test_tokens_are_charged_by_an_estimate() -> None:
    api = limited(tokens_per_minute=100)

    first, second = chat(api, text="a" * 200), chat(api, text="a" * 200)

    assert left(first, "tokens") == ("100", "48", "31.2s")
    assert (second.status, second.error["type"]) == (429, "tokens")
    assert (
        "on tokens per min (TPM): Limit 100, Used 52, Requested 52. Please try again in 2.4s."
        in second.error["message"]
    )
    assert left(second, "tokens") == ("100", "48", "31.2s")


def test_more_than_a_minute_holds_is_too_large_at_any_time() -> None:
    refused = chat(limited(tokens_per_minute=10), text="a" * 200)

    assert refused.error["message"].startswith("Request too large for gpt-4o-mini in organization org-")
    assert "retry-after" not in refused.headers


def test_a_refusal_for_tokens_has_counted_as_a_request() -> None:
    api = limited(tokens_per_minute=10, requests_per_minute=5)

    refused = chat(api, text="a" * 200)

    assert (refused.status, left(refused)) == (429, ("5", "4", "12s"))
    assert left(refused, "tokens") == ("10", "10", "0s")


def test_a_refused_request_tells_what_is_left_of_tokens() -> None:
    api = limited(tokens_per_minute=100, requests_per_minute=1)

    first, second = chat(api), chat(api)

    assert left(first, "tokens") == left(second, "tokens") == ("100", "97", "1.8s")


def test_a_day_is_told_where_there_is_one() -> None:
    api = limited(requests_per_minute=60, requests_per_day=2)

    passed = [left(chat(api)) for _ in range(2)]
    refused = chat(api)

    assert passed == [("2", "1", "12h0m0s"), ("2", "0", "24h0m0s")]
    assert (
        "on requests per day (RPD): Limit 2, Used 2, Requested 1. Please try again in 12h0m0s."
        in refused.json["error"]["message"]
    )


def test_every_model_has_its_own_and_snapshots_share_it() -> None:
    api = limited(
        requests_per_minute=1, models={"gpt-4o": {"requests_per_minute": 2}, "text-*": {"requests_per_minute": None}}
    )
    embed = {"model": "text-embedding-3-small", "input": "a"}

    chats = [chat(api, name).status for name in ("gpt-4o", "gpt-4o-2024-08-06", "gpt-4o", "gpt-4o-mini", "gpt-4o-mini")]
    embeddings = [api.post("/embeddings", embed).status for _ in range(3)]

    assert chats == [200, 200, 429, 200, 429]
    assert embeddings == [200, 200, 200]


def test_what_is_used_is_told_of_a_snapshot_that_has_a_limit_of_its_own() -> None:
    api = limited(models={"gpt-4o-2024-08-06": {"requests_per_minute": 2}})

    chat(api, "gpt-4o-2024-08-06")

    assert [(each["model"], each["limit"], each["used"]) for each in used(api.world)] == [("gpt-4o", 2, 1)]


def test_what_is_wrong_counts_too() -> None:
    api = limited(requests_per_minute=2)

    wrong = api.post("/chat/completions", CHAT | {"temperature": 9})
    statuses = [chat(api).status, chat(api).status]

    assert wrong.status == 400
    assert statuses == [200, 429]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/responses", {"model": "gpt-4o", "input": "Hi"}),
        ("/completions", {"model": "gpt-3.5-turbo-instruct", "prompt": "Hi"}),
        ("/embeddings", {"model": "text-embedding-3-small", "input": "Hi"}),
        ("/moderations", {"model": "omni-moderation-latest", "input": "Hi"}),
        ("/images/generations", {"model": "dall-e-2", "prompt": "A cat", "size": "256x256"}),
        ("/audio/speech", {"model": "tts-1", "input": "Hi", "voice": "alloy"}),
    ],
)
def test_whatever_asks_a_model_is_held_to_it(path: str, body: Any) -> None:
    api = limited(requests_per_minute=1)

    assert [api.post(path, body).status for _ in range(2)] == [200, 429]


def test_what_asks_no_model_is_free() -> None:
    api = limited(requests_per_minute=1)

    assert {api.get("/models").status for _ in range(5)} == {200}


def test_a_project_is_held_to_its_own() -> None:
    api = Api()
    id = project(api)
    key = holder(api, account(api, id)["api_key"]["value"])
    api.world.allowances |= allowances.read({"projects": {id: {"requests_per_minute": 1}}})

    mine = [chat(key), chat(key)]

    assert [answer.status for answer in mine] == [200, 429]
    assert f"in project {id} organization org-" in mine[1].error["message"]
    assert [chat(api).status for _ in range(3)] == [200, 200, 200]


def test_what_an_administrator_sets_holds_the_keys_of_the_project_alone() -> None:
    api = Api()
    default = ask(api, "GET", "/organization/projects")["data"][0]["id"]
    key = holder(api, account(api, default)["api_key"]["value"])
    ask(api, "POST", f"/organization/projects/{default}/rate_limits/rl-gpt-4o-mini", {"max_requests_per_1_minute": 1})

    assert [chat(key).status for _ in range(2)] == [200, 429]
    assert [chat(api).status for _ in range(2)] == [200, 200]


def test_money_ends() -> None:
    api = limited(hard_spend=0.0001)

    chats = [api.post("/chat/completions", CHAT | {"model": "gpt-4", "n": 5}) for _ in range(2)]
    image = api.post("/images/generations", {"model": "dall-e-2", "prompt": "A cat", "size": "256x256"})
    api.world.clock.advance(40 * 86_400)

    assert [answer.status for answer in chats] == [200, 429]
    assert chats[1].error["code"] == "insufficient_quota"
    assert (image.status, image.error["code"]) == (400, "billing_hard_limit_reached")
    assert chat(api).status == 200


def test_limits_and_what_is_used_go_with_a_dump() -> None:
    api, other = Api(), Api(key="sk-other")
    api.world.allowances |= allowances.read({"requests_per_minute": 2})
    chat(api)

    snapshot.load(other.world, snapshot.dump(api.world))

    assert [chat(other).status for _ in range(2)] == [200, 429]


def test_a_header_may_not_contradict_a_key() -> None:
    api = Api()
    key = holder(api, account(api, project(api))["api_key"]["value"])

    strange = [key.get("/models", headers={f"openai-{what}": "other"}) for what in ("organization", "project")]

    assert [(answer.status, answer.error["code"]) for answer in strange] == [
        (401, "mismatched_organization"),
        (401, "mismatched_project"),
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            {"request_per_minute": 1},
            "unknown key 'request_per_minute' in 'limits'; did you mean 'requests_per_minute'?",
        ),
        ({"requests_per_minute": 0}, "'requests_per_minute' must be a whole number from 1, got the number 0"),
        ({"models": {"gpt-4o": {"hard_spend": 1}}}, "unknown key 'hard_spend' in 'gpt-4o'"),
        ({"projects": {"proj_1": {"projects": {}}}}, "unknown key 'projects' in 'proj_1'"),
        ({"hard_spend": -1}, "'hard_spend' must be a number from 0, got the number -1"),
    ],
)
def test_wrong_words_are_named(words: Any, message: str) -> None:
    with pytest.raises(RuleError, match=r".") as refused:
        allowances.read(words)

    assert str(refused.value).startswith(message)


NUMBERS = st.none() | st.integers(1, 1000)
ALLOWANCES = st.dictionaries(st.sampled_from(allowances.RATES), NUMBERS, min_size=1)
NAMED = st.dictionaries(st.sampled_from(["gpt-4o", "o*", "*"]), ALLOWANCES)
WORDS = st.fixed_dictionaries(
    {}, optional={"requests_per_minute": NUMBERS, "models": NAMED, "hard_spend": st.none() | st.floats(0, 9)}
)


@given(WORDS, st.dictionaries(st.sampled_from(["proj_1", "proj_2"]), WORDS))
def test_what_is_written_reads_the_same(words: Any, projects: Any) -> None:
    found = allowances.read(words | {"projects": projects})

    assert allowances.read(allowances.written(found)) == found


@given(st.integers(1, 50), st.lists(st.tuples(st.floats(0, 90), st.integers(1, 20)), max_size=40))
def test_no_minute_lets_more_pass_than_twice_its_limit(limit: int, asked: list[tuple[float, int]]) -> None:
    """A leaky bucket: what passed before some moment is at most its limit and what leaked until then."""
    levels: dict[str, Any] = {}
    bucket, now, passed = Bucket("requests", limit), 0.0, 0
    for wait, amount in asked:
        now += wait
        try:
            take(levels, [(bucket, amount)], now, "a model")
        except RateLimitError as refused:
            if refused.wait:
                take(dict(levels), [(bucket, amount)], now + refused.wait, "a model")
        else:
            passed += amount
    assert passed <= limit + now * limit / 60 + 0.001


def test_nearer_scopes_are_asked_first() -> None:
    given = {
        Scope(): Allowance(requests_per_minute=1, tokens_per_minute=10),
        Scope("", "gpt-4*"): Allowance(requests_per_minute=2),
        Scope("", "gpt-4o"): Allowance(tokens_per_day=5),
    }

    found = allowances.allowed(given, "", {"gpt-4o"})

    assert found == Allowance(requests_per_minute=2, tokens_per_minute=10, tokens_per_day=5)


def test_the_command_line_sets_limits() -> None:
    said = CliRunner().invoke(main, ["serve", "--limit", "gpt-4o:tokens_per_minit=3"])

    assert said.exit_code == 2
    assert "unknown key 'tokens_per_minit' in 'gpt-4o'; did you mean 'tokens_per_minute'?" in said.output
