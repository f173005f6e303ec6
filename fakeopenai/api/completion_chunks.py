"""Legacy completions: a finished completion taken apart into the chunks of a stream."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, zip_longest

from fakeopenai import tokens
from fakeopenai.api.completion_logprobs import rows
from fakeopenai.wire import DONE, Event, Json, Object


def events(completion: Object, encoding: str, *, usage: bool = False) -> Iterator[Event]:
    """The chunks as events, up to `[DONE]`."""
    yield from map(Event, chunks(completion, encoding, usage=usage))
    yield DONE


def chunks(completion: Object, encoding: str, *, usage: bool = False) -> Iterator[Object]:
    """A chunk a token, the choices by turns. `usage` adds the chunk that counts tokens."""
    head = {name: completion[name] for name in ("id", "object", "created")}
    tail: Object = {"model": completion["model"]} | ({"usage": None} if usage else {})
    frames = [_frames(choice, encoding) for choice in completion["choices"]]
    for frame in chain.from_iterable(zip_longest(*frames)):
        if frame is not None:
            yield head | {"choices": [frame]} | tail
    if usage:
        yield head | {"model": completion["model"], "usage": completion["usage"], "choices": []}


def _frames(choice: Object, encoding: str) -> list[Object]:
    """The finish `length` comes with the last token, `stop` by itself (recorded streams)."""
    frames = [_frame(choice, text, probs) for text, probs in _pieces(choice, encoding)]
    if choice["finish_reason"] != "length" or not frames:
        frames.append(_frame(choice, "", None))
    frames[-1]["finish_reason"] = choice["finish_reason"]
    return frames


def _frame(choice: Object, text: str, probs: Json) -> Object:
    return {"text": text, "index": choice["index"], "logprobs": probs, "finish_reason": None}


def _pieces(choice: Object, encoding: str) -> list[tuple[str, Json]]:
    """The text token by token, with the log probabilities of each if they were asked for."""
    text, probs = choice["text"], choice["logprobs"]
    if not probs or not probs["tokens"]:
        return [(piece, None) for piece in tokens.pieces(text, encoding)]
    offsets = probs["text_offset"]
    starts = [offset - offsets[0] for offset in offsets]
    ends = [*starts[1:], len(text)]
    return [(text[start:end], row) for start, end, row in zip(starts, ends, rows(probs), strict=True)]
