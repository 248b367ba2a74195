from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.facility.limits import Level, allocate, dynamic_power, relative_speed, stranded_w
from dcplan.profiles.cap_curve import CapCurve

IDEAL, BOUND = CapCurve("power_law", 1.0 / 3.0), CapCurve("power_law", 0.6)
MEASURED = CapCurve("measured", dynamic=(0.4, 0.7, 1.0), speed=(0.6, 0.9, 1.0))
CURVES = (IDEAL, BOUND, MEASURED)
curves = pytest.mark.parametrize("curve", CURVES, ids=("ideal", "memory", "measured"))


@curves
def test_half_the_dynamic_power_leaves_more_than_half_the_speed(curve: CapCurve) -> None:
    speed = float(relative_speed(np.array(0.5), curve))
    expected = {IDEAL: 0.5 ** (1 / 3), BOUND: 0.5**0.6, MEASURED: 0.7}
    assert speed == pytest.approx(expected[curve])
    assert speed > 0.5


@curves
@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_speed_rises_with_power_and_tells_it(curve: CapCurve, one: float, other: float) -> None:
    dynamic = np.sort([one, other])
    speed = relative_speed(dynamic, curve)
    assert np.all(np.diff(speed) >= 0.0)
    assert np.all((speed >= 0.0) & (speed <= 1.0))
    assert dynamic_power(speed, curve) == pytest.approx(dynamic, abs=1e-9)


@curves
def test_full_power_is_full_speed_and_none_is_none(curve: CapCurve) -> None:
    assert relative_speed(np.array([0.0, 1.0]), curve).tolist() == [0.0, 1.0]


RACKS_W = np.array([[40.0, 30.0, 20.0, 10.0], [10.0, 10.0, 10.0, 10.0]])
ROWS = Level(np.array([50.0, 100.0]), np.array([0, 0, 1, 1]))
HALL = Level(np.array([60.0]), np.zeros(4, dtype=np.int64))


def test_a_limit_is_split_in_proportion_level_by_level() -> None:
    given_w = allocate(RACKS_W, np.zeros(4), [ROWS, HALL])
    rows_w = np.array([50.0 * 4 / 7, 50.0 * 3 / 7, 20.0, 10.0])
    assert given_w[0] == pytest.approx(rows_w * 60.0 / 80.0)
    assert given_w[1] == pytest.approx(RACKS_W[1])


def test_only_the_dynamic_part_is_cut() -> None:
    given_w = allocate(np.array([40.0, 20.0]), np.array([10.0, 10.0]), [Level(np.array([40.0]), np.zeros(2, np.int64))])
    assert given_w == pytest.approx([25.0, 15.0])


@given(
    st.lists(st.floats(0.0, 100.0), min_size=6, max_size=6),
    st.lists(st.floats(0.0, 30.0), min_size=6, max_size=6),
    st.lists(st.floats(1.0, 300.0), min_size=4, max_size=4),
)
def test_no_group_exceeds_its_limit_or_its_static_power(
    demand: list[float], static: list[float], limits: list[float]
) -> None:
    demand_w, static_w = np.array(demand), np.minimum(static, demand)
    levels = [
        Level(np.array(limits[:3]), np.array([0, 0, 1, 1, 2, 2])),
        Level(np.array(limits[3:]), np.zeros(6, np.int64)),
    ]
    given_w = allocate(demand_w, static_w, levels)
    assert np.all(given_w <= demand_w + 1e-9)
    assert np.all(given_w >= static_w - 1e-9)
    for level in levels:
        for number, limit_w in enumerate(level.limit_w):
            members = level.group == number
            assert given_w[members].sum() <= max(limit_w, static_w[members].sum()) + 1e-9


def test_what_the_narrowest_level_leaves_unused_is_stranded() -> None:
    left_w = stranded_w({"rack": 6.0, "ups": 4.0, "utility": 7.0})
    assert left_w == {"rack": 2.0, "ups": 0.0, "utility": 3.0}
