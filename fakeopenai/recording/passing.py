"""A request on its way through: asked of the upstream, handed on to the client while the answer comes, and kept."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from fakeopenai.errors import ApiError
from fakeopenai.recording.upstream import Answer, Broken, Upstream, failure
from fakeopenai.rules.recorded import Chunk
from fakeopenai.wire import Call, Reply, Request

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Send

    from fakeopenai.recording.recorder import Recorder
    from fakeopenai.world import Exchange

log = logging.getLogger("fakeopenai")

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Taken:
    """An answer as it came. `after` are the seconds before its head."""

    status: int
    headers: Mapping[str, str]
    after: float = 0
    chunks: list[Chunk] = field(default_factory=list)

    @property
    def media(self) -> str:
        return self.headers.get("content-type", "")

    @property
    def content(self) -> bytes:
        return b"".join(chunk.content for chunk in self.chunks)


@dataclass(slots=True)
class Passing:
    """What the emulator leaves to the edge: to ask the upstream. The answer ends the exchange, and may be recorded."""

    upstream: Upstream
    call: Call
    exchange: Exchange
    turn: AbstractContextManager[object]
    recorder: Recorder | None = None
    delay: float = 0

    async def deliver(self, reply: Reply, receive: Receive, send: Send) -> None:
        """Answer the client as the upstream does; an answer that breaks off is left unfinished."""
        try:
            answer, taken = await self._ask()
        except ApiError as error:
            await self._refuse(error, reply, send)
            return
        await send(_head(answer.status, answer.headers | reply.headers))
        gone = asyncio.ensure_future(_left(receive))
        try:
            last = await self._hand_on(answer, taken, gone, send)
        except Broken as error:
            log.warning("the upstream's answer to %s broke off: %s", self.exchange.operation, error)
            return
        finally:
            gone.cancel()
            await answer.chunks.aclose()
        self._end(taken)
        await send({"type": "http.response.body", "body": last})

    async def _hand_on(self, answer: Answer, taken: Taken, gone: asyncio.Future[None], send: Send) -> bytes:
        """Hand on chunk by chunk. What is recorded is read to its end, even if the client goes away.

        Gives what completes an answer of known length, so that the client has it when the exchange has ended.
        """
        left, last = int(answer.headers.get("content-length", -1)), time.monotonic()
        async for chunk in answer.chunks:
            now = time.monotonic()
            taken.chunks.append(Chunk(now - last, chunk))
            left, last = left - len(chunk), now
            if left == 0:
                return chunk
            if not gone.done():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            elif self.recorder is None:
                raise Broken("the client went away")
        return b""

    async def _refuse(self, error: ApiError, reply: Reply, send: Send) -> None:
        refusal = self._refused(error)
        headers = {"content-type": refusal.media, "content-length": str(len(refusal.body))} | reply.headers
        await send(_head(refusal.status, headers))
        await send({"type": "http.response.body", "body": refusal.body})

    def _refused(self, error: ApiError) -> Reply:
        refusal = error.reply()
        refusal.body = _encode(refusal.body)
        with self.turn:
            self._close(refusal)
        return refusal

    def whole(self) -> Reply:
        """The whole answer at once, for clients without a socket."""
        with ThreadPoolExecutor(1) as pool:  # the client may be called where a loop is running
            return pool.submit(asyncio.run, self.collected()).result()

    async def collected(self) -> Reply:
        try:
            async with self.upstream.borrowed():
                answer, taken = await self._ask()
                taken.chunks = [Chunk(0, chunk) async for chunk in answer.chunks]
        except ApiError as error:
            return self._refused(error)
        except Broken as error:
            return self._refused(failure(f"The upstream's answer broke off: {error}.", "upstream_broke_off"))
        return self._end(taken)

    async def _ask(self) -> tuple[Answer, Taken]:
        """What the upstream answers, when the time has passed that a rule takes first."""
        await asyncio.sleep(self.delay)
        begun = time.monotonic()
        answer = await self.upstream.ask(self._request())
        return answer, Taken(answer.status, answer.headers, time.monotonic() - begun)

    def _request(self) -> Request:
        return self.recorder.real(self.call.request) if self.recorder else self.call.request

    def _end(self, taken: Taken) -> Reply:
        headers = {name: value for name, value in taken.headers.items() if name not in DESCRIBING}
        reply = Reply(taken.content, taken.status, headers, media=taken.media)
        with self.turn:
            if self.recorder:
                self.recorder.keep(self.call, taken)
            self._close(reply)
        return reply

    def _close(self, reply: Reply) -> None:
        self.exchange.end(reply)
        self.call.request.sent = b""


def no_upstream() -> ApiError:
    """A rule or the settings pass requests on, and nobody said where to."""
    return failure("There is no upstream to ask; start with --upstream URL.", "no_upstream")


DESCRIBING = frozenset({"content-type", "content-length"})


def _head(status: int, headers: Mapping[str, str]) -> Message:
    fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": status, "headers": fields}


async def _left(receive: Receive) -> None:
    """Until the client goes away."""
    while (await receive())["type"] != "http.disconnect":
        pass
