from __future__ import annotations

import pytest

from dcplan.profiles.power_curve import InletResponse, PowerCurve, valued


def test_a_parameter_may_be_bare_or_have_a_source() -> None:
    bare, sourced = ({"kind": "mse", "r": r} for r in (1.6, {"value": 1.6, "source": "measured"}))
    assert PowerCurve.from_values(bare) == PowerCurve.from_values(sourced) == PowerCurve("mse", 1.6)


def test_a_curve_that_names_no_kind_is_that_of_fan_weber_and_barroso() -> None:
    assert PowerCurve.from_values({"r": 1.4}) == PowerCurve("fan_weber_barroso", 1.4)


def test_measured_points_are_read() -> None:
    curve = PowerCurve.from_values({"kind": "table", "load": [0, 0.5, 1], "power_w": [60, 140, 222]})
    assert (curve.load, curve.power_w) == ((0.0, 0.5, 1.0), (60.0, 140.0, 222.0))


@pytest.mark.parametrize("entry", [None, "much", {"unit": "W"}, {"value": "much"}, True], ids=str)
def test_what_is_no_number_is_told(entry: object) -> None:
    with pytest.raises(ValueError, match="need a number"):
        valued({"fan_w": entry}, "fan_w")


def test_a_response_needs_every_number() -> None:
    with pytest.raises(ValueError, match="need a number 'leakage_per_k'"):
        InletResponse.from_values({"reference_c": 25})
