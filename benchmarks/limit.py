"""The bound: a bare ASGI application under the same server, that reads a request and answers with constants.

It knows no routes, checks nothing and keeps nothing, so whatever the emulator costs beyond it is the emulator's doing.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec
import uvicorn

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

WORDS = [f"word{number} " for number in range(25)]
SIGNED = {"id": f"chatcmpl-{'0' * 29}", "created": 1_767_225_600, "model": "gpt-4o-mini-2024-07-18"}
USAGE = {"prompt_tokens": 43, "completion_tokens": 25, "total_tokens": 68}


def chunk(delta: object, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return b"data: %b\n\n" % msgspec.json.encode(
        SIGNED | {"object": "chat.completion.chunk", "choices": [choice], "obfuscation": "0123456789"}
    )


def completion() -> bytes:
    message: object = {"role": "assistant", "content": "".join(WORDS), "refusal": None, "annotations": []}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return msgspec.json.encode(SIGNED | {"object": "chat.completion", "choices": [choice], "usage": USAGE})


def models() -> bytes:
    named = [{"id": f"model-{number}", "object": "model", "created": 0, "owned_by": "system"} for number in range(150)]
    return msgspec.json.encode({"object": "list", "data": named})


def embedding() -> bytes:
    vector = [number / 60_000 for number in range(1536)]
    return msgspec.json.encode({"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": vector}]})


EVENTS = [chunk({"role": "assistant"}), *(chunk({"content": word}) for word in WORDS), chunk({}, "stop")]
STREAM = b"".join((*EVENTS, b"data: [DONE]\n\n"))
BODIES = {"/v1/chat/completions": completion(), "/v1/models": models(), "/v1/embeddings": embedding()}


def head(media: bytes, *others: tuple[bytes, bytes]) -> Message:
    return {"type": "http.response.start", "status": 200, "headers": [(b"content-type", media), *others]}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    asked = (await receive())["body"]
    body = BODIES[scope["path"]]
    if asked and msgspec.json.decode(asked).get("stream"):
        await send(head(b"text/event-stream"))
        await send({"type": "http.response.body", "body": STREAM})
        return
    await send(head(b"application/json", (b"content-length", b"%d" % len(body))))
    await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="critical", access_log=False, lifespan="off")
