"""Requests to assistants, threads and runs, as their tests make them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from fakeopenai.operations import Operations
from fakeopenai.schema import Checker, types
from fakeopenai.wire import Upload
from tests.front import Answer, Api

BETA = {"openai-beta": "assistants=v2"}

WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}

SEARCH = {"type": "file_search"}
CODE = {"type": "code_interpreter"}


@dataclass
class Assisted(Api):
    """Plain requests with the header that assistants demand, and the usual beginnings."""

    def send(
        self,
        method: str,
        url: str,
        body: Any = None,
        files: dict[str, list[Upload]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        return super().send(method, url, body, files, BETA if headers is None else headers)

    def assistant(self, **settings: Any) -> str:
        return self.id("/assistants", {"model": "gpt-4o"} | settings)

    def thread(self, *said: str, **settings: Any) -> str:
        messages = [{"role": "user", "content": text} for text in said]
        return self.id("/threads", {"messages": messages} | settings)

    def run(self, thread: str, assistant: str, **settings: Any) -> Any:
        answer = self.post(f"/threads/{thread}/runs", {"assistant_id": assistant} | settings)
        assert answer.status == 200, answer.json
        return answer.json

    def ended(self, run: Any) -> Any:
        """A run once it has nothing more to do by itself."""
        while run["status"] in {"queued", "in_progress", "cancelling"}:
            run = self.get(f"/threads/{run['thread_id']}/runs/{run['id']}").json
        return run

    def said(self, thread: str) -> list[str]:
        """The words of a thread's messages, oldest first."""
        found = self.get(f"/threads/{thread}/messages?order=asc").json["data"]
        return [message["content"][0]["text"]["value"] for message in found]

    def steps(self, run: Any, query: str = "order=asc") -> list[Any]:
        found: list[Any] = self.get(f"/threads/{run['thread_id']}/runs/{run['id']}/steps?{query}").json["data"]
        return found

    def stream(self, url: str, body: Any) -> list[tuple[str, Any]]:
        """The events of a stream: their names and their data."""
        answer = self.post(url, body | {"stream": True})
        assert answer.status == 200, answer.content
        return [(name, data if data == "[DONE]" else json.loads(data)) for name, data in answer.named_events]

    def file(self, text: str, name: str = "notes.txt") -> str:
        upload = {"file": [Upload(name, "text/plain", text.encode())]}
        answer = self.post("/files", {"purpose": "assistants"}, files=upload)
        return str(answer.json["id"])

    def id(self, url: str, body: Any) -> str:
        answer = self.post(url, body)
        assert answer.status == 200, answer.json
        return str(answer.json["id"])


def faults(reference: str, reply: Any) -> list[str]:
    """What an operation's schema has to say against a reply."""
    return Checker(types()).reply_errors(Operations.load().all[reference], reply)
