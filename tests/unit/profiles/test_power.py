from __future__ import annotations

from pathlib import Path

import pytest

from dcplan.profiles.library import Library
from dcplan.profiles.power import LossCurve, PsuCurve, TransformerCurve

LIBRARY = Library([Path(__file__).parents[3] / "profiles"])
RECORDS = {
    "psu-titanium": PsuCurve,
    "psu-platinum": PsuCurve,
    "psu-gold": PsuCurve,
    "ups-double-conversion": LossCurve,
    "ups-eco-mode": LossCurve,
    "ups-legacy": LossCurve,
    "ups-three-level": LossCurve,
    "pdu-busway": LossCurve,
    "transformer-dry": TransformerCurve,
}


@pytest.mark.parametrize("name", RECORDS)
def test_shipped_profiles_build_their_records(name: str) -> None:
    profile = LIBRARY.load("power", name)
    assert RECORDS[name].from_values(profile.values)
    assert profile.source
    assert profile.licence
    assert 1990 <= profile.year <= 2026


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"load_fraction": [0.1, 1.0]}, "need a list of numbers 'efficiency'"),
        ({"load_fraction": [0.1, 1.0], "efficiency": [0.9]}, "same length"),
        ({"load_fraction": [0.1, 0.9], "efficiency": [0.9, 0.9]}, "to exactly 1"),
        ({"load_fraction": [0.5, 0.2, 1.0], "efficiency": [0.9, 0.9, 0.9]}, "must rise"),
        ({"load_fraction": [0.1, 1.0], "efficiency": [0.9, 91]}, "efficiency = 91 is outside 0.5 to 0.999"),
        ({"load_fraction": [0.1, 1.0], "efficiency": [0.9, "high"]}, "a number 'efficiency', not 'high'"),
    ],
)
def test_impossible_supplies_are_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PsuCurve.from_values(values)


def test_impossible_losses_are_refused() -> None:
    with pytest.raises(ValueError, match=r"no_load = -0.1 is outside 0 to 0.2"):
        LossCurve.from_values({"no_load": -0.1, "proportional": 0.0, "square": 0.0})
    with pytest.raises(ValueError, match="need a number 'square', not None"):
        LossCurve.from_values({"no_load": 0.0, "proportional": 0.0})
    with pytest.raises(ValueError, match="need a number 'square', not True"):
        LossCurve.from_values({"no_load": 0.0, "proportional": 0.0, "square": True})


def test_impossible_transformers_are_refused() -> None:
    good = {"rated_va": [1e5, 1e6], "efficiency": [0.98, 0.99], "nameplate_load": 0.35, "best_load": 0.35}
    for bad, message in (
        ({"rated_va": [1e6, 1e5]}, "rated_va must rise"),
        ({"rated_va": [1e6]}, "same length"),
        ({"best_load": 1.5}, "best_load = 1.5"),
        ({"efficiency": [0.98, 1.0]}, "efficiency = 1 "),
    ):
        with pytest.raises(ValueError, match=message):
            TransformerCurve.from_values(good | bad)
