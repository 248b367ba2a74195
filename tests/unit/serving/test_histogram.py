from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcplan.serving.histogram import BINS, bin_of, edges


@settings(deadline=None)  # the first call compiles
@given(st.floats(1e-7, 6e7))
def test_a_value_lies_in_its_bin(value: float) -> None:
    bounds, place = edges(), bin_of(value)
    assert bounds[place] <= value < bounds[place + 1]


def test_no_bin_is_wider_than_a_128th_of_its_lower_edge() -> None:
    bounds = edges()
    assert len(bounds) == BINS + 1
    assert (np.diff(bounds) / bounds[:-1]).max() <= 1 / 128


@pytest.mark.parametrize(("value", "place"), [(0.0, 0), (1e-12, 0), (1e12, BINS - 1), (np.inf, BINS - 1)])
def test_values_out_of_range_count_in_the_first_or_last_bin(value: float, place: int) -> None:
    assert bin_of(value) == place
