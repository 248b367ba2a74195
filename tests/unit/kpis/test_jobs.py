from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.kpis.jobs import counted_slot_s, job_costs_usd

NOT_YET = float("nan")


def jobs(*rows: tuple[float, float, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["start_s", "end_s", "slots"])


def test_only_the_counted_time_of_a_job_counts() -> None:
    table = jobs((0.0, 50.0, 1), (80.0, 150.0, 2), (150.0, NOT_YET, 1), (NOT_YET, NOT_YET, 1))
    assert counted_slot_s(table, 100.0, 200.0).tolist() == [0.0, 100.0, 50.0, 0.0]


def test_jobs_pay_by_the_slot_time_they_held() -> None:
    table = jobs((0.0, 100.0, 1), (0.0, 100.0, 3))
    assert job_costs_usd(table, 8.0, 0.0, 200.0).tolist() == [2.0, 6.0]


spans = st.tuples(st.floats(0.0, 1e6), st.floats(0.0, 1e6), st.integers(1, 64)).map(
    lambda each: (each[0], each[0] + each[1], each[2])
)


@given(st.lists(spans, min_size=1, max_size=50), st.floats(0.0, 1e9))
def test_what_the_jobs_cost_is_what_their_queue_costs(rows: list[tuple[float, float, int]], usd: float) -> None:
    costs = job_costs_usd(jobs(*rows), usd, 1000.0, 900_000.0)
    assert math.fsum(costs) == pytest.approx(usd, rel=1e-12)


def test_a_queue_without_jobs_costs_none_of_them_anything() -> None:
    assert job_costs_usd(jobs(), 5.0, 0.0, 1.0).empty
