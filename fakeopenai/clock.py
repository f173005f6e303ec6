"""Virtual time, and the stages that jobs go through on it.

Nothing happens between two requests unless somebody moves the clock. In mode `auto` reading an unfinished job moves
it to that job's next stage, so clients that poll never wait; of the others that are due by then only the first few go
on at once, so that a read among thousands of jobs costs little more than one among few. In mode `manual` only `advance`
moves the clock; in mode `rate` it follows the wall clock, `rate` virtual seconds for each real one. Jobs are data in
the world's store, so they survive a dump.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from math import ceil
from operator import itemgetter
from typing import TYPE_CHECKING, Literal, get_args

from fakeopenai import errors
from fakeopenai.errors import ApiError
from fakeopenai.fate import Fate, Omen
from fakeopenai.wire import Object

if TYPE_CHECKING:
    from fakeopenai.world import World

EPOCH = 1_767_225_600.0
"""Where every world's time begins: 2026-01-01 00:00 UTC."""

END = 221_845_392_000.0
"""Where every world's time stops, that its dates have four digits in all they are counted on to: 9000-01-01."""

JOBS = "/_jobs"

COMPANY = 20
"""How many other jobs that are due go on with one that is read, in mode `auto`; the next go on with later reads."""

GONE = 1000
"""How many stages that will not come the queue may hold before it is cleaned of them."""

Mode = Literal["auto", "manual", "rate"]

Entry = tuple[float, int, str, str]
"""When something is due, its place among all, whose it is, and on which course."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A job's next status, how many seconds it waits for it, and what happens as it enters.

    `stamp` names the field that gets the time. `enter` gets the world and the job, and may change the job it gets; what
    it leaves is what is kept, unless its status is `deleted`. When it raises an `ApiError`, the job fails with that
    error. The stage is entered anew, each time after its wait, as long as `again` says so.
    """

    status: str
    after: float | Callable[[World, Object], float] = 1.0
    stamp: str = ""
    enter: Callable[[World, Object], None] | None = None
    again: Callable[[World, Object], bool] | None = None

    def wait(self, world: World, job: Object) -> float:
        return self.after(world, job) if callable(self.after) else self.after


@dataclass(frozen=True, slots=True)
class Course:
    """The stages of one kind of job, in order.

    A job whose status changes on the way (because it was cancelled, say) has left its course. `awaited` says whether a
    read in mode `auto` moves the clock: it does for work, it doesn't for expiries, which befall a job whatever its
    status, unless that is one of `spared`. `fail` writes an error into the job. `expire` and `cancel` are the stages of
    a job that comes to such an end before its time; what isn't awaited can expire at once.
    """

    name: str
    stages: Sequence[Stage]
    awaited: bool = True
    spared: frozenset[str] = frozenset()
    fail: Callable[[World, Object, ApiError], None] | None = None
    expire: Stage | None = None
    cancel: Stage | None = None

    def concerns(self, task: Object, job: Object) -> bool:
        """Whether a job is still in the state for which a task was scheduled."""
        if self.awaited:
            return bool(job.get("status") == task["left"])
        return job.get("status") not in self.spared

    def takes(self, fate: Fate, job: Object) -> bool:
        """Whether this can be the fate of a job that begins."""
        known = fate.ending in self.endings or (fate.ending is None and self.awaited)
        return known and fate.statuses <= set(self.statuses(job))

    def statuses(self, job: Object) -> list[str]:
        """The statuses in which a job that begins may come to its end."""
        later = [stage.status for stage in self.stages[:-1]] if self.awaited else []
        return list(dict.fromkeys([job.get("status", ""), *later]))

    @property
    def endings(self) -> list[str]:
        """How a job may end before its time."""
        ways = {"fail": self.fail, "expire": self.expire, "cancel": self.cancel}
        return [word for word, way in ways.items() if way is not None]

    def ending(self, fate: Fate, job: Object) -> Stage | None:
        """The stage that ends a job early."""
        match fate.ending:
            case "fail":
                return Stage(job["status"], enter=fate.strike)
            case "expire":
                return self.expire
            case "cancel":
                return self.cancel
        return None


