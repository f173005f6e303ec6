"""How the answers of an upstream differ from those that were recorded before."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from itertools import zip_longest

from fakeopenai.recording.ids import ID
from fakeopenai.recording.tape import Entry
from fakeopenai.rules.reading import shortened
from fakeopenai.wire import Json, Object

VOLATILE = re.compile(r"(?:^|\.)(?:created|\w+_at|system_fingerprint|obfuscation|after)$")
"""Paths of what is another each time."""

_DATA = re.compile(r"^data: ?(\{.*\})\r?$", re.MULTILINE)

Facts = dict[str, Json]
"""The values of an answer by their paths."""


def drift(before: Mapping[str, Entry], after: Mapping[str, Entry]) -> Iterator[str]:
    """A line for each request that is new or gone and for each value that is another."""
    for key, entry in after.items():
        if key not in before:
            yield f"+ {_label(entry)}: asked for the first time"
            continue
        lines = list(_changes(before[key], entry))
        if lines:
            yield f"~ {_label(entry)}"
            yield from (f"    {line}" for line in lines)
    for key in before.keys() - after.keys():
        yield f"- {_label(before[key])}: asked no more"


def _label(entry: Entry) -> str:
    request = entry.when["request"]
    name = entry.when.get("operation") or f"{request.get('method')} {request['path']}"
    texts = list(_texts(request.get("body", request.get("form", {}))))
    about = request.get("path") or (shortened(texts[-1], 40) if texts else "")
    return f"{name} {about}".strip()


def _texts(value: Json) -> Iterator[str]:
    """What is said in a request: contents, inputs and prompts."""
    match value:
        case Mapping():
            for name, member in value.items():
                if isinstance(member, str) and name in {"content", "input", "prompt", "text", "name", "purpose"}:
                    yield member
                else:
                    yield from _texts(member)
        case list():
            for member in value:
                yield from _texts(member)


def _changes(before: Entry, after: Entry) -> Iterator[str]:
    pairs = list(zip_longest(before.replies, after.replies))
    for number, (old, new) in enumerate(pairs, 1):
        nth = f"answer {number}: " if len(pairs) > 1 else ""
        if old is None or new is None:
            yield f"{nth}{'new' if old is None else 'gone'}"
        else:
            yield from (nth + line for line in _differences(facts(old), facts(new)))


def _differences(old: Facts, new: Facts) -> Iterator[str]:
    for path in new.keys() - old.keys():
        yield f"{path}: added, {_shown(new[path])}"
    for path in old.keys() - new.keys():
        yield f"{path}: removed, it was {_shown(old[path])}"
    for path in [path for path in old if path in new and old[path] != new[path]]:
        yield f"{path}: {_shown(old[path])} → {_shown(new[path])}"


def facts(reply: Object) -> Facts:
    """What an answer says: the values of its body, or of its events what there is and of which type."""
    told: Facts = {"status": reply.get("status", 200)}
    told |= {f"header {name}": "" for name in reply.get("headers", {})}
    if "chunks" in reply:
        return told | {path: _type(value) for path, value in _events(reply["chunks"])}
    return told | dict(_values(reply.get("body", reply.get("base64")), "body", lambda place: f"[{place}]"))


def _events(chunks: list[Object]) -> Iterator[tuple[str, Json]]:
    pieces = (chunk["content"].encode() if "content" in chunk else b64decode(chunk["base64"]) for chunk in chunks)
    text = b"".join(pieces).decode("utf-8", "replace")
    for data in _DATA.findall(text):
        try:
            event = json.loads(data)
        except ValueError:
            continue
        name = event.get("type") or event.get("object") or "event"
        yield from _values(event, str(name), lambda _: "[*]")


def _values(value: Json, path: str, index: Callable[[int], str]) -> Iterator[tuple[str, Json]]:
    match value:
        case Mapping() if value:
            for name, member in value.items():
                yield from _values(member, f"{path}.{name}", index)
        case list() if value:
            for place, member in enumerate(value):
                yield from _values(member, path + index(place), index)
        case _ if not VOLATILE.search(path):
            yield path, ID.sub(lambda found: f"{found['prefix']}…", value) if isinstance(value, str) else value


def _type(value: Json) -> str:
    return "null" if value is None else type(value).__name__


def _shown(value: Json) -> str:
    return (
        f"text of {len(value)}" if isinstance(value, str) and len(value) > 60 else json.dumps(value, ensure_ascii=False)
    )
