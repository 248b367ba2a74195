"""Plant mode, PUE by weather and load, and the heat map of hours and days."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from dcplan.report import theme
from dcplan.report.figures.plant import by_hour_and_day, mode_figure, modes, pue_figure, year_figure
from unit.report.figures.made_up_site import site

START = datetime(2025, 1, 1)
HOUR_S, DAY_S = 3600.0, 86400.0


def test_a_mode_is_read_off_the_share_without_compressors() -> None:
    table = site(3, economiser=np.array([1.0, 0.4, 0.0]))
    assert modes(table["economiser"]).to_list() == ["No compressor", "Both", "Compressors alone"]


def test_bars_are_shares_of_their_day() -> None:
    economiser = np.repeat([1.0, 0.5, 0.0, 1.0, 1.0], 24)
    economiser[:12] = 0.0
    figure = mode_figure(site(120, replications=2, economiser=economiser), START, 5 * DAY_S)
    assert figure is not None
    free, both, alone = (dict(zip(bar.x, bar.y.tolist(), strict=True)) for bar in figure.data)
    assert free["2025-01-01 00:00"] == 50.0
    assert both["2025-01-02 00:00"] == 100.0
    assert alone["2025-01-03 00:00"] == 100.0
    assert theme.finding(figure) == (
        "No compressor runs for 50 % of the time; for 20 % it carries a part of the heat; for 30 % all of it"
    )


@pytest.mark.parametrize(("days", "first"), [(1, "2025-01-01 00:00"), (5, "2025-01-01 00:00"), (70, "Jan<br>2025")])
def test_periods_grow_with_the_run(days: int, first: str) -> None:
    hours = 24 * days
    figure = mode_figure(site(hours, economiser=np.arange(hours) % 2 * 1.0), START, days * DAY_S)
    assert figure is not None
    assert figure.data[0].x[0] == first
    assert len(figure.data[0].x) == {1: 24, 5: 5, 70: 3}[days]


def test_a_mode_that_never_changes_and_a_short_run_are_not_drawn() -> None:
    assert mode_figure(site(48), START, 2 * DAY_S) is None
    assert mode_figure(site(4, economiser=np.arange(4) % 2 * 1.0), START, 4 * HOUR_S) is None


def test_pue_of_warm_and_of_busy_hours_is_told() -> None:
    hours = np.arange(100)
    table = site(100, wet_bulb_c=0.2 * hours, it_w=1000.0 + 10.0 * (hours % 10), chiller_w=2.0 * hours)
    for narrow in (False, True):
        figure = pue_figure(table, narrow)
        assert figure is not None
        assert len(figure.data) == 2
        assert theme.finding(figure).startswith(
            "PUE is 1.18 in the tenth of the time with the highest wet bulb, 1.01 in that with the lowest; "
        )


def test_pue_that_does_not_move_follows_nothing() -> None:
    assert pue_figure(site(100, chiller_w=200.0)) is None
    assert pue_figure(site(6, chiller_w=10.0 * np.arange(6))) is None


def test_hours_are_those_of_the_clock() -> None:
    table = by_hour_and_day(site(3, chiller_w=np.array([0.0, 100.0, 200.0])), datetime(2025, 1, 1, 22, 30))
    assert table.index.to_list() == [(0, 1), (22, 0), (23, 0)]
    assert table.loc[(0, 1), "facility_w"] == 1200.0


def test_the_heat_map_has_a_column_a_day_and_names_the_worst_hour() -> None:
    load_w = np.zeros(24 * 20)
    load_w[24 * 4 + 15], load_w[24 * 7 + 3] = 500.0, -100.0
    figure = year_figure(site(24 * 20, chiller_w=load_w), START, 20 * DAY_S)
    assert figure is not None
    assert figure.data[0].z.shape == (24, 20)
    assert theme.finding(figure) == (
        "PUE is highest on 5 January at 15:00 (1.50) and lowest on 8 January at 3:00 (0.90); the meter reads most, "
        "1.50 kW, on 5 January at 15:00"
    )


def test_a_week_has_no_heat_map() -> None:
    assert year_figure(site(24 * 7), START, 7 * DAY_S) is None
