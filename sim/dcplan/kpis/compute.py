"""KPIs of a run from its tables: one value per replication, then mean and interval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from dcplan.economics.items import RUNNING, is_metered
from dcplan.facility.ashrae import rack_cooling_index
from dcplan.kpis.availability import availability_kpis
from dcplan.kpis.bill import bill_kpis
from dcplan.kpis.capacity import stranded
from dcplan.kpis.carbon import carbon_kpis
from dcplan.kpis.definitions import bounds_of, unit_of
from dcplan.kpis.energy import energy_kpis
from dcplan.kpis.incidents import incident_kpis
from dcplan.kpis.interval import estimate
from dcplan.kpis.jobs import counted_slot_s, job_costs_usd
from dcplan.kpis.overheating import minutes_to_overheat
from dcplan.kpis.owners import facility_energy_j
from dcplan.kpis.ownership import ownership_kpis
from dcplan.results.columns import COOLING_LOADS
from dcplan.results.store import Tables
from dcplan.scenario.endpoint import Endpoint
from dcplan.scenario.scenario import Scenario
from dcplan.serving.histogram import quantile_s

J_PER_KWH = 3.6e6
HOUR_S = 3600.0
KG_PER_M3 = 1000.0
FUEL_KWH_PER_L = 9.9
"""Energy of a litre of diesel in a PUE [kWh/L]: EN 50600-4-2."""
CHAIN = ("transformer_loss_w", "switchgear_loss_w", "ups_loss_w", "pdu_loss_w")
"""Losses between the meter and the servers' plugs."""

Values = Iterator[tuple[str, float]]


def compute(scenario: Scenario, tables: Tables) -> dict[str, Any]:
    """The content of kpis.json, from the *tables* of all replications of *scenario*."""
    per_replication = [dict(_replication(scenario, _only(tables, number))) for number in range(scenario.replications)]
    names = list(per_replication[0])
    kpis = {
        name: asdict(estimate([values[name] for values in per_replication], unit_of(name), within=bounds_of(name)))
        for name in names
    }
    return {"schema": 1, "scenario": scenario.name, "kpis": kpis}


def _only(tables: Tables, replication: int) -> dict[str, pd.DataFrame]:
    return {
        name: table[table["replication"] == replication]
        for name, table in tables.items()
        if "replication" in table.columns
    }


def _replication(scenario: Scenario, tables: Mapping[str, pd.DataFrame]) -> Values:
    if "servers" in tables:
        yield from _servers(tables)
    if "site" in tables:
        yield from _site(scenario, tables)
        yield from carbon_kpis(tables, scenario)
        yield from _meter_shares(tables)
        yield from incident_kpis(scenario, tables)
        yield from ownership_kpis(scenario, tables)
        yield from bill_kpis(scenario, tables)
        yield from availability_kpis(scenario, tables)
    for name in scenario.endpoints:
        yield from ((f"endpoints.{name}.{kpi}", value) for kpi, value in _endpoint(scenario, name, tables))
    for name in scenario.pipelines:
        yield from ((f"pipelines.{name}.{kpi}", value) for kpi, value in _pipeline(scenario, name, tables))
    for name in scenario.training:
        yield from ((f"training.{name}.{kpi}", value) for kpi, value in _training(scenario, name, tables))


def _servers(tables: Mapping[str, pd.DataFrame]) -> Values:
    servers = tables["servers"]
    yield "it_energy_kwh", float((servers["it_w"] * servers["duration_s"]).sum()) / J_PER_KWH
    slot_s = float(tables["attribution"]["reserved_slot_s"].sum())
    yield "iteusv", _ratio(float((servers["busy_slots"] * servers["duration_s"]).sum()), slot_s)
    first = servers[servers["time_s"] == servers["time_s"].min()]
    if first["performance"].notna().all():
        yield "iteesv", _ratio(float(first["performance"].sum()), float(first["max_w"].sum()))


