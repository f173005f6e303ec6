"""What the tests of agents share: the beta header, and replies that are checked as they come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from fakeopenai.operations import Operations
from fakeopenai.schema import Checker, types
from tests.front import Answer, Api

BETA = {"openai-beta": "agents=v1"}
CHECKER = Checker(types())


@dataclass
class Asking:
    """Requests to the agents API, each reply held against its schema."""

    api: Api

    def __call__(self, method: str, url: str, body: Any = None, **headers: str) -> Any:
        answer = self.answer(method, url, body, **headers)
        assert answer.status < 300, answer.content
        return answer.json if answer.content else None

    def answer(self, method: str, url: str, body: Any = None, **headers: str) -> Answer:
        found = self.api.send(method, url, body, headers=BETA | headers)
        path = url.partition("?")[0]
        operation, _ = Operations.load().match(method, path)
        if found.status == 200 and operation.reply_kind == "json" and "stream" not in found.headers["content-type"]:
            assert CHECKER.reply_errors(operation, found.json) == []
        return found

    def events(self, session_id: str) -> list[Any]:
        """What a listener to a session hears at once."""
        return self.api.get(f"/agents/sessions/{session_id}/events", headers=BETA).events


def assert_events_fit(events: list[Any]) -> None:
    schema = Operations.load().all["GET /agents/sessions/{session_id}/events"].event
    validator = jsonschema_rs.Draft202012Validator(types().closure(schema or {}))
    for event in events:
        assert validator.is_valid(event), event
