"""Worlds on a server that runs already, elsewhere or in another language's program, through its control API.

They are what worlds of this process are to a test, but for what needs their memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from http.client import HTTPException
from itertools import chain
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from fakeopenai import wire
from fakeopenai.operations import Operations
from fakeopenai.rules import On, Rule, RuleError, Shelf
from fakeopenai.wire import Json, Object, Reply
from fakeopenai.world import Exchange, Settings, world_name

if TYPE_CHECKING:
    from fakeopenai.clock import Mode
    from fakeopenai.wire import Call

PATIENCE = 30.0
"""Seconds that the server may take to answer."""

SERVERS = ("seed", "unmatched", "as_of", "keys", "any_model", "stub", "deployments")
"""Settings that a server has for all its worlds."""


class ElsewhereError(RuntimeError):
    """What a server that runs already cannot do, or does not."""


class Control:
    """The control API of a server. Raises ElsewhereError where there is none, or where it refuses."""

    def __init__(self, origin: str, token: str = "") -> None:
        self._root = f"{origin}/_fakeopenai"
        self._headers = {"content-type": "application/json"}
        if token:
            self._headers["authorization"] = f"Bearer {token}"
        self._open = build_opener(ProxyHandler({})).open

    def ask(self, method: str, path: str, body: Json = None) -> Json:
        data = None if body is None else json.dumps(body).encode()
        request = Request(self._root + path, data, self._headers, method=method)  # noqa: S310  the user's own URL
        try:
            with self._open(request, timeout=PATIENCE) as response:
                text = response.read()
        except HTTPError as error:
            raise ElsewhereError(f"{method} {self._root}{path}: {error.code} {_reason(error.read())}") from None
        except (OSError, HTTPException) as error:
            raise ElsewhereError(f"there is no fakeopenai at {self._root}: {error}") from None
        return json.loads(text) if text else None


class RunningServer:
    """A server at a URL, `http://host:port` with or without `/v1`, as the plugin knows its own.

    The rules hold in each of the worlds that are opened here.
    """

    def __init__(self, url: str, token: str = "", settings: Settings | None = None, rules: Iterable[Rule] = ()) -> None:
        address = urlsplit(url)
        if address.scheme not in {"http", "https"} or not address.netloc:
            raise ElsewhereError(f"'{url}' is no URL; it should look like http://127.0.0.1:8000")
        self.origin = f"{address.scheme}://{address.netloc}"
        self.host = address.hostname or ""
        self.port = address.port or (443 if address.scheme == "https" else 80)
        control = Control(self.origin, token)
        control.ask("GET", "/health")
        self.emulator = RunningEmulator(control, settings or Settings(), Shelf(rules))

    @property
    def base_url(self) -> str:
        return f"{self.origin}/v1"


class RunningEmulator:
    """The worlds of such a server. What is decided for all of them is not for one test to change."""

    def __init__(self, control: Control, settings: Settings, rules: Shelf) -> None:
        self.settings = settings
        self.rules = rules
        self.operations = Operations.load()
        self._control = control
        self._worlds: dict[str, RunningWorld] = {}

    def world(self, key: str) -> RunningWorld:
        name = world_name(key)
        if name not in self._worlds:
            self._worlds[name] = RunningWorld(self._control, name, self.rules)
        return self._worlds[name]

    def open(self, key: str, settings: Settings) -> RunningWorld:
        """A fresh world for this key. Raises ElsewhereError for settings that only the server can have."""
        for word in SERVERS:
            if (wanted := getattr(settings, word)) != getattr(Settings(), word):
                raise ElsewhereError(f"a server that runs already has its own '{word}'; {wanted!r} can't be had there")
        self.drop(key)
        world = self.world(key)
        if settings.limits:
            world.ask("PUT", "/limits", dict(settings.limits))
        return world

    def drop(self, key: str) -> None:
        if self.world(key).has_begun:
            self.world(key).ask("DELETE")
        del self._worlds[world_name(key)]


class RunningWorld:
    """A world of such a server."""

    def __init__(self, control: Control, name: str, shared: Shelf) -> None:
        self.name = name
        self.clock = RunningClock(self)
        self.rules = RunningRules(self, shared)
        self._control = control

    def ask(self, method: str, path: str = "", body: Json = None) -> Json:
        return self._control.ask(method, f"/worlds/{quote(self.name, safe='')}{path}", body)

    @property
    def has_begun(self) -> bool:
        """Worlds begin when something is first asked of them."""
        return self.name in self._control.ask("GET", "/worlds")["worlds"]

    @property
    def journal(self) -> list[Exchange]:
        """The requests so far, without their headers; of the answers what is JSON."""
        return [_exchange(told) for told in self.ask("GET", "/journal")["requests"]] if self.has_begun else []

    def dump(self) -> Object:
        state: Object = self.ask("GET", "/state")
        return state

    def load(self, state: Json) -> None:
        self.ask("PUT", "/state", state)


class RunningClock:
    """The clock of such a world."""

    def __init__(self, world: RunningWorld) -> None:
        self._world = world

    @property
    def now(self) -> float:
        return float(self._world.ask("POST", "/clock/advance", {"seconds": 0})["now"])

    @property
    def mode(self) -> Mode:
        mode: Mode = self._world.ask("POST", "/clock/advance", {"seconds": 0})["mode"]
        return mode

    def run(self, mode: Mode, rate: float = 1.0, _: Callable[[], float] | None = None) -> None:
        """Choose what moves the clock."""
        self._world.ask("PATCH", "/clock", {"mode": mode} | ({"rate": rate} if mode == "rate" else {}))

    def advance(self, seconds: float) -> None:
        """Let time pass, with all that falls due in it."""
        self._world.ask("POST", "/clock/advance", {"seconds": seconds})


class RunningRules:
    """The rules of such a world: they are here, and all of them are sent there when one changes."""

    def __init__(self, world: RunningWorld, shared: Shelf) -> None:
        self._world = world
        self._shelves = [RunningShelf(self.send), shared]

    def __len__(self) -> int:
        return sum(map(len, self._shelves))

    def __iter__(self) -> Iterator[Rule]:
        return chain.from_iterable(shelf.rules for shelf in self._shelves)

    @property
    def on(self) -> On:
        return On(self._shelves[0])

    @property
    def unused(self) -> list[Rule]:
        """The rules that have never spoken."""
        told = self._world.ask("GET", "/rules")["rules"] if self._world.has_begun else []
        return [rule for rule, each in zip(self, told, strict=False) if not each["uses"]]

    def unused_above(self, shelf: Shelf) -> list[Rule]:
        """The rules that have never spoken, without those of a shelf."""
        below = set(map(id, shelf.rules))
        return [rule for rule in self.unused if id(rule) not in below]

    def explain(self, _: Call) -> str:
        """Nothing: only the server knows which rule came near."""
        return ""

    def extend(self, rules: Iterable[Rule]) -> None:
        self._shelves[0].add(*rules)

    def push(self) -> None:
        """Put the rules that follow before those there are."""
        self._shelves.insert(0, RunningShelf(self.send))

    def send(self) -> None:
        """Let the server have these rules, and no others before its own."""
        if len(self):
            self._world.ask("PUT", "/rules?counts=keep", [_sent(rule) for rule in self])


class RunningShelf(Shelf):
    """A shelf whose rules are sent when they change."""

    def __init__(self, send: Callable[[], None]) -> None:
        super().__init__()
        self._send = send

    def add(self, *rules: Rule) -> None:
        super().add(*rules)
        self._send()

    def replace(self, old: Rule, new: Rule) -> None:
        super().replace(old, new)
        self._send()


def _sent(rule: Rule) -> Object:
    """A rule as the server reads it, under the name that it has here."""
    words = {"name": rule.label, **rule.words}
    try:
        json.dumps(words)
    except TypeError:
        raise RuleError(f"{rule.label}: a Python function can't be sent to a server that runs already") from None
    return words


def _exchange(told: Object) -> Exchange:
    request = wire.Request(told["method"], told["path"], told["query"], {}, told["body"])
    return Exchange(request, told["operation"], Reply(told["reply"], told["status"]), told["rule"])


def _reason(text: bytes) -> str:
    try:
        return str(json.loads(text)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return text.decode(errors="replace")[:200]
