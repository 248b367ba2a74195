"""Depreciation for income tax in the United States: MACRS, as the Internal Revenue Service tabulates it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

RecoveryYears = Literal[5, 15, 39]
"""Computers: 5; land improvements and most of what cost segregation takes out of a building: 15; the building: 39."""

HALF_YEAR: Mapping[int, tuple[float, ...]] = MappingProxyType(
    {
        5: (20.00, 32.00, 19.20, 11.52, 11.52, 5.76),
        15: (5.00, 9.50, 8.55, 7.70, 6.93, 6.23, 5.90, 5.90, 5.91, 5.90, 5.91, 5.90, 5.91, 5.90, 5.91, 2.95),
    }
)
"""Per cent of the price by year, half-year convention: IRS Publication 946 (2024), appendix A, table A-1."""

FIRST_39 = (2.461, 2.247, 2.033, 1.819, 1.605, 1.391, 1.177, 0.963, 0.749, 0.535, 0.321, 0.107)
"""Per cent in the first year by the month of its beginning, January first, mid-month convention: table A-7a."""
EACH_39 = 2.564
"""Per cent in each of the years 2 to 39, ibid."""
LAST_39 = tuple(reversed(FIRST_39))
"""Per cent in year 40, ibid."""


def macrs(recovery_years: RecoveryYears, month: int = 1) -> FloatArray:
    """Share of the price that is deducted in each year [-], first year first; they sum to 1.

    Args:
        recovery_years: Class of the property.
        month: Month 1..12 in which it is placed in service; it matters to a building (39 years) alone.

    >>> macrs(5).tolist()
    [0.2, 0.32, 0.192, 0.1152, 0.1152, 0.0576]
    """
    building = (FIRST_39[month - 1], *(EACH_39,) * 38, LAST_39[month - 1])
    per_cent = building if recovery_years == 39 else HALF_YEAR[recovery_years]
    return np.round(np.array(per_cent) / 100.0, 7)
