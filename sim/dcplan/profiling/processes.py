"""Run the same function in several fresh processes at once, and bring back what each returns."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import takewhile
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol

LOCAL = "127.0.0.1"
"""The address of this machine itself."""


class Barrier(Protocol):
    """Where processes wait for each other."""

    def wait(self, timeout: float | None = None) -> int:
        """Return once all are here."""


def together(count: int, work: Callable[..., Any], *arguments: object, timeout_s: float = 120) -> list[Any]:
    """What `work(rank, barrier, *arguments)` returns in each of *count* processes, by rank.

    Raise a RuntimeError that says why if one of them fails or takes longer than *timeout_s* [s]; none is left behind.
    """
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(count)
    pipes = [context.Pipe(duplex=False) for _ in range(count)]
    processes = [
        context.Process(target=_answer, args=(sender, work, rank, barrier, arguments), daemon=True)
        for rank, (_, sender) in enumerate(pipes)
    ]
    try:
        for process in processes:
            process.start()
        for _, sender in pipes:
            sender.close()
        answers = _answers([receiver for receiver, _ in pipes], time.monotonic() + timeout_s)
        for process in processes:
            process.join(5)
        return answers
    finally:
        for process in processes:
            _end(process)
        for receiver, _ in pipes:
            receiver.close()


def _answer(
    sender: Connection, work: Callable[..., Any], rank: int, barrier: Barrier, arguments: tuple[object, ...]
) -> None:
    try:
        sender.send((True, work(rank, barrier, *arguments)))
    except BaseException as error:
        sender.send((False, "".join(traceback.format_exception_only(error)).strip()))
    finally:
        sender.close()


def _answers(receivers: list[Connection], end_s: float) -> list[Any]:
    """One answer from each receiver, in their order; the first failure is raised at once."""
    answers: dict[int, Any] = {}
    while len(answers) < len(receivers):
        waiting = [one for place, one in enumerate(receivers) if place not in answers]
        ready = wait(waiting, max(0.0, end_s - time.monotonic()))
        if not ready:
            raise RuntimeError("the processes did not finish in time")
        for one in ready:
            answers[receivers.index(one)] = _received(one)  # type: ignore[arg-type]
    return [answers[place] for place in range(len(receivers))]


def _received(receiver: Connection) -> Any:
    try:
        good, answer = receiver.recv()
    except EOFError as error:
        raise RuntimeError("a process ended without an answer") from error
    if not good:
        raise RuntimeError(f"a process failed: {answer}")
    return answer


def _end(process: Any) -> None:
    """End *process* if it still runs, and give its resources back."""
    if process.pid is None:
        return
    process.kill()
    process.join()
    process.close()


def usable_cpus() -> int:
    """Logical processors that this process may run on."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def doubled(most: int) -> tuple[int, ...]:
    """1, 2, 4 and so on up to *most*, which is the last even if it is no power of two.

    >>> doubled(6), doubled(1)
    ((1, 2, 4, 6), (1,))
    """
    return (*takewhile(lambda count: count < most, (2**power for power in range(20))), most)


def meeting_point(port: int = 0, **how: bool) -> Any:
    """Where the ranks of a process group on this machine find each other, a TCPStore; at any free port if zero."""
    import torch

    distributed: Any = torch.distributed
    return distributed.TCPStore(LOCAL, port, **how)


@contextmanager
def process_group(backend: str, port: int, rank: int, ranks: int) -> Iterator[str]:
    """Make this process the *rank*-th of a process group that meets at *port*; the device whose tensors it exchanges.

    gloo talks through the loopback device alone, unless the user chose another.
    """
    import torch

    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    device = f"cuda:{rank}" if backend == "nccl" else "cpu"
    if backend == "nccl":
        torch.cuda.set_device(device)
    store = meeting_point(port, is_master=False)
    torch.distributed.init_process_group(backend, store=store, rank=rank, world_size=ranks)
    try:
        yield device
    finally:
        torch.distributed.destroy_process_group()
