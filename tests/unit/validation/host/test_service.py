"""What a server adds to a call, from made-up runs with a known answer."""

from __future__ import annotations

import numpy as np
import pytest

from dcplan.errors import InputError
from dcplan.profiling.machine import Load
from dcplan.profiling.measure import Series, Window
from dcplan.profiling.point import Key, Point, nothing
from dcplan.validation.host.records import Batches
from dcplan.validation.host.run import Measured
from dcplan.validation.host.schedule import FloatArray
from dcplan.validation.host.service import Crowd, added, after_pauses, crowd, crowd_of, light, paced, swing

QUIET = Load(0.0, 0.0)


def run(latency_s: FloatArray, start_s: FloatArray, duration_s: FloatArray, size: int) -> Measured:
    """A run whose batches of *size* start and last as said."""
    count = len(start_s)
    head = np.arange(count, dtype=np.uint32) * size
    sizes = np.full(count, size, dtype=np.uint32)
    end_s = start_s + duration_s
    batches = Batches(start_s, end_s, sizes, head, start_s, 0.9 * end_s)
    arrival_s = np.zeros(len(latency_s))
    return Measured(arrival_s, arrival_s, arrival_s + latency_s, batches, 1.0, 1.0, 0.0, 0.0, QUIET)


def test_overhead_cycle_delay_slowing_and_processor_time_are_told_apart() -> None:
    nothing = np.zeros(1)
    echo = run(np.full(50, 0.002), nothing, nothing, 1)
    held = run(np.full(50, 0.008), nothing, nothing, 1)
    crowds = [Crowd(0.010, call_s, 0.001, 0.9) for call_s in (0.0105, 0.0104, 0.030)]
    server = added(echo, held, crowds)
    assert server.cycle_s == pytest.approx(0.001)
    assert server.slowing == pytest.approx(1.05)
    assert server.overhead_s == pytest.approx(np.full(50, 0.001))
    assert server.delay_s == pytest.approx(0.006)
    assert server.cpu_share == pytest.approx(0.9)


def test_only_batches_that_waited_while_requests_came_tell_of_a_crowd() -> None:
    start_s, duration_s = 0.011 * np.arange(20), np.full(20, 0.010)
    start_s[10:] += 0.5  # the server waited for these, and then was slow with the first
    duration_s[10] = 0.1
    start_s[11:] += 0.09
    measured = run(np.zeros(80), start_s, duration_s, 4)
    measured.arrival_s[:40] = 0.0
    measured.arrival_s[40:] = start_s[10]
    measured.arrival_s[79] = 2.0
    found = crowd_of(measured, 4, 0.008)
    assert found == Crowd(0.008, pytest.approx(0.010), pytest.approx(0.001), pytest.approx(0.9))


def test_a_server_that_cannot_be_kept_busy_is_not_verified() -> None:
    measured = run(np.zeros(8), np.arange(4.0), np.full(4, 0.01), 2)
    with pytest.raises(InputError, match="cannot be kept busy"):
        crowd_of(measured, 2, 0.01)


def test_groups_come_after_every_pause_as_often_as_was_asked_for() -> None:
    schedule, wanted = paced(3, [0.01, 0.2], 20, 0.05)
    assert len(schedule.arrival_s) == 3 * 40
    assert sorted(wanted) == [0] * 20 + [1] * 20
    groups = schedule.arrival_s.reshape(-1, 3)
    assert (groups == groups[:, :1]).all()
    gaps = np.diff(groups[:, 0])
    assert gaps == pytest.approx([(0.01, 0.2)[index] + 0.05 for index in wanted[1:]])


def test_calls_are_sorted_by_the_pause_before_them() -> None:
    wanted = [0.01, 0.1] * 10
    duration_s = np.array([0.004, 0.006] * 10)
    measured = run(np.zeros(40), np.cumsum(wanted), duration_s, 2)
    short, long = after_pauses(measured, 2, wanted)
    assert (short.point.key.idle_s, long.point.key.idle_s) == (0.01, 0.1)
    assert short.point.key.batch == 16
    assert all(window.call_s == pytest.approx(0.004) for window in short.measured)
    assert all(window.call_s == pytest.approx(0.006) for window in long.measured)
    assert sum(len(window.call_s) for window in long.measured) == 10


def test_pauses_with_too_few_whole_groups_are_left_out() -> None:
    measured = run(np.zeros(8), np.arange(4.0), np.full(4, 0.01), 2)
    assert list(after_pauses(measured, 2, [0.01] * 4)) == []


def timed(batch: int, mean_s: float, speeds: list[float]) -> Series:
    """A point measured once a second, while the machine is slower or faster than usual by the factors *speeds*."""
    windows = [Window(float(i), np.full(3, mean_s * speed), 0.0, QUIET, 1.0) for i, speed in enumerate(speeds)]
    return Series(Point(Key("infer", batch), lambda: nothing), [], True, windows)


def test_how_much_the_machine_differs_from_run_to_run_is_seen_in_all_points() -> None:
    speeds = [0.9] * 10 + [1.1] * 10
    both = [timed(1, 0.004, speeds), timed(8, 0.03, speeds)]
    assert swing(both, 10.0) == pytest.approx(0.1 * 2**0.5)
    assert swing(both, 1000.0) == 0.0
    assert swing([timed(1, 0.004, [0.9, 1.1] * 10)], 10.0) == pytest.approx(0.0)


def test_calibration_runs_fill_the_server_or_leave_it_at_rest() -> None:
    full = crowd(4, 300.0).arrival_s
    assert list(full[:12]) == [0.2] * 12
    assert full[12] > 0.2
    assert np.diff(full[12:]).mean() == pytest.approx(1 / 300, rel=0.15)
    assert np.diff(light(quick=False).arrival_s).mean() == pytest.approx(1 / 40, rel=0.15)
