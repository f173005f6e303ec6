"""Every error by its name, as it stands on the socket and as the official client raises it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from fakeopenai.faults import FAULTS
from fakeopenai.serving import Server
from fakeopenai.testing import FakeOpenAI, fresh
from tests.raw import CHAT, Got, ask

RAISED: dict[int, type[openai.APIStatusError]] = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    403: openai.PermissionDeniedError,
    404: openai.NotFoundError,
    408: openai.APIStatusError,
    409: openai.ConflictError,
    413: openai.APIStatusError,
    422: openai.UnprocessableEntityError,
    429: openai.RateLimitError,
}
PAGES = ("bad_gateway", "service_unavailable", "service_unavailable_page", "gateway_timeout")
LIMITS = ("rate_limit", "rate_limit_day", "rate_limit_tokens", "request_too_large")


@pytest.fixture
def fake(server: Server) -> Iterator[FakeOpenAI]:
    with fresh(server, "sk-named-errors") as given:
        yield given


def status(got: Got) -> int:
    return int(got.head.split()[1])


def headers(got: Got) -> dict[str, str]:
    lines = (line.partition(": ") for line in got.head.split("\r\n")[1:])
    return {name: value for name, _, value in lines}


@pytest.mark.parametrize("name", FAULTS)
def test_the_client_raises_what_stands_on_the_socket(fake: FakeOpenAI, name: str) -> None:
    fake.on().error(name)

    got = ask(fake)
    with pytest.raises(openai.APIStatusError) as caught:
        fake.client().chat.completions.create(**CHAT)

    assert type(caught.value) is RAISED.get(status(got), openai.InternalServerError)
    assert (caught.value.status_code, headers(got)["content-length"]) == (status(got), str(len(got.body)))
    assert caught.value.request_id == caught.value.response.headers["x-request-id"]


@pytest.mark.parametrize("name", [name for name in FAULTS if name not in PAGES])
def test_its_body_is_the_envelope_of_errors(fake: FakeOpenAI, name: str) -> None:
    fake.on().error(name)

    error = json.loads(ask(fake).body)["error"]

    assert list(error) == ["message", "type", "param", "code"]


@pytest.mark.parametrize("name", PAGES)
def test_pages_of_the_network_are_no_json(fake: FakeOpenAI, name: str) -> None:
    fake.on().error(name)

    got = ask(fake)

    assert headers(got)["content-type"].startswith("text/")
    assert not any(field.startswith("openai-") for field in headers(got))
    assert got.body.startswith((b"<!DOCTYPE html>\n<!--[if lt IE 7]>", b"<html>\r\n<head>", b"upstream connect error"))


@pytest.mark.parametrize("name", LIMITS)
def test_limits_tell_all_six_headers(fake: FakeOpenAI, name: str) -> None:
    fake.on().error(name)

    told = [field for field in headers(ask(fake)) if field.startswith("x-ratelimit-")]

    kinds = ("requests", "tokens")
    assert sorted(told) == [f"x-ratelimit-{what}-{kind}" for what in ("limit", "remaining", "reset") for kind in kinds]


@pytest.mark.parametrize("name", ["rate_limit", "rate_limit_tokens", "server_error", "site_overloaded", "bad_gateway"])
def test_the_client_tries_again(fake: FakeOpenAI, name: str) -> None:
    fake.on().error(name, headers={"retry-after-ms": "1"}).times(1)

    completion: Any = fake.client(max_retries=1).chat.completions.create(**CHAT | {"stream": False})

    assert completion.choices
    assert [made.status for made in fake.requests][1:] == [200]
