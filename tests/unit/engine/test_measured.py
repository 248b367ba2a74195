"""Which times a scenario rests on: measured, cut out of a surface, derived, or drawn from a band."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import tiny
from dcplan.engine.plan import Plan
from dcplan.engine.serving import drawn
from dcplan.errors import ScenarioError
from dcplan.studies.replicate import replicate
from dcplan.workload.streams import Streams

ACCURACY = "fold,epoch,seconds,validation_accuracy\n0,1,100,0.7\n0,2,200,0.92\n0,3,300,0.95\n1,1,1,0.99\n"
LIMITS = {
    "peak_fp32": {"value": 1e12, "unit": "FLOP/s"},
    "memory_bandwidth": {"value": 1e11, "unit": "B/s"},
    "roofline_efficiency_compute": {"value": 0.5, "low": 0.25, "high": 1.0},
    "roofline_efficiency_memory": {"value": 0.8, "low": 0.5, "high": 1.0},
}


def planned(folder: Path, *changes: tuple[str, str]) -> Plan:
    """The tiny measured scenario with lines changed."""
    text = tiny.MEASURED
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    known = tiny.library(tiny.write_library(folder / "profiles"))
    return tiny.planned(text, folder, known)


def kpi(plan: Plan, name: str) -> tuple[float, float, float]:
    """Value and interval of a KPI."""
    found = replicate(plan).kpis["kpis"][name]
    return found["value"], found["low"], found["high"]


def test_a_job_to_accuracy_takes_as_long_as_it_did(tmp_path: Path) -> None:
    tiny.write_library(tmp_path / "profiles")
    (tmp_path / "profiles/compute/tiny-slot/tiny/accuracy.csv").write_text(ACCURACY)
    plan = planned(tmp_path, ("epochs: 2, samples: 40000", "to_accuracy: 0.9"))
    assert plan.queues["nightly"].work_s == 200.0
    assert any("to an accuracy of 0.9" in row["value"] for row in plan.assumptions)


def test_an_accuracy_that_was_not_reached_is_refused(tmp_path: Path) -> None:
    tiny.write_library(tmp_path / "profiles")
    (tmp_path / "profiles/compute/tiny-slot/tiny/accuracy.csv").write_text(ACCURACY)
    with pytest.raises(ScenarioError, match=re.escape("training reached an accuracy of 0.950 at most, not 0.96")):
        planned(tmp_path, ("epochs: 2, samples: 40000", "to_accuracy: 0.96"))


def test_an_accuracy_that_was_not_measured_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="training to accuracy was not measured; run dcplan profile with --accurac"):
        planned(tmp_path, ("epochs: 2, samples: 40000", "to_accuracy: 0.9"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("epochs: 2, samples: 40000", "epochs: 2"), "say how long a job is: 'epochs' and 'samples', or 'to_accuracy'"),
        (("epochs: 2", "epochs: 2, to_accuracy: 0.9"), "to_accuracy is measured as a whole; remove 'epochs'"),
        (("workload: tiny\n    on", "workload: tiny\n    tokens: 5\n    on"), "infer takes no tokens"),
        (("{max_batch: 4,", "{max_batch: 4, delay_from: pickup, max_dely: 1,"), "did you mean 'max_delay'"),
        (("replicas: 4", "replicas: 4\n    queue: {kind: shared}\n    extrapolate: linear"), "'none' or 'roofline'"),
    ],
)
def test_what_does_not_go_together_is_said(change: tuple[str, str], message: str, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=re.escape(message)):
        planned(tmp_path, change)


def test_a_machine_nobody_measured_is_refused_unless_the_scenario_says_roofline(tmp_path: Path) -> None:
    root = tiny.write_library(tmp_path / "profiles")
    (root / "compute/tiny-slot/tiny").rename(root / "compute/elsewhere")
    (root / "compute/other").mkdir()
    (root / "compute/elsewhere").rename(root / "compute/other/tiny")
    tiny.write_header(root / "machine" / "tiny-slot", values=LIMITS)
    work = {"flop_per_sample_infer": 1e9, "parameter_bytes": 1e8, "activation_bytes_per_sample": 1e6}
    tiny.write_header(root / "compute" / "other" / "tiny", work=work, recipe={"batch": 64})
    text = tiny.MEASURED[: tiny.MEASURED.index("training:")]
    with pytest.raises(ScenarioError, match="'tiny' was not measured on tiny-slot"):
        tiny.planned(text, tmp_path, tiny.library(root))
    plan = tiny.planned(
        text.replace("replicas: 4", "replicas: 4\n    extrapolate: roofline"), tmp_path, tiny.library(root)
    )
    assert plan.endpoints["web"].rules.service_s[1].mean() == pytest.approx(2e-3)
    derived = [row for row in plan.assumptions if row["kind"] == "derived"]
    assert len(derived) == 1
    assert not derived[0]["verified"]
    warned = replicate(plan).tables["warnings"]["message"]
    assert any(
        message.startswith("tiny was not measured there: its times are derived, by roofline") for message in warned
    )


def test_drawing_profiles_from_their_band_widens_the_interval(tmp_path: Path) -> None:
    long = ("replications: 2", "replications: 20")
    drawn_too = (long[0], f"{long[1]}\ndraw_profiles: true")
    _, low, high = kpi(planned(tmp_path, long), "endpoints.web.utilisation")
    value, wide_low, wide_high = kpi(planned(tmp_path, drawn_too), "endpoints.web.utilisation")
    assert wide_high - wide_low > high - low
    assert wide_low < value < wide_high


def test_who_rests_on_the_same_measurement_gets_the_same_draw() -> None:
    error = np.array([0.0, 0.02, 0.05])
    first, again = (drawn(Streams(1, 3), "tiny/infer", error) for _ in range(2))
    assert first.tolist() == again.tolist()
    assert drawn(Streams(1, 4), "tiny/infer", error).tolist() != first.tolist()
    draws = np.array([drawn(Streams(1, number), "tiny/infer", error) for number in range(3000)])
    np.testing.assert_allclose(draws.mean(axis=0), 1.0, atol=0.004)
    np.testing.assert_allclose(draws.std(axis=0), error, atol=0.003)
