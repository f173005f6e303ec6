"""Rules from files: YAML or JSON, a list of rules or a mapping with one under `rules`.

A mapping may also say with `unmatched` what becomes of requests that no rule fits: `answer`, `error` or `stub`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from fakeopenai.rules.reading import Node, RuleError
from fakeopenai.rules.rule import Rule

SUFFIXES = (".yaml", ".yml", ".json")
DOCUMENT = ("$schema", "unmatched", "rules")
UNMATCHED = ("answer", "error", "stub")
"""What a file may say of requests that no rule fits; those that are passed on need who starts the server."""


class Rules(list[Rule]):
    """The rules of files, and what becomes of requests that none fits, if a file says so."""

    def __init__(self, rules: Iterable[Rule] = (), unmatched: str = "") -> None:
        super().__init__(rules)
        self.unmatched = unmatched


def load(paths: Iterable[Path | str]) -> Rules:
    """The rules of files, and of directories in the order of their names. Raises RuleError with file and line."""
    found = [read(file) for path in paths for file in files(Path(path))]
    said = next((rules.unmatched for rules in found if rules.unmatched), "")
    return Rules((rule for rules in found for rule in rules), said)


def read(file: Path) -> Rules:
    """The rules of one file."""
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RuleError(f"{file}: can't be read: {error}") from None
    return parse(text, str(file))


def parse(text: str, file: str) -> Rules:
    """The rules of a text that stands in a file of that name."""
    from fakeopenai.rules import yaml12  # yaml takes 70 ms to import, and many never load a file

    top = Node(yaml12.json(text, file) if file.endswith(".json") else yaml12.yaml(text, file), "rules", file, 1)
    rules = (Rule.read(Node(member.value, "a rule", file, member.line)) for member in _listed(top))
    return Rules(rules, _unmatched(top))


def _unmatched(top: Node) -> str:
    """What a document says of requests that no rule fits."""
    given = {entry.name: entry for entry in top.entries()} if _is_document(top) else {}
    return given["unmatched"].word(UNMATCHED) if "unmatched" in given else ""


def _is_document(top: Node) -> bool:
    return isinstance(top.value, Mapping) and not {"rules", "unmatched"}.isdisjoint(top.value)


def _listed(top: Node) -> list[Node]:
    """The rules of a document: none if it is empty, one if it is a rule itself."""
    if top.value is None:
        return []
    if _is_document(top):
        given = {entry.name: entry for entry in top.entries(DOCUMENT)}
        return _list(given["rules"]) if "rules" in given else []
    return top.members() if isinstance(top.value, Mapping) else _list(top)


def _list(node: Node) -> list[Node]:
    if not isinstance(node.value, list):
        raise node.unlike("a list of rules")
    return node.members()


def files(path: Path) -> Iterator[Path]:
    """The files of rules at a path, in the order of their names. Raises RuleError."""
    if path.is_dir():
        for member in sorted(path.iterdir()):
            if member.is_dir() or member.suffix in SUFFIXES:
                yield from files(member)
        return
    if not path.is_file():
        raise RuleError(f"{path}: there is no such file or directory")
    if path.suffix not in SUFFIXES:
        raise RuleError(f"{path}: rules are read from {', '.join(SUFFIXES)}")
    yield path
