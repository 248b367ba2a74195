"""Where the energy goes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dcplan.errors import ConservationError
from dcplan.report.figures.energy import (
    LOADS,
    METER,
    OTHERS,
    SERVERS,
    SUPPLIES,
    Flow,
    ends,
    energy_bars,
    energy_finding,
    energy_sankey,
    flows,
)
from dcplan.results.columns import OF_THE_GRID, ON_SITE, SITE_LOADS
from dcplan.results.store import frame

KWH_J = 3.6e6


def site(it_w: list[float], loads_w: dict[str, float], replications: int = 1, psu_w: float = 0.0) -> pd.DataFrame:
    """A site of hourly steps."""
    base = dict.fromkeys((column.name for column in SITE_LOADS), 0.0) | loads_w
    rest = {"water_kg_s": 0.0, "dry_bulb_c": 20.0, "wet_bulb_c": 15.0, "economiser": 0.0, "extrapolated": False}
    rows = [
        {"replication": replication, "time_s": 3600.0 * hour, "duration_s": 3600.0, "it_w": watt, "psu_loss_w": psu_w}
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
        for replication in range(replications)
        for hour, watt in enumerate(it_w)
    ]
    return frame("site", rows)


def owned(parts: dict[str, tuple[float, float]], replications: int = 1) -> pd.DataFrame:
    """(idle, active) energy [kWh] of each owner."""
    rows = [
        {"replication": replication, "time_s": 0.0, "duration_s": 3600.0, "owner": owner}
        | {"reserved_slot_s": 1.0, "off_slot_s": 0.0}
        | {"idle_j": idle * KWH_J, "active_j": active * KWH_J}
        for replication in range(replications)
        for owner, (idle, active) in parts.items()
    ]
    return frame("attribution", rows)


def inflow(found: list[Flow], node: str) -> float:
    return sum(flow.kwh for flow in found if flow.target == node)


def outflow(found: list[Flow], node: str) -> float:
    return sum(flow.kwh for flow in found if flow.source == node)


LOADS_W = {"chiller_w": 300.0, "ups_loss_w": 100.0, "lighting_w": 0.1 + 0.2}
OWNERS = {"endpoint a": (0.2, 0.7), "training b": (0.3, 0.1), "unused": (0.7, 0.0)}


def test_every_load_of_the_building_has_a_name_and_a_colour() -> None:
    assert LOADS.keys() == {column.name for column in SITE_LOADS}


def test_what_enters_leaves() -> None:
    found = flows(site([1000.0, 1000.0], LOADS_W, 3, psu_w=80.0), owned(OWNERS, 3))
    meter_kwh = outflow(found, METER)
    assert meter_kwh == pytest.approx(2.0 + 2 * 0.4003, rel=1e-12)
    assert abs(inflow(found, SERVERS) - outflow(found, SERVERS)) < 1e-9 * meter_kwh
    assert abs(meter_kwh - sum(flow.kwh for flow in ends(found))) < 1e-9 * meter_kwh


def test_what_batteries_deliver_enters_beside_the_meter() -> None:
    found = flows(site([1000.0, 1000.0], LOADS_W | {"battery_w": -200.0}, psu_w=80.0), owned(OWNERS))
    assert outflow(found, f"{METER}, batteries") == pytest.approx(2.0 + 2 * 0.4003)
    assert inflow(found, "Batteries") == 0.0


def test_the_supplies_loss_is_taken_from_all_owners_in_proportion() -> None:
    found = flows(site([1000.0, 1000.0], LOADS_W, psu_w=100.0), owned(OWNERS))
    assert inflow(found, SUPPLIES) == pytest.approx(0.2)
    assert inflow(found, "Endpoint a: at work") == pytest.approx(0.7 * 0.9)
    assert inflow(found, "Training b: at rest") == pytest.approx(0.3 * 0.9)
    assert inflow(found, "Unused slots: at rest") == pytest.approx(0.7 * 0.9)


def test_without_a_site_the_energy_starts_at_the_servers() -> None:
    found = flows(None, owned(OWNERS))
    assert {flow.source for flow in found} == {SERVERS}
    assert outflow(found, SERVERS) == pytest.approx(2.0)


def test_unused_slots_of_several_groups_are_one() -> None:
    table = pd.concat([owned({"unused": (0.5, 0.0)}), owned({"unused": (0.25, 0.0), "endpoint a": (0.0, 1.0)})])
    found = flows(None, table)
    assert inflow(found, "Unused slots: at rest") == pytest.approx(0.75)


def test_of_many_owners_the_smallest_are_drawn_together() -> None:
    parts = {f"endpoint {number}": (0.0, 1.0 + number) for number in range(12)}
    found = flows(None, owned(parts))
    assert inflow(found, f"{OTHERS}: at work") == pytest.approx(1.0 + 2 + 3 + 4)
    assert outflow(found, SERVERS) == pytest.approx(sum(range(1, 13)))


def test_a_run_whose_energy_does_not_add_up_is_not_drawn() -> None:
    with pytest.raises(ConservationError, match="servers: 2 kWh arrive, 3 kWh leave"):
        flows(site([1000.0, 1000.0], LOADS_W), owned({"endpoint a": (1.0, 2.0)}))
    wrong = site([1000.0], {})
    wrong["facility_w"] = 1100.0
    with pytest.raises(ConservationError, match="meter"):
        flows(wrong, owned({"endpoint a": (0.0, 1.0)}))


def test_the_finding_names_the_largest_load() -> None:
    found = flows(site([1000.0, 1000.0], LOADS_W), owned(OWNERS))
    assert energy_finding(found) == (
        "Cooling, losses and lighting take 29 % of all energy, most of all the chillers (21 %); "
        "43 % is what servers draw even at rest"
    )
    found = flows(site([1000.0, 1000.0], {"ups_loss_w": 100.0}), owned(OWNERS))
    assert "most of all the UPS loss (9.1 %)" in energy_finding(found)


def test_the_finding_without_a_building_is_about_what_is_drawn_at_rest() -> None:
    assert (
        energy_finding(flows(None, owned(OWNERS)))
        == "The servers use 2.00 kWh; 60 % of it is what they draw even at rest"
    )


def test_the_sankey_draws_what_flows() -> None:
    found = flows(site([1000.0, 1000.0], LOADS_W, psu_w=80.0), owned(OWNERS))
    (sankey,) = energy_sankey(found).data
    assert sum(sankey.link.value) == pytest.approx(2.8006 + 2.0)
    assert min(sankey.node.y) > 0
    assert max(sankey.node.y) < 1


def test_the_labels_of_the_sankey_do_not_overlap() -> None:
    found = flows(site([1000.0, 1000.0], dict.fromkeys(LOADS, 0.001), psu_w=80.0), owned(OWNERS))
    figure = energy_sankey(found)
    inner_px = figure.layout.height - 42
    for x in {label.x for label in figure.layout.annotations}:
        at_px = sorted(label.y * inner_px for label in figure.layout.annotations if label.x == x)
        assert np.diff(at_px).min(initial=99.0) >= 16.0


def test_the_bars_hold_the_same_energy() -> None:
    found = flows(site([1000.0, 1000.0], LOADS_W, psu_w=80.0), owned(OWNERS))
    (bars,) = energy_bars(found).data
    assert sum(bars.x) == pytest.approx(2.8006)


def test_owners_with_like_names_keep_bars_of_their_own() -> None:
    parts = {"endpoint production-assistant-a": (0.0, 1.0), "endpoint production-assistant-b": (0.0, 1.0)}
    (bars,) = energy_bars(flows(None, owned(parts))).data
    assert len(set(bars.y)) == 2
