"""An energy is known with its range, or not at all; a meter's description is plain."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dcplan.profiling.meters.protocol import Energy, Mark, description, duration_s, unknown


def test_power_is_energy_over_time() -> None:
    energy = Energy(500.0, 450.0, 600.0, "rapl")
    assert energy.power_w(5.0) == 100
    assert energy.power_range_w(5.0) == (90, 120)


def test_unknown_energy_gives_unknown_power() -> None:
    energy = unknown("rapl", "broken")
    assert (energy.joules, energy.low_j, energy.high_j, energy.flags) == (None, None, None, ("broken",))
    assert energy.power_w(5.0) is None
    assert energy.power_range_w(5.0) is None


@pytest.mark.parametrize(
    "values", [(1.0, None, 2.0), (None, 0.0, 0.0), (1.0, 1.0, None), (5.0, 6.0, 7.0), (5.0, 3.0, 4.0), (0.0, -1.0, 1.0)]
)
def test_half_an_energy_or_one_outside_its_range_is_refused(values: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="energy"):
        Energy(*values, "wall")


def test_time_between_marks_is_that_of_the_steady_clock(mark: Callable[..., Mark]) -> None:
    assert duration_s(Mark(1.0, 70.0, None), Mark(3.5, 10.0, None)) == 2.5
    with pytest.raises(ValueError, match="last mark must be after the first"):
        duration_s(mark(2.0), mark(2.0))


def test_what_a_meter_does_not_see_is_said_to_be_not_measured() -> None:
    sheet = description("wall", resolution="1 s", accuracy="unknown", clocks={"sm": 1.0}, driver="9")
    assert (sheet["thermal"], sheet["throttle"]) == ("not measured", "not measured")
    assert (sheet["clocks"], sheet["driver"]) == ({"sm": 1.0}, "9")
