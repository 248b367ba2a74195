"""Cases, predictions and verdicts, without a server: made-up call times with a known answer."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from dcplan.profiling.machine import Load
from dcplan.profiling.measure import Series, Window
from dcplan.profiling.point import Key, Point, nothing
from dcplan.validation.host import judge
from dcplan.validation.host.as_profile import write_profile
from dcplan.validation.host.cases import BURSTS, JUDGED, RULES, SHOWN, Case, cases, schedule
from dcplan.validation.host.energy import Draw
from dcplan.validation.host.inprocess import Rule
from dcplan.validation.host.judge import Outcome, known
from dcplan.validation.host.predict import GRID, METRICS, Prediction, predict
from dcplan.validation.host.records import Batches
from dcplan.validation.host.run import Measured
from dcplan.validation.host.schedule import Counted, schedule_of
from dcplan.validation.host.service import Server

COUNTED = Counted(1.0, 11.0)
QUIET = Load(0.5, 0.1)
CASE = Case("in process", Rule(4, 0.005), "poisson", 0.6)


def timed(batch: int, call_s: float, idle_s: float = 0.0) -> Series:
    """A point whose calls all take *call_s*."""
    windows = [Window(float(i), np.full(5, call_s), 5 * call_s, QUIET, 5 * call_s) for i in range(5)]
    return Series(Point(Key("infer", batch, idle_s=idle_s), lambda: nothing), [], True, windows)


def predicted(folder: Path, arrival_s: list[float], case: Case, server: Server, series: list[Series]) -> Prediction:
    """The prediction for requests of two samples each."""
    write_profile(series, server, folder)
    return predict(case, 1.0, schedule_of(np.array(arrival_s), 2), server, COUNTED, 2, folder, 20)


def test_the_cases_are_all_combinations() -> None:
    full, quick = cases(quick=False), cases(quick=True)
    assert len(full) == 2 * len(RULES) * 2 * (len(JUDGED) + 1)
    assert len({case.name for case in full}) == len(full)
    assert sum(case.judged for case in full) == len(full) * 3 // 4
    assert {case.load for case in full if not case.judged} == {SHOWN}
    assert set(quick) <= set(full)
    assert all(case.judged for case in quick)


def test_bursts_have_the_mean_that_was_asked_for() -> None:
    rates, dwell = BURSTS
    assert np.dot(rates, dwell) / np.sum(dwell) == pytest.approx(1.0)
    asked = schedule(replace(CASE, kind="bursty"), 200.0, 2000.0, 1, 8)
    assert len(asked.arrival_s) == pytest.approx(400_000, rel=0.02)
    smooth = schedule(CASE, 200.0, 2000.0, 1, 8)
    counts = [np.histogram(each.arrival_s, 2000)[0].var() for each in (smooth, asked)]
    assert counts[1] > 5 * counts[0]


def test_a_lone_request_takes_delay_cycle_call_and_overhead(tmp_path: Path) -> None:
    server = Server(np.array([0.002]), 0.001, 1.0, 1.0, 0.006)
    arrival_s = [1.5 + i for i in range(9)]
    found = predicted(tmp_path, arrival_s, CASE, server, [timed(2, 0.010), timed(8, 0.030)])
    assert found.value["mean"] == pytest.approx(0.006 + 0.001 + 0.010 + 0.002, rel=1e-3)
    assert found.value["batch"] == 1.0
    assert found.value["cpu"] == pytest.approx(9 * 0.011, rel=1e-3)
    assert found.value["throughput"] == pytest.approx(0.9)
    assert set(found.value) == set(METRICS) - {"energy"}
    assert found.low["p50"] <= found.value["p50"] <= found.high["p50"]
    assert len(found.quantile_s) == len(GRID)


def test_energy_follows_from_how_long_the_server_is_busy(tmp_path: Path) -> None:
    server = Server(np.array([0.0]), 0.0, 1.0, 1.0, 0.0, draw=Draw(50.0, 90.0))
    rule = replace(CASE, rule=Rule(1, 0.0))
    found = predicted(tmp_path, [1.5 + i for i in range(9)], rule, server, [timed(2, 0.1), timed(8, 0.3)])
    assert found.value["energy"] == pytest.approx(50.0 * 10 + 40.0 * 9 * 0.1, rel=0.02)


def test_calls_back_to_back_are_as_slow_as_in_a_crowd(tmp_path: Path) -> None:
    server = Server(np.array([0.0]), 0.001, 1.2, 1.0, 0.0)
    arrival_s = [1.5 + j * 1e-6 for j in range(50)] + [10.5]
    rule = replace(CASE, rule=Rule(1, 0.0))
    found = predicted(tmp_path, arrival_s, rule, server, [timed(2, 0.010), timed(8, 0.030)])
    assert found.value["p99"] == pytest.approx(50 * (1.2 * 0.010 + 0.001), rel=0.03)


def test_requests_together_make_a_batch_at_once(tmp_path: Path) -> None:
    server = Server(np.array([0.0]), 0.0, 1.0, 1.0, 0.006)
    arrival_s = [1.5 + i + j * 1e-6 for i in range(9) for j in range(4)]
    found = predicted(tmp_path, arrival_s, CASE, server, [timed(2, 0.010), timed(8, 0.030)])
    assert found.value["batch"] == 4.0
    assert found.value["p50"] == pytest.approx(0.030, rel=5e-3)


def test_after_a_pause_calls_take_as_long_as_was_measured(tmp_path: Path) -> None:
    server = Server(np.array([0.0]), 0.0, 1.0, 1.0, 0.0)
    series = [timed(2, 0.010), timed(8, 0.030), timed(2, 0.014, idle_s=0.1)]
    rule = replace(CASE, rule=Rule(1, 0.0))
    assert predicted(tmp_path, [1.5, 2.5, 3.5, 10.5], rule, server, series).value["mean"] == pytest.approx(
        0.014, rel=1e-2
    )


def test_the_prediction_is_on_disk_with_its_scenario_and_arrivals(tmp_path: Path) -> None:
    predicted(
        tmp_path, [1.5, 10.5], CASE, Server(np.array([0.0]), 0.0, 1.0, 1.0, 0.005), [timed(2, 0.01), timed(8, 0.03)]
    )
    folder = tmp_path
    assert {path.name for path in folder.iterdir() if path.is_file()} == {
        "arrivals.csv",
        "scenario.yaml",
        "prediction.json",
    }
    written = json.loads((folder / "prediction.json").read_text())
    assert written["name"] == CASE.name
    assert datetime.fromisoformat(written["written"]) <= datetime.now(UTC)


def outcome(case: Case, ours: float, *measured: float, load: Load = QUIET, drift: float = 0.0) -> Outcome:
    """A case whose every metric was predicted as *ours* and measured as *measured*."""
    value = dict.fromkeys(METRICS, ours)
    low, high = (dict.fromkeys(METRICS, factor * ours) for factor in (0.9, 1.1))
    predictions = (Prediction(case, 1.0, value, low, high, []),) * len(measured)
    values = tuple(dict.fromkeys(METRICS, each) for each in measured)
    return Outcome(predictions, values, [], (load,) * len(measured), (drift,) * len(measured), 0, 0.0)


def test_energy_is_judged_only_where_the_meter_told_it_every_time() -> None:
    whole, blind = outcome(CASE, 1.0, 1.0, 1.0), outcome(CASE, 1.0, 1.0, 1.0)
    without = {metric: value for metric, value in blind.measured[1].items() if metric != "energy"}
    blind = replace(blind, measured=(blind.measured[0], without))
    assert known([whole]) == list(METRICS)
    assert known([whole, blind]) == [metric for metric in METRICS if metric != "energy"]


def test_errors_are_judged_by_their_median_over_judged_cases_alone() -> None:
    outcomes = [outcome(CASE, 1.0 + error, 1.0) for error in (0.01, -0.03, 0.2)]
    outcomes.append(outcome(replace(CASE, load=SHOWN), 9.0, 1.0))
    verdicts = {one.metric: one for one in judge.judge(outcomes)}
    assert verdicts["mean"].error == pytest.approx(0.03)
    assert verdicts["mean"].ok
    assert not verdicts["throughput"].ok
    assert verdicts["mean"].cases == 3
    assert verdicts["mean"].inside == pytest.approx(2 / 3)
    assert verdicts["batch"].ok


def test_a_contended_machine_says_so_and_is_judged_by_its_repeatability() -> None:
    quiet = [outcome(CASE, 1.0, 1.1, 1.12) for _ in range(5)]
    busy = [outcome(CASE, 1.0, 1.0, 1.4, load=Load(30.0, 0.0)) for _ in range(5)]
    assert judge.contended(quiet) == ""
    assert not judge.judge(quiet)[0].ok
    assert "others or the hypervisor took CPU time in 10 of 10 runs" in judge.contended(busy)
    assert "the same run repeats itself to 33.3% only" in judge.contended(busy)
    assert judge.judge(busy)[0].target == pytest.approx(0.4 / 1.2)
    assert judge.judge(busy)[0].ok


def test_a_machine_that_became_slower_counts_as_contended_and_is_not_judged_by_luck() -> None:
    drifted = [outcome(CASE, 1.0, 1.3, drift=0.25) for _ in range(5)]
    assert judge.contended(drifted) == "around 5 of 5 runs the bare call took up to 25% more or less than before"
    assert judge.judge(drifted)[0].target == float("inf")
    assert judge.judge(drifted)[0].ok


def test_only_the_part_of_a_run_that_counts_is_compared() -> None:
    arrival_s = np.array([0.5, 2.0, 3.0, 10.99])
    done_s = arrival_s + np.array([9.0, 0.1, 0.3, 0.2])
    done_s[0] = 0.9
    batches = Batches(arrival_s, done_s, np.array([9, 1, 3, 2], np.uint32), np.arange(4, dtype=np.uint32), arrival_s,
                      np.array([1.0, 2.0, 3.0, 4.0]))  # fmt: skip
    measured = Measured(arrival_s, arrival_s, done_s, batches, 11.2, 4.0, 0.0, 0.0, QUIET)
    found = judge.metrics(measured, COUNTED)
    assert found["mean"] == pytest.approx(0.2)
    assert found["throughput"] == pytest.approx(0.2)
    assert found["batch"] == 2.0


def test_slow_spells_make_runs_differ_and_widen_the_interval(tmp_path: Path) -> None:
    """The machine takes a third longer for five of every ten seconds; a run lasts ten."""
    arrival_s = list(np.arange(0.0, 11.0, 0.02))
    spells = np.where(np.arange(60) // 5 % 2, 0.012, 0.009)
    steady = timed(2, float(spells.mean()))
    moody = Series(
        steady.point, [], True, [Window(float(i), np.full(5, s), 0.0, QUIET, 1.0) for i, s in enumerate(spells)]
    )
    rule, server = replace(CASE, rule=Rule(1, 0.0)), Server(np.array([0.0]), 0.0, 1.0, 1.0, 0.0)
    narrow = predicted(tmp_path / "steady", arrival_s, rule, server, [steady, timed(8, 0.03)])
    wide = predicted(tmp_path / "moody", arrival_s, rule, server, [moody, timed(8, 0.03)])
    assert narrow.high["mean"] / narrow.low["mean"] < 1.01
    assert wide.high["mean"] / wide.low["mean"] > 1.1
    assert wide.low["mean"] < narrow.value["mean"] < wide.high["mean"]


def test_each_measurement_is_held_against_its_own_prediction() -> None:
    first, second = outcome(CASE, 1.0, 1.05), outcome(CASE, 1.3, 1.5)
    both = replace(first, predictions=first.predictions + second.predictions, measured=first.measured + second.measured)
    assert both.expected("value", "mean") == pytest.approx(1.15)
    assert both.expected("high", "mean") == pytest.approx(1.265)
    assert both.error("mean") == pytest.approx(1.15 / 1.275 - 1.0)
    assert both.inside("mean") == 0.5
