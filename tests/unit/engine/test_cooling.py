from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import tiny
from dcplan.engine.plan import Plan
from dcplan.errors import ScenarioError
from dcplan.facility.air_economiser import AirsideDesign, IndirectDesign
from dcplan.facility.balance import balance_residual
from dcplan.facility.design import FacilityDesign
from dcplan.facility.dry_cooler import DryCoolerDesign
from dcplan.facility.plant import simulate
from dcplan.facility.tower import TowerDesign
from dcplan.profiles.cooling import MerkelCurve, TowerCurve
from dcplan.signals.weather import Weather

MILD = Weather(np.array([5.0, 24.0]), np.array([3.0, 18.0]), np.array(101325.0))
ROOM = "supply_air: 24 degC"
WATER = f"kind: chilled_water, {ROOM}, chilled_water: 15 degC"


def cooled(plan_of: Callable[..., Plan], cooling: str) -> FacilityDesign:
    """The building of the tiny scenario with another cooling, which must work on any day."""
    written = "{kind: chilled_water, supply_air: 24 degC, chilled_water: 15 degC, economiser: waterside}"
    assert written in tiny.WHOLE
    plan = plan_of(tiny.WHOLE.replace(written, "{" + cooling + "}"))
    assert plan.facility is not None
    result = simulate(np.array([1500.0, 1500.0]), MILD, plan.facility)
    assert balance_residual(result) < 1e-9
    assert result.cooling_shortfall_w.tolist() == [0.0, 0.0]
    return plan.facility


@pytest.mark.parametrize(
    ("rejection", "sink"),
    [("tower", TowerDesign), ("dry_cooler", DryCoolerDesign), ("adiabatic_cooler", DryCoolerDesign)],
)
def test_chillers_give_their_heat_to_what_is_written(rejection: str, sink: type, plan_of: Callable[..., Plan]) -> None:
    plant = cooled(plan_of, f"{WATER}, rejection: {rejection}, cells: 3").rejection
    assert plant is not None
    assert isinstance(plant.sink, sink)
    assert plant.sink.cells == 3
    assert plant.economiser is None


@pytest.mark.parametrize(("economiser", "there"), [("none", False), ("waterside", True)])
def test_air_cooled_chillers_have_a_dry_cooler_for_their_economiser_only(
    economiser: str, there: bool, plan_of: Callable[..., Plan]
) -> None:
    plant = cooled(plan_of, f"{WATER}, rejection: air_cooled, economiser: {economiser}").rejection
    assert plant is not None
    assert plant.air_cooled
    assert (plant.sink is not None) == (plant.economiser is not None) == there


@pytest.mark.parametrize(
    ("economiser", "kind"),
    [("airside", AirsideDesign), ("airside_adiabatic", AirsideDesign), ("indirect_evaporative", IndirectDesign)],
)
@pytest.mark.parametrize("base", [WATER, f"kind: dx, {ROOM}", f"kind: free_air, {ROOM}"])
def test_outdoor_air_goes_with_chillers_with_direct_expansion_and_alone(
    base: str, economiser: str, kind: type, plan_of: Callable[..., Plan]
) -> None:
    design = cooled(plan_of, f"{base}, economiser: {economiser}")
    assert isinstance(design.air_economiser, kind)
    if isinstance(design.air_economiser, AirsideDesign):
        assert (design.air_economiser.pad_effectiveness > 0.0) == (economiser == "airside_adiabatic")
    assert design.compressors == ("free_air" not in base)


def test_set_points_and_factors_are_those_of_the_scenario(plan_of: Callable[..., Plan]) -> None:
    plant = cooled(plan_of, f"{WATER}, condenser_water: 22 degC, cop_factor: 0.8").rejection
    assert plant is not None
    assert plant.chiller is not None
    assert (plant.setpoint_c, plant.chiller.cop_factor) == (22.0, 0.8)


def test_economisers_are_switched_as_the_scenario_says(plan_of: Callable[..., Plan]) -> None:
    control = "economiser_control: {dead_band: 0.8 K, min_run: 20 min}"
    water = cooled(plan_of, f"{WATER}, economiser: waterside, {control}").rejection
    assert water is not None
    assert water.economiser is not None
    air = cooled(plan_of, f"kind: dx, {ROOM}, economiser: airside, {control}").air_economiser
    assert air is not None
    for economiser in (water.economiser, air):
        assert economiser.dead_band_k == 0.8
        assert economiser.kept_steps == 2  # steps of 15 min


