"""What an outage costs under a service-level agreement: credits by the availability of each month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.reliability.blocks import FloatArray


@dataclass(frozen=True)
class Step:
    """A row of the table of credits."""

    below: float
    """Availability of the month below which it holds [-]."""
    credit: float
    """Share of the month's price that is given back [-]."""


def given_back(availability: FloatArray, steps: tuple[Step, ...]) -> FloatArray:
    """Share of each month's price that is given back [-]: the largest credit whose row holds.

    >>> steps = (Step(0.999, 0.1), Step(0.99, 0.25))
    >>> given_back(np.array([1.0, 0.999, 0.9989, 0.5]), steps).tolist()
    [0.0, 0.0, 0.1, 0.25]
    """
    given = np.zeros(np.shape(availability))
    for step in steps:
        given = np.where(availability < step.below, np.maximum(given, step.credit), given)
    return given
