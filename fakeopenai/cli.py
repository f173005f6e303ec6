"""The command line: `fakeopenai serve`, `demo`, `fixtures`, `rules check`, `import`, `routes`."""

from __future__ import annotations

import gc
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fakeopenai import __version__
from fakeopenai.importers import command as importing
from fakeopenai.recording.cli import Way, passing_options, record

if TYPE_CHECKING:
    from fakeopenai.emulator import Emulator
    from fakeopenai.state import State
    from fakeopenai.wire import Object
    from fakeopenai.world import Settings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fakeopenai")
def main() -> None:
    """The OpenAI API on your own machine: deterministic, stateful and complete."""


def _day(_context: click.Context, _option: click.Parameter, value: str) -> str:
    from fakeopenai.retired import DAY  # the table of operations comes with it

    if value and not DAY.fullmatch(value):
        raise click.BadParameter(f"{value!r} is no day such as 2024-01-04, nor a month such as 2024-01")
    return value


def _deployments(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    pairs = [value.partition("=") for value in values]
    for name, _, model in pairs:
        if not name or not model:
            raise click.BadParameter("say which model it is: NAME=MODEL")
    return {name: model for name, _, model in pairs}


def _limits(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> Object:
    """`requests_per_minute=60`, or `gpt-4o:tokens_per_minute=1000` for some models alone."""
    if not values:
        return {}
    from fakeopenai import allowances, rules

    found: Object = {}
    for value in values:
        scope, equals, number = value.rpartition("=")
        model, _, word = scope.rpartition(":")
        place = found.setdefault("models", {}).setdefault(model, {}) if model else found
        if not equals:
            raise click.BadParameter(f"say how much, as in '{value}=60'")
        place[word] = _number(number)
    try:
        allowances.read(found)
    except rules.RuleError as error:
        raise click.BadParameter(str(error)) from None
    return found


def _number(text: str) -> float | str:
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text


def _situations(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> tuple[Path, ...]:
    from fakeopenai import fixtures, rules

    try:
        return tuple(map(fixtures.find, values))
    except rules.RuleError as error:
        raise click.BadParameter(str(error)) from None


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 picks a free one."
)
@click.option(
    "--rules",
    "paths",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="A rule file, or a directory of them. May be given several times.",
)
@click.option(
    "--load",
    "situations",
    multiple=True,
    callback=_situations,
    metavar="NAME",
    help="A situation that `fakeopenai fixtures` lists, or a path as for --rules. May be given several times.",
)
@click.option("--seed", default=0, show_default=True, help="All that is generated follows from this number.")
@click.option("--strict", is_flag=True, help="Refuse what no rule answers.")
@click.option("--key", "keys", multiple=True, help="Accept only this API key. May be given several times.")
@click.option("--as-of", default="", callback=_day, metavar="DATE", help="Retire what the API had retired by that day.")
@click.option(
    "--deployment",
    "deployments",
    multiple=True,
    callback=_deployments,
    metavar="NAME=MODEL",
    help="Have only these Azure deployments. May be given several times.",
)
@click.option(
    "--limit",
    "limits",
    multiple=True,
    callback=_limits,
    metavar="[MODEL:]WHAT=NUMBER",
    help="Hold each world to requests_per_minute, tokens_per_minute, requests_per_day or tokens_per_day of each model, "
    "or to soft_spend or hard_spend, in dollars a month. May be given several times.",
)
@passing_options
@click.option("--any-model", is_flag=True, help="Accept model names of no known family.")
@click.option("--stub", is_flag=True, help="No state: any id exists, and all answers are the smallest that fit.")
@click.option("--rate", type=click.FloatRange(min=0), help="Let time pass: virtual seconds for each real one.")
@click.option(
    "--state",
    "kept",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Keep everything in this file, or in a file of this directory. Without it nothing touches the disk.",
)
@click.option(
    "--control-token",
    "token",
    default="",
    envvar="FAKEOPENAI_CONTROL_TOKEN",
    help="Let the control API be used from anywhere with this token; else only this machine may use it.",
)
def serve(
    *,
    host: str,
    port: int,
    paths: tuple[Path, ...],
    situations: tuple[Path, ...],
    keys: tuple[str, ...],
    kept: Path | None,
    token: str,
    **options: Any,
) -> None:
    """Serve the API until Ctrl-C."""
    way = Way.chosen(**{name: options.pop(name) for name in Way.OPTIONS})
    if kept and options["stub"]:
        raise click.UsageError("--stub remembers nothing that --state could keep")
    gc.disable()  # what is imported stays; Server.run collects again
    from fakeopenai.world import Settings

    settings = Settings(keys=frozenset(keys), wall=time.monotonic, **options | way.settings)
    _serve(settings, way, host=host, port=port, paths=paths + situations, kept=kept, token=token)


def _serve(
    settings: Settings, way: Way, *, host: str, port: int, paths: tuple[Path, ...], kept: Path | None, token: str
) -> None:
    from fakeopenai import rules, serving
    from fakeopenai.emulator import Emulator

    try:
        script = rules.load(paths)
        state = _state(kept) if kept else None
        listening = serving.listen(host, port)
    except rules.RuleError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(_cannot_listen(host, port, error)) from None
    emulator = _stub(settings) if settings.stub else Emulator(settings, script, state=state, **way.edge)
    server = serving.Server(emulator, listening, token)
    if paths and not settings.stub:
        _watch(paths, emulator)
    click.echo(f"fakeopenai {__version__} answers at {server.base_url}")
    click.echo(f"\n  export OPENAI_BASE_URL={server.base_url} OPENAI_API_KEY=sk-test\n")
    click.echo("Ctrl-C ends it.")
    sys.stdout.flush()
    if state is None:
        server.run()
        return
    # uvicorn raises the signal that ended it once more; with a handler of ours the file is closed before.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        server.run()
    finally:
        state.close()


def _stub(settings: Settings) -> Emulator:
    from fakeopenai.stub import Stub

    return Stub(settings)


def _watch(paths: Iterable[Path], emulator: Emulator) -> None:
    """Read the files of rules again whenever they change."""
    from fakeopenai.watching import Watch

    Watch(paths, emulator.rules, emulator.turn).start()


def _state(path: Path) -> State:
    from fakeopenai.sqlite_store import StateError, StateFile
    from fakeopenai.state import State

    try:
        return State(StateFile(path))
    except StateError as error:
        raise click.ClickException(str(error)) from None


def _cannot_listen(host: str, port: int, error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return f"there is no address {host!r} on this machine; try --host 127.0.0.1"
    reason = (error.strerror or str(error)).lower()
    return f"cannot listen on {host}:{port}: {reason}. Choose another --port, or --port 0 for a free one."


main.add_command(record)
main.add_command(importing.main)


@main.command()
def demo() -> None:
    """Run a short real session against an emulator of its own."""
    from fakeopenai import demo

    demo.run()


@main.command()
def fixtures() -> None:
    """List the shipped situations, to be loaded by name."""
    from fakeopenai import fixtures

    shipped = fixtures.shipped()
    width = max(map(len, shipped))
    for name, file in shipped.items():
        click.echo(f"{name:<{width}}  {fixtures.title(file)}")


@main.group()
def rules() -> None:
    """Work on files of rules."""


@rules.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
def check(paths: tuple[str, ...]) -> None:
    """Look for mistakes in rules: files, directories or situations, as `serve` would load them together."""
    from fakeopenai import fixtures
    from fakeopenai.rules import RuleError, lint

    try:
        findings = lint.check([fixtures.find(path) for path in paths])
    except RuleError as error:
        raise click.ClickException(str(error)) from None
    for finding in findings:
        click.echo(finding)
    if findings:
        sys.exit(1)
    click.echo("nothing wrong")


@main.command()
@click.option("--summary", is_flag=True, help="Only the numbers.")
def routes(summary: bool) -> None:
    """List every operation and how it is answered; what only older or other clients know stands apart."""
    from fakeopenai.coverage import CLIENTS, answered

    rows = sorted(answered(), key=lambda row: CLIENTS.index(row.client))
    if not summary:
        for row in rows:
            click.echo(f"{row.client:<7} {row.how:<12} {row.operation.method:<6} {row.operation.path}")
    for client in CLIENTS:
        counted = Counter(row.how for row in rows if row.client == client)
        for how in ("implemented", "synthesised"):
            click.echo(f"{client:<7} {counted[how]:4} {how}")
