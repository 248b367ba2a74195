"""A server without a network: queue, dynamic batcher and worker in one loop of one thread of this process.

It follows the rule of the simulator's kernel to the letter: a batch starts as soon as the worker is free and either
`max_batch` requests wait or the oldest has waited `max_delay_s` since its intended arrival. While the worker is busy,
requests gather in a pipe; when it is free they are read, all of them, and the rule is applied. An idle server blocks
in `select` until a request comes or the oldest is due.
"""

from __future__ import annotations

import math
import os
import select
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from dcplan.validation.host.call import Call
from dcplan.validation.host.records import BATCH, REQUEST
from dcplan.validation.host.schedule import FloatArray

Request = tuple[int, int]
"""Its number in the schedule, its first image."""


@dataclass(frozen=True)
class Rule:
    """When a batch starts.

    Attributes:
        max_batch: Most requests in a batch.
        max_delay_s: Longest wait of a free worker for a fuller batch, from the arrival of the oldest request [s].
    """

    max_batch: int
    max_delay_s: float


class Source(Protocol):
    """Where requests come from."""

    @property
    def ended(self) -> bool:
        """True when nothing more will come."""

    def read(self) -> Iterable[Request]:
        """Requests that have come since the last time; does not wait."""

    def wait(self, timeout_s: float) -> None:
        """Return when a request has come or *timeout_s* has passed (infinite: no limit)."""


@dataclass
class PipeSource:
    """Requests from the reading end of a pipe."""

    descriptor: int
    ended: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        os.set_blocking(self.descriptor, False)

    def read(self) -> Iterable[Request]:
        """See `Source`. Writes of eight bytes are atomic, so a read never ends within a request."""
        try:
            data = os.read(self.descriptor, 8192 * REQUEST.size)
        except BlockingIOError:
            return ()
        self.ended = not data
        return REQUEST.iter_unpack(data)

    def wait(self, timeout_s: float) -> None:
        """See `Source`."""
        if self.ended:
            time.sleep(timeout_s)
        else:
            select.select([self.descriptor], [], [], None if timeout_s == math.inf else timeout_s)


@dataclass(frozen=True)
class Served:
    """What the server did; times are absolute.

    Attributes:
        done_s: When each request was answered [s]; NaN if it never came, [n].
        batches: A record (`records.BATCH`) for each batch.
        cpu_s: CPU time of this process [s].
    """

    done_s: FloatArray
    batches: bytes
    cpu_s: float


def serve(
    arrival_s: FloatArray, rule: Rule, source: Source, call: Call, clock: Callable[[], float] = time.monotonic
) -> Served:
    """Serve until every request of the schedule is answered, or the source has ended.

    Args:
        arrival_s: Intended arrival of each request, on *clock* [s], [n].
        rule: When a batch starts.
        source: Where the requests come from.
        call: Serves a batch.
        clock: The time [s].
    """
    due_s = (arrival_s + rule.max_delay_s).tolist()
    done_s, batches = [math.nan] * len(due_s), bytearray()
    waiting: deque[Request] = deque()
    cpu_s = time.process_time()
    left = len(due_s)
    while left and (waiting or not source.ended):
        waiting.extend(source.read())
        now_s = clock()
        wait_s = due_s[waiting[0][0]] - now_s if waiting else math.inf
        if waiting and (wait_s <= 0.0 or len(waiting) >= rule.max_batch):
            batch = [waiting.popleft() for _ in range(min(len(waiting), rule.max_batch))]
            call([image for _, image in batch])
            end_s = clock()
            for number, _ in batch:
                done_s[number] = end_s
            batches += BATCH.pack(now_s, end_s, time.process_time(), batch[0][0], len(batch))
            left -= len(batch)
        elif waiting or not source.ended:
            source.wait(wait_s)
    return Served(np.array(done_s), bytes(batches), time.process_time() - cpu_s)
