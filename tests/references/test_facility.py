"""Published and tabulated numbers that the building's models must reproduce, each with its source."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dcplan.facility.chain import PowerDesign
from dcplan.facility.chiller import ChillerDesign, chill
from dcplan.facility.design import FacilityDesign
from dcplan.facility.distribution import PduDesign
from dcplan.facility.fluids import latent_heat_j_kg
from dcplan.facility.plant import simulate
from dcplan.facility.psu import PsuDesign, supply
from dcplan.facility.sizing import PlantCurves, size_facility
from dcplan.facility.tower import york_polynomial
from dcplan.facility.transformer import TransformerDesign, transformer_loss_w
from dcplan.facility.ups import UpsDesign
from dcplan.profiles.cooling import ChilledWaterDefaults, ChillerCurve, FanCurve, TowerCurve, biquadratic
from dcplan.profiles.library import Library
from dcplan.profiles.power import LossCurve, PsuCurve, TransformerCurve
from dcplan.signals.weather import Weather

LIBRARY = Library([Path(__file__).parents[2] / "profiles"])
HOURS = 8760


def power(name: str) -> dict[str, object]:
    return dict(LIBRARY.load("power", name).values)


def cooling(name: str) -> dict[str, object]:
    return dict(LIBRARY.load("cooling", name).values)


@pytest.mark.parametrize(
    ("range_k", "wet_bulb_c", "expected_k"),
    # EnergyPlus Engineering Reference, CoolingTower:VariableSpeed: nominal approach 3.9 K at 5.56 K and 25.55 degC
    [(5.56, 25.56, 3.84), (5.56, 0.0, 11.16), (5.56, 10.0, 7.77), (5.56, 20.0, 5.06), (5.56, 25.0, 3.96)],
)
def test_yorkcalc_approach(range_k: float, wet_bulb_c: float, expected_k: float) -> None:
    curve = TowerCurve.from_values(cooling("tower-yorkcalc"))
    approach_k = sum(york_polynomial(np.float64(wet_bulb_c), np.float64(range_k), curve))
    assert approach_k == pytest.approx(expected_k, abs=0.01)


@pytest.mark.parametrize(
    ("supply_c", "condenser_c", "part_load", "expected"),
    # Modelica Buildings, ElectricEIRChiller_Trane_CVHE_1442kW_6_61COP_VSD, evaluated by hand
    [(8.89, 12.78, 0.3, 12.5), (8.89, 23.89, 0.6, 8.8), (4.44, 35.0, 1.0, 5.0)],
)
def test_trane_chiller_cop(supply_c: float, condenser_c: float, part_load: float, expected: float) -> None:
    curve = ChillerCurve.from_values(cooling("trane-cvhe-1442"))
    design = ChillerDesign(curve, 1e6, 1, 0, 12.78, 1.0, 1.0)
    load_w = part_load * 1e6 * biquadratic(curve.capft, supply_c, condenser_c)
    state = chill(np.atleast_1d(load_w), supply_c, np.array([condenser_c]), design)
    assert not state.extrapolated[0]
    assert state.heat_w / state.power_w == pytest.approx([expected], abs=0.06)


@pytest.mark.parametrize(
    ("name", "efficiencies"),
    # catalogue values at 25, 50, 75 and 100 % load that the curves were fitted to
    [
        ("ups-legacy", (0.830, 0.885, 0.900, 0.905)),
        ("ups-double-conversion", (0.945, 0.962, 0.964, 0.962)),
        ("ups-three-level", (0.962, 0.974, 0.975, 0.973)),
        ("ups-eco-mode", (0.980, 0.987, 0.989, 0.990)),
    ],
)
def test_ups_efficiency(name: str, efficiencies: tuple[float, ...]) -> None:
    curve = LossCurve.from_values(power(name))
    found = [curve.efficiency(x) for x in (0.25, 0.5, 0.75, 1.0)]
    assert found == pytest.approx(efficiencies, abs=0.001)


@pytest.mark.parametrize(
    ("rated_w", "efficiency"),
    # 10 CFR 431.196(a)(2), three-phase low-voltage dry-type, 35 % load
    [(15e3, 0.9789), (75e3, 0.9860), (300e3, 0.9902), (1000e3, 0.9928)],
)
def test_transformer_efficiency_of_the_federal_minimum(rated_w: float, efficiency: float) -> None:
    design = TransformerDesign(TransformerCurve.from_values(power("transformer-dry")), rated_w)
    load_w = np.array([0.35 * rated_w])
    assert load_w / (load_w + transformer_loss_w(load_w, design)) == pytest.approx([efficiency], abs=1e-6)


def test_titanium_supply_at_its_certified_half_load() -> None:
    # 80 PLUS, 230 V internal redundant: 96 % at 50 %
    design = PsuDesign(PsuCurve.from_values(power("psu-titanium")), 1000.0, 1)
    inlet_w = np.array([500.0 / 0.96])
    assert supply(inlet_w, design).loss_w == pytest.approx([inlet_w[0] - 500.0], abs=0.05)


def test_evaporation_per_heat() -> None:
    # rule of thumb 1.45 L per kWh of heat, all of it latent (2.2 with 3 cycles of concentration)
    litres_per_kwh = 3.6e6 / latent_heat_j_kg(np.array([20.0, 30.0]))
    assert litres_per_kwh == pytest.approx([1.45, 1.45], rel=0.03)
    assert litres_per_kwh * 1.5 == pytest.approx([2.2, 2.2], rel=0.02)


def year() -> Weather:
    """A sinusoid that resembles a mixed-humid (4A) year: mean 13 degC, 0.5 to 25.5 over the seasons."""
    hour = np.arange(HOURS)
    season, day = (2.0 * np.pi * (hour - shift) / period for shift, period in ((480, HOURS), (3, 24)))
    dry_bulb_c = 13.0 - 12.5 * np.cos(season) - 5.0 * np.cos(day)
    wet_bulb_c = dry_bulb_c - 4.0 - 0.12 * np.maximum(dry_bulb_c - 10.0, 0.0)
    return Weather(dry_bulb_c, wet_bulb_c, np.array(101325.0))


def building(defaults: ChilledWaterDefaults, ups: str, pdu: LossCurve, chiller: str) -> FacilityDesign:
    chain = PowerDesign(
        psu=PsuDesign(PsuCurve.from_values(power("psu-titanium")), 2000.0, 1000),
        pdu=PduDesign(pdu, 1.0e6),
        ups=UpsDesign(LossCurve.from_values(power(ups)), 505e3, 2, "n+1"),
        transformer=TransformerDesign(TransformerCurve.from_values(power("transformer-dry")), 1.6e6),
        utility_limit_w=math.inf,
    )
    curves = PlantCurves(
        ChillerCurve.from_values(cooling(chiller)),
        TowerCurve.from_values(cooling("tower-yorkcalc")),
        FanCurve.from_values(cooling("fan-vsd")),
    )
    return size_facility(1.0e6, chain, curves, defaults, wet_bulb_design_c=25.5)


def annual(design: FacilityDesign, load: float) -> tuple[float, float]:
    """PUE and water [L/kWh of IT] of a year at constant load."""
    result = simulate(np.full(HOURS, load * 1.0e6), year(), design)
    water_kg_s = result.evaporation_kg_s + result.drift_kg_s + result.blowdown_kg_s
    it_w = float(result.server_w.sum())
    return float(result.facility_w.sum()) / it_w, 3.6e6 * float(water_kg_s.sum()) / it_w


DEFAULTS = ChilledWaterDefaults.from_values(cooling("chilled-water-defaults"))
MID_SIZE = replace(
    DEFAULTS,
    server_air_rise_k=7.5,
    bypass=0.0,
    recirculation=0.0,
    crah_pressure_pa=650.0,
    chilled_water_c=13.0,
    chilled_water_rise_k=7.5,
    lighting_share=0.021,  # 3.5 % of the load at 60 % load
    cop_factor=0.8,
    cycles_of_concentration=7.5,
)
"""The middle of the input ranges of a mid-size water-cooled data centre with economiser (case 4) in Lei and
Masanet 2022: CRAH air 5 to 10 K, 400 to 900 Pa, water 5 to 10 K, lighting 2 to 5 %, COP error -40 to 0 %."""


def test_a_mid_size_building_lands_in_the_published_band() -> None:
    # N. Lei, E. Masanet 2022: case 4, zone 4A, 5th to 95th percentile 1.27 to 1.51; UPS 80 to 94 %, losses 2 to 5 %
    design = building(MID_SIZE, "ups-legacy", LossCurve(0.006, 0.0, 0.042), "trane-cvhe-1442")
    pue, wue = annual(design, 0.6)
    print(f"mid-size, case 4: PUE {pue:.3f}, WUE {wue:.2f} L/kWh")
    assert 1.27 < pue < 1.51
    assert 2.00 < wue < 3.00


def test_a_modern_building_lies_between_hyperscale_and_mid_size() -> None:
    # N. Lei, E. Masanet 2022, zone 4A: hyperscale with economiser 1.084 to 1.202, mid-size 1.27 to 1.51
    busway = LossCurve.from_values(power("pdu-busway"))
    pue, wue = annual(building(DEFAULTS, "ups-double-conversion", busway, "carrier-19xr-1143"), 0.6)
    print(f"shipped defaults: PUE {pue:.3f}, WUE {wue:.2f} L/kWh")
    assert 1.084 < pue < 1.27
    assert 1.74 < wue < 2.61


def test_a_year_of_hours_takes_less_than_fifty_milliseconds() -> None:
    busway = LossCurve.from_values(power("pdu-busway"))
    design = building(DEFAULTS, "ups-double-conversion", busway, "carrier-19xr-1143")
    load_w, weather = np.full(HOURS, 6e5), year()
    times_s = []
    for _ in range(7):
        start = time.perf_counter()
        simulate(load_w, weather, design)
        times_s.append(time.perf_counter() - start)
    print(f"8760 steps in {1e3 * min(times_s):.1f} ms")
    assert min(times_s) < 0.050
