"""Power, PUE and weather over the run."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest

from dcplan.report import theme
from dcplan.report.figures.power import power_finding, power_over_time, server_power_over_time
from dcplan.results.columns import OF_THE_GRID, ON_SITE, SITE_LOADS
from dcplan.results.store import frame

START = datetime(2025, 7, 7)
LOADS_W = {"chiller_w": 300.0, "ups_loss_w": 100.3}


def site(it_w: list[float], loads_w: dict[str, float]) -> pd.DataFrame:
    """A site of hourly steps."""
    base = dict.fromkeys((column.name for column in SITE_LOADS), 0.0) | loads_w
    rest = {"water_kg_s": 0.0, "dry_bulb_c": 20.0, "wet_bulb_c": 15.0, "economiser": 0.0, "extrapolated": False}
    rows = [
        {"replication": 0, "time_s": 3600.0 * hour, "duration_s": 3600.0, "it_w": watt, "psu_loss_w": 0.0}
        | {
            "facility_w": watt + sum(loads_w.values()),
            "shortfall_w": 0.0,
            "heat_removed_w": 0.0,
            "heat_reused_w": 0.0,
            "server_inlet_c": 24.0,
            "server_inlet_kg_kg": 0.009,
            "pressure_pa": 101325.0,
            "outside_recommended": False,
            "outside_allowable": False,
            "over_limit": "",
            "redundancy_lost": False,
        }
        | base
        | rest
        | {"fuel_l_s": 0.0, "fuel_carbon_kg_s": 0.0}
        | dict.fromkeys((column.name for column in (*ON_SITE, *OF_THE_GRID)), 0.0)
        | {"grid_w": watt + sum(loads_w.values())}
        for hour, watt in enumerate(it_w)
    ]
    return frame("site", rows)


def test_power_is_stacked_to_the_meter() -> None:
    figure = power_over_time(site([1000.0, 2000.0], LOADS_W), START, 7200.0)
    servers, building = (trace.y for trace in figure.data[:2])
    assert (servers + building).tolist() == pytest.approx([1.4003, 2.4003, 2.4003])
    assert figure.data[0].x[1:] == ("2025-07-07 01:00:00", "2025-07-07 02:00:00")


def test_the_finding_on_power_says_what_pue_follows() -> None:
    table = site([1000.0, 2000.0, 1500.0], LOADS_W)
    assert power_finding(table, 10_000.0) == (
        "The meter reads 1.40 to 2.40 kW, at most 24 % of the connection; PUE moves between 1.20 and 1.40 "
        "and falls when the servers' load rises"
    )
    table["wet_bulb_c"] = [10.0, 20.0, 15.0]
    table["facility_w"] = table["it_w"] * (1.2 + table["wet_bulb_c"] / 100)
    table["it_w"] = 1000.0
    table["facility_w"] = 1000.0 * (1.2 + table["wet_bulb_c"] / 100)
    assert power_finding(table).endswith("PUE moves between 1.30 and 1.40 and rises when the wet bulb rises")


def test_constant_power_is_no_range() -> None:
    table = site([1000.0, 1000.0], {})
    assert power_finding(table) == "The meter reads 1.00 kW"


def test_servers_of_all_groups_are_added() -> None:
    rows = [
        {"replication": 0, "group": group, "time_s": 0.0, "duration_s": 60.0, "it_w": watt}
        | {"busy_slots": 0.0, "idle_w": 0.0, "fan_w": 0.0, "max_w": 300.0, "performance": float("nan")}
        for group, watt in (("a", 100.0), ("b", 250.0))
    ]
    figure = server_power_over_time(frame("servers", rows), START, 60.0)
    assert theme.finding(figure) == "The servers draw 350 W"


def test_where_there_is_no_pue_the_figure_says_why() -> None:
    table = site([1000.0, 1000.0, 1000.0], {})
    assert not power_over_time(table, START, 180.0).layout.annotations
    table["it_w"] = [1000.0, 0.0, 1000.0]
    figure = power_over_time(table, START, 180.0)
    assert [note.text for note in figure.layout.annotations] == ["servers off or on batteries"]


def test_on_batteries_servers_draw_what_the_meter_does_not_show() -> None:
    table = site([1000.0, 1000.0], {})
    table["battery_w"], table["facility_w"] = [0.0, -1000.0], [1000.0, 0.0]
    figure = power_over_time(table, START, 120.0)
    above = next(trace for trace in figure.data if trace.name == "Cooling, losses, lighting")
    assert max(abs(value) for value in above.y) < 1e-9
