"""Laws that hold for every way to cool a building, load, weather and outage: balances, signs, order, monotony."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cooling_kinds import KINDS, RATED_W
from dcplan.facility.balance import balance_residual
from dcplan.facility.design import FacilityDesign
from dcplan.facility.outage import OutOfService
from dcplan.facility.plant import simulate
from dcplan.facility.result import FacilityResult
from dcplan.signals.weather import Weather

STEPS = 6
each_kind = pytest.mark.parametrize("kind", KINDS)
EXAMPLES = settings(max_examples=12, deadline=None)


def steps(low: float, high: float) -> st.SearchStrategy[np.ndarray]:
    """A number for each step."""
    return st.lists(st.floats(low, high, allow_subnormal=False), min_size=STEPS, max_size=STEPS).map(np.array)


loads, dry_bulbs, dryness, pressures = steps(0.0, 1.1), steps(-30.0, 48.0), steps(0.0, 20.0), st.floats(75e3, 105e3)
units = st.lists(st.integers(0, 4), min_size=STEPS, max_size=STEPS).map(lambda x: np.array(x, dtype=np.float64))
lost = st.lists(st.booleans(), min_size=STEPS, max_size=STEPS).map(np.array)
outages = st.builds(OutOfService, units, units, units, lost, lost, units, units, lost) | st.just(OutOfService())


def outdoors(dry_bulb_c: np.ndarray, below_k: np.ndarray | float, pressure_pa: float = 101325.0) -> Weather:
    """Air whose wet bulb is below the dry bulb by what is asked, but not by more than bone-dry air's is."""
    lowest_c = 0.65 * dry_bulb_c - 6.0
    wet_bulb_c = np.clip(np.maximum(dry_bulb_c - below_k, lowest_c), -60.0, 36.0)
    return Weather(dry_bulb_c, np.minimum(wet_bulb_c, dry_bulb_c), np.array(pressure_pa))


def numbers(result: FacilityResult) -> dict[str, np.ndarray]:
    return {f.name: getattr(result, f.name) for f in fields(result) if getattr(result, f.name).dtype != np.bool_}


@each_kind
@EXAMPLES
@given(loads, dry_bulbs, dryness, pressures, outages)
def test_energy_is_conserved_and_nothing_is_negative_or_missing(
    kind: str, load: np.ndarray, dry_bulb_c: np.ndarray, below_k: np.ndarray, pressure_pa: float, out: OutOfService
) -> None:
    result = simulate(load * RATED_W, outdoors(dry_bulb_c, below_k, pressure_pa), KINDS[kind](), out)
    assert balance_residual(result) <= 1e-9
    for name, value in numbers(result).items():
        assert value.shape == (STEPS,), name
        assert np.all(np.isfinite(value)), name
        if name.endswith(("_w", "_kg_s", "_fraction", "_running")):
            assert np.all(value >= -1e-9), name
    assert np.all(result.facility_w > result.server_w)  # PUE above 1
    assert np.all(result.economiser_fraction <= 1.0)


@each_kind
@EXAMPLES
@given(loads, dry_bulbs, dryness, outages)
def test_with_all_in_service_never_less_is_removed(
    kind: str, load: np.ndarray, dry_bulb_c: np.ndarray, below_k: np.ndarray, out: OutOfService
) -> None:
    design, air = KINDS[kind](), outdoors(dry_bulb_c, below_k)
    sound, hurt = (simulate(load * RATED_W, air, design, each) for each in (OutOfService(), out))
    # room fans and pumps that stop take less heat to remove with them
    spared_w = np.maximum(_heat_w(sound) - _heat_w(hurt), 0.0)
    assert np.all(hurt.cooling_shortfall_w >= sound.cooling_shortfall_w - spared_w - 1e-3)


def _heat_w(result: FacilityResult) -> np.ndarray:
    return result.room_heat_w + result.liquid_heat_w + result.chilled_water_pump_w + result.liquid_pump_w


@each_kind
def test_a_building_carries_its_load_on_the_design_day(kind: str) -> None:
    result = simulate(np.array([RATED_W]), Weather(np.array(35.0), np.array(25.5), np.array(101325.0)), KINDS[kind]())
    assert result.cooling_shortfall_w[0] == 0.0
    assert not result.chiller_redundancy_lost[0]
    assert not result.airflow_exceeded[0]


