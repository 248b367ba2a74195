"""Runs that were never run: made-up tables, so that the report is tested without the simulator; and a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import yaml

import browsing
from browsing import Opened
from dcplan.results.columns import OF_THE_GRID, ON_SITE, SITE_LOADS
from dcplan.results.store import Run, frame

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

STEP_S = 900.0
J_PER_KWH = 3.6e6
LOADS_W = dict(
    zip((c.name for c in SITE_LOADS), (90, 0, 0, 110, 2, 160, 40, 140, 20, 50, 12, 0, 0, 0, 100, 0), strict=True)
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """A real browser."""
    with browsing.started(tmp_path_factory.mktemp("profile")) as context:
        yield context


@pytest.fixture
def open_path(browser: BrowserContext) -> Iterator[Callable[[Path, tuple[int, int]], Opened]]:
    """Opens a page in a tab, which is closed after the test."""
    tabs: list[Opened] = []

    def open_in_tab(path: Path, size: tuple[int, int]) -> Opened:
        tabs.append(browsing.opened(browser, path, size))
        return tabs[-1]

    yield open_in_tab
    for tab in tabs:
        tab.page.close()


@pytest.fixture(scope="session")
def make_run() -> Callable[..., Run]:
    """Builds a run; see `made_up`."""
    return made_up


def made_up(
    name: str = "made-up room",
    endpoints: Sequence[str] = ("vision",),
    queues: Sequence[str] = ("nightly",),
    *,
    site: bool = True,
    servers: bool = True,
    replications: int = 3,
    steps: int = 96,
    idle: Sequence[str] = (),
    question: str = "Does it hold?",
) -> Run:
    """A run of *steps* quarter hours; endpoints in *idle* got no request."""
    owners = [*(f"endpoint {each}" for each in endpoints), *(f"training {each}" for each in queues), "unused"]
    tables: dict[str, list[pd.DataFrame]] = {}
    for replication in range(replications):
        for table, rows in _tables(replication, endpoints, queues, owners, steps, idle, site, servers):
            tables.setdefault(table, []).append(frame(table, rows))
    gathered = {table: pd.concat(parts, ignore_index=True) for table, parts in tables.items()}
    gathered["assumptions"] = frame("assumptions", _assumptions(name))
    gathered["warnings"] = frame("warnings", [{"message": f"{name} is made up."}])
    return Run(
        _scenario(name, question, endpoints, queues, steps, replications),
        {"schema": 1, "seed": 7, "replications": replications, "python": "3.11.0", "versions": {"dcplan": "0"}},
        {"schema": 1, "scenario": name, "kpis": dict(_kpis(gathered, endpoints, queues, replications, idle))},
        gathered,
    )


def _scenario(
    name: str, question: str, endpoints: Sequence[str], queues: Sequence[str], steps: int, replications: int
) -> str:
    serves = {
        each: {"replicas": 8, "batching": {"max_batch": 4, "max_delay": "0.005 s"}}
        | ({"slo": {"p99": "0.1 s"}} if place % 3 == 0 else {"slo": {"p90": "0.02 s"}} if place % 3 == 1 else {})
        for place, each in enumerate(endpoints)
    }
    data = {
        "name": name,
        "question": question,
        "start": "2025-07-07T00:00:00",
        "horizon": f"{steps * STEP_S!r} s",
        "warm_up": "0.0 s",
        "replications": replications,
        "step": f"{STEP_S!r} s",
        "facility": {"power": {"utility": {"limit": "20000.0 W"}}},
        "endpoints": serves,
        "training": {each: {"slots": 4} for each in queues},
    }
    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True))


Rows = Sequence[dict[str, Any]] | dict[str, Any]


def _tables(
    replication: int,
    endpoints: Sequence[str],
    queues: Sequence[str],
    owners: Sequence[str],
    steps: int,
    idle: Sequence[str],
    site: bool,
    servers: bool,
) -> Iterator[tuple[str, Rows]]:
    random = np.random.default_rng(replication)
    time_s = np.arange(steps) * STEP_S
    key = {"replication": replication, "time_s": time_s, "duration_s": STEP_S}
    day = 1 + 0.4 * np.sin(2 * np.pi * time_s / 86_400)
    for place, name in enumerate(endpoints):
        served = np.zeros(steps, dtype=int) if name in idle else random.poisson(20 * (place + 1) * day * STEP_S)
        counts = {"arrived": served, "served": served, "dropped": 0, "within_slo": served, "in_system": served // 400}
        sums = {"latency_s": 0.02 * served, "wait_s": 0.01 * served, "busy_s": 0.1 * served / (place + 1)}
        yield "endpoints", key | {"endpoint": name} | counts | sums
        yield "latency", _latency(replication, name, 0 if name in idle else 100_000, 0.012 * (place + 1))
        sizes = [] if name in idle else [1, 2, 4]
        batches = {"size": sizes, "count": [70, 20, 10][: len(sizes)]}
        yield "batches", {"replication": replication, "endpoint": name} | batches
    for name in queues:
        yield "jobs", list(_jobs(replication, name, steps * STEP_S))
    if servers:
        it_w = 1500 * day + random.normal(0, 5, steps)
        power = {"idle_w": 700.0, "it_w": it_w, "fan_w": 20.0, "max_w": 3000.0, "performance": np.nan}
        yield "servers", key | {"group": "node", "busy_slots": 10 * day} | power
        yield from (("attribution", key | part) for part in _attribution(owners, it_w))
    if servers and site:
        loads = {load: np.full(steps, float(watt)) for load, watt in LOADS_W.items()}
        facility_w = it_w + sum(loads.values())
        weather = {"dry_bulb_c": 25.0, "wet_bulb_c": 18 + 4 * day, "economiser": 0.1, "water_kg_s": 1e-3}
        weather["pressure_pa"] = 101325.0
        flags = {"extrapolated": False, "shortfall_w": 0.0, "over_limit": "", "redundancy_lost": False}
        flags |= {"heat_removed_w": it_w, "heat_reused_w": 0.0, "server_inlet_c": 24.6, "server_inlet_kg_kg": 0.009}
        flags |= {"outside_recommended": False, "outside_allowable": False}
        on_site = dict.fromkeys((column.name for column in (*ON_SITE, *OF_THE_GRID)), 0.0) | {"grid_w": facility_w}
        power = {"facility_w": facility_w, "it_w": it_w, "psu_loss_w": 0.08 * it_w}
        yield (
            "site",
            key | power | loads | weather | flags | on_site | {"fuel_l_s": 0.0, "fuel_carbon_kg_s": 0.0},
        )
        yield "costs", list(_costs(replication, owners))
        yield "bill", list(_bill(replication))


def _latency(replication: int, name: str, count: int, median_s: float) -> dict[str, Any]:
    edges = 2.0 ** (np.arange(-1024, 256) / 128)
    rising = 0.5 * (1 + np.tanh(2.2 * np.log(edges / median_s)))
    counts = np.diff(np.round(count * rising)).astype(int)
    used = np.flatnonzero(counts)
    return {
        "replication": replication,
        "endpoint": name,
        "low_s": edges[used],
        "high_s": edges[used + 1],
        "count": counts[used],
    }


def _jobs(replication: int, queue: str, horizon_s: float) -> Iterator[dict[str, Any]]:
    for number, submit_s in enumerate(np.repeat(np.arange(0, horizon_s, horizon_s / 4), 3)):
        start_s = submit_s + 600.0 * (number % 3)
        end_s = start_s + 5000.0 + 100 * replication
        yield {
            "replication": replication,
            "queue": queue,
            "job": number,
            "submit_s": submit_s,
            "start_s": start_s,
            "end_s": end_s if end_s < horizon_s else np.nan,
            "slots": 1,
            "work_s": end_s - start_s,
            "soonest_s": float("nan"),
            "saved": 0.0,
        }


def _attribution(owners: Sequence[str], it_w: np.ndarray) -> Iterator[dict[str, Any]]:
    active_j = (it_w - 700.0) * STEP_S
    users = len(owners) - 1
    for owner in owners:
        active = 0.0 * active_j if owner == "unused" else active_j / users
        row = {"owner": owner, "reserved_slot_s": 1.0, "off_slot_s": 0.0, "idle_j": 700.0 * STEP_S / len(owners)}
        yield row | {"active_j": active if users else active_j}


def _costs(replication: int, owners: Sequence[str]) -> Iterator[dict[str, Any]]:
    items = {
        "electricity: energy, off_peak": 4.0,
        "electricity: demand, any hour": 3.0 + 0.01 * replication,
        "electricity: demand, off_peak": 0.0,
        "water": 1.0,
        "servers": 60.0,
        "building and plant": 30.0,
    }
    for item, usd in items.items():
        for owner in owners:
            yield {"replication": replication, "item": item, "owner": owner, "usd": usd / len(owners)}


def _bill(replication: int) -> Iterator[dict[str, Any]]:
    lines = {
        "energy, off_peak": ("energy", 100.0, "kWh", 4.0),
        "demand, any hour": ("demand", 2.0, "kW", 3.0 + 0.01 * replication),
        "demand, off_peak": ("demand", 2.0, "kW", 0.0),
    }
    for item, (kind, quantity, unit, usd) in lines.items():
        row = {"replication": replication, "month": "2025-07", "item": item, "kind": kind, "quantity": quantity}
        yield row | {"unit": unit, "share": 1.0, "usd": usd}


def _assumptions(name: str) -> list[dict[str, Any]]:
    row = {"part": "site", "name": "weather", "value": "one year", "kind": "measured", "verified": True}
    return [
        row | {"source": "a station, https://example.org/station?a=1&b=2."},
        row | {"part": f"endpoint {name}", "kind": "literature", "verified": False, "source": "a book"},
    ]


def _kpis(
    tables: dict[str, pd.DataFrame],
    endpoints: Sequence[str],
    queues: Sequence[str],
    replications: int,
    idle: Sequence[str],
) -> Iterator[tuple[str, dict[str, Any]]]:
    def kpi(value: float | None, unit: str) -> dict[str, Any]:
        known = value is not None and replications > 1
        return {
            "value": value,
            "unit": unit,
            "low": value * 0.99 if value is not None and known else None,
            "high": value * 1.01 if value is not None and known else None,
        }

    if "servers" in tables:
        yield "it_energy_kwh", kpi(_kwh(tables["servers"], "it_w", replications), "kWh")
    if "site" in tables:
        it_kwh, facility_kwh = (_kwh(tables["site"], power, replications) for power in ("it_w", "facility_w"))
        yield "pue", kpi(facility_kwh / it_kwh, "-")
        yield "facility_energy_kwh", kpi(facility_kwh, "kWh")
        yield "peak_power_kw", kpi(float(tables["site"]["facility_w"].max()) / 1000, "kW")
        yield "carbon_kg", kpi(0.3 * facility_kwh, "kg")
        yield "water_m3", kpi(0.5, "m3")
        yield "cost_total_usd", kpi(float(tables["costs"]["usd"].sum()) / replications, "USD")
        unused = tables["costs"]["owner"] == "unused"
        yield "cost_unused_usd", kpi(float(tables["costs"].loc[unused, "usd"].sum()) / replications, "USD")
    for place, name in enumerate(endpoints):
        off = name in idle
        for level, value in (("p50", 0.012), ("p95", 0.024), ("p99", 0.035)):
            yield f"endpoints.{name}.latency_{level}_s", kpi(None if off else value * (place + 1), "s")
        yield f"endpoints.{name}.slo_attainment", kpi(None if off else 0.995 if place % 3 == 0 else 0.8, "-")
        yield f"endpoints.{name}.dropped", kpi(0.0, "requests")
        yield f"endpoints.{name}.cost_usd_per_1k_requests", kpi(None if off else 0.0123, "USD")
    for name in queues:
        yield f"training.{name}.jobs", kpi(12.0, "jobs")
        yield f"training.{name}.finished", kpi(12.0, "jobs")
        yield f"training.{name}.makespan_s", kpi(6300.0, "s")


def _kwh(table: pd.DataFrame, power: str, replications: int) -> float:
    return float((table[power] * table["duration_s"]).sum()) / replications / J_PER_KWH
