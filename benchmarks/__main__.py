"""Measure the emulator beside the bare server, by turns in the same run, and print how they compare.

The ratios are what counts: absolute figures move with the machine. `cpu` is what the server's process used, so it stays
true while other programs run; where the system doesn't tell (it is read from /proc), the rate has to do.
"""

from __future__ import annotations

import argparse
import http.client
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import msgspec

from benchmarks import batch, fresh, rules
from benchmarks.load import Seen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CHAT, MODELS, EMBEDDINGS = "/v1/chat/completions", "/v1/models", "/v1/embeddings"
MESSAGES = [
    {"role": "system", "content": "You answer in one short paragraph."},
    {"role": "user", "content": "Why is the sky blue?"},
]
ASKED = {"model": "gpt-4o-mini", "messages": MESSAGES, "temperature": 0.2}
VECTOR = {"model": "text-embedding-3-small", "input": "Why is the sky blue?", "encoding_format": "float"}


@dataclass(frozen=True)
class Scenario:
    """A request, and how many at a time."""

    name: str
    path: str
    connections: int
    body: object = None

    @property
    def request(self) -> bytes:
        body = msgspec.json.encode(self.body) if self.body else b""
        head = (
            f"{'POST' if body else 'GET'} {self.path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer sk-bench\r\n"
        )
        return f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


SCENARIOS = (
    Scenario("chat x 1", CHAT, 1, ASKED),
    Scenario("chat x 16", CHAT, 16, ASKED),
    Scenario("stream x 16", CHAT, 16, ASKED | {"stream": True}),
    Scenario("models x 16", MODELS, 16),
    Scenario("embedding x 4", EMBEDDINGS, 4, VECTOR),
)


@dataclass
class Target:
    """A server that was started here."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    started: float

    @property
    def cpu(self) -> float:
        """Seconds of processor time so far; 0 where the system doesn't tell."""
        stat = Path(f"/proc/{self.process.pid}/stat")
        if not stat.exists():
            return 0.0
        user, system = stat.read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    @property
    def memory(self) -> float:
        """MiB that are resident."""
        statm = Path(f"/proc/{self.process.pid}/statm")
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20 if statm.exists() else 0.0


@dataclass(frozen=True)
class Slice:
    """One target under one scenario for a moment."""

    seen: Seen
    cpu: float

    @property
    def rate(self) -> float:
        return len(self.seen.whole) / self.seen.seconds

    @property
    def cost(self) -> float:
        """Microseconds of the server's processor time a request."""
        return self.cpu / len(self.seen.whole) * 1e6

    @property
    def events(self) -> float:
        return self.seen.events / len(self.seen.whole)


def command(name: str, port: int) -> list[str]:
    if name == "limit":
        return [sys.executable, "-m", "benchmarks.limit", str(port)]
    return [sys.executable, "-c", "from fakeopenai.cli import main; main()", "serve", "--port", str(port)]


@contextmanager
def running(name: str) -> Iterator[Target]:
    """A server on its own core, from its start to its first answer until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.perf_counter()
    process = subprocess.Popen(command(name, port), stdout=subprocess.DEVNULL)
    pin(process, core=0)
    try:
        while not answers(port):
            if process.poll() is not None or time.perf_counter() - began > 30:
                raise SystemExit(f"{name} did not start")
            time.sleep(0.002)
        yield Target(name, port, process, time.perf_counter() - began)
    finally:
        process.terminate()
        process.wait(10)


def pin(process: subprocess.Popen[bytes], core: int) -> None:
    """Keep a process on one core, where there is more than one and the system can."""
    if (os.cpu_count() or 1) > 1 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(process.pid, {core})


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("POST", CHAT, msgspec.json.encode(ASKED), {"authorization": "Bearer sk-bench"})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def measure(target: Target, scenario: Scenario, seconds: float, requests: int) -> Slice:
    """Load a target for so many seconds or requests, whichever ends first."""
    bounds = map(str, (target.port, scenario.connections, seconds, requests))
    before = target.cpu
    client = [sys.executable, "-m", "benchmarks.load", *bounds]
    with subprocess.Popen(client, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        pin(process, core=1)
        told, _ = process.communicate(scenario.request, timeout=seconds + 30)
    seen = msgspec.json.decode(told, type=Seen)
    if seen.failed or not seen.whole:
        raise SystemExit(f"{target.name} failed {seen.failed} of {len(seen.whole)} requests of {scenario.name}")
    return Slice(seen, target.cpu - before)


def compare(targets: Sequence[Target], scenario: Scenario, rounds: int, seconds: float) -> None:
    """Load each target by turns and print a row for each."""
    for target in targets:
        measure(target, scenario, seconds / 3, 5000)
    turns = [[measure(target, scenario, seconds, 100_000) for target in targets] for _ in range(rounds)]
    base = median(turn[0].cost for turn in turns)
    for target, slices in zip(targets, zip(*turns, strict=True), strict=True):
        cost, rate = median(each.cost for each in slices), median(each.rate for each in slices)
        first = median(median(each.seen.first) for each in slices) * 1e3
        events = f"{cost / slices[0].events:6.2f}" if slices[0].events else "     -"
        ratio = f"{cost / base:5.2f}" if base else "    -"
        print(
            f"{scenario.name:<14} {target.name:<10} {rate:9,.0f} {first:9.2f} {cost:9.1f} {events} {ratio}", flush=True
        )


def report(name: str) -> None:
    """Print how a fresh server starts, and what it holds before and after many requests."""
    with running(name) as target:
        time.sleep(0.3)
        idle = target.memory
        measure(target, SCENARIOS[1], 20, 2_000)
        early = target.memory
        measure(target, SCENARIOS[1], 20, 10_000)
        print(f"{name:<10} {target.started:9.2f} {idle:9.1f} {early:11.1f} {target.memory:12.1f}", flush=True)


def batches(counts: Sequence[int]) -> None:
    """Print how long a fresh server takes for a batch of so many lines, and what it holds before, at most and after."""
    for count in counts:
        with running("fakeopenai") as target:
            seen = batch.run(target.port, count, lambda: target.memory)
            rows = f"{count:<10,} {seen.seconds:9.2f} {seen.slowest:9.2f}"
            print(f"{rows} {seen.before:11.1f} {seen.most:11.1f} {seen.after:11.1f} {seen.written:11.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0, help="how long one server is loaded at a time")
    parser.add_argument("--only", default="", help="scenarios whose name contains this")
    options = parser.parse_args()
    print(f"{'':<14} {'server':<10} {'req/s':>9} {'first ms':>9} {'cpu us':>9} {'/event':>6} {'cpu':>5}")
    with running("limit") as limit, running("fakeopenai") as ours:
        for scenario in SCENARIOS:
            if options.only in scenario.name:
                compare((limit, ours), scenario, options.rounds, options.seconds)
    print(f"\n{'server':<10} {'start s':>9} {'idle MiB':>9} {'after 2,000':>11} {'after 12,000':>12}")
    for name in ("limit", "fakeopenai"):
        report(name)
    print(f"\n{'batch of':<10} {'s':>9} {'slowest':>9} {'MiB before':>11} {'at most':>11} {'after':>11} {'output':>11}")
    batches((1_000, 10_000, 50_000))
    fresh.report()
    rules.report()


if __name__ == "__main__":
    main()
