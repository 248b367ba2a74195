"""Whole measurements, short ones: everything that was sent comes back, and the books agree."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from dcplan.errors import InputError
from dcplan.validation.host.call import make_call, warm_up
from dcplan.validation.host.launch import check_host
from dcplan.validation.host.mosec_server import ServerSpec, running
from dcplan.validation.host.run import Measured, measure_echo, measure_http, measure_inprocess
from dcplan.validation.host.schedule import schedule_of

SCHEDULE = schedule_of(np.linspace(0.0, 0.3, 40), 2)


def assert_complete(measured: Measured) -> None:
    assert measured.errors == 0
    assert measured.batches.size.sum() == len(SCHEDULE.arrival_s)
    assert (measured.latency_s > 0).all()
    assert (measured.batches.duration_s >= 0).all()
    assert (measured.batches.start_s >= measured.batches.head_arrival_s).all()
    assert measured.duration_s == measured.done_s.max()
    assert 0 <= measured.lateness.p50_s <= measured.lateness.p99_s <= measured.lateness.max_s
    assert measured.load.others_percent >= 0


def group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_a_server_in_this_process(tmp_path: Path) -> None:
    call = make_call("cnn-cifar10", 1, 2, seed=1)
    warm_up(call, 4)
    measured = measure_inprocess(SCHEDULE, 4, 0.005, 2, 1, tmp_path / "new", call=call)
    assert_complete(measured)
    assert measured.batches.size.max() <= 4
    assert measured.cpu_s > 0
    assert measured.front_cpu_s == 0
    last = measured.batches.end_s[-1]
    assert measured.done_s[-1] == last


def test_one_mosec_server_serves_many_runs(tmp_path: Path) -> None:
    with running(ServerSpec(4, 0.002), tmp_path / "server") as server:
        assert_complete(measure_echo(SCHEDULE, 4, 0.002, tmp_path / "one", server=server))
        assert_complete(measure_echo(SCHEDULE, 4, 0.002, tmp_path / "two", server=server))
        with pytest.raises(InputError, match="start another"):
            measure_echo(SCHEDULE, 5, 0.002, tmp_path / "three", server=server)
        started = {process.pid for process in psutil.process_iter() if group(process.pid) == server.pid}
        assert {server.pid, server.worker_pid} < started
    for _ in range(100):  # the last of them may take a moment to go
        if not any(runs(pid) for pid in started):
            break
        time.sleep(0.1)
    assert not [pid for pid in started if runs(pid)]


def test_the_model_behind_mosec(tmp_path: Path) -> None:
    measured = measure_http(SCHEDULE, 1, 0.0, 2, 1, tmp_path)
    assert_complete(measured)
    assert (measured.batches.size == 1).all()


def test_a_server_that_does_not_start_shows_its_log(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match="there is no workload 'nothing'"),
        running(ServerSpec(1, 0.0, "nothing"), tmp_path),
    ):
        pass


def test_mosec_waits_for_whole_milliseconds() -> None:
    assert ServerSpec(1, 0.007).max_wait_ms == 7
    with pytest.raises(InputError, match=r"cannot wait 0\.5 ms"):
        assert ServerSpec(1, 0.0005).max_wait_ms


def test_a_call_does_not_depend_on_where_in_the_pool_it_is() -> None:
    call = make_call("cnn-cifar10", 1, 3, seed=1)
    call([0])
    call([4095, 1 << 29])  # the pool holds 4096: offsets wrap, and so does what follows them


def test_other_machines_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0})
    with pytest.raises(InputError, match="take 2 processors, and this process may use 1"):
        check_host()
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(InputError, match="on Linux only, not on darwin"):
        check_host()


def test_the_generator_loads_nothing_heavy() -> None:
    code = "import sys, dcplan.validation.host.generator; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"torch", "mosec", "pandas", "numba", "scipy", "asyncio", "pydantic"}
