"""Ids that the upstream made up. Others stand in for them, counted, so that recording again gives the same files.

Only ids that an answer brought first are replaced: a program asks for them again as it found them there, so for the
replaced ones when it meets the recording. Ids that a program knows by itself stay as they are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from fakeopenai.recording.redaction import Span, mapped, replaced
from fakeopenai.wire import Request

_KINDS = (
    *("chatcmpl", "cmpl", "resp", "msg", "rs", "fc", "call", "ws", "fs", "ig", "mcp", "mcpl", "mcpr", "ci", "item"),
    *("file", "upload", "part", "batch", "batch_req", "ftjob", "ftevent", "ftckpt", "vs", "vsf", "vsfb", "vectorstore"),
    *("asst", "thread", "run", "step", "conv", "cntr", "cfile", "eval", "evalrun", "outputitem", "modr", "video"),
    *("req", "invite", "key", "audit_log", "img", "skill", "snip", "wh", "env", "agent", "tool", "ckpt"),
)

_PREFIX = f"(?P<prefix>(?:{'|'.join(sorted(_KINDS, key=len, reverse=True))})[-_])"
ID = re.compile(rf"(?<![A-Za-z0-9_-]){_PREFIX}(?P<rest>[A-Za-z0-9]{{12,}})(?![A-Za-z0-9])")
"""An id: what it is of, and letters and digits drawn at random."""

STAND_IN = re.compile(r"0{4,}[0-9]+")
"""What follows the prefix of a stand-in: its number, as long as the id was."""


class Ids:
    """The ids of a recording, each with its stand-in. `texts` are recordings so far, whose numbers are taken."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._stand_ins: dict[str, str] = {}
        self._real: dict[str, str] = {}
        self._given: set[str] = set()
        self._counts: Counter[str] = Counter()
        for found in (found for text in texts for found in ID.finditer(text) if STAND_IN.fullmatch(found["rest"])):
            self._counts[found["prefix"]] = max(self._counts[found["prefix"]], int(found["rest"]))

    def give(self, text: str) -> None:
        """Take note of the ids that a request has by itself."""
        self._given |= {found[0] for found in ID.finditer(text)} - self._stand_ins.keys()

    def take(self, text: str) -> None:
        """Take note of the ids that an answer brings."""
        for found in ID.finditer(text):
            if found[0] not in self._given | self._stand_ins.keys() and _is_random(found["rest"]):
                self._name(found[0], found["prefix"], len(found["rest"]))

    def _name(self, id: str, prefix: str, length: int) -> None:
        self._counts[prefix] += 1
        stand_in = f"{prefix}{self._counts[prefix]:0{length}}"
        self._stand_ins[id], self._real[stand_in] = stand_in, id

    def spans(self, text: str) -> list[Span]:
        """The known ids of a text, and what stands in for them."""
        return [
            Span(*found.span(), self._stand_ins[found[0]]) for found in ID.finditer(text) if found[0] in self._stand_ins
        ]

    def real(self, request: Request) -> Request:
        """The request with the ids that the upstream knows, where a client has stand-ins from a replayed answer."""
        if not self._real:
            return request
        sent = ID.sub(self._restored, request.sent.decode("latin-1")).encode("latin-1")
        path, target = ID.sub(self._restored, request.path), ID.sub(self._restored, request.target)
        return replace(request, sent=sent, path=path, target=target)

    def replayed(self, request: Request) -> Request:
        """The request of a client that has the stand-ins from replayed answers."""

        def change(text: str) -> str:
            return replaced(text, self.spans(text))

        changed = [mapped(value, change) for value in (request.body, request.query)]
        return replace(request, path=change(request.path), body=changed[0], query=changed[1])

    def _restored(self, found: re.Match[str]) -> str:
        return self._real.get(found[0], found[0])


def _is_random(rest: str) -> bool:
    """A word that only looks like an id has no digits; a stand-in isn't replaced again."""
    return any(letter.isdigit() for letter in rest) and not STAND_IN.fullmatch(rest)
