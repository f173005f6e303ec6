"""What a world, its projects and its models may ask for in a minute and in a day, and for how much money in a month.

    limits:
      requests_per_minute: 60
      hard_spend: 20
      models: {"gpt-4*": {tokens_per_minute: 10_000}}
      projects: {proj_abc: {requests_per_day: 200}}

Every model has a minute and a day of its own, as at the API: `requests_per_minute: 60` lets 60 requests to one model
and 60 to another pass. Money is counted for all models together. `null` lifts a limit that would hold otherwise.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from fakeopenai.buckets import Bucket
from fakeopenai.rules.reading import Node
from fakeopenai.wire import Json, Object

RATES = ("requests_per_minute", "tokens_per_minute", "requests_per_day", "tokens_per_day")
SPENDING = ("soft_spend", "hard_spend")


class Scope(NamedTuple):
    """Whom an allowance is for: one project or all of the world, each model that fits a glob or every model."""

    project: str = ""
    model: str = ""


class Allowance(msgspec.Struct, omit_defaults=True, frozen=True):
    """How much is allowed; None allows any amount, and what is unset is left to wider scopes.

    Spending is in US dollars a calendar month; the soft limit refuses nothing.
    """

    requests_per_minute: int | UnsetType | None = UNSET
    tokens_per_minute: int | UnsetType | None = UNSET
    requests_per_day: int | UnsetType | None = UNSET
    tokens_per_day: int | UnsetType | None = UNSET
    soft_spend: float | UnsetType | None = UNSET
    hard_spend: float | UnsetType | None = UNSET

    def buckets(self) -> Iterator[Bucket]:
        """The buckets to fill. Those of a day come last: where there are both, the headers tell of the day."""
        if isinstance(self.requests_per_minute, int):
            yield Bucket("requests", self.requests_per_minute)
        if isinstance(self.tokens_per_minute, int):
            yield Bucket("tokens", self.tokens_per_minute)
        if isinstance(self.requests_per_day, int):
            yield Bucket("requests", self.requests_per_day, 86_400)
        if isinstance(self.tokens_per_day, int):
            yield Bucket("tokens", self.tokens_per_day, 86_400)


Allowances = dict[Scope, Allowance]


def read(words: Mapping[str, Json] | Node) -> Allowances:
    """Read allowances in the form above. Raises RuleError."""
    node = words if isinstance(words, Node) else Node(words, "limits")
    return {scope: allowance for scope, allowance in _scopes(node, "") if allowance != Allowance()}


def written(allowances: Allowances) -> Object:
    """Allowances in the form above."""
    words: Object = {}
    for scope, allowance in allowances.items():
        place = words.setdefault("projects", {}).setdefault(scope.project, {}) if scope.project else words
        if scope.model:
            place = place.setdefault("models", {}).setdefault(scope.model, {})
        place |= msgspec.to_builtins(allowance)
    return words


def allowed(allowances: Allowances, project: str, names: Collection[str] = ()) -> Allowance:
    """What a project, or the world if it is "", may ask of a model that has these names.

    Each number is that of the nearest scope that gives it: the model's own, a glob's in their order, every model's.
    """
    models = [scope.model for scope in allowances if scope.project == project and scope.model]
    exact = [model for model in models if model in names]
    globs = [model for model in models if model not in exact and any(fnmatchcase(name, model) for name in names)]
    found: Object = {}
    for model in (*exact, *globs, ""):
        found = msgspec.to_builtins(allowances.get(Scope(project, model), Allowance())) | found
    return Allowance(**found)


def _scopes(node: Node, project: str) -> Iterator[tuple[Scope, Allowance]]:
    inner = ("models",) if project else ("models", "projects")
    given = {entry.name: entry for entry in node.entries((*RATES, *SPENDING, *inner))}
    yield Scope(project), _allowance(given)
    for model in given["models"].entries() if "models" in given else ():
        yield Scope(project, model.name), _allowance({rate.name: rate for rate in model.entries(RATES)})
    for each in given["projects"].entries() if "projects" in given else ():
        yield from _scopes(each, each.name)


def _allowance(given: Mapping[str, Node]) -> Allowance:
    found: Object = {}
    for word in (*RATES, *SPENDING):
        if word in given:
            node = given[word]
            found[word] = None if node.value is None else node.whole(1) if word in RATES else node.number()
    return Allowance(**found)
