from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import simpy

from dcplan.engine import jobs
from dcplan.engine.plan import QueuePlan
from dcplan.errors import ConservationError


def queue(count: int, work_s: float, *submissions_s: float) -> QueuePlan:
    spec: Any = SimpleNamespace(jobs=count)
    return QueuePlan(spec, work_s, submissions_s)


def run(plan: QueuePlan, slots: int, until_s: float) -> jobs.Line:
    env, line = simpy.Environment(), jobs.Line(free=slots)
    env.process(jobs.submit(env, plan, line))
    env.run(until=until_s)
    return line


def test_three_jobs_on_two_slots_leave_one_to_wait() -> None:
    line = run(queue(3, 100.0, 0.0), slots=2, until_s=1000.0)
    assert [(job.submit_s, job.start_s, job.end_s) for job in line.jobs] == [(0, 0, 100), (0, 0, 100), (0, 100, 200)]
    assert line.free == 2
    assert line.busy == 0


def test_a_slot_that_is_freed_is_taken_at_once() -> None:
    line = run(queue(4, 10.0, 0.0), slots=1, until_s=100.0)
    assert [job.start_s for job in line.jobs] == [0.0, 10.0, 20.0, 30.0]


def test_jobs_that_come_later_wait_behind_those_that_came_before() -> None:
    line = run(queue(2, 100.0, 0.0, 50.0), slots=1, until_s=1000.0)
    assert [job.submit_s for job in line.jobs] == [0.0, 0.0, 50.0, 50.0]
    assert [job.start_s for job in line.jobs] == [0.0, 100.0, 200.0, 300.0]


def test_jobs_are_numbered_as_they_come() -> None:
    line = run(queue(2, 1.0, 0.0, 5.0), slots=9, until_s=10.0)
    assert [job.number for job in line.jobs] == [0, 1, 2, 3]


def test_busy_slot_seconds_are_the_work_done() -> None:
    line = run(queue(3, 100.0, 0.0), slots=2, until_s=1000.0)
    assert line.busy_slot_s(1000.0) == 300.0


def test_busy_slot_seconds_can_be_read_at_any_time() -> None:
    env, line = simpy.Environment(), jobs.Line(free=2)
    env.process(jobs.submit(env, queue(3, 100.0, 0.0), line))
    read = []
    for until_s in (30.0, 150.0, 200.5):
        env.run(until=until_s)
        read.append(line.busy_slot_s(until_s))
    assert read == [60.0, 250.0, 300.0]


def test_a_job_that_ends_as_another_comes_makes_room_for_it() -> None:
    line = run(queue(1, 100.0, 0.0, 100.0), slots=1, until_s=1000.0)
    assert [job.start_s for job in line.jobs] == [0.0, 100.0]


def test_what_is_not_finished_has_no_end_and_what_waits_no_start() -> None:
    table = jobs.table("q", run(queue(3, 100.0, 0.0), slots=1, until_s=150.0), replication=4)
    assert table["replication"].tolist() == [4, 4, 4]
    assert table["start_s"].isna().tolist() == [False, False, True]
    assert table["end_s"].isna().tolist() == [False, True, True]


def test_a_queue_without_jobs_has_an_empty_table() -> None:
    assert len(jobs.table("q", run(queue(3, 100.0), slots=1, until_s=1.0), 0)) == 0


def test_a_slot_that_is_lost_is_told() -> None:
    line = run(queue(1, 100.0, 0.0), slots=1, until_s=50.0)
    line.busy = 0
    with pytest.raises(ConservationError, match="training q: 1 slots should be busy, 0 are"):
        jobs.table("q", line, 0)
