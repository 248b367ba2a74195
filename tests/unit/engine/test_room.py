"""A cooling failure from the chillers to the latency of requests, and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dcplan.engine.resolve import resolve
from dcplan.engine.room import LOOK_S, speed_at
from dcplan.engine.run import simulate
from dcplan.profiles.library import default_library
from dcplan.scenario.load import load

SCENARIOS = Path(__file__).parents[3] / "scenarios"
SHORT = ("horizon=55 min", "incidents.both-chillers.at=2025-07-15 13:15", "endpoints.vision.demand.rate=600 /s")


def tables(*more: str) -> dict[str, pd.DataFrame]:
    loaded = load(SCENARIOS / "chiller_failure.yaml", [*SHORT, *more])
    return simulate(resolve(loaded, default_library()), 0)


@pytest.fixture(scope="module")
def failed() -> dict[str, pd.DataFrame]:
    return tables()


def between(table: pd.DataFrame, begins_s: float, ends_s: float) -> pd.DataFrame:
    return table[(table["time_s"] > begins_s) & (table["time_s"] <= ends_s)]


def test_the_store_comes_first_then_air_warms_then_servers_slow_down(failed: dict[str, pd.DataFrame]) -> None:
    room = between(failed["room"], 900.0, 2100.0)
    assert room["time_s"].iloc[0] == 900.0 + LOOK_S
    full = room[room["store_j"] > 0.0]
    assert len(full) * LOOK_S > 120.0
    assert (full["rise_k"] == 0.0).all()
    assert (full["speed"] == 1.0).all()
    warm = room[room["inlet_c"] > 32.0]
    assert (warm["speed"] < 1.0).all()
    assert (np.diff(warm["speed"]) <= 0.0).all()


def test_slower_servers_draw_less_answer_later_and_then_switch_off(failed: dict[str, pd.DataFrame]) -> None:
    room, served = failed["room"], failed["endpoints"]
    usual = between(served, 300.0, 840.0)
    usual_s = usual["latency_s"].sum() / usual["served"].sum()
    off_s = room[room["speed"] == 0.0]["time_s"].iloc[0]
    slow = between(served, off_s - 240.0, off_s - 60.0)
    assert slow["latency_s"].sum() / slow["served"].sum() > 1.5 * usual_s
    before_w = room["it_w"].iloc[1]
    assert between(room, off_s - 60.0, off_s - LOOK_S)["it_w"].max() < before_w
    off = between(served, off_s + 60.0, off_s + 300.0)
    assert off["served"].sum() == 0
    assert off["dropped"].sum() == off["arrived"].sum() > 0


def test_servers_that_are_off_draw_nothing_and_come_back(failed: dict[str, pd.DataFrame]) -> None:
    room, servers, site = failed["room"], failed["servers"], failed["site"]
    off = room[room["speed"] == 0.0]["time_s"]
    dark = between(servers, off.iloc[0] + 60.0, off.iloc[-1] - 120.0)
    assert dark["it_w"].max() == 0.0
    assert between(site, off.iloc[0] + 60.0, off.iloc[-1] - 120.0)["facility_w"].min() > 0.0
    last = failed["endpoints"].iloc[-1]
    assert last["served"] == pytest.approx(last["arrived"], rel=0.01)
    owned = failed["attribution"]
    assert owned["idle_j"].sum() + owned["active_j"].sum() == pytest.approx(
        (servers["it_w"] * servers["duration_s"]).sum(), rel=1e-9
    )


def test_air_too_warm_for_the_class_of_the_servers_is_counted(failed: dict[str, pd.DataFrame]) -> None:
    site = failed["site"]
    warm = site[site["server_inlet_c"] > 35.0]
    assert len(warm) > 0
    assert warm["outside_allowable"].all()
    assert not site[site["server_inlet_c"] < 25.0]["outside_allowable"].any()


def test_a_spare_chiller_saves_the_day() -> None:
    spared = tables("incidents.both-chillers.count=1")
    assert spared["room"]["rise_k"].max() == 0.0
    assert (spared["room"]["speed"] == 1.0).all()


def test_without_a_shutdown_servers_crawl_and_nothing_is_lost() -> None:
    text = "facility.ride_through.shutdown=90 degC"
    crawled = tables(text)
    assert crawled["room"]["speed"].min() == pytest.approx(0.5, abs=0.01)
    assert crawled["endpoints"]["dropped"].sum() == 0


def test_speed_follows_inlet_air() -> None:
    plan = resolve(load(SCENARIOS / "chiller_failure.yaml", []), default_library())
    assert plan.room is not None
    assert [speed_at(inlet_c, plan.room) for inlet_c in (20.0, 32.0, 37.0, 42.0, 60.0)] == [1.0, 1.0, 0.75, 0.5, 0.5]


def test_the_same_seed_gives_the_same_room(failed: dict[str, pd.DataFrame]) -> None:
    pd.testing.assert_frame_equal(failed["room"], tables()["room"])


def test_the_tail_of_each_step_is_that_of_its_own_answers(failed: dict[str, pd.DataFrame]) -> None:
    tails, served = failed["tails"], failed["endpoints"]
    assert tails["time_s"].to_list() == served["time_s"].to_list()
    assert (tails["latency_p99_s"].isna() == (served["served"] == 0)).all()
    answered = served["served"] > 0
    mean_s = served["latency_s"][answered] / served["served"][answered]
    assert (tails["latency_p99_s"][answered] > mean_s).all()
    usual, slow = between(tails, 300.0, 840.0), between(tails, 1200.0, 3000.0)
    assert slow["latency_p99_s"].max() > 1.5 * usual["latency_p99_s"].max()
