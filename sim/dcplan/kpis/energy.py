"""What energy on site gave, stored and saved, and whether generators ran more than they may."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from dcplan.scenario.scenario import Scenario

J_PER_KWH = 3.6e6
HOUR_S = 3600.0

Values = Iterator[tuple[str, float]]


def energy_kpis(scenario: Scenario, tables: Mapping[str, pd.DataFrame]) -> Values:
    """The KPIs of a scenario with energy on site, and of generators with a permit, from one replication's tables."""
    site = tables["site"]
    generators = None if scenario.facility is None else scenario.facility.power.generators
    if generators is not None and generators.permit is not None:
        yield (
            "generator_hours_beyond_emergencies",
            float((site["generator_beyond"] * site["duration_s"]).sum()) / HOUR_S,
        )
    if (spec := scenario.energy) is None:
        return
    kwh = {
        name: float((site[f"{name}_w"] * site["duration_s"]).sum()) / J_PER_KWH
        for name in ("grid", "export", "solar", "wind", "curtailed", "facility", "response_asked", "response_unmet")
    }
    yield "grid_energy_kwh", kwh["grid"]
    yield "grid_peak_kw", float(site["grid_w"].max()) / 1000.0
    yield "export_kwh", kwh["export"]
    for name, part in (("solar", spec.solar), ("wind", spec.wind)):
        if part is not None:
            yield f"{name}_kwh", kwh[name]
    if spec.solar is not None or spec.wind is not None:
        made_kwh = kwh["solar"] + kwh["wind"]
        yield "curtailed_kwh", kwh["curtailed"]
        yield "on_site_share", (made_kwh - kwh["export"]) / kwh["facility"] if kwh["facility"] > 0.0 else 0.0
    if spec.demand_response:
        yield "response_asked_kwh", kwh["response_asked"]
        yield "response_unmet_kwh", kwh["response_unmet"]
    if spec.battery is not None:
        yield from _battery(site, tables["dispatch"].iloc[0], spec.compare_with_optimum)


def _battery(site: pd.DataFrame, rule: pd.Series, compared: bool) -> Values:
    """What the battery did, and what its rule saves and misses."""
    yield "battery_discharged_kwh", float((site["storage_w"].clip(lower=0.0) * site["duration_s"]).sum()) / J_PER_KWH
    yield "battery_cycles", float(rule["full_cycles"])
    yield "battery_replaced_years", float(rule["replaced_years"])
    yield "dispatch_saving_usd", float(rule["bare_usd"] - rule["rule_usd"])
    if compared:
        yield "dispatch_gap_usd", float(rule["rule_usd"] - rule["optimum_usd"])
