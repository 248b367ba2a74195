from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tiny
from dcplan.errors import InputError
from dcplan.profiles.library import Library, Profile
from dcplan.scenario.demand import Trace
from dcplan.workload.arrivals import Recorded
from dcplan.workload.trace import from_file, from_shape

HOUR_S = 3600.0


def read(folder: Path, text: str, horizon_s: float = 100.0, **keys: str) -> Recorded:
    (folder / "t.csv").write_text(text)
    trace = Trace.model_validate({"kind": "trace", "file": "t.csv"} | keys)
    return from_file(folder / "t.csv", trace, horizon_s)


def shape(folder: Path, text: str, file: str | None = "t.csv") -> Profile:
    path = tiny.write_header(folder / "demand" / "s", **({} if file is None else {"file": file}))
    (path / "t.csv").write_text(text)
    return Library([folder]).load("demand", "s")


def test_one_column_is_a_stamp_per_request(tmp_path: Path) -> None:
    recorded = read(tmp_path, "time_s\n0\n1.5\n1.5\n90\n")
    assert recorded.rate is None
    assert recorded.stamps_s is not None
    assert recorded.stamps_s.tolist() == [0.0, 1.5, 1.5, 90.0]


def test_two_columns_are_rates_and_the_last_lasts_as_long_as_the_one_before(tmp_path: Path) -> None:
    rate = read(tmp_path, "time_s,rate_per_s\n0,1\n10,2\n60,3\n").rate
    assert rate is not None
    assert rate.edges_s.tolist() == [0.0, 10.0, 60.0, 110.0]
    assert rate.rate_per_s.tolist() == [1.0, 2.0, 3.0]


def test_rates_are_rescaled_to_a_mean_over_their_whole_length(tmp_path: Path) -> None:
    rate = read(tmp_path, "time_s,rate_per_s\n0,1\n10,3\n100,1\n", 180.0, mean="10 /s").rate
    assert rate is not None
    assert rate.expected[-1] / rate.edges_s[-1] == pytest.approx(10.0, rel=1e-12)
    assert rate.rate_per_s[1] / rate.rate_per_s[0] == pytest.approx(3.0)


def test_a_parquet_file_is_read_like_a_csv(tmp_path: Path) -> None:
    pd.DataFrame({"time_s": [1.0, 2.0]}).to_parquet(tmp_path / "t.parquet")
    recorded = from_file(tmp_path / "t.parquet", Trace.model_validate({"kind": "trace", "file": "t.parquet"}), 1.0)
    assert recorded.stamps_s is not None
    assert recorded.stamps_s.tolist() == [1.0, 2.0]


def test_an_unknown_column_is_told_because_a_misspelt_rate_would_turn_intervals_into_stamps(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown column 'rate'; known are time_s"):
        read(tmp_path, "time_s,rate\n0,10\n3600,30\n")


def test_stamps_that_end_long_before_the_horizon_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the stamps end after 3 s, before the horizon of"):
        read(tmp_path, "time_s\n1\n2\n3\n")


@pytest.mark.parametrize("empty", ["time_s\n", "time_s,rate_per_s\n"])
def test_a_table_without_rows_is_told(empty: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no rows"):
        read(tmp_path, empty)


def test_stamps_cannot_be_rescaled(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="time stamps cannot be rescaled"):
        read(tmp_path, "time_s\n1\n", mean="2 /s")


def test_rates_that_underflow_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a highest rate of"):
        read(tmp_path, "time_s,rate_per_s\n0,1e308\n100,1e308\n")


def test_a_shape_is_scaled_and_entered_at_the_run_s_place_in_the_week(tmp_path: Path) -> None:
    text = "time_s,relative_rate\n" + "\n".join(f"{hour * 3600},{hour % 24}" for hour in range(168))
    rate = from_shape(shape(tmp_path, text), 23.0, 30 * HOUR_S, 2 * HOUR_S).rate
    assert rate is not None
    assert rate.rate_per_s == pytest.approx(np.array([6.0, 7.0]) * 2)
    assert rate.edges_s.tolist() == [0.0, HOUR_S, 2 * HOUR_S]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\n1\n", "is not a demand shape"),
        ("time_s,relative_rate\n", "holds no rows"),
        ("time_s,relative_rate\n0,1\n", "at least two equal steps"),
        ("time_s,relative_rate\n5,1\n10,1\n", "at least two equal steps"),
        ("time_s,relative_rate\n0,1\n5,1\n11,1\n", "at least two equal steps"),
        ("time_s,relative_rate\n0,1\n0,1\n", "at least two equal steps"),
        ("time_s,relative_rate\n0,0\n5,0\n", "every rate is zero"),
        ("time_s,relative_rate\n0,1\n5,-1\n", "relative_rate is missing, negative or not a number"),
        ("time_s,relative_rate\n0,1\n5,x\n", "relative_rate is missing, negative or not a number"),
    ],
)
def test_a_broken_shape_is_told(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        from_shape(shape(tmp_path, text), 1.0, 0.0, 1.0)


def test_a_shape_whose_file_is_not_named_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the profile has no file"):
        from_shape(shape(tmp_path, "", file=None), 1.0, 0.0, 1.0)
