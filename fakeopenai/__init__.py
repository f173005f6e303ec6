"""The OpenAI API on your own machine: deterministic, stateful and complete."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fakeopenai.inprocess import Transport
    from fakeopenai.plugin.testcase import FakeOpenAITestCase
    from fakeopenai.rules import Rule, RuleError, on
    from fakeopenai.serving import Server, serve
    from fakeopenai.testing import FakeOpenAI, fresh
    from fakeopenai.world import Settings

__version__ = "0.1.0"

__all__ = [
    "FakeOpenAI",
    "FakeOpenAITestCase",
    "Rule",
    "RuleError",
    "Server",
    "Settings",
    "Transport",
    "fresh",
    "on",
    "serve",
]

_HOMES = {
    "FakeOpenAI": "testing",
    "FakeOpenAITestCase": "plugin.testcase",
    "Rule": "rules",
    "RuleError": "rules",
    "Server": "serving",
    "Settings": "world",
    "Transport": "inprocess",
    "fresh": "testing",
    "on": "rules",
    "serve": "serving",
}
"""The module of each public name: importing the package is free, so that the pytest plugin costs nothing unused."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
