"""From an exchange to a rule: when this is asked again, then answer that."""

from __future__ import annotations

import json
import logging
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from fakeopenai.recording.ids import Ids
from fakeopenai.recording.pieces import cleaned
from fakeopenai.recording.redaction import Redactor, Span, mapped, merged, replaced
from fakeopenai.recording.tape import Tape
from fakeopenai.recording.writing import verbatim, written
from fakeopenai.rules import Rule, Shelf, yaml12
from fakeopenai.rules.recorded import LAYOUTS
from fakeopenai.rules.request import asked
from fakeopenai.sending import STREAM
from fakeopenai.wire import Call, Json, Object, Request

if TYPE_CHECKING:
    from fakeopenai.recording.passing import Taken

log = logging.getLogger("fakeopenai")

TELLING = ("x-ratelimit-", "retry-after", "x-should-retry", "openai-model", "openai-version", "openai-processing-ms")
"""How the names of the headers begin that are recorded; the others are about the network, or about who asks."""

ALSO_TELLING = ("location", "content-disposition", "azureml-model-session", "x-ms-region", "openai-poll-after-ms")


class Recorder:
    """Writes exchanges to a tape. What upstreams fail at is left out, unless `errors` are wanted.

    What is recorded is put on the `shelf`, if there is one, to be replayed from then on.
    """

    def __init__(
        self, tape: Tape, redactor: Redactor | None = None, *, errors: bool = False, shelf: Shelf | None = None
    ) -> None:
        self.tape = tape
        self.recorded = 0
        self._redactor = redactor or Redactor()
        self._errors = errors
        self.shelf = shelf
        self._ids = Ids(tape.texts())

    def real(self, request: Request) -> Request:
        """The request as the upstream understands it."""
        return self._ids.real(request)

    def keep(self, call: Call, taken: Taken) -> None:
        """Record an exchange."""
        if taken.status >= 400 and not self._errors:
            return
        redactor = self._redactor.knowing(call.request.headers, taken.headers)
        told = told_by(call)
        self._ids.give(json.dumps(told, ensure_ascii=False))
        self._ids.take(taken.content.decode("utf-8", "replace"))

        def find(text: str) -> list[Span]:
            return merged(text, [*redactor.spans(text), *self._ids.spans(text)])

        when = mapped(told, lambda text: replaced(text, find(text)))
        entry = self.tape.put(when, Writer(find).reply(taken))
        self.recorded += 1
        self._check(entry.rule, call)

    def _check(self, words: Object, call: Call) -> None:
        """What was written must be found again by the request that it answers."""
        rule = Rule.read(yaml12.yaml(written(words), str(self.tape.path)), "a recording")
        if differences := rule.differences(replace(call, request=self._ids.replayed(call.request))):
            log.error("a recording of %s would not be found again: %s", call.operation, "; ".join(differences))
        if self.shelf is not None:
            self.shelf.add(rule)


def told_by(call: Call) -> Object:
    """The conditions that only this request fits."""
    operation, request = call.operation, call.request
    where: Object = {"path": request.path} if not operation.id or "{" in operation.path else {}
    how: Object = {} if operation.id else {"method": request.method}
    name: Object = {"operation": operation.id} if operation.id else {}
    return name | {"request": how | where | json.loads(json.dumps(asked(request)))}


class Writer:
    """Answers in the words of rules, without what `find` finds in them."""

    def __init__(self, find: Callable[[str], list[Span]]) -> None:
        self._find = find

    def reply(self, taken: Taken) -> Object:
        status: Object = {} if taken.status == 200 else {"status": taken.status}
        headers = self._headers(taken.headers)
        after: Object = {"after": round(taken.after, 3)}
        return status | ({"headers": headers} if headers else {}) | after | self._body(taken)

    def _headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {name: self._clean(value) for name, value in headers.items() if name.startswith(TELLING + ALSO_TELLING)}

    def _body(self, taken: Taken) -> Object:
        kind = taken.media.partition(";")[0].strip().lower()
        if kind == "text/event-stream":
            return self._stream(taken)
        if not taken.content:
            return {"media": taken.media} if taken.media not in {"", "application/json"} else {}
        try:
            text = taken.content.decode()
        except UnicodeDecodeError:
            return {"media": taken.media or "application/octet-stream", "base64": self._binary(taken.content)}
        return self._json(text, taken.media) if kind.endswith("json") else self._text(text, taken.media)

    def _stream(self, taken: Taken) -> Object:
        media: Object = {} if taken.media == STREAM else {"media": taken.media}
        pieces = cleaned([chunk.content for chunk in taken.chunks], self._find)
        chunks = [
            {"after": round(chunk.after, 3)} | _content(piece)
            for chunk, piece in zip(taken.chunks, pieces, strict=True)
        ]
        return media | {"chunks": chunks}

    def _json(self, text: str, media: str) -> Object:
        """A structure, if that gives the same bytes again; else the text."""
        named: Object = {} if media == "application/json" else {"media": media}
        try:
            value = json.loads(text)
        except ValueError:
            return self._text(text, media)
        clean = mapped(value, self._clean)
        layout = next((name for name, write in LAYOUTS.items() if write(value) == text), None)
        if layout and isinstance(clean, dict | list):
            return named | {"layout": layout, "body": verbatim(clean)}
        if _parsed(self._clean(text)) == clean:
            return self._text(text, media)
        return named | {"layout": "compact", "body": verbatim(clean)}

    def _text(self, text: str, media: str) -> Object:
        return {"media": media or "application/octet-stream", "body": verbatim(self._clean(text))}

    def _binary(self, content: bytes) -> str:
        """Bytes that are no text have only what is certain to be a secret replaced."""
        text = content.decode("latin-1")
        certain = [
            span for span in self._find(text) if text[span.start : span.end].isprintable() and "@" not in span.instead
        ]
        return b64encode(replaced(text, certain).encode("latin-1")).decode()

    def _clean(self, text: str) -> str:
        return replaced(text, self._find(text))


def _content(piece: bytes) -> Object:
    try:
        return {"content": piece.decode()}
    except UnicodeDecodeError:
        return {"base64": b64encode(piece).decode()}


def _parsed(text: str) -> Json:
    try:
        return json.loads(text)
    except ValueError:
        return None
