"""What is expected of the building in a year, and which tiers it meets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from dcplan.scenario.scenario import Scenario

MINUTE_S = 60.0
MINUTES_PER_YEAR = 365.0 * 1440.0
STANDARDS = {
    "Uptime Tier": "uptime_tier",
    "EN 50600-2-2": "en_50600_power_class",
    "EN 50600-2-3": "en_50600_cooling_class",
}

Values = Iterator[tuple[str, float]]


def availability_kpis(scenario: Scenario, tables: Mapping[str, pd.DataFrame]) -> Values:
    """The KPIs of a scenario with `availability`, from the tables of one replication."""
    if (spec := scenario.availability) is None or "availability" not in tables:
        return
    row = tables["availability"].iloc[0]
    yield "site_availability", 1.0 - float(row["down_share"])
    yield "site_availability_simulated", 1.0 - float(row["simulated_share"])
    yield "site_outages_per_year", float(row["failures_per_year"])
    yield "site_outage_minutes_per_year", float(row["down_share"]) * MINUTES_PER_YEAR
    yield "site_outage_minutes_p99", float(row["down_p99_s"]) / MINUTE_S
    yield "site_quiet_years", float(row["quiet_years"])
    yield "requests_lost_per_year", float(row["requests_per_year"])
    tiers = tables["tiers"]
    for standard, name in STANDARDS.items():
        met = tiers.loc[(tiers["standard"] == standard) & tiers["met"], "level"]
        yield name, float(met.max()) if len(met) else 0.0
    if row["gpu_hours_per_year"] > 0.0:
        yield "gpu_hours_lost_per_year", float(row["gpu_hours_per_year"])
    if spec.sla:
        yield "sla_credit_usd_per_year", float(row["credit_usd"])
        yield "sla_credit_p99_usd_per_year", float(row["credit_p99_usd"])
