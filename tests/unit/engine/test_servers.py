from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from dcplan.engine.plan import Grid, ServerGroup
from dcplan.engine.servers import (
    UNUSED,
    Ledger,
    Owner,
    Reading,
    Surroundings,
    attribution,
    group_power_w,
    keep_ledger,
    servers_on,
)
from dcplan.facility.server import warm_air_w
from dcplan.profiles.power_curve import InletResponse, PowerCurve
from dcplan.profiles.server import Boards, Server

nobody: Any = None
CURVE = PowerCurve("fan_weber_barroso", 1.4)
GROUP = ServerGroup(
    Server(nobody, idle_w=100.0, max_w=300.0, curve=CURVE, slots={"s": 4}),
    count=3,
    slots_per_server=4,
)
GRID = Grid(np.array([100.0, 300.0, 600.0, 1000.0]), warm_up_s=100.0)
ALL, NONE_OFF = np.full(3, 3.0), np.zeros(3)
WEB, NIGHTLY = Owner("endpoint", "web", "node", 5), Owner("training", "nightly", "node", 4)


AS_USUAL = Surroundings(np.ones(3), None)


def test_idle_servers_draw_idle_power() -> None:
    assert group_power_w(GROUP, np.zeros(3), np.zeros(3), ALL, AS_USUAL, GRID).tolist() == [300.0] * 3


def test_full_servers_draw_full_power() -> None:
    assert group_power_w(GROUP, 12 * GRID.durations_s, np.zeros(3), ALL, AS_USUAL, GRID) == pytest.approx([900.0] * 3)


def test_half_busy_servers_draw_what_the_curve_says() -> None:
    expected_w = 3 * (100 + 200 * (2 * 0.5 - 0.5**1.4))
    power_w = group_power_w(GROUP, 6 * GRID.durations_s, np.zeros(3), ALL, AS_USUAL, GRID)
    assert power_w == pytest.approx([expected_w] * 3)


@settings(deadline=None)
@given(*[arrays.arrays(np.float64, 3, elements=st.floats(0, 1)) for _ in range(3)])
def test_the_parts_sum_to_the_meter(
    web: np.ndarray[Any, Any], nightly: np.ndarray[Any, Any], off: np.ndarray[Any, Any]
) -> None:
    off_s = {WEB: 4 * off * GRID.durations_s, NIGHTLY: NONE_OFF}
    on = servers_on(GROUP, off_s[WEB], GRID)
    busy_s = {WEB: web * WEB.slots * GRID.durations_s, NIGHTLY: nightly * NIGHTLY.slots * GRID.durations_s}
    power_w = group_power_w(GROUP, sum(busy_s.values()), np.zeros(3), on, AS_USUAL, GRID)
    table = shared(busy_s, off_s, power_w)
    drawn_j = table.groupby("time_s")[["idle_j", "active_j"]].sum().sum(axis=1)
    assert drawn_j.to_list() == pytest.approx((power_w * GRID.durations_s).tolist(), rel=1e-9)
    assert table["off_slot_s"].sum() == pytest.approx(off_s[WEB].sum())
    assert table["reserved_slot_s"].sum() == pytest.approx(12 * GRID.counted_s)
    assert (table["active_j"] >= 0).all()


NOBODY = Owner(UNUSED, "", "node", 3)


def shared(
    taken: dict[Owner, NDArray[np.float64]], off_s: dict[Owner, NDArray[np.float64]], power_w: NDArray[np.float64]
) -> pd.DataFrame:
    """Whose energy it is, with the three slots that nobody keeps."""
    nothing = np.zeros(3)
    everyone = taken | {NOBODY: nothing}
    return attribution(GROUP, everyone, {each: off_s.get(each, nothing) for each in everyone}, power_w, GRID, 0)


def summed(table: pd.DataFrame) -> dict[str, dict[str, float]]:
    """The numbers of each owner over all intervals."""
    found: dict[str, dict[str, float]] = table.groupby("owner").sum(numeric_only=True).to_dict("index")
    return found


def test_active_energy_goes_to_whom_was_busy_and_idle_energy_to_whom_keeps_slots() -> None:
    busy_s = {WEB: 5 * GRID.durations_s, NIGHTLY: np.zeros(3)}
    power_w = group_power_w(GROUP, busy_s[WEB], np.zeros(3), ALL, AS_USUAL, GRID)
    rows = summed(shared(busy_s, {}, power_w))
    idle_j = 300.0 * 900.0
    assert rows["endpoint web"]["idle_j"] == pytest.approx(idle_j * 5 / 12)
    assert rows["training nightly"]["idle_j"] == pytest.approx(idle_j * 4 / 12)
    assert rows[UNUSED]["idle_j"] == pytest.approx(idle_j * 3 / 12)
    assert rows["training nightly"]["active_j"] == 0.0
    assert rows[UNUSED]["active_j"] == 0.0
    assert rows["endpoint web"]["active_j"] == pytest.approx(float(((power_w - 300) * GRID.durations_s).sum()))


