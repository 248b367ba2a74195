"""The time in which ranks on this machine add up a vector: gloo between two processes, NCCL between accelerators."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from dcplan.profiling.probes.result import Result, not_measured, summarise
from dcplan.profiling.probes.settings import MIB, Settings, Tell
from dcplan.profiling.probes.trials import Pace, calls_in
from dcplan.profiling.processes import Barrier, meeting_point, process_group, together, usable_cpus

SMALLEST_BYTES = 1024
"""The smallest message [B]; each of the following is sixteen times as large."""
RANKS = 2
"""Processes that take part, where the processor does the work."""


def all_reduce(settings: Settings, tell: Tell = lambda _: None) -> list[Result]:
    """Time of an all-reduce by size of the message [s]: through gloo, and through NCCL with several accelerators."""
    results = []
    for backend, ranks in _backends(settings.device):
        tell(f"all-reduce through {backend}")
        results += _measured(backend, ranks, sizes(settings), settings.effective_pace)
    return results


def sizes(settings: Settings) -> list[int]:
    """Bytes of the messages, from 1 KiB in steps of sixteen to the largest [B]."""
    largest = settings.largest_all_reduce_bytes or (4 if settings.quick else 64) * MIB
    found = [SMALLEST_BYTES]
    while 16 * found[-1] <= largest:
        found.append(16 * found[-1])
    return [*found, largest] if largest > found[-1] else found


def _backends(device: str) -> list[tuple[str, int]]:
    import torch

    found = [("gloo", RANKS)] if torch.distributed.is_available() and torch.distributed.is_gloo_available() else []
    if device == "cuda" and torch.cuda.device_count() > 1 and torch.distributed.is_nccl_available():
        found.append(("nccl", torch.cuda.device_count()))
    return found


def _measured(backend: str, ranks: int, messages: Sequence[int], pace: Pace) -> list[Result]:
    try:
        store = meeting_point(is_master=True, wait_for_workers=False)
        found = together(ranks, _rank, backend, store.port, ranks, messages, pace, timeout_s=60 + 100 * pace.trial_s)[0]
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        return [not_measured(_name(backend, size), "s", reason) for size in messages]
    results = [_result(backend, ranks, size, values) for size, values in found.items()]
    return [*results, _bus(backend, ranks, max(found), found[max(found)])]


def _name(backend: str, size: int) -> str:
    return f"all_reduce_{backend}_{size // MIB}_mib" if size % MIB == 0 else f"all_reduce_{backend}_{size // 1024}_kib"


def _result(backend: str, ranks: int, size: int, values: Sequence[float]) -> Result:
    meaning = f"time of an all-reduce (sum, fp32) of the message over {ranks} ranks on this machine, back to back"
    return summarise(_name(backend, size), "s", values, meaning, _conditions(backend, ranks, size))


def _bus(backend: str, ranks: int, size: int, values: Sequence[float]) -> Result:
    """What a ring of so many ranks moves over each link, from the times of the largest message (as nccl-tests say)."""
    moved = [2 * (ranks - 1) / ranks * size / taken_s for taken_s in values]
    meaning = "bytes per second over each link, if the ranks form a ring: 2 (ranks - 1) / ranks x message / time"
    return summarise(f"all_reduce_{backend}_bus_bandwidth", "B/s", moved, meaning, _conditions(backend, ranks, size))


def _conditions(backend: str, ranks: int, size: int) -> dict[str, object]:
    return {"backend": backend, "ranks": ranks, "message_bytes": size, "threads_per_rank": _threads(ranks)}


def _threads(ranks: int) -> int:
    return max(1, usable_cpus() // ranks)


def _rank(
    rank: int, _: Barrier, backend: str, port: int, ranks: int, messages: Sequence[int], pace: Pace
) -> dict[int, list[float]]:
    """One process: the seconds of an all-reduce in each trial, by size of the message."""
    import torch

    torch.set_num_threads(_threads(ranks))
    with process_group(backend, port, rank, ranks) as device:
        return {size: _trials_s(rank, size, device, pace) for size in messages}


def _trials_s(rank: int, size: int, device: str, pace: Pace) -> list[float]:
    """Seconds per all-reduce in each trial; all ranks make as many calls as the first one finds right."""
    import torch

    vector = torch.zeros(max(1, size // 4), device=device)
    count = _agreed(rank, vector, device, pace)
    return [_took_s(vector, count, device) / count for _ in range(pace.trials[0])]


def _agreed(rank: int, vector: Any, device: str, pace: Pace) -> int:
    """How many calls make a trial: the first rank tries, and tells the others before each try how many follow."""
    import torch

    told = torch.zeros(1, dtype=torch.int64, device=device)

    def tell(count: int) -> int:
        told.fill_(count)
        torch.distributed.broadcast(told, 0)
        return int(told.item())

    if rank == 0:

        def tried_s(count: int) -> float:
            tell(count)
            return _took_s(vector, count, device)

        count = calls_in(pace.trial_s, tried_s)
        tell(0)
        return tell(count)
    while count := tell(0):
        _took_s(vector, count, device)
    return tell(0)


def _took_s(vector: Any, count: int, device: str) -> float:
    import torch

    _wait(device)
    torch.distributed.barrier()
    begin = time.perf_counter()
    for _ in range(count):
        torch.distributed.all_reduce(vector)
    _wait(device)
    return time.perf_counter() - begin


def _wait(device: str) -> None:
    if device != "cpu":
        import torch

        torch.cuda.synchronize()