def _site(scenario: Scenario, tables: Mapping[str, pd.DataFrame]) -> Values:
    site, costs = tables["site"], tables["costs"]
    duration_s = site["duration_s"]
    it_kwh = float((site["it_w"] * duration_s).sum()) / J_PER_KWH
    facility_kwh = float((site["facility_w"] * duration_s).sum()) / J_PER_KWH
    yield "facility_energy_kwh", facility_kwh
    yield "peak_power_kw", float(site["facility_w"].max()) / 1000.0
    mean_w = facility_kwh * J_PER_KWH / float(duration_s.sum())
    yield "load_factor", _ratio(mean_w, float(site["facility_w"].max()))
    generated_kwh = float((site["generator_w"] * duration_s).sum()) / J_PER_KWH
    yield from energy_kpis(scenario, tables)
    yield "cost_total_usd", float(costs["usd"].sum())
    electricity = costs["item"].str.startswith("electricity")
    yield "cost_electricity_usd", float(costs.loc[electricity, "usd"].sum())
    bought = ~costs["item"].map(is_metered) & ~costs["item"].isin(RUNNING)
    yield "cost_capital_usd", float(costs.loc[bought, "usd"].sum())
    yield "cost_unused_usd", float(costs.loc[costs["owner"] == "unused", "usd"].sum())
    if scenario.facility is None:
        return
    water_kg = float((site["water_kg_s"] * duration_s).sum())
    fuel_l = float((site["fuel_l_s"] * duration_s).sum())
    if scenario.facility.power.generators is not None:
        yield "generator_fuel_l", fuel_l
        yield "generator_carbon_kg", float((site["fuel_carbon_kg_s"] * duration_s).sum())
    pue = _ratio(facility_kwh - generated_kwh + FUEL_KWH_PER_L * fuel_l, it_kwh)
    yield "pue", pue
    yield from _losses(tables["servers"], site, it_kwh, pue)
    yield from stranded(scenario, site)
    yield "wue_l_per_kwh", _ratio(water_kg, it_kwh)
    yield "water_m3", water_kg / KG_PER_M3
    yield "economiser_share", float(duration_s[site["economiser"] >= 0.5].sum() / duration_s.sum())
    yield from _cooling(scenario, site, it_kwh, facility_kwh + FUEL_KWH_PER_L * fuel_l)
    yield "hours_extrapolated", float(duration_s[site["extrapolated"]].sum()) / HOUR_S
    yield "hours_over_limit", float(duration_s[site["over_limit"] != ""].sum()) / HOUR_S
    needed = site["redundancy_lost"] & (site["shortfall_w"] <= 0)
    yield "hours_redundancy_lost", float(duration_s[needed].sum()) / HOUR_S
    yield "hours_cooling_short", float(duration_s[site["shortfall_w"] > 0].sum()) / HOUR_S
    yield from minutes_to_overheat(scenario, site)


def _meter_shares(tables: Mapping[str, pd.DataFrame]) -> Values:
    """Whose part of the meter's energy is how large."""
    for owner, joules in facility_energy_j(tables["attribution"], tables["site"]).items():
        family, _, name = owner.partition(" ")
        prefix = {"endpoint": f"endpoints.{name}.facility_energy", "training": f"training.{name}.facility_energy"}
        yield f"{prefix.get(family, 'facility_energy_unused')}_kwh", joules / J_PER_KWH


def _losses(servers: pd.DataFrame, site: pd.DataFrame, it_kwh: float, pue: float) -> Values:
    """What gets lost inside the servers, and between them and the meter."""
    fans_kwh = float((servers["fan_w"] * servers["duration_s"]).sum()) / J_PER_KWH
    lost_kwh = {name: float((site[name] * site["duration_s"]).sum()) / J_PER_KWH for name in ("psu_loss_w", *CHAIN)}
    itue = _ratio(it_kwh, it_kwh - lost_kwh.pop("psu_loss_w") - fans_kwh)
    yield "itue", itue
    yield "tue", pue * itue
    yield "elc", _ratio(sum(lost_kwh.values()), it_kwh)


def _cooling(scenario: Scenario, site: pd.DataFrame, it_kwh: float, facility_kwh: float) -> Values:
    """How well the heat is removed, what becomes of it, and what air the servers get meanwhile."""
    assert scenario.facility is not None, "a site without a building has no cooling"
    duration_s = site["duration_s"]
    cooling_w = sum(site[column.name] for column in COOLING_LOADS)
    cooling_kwh, removed_kwh, reused_kwh = (
        float((power_w * duration_s).sum()) / J_PER_KWH
        for power_w in (cooling_w, site["heat_removed_w"], site["heat_reused_w"])
    )
    yield "ppue_cooling", 1.0 + _ratio(cooling_kwh, it_kwh)
    yield "mlc", _ratio(cooling_kwh, it_kwh)
    yield "cer", _ratio(removed_kwh, cooling_kwh)
    yield "heat_reused_kwh", reused_kwh
    yield "erf", _ratio(reused_kwh, facility_kwh)
    yield "ere", _ratio(facility_kwh - reused_kwh, it_kwh)
    servers = scenario.facility.cooling.ashrae_class
    high, low = rack_cooling_index(site["server_inlet_c"].to_numpy(), duration_s.to_numpy(), servers)
    yield "rci_high", high
    yield "rci_low", low
    yield "hours_outside_recommended", float(duration_s[site["outside_recommended"]].sum()) / HOUR_S
    yield "hours_outside_allowable", float(duration_s[site["outside_allowable"]].sum()) / HOUR_S


