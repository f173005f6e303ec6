"""What pytest's command line and its configuration may say to the plugin. Imported by every pytest run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import pytest

OPTIONS = {
    "rules": "A file or directory of rules that hold in every test.",
    "seed": "All that is generated follows from this number.",
    "unmatched": "What becomes of requests that no rule answers: answer (default), error, stub.",
    "strict": "Refuse what no rule answers: the same as --fakeopenai-unmatched=error.",
    "unused": "Whether tests fail when a rule of theirs never speaks: ignore (default) or error.",
    "block_network": "Fail tests that reach for other machines than this one.",
    "allowed_hosts": "A host that tests may reach all the same, or a glob of names or addresses.",
    "snapshot_volatile": "Regular expressions of what differs from run to run in requests that snapshots keep.",
    "update_snapshots": "Keep the requests that tests take snapshots of as they are now.",
    "summary": "Tell at the end which operations and parameters the tests have used, and which rules never spoke.",
    "url": "Have the worlds on a server that runs already, for example http://127.0.0.1:8000.",
}


CHOICES = {"unmatched": ("answer", "error", "stub"), "unused": ("ignore", "error")}


def add(parser: pytest.Parser) -> None:
    """Let pytest know them."""
    group = parser.getgroup("fakeopenai", "emulator of the OpenAI API")

    def option(flag: str, word: str, **details: Any) -> None:
        group.addoption(f"--fakeopenai-{flag}", dest=f"fakeopenai_{word}", help=OPTIONS[word], **details)

    option("rules", "rules", action="append", default=[], metavar="PATH")
    option("seed", "seed", type=int, metavar="N")
    option("unmatched", "unmatched", choices=CHOICES["unmatched"])
    option("strict", "strict", action="store_true")
    option("unused", "unused", choices=CHOICES["unused"])
    option("block-network", "block_network", action="store_true")
    option("allow-host", "allowed_hosts", action="append", default=[], metavar="HOST")
    option("update-snapshots", "update_snapshots", action="store_true")
    option("summary", "summary", action="store_true")
    option("url", "url", metavar="URL")
    parser.addini("fakeopenai_rules", OPTIONS["rules"], type="paths", default=[])
    parser.addini("fakeopenai_seed", OPTIONS["seed"], default="0")
    parser.addini("fakeopenai_unmatched", OPTIONS["unmatched"], default="answer")
    parser.addini("fakeopenai_strict", OPTIONS["strict"], type="bool", default=False)
    parser.addini("fakeopenai_unused", OPTIONS["unused"], default="ignore")
    parser.addini("fakeopenai_block_network", OPTIONS["block_network"], type="bool", default=False)
    parser.addini("fakeopenai_allowed_hosts", OPTIONS["allowed_hosts"], type="args", default=[])
    parser.addini("fakeopenai_snapshot_volatile", OPTIONS["snapshot_volatile"], type="linelist", default=[])


def check(config: pytest.Config) -> None:
    """Raises UsageError for what can't stand in a configuration file."""
    for word, valid in CHOICES.items():
        if (given := config.getini(f"fakeopenai_{word}")) not in valid:
            raise pytest.UsageError(f"fakeopenai_{word} must be one of {', '.join(valid)}, got '{given}'")
    if not (given := config.getini("fakeopenai_seed")).isdecimal():
        raise pytest.UsageError(f"fakeopenai_seed must be a whole number from 0, got '{given}'")


def told(config: pytest.Config) -> list[str]:
    """What holds for all tests, as the head of a run tells it."""
    ways = {"answer": [], "error": ["strict"]}
    url: str | None = config.option.fakeopenai_url
    return [
        f"seed {seed(config)}",
        *ways.get(unmatched(config), [f"unmatched: {unmatched(config)}"]),
        *([url] if url else []),
        *rules(config),
    ]


def choice(config: pytest.Config, word: str) -> Any:
    """What the command line says, else what the configuration does."""
    return getattr(config.option, f"fakeopenai_{word}") or config.getini(f"fakeopenai_{word}")


def rules(config: pytest.Config) -> list[str]:
    return [*config.option.fakeopenai_rules, *map(str, config.getini("fakeopenai_rules"))]


def seed(config: pytest.Config) -> int:
    given: int | None = config.option.fakeopenai_seed
    return int(config.getini("fakeopenai_seed")) if given is None else given


def unmatched(config: pytest.Config) -> Any:
    return "error" if choice(config, "strict") else choice(config, "unmatched")


def allowed_hosts(node: pytest.Item | pytest.Collector) -> list[str]:
    """The hosts that a test may reach, by its markers too."""
    config, markers = node.config, node.iter_markers("fakeopenai")
    hosts = [config.option.fakeopenai_allowed_hosts, config.getini("fakeopenai_allowed_hosts")]
    if url := config.option.fakeopenai_url:
        hosts.append([urlsplit(url).hostname or ""])
    hosts += [marker.kwargs.get("allowed_hosts", []) for marker in markers]
    return [host for several in hosts for host in _listed(several)]


def _listed(hosts: Any) -> list[str]:
    if isinstance(hosts, str):
        return [hosts]
    if not isinstance(hosts, Iterable):
        pytest.fail(f"'allowed_hosts' must be names of hosts, got {hosts!r}", pytrace=False)
    return [*map(str, hosts)]


def updates_whole_modules(config: pytest.Config) -> bool:
    """Whether snapshots are updated, and no test was asked for by its name or because it failed."""
    named = any("::" in argument for argument in config.args) or getattr(config.option, "lf", False)
    return bool(config.option.fakeopenai_update_snapshots) and not named
