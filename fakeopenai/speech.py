"""The model speaks: a turn is chosen, held to its limits, and measured in tokens.

The turn comes from the matching rule, else from what a fine-tuned model has learnt, else from the default voice.
Whatever family asks, the same prompt gets the same turn, cut at the same place, with the same counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from math import log

import msgspec

from fakeopenai import lessons, tokens, voice
from fakeopenai.turn import Finish, Message, Prompt, Step, Text, Thought, ToolCall, Turn, once
from fakeopenai.wire import Call, Object

_canonical = msgspec.json.Encoder(order="sorted").encode

CALL_OVERHEAD = 7
"""Tokens that a function call costs beside its name and arguments (recorded usage of gpt-4o and later)."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A turn within its limits. `tokens` counts all that was generated, `reasoning` included in it."""

    turn: Turn
    finish: Finish
    tokens: int
    reasoning: int
    encoding: str
    seed: bytes = field(repr=False, default=b"")

    @property
    def text(self) -> str:
        return self.turn.text

    def asked(self, counted: int) -> int:
        """The tokens of the prompt, so many unless a rule says otherwise."""
        return counted if self.turn.spent.input is None else self.turn.spent.input

    def cached(self, counted: int) -> int:
        """Those of them that came out of the cache."""
        return counted if self.turn.spent.cached is None else self.turn.spent.cached

    @property
    def pieces(self) -> list[str]:
        """The text, token by token."""
        return tokens.pieces(self.text, self.encoding)


def speak(call: Call, prompt: Prompt, index: int = 0) -> Spoken:
    """What the model says to a prompt; `index` counts the choices of one request."""
    turn = (call.rule.turn(call, index) if call.rule else None) or lessons.recall(call.world, prompt)
    spent = call.rule.spent if call.rule else None
    if turn is None and spent is None:
        return _said(prompt, call.world.seed, index)
    seed = _seed(prompt, call.world.seed, index)
    turn = turn or voice.answer(prompt, seed, index)
    return hold(replace(turn, spent=spent) if spent else turn, prompt, seed)


@once
def _said(prompt: Prompt, world: bytes, index: int) -> Spoken:
    """What the model says of itself, in a world of this seed."""
    seed = _seed(prompt, world, index)
    return hold(voice.answer(prompt, seed, index), prompt, seed)


def _seed(prompt: Prompt, world: bytes, index: int) -> bytes:
    """Chance, from the conversation alone: the same words come whatever the limits and stops."""
    messages = _numbered(prompt.messages)
    parts = (messages, prompt.tools, prompt.choice, prompt.format, prompt.seed, prompt.parallel, index)
    return blake2b(_canonical(parts), key=world, digest_size=16).digest()


