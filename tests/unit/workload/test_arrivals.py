from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import TypeAdapter

from dcplan.scenario.demand import Demand
from dcplan.signals.clock import DAY_S, Clock
from dcplan.workload.arrivals import BLOCK, Recorded, arrivals, rate_curve
from dcplan.workload.rate import RateCurve

ADAPTER: TypeAdapter[Any] = TypeAdapter(Demand)
FLAT = [1.0] * 24
DAILY = [float(hour >= 12) for hour in range(24)]

KINDS = {
    "constant": {"kind": "constant", "rate": "50 /s"},
    "poisson": {"kind": "poisson", "rate": "50 /s"},
    "smooth": {"kind": "gamma", "rate": "50 /s", "cv": 0.4},
    "bursty": {"kind": "gamma", "rate": "50 /s", "cv": 3},
    "mmpp": {"kind": "mmpp", "rates": ["20 /s", "140 /s"], "dwell": ["3 s", "1 s"]},
    "diurnal": {"kind": "diurnal", "mean": "50 /s", "daily": FLAT},
}
each_kind = pytest.mark.parametrize("kind", KINDS)


def demand(kind: str) -> Any:
    return ADAPTER.validate_python(KINDS[kind])


def times_s(spec: Any, horizon_s: float, seed: int = 1, **more: Any) -> NDArray[np.float64]:
    """All arrivals of a fresh stream up to the horizon."""
    times = np.concatenate(list(arrivals(spec, np.random.default_rng(seed), horizon_s, **more)))
    return times[times <= horizon_s]


@each_kind
def test_times_are_sorted_and_not_negative(kind: str) -> None:
    times = np.concatenate(list(arrivals(demand(kind), np.random.default_rng(1), 1000.0)))
    assert (np.diff(times[np.isfinite(times)]) >= 0).all()
    assert times[0] >= 0


@each_kind
def test_the_mean_rate_is_the_one_asked_for(kind: str) -> None:
    horizon_s = 20_000.0
    assert len(times_s(demand(kind), horizon_s)) / horizon_s == pytest.approx(50.0, rel=0.03)


@each_kind
def test_blocks_do_not_depend_on_who_asks_for_how_many(kind: str) -> None:
    long = arrivals(demand(kind), np.random.default_rng(7), 5000.0)
    first = next(arrivals(demand(kind), np.random.default_rng(7), 5000.0))
    for block, again in zip(islice(long, 1), [first], strict=True):
        np.testing.assert_array_equal(block, again)


@each_kind
def test_blocks_have_a_fixed_size_and_reach_past_the_horizon(kind: str) -> None:
    blocks = list(arrivals(demand(kind), np.random.default_rng(1), 2000.0))
    assert {len(block) for block in blocks} == {BLOCK}
    assert blocks[-1][-1] > 2000.0
    assert all(block[-1] <= 2000.0 for block in blocks[:-1])


@pytest.mark.parametrize("kind", ["constant", "poisson", "smooth", "bursty"])
def test_a_longer_horizon_only_adds_arrivals_at_the_end(kind: str) -> None:
    short, long = times_s(demand(kind), 500.0), times_s(demand(kind), 2000.0)
    np.testing.assert_array_equal(long[: len(short)], short)


@pytest.mark.parametrize(("kind", "cv"), [("constant", 0.0), ("poisson", 1.0), ("smooth", 0.4), ("bursty", 3.0)])
def test_the_times_between_requests_vary_as_asked_for(kind: str, cv: float) -> None:
    gaps = np.diff(times_s(demand(kind), 20_000.0))
    assert gaps.std() / gaps.mean() == pytest.approx(cv, rel=0.02, abs=1e-9)


def test_a_constant_demand_is_a_conveyor_belt() -> None:
    np.testing.assert_allclose(times_s(demand("constant"), 10.0), np.arange(1, 501) / 50.0, rtol=1e-12)


def test_other_streams_give_other_times() -> None:
    assert times_s(demand("poisson"), 10.0, seed=1)[0] != times_s(demand("poisson"), 10.0, seed=2)[0]


def test_mmpp_is_burstier_than_poisson() -> None:
    counts = np.histogram(times_s(demand("mmpp"), 20_000.0), bins=np.arange(0.0, 20_001.0))[0]
    assert counts.var() / counts.mean() > 5


def test_mmpp_dwells_in_each_state_as_long_as_asked_for() -> None:
    rate = rate_curve(demand("mmpp"), np.random.default_rng(3), 100_000.0)
    held_s = np.diff(rate.edges_s)
    assert held_s[rate.rate_per_s == 20.0].mean() == pytest.approx(3.0, rel=0.03)
    assert held_s[rate.rate_per_s == 140.0].mean() == pytest.approx(1.0, rel=0.03)
    assert rate.edges_s[-1] > 100_000.0


