"""Virtual time, and the stages that jobs go through on it.

Nothing happens between two requests unless somebody moves the clock. In mode `auto` reading an unfinished job moves
it to that job's next stage, so clients that poll never wait; in mode `manual` only `advance` moves it; in mode `rate`
it follows the wall clock, `rate` virtual seconds for each real one. Jobs are data in the world's store, so they survive
a dump.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Literal

from fakeopenai.errors import ApiError
from fakeopenai.wire import Object

if TYPE_CHECKING:
    from fakeopenai.world import World

EPOCH = 1_767_225_600.0
"""Where every world's time begins: 2026-01-01 00:00 UTC."""

JOBS = "/_jobs"

Mode = Literal["auto", "manual", "rate"]


@dataclass(frozen=True, slots=True)
class Stage:
    """A job's next status, how many seconds it waits for it, and what happens as it enters.

    `stamp` names the field that gets the time. `enter` gets the world and the job, and may change the job it gets; what
    it leaves is what is kept. When it raises an `ApiError`, the job fails with that error.
    """

    status: str
    after: float | Callable[[World, Object], float] = 1.0
    stamp: str = ""
    enter: Callable[[World, Object], None] | None = None

    def wait(self, world: World, job: Object) -> float:
        return self.after(world, job) if callable(self.after) else self.after


@dataclass(frozen=True, slots=True)
class Course:
    """The stages of one kind of job, in order.

    A job whose status changes on the way (because it was cancelled, say) has left its course. `awaited` says whether a
    read in mode `auto` moves the clock: it does for work, it doesn't for expiries. `fail` writes an error into the job.
    """

    name: str
    stages: Sequence[Stage]
    awaited: bool = True
    fail: Callable[[World, Object, ApiError], None] | None = None


class Clock:
    """A world's time, in Unix seconds."""

    def __init__(self, world: World, courses: Mapping[str, Course], wall: Callable[[], float]) -> None:
        self.mode: Mode = "auto"
        self.rate = 1.0
        self._now = EPOCH
        self._world = world
        self._courses = courses
        self._wall = wall
        self._wall_before = 0.0
        self._queue: list[tuple[float, int, str]] = []
        self._order = 0

    @property
    def now(self) -> float:
        if self.mode == "rate":
            self._follow()
        return self._now

    def run(self, mode: Mode, rate: float = 1.0) -> None:
        """Choose what moves the clock."""
        self.mode, self.rate, self._wall_before = mode, rate, self._wall()

    def begin(self, course: str, drawer: str, job: Object) -> None:
        """Send a job down its course. The job must stand in the drawer under its id."""
        self._schedule({"course": course, "drawer": drawer, "id": job["id"], "stage": 0}, job)

    def advance(self, seconds: float) -> None:
        """Let this many seconds pass, with all that falls due in them."""
        until = self._now + seconds
        while self._queue and self._queue[0][0] <= until:
            self._step()
        self._now = until

    def poll(self, drawer: str, id: str) -> bool:
        """Somebody looks at a job. In mode `auto` that brings it to its next stage; says whether time passed."""
        if self.mode == "rate":
            self._follow()
        if self.mode != "auto":
            return False
        due = [task["due"] for task in self._tasks(drawer, id) if self._courses[task["course"]].awaited]
        if not due:
            return False
        self.advance(min(due) - self._now)
        return True

    def pending(self, drawer: str, id: str) -> bool:
        """Whether a job still has stages before it."""
        return any(self._courses[task["course"]].awaited for task in self._tasks(drawer, id))

    def resume(self) -> None:
        """Read the jobs of a store that was filled elsewhere."""
        self._queue = []
        for task in self._world.drawer(JOBS).items():
            self._order += 1
            heappush(self._queue, (task["due"], self._order, _key(task)))

    def _tasks(self, drawer: str, id: str) -> list[Object]:
        jobs = self._world.drawer(JOBS)
        found = (jobs.get(f"{name}:{drawer}/{id}") for name in self._courses) if len(jobs) else ()
        return [task for task in found if task is not None]

    def _schedule(self, task: Object, job: Object) -> None:
        stage = self._courses[task["course"]].stages[task["stage"]]
        due = self._now + stage.wait(self._world, job)
        self._order += 1
        heappush(self._queue, (due, self._order, _key(task)))
        self._world.drawer(JOBS).put(task | {"due": due, "left": job.get("status")}, _key(task))

    def _step(self) -> None:
        due, _, key = heappop(self._queue)
        jobs = self._world.drawer(JOBS)
        task = jobs.get(key)
        if task is None or task["due"] != due:
            return
        jobs.delete(key)
        self._now = max(self._now, due)
        job = self._world.drawer(task["drawer"]).get(task["id"])
        if job is not None and job.get("status") == task["left"]:
            self._enter(task, job)

    def _enter(self, task: Object, job: Object) -> None:
        course = self._courses[task["course"]]
        stage = course.stages[task["stage"]]
        before = job.get("status")
        try:
            self._take(stage, job)
        except ApiError as error:
            if course.fail is None:
                raise
            course.fail(self._world, job, error)
        if job.get("status") != "deleted":
            self._world.drawer(task["drawer"]).put(job)
        following = task["stage"] + 1
        if job.get("status") == stage.status and before is not None and following < len(course.stages):
            self._schedule({**task, "stage": following}, job)

    def _take(self, stage: Stage, job: Object) -> None:
        job["status"] = stage.status
        if stage.stamp:
            job[stage.stamp] = int(self._now)
        if stage.enter:
            stage.enter(self._world, job)

    def _follow(self) -> None:
        wall = self._wall()
        passed, self._wall_before = (wall - self._wall_before) * self.rate, wall
        self.mode = "manual"
        self.advance(passed)
        self.mode = "rate"


def _key(task: Object) -> str:
    return f"{task['course']}:{task['drawer']}/{task['id']}"
