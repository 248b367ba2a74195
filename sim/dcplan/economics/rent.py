"""Build or rent: what an hour of a device costs by how much the devices are used."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Offer:
    """A way to have devices: what is paid for the device whether used or not, and what for each hour of use.

    Attributes:
        fixed_usd_per_h: Per hour of a device that is there [USD/h].
        used_usd_per_h: More for each hour in which it is used [USD/h].
    """

    fixed_usd_per_h: float
    used_usd_per_h: float

    def usd_per_used_h(self, utilisation: FloatArray | float) -> FloatArray:
        """Cost of an hour of use [USD/h], at a *utilisation* above 0.

        >>> float(Offer(1.0, 0.1).usd_per_used_h(0.5))
        2.1
        """
        cost: FloatArray = self.fixed_usd_per_h / np.asarray(utilisation) + self.used_usd_per_h
        return cost


def break_even_utilisation(own: Offer, other: Offer) -> float | None:
    """Share of the time in use above which *own* is the cheaper of the two [-]; None if it is so nowhere up to 1.

    fixed_1 / u + used_1 = fixed_2 / u + used_2, so u = (fixed_1 - fixed_2) / (used_2 - used_1).

    >>> break_even_utilisation(Offer(1.5, 0.0), Offer(0.0, 3.0))
    0.5
    """
    more_fixed = own.fixed_usd_per_h - other.fixed_usd_per_h
    less_used = other.used_usd_per_h - own.used_usd_per_h
    if more_fixed <= 0.0 <= less_used:
        return 0.0
    if less_used <= 0.0 or more_fixed > less_used:
        return None
    return more_fixed / less_used
