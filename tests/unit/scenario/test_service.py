from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from dcplan.scenario.service import Service

ADAPTER: TypeAdapter[object] = TypeAdapter(Service)


@pytest.mark.parametrize(
    "service",
    [
        {"kind": "deterministic", "mean": "1 s"},
        {"kind": "exponential", "mean": "1 s"},
        {"kind": "lognormal", "mean": "1 s", "cv": 0.3},
        {"kind": "erlang", "mean": "1 s", "shape": 3},
        {"kind": "hyperexponential", "mean": "1 s", "cv": 2},
    ],
    ids=lambda service: str(service["kind"]),
)
def test_kind_says_which_service_it_is(service: dict[str, object]) -> None:
    assert ADAPTER.validate_python(service).kind == service["kind"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "service",
    [
        {"kind": "exponential", "mean": "0 s"},
        {"kind": "lognormal", "mean": "1 s", "cv": 0},
        {"kind": "erlang", "mean": "1 s", "shape": 0},
        {"kind": "hyperexponential", "mean": "1 s", "cv": 1},
        {"kind": "weibull", "mean": "1 s"},
    ],
    ids=str,
)
def test_a_distribution_that_does_not_exist_is_refused(service: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(service)
