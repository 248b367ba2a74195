from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from dcplan.scenario.service import Service
from dcplan.workload.service import hyperexponential_branch, unit_mean_draws

ADAPTER: TypeAdapter[Any] = TypeAdapter(Service)
CASES = [
    ({"kind": "deterministic", "mean": "1 s"}, 0.0),
    ({"kind": "exponential", "mean": "1 s"}, 1.0),
    ({"kind": "lognormal", "mean": "1 s", "cv": 0.5}, 0.5),
    ({"kind": "erlang", "mean": "1 s", "shape": 4}, 0.5),
    ({"kind": "hyperexponential", "mean": "1 s", "cv": 2}, 2.0),
]
each_service = pytest.mark.parametrize(
    ("service", "cv"), CASES, ids=lambda case: case["kind"] if isinstance(case, dict) else ""
)


@each_service
def test_draws_have_mean_one_and_the_spread_asked_for(service: dict[str, object], cv: float) -> None:
    draws = unit_mean_draws(ADAPTER.validate_python(service), np.random.default_rng(1), 400_000)
    assert draws.mean() == pytest.approx(1.0, abs=5 * cv / np.sqrt(400_000))
    assert draws.std() == pytest.approx(cv, rel=0.03, abs=1e-12)


@each_service
def test_draws_are_never_negative(service: dict[str, object], cv: float) -> None:
    assert (unit_mean_draws(ADAPTER.validate_python(service), np.random.default_rng(2), 10_000) >= 0).all()


@each_service
def test_the_same_stream_gives_the_same_draws_whatever_the_mean(service: dict[str, object], cv: float) -> None:
    slow = ADAPTER.validate_python(service | {"mean": "9 s"})
    fast = ADAPTER.validate_python(service)
    here = unit_mean_draws(slow, np.random.default_rng(3), 100)
    np.testing.assert_array_equal(here, unit_mean_draws(fast, np.random.default_rng(3), 100))


@pytest.mark.parametrize("cv", [1.0001, 2.0, 10.0])
def test_the_two_branches_of_a_hyperexponential_carry_the_same_load(cv: float) -> None:
    often = hyperexponential_branch(cv)
    short, long = 0.5 / often, 0.5 / (1 - often)
    assert often * short == pytest.approx((1 - often) * long)
    second_moment = 2 * (often * short**2 + (1 - often) * long**2)
    assert second_moment - 1 == pytest.approx(cv**2, rel=1e-9)
