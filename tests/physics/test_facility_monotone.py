"""Where facility power must rise with load and with wet bulb, and the four places where it does not.

Power of a building rises with the IT load and with the wet bulb, except, by design of the plant:

1. Where one more chiller starts: two variable-speed chillers at half load take less than one at full load.
2. Where the economiser starts or stops: in partial mode the tower fans run at full speed, in off mode only as
   fast as the condenser set point needs. With the wet bulb, power falls where it stops, by at most the fans'
   full power. With load, too; and it falls where it starts, because below the pumps' lowest flow the water
   returns warmer with more load.
3. Where a manufacturer's capacity curve falls steeply with condenser temperature (York with inlet vanes, Trane
   above 33 degC): the part of the power that scales with available capacity falls with it. With one chiller and
   no shortfall the drop is below 3 % of facility power; with the Carrier curves and chilled water of 10 degC
   or more there is none.

4. In partial mode close to the start of a chiller: fewer chillers take more power, which warms the tower water,
   which asks for one more, which cools it. Real plants hunt there; three passes end on one side or the other,
   within 0.5 % of facility power.

A shortfall also lowers power (heat that is not removed costs nothing), so the sweeps exclude it.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcplan.facility.chain import PowerDesign
from dcplan.facility.design import FacilityDesign
from dcplan.facility.distribution import PduDesign
from dcplan.facility.plant import simulate
from dcplan.facility.psu import PsuDesign
from dcplan.facility.result import FacilityResult
from dcplan.facility.sizing import PlantCounts, PlantCurves, size_facility
from dcplan.facility.transformer import TransformerDesign
from dcplan.facility.ups import UpsDesign
from dcplan.profiles.cooling import ChilledWaterDefaults, ChillerCurve, FanCurve, TowerCurve
from dcplan.profiles.library import Library
from dcplan.profiles.power import LossCurve, PsuCurve, TransformerCurve
from dcplan.signals.weather import Weather

LIBRARY = Library([Path(__file__).parents[2] / "profiles"])
CHILLERS = ("trane-cvhe-1442", "carrier-19xr-869", "carrier-19xr-1143", "york-yk-4969")
CARRIERS = ("carrier-19xr-869", "carrier-19xr-1143")
LOADS_W = np.linspace(0.0, 1.1e6, 1101)
WET_BULBS_C = np.linspace(-20.0, 35.0, 1101)
ROUNDING_W = 1e-3
MODERATE = settings(max_examples=40, deadline=None)


@cache
def building(chiller: str, chilled_water_c: float, chillers: int = 1, economiser: bool = False) -> FacilityDesign:
    power, cooling = (lambda name, f=f: LIBRARY.load(f, name).values for f in ("power", "cooling"))
    chain = PowerDesign(
        psu=PsuDesign(PsuCurve.from_values(power("psu-titanium")), 2000.0, 1000),
        pdu=PduDesign(LossCurve.from_values(power("pdu-busway")), 1.0e6),
        ups=UpsDesign(LossCurve.from_values(power("ups-double-conversion")), 505e3, 2, "n+1"),
        transformer=TransformerDesign(TransformerCurve.from_values(power("transformer-dry")), 1.6e6),
        utility_limit_w=math.inf,
    )
    curves = PlantCurves(
        ChillerCurve.from_values(cooling(chiller)),
        TowerCurve.from_values(cooling("tower-yorkcalc")),
        FanCurve.from_values(cooling("fan-vsd")),
    )
    defaults = ChilledWaterDefaults.from_values(cooling("chilled-water-defaults"))
    defaults = replace(defaults, chilled_water_c=chilled_water_c)
    counts = PlantCounts(chillers=chillers, chillers_standby=0)
    return size_facility(1.0e6, chain, curves, defaults, wet_bulb_design_c=25.5, counts=counts, economiser=economiser)


def over_load(design: FacilityDesign, wet_bulb_c: float) -> FacilityResult:
    return simulate(LOADS_W, Weather(np.array(wet_bulb_c), np.array(wet_bulb_c), np.array(101325.0)), design)


def over_wet_bulb(design: FacilityDesign, load: float) -> FacilityResult:
    weather = Weather(WET_BULBS_C, WET_BULBS_C, np.array(101325.0))
    return simulate(np.full(WET_BULBS_C.shape, load * 1.0e6), weather, design)


def mode(result: FacilityResult) -> np.ndarray:
    return np.sign(result.economiser_fraction) + (result.economiser_fraction == 1.0)


def drops(result: FacilityResult) -> np.ndarray:
    """Indices before which power falls although no shortfall is involved."""
    served = result.cooling_shortfall_w == 0.0
    return np.flatnonzero((np.diff(result.facility_w) < -ROUNDING_W) & served[1:] & served[:-1])


@MODERATE
@given(st.sampled_from(CHILLERS), st.sampled_from([7.0, 12.0, 15.0, 20.0]), st.floats(-20.0, 35.0))
def test_with_one_chiller_power_rises_with_load(chiller: str, chilled_water_c: float, wet_bulb_c: float) -> None:
    assert drops(over_load(building(chiller, chilled_water_c), wet_bulb_c)).size == 0


@MODERATE
@given(st.sampled_from(CHILLERS), st.sampled_from([7.0, 15.0]), st.booleans(), st.floats(-20.0, 35.0))
def test_with_load_power_falls_only_where_a_chiller_or_the_economiser_starts_or_stops(
    chiller: str, chilled_water_c: float, economiser: bool, wet_bulb_c: float
) -> None:
    result = over_load(building(chiller, chilled_water_c, 3, economiser), wet_bulb_c)
    for i in drops(result):
        starts = result.chillers_running[i + 1] > result.chillers_running[i]
        switches = (mode(result)[i] > 0.0) != (mode(result)[i + 1] > 0.0)
        fall = 1.0 - result.facility_w[i + 1] / result.facility_w[i]
        hunts = mode(result)[i] == 1.0 and fall < 0.005
        assert starts or switches or hunts


@MODERATE
@given(st.sampled_from(CARRIERS), st.sampled_from([10.0, 12.0, 15.0, 18.0, 20.0]), st.floats(0.0, 1.1))
def test_with_one_chiller_power_rises_with_wet_bulb(chiller: str, chilled_water_c: float, load: float) -> None:
    assert drops(over_wet_bulb(building(chiller, chilled_water_c), load)).size == 0


@MODERATE
@given(st.sampled_from(CHILLERS), st.sampled_from([7.0, 12.0, 15.0, 20.0]), st.floats(0.0, 1.1))
def test_no_capacity_curve_lowers_power_by_more_than_three_per_cent(
    chiller: str, chilled_water_c: float, load: float
) -> None:
    result = over_wet_bulb(building(chiller, chilled_water_c), load)
    power_w = result.facility_w[result.cooling_shortfall_w == 0.0]
    assert np.max(1.0 - power_w / np.maximum.accumulate(power_w)) < 0.03


@MODERATE
@given(st.sampled_from(CARRIERS), st.sampled_from([10.0, 12.0, 15.0, 20.0]), st.floats(0.0, 1.1))
def test_with_wet_bulb_power_falls_only_where_the_economiser_stops_and_then_by_the_fans(
    chiller: str, chilled_water_c: float, load: float
) -> None:
    design = building(chiller, chilled_water_c, economiser=True)
    result = over_wet_bulb(design, load)
    for i in drops(result):
        assert mode(result)[i] > 0.0 == mode(result)[i + 1]
        fall_w = result.facility_w[i] - result.facility_w[i + 1]
        assert fall_w <= 1.05 * design.rejection.sink.fan_w  # transformer losses on top


@pytest.mark.parametrize("chilled_water_c", [12.0, 15.0, 20.0])
def test_the_economiser_never_raises_a_years_energy(chilled_water_c: float) -> None:
    with_it, without = (
        over_wet_bulb(building("carrier-19xr-1143", chilled_water_c, economiser=e), 0.6) for e in (True, False)
    )
    assert with_it.facility_w.sum() < without.facility_w.sum()
    assert np.all(with_it.chiller_w <= without.chiller_w + ROUNDING_W)
