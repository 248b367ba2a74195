from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.training.flexible import Bookings, Outlook, starts

DAY = Outlook(3600.0 * np.arange(25), np.array([1.0] * 6 + [3.0] * 16 + [2.0] * 2))
"""Cheap until 06:00, dear until 22:00, then between; a unit per second."""


def test_a_job_waits_for_the_cheapest_hours_within_its_deadline() -> None:
    assert starts(DAY, Bookings(1), 20 * 3600.0, 3 * 3600.0, 3600.0) == (20 * 3600.0, 22 * 3600.0)
    assert starts(DAY, Bookings(1), 20 * 3600.0, 1800.0, 3600.0) == (20 * 3600.0, 20 * 3600.0)


def test_a_job_that_is_cheapest_now_starts_now() -> None:
    assert starts(DAY, Bookings(1), 3600.0, 12 * 3600.0, 3600.0) == (3600.0, 3600.0)


def test_a_long_job_starts_so_that_it_ends_before_it_gets_dear() -> None:
    outlook = Outlook(np.array([0.0, 10.0, 20.0, 30.0]), np.array([2.0, 1.0, 5.0]))
    assert starts(outlook, Bookings(1), 0.0, 15.0, 12.0) == (0.0, 8.0)


def test_a_slot_that_is_promised_is_not_promised_again() -> None:
    bookings = Bookings(1)
    bookings.book(22 * 3600.0, 23 * 3600.0)
    assert starts(DAY, bookings, 20 * 3600.0, 2.5 * 3600.0, 3600.0)[1] == 20 * 3600.0
    assert starts(DAY, bookings, 20 * 3600.0, 3 * 3600.0, 3600.0)[1] == 23 * 3600.0


def test_without_a_slot_in_time_a_job_starts_as_soon_as_there_is_one() -> None:
    bookings = Bookings(2)
    for end_s in (5000.0, 6000.0):
        bookings.book(0.0, end_s)
    assert starts(DAY, bookings, 0.0, 1000.0, 3600.0) == (5000.0, 5000.0)


def test_what_is_over_is_forgotten_and_what_runs_is_not() -> None:
    bookings = Bookings(1)
    bookings.book(0.0, 10.0)
    bookings.book(10.0, 30.0)
    bookings.forget(20.0)
    assert sorted(bookings.changes.items()) == [(20.0, 1), (30.0, -1)]


def free(bookings: Bookings, begins_s: float, lasts_s: float) -> bool:
    return bool(bookings.is_free(np.array([begins_s]), lasts_s)[0])


pieces = st.lists(st.tuples(st.floats(1.0, 50.0), st.floats(0.0, 5.0)), min_size=1, max_size=8)
held = st.lists(st.tuples(st.integers(0, 80), st.integers(1, 40)), max_size=6)


@given(pieces, held, st.integers(1, 3), st.floats(0.0, 100.0), st.floats(0.5, 60.0))
def test_no_other_free_start_in_time_is_cheaper(
    parts: list[tuple[float, float]], jobs: list[tuple[int, int]], slots: int, within_s: float, work_s: float
) -> None:
    outlook = Outlook(np.concatenate(([0.0], np.cumsum([long for long, _ in parts]))), np.array([p for _, p in parts]))
    bookings = Bookings(slots)
    for begins_s, lasts_s in jobs:
        if free(bookings, begins_s, lasts_s):
            bookings.book(begins_s, begins_s + lasts_s)
    soonest_s, start_s = starts(outlook, bookings, 0.0, within_s, work_s)
    assert 0.0 <= soonest_s <= start_s
    assert free(bookings, start_s, work_s)
    cost = outlook.cost(start_s, start_s + work_s)
    for at_s in np.linspace(0.0, within_s, 200):
        if free(bookings, float(at_s), work_s):
            assert start_s <= within_s
            assert soonest_s <= at_s
            assert cost <= outlook.cost(at_s, at_s + work_s) + 1e-6
    bookings.book(start_s, start_s + work_s)
    times_s = np.array(sorted(bookings.changes))
    busy = np.cumsum([bookings.changes[at_s] for at_s in times_s])
    assert (np.diff(times_s)[busy[:-1] > slots] < 2e-6).all()


@given(pieces, st.floats(-20.0, 200.0), st.floats(0.0, 100.0), st.floats(0.0, 100.0))
def test_costs_of_two_spans_add_up(parts: list[tuple[float, float]], at_s: float, one_s: float, two_s: float) -> None:
    outlook = Outlook(np.concatenate(([0.0], np.cumsum([long for long, _ in parts]))), np.array([p for _, p in parts]))
    whole = outlook.cost(at_s, at_s + one_s + two_s)
    assert outlook.cost(at_s, at_s + one_s) + outlook.cost(at_s + one_s, at_s + one_s + two_s) == pytest.approx(
        whole, abs=1e-9
    )
