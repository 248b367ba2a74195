from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from dcplan.scenario.demand import Demand, Diurnal, Mmpp

ADAPTER: TypeAdapter[object] = TypeAdapter(Demand)
DAY = [1.0] * 24


@pytest.mark.parametrize(
    "demand",
    [
        {"kind": "constant", "rate": "1 /s"},
        {"kind": "poisson", "rate": "1 /s"},
        {"kind": "gamma", "rate": "1 /s", "cv": 2},
        {"kind": "mmpp", "rates": ["0 /s", "1 /s"], "dwell": ["1 s", "2 s"]},
        {"kind": "diurnal", "mean": "1 /s", "daily": DAY},
        {"kind": "trace", "shape": "week", "mean": "1 /s"},
        {"kind": "trace", "file": "t.csv"},
    ],
    ids=lambda demand: str(demand["kind"]),
)
def test_kind_says_which_demand_it_is(demand: dict[str, object]) -> None:
    assert ADAPTER.validate_python(demand).kind == demand["kind"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("demand", "said"),
    [
        ({"kind": "poisson", "rate": "0 /s"}, "greater than 0"),
        ({"kind": "gamma", "rate": "1 /s", "cv": 0}, "greater than 0"),
        ({"kind": "mmpp", "rates": ["1 /s", "2 /s"], "dwell": ["1 s"] * 3}, "2 rates but 3 dwell times"),
        ({"kind": "mmpp", "rates": ["0 /s", "0 /s"], "dwell": ["1 s"] * 2}, "every rate is zero"),
        ({"kind": "mmpp", "rates": ["1 /s"], "dwell": ["1 s"]}, "at least 2"),
        ({"kind": "diurnal", "mean": "1 /s", "daily": DAY[1:]}, "at least 24"),
        ({"kind": "diurnal", "mean": "1 /s", "daily": [0.0] * 24}, "every factor is zero"),
        ({"kind": "diurnal", "mean": "1 /s", "daily": DAY, "weekly": [0] * 7}, "every factor is zero"),
        ({"kind": "diurnal", "mean": "1 /s", "daily": [-1, *DAY[1:]]}, "greater than or equal to 0"),
        ({"kind": "trace"}, "give either 'shape'"),
        ({"kind": "trace", "shape": "a", "file": "b", "mean": "1 /s"}, "not both"),
        ({"kind": "trace", "shape": "a"}, "a shape has no size of its own"),
    ],
)
def test_a_demand_that_cannot_be_is_refused(demand: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        ADAPTER.validate_python(demand)


def test_all_days_are_alike_unless_said_otherwise() -> None:
    assert Diurnal.model_validate({"kind": "diurnal", "mean": "1 /s", "daily": DAY}).weekly == (1.0,) * 7


def test_lists_become_tuples_so_that_nobody_changes_them() -> None:
    demand = Mmpp.model_validate({"kind": "mmpp", "rates": ["0 /s", "1 /s"], "dwell": ["1 s", "2 s"]})
    assert demand.rates == (0.0, 1.0)
    assert demand.dwell == (1.0, 2.0)
