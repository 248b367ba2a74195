"""Servers that would draw more than their racks or their hall may are slowed down, and requests wait for it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from dcplan.engine.resolve import resolve
from dcplan.engine.run import simulate
from dcplan.errors import ScenarioError
from dcplan.profiles.library import default_library
from dcplan.scenario.load import load

SCENARIOS = Path(__file__).parents[3] / "scenarios"
SHORT = (
    "horizon=20 min",
    "warm_up=2 min",
    "incidents.both-chillers.at=2025-07-15 13:19",
    "incidents.both-chillers.lasts=1 s",
    "endpoints.vision.demand.rate=300 /s",
    "facility.power.capping={every: 10 s}",
)


def tables(*more: str) -> dict[str, pd.DataFrame]:
    """The servers of a shipped scenario, with nothing to happen to them."""
    loaded = load(SCENARIOS / "chiller_failure.yaml", [*SHORT, *more])
    return simulate(resolve(loaded, default_library()), 0)


@pytest.fixture(scope="module")
def free() -> dict[str, pd.DataFrame]:
    return tables()


@pytest.fixture(scope="module")
def capped(free: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    return tables(f"facility.power.hall={{limit: {limit_w(free)} W}}")


def limit_w(free: dict[str, pd.DataFrame]) -> float:
    """Halfway between idle and what is drawn without a cap."""
    return float((free["servers"]["idle_w"].mean() + free["servers"]["it_w"].mean()) / 2.0)


def mean_s(found: dict[str, pd.DataFrame]) -> float:
    return float(found["endpoints"]["latency_s"].sum() / found["endpoints"]["served"].sum())


def test_a_limit_that_is_not_reached_slows_nobody(free: dict[str, pd.DataFrame]) -> None:
    assert (free["capping"]["speed"] == 1.0).all()
    assert len(free["capping"]) == 20 * 6


def test_a_cap_slows_work_down_and_lowers_power(free: dict[str, pd.DataFrame], capped: dict[str, pd.DataFrame]) -> None:
    late = capped["capping"].iloc[6:]
    assert (late["speed"] < 1.0).all()
    assert mean_s(capped) > 1.2 * mean_s(free)
    assert capped["servers"]["it_w"].mean() < free["servers"]["it_w"].mean()
    assert capped["servers"]["it_w"].iloc[2:].mean() <= 1.03 * limit_w(free)


def test_a_rack_limit_that_servers_could_exceed_is_refused_unless_they_are_capped() -> None:
    tight = "fleet.gpu-nodes.rack.limit=5 kW"
    with pytest.raises(ScenarioError, match="more than the rack's 5 kW"):
        resolve(load(SCENARIOS / "chiller_failure.yaml", [tight]), default_library())
    assert (tables(tight)["capping"]["allowed_w"] <= 30e3 + 1.0).all()