def _numbered(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The messages with numbers in the place of the ids of calls, which each family gives its own."""
    ids = [call.id for message in messages for call in message.calls]
    if not ids:
        return messages
    numbers = {id: str(number) for number, id in enumerate(ids)}
    return tuple(
        replace(
            message,
            calls=tuple(replace(call, id=numbers[call.id]) for call in message.calls),
            answers=numbers.get(message.answers, message.answers),
        )
        for message in messages
    )


def hold(turn: Turn, prompt: Prompt, seed: bytes) -> Spoken:
    """Stop at the stop sequences and at the token limit, and count."""
    if prompt.stop:
        turn = stopped(turn, prompt.stop)
    cost = _Meter(prompt)
    used = sum(map(cost.of, turn.steps))
    finish = turn.finish
    if prompt.limit is not None and used > prompt.limit:
        turn, used, finish = cut(turn, cost, prompt.limit), prompt.limit, "length"
    spent = turn.spent
    used = used if spent.output is None else spent.output
    reasoning = sum(thought.tokens for thought in turn.thoughts) if spent.reasoning is None else spent.reasoning
    if finish == "stop" and turn.calls:
        finish = "tool_calls"
    return Spoken(turn, finish, used, reasoning, prompt.model.encoding, seed)


def stopped(turn: Turn, stops: tuple[str, ...]) -> Turn:
    """The turn up to the first stop sequence in its text."""
    kept: list[Step] = []
    for step in turn.steps:
        if isinstance(step, Text):
            places = [place for stop in stops if (place := step.text.find(stop)) >= 0]
            if places:
                return replace(turn, steps=(*kept, replace(step, text=step.text[: min(places)])), finish="stop")
        kept.append(step)
    return turn


def cut(turn: Turn, cost: _Meter, limit: int) -> Turn:
    """The turn's first `limit` tokens."""
    kept: list[Step] = []
    for step in turn.steps:
        price = cost.of(step)
        if price <= limit:
            kept.append(step)
            limit -= price
            continue
        kept.extend(_part(step, limit, cost))
        break
    return replace(turn, steps=tuple(kept), finish="length")


def _part(step: Step, limit: int, cost: _Meter) -> Iterator[Step]:
    match step:
        case Thought():
            yield replace(step, tokens=limit)
        case Text() if limit > 0:
            yield replace(step, text="".join(tokens.pieces(step.text, cost.encoding)[:limit]))
        case ToolCall() if limit > cost.overhead(step):
            pieces = tokens.pieces(step.arguments, cost.encoding)
            yield replace(step, arguments="".join(pieces[: limit - cost.overhead(step)]))


class _Meter:
    """What steps cost, in tokens."""

    def __init__(self, prompt: Prompt) -> None:
        self.encoding = prompt.model.encoding
        self._forced = prompt.choice not in {"auto", "none", "required"}

    def of(self, step: Step) -> int:
        match step:
            case Text(text) | ToolCall(arguments=text):
                return tokens.count(text, self.encoding) + self.overhead(step)
            case Thought(tokens=spent):
                return spent
            case _:
                return tokens.count(getattr(step, "text", ""), self.encoding)

    def overhead(self, step: Step) -> int:
        if isinstance(step, ToolCall) and not self._forced:
            return tokens.count(step.name, self.encoding) + CALL_OVERHEAD
        return 0


def generated(said: Sequence[Spoken]) -> int:
    """The tokens of all choices of an answer together."""
    told = said[0].turn.spent.output
    return sum(spoken.tokens for spoken in said) if told is None else told


def reasoned(said: Sequence[Spoken]) -> int:
    """Those of them that were spent on reasoning."""
    told = said[0].turn.spent.reasoning
    return sum(spoken.reasoning for spoken in said) if told is None else told


def pieces(text: str, encoding: str, probs: Sequence[Object] | None = None) -> list[str]:
    """A text token by token; by the tokens that have a log probability, where they spell it."""
    told = [entry["token"] for entry in probs or ()]
    return told if told and "".join(told) == text else tokens.pieces(text, encoding)


def logprobs(spoken: Spoken, text: str, top: int) -> list[Object]:
    """A log probability for every token of a text, with `top` alternatives each; the token itself leads them."""
    scripted = _chances(spoken.turn, text)
    if scripted:
        rest = text[len("".join(next(iter(chances)) for chances in scripted)) :]
        first = [_scripted(spoken, place, chances, top) for place, chances in enumerate(scripted)]
        return [*first, *_logprobs(spoken, rest, top, len(first))]
    return _logprobs(spoken, text, top)


def _logprobs(spoken: Spoken, text: str, top: int, start: int = 0) -> list[Object]:
    ids = tokens.encode(text, spoken.encoding)
    return [
        _logprob(spoken, place, tokens.token_bytes(id, spoken.encoding), top) for place, id in enumerate(ids, start)
    ]


def _chances(turn: Turn, text: str) -> list[Mapping[str, float]]:
    """The probabilities that a rule gives to the first tokens of a text, as far as they spell it."""
    steps = [step for step in turn.steps if isinstance(step, Text)]
    said = next((step for step in steps if step.text == text), steps[0] if steps else Text(""))
    kept: list[Mapping[str, float]] = []
    for chances in said.chances:
        token = next(iter(chances))
        if not text.startswith(token):
            break
        text = text[len(token) :]
        kept.append(chances)
    return kept


def _scripted(spoken: Spoken, place: int, chances: Mapping[str, float], top: int) -> Object:
    """The entry of a token whose probability a rule gives; less likely ones fill the alternatives up."""
    said, *_ = entries = [_entry(token.encode(), chance) for token, chance in chances.items()]
    draw = blake2b(b"%d" % place, key=spoken.seed, digest_size=8).digest()
    left = max(min(1 - sum(chances.values()), *chances.values()), 1e-6)
    others = [word for word in _alternatives(said["token"].encode(), draw) if word.decode() not in chances]
    entries += [_entry(word, left / 2 ** (nth + 1)) for nth, word in enumerate(others)]
    return said | {"top_logprobs": sorted(entries, key=lambda entry: -entry["logprob"])[:top]}


def _logprob(spoken: Spoken, place: int, token: bytes, top: int) -> Object:
    draw = blake2b(b"%d" % place, key=spoken.seed, digest_size=8).digest()
    chance = 1 - (draw[0] / 256) ** 4 * 0.6
    entry = _entry(token, chance)
    others = [_entry(word, (1 - chance) / 2 ** (n + 1)) for n, word in enumerate(_alternatives(token, draw))]
    return entry | {"top_logprobs": [entry, *others][:top]}


def _entry(token: bytes, chance: float) -> Object:
    return {"token": _printed(token), "logprob": round(log(max(chance, 1e-9)), 8) or 0.0, "bytes": list(token)}


def _printed(token: bytes) -> str:
    try:
        return token.decode()
    except UnicodeDecodeError:
        return "".join(f"\\x{byte:02x}" for byte in token)


_COMMON = "the a and to in is I that it for with on as this of we be an you are was by"
_WORDS = [b",", b".", b"!", b"\n", *(f" {word}".encode() for word in _COMMON.split())]


def _alternatives(token: bytes, draw: bytes) -> Iterator[bytes]:
    start = draw[1] % len(_WORDS)
    return (word for word in [*_WORDS[start:], *_WORDS[:start]] if word != token)
