"""Virtual time: courses of stages, moved by reads, by hand or by the wall clock."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from fakeopenai.clock import COMPANY, EPOCH, Course, Stage
from fakeopenai.errors import ApiError, invalid
from fakeopenai.store import MemoryStore
from fakeopenai.wire import Object
from fakeopenai.world import Settings, World

DRAWER = "/jobs"


def _count(_: World, job: Object) -> None:
    job["done"] += 1


def _refuse(_: World, job: Object) -> None:
    raise invalid(f"{job['id']} is refused")


def _fail(_: World, job: Object, error: ApiError) -> None:
    job |= {"status": "failed", "error": error.message}


def _delete(world: World, job: Object) -> None:
    world.drawer(DRAWER).delete(job["id"])


COURSES = {
    course.name: course
    for course in (
        Course("work", [Stage("running", stamp="started_at"), Stage("done", after=10, stamp="finished_at")]),
        Course(
            "rounds",
            [Stage("running", after=2, enter=_count, again=lambda _, job: job["done"] < 3), Stage("done")],
        ),
        Course("faulty", [Stage("running", enter=_refuse), Stage("done")], fail=_fail),
        Course("window", [Stage("expired", after=60)], awaited=False, spared=frozenset({"done"})),
        Course("soon", [Stage("expired", after=1)], awaited=False),
        Course("expiry", [Stage("deleted", after=60, enter=_delete)], awaited=False),
    )
}


def world_with(*courses: str, store: MemoryStore | None = None, **settings: float) -> World:
    world = World("test", Settings(**settings), COURSES, store=store)  # type: ignore[arg-type]  # numbers only
    job = {"id": "job_1", "status": "queued", "done": 0}
    world.drawer(DRAWER).put(job)
    for course in courses:
        world.clock.begin(course, DRAWER, job)
    return world


def job_of(world: World) -> Object:
    job = world.drawer(DRAWER).get("job_1")
    assert job is not None
    return job


def look(world: World) -> str:
    world.clock.poll(DRAWER, "job_1")
    return str(job_of(world)["status"])


def test_in_auto_mode_every_look_brings_a_job_to_its_next_stage() -> None:
    world = world_with("work")

    seen = [look(world) for _ in range(3)]

    assert seen == ["running", "done", "done"]
    assert (job_of(world)["started_at"], job_of(world)["finished_at"]) == (EPOCH + 1, EPOCH + 11)


def test_in_manual_mode_only_advancing_moves_a_job() -> None:
    world = world_with("work")
    world.clock.run("manual")

    assert look(world) == "queued"
    world.clock.advance(1)
    assert look(world) == "running"
    world.clock.advance(100)
    assert look(world) == "done"
    assert job_of(world)["finished_at"] == EPOCH + 11


def test_in_rate_mode_jobs_follow_the_wall_clock() -> None:
    wall = iter(range(0, 1000, 2))
    world = World("test", Settings(wall=lambda: float(next(wall))), COURSES)
    world.clock.run("rate", 3)
    job = {"id": "job_1", "status": "queued"}
    world.drawer(DRAWER).put(job)
    world.clock.begin("work", DRAWER, job)

    seen = [look(world) for _ in range(3)]

    assert seen == ["running", "done", "done"]


def test_a_stage_is_entered_anew_as_long_as_it_wants() -> None:
    world = world_with("rounds")

    seen = [(look(world), job_of(world)["done"]) for _ in range(4)]

    assert seen == [("running", 1), ("running", 2), ("running", 3), ("done", 3)]
    assert world.clock.now == EPOCH + 7


def test_a_job_that_was_cancelled_has_left_its_course() -> None:
    world = world_with("work")
    world.drawer(DRAWER).put(job_of(world) | {"status": "cancelled"})

    assert look(world) == "cancelled"
    assert not world.clock.pending(DRAWER, "job_1")


def test_an_error_of_a_stage_fails_the_job() -> None:
    world = world_with("faulty")

    assert look(world) == "failed"
    assert job_of(world)["error"] == "job_1 is refused"
    assert not world.clock.pending(DRAWER, "job_1")


def test_a_look_does_not_bring_on_an_expiry() -> None:
    world = world_with("expiry")

    assert not world.clock.pending(DRAWER, "job_1")
    assert look(world) == "queued"
    world.clock.advance(60)
    assert "job_1" not in world.drawer(DRAWER)


def test_a_window_closes_on_a_job_in_any_status_but_a_spared_one() -> None:
    late, timely = world_with("window"), world_with("window")
    late.drawer(DRAWER).put(job_of(late) | {"status": "running"})
    timely.drawer(DRAWER).put(job_of(timely) | {"status": "done"})

    for world in (late, timely):
        world.clock.advance(60)

    assert (job_of(late)["status"], job_of(timely)["status"]) == ("expired", "done")


def test_an_expiry_that_begins_anew_is_put_off() -> None:
    world = world_with("expiry")
    world.clock.advance(59)
    world.clock.begin("expiry", DRAWER, job_of(world))

    world.clock.advance(59)
    assert "job_1" in world.drawer(DRAWER)
    world.clock.advance(1)
    assert "job_1" not in world.drawer(DRAWER)


def test_a_job_taken_off_its_courses_stays_as_it_is() -> None:
    world = world_with("work", "window")

    world.clock.leave(DRAWER, "job_1")
    world.clock.advance(1000)

    assert job_of(world)["status"] == "queued"


def test_the_client_is_told_when_to_look_again_while_a_job_is_unfinished() -> None:
    world = world_with("work")

    assert world.clock.hint(DRAWER, "job_1") == {"openai-poll-after-ms": "1"}
    world.clock.run("rate", 4)
    assert world.clock.hint(DRAWER, "job_1") == {"openai-poll-after-ms": "250"}
    world.clock.run("manual")
    assert world.clock.hint(DRAWER, "job_1") == {}
    world.clock.advance(100)
    world.clock.run("auto")
    assert world.clock.hint(DRAWER, "job_1") == {}


def test_jobs_survive_in_the_store() -> None:
    store = MemoryStore()
    world_with("work", "window", store=store)

    other = World("test", courses=COURSES, store=store)
    other.clock.resume()

    assert [look(other), look(other)] == ["running", "done"]


@pytest.mark.parametrize("steps", [[5.0] * 3, [0.25] * 60, [15.0]])
def test_time_never_runs_backwards_and_reaches_what_was_asked(steps: list[float]) -> None:
    world = world_with("work", "expiry")
    world.clock.run("manual")
    times = [world.clock.now]
    for seconds in steps:
        world.clock.advance(seconds)
        times.append(world.clock.now)

    assert all(before <= after for before, after in pairwise(times))
    assert times[-1] == EPOCH + 15


def test_time_neither_goes_back_nor_past_the_last_date() -> None:
    clock = world_with().clock

    with pytest.raises(ValueError, match="time doesn't run backwards: -5 seconds can't pass"):
        clock.advance(-5)
    with pytest.raises(
        ValueError, match="a clock runs in mode 'auto', 'manual', or 'rate' with one from 0, got 'rate' and -1"
    ):
        clock.run("rate", -1)
    clock.advance(1e30)

    assert datetime.fromtimestamp(clock.now, UTC) == datetime(9000, 1, 1, tzinfo=UTC)


def crowd(size: int) -> World:
    world = world_with("work")
    for number in range(2, size + 1):
        job = {"id": f"job_{number}", "status": "queued", "done": 0}
        world.drawer(DRAWER).put(job)
        world.clock.begin("work", DRAWER, job)
    return world


def statuses(world: World) -> Counter[str]:
    return Counter(job["status"] for job in world.drawer(DRAWER))


def test_a_few_jobs_that_are_due_go_on_together() -> None:
    world = crowd(COMPANY)

    world.clock.poll(DRAWER, "job_1")

    assert statuses(world) == {"running": COMPANY}


def test_of_many_jobs_that_are_due_the_one_that_is_read_goes_on_with_some() -> None:
    world = crowd(1000)

    world.clock.poll(DRAWER, "job_900")

    last = world.drawer(DRAWER).get("job_900")
    assert last is not None
    assert (last["status"], last["started_at"]) == ("running", EPOCH + 1)
    assert statuses(world) == {"running": COMPANY + 1, "queued": 999 - COMPANY}


def test_jobs_that_were_left_behind_catch_up_with_later_reads() -> None:
    world = crowd(100)

    for _ in range(20):
        world.clock.poll(DRAWER, "job_100")
        world.clock.poll(DRAWER, "job_1")
    world.clock.poll(DRAWER, "job_50")
    world.clock.poll(DRAWER, "job_50")

    ended = world.drawer(DRAWER).get("job_50")
    assert ended is not None
    assert ended["status"] == "done"


def test_moving_the_clock_by_hand_leaves_none_behind() -> None:
    world = crowd(1000)
    world.clock.poll(DRAWER, "job_900")

    world.clock.advance(11)

    assert statuses(world) == {"done": 1000}


def test_expiries_wait_for_no_one() -> None:
    world = crowd(100)
    for number in range(100):
        job = {"id": f"late_{number}", "status": "queued", "done": 0}
        world.drawer(DRAWER).put(job)
        world.clock.begin("soon", DRAWER, job)

    world.clock.poll(DRAWER, "job_1")

    assert statuses(world)["expired"] == 100
