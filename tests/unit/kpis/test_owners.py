from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.kpis.owners import facility_energy_j


def tables(
    steps: list[tuple[float, dict[str, tuple[float, float, float]]]], step_s: float = 60.0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Attribution and site: meter [W], and idle [J], active [J] and slots of every owner, step by step."""
    attribution = [
        {
            "time_s": step_s * number,
            "owner": owner,
            "idle_j": idle,
            "active_j": active,
            "reserved_slot_s": slots * step_s,
        }
        for number, (_, owners) in enumerate(steps)
        for owner, (idle, active, slots) in owners.items()
    ]
    site = [
        {"time_s": step_s * number, "duration_s": step_s, "facility_w": meter_w}
        for number, (meter_w, _) in enumerate(steps)
    ]
    return pd.DataFrame(attribution), pd.DataFrame(site)


def test_each_step_is_shared_by_the_energy_at_the_plugs() -> None:
    day = (200.0, {"a": (30.0, 60.0, 1.0), "unused": (10.0, 0.0, 3.0)})
    night = (100.0, {"a": (10.0, 0.0, 1.0), "unused": (30.0, 0.0, 3.0)})
    found = facility_energy_j(*tables([day, night]))
    assert found == {"a": pytest.approx(12000 * 0.9 + 6000 * 0.25), "unused": pytest.approx(12000 * 0.1 + 6000 * 0.75)}


def test_where_the_servers_draw_nothing_the_building_is_shared_by_slots() -> None:
    found = facility_energy_j(*tables([(100.0, {"a": (0.0, 0.0, 1.0), "unused": (0.0, 0.0, 3.0)})]))
    assert found == {"a": pytest.approx(1500.0), "unused": pytest.approx(4500.0)}


joules = st.floats(0.0, 1e9)


@given(st.lists(st.tuples(st.floats(1.0, 1e8), joules, joules, joules), min_size=1, max_size=6))
def test_the_parts_sum_to_the_meter(steps: list[tuple[float, float, float, float]]) -> None:
    owned = [(meter, {"a": (one, two, 2.0), "b": (three, 0.0, 1.0)}) for meter, one, two, three in steps]
    attribution, site = tables(owned)
    whole_j = float((site["facility_w"] * site["duration_s"]).sum())
    assert sum(facility_energy_j(attribution, site).values()) == pytest.approx(whole_j, rel=1e-6)
