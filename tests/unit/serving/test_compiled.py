"""The switches that make kernels quick to run and to compile."""

from __future__ import annotations

import gc
from pathlib import Path

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


def test_code_on_disk_is_out_of_date_when_any_source_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("numba.core.config.CACHE_DIR", str(tmp_path))
    first = compiled.Kernel(one_more)
    assert not first.is_on_disk
    assert (first(1), first.compilations) == (2, 1)
    assert compiled.Kernel(one_more).is_on_disk
    again = compiled.Kernel(one_more)
    assert (again(1), again.compilations) == (2, 0)

    monkeypatch.setattr(compiled, "_sources", lambda: "other")
    changed = compiled.Kernel(one_more)
    assert not changed.is_on_disk
    assert (changed(1), changed.compilations) == (2, 1)


def test_garbage_is_collected_again_after_a_compilation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("numba.core.config.CACHE_DIR", str(tmp_path))
    assert gc.isenabled()
    compiled.Kernel(one_more)(1)
    assert gc.isenabled()


def one_more(count: int) -> int:
    return count + 1
