"""The API as one test has it: an address, a key, and a fresh world behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import msgspec

from fakeopenai import fixtures, snapshot
from fakeopenai.arrangement import Arrangement
from fakeopenai.inprocess import Transport
from fakeopenai.rules import Script, When, load
from fakeopenai.rules.operation import fits, unknown
from fakeopenai.serving import Server
from fakeopenai.wire import Json, Object

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

    from fakeopenai.clock import Clock
    from fakeopenai.world import Exchange, World


@dataclass(frozen=True, slots=True, repr=False)
class Recorded:
    """A request that came, and what was answered."""

    exchange: Exchange

    def __repr__(self) -> str:
        return f"<{self.method} {self.path} {self.status}>"

    @property
    def method(self) -> str:
        return self.exchange.request.method

    @property
    def path(self) -> str:
        """The path below the base URL: `/chat/completions`."""
        return self.exchange.request.path

    @property
    def operation(self) -> str:
        """The operation as the reference writes it: `POST /chat/completions`."""
        return self.exchange.operation

    @property
    def query(self) -> Mapping[str, Json]:
        return self.exchange.request.query

    @property
    def headers(self) -> Mapping[str, str]:
        """The request's headers, their names in lower case."""
        return self.exchange.request.headers

    @property
    def body(self) -> Json:
        """The request's JSON, or the fields of its form."""
        return self.exchange.request.body

    @property
    def status(self) -> int:
        """The status answered; 0 while there is no answer yet."""
        return self.exchange.status

    @property
    def reply(self) -> Json:
        """The JSON answered; of a stream the object that it spells out; what isn't JSON as bytes."""
        reply = self.exchange.reply
        if reply is None or not isinstance(reply.body, bytes) or reply.media != "application/json":
            return None if reply is None else reply.body
        try:
            return msgspec.json.decode(reply.body)
        except (msgspec.DecodeError, RecursionError):
            return reply.body

    @property
    def rule(self) -> str:
        """The name of the rule that spoke, if one did."""
        return self.exchange.rule


class FakeOpenAI:
    """A world of a server, as a test sees it."""

    def __init__(self, server: Server, api_key: str = "sk-test") -> None:
        self.server = server
        self.api_key = api_key
        self.world: World = server.emulator.world(api_key)
        self._open = ExitStack()

    @property
    def base_url(self) -> str:
        """What `OPENAI_BASE_URL` is to be; it ends in `/v1`."""
        return self.server.base_url

    @property
    def world_url(self) -> str:
        """A base URL that leads to this world whatever the key, for code that has its own."""
        return f"{self.server.origin}/w/{self.world.name}/v1"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead clients here, those of old clients and of other frameworks included."""
        return {
            "OPENAI_BASE_URL": self.base_url,
            "OPENAI_API_BASE": self.base_url,
            "OPENAI_API_KEY": self.api_key,
            "OPENAI_ADMIN_KEY": f"sk-admin-{self.world.name}",
        }

    def client(self, **options: Any) -> OpenAI:
        """The official client, closed with the test. It doesn't retry unless `max_retries` is given."""
        from openai import OpenAI

        return self._open.enter_context(OpenAI(**self._options(options)))

    def async_client(self, **options: Any) -> AsyncOpenAI:
        """The official client for asyncio, without retries like the other. It may stay unclosed."""
        from openai import AsyncOpenAI

        # A connection that outlived its event loop would warn of itself in some later test.
        headers = {"connection": "close"} | options.pop("default_headers", {})
        return AsyncOpenAI(default_headers=headers, **self._options(options))

    def transport(self) -> Transport:
        """A way here without a socket: `httpx2.Client(transport=fakeopenai.transport())`."""
        return Transport(self.server.emulator)

    def on(self, operation: str = "*", **when: Unpack[When]) -> Script:
        """Begin a rule: `fakeopenai.on("chat", contains="weather").say("Sunny")`."""
        return self.world.rules.on(operation, **when)

    def load(self, *named: str | Path) -> None:
        """Add shipped situations, or the rules of files or directories, behind those there are. Raises RuleError."""
        self.world.rules.extend(load(map(fixtures.find, named)))

    def dump(self) -> Object:
        """The state of this world as a JSON object: objects, jobs, the clock and what was counted."""
        return snapshot.dump(self.world)

    def load_state(self, state: Json) -> None:
        """Put a dumped state in the place of this world's own. Raises SnapshotError."""
        snapshot.load(self.world, state)

    @property
    def clock(self) -> Clock:
        """The world's time: `fakeopenai.clock.advance(3600)`."""
        return self.world.clock

    @property
    def requests(self) -> list[Recorded]:
        """All requests so far, in the order in which they came."""
        return [Recorded(exchange) for exchange in list(self.world.journal)]

    def calls(self, operation: str) -> list[Recorded]:
        """The requests of an operation or a family, named as rules name them: `chat`, `POST /files`."""
        if wrong := unknown(operation):
            raise ValueError(wrong)
        known = self.server.emulator.operations.all
        return [made for made in self.requests if made.operation and fits(operation, known[made.operation])]

    def close(self) -> None:
        """Close the clients that were given out."""
        self._open.close()

    def _options(self, options: dict[str, Any]) -> dict[str, Any]:
        return {"base_url": self.base_url, "api_key": self.api_key, "max_retries": 0} | options


@contextmanager
def fresh(server: Server, key: str = "sk-test", arrangement: Arrangement | None = None) -> Iterator[FakeOpenAI]:
    """A fresh world on a server, forgotten when the block ends."""
    wanted = arrangement or Arrangement()
    world = server.emulator.open(key, wanted.settings(server.emulator.settings))
    fake = FakeOpenAI(server, key)
    try:
        wanted.arrange(world)
        yield fake
    finally:
        fake.close()
        server.emulator.drop(key)
