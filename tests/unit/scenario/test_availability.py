"""What a scenario may say of its redundancy."""

from __future__ import annotations

from pathlib import Path

import pytest

from dcplan.engine.resolve import resolve
from dcplan.errors import ScenarioError
from dcplan.profiles.library import default_library
from dcplan.scenario.load import load
from dcplan.studies.replicate import scenario_text

SCENARIO = Path(__file__).parents[3] / "scenarios" / "grid_outage.yaml"


def test_a_share_is_written_in_per_cent_or_as_a_number() -> None:
    steps = load(SCENARIO, ["availability.sla=[{below: 99.9 %, credit: 0.1}]"]).scenario.availability
    assert steps is not None
    assert (steps.sla[0].below, steps.sla[0].credit) == (0.999, 0.1)


def test_the_resolved_scenario_says_the_same(tmp_path: Path) -> None:
    scenario = load(SCENARIO).scenario
    path = tmp_path / "again.yaml"
    path.write_text(scenario_text(scenario), encoding="utf-8")
    assert load(path).scenario == scenario


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("facility.power.supplies.redundancy='1'", "servers with one power supply use one path"),
        ("facility.power.ups.share=0.5", "servers without a UPS fail on their own"),
        ("facility.cooling={kind: dx, supply_air: 24 degC}", "this cooling has no tower or dry cooler"),
        ("facility.power.ups.battery=null", "how long batteries last is not known"),
        ("fleet.gpu-nodes.rack=null", "a room warms by the racks that stand in it"),
        ("facility.ride_through=null", "add 'facility.ride_through'"),
        ("availability.sla=[]", "give both 'sla' and 'monthly_price', or neither"),
        ("availability.profile=nobody", "there is no reliability profile 'nobody'"),
        (
            "availability.components={dx_unit: {mtbf: 9 h, repair: 1 h}}",
            "this building has no room units with compressors",
        ),
    ],
)
def test_what_does_not_fit_together_is_told(setting: str, told: str) -> None:
    changes = ["incidents={}", "availability.power_paths=2", "availability.spare_cells=1"]
    with pytest.raises(ScenarioError) as raised:
        resolve(load(SCENARIO, [*changes, setting]), default_library())
    assert told in str(raised.value)
