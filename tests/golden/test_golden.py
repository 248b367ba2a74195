"""The quickstart's KPIs as they were: a number that moves must be explained in the commit that moves it.

`pytest tests/golden --fix` writes them anew.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dcplan.engine.resolve import resolve
from dcplan.profiles.library import default_library, shipped
from dcplan.results.store import to_json
from dcplan.scenario.load import load
from dcplan.studies.replicate import replicate

GOLDEN = Path(__file__).parent / "quickstart.json"
SHORTER = ("horizon=6 h", "warm_up=30 min", "replications=2", "seed=1")


def test_the_quickstart_gives_the_same_numbers_as_before(request: pytest.FixtureRequest) -> None:
    scenario = shipped("scenarios") / "quickstart.yaml"
    kpis = replicate(resolve(load(scenario, SHORTER), default_library(scenario.parent))).kpis
    if request.config.getoption("--fix"):
        GOLDEN.write_text(to_json(kpis), encoding="utf-8")
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert kpis["kpis"].keys() == golden["kpis"].keys()
    for name, kpi in kpis["kpis"].items():
        assert kpi["unit"] == golden["kpis"][name]["unit"], name
        assert kpi["value"] == pytest.approx(golden["kpis"][name]["value"], rel=1e-6, abs=1e-9), name
