"""Windows, warm-up and interleaving, on a clock that only calls move."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest

from dcplan.profiling.machine import CpuTimes, Switches
from dcplan.profiling.measure import Bench, Clock, Kept, Plan, Series, measure
from dcplan.profiling.point import Key, Point
from dcplan.profiling.stopwatch import Stopwatch
from made_up_events import FakeEvent

PLAN = Plan(
    idle_s=0, warm_up_window_s=0.05, warm_up_windows=(3, 8), settle_s=0, window_s=0.1, windows=(6, 6), agreement=0.1
)


@dataclass
class FakeTime:
    """Time that stands still but for calls; remembers which point was called."""

    now_ns: int = 0
    called: list[int] = field(default_factory=list)
    others: Callable[[int], bool] = lambda now_ns: False
    others_ns: int = 0
    slept_s: float = 0

    def point(self, batch: int, call_ms: Callable[[int], float]) -> Point:
        """A point whose call number i takes call_ms(i)."""

        def call() -> None:
            taken_ns = int(call_ms(self.called.count(batch)) * 1e6)
            self.others_ns += taken_ns if self.others(self.now_ns) else 0
            self.now_ns += taken_ns
            self.called.append(batch)

        return Point(Key("infer", batch), lambda: call)

    @property
    def clock(self) -> Clock:
        """This time, as a clock."""
        return Clock(lambda: self.now_ns, self.cpu, self.sleep, self.switches)

    def measure(self, *points: Point, plan: Plan = PLAN, seed: int = 1) -> list[Series]:
        """Measure *points* on four processors, with two threads busy all the time."""
        return measure(points, plan, random.Random(seed), Bench(self.clock))

    def sleep(self, duration_s: float) -> None:
        """Let time pass, and others work if they are busy."""
        self.slept_s += duration_s
        self.others_ns += int(duration_s * 1e9) if self.others(self.now_ns) else 0
        self.now_ns += int(duration_s * 1e9)

    def cpu(self) -> CpuTimes:
        """CPU times, were this a machine."""
        now_s, others_s = self.now_ns / 1e9, self.others_ns / 1e9
        own_s = 2 * (now_s - self.slept_s)
        return CpuTimes(total_s=4 * now_s, busy_s=own_s + others_s, steal_s=0, own_s=own_s)

    def switches(self) -> Switches:
        """Context switches, were there two in every call and one in every five, and none between calls."""
        return Switches(2 * len(self.called), len(self.called) // 5)

    def accelerated(self, batch: int, launch_ms: float, device_ms: float) -> Point:
        """A point whose calls are launched, run on a device that is waited for, and are bracketed by events."""

        def pass_ms(duration_ms: float) -> None:
            self.now_ns += int(duration_ms * 1e6)

        stopwatch = Stopwatch(lambda: FakeEvent(lambda: self.now_ns / 1e6))
        return Point(
            Key("infer", batch),
            lambda: lambda: pass_ms(device_ms),
            wait=lambda: pass_ms(launch_ms),
            stopwatch=stopwatch,
        )


def steady(time: FakeTime, *batches: int) -> list[Point]:
    """Points whose calls take a millisecond, whatever the batch."""
    return [time.point(batch, lambda i: 1.0) for batch in batches]


def measured_order(series: list[Series]) -> list[int]:
    """Batch sizes in the order their windows were taken."""
    windows = [(window.start_s, one.point.key.batch) for one in series for window in one.measured]
    return [batch for _, batch in sorted(windows)]


def test_every_round_visits_all_points_in_a_new_order() -> None:
    time = FakeTime()
    order = measured_order(time.measure(*steady(time, 1, 2, 3, 4)))
    rounds = [tuple(order[i : i + 4]) for i in range(0, len(order), 4)]
    assert all(sorted(one) == [1, 2, 3, 4] for one in rounds)
    assert len(set(rounds)) > 1


def test_the_order_depends_on_the_seed_alone() -> None:
    first, again, other = FakeTime(), FakeTime(), FakeTime()
    order = measured_order(first.measure(*steady(first, 1, 2, 3)))
    assert measured_order(again.measure(*steady(again, 1, 2, 3))) == order
    assert measured_order(other.measure(*steady(other, 1, 2, 3), seed=5)) != order


def test_slow_first_calls_stay_in_the_warm_up() -> None:
    time = FakeTime()
    (one,) = time.measure(time.point(1, lambda i: max(1.0, 10.0 - 0.3 * i)))
    assert one.settled
    assert len(one.warm_up) > 3
    assert one.warm_up[0].mean_s > 2 * one.warm_up[-1].mean_s
    assert [window.mean_s for window in one.measured] == pytest.approx([0.001] * 6)


def test_a_point_that_never_settles_is_measured_all_the_same() -> None:
    time = FakeTime()
    (one,) = time.measure(time.point(1, lambda i: 1.0 + i % 50))
    assert not one.settled
    assert (len(one.warm_up), len(one.measured)) == (8, 6)


def test_a_window_lasts_as_long_as_planned_and_has_three_calls_at_least() -> None:
    time = FakeTime()
    short, long = time.measure(time.point(1, lambda i: 1.0), time.point(800, lambda i: 80.0))
    assert [len(window.call_s) for window in short.measured] == [100] * 6
    assert [len(window.call_s) for window in long.measured] == [3] * 6


def test_settling_calls_are_not_timed() -> None:
    time = FakeTime()
    (one,) = time.measure(*steady(time, 1), plan=replace(PLAN, settle_s=0.005))
    timed = sum(len(window.call_s) for window in [*one.warm_up, *one.measured])
    assert len(time.called) == timed + 5 * (3 + 6)


def test_cpu_time_counts_all_threads() -> None:
    time = FakeTime()
    (one,) = time.measure(*steady(time, 1))
    assert one.measured[0].cpu_s == pytest.approx(2 * one.measured[0].call_s.sum())


def test_disturbed_windows_are_kept_apart_and_taken_again() -> None:
    time = FakeTime(others=lambda now_ns: 0.5e9 < now_ns < 0.9e9)
    series = time.measure(*steady(time, 1, 2))
    assert all(len(one.measured) == 6 for one in series)
    assert sum(len(one.disturbed) for one in series) > 0
    assert not any(window.load.disturbed for one in series for window in one.measured)


def test_on_a_busy_machine_disturbed_windows_are_used_all_the_same() -> None:
    time = FakeTime(others=lambda now_ns: True)
    (one,) = time.measure(*steady(time, 1))
    assert (len(one.measured), len(one.disturbed)) == (5, 3)
    assert all(window.load.others_percent == pytest.approx(25) for window in one.measured)


def test_a_few_quiet_windows_are_better_than_many_disturbed_ones() -> None:
    time = FakeTime(others=lambda now_ns: now_ns > 0.67e9)
    (one,) = time.measure(*steady(time, 1))
    assert [window.load.disturbed for window in one.measured] == [False] * 5
    assert len(one.disturbed) == 3


def test_a_patient_measurement_waits_until_others_are_done() -> None:
    time = FakeTime(others=lambda now_ns: 0.5e9 < now_ns < 5e9)
    (one,) = time.measure(*steady(time, 1), plan=replace(PLAN, patience_s=60))
    assert (len(one.measured), len(one.disturbed)) == (6, 1)
    assert 4 < time.slept_s < 7


def test_patience_ends() -> None:
    time = FakeTime(others=lambda now_ns: True)
    time.measure(*steady(time, 1), plan=replace(PLAN, patience_s=60))
    assert time.slept_s == 60


def test_progress_ends_at_the_total() -> None:
    time, seen = FakeTime(), list[tuple[str, int, int]]()
    bench = Bench(time.clock, progress=lambda *state: seen.append(state))
    measure(steady(time, 1, 2), PLAN, random.Random(1), bench)
    assert seen[0] == ("warm up", 0, 2)
    assert seen[-1] == ("measure", 12, 12)


def test_a_point_is_done_when_its_interval_is_narrow_and_goes_on_when_it_is_not() -> None:
    time = FakeTime()
    plan = replace(PLAN, windows=(5, 20))
    calm, noisy = time.measure(
        time.point(1, lambda i: 1.0), time.point(2, lambda i: 1.0 + 0.4 * (i // 100 % 2)), plan=plan
    )
    assert len(calm.measured) == 5
    assert len(noisy.measured) > 10


def test_larger_batches_that_gain_nothing_are_left_out() -> None:
    time = FakeTime()
    points = [time.point(batch, lambda i, batch=batch: max(8, batch)) for batch in (2, 4, 8, 16, 32, 64)]  # type: ignore[misc]
    assert [one.point.key.batch for one in time.measure(*points)] == [2, 4, 8, 16, 32]


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("CUDA out of memory. Tried to allocate")])
def test_a_batch_that_does_not_fit_into_memory_ends_the_ladder(error: Exception) -> None:
    time = FakeTime()

    def full() -> None:
        raise error

    points = [*steady(time, 1), Point(Key("infer", 2), lambda: full), *steady(time, 4)]
    assert [one.point.key.batch for one in time.measure(*points)] == [1]


def test_other_errors_of_a_call_are_not_hidden() -> None:
    time = FakeTime()

    def wrong() -> None:
        raise RuntimeError("shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes"):
        time.measure(Point(Key("infer", 1), lambda: wrong))


def test_the_budget_ends_measuring() -> None:
    time = FakeTime()
    time.measure(*steady(time, 1, 2), plan=replace(PLAN, windows=(5, 1000), half_width=-1, budget_s=3.0))
    assert 3.0 <= time.now_ns / 1e9 < 3.2


def test_pauses_before_calls_are_not_timed() -> None:
    time = FakeTime()
    point = time.point(1, lambda i: 1.0)
    paused = Point(point.key._replace(idle_s=0.009), point.make)
    (one,) = time.measure(paused)
    assert [len(window.call_s) for window in one.measured] == [10] * 6
    assert one.measured[0].mean_s == pytest.approx(0.001)
    assert one.measured[0].wall_s == pytest.approx(0.1)


def test_an_interrupted_measurement_goes_on_with_the_windows_it_has() -> None:
    time, journal = FakeTime(), list[Kept]()

    def keep(kept: Kept) -> None:
        journal.append(kept)
        if sum(each.phase == "measured" for each in journal) == 9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(steady(time, 1, 2), PLAN, random.Random(1), Bench(time.clock, keep=keep))
    calls_before = len(time.called)
    again = FakeTime()
    series = measure(steady(again, 1, 2), PLAN, random.Random(1), Bench(again.clock, known=journal))
    assert [len(one.measured) for one in series] == [6, 6]
    assert len(again.called) < calls_before
    starts = sorted(window.start_s for one in series for window in one.measured)
    assert len(set(starts)) == 12


def test_what_is_finished_is_not_warmed_up_again() -> None:
    time, journal = FakeTime(), list[Kept]()
    measure(steady(time, 1), PLAN, random.Random(1), Bench(time.clock, keep=journal.append))
    again = FakeTime()
    (one,) = measure(steady(again, 1), PLAN, random.Random(1), Bench(again.clock, known=journal))
    assert not again.called
    assert one.settled


def test_a_window_tells_how_often_threads_were_switched_out_within_it() -> None:
    time = FakeTime()
    (one,) = time.measure(*steady(time, 1), plan=replace(PLAN, settle_s=0.005))
    assert [window.switches for window in one.measured] == [Switches(200, 20)] * 6


def test_an_accelerator_tells_its_own_time_of_a_call_besides_that_until_it_is_done() -> None:
    time = FakeTime()
    fast, slow = time.measure(time.accelerated(1, 0.5, 0.5), time.accelerated(8, 0.5, 4.5))
    for one, device_s in ((fast, 0.0005), (slow, 0.0045)):
        assert [window.device_s for window in [*one.warm_up, *one.measured]] == pytest.approx([device_s] * 9)
        assert [window.mean_s for window in one.measured] == pytest.approx([device_s + 0.0005] * 6)


def test_bracketed_calls_are_waited_for_as_often_as_others() -> None:
    time, waits = FakeTime(), list[int]()
    point = time.accelerated(1, 0.5, 0.5)
    (one,) = time.measure(replace(point, wait=lambda: (point.wait(), waits.append(1))))
    timed = sum(len(window.call_s) for window in [*one.warm_up, *one.measured])
    assert len(waits) == timed + 3 + 6  # one settling call in each window


def test_without_a_stopwatch_there_is_no_device_time() -> None:
    time = FakeTime()
    (one,) = time.measure(*steady(time, 1))
    assert {window.device_s for window in one.measured} == {None}


def test_a_visit_may_take_windows_in_a_row() -> None:
    time = FakeTime()
    order = measured_order(time.measure(*steady(time, 1, 2), plan=replace(PLAN, in_a_row=3, settle_s=0.02)))
    assert [order[place : place + 3] in ([1] * 3, [2] * 3) for place in (0, 3, 6, 9)] == [True] * 4
    time = FakeTime()
    (one,) = time.measure(*steady(time, 1), plan=replace(PLAN, in_a_row=3, settle_s=0.02))
    ends = [(window.start_s, window.start_s + window.wall_s) for window in one.measured]
    assert [later[0] - before[1] for before, later in pairwise(ends)][:2] == pytest.approx([0.0, 0.0])


def test_windows_in_a_row_have_device_times_of_their_own() -> None:
    time = FakeTime()
    (one,) = time.measure(time.accelerated(1, launch_ms=1.0, device_ms=4.0), plan=replace(PLAN, in_a_row=3))
    assert [window.device_s for window in one.measured] == pytest.approx([0.004] * 6)
