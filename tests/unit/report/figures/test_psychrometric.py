"""The psychrometric chart: hours in cells, saturation, envelopes, and what is said of them."""

from __future__ import annotations

import numpy as np
import pytest

from dcplan.facility.ashrae import RECOMMENDED
from dcplan.report import theme
from dcplan.report.figures.psychrometric import outline, psychrometric_figure
from dcplan.signals import moist_air
from unit.report.figures.made_up_site import site


def test_every_hour_outdoors_is_in_a_cell() -> None:
    dry_c = np.linspace(-5.0, 35.0, 48)
    figure = psychrometric_figure(site(48, replications=2, dry_bulb_c=dry_c, wet_bulb_c=dry_c - 4.0), "A2")
    assert figure is not None
    assert np.nansum(figure.data[0].z) == pytest.approx(48.0)


def test_saturated_air_lies_on_the_line() -> None:
    figure = psychrometric_figure(site(24), "A2")
    assert figure is not None
    line = next(trace for trace in figure.data if trace.name == "Saturated air")
    at_20 = np.interp(20.0, line.x, line.y)
    assert at_20 == pytest.approx(1000.0 * moist_air.saturation_humidity_ratio_kg_kg(20.0, 101325.0), rel=1e-3)


def test_the_outline_is_closed_and_nowhere_outside_the_envelope() -> None:
    dry_c, water = outline(RECOMMENDED, 101325.0)
    assert (dry_c[0], water[0]) == (dry_c[-1], water[-1])
    assert not RECOMMENDED.left_by(dry_c, water / 1000.0, np.full(len(dry_c), 101325.0)).any()
    assert (dry_c.min(), dry_c.max()) == (18.0, 27.0)


def test_the_finding_counts_time_within_the_envelopes() -> None:
    dry_c = np.repeat([22.0, 40.0], 12)
    table = site(24, dry_bulb_c=dry_c, wet_bulb_c=np.repeat([15.0, 20.0], 12), outside_recommended=dry_c > 30.0)
    figure = psychrometric_figure(table, "A2")
    assert figure is not None
    assert theme.finding(figure) == (
        "Outdoor air is as class A2 allows for 50 % of the time, as recommended for 50 %; the servers' air "
        "for 100 % and 50 %"
    )


def test_short_runs_and_runs_of_older_versions_have_no_chart() -> None:
    assert psychrometric_figure(site(5), "A2") is None
    assert psychrometric_figure(site(48).drop(columns="server_inlet_kg_kg"), "A2") is None
