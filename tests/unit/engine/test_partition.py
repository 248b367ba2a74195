"""Boards that are split into instances: their number, their speed, their power, and whose energy it is."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tiny
from dcplan.engine.plan import Plan
from dcplan.engine.run import simulate
from dcplan.errors import ScenarioError
from dcplan.profiles.library import Library, default_library
from dcplan.profiles.server import load_server, partitioned

SPLIT = """\
name: split
horizon: 1 h
replications: 1
fleet:
  node: {server: tiny-server, count: 3, partition: 2}
endpoints:
  web:
    workload: tiny
    on: node
    replicas: 6
    extrapolate: roofline
    demand: {kind: constant, rate: 2 /s}
"""
PART, MEMORY = 0.4, 0.5
BYTES = 1_000_000


def library(folder: Path, power_w: float | None = 110.0, parameters: int = 1) -> Library:
    """The tiny library, its server full of boards that draw 70 W at rest and 120 W at most, and halves of them 0.4."""
    root = tiny.write_library(folder / "profiles")
    workload = root / "compute" / "tiny-slot" / "tiny"
    work = {"parameter_bytes": parameters, "activation_bytes_per_sample": 1, "flop_per_sample_infer": 1}
    tiny.write_header(workload, recipe={"batch": 64}, work=work, hardware={"accelerator_bytes": BYTES})
    if power_w is not None:
        table = workload / "infer.csv"
        pd.read_csv(table).assign(power_w=power_w).to_csv(table, index=False)
    values = {
        "idle_w": {"value": 100},
        "max_w": {"value": 300},
        "curve": {"r": {"value": 1.4}},
        "boards": {"limit_w": {"value": 120}, "rest_w": {"value": 70}},
        "slots": {"tiny-slot": {"value": 4}},
        "partitions": {"instances_2": {"value": PART, "memory": MEMORY, "source": "made up"}},
    }
    tiny.write_header(root / "power" / "tiny-server", values=values)
    return tiny.library(root)


def planned(folder: Path, text: str = SPLIT, power_w: float | None = 110.0) -> Plan:
    return tiny.planned(text, folder, library(folder, power_w))


def test_each_instance_is_a_slot(tmp_path: Path) -> None:
    assert planned(tmp_path).groups["node"].slots == 3 * 4 * 2
    with pytest.raises(ScenarioError, match=r"25 \(web\) slots are needed, but 3 servers hold 24"):
        planned(tmp_path, SPLIT.replace("replicas: 6", "replicas: 25"))


def test_a_call_takes_as_much_longer_as_an_instance_is_smaller_and_that_is_said(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    times_s = plan.endpoints["web"].rules.service_s[1]
    assert np.trapezoid(times_s, dx=1.0 / (len(times_s) - 1)) == pytest.approx(0.010 / PART)
    (row,) = [row for row in plan.assumptions if row["kind"] == "derived"]
    assert "at most 2.5 times as long" in row["value"]
    assert not row["verified"]
    assert any("in 2 instances with 0.4 of its speed and 0.5 of its memory" in row["value"] for row in plan.assumptions)


@pytest.mark.parametrize("text", [SPLIT, SPLIT.replace(", partition: 2", "")])
def test_a_batch_takes_the_same_energy_as_on_the_whole_board(text: str, tmp_path: Path) -> None:
    """Two calls of 10 ms a second, 40 W above rest, on the whole board."""
    power_w = simulate(planned(tmp_path, text), 0)["servers"]["it_w"]
    assert power_w.tolist() == pytest.approx([3 * 100 + 2 * 0.010 * 40] * len(power_w), rel=1e-3)


def test_an_instance_whose_power_nobody_measured_draws_its_part_of_all_that_a_board_may(tmp_path: Path) -> None:
    tables = simulate(planned(tmp_path, power_w=None), 0)
    busy_s = tables["endpoints"]["busy_s"].sum()
    active_j = tables["attribution"].groupby("owner")["active_j"].sum()
    assert active_j["endpoint web"] == pytest.approx(PART * 50 * busy_s)


def test_idle_power_falls_on_instances_alike(tmp_path: Path) -> None:
    idle_j = simulate(planned(tmp_path), 0)["attribution"].groupby("owner")["idle_j"].sum()
    assert idle_j["endpoint web"] == pytest.approx(3600 * 300 * 6 / 24)
    assert idle_j.sum() == pytest.approx(3600 * 300)


def test_what_was_measured_on_an_instance_is_used_as_it_is(tmp_path: Path) -> None:
    known = library(tmp_path)
    tiny.write_compute(tmp_path / "profiles" / "compute" / "tiny-slot-mig-2" / "tiny", {1: 0.011}, {32: 1.0})
    plan = tiny.planned(SPLIT.replace("    extrapolate: roofline\n", ""), tmp_path, known)
    times_s = plan.endpoints["web"].rules.service_s[1]
    assert np.trapezoid(times_s, dx=1.0 / (len(times_s) - 1)) == pytest.approx(0.011)


def test_without_a_measurement_it_must_be_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"not measured on an instance.*--sku tiny-slot-mig-2.*extrapolate: roof"):
        planned(tmp_path, SPLIT.replace("    extrapolate: roofline\n", ""))


def test_jobs_are_not_derived_for_instances(tmp_path: Path) -> None:
    queue = "training:\n  q: {workload: tiny, on: node, slots: 2, epochs: 2, samples: 400, every: 1 h}\n"
    with pytest.raises(ScenarioError, match=r"training\.q\.workload: .*not measured on an instance.* or remove 'parti"):
        planned(tmp_path, SPLIT + queue)


def test_a_model_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"parameters of tiny take 0.0006 GB, an instance has 0.0005 GB; split"):
        tiny.planned(SPLIT, tmp_path, library(tmp_path, parameters=600_000))
    tiny.planned(SPLIT.replace(", partition: 2", ""), tmp_path, library(tmp_path, parameters=600_000))


def test_models_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    known = library(tmp_path, parameters=600_000)
    shutil.copytree(tmp_path / "profiles/compute/tiny-slot/tiny", tmp_path / "profiles/compute/tiny-slot/other")
    classes = "    sharing: {instances: 1}\n    classes: {a: {}, b: {workload: other}, c: {}}\n"
    text = SPLIT.replace(", partition: 2", "") + classes
    with pytest.raises(
        ScenarioError, match=r"parameters of other, tiny take 0.0012 GB, a board has 0.001 GB; put fewer"
    ):
        tiny.planned(text, tmp_path, known)


def test_boards_are_split_as_their_profile_says_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"node\.partition: .* cannot be split into 3 instances; possible are 2"):
        planned(tmp_path, SPLIT.replace("partition: 2", "partition: 3"))
    known = tiny.library(tiny.write_library(tmp_path / "plain"))
    with pytest.raises(ScenarioError, match=r"cannot be split into 2 instances; remove 'partition'"):
        tiny.planned(SPLIT, tmp_path, known)


@pytest.mark.parametrize("instances", [1, 2, 3, 4, 7])
def test_a_shipped_board_is_never_more_than_whole_and_a_watt_stays_a_watt(instances: int) -> None:
    whole = load_server(default_library(), "hgx-h200-8")
    split = partitioned(whole, instances)
    assert split.slots == {f"h200-sxm-141gb-mig-{instances}": 8 * instances}
    assert split.instance is not None
    assert instances * split.instance.share <= instances * split.instance.memory <= 1.0
    assert instances * split.full_board_w <= whole.full_board_w * (1 + 1e-12)
    assert split.per_board_w == whole.per_board_w
