"""What a fresh process needs: the first use of all kernels without and with a compile cache, and memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from dcplan.validation.bench.result import Result

FIRST_USE = """
import time
import numpy as np
from dcplan.validation.bench import cache, continuous_batch, dynamic_batch, priorities_retries, shared_device
from dcplan.serving.class_endpoint import ClassEndpoint
from dcplan.serving.endpoint import Endpoint
from dcplan.serving.generation_endpoint import GenerationEndpoint
begin = time.perf_counter()
for shared in (False, True):
    Endpoint.new(dynamic_batch.rules(), 2, shared, iter(())).advance(1.0)
ClassEndpoint.new(priorities_retries.rules(), iter(()), np.zeros(2, dtype=int)).advance(1.0)
GenerationEndpoint.new(continuous_batch.rules(), 2, iter(())).advance(1.0)
cache.kernel_s(1)
shared_device.kernel_s(1)
print(time.perf_counter() - begin)
"""
MEMORY = """
import re, sys
from dcplan.validation.bench import dynamic_batch
dynamic_batch.kernel_s(int(float(sys.argv[1])) // dynamic_batch.BLOCK + 1)
with open("/proc/self/status") as status:
    print(1024 * int(re.search(r"VmHWM:\\s+([0-9]+)", status.read())[1]))
"""
"""Peak memory, from Linux: `getrusage` begins with that of the process which started this one."""
FEW, MANY = 1e7, 1e9
"""Requests."""


def first_use() -> Iterator[Result]:
    """Time from a call of every kernel, after imports, to its return."""
    with tempfile.TemporaryDirectory() as cache:
        cold_s, warm_s = (_printed(FIRST_USE, NUMBA_CACHE_DIR=cache) for _ in range(2))
    yield Result("jit_cold", cold_s, "s", "first use of all kernels, nothing compiled")
    yield Result("jit_warm", warm_s, "s", "first use of all kernels in a process, compiled before")


def memory() -> Result:
    """Peak memory of a process that serves a billion requests."""
    _printed(MEMORY, "1")  # compile, which takes memory too, or load
    few, many = (_printed(MEMORY, f"{count:g}") for count in (FEW, MANY))
    reference = f"peak of a process that serves {MANY:g} requests; for {FEW:g} it is {few / 1e6:.4g} MB"
    return Result("memory_1e9", many / 1e6, "MB", reference, many / few)


def _printed(program: str, *arguments: str, **environment: str) -> float:
    """What *program* prints, in a process of its own, with more in its environment."""
    found = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return float(found.stdout)
