"""The grammar of a stream: its events as words, in order, with repeats told once.

How many deltas spell a text out is chance, so a word that follows itself is told once, and so is a round of up to four
words (the parts of a reasoning summary). Items keep their number and order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from fakeopenai.contract.recordings import GAP
from fakeopenai.contract.shapes import Difference
from fakeopenai.wire import Json, Object

Events = Sequence[tuple[str, Json]]

DONE = "[DONE]"
ROUND = ("response.reasoning_summary_part.added", "thread.message.delta")
"""Words that begin a round which may come again."""


def words(events: Events) -> list[str]:
    """The words of a stream, repeats told once."""
    spelled = [word for name, data in events for word in _words(name, data)]
    choices = sorted({word.partition(" ")[0] for word in spelled if word.startswith("choice")})
    if len(choices) > 1:
        spelled = [*(word for choice in choices for word in spelled if word.startswith(f"{choice} ")), *_rest(spelled)]
    return rounds_once(once(spelled))


def _rest(spelled: list[str]) -> Iterator[str]:
    return (word for word in spelled if not word.startswith("choice"))


def once(spelled: Iterable[str]) -> list[str]:
    """Words without those that only repeat the one before."""
    found: list[str] = []
    for word in spelled:
        if not found or found[-1] != word:
            found.append(word)
    return found


def rounds_once(spelled: list[str]) -> list[str]:
    """Words without the rounds that only repeat the one before."""
    found: list[str] = []
    for word in spelled:
        found.append(word)
        for size in (4, 3, 2):
            if found[-size:] == found[-2 * size : -size] and found[-size].startswith(ROUND):
                del found[-size:]
    return found


def differences(recorded: Events, ours: Events) -> Iterator[Difference]:
    """The first place where two streams go on differently. What gaps hide may be anything."""
    here = words(ours)
    there = words(recorded)
    if GAP in there:
        there = bridged(there[: there.index(GAP)], there[len(there) - there[::-1].index(GAP) :], here)
    yield from _first(there, here)


def bridged(head: list[str], tail: list[str], ours: list[str]) -> list[str]:
    """The words around gaps, with those of ours that may have been in them between."""
    if head and tail and head[-1] == tail[0]:
        tail = tail[1:]
    return [*head, *ours[len(head) : max(len(ours) - len(tail), len(head))], *tail]


def _first(recorded: list[str], ours: list[str]) -> Iterator[Difference]:
    before = "(begin)"
    for there, here in zip_longest(recorded, ours, fillvalue="(end)"):
        if there != here:
            yield Difference(f"after {before}", there, here)
            return
        before = there


def _words(name: str, data: Json) -> Iterator[str]:
    match data:
        case {"choices": []}:
            yield "moderation" if "moderation" in data else "usage"
        case {"choices": [*choices]}:
            yield from map(_choice, choices)
        case {"type": str(type)}:
            yield " ".join([*([name] if name not in {"", type} else []), type, *_what(data)])
        case {"error": _}:
            yield "error"
        case str():
            yield data if data in {DONE, GAP} else "text"
        case _:
            yield name or "nameless"


def _what(event: Object) -> Iterator[str]:
    """The type of the item or part that an event is about."""
    for key in ("item", "part"):
        if isinstance(event.get(key), dict):
            yield f"{key}={event[key].get('type')}"


def _choice(choice: Object) -> str:
    """A choice of a chunk: the keys of its delta, which of them are empty, and how it ended."""
    delta = choice.get("delta")
    said = [_key(key, value) for key, value in delta.items()] if delta is not None else ["text"]
    finish = choice.get("finish_reason")
    told = " ".join([*sorted(said), *([f"finish={finish}"] if finish else [])])
    return f"choice{choice.get('index', 0)} {told or 'nothing'}"


def _key(key: str, value: Json) -> str:
    match value:
        case None | "":
            return f"{key}={'null' if value is None else 'empty'}"
        case [{"id": _}, *_]:
            return f"{key}=named"
        case {"name": _}:
            return f"{key}=named"
        case _:
            return key
