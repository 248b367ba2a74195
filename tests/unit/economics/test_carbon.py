from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.economics.carbon import by_source, carbon_free_w

shares = st.floats(0.0, 1.0)
HOUR_S = np.full(4, 3600.0)


@given(st.dictionaries(st.sampled_from("abcdef"), st.tuples(shares, st.floats(0.0, 1.0)), min_size=1), shares)
def test_sources_sum_to_the_grid(sources: dict[str, tuple[float, float]], kg_per_kwh: float) -> None:
    mix = {name: share for name, (share, _) in sources.items()}
    found = by_source(kg_per_kwh, mix, {name: kg for name, (_, kg) in sources.items()})
    assert not found or sum(found.values()) == pytest.approx(kg_per_kwh)


def test_a_mix_that_emits_nothing_has_no_parts() -> None:
    assert by_source(0.1, {"wind": 1.0}, {"wind": 0.0}) == {}


def test_a_contract_that_matches_hour_by_hour_counts_in_full() -> None:
    power_w = np.array([100.0, 200.0, 0.0, 100.0])
    assert carbon_free_w(power_w, HOUR_S, 0.6, 0.0, 0.0) == pytest.approx(0.6 * power_w)


def test_what_is_generated_evenly_counts_up_to_what_is_used() -> None:
    power_w = np.array([100.0, 300.0, 0.0, 0.0])
    assert carbon_free_w(power_w, HOUR_S, 0.0, 1.0, 0.0).tolist() == [100.0, 100.0, 0.0, 0.0]


@given(shares, shares, shares)
def test_what_is_free_of_carbon_is_part_of_what_is_used(hourly: float, annual: float, grid: float) -> None:
    power_w = np.array([100.0, 300.0, 0.0, 50.0])
    free_w = carbon_free_w(power_w, HOUR_S, hourly, min(annual, 1.0 - hourly), grid)
    assert np.all((free_w >= grid * power_w - 1e-9) & (free_w <= power_w + 1e-9))
