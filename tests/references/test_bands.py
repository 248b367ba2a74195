"""The study behind `dcplan verify facility`'s bands: its table, and how its inputs become buildings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dcplan.facility.plant import simulate
from dcplan.profiles.library import default_library
from dcplan.validation.facility.bands import compare
from dcplan.validation.facility.bands.designs import BUILDS, IT_W, Parts
from dcplan.validation.facility.bands.published import Case, cases

LIBRARY = default_library()
PARTS = Parts.of(LIBRARY)
YEAR = compare.year(LIBRARY, "sterling-va")
PLACE = compare.sizing(YEAR)
FEW = 12
BUILT = [case for case in cases() if case.number in BUILDS]


def test_the_table_has_ten_cases_in_six_zones_and_every_range_rises() -> None:
    found = cases()
    assert [case.number for case in found] == list(range(1, 11))
    for case in found:
        assert set(case.pue) == {"1A", "3B", "3C", "4A", "5A", "8"}
        assert all(low < high for low, high in (*case.inputs.values(), *case.pue.values()))


def test_draws_fill_the_ranges_evenly_and_repeat() -> None:
    case = BUILT[0]
    drawn = list(case.draws(50, 1))
    assert drawn == list(case.draws(50, 1))
    for name, (low, high) in case.inputs.items():
        places = np.sort([(x[name] - low) / (high - low) for x in drawn])
        assert np.all(np.abs(places - (np.arange(50) + 0.5) / 50) <= 0.5 / 50 + 1e-9), name


@pytest.mark.parametrize("case", BUILT, ids=lambda case: str(case.number))
def test_every_seventh_hour_tells_the_year(case: Case) -> None:
    sparse, whole = (
        compare.pue(case, PLACE, compare.year(LIBRARY, "sterling-va", every_h), PARTS, FEW)
        for every_h in (compare.EVERY_H, 1)
    )
    assert sparse == pytest.approx(whole, abs=0.001)


@pytest.mark.parametrize("case", BUILT, ids=lambda case: str(case.number))
def test_every_plant_is_large_enough_and_has_the_efficiencies_that_were_drawn(case: Case) -> None:
    for x in case.draws(FEW, 2):
        result = simulate(np.full(YEAR.wet_bulb_c.shape, IT_W), YEAR, BUILDS[case.number](x, PLACE, PARTS))
        assert np.all(result.cooling_shortfall_w == 0.0)
        carried_w = result.server_w + result.pdu_loss_w
        assert carried_w / (carried_w + result.ups_loss_w) == pytest.approx(x["ups_efficiency"])
        assert result.server_w / carried_w == pytest.approx(1.0 - x["distribution_loss"])
        assert result.lighting_w == pytest.approx(x["lighting_share"] * IT_W)
        volume_m3_s = result.crah_flow_kg_s.mean() / (PLACE.pressure_pa / (287.0 * (273.15 + x["supply_air_high_c"])))
        assert result.crah_fan_w.mean() == pytest.approx(
            volume_m3_s * x["fan_pressure_pa"] / x["fan_efficiency"], rel=0.01
        )


def test_a_plant_outside_the_ranges_is_noticed() -> None:
    case = next(case for case in BUILT if case.number == 2)
    worse = replace(case, inputs={**case.inputs, "ups_efficiency": (0.80, 0.85)})
    weather = compare.year(LIBRARY, "sterling-va", compare.EVERY_H)
    found = compare.pue(worse, PLACE, weather, PARTS, 50)
    checks = list(compare._compared(case, "4A", "sterling-va", found))
    assert [check.ok for check in checks] == [False, False, False]
