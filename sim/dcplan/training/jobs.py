"""How long a training job takes, from measured steps."""

from __future__ import annotations

import math


def job_s(step_s: float, samples: int, batch: int, epochs: int) -> float:
    """Time of a job on one slot [s]: whole steps per epoch, back to back.

    Evaluation, checkpoints and reading data are not in it.

    >>> job_s(0.02, samples=100, batch=32, epochs=10)
    0.8
    """
    return step_s * math.ceil(samples / batch) * epochs
