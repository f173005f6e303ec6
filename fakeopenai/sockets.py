"""WebSockets: who may open one, and the back and forth on it. What is said belongs to the families."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from fakeopenai import errors
from fakeopenai.api.responses.socket import MOST_TURNS, Lane, Session
from fakeopenai.errors import ApiError
from fakeopenai.pace import Cut
from fakeopenai.wire import Object, Request

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from fakeopenai.server import App

BROWSERS_KEY = "openai-insecure-api-key."
"""How a browser, which can't set headers, names its key among the subprotocols."""

BROKEN = 1011
"""The code with which a connection closes that a rule cuts."""

_encode = msgspec.json.Encoder().encode


async def converse(app: App, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve a WebSocket until one side has enough of it."""
    await receive()
    offered = scope.get("subprotocols") or []
    key = next((each.removeprefix(BROWSERS_KEY) for each in offered if each.startswith(BROWSERS_KEY)), "")
    request.key = request.key or key
    try:
        session = opened(app, request)
    except ApiError as error:
        await _deny(error, send)
        return
    chosen = next((each for each in offered if not each.startswith(BROWSERS_KEY)), None)
    await send({"type": "websocket.accept", "subprotocol": chosen})
    await Talk(session, send).listen(receive)


def opened(app: App, request: Request) -> Session:
    """The session that a request opens; raises ApiError where there is none or its key doesn't count."""
    if not request.root:
        raise errors.unknown_request_url("GET", request.path)
    if request.path != "/responses":
        raise errors.unknown_url("GET", request.path)
    emulator = app.emulator
    operation, _ = emulator.operations.match("POST", request.path, request.query)
    key = emulator.admitted(request, operation)
    return Session(request, partial(emulator.world, key), app.reply)


async def _deny(error: ApiError, send: Send) -> None:
    reply = error.reply()
    headers = {"content-type": "application/json"} | reply.headers
    fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "websocket.http.response.start", "status": reply.status, "headers": fields})
    await send({"type": "websocket.http.response.body", "body": _encode(reply.body)})


class Talk:
    """One open WebSocket. The turns of a lane follow each other; those of different lanes go side by side."""

    def __init__(self, session: Session, send: Send) -> None:
        self._session = session
        self._send = send
        self._turns: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(MOST_TURNS)

    async def listen(self, receive: Receive) -> None:
        """Answer what the client says, until it leaves."""
        try:
            while (message := await receive())["type"] == "websocket.receive":
                if not await self._answer(message.get("text") or message.get("bytes") or ""):
                    return
        finally:
            for task in self._turns:
                task.cancel()

    async def _answer(self, text: str | bytes) -> bool:
        """Answer a message; says whether there may be more."""
        heard = self._session.hear(text)
        with suppress(OSError):  # the client has gone
            for event in heard.events:
                await self._say(event)
            if heard.ends:
                await self._send({"type": "websocket.close", "code": 1000})
        if heard.lane and not heard.lane.busy:
            self._begin(heard.lane)
        return not heard.ends

    def _begin(self, lane: Lane) -> None:
        lane.busy = True
        task = asyncio.create_task(self._tell(lane))
        self._turns.add(task)
        task.add_done_callback(self._turns.discard)

    async def _tell(self, lane: Lane) -> None:
        with suppress(OSError):  # the client has gone
            try:
                while lane.waiting:
                    await self._turn(lane)
            except Cut:
                await self._send({"type": "websocket.close", "code": BROKEN})
        lane.busy = False

    async def _turn(self, lane: Lane) -> None:
        async with self._room:
            for seconds, event in self._session.turn(lane):
                if seconds > 0:
                    await asyncio.sleep(seconds)
                await self._say(lane.framed(event))

    async def _say(self, event: Object) -> None:
        await self._send({"type": "websocket.send", "text": _encode(event).decode()})