def _endpoint(scenario: Scenario, name: str, tables: Mapping[str, pd.DataFrame]) -> Values:
    spec = scenario.endpoints[name]
    steps = tables["endpoints"][tables["endpoints"]["endpoint"] == name]
    batches = tables["batches"][tables["batches"]["endpoint"] == name]
    total = steps[["arrived", "served", "dropped", "within_slo", "latency_s", "wait_s", "busy_s"]].sum()
    counted_s = float(steps["duration_s"].sum())
    served = float(total["served"])
    generation = _part(tables, "generation", name)
    in_batches = float((batches["size"] * batches["count"]).sum())
    started = in_batches if generation is None else float(generation["started"].sum())
    yield "requests", float(total["arrived"])
    yield "throughput_rps", served / counted_s
    yield "latency_mean_s", _ratio(total["latency_s"], served)
    yield from _percentiles(tables["latency"][tables["latency"]["endpoint"] == name])
    yield "wait_mean_s", _ratio(total["wait_s"], started)
    replicas: float = spec.all_replicas
    if (scaling := _part(tables, "scaling", name)) is not None:
        found = dict(_scaling(scaling, scenario.warm_up, scenario.horizon))
        yield from found.items()
        replicas = found["replicas_mean"]
    yield "utilisation", _ratio(total["busy_s"], counted_s * replicas)
    if (pools := _part(tables, "pools", name)) is not None:
        for pool, rows in pools.groupby("pool", sort=False):
            yield (
                f"pools.{pool}.utilisation",
                float(rows["busy_s"].sum() / (rows["replicas"] * rows["duration_s"]).sum()),
            )
    yield "batch_mean", _ratio(in_batches, float(batches["count"].sum()))
    if spec.promises:
        yield "slo_attainment", _ratio(total["within_slo"], served + float(total["dropped"]))
    yield "dropped", float(total["dropped"])
    if scenario.interacts(name) and generation is None:
        yield from _classes(spec, name, tables)
    if spec.failures is not None:
        outages = _part(tables, "outages", name)
        yield from _outages(outages, scenario.warm_up, scenario.horizon, spec.all_replicas)
    if generation is not None:
        yield from _generation(spec, generation, tables["token_latency"], name, float(total["within_slo"]))
    if (cache := _part(tables, "cache", name)) is not None:
        yield from _cache(cache)
    owner = f"endpoint {name}"
    if "attribution" in tables and spec.on is not None:
        energy_j = _owned(tables["attribution"], owner, ["idle_j", "active_j"])
        yield "energy_kwh", energy_j / J_PER_KWH
        yield "energy_j_per_request", _ratio(energy_j, served)
        if scaling is not None:
            yield "slot_hours_off", _owned(tables["attribution"], owner, ["off_slot_s"]) / HOUR_S
    if "costs" in tables and spec.on is not None:
        usd = _owned(tables["costs"], owner, ["usd"])
        yield "cost_usd", usd
        yield "cost_usd_per_1k_requests", 1000.0 * _ratio(usd, served)


def _percentiles(latency: pd.DataFrame) -> Values:
    for label, level in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
        yield f"latency_{label}_s", latency_quantile(latency, level)


def _part(tables: Mapping[str, pd.DataFrame], table: str, name: str) -> pd.DataFrame | None:
    """The rows of an endpoint in a table that not every endpoint has; None if there are none."""
    if table not in tables:
        return None
    rows = tables[table][tables[table]["endpoint"] == name]
    return None if rows.empty else rows


