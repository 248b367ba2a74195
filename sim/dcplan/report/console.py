"""Tables for the terminal: the main KPIs of a run, checks, benchmarks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from dcplan.report.facts import facts
from dcplan.report.numbers import kpi_interval, kpi_value, span
from dcplan.report.summary import names
from dcplan.results.store import Run

SITE = {
    "pue": "PUE",
    "it_energy_kwh": "servers' energy",
    "facility_energy_kwh": "building's energy",
    "peak_power_kw": "building's peak power",
    "grid_energy_kwh": "energy from the grid",
    "grid_peak_kw": "peak at the meter",
    "dispatch_saving_usd": "saved by the battery",
    "dispatch_gap_usd": "more with foresight",
    "cost_total_usd": "cost",
    "tco_usd_per_gpu_hour": "owning, a device-hour",
    "colocation_usd_per_gpu_hour": "in rented room",
    "cloud_usd_per_gpu_hour": "rented by the hour",
    "carbon_kg": "carbon, CO₂e",
    "water_m3": "water",
    "site_availability": "availability",
    "site_outage_minutes_per_year": "outages a year",
}
ENDPOINT = {
    "throughput_rps": "answered",
    "latency_p50_s": "latency p50",
    "latency_p99_s": "latency p99",
    "ttft_p99_s": "first token p99",
    "tpot_p99_s": "further tokens p99",
    "tokens_per_s": "tokens",
    "preempted": "preempted",
    "swapped": "swapped out",
    "slo_attainment": "promise attained",
    "dropped": "dropped",
    "attempts_per_request": "attempts per request",
    "cache_hit_ratio": "from the cache",
    "replicas_mean": "replicas",
    "utilisation": "replicas busy",
    "energy_j_per_request": "energy per request",
    "cost_usd_per_1k_requests": "cost of 1,000 requests",
}
TRAINING = {
    "finished": "jobs finished",
    "wait_mean_s": "mean wait",
    "makespan_s": "makespan",
    "gpu_hours": "device-hours",
    "utilisation": "slots busy",
}
"""The KPIs that are shown, and what they are called."""


def table(run: Run) -> Table:
    """The main KPIs of *run*, each with unit and 95 % interval."""
    known = facts(run)
    counted = f"{run.name}: {span(known.counted_s)} counted, {run.manifest['replications']} replications"
    shown = Table(title=Text(counted), title_justify="left", title_style="bold", header_style="bold")
    shown.add_column("KPI", overflow="fold")
    shown.add_column("Value", justify="right", no_wrap=True)
    shown.add_column("95 % interval", justify="right")
    groups = [("", "", SITE)]
    groups += [(f"Pipeline {name}", f"pipelines.{name}.", ENDPOINT) for name in names(run.kpis["kpis"], "pipelines")]
    groups += [(f"Endpoint {name}", f"endpoints.{name}.", ENDPOINT) for name in names(run.kpis["kpis"], "endpoints")]
    groups += [(f"Training {name}", f"training.{name}.", TRAINING) for name in names(run.kpis["kpis"], "training")]
    for title, prefix, labels in groups:
        _group(shown, run, title, prefix, labels)
    return shown


def _group(shown: Table, run: Run, title: str, prefix: str, labels: dict[str, str]) -> None:
    kpis = run.kpis["kpis"]
    present = [name for name in labels if prefix + name in kpis and not _goes_without_saying(name, kpis[prefix + name])]
    if not present:
        return
    if title:
        shown.add_section()
        shown.add_row(Text(title, style="bold"), "", "")
    for name in present:
        key, kpi = prefix + name, run.kpis["kpis"][prefix + name]
        shown.add_row(Text(labels[name]), Text(kpi_value(key, kpi)), Text(kpi_interval(key, kpi) or "-"))


def _goes_without_saying(name: str, kpi: Mapping[str, Any]) -> bool:
    """Whether every request had one attempt, as anyone would think."""
    return name == "attempts_per_request" and kpi["value"] == 1.0


def check_table(checks: Sequence[Mapping[str, Any]]) -> Table:
    """What `dcplan verify` compared, one line per check."""
    table = Table("check", "dcplan", "expected", "difference", "allowed", "source", "", box=SIMPLE_HEAD)
    for column in table.columns[1:5]:
        column.justify = "right"
        column.no_wrap = True
    for check in checks:
        expected = check["expected"]
        table.add_row(
            Text(check["name"]),
            f"{check['ours']:.5g} {check['unit']}",
            f"{expected:.5g} {check['unit']}",
            f"{100 * (check['ours'] / expected - 1):+.2f} %" if expected else f"{check['ours']:+.1e}",
            f"±{100 * check['tolerance'] / expected:.2f} %" if expected else f"±{check['tolerance']:.1e}",
            Text(check["source"]),
            "ok" if check["ok"] else "MISS",
        )
    return table


def bench_table(results: Sequence[Mapping[str, Any]]) -> Table:
    """What `dcplan bench` measured, one line per result."""
    table = Table("result", "value", "ratio", "reference, measured in the same run")
    for result in results:
        ratio = "" if result["ratio"] is None else f"{result['ratio']:.0f} x"
        table.add_row(result["name"], f"{result['value']:.4g} {result['unit']}", ratio, Text(result["reference"]))
    return table
