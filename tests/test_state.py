"""The state of worlds outlasts their server, kills included, and goes from one world to another."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeopenai import FakeOpenAI, snapshot
from fakeopenai.api import HANDLERS
from fakeopenai.cli import main
from fakeopenai.emulator import Emulator
from fakeopenai.rules import Rule
from fakeopenai.sqlite_store import StateFile
from fakeopenai.state import State
from fakeopenai.store import MemoryStore
from fakeopenai.wire import Call, Reply, Upload
from fakeopenai.world import Settings, World
from tests.front import Api

ROOT = Path(__file__).parents[1]
LINE = {"custom_id": "1", "method": "POST", "url": "/v1/responses", "body": {"model": "gpt-4o", "input": "Hi"}}
ROWS = "".join(json.dumps(LINE | {"custom_id": str(number)}) + "\n" for number in range(3)).encode()


TIME = {"id": "now", "json": {"seed": 0, "now": 1767225600.0, "mode": "auto", "rate": 1.0, "order": 0}}
BAD_JOB = {"id": "/batches/a", "json": {"batch": {}}}


@contextmanager
def kept(path: Path, **changed: Any) -> Iterator[Api]:
    """An emulator whose worlds are in a file, for as long as the block runs."""
    state = State(StateFile(path))
    try:
        yield Api(Emulator(Settings(**changed), state=state))
    finally:
        state.close()


def upload(api: Api, content: bytes = ROWS) -> Any:
    file = {"file": [Upload("rows.jsonl", "application/jsonl", content)]}
    return api.post("/files", {"purpose": "batch"}, files=file).json


def batch(api: Api) -> Any:
    wanted = {"input_file_id": upload(api)["id"], "endpoint": "/v1/responses", "completion_window": "24h"}
    return api.post("/batches", wanted).json


def respond(api: Api) -> Any:
    return api.post("/responses", {"model": "gpt-4o", "input": "Say it once more"}).json


def read(api: Api) -> Any:
    """Let the model read a prompt that is long enough for its cache."""
    asked = [{"role": "user", "content": "The same long story, told once more. " * 200}]
    return api.post("/chat/completions", {"model": "gpt-4o", "messages": asked}).json["usage"]


def busy(api: Api) -> None:
    """Do something of everything that a world keeps."""
    read(api)
    api.get(f"/batches/{batch(api)['id']}")
    respond(api)
    api.post("/organization/projects", {"name": "mine"})


def later(api: Api) -> list[Any]:
    """What a world answers from there on."""
    (unfinished,) = api.get("/batches").json["data"]
    polled = [api.get(f"/batches/{unfinished['id']}").json for _ in range(5)]
    use = api.get("/organization/usage/completions?start_time=1767225600").json
    usage = read(api)
    assert usage["prompt_tokens_details"]["cached_tokens"] > 1024
    return [*polled, use, usage, api.get("/files").json, respond(api), upload(api)]


def test_a_server_that_is_started_again_goes_on_as_if_it_had_never_stopped(tmp_path: Path) -> None:
    never_stopped = Api()
    busy(never_stopped)

    with kept(tmp_path) as api:
        busy(api)
    with kept(tmp_path) as api:
        assert later(api) == later(never_stopped)


def test_each_world_of_a_file_is_as_it_was(tmp_path: Path) -> None:
    with kept(tmp_path) as api:
        mine = upload(api)
        theirs = Api(api.emulator, "sk-others")
        upload(theirs, ROWS * 2)

    with kept(tmp_path) as api:
        assert api.emulator.names() == ["test", "others"]
        assert api.get("/files").json["data"] == [mine]
        assert api.emulator.find("nobody") is None


def test_the_clock_is_as_it_was(tmp_path: Path) -> None:
    with kept(tmp_path) as api, api.world.turn:
        api.world.clock.run("manual")
        api.world.clock.advance(90.25)

    with kept(tmp_path) as api:
        assert (api.world.clock.now, api.world.clock.mode) == (1767225690.25, "manual")
    with kept(tmp_path, rate=2.0) as api:
        assert (api.world.clock.now, api.world.clock.mode, api.world.clock.rate) == (1767225690.25, "rate", 2.0)


def test_a_world_keeps_the_seed_that_it_began_with(tmp_path: Path) -> None:
    with kept(tmp_path, seed=1) as api:
        first = respond(api)
    with kept(tmp_path, seed=2) as api:
        second, other = respond(api), respond(Api(api.emulator, "sk-others"))

    alone = Api(Emulator(Settings(seed=1)))
    assert [first, second] == [respond(alone), respond(alone)]
    assert other == respond(Api(Emulator(Settings(seed=2))))


def test_a_world_that_made_room_for_others_comes_back(tmp_path: Path) -> None:
    with kept(tmp_path, worlds=2) as api:
        file = upload(api)
        for name in "abc":
            upload(Api(api.emulator, f"sk-{name}"))

        assert len(api.emulator.worlds) == 2
        assert api.get("/files").json["data"] == [file]


def test_nothing_that_a_world_remembers_escapes_the_file() -> None:
    written = {"seen", "account", "allowances", "levels", "prefixes", "clock", "seed", "settings", "store"}
    written |= {"rules", "shelved"}
    begun_anew = {"name", "_given_limits", "recorder", "sealed", "journal", "answer", "turn"}

    assert vars(World("test")).keys() == written | begun_anew, "say in record.py how the new one is written"


VERSION_1 = """
    CREATE TABLE worlds (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE items (
        place INTEGER PRIMARY KEY, world INTEGER NOT NULL, drawer TEXT NOT NULL, id TEXT NOT NULL, value BLOB NOT NULL
    );
    CREATE UNIQUE INDEX items_by_id ON items (world, drawer, id);
    CREATE INDEX items_in_order ON items (world, drawer, place);
    INSERT INTO worlds VALUES (1, 'test');
    INSERT INTO items (world, drawer, id, value) VALUES
        (1, '/files', 'file-1', CAST('{"id":"file-1","object":"file","status":"uploaded"}' AS BLOB)),
        (1, '/_world', 'now', CAST('{"seed":7,"now":1800000000.5,"mode":"manual","rate":1.0,"order":3}' AS BLOB)),
        (1, '/_world/used', '["embeddings",1800000000,"","","",false,"m"]', CAST('{"input_tokens":3}' AS BLOB)),
        (1, '/_world/seen', '0a', CAST('2' AS BLOB));
    PRAGMA application_id = 1717660517;
    PRAGMA user_version = 1;
"""
"""A file as the first version wrote it. All later versions must read it: never change this text."""


def test_a_file_of_the_first_version_is_read(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "state.sqlite")) as file:
        file.executescript(VERSION_1)

    with kept(tmp_path) as api:
        assert [file["id"] for file in api.get("/files").json["data"]] == ["file-1"]
        assert (api.world.clock.now, api.world.clock.mode, api.world.settings.seed) == (1800000000.5, "manual", 7)
        assert api.world.seen[b"\n"] == 2
        assert list(api.world.account.values()) == [{"input_tokens": 3}]


def test_a_dropped_world_is_gone_from_the_file(tmp_path: Path) -> None:
    with kept(tmp_path) as api:
        upload(api)
        api.emulator.drop("sk-test")

    with kept(tmp_path) as api:
        assert api.emulator.names() == []
        assert api.get("/files").json["data"] == []


def test_a_request_that_breaks_off_leaves_nothing_behind(tmp_path: Path) -> None:
    def break_off(call: Call) -> Reply:
        call.world.drawer("/files").put({"id": "file-half"})
        call.world.clock.advance(60)
        raise RuntimeError("a mistake of ours")

    handlers = {**HANDLERS, "POST /vector_stores": break_off}
    state = State(StateFile(tmp_path))
    api = Api(Emulator(handlers=handlers, state=state))
    upload(api)
    before = snapshot.dump(api.world)

    with pytest.raises(RuntimeError):
        api.post("/vector_stores", {})

    assert snapshot.dump(api.world) == before
    assert upload(api)["id"] != before["drawers"]["/files"][0]["id"]
    state.close()


def test_a_world_that_begins_in_a_request_that_breaks_off_can_be_used(tmp_path: Path) -> None:
    def break_off(_: Call) -> Reply:
        raise RuntimeError("a mistake of ours")

    state = State(StateFile(tmp_path))
    api = Api(Emulator(handlers={**HANDLERS, "POST /vector_stores": break_off}, state=state))

    with pytest.raises(RuntimeError):
        api.post("/vector_stores", {})
    file = upload(api)
    state.close()

    with kept(tmp_path) as api:
        assert api.get("/files").json["data"] == [file]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the processes to be killed are forked")
def test_killed_a_hundred_times_a_server_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.crash", str(tmp_path / "state.db"), "100", "1"]

    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("100 kills, ")


# Dump, load, copy


def test_a_dump_is_json_and_brings_everything_back() -> None:
    api, other = Api(), Api()
    busy(api)

    state = json.loads(json.dumps(snapshot.dump(api.world)))
    snapshot.load(other.world, state)

    assert snapshot.dump(other.world) == state
    assert later(other) == later(api)


def test_a_state_goes_from_memory_into_a_file(tmp_path: Path) -> None:
    api = Api()
    busy(api)

    with kept(tmp_path) as other:
        upload(other, ROWS * 2)
        snapshot.load(other.world, snapshot.dump(api.world))
    with kept(tmp_path) as other:
        assert snapshot.dump(other.world) == snapshot.dump(api.world)
        assert later(other) == later(api)


def test_a_copy_goes_its_own_way(tmp_path: Path) -> None:
    with kept(tmp_path) as api:
        busy(api)
        copy = Api(api.emulator, "sk-copy")

        snapshot.copy(api.world, copy.world)
        before = snapshot.dump(api.world)
        later(copy)

        assert snapshot.dump(api.world) == before
    with kept(tmp_path) as api:
        assert snapshot.dump(api.world) == before


@settings(deadline=None)
@given(st.binary() | st.text().map(str.encode) | st.sampled_from([b"1.0", b'{"a": 1}', b'{"a":1}', b"1e3", b"null"]))
def test_a_dump_brings_any_bytes_back(value: bytes) -> None:
    world, other = World("a", store=MemoryStore()), World("b", store=MemoryStore())
    world.store.put("/files/content", "file-1", value)

    snapshot.load(other, json.loads(json.dumps(snapshot.dump(world))))

    assert other.store.get("/files/content", "file-1") == value


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "it has no 'fakeopenai'"),
        ({"drawers": {}}, "it has no 'fakeopenai'"),
        ({"fakeopenai": 2, "drawers": {}}, "a newer fakeopenai wrote this state, in form 2; this one knows 1"),
        ({"fakeopenai": 1}, "missing required field `drawers`"),
        ({"fakeopenai": 1, "drawers": {"/files": [{"id": "a", "jsno": 1}]}}, "unknown field `jsno`"),
        ({"fakeopenai": 1, "drawers": {"/files": [{"id": "a", "base64": "?"}]}}, "'a' in /files is not base64"),
        ({"fakeopenai": 1, "drawers": {"/_world": [{"id": "now", "json": {}}]}}, "in what it remembers"),
        ({"fakeopenai": 1, "drawers": {"/_world": [TIME], "/_jobs": [BAD_JOB]}}, "in what it remembers"),
    ],
)
def test_what_is_no_state_is_refused_and_changes_nothing(document: Any, message: str) -> None:
    api = Api()
    busy(api)
    before = snapshot.dump(api.world)

    with pytest.raises(snapshot.SnapshotError, match=message):
        snapshot.load(api.world, document)

    assert snapshot.dump(api.world) == before


def said(api: Api, text: str) -> Any:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": text}]}
    return api.post("/chat/completions", body).json["choices"][0]["message"]["content"]


def script(api: Api) -> None:
    """Rules that remember: one that speaks twice, and two of a scenario."""
    api.world.rules.on("chat", contains="weather").say("Sunny").times(2)
    api.world.rules.extend([Rule.read({"when": {"contains": "open"}, "say": "Opened", "sets": {"door": "open"}})])
    api.world.rules.extend([Rule.read({"when": {"contains": "enter", "state": {"door": "open"}}, "say": "Welcome"})])


def test_rules_their_counts_and_states_outlast_the_server(tmp_path: Path) -> None:
    with kept(tmp_path / "worlds.db") as api:
        script(api)
        before = [said(api, "weather"), said(api, "open")]

    with kept(tmp_path / "worlds.db") as again:
        after = [said(again, "enter"), said(again, "weather"), said(again, "weather")]

    assert (before, after[:2]) == (["Sunny", "Opened"], ["Welcome", "Sunny"])
    assert after[2] != "Sunny"


def test_rules_that_were_taken_away_do_not_come_back(tmp_path: Path) -> None:
    with kept(tmp_path / "worlds.db") as api:
        script(api)
        said(api, "weather")
        api.world.rules.clear()
        said(api, "hello")

    with kept(tmp_path / "worlds.db") as again:
        assert (said(again, "weather") == "Sunny", len(again.world.rules)) == (False, 0)


def test_a_dump_brings_rules_counts_and_states_into_another_world() -> None:
    api, other = Api(), Api()
    script(api)
    said(api, "weather")
    said(api, "open")

    snapshot.load(other.world, json.loads(json.dumps(snapshot.dump(api.world))))

    assert [said(other, "enter"), said(other, "weather")] == ["Welcome", "Sunny"]
    assert said(other, "weather") != "Sunny"
    assert said(api, "weather") == "Sunny"


def test_a_world_without_rules_in_its_dump_leaves_those_of_another() -> None:
    api, other = Api(), Api()
    script(other)

    snapshot.load(other.world, snapshot.dump(api.world))

    assert said(other, "weather") == "Sunny"


def test_a_world_that_begins_anew_forgets_how_often_its_rules_have_spoken() -> None:
    api = Api()
    script(api)
    before = [said(api, text) for text in ("weather", "weather", "open")]

    snapshot.reset(api.world)

    assert [said(api, "weather"), said(api, "weather")] == before[:2]
    assert said(api, "enter") != "Welcome"


def test_rules_expire_by_when_they_were_written(tmp_path: Path) -> None:
    with kept(tmp_path / "worlds.db") as api:
        api.world.rules.extend([Rule.read({"when": {"contains": "weather"}, "say": "Sunny", "expires": 60})])
        api.world.clock.advance(40)
        said(api, "hello")

    with kept(tmp_path / "worlds.db") as again:
        before = said(again, "weather")
        again.world.clock.advance(40)
        after = said(again, "weather")

    assert (before, after == "Sunny") == ("Sunny", False)


def test_a_rule_in_a_state_that_can_not_be_read_is_refused() -> None:
    api = Api()
    wrong = {"id": "0", "json": [{"words": {"sya": "Hi"}, "source": "", "written": 0.0}]}

    with pytest.raises(snapshot.SnapshotError, match="sya"):
        snapshot.load(api.world, {"fakeopenai": 1, "drawers": {"/_world": [TIME], "/_world/rules": [wrong]}})


def test_a_test_dumps_and_loads_its_world(fakeopenai: FakeOpenAI) -> None:
    store = fakeopenai.client().vector_stores.create(name="mine")

    state = fakeopenai.dump()
    fakeopenai.client().vector_stores.delete(store.id)
    fakeopenai.load_state(state)

    assert fakeopenai.client().vector_stores.retrieve(store.id) == store


# The command


def test_serve_keeps_what_it_answered_before_it_was_killed(tmp_path: Path) -> None:
    with serving(tmp_path, kill=True) as client:
        made = client.post("/vector_stores", json={"name": "mine"}).json()
    with serving(tmp_path) as client:
        found = client.get("/vector_stores").json()["data"]
    with serving(tmp_path) as client:
        again = client.get("/vector_stores").json()["data"]

    assert found == again == [made]
    assert [path.name for path in tmp_path.iterdir()] == ["state.sqlite"]


@contextmanager
def serving(path: Path, *, kill: bool = False) -> Iterator[httpx2.Client]:
    """A client of `fakeopenai serve --state PATH` in a process of its own."""
    command = [sys.executable, "-m", "fakeopenai", "serve", "--port", "0", "--state", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        base_url = process.stdout.readline().split()[-1]
        with httpx2.Client(base_url=base_url, headers={"authorization": "Bearer sk-test"}) as client:
            yield client
        process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
    assert process.returncode == (-signal.SIGKILL if kill else 128 + signal.SIGTERM)


def test_serve_says_why_a_state_cannot_be_kept(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Sir or Madam, " * 100)
    used = StateFile(tmp_path / "used.db", patience=0)

    refusals = [_refusal(tmp_path / name) for name in ("letter.txt", "nowhere/state.db", "used.db")]
    used.close()

    assert refusals == [
        f"Error: cannot keep the state in {letter}: file is not a database\n",
        f"Error: cannot keep the state in {tmp_path}/nowhere/state.db: there is no directory {tmp_path}/nowhere\n",
        f"Error: cannot keep the state in {tmp_path}/used.db: another process is using it\n",
    ]


def _refusal(path: Path) -> str:
    command = [sys.executable, "-m", "fakeopenai", "serve", "--port", "0", "--state", str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 1
    return ended.stderr


def test_a_stub_keeps_nothing(tmp_path: Path) -> None:
    refusal = CliRunner().invoke(main, ["serve", "--stub", "--state", str(tmp_path)])

    assert refusal.exit_code == 2
    assert "--stub remembers nothing that --state could keep" in refusal.stderr
