from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from dcplan.reliability.blocks import (
    Component,
    Downtime,
    Group,
    alone,
    alternating,
    beyond,
    failed_shares,
    of_group,
    parallel,
    series,
    working,
)

UNIT = Component(90.0, 10.0)

shares = st.floats(1e-6, 0.5)
rates = st.floats(1e-6, 10.0)
downtimes = st.builds(Downtime, shares, rates)


@given(st.integers(1, 8), st.integers(1, 8), st.floats(10.0, 1e6), st.floats(0.1, 10.0))
def test_with_a_crew_for_each_a_group_is_binomial(needed: int, spare: int, up_s: float, repair_s: float) -> None:
    group = Group(Component(up_s, repair_s), needed, needed + spare)
    up = up_s / (up_s + repair_s)
    expected = binom.sf(needed - 1, needed + spare, up)
    assert of_group(group).availability == pytest.approx(expected, rel=1e-9)
    decisive = math.comb(needed + spare - 1, needed - 1) * up ** (needed - 1) * (1 - up) ** spare
    assert of_group(group).per_s == pytest.approx((needed + spare) * decisive * up / up_s, rel=1e-9)


@given(st.integers(1, 6), st.integers(0, 5), st.integers(1, 6), st.floats(10.0, 1e6), st.floats(0.1, 10.0))
def test_a_chain_is_in_balance(needed: int, spare: int, crews: int, up_s: float, repair_s: float) -> None:
    group = Group(Component(up_s, repair_s), needed, needed + spare, 0.0, crews)
    p = failed_shares(group)
    failed = np.arange(len(p), dtype=np.float64)
    down, up = p[:-1] * (group.installed - failed[:-1]) / up_s, p[1:] * group.repair_per_s(failed[1:])
    assert p.sum() == pytest.approx(1.0)
    assert down == pytest.approx(up, rel=1e-9)
    assert of_group(group).share == pytest.approx(p[spare + 1 :].sum(), rel=1e-9)


def test_fewer_crews_keep_a_group_down_longer() -> None:
    one, two, enough = (of_group(Group(UNIT, 2, 4, 0.0, crews)).share for crews in (1, 2, None))
    assert one > two > enough


def test_common_cause_adds_its_share_of_a_component() -> None:
    group = Group(UNIT, 1, 3, 0.1)
    apart = of_group(Group(Component(90.0 / 0.9, 10.0), 1, 3)).share
    together = 10.0 * 0.1 / 90.0 / (1.0 + 10.0 * 0.1 / 90.0)
    assert of_group(group).share == pytest.approx(1.0 - (1.0 - apart) * (1.0 - together), rel=1e-9)


def test_a_single_component_has_no_common_cause() -> None:
    assert of_group(Group(UNIT, 1, 1, 0.5)) == of_group(Group(UNIT))


def test_where_all_is_of_common_cause_spares_do_not_help() -> None:
    assert of_group(Group(UNIT, 1, 9, 1.0)).share == pytest.approx(of_group(Group(UNIT)).share)


@given(st.floats(0.0, 100.0))
def test_a_bridge_hides_the_begin_of_each_failure(bridged_s: float) -> None:
    whole, seen = of_group(Group(UNIT)), of_group(Group(UNIT), bridged_s)
    assert seen.per_s == pytest.approx(whole.per_s * math.exp(-bridged_s / 10.0))
    assert seen.mean_s == pytest.approx(10.0)


def test_a_bridge_of_several_units_is_a_phase_type_law() -> None:
    group = Group(UNIT, 2, 3, 0.0, 1)  # down states 2 and 3: from 2, a third fails at 1/90, repaired at 1/10
    rates = np.array([[-(1 / 90 + 1 / 10), 1 / 90], [1 / 10, -1 / 10]])
    values, vectors = np.linalg.eig(rates)
    stays = vectors @ np.diag(np.exp(values * 7.0)) @ np.linalg.inv(vectors)
    chance, mean_s = beyond(group, 7.0)
    assert chance == pytest.approx(stays[0].sum())
    assert mean_s == pytest.approx(stays[0] @ np.linalg.solve(-rates, np.ones(2)))


def test_what_lasts_for_ever_hides_everything() -> None:
    assert alone(Group(UNIT), math.inf) == Downtime(0.0, 0.0)
    assert alternating(1.0, 1.0, math.inf) == Downtime(0.0, 0.0)


@given(downtimes, downtimes)
def test_series_and_parallel_are_dual(one: Downtime, other: Downtime) -> None:
    either, both = series((one, other)), parallel((one, other))
    assert either.share + both.share == pytest.approx(one.share + other.share)
    assert either.per_s + both.per_s == pytest.approx(one.per_s + other.per_s)


@given(st.lists(downtimes, min_size=1, max_size=5))
def test_a_part_more_in_series_is_worse(parts: list[Downtime]) -> None:
    assert series(parts).share >= max(part.share for part in parts) * (1 - 1e-12)
    assert series((*parts, Downtime(1.0, 0.0))).share == 1.0


def test_two_of_the_same_in_parallel_are_a_group_of_two() -> None:
    one = of_group(Group(UNIT))
    assert parallel((one, one)).share == pytest.approx(of_group(Group(UNIT, 1, 2)).share)
    assert parallel((one, one)).per_s == pytest.approx(of_group(Group(UNIT, 1, 2)).per_s)


@given(st.integers(1, 10), st.floats(0.01, 1.0), st.floats(0.0, 1.0))
def test_a_share_of_common_failures_changes_no_single_chance(count: int, probability: float, common: float) -> None:
    chances = working(count, probability, common)
    assert chances.sum() == pytest.approx(1.0)
    assert chances @ np.arange(count + 1) == pytest.approx(count * probability)


def test_nothing_works_where_there_is_nothing() -> None:
    assert working(0, 0.5).tolist() == [1.0]


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Component(0.0, 1.0), "must be positive"),
        (lambda: Component(1.0, math.inf), "must be positive"),
        (lambda: Group(UNIT, 2, 1), "2 of 1"),
        (lambda: Group(UNIT, 1, 2, 1.5), "0 to 1"),
        (lambda: Group(UNIT, 1, 2, 0.0, 0), "at least 1"),
    ],
)
def test_impossible_groups_are_told(make: Callable[[], object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        make()
