"""Greenhouse gas and the water of power plants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from dcplan.scenario.scenario import Scenario

J_PER_KWH = 3.6e6
BOUNDARIES = {
    "scope 2, market": "carbon_market_kg",
    "marginal": "carbon_marginal_kg",
    "scope 3, embodied": "carbon_embodied_kg",
}
"""KPIs that are there only if the scenario asks for them, by boundary of the table `carbon`."""


def carbon_kpis(tables: Mapping[str, pd.DataFrame], scenario: Scenario) -> Iterator[tuple[str, float]]:
    """The KPIs of one replication's tables."""
    site = tables["site"]
    duration_s = site["duration_s"]
    it_kwh = float((site["it_w"] * duration_s).sum()) / J_PER_KWH
    location_kg = float((site["carbon_kg_s"] * duration_s).sum())
    yield "carbon_kg", location_kg
    yield "cue_kg_per_kwh", location_kg / it_kwh if it_kwh > 0 else float("nan")
    by_boundary = tables["carbon"].groupby("boundary")["kg"].sum()
    yield from ((kpi, float(by_boundary[each])) for each, kpi in BOUNDARIES.items() if each in by_boundary.index)
    if site["carbon_free_w"].notna().all():
        grid_j = float((site["grid_w"] * duration_s).sum())
        free_j = float((site["carbon_free_w"] * duration_s).sum())
        yield "carbon_free_share", free_j / grid_j if grid_j > 0 else float("nan")
    if site["grid_water_kg_s"].notna().all():
        grid_kg = float((site["grid_water_kg_s"] * duration_s).sum())
        yield "grid_water_m3", grid_kg / 1000.0
        if scenario.facility is not None:
            water_kg = grid_kg + float((site["water_kg_s"] * duration_s).sum())
            yield "wue_source_l_per_kwh", water_kg / it_kwh if it_kwh > 0 else float("nan")