@each_kind
@EXAMPLES
@given(st.floats(0.05, 1.0), st.floats(-25.0, 44.0), st.floats(0.0, 12.0))
def test_a_building_draws_more_for_more_servers(kind: str, load: float, dry_bulb_c: float, below_k: float) -> None:
    """Perhaps by less than the servers draw more: one chiller more lets all run at a better part load."""
    it_w = np.array([load, load + 0.05]) * RATED_W
    air = outdoors(np.full(2, dry_bulb_c), below_k)
    result = simulate(it_w, air, KINDS[kind]())
    assert result.facility_w[1] > result.facility_w[0]


def economiser_fans_w(design: FacilityDesign) -> float:
    """Full power of the fans that economisers turn faster [W]."""
    plant, outdoor = design.rejection, design.air_economiser
    found = 0.0 if outdoor is None else float(outdoor.exhaust.power_w(np.array(1.2)))  # thin warm air: more volume
    if plant is not None and plant.sink is not None and plant.economiser is not None:
        found += plant.sink.fan_w
    return found


@each_kind
@pytest.mark.parametrize("load", [0.3, 0.7, 1.0])
def test_in_hotter_air_power_falls_only_by_the_fans_of_an_economiser_that_stops(kind: str, load: float) -> None:
    """Air of 5 to 45 degC, all with its wet bulb 3 K below: colder air is dry, and costs moistening or is kept out.

    Capacity curves that fall with the condenser's temperature lower power by up to 3 % (see test_facility_monotone).
    """
    design, dry_bulb_c = KINDS[kind](), np.linspace(5.0, 45.0, 801)
    result = simulate(np.full(801, load * RATED_W), outdoors(dry_bulb_c, 3.0), design)
    fall_w = np.max(np.maximum.accumulate(result.facility_w) - result.facility_w)
    assert fall_w < 1.05 * economiser_fans_w(design) + 0.03 * load * RATED_W


def test_steam_makes_frost_dearer_than_spring() -> None:
    """The one place where colder air costs more: air below the window must be moistened, or it is kept out."""
    air = outdoors(np.array([-15.0, 10.0]), 3.0)
    steam, none, water = (
        simulate(np.full(2, 7e5), air, KINDS[kind]())
        for kind in ("airside", "airside, no humidifier", "free air with pads")
    )
    assert steam.facility_w[0] > 1.03 * steam.facility_w[1]
    assert steam.humidification_w[0] > 100.0 * water.humidification_w[0] > 0.0
    assert none.economiser_fraction.tolist() == [0.0, 1.0]


def test_kinds_of_cooling_rank_as_they_do_in_practice() -> None:
    """A temperate year: no compressors beat economisers, those beat chillers alone, and air-cooled ones come last."""
    hour = np.arange(8760)
    dry_bulb_c = 12.0 - 12.0 * np.cos(2 * np.pi * hour / 8760) - 5.0 * np.cos(2 * np.pi * hour / 24)
    air = outdoors(dry_bulb_c, 3.0)
    pue = {}
    for kind, design in KINDS.items():
        result = simulate(np.full(8760, 0.7 * RATED_W), air, design())
        pue[kind] = float(result.facility_w.sum() / result.server_w.sum())
        print(f"{kind:36} PUE {pue[kind]:.3f}")
    assert pue["liquid to tower"] < pue["tower with economiser"] < pue["tower"] < pue["dry cooler"] < pue["dx"]
    assert pue["free air"] < pue["airside"] < pue["tower"]
    assert pue["indirect"] < pue["air-cooled"]
    assert pue["dx with outdoor air"] < pue["dx with pumped refrigerant"] < pue["dx"]
    assert pue["warm water from tower"] < pue["tower with economiser"]


def test_a_step_alone_is_the_step_among_others_without_a_dead_band() -> None:
    air = outdoors(np.linspace(-10.0, 40.0, 11), 4.0)
    for kind, make in KINDS.items():
        design: FacilityDesign = make()
        if design.air_economiser is not None:
            continue
        together = numbers(simulate(np.full(11, 8e5), air, design))
        alone = numbers(simulate(np.array([8e5]), outdoors(np.array([15.0]), 4.0), design))
        for name, value in alone.items():
            assert value[0] == pytest.approx(together[name][5], rel=1e-9, abs=1e-6), (kind, name)
