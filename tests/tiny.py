"""A world small enough to calculate by hand: one kind of server, one workload, one place, one tariff."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from dcplan.engine.plan import Plan
from dcplan.engine.resolve import resolve
from dcplan.profiles.library import Library, shipped
from dcplan.profiles.timing import LEVELS
from dcplan.scenario.load import load

HEADER = {"schema": 1, "kind": "synthetic", "source": "made up for tests", "year": 2025, "licence": "none"}

HOUR_S = 3600.0
DAY_S = 86400.0

SYNTHETIC = """\
name: synthetic
horizon: 30 min
replications: 2
endpoints:
  web:
    service: {kind: exponential, mean: 20 ms}
    replicas: 2
    demand: {kind: poisson, rate: 5 /s}
"""
"""Theory only: no servers, no place."""

MEASURED = """\
name: measured
horizon: 2 h
step: 15 min
replications: 2
fleet:
  node: {server: tiny-server, count: 3}
endpoints:
  web:
    workload: tiny
    on: node
    replicas: 4
    batching: {max_batch: 4, max_delay: 5 ms}
    demand: {kind: poisson, rate: 2 /s}
    slo: {p95: 100 ms}
training:
  nightly: {workload: tiny, on: node, slots: 2, jobs: 3, epochs: 2, samples: 40000, every: 1 h}
"""
"""Servers without a place."""

WHOLE = (
    MEASURED
    + """\
site: {place: flatland, grid: flat-grid, tariff: flat-tariff, prices: flat-prices}
facility:
  it_capacity: 2 kW
  power:
    utility: {limit: 10 kW}
    transformer: {rating: 10 kW}
    ups: {rating: 4 kW}
    distribution: {rating: 4 kW}
    supplies: {rating: 400 W}
  cooling: {kind: chilled_water, supply_air: 24 degC, chilled_water: 15 degC, economiser: waterside}
"""
)
"""Servers in a building at a place."""

TARIFF: dict[str, Any] = {
    "fixed_usd_per_month": 31.0,
    "energy": [{"name": "night", "price_usd_per_kwh": 0.05}, {"name": "day", "price_usd_per_kwh": 0.10}],
    "energy_schedule": {"weekday": [[0] * 8 + [1] * 12 + [0] * 4] * 12, "weekend": [[0] * 24] * 12},
    "demand": [{"name": "off", "usd_per_kw_month": 0.0}, {"name": "on", "usd_per_kw_month": 8.0}],
    "demand_schedule": {"weekday": [[0] * 8 + [1] * 12 + [0] * 4] * 12, "weekend": [[0] * 24] * 12},
    "flat_demand_usd_per_kw_month": 5.0,
    "demand_window": "30 min",
}

PRICES = {
    "facility_usd_per_w": 10.0,
    "facility_life_years": 10.0,
    "cpu_server_usd": 5000.0,
    "server_life_years": 5.0,
    "discount_rate": 0.0,
    "water_usd_per_m3": 4.0,
}

UNITS = {
    "facility_usd_per_w": "USD/W",
    "facility_life_years": "a",
    "cpu_server_usd": "USD",
    "server_life_years": "a",
    "discount_rate": "1/a",
    "water_usd_per_m3": "USD/m3",
}

OWNING: dict[str, Any] = {
    "network_share": {"value": 0.1, "unit": "1"},
    "network_life_years": {"value": 5, "unit": "a"},
    "it_maintenance_share": {"value": 0.04, "unit": "1/a"},
    "facility_maintenance": {"value": 100, "unit": "USD/kW/a", "year": 2025},
    "staff_per_mw": {"value": 1.0, "unit": "1/MW"},
    "staff": {"value": 100_000, "unit": "USD/a", "year": 2025},
    "land": {"value": 1_000_000, "unit": "USD/acre", "year": 2025},
    "property_tax_share": {"value": 0.01, "unit": "1/a"},
    "insurance_share": {"value": 0.002, "unit": "1/a"},
}

REGIONS = {
    "regions": {
        "here": {"value": 8.0, "unit": "USD/W", "year": 2023},
        "there": {"value": 9.0, "unit": "EUR/W", "year": 2025},
    },
    "liquid_premium": {"value": 0.1, "unit": "1"},
}

FINANCE = (
    WHOLE
    + """\
finance:
  prices: flat-owning
  year: 2025
  inflation: 0.02
  server_price_change: -0.1
  years: 10
  at_end: sold
  discount_rate: 0.05
  land: 1000 m^2
  colocation: {prices: flat-room, price_change: 0.03}
  cloud: {prices: flat-cloud, pay: on_demand, price_change: -0.1}
