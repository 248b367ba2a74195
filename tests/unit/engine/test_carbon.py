from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import tiny
from dcplan.engine.plan import Plan
from dcplan.engine.run import simulate
from dcplan.errors import ScenarioError

MORE = (
    "site.grid={profile: lands, region: WND, "
    "contracts: {wind: {share: 0.6, matching: hourly}}, carbon_price: 100 USD/t}"
)


def test_each_boundary_has_its_parts(plan_of: Callable[..., Plan]) -> None:
    tables = simulate(plan_of(tiny.WHOLE, MORE, "site.embodied=heavy", "replications=1"), 0)
    site, carbon = tables["site"], tables["carbon"]
    kwh = float((site["facility_w"] * site["duration_s"]).sum()) / 3.6e6
    found = {(row.boundary, row.item): row.kg for row in carbon.itertuples()}
    share_of_a_year = 2.0 / 8760.0
    assert found == pytest.approx(
        {
            ("scope 2, location", "coal"): 0.5 * kwh,
            ("scope 2, location", "wind"): 0.0,
            ("scope 2, market", "not under contract"): 0.4 * 0.5 * kwh,
            ("scope 3, embodied", "servers"): 3 * 1000.0 * share_of_a_year / 5.0,
            ("scope 3, embodied", "building and plant"): 2000.0 * 0.5 * share_of_a_year / 10.0,
        }
    )
    costs = tables["costs"]
    assert float(costs.loc[costs["item"] == "carbon price", "usd"].sum()) == pytest.approx(0.1 * 0.5 * kwh)


def test_a_contract_and_the_mix_make_power_free_of_carbon(plan_of: Callable[..., Plan]) -> None:
    site = simulate(plan_of(tiny.WHOLE, MORE, "replications=1"), 0)["site"]
    assert (site["carbon_free_w"] / site["facility_w"]).to_numpy() == pytest.approx(0.6 + 0.4 * 0.5)
    assert (site["grid_water_kg_s"] * 3.6e6 / site["facility_w"]).to_numpy() == pytest.approx(2.0)


def test_a_file_tells_what_a_kwh_emits_when_and_what_one_more_would(
    plan_of: Callable[..., Plan], tmp_path: Path
) -> None:
    hours = "2025-01-01 00:00,{}\n2025-01-01 01:00,{}\n2025-01-01 02:00,{}\n"
    (tmp_path / "mean.csv").write_text("time,g_per_kwh\n" + hours.format(100, 300, 0))
    (tmp_path / "more.csv").write_text("time,kg_per_kwh\n" + hours.format(0.8, 0.8, 0.8))
    zone = "time_zone: America/New_York"
    files = f"hourly: {{file: mean.csv, {zone}}}, marginal: {{file: more.csv, {zone}}}"
    grid = f"site.grid={{profile: flat-grid, {files}}}"
    tables = simulate(plan_of(tiny.WHOLE, grid, "replications=1", "start=2025-01-01"), 0)
    site, carbon = tables["site"], tables["carbon"].set_index("boundary")["kg"]
    kwh = site["facility_w"] * site["duration_s"] / 3.6e6
    figures = site["carbon_kg_s"] * 3.6e6 / site["facility_w"]
    assert figures.to_numpy() == pytest.approx([0.1] * 4 + [0.3] * 4)
    assert carbon["scope 2, location"] == pytest.approx(float((kwh * figures).sum()))
    assert carbon["marginal"] == pytest.approx(0.8 * float(kwh.sum()))


def test_a_grid_by_its_name_alone_knows_neither(plan_of: Callable[..., Plan]) -> None:
    tables = simulate(plan_of(tiny.WHOLE, "replications=1"), 0)
    assert tables["site"][["carbon_free_w", "grid_water_kg_s"]].isna().all(axis=None)
    assert tables["carbon"]["boundary"].tolist() == ["scope 2, location"]


def test_a_missing_figure_of_what_was_made_is_named(plan_of: Callable[..., Plan]) -> None:
    with pytest.raises(ScenarioError, match="there is no embodied profile 'light'"):
        plan_of(tiny.WHOLE, "site.embodied=light")


def test_a_region_that_is_not_there_is_told_at_its_key(tmp_path: Path) -> None:
    text = tiny.WHOLE.replace("grid: flat-grid", "grid: {profile: lands, region: XYZ}")
    library = tiny.library(tiny.write_library(tmp_path / "profiles"))
    with pytest.raises(
        ScenarioError, match=r"yaml:\d+: site.grid.region: carbon profile 'lands' has no region 'XYZ'; it"
    ):
        tiny.planned(text, tmp_path, library)
