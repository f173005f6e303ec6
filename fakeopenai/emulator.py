"""The path of a request, top to bottom: what comes in, what stands in its way, who answers, what goes out."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from functools import cache, partial
from threading import RLock
from typing import TYPE_CHECKING

import msgspec

from fakeopenai import access, account, api, errors, headers, keys, limits, rationing, retired
from fakeopenai.blob import Packed
from fakeopenai.errors import ApiError
from fakeopenai.operations import Operation, Operations, foreign
from fakeopenai.resource import Reader, blank
from fakeopenai.rules import Rule, Shelf
from fakeopenai.schema import Checker, types
from fakeopenai.state import State
from fakeopenai.wire import Call, Handler, Reply, Request
from fakeopenai.world import Exchange, Settings, World, world_name

if TYPE_CHECKING:
    from fakeopenai.recording.recorder import Recorder
    from fakeopenai.recording.upstream import Upstream

PASSING = frozenset({"proxy", "record"})
"""The ways of unmatched requests that lead to the upstream."""

_encode = msgspec.json.Encoder().encode


class Emulator:
    """All worlds of one server. `respond` is the whole API; nothing in it waits or touches the network."""

    def __init__(
        self,
        settings: Settings | None = None,
        rules: Iterable[Rule] = (),
        handlers: Mapping[str, Handler] = api.HANDLERS,
        readers: Mapping[str, Reader] = api.READERS,
        *,
        state: State | None = None,
        upstream: Upstream | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.upstream = upstream
        self.recorder = recorder
        self.operations = Operations.load()
        self.checker = Checker(types())
        self.rules = Shelf(rules)
        self.worlds: OrderedDict[str, World] = OrderedDict()
        self._handler = cache(handlers.get)
        self._reader = cache(readers.get)
        self.state = state
        self.turn: AbstractContextManager[object] = state or RLock()

    def respond(self, request: Request) -> Reply:
        """Answer a request; the reply's body is encoded. Threads take turns, and each is kept if there is a state."""
        with self.turn:
            return self._respond(request)

    def _respond(self, request: Request) -> Reply:
        try:
            if not request.root:
                raise errors.unknown_request_url(request.method, request.path)
            if request.dialect:
                request.dialect.read(request, self.settings, self.worlds.get(world_name(request.key)))
            operation, path = self._found(request)
            world = self.world(self.admitted(request, operation))
        except ApiError as error:
            return encoded(self._stranger(request, error))
        return self._serve(request, operation, path, world)

    def _found(self, request: Request) -> tuple[Operation, dict[str, str]]:
        """The operation of a request; where requests are passed on or replayed, its own if the table has none."""
        try:
            return self.operations.match(request.method, request.path, request.query)
        except ApiError:
            world = self.worlds.get(world_name(request.key))
            replays = world.rules.replays if world else bool(self.rules.exact)
            if self.upstream is None and not replays:
                raise
            return foreign(request.method, request.path), {}

    def _serve(self, request: Request, operation: Operation, path: dict[str, str], world: World) -> Reply:
        key = str(operation)
        call = Call(request, operation, path, world, world.names_for(request), read=self._reader(key))
        exchange = Exchange(request, key)
        world.journal.append(exchange)
        try:
            call.holder = access.admit(call)
            reply = self.answer(call, exchange)
            if reply.passing:
                return reply
            if reply.status < 400:
                batch = account.BATCH in request.headers
                account.count(world, key, request.body, reply.body, call.holder, batch=batch)
        except ApiError as error:
            reply = error.reply()
            if not error.gateway:
                reply.headers = limits.refusal_headers(call) | reply.headers
        if call.holder:
            access.sign(call.holder, reply)
        headers.dress(reply, call.names, operation, world)
        if request.dialect:
            request.dialect.write(reply, call.names, request, call)
        exchange.end(encoded(reply))
        return reply

    def answer(self, call: Call, exchange: Exchange) -> Reply:
        """Count the request and check it, let a rule speak, else the handler."""
        rationing.count_request(call)
        try:
            self.check(call)
        except ApiError:
            if reply := self._unchecked(call, exchange):
                return reply
            raise
        access.check(call)
        rationing.charge(call)
        rule = call.rule = call.world.rules.first(call)
        if rule is None:
            exchange.unmatched = call
            return self._unmatched(call, exchange)
        exchange.rule = rule.label
        call.names.give(rule.ids(call))
        if rule.proxied:
            return self._passed_on(call, exchange)
        error = rule.error(call)
        reply = error.reply() if error else rule.reply(call) or self._fated(call, rule)
        rule.deliver(call, reply)
        if reply.events is not None and not reply.failed:
            reply.events = rule.failing(call, reply.events)
        return reply

    def _unchecked(self, call: Call, exchange: Exchange) -> Reply | None:
        """What answers a request that the API would refuse: its recording, or the upstream if it is asked."""
        if rule := call.world.rules.exact(call):
            exchange.rule = rule.label
            return rule.reply(call)
        if call.world.unmatched not in PASSING:
            return None
        exchange.unmatched = call
        return self._passed_on(call, exchange)

    def _passed_on(self, call: Call, exchange: Exchange) -> Reply:
        from fakeopenai.recording.passing import Passing, no_upstream  # few ever pass anything on

        if self.upstream is None:
            raise no_upstream()
        recorder = call.world.recorder if call.world.settings.unmatched == "record" else None
        delay = call.rule.pace.delay if call.rule and call.rule.pace else 0
        return Reply(passing=Passing(self.upstream, call, exchange, self.turn, recorder, delay))

    def _unmatched(self, call: Call, exchange: Exchange) -> Reply:
        """What answers where no rule does; unless all is passed on, only questions to a model need one."""
        way = call.world.unmatched
        if way == "answer":
            return self.handle(call)
        if way in PASSING:
            return self._passed_on(call, exchange)
        asks = call.read is not None or str(call.operation) in limits.RATED
        if way == "error" and (asks or call.world.sealed):
            raise errors.no_rule(f"{call.world.sealed} {call.world.rules.explain(call)}".strip())
        if way == "stub" and asks:
            from fakeopenai import stub  # few want the smallest answer

            return stub.answer(call)
        return self.handle(call)

    def check(self, call: Call) -> None:
        """Refuse what the API would refuse, in its wording; coerce what came as text."""
        operation, request = call.operation, call.request
        if not operation.id:
            self.operations.match(request.method, request.path, request.query)  # says what is wrong with it
        if today := call.world.settings.as_of:
            retired.check(call, today)
        if operation.beta and operation.beta not in request.headers.get("openai-beta", ""):
            raise errors.beta_required(operation.beta, request.headers.get("openai-beta", ""))
        request.query = self.checker.query(operation, request.query)
        if request.fault:
            raise request.fault
        if operation.body is None:
            return
        if request.is_form:
            request.body = self.checker.form(operation, request.body)
        else:
            self.checker.body(operation, request.body)
            request.body = {} if request.body is None else request.body
        if call.read:
            call.ask()

    def _fated(self, call: Call, rule: Rule) -> Reply:
        """What the handler answers, while the rule decides what becomes of the jobs that it begins."""
        fate = rule.fate(call)
        if fate is None:
            return self.handle(call)
        with call.world.clock.fated(fate):
            return self.handle(call)

    def handle(self, call: Call) -> Reply:
        handler = self._handler(str(call.operation))
        return handler(call) if handler else synthesised(call)

    def admitted(self, request: Request, operation: Operation) -> str:
        """The key that a request comes with, if it is one that counts."""
        key = request.key
        if not key:
            raise errors.no_key(operation.path)
        known = self.settings.keys
        if key.startswith("sk-invalid") or (known and key not in known and not keys.maker(key)):
            raise errors.incorrect_key(key, operation.path)
        return key

    def world(self, key: str) -> World:
        """The world of a key, made when it is first seen; the least recently used one makes room for it."""
        name = world_name(key)
        world = self.worlds.get(name)
        if world is None:
            world = self.worlds[name] = self._new_world(name, self.settings)
            if len(self.worlds) > self.settings.worlds:
                self.worlds.popitem(last=False)
        else:
            self.worlds.move_to_end(name)
        return world

    def open(self, key: str, settings: Settings | None = None) -> World:
        """A fresh world for this key, with settings of its own if they are given."""
        self.drop(key)
        world = self._new_world(world_name(key), settings or self.settings)
        self.worlds[world.name] = world
        return world

    def find(self, key: str) -> World | None:
        """The world of a key, if there is one."""
        name = world_name(key)
        known = name in self.worlds or (self.state is not None and name in self.state)
        return self.world(key) if known else None

    def names(self) -> list[str]:
        """The names of all worlds there are, in memory or kept."""
        return list(dict.fromkeys([*(self.state.worlds() if self.state else ()), *self.worlds]))

    def _new_world(self, name: str, settings: Settings) -> World:
        world = World(name, settings, api.COURSES, self.rules, self.state.store(name) if self.state else None)
        world.answer, world.turn = partial(self._from_within, world), self.turn
        world.recorder = self.recorder
        if self.recorder and self.recorder.shelf is not None:
            world.rules.lay_below(self.recorder.shelf)
        if self.state:
            self.state.take(world)
        return world

    def _from_within(self, world: World, request: Request) -> Reply:
        """Answer what a job of a world asks, on the path of all requests but for the key."""
        operation, path = self.operations.match(request.method, request.path, request.query)
        return self._serve(request, operation, path, world)

    def drop(self, key: str) -> None:
        """Forget the world of this key, if there is one."""
        self.worlds.pop(world_name(key), None)
        if self.state:
            self.state.forget(world_name(key))

    def _stranger(self, request: Request, error: ApiError) -> Reply:
        reply = error.reply()
        names = World("", self.settings).names(f"{request.method} {request.path}")
        headers.dress(reply, names, None, None)
        if request.dialect:
            request.dialect.write(reply, names, request, None)
        if world := self.worlds.get(world_name(request.key)):
            world.journal.append(Exchange(request, reply=reply))
        return reply


def encoded(reply: Reply) -> Reply:
    """Encode a JSON body, once."""
    if reply.events is None and not isinstance(reply.body, bytes | Packed):
        reply.body = b"" if reply.body is None else _encode(reply.body)
    return reply


def synthesised(call: Call) -> Reply:
    """The smallest answer that fits, for an operation that has no handler."""
    kind = call.operation.reply_kind
    if kind == "empty":
        return Reply(status=204)
    if kind == "json":
        return Reply(blank(call.operation))
    return Reply(b"", media=call.operation.media)