"""
)
"""The same, with what owning costs and what renting would."""

INFER = {1: 0.010, 2: 0.012, 4: 0.020, 8: 0.032}
"""Mean time of a call by batch [s]."""

TRAIN = {32: 0.05, 64: 0.08}


def write_header(folder: Path, **header: Any) -> Path:
    """A `profile.yaml` in *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(HEADER | header, sort_keys=False)
    (folder / "profile.yaml").write_text(text, encoding="utf-8")
    return folder


def write_times(path: Path, means_s: dict[int, float], spread: float = 0.2) -> None:
    """A table of measured times whose quantiles run evenly from (1 - spread) to (1 + spread) times the mean."""
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["point", "batch", "time_mean_s", "time_low_s", "time_high_s", "verdict", *LEVELS])
        for point, (batch, mean_s) in enumerate(means_s.items()):
            quantiles = [mean_s * (1 - spread + 2 * spread * level) for level in LEVELS.values()]
            writer.writerow([point, batch, mean_s, 0.99 * mean_s, 1.01 * mean_s, "VALID", *quantiles])


def write_compute(folder: Path, infer: dict[int, float], train: dict[int, float]) -> Path:
    """A measured workload."""
    write_header(folder, recipe={"batch": 64})
    write_times(folder / "infer.csv", infer)
    write_times(folder / "train.csv", train)
    (folder / "windows.csv").write_text("point,phase,start_s,mean_s,n\n")
    return folder


def write_weather(folder: Path, dry_bulb_c: Sequence[float] | None = None, **header: Any) -> Path:
    """A weather year whose row number is its dry bulb, unless said otherwise."""
    write_header(folder, **({"utc_offset_h": -5, "tz": "America/New_York"} | header))
    values = dry_bulb_c if dry_bulb_c is not None else [20.0] * 8760
    rows = "\n".join(f"{value!r},{value - 5!r},101325" for value in values)
    with gzip.open(folder / "hours.csv.gz", "wt") as stream:
        stream.write(f"dry_bulb_c,wet_bulb_c,pressure_pa\n{rows}\n")
    return folder


def write_regions(folder: Path) -> Path:
    """Two grids: half wind and half coal, and one of which nobody knows the mix."""
    values = {
        "carbon_free": ["wind"],
        "source_kg_per_kwh": {"coal": {"value": 0.8, "unit": "kg/kWh"}, "wind": {"value": 0.0, "unit": "kg/kWh"}},
        "water_l_per_kwh": {"WND": {"value": 2.0, "unit": "L/kWh", "source": "made up"}},
    }
    write_header(folder, values=values)
    (folder / "regions.csv").write_text("region,name,year,kg_per_kwh,coal,wind\nWND,Windland,2023,0.5,0.5,0.5\n")
    return folder


def write_library(root: Path) -> Path:
    """All profiles that the scenarios above name."""
    write_compute(root / "compute" / "tiny-slot" / "tiny", INFER, TRAIN)
    server = {"idle_w": {"value": 100}, "max_w": {"value": 300}, "curve": {"r": {"value": 1.4}}}
    write_header(root / "power" / "tiny-server", values=server | {"slots": {"tiny-slot": {"value": 4}}})
    write_weather(root / "weather" / "flatland")
    write_header(root / "carbon" / "flat-grid", values={"kg_per_kwh": {"value": 0.25, "unit": "kg/kWh"}})
    write_regions(root / "carbon" / "lands")
    made = {"cpu_server_kg": 1000.0, "building_kg_per_w": 0.5}
    write_header(root / "embodied" / "heavy", values={name: {"value": value} for name, value in made.items()})
    write_header(root / "tariff" / "flat-tariff", values=TARIFF)
    prices = {name: {"value": value, "unit": UNITS[name]} for name, value in PRICES.items()}
    write_header(root / "cost" / "flat-prices", values=prices)
    write_header(root / "cost" / "flat-owning", values=OWNING)
    write_header(root / "cost" / "flat-regions", values=REGIONS)
    write_header(root / "rent" / "flat-room", values={"per_kw_month": {"value": 200, "unit": "USD/kW/month"}})
    cloud = {"machines": ["tiny-slot"], "on_demand": {"value": 0.5, "unit": "USD/h"}}
    write_header(root / "rent" / "flat-cloud", values=cloud)
    shape = write_header(root / "demand" / "two-level", file="day.csv")
    steps = "\n".join(f"{hour * 3600},{0.5 if hour < 12 else 1.5}" for hour in range(24))
    (shape / "day.csv").write_text(f"time_s,relative_rate\n{steps}\n")
    return root


def library(root: Path) -> Library:
    """The profiles in *root*, and those that dcplan ships (curves of plants and power chains)."""
    return Library((root, shipped("profiles")))


def planned(text: str, folder: Path, known: Library, settings: Sequence[str] = ()) -> Plan:
    """*text* as a file in *folder*, loaded and resolved."""
    path = folder / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    return resolve(load(path, settings), known)
