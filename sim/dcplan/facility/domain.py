"""Array types of this package, and the errors for designs that cannot be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


class DesignError(ValueError):
    """A design that cannot be, because of what it calls *name*."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class OutOfRangeError(DesignError):
    """A number outside its range."""

    def __init__(self, name: str, value: float, low: float, high: float) -> None:
        super().__init__(name, f"{name} = {value:g} is outside {low:g} to {high:g}")
        self.value, self.low, self.high = value, low, high


def require(name: str, value: float, low: float, high: float) -> None:
    """Raise an OutOfRangeError that says what *name* is and may be, unless low <= *value* <= high.

    >>> require("supply_c", 24.0, 10.0, 35.0)
    """
    if not low <= value <= high:
        raise OutOfRangeError(name, value, low, high)
