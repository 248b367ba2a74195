"""A building's block diagram from its scenario, and what comes of it in a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dcplan.engine.availability import median, tables
from dcplan.engine.plan import Plan
from dcplan.engine.redundancy import Bridges, diagram, plants, topology
from dcplan.engine.resolve import resolve
from dcplan.profiles.library import default_library
from dcplan.reliability.blocks import of_group
from dcplan.reliability.diagram import Diagram
from dcplan.scenario.load import load

SCENARIO = Path(__file__).parents[3] / "scenarios" / "grid_outage.yaml"
YEAR_S = 365.0 * 86400.0


def plan(*settings: str) -> Plan:
    return resolve(load(SCENARIO, ["availability.years=2000", *settings]), default_library())


def site_table(it_w: float = 30e3) -> dict[str, pd.DataFrame]:
    site = {"it_w": [it_w] * 3, "duration_s": [60.0] * 3, "server_inlet_c": [24.0] * 3}
    endpoints = {"endpoint": ["vision"], "arrived": [6600 * 100]}
    return {"site": pd.DataFrame(site), "endpoints": pd.DataFrame(endpoints)}


def found(*settings: str, it_w: float = 30e3) -> dict[str, pd.DataFrame]:
    made = plan(*settings)
    assert made.availability is not None
    return tables(made, made.availability, site_table(it_w), 0)


def whole(*settings: str, **changes: Any) -> pd.Series:
    return found(*settings, **changes)["availability"].iloc[0]


def built(*settings: str) -> Diagram:
    made = plan(*settings)
    assert made.availability is not None
    assert made.facility is not None
    known = made.availability
    losses = {loss: 60.0 for each in plants(known.facility, known.spec) for loss in each.losses}
    return diagram(known.facility, made.facility.power, known.spec, known.parts, Bridges(600.0, 300.0, losses))


def test_the_blocks_are_those_of_the_scenario() -> None:
    made = built()
    names = {block.name: (block.group.needed, block.group.installed) for block in (*made.path, *made.cooling)}
    assert names == {
        "switchgear": (1, 1),
        "UPS modules": (2, 3),
        "distribution": (1, 1),
        "room units": (2, 3),
        "chilled-water pumps": (1, 2),
        "chillers": (1, 2),
        "condenser pumps": (1, 2),
        "tower cells": (1, 1),
    }
    assert [block.name for block in made.supply] == ["utility", "transformers"]
    assert made.standby.start_probability == pytest.approx(0.995 * (1 - 0.0094))
    assert made.standby.run_s == 1100 * 3600.0


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        (["facility.cooling={kind: dx, supply_air: 24 degC, units: 3}"], ["room units with compressors"]),
        (["facility.cooling={kind: free_air, supply_air: 24 degC}"], ["room units"]),
        (
            ["facility.cooling={kind: warm_water, supply_air: 24 degC, water: 18 degC, rejection: dry_cooler}"],
            ["room units", "pumps", "dry-cooler cells"],
        ),
        (
            ["facility.cooling.liquid={share: 0.8, supply: W32, to: dry_cooler}"],
            [
                "room units", "chilled-water pumps", "chillers", "condenser pumps", "tower cells",
                "coolant distribution units", "pumps of the liquid", "cells of the liquid",
            ],
        ),
    ],
    ids=["dx", "free air", "warm water", "liquid"],
)  # fmt: skip
def test_each_kind_of_cooling_has_its_blocks(settings: list[str], names: list[str]) -> None:
    assert [block.name for block in built(*settings).cooling] == names


def test_generators_in_front_of_the_transformer_do_not_stand_in_for_it() -> None:
    behind, front = built(), built("availability.generators_behind=utility")
    assert front.path[0].name == "transformers"
    assert [block.name for block in front.supply] == ["utility"]
    assert len(behind.supply) == 2


def test_a_second_feed_a_second_path_and_own_numbers_count() -> None:
    assert built("availability.utility_feeds=2").supply[0].group.component.repair_s == 1800.0
    assert built("availability.power_paths=2").paths == 2
    own = built("availability.components={chiller: {mtbf: 40000 h, repair: 24 h}}")
    chillers = next(block for block in own.cooling if block.name == "chillers")
    assert chillers.group.component.up_s == 40000 * 3600.0
    assert built("availability.common_cause=0").cooling[0].group.together_per_s == 0.0
    assert built("availability.spare_cells=2").cooling[-1].group.installed == 3


@pytest.mark.parametrize(
    "better",
    [
        "availability.power_paths=2",
        "availability.spare_cells=1",
        "facility.power.generators.redundancy=n+1",
        "availability.common_cause=0.01",
        "availability.crews=2",
        "availability.recovery=1 min",
        "facility.ride_through.store=100 m^3",
        "facility.power.ups.battery.ride_through=60 min",
        "availability.utility_feeds=2",
    ],
)
def test_what_should_help_does(better: str) -> None:
    assert whole(better)["down_share"] < whole()["down_share"]


def test_a_room_too_warm_before_the_chillers_are_back_feels_every_power_cut() -> None:
    thin = whole("facility.ride_through.store=0.05 m^3", it_w=55e3)
    assert thin["failures_per_year"] > whole(it_w=55e3)["failures_per_year"] + 1.5


def test_requests_and_accelerators_are_lost_for_as_long_as_the_site_is_down() -> None:
    row = whole()
    assert row["requests_per_year"] == pytest.approx(100.0 * YEAR_S * row["down_share"])
    blocks = found()["availability_blocks"]
    supplies = float(blocks.loc[blocks["block"] == "power supplies", "own_share"].iloc[0])
    hours = 48 * 8760 * (1.0 - (1.0 - row["down_share"]) * (1.0 - supplies))
    assert row["gpu_hours_per_year"] == pytest.approx(hours)


def test_training_repeats_half_of_what_is_between_checkpoints() -> None:
    queue = "training.nightly={workload: resnet50, on: gpu-nodes, slots: 8, epochs: 1, samples: 1000, every: 1 h}"
    fewer = "endpoints.vision.replicas=40"
    without, every = whole(queue, fewer), whole(queue, fewer, "availability.checkpoint=2 h")
    repeated = every["failures_per_year"] * 8 * 1.0
    assert every["gpu_hours_per_year"] - without["gpu_hours_per_year"] == pytest.approx(repeated)


def test_the_minutes_of_the_blocks_sum_to_those_of_the_site() -> None:
    made = found()
    blocks, row = made["availability_blocks"], made["availability"].iloc[0]
    minutes = blocks.loc[blocks["side"] != "server", "minutes_per_year"].sum()
    assert minutes == pytest.approx(row["down_share"] * YEAR_S / 60.0, rel=1e-3)


def test_the_worst_years_come_last_and_credits_with_them() -> None:
    years = found()["availability_years"]
    assert years["down_s"].is_monotonic_increasing
    assert years["credit_usd"].is_monotonic_increasing
    assert years["credit_usd"].iloc[-1] <= 12 * 150_000.0
    assert years["down_s"].iloc[0] == 0.0


def test_without_a_table_of_credits_nothing_is_given_back() -> None:
    assert whole("availability.sla=[]", "availability.monthly_price=null")["credit_usd"] == 0.0


def test_a_replication_has_outages_of_its_own_and_the_same_again() -> None:
    made = plan()
    assert made.availability is not None
    one, again, other = (tables(made, made.availability, site_table(), number)["availability"] for number in (0, 0, 1))
    assert one["simulated_share"].tolist() == again["simulated_share"].tolist() != other["simulated_share"].tolist()
    assert one["down_share"].tolist() == other["down_share"].tolist()


def test_half_of_the_time_is_below_the_median() -> None:
    assert median(pd.Series([3.0, 1.0, 2.0]), pd.Series([1.0, 1.0, 10.0])) == 2.0
    assert median(pd.Series([0.0, 30.0]), pd.Series([1.0, 5.0])) == 30.0


def test_tiers_rise_with_what_is_there() -> None:
    all_of_it = [
        "facility.power.generators.redundancy=2n", "facility.cooling.redundancy=2n", "availability.spare_cells=1",
        "availability.power_paths=2", "availability.water_loops=2",
    ]  # fmt: skip
    made = plan(*all_of_it)
    assert made.availability is not None
    assert made.facility is not None
    known = made.availability
    laid_out = topology(known.facility, made.facility.power, known.spec, Bridges(3600.0, 300.0, {}))
    assert laid_out.power_paths == laid_out.loops == 2
    tiers = found(*all_of_it)["tiers"]
    assert tiers["met"].all()
    assert not found()["tiers"]["met"].all()


def test_what_it_rests_on_is_listed() -> None:
    rows = {(row["part"], row["name"]): row for row in plan().assumptions}
    chillers = rows["availability", "building-components: chiller mtbf h"]
    assert not chillers["verified"]
    assert rows["availability", "building-components: generator run h"]["verified"]
    assert ("availability", "building-components: dx unit mtbf h") not in rows
    own = plan("availability.components={chiller: {mtbf: 40000 h, repair: 24 h}}").assumptions
    names = {row["name"] for row in own if row["part"] == "availability"}
    assert "chillers" in names
    assert "building-components: chiller mtbf h" not in names


def test_a_component_by_itself_is_what_the_profile_says() -> None:
    utility = built().supply[0].group
    assert of_group(utility).per_s * YEAR_S == pytest.approx(1.956, rel=1e-3)
    assert utility.component.repair_s == pytest.approx(1.32 * 3600.0)
