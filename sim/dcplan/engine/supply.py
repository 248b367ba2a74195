"""The electricity that a site buys: its tariff, prices by the hour, a contract; and the bill of a run, line by line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pandas as pd

from dcplan.economics.bill import itemised
from dcplan.economics.demand import none_in
from dcplan.economics.item import Line
from dcplan.economics.meter import FloatArray, Metered, WallClock
from dcplan.engine.assumptions import Assumptions
from dcplan.engine.plan import Grid, Plan, SitePlan, Supply
from dcplan.errors import InputError
from dcplan.kpis.energy_warnings import OUTSIDE, PEAK_HOURS
from dcplan.profiles.library import Profile
from dcplan.profiles.tariff import Tariff, named_hour, read_tariff
from dcplan.results.store import frame
from dcplan.scenario.site_tariff import SiteTariff
from dcplan.signals.clock import Clock
from dcplan.signals.dated_series import DatedSeries, read_dated

PRICES = {"price_usd_per_kwh": 1.0, "price_usd_per_mwh": 1e-3}
"""Names that the column of a file of prices may have, and their factor to USD/kWh."""
POWERS = {"power_kw": 1e3, "power_mw": 1e6}
"""The same of a file of production, to W."""
W_PER_KW = 1e3

Beside = Callable[[str], Path]
"""The path of a file of the user."""


def resolved_tariff(spec: SiteTariff, profile: Profile, assumptions: Assumptions) -> Tariff:
    """The tariff of a site with its peak hours and the demand before the run, and what is assumed where they lack."""
    tariff = read_tariff(profile)
    assumptions.use("site", profile)
    _check(spec, profile, tariff)
    if tariff.exchange:
        name, how = f"{profile.name}: exchange rate", "stated in the tariff's profile"
        assumptions.add("site", name, tariff.exchange, profile.kind, how, not profile.unverified)
    return _with_peak_hours(spec, profile, _with_demand_before(spec, profile, tariff, assumptions), assumptions)


def _check(spec: SiteTariff, profile: Profile, tariff: Tariff) -> None:
    if tariff.real_time and spec.real_time is None:
        remedy = f"write 'tariff: {{profile: {profile.name}, real_time: {{file: ..., time_zone: ...}}}}'"
        raise InputError(f"the tariff '{profile.name}' passes on prices by the hour and no file holds them", remedy)
    if spec.real_time is not None and not tariff.real_time:
        problem = f"the tariff '{profile.name}' has prices of its own"
        raise InputError(problem, "remove real_time, or choose a tariff that passes on prices by the hour")
    if tariff.power_factor is not None and spec.power_factor is None:
        remedy = f"write 'tariff: {{profile: {profile.name}, power_factor: 0.97}}', with that of the site"
        raise InputError(f"the tariff '{profile.name}' bills reactive power and the power factor is not stated", remedy)


def _with_demand_before(spec: SiteTariff, profile: Profile, tariff: Tariff, assumptions: Assumptions) -> Tariff:
    if tariff.ratchet is None:
        return tariff
    if spec.highest_demand_before is not None:
        before_kw = spec.highest_demand_before / W_PER_KW
        return replace(tariff, ratchet=replace(tariff.ratchet, highest_kw_before=before_kw))
    if tariff.ratchet.highest_kw_before is None:
        how = "not stated (site.tariff.highest_demand_before): the months before are taken to be like the run"
        assumptions.add("site", f"{profile.name}: highest demand before", "that of the run", "model", how)
    return tariff


def _with_peak_hours(spec: SiteTariff, profile: Profile, tariff: Tariff, assumptions: Assumptions) -> Tariff:
    hours = tuple(named_hour(text) for text in spec.peak_hours)
    charges = tuple(each if each.hours else replace(each, hours=hours) for each in tariff.coincident)
    for charge in charges:
        if not charge.hours and charge.kw_before is None:
            how = "not named (site.tariff.peak_hours): billed by the highest demand of the run, which is cautious"
            assumptions.add("site", f"{profile.name}: hours of {charge.name}", "none", "model", how)
    return replace(tariff, coincident=charges)


def note_peak_hours(spec: SiteTariff, tariff: Tariff, wall: WallClock, assumptions: Assumptions) -> None:
    """Tell that none of the hours in which the system peaks lies in the run, if a charge needs them."""
    hours = tuple(named_hour(text) for text in spec.peak_hours)
    if hours and any(charge.hours == hours for charge in tariff.coincident) and none_in(hours, wall):
        assumptions.add("site", PEAK_HOURS, OUTSIDE, "scenario", "site.tariff.peak_hours")


def supply_of(spec: SiteTariff, tariff: Tariff, beside: Beside, clock: Clock, grid: Grid) -> Supply:
    """What comes with the tariff, on the counted intervals of *grid*."""

    def means(series: DatedSeries) -> FloatArray:
        return series.means(clock, grid.starts_s, grid.durations_s)

    price, produced = spec.real_time, None if spec.ppa is None else spec.ppa.production
    return Supply(
        tariff=tariff,
        power_factor=spec.power_factor,
        real_time_usd_per_kwh=None if price is None else means(read_dated(beside(price.file), price.time_zone, PRICES)),
        ppa_usd_per_kwh=0.0 if spec.ppa is None else spec.ppa.price,
        ppa_share=None if spec.ppa is None else spec.ppa.share,
        ppa_w=None if produced is None else means(read_dated(beside(produced.file), produced.time_zone, POWERS, 0.0)),
    )


def bill_lines(plan: Plan, site: SitePlan, grid_w: FloatArray) -> list[Line]:
    """The bill for power from the grid, *grid_w* [W], [n]."""
    supply = site.supply
    ppa_w = supply.ppa_w if supply.ppa_share is None else supply.ppa_share * grid_w.clip(min=0.0)
    metered = Metered(
        plan.grid.starts_s,
        plan.grid.durations_s,
        grid_w,
        site.wall,
        supply.power_factor,
        supply.real_time_usd_per_kwh,
        ppa_w,
        supply.ppa_usd_per_kwh,
    )
    return itemised(supply.tariff, metered)


def bill_table(lines: list[Line], replication: int) -> pd.DataFrame:
    """The table `bill`."""
    return frame("bill", [{"replication": replication} | asdict(line) for line in lines])
