"""The study behind `dcplan verify facility`'s bands: its table, and how its inputs become buildings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dcplan.facility.plant import simulate
from dcplan.profiles.library import default_library
from dcplan.signals.weather import Weather
from dcplan.validation.facility.bands import compare
from dcplan.validation.facility.bands.designs import IT_W, KINDS, Parts, as_outdoors, supplying
from dcplan.validation.facility.bands.published import TOLERANCE, Case, cases

LIBRARY = default_library()
PARTS = Parts.of(LIBRARY)
YEAR = compare.year(LIBRARY, "sterling-va")
PLACE = compare.sizing(YEAR)
FEW = 12
BUILT = [case for case in cases() if case.number in KINDS]


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
def test_every_thirteenth_hour_tells_the_year_within_a_tenth_of_what_is_allowed(case: Case) -> None:
    sparse, whole = (
        compare.pue(case, PLACE, compare.year(LIBRARY, "sterling-va", every_h), PARTS, FEW)
        for every_h in (compare.EVERY_H, 1)
    )
    assert sparse == pytest.approx(whole, abs=0.1 * TOLERANCE[case.size])


@pytest.mark.parametrize("case", BUILT, ids=lambda case: str(case.number))
def test_every_plant_is_large_enough_and_has_the_efficiencies_that_were_drawn(case: Case) -> None:
    kind = KINDS[case.number]
    for x in case.draws(FEW, 2):
        design = supplying(kind.build(x, PLACE, PARTS), kind.supply_c(x, YEAR.dry_bulb_c))
        result = simulate(np.full(YEAR.wet_bulb_c.shape, IT_W), YEAR, design)
        assert np.max(result.cooling_shortfall_w) < 1e-6 * IT_W
        carried_w = result.server_w + result.pdu_loss_w
        assert carried_w / (carried_w + result.ups_loss_w) == pytest.approx(x["ups_efficiency"])
        assert result.server_w / carried_w == pytest.approx(1.0 - x["distribution_loss"])
        assert result.lighting_w == pytest.approx(x["lighting_share"] * IT_W)
        without_fans = 1.0 - result.crah_fan_w / result.room_heat_w
        rise_k = (result.return_air_c - design.room.supply_c) * without_fans
        assert rise_k == pytest.approx(x["air_rise_k"], rel=0.02)


def test_a_set_point_in_each_step_is_as_good_as_a_building_for_each_set_point() -> None:
    case = next(case for case in BUILT if case.number == 3)
    for x in case.draws(3, 3):
        built = KINDS[3].build(x, PLACE, PARTS)
        supplies_c = np.round(as_outdoors(x, YEAR.dry_bulb_c), 0)
        it_w = np.full(YEAR.dry_bulb_c.shape, IT_W)
        together = simulate(it_w, YEAR, supplying(built, supplies_c))
        for supply_c in np.unique(supplies_c):
            hours = supplies_c == supply_c
            air = Weather(YEAR.dry_bulb_c[hours], YEAR.wet_bulb_c[hours], YEAR.pressure_pa[hours])
            design = replace(built, room=replace(built.room, supply_c=float(supply_c)))
            alone = simulate(it_w[hours], air, design)
            assert together.facility_w[hours] == pytest.approx(alone.facility_w, rel=1e-12)


@pytest.mark.parametrize("case", BUILT, ids=lambda case: str(case.number))
def test_the_median_is_inside_the_band(case: Case) -> None:
    weather = compare.year(LIBRARY, "sterling-va", compare.EVERY_H)
    low, high = case.pue["4A"]
    assert low < np.median(compare.pue(case, PLACE, weather, PARTS, 30)) < high


def test_a_plant_outside_the_ranges_is_noticed() -> None:
    case = next(case for case in BUILT if case.number == 2)
    worse = replace(case, inputs={**case.inputs, "ups_efficiency": (0.80, 0.85)})
    weather = compare.year(LIBRARY, "sterling-va", compare.EVERY_H)
    found = compare.pue(worse, PLACE, weather, PARTS, 50)
    checks = list(compare._compared(case, "4A", "sterling-va", found))
    assert [check.ok for check in checks] == [False, False, False]
