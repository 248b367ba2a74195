from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import tiny
from dcplan.engine.plan import Plan
from dcplan.engine.run import simulate
from dcplan.kpis.compute import _scaling, compute, latency_quantile
from dcplan.kpis.definitions import ENDPOINT, SITE, STRANDED, TRAINING
from dcplan.results.store import frame, joined
from dcplan.serving.histogram import BINS, bin_of, edges

COOLING = {"ppue_cooling", "heat_reused_kwh", "mlc", "cer", "erf", "ere", "rci_high", "rci_low"}
BUILDING = {
    "pue",
    "itue",
    "tue",
    "elc",
    "wue_l_per_kwh",
    "water_m3",
    "economiser_share",
    "stranded_kw",
    "stranded_share",
    *COOLING,
} | {kpi.name for kpi in SITE if kpi.name.startswith("hours_")}
"""KPIs that need a building."""
SERVERS = {"it_energy_kwh", "iteusv"}
"""KPIs that need servers alone."""
PLACE = {kpi.name for kpi in SITE} - BUILDING - SERVERS
"""KPIs that need a place."""


UNLIMITED = ("rack", "row", "hall")
"""Levels of the power chain that have no limit in the tiny scenario."""


def kpis(plan: Plan) -> dict[str, Any]:
    tables = joined(simulate(plan, number) for number in range(plan.scenario.replications))
    found: dict[str, Any] = compute(plan.scenario, tables)["kpis"]
    return found


def expected(site: set[str], endpoint: set[str], training: set[str]) -> set[str]:
    return site | {f"endpoints.web.{name}" for name in endpoint} | {f"training.nightly.{name}" for name in training}


def test_a_whole_scenario_has_every_kpi_that_is_defined(plan_of: Callable[..., Plan]) -> None:
    every = ({kpi.name for kpi in part} for part in (SITE, ENDPOINT, TRAINING))
    levels = {f"stranded_{level}_{what}" for level in UNLIMITED for what in ("kw", "share")}
    site, endpoint, training = every
    rated = {kpi.name for kpi in STRANDED} - levels
    assert set(kpis(plan_of(tiny.WHOLE))) == expected(site | rated, endpoint, training)


def test_without_a_building_there_is_no_pue(plan_of: Callable[..., Plan]) -> None:
    text = tiny.WHOLE[: tiny.WHOLE.index("facility:")]
    found = kpis(plan_of(text))
    assert not BUILDING & set(found)
    assert set(found) > PLACE
    assert found["facility_energy_kwh"] == found["it_energy_kwh"]


def test_without_a_place_there_is_no_money(plan_of: Callable[..., Plan]) -> None:
    endpoint = {kpi.name for kpi in ENDPOINT} - {"cost_usd", "cost_usd_per_1k_requests", "facility_energy_kwh"}
    training = {kpi.name for kpi in TRAINING} - {"facility_energy_kwh"}
    assert set(kpis(plan_of(tiny.MEASURED))) == expected(SERVERS, endpoint, training)


def test_without_servers_there_is_no_energy(plan_of: Callable[..., Plan]) -> None:
    costs = {"cost_usd", "cost_usd_per_1k_requests", "energy_kwh", "energy_j_per_request", "facility_energy_kwh"}
    endpoint = {kpi.name for kpi in ENDPOINT} - costs - {"slo_attainment"}
    assert set(kpis(plan_of(tiny.SYNTHETIC))) == expected(set(), endpoint, set())


def test_ratios_are_what_their_names_say(plan_of: Callable[..., Plan]) -> None:
    value = {name: kpi["value"] for name, kpi in kpis(plan_of(tiny.WHOLE, "replications=1")).items()}
    assert value["pue"] == pytest.approx(value["facility_energy_kwh"] / value["it_energy_kwh"])
    assert value["carbon_kg"] == pytest.approx(0.25 * value["facility_energy_kwh"])
    assert value["cue_kg_per_kwh"] == pytest.approx(0.25 * value["pue"])
    assert value["wue_l_per_kwh"] == pytest.approx(1000 * value["water_m3"] / value["it_energy_kwh"])
    assert value["endpoints.web.throughput_rps"] == pytest.approx(value["endpoints.web.requests"] / 7200, rel=1e-3)
    water_usd = 4.0 * value["water_m3"]
    parts = value["cost_electricity_usd"] + value["cost_capital_usd"] + water_usd
    assert value["cost_total_usd"] == pytest.approx(parts)
    assert value["load_factor"] == pytest.approx(value["facility_energy_kwh"] / 2 / value["peak_power_kw"])
    assert value["tue"] == pytest.approx(value["pue"] * value["itue"])
    assert 0.0 < value["elc"] < value["pue"] - 1.0
    assert value["mlc"] == pytest.approx(value["ppue_cooling"] - 1.0)
    assert value["mlc"] + value["elc"] < value["pue"] - 1.0  # the rest is light
    assert 1.0 < value["itue"] < 1.5


