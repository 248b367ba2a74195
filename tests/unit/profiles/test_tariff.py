from __future__ import annotations

from pathlib import Path

import pytest

import tiny
from dcplan.errors import InputError
from dcplan.profiles.library import Library
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
