from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.signals.clock import Clock
from dcplan.signals.sky import interval_means, sky_of

HOURLY = np.arange(8760.0)


@given(st.integers(0, 8000 * 3600), st.lists(st.integers(1, 40 * 3600), min_size=1, max_size=20))
def test_the_sum_over_intervals_is_that_of_the_hours(start_s: int, lengths: list[int]) -> None:
    durations_s = np.array(lengths, dtype=np.float64)
    starts_s = start_s + np.concatenate(([0.0], np.cumsum(durations_s)[:-1]))
    found = interval_means(HOURLY, Clock(datetime(2025, 1, 1)), 0.0, starts_s, durations_s)
    whole = interval_means(HOURLY, Clock(datetime(2025, 1, 1)), 0.0, starts_s[:1], np.array([durations_s.sum()]))
    assert (found * durations_s).sum() == pytest.approx(whole[0] * durations_s.sum(), rel=1e-6)


def test_an_interval_within_an_hour_has_the_value_of_the_hour() -> None:
    clock = Clock(datetime(2025, 1, 2, 3), "America/New_York")
    found = interval_means(HOURLY, clock, -5.0, np.array([0.0, 600.0]), np.array([600.0, 3000.0]))
    assert found == pytest.approx([27.0, 27.0])


def test_the_new_year_follows_the_old() -> None:
    found = interval_means(HOURLY, Clock(datetime(2025, 12, 31, 23)), 0.0, np.array([0.0]), np.array([7200.0]))
    assert found == pytest.approx([(8759.0 + 0.0) / 2])


def test_a_sky_with_a_gap_is_none() -> None:
    columns = {name: np.full(3, 1.0) for name in ("ghi_w_m2", "dni_w_m2", "dhi_w_m2", "wind_speed_m_s")}
    whole = pd.DataFrame(columns)
    assert sky_of(whole, 38.0, -77.0, 80.0, -5.0) is not None
    assert sky_of(whole.assign(dni_w_m2=[1.0, np.nan, 1.0]), 38.0, -77.0, 80.0, -5.0) is None
    assert sky_of(whole.drop(columns="ghi_w_m2"), 38.0, -77.0, 80.0, -5.0) is None
