"""Start and stop mosec with our model behind it, on a free port of 127.0.0.1.

mosec (https://github.com/mosecorg/mosec, Apache-2.0) was chosen because it is a model server as they are deployed,
and small: a front in Rust does HTTP, queueing and dynamic batching (`max_batch_size`, `max_wait_time`), a Python
process runs the model, and both come in one wheel.

How it batches, read in the source of 0.9.8 (`get_batch` and `communicate` in `src/protocol.rs`) and confirmed by
experiment (a worker that sleeps 50 ms, `max_wait_time` 20 ms, one worker): for each worker the front loops over "wait
for a first request; collect more until the batch is full or `max_wait_time` has passed; send it; wait for the answer".

* The wait counts from the moment the loop of the free worker takes the first request from the queue, not from the
  arrival of that request (`delay_from: pickup` in dcplan's scenarios). Measured: a request that had waited 42 ms when
  the worker became free, at 72.1 ms, started at 93.7 ms.
* A full batch starts at once, also in the middle of the wait. Measured: eight waiting requests started 0.4 ms after
  the worker became free; a batch that filled up after 15 ms of waiting started 0.9 ms later.
* With `max_batch_size` 1 there is no wait; a request reaches the worker 0.5 ms after its arrival.
* The wait is a whole number of milliseconds, and takes about 1.05 ms longer than that, because tokio's timer ticks in
  milliseconds and rounds up. Measured: a lone request starts 1.6, 2.6, 3.6 and 6.7 ms after its arrival if the wait
  is 0, 1, 2 and 5 ms. So even with 0, a batch that is not full waits.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from dcplan.errors import InputError
from dcplan.validation.host.http_client import HEAD, answered
from dcplan.validation.host.launch import environment, tail
from dcplan.validation.host.records import PROBE, REQUEST

ENVIRONMENT = "DCPLAN_HOST_SERVER"
"""The variable that holds the settings of the worker, as JSON."""
BATCHES_FILE, PID_FILE, LOG_FILE = "batches.bin", "worker.pid", "mosec.log"

START_S = 90.0
"""How long a server may take to start [s]."""
STOP_S = 3.0
"""How long it may take to stop before it is killed [s]."""
CAPACITY = 100_000
"""Requests that the front queues before it answers 429: more than any run holds."""
TIMEOUT_MS = 60_000
"""How long the front waits for an answer before it answers 408 [ms]."""


@dataclass(frozen=True)
class ServerSpec:
    """A model server; everything here is fixed when it starts.

    Attributes:
        max_batch: Most requests in a batch.
        max_delay_s: Longest wait for a fuller batch, from pickup; whole milliseconds [s].
        workload: What it runs; None answers at once.
        samples_per_request: Samples that each request carries.
        threads: Threads of torch in the worker.
        seed: Seed of weights and samples.
    """

    max_batch: int
    max_delay_s: float
    workload: str | None = None
    samples_per_request: int = 1
    threads: int = 1
    seed: int = 1

    @property
    def max_wait_ms(self) -> int:
        """`max_delay_s` as mosec takes it; an InputError if it cannot [ms]."""
        wait_ms = round(self.max_delay_s * 1e3)
        if wait_ms < 0 or abs(wait_ms - self.max_delay_s * 1e3) > 1e-6:
            raise InputError(
                f"mosec cannot wait {self.max_delay_s * 1e3:g} ms for a fuller batch", "give whole milliseconds"
            )
        return wait_ms


@dataclass(frozen=True)
class ModelServer:
    """A model server that answers.

    Attributes:
        spec: What it is.
        port: Its port on 127.0.0.1.
        pid: The process that manages the others, and their process group.
        worker_pid: The process that runs the model.
        folder: Where its log and its records of batches lie.
    """

    spec: ServerSpec
    port: int
    pid: int
    worker_pid: int
    folder: Path

    @property
    def batches_file(self) -> Path:
        """Records (`records.BATCH`) of all batches so far."""
        return self.folder / BATCHES_FILE

    def cpu_s(self) -> tuple[float, float]:
        """CPU time so far of the worker, and of everything else in the group (the front, mostly), to 10 ms [s]."""
        import psutil  # type: ignore[import-untyped]

        manager = psutil.Process(self.pid)
        used = {each.pid: sum(each.cpu_times()[:2]) for each in (manager, *manager.children(recursive=True))}
        worker_s = float(used.pop(self.worker_pid, 0.0))
        return worker_s, float(sum(used.values()))


@contextmanager
def running(spec: ServerSpec, folder: Path) -> Iterator[ModelServer]:
    """A model server, for as long as the context lasts; starting it takes seconds, so use it for many runs.

    Another batching rule or another number of samples needs another server. Its output goes to *folder*/mosec.log.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in (BATCHES_FILE, PID_FILE):
        (folder / name).unlink(missing_ok=True)
    sockets = tempfile.mkdtemp(prefix="dcplan-mosec-")
    port = free_port()
    process = _start(spec, folder, port, sockets)
    try:
        _await(process, port, folder)
        worker_pid = int((folder / PID_FILE).read_text(encoding="utf-8"))
        yield ModelServer(spec, port, process.pid, worker_pid, folder)
    finally:
        _stop(process)
        shutil.rmtree(sockets, ignore_errors=True)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _start(spec: ServerSpec, folder: Path, port: int, sockets: str) -> subprocess.Popen[bytes]:
    settings = vars(spec) | {"max_wait_ms": spec.max_wait_ms, "folder": str(folder.resolve())}
    variables = environment() | {
        ENVIRONMENT: json.dumps(settings),
        "MOSEC_ADDRESS": "127.0.0.1",
        "MOSEC_PORT": str(port),
        "MOSEC_PATH": f"{sockets}/ipc",
        "MOSEC_CAPACITY": str(CAPACITY),
        "MOSEC_TIMEOUT": str(TIMEOUT_MS),
        "MOSEC_LOG_LEVEL": "warning",
    }
    # `max_wait_time=0` means "the default", 10 ms, and the default is an option of mosec's command line only
    command = [sys.executable, "-m", "dcplan.validation.host.mosec_worker", "--wait", "0"]
    with (folder / LOG_FILE).open("wb") as log:
        return subprocess.Popen(
            command, env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )


def _await(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    """Return when the server answers a request; an InputError with the end of its log if it does not."""
    end_s = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < end_s:
        if _answers(port):
            return
        time.sleep(0.1)
    log = folder / LOG_FILE
    raise InputError(f"the model server did not start; its log ends:\n{tail(log)}", f"the whole log is {log}")


def _answers(port: int) -> bool:
    """Whether a probe gets a good answer."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5.0) as sock:
        sock.sendall(HEAD + REQUEST.pack(PROBE, 0))
        received = b""
        while chunk := sock.recv(4096):
            received += chunk
            if status := answered(received):
                return status == 200
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End exactly the process group that was started: politely, then not."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
