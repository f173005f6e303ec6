"""Import a source: find out what it is, make rules of it, and try whether they answer as it did."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from fakeopenai.importers import aimock, exchanges, har, mockllm, openai_log, vcr
from fakeopenai.importers.exchanges import Asked
from fakeopenai.importers.found import Found, Note, SourceError
from fakeopenai.recording.writing import written
from fakeopenai.rules import Rule
from fakeopenai.wire import Json, Object

FORMATS: dict[str, ModuleType] = {"vcr": vcr, "aimock": aimock, "mockllm": mockllm, "har": har}
"""Formats of YAML and JSON, the most telling first."""

LOG = "openai_log"
NAMES = (*FORMATS, LOG)

TOLD = 400
"""Characters of a note that go into the file."""


@dataclass(frozen=True)
class Imported:
    """A file of rules, and what is to be told of it."""

    text: str
    rules: int
    notes: list[Note]


def imported(path: Path, form: str = "") -> Imported:
    """What a source becomes; `form` is its format, which is found out where it isn't given. Raises SourceError."""
    found = _found(path, form)
    rules = found.rules
    for rule, members in exchanges.rules(found):
        rules.append(rule)
        found.notes += _lost(rule, members)
    if not rules and not found.notes:
        raise SourceError(f"{path}: there is nothing in it to import")
    return Imported(_file(path.name, rules, found.notes), len(rules), found.notes)


def _file(source: str, rules: list[Object], notes: list[Note]) -> str:
    head = [f"# Imported from {source}."]
    if notes:
        lines = (" ".join(str(note).split())[:TOLD] for note in notes)
        head += ["#", "# Not carried over:", *(f"#   {line}" for line in lines)]
    return "\n".join(head) + "\n\n" + written(rules)


def _lost(words: Object, members: list[Asked]) -> Iterator[Note]:
    """What the rule would not know again."""
    rule = Rule.read(words)
    for asked in members:
        if differences := rule.differences(asked.call):
            yield Note(asked.exchange.where, f"it would not be found again: {'; '.join(differences)}")


def _found(path: Path, form: str) -> Found:
    text = _text(path)
    if form == LOG or (not form and openai_log.fits(text)):
        return openai_log.read(text)
    data = _data(path, text)
    fitting = [module for name, module in FORMATS.items() if form in {"", name} and module.fits(data)]
    if not fitting:
        wanted = f"no file of {form}" if form else f"in none of the formats {', '.join(NAMES)}"
        raise SourceError(f"{path}: it is {wanted}")
    return _read(path, fitting[0], data)


def _read(path: Path, module: ModuleType, data: Json) -> Found:
    try:
        found: Found = module.read(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        name = module.__name__.rpartition(".")[2]
        raise SourceError(f"{path}: it is no proper file of {name}: {type(error).__name__}: {error}") from error
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: can't be read: {error}") from None


def _data(path: Path, text: str) -> Json:
    import yaml  # it takes 70 ms to import

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return json.loads(text) if path.suffix in {".json", ".har"} else yaml.load(text, loader)  # noqa: S506  it is safe
    except ValueError as error:
        raise SourceError(f"{path}: not JSON: {error}") from None
    except yaml.YAMLError as error:
        raise SourceError(f"{path}: not YAML: {error}") from None
