from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.profiles.charges import Blocks, PowerFactor

ends = st.lists(st.floats(1, 1e6), min_size=0, max_size=4, unique=True).map(sorted)


@given(ends, st.floats(0, 2e6), st.floats(0, 3))
def test_blocks_hold_all_of_the_amount_and_none_more_than_it_can(
    up_to: list[float], amount: float, scale: float
) -> None:
    blocks = Blocks(np.array([*up_to, np.inf]), np.ones(len(up_to) + 1))
    parts = blocks.parts(amount, scale)
    assert parts.sum() == pytest.approx(amount)
    assert (parts >= 0.0).all()
    sizes = np.diff(np.array([0.0, *up_to])) * scale
    assert (parts[:-1] <= sizes * (1 + 1e-12) + 1e-9).all()
    assert blocks.cost_usd(amount, scale) == pytest.approx(amount)


def test_reactive_power_per_kw_is_the_tangent_of_the_angle() -> None:
    assert PowerFactor().excess_kvar_per_kw(1 / math.sqrt(2)) == pytest.approx(1.0)
    assert PowerFactor(reference=0.6).excess_kvar_per_kw(0.6) == pytest.approx(0.0)
    assert PowerFactor(reference=0.9).excess_kvar_per_kw(1.0) == 0.0


@pytest.mark.parametrize(
    ("rule", "factor"),
    [
        (PowerFactor(kva=True), 1.25),
        (PowerFactor(reference=0.9, raises_demand=True), 1.125),
        (PowerFactor(reference=0.9), 1.0),
        (PowerFactor(reference=0.7, raises_demand=True), 1.0),
    ],
)
def test_billed_demand_over_demand_in_kw(rule: PowerFactor, factor: float) -> None:
    assert rule.demand_factor(0.8) == pytest.approx(factor)
