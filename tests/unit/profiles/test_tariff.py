from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiny
from dcplan.errors import InputError
from dcplan.profiles.charges import NamedHour, Percentage, PowerFactor, Ratchet
from dcplan.profiles.library import Library, default_library
from dcplan.profiles.tariff import Tariff, read_tariff


def tariff(folder: Path, **changes: object) -> Tariff:
    values = {key: value for key, value in (tiny.TARIFF | changes).items() if value is not None}
    tiny.write_header(folder / "tariff" / "t", values=values)
    return read_tariff(Library([folder]).load("tariff", "t"))


def test_a_tariff_is_read_as_written(tmp_path: Path) -> None:
    read = tariff(tmp_path)
    assert read.fixed_usd == 31.0
    assert read.energy_names == ("night", "day")
    assert read.energy_usd_per_kwh.tolist() == [0.05, 0.10]
    assert read.demand_usd_per_kw.tolist() == [0.0, 8.0]
    assert read.flat_demand_usd_per_kw == 5.0
    assert read.window_s == 1800.0
    assert read.energy_period.shape == (2, 12, 24)
    assert read.energy_period[0, 6, 8] == 1
    assert read.energy_period[1, 6, 8] == 0


def test_a_tariff_may_have_no_demand_periods(tmp_path: Path) -> None:
    read = tariff(tmp_path, demand=None, demand_schedule=None)
    assert read.demand_names == ()
    assert not read.demand_period.any()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"energy": None}, "'energy'"),
        ({"energy": 5}, "is not a tariff"),
        ({"energy": [5]}, "is not a tariff"),
        ({"energy_schedule": "always"}, "is not a tariff"),
        ({"energy_schedule": {"weekday": [[0] * 24] * 12}}, "'weekend'"),
        ({"energy_schedule": {"weekday": [[0] * 23] * 12, "weekend": [[0] * 23] * 12}}, "12 rows of 24"),
        ({"energy_schedule": {"weekday": [[2] * 24] * 12, "weekend": [[0] * 24] * 12}}, "12 rows of 24"),
        ({"energy_schedule": {"weekday": [[-1] * 24] * 12, "weekend": [[0] * 24] * 12}}, "12 rows of 24"),
        ({"demand_window": 30}, "a bare number has no unit"),
        ({"demand_window": "0 min"}, "demand_window must be longer than 0 s"),
        ({"fixed_usd_per_month": float("nan")}, "a price is not a finite number"),
        ({"fixed_usd_per_month": "free"}, "is not a tariff"),
        (
            {"energy": [{"name": "a", "price_usd_per_kwh": 1}, {"name": "a", "price_usd_per_kwh": 2}]},
            "two periods have the same name",
        ),
    ],
)
def test_a_broken_tariff_is_told(changes: dict[str, object], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        tariff(tmp_path, **changes)


EUROS: dict[str, Any] = {
    "currency": "EUR",
    "exchange": {"usd_per_eur": 1.25, "year": 2024},
    "fixed_eur_per_month": 100.0,
    "energy": [
        {"name": "all", "blocks": [{"up_to_kwh": 1000, "price_eur_per_kwh": 0.2}, {"price_eur_per_kwh": 0.1}]},
    ],
    "energy_schedule": {"weekday": [[0] * 24] * 12, "weekend": [[0] * 24] * 12},
    "flat_demand_blocks": [{"up_to_kw": 100, "eur_per_kw_month": 8.0}, {"eur_per_kw_month": 4.0}],
    "demand_window": "15 min",
    "ratchet": {"share": 0.8, "months": [6, 7, 8, 9], "highest_kw_before": 120},
    "coincident": [{"name": "peak", "eur_per_kw_month": 2.0, "hours": ["07-21 16:00", "2025-08-18 17:00"]}],
    "power_factor": {"reference": 0.9, "raises_demand": True, "eur_per_kvarh": 0.02, "eur_per_kvar_month": 0.4},
    "riders": [{"name": "levy", "kind": "tax", "eur_per_kwh": 0.02}],
    "percentages": [{"name": "VAT", "percent": 19, "of": ["energy", "demand", "fixed", "tax"]}],
    "export": {"net_metering": True, "eur_per_kwh": 0.08},
    "holidays": {"rules": ["12-25"], "observed": "monday"},
}


def euros(folder: Path, **changes: object) -> Tariff:
    values = {key: value for key, value in (EUROS | changes).items() if value is not None}
    tiny.write_header(folder / "tariff" / "e", values=values)
    return read_tariff(Library([folder]).load("tariff", "e"))


def test_prices_in_another_currency_are_read_at_the_stated_rate(tmp_path: Path) -> None:
    read = euros(tmp_path)
    assert read.exchange == "1.25 USD per EUR, 2024"
    assert read.fixed_usd == 125.0
    assert read.energy_blocks[0].usd.tolist() == pytest.approx([0.25, 0.125])
    assert read.energy_blocks[0].up_to.tolist() == [1000.0, np.inf]
    assert read.energy_usd_per_kwh.tolist() == pytest.approx([0.25])
    assert read.flat_demand_blocks is not None
    assert read.flat_demand_blocks.usd.tolist() == pytest.approx([10.0, 5.0])
    assert read.coincident[0].usd_per_kw == pytest.approx(2.5)
    assert read.power_factor == PowerFactor(
        reference=0.9, raises_demand=True, usd_per_kvarh=pytest.approx(0.025), usd_per_kvar=pytest.approx(0.5)
    )
    assert read.riders[0].usd_per_kwh == pytest.approx(0.025)
    assert read.export is not None
    assert read.export.usd_per_kwh.tolist() == pytest.approx([0.1])


def test_what_is_no_price_is_read_as_written(tmp_path: Path) -> None:
    read = euros(tmp_path)
    assert read.ratchet == Ratchet(0.8, (6, 7, 8, 9), 120.0)
    assert read.coincident[0].hours == (NamedHour(None, 7, 21, 16), NamedHour(2025, 8, 18, 17))
    assert read.percentages == (Percentage("VAT", 0.19, ("energy", "demand", "fixed", "tax")),)
    assert read.holidays is not None
    assert read.holidays.observed == "monday"
    assert not read.real_time


def test_demand_in_kva_has_prices_per_kva(tmp_path: Path) -> None:
    kva = {"power_factor": {"kva": True}, "flat_demand_blocks": None, "flat_demand_eur_per_kva_month": 3.0}
    read = euros(tmp_path, **kva)
    assert read.demand_unit == "kVA"
    assert read.flat_demand_usd_per_kw == pytest.approx(3.75)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"exchange": None}, r"its prices are in EUR and costs are in USD: add 'exchange: \{usd_per_eur: ..., year"),
        ({"exchange": {"usd_per_eur": 1.1}}, "costs are in USD: add 'exchange"),
        ({"exchange": {"usd_per_eur": -1.1, "year": 2024}}, "usd_per_eur is -1.1, it must be above 0"),
        ({"fixed_usd_per_month": 1.0}, "unknown key 'fixed_usd_per_month'"),
        ({"ratchet": {"share": 0.8, "month": 6}}, "unknown key 'month'; known are"),
        ({"ratchet": {"share": 0.8, "months": [13]}}, "numbers from 1 to 12"),
        ({"flat_demand_blocks": [{"up_to_kw": 100, "eur_per_kw_month": 8.0}]}, "none in the last"),
        (
            {"flat_demand_blocks": [{"up_to_kw": 9, "eur_per_kw_month": 8}] * 2 + [{"eur_per_kw_month": 8}]},
            "blocks need rising 'up_to_kw'",
        ),
        ({"coincident": [{"name": "p", "eur_per_kw_month": 2.0, "hours": ["noon"]}]}, "'noon' is no hour of the"),
        ({"coincident": [{"name": "p", "eur_per_kw_month": 2.0, "hours": ["02-30 16:00"]}]}, "day is out of range"),
        ({"riders": [{"name": "levy", "kind": "tax"}]}, "the rider 'levy' has no price; give one of"),
        ({"riders": [{"name": "levy", "kind": "gift", "eur_per_kwh": 1}]}, "'gift' is no kind of item; choose from"),
        ({"riders": [{"name": "VAT", "kind": "tax", "eur_per_kwh": 1}]}, "two items have the same name"),
        ({"power_factor": {"reference": 1.2}}, "lies between 0 and 1"),
        ({"holidays": {"rules": ["someday"]}}, "'someday' is no holiday"),
        ({"export": {"eur_per_kwh": [0.1, 0.2]}}, "is not a tariff"),
    ],
)
def test_a_broken_rich_tariff_is_told(changes: dict[str, object], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        euros(tmp_path, **changes)


@pytest.mark.parametrize("name", default_library().names("tariff"))
def test_every_tariff_that_is_shipped_can_be_read(name: str) -> None:
    read = read_tariff(default_library().load("tariff", name))
    assert read.energy_names
    assert read.window_s in (900.0, 1800.0, 3600.0)


def test_at_least_six_structures_are_shipped() -> None:
    shipped = [read_tariff(default_library().load("tariff", name)) for name in default_library().names("tariff")]
    assert len(shipped) >= 7
    for part in ("ratchet", "coincident", "power_factor", "energy_blocks", "demand_blocks", "riders", "holidays"):
        assert any(getattr(each, part) for each in shipped), part
    assert any(each.real_time for each in shipped)
    assert any(each.exchange for each in shipped)
