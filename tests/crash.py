"""Kill a process that writes to a state file, again and again, and compare what is left with what it acknowledged.

`python -m tests.crash FILE ROUNDS SEED` ends with an error at the first kill that lost something.

A world in memory answers the same requests. After each kill the file must hold what that world holds after the last
request that was acknowledged, or after the one that was under way. Not a test itself, but a process of its own: it
forks, which a test session with threads mustn't.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from random import Random

from fakeopenai import snapshot
from fakeopenai.emulator import Emulator
from fakeopenai.sqlite_store import StateFile
from fakeopenai.state import State
from fakeopenai.wire import Object, Request, Upload
from fakeopenai.world import World

KEY = "sk-crash"
TRAINING = b'{"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "gpt-4o"}}\n'


def request(number: int, world: World) -> Request:
    """The request of that number, which may be about what was made before."""
    newest, oldest = _end(world, "/files", newest_first=True), _end(world, "/files", newest_first=False)
    return (
        _upload(number),
        _asked("POST", "/batches", _batch(newest)),
        _asked("GET", f"/batches/{_end(world, '/batches', newest_first=True)}"),
        _asked("POST", "/responses", {"model": "gpt-4o", "input": "Say it once more"}),
        _upload(number),
        _asked("DELETE", f"/files/{oldest}"),
        _asked("POST", "/vector_stores", {"name": f"store {number}", "file_ids": [newest]}),
        _asked("GET", "/files?limit=3"),
    )[number % 8]


def _end(world: World, drawer: str, *, newest_first: bool) -> str:
    return next(world.drawer(drawer).ids(newest_first=newest_first), "none")


def _asked(method: str, path: str, body: Object | None = None) -> Request:
    return Request(method, path, {}, {}, body or {}, key=KEY)


def _upload(number: int) -> Request:
    content = TRAINING * (1 + number % 40)
    upload = Upload(f"{number}.jsonl", "application/jsonl", content)
    body = {"purpose": "batch", "file": upload.filename}
    return Request("POST", "/files", {}, {}, body, {"file": [upload]}, key=KEY, is_form=True)


def _batch(file: str) -> Object:
    return {"input_file_id": file, "endpoint": "/v1/chat/completions", "completion_window": "24h"}


def main(path: Path, rounds: int, seed: int) -> None:
    random = Random(seed)
    reference = Emulator()
    number = 0
    for _ in range(rounds):
        number += _round(path, reference, number, random)
    print(f"{rounds} kills, {number} requests acknowledged")


def _round(path: Path, reference: Emulator, number: int, random: Random) -> int:
    """Write, kill, compare; gives how many requests were kept."""
    acknowledged = _written_until_killed(path, number, random.randrange(12), random.uniform(0, 0.004))
    found = _dumped(path)
    for nth in range(number, number + acknowledged):
        reference.respond(request(nth, reference.world(KEY)))
    if found == snapshot.dump(reference.world(KEY)):
        return acknowledged
    reference.respond(request(number + acknowledged, reference.world(KEY)))
    if found != snapshot.dump(reference.world(KEY)):
        sys.exit(f"after request {number + acknowledged} the file holds neither what was before it nor what was after")
    return acknowledged + 1


def _written_until_killed(path: Path, number: int, wanted: int, more: float) -> int:
    """Let a process write until it has acknowledged some requests, and then for some seconds more."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _write(path, number, writing)
    os.close(writing)
    acknowledged = 0
    while acknowledged < wanted:
        acknowledged += len(os.read(reading, 1))
    time.sleep(more)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while rest := os.read(reading, 1024):
        acknowledged += len(rest)
    os.close(reading)
    return acknowledged


def _write(path: Path, number: int, acknowledgements: int) -> None:
    emulator = Emulator(state=State(StateFile(path)))
    while True:
        reply = emulator.respond(request(number, emulator.world(KEY)))
        assert reply.status < 500
        os.write(acknowledgements, b".")
        number += 1


def _dumped(path: Path) -> Object:
    state = State(StateFile(path))
    found = snapshot.dump(Emulator(state=state).world(KEY))
    state.close()
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
