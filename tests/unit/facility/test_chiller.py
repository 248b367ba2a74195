from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dcplan.facility.chiller import COP_MAX, ChillerDesign, ChillerState, carnot_cop, chill
from dcplan.profiles.cooling import ChillerCurve, biquadratic
from dcplan.profiles.library import Library

RECORDS = ("trane-cvhe-1442", "carrier-19xr-869", "carrier-19xr-1143", "york-yk-4969")


def curve_of(library: Library, name: str) -> ChillerCurve:
    return ChillerCurve.from_values(library.load("cooling", name).values)


def run(curve: ChillerCurve, part_load: float, supply_c: float, condenser_c: float) -> ChillerState:
    design = ChillerDesign(curve, 1e6, 1, 0, 12.78, 0.85, 1.0)
    edge = (np.clip(supply_c, *curve.evaporator_range_c), np.clip(condenser_c, *curve.condenser_range_c))
    load_w = part_load * 1e6 * biquadratic(curve.capft, *edge)
    return chill(np.atleast_1d(load_w), supply_c, np.array([condenser_c]), design)


def cop(state: ChillerState) -> float:
    return float(state.heat_w[0] / state.power_w[0])


@pytest.mark.parametrize("name", RECORDS)
def test_reference_cop_at_the_reference_point(library: Library, name: str) -> None:
    curve = curve_of(library, name)
    state = run(curve, 1.0, curve.evaporator_c, curve.condenser_c)
    assert cop(state) == pytest.approx(curve.cop, rel=0.03)  # the records are rounded
    assert not state.extrapolated[0]


@pytest.mark.parametrize("name", RECORDS)
def test_outside_the_domain_the_efficiency_is_bounded_and_flagged(library: Library, name: str) -> None:
    curve = curve_of(library, name)
    for supply_c in (15.0, 18.0, 24.0):
        for condenser_c in (12.78, 18.0, 24.0):
            for part_load in (0.1, 0.4, 0.9):
                state = run(curve, part_load, supply_c, condenser_c)
                edge = run(curve, part_load, curve.evaporator_range_c[1], condenser_c)
                assert state.extrapolated[0]
                assert cop(state) <= max(COP_MAX["water"], cop(edge)) + 1e-9


@pytest.mark.parametrize("name", RECORDS)
def test_full_load_power_is_continuous_at_the_edge_of_the_domain(library: Library, name: str) -> None:
    curve = curve_of(library, name)
    low_c, high_c = curve.condenser_range_c
    middle_c = 0.5 * sum(curve.evaporator_range_c)
    for edge_c, step_c in ((high_c, 1e-6), (low_c, -1e-6)):
        inside, outside = (run(curve, 0.9, middle_c, c) for c in (edge_c, edge_c + step_c))
        assert outside.extrapolated[0]
        assert outside.power_w[0] == pytest.approx(inside.power_w[0], rel=1e-5)


def test_colder_condenser_water_never_costs_power_outside_the_domain(library: Library) -> None:
    for name in RECORDS:
        curve = curve_of(library, name)
        condenser_c = np.linspace(12.78, 40.0, 300)
        design = ChillerDesign(curve, 1e6, 1, 0, 12.78, 0.85, 1.0)
        power_w = chill(np.full(300, 5e5), 15.0, condenser_c, design).power_w
        assert np.all(np.diff(power_w) >= -1e-3 * power_w[:-1]), name


def test_below_the_lowest_part_load_the_machine_cycles(library: Library) -> None:
    curve = curve_of(library, "carrier-19xr-869")
    tenth, twentieth = (run(curve, plr, 10.0, 20.0) for plr in (0.10, 0.05))
    assert tenth.power_w[0] == pytest.approx(2.0 * twentieth.power_w[0])


def test_chillers_start_at_the_stage_share_and_split_the_load(library: Library) -> None:
    curve = curve_of(library, "trane-cvhe-1442")
    design = ChillerDesign(curve, 1e6, 3, 1, 12.78, 0.85, 1.0)
    unit_w = 1e6 * float(biquadratic(curve.capft, np.float64(5.56), np.float64(23.89)))
    loads_w = unit_w * np.array([0.0, 1e-9, 0.84, 0.86, 1.69, 1.71, 3.0, 3.2, 3.3, 4.5])
    state = chill(loads_w, 5.56, np.full(10, 23.89), design)
    assert state.running.tolist() == [0, 1, 1, 2, 2, 3, 3, 3, 4, 4]
    assert state.redundancy_lost.tolist() == [False] * 8 + [True] * 2
    assert state.shortfall_w[:9] == pytest.approx(np.zeros(9))
    assert state.shortfall_w[9] == pytest.approx((4.5 - 4 * curve.plr_max) * unit_w)
    assert state.heat_w + state.shortfall_w == pytest.approx(loads_w)


def test_a_plant_that_underperforms_takes_more_power(library: Library) -> None:
    design = ChillerDesign(curve_of(library, "trane-cvhe-1442"), 1e6, 1, 0, 12.78, 0.85, 1.0)
    args = (np.array([6e5]), 7.0, np.array([24.0]))
    assert chill(*args, replace(design, cop_factor=0.8)).power_w == pytest.approx(chill(*args, design).power_w / 0.8)


def test_carnot_falls_with_lift() -> None:
    assert carnot_cop(15.0, 20.0) > carnot_cop(15.0, 25.0) > carnot_cop(10.0, 25.0)


def test_impossible_designs_are_refused(library: Library) -> None:
    curve = curve_of(library, "trane-cvhe-1442")
    with pytest.raises(ValueError, match="chiller duty = 0"):
        ChillerDesign(curve, 1e6, 0, 0, 12.78, 0.85, 1.0)
    with pytest.raises(ValueError, match="chiller condenser_min_c = 2"):
        ChillerDesign(curve, 1e6, 1, 0, 2.0, 0.85, 1.0)
