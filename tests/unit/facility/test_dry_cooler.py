from __future__ import annotations

import numpy as np
import pytest

from cooling_kinds import curves
from dcplan.facility.dry_cooler import DryCoolerDesign, PadDesign, approach_k, cool, fan_speed, pad_water
from dcplan.signals.weather import Weather

PAD = PadDesign(0.8, 22.0, 3.0)


def cooler(pad: PadDesign | None = None) -> DryCoolerDesign:
    curve = curves().dry_cooler
    assert curve is not None
    return DryCoolerDesign(curve, 2.931e6, 117.7e3, 0.05, pad)


def air(dry_bulb_c: float, wet_bulb_c: float = 20.0, pressure_pa: float = 101325.0) -> Weather:
    return Weather(np.array([dry_bulb_c]), np.array([min(wet_bulb_c, dry_bulb_c)]), np.array([pressure_pa]))


def test_at_the_point_of_the_data_sheet_it_does_what_that_says() -> None:
    """BAC Trillium TDFS1238N: 2931 kW, air 35 degC, water 46.11 to 40.55 degC."""
    design = cooler()
    state = cool(np.array([2.931e6]), np.array([design.flow_kg_s]), air(35.0), design)
    assert 35.0 + approach_k(1.0, state, design) == pytest.approx([40.55], abs=0.01)
    assert not state.extrapolated[0]


@pytest.mark.parametrize("target_k", [6.0, 8.0, 15.0])
def test_the_fan_speed_that_is_found_holds_the_target(target_k: float) -> None:
    design = cooler()
    state = cool(np.array([2.5e6]), np.array([design.flow_kg_s]), air(30.0), design)
    speed, duty = fan_speed(np.array([target_k]), state, design)
    assert 0.1 < speed[0] < 1.0
    assert duty[0] == 1.0
    assert approach_k(speed, state, design) == pytest.approx([target_k], abs=1e-3)


def test_below_the_lowest_speed_the_fans_cycle() -> None:
    design = cooler()
    state = cool(np.array([1e5]), np.array([design.flow_kg_s]), air(-10.0), design)
    speed, duty = fan_speed(np.array([30.0]), state, design)
    assert speed == pytest.approx([0.1])
    assert 0.0 < duty[0] < 0.2


def test_thin_air_cools_less() -> None:
    design = cooler()
    low, high = (
        approach_k(1.0, cool(np.array([2e6]), np.array([design.flow_kg_s]), air(30.0, pressure_pa=p), design), design)
        for p in (101325.0, 80e3)
    )
    assert high[0] > 1.15 * low[0]


@pytest.mark.parametrize(("dry_bulb_c", "wetted"), [(21.9, False), (35.0, True)])
def test_pads_are_wetted_on_hot_days_and_take_water(dry_bulb_c: float, wetted: bool) -> None:
    design = cooler(PAD)
    state = cool(np.array([2e6]), np.array([design.flow_kg_s]), air(dry_bulb_c), design)
    assert state.intake_c == pytest.approx([35.0 - 0.8 * 15.0] if wetted else [dry_bulb_c])
    water = pad_water(np.ones(1), np.ones(1), state, design)
    assert (water.evaporation_kg_s[0] > 0.0) == wetted
    assert water.blowdown_kg_s == pytest.approx(water.evaporation_kg_s / 2.0)
    air_kg_s = design.capacity_rate_w_k / 1006.0 * float(state.density[0])
    assert water.evaporation_kg_s[0] == pytest.approx(wetted * air_kg_s * 1006.0 * 12.0 / 2.447e6, rel=0.01)


def test_impossible_coolers_are_refused() -> None:
    with pytest.raises(ValueError, match="dry cooler fan_w"):
        DryCoolerDesign(cooler().curve, 1e6, 1e6, 0.05)
    with pytest.raises(ValueError, match="pad effectiveness"):
        PadDesign(1.2, 22.0, 3.0)
