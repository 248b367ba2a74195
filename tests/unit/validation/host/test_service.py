"""What a server adds to a call, from made-up runs with a known answer."""

from __future__ import annotations

import numpy as np
import pytest

from dcplan.errors import InputError
from dcplan.profiling.machine import Load
from dcplan.validation.host.records import Batches
from dcplan.validation.host.run import Measured
from dcplan.validation.host.schedule import FloatArray
from dcplan.validation.host.service import BEGINS_S, CROWD_S, Crowd, added, after_pauses, crowd, crowd_of, light, paced

QUIET = Load(0.0, 0.0)


def run(
    latency_s: FloatArray, start_s: FloatArray, duration_s: FloatArray, sizes: list[int], arrival_s: FloatArray
) -> Measured:
    """A run whose batches of *sizes* requests start and last as said."""
    head = np.cumsum([0, *sizes[:-1]]).astype(np.uint32)
    end_s = start_s + duration_s
    batches = Batches(start_s, end_s, np.array(sizes, np.uint32), head, start_s, 0.9 * end_s)
    return Measured(arrival_s, arrival_s, arrival_s + latency_s, batches, 1.0, 1.0, 0.0, 0.0, QUIET)


def idle(latency_s: float) -> Measured:
    """A run of a server that does nothing."""
    return run(np.full(50, latency_s), np.zeros(1), np.zeros(1), [1], np.zeros(50))


def test_overhead_cycle_delay_slowing_and_processor_time_are_told_apart() -> None:
    crowds = [Crowd(0.010, np.full(40, 0.0105), np.full(40, cycle_s), 0.9) for cycle_s in (0.0009, 0.0011)]
    server = added(idle(0.002), idle(0.008), crowds)
    assert server.cycle_s == pytest.approx(0.001)
    assert server.slowing == pytest.approx(1.05)
    assert server.overhead_s == pytest.approx(np.full(50, 0.001))
    assert server.delay_s == pytest.approx(0.006)
    assert server.cpu_share == pytest.approx(0.9)


def test_a_slow_spell_around_a_crowd_is_not_taken_for_slowing() -> None:
    crowds = [Crowd(alone_s, np.full(9, 1.04 * alone_s), np.full(9, 0.001), 0.9) for alone_s in (0.010, 0.0135, 0.011)]
    assert added(idle(0.002), idle(0.002), crowds).slowing == pytest.approx(1.04)


def test_only_batches_that_waited_while_requests_came_tell_of_a_crowd() -> None:
    start_s, duration_s = 0.011 * np.arange(20), np.full(20, 0.010)
    start_s[10:] += 0.5  # the server waited for these, and then was slow with the first
    duration_s[10] = 0.1
    start_s[11:] += 0.09
    arrival_s = np.zeros(81)
    arrival_s[40:] = start_s[10]
    found = crowd_of(run(np.zeros(81), start_s, duration_s, [4] * 20, arrival_s), 4, 0.009)
    assert found.alone_s == 0.009
    assert len(found.call_s) == len(found.cycle_s) == 18
    assert found.call_s == pytest.approx(0.010)
    assert found.cycle_s == pytest.approx(0.001)
    assert found.cpu_share == pytest.approx(0.9)


def test_a_server_that_cannot_be_kept_busy_is_not_verified() -> None:
    with pytest.raises(InputError, match="cannot be kept busy"):
        crowd_of(run(np.zeros(8), np.arange(4.0), np.full(4, 0.01), [2] * 4, np.repeat(np.arange(4.0), 2)), 2, 0.01)


def test_a_full_batch_comes_right_behind_every_batch_after_a_pause() -> None:
    arrival_s = paced(3, 3, 0.0, 0.02, 0.02, 0.1, groups=50).arrival_s
    assert len(arrival_s) == 50 * 6
    groups = arrival_s.reshape(50, 6)
    assert (groups == groups[:, :1]).all()
    assert (np.diff(groups[:, 0]) > 0.04).all()


def test_behind_a_lone_request_come_two_full_batches_of_which_the_second_starts_hot() -> None:
    arrival_s = paced(1, 3, 0.005, 0.01, 0.02, 0.1, groups=50).arrival_s
    groups = arrival_s.reshape(50, 7)
    assert groups[0, 0] > BEGINS_S
    assert groups[:, 1] - groups[:, 0] == pytest.approx(np.full(50, 0.005 + 0.012 + 0.0005))
    assert (groups[:, 1:] == groups[:, 1:2]).all()


@pytest.mark.parametrize("speed", [1.0, 1.35])
def test_a_batch_after_a_pause_is_compared_with_the_pacemaker_behind_it(speed: float) -> None:
    """Calls of 4 ms, of 6 ms after a tenth of a second; in a spell all of them take longer."""
    pauses_s = [0.002, 0.1] * 20
    arrival_s, start_s, duration_s, now_s = [], [], [], 1.0
    for pause_s in pauses_s:
        now_s += pause_s + 0.0003
        arrival_s += [now_s, now_s]
        for call_s in (0.006 if pause_s == 0.1 else 0.004, 0.004):
            start_s.append(now_s)
            duration_s.append(speed * call_s)
            now_s += speed * call_s + 0.0003
        now_s -= 0.0003
    measured = run(np.zeros(80), np.array(start_s), np.array(duration_s), [1] * 80, np.array(arrival_s))
    short, long = after_pauses(measured, 1, 1, 0.0041, 0.0003)
    assert (short.point.key.idle_s, long.point.key.idle_s) == (0.002, 0.1)
    assert short.point.key.batch == 8
    assert np.concatenate([window.call_s for window in short.measured]) == pytest.approx(np.full(19, 0.0041))
    assert np.concatenate([window.call_s for window in long.measured]) == pytest.approx(np.full(20, 0.0041 * 1.5))


def test_pauses_with_too_few_batches_are_left_out() -> None:
    measured = run(np.zeros(8), np.arange(8.0), np.full(8, 0.01), [1] * 8, np.arange(8.0))
    assert list(after_pauses(measured, 1, 1, 0.01, 0.0)) == []


def test_calibration_runs_fill_the_server_or_leave_it_at_rest() -> None:
    full = crowd(4, 300.0).arrival_s
    assert list(full[:12]) == [0.2] * 12
    assert full[12] > 0.2
    assert full[-1] == pytest.approx(BEGINS_S + CROWD_S, rel=0.1)
    assert np.diff(full[12:]).mean() == pytest.approx(1 / 300, rel=0.15)
    assert np.diff(light(quick=False).arrival_s).mean() == pytest.approx(1 / 40, rel=0.15)
