"""`fakeopenai import`: rules from what other tools have recorded or scripted."""

from __future__ import annotations

import sys
from pathlib import Path

import click

NAMES = ("vcr", "aimock", "mockllm", "har", "openai_log")


@click.command("import")
@click.argument("sources", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="SOURCE...")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Directory of the rules.")
@click.option(
    "--format", "form", type=click.Choice(NAMES), default=None, help="What the sources are, if it isn't clear."
)
def main(sources: tuple[Path, ...], out: Path, form: str | None) -> None:
    """Make rules of VCR cassettes, aimock fixtures, mockllm YAML, HAR files or logs of the official client.

    A directory stands for all such files in it. What can't be carried over is told, and noted in the file of rules.
    Keys, cookies and e-mail addresses are not written down.
    """
    from fakeopenai.importers.found import SourceError
    from fakeopenai.importers.importing import imported

    failed = False
    for source, target in _targets(sources):
        try:
            result = imported(source, form or "")
        except SourceError as error:
            failed = failed or source in sources
            click.echo(f"{error}" if source in sources else f"{error}; left out", err=True)
            continue
        file = out / target
        _write(file, result.text)
        click.echo(f"{source} -> {file}: {_counted(result.rules, 'rule')}")
        for note in result.notes:
            click.echo(f"  {note}")
    if failed:
        sys.exit(1)


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    except OSError as error:
        raise click.ClickException(f"{file} can't be written: {error.strerror}") from None


def _targets(sources: tuple[Path, ...]) -> list[tuple[Path, Path]]:
    """Each file with its place in the directory of rules; two of one name get different ones."""
    pairs = [pair for source in sources for pair in _below(source)]
    taken: set[Path] = set()
    placed = []
    for source, place in pairs:
        target = place.with_suffix(".yaml")
        if target in taken:
            target = place.with_name(f"{place.stem}-{place.suffix[1:]}.yaml")
        taken.add(target)
        placed.append((source, target))
    return placed


def _below(source: Path) -> list[tuple[Path, Path]]:
    if source.is_file():
        return [(source, Path(source.name))]
    files = sorted(file for file in source.rglob("*") if file.suffix in SUFFIXES)
    return [(file, file.relative_to(source)) for file in files]


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


SUFFIXES = (".yaml", ".yml", ".json", ".har", ".log")
