"""Exchanges made by hand, and what a recorder makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fakeopenai.operations import Operation, Operations
from fakeopenai.recording.passing import Taken
from fakeopenai.recording.recorder import Recorder
from fakeopenai.recording.redaction import Redactor
from fakeopenai.recording.tape import Tape
from fakeopenai.rules import Rule, load
from fakeopenai.rules.recorded import Chunk
from fakeopenai.wire import Call, Upload
from tests.rules import calls

TABLE = Operations.load().all
JSON = {"content-type": "application/json"}


def call(
    operation: str = "POST /chat/completions",
    body: Any = None,
    *,
    query: Mapping[str, Any] | None = None,
    files: dict[str, list[Upload]] | None = None,
    headers: Mapping[str, str] | None = None,
    **ids: str,
) -> Call:
    """A call of an operation by its name in the reference."""
    found: Operation = TABLE[operation]
    made = calls.call(found, ids=ids, query=query or {}, headers=headers or {}, files=files or {})
    made.request.body = {} if body is None else body
    made.request.is_form = files is not None
    return made


def taken(content: bytes | Iterable[bytes] = b"{}", status: int = 200, headers: Mapping[str, str] = JSON) -> Taken:
    """An answer in one piece, or in several."""
    pieces = [content] if isinstance(content, bytes) else content
    return Taken(status, headers, 0.25, [Chunk(0.125, piece) for piece in pieces])


def recorded(
    tmp_path: Path, *exchanges: tuple[Call, Taken], patterns: Iterable[str] = (), **options: Any
) -> list[Rule]:
    """The rules in the files that a recorder writes."""
    recorder = Recorder(Tape(tmp_path / "tape"), Redactor(patterns), **options)
    for asked, answer in exchanges:
        recorder.keep(asked, answer)
    return load([tmp_path / "tape"]) if recorder.recorded else []


def text(tmp_path: Path) -> str:
    """All that was written."""
    return "\n".join(file.read_text("utf-8") for file in sorted(tmp_path.rglob("*.yaml")))
