from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from dcplan.scenario.cooling import AIR_CHILLER, WATER_CHILLER, ChilledWater, Cooling, Dx, FreeAir, WarmWater

ROOM = {"supply_air": "24 degC"}
COOLING: TypeAdapter[Any] = TypeAdapter(Cooling)


def read(**keys: Any) -> Any:
    return COOLING.validate_python(ROOM | keys)


@pytest.mark.parametrize(
    ("spec", "keys"),
    [
        (ChilledWater, {"kind": "chilled_water", "chilled_water": "15 degC"}),
        (Dx, {"kind": "dx"}),
        (FreeAir, {"kind": "free_air"}),
        (WarmWater, {"kind": "warm_water", "water": "20 degC"}),
    ],
)
def test_each_kind_needs_little_more_than_its_temperatures(spec: type, keys: dict[str, Any]) -> None:
    found = read(**keys)
    assert type(found) is spec
    assert (found.redundancy, found.terminal, found.ashrae_class) == ("n+1", "crah", "A2")


@pytest.mark.parametrize(("rejection", "chiller"), [("tower", WATER_CHILLER), ("air_cooled", AIR_CHILLER)])
def test_the_chiller_that_is_assumed_fits_what_cools_it(rejection: str, chiller: str) -> None:
    plain = {"kind": "chilled_water", "chilled_water": "15 degC", "rejection": rejection}
    assert read(**plain).chiller == chiller
    assert read(**plain, chiller="own").chiller == "own"


@pytest.mark.parametrize(("supply", "temperature_c"), [("W32", 32.0), ("W17", 17.0), ("38 degC", 38.0)])
def test_facility_water_is_a_temperature_or_a_class(supply: str, temperature_c: float) -> None:
    assert read(kind="dx", liquid={"share": 0.7, "supply": supply}).liquid.supply == temperature_c


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"kind": "dx", "liquid": {"share": 0.7}}, "needs a temperature; add e.g. 'supply: W32'"),
        ({"kind": "dx", "liquid": {"share": 0.7, "supply": "W33"}}, "there is no water class W33; known are W17, W27"),
        ({"kind": "dx", "liquid": {"share": 0.7, "to": "chilled_water", "supply": "W32"}}, "remove 'supply'"),
        ({"kind": "dx", "liquid": {"share": 0.7, "to": "chilled_water"}}, "there is no chilled water"),
        (
            {"kind": "warm_water", "water": "20 degC", "liquid": {"share": 0.7, "to": "chilled_water"}},
            "there is no chilled water",
        ),
        ({"kind": "free_air", "heat_reuse": {"demand": "1 kW", "needs": "35 degC"}}, "there is no water"),
        ({"kind": "free_air", "economiser_control": {"min_run": "20 min"}}, "no economiser is switched"),
        ({"kind": "free_air", "tower": "tower-merkel"}, "there is no cooling tower"),
        ({"kind": "dx", "humidifier": "steam"}, "only outdoor air in the room needs a humidifier"),
        (
            {"kind": "chilled_water", "chilled_water": "15 degC", "economiser": "waterside", "humidifier": "steam"},
            "only outdoor air in the room needs a humidifier",
        ),
        (
            {
                "kind": "chilled_water",
                "chilled_water": "15 degC",
                "rejection": "air_cooled",
                "condenser_water": "20 degC",
            },
            "air-cooled chillers have no condenser water",
        ),
        ({"kind": "ice"}, "does not match any of the expected tags"),
        ({"kind": "dx", "terminal": "fan"}, "Input should be 'crah'"),
    ],
)
def test_what_does_not_fit_together_is_refused(keys: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        read(**keys)