def _scaling(changes: pd.DataFrame, from_s: float, until_s: float) -> Values:
    """How many replicas there were between two instants [s], those that are being started included."""
    begins_s = changes["time_s"].clip(lower=from_s)
    lasted_s = (begins_s.shift(-1).fillna(until_s) - begins_s).clip(lower=0.0)
    replicas = changes["active"] + changes["starting"]
    yield "replicas_mean", float((replicas * lasted_s).sum()) / (until_s - from_s)
    yield "replicas_most", float(replicas[lasted_s > 0.0].max())
    yield "replica_hours", float((replicas * lasted_s).sum()) / HOUR_S
    yield "replica_hours_starting", float((changes["starting"] * lasted_s).sum()) / HOUR_S
    yield "starts", float(changes["starting"].diff()[changes["time_s"] > from_s].clip(lower=0.0).sum())
    yield "scalings", float((changes["time_s"] > from_s).sum())


def _outages(outages: pd.DataFrame | None, from_s: float, until_s: float, replicas: int) -> Values:
    """How often replicas failed between two instants [s], and how much of that time they were there."""
    if outages is None:
        yield "failures", 0.0
        yield "availability", 1.0
        return
    begins_s = outages["failed_s"].clip(lower=from_s)
    lasted_s = (outages["repaired_s"].fillna(until_s) - begins_s).clip(lower=0.0)
    yield "failures", float((outages["failed_s"] >= from_s).sum())
    yield "availability", 1.0 - float(lasted_s.sum()) / (replicas * (until_s - from_s))


def _generation(spec: Endpoint, steps: pd.DataFrame, latency: pd.DataFrame, name: str, within: float) -> Values:
    """Tokens: when they come, how many, and how many answers kept every promise."""
    counted_s = float(steps["duration_s"].sum())
    for measure in ("ttft", "tpot"):
        rows = latency[(latency["endpoint"] == name) & (latency["measure"] == measure)]
        for kpi, value in _percentiles(rows):
            yield kpi.replace("latency", measure), value
    yield "tokens_per_s", float(steps["tokens_out"].sum()) / counted_s
    yield "goodput_rps", within / counted_s
    yield "preempted", float(steps["preempted"].sum())
    yield "swapped", float(steps["swapped"].sum())
    if spec.generation is not None and spec.generation.prefix_cache:
        yield "prefix_hit_ratio", _ratio(steps["known"].sum(), float(steps["asked"].sum()))
    if spec.retry is not None:
        yield "attempts_per_request", _ratio(steps["attempted"].sum(), float(steps["arrived"].sum()))
    yield "refused", float(steps["refused"].sum())
    if spec.queue.timeout is not None:
        yield "timed_out", float(steps["timed_out"].sum())
    if spec.failures is not None:
        yield "lost", float(steps["lost"].sum())
    if spec.zones:
        yield "spilled", float(steps["spilled"].sum())


def _cache(steps: pd.DataFrame) -> Values:
    """What the cache answers, and what it should in theory, if there is one for every request."""
    arrived = steps["arrived"]
    yield "cache_hit_ratio", _ratio(steps["hits"].sum(), float(arrived.sum()))
    asked = steps[arrived > 0]
    if asked["expected"].notna().all() and len(asked):
        yield "cache_hit_ratio_expected", _ratio((asked["expected"] * asked["arrived"]).sum(), float(arrived.sum()))


def _classes(spec: Endpoint, name: str, tables: Mapping[str, pd.DataFrame]) -> Values:
    """What became of the attempts, and how each class fared."""
    classes, latency = (table[table["endpoint"] == name] for table in (tables["classes"], tables["class_latency"]))
    yield "attempts_per_request", _ratio(classes["attempted"].sum(), float(classes["arrived"].sum()))
    for cause in ("refused", "rate_limited", "timed_out", "wasted", "lost"):
        yield cause, float(classes[cause].sum())
    if spec.zones:
        yield "spilled", float(classes["spilled"].sum())
    for label, each in spec.kinds.items() if spec.classes else ():
        total = classes.loc[
            classes["class"] == label, ["arrived", "served", "given_up", "within_slo", "latency_s"]
        ].sum()
        mean_s = _ratio(total["latency_s"], float(total["served"]))
        found = {
            "requests": float(total["arrived"]),
            "latency_mean_s": mean_s,
            **dict(_percentiles(latency[latency["class"] == label])),
        }
        if each.slo is not None:
            found["slo_attainment"] = _ratio(total["within_slo"], float(total["served"] + total["given_up"]))
        found["dropped"] = float(total["given_up"])
        yield from ((f"classes.{label}.{kpi}", value) for kpi, value in found.items())