def test_the_ledger_reads_every_meter_at_every_mark() -> None:
    env, ledger = simpy.Environment(), Ledger()
    env.process(
        keep_ledger(
            env,
            {WEB: lambda now_s: Reading(2 * now_s, 7 * now_s, now_s), NIGHTLY: lambda now_s: Reading(0.0, 0.0)},
            ledger,
            GRID,
        )
    )
    env.run(until=1001.0)
    assert [reading.busy_s for reading in ledger.owners[WEB]] == [0.0, 200.0, 600.0, 1200.0, 2000.0]
    assert ledger.busy_s(WEB, GRID).tolist() == [400.0, 600.0, 800.0]
    assert ledger.active_j(WEB, GRID).tolist() == [1400.0, 2100.0, 2800.0]
    assert ledger.off_s(WEB, GRID).tolist() == [200.0, 300.0, 400.0]
    assert ledger.busy_s(NIGHTLY, GRID).tolist() == [0.0, 0.0, 0.0]


ACCELERATED = ServerGroup(
    Server(
        nobody,
        idle_w=2200.0,
        max_w=8400.0,
        curve=PowerCurve("fan_weber_barroso", 1.4),
        slots={"s": 4},
        boards=Boards(700.0, 80.0),
    ),
    count=2,
    slots_per_server=4,
)


def test_accelerators_draw_what_their_meters_read() -> None:
    durations_s = GRID.durations_s
    busy_s = 8 * durations_s
    resting_w, full_w, part_w = (
        group_power_w(ACCELERATED, busy_s, 8 * board_w * durations_s, np.full(3, 2.0), AS_USUAL, GRID)
        for board_w in (0.0, 620.0, 62.0)
    )
    assert resting_w == pytest.approx([2 * 2200.0] * 3)
    assert full_w == pytest.approx([2 * 8400.0] * 3)
    assert part_w == pytest.approx([2 * (2200.0 + 620.0)] * 3)
    assert group_power_w(ACCELERATED, busy_s, 9000.0 * durations_s, np.full(3, 2.0), AS_USUAL, GRID) == pytest.approx(
        [2 * 8400.0] * 3
    )


def test_energy_above_rest_goes_to_whom_drew_it() -> None:
    drawn_j = {WEB: 300.0 * GRID.durations_s, NIGHTLY: 100.0 * GRID.durations_s}
    power_w = group_power_w(ACCELERATED, np.zeros(3), sum(drawn_j.values()), np.full(3, 2.0), AS_USUAL, GRID)
    rows = summed(shared(drawn_j, {}, power_w))
    web_j, nightly_j = (rows[owner.name]["active_j"] for owner in (WEB, NIGHTLY))
    assert web_j == pytest.approx(3 * nightly_j)


def test_a_server_that_is_off_draws_nothing_and_its_owner_saves_that() -> None:
    off_s = {WEB: 4 * GRID.durations_s, NIGHTLY: NONE_OFF}
    on = servers_on(GROUP, off_s[WEB], GRID)
    assert on.tolist() == [2.0] * 3
    idle_w = group_power_w(GROUP, np.zeros(3), np.zeros(3), on, AS_USUAL, GRID)
    assert idle_w.tolist() == [200.0] * 3
    rows = summed(shared({WEB: NONE_OFF, NIGHTLY: NONE_OFF}, off_s, idle_w))
    assert rows["endpoint web"]["idle_j"] == pytest.approx(25.0 * (5 - 4) * 900.0)
    assert rows["training nightly"]["idle_j"] == pytest.approx(25.0 * 4 * 900.0)
    assert rows[UNUSED]["idle_j"] == pytest.approx(25.0 * 3 * 900.0)


def test_with_no_server_on_nothing_is_drawn() -> None:
    for group in (GROUP, ACCELERATED):
        on = servers_on(group, group.slots * GRID.durations_s, GRID)
        assert (group_power_w(group, NONE_OFF, NONE_OFF, on, AS_USUAL, GRID) == 0.0).all()


def test_work_on_fewer_servers_makes_them_busier() -> None:
    one = group_power_w(GROUP, 4 * GRID.durations_s, np.zeros(3), np.ones(3), AS_USUAL, GRID)
    assert one == pytest.approx([300.0] * 3)
    assert (group_power_w(ACCELERATED, NONE_OFF, NONE_OFF, np.ones(3), AS_USUAL, GRID) == 2200.0).all()


def test_warm_air_costs_every_server_that_is_on_fans_and_leakage() -> None:
    warm = InletResponse(25.0, 0.0025, 30.0, 0.4, 38.0, 2.8)
    group = replace(GROUP, server=replace(GROUP.server, inlet=warm))
    around = Surroundings(np.ones(3), np.array([20.0, 25.0, 38.0]))
    power_w = group_power_w(group, np.zeros(3), np.zeros(3), np.full(3, 2.0), around, GRID)
    added_w = 2.0 * float(warm_air_w(np.array(100.0), 38.0, warm))
    assert power_w == pytest.approx([200.0, 200.0, 200.0 + added_w])
    assert added_w > 0.0


def test_what_warm_idle_servers_draw_goes_by_slots() -> None:
    above_w = np.full(3, 360.0)
    rows = summed(shared({WEB: NONE_OFF, NIGHTLY: NONE_OFF}, {}, above_w))
    assert rows["endpoint web"]["active_j"] == pytest.approx(60.0 * 900.0 * 5 / 12)
    assert rows[UNUSED]["active_j"] == pytest.approx(60.0 * 900.0 * 3 / 12)
