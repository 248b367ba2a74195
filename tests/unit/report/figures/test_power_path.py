"""The power path: what arrives, what leaves on the way, and that nothing is missing."""

from __future__ import annotations

import numpy as np
import pytest

from dcplan.report import theme
from dcplan.report.figures.energy import METER
from dcplan.report.figures.power_path import PLUGS, path, power_path_figure
from unit.report.figures.made_up_site import servers, site

LOADS_W = {"transformer_loss_w": 20.0, "chiller_w": 150.0, "crah_fan_w": 50.0, "lighting_w": 10.0, "ups_loss_w": 70.0}


def test_what_arrives_and_what_leaves_add_up() -> None:
    stages = path(site(2, replications=3, psu_loss_w=60.0, **LOADS_W), servers(2, fan_w=40.0, replications=3))
    assert [stage.name for stage in stages if stage.station] == [METER, PLUGS, "Chips and boards"]
    meter, plugs, chips = (stage.kwh for stage in stages if stage.station)
    assert (meter, plugs, chips) == pytest.approx((2.6, 2.0, 1.8))
    assert sum(stage.kwh for stage in stages if not stage.station) == pytest.approx(meter - chips)


def test_each_loss_hangs_where_the_one_above_ends() -> None:
    figure = power_path_figure(site(2, psu_loss_w=60.0, **LOADS_W), servers(2, fan_w=40.0))
    assert figure is not None
    bars = figure.data[0]
    ends = np.array(bars.base) + np.array(bars.x)
    assert ends[0] == pytest.approx(2.6)
    assert ends[1:] == pytest.approx([2.6, *bars.base[1:6], *bars.x[6:7], *bars.base[7:9]])


def test_the_finding_names_the_shares_and_the_largest_part() -> None:
    figure = power_path_figure(site(2, psu_loss_w=60.0, **LOADS_W), servers(2, fan_w=40.0))
    assert figure is not None
    assert theme.finding(figure) == (
        "69 % of the energy at the meter reaches chips and boards; cooling takes 15 %, the power chain loses 12 %; the "
        "largest single part is chillers (12 %)"
    )


def test_fans_that_nobody_knows_are_left_with_the_chips() -> None:
    assert path(site(2, **LOADS_W), servers(2))[-1].name == "Chips, boards, fans"


def test_nothing_is_drawn_of_nothing() -> None:
    assert power_path_figure(site(2, it_w=0.0), servers(2, it_w=0.0)) is None


def test_what_batteries_deliver_is_part_of_the_first_bar() -> None:
    stages = path(site(2, **LOADS_W | {"battery_w": -300.0}), servers(2))
    first = stages[0]
    assert first.name == f"{METER}, batteries"
    leaves_kwh = sum(stage.kwh for stage in stages if not stage.station)
    assert first.kwh == pytest.approx(leaves_kwh + stages[-1].kwh)
