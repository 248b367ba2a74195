"""Whole runs through every part: nothing is lost, nothing is made up, and the same run is the same run."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import tiny
from dcplan.engine.plan import Plan
from dcplan.engine.run import simulate
from dcplan.results import store
from dcplan.results.columns import SITE_LOADS
from dcplan.scenario import source
from dcplan.studies.replicate import replicate

Tables = dict[str, pd.DataFrame]

whole_runs = settings(max_examples=20, deadline=None)

DEMANDS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(lambda rate: {"kind": "constant", "rate": f"{rate} /s"}, st.floats(0.01, 3)),
    st.builds(lambda rate: {"kind": "poisson", "rate": f"{rate} /s"}, st.floats(0.01, 3)),
    st.builds(
        lambda rate, cv: {"kind": "gamma", "rate": f"{rate} /s", "cv": cv}, st.floats(0.01, 3), st.floats(0.1, 4)
    ),
    st.builds(
        lambda low, high: {"kind": "mmpp", "rates": [f"{low} /s", f"{high} /s"], "dwell": ["60 s", "10 s"]},
        st.floats(0, 1),
        st.floats(0.1, 5),
    ),
    st.builds(
        lambda mean, hours: {"kind": "diurnal", "mean": f"{mean} /s", "daily": hours},
        st.floats(0.01, 2),
        st.lists(st.floats(0.01, 5), min_size=24, max_size=24),
    ),
)
SERVICES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(
        lambda kind, mean: {"kind": kind, "mean": f"{mean} s"},
        st.sampled_from(["deterministic", "exponential"]),
        st.floats(0.001, 5),
    ),
    st.builds(
        lambda mean, cv: {"kind": "lognormal", "mean": f"{mean} s", "cv": cv}, st.floats(0.001, 5), st.floats(0.1, 3)
    ),
)
QUEUES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({"kind": st.just("shared")}, optional={"limit": st.integers(0, 20)}),
    st.fixed_dictionaries({"kind": st.just("per_replica")}, optional={"limit": st.integers(0, 20)}),
)
CACHES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(lambda size: {"kind": "lru", "size": size}, st.integers(1, 50)),
    st.builds(
        lambda ttl, since: {"kind": "ttl", "ttl": f"{ttl} s", "ttl_from": since},
        st.floats(0.1, 300),
        st.sampled_from(["put", "request"]),
    ),
).map(lambda kind: kind | {"objects": 50, "skew": 0.9, "hit": "50 ms"})


@st.composite
def scalings(draw: st.DrawFn, on_servers: bool, shared: bool) -> dict[str, Any]:
    """Replicas that come and go, all of them if their queue is shared, with their servers or without."""
    scaling: dict[str, Any] = {
        "kind": draw(st.sampled_from(["utilisation", "per_replica", "predictive"])),
        "target": draw(st.floats(0.1, 1.0)),
        "every": draw(st.sampled_from(["10 s", "77 s"])),
        "start_up": draw(st.sampled_from(["0 s", "100 s"])),
        "cool_down": draw(st.sampled_from(["0 s", "3 min"])),
        "least": draw(st.integers(0 if shared else 1, 1)),
    }
    return scaling | ({"idle_servers": draw(st.sampled_from(["keep_on", "switch_off"]))} if on_servers else {})


@st.composite
def endpoints(draw: st.DrawFn, on_servers: bool = False) -> dict[str, Any]:
    """One endpoint, of any kind, small enough for half an hour to take a blink."""
    size = draw(st.integers(1, 4))
    endpoint: dict[str, Any] = {
        "replicas": draw(st.integers(1, 3)),
        "demand": draw(DEMANDS),
        "queue": draw(QUEUES),
        "batching": {"max_batch": size, "max_delay": f"{draw(st.sampled_from([0, 0.01, 1]))} s"},
        "slo": {"p95": "1 s"},
    }
    if draw(st.booleans()):
        endpoint["cache"] = draw(CACHES)
    shared = endpoint["queue"]["kind"] == "shared"
    if not shared:
        endpoint["routing"] = draw(
            st.sampled_from(["round_robin", "random", "least_loaded", "power_of_two", "affinity"])
        )
        if endpoint["routing"] == "affinity":
            endpoint["sessions"] = {"count": draw(st.integers(1, 1000)), "skew": draw(st.sampled_from([0.0, 1.0]))}
        elif not on_servers and draw(st.booleans()):
            zone = {"replicas": endpoint["replicas"], "share": 1}
            endpoint |= {"zones": {"a": zone, "b": zone}, "replicas": 2 * zone["replicas"], "hop": "10 ms"}
            endpoint |= {"spill_over": draw(st.integers(1, 9))}
        elif "cache" not in endpoint and draw(st.booleans()):
            endpoint["sharing"] = {"instances": draw(st.integers(1, 3))}
            endpoint["classes"] = draw(st.sampled_from([{}, {"a": {}, "b": {"instances": 2, "share": 3}}]))
    if draw(st.booleans()):
        endpoint["autoscaling"] = draw(scalings(on_servers, shared))
    if on_servers:
        samples = draw(st.integers(1, 600))
        return endpoint | {"workload": "tiny", "on": "node", "samples_per_request": samples}
    return endpoint | {"service": draw(SERVICES)}


@st.composite
def synthetic(draw: st.DrawFn) -> dict[str, Any]:
    """Half an hour of some endpoint, with any grid, warm-up and seed."""
    return {
        "name": "random",
        "horizon": "30 min",
        "step": draw(st.sampled_from(["30 min", "5 min", "77 s"])),
        "warm_up": draw(st.sampled_from(["0 s", "5 min", "123.4 s"])),
        "seed": draw(st.integers(0, 2**31)),
        "replications": 2,
        "endpoints": {"web": draw(endpoints())},
    }


@st.composite
def whole(draw: st.DrawFn) -> dict[str, Any]:
    """Half an hour of an endpoint and a training queue on servers in a building, in any season."""
    scenario: dict[str, Any] = source.scalar(tiny.WHOLE)
    return scenario | {
        "horizon": "30 min",
        "step": draw(st.sampled_from(["30 min", "5 min", "77 s"])),
        "warm_up": draw(st.sampled_from(["0 s", "5 min"])),
        "start": f"2025-{draw(st.integers(1, 12)):02}-{draw(st.integers(1, 28)):02} {draw(st.integers(0, 23)):02}:00",
        "seed": draw(st.integers(0, 2**31)),
        "endpoints": {"web": draw(endpoints(on_servers=True)) | {"replicas": draw(st.integers(1, 8))}},
        "training": {
            "nightly": scenario["training"]["nightly"]
            | {
                "slots": draw(st.integers(1, 4)),
                "jobs": draw(st.integers(1, 6)),
                "every": f"{draw(st.integers(60, 900))} s",
            }
        },
    }


@pytest.fixture(scope="module")
def plan(profiles: Path) -> Callable[[dict[str, Any]], Plan]:
    """From a scenario as a mapping to its plan."""

    def planned(scenario: dict[str, Any]) -> Plan:
        with tempfile.TemporaryDirectory() as folder:
            return tiny.planned(yaml.safe_dump(scenario), Path(folder), tiny.library(profiles))

    return planned


Planned = Callable[[dict[str, Any]], Plan]


def sums_up(steps: pd.DataFrame, plan: Plan) -> None:
    """Requests in = served + dropped + change in system, step by step; nobody is busier than all the time."""
    change = steps["arrived"] - steps["served"] - steps["dropped"]
    before = steps["in_system"].shift(fill_value=int(steps["in_system"].iloc[0] - change.iloc[0]))
    assert (steps["in_system"] - before == change).all()
    assert (steps[["arrived", "served", "dropped", "within_slo", "in_system"]] >= 0).all(axis=None)
    assert (steps["within_slo"] <= steps["served"]).all()
    replicas = plan.scenario.endpoints[steps["endpoint"].iloc[0]].replicas
    assert (steps["busy_s"] <= replicas * steps["duration_s"] * (1 + 1e-9)).all()
    assert steps["duration_s"].sum() == pytest.approx(plan.grid.counted_s, rel=1e-9)


@whole_runs
@given(scenario=synthetic())
def test_every_request_is_served_dropped_or_still_there(scenario: dict[str, Any], plan: Planned) -> None:
    resolved = plan(scenario)
    for replication in range(2):
        tables = simulate(resolved, replication)
        sums_up(tables["endpoints"], resolved)
        assert tables["latency"]["count"].sum() == tables["endpoints"]["served"].sum()
        spec = resolved.scenario.endpoints["web"]
        limit = spec.queue.limit
        if limit is not None and spec.cache is None:
            queues = 1 if spec.queue.kind == "shared" else spec.replicas
            shared, kinds = spec.sharing, spec.kinds.values()
            at_once = [1] if shared is None else [each.instances or shared.instances for each in kinds]
            held = limit * queues * len(at_once) + spec.replicas * spec.batching.max_batch * sum(at_once)
            assert tables["endpoints"]["in_system"].max() <= held


@whole_runs
@given(scenario=synthetic())
def test_without_a_warm_up_batches_hold_the_requests_that_were_started(scenario: dict[str, Any], plan: Planned) -> None:
    tables = simulate(plan(scenario | {"warm_up": "0 s"}), 0)
    steps = tables["endpoints"]
    started = int((tables["batches"]["size"] * tables["batches"]["count"]).sum())
    hits = int(tables["cache"]["hits"].sum()) if "cache" in tables else 0
    assert steps["served"].sum() <= hits + started <= steps["arrived"].sum() - steps["dropped"].sum()
    assert (tables["batches"]["size"] <= scenario["endpoints"]["web"]["batching"]["max_batch"]).all()


@whole_runs
@given(scenario=synthetic())
def test_the_same_seed_gives_the_same_bytes_whatever_the_workers(scenario: dict[str, Any], plan: Planned) -> None:
    one, two = (store.to_json(replicate(plan(scenario), workers).kpis) for workers in (1, 2))
    assert one == two


@whole_runs
@given(scenario=synthetic())
def test_another_seed_gives_other_requests(scenario: dict[str, Any], plan: Planned) -> None:
    busy = {"kind": "poisson", "rate": "2 /s"}
    scenario["endpoints"]["web"]["demand"] = busy
    here = simulate(plan(scenario), 0)["endpoints"]
    there = simulate(plan(scenario | {"seed": scenario["seed"] + 1}), 0)["endpoints"]
    assert here.drop(columns="endpoint").to_numpy().tolist() != there.drop(columns="endpoint").to_numpy().tolist()


@whole_runs
@given(scenario=synthetic(), other=endpoints())
def test_another_endpoint_changes_nothing_for_the_first(
    scenario: dict[str, Any], other: dict[str, Any], plan: Planned
) -> None:
    alone = replicate(plan(scenario)).kpis["kpis"]
    beside = scenario | {"endpoints": {"another": other, **scenario["endpoints"]}}
    together = replicate(plan(beside)).kpis["kpis"]
    assert {name: together[name] for name in alone} == alone


@whole_runs
@given(scenario=whole())
def test_energy_and_money_sum_up_in_a_whole_building(scenario: dict[str, Any], plan: Planned) -> None:
    resolved = plan(scenario)
    tables = simulate(resolved, 0)
    sums_up(tables["endpoints"], resolved)
    _energy_sums_up(tables)
    _money_sums_up(tables)
    _slots_sum_up(tables, resolved)


def _energy_sums_up(tables: Tables) -> None:
    site, servers, attribution = tables["site"], tables["servers"], tables["attribution"]
    unknown = ["carbon_free_w", "grid_water_kg_s"]  # of a grid of which nothing but its carbon is said
    assert np.isfinite(site.select_dtypes("number").drop(columns=unknown)).all(axis=None)
    parts_w = site["it_w"] + sum(site[column.name] for column in SITE_LOADS)
    np.testing.assert_allclose(site["facility_w"], parts_w, rtol=1e-6)
    assert (site["facility_w"] > site["it_w"]).all()
    it_j = float((servers["it_w"] * servers["duration_s"]).sum())
    assert float((site["it_w"] * site["duration_s"]).sum()) == pytest.approx(it_j, rel=1e-9)
    assert float(attribution[["idle_j", "active_j"]].sum(axis=None)) == pytest.approx(it_j, rel=1e-9)
    assert (site["water_kg_s"] >= 0).all()


def _money_sums_up(tables: Tables) -> None:
    costs = tables["costs"]
    assert (costs["usd"] >= 0).all()
    whole_usd, by_item = costs["usd"].sum(), costs.groupby("item")["usd"].sum().sum()
    assert whole_usd == pytest.approx(by_item, rel=1e-9)
    assert set(costs["owner"]) == {"endpoint web", "training nightly", "unused"}


def _slots_sum_up(tables: Tables, plan: Plan) -> None:
    servers, jobs, steps = tables["servers"], tables["jobs"], tables["endpoints"]
    assert (servers["busy_slots"] <= 12 * (1 + 1e-9)).all()
    end_s, start_s = plan.scenario.horizon, plan.scenario.warm_up
    busy = jobs["end_s"].fillna(end_s).clip(start_s) - jobs["start_s"].fillna(end_s).clip(start_s)
    busy_s = float(busy.sum() + steps["busy_s"].sum())
    assert float((servers["busy_slots"] * servers["duration_s"]).sum()) == pytest.approx(busy_s, rel=1e-9, abs=1e-6)
    reserved = float(tables["attribution"]["reserved_slot_s"].sum())
    assert reserved == pytest.approx(12 * plan.grid.counted_s, rel=1e-9)
    running = [(jobs["start_s"] <= start) & ~(jobs["end_s"] <= start) for start in jobs["start_s"].dropna()]
    assert all(int(now.sum()) <= plan.scenario.training["nightly"].slots for now in running)


def test_costs_sum_to_the_total(plan: Planned) -> None:
    run = replicate(plan(source.scalar(tiny.WHOLE) | {"replications": 1}))
    assert run.kpis["kpis"]["cost_total_usd"]["value"] == pytest.approx(run.tables["costs"]["usd"].sum())


def test_more_load_needs_more_energy_and_never_less_than_idle(plan: Planned) -> None:
    scenario = source.scalar(tiny.MEASURED)
    idle_kwh = 3 * 100 * 2 / 1000
    last = idle_kwh
    for rate in (1, 10, 50, 100):
        scenario["endpoints"]["web"]["demand"]["rate"] = f"{rate} /s"
        used = replicate(plan(scenario)).kpis["kpis"]["it_energy_kwh"]["value"]
        assert used > last
        last = used
