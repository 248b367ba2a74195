from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import tiny
from dcplan.engine.plan import Plan
from dcplan.errors import ScenarioError
from dcplan.facility.design import FacilityDesign
from dcplan.profiles.library import Library
from dcplan.profiles.power import ConverterCurve


def building(plan: Plan) -> FacilityDesign:
    assert plan.facility is not None
    return plan.facility


def test_the_power_chain_is_built_as_written(plan_of: Callable[..., Plan]) -> None:
    power = building(plan_of(tiny.WHOLE, "facility.power.ups={rating: 4 kW, modules: 2, redundancy: n+1}")).power
    assert power.utility_limit_w == 10_000.0
    assert power.transformer.rated_w == 10_000.0
    assert power.pdu.rated_w == 4000.0
    assert power.ups.rated_w == pytest.approx(4000.0)
    assert power.ups.running_w == pytest.approx(6000.0)


@pytest.mark.parametrize(("redundancy", "supplies"), [("1", 3), ("1+1", 6)])
def test_every_server_has_its_power_supplies(redundancy: str, supplies: int, plan_of: Callable[..., Plan]) -> None:
    assert (
        building(plan_of(tiny.WHOLE, f"facility.power.supplies.redundancy='{redundancy}'")).power.psu.count == supplies
    )


def test_supplies_may_be_shelves_that_serve_many_servers(plan_of: Callable[..., Plan]) -> None:
    psu = building(
        plan_of(tiny.WHOLE, "facility.power.supplies={model: rectifier-frontier, rating: 3 kW, count: 2}")
    ).power.psu
    assert (psu.count, psu.curve) == (2, ConverterCurve(17.0, 0.96))


def test_temperatures_are_those_of_the_scenario(plan_of: Callable[..., Plan]) -> None:
    room = building(plan_of(tiny.WHOLE, "facility.cooling.air_rise=10 K")).room
    assert (room.supply_c, room.server_rise_k) == (24.0, 10.0)
    assert building(plan_of(tiny.WHOLE)).chilled_water.supply_c == 15.0


@pytest.mark.parametrize(("redundancy", "units", "standby"), [("n", 2, 0), ("n+1", 2, 1), ("2n", 2, 2)])
def test_spare_units_stand_by(redundancy: str, units: int, standby: int, plan_of: Callable[..., Plan]) -> None:
    room = building(plan_of(tiny.WHOLE, f"facility.cooling.redundancy={redundancy}")).room
    assert (room.units, room.standby) == (units, standby)


@pytest.mark.parametrize(("economiser", "there"), [("none", False), ("waterside", True)])
def test_the_economiser_is_there_if_it_was_asked_for(
    economiser: str, there: bool, plan_of: Callable[..., Plan]
) -> None:
    plan = plan_of(tiny.WHOLE, f"facility.cooling.economiser={economiser}")
    assert (building(plan).rejection.economiser is not None) == there


def test_all_it_rests_on_is_listed(plan_of: Callable[..., Plan]) -> None:
    names = {row["name"] for row in plan_of(tiny.WHOLE).assumptions if row["part"] == "facility"}
    for part in ("power: psu-titanium", "power: ups-double-conversion", "cooling: trane-cvhe-1442", "design wet bulb"):
        assert part in names


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("facility.power.ups.model=nope", "there is no power profile 'nope'"),
        ("facility.power.ups.model=psu-gold", "profile 'psu-gold' does not describe a UPS: .*no_load"),
        ("facility.cooling.chiller=nope", "there is no cooling profile 'nope'"),
        ("facility.power.transformer.rating=1e-9 W", "facility.power.transformer.rating: 1e-09 W is outside"),
    ],
)
def test_a_part_that_is_not_there_is_a_problem_of_the_building(
    setting: str, said: str, plan_of: Callable[..., Plan]
) -> None:
    with pytest.raises(ScenarioError, match=said):
        plan_of(tiny.WHOLE, setting)


STANDBY = (
    "facility.power.generators={rating: 4 kW, needed: 2, redundancy: n+1}",
    "facility.power.ups={rating: 4 kW, eco: {share: 0.9}, battery: {ride_through: 5 min}}",
    "facility.power.switchgear={rating: 10 kW}",
    "facility.power.distribution={rating: 4 kW, transformer: {rating: 5 kW}}",
)


def test_what_stands_by_is_built_as_written(plan_of: Callable[..., Plan]) -> None:
    power = building(plan_of(tiny.WHOLE, *STANDBY)).power
    assert power.generators is not None
    assert (power.generators.count, power.generators.rated_w) == (3, 4000.0)
    assert power.battery is not None
    assert (power.battery.rated_w, power.battery.ride_through_s) == (4000.0, 300.0)
    assert power.ups.eco is not None
    assert (power.ups.eco.share, power.ups.eco.transfer_s) == (0.9, 0.004)
    assert power.switchgear is not None
    assert power.pdu.transformer is not None


def test_what_is_not_written_is_not_built(plan_of: Callable[..., Plan]) -> None:
    power = building(plan_of(tiny.WHOLE)).power
    assert (power.generators, power.battery, power.switchgear) == (None, None, None)
    assert (power.ups.eco, power.pdu.transformer) == (None, None)


def test_every_number_of_what_stands_by_is_listed(plan_of: Callable[..., Plan]) -> None:
    names = {row["name"] for row in plan_of(tiny.WHOLE, *STANDBY).assumptions}
    assert {"generator-diesel: start failure", "battery-vrla: recharge s", "power: switchgear"} <= names


def test_a_transfer_that_servers_do_not_ride_through_is_told(tmp_path: Path, library: Library) -> None:
    slow = {"no_load": 0.004, "proportional": 0.0, "square": 0.0, "transfer_s": 0.03}
    tiny.write_header(tmp_path / "more" / "power" / "slow-eco", values=slow)
    setting = "facility.power.ups={rating: 4 kW, eco: {model: slow-eco, share: 1}}"
    known = Library((tmp_path / "more", *library.roots))
    with pytest.raises(ScenarioError, match=r"0\.03 s to leave eco mode, but servers ride through 0\.02 s only; use"):
        tiny.planned(tiny.WHOLE, tmp_path, known, [setting])
