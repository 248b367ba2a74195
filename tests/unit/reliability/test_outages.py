from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcplan.reliability.blocks import Component, Group, alone, alternating
from dcplan.reliability.diagram import Block, Diagram
from dcplan.reliability.diagram import of_paths as paths_in_closed_form
from dcplan.reliability.outages import (
    YEAR_S,
    Spans,
    alone_down,
    down_by_period_s,
    met,
    of_paths,
    outages,
    together_down,
    united,
)
from dcplan.reliability.standby import Standby

HOUR_S = 3600.0
UNIT = Component(2000.0 * HOUR_S, 50.0 * HOUR_S)
YEARS = 20_000.0

times = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 12)), max_size=12)


def spans(pairs: list[tuple[int, int]]) -> Spans:
    begins_s = np.array([begin for begin, _ in pairs], dtype=float)
    return Spans(begins_s, begins_s + np.array([length for _, length in pairs], dtype=float))


def seconds(each: Spans) -> set[int]:
    """Whole seconds in which it is down."""
    return {
        s
        for begin, end in zip(each.begins_s.tolist(), each.ends_s.tolist(), strict=True)
        for s in range(int(begin), int(end))
    }


@given(times, times)
def test_union_and_meeting_are_those_of_sets(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    first, second = united([spans(one)]), united([spans(other)])
    assert seconds(united((first, second))) == seconds(first) | seconds(second)
    assert seconds(met(first, second)) == seconds(first) & seconds(second)
    either = united((first, second))
    assert (either.begins_s[1:] > either.ends_s[:-1]).all()


@given(times, st.integers(1, 20))
def test_the_periods_share_the_down_time(pairs: list[tuple[int, int]], period_s: int) -> None:
    down = united([spans(pairs)])
    count = 80 // period_s + 1
    by = down_by_period_s(down, float(period_s), count)
    expected = [len(seconds(down) & set(range(i * period_s, (i + 1) * period_s))) for i in range(count)]
    assert by.tolist() == pytest.approx(expected)


def test_servers_start_after_each_outage() -> None:
    down = outages({"a": spans([(0, 2)]), "b": spans([(5, 1), (20, 1)])}, 4.0)
    assert (down.begins_s.tolist(), down.ends_s.tolist()) == ([0.0, 20.0], [10.0, 25.0])


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 4), st.integers(0, 2), st.sampled_from([None, 1, 2]), st.sampled_from([0.0, 0.1]))
def test_a_group_is_down_as_often_and_as_long_as_in_closed_form(
    needed: int, spare: int, crews: int | None, common: float
) -> None:
    group = Group(UNIT, needed, needed + spare, common, crews)
    rng = np.random.default_rng(needed * 100 + spare)
    for seen, expected in (
        (alone_down(group, YEARS, rng), alone(group)),
        (together_down(group, YEARS, rng), alternating(group.together_per_s, UNIT.repair_s)),
    ):
        wanted, found = expected.per_s * YEARS * YEAR_S, len(seen.lasts_s)
        assert abs(found - wanted) <= 5.0 * np.sqrt(wanted) + 1e-9
        half_s = 8.0 * np.sqrt(max(wanted, 1e-9)) * max(expected.mean_s, 1.0)
        assert abs(seen.lasts_s.sum() - expected.share * YEARS * YEAR_S) <= half_s


def test_the_same_stream_gives_the_same_outages() -> None:
    group = Group(UNIT, 2, 3)
    one, other = (alone_down(group, 500.0, np.random.default_rng(7)) for _ in range(2))
    assert one.begins_s.tolist() == other.begins_s.tolist()


@pytest.mark.parametrize("common", [0.0, 0.2])
def test_two_paths_fail_together_as_in_closed_form(common: float) -> None:
    often = Component(300.0 * HOUR_S, 20.0 * HOUR_S)
    path = (Block("UPS modules", Group(often, 1, 2)), Block("distribution", Group(often)))
    diagram = Diagram((), Standby(0.0, 1.0, 0.0, 0.0), path, (), 2, common)
    seen, expected = of_paths(diagram, 5000.0, np.random.default_rng(3)), paths_in_closed_form(diagram)
    assert len(seen.lasts_s) / (5000.0 * YEAR_S) == pytest.approx(expected.per_s, rel=0.03)
    assert seen.lasts_s.sum() / (5000.0 * YEAR_S) == pytest.approx(expected.share, rel=0.03)


def test_what_is_bridged_is_cut_off() -> None:
    assert spans([(0, 5), (10, 2)]).beyond(3.0).begins_s.tolist() == [3.0]