class Clock:
    """A world's time, in Unix seconds."""

    def __init__(self, world: World, courses: Mapping[str, Course], wall: Callable[[], float]) -> None:
        self.mode: Mode = "auto"
        self.rate = 1.0
        self._now = EPOCH
        self._world = world
        self.courses = courses
        self._wall = wall
        self._wall_before = 0.0
        self._expiries: list[Entry] = []
        self._work: list[Entry] = []
        self._order = 0
        self._gone = 0
        self._omen: Omen | None = None

    @property
    def now(self) -> float:
        if self.mode == "rate":
            self._follow()
        return self._now

    @property
    def state(self) -> Object:
        """What the clock must know to go on elsewhere; the jobs are in the store."""
        return {"now": self._now, "mode": self.mode, "rate": self.rate, "order": self._order}

    def restore(self, state: Object) -> None:
        """Go on as a clock of that state, with the jobs of the store."""
        self._now = state["now"]
        self.run(state["mode"], state["rate"])
        self.resume()
        self._order = state["order"]

    def run(self, mode: Mode, rate: float = 1.0, wall: Callable[[], float] | None = None) -> None:
        """Choose what moves the clock, and which wall clock it follows if it follows one. Raises ValueError."""
        if mode not in get_args(Mode) or rate < 0:
            raise ValueError(
                f"a clock runs in mode 'auto', 'manual', or 'rate' with one from 0, got {mode!r} and {rate:g}"
            )
        self._wall = wall or self._wall
        self.mode, self.rate, self._wall_before = mode, rate, self._wall()

    def follow(self, said: str | float, wall: Callable[[], float] | None = None) -> None:
        """Be moved as a file says: `auto`, `manual`, so many seconds for each of the wall's; or as before."""
        match said:
            case "auto" | "manual":
                self.run(said)
            case int() | float():
                self.run("rate", said, wall)

    def begin(self, course: str, drawer: str, job: Object) -> None:
        """Send a job down its course, from its start. The job must stand in the drawer under its id."""
        fate = self._fate_of(course, job)
        fated = {"fate": fate.data} if fate else {}
        self._schedule({"course": course, "drawer": drawer, "id": job["id"], "stage": 0} | fated, job)

    @contextmanager
    def fated(self, fate: Fate | None) -> Iterator[None]:
        """Let this befall the jobs that begin meanwhile. When none of those that do can take it, an error says so."""
        outer, omen = self._omen, Omen(fate) if fate else None
        self._omen = omen
        try:
            yield
        finally:
            self._omen = outer
        if omen and omen.taken:
            self._pass(self._now, COMPANY)
        elif omen and omen.refused:
            raise omen.refused

    @property
    def is_fated(self) -> bool:
        """Whether something is in store for jobs that begin now."""
        return self._omen is not None

    def befall(self, course: str, job: Object) -> bool:
        """Bring a job to the end that is in store for it, if it is told at once and not on its course."""
        fate = self._fate_of(course, job)
        ending = self.courses[course].ending(fate, job) if fate else None
        if ending:
            self._take(self.courses[course], ending, job)
        return ending is not None

    def _fate_of(self, course: str, job: Object) -> Fate | None:
        """What is in store for a job that begins."""
        if self._omen is None:
            return None
        fate, found = self._omen.fate, self.courses[course]
        if found.takes(fate, job):
            self._omen.taken = True
            return fate
        if found.awaited:
            self._omen.refused = errors.impossible_job(course, found.endings, found.statuses(job))
        return None

    def halt(self, course: str, drawer: str, id: str) -> Object:
        """Take a job off all its courses, and give what it takes to go on with this one, its fate included."""
        halted = self._world.drawer(JOBS).get(f"{drawer}/{id}") or {}
        self.leave(drawer, id)
        task: Object = halted[course]
        return task

    def go_on(self, halted: Object, job: Object, stage: int) -> None:
        """Send a job that was halted on to this stage of its course."""
        self._schedule(halted | {"stage": stage}, job)

    def leave(self, drawer: str, id: str) -> None:
        """Take a job off all its courses."""
        jobs, key = self._world.drawer(JOBS), f"{drawer}/{id}"
        self._gone += len(jobs.get(key) or ())
        jobs.delete(key)

    def advance(self, seconds: float) -> None:
        """Let this many seconds pass, with all that falls due in them. Raises ValueError if they are less than none."""
        if seconds < 0:
            raise ValueError(f"time doesn't run backwards: {seconds} seconds can't pass")
        self._pass(self._now + seconds)

    def poll(self, drawer: str, id: str) -> bool:
        """Somebody looks at a job. In mode `auto` that brings it to its next stage; says whether time passed."""
        if self.mode == "rate":
            self._follow()
        if self.mode != "auto":
            return False
        task = self._next_of(drawer, id)
        if task is None:
            return False
        self._pass(task["due"], COMPANY)
        if self._next_of(drawer, id) == task:
            self._gone += self._step(_entry(task))
        return True

    def overdue(self, drawer: str, id: str) -> bool:
        """Whether a job's next stage should have come by now; a look at the job brings it."""
        task = self._next_of(drawer, id)
        return task is not None and task["due"] <= self._now

    def pending(self, drawer: str, id: str) -> bool:
        """Whether a job still has stages before it."""
        return self._next_of(drawer, id) is not None

    def hint(self, drawer: str, id: str) -> dict[str, str]:
        """The header that tells a client when to look at a job again, if it is unfinished and time passes by itself."""
        task = self._next_of(drawer, id)
        if task is None or self.mode == "manual":
            return {}
        wait = 1 if self.mode == "auto" else max(1, ceil((task["due"] - self._now) / self.rate * 1000))
        return {"openai-poll-after-ms": str(wait)}

    def resume(self) -> None:
        """Read the jobs of a store that was filled elsewhere."""
        tasks = [task for tasks in self._world.drawer(JOBS).items() for task in tasks.values()]
        self._expiries = [_entry(task) for task in tasks if not self.courses[task["course"]].awaited]
        self._work = [_entry(task) for task in tasks if self.courses[task["course"]].awaited]
        self._order = max([self._order, *(task["order"] for task in tasks)])
        self._gone = 0
        heapify(self._expiries)
        heapify(self._work)

    def _next_of(self, drawer: str, id: str) -> Object | None:
        """The next awaited stage of a job."""
        tasks = self._world.drawer(JOBS).get(f"{drawer}/{id}") or {}
        awaited = (task for name, task in tasks.items() if self.courses[name].awaited)
        return min(awaited, key=itemgetter("due", "order"), default=None)

    def _pass(self, until: float, most: int | None = None) -> None:
        """Let time pass. All that expires does so; of the work that is due, at most so much is done."""
        while (queue := self._due_by(until, work=most is None or most > 0)) is not None:
            done = self._step(heappop(queue))
            if most is not None and queue is self._work:
                most -= done
        self._now = max(self._now, min(until, END))

    def _due_by(self, until: float, *, work: bool) -> list[Entry] | None:
        """The queue whose first entry is the next that is due."""
        queues = [queue for queue in (self._expiries, self._work if work else []) if queue and queue[0][0] <= until]
        return min(queues, default=None)

    def _schedule(self, task: Object, job: Object) -> None:
        self._order += 1
        status = job.get("status")
        steps = task.get("steps", 0) + 1 if task.get("left", ...) == status else 0
        wait = self._wait(task, job, steps)
        task |= {"due": self._now + wait, "order": self._order, "left": status, "steps": steps}
        jobs, key = self._world.drawer(JOBS), _key(task)
        tasks: Object = jobs.get(key) or {}
        self._gone += task["course"] in tasks
        jobs.put(tasks | {task["course"]: task}, key)
        heappush(self._work if self.courses[task["course"]].awaited else self._expiries, _entry(task))
        if self._gone > GONE and self._gone > (len(self._work) + len(self._expiries)) / 2:
            self.resume()

    def _wait(self, task: Object, job: Object, steps: int) -> float:
        """The seconds before a job's next stage. What is doomed though nobody awaits it, ends at once."""
        course, fate = self.courses[task["course"]], Fate.of(task)
        if fate and not course.awaited:
            return 0
        planned = course.stages[task["stage"]].wait(self._world, job)
        return fate.slowness.wait(planned, job["status"], steps, begun="left" in task) if fate else planned

    def _step(self, entry: Entry) -> bool:
        """Let happen what was put off until now; says whether it was still to happen."""
        due, order, key, course = entry
        task = self._taken(key, course, order)
        if task is None:
            self._gone -= 1
            return False
        self._now = max(self._now, due)
        job = self._world.drawer(task["drawer"]).get(task["id"])
        if job is not None and self.courses[course].concerns(task, job):
            self._enter(task, job)
        return True

    def _taken(self, key: str, course: str, order: int) -> Object | None:
        """The task that was put off until now, taken from the job's; none if the job was sent elsewhere meanwhile."""
        jobs = self._world.drawer(JOBS)
        tasks: Object = jobs.get(key) or {}
        task: Object | None = tasks.pop(course, None)
        if task is None or task["order"] != order:
            return None
        if tasks:
            jobs.put(tasks, key)
        else:
            jobs.delete(key)
        return task

    def _enter(self, task: Object, job: Object) -> None:
        course = self.courses[task["course"]]
        stage, fate = course.stages[task["stage"]], Fate.of(task)
        ending = course.ending(fate, job) if fate and fate.has_come(task, stage.status) else None
        with self.fated(None):
            self._take(course, ending or stage, job)
        if job["status"] != "deleted":
            self._world.drawer(task["drawer"]).put(job)
        if ending is None:
            self._go_on(task, stage, job)

    def _go_on(self, task: Object, stage: Stage, job: Object) -> None:
        course = self.courses[task["course"]]
        repeated = stage.again is not None and stage.again(self._world, job)
        following = task["stage"] + (not repeated)
        if job["status"] == stage.status and following < len(course.stages):
            self._schedule(task | {"stage": following}, job)

    def _take(self, course: Course, stage: Stage, job: Object) -> None:
        try:
            self._change(stage, job)
        except ApiError as error:
            if course.fail is None:
                raise
            course.fail(self._world, job, error)

    def _change(self, stage: Stage, job: Object) -> None:
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


def _entry(task: Object) -> Entry:
    return task["due"], task["order"], _key(task), task["course"]


def _key(task: Object) -> str:
    return f"{task['drawer']}/{task['id']}"
