"""Chat completions: a finished completion taken apart into the chunks of a stream.

The order of frames for every kind of answer is that of recorded streams: a head with the role, one chunk a token, a
finish for each choice, then the usage if it was asked for. Joining the deltas gives the completion back.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from itertools import chain, zip_longest

import msgspec

from fakeopenai import speech, tokens
from fakeopenai.ids import Names
from fakeopenai.wire import Chunks, Object

_encode = msgspec.json.Encoder().encode

_decode = msgspec.json.Decoder().decode

Delta = tuple[Object, list[Object]]
"""A delta and the log probabilities that go with it."""

PAD = 16
"""The obfuscation makes a chunk's JSON one byte longer than a multiple of this (60,444 of 61,161 recorded chunks)."""

SHORT = 2048
"""Bytes of an answer whose stream is remembered: some 75 KB, for which `_remembered` has 64 places."""


def events(completion: Object, encoding: str, *, usage: bool = False, padded: bool = True) -> Chunks:
    """The chunks of a completion, up to `[DONE]`. `usage` adds the one that counts tokens.

    All chunks of a stream begin alike, and what follows is the same whenever the same is said.
    """
    head = _encode(_head(completion))[:-1]
    told = _encode([completion["choices"], completion["usage"] if usage else None, completion.get("moderation")])
    rests = _remembered if len(told) <= SHORT else _rests
    return Chunks(head, rests(told, encoding, len(head) if padded else None))


def _head(completion: Object) -> Object:
    signed: Object = {name: completion[name] for name in ("service_tier", "system_fingerprint") if name in completion}
    return {
        "id": completion["id"],
        "object": "chat.completion.chunk",
        "created": completion["created"],
        "model": completion["model"],
        **signed,
    }


def _rests(told: bytes, encoding: str, before: int | None) -> list[bytes]:
    """What follows the head of each chunk, padded if there are so many bytes `before` it."""
    choices, usage, moderation = _decode(told)
    tail = b"" if usage is None else b',"usage":null'
    frames = chain(_interleaved([_frames(choice, encoding) for choice in choices]), map(_finish, choices))
    rests = [b',"choices":[%b]%b' % (_encode(frame), tail) for frame in frames]
    if usage is not None:
        rests.append(b',"choices":[],"usage":%b' % _encode(usage))
    if moderation is not None:
        rests.append(b',"choices":[],"moderation":%b%b' % (_encode(moderation), tail))
    if before is None:
        return [rest + b"}" for rest in rests]
    noise = Names(blake2b(told).digest(), 0).b62(256).encode()
    return [_padded(rest, noise, place, before) for place, rest in enumerate(rests)]


_remembered = lru_cache(maxsize=64)(_rests)


def _padded(rest: bytes, noise: bytes, place: int, before: int) -> bytes:
    """The chunk with its `obfuscation`, as the API pads it."""
    size = -(before + len(rest) + len(b',"obfuscation":""')) % PAD
    start = place * 7 % (len(noise) - PAD)
    return b'%b,"obfuscation":"%b"}' % (rest, noise[start : start + size])


def _interleaved(choices: list[Iterator[Object]]) -> Iterator[Object]:
    """The first choice's role and first token come before the second's role; then tokens take turns."""
    if len(choices) == 1:
        return choices[0]
    heads = chain.from_iterable([frame for _, frame in zip(range(2), choice, strict=False)] for choice in choices)
    rest = chain.from_iterable(zip_longest(*choices))
    return (frame for frame in chain(list(heads), rest) if frame is not None)


def _frames(choice: Object, encoding: str) -> Iterator[Object]:
    index, shown = choice["index"], "logprobs" in choice
    wanted = bool(choice.get("logprobs"))
    for delta, probs in _deltas(choice, encoding):
        frame: Object = {"index": index, "delta": delta}
        if shown:
            frame["logprobs"] = {"content": probs, "refusal": None} if wanted else None
        frame["finish_reason"] = None
        yield frame


def _finish(choice: Object) -> Object:
    shown = {"logprobs": None} if "logprobs" in choice else {}
    return {"index": choice["index"], "delta": {}, **shown, "finish_reason": choice["finish_reason"]}


def _deltas(choice: Object, encoding: str) -> Iterator[Delta]:
    message = choice["message"]
    calls = message.get("tool_calls") or []
    if message.get("audio"):
        yield from _spoken(message, encoding)
    elif message.get("function_call"):
        yield from _function_call(message["function_call"], encoding)
    elif message["refusal"] is not None:
        yield {"role": "assistant", "content": None, "refusal": ""}, []
        yield from (({"refusal": piece}, []) for piece in tokens.pieces(message["refusal"], encoding))
    elif message["content"] is not None:
        yield {"role": "assistant", "content": "", "refusal": None}, []
        yield from _words(choice, encoding)
        yield from _calls(calls, encoding, {"content": None})
    elif len(calls) == 1:
        yield from _calls(calls, encoding, {"role": "assistant", "content": None}, {"refusal": None})
    else:
        yield {"role": "assistant", "content": None}, []
        yield from _calls(calls, encoding)


def _words(choice: Object, encoding: str) -> Iterator[Delta]:
    probs = (choice.get("logprobs") or {}).get("content")
    pieces = speech.pieces(choice["message"]["content"], encoding, probs)
    if probs is None:
        return (({"content": piece}, []) for piece in pieces)
    return (({"content": piece}, [prob]) for piece, prob in zip(pieces, probs, strict=True))


def _calls(
    calls: list[Object], encoding: str, before: Object | None = None, after: Object | None = None
) -> Iterator[Delta]:
    """For each call a frame that names it, then its arguments piece by piece."""
    for index, call in enumerate(calls):
        kind = call["type"]
        field = "arguments" if kind == "function" else "input"
        named = {"index": index, "id": call["id"], "type": kind, kind: call[kind] | {field: ""}}
        around = (before or {}, after or {}) if index == 0 else ({}, {})
        yield around[0] | {"tool_calls": [named]} | around[1], []
        for piece in tokens.pieces(call[kind][field], encoding):
            yield {"tool_calls": [{"index": index, kind: {field: piece}}]}, []


def _function_call(call: Object, encoding: str) -> Iterator[Delta]:
    named = {"name": call["name"], "arguments": ""}
    yield {"role": "assistant", "content": None, "function_call": named, "refusal": None}, []
    for piece in tokens.pieces(call["arguments"], encoding):
        yield {"function_call": {"arguments": piece}}, []


def _spoken(message: Object, encoding: str) -> Iterator[Delta]:
    audio = message["audio"]
    yield {"role": "assistant", "refusal": None}, []
    first, *rest = tokens.pieces(audio["transcript"], encoding) or [""]
    yield {"content": None, "audio": {"id": audio["id"], "transcript": first}}, []
    yield from (({"audio": {"transcript": piece}}, []) for piece in rest)
    data = audio["data"]
    yield from (({"audio": {"data": data[at : at + 16_000]}}, []) for at in range(0, len(data), 16_000))
    yield {"audio": {"expires_at": audio["expires_at"]}}, []
