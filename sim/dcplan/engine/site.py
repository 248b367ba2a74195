"""The building and the money around the servers' power: plant, meter, bill, capital, carbon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dcplan.economics.bill import totals
from dcplan.economics.items import CARBON_PRICE
from dcplan.economics.shares import shared
from dcplan.engine import dispatching, money, standby
from dcplan.engine.carbon import carbon_columns, carbon_table
from dcplan.engine.incidents import Cut, out_at
from dcplan.engine.plan import Plan, SitePlan
from dcplan.engine.power_cut import Bank, Feed, feed_of, on_batteries
from dcplan.engine.room import Hall, rise_means
from dcplan.engine.supply import bill_lines, bill_table
from dcplan.errors import ConservationError
from dcplan.facility.balance import balance_residual
from dcplan.facility.generator import MONTH_S, burn, monthly_tests
from dcplan.facility.outage import ALL_IN_SERVICE
from dcplan.facility.plant import simulate
from dcplan.facility.result import FacilityResult
from dcplan.results.columns import SITE_LOADS
from dcplan.results.store import frame

FloatArray = NDArray[np.float64]

TOLERANCE = 1e-6
WATER_KG_PER_M3 = 1000.0


def tables(
    plan: Plan, so_far: Mapping[str, pd.DataFrame], replication: int, hall: Hall, bank: Bank
) -> dict[str, pd.DataFrame]:
    """The tables of the site, from the power of all servers, and what happened to their room and batteries."""
    it_w = so_far["servers"].groupby("time_s", sort=True)["it_w"].sum().to_numpy()
    site = plan.site
    assert site is not None, "a run without a site has no site tables"
    columns = _building(plan, site, it_w, hall, bank) if plan.facility is not None else _bare(it_w)
    plan = dispatching.with_cuts(plan, hall.cuts)
    columns, energy = _with_energy_on_site(plan, columns, replication)
    time_s, duration_s = plan.grid.starts_s, plan.grid.durations_s
    weather = {"dry_bulb_c": site.weather.dry_bulb_c, "wet_bulb_c": site.weather.wet_bulb_c}
    weather["pressure_pa"] = site.weather.pressure_pa
    key = {"replication": replication, "time_s": time_s, "duration_s": duration_s}
    grid_w, export_w = np.asarray(columns["grid_w"]), np.asarray(columns["export_w"])
    table = frame("site", key | weather | columns | carbon_columns(site, grid_w, duration_s))
    lines = bill_lines(plan, site, grid_w - export_w)
    costs = _costs(plan, site, table, totals(lines), so_far["attribution"], replication)
    own = {
        "site": table,
        "bill": bill_table(lines, replication),
        "costs": costs,
        "carbon": carbon_table(plan, site, table, replication),
    }
    return own | energy | money.tables(plan, site, so_far, costs, replication)


def _with_energy_on_site(
    plan: Plan, columns: dict[str, object], replication: int
) -> tuple[dict[str, object], dict[str, pd.DataFrame]]:
    """*columns* with sun, wind, battery and grid, and what generators do for demand response; and its own tables."""
    load_w = np.asarray(columns["facility_w"]) - np.asarray(columns["generator_w"])
    done = dispatching.dispatched(plan, load_w)
    columns = columns | dispatching.columns(plan, done)
    generators = None if plan.facility is None else plan.facility.power.generators
    if generators is not None and done.standby_w.any():
        running = np.ceil(done.standby_w / generators.rated_w)
        fuel = burn(done.standby_w, np.ones_like(load_w), running, generators)
        beyond = np.where(done.standby_w > 0.0, 1.0, 0.0)
        added = {
            "generator_w": done.standby_w,
            "generator_beyond": beyond,
            "fuel_l_s": fuel.fuel_l,
            "fuel_carbon_kg_s": fuel.carbon_kg,
        }
        columns |= {name: np.asarray(columns[name]) + more for name, more in added.items()}
    of_rule = dispatching.table(plan, load_w, done, replication)
    return columns, {} if of_rule.empty else {"dispatch": of_rule}


def _building(plan: Plan, site: SitePlan, it_w: FloatArray, hall: Hall, bank: Bank) -> dict[str, object]:
    assert plan.facility is not None
    middle_s = plan.grid.starts_s + plan.grid.durations_s / 2
    out = out_at(hall.losses, middle_s) if hall.losses else ALL_IN_SERVICE
    feed = feed_of(hall.cuts, bank, plan.grid)
    result = simulate(it_w, site.weather, plan.facility, out, feed.charging_w)
    residual = balance_residual(result)
    if not residual <= TOLERANCE:
        raise ConservationError(f"the building's energy does not balance: relative residual {residual:.2e}")
    loads = _loads(plan, result, feed)
    facility_w = it_w + sum(loads.values()) if feed.unfed.any() else result.facility_w
    rise_k = rise_means(hall, plan.grid)
    warm = rise_k > 0.0
    air = result.server_inlet_c + rise_k, result.server_inlet_kg_kg, site.weather.pressure_pa
    return {
        "facility_w": facility_w,
        "it_w": it_w,
        "psu_loss_w": result.psu_loss_w,
        **loads,
        **_fuel(plan, facility_w, hall.cuts),
        "water_kg_s": result.evaporation_kg_s + result.drift_kg_s + result.blowdown_kg_s,
        "economiser": result.economiser_fraction,
        "extrapolated": result.extrapolated,
        "heat_removed_w": result.heat_removed_w,
        "heat_reused_w": result.heat_delivered_w,
        "server_inlet_c": air[0],
        "server_inlet_kg_kg": result.server_inlet_kg_kg,
        "outside_recommended": result.outside_recommended | (warm & plan.facility.recommended.left_by(*air)),
        "outside_allowable": result.outside_allowable | (warm & plan.facility.allowable.left_by(*air)),
        "shortfall_w": result.cooling_shortfall_w,
        "over_limit": _over_limit(result),
        "redundancy_lost": result.ups_redundancy_lost | result.chiller_redundancy_lost,
    }


def _loads(plan: Plan, result: FacilityResult, feed: Feed) -> dict[str, FloatArray]:
    """What the building draws beside the servers [W]: in a power cut only what batteries carry, while they do."""
    loads = {column.name: getattr(result, column.name) for column in SITE_LOADS if column.name != "battery_w"}
    if plan.room is None or not feed.unfed.any():
        return loads | {"battery_w": feed.charging_w}
    carried = on_batteries(plan.room.spec)
    loads = {name: w * (1.0 - (feed.dark if name in carried else feed.unfed)) for name, w in loads.items()}
    delivered_w = result.server_w + sum(loads[name] for name in carried)
    share = np.divide(feed.unfed - feed.dark, 1.0 - feed.dark, out=np.zeros_like(feed.dark), where=feed.dark < 1)
    return loads | {"battery_w": feed.charging_w - share * delivered_w}


def _fuel(plan: Plan, facility_w: FloatArray, cuts: Sequence[Cut]) -> dict[str, object]:
    """Fuel of the generators per second: their tests, and the building while they carry it."""
    generators = None if plan.facility is None else plan.facility.power.generators
    if generators is None:
        return {"generator_w": 0.0, "generator_beyond": 0.0, "fuel_l_s": 0.0, "fuel_carbon_kg_s": 0.0}
    tests = monthly_tests(1.0, generators)
    share = standby.running(plan.grid, cuts)
    carried = burn(facility_w, share, generators.needed, generators)
    fuel = {"fuel_l_s": tests.fuel_l + carried.fuel_l, "fuel_carbon_kg_s": tests.carbon_kg + carried.carbon_kg}
    tested = generators.kind.test_s / MONTH_S
    return {"generator_w": share * facility_w, "generator_beyond": tested, **fuel}


RATINGS = {
    "power supplies": "psu_overload",
    "hall": "hall_exceeded",
    "distribution": "pdu_overload",
    "UPS": "ups_overload",
    "transformer": "transformer_overload",
    "utility": "utility_exceeded",
    "fans": "airflow_exceeded",
    "pumps": "water_flow_exceeded",
}
"""What has a rating, from the servers up, and what tells that it is exceeded."""


def _over_limit(result: FacilityResult) -> NDArray[np.str_]:
    """The first of `RATINGS` that is exceeded in each interval; empty if none is."""
    return np.select([getattr(result, flag) for flag in RATINGS.values()], list(RATINGS), default="")


def _bare(it_w: FloatArray) -> dict[str, object]:
    """A site without a building: the meter sees the servers alone."""
    nothing = dict.fromkeys(("psu_loss_w", *(column.name for column in SITE_LOADS)), 0.0)
    flags = dict.fromkeys(("extrapolated", "redundancy_lost", "outside_recommended", "outside_allowable"), False)
    plant = dict.fromkeys(
        (
            "generator_w",
            "generator_beyond",
            "fuel_l_s",
            "fuel_carbon_kg_s",
            "water_kg_s",
            "economiser",
            "shortfall_w",
            "heat_removed_w",
            "heat_reused_w",
        ),
        0.0,
    )
    unknown = {"over_limit": "", "server_inlet_c": float("nan"), "server_inlet_kg_kg": float("nan")}
    return {"facility_w": it_w, "it_w": it_w, **nothing, **plant, **flags, **unknown}


def _costs(
    plan: Plan,
    site: SitePlan,
    table: pd.DataFrame,
    bill: Mapping[str, float],
    attribution: pd.DataFrame,
    replication: int,
) -> pd.DataFrame:
    """Every cost, split by energy (what is metered), or by the reserved slots of each group (what is bought)."""
    energy_j = (attribution["idle_j"] + attribution["active_j"]).groupby(attribution["owner"], sort=False).sum()
    energy = {str(owner): float(joules) for owner, joules in energy_j.items()}
    rows = []
    for item, usd, weights in [
        *((f"electricity: {name}", usd, energy) for name, usd in bill.items()),
        *((name, usd, energy) for name, usd in (_water(site, table) | _carbon_price(site, table)).items()),
        *money.lines(plan, site),
    ]:
        for owner, part in shared(usd, weights).items():
            rows.append({"replication": replication, "item": item, "owner": owner, "usd": part})
    return frame("costs", rows)


def _water(site: SitePlan, table: pd.DataFrame) -> dict[str, float]:
    water_m3 = float((table["water_kg_s"] * table["duration_s"]).sum()) / WATER_KG_PER_M3
    return {"water": water_m3 * site.prices.water_usd_per_m3} if water_m3 > 0 else {}


def _carbon_price(site: SitePlan, table: pd.DataFrame) -> dict[str, float]:
    """What CO2e costs, of the grid by place and of fuel [USD]."""
    kg = float(((table["carbon_kg_s"] + table["fuel_carbon_kg_s"]) * table["duration_s"]).sum())
    price_usd_per_kg = site.carbon.price_usd_per_kg
    return {CARBON_PRICE: kg * price_usd_per_kg} if price_usd_per_kg > 0.0 else {}
