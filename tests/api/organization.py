"""What the tests of the organization share: a project with a key, and answers that must succeed."""

from __future__ import annotations

from typing import Any

from fakeopenai.operations import Operations
from fakeopenai.schema import Checker, types
from tests.front import Api

PROJECTS = "/organization/projects"
CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}
CHECKER = Checker(types())


def ask(api: Api, method: str, url: str, body: Any = None) -> Any:
    """The answer of an operation that must succeed, with a reply as the API describes it."""
    answer = api.send(method, url, body)
    assert answer.status == 200, answer.json
    operation, _ = Operations.load().match(method, url.partition("?")[0])
    assert list(CHECKER.reply_errors(operation, answer.json)) == []
    return answer.json


def project(api: Api, name: str = "Research") -> str:
    id: str = ask(api, "POST", PROJECTS, {"name": name})["id"]
    return id


def account(api: Api, project: str) -> Any:
    return ask(api, "POST", f"{PROJECTS}/{project}/service_accounts", {"name": "robot"})


def holder(api: Api, key: str) -> Api:
    """The same server, asked with another key."""
    return Api(api.emulator, key)


def member(api: Api, email: str = "ann@example.com", **invite: Any) -> Any:
    """A user who was invited and accepted."""
    ask(api, "POST", "/organization/invites", {"email": email, "role": "reader", **invite})
    api.world.clock.advance(86_400)
    [user] = ask(api, "GET", f"/organization/users?emails[]={email}")["data"]
    return user
