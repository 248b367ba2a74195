from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest

from dcplan.report.figures.carbon import carbon_figure, carbon_hours_figure
from dcplan.report.theme import finding

START = datetime(2025, 7, 7)


def emitted(**kg: float) -> pd.DataFrame:
    boundaries = {"coal": "scope 2, location", "wind": "scope 2, location", "servers": "scope 3, embodied"}
    boundaries |= {"uncovered": "scope 2, market"}
    return pd.DataFrame(
        [{"replication": 0, "boundary": boundaries[item], "item": item, "kg": each} for item, each in kg.items()]
    )


def test_a_bar_for_each_item_and_a_sum_without_the_second_telling_of_scope_2() -> None:
    figure = carbon_figure(emitted(coal=60.0, wind=10.0, servers=30.0, uncovered=500.0))
    assert figure is not None
    assert [bar.x[0] for bar in figure.data] == [60.0, 10.0, 30.0, 500.0]
    assert finding(figure) == "The run causes 100 kg of CO₂e; 60 % of it comes from coal in the grid's electricity"


def test_one_figure_alone_is_no_picture() -> None:
    assert carbon_figure(emitted(coal=60.0)) is None


def hours(free: float, count: int = 48) -> pd.DataFrame:
    night = pd.Series([1.0 if hour % 24 < 6 else free for hour in range(count)])
    table = pd.DataFrame({"time_s": 3600.0 * pd.Series(range(count)), "duration_s": 3600.0})
    return table.assign(grid_w=2000.0, carbon_free_w=2000.0 * night)


def test_the_hour_with_least_is_named() -> None:
    figure = carbon_hours_figure(hours(0.5), START.replace(hour=3))
    assert figure is not None
    assert figure.data[0].y.tolist()[:3] == [1.0, 1.0, 1.0]
    assert "62 % of the power is free of carbon" in finding(figure)
    assert "least of it at 0:00 (50 %)" in finding(figure)


def test_where_nobody_knows_or_less_than_half_a_day_is_seen_there_is_no_figure() -> None:
    assert carbon_hours_figure(hours(float("nan")), START) is None
    assert carbon_hours_figure(hours(0.5, count=6), START) is None


def test_a_share_that_never_changes_is_told_as_such() -> None:
    figure = carbon_hours_figure(hours(1.0), START)
    assert figure is not None
    assert finding(figure).endswith("at every hour of the day")


@pytest.mark.parametrize("kg", [1e-3, 1e7])
def test_small_and_large_sums_have_units_of_their_own(kg: float) -> None:
    figure = carbon_figure(emitted(coal=kg, servers=kg))
    assert figure is not None
    assert figure.layout.xaxis.title.text == f"CO₂e [{'g' if kg < 1 else 't'}]"