def _pipeline(scenario: Scenario, name: str, tables: Mapping[str, pd.DataFrame]) -> Values:
    """From the arrival to the last answer; energy and cost of its endpoints, by its share of their requests."""
    steps, latency, stays = (
        table[table["pipeline"] == name] for table in (tables["pipelines"], tables["pipeline_latency"], tables["stays"])
    )
    total = steps[["arrived", "served", "dropped", "within_slo", "latency_s"]].sum()
    served = float(total["served"])
    yield "requests", float(total["arrived"])
    yield "throughput_rps", served / float(steps["duration_s"].sum())
    yield "latency_mean_s", _ratio(total["latency_s"], served)
    yield from _percentiles(latency)
    if scenario.pipelines[name].slo is not None:
        yield "slo_attainment", _ratio(total["within_slo"], served + float(total["dropped"]))
    yield "dropped", float(total["dropped"])
    arrived = tables["endpoints"].groupby("endpoint")["arrived"].sum()
    own = stays.set_index("endpoint")["sent"]
    share = {f"endpoint {name}": _ratio(float(own[name]), float(arrived[name])) for name in own.index}
    if all(scenario.endpoints[str(endpoint)].on is not None for endpoint in stays["endpoint"]):
        for kpi, factor, table, columns in (
            ("energy_j_per_request", 1.0, "attribution", ["idle_j", "active_j"]),
            ("cost_usd_per_1k_requests", 1000.0, "costs", ["usd"]),
        ):
            if table in tables:
                parts = [part * _owned(tables[table], owner, columns) for owner, part in share.items()]
                yield kpi, factor * _ratio(sum(parts), served)


def _training(scenario: Scenario, name: str, tables: Mapping[str, pd.DataFrame]) -> Values:
    spec = scenario.training[name]
    jobs = tables["jobs"][tables["jobs"]["queue"] == name]
    counted_s = scenario.horizon - scenario.warm_up
    busy_s = float(counted_slot_s(jobs, scenario.warm_up, scenario.horizon).sum())
    yield "jobs", float(len(jobs))
    yield "finished", float(jobs["end_s"].notna().sum())
    yield "wait_mean_s", float((jobs["start_s"] - jobs["submit_s"]).mean())
    yield "makespan_s", _makespan_s(jobs)
    done = jobs[jobs["end_s"].notna()]
    yield "goodput", _ratio(float((done["work_s"] * done["slots"]).sum()), _slot_s(done))
    yield "gpu_hours", busy_s / HOUR_S
    if spec.flexible is not None:
        yield "shift_wait_mean_s", float((jobs["start_s"] - jobs["soonest_s"]).mean())
        yield f"shift_saved_{'usd' if spec.flexible.by == 'price' else 'kg'}", float(jobs["saved"].sum())
    yield "utilisation", busy_s / (counted_s * spec.slots)
    if "attribution" in tables:
        yield "energy_kwh", _owned(tables["attribution"], f"training {name}", ["idle_j", "active_j"]) / J_PER_KWH
    if "ownership" in tables:
        usd = _owned(tables["costs"], f"training {name}", ["usd"])
        costs_usd = job_costs_usd(jobs, usd, scenario.warm_up, scenario.horizon)
        yield "cost_usd", usd
        yield "cost_usd_per_job", float(costs_usd[jobs["end_s"] > scenario.warm_up].mean())


def _slot_s(done: pd.DataFrame) -> float:
    return float(((done["end_s"] - done["start_s"]) * done["slots"]).sum())


def _makespan_s(jobs: pd.DataFrame) -> float:
    sets = jobs.groupby("submit_s")["end_s"]
    complete = sets.max()[sets.count() == sets.size()]
    return float((complete - complete.index).mean()) if len(complete) else float("nan")


def latency_quantile(latency: pd.DataFrame, level: float) -> float:
    """The latency [s] below which the share *level* of the answers in a `latency` table lies; NaN if it is empty."""
    counts, low_s, high_s = (latency[name].to_numpy() for name in ("count", "low_s", "high_s"))
    return quantile_s(counts, low_s, high_s, level)


def _owned(table: pd.DataFrame, owner: str, columns: list[str]) -> float:
    return float(table.loc[table["owner"] == owner, columns].sum().sum())


def _ratio(part: float, whole: float) -> float:
    return float(part) / whole if whole > 0 else float("nan")
