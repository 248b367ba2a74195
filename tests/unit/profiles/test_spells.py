"""Spells as the windows of a profile show them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dcplan.errors import InputError
from dcplan.profiles.spells import ENOUGH, read_windows, slow_share, spell_s
from dcplan.profiles.timing import LEVELS

UNIFORM_S = np.array(list(LEVELS.values()))
"""Quantiles of times that are uniform from 0 to 1 s."""


def windows(mean_s: list[float], n: int = 1000) -> pd.DataFrame:
    """Windows of one point, a second apart."""
    return pd.DataFrame({"point": 0, "start_s": np.arange(len(mean_s)), "mean_s": mean_s, "n": n})


def test_windows_that_differ_no_more_than_chance_hold_none_of_the_variance() -> None:
    means_s = np.random.default_rng(1).random((40, 1000)).mean(axis=1)
    assert slow_share(windows(means_s.tolist()), 0, UNIFORM_S) < 0.01


def test_windows_whose_calls_are_all_alike_hold_all_of_it() -> None:
    assert slow_share(windows(np.random.default_rng(1).random(40).tolist()), 0, UNIFORM_S) > 0.8


def test_a_point_without_windows_is_taken_to_have_spells() -> None:
    assert slow_share(windows([0.5] * 10), 1, UNIFORM_S) == 1.0


def test_few_windows_and_windows_without_a_time_tell_no_duration() -> None:
    alternating = [0.4, 0.4, 0.6, 0.6] * ENOUGH
    assert spell_s(windows(alternating), ()) > 0.0
    assert spell_s(windows(alternating[: ENOUGH - 1]), ()) == 0.0
    assert spell_s(windows(alternating).drop(columns="start_s"), ()) == 0.0
    assert spell_s(windows(alternating), [0]) == 0.0


@pytest.mark.parametrize("text", ["", "phase,start_s,mean_s,n\n", "point,phase,mean_s,n\n0,measured,x,1\n", "\0"])
def test_a_table_of_something_else_is_told(text: str, tmp_path: Path) -> None:
    path = tmp_path / "windows.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=r"windows.csv: is not a table of measured times"):
        read_windows(path)


def test_only_windows_that_count_are_read(tmp_path: Path) -> None:
    path = tmp_path / "windows.csv"
    path.write_text("point,phase,mean_s,n\n0,warm_up,2,1\n0,measured,1,1\n0,disturbed,3,1\n")
    assert read_windows(path)["mean_s"].tolist() == [1.0]
