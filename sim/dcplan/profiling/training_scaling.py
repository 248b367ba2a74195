"""How training scales over workers that each hold the whole model and average their gradients (data parallelism).

However many workers there are, each has a batch of the same size (weak scaling) and the same number of processor
threads. Each is a process, with an accelerator of its own where there are any, and runs the model in torch's
DistributedDataParallel, which exchanges gradients while the backward pass still runs. Blocks of steps with and without
the exchange take turns; what steps with it take longer is the exchange that is not hidden behind the backward pass,
with the wait for the slowest worker.

Reference: S. Li et al., "PyTorch Distributed: Experiences on Accelerating Data Parallel Training", VLDB 2020.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcplan.profiling.allocator import keep_memory
from dcplan.profiling.point import Key
from dcplan.profiling.processes import Barrier, doubled, meeting_point, process_group, together, usable_cpus
from dcplan.profiling.session import Session
from dcplan.profiling.statistics import batch_means
from dcplan.profiling.workloads.catalogue import find_workload
from dcplan.profiling.workloads.workload import Samples

MOST_WORKERS = 8
"""Workers at most, where they share the processors of the machine."""
DISCARDED = 10
"""Steps that do not count, fewer if they are long: memory is found, gradients are gathered into buckets."""
FEWEST_DISCARDED = 2
BLOCKS = 10
"""Blocks of each kind, fewer if steps are long."""
FEWEST_BLOCKS = 3
LONGEST_S = 6.0
"""Time for the steps that count, for each number of workers, unless the fewest take longer [s]."""
PATIENCE_S = 900.0
"""Time after which a number of workers is given up [s]."""


@dataclass(frozen=True)
class Job:
    """What every worker does.

    Attributes:
        workload: Name of the workload.
        key: The training step: batch, tokens and number format.
        device: "cpu" or "cuda".
        seed: Seeds weights and samples, the same in all workers.
        longest_s: Time for the steps that count [s].
    """

    workload: str
    key: Key
    device: str = "cpu"
    seed: int = 1
    longest_s: float = LONGEST_S


def training_scaling(job: Job, most: int | None = None) -> dict[str, Any] | None:
    """Rates of training with 1, 2, 4 ... *most* workers; None if there can be but one.

    Args:
        job: What every worker does; the threads, streams and processes of its key do not matter.
        most: The largest number of workers; all accelerators, or usable processors up to `MOST_WORKERS`, if None.

    If a number of workers fails, the larger ones are not tried, and "reason" says why.
    """
    most = _most(job.device) if most is None else most
    if most < 2:
        return None
    threads = max(1, usable_cpus() // most)
    job = replace(job, key=job.key._replace(threads=threads, graphs=False, streams=1, processes=1))
    rows: list[dict[str, float]] = []
    reason: dict[str, str] = {}
    for workers in doubled(most):
        try:
            rows.append(row(workers, job.key.batch, _measured_s(workers, job)))
        except (RuntimeError, OSError, MemoryError) as error:
            reason = {"reason": f"workers {workers}: {' '.join(str(error).split())[:200]}"}
            break
    if not rows:
        return reason
    tokens = {"tokens": job.key.tokens} if job.key.tokens else {}
    how = {"backend": _backend(job.device), "batch_per_worker": job.key.batch, **tokens, "threads_per_worker": threads}
    return {**how, "workers": with_efficiency(rows), **reason}


def with_efficiency(rows: Sequence[dict[str, float]]) -> list[dict[str, float]]:
    """*rows* with their efficiency: samples per second relative to as many times those of one worker, the first row."""
    alone_per_s = rows[0]["samples_per_s"]
    return [{**row, "efficiency": row["samples_per_s"] / (row["workers"] * alone_per_s)} for row in rows]


def step_times_s(ends_s: Sequence[Sequence[float]], steps: int) -> NDArray[np.float64]:
    """Times of steps of all workers together, each from the end of the step before to its own, at the slowest [s].

    Args:
        ends_s: When each worker began, and when each of its steps ended, on the clock that all of them share [s].
        steps: Steps in a block; blocks with and without exchange take turns, with exchange first.

    Returns:
        An array of shape (2, blocks, steps): with exchange, without.
    """
    slowest_s: NDArray[np.float64] = np.array(ends_s, dtype=float).max(axis=0)
    times_s: NDArray[np.float64] = np.diff(slowest_s).reshape(-1, 2, steps).swapaxes(0, 1)
    return times_s


def blocks(step_s: float, longest_s: float) -> tuple[int, int]:
    """How many blocks of each kind, and of how many steps, fit into *longest_s*, if a step takes *step_s*.

    >>> blocks(0.01, 6.0), blocks(0.5, 6.0), blocks(10.0, 6.0)
    ((10, 30), (6, 1), (3, 1))
    """
    number = min(BLOCKS, max(FEWEST_BLOCKS, int(longest_s / (2 * step_s))))
    return number, max(1, int(longest_s / (2 * number * step_s)))


def row(workers: int, batch: int, times_s: NDArray[np.float64]) -> dict[str, float]:
    """What is said of a number of workers, from the times of `step_times_s`."""
    exchanging, apart = times_s
    interval = batch_means(list(exchanging))
    return {
        "workers": workers,
        "step_s": interval.mean,
        "step_low_s": interval.low,
        "step_high_s": interval.high,
        "exchange_s": interval.mean - float(apart.mean()),
        "samples_per_s": workers * batch / interval.mean,
    }


def _most(device: str) -> int:
    if device == "cuda":
        import torch

        return torch.cuda.device_count()
    return min(MOST_WORKERS, usable_cpus())


def _backend(device: str) -> str:
    return "nccl" if device == "cuda" else "gloo"


def _measured_s(workers: int, job: Job) -> NDArray[np.float64]:
    """Times of the steps of so many workers, see `step_times_s`; a RuntimeError says why there are none."""
    import torch

    if not torch.distributed.is_available():
        raise RuntimeError("this torch cannot exchange gradients: it was built without torch.distributed")
    if job.device == "cuda":
        torch.cuda.empty_cache()  # the first worker shares the accelerator with this process
    store = meeting_point(is_master=True, wait_for_workers=False)
    timeout_s = PATIENCE_S + 10 * job.longest_s
    answers = together(workers, _worker, store.port, workers, job, timeout_s=timeout_s)
    steps = answers[0][1]
    return step_times_s([ends_s for ends_s, _ in answers], steps)


def _worker(rank: int, _: Barrier, port: int, workers: int, job: Job) -> tuple[list[float], int]:
    """One process: when it began and when each of its steps ended [s], and the number of steps in a block."""
    from torch.nn.parallel import DistributedDataParallel

    _killed_first()
    keep_memory()
    with process_group(_backend(job.device), port, rank, workers) as device:
        session = Session(find_workload(job.workload), job.key.variant, job.device, job.seed, job.key.batch)
        session.samples = _share(session.samples, rank, workers)
        session.model = model = DistributedDataParallel(session.model)
        step = session.training_step(job.key)

        def taken_s(steps: int) -> list[float]:
            return [_end_s(step, session.wait) for _ in range(steps)]

        number, steps = blocks(_warmed_up_s(lambda: taken_s(1), device, job.longest_s), job.longest_s)
        ends_s = [time.perf_counter()]
        for _block in range(number):
            ends_s += taken_s(steps)
            with model.no_sync():
                ends_s += taken_s(steps)
    return ends_s, steps


def _end_s(step: Callable[[], object], wait: Callable[[], None]) -> float:
    """Make a step; when it ended, on the clock that all processes of the machine share [s]."""
    step()
    wait()
    return time.perf_counter()


def _warmed_up_s(step: Callable[[], object], device: str, longest_s: float) -> float:
    """Make the steps that do not count; the time of one of them, the same in all workers [s]."""
    begin_s, spent_s = time.perf_counter(), [0.0]
    for number in range(DISCARDED):
        step()
        spent_s.append(_largest(time.perf_counter() - begin_s, device))
        if number + 1 >= FEWEST_DISCARDED and spent_s[-1] > longest_s / 2:
            break
    return float(np.median(np.diff(spent_s)))


def _largest(value: float, device: str) -> float:
    """The largest *value* of all workers."""
    import torch

    shared = torch.tensor(value, dtype=torch.float64, device=device)
    torch.distributed.all_reduce(shared, torch.distributed.ReduceOp.MAX)
    return float(shared.item())


def _share(samples: Samples, rank: int, workers: int) -> Samples:
    """*samples* in an order in which each worker begins at a part of its own."""
    first = rank * len(samples.targets) // workers
    inputs = tuple(tensor.roll(-first, 0) for tensor in samples.inputs)
    return Samples(inputs, samples.targets.roll(-first, 0))


def _killed_first() -> None:
    """Ask Linux to end this process before the one that started it, if memory runs out (proc(5), oom_score_adj)."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
