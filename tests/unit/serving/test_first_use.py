"""Kernels are compiled side by side; what other processes compiled is loaded by its first use."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dcplan.serving import first_use
from dcplan.serving.first_use import Use, call, compile_missing, kernel_of
from dcplan.validation.bench import cache, continuous_batch, dynamic_batch, priorities_retries, shared_device

PROGRAM = """
from dcplan.serving.first_use import Use, call, compile_missing, kernel_of
from dcplan.validation.bench import cache, dynamic_batch
uses = [Use(dynamic_batch.rules()), Use(cache.RULES)]
compile_missing(uses)
for use in uses:
    call(use)
print([kernel_of(use).compilations for use in uses], [kernel_of(use).is_on_disk for use in uses])
"""


def test_processes_leave_code_that_the_first_use_loads(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    cores = len(os.sched_getaffinity(0))
    assert found.stdout.split() == (["[1,", "0]", "[True,", "True]"] if cores > 1 else ["[1,", "1]", "[True,", "True]"])


@pytest.mark.parametrize(
    "use",
    [
        Use(dynamic_batch.rules()),
        Use(dynamic_batch.rules(), shared=True),
        Use(priorities_retries.rules()),
        Use(continuous_batch.rules()),
        Use(shared_device.rules()),
        Use(cache.RULES),
    ],
    ids=["per_replica", "shared", "classes", "generation", "sharing", "cache"],
)
def test_every_kernel_can_be_called_with_nothing_to_do(use: Use) -> None:
    call(use)
    assert kernel_of(use).is_on_disk


def test_one_missing_kernel_is_left_to_its_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(uses: list[Use]) -> None:
        raise AssertionError(uses)

    monkeypatch.setattr(first_use, "_compiling", never)
    monkeypatch.setattr("dcplan.serving.compiled.Kernel.is_on_disk", False)
    compile_missing([Use(dynamic_batch.rules())])
