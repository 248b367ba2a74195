"""Measure a server under a schedule of requests: in this process, behind mosec, or mosec alone.

A server in this process is as cheap to start as its call, which can be made once and passed in. A mosec server takes
seconds to start: open it with `mosec_server.running` and pass it in, as long as the batching rule stays the same.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dcplan.errors import InputError
from dcplan.profiling.machine import CpuTimes, Load, cpu_times, load_between
from dcplan.validation.host.call import Call, make_call, warm_up
from dcplan.validation.host.inprocess import PipeSource, Rule, serve
from dcplan.validation.host.launch import check_host, generator
from dcplan.validation.host.mosec_server import ModelServer, ServerSpec, running
from dcplan.validation.host.records import Batches, Sent, read_batches
from dcplan.validation.host.schedule import FloatArray, Schedule
from dcplan.validation.host.timers import exact_timers

WORKLOAD = "cnn-cifar10"
SEED = 1
Begun = Callable[[float], object]
"""Told when a run starts (CLOCK_MONOTONIC) [s]."""


def nobody(start_s: float) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Lateness:
    """How late the generator sent, against its schedule [s]."""

    p50_s: float
    p99_s: float
    max_s: float


@dataclass(frozen=True)
class Measured:
    """What was measured in one run; times from its start.

    Attributes:
        arrival_s: Intended arrival of each request [s], [n].
        sent_s: When it was sent [s]; NaN if it could not be, [n].
        done_s: When it was answered [s]; NaN without a good answer, [n]. In this process: when its batch ended; over
            HTTP: when the client had the whole answer.
        batches: Every batch that the worker served.
        duration_s: From the start to the last answer [s].
        cpu_s: CPU time of the worker's process [s]; behind mosec to 10 ms.
        front_cpu_s: CPU time of mosec's other processes [s]; 0 in this process.
        generator_cpu_s: CPU time of the load generator [s].
        load: What anything else took of the machine, and the hypervisor of that.
    """

    arrival_s: FloatArray
    sent_s: FloatArray
    done_s: FloatArray
    batches: Batches
    duration_s: float
    cpu_s: float
    front_cpu_s: float
    generator_cpu_s: float
    load: Load

    @property
    def latency_s(self) -> FloatArray:
        """From the intended arrival to the answer [s]; NaN without one, [n]."""
        return self.done_s - self.arrival_s

    @property
    def errors(self) -> int:
        """Requests without a good answer."""
        return int(np.isnan(self.done_s).sum())

    @property
    def lateness(self) -> Lateness:
        """How late requests were sent."""
        late_s = (self.sent_s - self.arrival_s)[~np.isnan(self.sent_s)]
        levels = np.percentile(late_s, (50, 99, 100)) if len(late_s) else np.full(3, np.nan)
        return Lateness(*(float(level) for level in levels))


def measure_inprocess(
    schedule: Schedule,
    max_batch: int,
    max_delay_s: float,
    samples_per_request: int,
    threads: int,
    folder: Path,
    *,
    workload: str = WORKLOAD,
    seed: int = SEED,
    call: Call | None = None,
    begun: Begun = nobody,
) -> Measured:
    """Serve *schedule* in this process.

    Args:
        schedule: When which request comes.
        max_batch: Most requests in a batch.
        max_delay_s: Longest wait of the oldest request for a fuller batch, from its intended arrival [s].
        samples_per_request: Samples that each request carries.
        threads: Threads of torch.
        folder: Where the schedule and what the generator did are written.
        workload: What to run.
        seed: Seed of weights and samples.
        call: What `make_call` made of these settings, warmed up; made here if there is none yet.
        begun: Told when the run starts.
    """
    check_host()
    if call is None:
        call = make_call(workload, threads, samples_per_request, seed)
        warm_up(call, max_batch)
    folder.mkdir(parents=True, exist_ok=True)
    reader, writer = os.pipe()
    try:
        with generator(schedule, folder, ["--pipe", str(writer)], writer) as sender, exact_timers():
            before = cpu_times()
            begun(start_s := sender.begin())
            served = serve(schedule.arrival_s + start_s, Rule(max_batch, max_delay_s), PipeSource(reader), call)
            sent = replace(sender.result(), done_s=served.done_s - start_s)
            load = _load(before, sent.cpu_s)
    finally:
        os.close(reader)
    batches = read_batches(served.batches, schedule, start_s)
    return _measured(schedule, sent, batches, (served.cpu_s, 0.0), load)


def measure_http(
    schedule: Schedule,
    max_batch: int,
    max_delay_s: float,
    samples_per_request: int,
    threads: int,
    folder: Path,
    *,
    workload: str = WORKLOAD,
    seed: int = SEED,
    server: ModelServer | None = None,
    begun: Begun = nobody,
) -> Measured:
    """Serve *schedule* by mosec; arguments as in `measure_inprocess`, but *max_delay_s* counts from pickup.

    *server* is one that runs already, with these very settings; otherwise one is started, and stopped at the end.
    """
    spec = ServerSpec(max_batch, max_delay_s, workload, samples_per_request, threads, seed)
    return _measure_mosec(schedule, spec, folder, server, begun)


def measure_echo(
    schedule: Schedule, max_batch: int, max_delay_s: float, folder: Path, *, server: ModelServer | None = None
) -> Measured:
    """Serve *schedule* by mosec with a worker that answers at once: what is measured is the server's own time."""
    return _measure_mosec(schedule, ServerSpec(max_batch, max_delay_s), folder, server)


def _measure_mosec(
    schedule: Schedule, spec: ServerSpec, folder: Path, server: ModelServer | None, begun: Begun = nobody
) -> Measured:
    check_host()
    folder.mkdir(parents=True, exist_ok=True)
    if server is not None and server.spec != spec:
        raise InputError(f"the server that runs is {server.spec}, not {spec}", "start another")
    with _open(spec, folder, server) as server:
        seen = server.batches_file.stat().st_size
        with generator(schedule, folder, ["--port", str(server.port)]) as sender:
            cpu_s, before = server.cpu_s(), cpu_times()
            begun(start_s := sender.begin())
            sent = sender.result()
            worker_s, front_s = (after - then for after, then in zip(server.cpu_s(), cpu_s, strict=True))
            load = _load(before, sent.cpu_s + worker_s + front_s)
        batches = read_batches(server.batches_file.read_bytes()[seen:], schedule, start_s)
    return _measured(schedule, sent, batches, (worker_s, front_s), load)


@contextmanager
def _open(spec: ServerSpec, folder: Path, server: ModelServer | None) -> Iterator[ModelServer]:
    """The server that runs already, or one for this run."""
    if server is not None:
        yield server
    else:
        with running(spec, folder) as fresh:
            yield fresh


def _load(before: CpuTimes, ours_s: float) -> Load:
    """What others took of the machine since *before*, if our other processes used *ours_s* of CPU time [s]."""
    after = cpu_times()
    return load_between(before, replace(after, own_s=after.own_s + ours_s))


def _measured(schedule: Schedule, sent: Sent, batches: Batches, cpu_s: tuple[float, float], load: Load) -> Measured:
    answered_s = sent.done_s[~np.isnan(sent.done_s)]
    duration_s = float(answered_s.max()) if len(answered_s) else schedule.duration_s
    return Measured(schedule.arrival_s, sent.sent_s, sent.done_s, batches, duration_s, *cpu_s, sent.cpu_s, load)
