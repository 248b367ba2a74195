"""The batched call itself, shared by both servers and by whoever profiles it: gather, run, read the answer out."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence

from dcplan.profiling.allocator import keep_memory
from dcplan.profiling.workloads.catalogue import find_workload

Call = Callable[[Sequence[int]], None]
"""Serves a batch, given the first image of each of its requests."""

WARM_UP_ROUNDS = 3
"""How often each batch size is called before a server opens."""


def make_call(workload_name: str, threads: int, samples_per_request: int, seed: int) -> Call:
    """The model with random weights, a resident pool of samples, and the call that serves a batch of requests.

    A request takes *samples_per_request* samples of the pool, from its image offset on, wrapping at the end. The
    samples are copied into one batch, the model runs on *threads* threads of this process (torch knows one number of
    threads a process), and the largest output of each sample is read back into Python, as an answer would be.
    The process keeps the memory that it frees, see `profiling.allocator`.
    """
    workload = find_workload(workload_name)
    import torch

    keep_memory()
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    model = workload.build().eval()
    pool = workload.samples(workload.pool).inputs
    rows = (torch.arange(workload.pool)[:, None] + torch.arange(samples_per_request)) % workload.pool

    @torch.inference_mode()
    def call(images: Sequence[int]) -> None:
        chosen = rows[torch.tensor(images) % len(rows)].flatten()
        output = model(*(tensor.index_select(0, chosen) for tensor in pool))
        output.argmax(-1).tolist()

    return call


def warm_up(call: Call, max_batch: int) -> None:
    """Call every batch size a few times, then hide all that is loaded from the garbage collector.

    Without the latter a full collection walks all of torch, for tens of milliseconds, in the middle of a run.
    """
    for _ in range(WARM_UP_ROUNDS):
        for size in range(1, max_batch + 1):
            call(range(size))
    gc.collect()
    gc.freeze()
