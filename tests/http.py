"""Plain HTTP to wherever the environment leads, as a program without any client would send it."""

from __future__ import annotations

import http.client
import json
import os
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

from tests.front import Answer


def send(method: str, path: str, body: Any = None, *, base_url: str = "", key: str = "") -> Answer:
    """Send a request and read the whole answer."""
    base = urlsplit(base_url or os.environ["OPENAI_BASE_URL"])
    headers = {"Authorization": f"Bearer {key or os.environ['OPENAI_API_KEY']}", "Content-Type": "application/json"}
    payload = None if body is None else json.dumps(body)
    with closing(http.client.HTTPConnection(base.hostname or "", base.port, timeout=30)) as connection:
        connection.request(method, base.path + path, payload, headers)
        response = connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read())


def chat(text: str = "Hi", *, base_url: str = "", key: str = "", **more: Any) -> Answer:
    """Ask for a chat completion."""
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": text}]} | more
    return send("POST", "/chat/completions", body, base_url=base_url, key=key)


def said(text: str) -> Any:
    """What the model says to a text."""
    return chat(text).json["choices"][0]["message"]["content"]
