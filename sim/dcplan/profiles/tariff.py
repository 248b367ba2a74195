"""An electricity tariff as data: energy by period, demand by period, demand at any hour, and a fixed fee."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dcplan import units
from dcplan.errors import InputError
from dcplan.profiles.library import Profile

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MONTHS, HOURS = 12, 24


@dataclass(frozen=True)
class Tariff:
    """What a kWh and a kW cost, by the site's wall clock.

    Attributes:
        fixed_usd: Fee per month [USD].
        energy_usd_per_kwh: Price in each energy period [USD/kWh], [p].
        energy_period: Energy period by weekend (0, 1), month and hour, [2, 12, 24].
        demand_usd_per_kw: Price of the month's highest demand in each demand period [USD/kW], [q].
        demand_period: Demand period by weekend, month and hour, [2, 12, 24].
        flat_demand_usd_per_kw: Price of the month's highest demand at any hour [USD/kW].
        window_s: Time over which power is averaged to become demand [s].
    """

    fixed_usd: float
    energy_usd_per_kwh: FloatArray
    energy_names: tuple[str, ...]
    energy_period: IntArray
    demand_usd_per_kw: FloatArray
    demand_names: tuple[str, ...]
    demand_period: IntArray
    flat_demand_usd_per_kw: float
    window_s: float


def read_tariff(profile: Profile) -> Tariff:
    """The tariff in *profile*."""
    values = profile.values
    try:
        energy, demand = list(values["energy"]), list(values.get("demand", []))
        tariff = Tariff(
            fixed_usd=float(values["fixed_usd_per_month"]),
            energy_usd_per_kwh=np.array([float(period["price_usd_per_kwh"]) for period in energy]),
            energy_names=tuple(str(period["name"]) for period in energy),
            energy_period=_schedule(values["energy_schedule"], len(energy)),
            demand_usd_per_kw=np.array([float(period["usd_per_kw_month"]) for period in demand]),
            demand_names=tuple(str(period["name"]) for period in demand),
            demand_period=_schedule(values["demand_schedule"], len(demand)) if demand else _no_schedule(),
            flat_demand_usd_per_kw=float(values["flat_demand_usd_per_kw_month"]),
            window_s=units.parse(str(values["demand_window"]), "s"),
        )
        _check(tariff)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{profile.path / 'profile.yaml'}: is not a tariff: {error}") from error
    return tariff


def _check(tariff: Tariff) -> None:
    prices = (tariff.energy_usd_per_kwh, tariff.demand_usd_per_kw, tariff.fixed_usd, tariff.flat_demand_usd_per_kw)
    if not all(np.isfinite(price).all() for price in prices):
        raise ValueError("a price is not a finite number")
    for names in (tariff.energy_names, tariff.demand_names):
        if len(set(names)) < len(names):
            raise ValueError("two periods have the same name")
    if tariff.window_s <= 0:
        raise ValueError("demand_window must be longer than 0 s")


def _schedule(value: dict[str, list[list[int]]], periods: int) -> IntArray:
    table = np.array([value["weekday"], value["weekend"]], dtype=np.int64)
    if table.shape != (2, MONTHS, HOURS) or table.min() < 0 or table.max() >= periods:
        raise ValueError("a schedule needs 12 rows of 24 period numbers for weekday and weekend")
    return table


def _no_schedule() -> IntArray:
    return np.zeros((2, MONTHS, HOURS), dtype=np.int64)
