from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dcplan.profiles.cooling import ChilledWaterDefaults, ChillerCurve, FanCurve, MerkelCurve, TowerCurve
from dcplan.profiles.library import Library

LIBRARY = Library([Path(__file__).parents[3] / "profiles"])
RECORDS = {
    "trane-cvhe-1442": ChillerCurve,
    "carrier-19xr-869": ChillerCurve,
    "carrier-19xr-1143": ChillerCurve,
    "york-yk-4969": ChillerCurve,
    "tower-yorkcalc": TowerCurve,
    "tower-merkel": MerkelCurve,
    "fan-vsd": FanCurve,
    "fan-ec-plug": FanCurve,
    "chilled-water-defaults": ChilledWaterDefaults,
}


def values_of(name: str, **changes: Any) -> dict[str, Any]:
    return dict(LIBRARY.load("cooling", name).values) | changes


@pytest.mark.parametrize("name", RECORDS)
def test_shipped_profiles_build_their_records(name: str) -> None:
    profile = LIBRARY.load("cooling", name)
    assert RECORDS[name].from_values(profile.values)
    assert profile.source
    assert profile.licence
    assert 1990 <= profile.year <= 2026


def test_a_chiller_that_is_not_normalised_is_refused() -> None:
    capft = [0.2 + value if i == 0 else value for i, value in enumerate(values_of("trane-cvhe-1442")["capft"])]
    with pytest.raises(ValueError, match=r"CAPFT is 1.1\d\d at the reference point .* not normalised"):
        ChillerCurve.from_values(values_of("trane-cvhe-1442", capft=capft))
    with pytest.raises(ValueError, match=r"EIRFPLR is 1.5"):
        ChillerCurve.from_values(values_of("trane-cvhe-1442", eirfplr=[0.5, 0.5, 0.5]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cop": 40.0}, r"cop = 40 is outside 1.5 to 15"),
        ({"capft": [1.0]}, "capft needs 6 coefficients, not 1"),
        ({"evaporator_c": 20.0}, "evaporator_c = 20"),
        ({"condenser_range_c": [30.0, 20.0]}, "two rising numbers"),
        ({"plr_min": "low"}, "a number 'plr_min', not 'low'"),
    ],
)
def test_impossible_chillers_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ChillerCurve.from_values(values_of("trane-cvhe-1442", **change))


def test_impossible_towers_are_refused() -> None:
    with pytest.raises(ValueError, match="27 numbers, not 2"):
        TowerCurve.from_values(values_of("tower-yorkcalc", coefficients=[1.0, 2.0]))
    with pytest.raises(ValueError, match="liquid_gas_max = 8 is outside"):
        TowerCurve.from_values(values_of("tower-yorkcalc", fan_speed_min=0.1))


def test_impossible_towers_by_merkel_are_refused() -> None:
    with pytest.raises(ValueError, match="air_factor needs 3 coefficients, not 1"):
        MerkelCurve.from_values(values_of("tower-merkel", air_factor=[1.0]))
    with pytest.raises(ValueError, match="water_factor at the nominal point = 2 is outside"):
        MerkelCurve.from_values(values_of("tower-merkel", water_factor=[0.0, 2.0, 0.0]))


@pytest.mark.parametrize("name", ["fan-vsd", "fan-ec-plug"])
def test_fans_take_their_design_power_at_design_flow(name: str) -> None:
    curve = FanCurve.from_values(values_of(name))
    assert curve.power_fraction(np.array([1.0])) == pytest.approx([1.0], abs=0.005)


def test_impossible_fans_are_refused() -> None:
    with pytest.raises(ValueError, match="sum of the coefficients"):
        FanCurve((0.5, 0.0, 0.0, 1.0), 0.1)
    with pytest.raises(ValueError, match="must be positive and rise"):
        FanCurve((1.0, -0.5, 0.0, 0.5), 0.1)
    with pytest.raises(ValueError, match="4 numbers, not 1"):
        FanCurve((1.0,), 0.1)


def test_every_assumption_has_a_unit_a_source_and_a_range() -> None:
    for name, entry in values_of("chilled-water-defaults").items():
        assert set(entry) == {"value", "unit", "low", "high", "year", "unverified", "source"}, name
        assert entry["low"] <= entry["value"] <= entry["high"], name
        assert isinstance(entry["unverified"], bool)
        assert len(entry["source"]) > 20, name


def test_an_assumption_outside_its_range_is_refused() -> None:
    warm = values_of("chilled-water-defaults")
    warm["chilled_water_c"] = warm["chilled_water_c"] | {"value": 40.0}
    with pytest.raises(ValueError, match="chilled_water_c = 40 is outside 5 to 24"):
        ChilledWaterDefaults.from_values(warm)
    with pytest.raises(ValueError, match="an entry 'supply_air_c'"):
        ChilledWaterDefaults.from_values({})
