"""What use costs, in US dollars: list prices of the model families, for the costs that the admin API reports."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from fakeopenai.account import Counters, Use

if TYPE_CHECKING:
    from fakeopenai.world import World

MILLION = 1_000_000


class Price(NamedTuple):
    """Dollars for a million tokens."""

    input: float
    output: float = 0.0
    cached: float | None = None


_PRICES = {
    "gpt-3.5-turbo": Price(0.5, 1.5),
    "gpt-3.5-turbo-instruct": Price(1.5, 2),
    "davinci-002": Price(2, 2),
    "babbage-002": Price(0.4, 0.4),
    "gpt-4": Price(30, 60),
    "gpt-4-turbo": Price(10, 30),
    "gpt-4o": Price(2.5, 10, 1.25),
    "gpt-4o-mini": Price(0.15, 0.6, 0.075),
    "gpt-4.1": Price(2, 8, 0.5),
    "gpt-4.1-mini": Price(0.4, 1.6, 0.1),
    "gpt-4.1-nano": Price(0.1, 0.4, 0.025),
    "gpt-4.5": Price(75, 150, 37.5),
    "o1": Price(15, 60, 7.5),
    "o1-mini": Price(1.1, 4.4, 0.55),
    "o1-pro": Price(150, 600),
    "o3": Price(2, 8, 0.5),
    "o3-mini": Price(1.1, 4.4, 0.55),
    "o3-pro": Price(20, 80),
    "o4-mini": Price(1.1, 4.4, 0.275),
    "gpt-5": Price(1.25, 10, 0.125),
    "gpt-5-mini": Price(0.25, 2, 0.025),
    "gpt-5-nano": Price(0.05, 0.4, 0.005),
    "gpt-5-pro": Price(15, 120),
    "gpt-5.2": Price(1.75, 14, 0.175),
    "gpt-5.4": Price(2.5, 15, 0.25),
    "gpt-5.5": Price(5, 30, 0.5),
    "text-embedding-3-small": Price(0.02),
    "text-embedding-3-large": Price(0.13),
    "text-embedding-ada-002": Price(0.1),
    "omni-moderation": Price(0),
    "text-moderation": Price(0),
}
"""By the beginning of a model's name; the longest that fits counts."""

_OTHER = Price(2.5, 10, 1.25)
_PER_IMAGE = 0.04
_PER_MINUTE = 0.006
_PER_SESSION = 0.03
_PER_SEARCH = {"web_search_calls": 0.01, "file_search_calls": 0.0025}
_PER_CHARACTER = 15 / MILLION


class Cost(NamedTuple):
    """One line of a bill."""

    line_item: str
    amount: float
    quantity: float
    unit: str | None


@cache
def price(model: str) -> Price:
    known = [name for name in _PRICES if model.removeprefix("ft:").startswith(name)]
    return _PRICES[max(known, key=len)] if known else _OTHER


def costs(use: Use, used: Counters) -> Iterator[Cost]:
    """What a use costs. A batch costs half."""
    share = 0.5 if use.batch else 1.0
    for line, rate, quantity, unit in _lines(use, used):
        if quantity:
            item = f"{use.model}, {line}" if use.model else line
            yield Cost(item, rate * quantity * share, quantity, unit)


def this_month(world: World, *projects: str) -> float:
    """What these projects have spent since the month began, in dollars; all of them if none is named."""
    now = datetime.fromtimestamp(world.clock.now, UTC)
    since = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp()
    return sum(
        cost.amount
        for use, used in world.account.items()
        if use.minute >= since and (not projects or use.project_id in projects)
        for cost in costs(use, used)
    )


def _lines(use: Use, used: Counters) -> Iterator[tuple[str, float, float, str | None]]:
    match use.kind:
        case "audio_speeches":
            yield "text to speech", _PER_CHARACTER, used["characters"], "characters"
        case "audio_transcriptions":
            yield "transcription", _PER_MINUTE / 60, used["seconds"], "duration_seconds"
        case "images":
            yield "image", _PER_IMAGE, used["images"], "images"
        case "code_interpreter_sessions":
            yield "code interpreter", _PER_SESSION, used["num_sessions"], None
        case "web_search_calls" | "file_search_calls" as kind:
            yield kind.replace("_", " "), _PER_SEARCH[kind], used["num_requests"], None
        case _:
            yield from _token_lines(price(use.model), used)


def _token_lines(price: Price, used: Counters) -> Iterator[tuple[str, float, float, str | None]]:
    cached = used.get("input_cached_tokens", 0)
    again = price.input if price.cached is None else price.cached
    yield "input", price.input / MILLION, used.get("input_tokens", 0) - cached, "tokens"
    yield "cached input", again / MILLION, cached, "tokens"
    yield "output", price.output / MILLION, used.get("output_tokens", 0), "tokens"
