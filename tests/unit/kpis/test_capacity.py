from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

import tiny
from dcplan.engine.plan import Plan
from dcplan.kpis.capacity import LEVELS, carried_w, stranded
from dcplan.kpis.definitions import LEVELS as NAMED

SITE = pd.DataFrame(
    {
        "facility_w": [1200.0, 1600.0],
        "it_w": [900.0, 1000.0],
        "pdu_loss_w": [0.0, 250.0],
        "transformer_loss_w": [0.0, 100.0],
    }
)
RACKS = "fleet.node.rack={size: 2, limit: 1500 W, row: {racks: 2, limit: 2500 W}}"


def test_every_level_but_the_building_has_kpis_of_its_own() -> None:
    assert set(LEVELS) - {"building"} == set(NAMED)


def test_levels_carry_losses_and_cooling_as_at_the_peak(plan_of: Callable[..., Plan]) -> None:
    found = carried_w(plan_of(tiny.WHOLE, RACKS, "facility.power.hall={limit: 1800 W}").scenario, SITE)
    assert found == {
        "rack": 3000.0,  # three servers, two in a rack
        "row": 2500.0,
        "hall": 1800.0,
        "distribution": 4000.0,
        "ups": pytest.approx(4000.0 / 1.25),
        "building": 2000.0,
        "transformer": pytest.approx(10_000.0 / 1.5),
        "utility": pytest.approx(10_000.0 / 1.6),
    }


def test_the_narrowest_level_strands_the_others(plan_of: Callable[..., Plan]) -> None:
    found = dict(stranded(plan_of(tiny.WHOLE, "facility.power.hall={limit: 1500 W}").scenario, SITE))
    assert found["stranded_kw"] == pytest.approx(0.5)
    assert found["stranded_share"] == pytest.approx(0.25)
    assert (found["stranded_hall_kw"], found["stranded_hall_share"]) == (0.0, 0.0)
    assert found["stranded_ups_kw"] == pytest.approx(1.7)
    assert "stranded_rack_kw" not in found


def test_servers_that_never_draw_tell_nothing(plan_of: Callable[..., Plan]) -> None:
    assert not dict(stranded(plan_of(tiny.WHOLE).scenario, SITE.assign(it_w=0.0)))


def test_a_ups_for_a_share_of_the_servers_carries_more_of_them(plan_of: Callable[..., Plan]) -> None:
    half, none = (
        carried_w(plan_of(tiny.WHOLE, f"facility.power.ups.share={share}").scenario, SITE) for share in (0.5, 0)
    )
    assert half["ups"] == pytest.approx(2.0 * 4000.0 / 1.25)
    assert "ups" not in none
