"""An overload that no cap removes trips a breaker, and what hangs on it is off until it is closed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dcplan.engine.resolve import resolve
from dcplan.engine.run import simulate
from dcplan.errors import ScenarioError
from dcplan.facility.breaker import CURVES, BreakerDesign, trip_s
from dcplan.kpis.incidents import incident_kpis
from dcplan.profiles.library import default_library
from dcplan.scenario.load import load

SCENARIOS = Path(__file__).parents[3] / "scenarios"
BREAKERS = "facility.power.breakers={curve: very_inverse, time_multiplier: 1, every: 1 s, reset: 4 min}"
FREE = (
    "horizon=20 min",
    "warm_up=2 min",
    "incidents.both-chillers.at=2025-07-15 13:19",
    "incidents.both-chillers.lasts=1 s",
    "endpoints.vision.demand.rate=300 /s",
)


def tables(*more: str) -> dict[str, pd.DataFrame]:
    loaded = load(SCENARIOS / "chiller_failure.yaml", [*FREE, BREAKERS, *more])
    return simulate(resolve(loaded, default_library()), 0)


def limit_w(free: dict[str, pd.DataFrame]) -> float:
    """Halfway between idle and what is drawn."""
    return float((free["servers"]["idle_w"].mean() + free["servers"]["it_w"].mean()) / 2.0)


@pytest.fixture(scope="module")
def free() -> dict[str, pd.DataFrame]:
    return tables()


@pytest.fixture(scope="module")
def tripped(free: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    return tables(f"facility.power.hall={{limit: {limit_w(free)} W}}")


def test_a_limit_that_is_not_reached_trips_nothing(free: dict[str, pd.DataFrame]) -> None:
    assert free["trips"].empty
    assert free["endpoints"]["dropped"].sum() == 0


def test_a_steady_overload_trips_the_hall_after_the_time_of_its_curve(
    free: dict[str, pd.DataFrame], tripped: dict[str, pd.DataFrame]
) -> None:
    trips, steady = tripped["trips"], free["servers"]["it_w"].mean() / limit_w(free)
    assert (trips["breaker"] == "hall").all()
    expected_s = float(trip_s(np.array(steady), BreakerDesign(CURVES["very_inverse"], 1.0)))
    assert trips["time_s"].iloc[0] == pytest.approx(expected_s, rel=0.05)
    assert trips["load"].iloc[0] == pytest.approx(steady, rel=0.05)


def test_what_hangs_on_it_is_off_until_it_is_closed(tripped: dict[str, pd.DataFrame]) -> None:
    trips, served = tripped["trips"], tripped["endpoints"]
    assert len(trips) > 1
    for begins_s, back_s in zip(trips["time_s"], trips["back_s"], strict=True):
        assert back_s == begins_s + 240.0
        dark = served[(served["time_s"] > begins_s) & (served["time_s"] + served["duration_s"] < back_s)]
        assert dark["served"].sum() == 0
        assert dark["dropped"].sum() == dark["arrived"].sum()
        power = tripped["servers"]
        inside = (power["time_s"] > begins_s) & (power["time_s"] + power["duration_s"] < back_s)
        assert (power.loc[inside, "it_w"] == 0.0).all()
    between = served[(served["time_s"] > trips["back_s"].iloc[0]) & (served["served"] > 0)]
    assert not between.empty


def test_the_time_that_breakers_are_open_is_a_kpi(tripped: dict[str, pd.DataFrame]) -> None:
    scenario = load(SCENARIOS / "chiller_failure.yaml", [*FREE, BREAKERS]).scenario
    found = dict(incident_kpis(scenario, tripped))
    trips = tripped["trips"]
    spans = (trips["back_s"].clip(120.0, 1200.0) - trips["time_s"].clip(120.0, 1200.0)).sum()
    assert found["hours_tripped"] == pytest.approx(spans / 3600.0)
    assert found["breaker_trips"] == (trips["time_s"] >= 120.0).sum()


def test_a_cap_in_time_keeps_the_breaker_closed(free: dict[str, pd.DataFrame]) -> None:
    hall = f"facility.power.hall={{limit: {0.95 * free['servers']['it_w'].mean()} W}}"
    assert not tables(hall)["trips"].empty
    assert tables(hall, "facility.power.capping={every: 10 s}")["trips"].empty


def test_racks_and_rows_trip_at_their_own_limits(free: dict[str, pd.DataFrame]) -> None:
    each_w = limit_w(free) / 6
    tight = f"fleet.gpu-nodes.rack={{size: 1, limit: {each_w} W}}"
    assert set(tables(tight)["trips"]["breaker"]) == {"racks of gpu-nodes"}
    rows = f"fleet.gpu-nodes.rack={{size: 1, limit: 12 kW, row: {{racks: 4, limit: {4 * each_w} W}}}}"
    assert set(tables(rows)["trips"]["breaker"]) == {"rows of gpu-nodes"}


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("requests=sampled", "incidents={}"), "breakers trip within seconds"),
        (("incidents={}", "fleet.gpu-nodes.rack=null", "facility.ride_through=null"), "no breaker has a rating"),
        (("incidents={}", "fleet.gpu-nodes.rack=null"), "a room warms by the racks"),
        (("incidents={}", "facility.power.ups.share=0.5"), "remove 'share', or 'breakers'"),
        (
            ("endpoints.vision.autoscaling={kind: utilisation, target: 0.5, idle_servers: switch_off}",),
            "cannot lose power or cooling as well yet; use 'keep_on'",
        ),
    ],
)
def test_what_breakers_need_is_told(more: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(ScenarioError, match=sentence):
        load(SCENARIOS / "chiller_failure.yaml", [BREAKERS, *more])


def test_a_building_that_draws_too_much_cuts_its_own_power(free: dict[str, pd.DataFrame]) -> None:
    limit = f"facility.power.utility.limit={0.9 * free['site']['facility_w'].median()} W"
    battery = "facility.power.ups.battery={ride_through: 1 min}"
    cut = tables(limit, battery)
    first = cut["trips"].iloc[0]
    assert first["breaker"] == "utility"
    assert first["load"] > 1.0
    site = cut["site"]
    inside = site[(site["time_s"] > first["time_s"]) & (site["time_s"] + site["duration_s"] < first["back_s"])]
    assert len(inside) >= 2
    assert inside["facility_w"].abs().max() < 1e-6
    assert inside["battery_w"].min() < 0.0
    assert (cut["room"]["speed"] == 0.0).any()
    after = site[site["time_s"] > first["back_s"]]
    assert after["facility_w"].max() > 1e3
    assert not free["site"]["facility_w"].min() < 1e3
