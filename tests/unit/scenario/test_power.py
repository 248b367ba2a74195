from __future__ import annotations

from typing import Any

import pytest
import yaml
from pydantic import ValidationError

import tiny
from dcplan.scenario.power import PowerChain

PLAIN: dict[str, Any] = yaml.safe_load(tiny.WHOLE)["facility"]["power"]


def test_a_chain_needs_its_five_stages_and_nothing_else() -> None:
    chain = PowerChain.model_validate(PLAIN)
    assert (chain.switchgear, chain.generators, chain.hall) == (None, None, None)
    assert (chain.ups.eco, chain.ups.battery, chain.distribution.transformer, chain.supplies.count) == (None,) * 4


def test_what_stands_by_has_models_of_its_own() -> None:
    more = {
        "generators": {"rating": "2 MW", "needed": 3, "redundancy": "n+1"},
        "ups": {"rating": "4 kW", "eco": {"share": 0.9}, "battery": {"ride_through": "5 min"}},
    }
    chain = PowerChain.model_validate(PLAIN | more)
    assert chain.generators is not None
    assert (chain.generators.model, chain.generators.rating) == ("generator-diesel", 2e6)
    assert chain.ups.battery is not None
    assert (chain.ups.battery.model, chain.ups.battery.ride_through) == ("battery-vrla", 300.0)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("ups", {"rating": "4 kW", "eco": {"share": 1.2}}, "less than or equal to 1"),
        ("ups", {"rating": "4 kW", "eco": {}}, "Field required"),
        ("ups", {"rating": "4 kW", "battery": {"ride_through": 5}}, "a bare number has no unit"),
        ("generators", {"rating": "2 MW", "needed": 0}, "greater than or equal to 1"),
        ("generators", {"rating": "2 MW", "redundancy": "n+2"}, "Input should be"),
        ("switchgear", {}, "Field required"),
        ("hall", {"limit": "0 W"}, "greater than 0"),
        ("supplies", {"rating": "3 kW", "count": 4, "redundancy": "1"}, "remove one of the two"),
    ],
)
def test_a_chain_that_cannot_be_is_refused(key: str, value: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        PowerChain.model_validate(PLAIN | {key: value})
