from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dcplan.facility.domain import FloatArray
from dcplan.facility.economiser import EconomiserDesign, modes, share, started

DESIGN = EconomiserDesign(approach_k=2.0, margin_k=1.0)


def test_three_modes_by_tower_temperature() -> None:
    coldest_c = np.array([10.0, 13.0, 13.1, 18.0, 18.1, 25.0])
    full, partial = modes(coldest_c, 15.0, np.full(6, 21.0), DESIGN)
    assert full.tolist() == [True, True, False, False, False, False]
    assert partial.tolist() == [False, False, True, True, False, False]


def test_the_share_runs_from_one_to_the_margin() -> None:
    tower_c = np.array([13.0, 16.0, 18.0, 30.0])
    assert share(tower_c, 15.0, np.full(4, 21.0), DESIGN) == pytest.approx([1.0, 0.5, 1.0 / 6.0, 0.0])


def test_an_exchanger_without_approach_is_refused() -> None:
    with pytest.raises(ValueError, match="economiser approach_k = 0"):
        EconomiserDesign(0.0, 1.0)


def test_once_switched_it_stays_for_some_steps() -> None:
    gain_k = np.array([0.2, 1.2, 0.2, 0.2, 1.2, 1.2, 0.7, 0.2])
    assert started(gain_k, 1.0, 0.5).tolist() == [False, True, False, False, True, True, True, False]
    assert started(gain_k, 1.0, 0.5, 3).tolist() == [False, True, True, True, True, True, True, False]
    assert started(np.array([1.2, 0.2, 1.2, 1.2]), 1.0, 0.0, 2).tolist() == [True, True, True, True]


@given(
    arrays(np.float64, st.integers(1, 60), elements=st.floats(-1.0, 3.0)),
    st.floats(0.0, 1.0),
    st.integers(1, 8),
)
def test_it_is_the_state_machine_told_step_by_step(gain_k: FloatArray, dead_band_k: float, kept_steps: int) -> None:
    on, held, told = False, kept_steps, []
    for gain in gain_k:
        wanted = gain >= 1.0 or (on and gain >= 1.0 - dead_band_k)
        if wanted != on and held >= kept_steps:
            on, held = wanted, 0
        held += 1
        told.append(on)
    assert started(gain_k, 1.0, dead_band_k, kept_steps).tolist() == told


def test_full_mode_waits_as_well() -> None:
    kept = EconomiserDesign(approach_k=2.0, margin_k=1.0, kept_steps=3)
    coldest_c = np.array([10.0, 25.0, 25.0, 25.0, 10.0, 10.0, 10.0])
    full, partial = modes(coldest_c, 15.0, np.full(7, 21.0), kept)
    assert full.tolist() == [True, False, False, False, False, False, True]
    assert partial.tolist() == [False, True, True, False, False, False, False]
