"""What ten thousand rules cost a request: the time of a chat with them beside that of one without any, by turns.

python -m benchmarks.rules
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from fakeopenai.emulator import Emulator
from fakeopenai.rules import Rule, load
from fakeopenai.rules.lint import lint
from fakeopenai.wire import Json, Request

if TYPE_CHECKING:
    from collections.abc import Iterable

RULES = 10_000
ROUNDS = 2000

Words = Callable[[int], Json]

KINDS: dict[str, Words] = {
    "user text contains": lambda number: {"contains": f"question {number}."},
    "user text equals": lambda number: {"equals": f"This is question {number}. Thank you!"},
    "model": lambda number: {"model": f"model-{number}"},
    "user text matches": lambda number: {"matches": rf"question {number}\b"},
    "body has": lambda number: {"body": {"metadata.number": str(number)}},
}
"""What the rules look at; the first three kinds are found by index, the others one by one."""


def asked(number: int) -> Request:
    message = {"role": "user", "content": f"This is question {number}. Thank you!"}
    body = {"model": "gpt-4o", "messages": [message], "metadata": {"number": str(number)}, "store": True}
    return Request("POST", "/chat/completions", body=body, key="sk-rules")


def scripted(words: Words) -> list[Rule]:
    return [Rule.read({"when": {"operation": "chat"} | words(number), "say": "Hello"}) for number in range(RULES)]


def compare(rules: Iterable[Rule]) -> tuple[float, float]:
    """Microseconds of a chat without any rules and with these, each in the middle of many."""
    emulators = [Emulator(rules=[Rule.read({"say": "Hello"})]), Emulator(rules=[*rules, Rule.read({"say": "Hello"})])]
    times: list[list[float]] = [[], []]
    for number in range(ROUNDS):
        for emulator, spent in zip(emulators, times, strict=True):
            request = asked(number * 7 % (2 * RULES))
            began = time.perf_counter()
            emulator.respond(request)
            spent.append(time.perf_counter() - began)
            if sum(spent) > 5:
                return median(times[0]) * 1e6, median(times[1]) * 1e6
    return median(times[0]) * 1e6, median(times[1]) * 1e6


def files() -> tuple[float, float]:
    """Seconds to load that many rules from a file, and to check them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rules.yaml")
        path.write_text("".join(f"- {{when: {{contains: question {n}}}, say: Answer {n}}}\n" for n in range(RULES)))
        began = time.perf_counter()
        rules = load([path])
        loaded = time.perf_counter()
        lint(rules)
        return loaded - began, time.perf_counter() - loaded


def report() -> None:
    """Print microseconds a chat, and the ratio."""
    print(f"\n{f'{RULES:,} rules, each':<28} {'us with one':>11} {'with all':>9} {'ratio':>6}")
    for name, words in KINDS.items():
        one, all_of_them = compare(scripted(words))
        print(f"{name:<28} {one:11.0f} {all_of_them:9.0f} {all_of_them / one:6.2f}", flush=True)
    loaded, checked = files()
    print(f"{'from a file':<28} loaded in {loaded:.1f} s, checked in {checked:.1f} s")


if __name__ == "__main__":
    report()
