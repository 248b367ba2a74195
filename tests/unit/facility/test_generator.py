from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.facility.generator import MONTH_S, GeneratorDesign, burn, fuel_l_s, monthly_tests
from dcplan.profiles.library import Library, shipped
from dcplan.profiles.standby import GeneratorKind

DIESEL = GeneratorKind.from_values(Library([shipped("profiles")]).load("power", "generator-diesel").values)
THIRSTY = replace(DIESEL, efficiency_full=0.36, efficiency_half=0.33)


def test_a_kilowatt_hour_at_full_load_takes_what_is_published() -> None:
    # REopt: 40.7 kWh per gallon, 32.2 %, 22.58 lb CO2e per gallon
    burnt = burn(np.array([1e6]), np.array([3600.0]), 1, GeneratorDesign(DIESEL, 1e6, 1, "n"))
    kwh = burnt.energy_j / 3.6e6
    assert burnt.fuel_l / kwh == pytest.approx([0.289], abs=5e-4)
    assert burnt.carbon_kg / kwh == pytest.approx([0.78], abs=5e-3)


@pytest.mark.parametrize(("share", "efficiency"), [(1.0, 0.36), (0.5, 0.33)])
def test_half_and_full_load_have_the_efficiencies_of_the_profile(share: float, efficiency: float) -> None:
    design = GeneratorDesign(THIRSTY, 2e6, 1, "n")
    heat_w = fuel_l_s(np.array([share * 2e6]), 1, design) * THIRSTY.fuel_kwh_per_l * 3.6e6
    assert share * 2e6 / heat_w == pytest.approx([efficiency])


@given(st.floats(0.0, 2e6), st.floats(0.0, 2e6), st.integers(1, 4))
def test_fuel_rises_with_load_and_an_idle_engine_burns_some(one_w: float, other_w: float, running: int) -> None:
    design = GeneratorDesign(THIRSTY, 2e6, 4, "n")
    low, high = fuel_l_s(np.sort([one_w, other_w]), running, design)
    assert 0.0 < low <= high
    assert fuel_l_s(np.array(one_w), running, design) < fuel_l_s(np.array(one_w), running + 1, design)


@pytest.mark.parametrize(("redundancy", "count"), [("n", 2), ("n+1", 3), ("2n", 4)])
def test_spare_generators_are_heated_and_tested_too(redundancy: str, count: int) -> None:
    design = GeneratorDesign(DIESEL, 1e6, 2, redundancy)  # type: ignore[arg-type]
    assert design.count == count
    assert design.heater_w == pytest.approx(count * 7500.0)
    assert float(monthly_tests(MONTH_S, design).energy_j) == pytest.approx(count * 0.3e6 * 1800.0)


def test_a_share_of_a_month_brings_that_share_of_its_test() -> None:
    design = GeneratorDesign(DIESEL, 1e6, 1, "n")
    assert monthly_tests(MONTH_S / 4, design).fuel_l == pytest.approx(monthly_tests(MONTH_S, design).fuel_l / 4)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"efficiency_half": 0.4}, "an idle engine makes fuel"),
        ({"start_failure": 1.1}, "start_failure = 1.1"),
        ({"efficiency_full": 0.7}, "efficiency_full = 0.7"),
    ],
)
def test_engines_that_cannot_be_are_refused(change: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(DIESEL, **change)
