from __future__ import annotations

from typing import Any

import pytest
import yaml
from pydantic import ValidationError

import tiny
from dcplan.scenario.facility import Facility

PLAIN: dict[str, Any] = yaml.safe_load(tiny.WHOLE)["facility"]


def test_a_building_needs_its_ratings_and_temperatures_only() -> None:
    spec = Facility.model_validate(PLAIN)
    assert spec.it_capacity == 2000.0
    assert spec.power.ups.modules == 1
    assert spec.power.supplies.redundancy == "1+1"
    assert spec.cooling.air_rise == 12.0
    assert spec.cooling.redundancy == "n+1"


@pytest.mark.parametrize("key", ["it_capacity", "power", "cooling"])
def test_capacity_power_and_cooling_are_required(key: str) -> None:
    with pytest.raises(ValidationError, match=r"Field required"):
        Facility.model_validate({name: value for name, value in PLAIN.items() if name != key})


@pytest.mark.parametrize("key", ["utility", "transformer", "ups", "distribution", "supplies"])
def test_every_stage_of_the_power_chain_is_required(key: str) -> None:
    chain = {name: value for name, value in PLAIN["power"].items() if name != key}
    with pytest.raises(ValidationError, match=r"Field required"):
        Facility.model_validate(PLAIN | {"power": chain})


@pytest.mark.parametrize(
    "change",
    [{"redundancy": "n+2"}, {"chillers": 0}, {"economiser": "air"}, {"supply_air": "24 K"}, {"air_rise": "0 K"}],
)
def test_a_plant_that_cannot_be_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Facility.model_validate(PLAIN | {"cooling": PLAIN["cooling"] | change})
