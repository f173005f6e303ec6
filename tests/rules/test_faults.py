"""Errors by name have the API's status, type, code and words."""

from __future__ import annotations

from typing import Any

import pytest

from fakeopenai.faults import FAULTS
from fakeopenai.rules import on
from fakeopenai.wire import Call, Reply
from tests.rules.calls import EMBEDDINGS, FILE, FILES, RESPONSES, call, chat, prompt

INVALID = "invalid_request_error"


def reply(name: str, asked: Call | None = None, **changes: Any) -> Reply:
    asked = asked or chat("Hello", key="sk-0123456789abcdef")
    error = on().error(name, **changes).rule.error(asked)
    assert error is not None
    return error.reply()


@pytest.mark.parametrize(
    ("name", "status", "type", "code", "param"),
    [
        ("rate_limit", 429, "requests", "rate_limit_exceeded", None),
        ("rate_limit_day", 429, "requests", "rate_limit_exceeded", None),
        ("rate_limit_tokens", 429, "tokens", "rate_limit_exceeded", None),
        ("request_too_large", 429, "tokens", "rate_limit_exceeded", None),
        ("insufficient_quota", 429, "insufficient_quota", "insufficient_quota", None),
        ("billing_hard_limit", 400, INVALID, "billing_hard_limit_reached", None),
        ("invalid_api_key", 401, INVALID, "invalid_api_key", None),
        ("missing_api_key", 401, INVALID, None, None),
        ("mismatched_organization", 401, INVALID, "mismatched_organization", None),
        ("no_organization", 401, INVALID, "no_organization", None),
        ("missing_scopes", 401, INVALID, None, None),
        ("permission_denied", 403, INVALID, None, None),
        ("model_forbidden", 403, INVALID, "model_not_found", None),
        ("unsupported_country", 403, "request_forbidden", "unsupported_country_region_territory", None),
        ("not_found", 404, INVALID, None, None),
        ("model_not_found", 404, INVALID, "model_not_found", None),
        ("model_deprecated", 404, INVALID, "model_not_found", None),
        ("unknown_url", 404, INVALID, None, None),
        ("context_length_exceeded", 400, INVALID, "context_length_exceeded", "messages"),
        ("content_filter", 400, INVALID, "content_filter", "prompt"),
        ("invalid_prompt", 400, INVALID, "invalid_prompt", None),
        ("moderation_blocked", 400, "image_generation_user_error", "moderation_blocked", None),
        ("unverified_organization", 400, INVALID, "unsupported_value", "stream"),
        ("timeout", 408, "server_error", None, None),
        ("conflict", 409, INVALID, "conflict", None),
        ("too_large", 413, "server_error", None, None),
        ("unprocessable", 422, INVALID, "unprocessable_entity", None),
        ("server_error", 500, "server_error", None, None),
        ("overloaded", 503, "server_error", None, None),
        ("site_overloaded", 529, "overloaded_error", None, None),
    ],
)
def test_errors_have_the_envelope(name: str, status: int, type: str, code: str | None, param: str | None) -> None:
    answer = reply(name)

    assert answer.status == status
    assert answer.body["error"] | {"message": ""} == {"message": "", "type": type, "param": param, "code": code}
    assert answer.body["error"]["message"]


@pytest.mark.parametrize(
    ("name", "status", "media"),
    [
        ("bad_gateway", 502, "text/html; charset=UTF-8"),
        ("service_unavailable", 503, "text/plain"),
        ("service_unavailable_page", 503, "text/html"),
        ("gateway_timeout", 504, "text/html"),
    ],
)
def test_the_network_answers_with_pages(name: str, status: int, media: str) -> None:
    answer = reply(name)

    assert (answer.status, answer.media, answer.gateway) == (status, media, True)
    assert isinstance(answer.body, bytes)


def test_every_name_gives_an_error_to_every_operation() -> None:
    calls = [
        chat("Hi"),
        call(FILES),
        call(EMBEDDINGS, {"model": "text-embedding-3-small"}),
        call(FILE, ids={"file_id": "f"}),
    ]

    assert {reply(name, asked).status >= 400 for name in FAULTS for asked in calls} == {True}


def test_a_rate_limit_says_when_to_retry() -> None:
    answer = reply("rate_limit", chat("Hi", headers={"openai-organization": "org-acme"}))

    assert answer.headers == {
        "x-ratelimit-limit-requests": "10000",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "1m0s",
        "x-ratelimit-limit-tokens": "30000000",
        "x-ratelimit-remaining-tokens": "30000000",
        "x-ratelimit-reset-tokens": "0s",
        "retry-after-ms": "6",
        "retry-after": "1",
    }
    assert answer.body["error"]["message"] == (
        "Rate limit reached for gpt-4o in organization org-acme on requests per min (RPM): Limit 10000, Used 10000, "
        "Requested 1. Please try again in 6ms. Visit https://platform.openai.com/account/rate-limits to learn more."
    )


def test_a_limit_of_a_day_is_full_again_in_a_day() -> None:
    answer = reply("rate_limit_day")

    assert answer.headers["x-ratelimit-reset-requests"] == "24h0m0s"
    assert answer.headers["retry-after"] == "432"
    assert "requests per day (RPD): Limit 200, Used 200, Requested 1. Please try again in 7m12s." in str(answer.body)


def test_an_error_by_name_can_be_changed() -> None:
    answer = reply("rate_limit", retry_after=1.5, message="Slow down, {{ model }}", code=None, headers={"X-A": "b"})

    assert answer.body["error"] == {"message": "Slow down, gpt-4o", "type": "requests", "param": None, "code": None}
    assert answer.headers.items() >= {"retry-after-ms": "1500", "retry-after": "2", "x-a": "b"}.items()


def test_an_error_can_be_spelled_out() -> None:
    error = on().error(status=418, message="I'm a teapot", type="teapot").rule.error(chat("Tea"))

    assert error is not None
    assert (error.status, error.error) == (
        418,
        {"message": "I'm a teapot", "type": "teapot", "param": None, "code": None},
    )


def test_families_word_some_errors_in_their_own_way() -> None:
    asked = call(RESPONSES, {"model": "gpt-9"}, prompt("Hi"))
    missing = call(FILE, ids={"file_id": "file-7"})

    errors = [reply("model_not_found", asked), reply("context_length_exceeded", asked), reply("not_found", missing)]

    assert [error.body["error"]["message"] for error in errors] == [
        "The requested model 'gpt-9' does not exist.",
        "Your input exceeds the context window of this model. Please adjust your input and try again.",
        "No such File object: file-7",
    ]


def test_the_key_in_a_message_is_masked() -> None:
    assert "sk-01234*******cdef" in reply("invalid_api_key").body["error"]["message"]
