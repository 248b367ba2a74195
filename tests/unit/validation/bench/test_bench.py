"""Benchmarks: that both sides do the same work, and that each result says what it is. Nothing here is timed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from dcplan.serving.endpoint import Requests
from dcplan.validation.bench import (
    cache,
    continuous_batch,
    control_event,
    dynamic_batch,
    growth,
    priorities_retries,
    processes,
    result,
    shared_device,
)
from dcplan.validation.bench.result import Result

BLOCK = 4096
"""Requests of a block here."""


def _first(blocks: Callable[[], Iterator[Requests]]) -> Iterator[Requests]:
    """The first requests of each block."""
    for block in blocks():
        yield Requests(*(each[:BLOCK] for each in block))


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (priorities_retries, shared_device):
        monkeypatch.setattr(module, "requests", partial(_first, module.requests))
    for module in (dynamic_batch, priorities_retries, cache, shared_device):
        monkeypatch.setattr(module, "KERNEL_BLOCKS", 1)
        monkeypatch.setattr(module, "ORACLE_BLOCKS", 1)
    monkeypatch.setattr(result, "REPEATS", 1)
    monkeypatch.setattr(continuous_batch, "KERNEL_BLOCKS", 1)
    monkeypatch.setattr(continuous_batch, "ORACLE_REQUESTS", 200)
    monkeypatch.setattr(control_event, "EVENTS", 10)
    monkeypatch.setattr(control_event, "REPEATS", 1)
    monkeypatch.setattr(growth, "BLOCKS", (1, 2))
    monkeypatch.setattr(growth, "GROUPS", (4, 8))
    monkeypatch.setattr(growth, "STEADY_BLOCKS", 1)
    monkeypatch.setattr(processes, "FEW", 1e4)
    monkeypatch.setattr(processes, "MANY", 1e5)


@pytest.mark.parametrize(
    ("measured", "name"),
    [
        (dynamic_batch.measured, "dynamic_batch"),
        (priorities_retries.measured, "priorities_retries"),
        (continuous_batch.measured, "continuous_batch"),
        (shared_device.measured, "shared_device"),
    ],
)
def test_a_kernel_and_its_oracle_did_the_same_work(measured: Callable[[], Result], name: str) -> None:
    found = measured()
    assert found.name == name
    assert found.ratio is not None
    assert found.ratio > 0
    assert "a process per request" in found.reference


def test_a_cache_and_its_dictionary_found_the_same() -> None:
    found = cache.measured()
    assert found.name == "cache"
    assert found.ratio is not None
    assert "an ordered dictionary" in found.reference


def test_growth_is_told_for_requests_and_for_replicas() -> None:
    over_requests, over_replicas = growth.measured()
    assert over_requests.name == "growth_requests"
    assert "ns" in over_requests.reference
    assert over_replicas.reference.count("ns") == 2


def test_an_event_has_a_cost_for_both_kernels() -> None:
    found = control_event.measured()
    assert "plain" in found.reference
    assert "classes" in found.reference


def test_memory_is_compared_with_that_of_fewer_requests() -> None:
    found = processes.memory()
    assert isinstance(found, Result)
    assert found.value > 10
