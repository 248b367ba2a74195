"""Array types of this package, and the sentence for a number outside its range."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def require(name: str, value: float, low: float, high: float) -> None:
    """Raise a ValueError that says what *name* is and may be, unless low <= *value* <= high.

    >>> require("supply_c", 24.0, 10.0, 35.0)
    """
    if not low <= value <= high:
        raise ValueError(f"{name} = {value:g} is outside {low:g} to {high:g}")
