"""Recordings of the real API: one interaction a line, in the files `*.jsonl` or `*.jsonl.gz` of a folder.

Long ones may have been shortened: a long list ends in a note of its length, the middle of a long stream is told by how
many events were left out there.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from fakeopenai.wire import Json, Object

HOST = "api.openai.com"

GAP = "(gap)"
CUT = "\u2026<"

MARKS = frozenset({"date", "server", "cf-ray", "x-request-id"})
"""Headers of every answer; where one is missing, the recorder has chosen which to keep."""

EARLIEST, LATEST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
"""A creation time outside of these is made up."""


@dataclass(frozen=True)
class Recording:
    """One request and what the API answered.

    `session` names the file that it was recorded into, `place` where in it; `asked` and `answered` are bodies tagged
    with their kind `t`. `month` is when it was recorded (`2025-03`), empty if nobody knows, `moment` the second, if its
    headers tell. `faithful` says that the headers are those of the wire.
    """

    id: str
    session: str
    place: int
    endpoint: str
    method: str
    path: str
    query: Object
    sent: Mapping[str, str]
    asked: Object
    status: int
    headers: Mapping[str, str]
    answered: Object
    month: str
    faithful: bool
    moment: float | None = None

    @property
    def kind(self) -> str:
        """What the answer is, such as `json`, `sse`, `text`, `binary` or `empty`."""
        return str(self.answered["t"])

    @property
    def body(self) -> Json:
        """What was answered, if it was JSON."""
        return self.answered.get("v") if self.kind == "json" else None

    @property
    def events(self) -> list[tuple[str, Json]]:
        """The names and data of what was streamed; GAP stands for what was left out."""
        return [_event(event) for event in self.answered.get("events") or ()]

    @property
    def request(self) -> Json:
        """What was asked, if it was JSON."""
        return self.asked.get("v") if self.asked["t"] == "json" else None

    @property
    def model(self) -> str:
        return str(self.request.get("model", "")) if isinstance(self.request, dict) else ""


def _event(event: Object) -> tuple[str, Json]:
    return ("", GAP) if "elided" in event else (event.get("event") or "", event.get("data"))


def load(source: Path) -> Iterator[Recording]:
    """The recordings of a file or folder that were made of OpenAI's API over HTTP."""
    files = sorted([*source.glob("*.jsonl"), *source.glob("*.jsonl.gz")]) if source.is_dir() else [source]
    for file in files:
        with gzip.open(file, "rt") if file.suffix == ".gz" else file.open() as lines:
            for line in lines:
                entry = json.loads(line, object_hook=_unmarked)
                if entry["host"] == HOST and entry["dialect"] == "openai" and entry["kind"] == "http":
                    yield read(entry)


def _unmarked(given: Object) -> Object:
    """An object whose lists have no note of how long they were."""
    return {name: _trimmed(value) for name, value in given.items()}


def _trimmed(value: Json) -> Json:
    if not isinstance(value, list) or not value:
        return value
    if isinstance(value[-1], str) and value[-1].startswith(CUT):
        value = value[:-1]
    return [_trimmed(member) for member in value]


def read(entry: Object) -> Recording:
    headers = {name.lower(): value for name, value in entry["response_headers"].items()}
    return Recording(
        id=entry["id"],
        session=f"{entry['repo']}/{entry['file']}",
        place=entry["idx"],
        endpoint=entry["endpoint"],
        method=entry["method"],
        path=entry["path"].removeprefix("/v1"),
        query=entry["query"],
        sent=entry["request_headers"],
        asked=entry["request_body"],
        status=entry["status"],
        headers=headers,
        answered=entry["response_body"],
        month=_month(entry),
        faithful=entry["fidelity"] == "wire" and headers.keys() >= MARKS,
        moment=_moment(entry),
    )


def _moment(entry: Object) -> float | None:
    try:
        return parsedate_to_datetime(entry["date"] or "").timestamp()
    except ValueError:
        return None


def _month(entry: Object) -> str:
    """The month of the `date` header, else of the object that was created."""
    if entry["date"]:
        try:
            return f"{parsedate_to_datetime(entry['date']):%Y-%m}"
        except ValueError:
            return str(entry["date"])[:7]
    created = next(_times(entry["response_body"]), None)
    return f"{created:%Y-%m}" if created else str(entry.get("year") or "")


def _times(answered: Object) -> Iterator[datetime]:
    """When the object of an answer says that it was created; what is no object says nothing."""
    bodies = [answered.get("v"), *(event.get("data") for event in answered.get("events") or ())]
    for body in bodies:
        whole = body.get("response", body) if isinstance(body, dict) else {}
        seconds = whole.get("created_at") or whole.get("created") or 0
        if isinstance(seconds, int | float) and EARLIEST.timestamp() < seconds < LATEST.timestamp():
            yield datetime.fromtimestamp(seconds, UTC)
