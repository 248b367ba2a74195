from __future__ import annotations

import pytest

from dcplan.training.jobs import job_s


@pytest.mark.parametrize(
    ("samples", "batch", "epochs", "steps"),
    [(100, 50, 1, 2), (101, 50, 1, 3), (1, 50, 1, 1), (50_000, 64, 10, 7820), (64, 64, 3, 3)],
)
def test_a_job_is_whole_steps_in_every_epoch(samples: int, batch: int, epochs: int, steps: int) -> None:
    assert job_s(0.5, samples, batch, epochs) == 0.5 * steps
