"""The shipped situations: files of rules that are loaded by name."""

from __future__ import annotations

from pathlib import Path

from fakeopenai import data
from fakeopenai.rules.files import SUFFIXES
from fakeopenai.rules.reading import Node, RuleError, suggestion


def shipped() -> dict[str, Path]:
    """The file of each situation, by its name."""
    files = sorted(data.path("fixtures").rglob("*"))
    return {path.stem: path for path in files if path.suffix in SUFFIXES}


def find(named: str | Path, directory: Path = Path()) -> Path:
    """The file of a shipped situation; or the path of other rules, which starts at the directory if it is relative.

    Raises RuleError if there is neither.
    """
    if not isinstance(named, str | Path):
        raise Node(named, "load").unlike("the name of a situation, or a path")
    known = shipped()
    if str(named) in known:
        return known[str(named)]
    path = directory / named
    if path.exists():
        return path
    if _looks_like_a_path(Path(named)):
        raise RuleError(f"{path}: there is no such file or directory")
    raise RuleError(f"there is no situation '{named}'{suggestion(str(named), known)}")


def title(file: Path) -> str:
    """What a situation is, in the first line of its comment."""
    first = file.read_text("utf-8").partition("\n")[0]
    return first.lstrip("# ").strip()


def _looks_like_a_path(path: Path) -> bool:
    return path.suffix in SUFFIXES or len(path.parts) > 1
