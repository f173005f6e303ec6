"""What a regular expression cannot do without: a text that must stand in whatever it matches."""

from __future__ import annotations

import re

_UNREADABLE = re.compile(r"\||\(\?(?![:P])|\\[Qpxu0-9N]|\(\?P[=>]")
"""Alternatives, looks ahead and behind, flags, and characters by their numbers: what may make any text unnecessary."""

_TOKEN = re.compile(
    r"\\(?P<escaped>.)|\[\^?\]?(?:\\.|[^\]\\])*\]|(?P<quantifier>[*?+]|\{\d*,?\d*\})|(?P<other>.)", re.DOTALL
)


def needed(pattern: re.Pattern[str]) -> str:
    """The longest text that is in all that the pattern matches; empty if none is known. Capitals may differ."""
    source = pattern.pattern.removeprefix("(?i)")
    if _UNREADABLE.search(source) or pattern.flags & re.VERBOSE:
        return ""
    runs = _runs(source)
    if pattern.flags & re.IGNORECASE:  # a dotless i passes for an i then, as nowhere else
        runs = [part for run in runs for part in re.split("[iI]", run)]
    return max(runs, key=len, default="")


def _runs(source: str) -> list[str]:
    """The texts between all that is not a plain character, groups left out."""
    runs, depth = [""], 0
    for token in _TOKEN.finditer(source):
        character = token["other"] or token["escaped"] or ""
        if token["other"] in {"(", ")"}:
            depth += 1 if character == "(" else -1
            runs.append("")
        elif depth:
            continue
        elif token["quantifier"]:
            runs[-1] = runs[-1] if token["quantifier"] == "+" else runs[-1][:-1]
            runs.append("")
        elif not character or (character in ".^$" if token["other"] else character.isalnum()):
            runs.append("")
        else:
            runs[-1] += character
    return runs