def test_energy_at_the_meter_is_shared_without_rest(plan_of: Callable[..., Plan]) -> None:
    value = {name: kpi["value"] for name, kpi in kpis(plan_of(tiny.WHOLE, "replications=1")).items()}
    owners = ("endpoints.web.facility_energy_kwh", "training.nightly.facility_energy_kwh", "facility_energy_unused_kwh")
    assert sum(value[name] for name in owners) == pytest.approx(value["facility_energy_kwh"], rel=1e-9)
    assert all(value[name] > 0.0 for name in owners)


def test_busy_slots_are_the_use_of_the_servers(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(tiny.WHOLE, "replications=1")
    servers = simulate(plan, 0)["servers"]
    mean = (servers["busy_slots"] * servers["duration_s"]).sum() / servers["duration_s"].sum()
    assert kpis(plan)["iteusv"]["value"] == pytest.approx(mean / 12)


def test_generators_bring_fuel_into_the_pue(plan_of: Callable[..., Plan]) -> None:
    settings = ("replications=1", "facility.power.generators={rating: 4 kW}")
    value = {name: kpi["value"] for name, kpi in kpis(plan_of(tiny.WHOLE, *settings)).items()}
    test_l = 4.0 * 0.3 * 0.5 / (0.322 * 10.753) * 2 * 12 / 8760
    assert value["generator_fuel_l"] == pytest.approx(test_l)
    assert value["generator_carbon_kg"] == pytest.approx(2.706 * test_l)
    energy_kwh = value["facility_energy_kwh"] + 9.9 * test_l
    assert value["pue"] == pytest.approx(energy_kwh / value["it_energy_kwh"])


def test_servers_with_a_benchmark_have_an_efficiency(tmp_path: Path) -> None:
    root = tiny.write_library(tmp_path / "profiles")
    server = {"idle_w": {"value": 100}, "max_w": {"value": 300}, "curve": {"r": {"value": 1.4}}}
    more = {"slots": {"tiny-slot": {"value": 4}}, "performance": {"value": 6000}}
    tiny.write_header(root / "power" / "tiny-server", values=server | more)
    plan = tiny.planned(tiny.MEASURED, tmp_path, tiny.library(root))
    assert kpis(plan)["iteesv"] == {"value": 20.0, "unit": "1/J", "low": 20.0, "high": 20.0}


def test_an_endpoint_without_requests_has_no_latency(plan_of: Callable[..., Plan]) -> None:
    found = kpis(plan_of(tiny.SYNTHETIC.replace("5 /s", "1e-9 /s")))
    assert found["endpoints.web.requests"]["value"] == 0.0
    assert found["endpoints.web.throughput_rps"]["value"] == 0.0
    for name in ("latency_mean_s", "latency_p50_s", "latency_p99_s", "wait_mean_s", "batch_mean"):
        assert found[f"endpoints.web.{name}"] == {
            "value": None,
            "unit": found[f"endpoints.web.{name}"]["unit"],
            "low": None,
            "high": None,
        }


def test_a_queue_without_jobs_has_no_waits(plan_of: Callable[..., Plan]) -> None:
    found = kpis(plan_of(tiny.MEASURED, "training.nightly.every=day at 23:00"))
    assert found["training.nightly.jobs"]["value"] == 0.0
    assert found["training.nightly.gpu_hours"]["value"] == 0.0
    for name in ("wait_mean_s", "makespan_s", "goodput"):
        assert found[f"training.nightly.{name}"]["value"] is None


def test_training_by_hand(plan_of: Callable[..., Plan]) -> None:
    """Two slots, three jobs of 100 s each hour: two run at once, the third after them."""
    value = {name: kpi["value"] for name, kpi in kpis(plan_of(tiny.MEASURED)).items()}
    assert value["training.nightly.jobs"] == 6
    assert value["training.nightly.finished"] == 6
    assert value["training.nightly.wait_mean_s"] == pytest.approx(100 / 3)
    assert value["training.nightly.makespan_s"] == pytest.approx(200.0)
    assert value["training.nightly.goodput"] == pytest.approx(1.0)
    assert value["training.nightly.gpu_hours"] == pytest.approx(600 / 3600)
    assert value["training.nightly.utilisation"] == pytest.approx(600 / (2 * 7200))


def test_only_the_time_after_the_warm_up_counts_as_busy(plan_of: Callable[..., Plan]) -> None:
    value = {name: kpi["value"] for name, kpi in kpis(plan_of(tiny.MEASURED, "warm_up=150 s")).items()}
    assert value["training.nightly.gpu_hours"] == pytest.approx((50 + 300) / 3600)
    assert value["training.nightly.utilisation"] == pytest.approx(350 / (2 * 7050))


def latency_table(values_s: np.ndarray[Any, np.dtype[np.float64]]) -> pd.DataFrame:
    counts = np.zeros(BINS, dtype=np.int64)
    for value in values_s:
        counts[bin_of(value)] += 1
    used, bounds = np.flatnonzero(counts), edges()
    columns = {
        "replication": 0,
        "endpoint": "a",
        "low_s": bounds[used],
        "high_s": bounds[used + 1],
        "count": counts[used],
    }
    return frame("latency", columns)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("level", [0.01, 0.5, 0.9, 0.95, 0.99, 0.999])
def test_a_quantile_is_within_the_stated_error(seed: int, level: float) -> None:
    values_s = np.random.default_rng(seed).lognormal(-3.0, 1.5, 20_000)
    exact = np.quantile(values_s, level)
    assert latency_quantile(latency_table(values_s), level) == pytest.approx(exact, rel=0.004 + 1e-3)


def test_the_quantile_of_one_value_is_in_its_bin() -> None:
    table = latency_table(np.array([0.25]))
    assert table["low_s"][0] <= latency_quantile(table, 0.5) <= table["high_s"][0]


def test_an_empty_histogram_has_no_quantile() -> None:
    assert np.isnan(latency_quantile(frame("latency", []), 0.5))


def test_a_quantile_rises_with_its_level() -> None:
    table = latency_table(np.random.default_rng(1).exponential(1.0, 500))
    quantiles = [latency_quantile(table, level) for level in np.linspace(0, 1, 101)]
    assert (np.diff(quantiles) >= 0).all()


def test_each_class_has_its_own_numbers(plan_of: Callable[..., Plan]) -> None:
    classes = "endpoints.web.classes={a: {slo: {p95: 1 s}}, b: {share: 3}}"
    found = kpis(plan_of(tiny.MEASURED, classes, "endpoints.web.slo=null"))
    value = {name.removeprefix("endpoints.web."): kpi["value"] for name, kpi in found.items()}
    assert value["attempts_per_request"] == 1.0
    assert value["classes.a.requests"] + value["classes.b.requests"] == pytest.approx(value["requests"])
    assert value["classes.a.slo_attainment"] == pytest.approx(1.0)
    assert "classes.b.slo_attainment" not in value
    mean_s = sum(value[f"classes.{name}.latency_mean_s"] * value[f"classes.{name}.requests"] for name in "ab")
    assert mean_s / value["requests"] == pytest.approx(value["latency_mean_s"], rel=0.02)


def test_replicas_that_are_being_started_are_paid_for() -> None:
    rows = [(0.0, 10, 0), (100.0, 2, 0), (300.0, 2, 4), (400.0, 6, 0)]
    changes = pd.DataFrame(rows, columns=["time_s", "active", "starting"])
    found = dict(_scaling(changes, 200.0, 500.0))
    assert found == {
        "replicas_mean": (100 * 2 + 200 * 6) / 300,
        "replicas_most": 6.0,
        "replica_hours": (100 * 2 + 200 * 6) / 3600,
        "replica_hours_starting": 100 * 4 / 3600,
        "starts": 4.0,
        "scalings": 2.0,
    }


def test_energy_and_money_of_an_endpoint_are_those_of_its_requests(plan_of: Callable[..., Plan]) -> None:
    rule = "{kind: utilisation, target: 0.5, every: 1 min, idle_servers: switch_off}"
    found = kpis(plan_of(tiny.WHOLE, f"endpoints.web.autoscaling={rule}", "endpoints.web.replicas=8"))
    value = {name.removeprefix("endpoints.web."): kpi["value"] for name, kpi in found.items()}
    assert value["energy_kwh"] * 3.6e6 == pytest.approx(value["energy_j_per_request"] * value["requests"], rel=0.01)
    assert value["cost_usd"] * 1000 == pytest.approx(value["cost_usd_per_1k_requests"] * value["requests"], rel=0.01)
    assert 0.0 < value["slot_hours_off"] <= 4 * 2.0
