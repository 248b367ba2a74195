from __future__ import annotations

from collections.abc import Callable

import pytest

import tiny
from dcplan.engine.plan import Plan
from dcplan.engine.run import simulate
from dcplan.kpis.carbon import carbon_kpis
from dcplan.kpis.definitions import CARBON

GRID = (
    "site.grid={profile: lands, region: WND, contracts: {wind: {share: 0.6, matching: annual}}, residual_mix: 1 kg/kWh}"
)


def found(plan: Plan) -> dict[str, float]:
    return dict(carbon_kpis(simulate(plan, 0), plan.scenario))


def test_a_grid_by_its_name_has_the_two_that_every_site_has(plan_of: Callable[..., Plan]) -> None:
    assert set(found(plan_of(tiny.WHOLE, "replications=1"))) == {"carbon_kg", "cue_kg_per_kwh"}


def test_all_that_are_defined_are_found(plan_of: Callable[..., Plan]) -> None:
    value = found(plan_of(tiny.WHOLE, GRID, "site.embodied=heavy", "replications=1"))
    assert set(value) == {"carbon_kg", "cue_kg_per_kwh"} | {kpi.name for kpi in CARBON} - {"carbon_marginal_kg"}
    assert value["carbon_market_kg"] == pytest.approx(0.4 * value["carbon_kg"] / 0.5)
    assert 0.5 + 0.5 * 0.5 < value["carbon_free_share"] <= 0.6 + 0.4 * 0.5
    assert value["grid_water_m3"] == pytest.approx(value["carbon_kg"] / 0.5 * 2.0 / 1000.0)