def test_a_state_without_requests_is_silent() -> None:
    spec = ADAPTER.validate_python({"kind": "mmpp", "rates": ["0 /s", "100 /s"], "dwell": ["50 s", "50 s"]})
    rng = np.random.default_rng(5)
    rate = rate_curve(spec, np.random.default_rng(5), 1000.0)
    times = np.concatenate(list(arrivals(spec, rng, 1000.0)))
    state = np.searchsorted(rate.edges_s, times[times <= 1000.0], side="right") - 1
    assert (rate.rate_per_s[state] == 100.0).all()


def test_a_day_follows_its_hours() -> None:
    spec = ADAPTER.validate_python({"kind": "diurnal", "mean": "1 /s", "daily": DAILY})
    assert times_s(spec, DAY_S).min() >= 12 * 3600.0


def test_a_week_follows_its_days_from_the_day_the_run_starts() -> None:
    weekly = [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0]
    spec = ADAPTER.validate_python({"kind": "diurnal", "mean": "1 /s", "daily": FLAT, "weekly": weekly})
    saturday = Clock(datetime(2025, 1, 11))
    assert times_s(spec, 3 * DAY_S, clock=saturday).min() >= 2 * DAY_S


def test_a_day_follows_the_wall_clock_over_a_change_to_daylight_saving() -> None:
    spec = ADAPTER.validate_python({"kind": "diurnal", "mean": "1 /s", "daily": [0.0] * 12 + [1.0] + [0.0] * 11})
    new_york = Clock(datetime(2025, 3, 8), "America/New_York")
    rate = rate_curve(spec, np.random.default_rng(1), 3 * DAY_S, clock=new_york)
    assert (rate.edges_s[:-1][rate.rate_per_s > 0] / 3600.0).tolist() == [12.0, 35.0, 59.0]


def test_over_a_whole_week_a_diurnal_demand_has_its_mean() -> None:
    weekly = [2.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.0]
    spec = ADAPTER.validate_python({"kind": "diurnal", "mean": "1 /s", "daily": DAILY, "weekly": weekly})
    rate = rate_curve(spec, np.random.default_rng(1), 7 * DAY_S, clock=Clock(datetime(2025, 1, 8, 7, 12)))
    assert np.interp(7 * DAY_S, rate.edges_s, rate.expected) == pytest.approx(7 * DAY_S, rel=1e-9)


def test_stamps_are_given_back_as_recorded() -> None:
    stamps_s = np.sort(np.random.default_rng(1).random(2 * BLOCK + 5)) * 100.0
    spec = ADAPTER.validate_python({"kind": "trace", "file": "t.csv"})
    blocks = list(arrivals(spec, np.random.default_rng(1), 1000.0, recorded=Recorded(stamps_s=stamps_s)))
    np.testing.assert_array_equal(np.concatenate(blocks), stamps_s)


def test_recorded_rates_become_poisson_requests() -> None:
    rate = RateCurve(np.array([0.0, 1000.0, 2000.0]), np.array([10.0, 30.0]))
    spec = ADAPTER.validate_python({"kind": "trace", "file": "t.csv"})
    times = times_s(spec, 2000.0, recorded=Recorded(rate=rate))
    assert (times < 1000.0).sum() == pytest.approx(10_000, rel=0.04)
    assert (times >= 1000.0).sum() == pytest.approx(30_000, rel=0.04)


def test_a_trace_that_was_not_read_is_told() -> None:
    spec = ADAPTER.validate_python({"kind": "trace", "file": "t.csv"})
    with pytest.raises(ValueError, match="needs its recorded rates"):
        list(arrivals(spec, np.random.default_rng(1), 1.0))


def test_a_lapse_keeps_the_rate_and_hurries_its_changes() -> None:
    spec = ADAPTER.validate_python({"kind": "diurnal", "mean": "50 /s", "daily": DAILY})
    hurried = times_s(spec, DAY_S, lapse=100.0)
    assert hurried.max() <= DAY_S / 100
    assert (hurried < DAY_S / 200).sum() == 0
    assert len(hurried) == pytest.approx(50 * DAY_S / 100, rel=0.02)


def test_what_changes_by_itself_does_not_hurry() -> None:
    spec = demand("mmpp")
    whole, hurried = times_s(spec, 2000.0), times_s(spec, 200_000.0, lapse=100.0)
    assert hurried[hurried <= 2000.0].tolist() == whole.tolist()
