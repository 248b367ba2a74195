from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tiny
from dcplan.economics.bill import itemised, totals
from dcplan.economics.meter import FloatArray, Metered
from dcplan.energy.optimum import cost_usd
from dcplan.engine.charges import charges_of
from dcplan.engine.plan import Plan
from dcplan.engine.run import simulate
from dcplan.errors import ScenarioError
from dcplan.profiles.library import Library

HOUR_S = 3600.0
SUNNY = tiny.WHOLE.replace("place: flatland", "place: sterling-va").replace(
    "horizon: 2 h\nstep: 15 min", "start: 2025-07-08\nhorizon: 2 days\nstep: 15 min"
)
BATTERY = "energy.battery={energy: 4 kWh, power: 1 kW, ups_reserve: 500 Wh}"
BY_PRICE = "energy.dispatch={kind: time_of_use}"
SUN = "energy.solar={power: 2 kW, tilt: 25 deg, azimuth: 180 deg}"
GENERATORS = "facility.power.generators={rating: 1 kW, needed: 2, permit: 50 h}"
CALL = "energy.demand_response={hot: {at: '2025-07-08 14:00', lasts: 1 h, reduction: 1 kW}}"


def tables(plan: Plan) -> dict[str, pd.DataFrame]:
    return simulate(plan, 0)


def billed(plan: Plan, power_w: FloatArray) -> dict[str, float]:
    """Each item of the bill for *power_w* from the grid [W], [n]."""
    assert plan.site is not None
    grid = plan.grid
    return totals(itemised(plan.site.supply.tariff, Metered(grid.starts_s, grid.durations_s, power_w, plan.site.wall)))


def residual_w(site: pd.DataFrame) -> float:
    made_w = site["solar_w"] + site["wind_w"] + site["storage_w"] + site["grid_w"] - site["export_w"]
    return float((site["facility_w"] - site["generator_w"] - made_w).abs().max())


def test_without_energy_on_site_the_grid_carries_the_building(plan_of: Callable[..., Plan]) -> None:
    found = tables(plan_of(tiny.WHOLE))
    assert found["site"]["grid_w"].tolist() == found["site"]["facility_w"].tolist()
    assert "dispatch" not in found


def test_sun_battery_and_grid_cover_the_building_in_every_step(plan_of: Callable[..., Plan]) -> None:
    found = tables(plan_of(SUNNY, SUN, BATTERY, BY_PRICE, GENERATORS, CALL, "energy.export_limit=500 W"))
    site = found["site"]
    assert residual_w(site) <= 1e-9 * site["facility_w"].max()
    for column in ("solar_w", "storage_w", "export_w", "curtailed_w"):
        assert site[column].abs().max() > 0.0, column
    assert site["export_w"].max() == pytest.approx(500.0)
    assert site["storage_j"].min() >= 3.6e6 * (0.2 * 4 + 0.5 / 0.947924) - 1e-3


