from __future__ import annotations

import numpy as np
import pytest

from dcplan.facility.psu import PsuDesign, converter_input_w, supply
from dcplan.profiles.library import Library
from dcplan.profiles.power import ConverterCurve, PsuCurve

LEVELS = {
    "psu-titanium": {0.1: 0.90, 0.2: 0.94, 0.5: 0.96, 1.0: 0.91},
    "psu-platinum": {0.2: 0.90, 0.5: 0.94, 1.0: 0.91},
    "psu-gold": {0.2: 0.88, 0.5: 0.92, 1.0: 0.88},
}


@pytest.mark.parametrize("level", LEVELS)
def test_certified_points_come_back_from_the_input_side(library: Library, level: str) -> None:
    design = PsuDesign(PsuCurve.from_values(library.load("power", level).values), 1000.0, 1)
    for load, efficiency in LEVELS[level].items():
        inlet_w = np.array([1000.0 * load / efficiency])
        state = supply(inlet_w, design)
        output_w = inlet_w - state.loss_w
        assert output_w[0] / inlet_w[0] == pytest.approx(efficiency, abs=2e-5)
        assert not state.overload[0]


def test_one_plus_one_halves_the_load_of_each_supply(power) -> None:
    curve = power.psu.curve
    pair, single = PsuDesign(curve, 800.0, 2), PsuDesign(curve, 800.0, 1)
    at_half = supply(np.array([400.0]), single)
    assert supply(np.array([800.0]), pair).loss_w[0] == pytest.approx(2.0 * at_half.loss_w[0])


def test_below_the_lowest_certified_point_the_loss_is_constant_and_flagged(power) -> None:
    design = PsuDesign(power.psu.curve, 1000.0, 1)
    state = supply(np.array([0.0, 5.0, 30.0, 100.0, 112.0]), design)
    standby_w = 1000.0 * 0.1 * (1.0 / 0.9 - 1.0)
    assert state.loss_w == pytest.approx([0.0, 5.0, standby_w, standby_w, standby_w], abs=0.15)
    assert state.extrapolated.tolist() == [False, True, True, True, False]


def test_overload_is_computed_and_flagged(power) -> None:
    state = supply(np.array([1100.0, 1500.0]), PsuDesign(power.psu.curve, 1000.0, 1))
    assert state.overload.tolist() == [True, True]
    assert state.loss_w == pytest.approx([99.0, 135.0])


def test_input_to_output_rises_everywhere(library: Library) -> None:
    for level in LEVELS:
        design = PsuDesign(PsuCurve.from_values(library.load("power", level).values), 1000.0, 1)
        inlet_w = np.linspace(0.0, 1400.0, 2801)
        loss_w = supply(inlet_w, design).loss_w
        assert np.all(np.diff(inlet_w - loss_w) >= -1e-9)
        assert np.all((loss_w >= 0.0) & (loss_w <= inlet_w))


def test_a_design_without_supplies_is_refused(power) -> None:
    with pytest.raises(ValueError, match="psu count = 0 is outside"):
        PsuDesign(power.psu.curve, 1000.0, 0)


def test_a_converter_loses_a_constant_and_a_share() -> None:
    curve = ConverterCurve(17.0, 0.96)
    design = PsuDesign(curve, 12_500.0, 4)
    inlet_w = 4 * converter_input_w(np.array([0.0, 5e3, 12.5e3, 13e3]), curve)
    state = supply(inlet_w, design)
    assert inlet_w - state.loss_w == pytest.approx([0.0, 20e3, 50e3, 52e3], abs=1e-6)
    assert state.overload.tolist() == [False, False, False, True]
    assert not state.extrapolated.any()


def test_below_its_own_need_all_that_a_converter_takes_is_lost() -> None:
    state = supply(np.array([0.0, 10.0]), PsuDesign(ConverterCurve(17.0, 0.96), 12_500.0, 1))
    assert state.loss_w.tolist() == [0.0, 10.0]


@pytest.mark.parametrize(("constant_w", "efficiency"), [(-1.0, 0.96), (17.0, 1.0), (17.0, 0.4)])
def test_a_converter_that_makes_power_is_refused(constant_w: float, efficiency: float) -> None:
    with pytest.raises(ValueError, match="is outside"):
        ConverterCurve(constant_w, efficiency)
