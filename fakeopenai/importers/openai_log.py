"""What the official Python client has logged at the level `debug`, as text or as lines of JSON with a message each.

Clients before 1.0 log requests and, with `openai.log = "debug"`, whole answers. Those from 1.0 on logged requests and
the status of the answer. The newest (3.52) log neither.
"""

from __future__ import annotations

import ast
import json
import re
from collections import deque
from collections.abc import Iterator
from typing import Any

from fakeopenai.importers.found import Exchange, Found

_REQUEST = re.compile(r"Request options: (?P<options>\{.*)")
_RESPONSE = re.compile(
    r'HTTP (?:Request|Response): (?P<method>[A-Z]+) (?P<url>\S+) "(?:HTTP/\S+ )?(?P<status>\d{3})[^"]*"'
)
_BARE = re.compile(r"HTTP Response: [A-Z]+ \d{3}$")
_FIELD = re.compile(r"""(?P<name>\w+)=(?P<value>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\S*)""")
_OPTION = {name: re.compile(rf"'{name}': '([^']*)'") for name in ("method", "url")}


def fits(text: str) -> bool:
    return any(mark in text for mark in ("Request options: {", "message='Request to OpenAI API'")) or any(
        _BARE.search(line) for line in text.splitlines()
    )


def read(text: str) -> Found:
    messages = [(number, _message(line)) for number, line in enumerate(text.splitlines(), start=1)]
    old = any("message='Request to OpenAI API'" in message for _, message in messages)
    return _old(messages) if old else _new(messages)


def _message(line: str) -> str:
    """The message of a line; loggers that write JSON have it under one of these names."""
    if not line.startswith("{"):
        return line
    try:
        record = json.loads(line)
    except ValueError:
        return line
    return str(next((record[name] for name in ("message", "msg", "event") if name in record), line))


def _new(messages: list[tuple[int, str]]) -> Found:
    """Requests in the order in which they were sent; the answers are assumed to come in the same."""
    found, waiting = Found(), deque[tuple[str, str, str, bytes]]()
    for number, message in messages:
        if asked := _REQUEST.search(message):
            waiting.append((f"line {number}", *_options(asked["options"])))
        elif (came := _RESPONSE.search(message)) and waiting and "HTTP Request" not in message:
            where, method, _, body = waiting.popleft()
            found.exchanges.append(Exchange(where, method, came["url"], JSON, body, int(came["status"]), JSON, b""))
        elif _BARE.search(message):
            found.note(f"line {number}", "this client logs neither what was asked nor what was answered")
    for where, *_ in waiting:
        found.note(where, "its answer was not logged")
    return found


def _options(text: str) -> tuple[str, str, bytes]:
    """Method, URL and body of what is logged as a Python value, in which some members may be no literals."""
    named = {name: found[1] if (found := pattern.search(text)) else "" for name, pattern in _OPTION.items()}
    _, mark, rest = text.partition("'json_data': ")
    data = _literal(rest) if mark else None
    return named["method"].upper(), named["url"], b"" if data is None else json.dumps(data, ensure_ascii=False).encode()


def _literal(text: str) -> Any:
    """The Python value that a text begins with; None if it is none."""
    for end in _ends(text):
        try:
            return ast.literal_eval(text[:end])
        except (ValueError, SyntaxError):
            continue
    return None


def _ends(text: str) -> Iterator[int]:
    """Where a value may end: after each closing bracket or brace."""
    return (found.end() for found in re.finditer(r"[\]}]", text))


def _old(messages: list[tuple[int, str]]) -> Found:
    found, asked = Found(), dict[str, str]()
    for number, message in messages:
        fields = {field["name"]: _unquoted(field["value"]) for field in _FIELD.finditer(message)}
        match fields.get("message"):
            case "Request to OpenAI API":
                asked = fields | {"where": f"line {number}"}
            case "Post details":
                asked |= {"data": fields.get("data", "")}
            case "OpenAI API response":
                asked |= {"status": fields.get("response_code", "")}
            case "API response body" if asked.keys() >= {"method", "path", "status"}:
                found.exchanges.append(_logged(asked, fields))
                asked = {}
            case _ if "body=" in message[:5]:
                found.note(f"line {number}", "its answer spans several lines, which are not put together")
    if not found.exchanges:
        found.note("the log", 'answers are logged only with `openai.log = "debug"`')
    return found


def _logged(asked: dict[str, str], answer: dict[str, str]) -> Exchange:
    data = "" if asked.get("data") == "None" else asked.get("data", "")
    headers = ast.literal_eval(answer.get("headers") or "{}")
    return Exchange(
        asked["where"],
        asked["method"].upper(),
        asked["path"],
        JSON,
        data.encode(),
        int(asked["status"]),
        {name.lower(): value for name, value in headers.items()},
        answer.get("body", "").encode(),
    )


def _unquoted(value: str) -> str:
    return str(ast.literal_eval(value)) if value[:1] in {"'", '"'} else value


JSON = {"content-type": "application/json"}
