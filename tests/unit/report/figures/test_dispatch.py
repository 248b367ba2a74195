from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dcplan.report import theme
from dcplan.report.facts import Facts
from dcplan.report.figures.dispatch import dispatch_figure, finding, hardest_week
from dcplan.results.store import frame
from unit.report.figures import made_up_site

DAY_H = 24


def known(hours: int) -> Facts:
    return Facts(start=datetime(2025, 7, 7), horizon_s=3600.0 * hours)


def site(days: int = 2, **columns: Any) -> pd.DataFrame:
    """2 kW by day, 1 kW by night; the battery takes 0.2 kW by night and gives 0.3 kW by day."""
    day = np.tile(np.arange(DAY_H) >= 12, days)
    battery_w = np.where(day, 300.0, -200.0)
    it_w = np.where(day, 2000.0, 1000.0)
    given: dict[str, Any] = {"it_w": it_w, "storage_w": battery_w, "grid_w": it_w - battery_w, "storage_j": 3.6e6}
    return made_up_site.site(days * DAY_H, **(given | columns))


def rule(optimum_usd: float = 70.0) -> pd.DataFrame:
    row = {"replication": 0, "full_cycles": 1.0, "replaced_years": 10.0, "rule_usd": 80.0, "bare_usd": 100.0}
    return frame("dispatch", [row | {"gained_j": 0.0, "optimum_usd": optimum_usd}])


def test_a_site_that_generates_and_stores_nothing_has_no_figure() -> None:
    assert dispatch_figure(made_up_site.site(5), None, known(5)) is None


def test_what_is_above_zero_less_what_is_below_is_the_building() -> None:
    figure = dispatch_figure(site(), rule(), known(48))
    assert figure is not None
    of = {trace.name: np.asarray(trace.y, dtype=float) for trace in figure.data}
    assert set(of) == {"Grid", "Battery gives", "Battery takes", "Building", "Charge"}
    above = of["Grid"] + of["Battery gives"] + of["Battery takes"]
    assert above == pytest.approx(of["Building"], rel=1e-6)


def test_the_title_tells_what_the_rule_saves_and_misses() -> None:
    figure = dispatch_figure(site(), rule(), known(48))
    assert figure is not None
    expected = "The battery saves $20.00 of energy and demand, and perfect foresight would save $10.00 more"
    assert theme.finding(figure) == expected
    assert "foresight" not in finding(site(), rule(np.nan))


def test_the_title_tells_what_the_sun_covers() -> None:
    sunny = site(solar_w=150.0)
    assert finding(sunny, None) == "The sun covers 10 % of the building"


def test_the_hardest_week_is_around_the_highest_power() -> None:
    long = site(days=30)
    long.loc[20 * DAY_H + 15, "facility_w"] = 5000.0
    week = hardest_week(long)
    assert len(week) == 7 * DAY_H
    assert week["facility_w"].max() == 5000.0
    assert len(hardest_week(site(days=3))) == 3 * DAY_H
