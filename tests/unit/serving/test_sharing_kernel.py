"""Devices that run several batches at once against their SimPy twin on shared streams."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcplan.scenario.endpoint import EqualRouting
from dcplan.serving.class_state import (
    ARRIVED,
    BUSY_S,
    ENERGY_J,
    GIVEN_UP,
    LATENCY_S,
    REFUSED,
    SERVED,
    WAIT_S,
    WITHIN_SLO,
)
from dcplan.serving.endpoint import Requests
from dcplan.serving.histogram import BINS, bin_of
from dcplan.serving.policies import ROUTING
from dcplan.serving.rules import bends
from dcplan.serving.sharing_endpoint import SharingEndpoint
from dcplan.serving.sharing_state import SharingRules, kinds_of
from dcplan.serving.state import Rules
from dcplan.serving.throttle import Throttle
from dcplan.validation import sharing_oracle

KINDS = 3
CALM = {
    "routing": "power_of_two", "instances": 2, "max_batch": 2, "delay_s": 0.0, "limit": -1, "spell_s": 0.0,
    "pauses": False,
}  # fmt: skip


def make_rules(
    routing: str, instances: int, max_batch: int, delay_s: float, limit: int, spell_s: float, pauses: bool
) -> SharingRules:
    """Three classes that differ in everything; the last one waits for full batches if any do."""
    most = np.array([max_batch, 1, 2 * max_batch])
    rows = np.concatenate([np.arange(size + 1) for size in most])
    kind = np.repeat(np.arange(KINDS), most + 1)
    grid = np.linspace(0.0, 1.0, 4 if spell_s else 2)[None, :]
    service_s = (1.0 + kind[:, None]) * (0.004 + 0.002 * rows[:, None]) * (0.5 + grid**2 if spell_s else grid)
    pause_s = np.array([0.0, 0.001, 0.01])
    added_s = (0.001 + 0.0005 * rows[:, None]) * np.sqrt(pause_s) * pauses
    base = Rules(
        ROUTING[routing], 0, 0.0, False, -1, np.inf, service_s, 10.0 + 5.0 * kind + rows, pause_s,
        bends(pause_s, added_s), np.where(kind == 1, 0.0, 0.2 + 0.3 * kind), spell_s,
    )  # fmt: skip
    return SharingRules(
        base,
        kinds_of(
            row=np.concatenate(([0], np.cumsum(most[:-1] + 1))),
            max_batch=most,
            max_delay_s=[delay_s, 0.0, 2 * delay_s],
            instances=[instances, 1, 2 * instances],
            limit=[limit, -1, 2 * limit],
            slo_s=[0.02, 0.05, np.inf],
            spell_s=[spell_s, 0.0, 2 * spell_s],
        ),
    )


def make_requests(count: int, rate: float, seed: int, rules: SharingRules) -> Requests:
    rng = np.random.default_rng(seed)
    spells = rules.base.spell_s > 0.0
    return Requests(
        np.cumsum(rng.standard_exponential(count)) / rate,
        rng.standard_normal(count) if spells else rng.standard_exponential(count),
        rng.integers(0, 2**64 - 1, count, dtype=np.uint64, endpoint=True),
        rng.standard_normal(count) if spells else np.empty(0),
        rng.integers(0, KINDS, count),
    )


def in_blocks(requests: Requests, size: int) -> list[Requests]:
    starts = range(0, len(requests.times_s), size)
    return [Requests(*(array[start : start + size] for array in requests)) for start in starts]


ENDPOINTS = st.fixed_dictionaries(
    {
        "routing": st.sampled_from(get_args(EqualRouting)),
        "instances": st.sampled_from([1, 2, 5]),
        "max_batch": st.sampled_from([1, 2, 5]),
        "delay_s": st.sampled_from([0.0, 0.004]),
        "limit": st.sampled_from([-1, 0, 3]),
        "spell_s": st.sampled_from([0.0, 0.05]),
        "pauses": st.booleans(),
    }
)
RUNS = st.fixed_dictionaries(
    {
        "devices": st.integers(1, 5),
        "scaled": st.booleans(),
        "throttled": st.booleans(),
        "load": st.floats(0.1, 1.8),
        "seed": st.integers(0, 10_000),
    }
)


@settings(max_examples=80, deadline=None)
@given(ENDPOINTS, RUNS)
def test_everything_equals_the_oracle(endpoint: dict[str, Any], run: dict[str, Any]) -> None:
    compare_with_oracle(endpoint, **run, count=300)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(ENDPOINTS, RUNS)
def test_everything_equals_the_oracle_on_long_streams(endpoint: dict[str, Any], run: dict[str, Any]) -> None:
    compare_with_oracle(endpoint, **run, count=2000)


def compare_with_oracle(
    endpoint: dict[str, Any], devices: int, scaled: bool, throttled: bool, load: float, seed: int, count: int
) -> None:
    """Same departures and refusals in each class, same batches, same busy time, same energy."""
    rules = make_rules(**endpoint)
    requests = make_requests(count, load * devices * 150.0, seed, rules)
    instants_s = np.random.default_rng(seed).uniform(0.0, float(requests.times_s[-1]), 3) if scaled else []
    scaling = [(float(at_s), 1 + (seed + k) % devices) for k, at_s in enumerate(np.sort(instants_s))]
    rng, end_s = np.random.default_rng(seed + 1), float(requests.times_s[-1])
    throttling = [(end_s * k / 5, float(rng.uniform(0.5, 3.0))) for k in range(1, 5)] if throttled else []
    expected = sharing_oracle.simulate(rules, endpoint["routing"], devices, requests, scaling, throttling=throttling)
    ours = SharingEndpoint.new(rules, devices, iter(in_blocks(requests, 97)))
    changes = [(at_s, "scale", float(active)) for at_s, active in scaling]
    changes += [(at_s, "throttle", longer) for at_s, longer in throttling]
    for at_s, what, to in sorted(changes):
        ours.advance(at_s)
        if what == "scale":
            ours.scale(int(to))
        else:
            ours.throttle(Throttle(np.array([to]), np.ones(1)))
    ours.advance(1e6)
    detail = ours.detail
    assert ours.in_system == 0
    np.testing.assert_allclose(
        detail.work[0, [BUSY_S, ENERGY_J]], [expected.busy_s, expected.energy_j], rtol=1e-9, atol=1e-12
    )
    np.testing.assert_array_equal(detail.batches, np.bincount(expected.sizes, minlength=len(detail.batches)))
    for kind in range(KINDS):
        mine = requests.kinds == kind
        latency_s = (expected.done_s - requests.times_s)[mine & ~np.isnan(expected.done_s)]
        refused = int(np.isnan(expected.done_s[mine]).sum())
        counts = detail.counts[kind, [ARRIVED, SERVED, REFUSED, GIVEN_UP]]
        assert counts.tolist() == [mine.sum(), len(latency_s), refused, refused]
        assert detail.counts[kind, WITHIN_SLO] == (latency_s <= rules.kinds[kind]["slo_s"]).sum()
        assert detail.sums[kind, LATENCY_S] == pytest.approx(latency_s.sum(), rel=1e-9)
        near_an_edge = sum(bin_of(max(0.0, each - 1e-9)) != bin_of(each + 1e-9) for each in latency_s)
        bins = np.bincount([int(bin_of(each)) for each in latency_s], minlength=BINS)
        assert np.abs(np.cumsum(detail.latency[kind] - bins)).max(initial=0) <= near_an_edge


def departures_s(endpoint: SharingEndpoint, until_s: float) -> list[float]:
    """When something happens on a device, by advancing from one event to the next."""
    found = []
    while (next_s := float(endpoint.state.device["next_s"].min())) <= until_s:
        before = endpoint.totals.counts[1]
        endpoint.advance(next_s)
        found += [next_s] * int(endpoint.totals.counts[1] - before)
    return found


def test_departures_are_those_of_the_oracle_to_a_nanosecond() -> None:
    rules = make_rules(**(CALM | {"max_batch": 5, "delay_s": 0.004, "spell_s": 0.05, "pauses": True}))
    burst = make_requests(400, 900.0, 5, rules)
    burst = burst._replace(times_s=burst.times_s / 1e6)  # all come before anything happens
    expected = sharing_oracle.simulate(rules, "power_of_two", 3, burst)
    ours = SharingEndpoint.new(rules, 3, iter([burst]))
    ours.advance(float(burst.times_s[-1]) + 1e-12)
    np.testing.assert_allclose(departures_s(ours, 1e3), np.sort(expected.done_s), rtol=0, atol=1e-9)


@pytest.mark.parametrize("changed", [{}, {"spell_s": 0.1, "pauses": True}, {"routing": "least_loaded", "limit": 3}])
def test_a_run_cut_anywhere_equals_the_uncut_run_bit_for_bit(changed: dict[str, Any]) -> None:
    rules = make_rules(**(CALM | {"delay_s": 0.004, "max_batch": 5} | changed))
    requests = make_requests(3000, 600.0, 7, rules)
    whole = SharingEndpoint.new(rules, 4, iter([requests]))
    cut = SharingEndpoint.new(rules, 4, iter(in_blocks(requests, 501)))
    for until_s in np.sort(np.random.default_rng(1).uniform(0, 4, 200)):
        cut.advance(float(until_s))
    whole.advance(4.0)
    cut.advance(4.0)
    for ours, theirs in zip(cut.detail, whole.detail, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(cut.state.device, whole.state.device)
    for name in (
        "waiting",
        "running",
        "pace",
        "paced_s",
    ):  # and not the places of requests, of which any free one will do
        np.testing.assert_array_equal(cut.state.line[name], whole.state.line[name])
    assert whole.in_system > 0


@pytest.mark.parametrize("until_s", [0.3, 1.0, 3.0])
def test_nothing_is_lost_where_a_run_is_cut(until_s: float) -> None:
    rules = make_rules(**(CALM | {"limit": 3}))
    requests = make_requests(3000, 500.0, 3, rules)
    endpoint = SharingEndpoint.new(rules, 2, iter([requests]))
    endpoint.advance(until_s)
    total = endpoint.detail.counts.sum(axis=0)
    assert total[ARRIVED] == total[SERVED] + total[GIVEN_UP] + endpoint.in_system == (requests.times_s < until_s).sum()
    before = requests._replace(**{name: getattr(requests, name)[: total[ARRIVED]] for name in ("times_s", "kinds")})
    expected = sharing_oracle.simulate(rules, "power_of_two", 2, before, until_s=until_s)
    np.testing.assert_allclose(endpoint.work[0], [expected.busy_s, expected.energy_j], rtol=1e-9)


def test_two_equal_batches_take_twice_as_long_and_draw_the_mean_of_their_power() -> None:
    """A class alone needs 6 ms at 11 W, another 12 ms at 16 W: 12 ms together, then 6 ms alone."""
    rules = make_rules(**(CALM | {"max_batch": 1}))
    both = Requests(
        np.zeros(2), np.ones(2), np.zeros(2, dtype=np.uint64), kinds=np.array([0, 1]),
    )  # fmt: skip
    endpoint = SharingEndpoint.new(rules, 1, iter([both]))
    endpoint.advance(1.0)
    assert endpoint.detail.sums[:2, LATENCY_S] == pytest.approx([0.012, 0.018], rel=1e-12)
    assert endpoint.detail.sums[:, WAIT_S].sum() == 0.0
    assert endpoint.work[0] == pytest.approx([0.018, 0.012 * 13.5 + 0.006 * 16.0], rel=1e-12)


def test_more_instances_than_one_do_not_wait_and_are_not_faster() -> None:
    rules = {count: make_rules(**(CALM | {"instances": count, "max_batch": 1})) for count in (1, 4)}
    requests = make_requests(4000, 120.0, 3, rules[1])
    alike = requests._replace(kinds=np.zeros_like(requests.kinds))
    endpoints = {count: SharingEndpoint.new(each, 1, iter([alike])) for count, each in rules.items()}
    for each in endpoints.values():
        each.advance(1e6)
    one, four = endpoints[1].detail, endpoints[4].detail
    assert four.work[0, BUSY_S] == pytest.approx(one.work[0, BUSY_S], rel=1e-9)
    assert four.sums[:, WAIT_S].sum() < 0.5 * one.sums[:, WAIT_S].sum()


def test_a_backlog_that_never_ends_is_told() -> None:
    rules = make_rules(**CALM)
    endless = iter(lambda: make_requests(1 << 16, 1e6, 1, rules), None)
    endpoint = SharingEndpoint.new(rules, 1, (each._replace(times_s=np.zeros(1 << 16)) for each in endless))
    with pytest.raises(OverflowError, match="limit the queue"):
        endpoint.advance(1.0)


def test_no_requests_leave_nothing() -> None:
    endpoint = SharingEndpoint.new(make_rules(**CALM), 3, iter(()))
    endpoint.advance(100.0)
    assert endpoint.detail.counts.sum() == endpoint.work.sum() == endpoint.occupied - 3 == 0
