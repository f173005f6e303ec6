"""What README counts is counted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from fakeopenai.coverage import CLIENTS, answered

README = Path(__file__).parent.parent / "README.md"
TEXT = README.read_text()

KNOWN_TO = {
    "newest": "the newest official client",
    "legacy": "early official clients only",
    "azure": "Azure OpenAI only",
    "agents": "the Agents SDK only",
}


def table() -> str:
    """The table of operations as README shows it."""
    counts = Counter((row.client, row.how) for row in answered())
    lines = ["| known to | operations | implemented | synthesised |", "| --- | ---: | ---: | ---: |"]
    for client in CLIENTS:
        done, rest = counts[client, "implemented"], counts[client, "synthesised"]
        lines.append(f"| {KNOWN_TO[client]} | {done + rest} | {done} | {rest} |")
    return "\n".join(lines)


def test_the_table_of_operations_is_what_is_counted() -> None:
    shown = TEXT.partition("tests/test_readme.py -->\n")[2].partition("<!-- end of routes -->")[0].strip()

    assert shown == table(), f"the table should be:\n\n{table()}\n"