@pytest.mark.parametrize("terminal", ["fan_wall", "in_row", "rear_door", "rear_door_passive"])
def test_other_room_units_move_the_air_with_less(terminal: str, plan_of: Callable[..., Plan]) -> None:
    plain, other = (cooled(plan_of, f"{WATER}, terminal: {each}").room for each in ("crah", terminal))
    assert other.unit_fan_w < 0.6 * plain.unit_fan_w
    assert (other.unit_fan_w == 0.0) == (terminal == "rear_door_passive")


@pytest.mark.parametrize("to", ["tower", "dry_cooler", "adiabatic_cooler"])
def test_liquid_takes_its_share_to_a_plant_of_its_own(to: str, plan_of: Callable[..., Plan]) -> None:
    design = cooled(plan_of, f"{WATER}, liquid: {{share: 0.75, supply: W40, to: {to}, cdus: 3}}")
    plain = cooled(plan_of, WATER)
    liquid = design.liquid
    assert liquid is not None
    assert liquid.loop is not None
    assert (liquid.share, liquid.loop.supply_c, liquid.cdu.units, liquid.cdu.standby) == (0.75, 40.0, 3, 1)
    assert design.room.airflow_m3_s == pytest.approx(0.25 * plain.room.airflow_m3_s)


def test_liquid_may_use_the_chilled_water(plan_of: Callable[..., Plan]) -> None:
    design = cooled(plan_of, f"{WATER}, liquid: {{share: 0.75, to: chilled_water}}")
    assert design.liquid is not None
    assert design.liquid.loop is None
    assert design.chilled_water is not None
    plain = cooled(plan_of, WATER)
    assert plain.chilled_water is not None
    assert design.chilled_water.pump.flow_kg_s == pytest.approx(plain.chilled_water.pump.flow_kg_s, rel=0.05)


def test_heat_may_be_lifted_for_whom_needs_it(plan_of: Callable[..., Plan]) -> None:
    reuse = "liquid: {share: 0.75, supply: W32}, heat_reuse: {demand: 1 kW, needs: 70 degC"
    plain, lifted = (cooled(plan_of, f"{WATER}, {reuse}{pump}}}").reuse for pump in ("", ", heat_pump: true"))
    assert plain is not None
    assert lifted is not None
    assert (plain.carnot_share, lifted.carnot_share) == (None, 0.5)


def test_what_it_rests_on_is_what_it_has(plan_of: Callable[..., Plan]) -> None:
    def listed(cooling: str) -> str:
        written = "{kind: chilled_water, supply_air: 24 degC, chilled_water: 15 degC, economiser: waterside}"
        rows = plan_of(tiny.WHOLE.replace(written, "{" + cooling + "}")).assumptions
        return " ".join(row["name"] for row in rows if row["part"] == "facility")

    free, tower = listed(f"kind: free_air, {ROOM}"), listed(WATER)
    assert "tower" not in free
    assert "chiller" not in free.replace("chilled-water-defaults", "")
    assert "pad effectiveness" in free
    assert "tower-yorkcalc" in tower
    assert "air-defaults" not in tower
    dry = listed(f"{WATER}, rejection: dry_cooler")
    assert "dry-cooler-bac-trillium" in dry
    assert "design dry bulb" in dry


def test_the_law_of_the_tower_is_the_one_written(plan_of: Callable[..., Plan]) -> None:
    plants = [cooled(plan_of, f"{WATER}{tower}").rejection for tower in ("", ", tower: tower-merkel")]
    laws = [type(plant.sink.curve) for plant in plants if plant is not None and isinstance(plant.sink, TowerDesign)]
    assert laws == [TowerCurve, MerkelCurve]


@pytest.mark.parametrize(
    ("cooling", "said"),
    [
        (f"{WATER}, rejection: dry_cooler, chiller: york-ycal0033", "cooled by water, and this one's is not"),
        (f"{WATER}, rejection: air_cooled, chiller: trane-cvhe-1442", "cooled by air, and this one's is not"),
        (f"kind: warm_water, {ROOM}, water: 24 degC", "cannot make supply air of 24 degC"),
        (f"kind: dx, {ROOM}, unit: fan-vsd", "cop"),
    ],
)
def test_what_cannot_be_built_is_a_problem_of_the_building(
    cooling: str, said: str, plan_of: Callable[..., Plan]
) -> None:
    with pytest.raises(ScenarioError, match=said):
        cooled(plan_of, cooling)
