"""What a plant cannot do is told."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from pydantic import TypeAdapter

from dcplan.kpis.plant_warnings import plant_warnings
from dcplan.scenario.cooling import Cooling
from dcplan.scenario.scenario import Scenario

ROOM = {"supply_air": "24 degC"}
REUSE = {"demand": "1 kW", "needs": "60 degC"}
WATER = {"kind": "chilled_water", "chilled_water": "12 degC"}


def told(cooling: dict[str, Any], site: pd.DataFrame, reused_kwh: float | None = None) -> list[str]:
    spec: Any = TypeAdapter(Cooling).validate_python(ROOM | cooling)
    facility = type("Building", (), {"cooling": spec})()
    scenario = Scenario.model_construct(facility=facility)
    return list(plant_warnings(scenario, {"heat_reused_kwh": reused_kwh}, site))


def weather(dry_bulb_c: list[float], wet_bulb_c: list[float], water_kg_s: list[float] | float = 0.0) -> pd.DataFrame:
    columns = {"dry_bulb_c": dry_bulb_c, "wet_bulb_c": wet_bulb_c, "water_kg_s": water_kg_s}
    return pd.DataFrame({"replication": 0, "duration_s": 3600.0} | columns)


MILD = weather([10.0, 12.0], [8.0, 9.0])


@pytest.mark.parametrize(
    ("more", "said"),
    [({}, "'heat_pump: true' would help"), ({"below": "5 degC"}, "never colder than 5 degC outdoors")],
)
def test_heat_that_nobody_ever_got(more: dict[str, Any], said: str) -> None:
    cooling = WATER | {"heat_reuse": REUSE | more}
    (sentence,) = told(cooling, MILD, 0.0)
    assert sentence.startswith("Heat reuse delivers nothing")
    assert said in sentence
    assert told(cooling, MILD, 0.1) == []


@pytest.mark.parametrize(
    ("cooling", "said"),
    [
        ({"kind": "warm_water", "water": "15 degC"}, "no tower can make the 15 degC of 'water', as the wet bulb"),
        (
            {"kind": "warm_water", "water": "15 degC", "rejection": "dry_cooler"},
            "no dry cooler can make the 15 degC of 'water', as the dry bulb is as warm, 30.0 degC at most",
        ),
        ({"kind": "dx", "liquid": {"share": 0.5, "supply": "W17"}}, "the 17 degC of 'liquid.supply', as the wet bulb"),
    ],
)
def test_water_that_the_weather_lets_nobody_make(cooling: dict[str, Any], said: str) -> None:
    hot = weather([10.0, 30.0], [8.0, 22.0])
    (sentence,) = told(cooling, hot)
    assert sentence.startswith("For 50% of the time")
    assert said in sentence
    assert told(cooling, MILD) == []


def test_pads_that_humid_air_keeps_dry() -> None:
    pads = {"kind": "dx", "economiser": "airside_adiabatic"}
    (sentence,) = told(pads, weather([20.0, 30.0, 32.0], [18.0, 20.0, 29.0], [0.0, 0.1, 0.0]))
    assert sentence.startswith("For 50% of the 2 h in which outdoor air is warmer than 24 degC the pads stay dry")
    assert told(pads, weather([20.0, 30.0], [18.0, 20.0], [0.0, 0.1])) == []
    tower = WATER | {"economiser": "airside_adiabatic"}
    assert told(tower, weather([32.0], [29.0])) == []
