"""Everything one API key sees: its objects, its clock, its names, its rules, its journal."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Literal

import msgspec

from fakeopenai import allowances, keys, models
from fakeopenai.account import Account
from fakeopenai.allowances import Allowances, Scope
from fakeopenai.clock import Clock, Course
from fakeopenai.ids import Names
from fakeopenai.lessons import is_fine_tuned
from fakeopenai.models import Model
from fakeopenai.prefix_cache import PrefixCache
from fakeopenai.rules import Rule, RuleBook, Shelf
from fakeopenai.store import Drawer, MemoryStore, Store
from fakeopenai.wire import Call, Json, Object, Reply, Request

if TYPE_CHECKING:
    from fakeopenai.recording.recorder import Recorder

_canonical = msgspec.json.Encoder(order="sorted").encode

BULKY = 1 << 20
"""Bytes of a file, coming or going, that the journal doesn't remember."""

COUNTED = 50_000
"""How many different requests a world counts the repeats of; beyond it, the one not made for longest begins anew."""

KEY_PREFIXES = ("sk-proj-", "sk-admin-", "sk-svcacct-", "sk-")


Unmatched = Literal["answer", "error", "stub", "proxy", "record"]
"""What becomes of a request that no rule matches.

It is answered as usual, refused if it asks a model, answered by the smallest thing that fits, or passed on to the
upstream, whose answer may be recorded.
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """What whoever starts the emulator decides for all its worlds.

    `keys` are the only names accepted when there are any. `any_model` accepts model names of no known family. `journal`
    is how many exchanges a world remembers, `worlds` how many worlds are kept, the least recently used dropped first.
    `deployments` are the only ones that Azure's paths know when there are any, and the model of each.
    `limits` are what each world may ask for, in the form of `allowances`.
    `as_of` is the day, `2024-01-04`, or month whose API this is; without one nothing is retired and all looks as today.
    `timing` says whether recorded answers take the time that they took.
    With a `rate` time passes by itself, that many seconds for each second of `wall`.
    """

    seed: int = 0
    keys: frozenset[str] = frozenset()
    any_model: bool = False
    unmatched: Unmatched = "answer"
    timing: Literal["original", "at_once"] = "at_once"
    stub: bool = False
    as_of: str = ""
    deployments: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, Json] = field(default_factory=dict)
    journal: int = 1000
    worlds: int = 1000
    rate: float | None = None
    wall: Callable[[], float] = field(default=lambda: 0.0)


@dataclass(slots=True)
class Exchange:
    """A request and what was answered; `reply.body` is as it went out.

    `rule` names the rule that spoke; `unmatched` is the call that no rule matched.
    """

    request: Request
    operation: str = ""
    reply: Reply | None = None
    rule: str = ""
    unmatched: Call | None = None

    @property
    def status(self) -> int:
        return self.reply.status if self.reply else 0

    def end(self, reply: Reply) -> None:
        """Remember what was answered, but not the bytes of large files."""
        for uploads in self.request.files.values():
            uploads[:] = [each if len(each.content) < BULKY else each._replace(content=b"") for each in uploads]
        bulky = "json" not in reply.media and reply.events is None and len(reply.body) >= BULKY
        self.reply = replace(reply, body=b"") if bulky else reply


class World:
    """One user's API: nothing in it is seen by any other.

    `answer` answers the requests of the world's own jobs, such as the rows of a batch. What befalls the world outside
    of a request, befalls it in a `turn`, so that nothing comes between. Its emulator sets both. A `sealed` world has
    nothing but its rules, and says this where none fits.
    """

    def __init__(
        self,
        name: str,
        settings: Settings | None = None,
        courses: Mapping[str, Course] | None = None,
        rules: Shelf | None = None,
        store: Store | None = None,
    ) -> None:
        self.name = name
        self.settings = settings or Settings()
        self.sow(self.settings.seed)
        self.store: Store = store or MemoryStore()
        self._given_limits = allowances.read(self.settings.limits) if self.settings.limits else {}
        self.clock: Clock = Clock(self, {} if courses is None else courses, self.settings.wall)
        self.rules: RuleBook = RuleBook(Shelf() if rules is None else rules, now=lambda: self.clock.now)
        self.journal: deque[Exchange] = deque(maxlen=self.settings.journal)
        self.answer: Callable[[Request], Reply] = _nobody
        self.account: Account = {}
        self.allowances: Allowances = {}
        self.levels: dict[Scope, Object] = {}
        self.prefixes = PrefixCache()
        self.seen: dict[bytes, int] = {}
        self.shelved: list[list[Rule]] = []
        self.turn: AbstractContextManager[object] = nullcontext()
        self.recorder: Recorder | None = None
        self.sealed = ""
        if self.settings.rate is not None:
            self.clock.run("rate", self.settings.rate)
        elif rules is not None:
            self.clock.follow(rules.clock)

    def sow(self, seed: int) -> None:
        """Let all that is generated follow from this number from now on."""
        self.settings = replace(self.settings, seed=seed)
        self.seed = blake2b(f"world {seed}".encode(), digest_size=16).digest()

    @property
    def limits(self) -> Allowances:
        """What may be asked: what was set for this world, and what the server's settings say beside it."""
        return self._given_limits | self.allowances if self._given_limits else self.allowances

    @property
    def unmatched(self) -> str:
        """What becomes of requests that no rule matches: what the files of rules say of them, else the settings."""
        return self.rules.unmatched or self.settings.unmatched

    def drawer(self, path: str) -> Drawer:
        """The objects of a collection, by its URL."""
        return Drawer(self.store, path)

    def model(self, name: str) -> Model | None:
        """The model of that name that this world can use. A deleted fine-tuned model can be used no more."""
        if is_fine_tuned(name) and name in self.drawer("/models/deleted"):
            return None
        found = models.find(name)
        return found or (models.assume(name) if self.settings.any_model else None)

    def model_of(self, name: str, kind: models.Kind) -> Model | None:
        """The model of that name, if it is of that kind, or if nobody knows it and any name is accepted."""
        found = self.model(name)
        if found is None or found.kind == kind:
            return found
        return models.assume(name, kind) if models.find(name) is None else None

    def names(self, label: str) -> Names:
        """Names for something that no request makes at once, such as the output file of a job."""
        return Names(blake2b(label.encode(), key=self.seed, digest_size=16).digest(), self.clock.now)

    def names_for(self, request: Request) -> Names:
        """Names that follow from what is asked and from how often it was asked before, never from other requests."""
        asked = self._digest(request)
        nth = self.seen.pop(asked, 0)
        self.seen[asked] = nth + 1
        if len(self.seen) > COUNTED:
            del self.seen[next(iter(self.seen))]
        return Names(blake2b(b"%b%d" % (asked, nth), digest_size=16).digest() if nth else asked, self.clock.now)

    def _digest(self, request: Request) -> bytes:
        asked = _canonical([request.method, request.path, request.query, request.body])
        digest = blake2b(self.seed + asked, digest_size=16)
        for field_name, uploads in request.files.items():
            for upload in uploads:
                digest.update(field_name.encode() + upload.content)
        return digest.digest()


def _nobody(request: Request) -> Reply:
    raise RuntimeError(f"a world without an emulator cannot answer {request.method} {request.path}")


@lru_cache(maxsize=1024)
def world_name(key: str) -> str:
    """The world of a key: `sk-`, `sk-proj-`, `sk-admin-` and `sk-svcacct-` of one name are one world.

    A key that a world made leads back to it.
    """
    if keys.MARK in key and (maker := keys.maker(key)):
        return maker
    for prefix in KEY_PREFIXES:
        if key.startswith(prefix):
            return key[len(prefix) :] or key
    return key
