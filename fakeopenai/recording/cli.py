"""The command line's part in recording: `fakeopenai record`, and the options of `serve` that lead to an upstream."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import click

if TYPE_CHECKING:
    from fakeopenai.recording.recorder import Recorder
    from fakeopenai.recording.tape import Tape
    from fakeopenai.recording.upstream import Upstream
    from fakeopenai.serving import Server

F = TypeVar("F", bound=Callable[..., Any])

WAYS = ("answer", "error", "stub", "proxy", "record")


def _patterns(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        try:
            re.compile(value)
        except re.error as error:
            raise click.BadParameter(f"{value!r} is no regular expression: {error}") from None
    return values


def _upstream(_context: click.Context, _option: click.Parameter, value: str | None) -> Upstream | None:
    if not value:
        return None
    from fakeopenai.recording.upstream import Upstream, UpstreamError

    try:
        return Upstream(value)
    except UpstreamError as error:
        raise click.BadParameter(str(error)) from None


def _upstream_option(*, required: bool = False) -> Callable[[F], F]:
    return click.option(
        "--upstream",
        callback=_upstream,
        required=required,
        metavar="URL",
        envvar="FAKEOPENAI_UPSTREAM",
        help="Base URL of the API that requests are passed on to, such as https://api.openai.com/v1.",
    )


_errors = click.option("--errors", is_flag=True, help="Record what the upstream fails at, too.")
_redact = click.option(
    "--redact",
    "patterns",
    multiple=True,
    callback=_patterns,
    metavar="REGEX",
    help="Never write down what this matches, beside keys and e-mail addresses. May be given several times.",
)


def passing_options(command: F) -> F:
    """The options of `serve` that say what becomes of requests which no rule matches."""
    unmatched = click.option(
        "--unmatched",
        type=click.Choice(WAYS),
        help="What becomes of requests that no rule matches. They are answered, if it isn't said.",
    )
    record = click.option(
        "--record",
        "tape",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Replay what was recorded there, and record there what wasn't. Needs --upstream.",
    )
    timing = click.option(
        "--timing",
        type=click.Choice(("original", "at_once")),
        default="at_once",
        show_default=True,
        help="Whether recorded answers take the time that they took.",
    )
    for option in (timing, _errors, _redact, record, _upstream_option(), unmatched):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Way:
    """Where unmatched requests go, as the options of `serve` say."""

    unmatched: Any = "answer"
    upstream: Upstream | None = None
    recorder: Recorder | None = None

    @classmethod
    def chosen(
        cls,
        *,
        strict: bool,
        unmatched: str | None,
        upstream: Upstream | None,
        tape: Path | None,
        errors: bool,
        patterns: tuple[str, ...],
    ) -> Way:
        """Raises UsageError for what doesn't go together."""
        chosen = unmatched or ("error" if strict else "record" if tape else "answer")
        if strict and chosen != "error":
            raise click.UsageError(f"--strict refuses what no rule answers; --unmatched {chosen} doesn't")
        if (chosen == "record") != (tape is not None):
            raise click.UsageError("--unmatched record and --record DIR go together")
        if chosen in {"proxy", "record"} and upstream is None:
            raise click.UsageError(f"say with --upstream URL where to {'ask' if chosen == 'proxy' else 'record'}")
        return cls(chosen, upstream, _recorder(tape, upstream, patterns, errors=errors) if tape and upstream else None)

    OPTIONS: ClassVar = ("strict", "unmatched", "upstream", "tape", "errors", "patterns")

    @property
    def edge(self) -> dict[str, Any]:
        """What an emulator needs to pass requests on."""
        return {"upstream": self.upstream, "recorder": self.recorder}

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that follow. What is passed on may be about models that nobody here knows."""
        return {"unmatched": self.unmatched} | ({"any_model": True} if self.passes else {})

    @property
    def passes(self) -> bool:
        return self.unmatched in {"proxy", "record"}


def _recorder(
    path: Path, upstream: Upstream, patterns: tuple[str, ...], *, errors: bool = False, replay: bool = True
) -> Recorder:
    from fakeopenai.recording.recorder import Recorder
    from fakeopenai.recording.redaction import Redactor
    from fakeopenai.recording.tape import Tape
    from fakeopenai.rules import RuleError, Shelf, load

    try:
        tape = Tape(path, upstream.url)
        tape.directory.mkdir(parents=True, exist_ok=True)
        shelf = Shelf(load([path]) if path.exists() else []) if replay else None
    except RuleError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{path} can't be written: {error.strerror}") from None
    return Recorder(tape, Redactor(patterns), errors=errors, shelf=shelf)


@click.command()
@_upstream_option(required=True)
@click.option(
    "--out",
    "path",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where to write: a directory, which gets a file for each request, or one .yaml file.",
)
@click.option("--update", is_flag=True, help="Record a set anew: drop what isn't asked any more, tell what drifted.")
@_errors
@_redact
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="Port; a free one if it isn't said.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def record(
    upstream: Upstream,
    path: Path,
    patterns: tuple[str, ...],
    port: int,
    command: tuple[str, ...],
    *,
    update: bool,
    errors: bool,
) -> None:
    """Pass requests on to a real API and write down what it answers, as rules.

    Runs the command after `--` with OPENAI_BASE_URL set, and exits as it does; without one it records until Ctrl-C.
    """
    from fakeopenai.serving import serve
    from fakeopenai.world import Settings

    recorder = _recorder(path, upstream, patterns, errors=errors, replay=False)
    before = dict(recorder.tape.entries)
    with serve(
        port=port, settings=Settings(unmatched="record", any_model=True), upstream=upstream, recorder=recorder
    ) as server:
        code = _run(command, server) if command else _wait(server)
    click.echo(f"recorded {recorder.recorded} answers in {path}", err=True)
    if update:
        _tell_drift(before, recorder.tape, code)
    sys.exit(code)


def _run(command: tuple[str, ...], server: Server) -> int:
    """The exit code of the command, whose clients find the recorder."""
    from urllib.request import getproxies_environment

    environment = os.environ | {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_BASE": server.base_url}
    if getproxies_environment():
        environment |= {"NO_PROXY": f"127.0.0.1,{os.environ.get('NO_PROXY', '')}"}
        environment |= {"no_proxy": environment["NO_PROXY"]}
    try:
        return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603  the user's own command
    except OSError as error:
        raise click.ClickException(f"{command[0]} can't be run: {error.strerror}") from None


def _wait(server: Server) -> int:
    click.echo(f"recording at {server.base_url}\n\n  export OPENAI_BASE_URL={server.base_url}\n\nCtrl-C ends it.")
    sys.stdout.flush()
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        click.echo()
    return 0


def _tell_drift(before: Any, tape: Tape, code: int) -> None:
    """A command that failed may not have asked for everything, so nothing is dropped then."""
    from fakeopenai.recording.drift import drift

    if code:
        click.echo(f"the command failed ({code}); recordings that it didn't ask for were kept", err=True)
    else:
        tape.drop_old()
    lines = list(drift(before, tape.entries))
    click.echo("\n".join(lines) if lines else "nothing drifted")
