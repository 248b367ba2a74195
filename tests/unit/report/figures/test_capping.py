"""Power caps: what is wanted, allowed and drawn."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest

from dcplan.report import theme
from dcplan.report.figures.capping import capping_figure
from dcplan.results.store import frame

START = datetime(2025, 7, 7)


def capping(*speeds: float) -> pd.DataFrame:
    """Two groups that want 10 kW each, looked at every ten seconds; slow ones may draw 8 kW."""
    rows = [
        {"replication": 0, "time_s": 10.0 * number, "group": group, "wanted_w": 1e4, "speed": speed}
        | {"drawn_w": 9e3, "allowed_w": 8e3 if speed < 1.0 else 1e4}
        for number, speed in enumerate(speeds, start=1)
        for group in ("a", "b")
    ]
    return frame("capping", rows)


def test_power_of_all_groups_is_added_and_each_has_a_speed() -> None:
    figure = capping_figure(capping(1.0, 0.9, 0.8, 1.0), START, 50.0)
    assert figure is not None
    wanted, allowed, drawn, first, second = (trace.y.tolist() for trace in figure.data)
    assert wanted == pytest.approx([20.0] * 5)
    assert allowed == pytest.approx([20.0, 16.0, 16.0, 20.0, 20.0])
    assert drawn == pytest.approx([18.0] * 5)
    assert first == second == pytest.approx([100.0, 90.0, 80.0, 100.0, 100.0])


def test_the_finding_says_how_long_how_slow_and_how_much_is_missing() -> None:
    figure = capping_figure(capping(1.0, 0.9, 0.8, 1.0), START, 50.0)
    assert figure is not None
    assert theme.finding(figure) == (
        "Power caps slow servers down for 50 % of the time, at worst to 80 % of full speed; when most is missing they "
        "want 20.0 kW and may draw 16.0 kW"
    )


def test_caps_that_never_bind_are_not_drawn() -> None:
    assert capping_figure(capping(1.0, 1.0), START, 30.0) is None
