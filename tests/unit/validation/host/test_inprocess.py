"""The in-process server forms exactly the batches that the simulator's rule asks for."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from dcplan.serving.endpoint import Requests
from dcplan.serving.policies import ROUTING
from dcplan.serving.state import Rules
from dcplan.validation import serving_oracle
from dcplan.validation.host.inprocess import PipeSource, Request, Rule, serve
from dcplan.validation.host.records import REQUEST, Batches, read_batches
from dcplan.validation.host.schedule import FloatArray, schedule_of

SERVICE_S = 0.004 + 0.001 * np.arange(33)


@dataclass
class World:
    """A clock, requests that arrive by it, and a model whose calls move it on."""

    arrival_s: FloatArray
    ends_after: int | None = None
    now_s: float = 0.0
    read_so_far: int = 0
    images: list[int] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        return self.ends_after is not None and self.read_so_far >= self.ends_after

    def clock(self) -> float:
        return self.now_s

    def call(self, images: Sequence[int]) -> None:
        self.images += images
        self.now_s += SERVICE_S[len(images)]

    def read(self) -> Iterable[Request]:
        first, self.read_so_far = self.read_so_far, int(np.searchsorted(self.arrival_s, self.now_s, side="right"))
        if self.ends_after is not None:
            self.read_so_far = min(self.read_so_far, self.ends_after)
        return [(number, 10 * number) for number in range(first, self.read_so_far)]

    def wait(self, timeout_s: float) -> None:
        last = self.read_so_far == len(self.arrival_s) or self.ended
        next_s = math.inf if last else self.arrival_s[self.read_so_far]
        assert timeout_s > 0
        self.now_s = float(min(self.now_s + timeout_s, next_s))


def served(arrival_s: FloatArray, rule: Rule, ends_after: int | None = None) -> tuple[FloatArray, Batches, World]:
    world = World(arrival_s, ends_after)
    outcome = serve(arrival_s, rule, world, world.call, world.clock)
    return outcome.done_s, read_batches(outcome.batches, schedule_of(arrival_s, 1), 0.0), world


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("rule", [Rule(1, 0.0), Rule(4, 0.0), Rule(8, 0.005), Rule(3, 0.05), Rule(32, 0.02)])
def test_it_does_what_the_oracle_does(seed: int, rule: Rule) -> None:
    load = (0.2, 0.6, 0.95, 1.2)[seed % 4]
    rate = load * rule.max_batch / SERVICE_S[rule.max_batch]
    arrival_s = np.cumsum(np.random.default_rng(seed).exponential(1.0 / rate, 400))
    done_s, batches, _ = served(arrival_s, rule)
    service_s = np.stack((SERVICE_S, SERVICE_S), axis=1)
    nothing = np.zeros(len(SERVICE_S))
    rules = Rules(
        routing=ROUTING["round_robin"],
        max_batch=rule.max_batch,
        max_delay_s=rule.max_delay_s,
        from_pickup=False,
        limit=-1,
        slo_s=np.inf,
        service_s=service_s,
        power_w=nothing,
        pause_s=np.zeros(1),
        pause_bends=nothing[:, None],
        slow=nothing,
        spell_s=0.0,
    )
    requests = Requests(arrival_s, np.full(400, 0.5), np.zeros(400, dtype=np.uint64))
    oracle = serving_oracle.simulate(rules, "round_robin", 1, False, requests)
    np.testing.assert_allclose(done_s, oracle.done_s, rtol=0, atol=1e-9)
    assert batches.size.tolist() == [len(batch.requests) for batch in oracle.batches]
    assert batches.head.tolist() == [batch.requests[0] for batch in oracle.batches]


def test_a_lone_request_waits_for_company_and_no_longer() -> None:
    done_s, batches, _ = served(np.array([1.0]), Rule(4, 0.010))
    assert batches.start_s.tolist() == pytest.approx([1.010])
    assert done_s.tolist() == pytest.approx([1.010 + SERVICE_S[1]])


def test_a_full_batch_starts_at_once() -> None:
    _, batches, _ = served(np.array([1.0, 1.001, 1.002]), Rule(3, 0.010))
    assert batches.start_s.tolist() == pytest.approx([1.002])


def test_the_wait_counts_from_arrival_not_from_pickup() -> None:
    _, batches, _ = served(np.array([1.0, 1.0, 1.001, 1.0012]), Rule(2, 0.001))
    assert batches.start_s[1] == pytest.approx(1.0 + SERVICE_S[2])
    late, rule = np.array([1.0, 1.0, 1.001]), Rule(2, 0.002)
    _, batches, _ = served(late, rule)
    assert batches.start_s[1] == batches.end_s[0]
    assert batches.idle_before_s[1] == 0.0
    assert np.isnan(batches.idle_before_s[0])


def test_the_call_gets_the_images_of_its_requests() -> None:
    _, batches, world = served(np.array([0.0, 0.001, 0.002]), Rule(8, 0.01))
    assert world.images == [0, 10, 20]
    assert batches.head_arrival_s.tolist() == [0.0]


def test_requests_that_never_come_are_never_answered() -> None:
    done_s, batches, _ = served(np.array([0.0, 0.001, 5.0, 6.0]), Rule(8, 0.01), ends_after=2)
    assert np.isnan(done_s).tolist() == [False, False, True, True]
    assert batches.size.sum() == 2


def test_a_pipe_gives_whole_requests_and_then_ends() -> None:
    reader, writer = os.pipe()
    source = PipeSource(reader)
    assert list(source.read()) == []
    os.write(writer, REQUEST.pack(0, 7))
    os.write(writer, REQUEST.pack(1, 8))
    source.wait(math.inf)
    assert list(source.read()) == [(0, 7), (1, 8)]
    os.close(writer)
    assert list(source.read()) == []
    assert source.ended
    source.wait(0.001)
    os.close(reader)
