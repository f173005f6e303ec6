"""Where recordings are written: one file, or a directory with a file for each different request."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from fakeopenai.recording.writing import written
from fakeopenai.rules import files
from fakeopenai.wire import Json, Object

TITLE = "# Recorded from {upstream} by fakeopenai. Replayed by it as any rule; see `fakeopenai record --help`.\n"


@dataclass(slots=True)
class Entry:
    """A request and its answers, the last of which is given for ever."""

    when: Object
    replies: list[Object] = field(default_factory=list)
    renewed: bool = False

    @property
    def rule(self) -> Object:
        if len(self.replies) == 1:
            return {"when": self.when, "reply": self.replies[0]}
        return {"when": self.when, "then": [{"reply": reply} for reply in self.replies]}


class Tape:
    """The recordings at a path: a `.yaml` file, or a directory. `anew` it doesn't look at what is there."""

    def __init__(self, path: Path, upstream: str = "an upstream", *, anew: bool = False) -> None:
        self.path = path
        self._title = TITLE.format(upstream=upstream)
        self._is_file = path.suffix in files.SUFFIXES
        self.entries = {key(entry.when): entry for file in self.files() if not anew for entry in _read(file)}

    @property
    def directory(self) -> Path:
        """Where files are written."""
        return self.path.parent if self._is_file else self.path

    def files(self) -> list[Path]:
        return list(files.files(self.path)) if self.path.exists() else []

    def texts(self) -> list[str]:
        return [written(entry.rule) for entry in self.entries.values()]

    def put(self, when: Object, reply: Object) -> Entry:
        """Add an answer. The first one to a request takes the place of what was known from before."""
        known = self.entries.get(key(when))
        entry = known if known and known.renewed else Entry(when, renewed=True)
        entry.replies.append(reply)
        self.entries[key(when)] = entry
        self._write(entry)
        return entry

    def drop_old(self) -> list[Entry]:
        """Take away what wasn't recorded anew."""
        old = [entry for entry in self.entries.values() if not entry.renewed]
        for entry in old:
            del self.entries[key(entry.when)]
            if not self._is_file:
                self._file(entry).unlink(missing_ok=True)
        if self._is_file and old:
            self._save(self.path, self.entries.values())
        return old

    def _write(self, entry: Entry) -> None:
        self._save(self._file(entry), self.entries.values() if self._is_file else [entry])

    def _file(self, entry: Entry) -> Path:
        if self._is_file:
            return self.path
        name = str(
            entry.when.get("operation") or f"{entry.when['request'].get('method')} {entry.when['request']['path']}"
        )
        digest = blake2b(key(entry.when).encode(), digest_size=4).hexdigest()
        return self.path / f"{re.sub(r'[^A-Za-z0-9_.]+', '-', name).strip('-')}-{digest}.yaml"

    def _save(self, file: Path, entries: Iterable[Entry]) -> None:
        """All of it or nothing: whoever reads meanwhile finds a whole file."""
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_suffix(".new")
        beside.write_text(self._title + written([entry.rule for entry in entries]), "utf-8")
        beside.replace(file)


def key(when: Object) -> str:
    """The same for the same request."""
    return json.dumps(when, sort_keys=True, ensure_ascii=False)


def _read(file: Path) -> list[Entry]:
    return [_entry(rule.words) for rule in files.read(file) if rule.exact]


def _entry(words: Mapping[str, Json]) -> Entry:
    replies = [words["reply"]] if "reply" in words else [each["reply"] for each in words["then"]]
    return Entry(words["when"], replies)
