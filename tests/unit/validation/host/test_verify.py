"""The whole story on a small scale: a real server in this process and one over HTTP, a second of requests each."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dcplan.profiling import summary
from dcplan.profiling.meters.model import ModelMeter
from dcplan.validation.host import bare, verify
from dcplan.validation.host.cases import Case
from dcplan.validation.host.inprocess import Rule
from dcplan.validation.host.predict import METRICS
from dcplan.validation.host.run import Begun, Measured, nobody
from dcplan.validation.host.schedule import Counted, Schedule
from dcplan.validation.host.ways import Serving

RULE = Rule(4, 0.005)
CASES = [Case("in process", RULE, "poisson", 0.3), Case("http", RULE, "bursty", 0.6)]


def test_predictions_are_written_before_the_runs_and_compared_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "cases", lambda quick: CASES)
    monkeypatch.setattr(
        verify, "QUICK", replace(verify.QUICK, counted=Counted(0.3, 1.3), look_s=0.2, replications=5, sizes=(1, 4))
    )
    monkeypatch.setattr(bare, "QUICK", replace(bare.QUICK, idle_s=0.1, window_s=0.05, windows=(5, 5), budget_s=60))
    monkeypatch.setattr(bare, "require_steady", lambda series: None)
    monkeypatch.setattr(summary, "GROSS", 10.0)  # a busy machine is good enough for this test
    written: list[bool] = []
    really_run = Serving.run

    def run(self: Serving, schedule: Schedule, folder: Path, begun: Begun = nobody) -> Measured:
        if folder.parent.name != "before":
            written.append((folder / "prediction.json").is_file())
        return really_run(self, schedule, folder, begun)

    monkeypatch.setattr(Serving, "run", run)
    result = verify.verify(quick=True, out=tmp_path, meter=ModelMeter((100.0, 200.0), 0.1))
    assert written == [True, True]
    document = json.loads((result.folder / "host.json").read_text())
    assert [case["name"] for case in document["cases"]] == [case.name for case in CASES]
    for case in document["cases"]:
        assert case["unanswered"] == 0
        assert set(case["error"]) == set(METRICS)
        assert all(value > 0 for value in case["measured"][0].values())
        assert case["measured"][0]["mean"] > 0.003
    assert {one["metric"] for one in document["judgements"]} == set(METRICS)
    assert document["power"]["source"] == "model"
    assert len(list(result.folder.rglob("scenario.yaml"))) == 2
    for table in result.folder.rglob("after_idle.csv"):
        assert "fewer than 3 calls" not in table.read_text()
