"""How often a trial is repeated, and how many calls it has."""

from __future__ import annotations

import itertools
import time
from types import SimpleNamespace

import pytest

from dcplan.profiling.probes import trials
from dcplan.profiling.probes.trials import Pace, calls_in, rates, repeat


def test_equal_trials_are_repeated_no_more_than_needed() -> None:
    assert repeat(lambda: 1.0, Pace((5, 50), 0.001, least_s=0, budget_s=60)) == [1.0] * 5


def test_trials_that_differ_are_repeated_as_often_as_allowed() -> None:
    values = itertools.cycle([1.0, 3.0])
    assert len(repeat(lambda: next(values), Pace((5, 50), 0.001, least_s=0, budget_s=60))) == 50


def test_trials_go_on_until_the_least_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = itertools.count()  # the clock moves on by a second whenever it is read
    monkeypatch.setattr(trials, "time", SimpleNamespace(perf_counter=lambda: next(seconds)))
    assert len(repeat(lambda: 1.0, Pace((5, 50), 0.01, least_s=20, budget_s=60))) == 20


def test_when_the_time_is_used_up_the_fewest_trials_are_made_all_the_same() -> None:
    values = itertools.cycle([1.0, 3.0])
    assert len(repeat(lambda: next(values), Pace((5, 50), 0.001, least_s=9, budget_s=0))) == 5


@pytest.mark.parametrize(("call_s", "calls"), [(1.0, 1), (1e-3, 100), (1e-6, 100_000)])
def test_a_trial_has_as_many_calls_as_fit(call_s: float, calls: int) -> None:
    assert calls_in(0.1, lambda count: count * call_s) == pytest.approx(calls, rel=0.01)


def test_the_rate_of_a_call_of_known_length_is_known() -> None:
    found = rates(lambda: time.sleep(0.002), Pace((5, 5), 0.02, least_s=0, budget_s=1))
    assert len(found) == 5
    assert 50 < max(found) <= 500
