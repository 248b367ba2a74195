from __future__ import annotations

import numpy as np
import pytest

from dcplan.signals import moist_air
from dcplan.signals.synthetic_year import Normals, monthly, synthetic_year
from dcplan.signals.weather_year import YEAR_H, months

WINTER = np.cos(2 * np.pi * (np.arange(12) - 0.5) / 12)
"""1 in mid-January, -1 in mid-July."""
COOL = Normals(15.0 - 12.0 * WINTER, 6.0 - 10.0 * WINTER, np.full(12, 0.7))
TROPICAL = Normals(31.5 - 0.5 * WINTER, 24.5 - 0.5 * WINTER, np.full(12, 0.83))
DESERT = Normals(32.0 - 12.0 * WINTER, 18.0 - 9.0 * WINTER, 0.28 + 0.18 * WINTER)
PRESSURE_PA = 101325.0

climates = pytest.mark.parametrize("normals", [COOL, TROPICAL, DESERT], ids=["cool", "tropical", "desert"])


def made(normals: Normals, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    return synthetic_year(normals, PRESSURE_PA, seed)


@climates
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_year_gives_back_its_normals(normals: Normals, seed: int) -> None:
    dry_bulb_c, ratio = made(normals, seed)
    high_c, low_c, relative = monthly(dry_bulb_c, moist_air.relative_humidity(dry_bulb_c, ratio, PRESSURE_PA))
    np.testing.assert_allclose(high_c, normals.daily_max_c, rtol=0, atol=0.05)
    np.testing.assert_allclose(low_c, normals.daily_min_c, rtol=0, atol=0.05)
    np.testing.assert_allclose(relative, normals.relative_humidity, rtol=0, atol=0.005)


@climates
def test_air_is_never_more_than_saturated_nor_without_water(normals: Normals) -> None:
    dry_bulb_c, ratio = made(normals)
    assert dry_bulb_c.shape == ratio.shape == (YEAR_H,)
    assert (ratio <= moist_air.saturation_humidity_ratio_kg_kg(dry_bulb_c, PRESSURE_PA)).all()
    assert (ratio > 0.0).all()


def test_the_same_seed_makes_the_same_year_and_another_one_another() -> None:
    np.testing.assert_array_equal(made(COOL)[0], made(COOL)[0])
    assert not np.array_equal(made(COOL)[0], made(COOL, seed=2)[0])


@climates
def test_days_are_coldest_before_dawn_and_hottest_in_the_afternoon(normals: Normals) -> None:
    """Row i is the end of hour i, so 05:00 is row 4, and 14:00 to 15:00 are rows 13 and 14."""
    hourly = made(normals)[0].reshape(-1, 24).mean(axis=0)
    assert hourly.argmin() == 4
    assert hourly[13] == pytest.approx(hourly[14])
    assert hourly.max() == pytest.approx(hourly[13])


def test_days_come_in_spells() -> None:
    days = made(COOL)[0].reshape(-1, 24).mean(axis=1)
    usual = np.convolve(np.concatenate([days[-15:], days, days[:15]]), np.ones(31) / 31, "valid")
    anomaly = days - usual
    assert 0.35 < np.corrcoef(anomaly[:-1], anomaly[1:])[0, 1] < 0.8


def test_a_winter_day_differs_more_from_its_month_than_a_summer_day() -> None:
    days, month = made(COOL)[0].reshape(-1, 24).mean(axis=1), months()[::24]
    assert days[month == 1].std() > 1.3 * days[month == 7].std()
    tropical = made(TROPICAL)[0].reshape(-1, 24).mean(axis=1)
    assert tropical[month == 1].std() < 1.5


def test_without_seasons_humidity_varies_alike_all_year() -> None:
    month = months()[::24]
    spread = np.zeros((12, 2))
    for seed in range(12):
        dry_bulb_c, ratio = made(TROPICAL, seed)
        days = moist_air.relative_humidity(dry_bulb_c, ratio, PRESSURE_PA).reshape(-1, 24).mean(axis=1)
        spread[seed] = days[month == 1].std(), days[month == 7].std()
        assert days.min() > 0.62
    january, july = spread.mean(axis=0)
    assert january == pytest.approx(july, rel=0.25)


def test_midnight_follows_on_the_evening() -> None:
    assert np.abs(np.diff(made(COOL)[0])).max() < 6.0
