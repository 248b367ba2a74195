"""The fit of power, on made-up readings with a known answer and on published ones."""

from __future__ import annotations

import pytest

from dcplan.profiling.draw import Observation, fit


def readings(exponent: float) -> list[Observation]:
    """A device of 60 W at rest and 300 or 400 W busy."""
    return [
        Observation(batch, load, 60 + (full_w - 60) * load**exponent)
        for batch, full_w in ((1, 300.0), (64, 400.0))
        for load in (0.1, 0.4, 0.8, 1.0)
    ]


@pytest.mark.parametrize("exponent", [0.05, 0.6, 1.0, 1.4])
def test_the_exponent_is_found_again(exponent: float) -> None:
    draw = fit(60.0, readings(exponent))
    assert draw is not None
    assert draw.exponent == pytest.approx(exponent, abs=0.006)
    assert all(abs(off_w) < 1.0 for _, off_w in draw.residuals)
    assert draw.power_w(64, 1.0) == 400.0
    assert draw.power_w(1, 0.0) == 60.0


def test_residuals_tell_what_the_formula_cannot() -> None:
    bent = [*readings(0.5), Observation(64, 0.5, 390.0)]
    draw = fit(60.0, bent)
    assert draw is not None
    assert draw.as_header()["worst_residual"] > 0.1


def test_without_part_load_there_is_no_fit() -> None:
    assert fit(60.0, [Observation(1, 1.0, 300.0)]) is None
    assert fit(60.0, []) is None


def test_published_wall_power_is_far_from_linear() -> None:
    """MLPerf Inference with power, ResNet-50, 8 x H100-PCIe at the wall: 68 % of the work at 99.7 % of the power."""
    load = 240_018 / 353_232
    draw = fit(680.0, [Observation(1, 1.0, 2220.0), Observation(1, load, 2214.0)])
    assert draw is not None
    assert draw.power_w(1, load) == pytest.approx(2214, rel=0.005)
    linear_w = 680 + load * (2220 - 680)
    assert linear_w / 2214 - 1 == pytest.approx(-0.22, abs=0.005)


def test_readings_that_hardly_rise_above_rest_leave_the_exponent_open() -> None:
    flat = [Observation(1, 1.0, 135.0, 15.0), Observation(1, 0.4, 132.0, 15.0)]
    steep = [Observation(1, 1.0, 700.0, 15.0), Observation(1, 0.4, 500.0, 15.0)]
    open_, known = fit(125.0, flat), fit(125.0, steep)
    assert open_ is not None
    assert known is not None
    assert open_.exponents == (0.0, 2.0)
    assert known.exponents[1] - known.exponents[0] < 0.15
    assert known.exponents[0] <= known.exponent <= known.exponents[1]
