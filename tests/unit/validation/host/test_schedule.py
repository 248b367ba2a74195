"""A schedule is checked, and survives being written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dcplan.errors import InputError
from dcplan.validation.host.schedule import LARGEST_IMAGE, Schedule, schedule_of


def test_requests_take_the_samples_one_after_the_other() -> None:
    schedule = schedule_of(np.array([0.0, 0.5, 0.5]), 8)
    assert schedule.image.tolist() == [0, 8, 16]
    assert schedule.duration_s == 0.5


def test_a_schedule_survives_being_written(tmp_path: Path) -> None:
    schedule = schedule_of(np.array([0.1, 0.2]), 3)
    schedule.save(tmp_path / "schedule.npz")
    again = Schedule.load(tmp_path / "schedule.npz")
    assert again.arrival_s.tolist() == [0.1, 0.2]
    assert again.image.tolist() == [0, 3]
    assert again.image.max() < LARGEST_IMAGE


@pytest.mark.parametrize("times_s", [[], [-0.1, 0.0], [0.2, 0.1], [0.0, np.nan], [0.0, np.inf]])
def test_times_that_cannot_be_sent_are_refused(times_s: list[float]) -> None:
    with pytest.raises(InputError, match="sorted times"):
        schedule_of(np.array(times_s), 1)


def test_every_request_needs_an_image() -> None:
    with pytest.raises(InputError, match="2 arrivals has 1 image"):
        Schedule(np.array([0.0, 1.0]), np.zeros(1, dtype=np.uint32))
