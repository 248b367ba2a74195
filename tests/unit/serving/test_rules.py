from __future__ import annotations

import numpy as np
import pytest

from dcplan.scenario.endpoint import Endpoint
from dcplan.serving.policies import LEAST_LOADED
from dcplan.serving.rules import bends, class_rules, largest_batch, proportional, rules

SPEC = {
    "service": {"kind": "exponential", "mean": "20 ms"},
    "replicas": 2,
    "demand": {"kind": "poisson", "rate": "1 /s"},
}


def test_a_spec_becomes_rules() -> None:
    spec = Endpoint.model_validate(
        SPEC
        | {
            "routing": "least_loaded",
            "batching": {"max_batch": 4, "max_delay": "5 ms"},
            "queue": {"limit": 7},
            "slo": {"p95": "1 s"},
        }
    )
    made = rules(spec, proportional(0.02, 4))
    assert (made.routing, made.max_batch, made.max_delay_s, made.limit, made.slo_s) == (LEAST_LOADED, 4, 0.005, 7, 1.0)
    assert made.power_w.tolist() == [0.0] * 5


def test_what_is_left_out_means_no_limit_no_promise_and_one_request_per_batch() -> None:
    made = rules(Endpoint.model_validate(SPEC), proportional(0.02, 1))
    assert (made.max_batch, made.max_delay_s, made.limit, made.slo_s) == (1, 0.0, -1, np.inf)


def test_proportional_service_is_the_mean_times_the_draw_for_every_batch_size() -> None:
    assert proportional(0.02, 3).tolist() == [[0.0, 0.0], [0.0, 0.02], [0.0, 0.02], [0.0, 0.02]]


def test_what_a_pause_adds_is_linear_between_measured_pauses_and_level_after_the_last() -> None:
    pause_s, after_s = np.array([0.0, 0.001, 0.01, 0.1]), np.array([[0.0, 2e-4, 1e-4, 5e-4]])
    for pause in (0.0, 0.0005, 0.001, 0.004, 0.05, 0.1, 7.0):
        added_s = bends(pause_s, after_s)[0] @ np.maximum(0.0, pause - pause_s)
        assert added_s == pytest.approx(np.interp(pause, pause_s, after_s[0]), abs=1e-15)


def test_classes_take_from_the_endpoint_what_they_do_not_say() -> None:
    spec = Endpoint.model_validate(
        SPEC
        | {
            "batching": {"max_batch": 4},
            "queue": {"kind": "shared", "discipline": "deadline", "limit": 7, "timeout": "2 s"},
            "slo": {"p95": "1 s"},
            "classes": {
                "a": {"size": 3, "deadline": "1 s", "timeout": "3 s", "limit": 2, "slo": {"p99": "4 s"}},
                "b": {"weight": 2.0},
            },
            "retry": {"attempts": 5, "backoff": "1 s", "jitter": 0.5},
            "admission": {"rate": "10 /s", "burst": 4},
        }
    )
    assert largest_batch(spec) == 12
    made = class_rules(spec, rules(spec, proportional(0.02, largest_batch(spec))))
    assert made.shared
    assert made.kinds["units"].tolist() == [3, 1]
    assert made.kinds["timeout_s"].tolist() == [3.0, 2.0]
    assert made.kinds["limit"].tolist() == [2, 7]
    assert made.kinds["slo_s"].tolist() == [4.0, 1.0]
    assert made.kinds["deadline_s"].tolist() == [1.0, np.inf]
    assert (made.attempts, made.backoff_s, made.factor, made.jitter) == (5, 1.0, 2.0, 0.5)
    assert (made.rate_per_s, made.burst, made.users) == (10.0, 4.0, 0)


def test_without_retries_a_request_has_one_attempt_and_nothing_limits_it() -> None:
    spec = Endpoint.model_validate(SPEC | {"demand": {"kind": "closed", "users": 9, "think": "1 s"}})
    made = class_rules(spec, rules(spec, proportional(0.02, 1)))
    assert (made.attempts, made.rate_per_s, made.users) == (1, np.inf, 9)
    assert made.kinds["timeout_s"].tolist() == [np.inf]
