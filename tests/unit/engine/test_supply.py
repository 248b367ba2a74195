"""What a site buys: tariffs with prices by the hour, contracts, reactive power, and the bill beside the costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import tiny
from dcplan.engine.run import simulate
from dcplan.errors import ScenarioError
from dcplan.kpis.bill import bill_kpis
from dcplan.studies.replicate import replicate

REAL_TIME: dict[str, Any] = {
    "fixed_usd_per_month": 0.0,
    "energy": [{"name": "fee", "price_usd_per_kwh": 0.01}],
    "energy_schedule": {"weekday": [[0] * 24] * 12, "weekend": [[0] * 24] * 12},
    "flat_demand_usd_per_kw_month": 0.0,
    "demand_window": "15 min",
    "real_time": True,
    "coincident": [{"name": "4CP", "usd_per_kw_month": 6.0}],
}
REMEMBERED = tiny.TARIFF | {"ratchet": {"share": 0.9}}
KVA = {
    key: value for key, value in tiny.TARIFF.items() if key in ("fixed_usd_per_month", "energy", "energy_schedule")
} | {
    "flat_demand_usd_per_kva_month": 5.0,
    "demand_window": "30 min",
    "power_factor": {"kva": True},
}


def scenario(tariff: str) -> str:
    return tiny.WHOLE.replace("tariff: flat-tariff", f"tariff: {tariff}")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tiny.write_library(tmp_path_factory.mktemp("profiles"))
    for name, values in (("real-time", REAL_TIME), ("remembered", REMEMBERED), ("kva", KVA)):
        tiny.write_header(folder / "tariff" / name, values=values)
    return folder


def write_series(folder: Path, name: str, column: str, value: float) -> None:
    times = pd.date_range("2025-01-01", "2025-12-31", freq="h")
    pd.DataFrame({"time": times, column: value}).to_csv(folder / name, index=False)


def bill_of(tariff: str, root: Path, folder: Path) -> dict[str, pd.DataFrame]:
    return simulate(tiny.planned(scenario(tariff), folder, tiny.library(root)), 0)


def test_the_bill_is_the_electricity_in_the_costs(root: Path, tmp_path: Path) -> None:
    tables = bill_of("flat-tariff", root, tmp_path)
    bill, costs = tables["bill"], tables["costs"]
    electricity = costs[costs["item"].str.startswith("electricity: ")]
    by_item = electricity.groupby(electricity["item"].str.removeprefix("electricity: "))["usd"].sum()
    assert bill.groupby("item")["usd"].sum().to_dict() == pytest.approx(by_item.to_dict(), abs=1e-9)
    assert bill["usd"].sum() == pytest.approx(electricity["usd"].sum(), abs=1e-9)
    assert set(bill["kind"]) == {"energy", "demand", "fixed"}


def test_prices_by_the_hour_come_from_a_file_beside_the_scenario(root: Path, tmp_path: Path) -> None:
    write_series(tmp_path, "prices.csv", "price_usd_per_mwh", 50.0)
    text = "{profile: real-time, real_time: {file: prices.csv, time_zone: UTC}}"
    bill = bill_of(text, root, tmp_path)["bill"]
    spot, fee = (bill[bill["item"] == item] for item in ("energy, real time", "energy, fee"))
    assert spot["usd"].sum() == pytest.approx(5.0 * fee["usd"].sum())


def test_a_contract_of_a_share_is_used_whole(root: Path, tmp_path: Path) -> None:
    text = "{profile: flat-tariff, ppa: {price: 0.03 USD/kWh, share: 0.25}}"
    tables = bill_of(text, root, tmp_path)
    bill = tables["bill"].groupby("item")["quantity"].sum()
    site = tables["site"]
    kwh = float((site["facility_w"] * site["duration_s"]).sum()) / 3.6e6
    assert bill["PPA, used"] == pytest.approx(0.25 * kwh)
    assert bill["energy, night"] + bill["energy, day"] == pytest.approx(0.75 * kwh)
    assert "PPA, not used" not in bill
    plan = tiny.planned(scenario(text), tmp_path, tiny.library(root))
    kpis = dict(bill_kpis(plan.scenario, tables))
    assert kpis == pytest.approx({"ppa_matched_share": 0.25, "ppa_used_share": 1.0})


def test_a_contract_may_be_paid_as_produced(root: Path, tmp_path: Path) -> None:
    write_series(tmp_path, "wind.csv", "power_mw", 1.0)
    text = "{profile: flat-tariff, ppa: {price: 0.03 USD/kWh, production: {file: wind.csv, time_zone: UTC}}}"
    tables = bill_of(text, root, tmp_path)
    bill = tables["bill"].groupby("item")["quantity"].sum()
    hours = float(tables["site"]["duration_s"].sum()) / 3600.0
    assert bill["PPA, used"] + bill["PPA, not used"] == pytest.approx(1000.0 * hours)


def test_demand_before_the_run_and_peak_hours_are_the_sites(root: Path, tmp_path: Path) -> None:
    text = "{profile: remembered, highest_demand_before: 100 kW}"
    bill = bill_of(text, root, tmp_path)["bill"]
    assert bill.loc[bill["item"] == "demand, any hour", "quantity"].tolist() == pytest.approx([90.0])
    write_series(tmp_path, "prices.csv", "price_usd_per_mwh", 50.0)
    start = tiny.planned(tiny.WHOLE, tmp_path, tiny.library(root)).scenario.start
    hour = f"'{start:%m-%d} 00:00'"
    text = f"{{profile: real-time, real_time: {{file: prices.csv, time_zone: UTC}}, peak_hours: [{hour}]}}"
    tables = bill_of(text, root, tmp_path)
    site, bill = tables["site"], tables["bill"]
    kw = (
        np.average(site["facility_w"][site["time_s"] < 3600.0], weights=site["duration_s"][site["time_s"] < 3600.0])
        / 1e3
    )
    assert bill.loc[bill["item"] == "demand, 4CP", "quantity"].tolist() == pytest.approx([kw])


@pytest.mark.parametrize(("hours", "told"), [("08-18 16:00", True), ("08-18 16:00', '01-01 01:00", False)])
def test_peak_hours_none_of_which_lies_in_the_run_are_told(hours: str, told: bool, root: Path, tmp_path: Path) -> None:
    write_series(tmp_path, "prices.csv", "price_usd_per_mwh", 50.0)
    tariff = f"{{profile: real-time, real_time: {{file: prices.csv, time_zone: UTC}}, peak_hours: ['{hours}']}}"
    run = replicate(tiny.planned(scenario(tariff), tmp_path, tiny.library(root)))
    said = [text for text in run.tables["warnings"]["message"] if text.startswith("None of the hours in 'site.tariff")]
    assert len(said) == told


def test_what_is_assumed_is_listed(root: Path, tmp_path: Path) -> None:
    plan = tiny.planned(scenario("remembered"), tmp_path, tiny.library(root))
    (row,) = (row for row in plan.assumptions if row["name"] == "remembered: highest demand before")
    assert (row["value"], row["kind"]) == ("that of the run", "model")


@pytest.mark.parametrize(
    ("tariff", "said"),
    [
        ("real-time", r"the tariff 'real-time' passes on prices by the hour and no file holds them; write 'tariff: "),
        ("kva", r"the tariff 'kva' bills reactive power and the power factor is not stated; write 'tariff: "),
        (
            "{profile: flat-tariff, real_time: {file: prices.csv, time_zone: UTC}}",
            r"the tariff 'flat-tariff' has prices of its own; remove real_time",
        ),
        ("{profile: flat-tariff, ppa: {price: 0.03 USD/kWh}}", r"give either 'production' \(a file\) or 'share'"),
        ("{profile: flat-tariff, peak_hours: [noon]}", r"write an hour of the calendar such as"),
        ("{profile: real-time, real_time: {file: none.csv, time_zone: UTC}}", r"there is no file 'none.csv'"),
        ("{profile: real-time, real_time: {file: ../none.csv, time_zone: UTC}}", r"lies outside the scenario's folder"),
        ("{profile: kva, power_factor: 1.2}", r"less than or equal to 1"),
    ],
)
def test_what_does_not_fit_is_told_at_its_line(tariff: str, said: str, root: Path, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=said) as caught:
        tiny.planned(scenario(tariff), tmp_path, tiny.library(root))
    assert "site.tariff" in str(caught.value)


def test_demand_in_kva_needs_the_power_factor_and_has_it(root: Path, tmp_path: Path) -> None:
    bill = bill_of("{profile: kva, power_factor: 0.8}", root, tmp_path)["bill"]
    plain = bill_of("flat-tariff", root, tmp_path)["bill"]
    kva, kw = (table[table["item"] == "demand, any hour"]["quantity"].tolist() for table in (bill, plain))
    assert kva == pytest.approx([each / 0.8 for each in kw])
