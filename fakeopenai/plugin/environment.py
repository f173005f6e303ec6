"""The process as clients find it: the environment, and the official client's module, lead to one world for a while."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies_environment

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

ADDED = ("default_headers", "default_query")
"""What the client of that module writes into it."""

LEGACY = {
    "api_base": "OPENAI_API_BASE",
    "api_key": "OPENAI_API_KEY",
    "api_type": "OPENAI_API_TYPE",
    "api_version": "OPENAI_API_VERSION",
}
"""What the module of 2023 reads when it is imported."""

ABSENT = object()


@contextmanager
def leading_to(fake: FakeOpenAI) -> Iterator[None]:
    """Let clients that read the environment find this world."""
    wanted: dict[str, str | None] = {**dict.fromkeys(OTHERS), **fake.environment, **_past_proxies()}
    before = {name: os.environ.get(name) for name in wanted}
    _set(wanted)
    try:
        with _module(fake):
            yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _past_proxies() -> dict[str, str]:
    """Clients would ask a proxy that the environment names for the emulator, and it finds another machine there."""
    if not getproxies_environment():
        return {}
    return {name: ",".join(["127.0.0.1", *_named(name)]) for name in ("no_proxy", "NO_PROXY")}


def _named(variable: str) -> list[str]:
    given = os.environ.get(variable)
    return [given] if given else []


@contextmanager
def _module(fake: FakeOpenAI) -> Iterator[None]:
    """`openai.models.list()` has a client that outlives tests; the module of 2023 reads its key when it is imported."""
    module = sys.modules.get("openai")
    before = {name: getattr(module, name, ABSENT) for name in (*REMEMBERED, *ADDED, *LEGACY)}
    _assign(module, _attributes(fake, module))
    try:
        yield
    finally:
        _assign(module, before)


def _attributes(fake: FakeOpenAI, module: Any) -> dict[str, Any]:
    environment = fake.environment
    legacy = {name: environment.get(variable) for name, variable in LEGACY.items()}
    if hasattr(module, "api_base"):
        return legacy | {"api_type": legacy["api_type"] or "open_ai"}
    return dict.fromkeys(REMEMBERED) | {"api_type": legacy["api_type"], "api_key": fake.api_key}


def _assign(module: Any, attributes: Mapping[str, Any]) -> None:
    for name, value in attributes.items():
        if value is not ABSENT and module is not None:
            setattr(module, name, value)
