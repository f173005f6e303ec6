"""The API as one test has it: an address, a key, and a fresh world behind them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from fakeopenai import data, fixtures, snapshot
from fakeopenai.arrangement import Arrangement
from fakeopenai.inprocess import Transport
from fakeopenai.plugin.calls import Calls, Recorded, counted, shown
from fakeopenai.rules import On, Rule, RuleBook, When, load, on
from fakeopenai.rules.operation import fits
from fakeopenai.serving import Server
from fakeopenai.wire import Json, Object
from fakeopenai.world import World

if TYPE_CHECKING:
    from openai import AsyncAzureOpenAI, AsyncOpenAI, AzureOpenAI, OpenAI

    from fakeopenai.clock import Clock
    from fakeopenai.plugin.remote import RunningClock, RunningRules, RunningServer, RunningWorld
    from fakeopenai.plugin.snapshots import Snapshots

__all__ = ["Calls", "FakeOpenAI", "Recorded", "fresh"]

AZURE_VERSION = "2024-10-21"
"""The `api-version` of Azure's clients here; Azure's last one before those that need none."""


class FakeOpenAI:
    """A world of a server, as a test sees it."""

    def __init__(
        self, server: Server | RunningServer, api_key: str = "sk-test", arrangement: Arrangement | None = None
    ) -> None:
        self.server = server
        self.api_key = api_key
        self.arrangement = arrangement or Arrangement()
        self._world: World | RunningWorld = server.emulator.world(api_key)
        self.snapshots: Snapshots | None = None
        self._open = ExitStack()
        self._elsewhere = self._others()

    @property
    def world(self) -> World:
        """What is behind the API: objects, clock, rules, journal; only in this process."""
        if not isinstance(self._world, World):
            raise TypeError("the world is in the process of a server that runs already")
        return self._world

    @property
    def base_url(self) -> str:
        """What `OPENAI_BASE_URL` is to be; it ends in `/v1`."""
        return self.server.base_url

    @property
    def world_url(self) -> str:
        """A base URL that leads to this world whatever the key, for code that has its own."""
        return f"{self.server.origin}/w/{self._world.name}/v1"

    @property
    def strays(self) -> dict[str, int]:
        """How many requests came meanwhile to worlds that no test was given, by the names of those worlds."""
        counted = {name: made - self._elsewhere.get(name, 0) for name, made in self._others().items()}
        return {name: made for name, made in counted.items() if made > 0}

    def _others(self) -> dict[str, int]:
        if not isinstance(self.server, Server):
            return {}
        worlds = self.server.emulator.worlds.copy()
        own = self._world.name
        return {name: len(world.journal) for name, world in worlds.items() if name != own and name[:5] != "test-"}

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead clients here, those of old clients and of other frameworks included."""
        openai = {
            "OPENAI_BASE_URL": self.base_url,
            "OPENAI_API_BASE": self.base_url,
            "OPENAI_API_KEY": self.api_key,
            "OPENAI_ADMIN_KEY": f"sk-admin-{self._world.name}",
        }
        if self.arrangement.dialect == "openai":
            return openai
        return openai | {
            "OPENAI_API_BASE": self.server.origin,
            "OPENAI_API_TYPE": "azure",
            "OPENAI_API_VERSION": AZURE_VERSION,
            "AZURE_OPENAI_ENDPOINT": self.server.origin,
            "AZURE_OPENAI_API_KEY": self.api_key,
        }

    def client(self, **options: Any) -> OpenAI:
        """The official client, closed with the test. It doesn't retry unless `max_retries` is given."""
        from openai import OpenAI

        return self._open.enter_context(OpenAI(**self._options(options)))

    def async_client(self, **options: Any) -> AsyncOpenAI:
        """The official client for asyncio, without retries like the other. It may stay unclosed."""
        from openai import AsyncOpenAI

        return AsyncOpenAI(**_unkept(self._options(options)))

    def azure_client(self, **options: Any) -> AzureOpenAI:
        """The official client for Azure, in all else like the other."""
        from openai import AzureOpenAI

        return self._open.enter_context(AzureOpenAI(**self._azure_options(options)))

    def async_azure_client(self, **options: Any) -> AsyncAzureOpenAI:
        """The official client for Azure and asyncio."""
        from openai import AsyncAzureOpenAI

        return AsyncAzureOpenAI(**_unkept(self._azure_options(options)))

    def transport(self) -> Transport:
        """A way here without a socket: `httpx2.Client(transport=fakeopenai.transport())`."""
        if not isinstance(self.server, Server):
            raise TypeError("a server that runs already is reached through its socket alone")
        return Transport(self.server.emulator)

    @property
    def on(self) -> On:
        """Begins a rule: `fakeopenai.on("chat", contains="weather").say("Sunny")`, or `fakeopenai.on.chat(…)`."""
        return self.rules.on

    @property
    def rules(self) -> RuleBook | RunningRules:
        """All rules of this world, and how often each has spoken."""
        return self._world.rules

    def load(self, *named: str | Path) -> None:
        """Add shipped situations, or the rules of files or directories, behind those there are. Raises RuleError."""
        self.rules.extend(load(map(fixtures.find, named)))

    def dump(self) -> Object:
        """The state of this world as a JSON object: objects, jobs, the clock and what was counted."""
        return snapshot.dump(self._world) if isinstance(self._world, World) else self._world.dump()

    def load_state(self, state: Json) -> None:
        """Put a dumped state in the place of this world's own. Raises SnapshotError."""
        if isinstance(self._world, World):
            snapshot.load(self._world, state)
        else:
            self._world.load(state)

    @property
    def clock(self) -> Clock | RunningClock:
        """The world's time: `fakeopenai.clock.advance(3600)`."""
        return self._world.clock

    @property
    def requests(self) -> Calls:
        """All requests so far, in the order in which they came."""
        return Calls(Recorded(exchange) for exchange in list(self._world.journal))

    def calls(self, operation: str = "*", **when: Unpack[When]) -> Calls:
        """The requests that a rule would be for, in the words of rules: `calls("chat", contains="weather")`.

        Of those that the API refused before it looked at rules, only the operation is known. Raises RuleError.
        """
        rule = on(operation, **when).rule
        known = self.server.emulator.operations.all
        made = Calls(each for each in self.requests if each.operation and fits(operation, known[each.operation]))
        return made.fitting(rule, self.world) if when else made

    def assert_called_with(self, operation: str, /, **parts: Json) -> Recorded:
        """At least one call of an operation has these parts in its body. Gives the last one that does."""
        __tracebackhide__ = True
        made = self.calls(operation)
        if not (fitting := made.with_parts(parts)):
            raise AssertionError("\n".join([f"no call of {operation} with {shown(parts)}:", *made.nearest(parts)]))
        return fitting[-1]

    def assert_called_once(self, operation: str, /, **parts: Json) -> Recorded:
        """There is one call of an operation, no more, and it has these parts in its body."""
        __tracebackhide__ = True
        made = self.calls(operation)
        if len(made) != 1:
            raise AssertionError("\n".join([f"expected 1 call of {operation}, there are {len(made)}", *made.listed()]))
        return self.assert_called_with(operation, **parts)

    def assert_not_called(self, operation: str = "*", /, **parts: Json) -> None:
        """There is no call of an operation, or none that has these parts in its body."""
        __tracebackhide__ = True
        if made := self.calls(operation).with_parts(parts):
            what = f" with {shown(parts)}" if parts else ""
            raise AssertionError("\n".join([f"expected no call of {operation}{what}, got", *made.listed()]))

    def assert_all_rules_used(self) -> None:
        """Every rule of this world has spoken; those that a server has for all, and those of situations, needn't."""
        __tracebackhide__ = True
        if silent := self.unused_rules:
            told = [f"  {rule.label}, for {rule.when.words}" for rule in silent]
            raise AssertionError("\n".join(["rules that never spoke:", *told, counted(len(self.requests))]))

    def assert_snapshot(self, name: str = "", operation: str = "*") -> None:
        """The requests so far are those that were kept beside the test, under its name and this one.

        `--fakeopenai-update-snapshots` keeps what there is.
        """
        __tracebackhide__ = True
        if self.snapshots is None:
            raise RuntimeError("snapshots are kept beside a test: use the fixture of pytest")
        self.snapshots.check(self.calls(operation), name)

    @property
    def unused_rules(self) -> list[Rule]:
        """The rules of this world that have never spoken, without those of a server or of a shipped situation."""
        shipped = str(data.path("fixtures"))
        silent = self.rules.unused_above(self.server.emulator.rules)
        return [rule for rule in silent if not rule.source.startswith(shipped)]

    def close(self) -> None:
        """Close the clients that were given out."""
        self._open.close()

    def _options(self, options: dict[str, Any]) -> dict[str, Any]:
        return {"base_url": self.base_url, "api_key": self.api_key, "max_retries": 0} | options

    def _azure_options(self, options: dict[str, Any]) -> dict[str, Any]:
        azure = {"azure_endpoint": self.server.origin, "api_key": self.api_key, "api_version": AZURE_VERSION}
        return azure | {"max_retries": 0} | options


def _unkept(options: dict[str, Any]) -> dict[str, Any]:
    """A connection that outlived its event loop would warn of itself in some later test."""
    from openai import DEFAULT_CONNECTION_LIMITS, DefaultAsyncHttpxClient

    limits = type(DEFAULT_CONNECTION_LIMITS)(max_keepalive_connections=0)
    return {"http_client": DefaultAsyncHttpxClient(limits=limits)} | options


@contextmanager
def fresh(
    server: Server | RunningServer, key: str = "sk-test", arrangement: Arrangement | None = None
) -> Iterator[FakeOpenAI]:
    """A fresh world on a server, forgotten when the block ends."""
    wanted = arrangement or Arrangement()
    world = server.emulator.open(key, wanted.settings(server.emulator.settings))
    fake = FakeOpenAI(server, key, wanted)
    try:
        wanted.arrange(world)
        yield fake
    finally:
        fake.close()
        server.emulator.drop(key)
