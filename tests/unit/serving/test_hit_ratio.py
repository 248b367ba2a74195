from __future__ import annotations

import doctest
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from dcplan.scenario.cache import Cache
from dcplan.serving import hit_ratio
from dcplan.serving.cache_kernel import CacheRules, look_up, new_cache
from dcplan.serving.histogram import FloatArray
from dcplan.serving.hit_ratio import characteristic_requests, expected, popularity, recent
from dcplan.serving.zipf import Zipf, draw


def cache(**more: Any) -> Cache:
    made: Cache = TypeAdapter(Cache).validate_python({"objects": 10_000, "skew": 0.8, "hit": "1 ms"} | more)
    return made


def shares(objects: int, skew: float) -> FloatArray:
    weight = np.arange(1.0, objects + 1.0) ** -skew
    return weight / weight.sum()


def exact_lru(share: FloatArray, size: int) -> float:
    """W. F. King, "Analysis of demand paging algorithms", IFIP Congress 1971: the sum over what the cache may hold."""
    total = 0.0
    for held in permutations(range(len(share)), size):
        probability, left = 1.0, 1.0
        for which in held:
            probability *= share[which] / left
            left -= share[which]
        total += probability * (1.0 - left)
    return total


@pytest.mark.parametrize(("objects", "size", "skew"), [(4, 1, 0.9), (4, 2, 0.9), (6, 3, 1.5), (6, 4, 0.0)])
def test_the_kernel_equals_kings_exact_formula_in_small_caches(objects: int, size: int, skew: float) -> None:
    count, rules = 1_000_000, CacheRules(size, np.inf, False)
    drawn = draw(Zipf(objects, skew), np.random.default_rng(2), count)
    hit = np.zeros(count, dtype=np.bool_)
    look_up(rules, new_cache(rules, objects), np.arange(float(count)), drawn, hit, 0, np.inf)
    exact = exact_lru(shares(objects, skew), size)
    assert hit.mean() == pytest.approx(exact, abs=5 * np.sqrt(exact * (1 - exact) / count))


def test_ches_approximation_is_near_kings_exact_formula_even_in_a_small_cache() -> None:
    known = popularity(Zipf(9, 0.9))
    assert recent(known, characteristic_requests(known, 4)) == pytest.approx(exact_lru(shares(9, 0.9), 4), rel=0.02)


@pytest.mark.parametrize("skew", [0.0, 0.6, 0.9, 1.0, 1.4])
@pytest.mark.parametrize("objects", [3, 1000, 1001, 50_000])
def test_groups_of_objects_give_the_same_sums_as_all_of_them(objects: int, skew: float) -> None:
    known, share = popularity(Zipf(objects, skew)), shares(objects, skew)
    assert known.number.sum() == objects
    for requests in (10.0, 1e3, 1e5):
        assert recent(known, requests) == pytest.approx(float((share * -np.expm1(-share * requests)).sum()), rel=1e-6)


def test_the_hit_ratio_of_lru_does_not_depend_on_the_rate() -> None:
    found = expected(cache(kind="lru", size=500), np.array([0.0, 1.0, 1e6]))
    assert np.isnan(found[0])
    assert found[1] == found[2]


def test_a_cache_for_all_objects_answers_everything_in_the_long_run() -> None:
    assert expected(cache(kind="lru", size=10_000), np.ones(1)) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("ttl_from", ["put", "request"])
def test_a_ttl_follows_its_formula_at_every_rate(ttl_from: str) -> None:
    rates, share = np.geomspace(1.0, 300.0, 1000), shares(10_000, 0.8)
    load = rates[:, None] * share * 60.0
    exact = (share * (load / (1.0 + load) if ttl_from == "put" else -np.expm1(-load))).sum(axis=1)
    np.testing.assert_allclose(expected(cache(kind="ttl", ttl="1 min", ttl_from=ttl_from), rates), exact, rtol=1e-3)


def test_what_is_pushed_out_before_it_expires_has_a_formula_only_since_its_last_request() -> None:
    small = {"kind": "ttl", "ttl": "1 h", "size": 100}
    lru = expected(cache(kind="lru", size=100), np.ones(1) * 1000.0)
    assert np.isnan(expected(cache(**small), np.ones(1) * 1000.0)).all()
    assert expected(cache(**small, ttl_from="request"), np.ones(1) * 1000.0) == pytest.approx(lru)
    short = small | {"ttl": "1 ms"}
    assert expected(cache(**short), np.ones(1)) == pytest.approx(expected(cache(kind="ttl", ttl="1 ms"), np.ones(1)))


def test_without_requests_there_is_no_ratio() -> None:
    assert np.isnan(expected(cache(kind="ttl", ttl="1 s"), np.zeros(3))).all()


def test_the_examples_hold() -> None:
    assert doctest.testmod(hit_ratio).failed == 0
