"""Then, where the answer is no text: flags of moderation, embeddings, transcripts and pictures."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from collections.abc import Callable, Mapping
from pathlib import Path

from fakeopenai import lexicon
from fakeopenai.rules import template
from fakeopenai.rules.reading import Node
from fakeopenai.wire import Json

Groups = frozenset[str]
Filled = template.Filled

CERTAIN = 0.98
"""The score of a category that is only named."""


def _flag(node: Node, _: Groups) -> Filled:
    """Categories, or a mapping of their scores; no other is flagged."""
    if isinstance(node.value, Mapping):
        scores = {entry.name: _score(entry) for entry in node.entries(lexicon.OMNI)}
    else:
        named = [each.renamed("category") for each in node.members()]
        scores = {each.word(lexicon.OMNI): CERTAIN for each in named}
    return lambda _: scores


def _score(node: Node) -> float:
    if node.number() > 1:
        raise node.unlike("a score from 0 to 1")
    return node.number()


def _embedding(node: Node, groups: Groups) -> Filled:
    """A vector; or a text, whose vector it is; or a list of such, one for each input."""
    members = node.members()
    if members and all(isinstance(each.value, int | float) for each in members):
        members = [node]
    vectors = [_vector(member, groups) for member in members]
    if not vectors:
        raise node.unlike("a list of numbers, or a text")
    return lambda facts: [vector(facts) for vector in vectors]


def _vector(node: Node, groups: Groups) -> Filled:
    if isinstance(node.value, str):
        return template.text(node, groups)
    vector = [member.number(least=float("-inf")) for member in node.members()]
    return lambda _: vector


def _transcript(node: Node, groups: Groups) -> Filled:
    """What is heard: its `text`, `language` and `seconds`; or its `segments`, with `speaker` if several speak."""
    given = {entry.name: entry for entry in node.entries(TRANSCRIPT)}
    segments = [_segment(each) for each in given["segments"].members()] if "segments" in given else []
    told = " ".join(segment["text"] for segment in segments)
    if not told and "text" not in given:
        raise node.unlike("a mapping with a 'text', or with 'segments'")
    text = template.text(given["text"], groups) if "text" in given else lambda _: told
    language = given["language"].text() if "language" in given else ""
    seconds = given["seconds"].number() if "seconds" in given else max((each["end"] for each in segments), default=None)
    facts = {"language": language, "seconds": seconds, "segments": segments}
    return lambda call: {"text": text(call), **facts}


def _segment(node: Node) -> dict[str, Json]:
    given = {entry.name: entry for entry in node.entries(SEGMENT)}
    if not {"text", "start", "end"} <= given.keys():
        raise node.wrong("a segment has a 'text', a 'start' and an 'end'")
    start = given["start"].number()
    speaker = given["speaker"].text() if "speaker" in given else ""
    return {"text": given["text"].text(), "start": start, "end": given["end"].number(start), "speaker": speaker}


def _image(node: Node, groups: Groups) -> Filled:
    """The bytes of a picture; or a mapping of them and of a `revised_prompt`."""
    given = {"file": node}
    if isinstance(node.value, Mapping):
        given = {entry.name: entry for entry in node.entries(IMAGE)}
    data = content(given["file"]) if "file" in given else decoded(given["base64"]) if "base64" in given else b""
    revised = template.text(given["revised_prompt"], groups) if "revised_prompt" in given else lambda _: ""
    if not data and "revised_prompt" not in given:
        raise node.unlike("a file, or a mapping with a 'file', 'base64' or 'revised_prompt'")
    return lambda facts: {"data": data, "revised_prompt": revised(facts)}


def content(node: Node) -> bytes:
    """The bytes of a file, whose path starts where the rule stands; or bytes as they are, in Python."""
    if isinstance(node.value, bytes):
        return node.value
    if not node.local:
        raise node.wrong(f"'{node.name}' can't name a file of the server's machine; write what is in it as 'base64'")
    path = Path(node.file).parent / Path(node.text()) if node.line else Path(node.text())
    try:
        return path.read_bytes()
    except OSError as error:
        raise node.wrong(f"{path}: can't be read: {error.strerror}") from None


def media_type(file: Node) -> str:
    """The type of a file by the end of its name, the same on every machine."""
    from mimetypes import MimeTypes

    guessed, _ = MimeTypes(()).guess_type(str(file.value))
    return guessed or "application/octet-stream"


def carried(node: Node) -> Json:
    """The words of a rule with what is in files in place of their names, so that they can be read anywhere."""
    if not isinstance(node.value, Mapping) or node.value.keys().isdisjoint(CARRYING):
        return node.value
    return {entry.name: _carried(entry) for entry in node.entries()}


def _carried(node: Node) -> Json:
    match node.name, node.value:
        case "then" | "choose", _:
            return [carried(member) for member in node.members()]
        case "image", str() | bytes():
            return {"base64": b64encode(content(node)).decode()}
        case "image" | "reply", Mapping() as given if "file" in given:
            file = next(entry for entry in node.entries() if entry.name == "file")
            typed = {"media": media_type(file)} if node.name == "reply" else {}
            others = {word: value for word, value in given.items() if word != "file"}
            return {"base64": b64encode(content(file)).decode()} | typed | others
        case "reply", Mapping() as given if isinstance(given.get("body"), bytes):
            others = {word: value for word, value in given.items() if word != "body"}
            return {"base64": b64encode(given["body"]).decode()} | others
    return node.value


CARRYING = ("then", "choose", "image", "reply")


def decoded(node: Node) -> bytes:
    """Bytes that are written in base64."""
    try:
        return b64decode("".join(node.text().split()), validate=True)
    except BadBase64:
        raise node.wrong(f"'{node.name}' is not base64") from None


TRANSCRIPT = ("text", "language", "seconds", "segments")
SEGMENT = ("text", "start", "end", "speaker")
IMAGE = ("file", "base64", "revised_prompt")

WORDS: dict[str, Callable[[Node, Groups], Filled]] = {
    "flag": _flag,
    "embedding": _embedding,
    "transcript": _transcript,
    "image": _image,
}

MEANT: dict[str, frozenset[str]] = {
    "flag": frozenset(
        {"POST /moderations", "POST /chat/completions", "POST /responses", "POST /responses?beta=true"},
    ),
    "embedding": frozenset({"POST /embeddings"}),
    "transcript": frozenset({"POST /audio/transcriptions", "POST /audio/translations"}),
    "image": frozenset({"POST /images/generations", "POST /images/edits", "POST /images/variations"}),
}
"""The operations that a word means something to; a rule fits no others."""
