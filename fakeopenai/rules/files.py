"""Rules from files: YAML or JSON, a list of rules or a mapping with one under `rules`.

A mapping may also say with `unmatched` what becomes of requests that no rule fits: `answer`, `error` or `stub`; and
with `clock` what moves the clock of worlds that have the rules: `auto`, `manual`, or the seconds for each real one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from fakeopenai.rules.reading import Node, RuleError
from fakeopenai.rules.rule import WORDS, Rule

SUFFIXES = (".yaml", ".yml", ".json")
DOCUMENT = ("$schema", "unmatched", "clock", "rules")
SETTINGS = frozenset(DOCUMENT[1:])
"""The words that tell a document from a rule."""
UNMATCHED = ("answer", "error", "stub")
"""What a file may say of requests that no rule fits; those that are passed on need who starts the server."""


class Rules(list[Rule]):
    """The rules of files, and if a file says so, what becomes of requests that none fits, and what moves the clock."""

    def __init__(self, rules: Iterable[Rule] = (), unmatched: str = "", clock: str | float = "") -> None:
        super().__init__(rules)
        self.unmatched = unmatched
        self.clock = clock


def load(paths: Iterable[Path | str]) -> Rules:
    """The rules of files, and of directories in the order of their names. Raises RuleError with file and line."""
    return joined([read(file) for path in paths for file in files(Path(path))])


def joined(several: Sequence[Rules]) -> Rules:
    """All rules in order; of what is said beside them the first counts."""
    unmatched = next((rules.unmatched for rules in several if rules.unmatched), "")
    clock = next((rules.clock for rules in several if rules.clock != ""), "")
    return Rules((rule for rules in several for rule in rules), unmatched, clock)


def read(file: Path) -> Rules:
    """The rules of one file."""
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RuleError(f"{file}: can't be read: {error}") from None
    return parse(text, str(file))


def parse(text: str, file: str, *, local: bool = True) -> Rules:
    """The rules of a text that stands in a file of that name; if it isn't local, it can't name others."""
    try:
        return _parsed(text, file, local=local)
    except RecursionError:
        raise RuleError(f"{file}: it is nested too deeply") from None


def _parsed(text: str, file: str, *, local: bool) -> Rules:
    from fakeopenai.rules import yaml12  # yaml takes 70 ms to import, and many never load a file

    top = Node(yaml12.json(text, file) if file.endswith(".json") else yaml12.yaml(text, file), "rules", file, 1)
    rules = (Rule.read(Node(member.value, "a rule", file, member.line, local)) for member in _listed(top))
    given = {entry.name: entry for entry in top.entries()} if _is_document(top) else {}
    unmatched = given["unmatched"].word(UNMATCHED) if "unmatched" in given else ""
    return Rules(rules, unmatched, _clock(given["clock"]) if "clock" in given else "")


def _clock(node: Node) -> str | float:
    return node.word(("auto", "manual")) if isinstance(node.value, str) else node.number()


def _is_document(top: Node) -> bool:
    return isinstance(top.value, Mapping) and not SETTINGS.isdisjoint(top.value)


def _listed(top: Node) -> list[Node]:
    """The rules of a document: none if it is empty, one if it is a rule itself."""
    if top.value is None:
        return []
    if _is_document(top):
        given = {entry.name: entry for entry in top.entries(DOCUMENT)}
        return _list(given["rules"]) if "rules" in given else []
    if not isinstance(top.value, Mapping):
        return _list(top)
    list(top.renamed("a file of rules").entries((*DOCUMENT, *WORDS)))  # a document is misspelled more often than a rule
    return top.members()


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
