from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.economics.shares import in_whole, shared, together


def test_costs_are_split_in_proportion() -> None:
    assert shared(10.0, {"a": 3.0, "b": 1.0, "c": 0.0}) == {"a": 7.5, "b": 2.5, "c": 0.0}


def test_without_any_weight_all_pay_the_same() -> None:
    assert shared(9.0, {"a": 0.0, "b": 0.0, "c": 0.0}) == {"a": 3.0, "b": 3.0, "c": 3.0}


@given(
    usd=st.floats(0, 1e12), weights=st.dictionaries(st.text(max_size=3), st.floats(0, 1e12), min_size=1, max_size=10)
)
def test_the_parts_sum_to_the_whole(usd: float, weights: dict[str, float]) -> None:
    assert sum(shared(usd, weights).values()) == pytest.approx(usd, rel=1e-9, abs=1e-300)


amounts = st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=50)


@given(amounts)
def test_rounded_to_cents_the_lines_still_sum_to_the_total(parts_usd: list[float]) -> None:
    cents = in_whole(parts_usd)
    total = round(math.fsum(parts_usd), 2)
    assert round(math.fsum(cents), 2) == pytest.approx(total, abs=0.0051)
    assert sum(round(usd * 100) for usd in cents) == round(total * 100)
    assert max(abs(usd - part) for usd, part in zip(cents, parts_usd, strict=True)) < 0.01 + 1e-6


@given(st.floats(0.0, 1e12), st.dictionaries(st.text(max_size=3), st.floats(0.0, 1e9), min_size=1, max_size=20))
def test_no_cent_is_lost_or_made_by_sharing(usd: float, weights: dict[str, float]) -> None:
    assert round(math.fsum(shared(usd, weights).values()) * 100) == pytest.approx(
        round(usd * 100), abs=1e-12 * usd * 100
    )


def test_things_together_are_split_by_worth_and_by_each_one_s_own_weights() -> None:
    assert together([(30.0, {"a": 1.0, "b": 2.0}), (10.0, {"a": 1.0})]) == {"a": 20.0, "b": 20.0}


weights = st.dictionaries(st.sampled_from("abcde"), st.floats(0.0, 1e9), min_size=1, max_size=5)


@given(st.lists(st.tuples(st.floats(0.0, 1e9), weights), min_size=1, max_size=6))
def test_what_is_worth_something_together_is_worth_the_sum(parts: list[tuple[float, dict[str, float]]]) -> None:
    worth = math.fsum(each for each, _ in parts)
    assert math.fsum(together(parts).values()) == pytest.approx(worth, rel=1e-12)


def test_half_a_cent_of_the_total_is_rounded_as_it_is_written() -> None:
    parts_usd = [1.9041697978973389, 1.982734203338623, 404957277.7306917, 448270083.7006395, 1.1969308853149414]
    parts_usd += [8352122.661852837, 999999999.213361, 134217727.99999, 151686432.09463]
    assert round(math.fsum(in_whole(parts_usd)), 2) == round(math.fsum(parts_usd), 2)
