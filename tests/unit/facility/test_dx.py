from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cooling_kinds import dx
from dcplan.facility.dx import DxDesign, expand


def units(name: str = "dx-crac") -> DxDesign:
    design = dx(name).dx
    assert design is not None
    return design


def test_at_35_degrees_it_has_its_rated_efficiency_and_more_when_it_is_colder() -> None:
    duty = expand(np.full(4, 5e5), np.array([35.0, 25.0, 15.0, 0.0]), units())
    cop = duty.evaporator_heat_w / duty.compressor_w
    assert cop[0] == pytest.approx(3.0)
    assert np.all(np.diff(cop[:3]) > 0.3)
    assert cop[3] == cop[2]  # head pressure control makes nothing of colder air
    assert duty.chiller_extrapolated.tolist() == [False, False, False, True]


def test_pumped_refrigerant_goes_on_where_compressors_stop() -> None:
    cold = np.array([0.0])
    plain, pumped = (expand(np.array([5e5]), cold, units(name)) for name in ("dx-crac", "dx-pumped-refrigerant"))
    assert pumped.compressor_w[0] < 0.5 * plain.compressor_w[0]


def test_what_units_cannot_take_is_short() -> None:
    design = units()
    load_w = np.full(4, 1.05 * design.units * design.capacity_w)
    duty = expand(load_w, np.full(4, 30.0), design, np.arange(4.0))
    assert duty.shortfall_w.tolist()[:1] == [0.0]
    assert duty.shortfall_w[1] == pytest.approx(0.05 * design.units * design.capacity_w)
    assert duty.shortfall_w[3] == load_w[3]
    assert duty.redundancy_lost.all()
    aged = expand(load_w[:1], np.array([30.0]), replace(design, cop_factor=0.5))
    assert aged.compressor_w[0] == pytest.approx(2.0 * duty.compressor_w[0])
