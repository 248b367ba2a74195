from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.economics.shares import shared


def test_costs_are_split_in_proportion() -> None:
    assert shared(10.0, {"a": 3.0, "b": 1.0, "c": 0.0}) == {"a": 7.5, "b": 2.5, "c": 0.0}


def test_without_any_weight_all_pay_the_same() -> None:
    assert shared(9.0, {"a": 0.0, "b": 0.0, "c": 0.0}) == {"a": 3.0, "b": 3.0, "c": 3.0}


@given(
    usd=st.floats(0, 1e12), weights=st.dictionaries(st.text(max_size=3), st.floats(0, 1e12), min_size=1, max_size=10)
)
def test_the_parts_sum_to_the_whole(usd: float, weights: dict[str, float]) -> None:
    assert sum(shared(usd, weights).values()) == pytest.approx(usd, rel=1e-9, abs=1e-300)
