"""The switches that make kernels quick to run and to compile."""

from __future__ import annotations

import numpy as np
import pytest
from numba.core.errors import NumbaError

from dcplan.serving import compiled
from dcplan.serving.histogram import FloatArray


@compiled.function
def makes(count: int) -> FloatArray:
    return np.zeros(count)


@compiled.function
def reads(values: FloatArray) -> float:
    return float(values[0])


@compiled.kernel
def calls_makes(count: int) -> FloatArray:
    return makes(count)


@compiled.kernel
def calls_reads(values: FloatArray) -> float:
    return reads(values)


def test_compiled_functions_cannot_make_arrays() -> None:
    """What numba refuses without its runtime is just what would need counting."""
    assert calls_reads(np.ones(1)) == 1.0
    with pytest.raises(NumbaError):
        calls_makes(3)


def test_python_runs_a_function_of_a_kernel_as_it_is_written() -> None:
    assert makes(2).tolist() == [0.0, 0.0]
