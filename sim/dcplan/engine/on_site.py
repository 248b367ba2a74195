"""From the spec of energy on site to its plan: profiles are read, a year of sun and wind is put on the run's grid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from dcplan.energy import sun, wind
from dcplan.energy.battery import Battery
from dcplan.energy.dispatch import Limits, Signals
from dcplan.engine.assumptions import Assumptions
from dcplan.engine.charges import charges_of
from dcplan.engine.misfit import MisfitError
from dcplan.engine.plan import Bought, EnergyPlan, Grid, SitePlan
from dcplan.errors import InputError
from dcplan.profiles.library import Library, Profile
from dcplan.profiles.on_site import Modules, StorageKind, Turbine
from dcplan.scenario.energy import CarbonRule, DemandResponse, Energy, OnSiteBattery, Solar, Wind
from dcplan.scenario.scenario import Scenario
from dcplan.signals.clock import Clock, FloatArray
from dcplan.signals.sky import Sky, interval_means
from dcplan.signals.weather_year import WeatherYear

J_PER_KWH = 3.6e6
YEAR_S = 365.25 * 86400.0
PART = "energy"
ROUNDING = 1e-12
"""Relative difference that rounding may make between a reserve and the most that a battery can keep."""

Kind = TypeVar("Kind", Modules, Turbine, StorageKind)


@dataclass(frozen=True)
class Where:
    """The place and the time of a run."""

    place: WeatherYear
    clock: Clock
    grid: Grid
    site: SitePlan


def plan_energy(
    scenario: Scenario, spec: Energy, where: Where, library: Library, assumptions: Assumptions
) -> EnergyPlan:
    """What *spec* puts on the site of *scenario*."""
    nothing = np.zeros(len(where.grid.starts_s))
    kind = None if spec.battery is None else _storage(spec.battery, library, assumptions)
    plan = EnergyPlan(
        solar_w=nothing if spec.solar is None else _solar_w(spec.solar, where, library, assumptions),
        wind_w=nothing if spec.wind is None else _wind_w(spec.wind, where, library, assumptions),
        battery=None if spec.battery is None or kind is None else battery_of(spec.battery, kind),
        ageing=kind,
        signals=_signals(spec, where),
        limits=Limits(spec.export_limit, _standby_w(scenario)),
        charges=charges_of(where.site.supply, where.grid, where.site.wall),
        bought=tuple(_bought(spec, library.load("cost", spec.prices), assumptions)),
    )
    if isinstance(spec.dispatch, CarbonRule) and np.ptp(plan.signals.carbon) == 0.0:
        raise InputError(
            "the carbon of this grid is the same at all times, so there is nothing to shift",
            "use another kind of dispatch, or a grid with an hourly signal",
        )
    return plan


# --- sun and wind -----------------------------------------------------------------------------------------------------


def _solar_w(spec: Solar, where: Where, library: Library, assumptions: Assumptions) -> FloatArray:
    """What the modules could give in each interval [W]."""
    profile = library.load("energy", spec.model)
    modules = _read(profile, Modules)
    sky = _sky(where.place, "solar")
    share = sun.hourly_power(sky, where.place.dry_bulb_c, sun.Plane(spec.tilt, spec.azimuth), modules)
    assumptions.use_values(PART, profile)
    assumptions.add(
        PART, "sunlight", f"{share.sum():.0f} kWh per kW of modules in the weather year", "model",
        "PVWatts: A. Dobos, NREL/TP-6A20-62641, 2014; sky of Hay and Davies, 1980; in the weather year as it is",
    )  # fmt: skip
    new_w = spec.power * interval_means(
        share, where.clock, sky.utc_offset_h, where.grid.starts_s, where.grid.durations_s
    )
    return new_w * sun.aged(spec.age / YEAR_S, modules)


def _wind_w(spec: Wind, where: Where, library: Library, assumptions: Assumptions) -> FloatArray:
    """What the turbines could give in each interval [W]."""
    profile = library.load("energy", spec.model)
    turbine = _read(profile, Turbine)
    place, sky = where.place, _sky(where.place, "wind")
    share = wind.hourly_power(sky.wind_m_s, place.dry_bulb_c, place.pressure_pa, spec.hub_height, turbine)
    assumptions.use_values(PART, profile, leave_out={"curve"})
    assumptions.add(
        PART, "wind", f"{share.mean():.1%} of the rating, mean of the weather year", "model",
        "wind of the weather station, at 10 m, by a power law of height; the site may be windier", False,
    )  # fmt: skip
    means = interval_means(share, where.clock, sky.utc_offset_h, where.grid.starts_s, where.grid.durations_s)
    return spec.power * means


def _sky(place: WeatherYear, what: str) -> Sky:
    if place.sky is None:
        raise InputError(
            f"the weather of this place tells no sunlight and wind by the hour, which '{what}' needs",
            "use a measured year such as sterling-va, or an EPW or TMY file of your own",
        )
    return place.sky


# --- battery ----------------------------------------------------------------------------------------------------------


def _storage(spec: OnSiteBattery, library: Library, assumptions: Assumptions) -> StorageKind:
    profile = library.load("energy", spec.model)
    assumptions.use_values(PART, profile)
    assumptions.add(
        PART, "capacity of the battery", "that of a new one throughout the run", "model",
        "ageing is followed beside the run: it tells when the battery is replaced, and makes it no smaller",
    )  # fmt: skip
    return _read(profile, StorageKind)


def battery_of(spec: OnSiteBattery, kind: StorageKind) -> Battery:
    """The battery of *spec*, with what the UPS relies on above its least charge."""
    most_j = (1.0 - kind.least_charge) * spec.energy * kind.discharge_efficiency
    if spec.ups_reserve > most_j * (1.0 + ROUNDING):
        message = (
            f"a battery of {_kwh(spec.energy)} with a least charge of {kind.least_charge:.0%} can give the UPS at most "
            f"{_kwh(most_j)}, not {_kwh(spec.ups_reserve)}; keep less, or give the battery more energy"
        )
        raise MisfitError(message, ("battery", "ups_reserve"))
    floor_j = min(spec.energy, kind.least_charge * spec.energy + spec.ups_reserve / kind.discharge_efficiency)
    return Battery(
        capacity_j=spec.energy,
        floor_j=floor_j,
        start_j=max(kind.start_charge * spec.energy, floor_j),
        power_w=spec.power,
        charge_efficiency=kind.charge_efficiency,
        discharge_efficiency=kind.discharge_efficiency,
    )


def _kwh(energy_j: float) -> str:
    """As people write it, never rounded up: what is shown as a limit can be written."""
    return f"{np.floor(energy_j / J_PER_KWH * 1000.0 * (1.0 + ROUNDING)) / 1000.0:.10g} kWh"


def _read(profile: Profile, kind: type[Kind]) -> Kind:
    try:
        return kind.from_values(profile.values)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{profile.path / 'profile.yaml'}: {error}", "correct it, or name another model") from error


# --- what is known about each step ------------------------------------------------------------------------------------


def _signals(spec: Energy, where: Where) -> Signals:
    """Calendar, prices, carbon, cuts and demand response of each counted interval."""
    site, grid = where.site, where.grid
    wall = where.clock.wall(grid.starts_s)
    price = charges_of(site.supply, grid, site.wall).energy_usd_per_kwh
    return Signals(
        duration_s=grid.durations_s,
        month=site.wall.month_number,
        day=np.asarray(wall.year * 366 + wall.day_of_year, dtype=np.int64),
        price=price,
        carbon=site.carbon.kg_per_kwh,
        connected=np.ones(len(price), dtype=bool),
        asked_w=sum((each.reduction * _within(grid, *span_s(each, where.clock)) for each in
                     spec.demand_response.values()), np.zeros(len(price))),
    )  # fmt: skip


def span_s(event: DemandResponse, clock: Clock) -> tuple[float, float]:
    """From when until when a demand response lasts, seconds from the start of the run."""
    begins_s = float((Clock(event.at, clock.zone).origin - clock.origin).total_seconds())
    return begins_s, begins_s + event.lasts


def _within(grid: Grid, begins_s: float, ends_s: float) -> FloatArray:
    """1 in the intervals that begin within a span, else 0; the grid has marks at its ends."""
    middle_s = grid.starts_s + grid.durations_s / 2.0
    return np.asarray((middle_s >= begins_s) & (middle_s < ends_s), dtype=np.float64)


def _standby_w(scenario: Scenario) -> float:
    """What generators may give when demand response asks: those needed for full load, if they have a permit [W]."""
    generators = None if scenario.facility is None else scenario.facility.power.generators
    if generators is None or generators.permit is None:
        return 0.0
    return generators.needed * generators.rating


# --- money ------------------------------------------------------------------------------------------------------------


def _bought(spec: Energy, cost: Profile, assumptions: Assumptions) -> Iterator[Bought]:
    """What was bought for *spec*, by the prices of *cost*."""
    parts = {"solar": spec.solar, "wind": spec.wind, "battery": spec.battery}
    unused = {name for name, part in parts.items() if part is None}
    others = {name for name in cost.values if name.partition("_")[0] in unused}
    if len(unused) < len(parts):
        assumptions.use_values(PART, cost, leave_out=others)
    try:
        value = {name: float(entry["value"]) for name, entry in cost.values.items()}
        for name, part in (("solar", spec.solar), ("wind", spec.wind)):
            if part is not None:
                price_usd, kept_usd = (part.power * value[f"{name}_usd_per_w{end}"] for end in ("", "_year"))
                yield Bought(name, price_usd, value[f"{name}_life_years"], kept_usd)
        if (battery := spec.battery) is not None:
            energy_usd = battery.energy / J_PER_KWH * value["battery_usd_per_kwh"]
            price_usd = energy_usd + battery.power * value["battery_usd_per_w"] + value["battery_usd"]
            kept_usd = price_usd * value["battery_share_year"]
            yield Bought("battery", price_usd, value["battery_life_years"], kept_usd)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"cost profile '{cost.name}' lacks {error}") from error
