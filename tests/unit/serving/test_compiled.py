"""The switch that keeps kernels from counting references."""

from __future__ import annotations

import numpy as np
import pytest
from numba.core.errors import NumbaError

from dcplan.serving import compiled
from dcplan.serving.histogram import FloatArray


def test_compiled_functions_cannot_make_arrays() -> None:
    """What numba refuses without its runtime is just what would need counting."""

    @compiled.function
    def makes(count: int) -> FloatArray:  # pragma: no cover - compiled
        return np.zeros(count)

    @compiled.function
    def reads(values: FloatArray) -> float:  # pragma: no cover - compiled
        return float(values[0])

    assert reads(np.ones(1)) == 1.0
    with pytest.raises(NumbaError):
        makes(3)
