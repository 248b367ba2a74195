from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.facility.breaker import advance, closed, trip_s
from dcplan.profiles.breaker import BreakerCurve
from dcplan.profiles.library import Library, shipped

SHIPPED = BreakerCurve.from_values(Library([shipped("profiles")]).load("power", "breaker-extremely-inverse").values)


@pytest.mark.parametrize(
    ("k_s", "alpha", "at_ten"),
    # IEC 60255-151, ten times the pickup and a multiplier of 1: 2.97, 1.50 and 0.81 s
    [(0.14, 0.02, 2.97), (13.5, 1.0, 1.5), (80.0, 2.0, 0.808)],
)
def test_the_three_standard_curves(k_s: float, alpha: float, at_ten: float) -> None:
    curve = BreakerCurve(k_s, alpha, 1.0, 1.0, 20.0, 60.0)
    assert trip_s(np.array([10.0]), 1.0, curve) == pytest.approx([at_ten], abs=0.005)


def test_up_to_the_pickup_it_holds_for_ever_and_from_instant_on_it_trips_at_once() -> None:
    assert trip_s(np.array([0.0, 1.0, 1.05, 10.0, 15.0]), 1.0, SHIPPED).tolist() == [np.inf] * 3 + [0.0, 0.0]


@given(st.floats(0.0, 12.0), st.floats(0.0, 12.0))
def test_more_load_trips_sooner(one: float, other: float) -> None:
    low_s, high_s = trip_s(np.sort([one, other]), 1.0, SHIPPED)
    assert low_s >= high_s


def test_a_constant_overload_trips_at_its_time() -> None:
    after_s = float(trip_s(np.array(2.0), 1.0, SHIPPED))
    state = closed(1)
    for _ in range(3):
        state = advance(state, np.array([2.0]), after_s / 4, 1.0, SHIPPED)
        assert not state.tripped[0]
    state = advance(state, np.array([2.0]), after_s, 1.0, SHIPPED)
    assert state.tripped[0]
    assert state.after_s == pytest.approx([after_s / 4])


@given(st.lists(st.floats(0.0, 9.0), min_size=2, max_size=6), st.floats(0.01, 0.99))
def test_a_cut_step_is_the_whole_step(loads: list[float], cut: float) -> None:
    load_w, whole, parts = np.array(loads), closed(len(loads)), closed(len(loads))
    whole = advance(whole, load_w, 10.0, 1.0, SHIPPED)
    for share in (cut, 1.0 - cut):
        parts = advance(parts, load_w, 10.0 * share, 1.0, SHIPPED)
    assert parts.heat == pytest.approx(whole.heat, abs=1e-9)
    on_the_edge = np.isclose(trip_s(load_w, 1.0, SHIPPED), 10.0)
    assert ((parts.tripped == whole.tripped) | on_the_edge).all()


def test_a_breaker_cools_and_then_stands_as_much_as_before() -> None:
    warm = advance(closed(1), np.array([2.0]), 10.0, 1.0, SHIPPED)
    assert 0.0 < warm.heat[0] < 1.0
    assert advance(warm, np.array([0.8]), 30.0, 1.0, SHIPPED).heat == pytest.approx(warm.heat - 0.1)
    assert advance(warm, np.array([0.8]), 600.0, 1.0, SHIPPED).heat.tolist() == [0.0]


def test_a_tripped_breaker_stays_open_without_load() -> None:
    open_ = advance(closed(1), np.array([20.0]), 1.0, 1.0, SHIPPED)
    later = advance(open_, np.array([0.0]), 1e6, 1.0, SHIPPED)
    assert (open_.after_s.tolist(), later.tripped.tolist(), later.after_s.tolist()) == ([0.0], [True], [np.inf])


@pytest.mark.parametrize("change", [{"pickup": 0.9}, {"instant": 1.0}, {"alpha": 0.0}, {"k_s": 0.0}], ids=str)
def test_breakers_that_cannot_be_are_refused(change: dict[str, float]) -> None:
    good = {"k_s": 80.0, "alpha": 2.0, "multiplier": 1.0, "pickup": 1.05, "instant": 10.0, "reset_s": 300.0}
    with pytest.raises(ValueError, match="is outside"):
        BreakerCurve(**(good | change))
