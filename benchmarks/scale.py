"""Measure requests to a full world beside the same requests to an empty one: `python -m benchmarks.scale`.

A full world has 100,000 files, 100,000 stored responses, 100,000 stored chats, a vector store of 100,000 files and
10,000 batches under way. What is filtered for is rare and old. No socket is between. We aim at twice an empty world's
time or less, whether the worlds are in memory or in a file.
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

PICTURE = b"\x89PNG\r\n\x1a\n"
ROW = b'{"custom_id": "1", "method": "POST", "url": "/v1/responses", "body": {"model": "gpt-4o", "input": "Hi"}}\n'

Step = Callable[["User", int], Object]


class User:
    """Somebody who sends requests to one world, and knows an old object of each kind there."""

    def __init__(self, emulator: Emulator, key: str) -> None:
        self._emulator = emulator
        self._key = key
        self.picture = self.upload(0, "vision")["id"]
        self.chat = self.talk(0, "rare")["id"]
        self.store = self.send("POST", "/vector_stores")["id"]
        self.attach(self.picture)
        for number in range(20):
            self.talk(number)
            self.attach(self.upload(number, "assistants")["id"])
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

    def upload(self, number: int, purpose: str = "batch") -> Object:
        name, content = (f"{number}.png", PICTURE) if purpose == "vision" else (f"{number}.jsonl", ROW)
        file = Upload(name, "application/octet-stream", content)
        body = {"purpose": purpose, "file": file.filename}
        return self._answered(Request("POST", "/files", {}, {}, body, {"file": [file]}, key=self._key, is_form=True))

    def respond(self, number: int, **more: Json) -> Object:
        return self.send("POST", "/responses", {"model": "gpt-4o", "input": f"Say {number}", **more})

    def talk(self, number: int, kind: str = "usual") -> Object:
        said = {"model": "gpt-4o", "messages": [{"role": "user", "content": f"Say {number}"}]}
        return self.send("POST", "/chat/completions", said | {"store": True, "metadata": {"kind": kind}})

    def attach(self, file: str) -> Object:
        """Put a file into the store, and wait until it is read; pictures can't be."""
        files = f"/vector_stores/{self.store}/files"
        self.send("POST", files, {"file_id": file})
        return self.send("GET", f"{files}/{file}")

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
    "list files of a purpose": lambda user, _: user.send("GET", "/files", limit=20, purpose="vision"),
    "list files of no purpose": lambda user, _: user.send("GET", "/files", limit=20, purpose="evals"),
    "delete a file": lambda user, _: user.send("DELETE", f"/files/{user.newest}"),
    "create a response": lambda user, number: user.respond(number),
    "go on from a response": lambda user, number: user.respond(number, previous_response_id=user.response),
    "retrieve a response": lambda user, _: user.send("GET", f"/responses/{user.response}"),
    "list stored chats": lambda user, _: user.send("GET", "/chat/completions", limit=20),
    "list chats of a kind": lambda user, _: user.send("GET", "/chat/completions", metadata={"kind": "rare"}),
    "list files of a store": lambda user, _: user.send("GET", f"/vector_stores/{user.store}/files", limit=20),
    "list those that failed": lambda user, _: user.send("GET", f"/vector_stores/{user.store}/files", filter="failed"),
    "retrieve a store": lambda user, _: user.send("GET", f"/vector_stores/{user.store}"),
    "create a batch": lambda user, number: user.begin(number),
    "list batches": lambda user, _: user.send("GET", "/batches", limit=20),
    "retrieve a batch": lambda user, _: user.send("GET", f"/batches/{user.batch}"),
}


def fill(user: User, many: int, batches: int) -> None:
    """Make a world full."""
    _copy(user, many, lambda: user.attach(user.upload(1, "assistants")["id"]))
    user.middle = _copy(user, many, partial(user.upload, 1))
    _copy(user, many, partial(user.respond, 1))
    _copy(user, many, partial(user.talk, 1))
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
    parser.add_argument("--many", type=int, default=100_000, help="files, responses, chats and files of a store each")
    parser.add_argument("--batches", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, emulators(Path(folder)) as found:
        for name, emulator in found.items():
            users = [User(emulator, "sk-empty"), User(emulator, "sk-full")]
            started = perf_counter()
            fill(users[1], options.many, options.batches)
            print(f"{name}: filled in {perf_counter() - started:.1f} s; microseconds in an empty and a full world,")
            print("  their ratio, and milliseconds of the slowest in a full one")
            print(f"  the worst ratio is {compare(users, options.rounds):.2f}")


if __name__ == "__main__":
    main()
