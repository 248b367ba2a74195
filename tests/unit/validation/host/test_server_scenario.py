"""The most requests per second within a promise, with a made-up server whose p99 is known."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from dcplan.profiling.machine import Load
from dcplan.validation.host.block import Block
from dcplan.validation.host.cases import Case
from dcplan.validation.host.inprocess import Rule
from dcplan.validation.host.predict import Prediction
from dcplan.validation.host.records import Batches
from dcplan.validation.host.run import Measured
from dcplan.validation.host.schedule import Counted
from dcplan.validation.host.server_scenario import LOADS, STEPS, bisect, most

SLO_S, CAPACITY = 0.05, 200.0


def made_up(folder: Path, simulated: float, real: float) -> Block:
    """A block that keeps the promise up to *simulated* and up to *real* requests per second; it notes the order."""

    def predict(case: Case, rate: float, place: Path) -> Prediction:
        assert not list(folder.rglob("predicted.json"))
        return Prediction(case, rate, {"p99": SLO_S if rate <= simulated else 2 * SLO_S}, {}, {}, [])

    def measure(case: Case, rate: float, place: Path) -> Measured:
        assert json.loads((folder / "server" / "predicted.json").read_text())["measured"] is None
        latency_s = SLO_S / 2 if rate <= real else 2 * SLO_S
        times_s = np.linspace(1.0, 9.0, 50)
        batches = Batches(times_s, times_s, np.ones(50, np.uint32), np.arange(50, dtype=np.uint32), times_s, times_s)
        return Measured(times_s, times_s, times_s + latency_s, batches, 10.0, 1.0, 0.0, 0.0, Load(0.0, 0.0))

    serving = SimpleNamespace(way="http", rule=Rule(4, 0.005))
    length = SimpleNamespace(counted=Counted(0.0, 10.0))
    parts = {"serving": serving, "length": length, "folder": folder, "capacity": lambda: CAPACITY}
    return cast(Block, SimpleNamespace(**parts, predict=predict, measure=measure))


def test_the_rate_is_found_in_simulation_and_then_for_real(tmp_path: Path) -> None:
    found = most(made_up(tmp_path, 150.0, 140.0), SLO_S)
    width = (LOADS[1] - LOADS[0]) * CAPACITY / 2**STEPS
    for (low, high), true in ((found.predicted, 150.0), (found.measured, 140.0)):
        assert low <= true < high
        assert high - low == pytest.approx(width)
    assert (found.way, found.slo_s) == ("http", SLO_S)


def test_a_promise_that_is_always_or_never_kept_has_one_end_only(tmp_path: Path) -> None:
    found = most(made_up(tmp_path, 1e9, 0.0), SLO_S)
    assert found.predicted == (pytest.approx(LOADS[1] * CAPACITY), float("inf"))
    assert found.measured == (0.0, pytest.approx(LOADS[0] * CAPACITY))


def test_bisection_asks_as_often_as_it_says() -> None:
    asked: list[float] = []

    def kept(rate: float) -> bool:
        asked.append(rate)
        return rate <= 1.0

    bisect(kept, 0.0, 64.0, 6)
    assert asked == [0.0, 64.0, 32.0, 16.0, 8.0, 4.0, 2.0, 1.0]
