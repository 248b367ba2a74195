"""Greenhouse gas of a run: of fuel, of the grid's electricity by place and by contract, and of what was made for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dcplan.economics.carbon import by_source, carbon_free_w
from dcplan.engine import misfit
from dcplan.engine.assumptions import Assumptions
from dcplan.engine.plan import CarbonPlan, Plan, SitePlan
from dcplan.engine.plan import Grid as Counted
from dcplan.errors import InputError
from dcplan.profiles.carbon import WATER, WORLD, GridCarbon, read_carbon
from dcplan.profiles.library import Library, Profile
from dcplan.results.store import frame
from dcplan.scenario.site import Site
from dcplan.scenario.site_grid import CarbonFile, SiteGrid
from dcplan.signals.clock import Clock
from dcplan.signals.dated_series import read_dated

FloatArray = NDArray[np.float64]

J_PER_KWH = 3.6e6
FIGURES = {"kg_per_kwh": 1.0, "g_per_kwh": 1e-3}
"""Names that the column of a file may have, and their factor to kg/kWh."""
KG_PER_T = 1000.0
YEAR_S = 365.0 * 86400.0

FUEL, LOCATION, MARKET, EMBODIED = "scope 1", "scope 2, location", "scope 2, market", "scope 3, embodied"
MARGINAL = "marginal"
"""Boundaries of the Greenhouse Gas Protocol; of scope 3 it is what was bought, by the time for which it is used.
What is marginal is of no scope: it tells how emissions change if less is drawn."""


def carbon_plan(
    spec: Site,
    library: Library,
    servers: set[str],
    assumptions: Assumptions,
    means: Callable[[CarbonFile], FloatArray],
    intervals: int,
) -> CarbonPlan:
    """What the scenario says about carbon.

    Args:
        spec: What it says.
        library: Where profiles are.
        servers: Names of the servers' prices.
        assumptions: Told what is used.
        means: Gives a file's mean value in each counted interval [kg/kWh], [n].
        intervals: How many there are.
    """
    grid = spec.grid if isinstance(spec.grid, SiteGrid) else SiteGrid(profile=spec.grid)
    profile = library.load("carbon", grid.profile)
    if grid.region is None:
        found = read_carbon(profile, None)
    else:
        with misfit.at("region"):
            found = read_carbon(profile, grid.region)
    _tell(profile, found, grid, assumptions)
    shares = {
        kind: sum(each.share for each in grid.contracts.values() if each.matching == kind)
        for kind in ("hourly", "annual")
    }
    server_kg, building_kg_per_w = _embodied(spec, library, servers, assumptions)
    return CarbonPlan(
        grid=found,
        kg_per_kwh=np.full(intervals, found.kg_per_kwh) if grid.hourly is None else means(grid.hourly),
        marginal_kg_per_kwh=None if grid.marginal is None else means(grid.marginal),
        hourly=shares["hourly"],
        annual=shares["annual"],
        contracted=bool(grid.contracts),
        residual_kg_per_kwh=found.kg_per_kwh if grid.residual_mix is None else grid.residual_mix,
        price_usd_per_kg=(grid.carbon_price or 0.0) / KG_PER_T,
        server_kg=server_kg,
        building_kg_per_w=building_kg_per_w,
    )


def hourly_carbon(file: CarbonFile, beside: Callable[[str], Path], clock: Clock, grid: Counted) -> FloatArray:
    """Mean of a *file* of the user over each counted interval [kg/kWh], [n]; *beside* tells where it lies."""
    series = read_dated(beside(file.file), file.time_zone, FIGURES, lowest=0.0)
    return series.means(clock, grid.starts_s, grid.durations_s)


def _tell(profile: Profile, found: GridCarbon, grid: SiteGrid, assumptions: Assumptions) -> None:
    if grid.region is None:
        assumptions.use_values("site", profile, leave_out={"grid_loss_fraction"})
        return
    value = f"{found.kg_per_kwh:g} kg/kWh in {found.year}"
    assumptions.add(
        "site", f"carbon of electricity: {found.name}", value, profile.kind, profile.source, not profile.unverified
    )
    assumptions.use_values("site", profile, leave_out={WATER})
    if found.water_l_per_kwh is not None:
        known = profile.values[WATER]
        entry = known.get(grid.region, known.get(WORLD))
        value = f"{entry['value']:g} {entry['unit']}"
        assumptions.add("site", "water consumed to generate electricity", value, profile.kind, str(entry["source"]))


def _embodied(
    spec: Site, library: Library, servers: set[str], assumptions: Assumptions
) -> tuple[dict[str, float], float]:
    """Carbon of making each server, by the name of its price [kg], and building and plant [kg/W]."""
    if spec.embodied is None:
        return {}, 0.0
    profile = library.load("embodied", spec.embodied)
    names = {price: price.removesuffix("_usd") + "_kg" for price in servers}
    others = {name for name in profile.values if name.endswith("_server_kg")} - set(names.values())
    try:
        server_kg = {price: float(profile.values[name]["value"]) for price, name in names.items()}
        building_kg_per_w = float(profile.values["building_kg_per_w"]["value"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"embodied profile '{profile.name}' lacks {error}") from error
    assumptions.use_values("site", profile, leave_out=others)
    return server_kg, building_kg_per_w


def carbon_columns(site: SitePlan, grid_w: FloatArray, duration_s: FloatArray) -> dict[str, object]:
    """Columns of the table `site` about what the power from the grid stands for; NaN where nobody knows."""
    carbon = site.carbon
    grid_kwh_s = grid_w / J_PER_KWH
    free = carbon.grid.carbon_free
    free_w = None if free is None else carbon_free_w(grid_w, duration_s, carbon.hourly, carbon.annual, free)
    water = carbon.grid.water_l_per_kwh
    return {
        "carbon_kg_s": grid_kwh_s * carbon.kg_per_kwh,
        "carbon_free_w": float("nan") if free_w is None else free_w,
        "grid_water_kg_s": float("nan") if water is None else grid_kwh_s * water,
    }


def carbon_table(plan: Plan, site: SitePlan, table: pd.DataFrame, replication: int) -> pd.DataFrame:
    """The table `carbon` of a replication whose table `site` is *table*."""
    rows = [
        {"replication": replication, "boundary": boundary, "item": item, "kg": kg}
        for boundary, item, kg in _items(plan, site, table)
    ]
    return frame("carbon", rows)


def _items(plan: Plan, site: SitePlan, table: pd.DataFrame) -> Iterator[tuple[str, str, float]]:
    carbon, duration_s = site.carbon, table["duration_s"]
    fuel_kg = float((table["fuel_carbon_kg_s"] * duration_s).sum())
    if fuel_kg > 0.0:
        yield FUEL, "fuel of generators", fuel_kg
    grid_j = table["grid_w"] * duration_s
    location_kg = float((table["carbon_kg_s"] * duration_s).sum())
    sources = by_source(location_kg, carbon.grid.mix, carbon.grid.source_kg_per_kwh)
    yield from ((LOCATION, source, kg) for source, kg in (sources or {carbon.grid.name: location_kg}).items())
    if carbon.marginal_kg_per_kwh is not None:
        yield MARGINAL, "one kWh more", float((grid_j * carbon.marginal_kg_per_kwh).sum()) / J_PER_KWH
    if carbon.contracted:
        uncovered = 1.0 - carbon.hourly - carbon.annual
        yield MARKET, "not under contract", float(grid_j.sum()) / J_PER_KWH * uncovered * carbon.residual_kg_per_kwh
    yield from ((EMBODIED, item, kg) for item, kg in _made(plan, site))


def _made(plan: Plan, site: SitePlan) -> Iterator[tuple[str, float]]:
    """What was made for the run, linearly by the share of its life."""
    carbon, prices = site.carbon, site.prices
    if not carbon.server_kg:
        return
    years = plan.grid.counted_s / YEAR_S
    servers_kg = sum(group.count * carbon.server_kg[group.server.price] for group in plan.groups.values())
    yield "servers", servers_kg * years / prices.server_life_years
    if plan.scenario.facility is not None:
        building_kg = plan.scenario.facility.it_capacity * carbon.building_kg_per_w
        yield "building and plant", building_kg * years / prices.facility_life_years
