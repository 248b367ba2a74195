"""How long servers last without cooling: when the line crosses its limit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dcplan.report import theme
from dcplan.report.figures.overheating import overheating_figure, reached_s
from dcplan.results.store import frame


def courses(mean_k_min: float, peak_k_min: float) -> pd.DataFrame:
    """Ten minutes from 25 degC on, at so many kelvins a minute."""
    time_s = np.arange(0.0, 601.0, 60.0)
    parts = [
        frame(
            "overheating",
            {"case": case, "rack_w": 5000.0, "time_s": time_s, "inlet_c": 25.0 + rate * time_s / 60.0, "limit_c": 45.0},
        )
        for case, rate in (("mean", mean_k_min), ("peak", peak_k_min))
    ]
    return pd.concat(parts, ignore_index=True)


def test_the_limit_is_crossed_between_two_points() -> None:
    table = courses(3.0, 8.0)
    assert reached_s(table[table["case"] == "peak"]) == pytest.approx(150.0)
    assert theme.finding(overheating_figure(table)) == (
        "Without any cooling the servers' air is at 45 °C after 2.5 min at the peak power, 6.7 min at the mean"
    )


@pytest.mark.parametrize(
    ("mean", "peak", "said"),
    [
        (1.0, 4.0, "is at 45 °C after 5.0 min at the peak power, later than 10 min at the mean"),
        (1.0, 1.5, "stays below 45 °C for 10 min"),
    ],
)
def test_a_limit_that_is_not_reached_is_told(mean: float, peak: float, said: str) -> None:
    assert theme.finding(overheating_figure(courses(mean, peak))) == f"Without any cooling the servers' air {said}"


def test_air_that_is_too_warm_already_takes_no_time() -> None:
    table = courses(3.0, 8.0).assign(limit_c=20.0)
    assert reached_s(table[table["case"] == "mean"]) == 0.0
