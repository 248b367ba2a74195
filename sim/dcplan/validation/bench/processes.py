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
import dcplan.engine.run
from dcplan.serving import first_use
from dcplan.serving.first_use import Use
from dcplan.validation.bench import cache, continuous_batch, dynamic_batch, priorities_retries, shared_device
uses = [Use(dynamic_batch.rules(), shared) for shared in (False, True)]
uses += [Use(each.rules()) for each in (priorities_retries, continuous_batch, shared_device)]
uses.append(Use(cache.RULES))
begin = time.perf_counter()
first_use.compile_missing(uses)
for use in uses:
    first_use.call(use)
print(time.perf_counter() - begin)
"""
"""What a run does with all kernels before anything else, in a process that has loaded what a run loads."""
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
    yield Result("jit_cold", cold_s, "s", f"first use of all kernels, nothing compiled, {os.cpu_count()} cores")
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