def test_the_charge_that_a_battery_gains_is_what_goes_in_less_what_goes_out(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(SUNNY, SUN, BATTERY, BY_PRICE)
    found = tables(plan)
    assert plan.energy is not None
    assert plan.energy.battery is not None
    battery = plan.energy.battery
    given_j = found["site"]["storage_w"] * found["site"]["duration_s"]
    in_j, out_j = -given_j.clip(upper=0.0).sum(), given_j.clip(lower=0.0).sum()
    gained_j = in_j * battery.charge_efficiency - out_j / battery.discharge_efficiency
    assert found["dispatch"]["gained_j"].tolist() == pytest.approx([gained_j])
    assert abs(gained_j) > 3.6e4


def test_wind_at_the_station_turns_turbines(plan_of: Callable[..., Plan]) -> None:
    site = tables(plan_of(SUNNY, "energy.wind={power: 1 kW, hub_height: 100 m}"))["site"]
    assert 0.0 < site["wind_w"].mean() < 850.0
    assert residual_w(site) <= 1e-9 * site["facility_w"].max()


def test_the_bill_and_the_rule_s_cost_are_those_of_the_grid(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(SUNNY, SUN, BATTERY, BY_PRICE)
    found = tables(plan)
    assert plan.site is not None
    bill = billed(plan, found["site"]["grid_w"].to_numpy())
    costs = found["costs"]
    assert costs.loc[costs["item"].str.startswith("electricity"), "usd"].sum() == pytest.approx(sum(bill.values()))
    assert found["dispatch"]["rule_usd"].iloc[0] == pytest.approx(sum(bill.values()) - bill["fixed fee"])


@pytest.mark.parametrize("start", ["2025-03-09", "2025-01-30 12:00"])
def test_prices_of_the_program_are_those_of_the_bill(plan_of: Callable[..., Plan], start: str) -> None:
    plan = plan_of(SUNNY, f"start={start}", "horizon=3 days")
    assert plan.site is not None
    power_w = 1e3 * (2.0 + np.sin(np.arange(len(plan.grid.starts_s))))
    bill = billed(plan, power_w)
    charges = charges_of(plan.site.supply, plan.grid, plan.site.wall)
    ours = cost_usd(charges, power_w, np.zeros_like(power_w), plan.grid.durations_s)
    assert ours == pytest.approx(sum(bill.values()) - bill["fixed fee"], rel=1e-12)


def test_no_rule_beats_the_optimum_and_it_may_be_left_out(plan_of: Callable[..., Plan]) -> None:
    row = tables(plan_of(SUNNY, SUN, BATTERY, BY_PRICE))["dispatch"].iloc[0]
    assert row["optimum_usd"] <= row["rule_usd"] + 1e-9
    row = tables(plan_of(SUNNY, SUN, BATTERY, BY_PRICE, "energy.compare_with_optimum=false"))["dispatch"].iloc[0]
    assert np.isnan(row["optimum_usd"])


def test_a_call_is_met_by_the_battery_then_by_generators_that_may(plan_of: Callable[..., Plan]) -> None:
    idle = "energy.battery={energy: 1 kWh, power: 200 W}"
    without = tables(plan_of(SUNNY, idle, BY_PRICE, CALL))["site"]
    within = (without["time_s"] >= 14 * HOUR_S) & (without["time_s"] < 15 * HOUR_S)
    assert (without.loc[within, "storage_w"] >= 0.0).all()
    asked_w = np.minimum(1000.0, without.loc[within, "facility_w"])
    met_w = without.loc[within, "storage_w"] + without.loc[within, "response_unmet_w"]
    assert met_w.to_numpy() == pytest.approx(asked_w.to_numpy())
    assert without.loc[~within, "response_unmet_w"].max() == 0.0
    site = tables(plan_of(SUNNY, idle, BY_PRICE, CALL, GENERATORS))["site"]
    assert site["response_unmet_w"].max() == 0.0
    assert (site.loc[within, "generator_w"] > 0.0).all()
    assert site.loc[~within, "generator_w"].max() == 0.0
    assert site.loc[within, "fuel_l_s"].min() > site.loc[~within, "fuel_l_s"].max()
    assert (site["generator_beyond"] * site["duration_s"]).sum() / HOUR_S == pytest.approx(1.0 + 2 * 24 * 6 / 8760)


def test_a_call_outside_the_counted_time_asks_for_nothing_and_is_noted(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(SUNNY, SUN, CALL.replace("07-08", "08-08"))
    assert tables(plan)["site"]["response_asked_w"].max() == 0.0
    noted = [row for row in plan.assumptions if row["name"] == "demand response hot"]
    assert noted[0]["value"] == "outside the counted time"
    noted = [row for row in plan_of(SUNNY, SUN, CALL, "horizon=870 min").assumptions if "hot" in row["name"]]
    assert noted[0]["value"].startswith("in part outside the counted time")


def test_what_is_on_site_is_paid(plan_of: Callable[..., Plan]) -> None:
    costs = tables(plan_of(SUNNY, SUN, BATTERY, BY_PRICE))["costs"].groupby("item")["usd"].sum()
    days = 2 / 365
    assert costs["energy on site: solar"] == pytest.approx(2000 * 1.92 / 25 * days)  # no interest in these prices
    assert costs["energy on site: solar, upkeep"] == pytest.approx(2000 * 0.018 * days)
    price_usd = 4 * 253 + 1000 * 0.968 + 222_000
    assert costs["energy on site: battery"] == pytest.approx(price_usd / 10 * days)


def problems(text: str, folder: Path, library: Library, *settings: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        tiny.planned(text, folder, library, settings)
    return str(caught.value)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ((SUN, "site.place=flatland"), "the weather of this place tells no sunlight and wind by the hour"),
        (("energy={}",), "nothing is generated or stored; add 'solar', 'wind' or 'battery'"),
        ((BATTERY,), "a battery needs a rule; add e.g."),
        ((SUN, BY_PRICE), "a rule needs a battery; add 'battery' with energy and power"),
        ((BATTERY, "energy.dispatch={kind: carbon}"), "the carbon of this grid is the same at all times"),
        (
            ("energy.battery={energy: 1 kWh, power: 1 kW, ups_reserve: 2 kWh}", BY_PRICE),
            "energy.battery.ups_reserve: a battery of 1 kWh with a least charge of 20% can give the UPS at most "
            "0.758 kWh, not 2 kWh; keep less, or give the battery more energy",
        ),
        ((SUN, "energy.solar.tilt=95 deg"), "must be at most 90 deg"),
        ((SUN, "energy.solar.azimuth=180"), "a bare number has no unit; write e.g. '25 deg'"),
        ((BATTERY, BY_PRICE, "energy.battery.model=nothing"), "there is no energy profile 'nothing'"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, library: Library, settings: tuple[str, ...], expected: str) -> None:
    assert expected in problems(SUNNY, tmp_path, library, *settings)


def test_the_most_that_a_battery_can_keep_for_the_ups_is_kept(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(SUNNY, "energy.battery={energy: 1 kWh, power: 1 kW, ups_reserve: 758 Wh}", BY_PRICE)
    assert plan.energy is not None
    assert plan.energy.battery is not None
    assert plan.energy.battery.floor_j == pytest.approx(3.6e6, rel=1e-3)


def test_energy_on_site_needs_a_place(tmp_path: Path, library: Library) -> None:
    assert "energy on site needs a place" in problems(tiny.MEASURED, tmp_path, library, SUN)
