from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dcplan.errors import InputError
from dcplan.signals.clock import Clock
from dcplan.signals.dated_series import DatedSeries, read_dated

PRICE = {"price_usd_per_kwh": 1.0, "price_usd_per_mwh": 1e-3}
CHICAGO = "America/Chicago"


def write(
    folder: Path, times: list[str], values: list[object] | None = None, column: str = "price_usd_per_kwh"
) -> Path:
    """A CSV with these times; the value of each is its place unless said otherwise."""
    shown = range(len(times)) if values is None else values
    rows = "\n".join(f"{time},{value}" for time, value in zip(times, shown, strict=True))
    path = folder / "prices.csv"
    path.write_text(f"time,{column}\n{rows}\n", encoding="utf-8")
    return path


def hours(day: str, zone: str, steps: int = 24, minutes: int = 60) -> list[str]:
    """What the wall clock shows from midnight of *day* on."""
    wall = pd.date_range(day, periods=steps, freq=f"{minutes}min", tz=zone)
    return [f"{at:%Y-%m-%d %H:%M}" for at in wall]


def means(series: DatedSeries, start: datetime, zone: str, count: int, step_s: float = 3600.0) -> list[float]:
    time_s = step_s * np.arange(count)
    return series.means(Clock(start, zone), time_s, np.full(count, step_s)).tolist()


def test_values_are_taken_at_their_hour_on_the_clock_of_the_site(tmp_path: Path) -> None:
    series = read_dated(write(tmp_path, hours("2025-07-01", CHICAGO)), CHICAGO, PRICE)
    assert means(series, datetime(2025, 7, 1, 3), CHICAGO, 3) == pytest.approx([3.0, 4.0, 5.0])
    assert means(series, datetime(2025, 7, 1, 4), "America/New_York", 2) == pytest.approx([3.0, 4.0])


def test_an_interval_across_two_values_has_their_mean(tmp_path: Path) -> None:
    series = read_dated(write(tmp_path, hours("2025-07-01", CHICAGO)), CHICAGO, PRICE)
    assert means(series, datetime(2025, 7, 1, 0, 45), CHICAGO, 2, 1800.0) == pytest.approx([0.5, 1.0])
    assert means(series, datetime(2025, 7, 1), CHICAGO, 2, 7200.0) == pytest.approx([0.5, 2.5])


def test_the_hour_that_is_missing_in_spring_has_no_row(tmp_path: Path) -> None:
    times = hours("2025-03-09", CHICAGO, 23)
    assert times[1:3] == ["2025-03-09 01:00", "2025-03-09 03:00"]
    series = read_dated(write(tmp_path, times), CHICAGO, PRICE)
    assert means(series, datetime(2025, 3, 9), CHICAGO, 23) == pytest.approx(list(range(23)))


@pytest.mark.parametrize("minutes", [60, 15])
def test_the_hour_that_comes_twice_in_autumn_has_its_rows_twice(tmp_path: Path, minutes: int) -> None:
    count = 25 * 60 // minutes
    times = hours("2025-11-02", CHICAGO, count, minutes)
    assert times.count("2025-11-02 01:00") == 2
    series = read_dated(write(tmp_path, times), CHICAGO, PRICE)
    assert means(series, datetime(2025, 11, 2), CHICAGO, count, 60.0 * minutes) == pytest.approx(list(range(count)))


def test_times_may_carry_their_offset_from_utc_or_be_in_utc(tmp_path: Path) -> None:
    wall = pd.date_range("2025-11-02", periods=25, freq="h", tz=CHICAGO)
    for times, zone in (
        ([at.isoformat() for at in wall], CHICAGO),
        ([f"{at.tz_convert('UTC'):%Y-%m-%d %H:%M}" for at in wall], "UTC"),
        ([f"{at.tz_convert('UTC'):%Y-%m-%dT%H:%MZ}" for at in wall], "UTC"),
    ):
        series = read_dated(write(tmp_path, times), zone, PRICE)
        assert means(series, datetime(2025, 11, 2), CHICAGO, 25) == pytest.approx(list(range(25)))


def test_a_column_says_its_unit(tmp_path: Path) -> None:
    path = write(tmp_path, hours("2025-07-01", CHICAGO), column="price_usd_per_mwh")
    assert means(read_dated(path, CHICAGO, PRICE), datetime(2025, 7, 1, 5), CHICAGO, 1) == pytest.approx([0.005])


