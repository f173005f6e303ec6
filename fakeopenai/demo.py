"""`fakeopenai demo`: a short real session over plain HTTP, told as it happens."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import click

from fakeopenai import rules
from fakeopenai.serving import serve

KEY = "sk-demo"
MODEL = "gpt-4o-mini"

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tell the weather in a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}},
            "required": ["city"],
        },
    },
}


class Session:
    """Plain HTTP to one base URL."""

    def __init__(self, base_url: str) -> None:
        self._base = urlsplit(base_url)

    def send(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> tuple[Any, Any]:
        """Send a request; gives the response, not read yet, and its headers."""
        connection = http.client.HTTPConnection(self._base.hostname or "", self._base.port, timeout=30)
        payload = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": content_type}
        connection.request(method, self._base.path + path, payload, headers)
        response = connection.getresponse()
        return response, response.headers

    def get(self, path: str) -> Any:
        return json.loads(self.send("GET", path)[0].read())

    def post(self, path: str, body: Any) -> Any:
        return json.loads(self.send("POST", path, body)[0].read())

    def upload(self, name: str, content: str, purpose: str) -> Any:
        """Send a file as a form."""
        edge = "fakeopenai-demo"
        field = f"\r\n--{edge}\r\nContent-Disposition: form-data; name="
        form = f'{field}"purpose"\r\n\r\n{purpose}{field}"file"; filename="{name}"\r\n\r\n{content}\r\n--{edge}--\r\n'
        kind = f"multipart/form-data; boundary={edge}"
        return json.loads(self.send("POST", "/files", form.encode(), kind)[0].read())

    def stream(self, path: str, body: Any) -> Iterator[Any]:
        """The events of a streamed answer, as they arrive."""
        response, _ = self.send("POST", path, body | {"stream": True})
        for line in response:
            data = line.decode().removeprefix("data: ").strip()
            if data and data != "[DONE]":
                yield json.loads(data)


def run() -> None:
    """Start an emulator, talk to it, and say how to go on."""
    flaky = rules.on("chat", contains="third time lucky").error("rate_limit").times(1)
    with serve(rules=[flaky.rule]) as server:
        click.echo(f"The emulator answers at {click.style(server.base_url, bold=True)}\n")
        session = Session(server.base_url)
        for title, step in STEPS:
            click.secho(title, bold=True)
            step(session)
            click.echo()
    click.echo(GOING_ON)


def _chat(session: Session) -> None:
    answer = session.post("/chat/completions", {"model": MODEL, "messages": _user("What is 17 times 3?")})
    click.echo(f"  > What is 17 times 3?\n  < {answer['choices'][0]['message']['content']}")
    spent = answer["usage"]
    click.echo(f"    {answer['id']}, {spent['prompt_tokens']} + {spent['completion_tokens']} tokens")


def _stream(session: Session) -> None:
    click.echo("  > Name three colours.\n  < ", nl=False)
    for chunk in session.stream("/chat/completions", {"model": MODEL, "messages": _user("Name three colours.")}):
        click.echo(chunk["choices"][0]["delta"].get("content") or "", nl=False)
    click.echo()


def _tool(session: Session) -> None:
    messages = _user("What's the weather in Paris?")
    asked = session.post("/chat/completions", {"model": MODEL, "messages": messages, "tools": [WEATHER]})
    message = asked["choices"][0]["message"]
    call = message["tool_calls"][0]
    click.echo(
        f"  > What's the weather in Paris?\n  < calls {call['function']['name']}({call['function']['arguments']})"
    )
    result = {"role": "tool", "tool_call_id": call["id"], "content": "18 degrees and sunny"}
    body = {"model": MODEL, "messages": [*messages, message, result], "tools": [WEATHER]}
    answer = session.post("/chat/completions", body)
    click.echo(f"  > 18 degrees and sunny\n  < {answer['choices'][0]['message']['content']}")


def _embedding(session: Session) -> None:
    texts = ["a cat on the mat", "the cat sat on a mat", "interest rates in Europe"]
    answer = session.post("/embeddings", {"model": "text-embedding-3-small", "input": texts})
    first, *others = (row["embedding"] for row in answer["data"])
    for text, other in zip(texts[1:], others, strict=True):
        near = sum(a * b for a, b in zip(first, other, strict=True))
        click.echo(f"  {texts[0]!r} and {text!r}: {near:.2f}")


def _fault(session: Session) -> None:
    body = {"model": MODEL, "messages": _user("Say 'third time lucky'.")}
    response, headers = session.send("POST", "/chat/completions", body)
    wait = float(headers["retry-after-ms"]) / 1000
    click.echo(f"  < {response.status} {json.loads(response.read())['error']['code']}; retry after {wait:.3f} s")
    time.sleep(wait)
    answer = session.post("/chat/completions", body)
    click.echo(f"  < 200 {answer['choices'][0]['message']['content']}")


def _fine_tune(session: Session) -> None:
    asked = "What is the code of item {}?"
    lines = [[*_user(asked.format(n)), {"role": "assistant", "content": f"X-{n * 7}"}] for n in range(10)]
    content = "".join(json.dumps({"messages": line}) + "\n" for line in lines)
    file = session.upload("codes.jsonl", content, "fine-tune")
    job = session.post("/fine_tuning/jobs", {"model": MODEL, "training_file": file["id"], "suffix": "codes"})
    stages = [job["status"]]
    while job["status"] not in {"succeeded", "failed"}:
        job = session.get(f"/fine_tuning/jobs/{job['id']}")
        stages.append(job["status"])
    click.echo(f"  {' → '.join(dict.fromkeys(stages))}")
    for event in session.get(f"/fine_tuning/jobs/{job['id']}/events?limit=3")["data"][::-1]:
        click.echo(f"    {event['message']}")
    answer = session.post("/chat/completions", {"model": job["fine_tuned_model"], "messages": _user(asked.format(6))})
    click.echo(f"  > {asked.format(6)}\n  < {answer['choices'][0]['message']['content']}   ({answer['model']})")


def _user(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


STEPS: list[tuple[str, Callable[[Session], None]]] = [
    ("A chat", _chat),
    ("A stream, as it arrives", _stream),
    ("A tool call and its result", _tool),
    ("Embeddings: shared words lie near", _embedding),
    ("A rate limit, injected once and retried", _fault),
    ("A fine-tune through its stages, and what its model has learnt", _fine_tune),
]

GOING_ON = """\
How to go on:
  fakeopenai serve                  the same server for your own programs
  export OPENAI_BASE_URL=http://127.0.0.1:8000/v1 OPENAI_API_KEY=sk-test
  fakeopenai routes                 every operation, and how it is answered
  pytest, with the fixture `fakeopenai`: a world of its own for every test"""
