"""Measure requests to a full world beside the same requests to an empty one: `python -m benchmarks.scale`.

A full world has 100,000 files, 100,000 stored responses and 10,000 batches under way. No socket is between. We aim at
twice an empty world's time or less, whether the worlds are in memory or in a file. The first look at a batch is slow:
it moves the clock, and with it all batches that are due.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

import msgspec

from fakeopenai.emulator import Emulator
from fakeopenai.record import DRAWERS, Row
from fakeopenai.sqlite_store import StateFile
from fakeopenai.state import State
from fakeopenai.wire import Json, Object, Request, Upload

if TYPE_CHECKING:
    from fakeopenai.world import World

ROW = b'{"custom_id": "1", "method": "POST", "url": "/v1/responses", "body": {"model": "gpt-4o", "input": "Hi"}}\n'

Step = Callable[["User", int], Object]


class User:
    """Somebody who sends requests to one world, and knows an old object of each kind there."""

    def __init__(self, emulator: Emulator, key: str) -> None:
        self._emulator = emulator
        self._key = key
        self.file = self.middle = [self.upload(number)["id"] for number in range(40)][20]
        self.response = self.respond(0)["id"]
        self.batch = self.begin(0)["id"]

    @property
    def world(self) -> World:
        return self._emulator.world(self._key)

    @property
    def newest(self) -> str:
        return next(self.world.drawer("/files").ids(newest_first=True))

    def send(self, method: str, path: str, body: Object | None = None, **query: Json) -> Object:
        return self._answered(Request(method, path, query, {}, body or {}, key=self._key))

    def upload(self, number: int) -> Object:
        file = Upload(f"{number}.jsonl", "application/jsonl", ROW)
        body = {"purpose": "batch", "file": file.filename}
        return self._answered(Request("POST", "/files", {}, {}, body, {"file": [file]}, key=self._key, is_form=True))

    def respond(self, number: int, **more: Json) -> Object:
        return self.send("POST", "/responses", {"model": "gpt-4o", "input": f"Say {number}", **more})

    def begin(self, number: int) -> Object:
        metadata = {"number": str(number)}
        wanted = {"input_file_id": self.file, "endpoint": "/v1/responses", "completion_window": "24h"}
        return self.send("POST", "/batches", wanted | {"metadata": metadata})

    def _answered(self, request: Request) -> Object:
        reply = self._emulator.respond(request)
        assert reply.status == 200, reply.body
        found: Object = msgspec.json.decode(reply.body)
        return found


STEPS: dict[str, Step] = {
    "create a file": lambda user, number: user.upload(number),
    "retrieve a file": lambda user, _: user.send("GET", f"/files/{user.file}"),
    "list files": lambda user, _: user.send("GET", "/files", limit=20),
    "list files from the middle": lambda user, _: user.send("GET", "/files", limit=20, after=user.middle),
    "delete a file": lambda user, _: user.send("DELETE", f"/files/{user.newest}"),
    "create a response": lambda user, number: user.respond(number),
    "go on from a response": lambda user, number: user.respond(number, previous_response_id=user.response),
    "retrieve a response": lambda user, _: user.send("GET", f"/responses/{user.response}"),
    "create a batch": lambda user, number: user.begin(number),
    "list batches": lambda user, _: user.send("GET", "/batches", limit=20),
    "retrieve a batch": lambda user, _: user.send("GET", f"/batches/{user.batch}"),
}


def fill(user: User, files: int, responses: int, batches: int) -> None:
    """Make a world full."""
    user.middle = _copy(user, files, partial(user.upload, 1))
    _copy(user, responses, partial(user.respond, 1))
    _copy(user, batches, partial(user.begin, 1))


def _copy(user: User, count: int, make: Callable[[], Object]) -> str:
    """Put so many copies of an object into a world, with all that comes with it; gives the id of one in the middle."""
    world = user.world
    before = {row[:2] for row in _rows(world)}
    id: str = make()["id"]
    rows = [row for row in _rows(world) if row[:2] not in before]
    with world.turn:
        for number in range(count):
            copy = f"{id[:-6]}{number:06}"
            for drawer, name, value in rows:
                copied = value.replace(id.encode(), copy.encode())
                world.store.put(drawer.replace(id, copy), name.replace(id, copy), copied)
        world.clock.resume()
    return f"{id[:-6]}{count // 2:06}"


def _rows(world: World) -> Iterator[Row]:
    for drawer in world.store.drawers():
        if drawer not in DRAWERS:
            for id in world.store.ids(drawer):
                yield drawer, id, world.store.get(drawer, id) or b""


def compare(users: list[User], rounds: int) -> float:
    """Print the time of each step for each user, by turns; gives the worst ratio."""
    worst = 0.0
    for name, step in STEPS.items():
        times: list[list[float]] = [[] for _ in users]
        for number in range(rounds):
            for user, spent in zip(users, times, strict=True):
                started = perf_counter()
                step(user, number)
                spent.append(perf_counter() - started)
        empty, full = (median(spent) * 1e6 for spent in times)
        worst = max(worst, full / empty)
        print(f"  {name:<28} {empty:9.0f} {full:9.0f} {full / empty:6.2f} {max(times[1]) * 1e3:9.1f}", flush=True)
    return worst


@contextmanager
def emulators(folder: Path) -> Iterator[dict[str, Emulator]]:
    """One that keeps its worlds in memory, and one that keeps them in a file."""
    state = State(StateFile(folder))
    yield {"in memory": Emulator(), "in a file": Emulator(state=state)}
    state.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--responses", type=int, default=100_000)
    parser.add_argument("--batches", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, emulators(Path(folder)) as found:
        for name, emulator in found.items():
            users = [User(emulator, "sk-empty"), User(emulator, "sk-full")]
            started = perf_counter()
            fill(users[1], options.files, options.responses, options.batches)
            print(f"{name}: filled in {perf_counter() - started:.1f} s; microseconds in an empty and a full world,")
            print("  their ratio, and milliseconds of the slowest in a full one")
            print(f"  the worst ratio is {compare(users, options.rounds):.2f}")


if __name__ == "__main__":
    main()
