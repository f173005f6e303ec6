"""Texts that came in pieces: changed as a whole, and cut again where they were cut."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from fakeopenai.recording.redaction import Span
from fakeopenai.rules.recorded import LAYOUTS
from fakeopenai.wire import Json

Find = Callable[[str], list[Span]]
"""What is to be replaced in a text."""

_DATA = re.compile(r"^data: ?(?P<data>\{.*\})\r?$", re.MULTILINE)

SAID = frozenset(
    {"content", "delta", "text", "arguments", "refusal", "reasoning_content", "reasoning", "transcript", "input"}
    | {"code", "summary", "value", "token", "partial_json"}
)
"""Where an event has a piece of what the model says."""

INDICES = ("type", "item_id", "output_index", "content_index", "summary_index", "index")


def cleaned(pieces: Sequence[bytes], find: Find) -> list[bytes]:
    """The pieces of a stream of events, without what is found in all of them together, or in what they spell."""
    text = b"".join(pieces).decode("utf-8", "surrogateescape")
    cuts = _cuts(pieces)
    for spans in (lambda said: list(_spelled(said, find)), find):
        text, cuts = _changed(text, spans(text), cuts)
    whole = text.encode("utf-8", "surrogateescape")
    return [whole[start:end] for start, end in zip([0, *cuts], cuts, strict=False)]


def _cuts(pieces: Iterable[bytes]) -> list[int]:
    """Where each piece ends, in bytes."""
    ends, at = [], 0
    for piece in pieces:
        at += len(piece)
        ends.append(at)
    return ends


def _changed(text: str, spans: list[Span], cuts: list[int]) -> tuple[str, list[int]]:
    """The text with its spans replaced; a cut within one comes after what stands in its place."""
    parts: list[str] = []
    ends: list[int] = []
    at = old = new = 0
    waiting = iter([*cuts, None])
    cut = next(waiting)
    for span in [*spans, Span(len(text), len(text), "")]:
        kept = text[at : span.start]
        old_end = old + _size(kept)
        while cut is not None and cut <= old_end:
            ends.append(new + cut - old)
            cut = next(waiting)
        new += _size(kept) + _size(span.instead)
        old = old_end + _size(text[span.start : span.end])
        while cut is not None and cut < old:
            ends.append(new)
            cut = next(waiting)
        parts += [kept, span.instead]
        at = span.end
    return "".join(parts), ends


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))


class Piece(NamedTuple):
    """A piece of what the model says: the event that it is in, its place there, and the text."""

    event: int
    path: tuple[str | int, ...]
    text: str


def _spelled(text: str, find: Find) -> Iterator[Span]:
    """The events that spell out, one after the other, what none has by itself; each as a whole, changed."""
    events = [(found.span("data"), _decoded(found["data"])) for found in _DATA.finditer(text)]
    changed: set[int] = set()
    for pieces in _threads([event for _, event in events]):
        joined = "".join(piece.text for piece in pieces)
        for piece, left in zip(pieces, _rewritten(pieces, find(joined)), strict=True):
            if left != piece.text:
                _put(events[piece.event][1], piece.path, left)
                changed.add(piece.event)
    for place in sorted(changed):
        (start, end), event = events[place]
        _forget_logprobs(event)
        yield Span(start, end, _written_like(text[start:end], event))


def _decoded(data: str) -> Json:
    try:
        return json.loads(data)
    except ValueError:
        return None


def _threads(events: Sequence[Json]) -> Iterable[list[Piece]]:
    """What is said in several events, by what it belongs to."""
    threads: defaultdict[tuple[Json, ...], list[Piece]] = defaultdict(list)
    for number, event in enumerate(events):
        for path, text, thread in _said(event, (), ()):
            threads[thread].append(Piece(number, path, text))
    return [pieces for pieces in threads.values() if len(pieces) > 1]


def _said(
    value: Json, path: tuple[str | int, ...], thread: tuple[Json, ...]
) -> Iterator[tuple[tuple[str | int, ...], str, tuple[Json, ...]]]:
    match value:
        case dict():
            own = (*thread, *(str(value[name]) for name in INDICES if name in value))
            for name, member in value.items():
                if isinstance(member, str) and name in SAID:
                    yield (*path, name), member, (*own, name)
                else:
                    yield from _said(member, (*path, name), (*own, name))
        case list():
            for place, member in enumerate(value):
                yield from _said(member, (*path, place), thread)


def _rewritten(pieces: Sequence[Piece], spans: Iterable[Span]) -> Iterator[str]:
    """The pieces without the spans; what stands in for one goes to the piece in which it began."""
    found = list(spans)
    start = 0
    for piece in pieces:
        end = start + len(piece.text)
        left, at = "", start
        for span in found:
            if span.end <= start or span.start >= end:
                continue
            left += piece.text[at - start : max(span.start, start) - start]
            left += span.instead if span.start >= start else ""
            at = min(span.end, end)
        yield left + piece.text[at - start :]
        start = end


def _put(event: Json, path: tuple[str | int, ...], text: str) -> None:
    for step in path[:-1]:
        event = event[step]
    event[path[-1]] = text


def _forget_logprobs(value: Json) -> None:
    """Log probabilities repeat each token, and its bytes."""
    if isinstance(value, dict):
        for name in value.keys() & {"logprobs"}:
            value[name] = None if isinstance(value[name], dict) else []
        for member in value.values():
            _forget_logprobs(member)
    if isinstance(value, list):
        for member in value:
            _forget_logprobs(member)


def _written_like(original: str, value: Json) -> str:
    """The value in the layout of what it was before."""
    before = json.loads(original)
    return next((write for write in LAYOUTS.values() if write(before) == original), LAYOUTS["compact"])(value)
