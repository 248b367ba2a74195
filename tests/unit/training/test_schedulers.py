from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.training.schedulers import first_come_first_served


@pytest.mark.parametrize(
    ("waiting", "free", "started"),
    [([], 5, 0), ([1, 1, 1], 2, 2), ([3, 1], 2, 0), ([2, 3, 1], 4, 1), ([2, 2], 4, 2), ([1], 0, 0)],
)
def test_jobs_start_from_the_head_of_the_line(waiting: list[int], free: int, started: int) -> None:
    assert first_come_first_served(waiting, free) == started


@given(st.lists(st.integers(1, 20)), st.integers(0, 100))
def test_nobody_overtakes_and_no_slot_is_given_twice(waiting: list[int], free: int) -> None:
    started = first_come_first_served(waiting, free)
    assert sum(waiting[:started]) <= free
    assert started == len(waiting) or sum(waiting[: started + 1]) > free
