"""The story of training: jobs come on schedule, wait for free slots in line, train, and leave."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, field

import pandas as pd
import simpy

from dcplan.engine.plan import QueuePlan
from dcplan.errors import ConservationError
from dcplan.results.store import frame
from dcplan.training.flexible import Bookings, Outlook, starts
from dcplan.training.schedulers import first_come_first_served

Process = Generator[simpy.Event, object, None]


@dataclass(slots=True)
class Job:
    """One training job."""

    number: int
    submit_s: float
    work_s: float
    slots: int = 1
    soonest_s: float = float("nan")
    start_s: float = float("nan")
    end_s: float = float("nan")


@dataclass
class Line:
    """Jobs that wait, slots that are free, how long slots were busy, and how fast they run.

    Attributes:
        speed: Speed over the measured one [-].
        changed: What tells jobs that it changes; None if it never does.
        bookings: Slots promised to jobs that may wait; None if none may.
        outlook: What a busy slot costs, if jobs may wait for that.
    """

    free: int
    waiting: deque[Job] = field(default_factory=deque)
    jobs: list[Job] = field(default_factory=list)
    busy: int = 0
    booked_s: float = 0.0
    speed: float = 1.0
    changed: simpy.Event | None = None
    bookings: Bookings | None = None
    outlook: Outlook | None = None
    _since_s: float = 0.0

    def busy_slot_s(self, now_s: float) -> float:
        """Slot-seconds busy from second 0 up to *now_s*."""
        self.booked_s += self.busy * (now_s - self._since_s)
        self._since_s = now_s
        return self.booked_s

    def take(self, slots: int, now_s: float) -> None:
        """Make *slots* busy; a negative number frees them."""
        self.busy_slot_s(now_s)
        self.busy += slots
        self.free -= slots


def new_line(plan: QueuePlan) -> Line:
    """The line of a queue at second 0."""
    slots = plan.spec.slots
    return Line(slots, bookings=None if plan.outlook is None else Bookings(slots), outlook=plan.outlook)


def set_speed(env: simpy.Environment, line: Line, speed: float) -> None:
    """Let all jobs run at *speed* over the measured one [-] from now on; 0 halts them."""
    line.speed = speed
    if line.changed is not None:
        line.changed.succeed()
    line.changed = env.event()


def submit(env: simpy.Environment, plan: QueuePlan, line: Line) -> Process:
    """Jobs come on schedule and join the line."""
    for at_s in plan.submissions_s:
        yield env.timeout(at_s - env.now)
        for _ in range(plan.spec.jobs):
            job = Job(len(line.jobs), env.now, plan.work_s)
            line.jobs.append(job)
            if line.bookings is None:
                line.waiting.append(job)
            else:
                env.process(hold_back(env, plan, line, job))
        start_waiting(env, line)


def hold_back(env: simpy.Environment, plan: QueuePlan, line: Line, job: Job) -> Process:
    """A job that may wait is promised the cheapest slot before its deadline, and joins the line then."""
    assert plan.spec.flexible is not None, "only jobs that may wait come here"
    assert line.bookings is not None, "they are promised slots"
    assert line.outlook is not None, "they know what it costs"
    line.bookings.forget(env.now)
    job.soonest_s, start_s = starts(line.outlook, line.bookings, env.now, plan.spec.flexible.within, job.work_s)
    line.bookings.book(start_s, start_s + job.work_s)
    yield env.timeout(max(0.0, start_s - env.now))
    line.waiting.append(job)
    start_waiting(env, line)


def start_waiting(env: simpy.Environment, line: Line) -> None:
    """Start the jobs at the head of the line that fit into the free slots."""
    for _ in range(first_come_first_served([job.slots for job in line.waiting], line.free)):
        job = line.waiting.popleft()
        line.take(job.slots, env.now)
        env.process(train(env, line, job))


def train(env: simpy.Environment, line: Line, job: Job) -> Process:
    """A job trains, leaves, and makes room for the next."""
    job.start_s = env.now
    left_s = job.work_s
    while left_s > 0.0:
        begun_s, speed = env.now, line.speed
        done = env.timeout(left_s / speed) if speed > 0.0 else env.event()
        yield done if line.changed is None else done | line.changed
        left_s = 0.0 if done.processed else left_s - (env.now - begun_s) * speed
    job.end_s = env.now
    line.take(-job.slots, env.now)
    start_waiting(env, line)


def table(name: str, line: Line, replication: int) -> pd.DataFrame:
    """The table `jobs` of one queue."""
    running = sum(job.slots for job in line.jobs if job.start_s == job.start_s and job.end_s != job.end_s)
    if running != line.busy:
        raise ConservationError(f"training {name}: {running} slots should be busy, {line.busy} are")
    told = ("submit_s", "start_s", "end_s", "slots", "work_s")
    columns: dict[str, object] = {key: [getattr(job, key) for job in line.jobs] for key in told}
    columns |= {"replication": replication, "queue": name, "job": [job.number for job in line.jobs]}
    columns["soonest_s"] = [job.start_s if line.outlook is None else job.soonest_s for job in line.jobs]
    columns["saved"] = [_saved(job, line.outlook) for job in line.jobs]
    return frame("jobs", columns)


def _saved(job: Job, outlook: Outlook | None) -> float:
    """What waiting saves [USD or kg], against the soonest start."""
    if outlook is None or job.start_s != job.start_s:
        return 0.0
    soonest, later = (outlook.cost(at_s, at_s + job.work_s) for at_s in (job.soonest_s, job.start_s))
    return soonest - later
