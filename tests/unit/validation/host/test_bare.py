"""The call by itself: what is known of it after several times of timing it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dcplan.errors import InputError
from dcplan.profiling.machine import Load
from dcplan.profiling.measure import Series, Window
from dcplan.profiling.point import Key, Point, nothing
from dcplan.validation.host.bare import MEMORY_S, Speed, levelled, mean_s, pooled, require_steady


def timed(batch: int, *means_s: float) -> Series:
    """A point with one window of three calls for each of *means_s*."""
    windows = [Window(float(i), np.full(3, mean_s), 0.0, Load(0.0, 0.0), 1.0) for i, mean_s in enumerate(means_s)]
    return Series(Point(Key("infer", batch, threads=1), lambda: nothing), [], True, windows)


def test_all_windows_so_far_count_alike() -> None:
    first, again = [timed(8, 0.004), timed(16, 0.007)], [timed(8, 0.006, 0.008), timed(16, 0.009)]
    both = pooled(first, again)
    assert mean_s(both, 1) == pytest.approx(0.006)
    assert mean_s(both, 2) == pytest.approx(0.008)
    assert sum(len(window.call_s) for window in both[0].measured) == 9


def test_a_machine_that_is_too_unsteady_is_refused() -> None:
    require_steady([timed(8, *[0.004] * 5)])
    with pytest.raises(InputError, match="too busy to be verified"):
        require_steady([timed(8, 0.001, 0.009, 0.001, 0.009, 0.02)])


def test_how_fast_the_machine_is_now_is_mostly_what_was_seen_in_the_last_minute() -> None:
    series = [timed(8, 0.004), timed(16, 0.007)]
    speed = Speed(lambda images: None, 1.0)
    assert speed.pace(series, 2.0) == pytest.approx(1.0)
    speed.looks += [(1000.0, 0.0052), (1010.0, 0.0052)]
    assert speed.drift(series) == pytest.approx(0.3)
    assert speed.pace(series, 1012.0) == pytest.approx(1.3, abs=1e-4)
    speed.looks.append((1010.0 + MEMORY_S, 0.004))
    recent = (np.exp(-1.0) + np.exp(-1.0 - 10 / MEMORY_S)) / (1.0 + np.exp(-1.0) + np.exp(-1.0 - 10 / MEMORY_S))
    assert speed.pace(series, 1011.0 + MEMORY_S) == pytest.approx(1.0 + 0.3 * recent, abs=1e-4)


def test_a_machine_that_became_slower_between_two_sessions_has_no_longer_spells_for_that() -> None:
    first, later = timed(8, 0.004, 0.005, 0.004, 0.005), timed(8, 0.006, 0.0075, 0.006, 0.0075)
    later.measured[:] = [replace(window, start_s=500.0 + window.start_s) for window in later.measured]
    (one,) = levelled(pooled([first], [later]))
    assert [window.mean_s for window in one.measured] == pytest.approx([0.005, 0.00625] * 4)
    assert mean_s([one], 1) == pytest.approx(mean_s(pooled([first], [later]), 1))
