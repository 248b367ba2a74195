from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.engine.plan import Grid, grid
from dcplan.scenario.scenario import Scenario


def of(horizon: str, step: str, warm_up: str = "0 s") -> Grid:
    return grid(Scenario.model_validate({"name": "a", "horizon": horizon, "step": step, "warm_up": warm_up}))


def test_marks_are_every_step_and_the_horizon() -> None:
    assert of("1 h", "15 min").marks_s.tolist() == [900.0, 1800.0, 2700.0, 3600.0]


def test_the_last_interval_is_shorter_if_steps_do_not_fit() -> None:
    here = of("40 min", "15 min")
    assert here.marks_s.tolist() == [900.0, 1800.0, 2400.0]
    assert here.durations_s.tolist() == [900.0, 900.0, 600.0]


def test_the_end_of_the_warm_up_is_a_mark_of_its_own() -> None:
    here = of("1 h", "15 min", "20 min")
    assert here.marks_s.tolist() == [900.0, 1200.0, 1800.0, 2700.0, 3600.0]
    assert here.starts_s.tolist() == [1200.0, 1800.0, 2700.0]
    assert here.durations_s.tolist() == [600.0, 900.0, 900.0]
    assert here.counted_s == 2400.0


def test_a_warm_up_of_whole_steps_adds_no_mark() -> None:
    here = of("1 h", "15 min", "30 min")
    assert here.marks_s.tolist() == [900.0, 1800.0, 2700.0, 3600.0]
    assert here.starts_s.tolist() == [1800.0, 2700.0]


def test_a_warm_up_within_the_last_step_leaves_one_interval() -> None:
    here = of("1 h", "15 min", "59 min")
    assert here.starts_s.tolist() == [3540.0]
    assert here.durations_s.tolist() == [60.0]


def test_rounding_makes_no_interval_of_its_own() -> None:
    """1.1 h is 3960.0000000000005 s, which is eleven steps of 0.1 h but for rounding."""
    here = of("2.2 h", "0.1 h", "1.1 h")
    assert len(here.marks_s) == 22
    assert here.durations_s.min() == pytest.approx(360.0)


@given(horizon_s=st.floats(1.0, 1e6), steps=st.floats(1.0, 300.0), warm=st.floats(0.0, 0.99))
def test_counted_intervals_cover_exactly_the_time_after_the_warm_up(
    horizon_s: float, steps: float, warm: float
) -> None:
    here = of(f"{horizon_s!r} s", f"{horizon_s / steps!r} s", f"{horizon_s * warm!r} s")
    assert (np.diff(here.marks_s) > 0).all()
    assert here.marks_s[-1] == horizon_s
    assert here.starts_s[0] == horizon_s * warm
    assert len(here.starts_s) == len(here.durations_s)
    assert here.durations_s.sum() == pytest.approx(here.counted_s, rel=1e-9)
    np.testing.assert_allclose(here.starts_s[1:], here.starts_s[:-1] + here.durations_s[:-1], rtol=1e-9)
    assert here.durations_s.max() <= horizon_s / steps * (1 + 2e-6)