@pytest.mark.parametrize(
    ("day", "drop", "add", "said"),
    [
        ("2025-03-09", 2, "2025-03-09 02:00", r"prices.csv:4: the clock of America/Chicago skips 2025-03-09 02:00"),
        (
            "2025-11-02",
            2,
            None,
            r"prices.csv:4: the clock of America/Chicago shows 01:00 twice on 2025-11-02, so 01:00 must stand twice",
        ),
        (
            "2025-07-01",
            5,
            None,
            r"prices.csv:7: 2025-07-01 05:00 is missing before 2025-07-01 06:00, while the rows are 60 min",
        ),
        ("2025-07-01", 5, "2025-07-01 04:00", r"prices.csv:7: 2025-07-01 04:00 stands in line 6 already; remove one"),
        ("2025-07-01", 5, "2025-07-01 03:00", r"prices.csv:7: 2025-07-01 03:00 stands in line 5 already; remove one"),
        ("2025-07-01", 5, "2025-07-01 04:30", r"prices.csv:7: 2025-07-01 04:30 comes too soon after 2025-07-01 04:00"),
        ("2025-07-01", 5, "2025-06-30 05:00", r"prices.csv:7: 2025-06-30 05:00 comes after 2025-07-01 04:00; sort"),
        ("2025-07-01", 5, "noon", r"prices.csv:7: 'noon' is no time such as"),
        ("2025-07-01", 5, "2025-07-01 05:00-05:00", r"prices.csv:7: some times have an offset"),
    ],
)
def test_broken_times_are_told_with_their_line(tmp_path: Path, day: str, drop: int, add: str | None, said: str) -> None:
    times = hours(day, CHICAGO)
    times[drop : drop + 1] = [] if add is None else [add]
    with pytest.raises(InputError, match=said):
        read_dated(write(tmp_path, times), CHICAGO, PRICE)


@pytest.mark.parametrize(
    ("values", "column", "said"),
    [
        ([1, "", 3], "price_usd_per_kwh", r"prices.csv:3: price_usd_per_kwh is missing; write a number in each row"),
        ([1, "n/a!", 3], "price_usd_per_kwh", r"prices.csv:3: price_usd_per_kwh is 'n/a!', which is not a number"),
        ([1, 2, "inf"], "price_usd_per_kwh", r"prices.csv:4: price_usd_per_kwh is 'inf', which is not a number"),
        ([1, -2, 3], "price_usd_per_mwh", r"prices.csv:3: price_usd_per_mwh is -2, too low; the lowest is -0.5"),
        (
            [1, 2, 3],
            "euros",
            "needs the columns 'time' and one of price_usd_per_kwh, price_usd_per_mwh, it has 'time', 'euros'",
        ),
        (["1,1", "2,2", "3,3"], "price_usd_per_kwh,price_usd_per_mwh", "remove all but one"),
    ],
)
def test_broken_values_are_told(tmp_path: Path, values: list[object], column: str, said: str) -> None:
    path = write(tmp_path, hours("2025-07-01", CHICAGO, 3), values, column)
    with pytest.raises(InputError, match=said):
        read_dated(path, CHICAGO, PRICE, lowest=-0.0005)


@pytest.mark.parametrize(("mark", "name"), [(";", "semicolons"), ("\t", "tabs")])
def test_other_marks_than_commas_are_told(tmp_path: Path, mark: str, name: str) -> None:
    path = write(tmp_path, hours("2025-07-01", CHICAGO, 3))
    path.write_text(path.read_text(encoding="utf-8").replace(",", mark), encoding="utf-8")
    with pytest.raises(InputError, match=f"with commas between them; replace the {name} by commas"):
        read_dated(path, CHICAGO, PRICE)


def test_rows_that_run_backwards_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"prices.csv:3: 2025-07-01 22:00 comes after 2025-07-01 23:00; sort the rows"):
        read_dated(write(tmp_path, hours("2025-07-01", CHICAGO)[::-1]), CHICAGO, PRICE)


def test_a_file_that_is_not_there_or_has_one_row_or_no_zone_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no file 'none\.csv' beside the scenario"):
        read_dated(tmp_path / "none.csv", CHICAGO, PRICE)
    with pytest.raises(InputError, match="needs 2 to"):
        read_dated(write(tmp_path, ["2025-07-01 00:00"]), CHICAGO, PRICE)
    with pytest.raises(InputError, match="there is no time zone 'Texas'"):
        read_dated(write(tmp_path, hours("2025-07-01", CHICAGO)), "Texas", PRICE)


def test_a_run_outside_the_file_is_refused_and_one_up_to_its_end_is_not(tmp_path: Path) -> None:
    series = read_dated(write(tmp_path, hours("2025-07-01", CHICAGO)), CHICAGO, PRICE)
    assert len(means(series, datetime(2025, 7, 1), CHICAGO, 24)) == 24
    with pytest.raises(InputError, match=r"covers 2025-07-01 00:00 to 2025-07-02 00:00, the counted time is"):
        means(series, datetime(2025, 7, 1, 1), CHICAGO, 24)
    with pytest.raises(InputError, match="covers"):
        means(series, datetime(2025, 6, 30, 23), CHICAGO, 2)
