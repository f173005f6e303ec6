"""The whole of a request as a condition: what recordings are found by.

    request:
      body: {model: gpt-4o, messages: [{role: user, content: Hi}]}

What isn't named there must not be in the request; headers and the key don't count. JSON is compared by structure,
queries and fields of forms as the texts that they were, files by their name and digest. A stand-in of a recording fits
the secret that it stands for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from json import dumps

from fakeopenai.recording import standins
from fakeopenai.rules.operators import Test, same
from fakeopenai.rules.reading import Node, kind
from fakeopenai.wire import Json, Object, Request, Upload

WORDS = ("method", "path", "query", "body", "form", "files", "sha256")
FILE = ("name", "media", "sha256")


def asked(request: Request) -> Object:
    """What a request asks for, in the words of the condition."""
    told: Object = {"query": request.query} if request.query else {}
    if request.fault:
        return told | {"sha256": _digest(request.raw)}
    if request.is_form:
        fields = {name: value for name, value in request.body.items() if name not in request.files}
        return told | _given(form=fields, files=_files(request.files))
    return told | _given(body=request.body)


def _given(**parts: Json) -> Object:
    return {name: value for name, value in parts.items() if value not in ({}, None)}


def _files(uploads: Mapping[str, list[Upload]]) -> Object:
    return {name: [_file(upload) for upload in each] for name, each in uploads.items()}


def _file(upload: Upload) -> Object:
    return {"name": upload.filename, "media": upload.content_type, "sha256": _digest(upload.content)}


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def read(node: Node) -> Test:
    """The test of a whole request, against the words of a mapping."""
    for entry in node.entries(WORDS):
        match entry.name:
            case "method" | "path" | "sha256":
                entry.text()
            case "query" | "form":
                list(entry.entries())
            case "files":
                _check_files(entry)
    wanted = node.value
    digest = _digest(dumps(wanted, sort_keys=True, default=repr).encode())
    return Test(
        f"to be the recorded one ({digest[:8]})",
        lambda values: next(_differing(wanted, values[0]), None) is None,
        tell=lambda values: list(_differing(wanted, values[0])),
    )


MARKS = 4
"""How many texts of a body a recording is looked up by; the last ones differ most."""


def marks(wanted: Mapping[str, Json]) -> list[tuple[str, str]]:
    """Texts that a body must have to be the recorded one, by their paths."""
    found = [(path, text) for path, text in _texts(wanted.get("body"), "") if not standins.STAND_IN.search(text)]
    return found[-MARKS:]


def mark(text: str) -> Test:
    """The test of such a text. That it fails is told by what else differs."""
    return Test(f"to equal {kind(text)}", lambda values: text in values, text=text, tell=lambda _: [])


def _texts(value: Json, path: str) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield path, value
        case Mapping():
            for name, member in value.items():
                if _PLAIN.fullmatch(name):
                    yield from _texts(member, f"{path}.{name}" if path else name)
        case list():
            for place, member in enumerate(value):
                yield from _texts(member, f"{path}[{place}]")


_PLAIN = re.compile(r"[A-Za-z_]\w*")


def _differing(wanted: Mapping[str, Json], request: Request) -> Iterator[str]:
    for word, live in (("method", request.method), ("path", request.path)):
        if word in wanted:
            yield from differing(wanted[word], live, word)
    told = asked(request)
    for word in WORDS[2:]:
        if word in wanted or word in told:
            form = _loose if word in {"query", "form"} else _as_it_is
            yield from differing(form(wanted.get(word, {})), form(told.get(word, {})), word)


def _as_it_is(value: Json) -> Json:
    return value


def _check_files(node: Node) -> None:
    for member in (member for entry in node.entries() for member in entry.members()):
        for word in member.entries(FILE):
            word.text()


def differing(wanted: Json, live: Json, path: str) -> Iterator[str]:
    """Where a value isn't the wanted one, in a sentence each."""
    match wanted, live:
        case str(), str() if standins.fits(wanted, live):
            return
        case Mapping(), Mapping():
            yield from _differing_members(wanted, live, path)
        case list() | tuple(), list() if len(wanted) == len(live):
            for place, (member, other) in enumerate(zip(wanted, live, strict=True)):
                yield from differing(member, other, f"{path}[{place}]")
        case _ if not same(live, wanted):
            yield f"{path}: expected {kind(wanted)}, got {kind(live)}"


def _differing_members(wanted: Mapping[str, Json], live: Mapping[str, Json], path: str) -> Iterator[str]:
    names = {_alias(name, live): name for name in wanted}
    for name, value in live.items():
        if name in names:
            yield from differing(wanted[names[name]], value, f"{path}.{name}")
        else:
            yield f"{path}.{name}: expected nothing, got {kind(value)}"
    for name in names.keys() - live.keys():
        yield f"{path}.{name}: expected {kind(wanted[names[name]])}, got nothing"


def _alias(name: str, live: Mapping[str, Json]) -> str:
    """The live key that a recorded one stands for."""
    if name in live or not standins.STAND_IN.search(name):
        return name
    return next((key for key in live if standins.fits(name, key)), name)


_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")


def _loose(value: Json) -> Json:
    """A value of a query or a form as text; a number however it is written, a list of one as its member."""
    match value:
        case bool() | int() | float() | str():
            text = str(value).lower() if isinstance(value, bool) else str(value)
            return repr(float(text)) if _NUMBER.fullmatch(text) else text
        case Mapping():
            return {name: _loose(member) for name, member in value.items()}
        case [only]:
            return _loose(only)
        case list() | tuple():
            return [_loose(member) for member in value]
        case _:
            return value
