"""Laws that hold for every building, load and weather: energy balances, signs, limits, scaling, order."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcplan.facility.balance import balance_residual
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
UPS = ("ups-double-conversion", "ups-eco-mode", "ups-legacy", "ups-three-level")
CHILLERS = ("trane-cvhe-1442", "carrier-19xr-869", "carrier-19xr-1143", "york-yk-4969")
FANS = ("fan-vsd", "fan-ec-plug")
STEPS = 24
MODERATE = settings(max_examples=60, deadline=None)


@cache
def building(
    it_w: float,
    chiller: str = "carrier-19xr-1143",
    ups: str = "ups-double-conversion",
    redundancy: str = "n+1",
    fan: str = "fan-vsd",
    chillers: int = 1,
    economiser: bool = True,
    chilled_water_c: float = 15.0,
) -> FacilityDesign:
    power, cooling = (lambda name, f=f: LIBRARY.load(f, name).values for f in ("power", "cooling"))
    chain = PowerDesign(
        psu=PsuDesign(PsuCurve.from_values(power("psu-titanium")), 2000.0, round(it_w / 1400.0)),
        pdu=PduDesign(LossCurve.from_values(power("pdu-busway")), it_w),
        ups=UpsDesign(LossCurve.from_values(power(ups)), it_w / 2.0, 2, redundancy),
        transformer=TransformerDesign(TransformerCurve.from_values(power("transformer-dry")), 1.6 * it_w),
        utility_limit_w=math.inf,
    )
    curves = PlantCurves(
        ChillerCurve.from_values(cooling(chiller)),
        TowerCurve.from_values(cooling("tower-yorkcalc")),
        FanCurve.from_values(cooling(fan)),
    )
    defaults = ChilledWaterDefaults.from_values(cooling("chilled-water-defaults"))
    return size_facility(
        it_w,
        chain,
        curves,
        replace(defaults, chilled_water_c=chilled_water_c),
        wet_bulb_design_c=25.5,
        counts=PlantCounts(chillers=chillers),
        economiser=economiser,
    )


designs = st.builds(
    building,
    it_w=st.sampled_from([5.6e3, 1.0e5, 1.0e6, 4.0e7]),
    chiller=st.sampled_from(CHILLERS),
    ups=st.sampled_from(UPS),
    redundancy=st.sampled_from(["n", "n+1", "2n"]),
    fan=st.sampled_from(FANS),
    chillers=st.sampled_from([1, 3]),
    economiser=st.booleans(),
    chilled_water_c=st.sampled_from([7.0, 12.0, 15.0, 20.0]),
)
loads = st.lists(st.floats(0.0, 1.1, allow_subnormal=False), min_size=STEPS, max_size=STEPS).map(np.array)
wet_bulbs = st.lists(st.floats(-22.0, 36.0), min_size=STEPS, max_size=STEPS).map(np.array)
dryness = st.floats(0.0, 20.0)
pressures = st.floats(75e3, 105e3)


def rated_w(design: FacilityDesign) -> float:
    return design.power.pdu.rated_w


def outdoors(wet_bulb_c: np.ndarray, above_k: float = 1.0, pressure_pa: float = 101325.0) -> Weather:
    return Weather(np.minimum(wet_bulb_c + above_k, 45.0), wet_bulb_c, np.array(pressure_pa))


def numbers(result: FacilityResult) -> dict[str, np.ndarray]:
    values = {f.name: getattr(result, f.name) for f in fields(result)}
    return {name: value for name, value in values.items() if value.dtype != np.bool_}


@MODERATE
@given(designs, loads, wet_bulbs, dryness, pressures)
def test_energy_is_conserved_and_nothing_is_negative_or_missing(
    design: FacilityDesign, load: np.ndarray, wet_bulb_c: np.ndarray, above_k: float, pressure_pa: float
) -> None:
    result = simulate(load * rated_w(design), outdoors(wet_bulb_c, above_k, pressure_pa), design)
    assert balance_residual(result) <= 1e-9
    for name, value in numbers(result).items():
        assert np.all(np.isfinite(value)), name
        if name.endswith(("_w", "_kg_s", "_fraction", "_running")):
            assert np.all(value >= 0.0), name
    assert np.all(result.facility_w > result.server_w)  # PUE above 1
    assert np.all(result.psu_loss_w <= result.server_w + 1e-9)
    assert np.all(result.economiser_fraction <= 1.0)


@MODERATE
@given(designs, loads, wet_bulbs)
def test_temperatures_keep_their_order(design: FacilityDesign, load: np.ndarray, wet_bulb_c: np.ndarray) -> None:
    result = simulate(load * rated_w(design), outdoors(wet_bulb_c), design)
    assert np.all(result.tower_water_c >= wet_bulb_c - 1e-9)  # evaporation cannot cool below the wet bulb
    assert np.all(result.condenser_water_c >= result.tower_water_c)
    assert np.all(result.economiser_supply_c <= result.chilled_water_return_c)
    assert np.all(result.economiser_supply_c >= design.chilled_water.supply_c - 1e-9)
    assert np.all(result.return_air_c > design.room.supply_c)
    assert np.all(result.server_inlet_c >= design.room.supply_c)


@MODERATE
@given(designs, loads, wet_bulbs, st.integers(0, STEPS - 1))
def test_a_step_alone_is_the_step_among_others(
    design: FacilityDesign, load: np.ndarray, wet_bulb_c: np.ndarray, i: int
) -> None:
    together = numbers(simulate(load * rated_w(design), outdoors(wet_bulb_c), design))
    alone = numbers(simulate(load[i : i + 1] * rated_w(design), outdoors(wet_bulb_c[i : i + 1]), design))
    for name, value in alone.items():
        assert value[0] == pytest.approx(together[name][i], rel=1e-12, abs=1e-9), name


@settings(max_examples=25, deadline=None)
@given(loads, wet_bulbs, st.booleans(), st.sampled_from(CHILLERS))
def test_a_building_forty_times_as_large_takes_forty_times_the_power(
    load: np.ndarray, wet_bulb_c: np.ndarray, economiser: bool, chiller: str
) -> None:
    small, large = (building(w, chiller=chiller, economiser=economiser) for w in (1.0e6, 4.0e7))
    one, forty = (simulate(load * rated_w(d), outdoors(wet_bulb_c), d) for d in (small, large))
    assert forty.facility_w == pytest.approx(40.0 * one.facility_w, rel=1e-9)


def shortage(it_w: float) -> FacilityDesign:
    """A building whose chillers have half the capacity they need."""
    design = building(it_w, economiser=False)
    chiller = replace(design.rejection.chiller, capacity_w=0.5 * design.rejection.chiller.capacity_w, standby=0)
    return replace(design, rejection=replace(design.rejection, chiller=chiller))


@MODERATE
@given(loads, wet_bulbs)
def test_cooling_that_is_not_there_is_not_delivered(load: np.ndarray, wet_bulb_c: np.ndarray) -> None:
    design = shortage(1.0e6)
    result = simulate(load * 1.0e6, outdoors(wet_bulb_c), design)
    wanted_w = result.room_heat_w + result.chilled_water_pump_w
    served_w = result.evaporator_heat_w + result.economiser_heat_w
    assert served_w + result.cooling_shortfall_w == pytest.approx(wanted_w)
    assert np.all((result.cooling_shortfall_w > 0.0) <= result.chiller_redundancy_lost)
    assert balance_residual(result) <= 1e-9
