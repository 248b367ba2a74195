"""Several processes that are called together, with runners made up here and with a real model."""

from __future__ import annotations

import multiprocessing
import time

import pytest

from dcplan.errors import InputError
from dcplan.profiling.crew import Crew
from dcplan.profiling.machine import cpu_times
from dcplan.profiling.point import Key, Variant
from dcplan.profiling.session import Session
from dcplan.profiling.workloads.catalogue import WORKLOADS
from made_up_runner import RESTS_S, Runner

TWO = Variant(processes=2)


@pytest.fixture(scope="module")
def crew() -> Crew:
    return Crew(Runner, "cnn-cifar10", TWO, "cpu", 1, 8)


def test_a_call_runs_in_all_processes_at_the_same_time(crew: Crew) -> None:
    assert len(multiprocessing.active_children()) >= 2
    begin_s = time.perf_counter()
    crew.call(Key("infer", 1, processes=2))()
    assert RESTS_S <= time.perf_counter() - begin_s < 2 * RESTS_S


def test_the_processor_time_of_the_processes_is_our_own(crew: Crew) -> None:
    before = cpu_times()
    crew.call(Key("infer", 2, processes=2))()
    assert cpu_times().own_s - before.own_s == pytest.approx(2 * RESTS_S, abs=0.1)


def test_an_error_of_a_process_is_raised_here_and_the_crew_goes_on(crew: Crew) -> None:
    with pytest.raises(MemoryError, match="no memory left"):
        crew.call(Key("infer", 3, processes=2))()
    crew.call(Key("infer", 1, processes=2))()


def test_a_process_that_dies_is_no_riddle() -> None:
    mortal = Crew(Runner, "cnn-cifar10", TWO, "cpu", 1, 8)
    with pytest.raises(InputError, match="was killed"):
        mortal.call(Key("infer", 4, processes=2))()


def test_a_session_of_several_processes_calls_the_model_in_each() -> None:
    session = Session(WORKLOADS["cnn-cifar10"], TWO)
    before = cpu_times().own_s
    call = session.call(Key("infer", 64, processes=2))
    for _ in range(20):
        call()
    assert cpu_times().own_s > before
    assert session.flop(Key("infer", 1)) == 9_097_216
