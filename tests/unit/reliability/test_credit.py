from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dcplan.reliability.credit import Step, given_back

STEPS = (Step(0.999, 0.1), Step(0.99, 0.25), Step(0.95, 1.0))


def test_the_largest_credit_that_holds_is_given() -> None:
    months = np.array([1.0, 0.999, 0.998, 0.98, 0.5])
    assert given_back(months, STEPS).tolist() == [0.0, 0.0, 0.1, 0.25, 1.0]


@given(st.permutations(STEPS))
def test_the_order_of_the_rows_does_not_matter(steps: list[Step]) -> None:
    months = np.linspace(0.9, 1.0, 101)
    assert given_back(months, tuple(steps)).tolist() == given_back(months, STEPS).tolist()


def test_without_a_table_nothing_is_given() -> None:
    assert given_back(np.array([0.0]), ()).tolist() == [0.0]
