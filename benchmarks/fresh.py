"""What a world of its own costs a test: to make it, to lead clients there, and to forget it again.

python -m benchmarks.fresh
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from fakeopenai import fresh, serve
from fakeopenai.arrangement import Arrangement
from fakeopenai.plugin.environment import leading_to

ROUNDS = 300
TESTS = 1000
RULE = {"when": {"operation": "chat", "contains": "weather"}, "say": "Sunny"}

SOURCE = """
import pytest

@pytest.mark.parametrize("number", range({tests}))
def test_it({fixture}, number):
    pass
"""


def worlds(arrangement: Arrangement) -> float:
    """Milliseconds for a world, in the middle of many."""
    taken = []
    with serve() as server:
        for _ in range(ROUNDS):
            began = time.perf_counter()
            with fresh(server, "sk-fresh", arrangement) as fake, leading_to(fake):
                pass
            taken.append(time.perf_counter() - began)
    return median(taken) * 1e3


def tests(fixture: str) -> float:
    """Seconds of a pytest with many tests that have a fixture, its start included."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_it.py").write_text(SOURCE.format(fixture=fixture, tests=TESTS))
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder]
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return time.perf_counter() - began


def report() -> None:
    """Print milliseconds a test."""
    print(f"\n{'a world of its own':<28} {'ms a test':>9}")
    print(f"{'made, led to, forgotten':<28} {worlds(Arrangement()):9.3f}")
    print(f"{'with a rule and a situation':<28} {worlds(Arrangement(rules=RULE, load='tool_loop')):9.3f}")
    turns = [(tests("fakeopenai_server"), tests("fakeopenai")) for _ in range(2)]
    bare, fixture = map(min, zip(*turns, strict=True))
    print(f"{'the fixture in pytest':<28} {(fixture - bare) / TESTS * 1e3:9.3f}")


if __name__ == "__main__":
    report()
