"""The process as clients find it: the environment, and the official client's module, lead to one world for a while."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.request import getproxies_environment

from fakeopenai.plugin.network import REAL

if TYPE_CHECKING:
    from fakeopenai.testing import FakeOpenAI

OTHERS = (
    "AZURE_OPENAI_AD_TOKEN",
    "AZURE_OPENAI_API_KEY",
    "AZURE_OPENAI_ENDPOINT",
    "OPENAI_API_TYPE",
    "OPENAI_API_VERSION",
    "OPENAI_CUSTOM_HEADERS",
    "OPENAI_ORGANIZATION",
    "OPENAI_ORG_ID",
    "OPENAI_PROJECT_ID",
)
"""What may name a real account. Two accounts at once would be ambiguous to the official client, too."""

REMEMBERED = (
    "_client",
    "admin_api_key",
    "api_key",
    "api_type",
    "api_version",
    "azure_ad_token",
    "azure_endpoint",
    "base_url",
    "organization",
    "project",
)
"""What the official client's module reads from the environment once, and keeps."""

ADDED = ("default_headers", "default_query", "http_client")
"""What a client of that module writes into it. It outlives the test that it was made in, as what it remembers would."""

LEGACY = {
    "api_base": "OPENAI_API_BASE",
    "api_key": "OPENAI_API_KEY",
    "api_type": "OPENAI_API_TYPE",
    "api_version": "OPENAI_API_VERSION",
}
"""What the module of 2023 reads when it is imported."""

INNERMOST = 1000
"""The depth of a world that is asked for by name, within all those of fixtures."""


@contextmanager
def leading_to(fake: FakeOpenAI, depth: int = INNERMOST) -> Iterator[None]:
    """Let clients that read the environment find this world, unless they are led to one of a greater depth."""
    lead = _Lead(fake, depth)
    lead.begin()
    try:
        yield
    finally:
        lead.end()


class _Lead:
    """What is set for one world, and what was there before. Those that are in force lie upon each other by depth."""

    in_force: ClassVar[list[_Lead]] = []

    def __init__(self, fake: FakeOpenAI, depth: int) -> None:
        self.depth = depth
        self._fake = fake
        self._variables: dict[str, str | None] = {}
        self._attributes: dict[str, Any] = {}

    def begin(self) -> None:
        with self._lifted():
            self.put_on()
        self.in_force.append(self)
        self.in_force.sort(key=lambda lead: lead.depth)

    def end(self) -> None:
        self.in_force.remove(self)
        with self._lifted():
            self.take_off()

    @contextmanager
    def _lifted(self) -> Iterator[None]:
        """Take off meanwhile what lies upon this."""
        above = [lead for lead in self.in_force if lead.depth > self.depth]
        for lead in reversed(above):
            lead.take_off()
        yield
        for lead in above:
            lead.put_on()

    def put_on(self) -> None:
        wanted = {**dict.fromkeys(OTHERS), **self._fake.environment, **_past_proxies(self._fake)}
        self._variables = {name: os.environ.get(name) for name in wanted}
        _put(wanted)
        module = sys.modules.get("openai")
        self._attributes = _found(module)
        _assign(module, _attributes(self._fake, module))

    def take_off(self) -> None:
        _put(self._variables)
        module = sys.modules.get("openai")
        before = self._attributes or _new(module)
        made = getattr(module, "_client", None)
        if made is not None and made is not before.get("_client"):
            made.close()
        _assign(module, before)


def _put(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _past_proxies(fake: FakeOpenAI) -> dict[str, str]:
    """Clients would ask a proxy that the environment names for the emulator, and it finds another machine there.

    They would ask it for the real API too, past the guard of the network; a recorder may.
    """
    if not getproxies_environment():
        return {}
    real = () if getattr(fake.server.emulator, "upstream", None) else REAL
    return {name: ",".join([fake.server.host, *real, *_named(name)]) for name in ("no_proxy", "NO_PROXY")}


def _named(variable: str) -> list[str]:
    given = os.environ.get(variable)
    return [given] if given else []


def _found(module: Any) -> dict[str, Any]:
    """The attributes that a module has, of those that matter here."""
    names = LEGACY if hasattr(module, "api_base") else (*REMEMBERED, *ADDED)
    return {name: getattr(module, name) for name in names if hasattr(module, name)}


def _new(module: Any) -> dict[str, Any]:
    """The attributes of a module that was imported meanwhile, as they would be anew; that of 2023 reads them then."""
    return {} if hasattr(module, "api_base") else dict.fromkeys(_found(module))


def _attributes(fake: FakeOpenAI, module: Any) -> dict[str, Any]:
    environment = fake.environment
    legacy = {name: environment.get(variable) for name, variable in LEGACY.items()}
    if hasattr(module, "api_base"):
        return legacy | {"api_type": legacy["api_type"] or "open_ai"}
    return dict.fromkeys(REMEMBERED) | {"api_type": legacy["api_type"], "api_key": fake.api_key}


def _assign(module: Any, attributes: Mapping[str, Any]) -> None:
    for name, value in attributes.items():
        if hasattr(module, name):
            setattr(module, name, value)
