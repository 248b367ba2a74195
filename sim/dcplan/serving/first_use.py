"""Kernels that were never compiled, compiled before their first use: several at a time, one of them here.

Numba compiles in Python, so threads would wait for each other. Other processes leave machine code on disk, from where
the first use loads it. They are given the very rules that will be used, since code is made for their types.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from dcplan.serving import cache_kernel, class_kernel, generation_kernel, kernel, sharing_kernel
from dcplan.serving.cache_kernel import CacheRules, look_up, new_cache
from dcplan.serving.class_endpoint import ClassEndpoint
from dcplan.serving.class_state import ClassRules
from dcplan.serving.compiled import Kernel
from dcplan.serving.endpoint import Endpoint
from dcplan.serving.generation_endpoint import GenerationEndpoint
from dcplan.serving.generation_state import GenerationRules
from dcplan.serving.sharing_endpoint import SharingEndpoint
from dcplan.serving.sharing_state import SharingRules
from dcplan.serving.state import Rules

T = TypeVar("T")


class Use(NamedTuple):
    """What a kernel will be called with.

    Attributes:
        rules: They tell which kernel.
        shared: Of plain `Rules`: whether all replicas take from one queue.
    """

    rules: Rules | ClassRules | GenerationRules | SharingRules | CacheRules
    shared: bool = False


WEIGHT_S = {ClassRules: 5.5, GenerationRules: 4.8, Rules: 1.8, SharingRules: 1.6, CacheRules: 0.4}
"""How long each kernel takes to compile on a core, about [s]: only their proportions matter."""


def compile_missing(uses: Sequence[Use]) -> None:
    """Compile what of *uses* has no code on disk, on all cores; what is but one kernel is left to its first use."""
    missing = {kernel_of(each): each for each in uses if not kernel_of(each).is_on_disk}
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if min(len(missing), cores) < 2:
        return
    weights_s = [(WEIGHT_S[type(use.rules)], use) for use in missing.values()]
    here, *elsewhere = _dealt(weights_s, min(len(missing), cores))
    running = [_compiling(part) for part in elsewhere]
    for use in here:
        call(use)
    for process in running:
        process.wait()  # whatever became of it: what is still missing is compiled by its first use


def kernel_of(use: Use) -> Kernel:
    """The kernel that *use* calls."""
    match use.rules:
        case ClassRules():
            return class_kernel.serve
        case GenerationRules():
            return generation_kernel.serve
        case SharingRules():
            return sharing_kernel.serve
        case CacheRules():
            return cache_kernel.look_up
    return kernel.shared if use.shared else kernel.per_replica


def call(use: Use) -> None:
    """Call the kernel of *use* once, with nothing to do."""
    match use.rules:
        case ClassRules():
            ClassEndpoint.new(use.rules, iter(()), np.zeros(2, dtype=np.int64)).advance(1.0)
        case GenerationRules():
            GenerationEndpoint.new(use.rules, 1 + max(1, use.rules.prefill_replicas), iter(())).advance(1.0)
        case SharingRules():
            SharingEndpoint.new(use.rules, 2, iter(())).advance(1.0)
        case CacheRules():
            nothing, hit = np.zeros(0), np.zeros(0, dtype=np.bool_)
            look_up(use.rules, new_cache(use.rules, 1), nothing, nothing.astype(np.int64), hit, 0, 1.0)
        case Rules():
            Endpoint.new(use.rules, 2, use.shared, iter(())).advance(1.0)


def _dealt(weights: Sequence[tuple[float, T]], shares: int) -> list[list[T]]:
    """*shares* of about equal weight: the heaviest first, each to the share that is lightest so far.

    R. L. Graham, "Bounds on multiprocessing timing anomalies", SIAM Journal on Applied Mathematics 17 (1969).

    >>> _dealt([(8.0, "a"), (5.5, "b"), (2.0, "c"), (1.5, "d"), (1.5, "e")], 2)
    [['a', 'e'], ['b', 'c', 'd']]
    """
    parts: list[list[T]] = [[] for _ in range(shares)]
    loads = [0.0] * shares
    for weight, each in sorted(weights, key=lambda pair: -pair[0]):
        lightest = loads.index(min(loads))
        loads[lightest] += weight
        parts[lightest].append(each)
    return parts


def _compiling(uses: list[Use]) -> subprocess.Popen[bytes]:
    """A process that compiles the kernels of *uses*."""
    process = subprocess.Popen([sys.executable, "-m", __spec__.name], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdin is not None, "it is a pipe"
    with process.stdin:
        pickle.dump(uses, process.stdin)
    return process


if __name__ == "__main__":
    for each in pickle.load(sys.stdin.buffer):
        call(each)
