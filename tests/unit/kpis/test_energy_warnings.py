"""What a battery on site does that a reader may not expect is told."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from dcplan.kpis.energy_warnings import energy_warnings
from dcplan.scenario.energy import Energy
from dcplan.scenario.power import Utility
from dcplan.scenario.scenario import Scenario

SHAVING = {"kind": "peak_shaving", "threshold": "9 kW"}
J_PER_KWH = 3.6e6


def told(power: str, rule: dict[str, Any], site: dict[str, list[float]], gained_kwh: float = 0.0) -> list[str]:
    energy = {"battery": {"energy": "10 kWh", "power": power}, "dispatch": rule}
    building = type(
        "Building", (), {"power": type("Power", (), {"utility": Utility.model_validate({"limit": "10 kW"})})}
    )
    scenario = Scenario.model_construct(facility=building, energy=Energy.model_validate(energy))
    none = {name: [0.0, 0.0] for name in ("generator_w", "solar_w", "wind_w")}
    tables = {
        "site": pd.DataFrame(none | site),
        "dispatch": pd.DataFrame({"gained_j": [gained_kwh * J_PER_KWH]}),
        "assumptions": pd.DataFrame({"name": [], "value": []}),
    }
    return list(energy_warnings(scenario, tables))


QUIET = {"facility_w": [4e3, 9.5e3], "grid_w": [6e3, 9e3]}


def test_a_battery_that_shaves_within_the_connection_needs_no_warning() -> None:
    assert told("10 kW", SHAVING, QUIET) == []


def test_a_battery_stronger_than_the_connection_is_told() -> None:
    (sentence,) = told("11 kW", SHAVING, QUIET)
    assert "can be charged with 11 kW, more than the 10 kW of 'facility.power.utility.limit'" in sentence
    assert "the meter reads 9 kW at most" in sentence


def test_charging_that_passes_the_connection_is_told() -> None:
    by_price = {"kind": "time_of_use"}
    (sentence,) = told("8 kW", by_price, QUIET | {"grid_w": [12e3, 1.5e3]})
    assert sentence.startswith("Charging the battery on site makes the meter read 12 kW, more than the 10 kW")
    assert told("8 kW", by_price, QUIET | {"facility_w": [11e3, 9e3], "grid_w": [11e3, 9e3]}) == []


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"facility_w": [5e3, 8e3], "grid_w": [9e3, 8e3]}, ["8 kW at most, and charging raises the peak to 9 kW."]),
        ({"facility_w": [5e3, 8e3], "grid_w": [5e3, 8e3]}, ["8 kW at most."]),
        ({"facility_w": [5e3, 10e3], "solar_w": [0.0, 3e3], "grid_w": [5e3, 7e3]}, ["7 kW at most."]),
        ({"facility_w": [5e3, 9e3], "grid_w": [5e3, 9e3]}, []),
    ],
)
def test_a_threshold_that_the_building_never_reaches_is_told(columns: dict[str, list[float]], said: list[str]) -> None:
    start = "Peak shaving at 9 kW shaves nothing: without the battery the meter would read "
    assert told("8 kW", SHAVING, columns) == [start + end for end in said]


@pytest.mark.parametrize(
    ("gained_kwh", "said"),
    [
        (2.5, "ends the run with 2.5 kWh more than it began with, which the bill paid for"),
        (-2.5, "ends the run with 2.5 kWh less than it began with, which the bill has not paid for"),
        (0.05, ""),
        (-0.05, ""),
    ],
)
def test_a_battery_that_ends_with_another_charge_is_told(gained_kwh: float, said: str) -> None:
    sentences = told("8 kW", SHAVING, QUIET, gained_kwh)
    assert [said in sentence for sentence in sentences] == ([True] if said else [])
