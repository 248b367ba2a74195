from __future__ import annotations

import numpy as np
import pytest

from dcplan.energy import rules
from dcplan.energy.battery import Battery

KWH = 3.6e6
LOSSLESS = Battery(100 * KWH, 0.0, 50 * KWH, 60e3, 1.0, 1.0)


def test_the_lowest_threshold_empties_the_battery_over_the_peak() -> None:
    load_w, hour_s = np.array([100e3, 180e3, 180e3, 100e3]), np.full(4, 3600.0)
    assert rules.lowest_threshold_w(load_w, hour_s, LOSSLESS) == pytest.approx(130e3, rel=1e-6)


def test_the_lowest_threshold_may_be_set_by_power() -> None:
    load_w, hour_s = np.array([100e3, 180e3, 100e3]), np.full(3, 3600.0)
    assert rules.lowest_threshold_w(load_w, hour_s, LOSSLESS) == pytest.approx(120e3, rel=1e-6)


def test_no_price_difference_that_losses_eat_moves_the_battery() -> None:
    assert rules.time_of_use(1.0, 1.0, 1.1, 0.9) == 0.0
    assert rules.time_of_use(1.0, 1.0, 1.2, 0.9) == -1.0


def test_between_the_cheapest_and_the_dearest_price_nothing_is_done() -> None:
    assert rules.time_of_use(1.5, 1.0, 2.0, 0.9) == 0.0
